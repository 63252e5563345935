"""What holds for all tests."""

from hypothesis import settings

# Tests say what is right, not how fast: a busy machine must not fail them.
settings.register_profile("linli", deadline=None)
settings.load_profile("linli")

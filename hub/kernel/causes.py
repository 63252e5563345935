"""The cause behind what is being done: who runs an action says it once, and the states it sets carry it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_BEHIND: ContextVar[str] = ContextVar("hub_cause", default="")

cause_behind = _BEHIND.get


@contextmanager
def because_of(cause: str) -> Iterator[None]:
    """What happens inside, and in the tasks that begin there, happens because of this."""
    before = _BEHIND.set(cause)
    try:
        yield
    finally:
        _BEHIND.reset(before)

"""What can go wrong with a clip or its calibration, told so that an admin can mend it."""


class DetectError(Exception):
    """A video or configuration that can't be used; the message names the fault and the remedy."""

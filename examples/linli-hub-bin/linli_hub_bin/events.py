"""What bins tell."""

from hub.api import Alarm, Event


class BinFull(Alarm, frozen=True, kw_only=True):
    """A bin is fuller than its limit; told once until it has been emptied."""

    percent: int


class BinEmptied(Event, frozen=True, kw_only=True):
    """A bin was emptied: its sensor says so, or the crew."""

    percent: int  # before
    by: str = ""  # who called bin.emptied; "" when the sensor saw it

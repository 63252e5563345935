"""What became of a delivery. Ids only: no names, no texts."""

from hub.api import Event


class NoticeDelivered(Event, frozen=True, kw_only=True):
    """A provider took a notice for one person; `receipt` is its own id of it, if it gave one."""

    key: str
    person: str
    channel: str
    receipt: str = ""


class NoticeRefused(Event, frozen=True, kw_only=True):
    """A notice will not reach one person over one channel: refused for good, and not tried again."""

    key: str
    person: str
    channel: str
    reason: str


class NoticeHeld(Event, frozen=True, kw_only=True):
    """A guest's review held a notice back (privacy, quiet hours); it was not sent."""

    key: str
    person: str
    channel: str
    reason: str

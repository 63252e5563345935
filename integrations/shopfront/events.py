"""What the analyzer tells of a zone that must be kept clear."""

from datetime import datetime

from hub.api import Alarm, Severity


class GoodsAlarm(Alarm, frozen=True, kw_only=True):
    """Something about goods or litter in a zone that must be kept clear."""

    camera: str
    zone: str
    goods: str  # the same in GoodsLeft and in its GoodsCleared
    share: float  # of the zone that is covered, 0 to 1
    box: tuple[int, int, int, int]  # left, top, right, bottom in pixels of the full picture
    thing: str = ""  # what the detector takes it for; "" without one


class GoodsLeft(GoodsAlarm, frozen=True, kw_only=True):
    """Something stands in the zone for longer than it may: a case for an officer."""

    started: datetime  # since when it stands there
    ended: datetime  # when it had stood there long enough


class GoodsCleared(GoodsAlarm, frozen=True, kw_only=True):
    """What was told to stand in the zone is gone; the pictures show the place with it and without it."""

    severity: Severity = Severity.info
    started: datetime  # when it was gone
    stayed: float  # seconds that it stood there

"""What happens to covers, their sensors and the gateways that hear them."""

from hub.api import Alarm, Event


class CoverAlarm(Alarm, frozen=True, kw_only=True):
    """Something is wrong with a cover or its sensor; every kind once in an episode."""

    cover: str
    name: str = ""
    place: str = ""
    reason: str = ""  # what showed it: angle, device, contact, silent, moved, left_open, level, settled ...
    episode: str = ""  # the same from the first sign to the end
    summary: str = ""  # the cover's state in one word
    angle: float | None = None  # degrees from the baseline
    reading: str = ""  # id of the reading that showed it


class CoverTilted(CoverAlarm, frozen=True, kw_only=True):
    """A cover leans: by angle, by the sensor's own alarm, or left so after work."""


class CoverOpened(CoverAlarm, frozen=True, kw_only=True):
    """A cover is open."""


class CoverMissing(CoverAlarm, frozen=True, kw_only=True):
    """A cover moved and its sensor fell silent, or is heard elsewhere."""


class CoverFlooded(CoverAlarm, frozen=True, kw_only=True):
    """Water stands high under a cover."""


class CoverDamaged(CoverAlarm, frozen=True, kw_only=True):
    """A cover has settled, was hit, its crack wire is torn or its sensor is loose."""


class SensorOffline(CoverAlarm, frozen=True, kw_only=True):
    """A cover's sensor has been silent for too long, and its gateway is not the reason."""


class BatteryLow(CoverAlarm, frozen=True, kw_only=True):
    """A sensor's battery is nearly empty."""


class GatewayOutage(Alarm, frozen=True, kw_only=True):
    """Many sensors of one gateway fell silent together: one incident instead of one for each."""

    gateway: str
    silent: tuple[str, ...] = ()  # covers
    watched: int = 0  # covers that the gateway heard


class CoverEvent(Event, frozen=True, kw_only=True):
    """Something about a cover that nobody need act on."""

    cover: str
    reason: str = ""
    episode: str = ""
    summary: str = ""
    angle: float | None = None


class CoverClosed(CoverEvent, frozen=True, kw_only=True):
    """A cover lies where it belongs again."""


class CoverDrained(CoverEvent, frozen=True, kw_only=True):
    """The water under a cover has gone down."""


class CoverMended(CoverEvent, frozen=True, kw_only=True):
    """A cover is no longer suspect."""


class SensorOnline(CoverEvent, frozen=True, kw_only=True):
    """A sensor is heard again."""


class BatteryRecovered(CoverEvent, frozen=True, kw_only=True):
    """A sensor's battery is good again."""


class CoverCalibrated(CoverEvent, frozen=True, kw_only=True):
    """A cover has a new baseline; `reason` names the person, `angle` is from lying level."""


class CalibrationFailed(CoverEvent, frozen=True, kw_only=True):
    """No baseline could be taken; `reason` says why. `steep`: confirm that the cover is closed."""


class MaintenanceStarted(CoverEvent, frozen=True, kw_only=True):
    """A window opened in which changes are recorded and not dispatched; `reason` is the work order."""


class MaintenanceEnded(CoverEvent, frozen=True, kw_only=True):
    """The window closed."""


class CoverRecorded(CoverEvent, frozen=True, kw_only=True):
    """Something that would be an alarm or was one already in this episode; `change` names it."""

    change: str


class GatewayRecovered(Event, frozen=True, kw_only=True):
    """Half of the sensors whose silence showed the outage are heard again."""

    gateway: str

"""The sections that belong to the hub itself: `hub:`, `http:`, `history:`, `auth:`."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import voluptuous as vol

from hub.config import did_you_mean
from hub.config import validators as valid
from hub.plugins.auth_settings import AUTH
from hub.plugins.http_settings import HTTP

LANGUAGES = ("zh-CN", "en")


def time_zone(value: object) -> str:
    """A name of the tz database, such as Asia/Shanghai."""
    try:
        if isinstance(value, str) and value:
            return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    # All names are read from six hundred files: only for a guess at the right one.
    hint = did_you_mean(str(value), available_timezones())
    if not hint or str(value).casefold() in ("asia/beijing", "asia/peking", "beijing", "peking"):
        hint = "use a name such as Asia/Shanghai"
    raise vol.Invalid(f"'{value}' is no time zone; {hint}")


HUB = vol.Schema(
    {
        vol.Optional("name", default="Linli Hub"): valid.string,
        vol.Optional("time_zone", default="Asia/Shanghai"): time_zone,
        vol.Optional("language", default="zh-CN"): vol.In(LANGUAGES),
        vol.Optional("latitude"): vol.All(vol.Coerce(float), vol.Range(min=-90, max=90)),
        vol.Optional("longitude"): vol.All(vol.Coerce(float), vol.Range(min=-180, max=180)),
        vol.Optional("elevation"): vol.Coerce(float),
        vol.Optional("unit_system"): valid.string,
        vol.Optional("country"): valid.string,
        vol.Optional("currency"): valid.string,
    }
)
HISTORY = vol.Schema(
    {
        vol.Optional("keep_days", default=30): valid.positive_int,
        vol.Optional("keep_mib", default=2048): valid.positive_int,
        vol.Optional("keep_alarms_days", default=730): valid.positive_int,
        # Half a year is the least that China's Cybersecurity Law (art. 21) asks of such logs.
        vol.Optional("keep_audit_days", default=730): vol.All(
            valid.positive_int, vol.Range(min=180, max=36_500)
        ),
        vol.Optional("keep_media_days", default=90): vol.All(
            valid.positive_int, vol.Range(min=1, max=36_500)
        ),
        vol.Optional("keep_media_gib", default=50): vol.All(valid.positive_int, vol.Range(min=1)),
    }
)
CORE = {"hub": HUB, "http": HTTP, "history": HISTORY, "auth": AUTH}

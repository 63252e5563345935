"""What may stand under `manhole:`."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import voluptuous as vol

from hub.api import slug
from integrations.manhole.settings import CoverSettings

SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)\Z")
CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::([0-5]\d))?\Z")
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
LONGEST = timedelta(days=31)
LONGEST_WINDOW = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverConfig:
    """One listed cover."""

    id: str
    device: str
    name: str
    area: str
    place: str
    settings: CoverSettings

    @property
    def slug(self) -> str:
        """The id as entity ids have it."""
        return slug(self.id)


def span(value: Any) -> timedelta:
    """A span: seconds, "6h", "30 min", "HH:MM", "HH:MM:SS" or {hours: 6}."""
    found = _span(value)
    if not timedelta(0) <= found <= LONGEST:
        raise vol.Invalid(f"a span is between 0 and {LONGEST.days} days")
    return found


def _span(value: Any) -> timedelta:
    try:
        if isinstance(value, timedelta):
            return value
        if isinstance(value, dict) and value and set(value) <= {"days", "hours", "minutes", "seconds"}:
            return timedelta(**{key: float(number) for key, number in value.items()})
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return timedelta(seconds=value)
        if match := SPAN.match(str(value).strip()):
            return timedelta(seconds=float(match[1]) * UNITS[match[2]])
        if match := CLOCK.match(str(value).strip()):
            hours, minutes, seconds = (int(part or 0) for part in match.groups())
            return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    except (OverflowError, TypeError, ValueError) as error:
        raise vol.Invalid(f"'{str(value)[:40]}' is no span of time; write 6h or \"06:00\"") from error
    raise vol.Invalid(f"'{str(value)[:40]}' is no span of time; write 6h, 30min or \"06:00:00\"")


def _number(least: float, most: float) -> Any:
    return vol.All(vol.Any(int, float), vol.Range(min=least, max=most), vol.Coerce(float))


def cover_id(value: Any) -> str:
    """An id that entity ids can be made of."""
    text = str(value).strip()
    if not slug(text) or len(text) > 64:
        raise vol.Invalid("an id has letters or digits and at most 64 characters, such as MH-0137")
    return text


RULES: dict[Any, Any] = {
    vol.Optional("heartbeat"): span,
    vol.Optional("tilt_angle"): _number(1, 90),
    vol.Optional("open_angle"): _number(5, 180),
    vol.Optional("closed_angle"): _number(0.5, 60),
    vol.Optional("tilt_hold"): span,
    vol.Optional("decide_within"): span,
    vol.Optional("close_hold"): span,
    vol.Optional("missing_heartbeats"): _number(1.5, 100),
    vol.Optional("offline_heartbeats"): _number(1.5, 100),
    vol.Optional("offline_minimum"): span,
    vol.Optional("flood_distance_mm"): _number(0, 50_000),
    vol.Optional("flood_clear_mm"): _number(0, 10_000),
    vol.Optional("flood_clear_hold"): span,
    vol.Optional("battery_low_percent"): _number(0, 100),
    vol.Optional("battery_clear_percent"): _number(0, 100),
    vol.Optional("battery_low_volt"): _number(0.5, 60),
    vol.Optional("suspect_angle"): _number(0.5, 45),
    vol.Optional("suspect_hold"): span,
    vol.Optional("impact_g"): _number(0.1, 200),
    vol.Optional("drift_per_day"): _number(0, 2),
    vol.Optional("calibration"): vol.In(("manual", "automatic")),
    vol.Optional("commissioning"): bool,
    vol.Optional("moved_metres"): _number(1, 10_000),
}
COVER = vol.Schema(
    {
        vol.Required("id"): cover_id,
        vol.Optional("device"): str,
        vol.Optional("name"): str,
        vol.Optional("area", default=""): str,
        vol.Optional("place", default=""): str,
        **RULES,
    }
)
SHAPE = {
    vol.Optional("defaults", default=dict): vol.Schema(RULES),
    vol.Optional("covers", default=list): [COVER],
}
ORDERED = (
    ("suspect_angle", "tilt_angle"),
    ("closed_angle", "tilt_angle"),
    ("tilt_angle", "open_angle"),
    ("battery_low_percent", "battery_clear_percent"),
)
RULE_NAMES = frozenset(item.name for item in fields(CoverSettings)) - {"id"}


def _place_of(
    low: str, high: str, given: Mapping[str, Any], defaults: Mapping[str, Any], number: int
) -> list[Hashable]:
    """Where the fault stands: at the cover if it says one of the two, else in the defaults."""
    for key in (low, high):
        if key in given:
            return ["covers", number, key]
    return ["defaults", low if low in defaults else high]


def _cover(given: Mapping[str, Any], defaults: Mapping[str, Any], number: int) -> CoverConfig:
    rules = {**defaults, **{key: value for key, value in given.items() if key in RULE_NAMES}}
    settings = CoverSettings(id=given["id"], **rules)
    for low, high in ORDERED:
        if getattr(settings, low) >= getattr(settings, high):
            where = _place_of(low, high, given, defaults, number)
            values = f"{getattr(settings, low):g} and {getattr(settings, high):g}"
            raise vol.Invalid(f"{low} must be below {high}; they are {values}", where)
    return CoverConfig(
        id=given["id"],
        device=given.get("device", given["id"]),
        name=given.get("name") or given["place"] or given["id"],
        area=given["area"],
        place=given["place"],
        settings=settings,
    )


def _whole(given: Mapping[str, Any]) -> tuple[CoverConfig, ...]:
    covers = tuple(_cover(one, given["defaults"], number) for number, one in enumerate(given["covers"]))
    first: dict[str, int] = {}
    for number, cover in enumerate(covers):
        if cover.slug in first:
            problem = f"this id is already given to cover {first[cover.slug] + 1}; each needs its own"
            raise vol.Invalid(problem, ["covers", number, "id"])
        first[cover.slug] = number
    return covers


SECTION = vol.Schema(vol.All(SHAPE, _whole))


def moment(value: Any) -> datetime:
    """A time with its zone, in UTC."""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value)[:40])
        if at.tzinfo is None:
            raise vol.Invalid("the time has no zone; write 2026-05-04T08:00:00+08:00")
        return at.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise vol.Invalid("no time; write 2026-05-04T08:00:00+08:00") from error


def _one_target(given: dict[str, Any]) -> dict[str, Any]:
    if ("cover" in given) == ("area" in given):
        raise vol.Invalid("name either a cover or an area")
    return given


def _window(given: dict[str, Any]) -> dict[str, Any]:
    if ("end" in given) == ("duration" in given):
        raise vol.Invalid("give either end or duration")
    return given


CALIBRATE = vol.Schema(
    {
        vol.Required("cover"): str,
        vol.Optional("at_once", default=False): bool,
        vol.Optional("confirm", default=False): bool,
        vol.Optional("person", default=""): str,
    }
)
MAINTENANCE = vol.Schema(
    vol.All(
        {
            vol.Optional("cover"): str,
            vol.Optional("area"): str,
            vol.Optional("start"): moment,
            vol.Optional("end"): moment,
            vol.Optional("duration"): span,
            vol.Optional("order", default=""): str,
            vol.Optional("person", default=""): str,
        },
        _one_target,
        _window,
    )
)
END_MAINTENANCE = vol.Schema(vol.All({vol.Optional("cover"): str, vol.Optional("area"): str}, _one_target))

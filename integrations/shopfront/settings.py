"""The analyzer's settings: zones, how long and how large, when, and the detector that names things."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from integrations.shopfront.zones import Hours, Zone, parse_hours, parse_points

MOST_ZONES, MOST_CORNERS, WIDEST = 10, 100, 16_384
SHORTEST, LONGEST = 20, 86_400  # seconds


def number(low: float, high: float) -> Any:
    """A number within bounds, as float; true is none."""
    return vol.All(vol.Any(float, int), _no_bool, vol.Coerce(float), vol.Range(min=low, max=high))


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise vol.Invalid("expected a number")
    return value


def points(value: Any) -> list[list[float]]:
    """A polygon."""
    pairs: list[list[float]] = vol.Schema(
        vol.All([vol.All([number(-WIDEST, WIDEST)], vol.Length(min=2, max=2))], vol.Length(max=MOST_CORNERS))
    )(value)
    try:
        parse_points(pairs)
    except ValueError as error:
        raise vol.Invalid(str(error)) from error
    return pairs


def hours(value: Any) -> str:
    """Hours of the day, kept as text: settings travel to the worker as JSON."""
    if not isinstance(value, str):
        raise vol.Invalid("expected hours in quotes, such as '08:00-21:30'")
    try:
        parse_hours(value)
    except ValueError as error:
        raise vol.Invalid(str(error)) from error
    return value


def different_names(zones: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two zones of one name could not be told apart."""
    names = [zone["name"] for zone in zones]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise vol.Invalid(f"there is a second zone named '{name}'", path=[place, "name"])
    return zones


TEXT = vol.All(vol.Any(str, int), _no_bool, vol.Coerce(str), vol.Length(min=1, max=100))
ZONE = {
    vol.Required("name"): TEXT,
    vol.Required("points", description="at least 3 corners [x, y] in pixels of the full picture"): points,
    vol.Optional("hold", default=120.0, description="seconds that a thing must stay"): number(
        SHORTEST, LONGEST
    ),
    vol.Optional("minimum", default=0.5, description="percent of the zone that it must cover"): number(
        0.1, 100
    ),
    vol.Optional("hours", default=list, description="when it must be clear; none: always"): vol.All(
        lambda value: value if isinstance(value, list) else [value], [hours], vol.Length(max=10)
    ),
}
DETECTOR = {
    vol.Required("weights", description="an ONNX file"): vol.All(str, vol.Length(min=1, max=500)),
    vol.Required("labels", description="its classes in their order"): vol.All(
        [vol.All(str, vol.Length(min=1, max=60))], vol.Length(min=1, max=2000)
    ),
    vol.Optional("least_score", default=0.4): number(0, 1),
    vol.Optional("ignore", default=lambda: ["person"], description="classes that are no goods"): [str],
}
SETTINGS = vol.Schema(
    {
        vol.Required("zones"): vol.All([ZONE], vol.Length(min=1, max=MOST_ZONES), different_names),
        vol.Optional("detector"): DETECTOR,
    }
)


def zones_of(settings: Mapping[str, Any]) -> list[Zone]:
    """The zones of cleaned settings."""
    return [
        Zone(
            name=zone["name"],
            points=parse_points(zone["points"]),
            hold=zone["hold"],
            minimum=zone["minimum"] / 100,
            hours=tuple(parsed_hours(zone["hours"])),
        )
        for zone in settings["zones"]
    ]


def parsed_hours(texts: list[str]) -> list[Hours]:
    """Hours of cleaned settings."""
    return [parse_hours(text) for text in texts]

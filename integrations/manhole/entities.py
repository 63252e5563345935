"""The entities of a cover, and what they show."""

from collections.abc import Iterable, Mapping

from hub.api import Device, Entity, Value
from integrations.manhole.cover import SUMMARIES, Cover
from integrations.manhole.lid import MISSING, OPEN, UNKNOWN
from integrations.manhole.schema import CoverConfig

# Key: domain, suffix of the id, name, device class, unit, category.
SHOWN: Mapping[str, tuple[str, str, str, str, str, str]] = {
    "state": ("sensor", "state", "State", "enum", "", ""),
    "open": ("binary_sensor", "open", "Open", "opening", "", ""),
    "problem": ("binary_sensor", "problem", "Problem", "problem", "", ""),
    "tilt": ("sensor", "tilt", "Tilt", "", "°", ""),
    "water": ("binary_sensor", "water", "Water", "moisture", "", ""),
    "level": ("sensor", "level", "Water level", "distance", "mm", ""),
    "link": ("binary_sensor", "link", "Link", "connectivity", "", "diagnostic"),
    "battery": ("sensor", "battery", "Battery", "battery", "%", "diagnostic"),
    "battery_low": ("binary_sensor", "battery_low", "Battery low", "battery", "", "diagnostic"),
    "mode": ("sensor", "mode", "Mode", "enum", "", "diagnostic"),
}
OPTIONS = {"state": SUMMARIES, "mode": ("in_service", "maintenance", "commissioning")}


def device_of(config: CoverConfig) -> Device:
    """The cover as a device."""
    return Device(id=config.id, name=config.name, area=config.area)


def entities_of(config: CoverConfig) -> dict[str, Entity]:
    """The cover's entities by key."""
    return {
        key: Entity(
            id=f"{domain}.{config.slug}_{suffix}",
            name=f"{config.name} {name}",
            device=config.id,
            area=config.area,
            device_class=device_class,
            unit=unit,
            state_class="measurement" if unit else "",
            category=category,
            options=OPTIONS.get(key, ()),
        )
        for key, (domain, suffix, name, device_class, unit, category) in SHOWN.items()
    }


def all_entities(covers: Iterable[CoverConfig]) -> Iterable[Entity]:
    """What the section brings to life."""
    for config in covers:
        yield from entities_of(config).values()


def shown(cover: Cover) -> dict[str, Value]:
    """The values of a cover's entities; one that was never told is left out."""
    summary = cover.summary
    lid = cover.lid.state
    values: dict[str, Value] = {
        "state": summary,
        "open": None if lid == UNKNOWN else lid in (OPEN, MISSING),
        "problem": summary not in ("closed", "unknown"),
        "tilt": None if cover.lid.angle is None else round(cover.lid.angle, 1),
        "water": cover.water.flooded,
        "level": cover.water.distance_mm,
        "link": None if cover.link == "unknown" else cover.link == "online",
        "battery": cover.power.percent,
        "battery_low": cover.power.low,
        "mode": cover.service.mode,
    }
    return {key: value for key, value in values.items() if value is not None}

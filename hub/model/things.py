"""Areas, devices, entities and their states."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

Value = bool | int | float | str | None

ENTITY_ID = re.compile(r"(?=.{3,255}\Z)[a-z0-9]+(?:_[a-z0-9]+)*\.[a-z0-9]+(?:_+[a-z0-9]+)*\Z")
NO_ATTRIBUTES: Mapping[str, Any] = {}
ON_OFF_DOMAINS = frozenset(
    [
        "binary_sensor",
        "switch",
        "input_boolean",
        "light",
        "fan",
        "siren",
        "automation",
        "update",
        "humidifier",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A place in the community's tree: community, building, unit, floor, home; or a grid (网格)."""

    id: str
    name: str
    parent: str = ""
    kind: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A physical thing."""

    id: str
    name: str
    area: str = ""
    manufacturer: str = ""
    model: str = ""
    software: str = ""
    via: str = ""  # id of the device it is reached through


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One readable or settable point of a device; ids, domains, classes and units as in Home Assistant."""

    id: str
    name: str
    device: str = ""
    area: str = ""
    device_class: str = ""
    unit: str = ""
    icon: str = ""
    state_class: str = ""  # "measurement", "total", "total_increasing" or ""
    category: str = ""  # "diagnostic", "config" or ""
    options: tuple[str, ...] = ()  # for device_class "enum"

    def __post_init__(self) -> None:
        """Refuse ids that Home Assistant's clients could not speak."""
        if not ENTITY_ID.match(self.id):
            raise ValueError(f"{self.id!r} is no entity id; use domain.object_id, lower case, digits and _")

    @property
    def domain(self) -> str:
        """The part before the dot."""
        return self.id.partition(".")[0]


class State(msgspec.Struct, frozen=True):
    """An entity's last value; `available` False means that the value is not to be trusted now."""

    entity_id: str
    value: Value
    available: bool
    at: datetime  # last reported
    changed_at: datetime  # value or availability last changed, not attributes: Home Assistant's last_changed
    attributes: Mapping[str, Any] = NO_ATTRIBUTES
    cause: str = ""

    @property
    def text(self) -> str:
        """The form of the wire and of templates: on, off, 23.5, unavailable, unknown."""
        return text_of(self.entity_id, self.value, self.available)


def text_of(entity_id: str, value: Value, available: bool = True) -> str:
    """A value as Home Assistant writes it for that entity's domain."""
    if not available:
        return "unavailable"
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        if entity_id.partition(".")[0] in ON_OFF_DOMAINS:
            return "on" if value else "off"
        return "True" if value else "False"
    return str(value)


def slug(text: str) -> str:
    """Lower-case letters, digits and single underscores: MH-0137 -> mh_0137; '' when nothing is left."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")

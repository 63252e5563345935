"""Sensors and binary sensors fed by topics, in Home Assistant's words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import voluptuous as vol

from hub.api import Device, Entity, slug

from .templates import compile_template
from .topics import check_filter

MOST_ENTITIES = 20_000
DOMAINS = ("sensor", "binary_sensor")
# Device classes whose value is text; every other one, a unit or a state class means a number.
TEXT_CLASSES = frozenset({"", "enum", "timestamp", "date"})
_NUMBER = re.compile(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*", re.ASCII)
_INTEGER = re.compile(r"\s*[-+]?\d+\s*", re.ASCII)
LONGEST_NUMBER, LONGEST_STATE = 64, 255


def _topic(value: object) -> str:
    if not isinstance(value, str):
        raise vol.Invalid("expected a topic, such as home/b3/temperature")
    try:
        return check_filter(value)
    except ValueError as error:
        raise vol.Invalid(str(error)) from error


def _template(value: object) -> str:
    if not isinstance(value, str):
        raise vol.Invalid("expected a template, such as '{{ value_json.temperature }}'")
    try:
        compile_template(value)
    except ValueError as error:
        raise vol.Invalid(str(error)) from error
    return value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if not isinstance(value, str | int | float):
        raise vol.Invalid("expected text")
    return str(value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 31_536_000:
        raise vol.Invalid("expected seconds, more than 0 and at most a year")
    return float(value)


def _identifiers(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, str | int) and not isinstance(item, bool) for item in items):
        raise vol.Invalid("expected an identifier, or a list of them")
    return [str(item) for item in items]


AVAILABILITY = vol.Schema(
    {
        vol.Required("topic"): _topic,
        vol.Optional("payload_available", default="online"): _text,
        vol.Optional("payload_not_available", default="offline"): _text,
        vol.Optional("value_template", default=""): vol.Any("", _template),
    }
)
DEVICE = vol.Schema(
    {
        vol.Optional("identifiers", default=list): vol.Any([], _identifiers),
        vol.Optional("name", default=""): _text,
        vol.Optional("manufacturer", default=""): _text,
        vol.Optional("model", default=""): _text,
        vol.Optional("sw_version", default=""): _text,
        vol.Optional("suggested_area", default=""): _text,
        vol.Optional("via_device", default=""): _text,
    }
)
_COMMON: dict[Any, Any] = {
    vol.Optional("name", default=""): _text,
    vol.Optional("unique_id", default=""): _text,
    vol.Optional("object_id", default=""): _text,
    vol.Required("state_topic"): _topic,
    vol.Optional("value_template", default=""): vol.Any("", _template),
    vol.Optional("device_class", default=""): _text,
    vol.Optional("icon", default=""): _text,
    vol.Optional("entity_category", default=""): vol.In(["", "diagnostic", "config"]),
    vol.Optional("area", default=""): _text,
    vol.Optional("device"): DEVICE,
    vol.Optional("qos", default=0): vol.In([0, 1, 2]),
    vol.Optional("expire_after", default=0.0): vol.Any(0, 0.0, _seconds),
    vol.Optional("availability"): vol.Any([AVAILABILITY], AVAILABILITY),
    vol.Optional("availability_topic"): _topic,
    vol.Optional("availability_mode", default="latest"): vol.In(["latest", "all", "any"]),
    vol.Optional("availability_template", default=""): vol.Any("", _template),
    vol.Optional("payload_available", default="online"): _text,
    vol.Optional("payload_not_available", default="offline"): _text,
    vol.Optional("json_attributes_topic", default=""): vol.Any("", _topic),
    vol.Optional("json_attributes_template", default=""): vol.Any("", _template),
    vol.Optional("force_update", default=False): bool,
    vol.Optional("enabled_by_default", default=True): bool,
}
SENSOR = vol.Schema(
    {
        **_COMMON,
        vol.Optional("unit_of_measurement", default=""): _text,
        vol.Optional("state_class", default=""): vol.In(["", "measurement", "total", "total_increasing"]),
        vol.Optional("options", default=list): [_text],
        vol.Optional("suggested_display_precision"): int,
    }
)
BINARY_SENSOR = vol.Schema(
    {
        **_COMMON,
        vol.Optional("payload_on", default="ON"): _text,
        vol.Optional("payload_off", default="OFF"): _text,
        vol.Optional("off_delay", default=0.0): vol.Any(0, 0.0, _seconds),
    }
)


@dataclass(frozen=True, slots=True)
class Described:
    """One configured entity: what it is, its options, its device."""

    entity: Entity
    options: Mapping[str, Any]
    device: Device | None

    @property
    def numeric(self) -> bool:
        """Whether its value is a number by declaration."""
        entity = self.entity
        return bool(entity.unit or entity.state_class) or (
            entity.domain == "sensor" and entity.device_class not in TEXT_CLASSES
        )

    @property
    def availability(self) -> list[Mapping[str, Any]]:
        """The availability entries, however they were written."""
        written = self.options.get("availability")
        entries = list(written) if isinstance(written, list) else [written] if written else []
        if "availability_topic" in self.options:
            entries.append(
                {
                    "topic": self.options["availability_topic"],
                    "payload_available": self.options["payload_available"],
                    "payload_not_available": self.options["payload_not_available"],
                    "value_template": self.options["availability_template"],
                }
            )
        return entries


def describe(section: Mapping[str, Any]) -> Iterator[Described]:
    """Every entity of a cleaned section."""
    for domain in DOMAINS:
        for options in section[domain]:
            yield _describe(domain, options)


def _describe(domain: str, options: Mapping[str, Any]) -> Described:
    device = _device_of(options.get("device"))
    area = options["area"] or (device.area if device is not None else "")
    entity = Entity(
        id=f"{domain}.{object_id(options)}",
        name=options["name"] or options["unique_id"] or object_id(options),
        device=device.id if device is not None else "",
        area=area,
        device_class=options["device_class"],
        unit=options.get("unit_of_measurement", ""),
        icon=options["icon"],
        state_class=options.get("state_class", ""),
        category=options["entity_category"],
        options=tuple(options.get("options", ())),
    )
    return Described(entity, options, device)


def _device_of(options: Mapping[str, Any] | None) -> Device | None:
    if options is None or not (options["identifiers"] or options["name"]):
        return None
    first = options["identifiers"][0] if options["identifiers"] else options["name"]
    return Device(
        id=first,
        name=options["name"] or first,
        area=options["suggested_area"],
        manufacturer=options["manufacturer"],
        model=options["model"],
        software=options["sw_version"],
        via=options["via_device"],
    )


def object_id(options: Mapping[str, Any]) -> str:
    """The part of the entity id after the dot: from object_id, device and name, or unique_id."""
    device = options.get("device") or {}
    own = slug(options["name"])
    by_name = f"{slug(device.get('name', ''))}_{own}".strip("_") if own else ""
    return slug(options["object_id"]) or by_name or slug(options["unique_id"])


def check_entities(section: Mapping[str, Any]) -> None:
    """voluptuous.Invalid for entities that can't be: without an id, twice, or too many."""
    seen: dict[str, str] = {}
    faults: list[vol.Invalid] = []
    if sum(len(section[domain]) for domain in DOMAINS) > MOST_ENTITIES:
        raise vol.Invalid(f"more than {MOST_ENTITIES} entities are too many for one broker connection")
    for domain in DOMAINS:
        for place, options in enumerate(section[domain]):
            fault = _fault_of(domain, options, seen)
            if fault:
                faults.append(vol.Invalid(fault, path=[domain, place]))
    if faults:
        raise vol.MultipleInvalid(faults)


def _fault_of(domain: str, options: Mapping[str, Any], seen: dict[str, str]) -> str:
    found = object_id(options)
    if not found:
        return "no entity id can be made of this name; add unique_id: or object_id: in letters and digits"
    if len(found) > 200:
        return "the name is too long for an entity id; add a shorter object_id:"
    entity_id = f"{domain}.{found}"
    if entity_id in seen:
        return f"{entity_id} is there already; give one of them another object_id: or name:"
    seen[entity_id] = entity_id
    return ""


def entities_of(section: Mapping[str, Any]) -> Iterable[Entity]:
    """The entities that a cleaned section brings to life, for `hub check`."""
    return [described.entity for described in describe(section)]


Read = Literal["value", "unknown", "nothing", "bad"]


def read_number(text: str) -> tuple[Read, int | float | None]:
    """A numeric sensor's value out of its text."""
    if len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text):
        if _INTEGER.fullmatch(text):
            return "value", int(text)
        number = float(text)
        return ("bad", None) if number in (float("inf"), float("-inf")) else ("value", number)
    return _read_other(text)


def _read_other(text: str) -> tuple[Read, None]:
    word = text.strip()
    if not word:
        return "nothing", None
    return ("unknown", None) if word in ("None", "unknown") else ("bad", None)


def read_text(text: str) -> tuple[Read, str | None]:
    """A text sensor's value out of its text."""
    if not text:
        return "nothing", None
    if text == "None":
        return "unknown", None
    return ("value", text) if len(text) <= LONGEST_STATE else ("bad", None)

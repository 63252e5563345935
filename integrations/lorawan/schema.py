"""What may stand under `lorawan:`."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import voluptuous as vol

from hub.api import slug
from integrations.lorawan.decoders import UnknownModel, find_model, known_models
from integrations.lorawan.fields import EUI

SERVERS = {"chirpstack": ("chirpstack",), "ttn": ("ttn",), "both": ("chirpstack", "ttn")}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceConfig:
    """One listed device."""

    eui: str
    id: str
    name: str
    model: str = ""  # '': as the network server's tags say
    shown_by: str = ""  # the integration that shows it to people; '': this one does
    area: str = ""
    place: str = ""
    relaxed: bool = False  # its frame counter may begin again without a join
    codec: str = "builtin"

    @property
    def slug(self) -> str:
        """The id as entity ids have it."""
        return slug(self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LorawanConfig:
    """The cleaned section."""

    servers: tuple[str, ...]
    application: str
    prefix: str
    devices: tuple[DeviceConfig, ...]


def eui(value: Any) -> str:
    """A DevEUI; one of digits only must stand in quotes, or YAML makes a number of it."""
    if isinstance(value, (int, float)):
        raise vol.Invalid('an EUI of digits must stand in quotes; write eui: "0012345678901234"')
    text = str(value).replace("-", "").replace(":", "").strip()
    if not EUI.match(text):
        raise vol.Invalid(f"'{str(value)[:40]}' is no EUI; it has 16 hexadecimal digits")
    return text.upper()


def model(value: Any) -> str:
    """A model with a built-in decoder, as vendor/name."""
    try:
        found = find_model(str(value))
    except UnknownModel as error:
        near = difflib.get_close_matches(str(value).lower(), known_models(), n=1, cutoff=0.4)
        remedy = f"did you mean '{near[0]}'?" if near else f"use one of {', '.join(known_models())}"
        raise vol.Invalid(f"there is no built-in decoder for '{str(value)[:80]}'; {remedy}") from error
    return f"{found.vendors[0]}/{found.name}"


def device_id(value: Any) -> str:
    """An id that entity ids can be made of."""
    text = str(value).strip()
    if not slug(text) or len(text) > 64:
        raise vol.Invalid("an id has letters or digits and at most 64 characters, such as MH-0137")
    return text


def level(value: Any) -> str:
    """One level of an MQTT topic, or `+`."""
    text = str(value)
    if not text or text == "#" or "/" in text or ("+" in text and text != "+"):
        raise vol.Invalid("an application is one level of a topic; write its id, or '+' for all")
    return text


def prefix(value: Any) -> str:
    """What stands before ChirpStack's topics, with its slash; '' for nothing."""
    text = str(value or "").strip("/")
    if "#" in text or "+" in text:
        raise vol.Invalid("a prefix has no wildcards")
    return f"{text}/" if text else ""


DEVICE = vol.Schema(
    {
        vol.Required("eui"): eui,
        vol.Optional("id"): device_id,
        vol.Optional("model"): model,
        vol.Optional("name"): str,
        vol.Optional("as", default=""): str,
        vol.Optional("area", default=""): str,
        vol.Optional("place", default=""): str,
        vol.Optional("frame_counter", default="strict"): vol.In(("strict", "relaxed")),
        vol.Optional("codec", default="builtin"): vol.In(("builtin", "server")),
    }
)
SHAPE = {
    vol.Optional("server", default="both"): vol.In(tuple(SERVERS)),
    vol.Optional("application", default="+"): level,
    vol.Optional("prefix", default=""): prefix,
    vol.Optional("devices", default=list): [DEVICE],
}


def _device(given: Mapping[str, Any]) -> DeviceConfig:
    name = given.get("id", given["eui"])
    return DeviceConfig(
        eui=given["eui"],
        id=name,
        name=given.get("name") or given["place"] or name,
        model=given.get("model", ""),
        shown_by=given["as"],
        area=given["area"],
        place=given["place"],
        relaxed=given["frame_counter"] == "relaxed",
        codec=given["codec"],
    )


def _need_different(key: str, given: list[str]) -> None:
    first: dict[str, int] = {}
    for number, one in enumerate(given):
        if one in first:
            problem = f"this {key} is already given to device {first[one] + 1}; each needs its own"
            raise vol.Invalid(problem, ["devices", number, key])
        first[one] = number


def _whole(given: Mapping[str, Any]) -> LorawanConfig:
    devices = tuple(map(_device, given["devices"]))
    _need_different("eui", [device.eui for device in devices])
    _need_different("id", [device.slug for device in devices])
    return LorawanConfig(
        servers=SERVERS[given["server"]],
        application=given["application"],
        prefix=given["prefix"],
        devices=devices,
    )


SECTION = vol.Schema(vol.All(SHAPE, _whole))

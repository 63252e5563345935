"""Built-in decoders: a model's payload in, the vendor's values and their meaning out."""

import math
from collections.abc import Iterable, Mapping
from functools import cache

from integrations.lorawan.decoders import bosch, browan, dingtek, dragino, elv, milesight, netvox
from integrations.lorawan.decoders.reading import DecodeFault, Model, Reading, UnknownModel

__all__ = ["DecodeFault", "Reading", "UnknownModel", "decode", "find_model", "known_models"]

LONGEST = 242  # bytes of application payload in one LoRaWAN frame, regional parameters' largest
FAMILIES = (milesight, dingtek, netvox, elv, dragino, browan, bosch)


def _all() -> Iterable[Model]:
    for family in FAMILIES:
        yield from family.MODELS


@cache
def _by_name() -> Mapping[str, Model]:
    return {name: model for model in _all() for name in (model.name, *model.aliases)}


def known_models() -> tuple[str, ...]:
    """The models there are decoders for, as vendor/name."""
    return tuple(sorted(f"{model.vendors[0]}/{model.name}" for model in _all()))


def find_model(name: str) -> Model:
    """The model named so, as in "em310-tilt" or "Milesight/EM310_TILT"; or UnknownModel."""
    vendor, _, product = name.strip().lower().replace("_", "-").replace(" ", "-").rpartition("/")
    model = _by_name().get(product)
    if model is None or (vendor and vendor not in model.vendors):
        raise UnknownModel(f"no built-in decoder for '{name[:80]}'; there are {', '.join(known_models())}")
    return model


def decode(model: str, f_port: int, payload: bytes) -> Reading:
    """Read a payload; DecodeFault (UnknownModel) is the only failure, whatever the bytes."""
    found = find_model(model)
    if not payload:
        raise DecodeFault("the payload is empty")
    if len(payload) > LONGEST:
        raise DecodeFault(f"{len(payload)} bytes; no LoRaWAN frame carries more than {LONGEST}")
    read = found.read(f_port, payload)
    means = {word: value for word, value in read.means.items() if _sound(value)}
    return Reading(model=found.name, values=read.values, means=means, unread=read.unread)


def _sound(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)

"""What a decoder gives back, and how it refuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MEANS = frozenset(
    (
        *("tilt_alarm", "tilted", "angle", "angle_x", "angle_y", "angle_z", "open", "water", "full", "fire"),
        *("tamper", "occupied", "button", "motion", "level_mm", "temperature", "humidity", "co2"),
        *("pressure_hpa", "current", "latitude", "longitude"),
        *("battery_percent", "battery_volt", "battery_low"),
    )
)


class DecodeFault(ValueError):
    """The payload can't be read as this model's; the text says why."""


class UnknownModel(DecodeFault):
    """No built-in decoder has this name; the text lists those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """One payload, read: vendor's keys and values, and what they mean."""

    values: Mapping[str, Any]
    means: Mapping[str, bool | int | float | str]
    unread: bytes = b""  # the rest of a payload behind the last channel that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Decoded):
    """A decoded payload with the name of the model that read it."""

    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One product: its name, its vendor's names, and how its payload is read."""

    name: str
    vendors: tuple[str, ...]
    read: Callable[[int, bytes], Decoded]
    gives: tuple[str, ...]  # the words of meaning that its payloads may carry
    aliases: tuple[str, ...] = field(default=())


def unsigned(data: bytes) -> int:
    """A big-endian number without a sign."""
    return int.from_bytes(data, "big")


def signed(data: bytes) -> int:
    """A big-endian number in two's complement."""
    return int.from_bytes(data, "big", signed=True)


def need_port(f_port: int, *ports: int) -> None:
    """Refuse a payload of a port that the model doesn't speak on."""
    if f_port not in ports:
        raise DecodeFault(f"port {f_port} is not this model's; it sends on {' and '.join(map(str, ports))}")


def need_length(payload: bytes, *lengths: int) -> None:
    """Refuse a payload of another length."""
    if len(payload) not in lengths:
        raise DecodeFault(f"{len(payload)} bytes; this frame has {' or '.join(map(str, lengths))}")


def need_at_least(payload: bytes, length: int) -> None:
    """Refuse a payload that ends too early."""
    if len(payload) < length:
        raise DecodeFault(f"{len(payload)} bytes; this frame has at least {length}")

"""Bosch TPS110: whether a parking place is taken.

Byte facts: github.com/TheThingsNetwork/lorawan-devices, vendor/bosch; little-endian.
"""

from typing import Any

from integrations.lorawan.decoders.reading import (
    Decoded,
    Model,
    need_at_least,
    need_length,
    need_port,
    signed,
)

CAUSES = {1: "watchdog", 2: "power on", 3: "system request", 4: "other"}
RAW = {4: "device information", 5: "device usage"}


def read(f_port: int, payload: bytes) -> Decoded:
    """Status (1), heartbeat (2), start-up (3), raw diagnostics (4, 5), debug (6)."""
    need_port(f_port, 1, 2, 3, 4, 5, 6)
    need_at_least(payload, 1)
    if f_port in RAW:
        return Decoded(values={"type": RAW[f_port], "bytes": list(payload)}, means={})
    if f_port == 6:
        return _debug(payload)
    return {1: _status, 2: _heartbeat, 3: _startup}[f_port](payload)


def _status(payload: bytes) -> Decoded:
    need_length(payload, 1)
    occupied = bool(payload[0] & 1)
    return Decoded(values={"type": "parking status", "occupied": occupied}, means={"occupied": occupied})


def _heartbeat(payload: bytes) -> Decoded:
    need_length(payload, 1, 2)
    occupied = bool(payload[0] & 1)
    values: dict[str, Any] = {"type": "heartbeat", "occupied": occupied}
    means: dict[str, Any] = {"occupied": occupied}
    if len(payload) == 2:
        values["temperature"] = means["temperature"] = signed(payload[1:2])
    return Decoded(values=values, means=means)


def _startup(payload: bytes) -> Decoded:
    need_length(payload, 17)
    codes = [int.from_bytes(payload[at : at + 2], "little") & 0xFFF for at in (0, 4, 8)]
    occupied = bool(payload[16] & 1)
    # The published example counts the firmware from byte 12: 29.2.3 would be 00 1d 02 there.
    values = {
        "type": "startup",
        "debugCodes": [code for code in codes if code],
        "firmwareVersion": ".".join(map(str, payload[12:15])),
        "resetCause": CAUSES.get(payload[15], "unknown"),
        "occupied": occupied,
    }
    return Decoded(values=values, means={"occupied": occupied})


def _debug(payload: bytes) -> Decoded:
    need_at_least(payload, 10)
    values = {
        "type": "debug",
        "timestamp": int.from_bytes(payload[0:4], "little"),
        "debugCode": int.from_bytes(payload[4:6], "little") & 0xFFF,
        "sequenceNumber": int.from_bytes(payload[8:10], "big"),
    }
    return Decoded(values=values, means={}, unread=payload[10:])


GIVES = ("occupied", "temperature")
MODELS = (Model(name="tps110", vendors=("bosch",), read=read, gives=GIVES, aliases=("tps110-0292",)),)

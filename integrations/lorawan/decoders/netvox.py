"""Netvox sensors on two AA or one lithium cell: angles (R718EA, R718EB) and leaks (R718WA).

Byte facts: the R718EA manual, section 5.4, and the examples in github.com/TheThingsNetwork/lorawan-devices,
vendor/netvox. Frames have 11 bytes: version, type of device, type of report, eight of data; big-endian.
"""

from collections.abc import Callable
from typing import Any

from integrations.lorawan.decoders.reading import (
    Decoded,
    DecodeFault,
    Model,
    need_length,
    need_port,
    signed,
    unsigned,
)

ANSWERS = {0x81: "ConfigReportRsp", 0x82: "ReadConfigReportRsp"}
ANGLE_ANSWERS = {**ANSWERS, 0x83: "SetActiveThresholdRsp", 0x84: "GetActiveThresholdRsp"}
Data = Callable[[bytes], tuple[dict[str, Any], dict[str, Any]]]


def _device(name: str, code: int, payload: bytes) -> None:
    need_length(payload, 11)
    if payload[1] != code:
        raise DecodeFault(f"device type {payload[1]:02x} where {name} is {code:02x}: is the model right?")


def _volt(raw: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bits 0-6 are tenths of a volt, bit 7 says that the battery is low."""
    volt, low = (raw & 0x7F) / 10, bool(raw & 0x80)
    return {"Volt": f"{volt:g}(low battery)" if low else volt}, {"battery_volt": volt, "battery_low": low}


def _angles(angles: list[float]) -> tuple[dict[str, Any], dict[str, Any]]:
    named = dict(zip("XYZ", angles, strict=True))
    values = {f"Angle{axis}": angle for axis, angle in named.items()}
    return values, {f"angle_{axis.lower()}": angle for axis, angle in named.items()}


def _ea(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    values, means = _angles([signed(data[at : at + 1]) for at in (4, 5, 6)])
    temperature = signed(data[7:9]) / 10
    return {**values, "Temp": temperature}, {**means, "temperature": temperature}


def _eb(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    return _angles([signed(data[at : at + 2]) / 10 for at in (4, 6, 8)])


def _leak(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    leak = bool(data[4])
    return {"WaterLeak": "Leak" if leak else "NoLeak"}, {"water": leak}


def _version(name: str, payload: bytes) -> Decoded:
    return Decoded(
        values={
            "Device": name,
            "SWver": payload[3] / 10,
            "HWver": payload[4],
            "Datecode": payload[5:9].hex(),
        },
        means={},
    )


def _answer(name: str, payload: bytes, answers: dict[int, str]) -> Decoded:
    command = answers.get(payload[0])
    if command is None:
        raise DecodeFault(f"{payload[0]:02x} is no answer of {name}")
    values: dict[str, Any] = {"Cmd": command, "Device": name}
    if payload[0] in (0x81, 0x83):
        values["Status"] = "Failure" if payload[2] else "Success"
    elif payload[0] == 0x82:
        values |= {
            "MinTime": unsigned(payload[2:4]),
            "MaxTime": unsigned(payload[4:6]),
            "BatteryChange": payload[6] / 10,
        } | _changes(name, payload)
    else:
        values |= {"Threshold": unsigned(payload[2:4]), "InActiveTime": payload[4]}
    return Decoded(values=values, means={})


def _changes(name: str, payload: bytes) -> dict[str, Any]:
    if name == "R718EA":
        return {"AngleChange": payload[7], "TempChange": payload[8] / 10}
    return {"AngleChange": unsigned(payload[7:9]) / 10} if name == "R718EB" else {}


def _reader(name: str, code: int, data: Data, answers: dict[int, str]) -> Callable[[int, bytes], Decoded]:
    def read(f_port: int, payload: bytes) -> Decoded:
        need_port(f_port, 6, 7)
        _device(name, code, payload)
        if f_port == 7:
            return _answer(name, payload, answers)
        if payload[2] == 0:
            return _version(name, payload)
        if payload[2] != 1:
            raise DecodeFault(f"report type {payload[2]:02x} is not known of {name}")
        volt, battery = _volt(payload[3])
        values, means = data(payload)
        return Decoded(values={"Device": name, **volt, **values}, means={**battery, **means})

    return read


def _model(name: str, code: int, data: Data, answers: dict[int, str], *gives: str) -> Model:
    return Model(
        name=name.lower(),
        vendors=("netvox",),
        read=_reader(name, code, data, answers),
        gives=("battery_volt", "battery_low", *gives),
    )


MODELS = (
    _model("R718EA", 0x9A, _ea, ANGLE_ANSWERS, "angle_x", "angle_y", "angle_z", "temperature"),
    _model("R718EB", 0xC8, _eb, ANGLE_ANSWERS, "angle_x", "angle_y", "angle_z"),
    _model("R718WA", 0x32, _leak, ANSWERS, "water"),
)

"""Dingtek level sensors: manholes (DC410, DC413) and bins (DF702).

Byte facts: github.com/TheThingsNetwork/lorawan-devices, vendor/dingtek. The published decoder always negates
the angle (operator precedence); here the sign byte decides, and the meaning is the absolute angle.
"""

from typing import Any

from integrations.lorawan.decoders.reading import Decoded, DecodeFault, Model, need_length, need_port, signed

CONFIG, SHORT, LONG = 0x03, 17, 25


def _frame(f_port: int, payload: bytes) -> None:
    need_port(f_port, 3)
    need_length(payload, SHORT, LONG)
    if payload[0] != 0x80 or payload[-1] != 0x81:
        raise DecodeFault("the frame does not stand between 80 and 81")


def _published_float(data: bytes) -> str:
    """Six decimals as the published decoder writes them: its mantissa is divided by 2^23-1, not 2^23."""
    raw = int.from_bytes(data, "little")
    exponent = (raw >> 23 & 0xFF) - 127
    size = (1 + (raw & 0x7FFFFF) / 0x7FFFFF) * 2.0**exponent
    return f"{-size if raw >> 31 else size:.6f}"


def _measured(payload: bytes, at: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The level; from `at` on temperature, sign of the angle, angle, and four flags of half a byte."""
    level = int.from_bytes(payload[5:7], "big")
    temperature = signed(payload[at : at + 1])
    angle = payload[at + 2]
    shown = -angle if payload[at + 1] & 0x0F else angle
    full, battery = bool(payload[at + 3] >> 4), bool(payload[at + 4] & 0x0F)
    values = {
        "level": f"{level} mm",
        "full": full,
        "battery": battery,
        "angle": f"{shown} °",
        "temperature": f"{temperature} ℃",
    }
    means: dict[str, Any] = {
        "level_mm": level,
        "full": full,
        "battery_low": battery,
        "angle": angle,
        "temperature": temperature,
        "tilt_alarm": bool(payload[at + 4] >> 4),
    }
    return values, means


def read_manhole(f_port: int, payload: bytes) -> Decoded:
    """DC410 and DC413: `level` is the distance from the sensor down to the water."""
    _frame(f_port, payload)
    if len(payload) == LONG:
        return _manhole_settings(payload)
    values, means = _measured(payload, 8)
    counter = int.from_bytes(payload[13:15], "big")
    return Decoded(values={**values, "motion": means["tilt_alarm"], "frame_counter": counter}, means=means)


def _manhole_settings(payload: bytes) -> Decoded:
    if payload[3] != CONFIG:
        raise DecodeFault(f"a frame of {LONG} bytes carries settings (03), not {payload[3]:02x}")
    return Decoded(
        values={
            "periodic_upload_interval": f"{payload[7]} hours",
            "periodic_detection_interval": f"{payload[8]} minutes",
            "full_alarm_threshold": f"{payload[9]} cm",
            "motion_alarm_threshold": f"{payload[11]} °",
            "motion_alarm_enable": bool(payload[12]),
            "ultrasonic_range": f"{5000 if payload[13] else 2000} mm",
        },
        means={},
    )


def read_bin(f_port: int, payload: bytes) -> Decoded:
    """DF702: as the manhole sensor, with fire, and in its long frame a position."""
    _frame(f_port, payload)
    if len(payload) == LONG and payload[3] == CONFIG:
        return _bin_settings(payload)
    at = 8 if len(payload) == SHORT else 16
    values, means = _measured(payload, at)
    means["fire"] = bool(payload[at + 3] & 0x0F)
    if len(payload) == LONG:
        values |= {
            "longitude": _published_float(payload[8:12]),
            "latitude": _published_float(payload[12:16]),
        }
        means |= _position(payload)
    return Decoded(values={**values, "fire": means["fire"], "tilt": means["tilt_alarm"]}, means=means)


def _position(payload: bytes) -> dict[str, float]:
    longitude, latitude = float(_published_float(payload[8:12])), float(_published_float(payload[12:16]))
    if abs(longitude) > 180 or abs(latitude) > 90 or (longitude == 0 and latitude == 0):
        return {}
    return {"longitude": longitude, "latitude": latitude}


def _bin_settings(payload: bytes) -> Decoded:
    return Decoded(
        values={
            "periodic_interval": f"{payload[7]} hours",
            "detection_interval": f"{payload[8]} minutes",
            "full_alarm_threshold": f"{payload[9]} cm",
            "fire_alarm_threshold": f"{payload[10]} ℃",
            "tilt_alarm_threshold": f"{payload[11]} °",
            "tilt_enable": bool(payload[12]),
            "ultrasonic_range": f"{5000 if payload[13] else 2000} mm",
        },
        means={},
    )


GIVES = ("level_mm", "full", "battery_low", "angle", "temperature", "tilt_alarm")
MODELS = (
    Model(name="dc410", vendors=("dingtek",), read=read_manhole, gives=GIVES),
    Model(name="dc413", vendors=("dingtek",), read=read_manhole, gives=GIVES),
    Model(name="df702", vendors=("dingtek",), read=read_bin, gives=(*GIVES, "fire", "latitude", "longitude")),
)

"""One report of a cover's sensor, cleaned: nothing in it is infinite, huge or of the wrong type."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.manhole.gravity import Attitude, from_acceleration, from_angle, from_angles

DEEPEST_MM = 50_000
MOST_GATEWAYS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one report says about the cover; None: it says nothing."""

    id: str
    at: datetime
    attitude: Attitude | None = None
    tilt_flag: bool | None = None  # the device's own alarm
    contact_open: bool | None = None
    water_flag: bool | None = None
    distance_mm: float | None = None  # from the sensor down to the water
    battery_percent: float | None = None
    battery_volt: float | None = None
    battery_flag: bool | None = None
    impact_g: float | None = None
    crack: bool | None = None
    tamper: bool | None = None
    position: tuple[float, float] | None = None  # latitude, longitude
    gateways: tuple[str, ...] = ()


def sample_of(reading: str, at: datetime, means: Mapping[str, Any], gateways: Iterable[str] = ()) -> Sample:
    """A sample from the hub's words for a reading; what can't be is left out."""
    return Sample(
        id=reading,
        at=at,
        attitude=_attitude(means),
        tilt_flag=_either(_truth(means, "tilt_alarm"), _truth(means, "tilted")),
        contact_open=_truth(means, "open"),
        water_flag=_either(_truth(means, "water"), _truth(means, "full")),
        distance_mm=_number(means, "level_mm", 1, DEEPEST_MM),
        battery_percent=_number(means, "battery_percent", 0, 100),
        battery_volt=_number(means, "battery_volt", 0.5, 60),
        battery_flag=_truth(means, "battery_low"),
        impact_g=_number(means, "impact_g", 0, 10_000),
        crack=_truth(means, "crack"),
        tamper=_truth(means, "tamper"),
        position=_position(means),
        gateways=tuple(sorted({str(one) for one in gateways}))[:MOST_GATEWAYS],
    )


def _truth(means: Mapping[str, Any], key: str) -> bool | None:
    value = means.get(key)
    return value if isinstance(value, bool) else None


def _either(one: bool | None, other: bool | None) -> bool | None:
    return other if one is None else one or bool(other)


def _number(means: Mapping[str, Any], key: str, least: float, most: float) -> float | None:
    value = means.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        return None  # a NaN is not between anything
    return float(value)


def _numbers(means: Mapping[str, Any], keys: Iterable[str], most: float) -> list[float] | None:
    found = [_number(means, key, -most, most) for key in keys]
    return None if None in found else [number for number in found if number is not None]


def _attitude(means: Mapping[str, Any]) -> Attitude | None:
    angles = _numbers(means, ("angle_x", "angle_y", "angle_z"), 360)
    if angles is not None:
        return from_angles(*angles)
    forces = _numbers(means, ("acceleration_x", "acceleration_y", "acceleration_z"), 100)
    if forces is not None:
        return from_acceleration(*forces)
    angle = _number(means, "angle", -360, 360)
    return None if angle is None else from_angle(angle)


def _position(means: Mapping[str, Any]) -> tuple[float, float] | None:
    latitude, longitude = _number(means, "latitude", -90, 90), _number(means, "longitude", -180, 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Distance over ground between two positions (haversine, mean radius 6,371 km)."""
    lat, lat2, lon, lon2 = map(math.radians, (one[0], other[0], one[1], other[1]))
    half = math.sin((lat2 - lat) / 2) ** 2 + math.cos(lat) * math.cos(lat2) * math.sin((lon2 - lon) / 2) ** 2
    return 12_742_000 * math.asin(min(1.0, math.sqrt(half)))

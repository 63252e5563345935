"""What a network server's own codec tells, in the hub's words: only keys whose sense nobody doubts."""

from collections.abc import Mapping
from typing import Any

NUMBERS: Mapping[str, tuple[str, float, float]] = {
    "battery": ("battery_percent", 0, 100),
    "battery_percent": ("battery_percent", 0, 100),
    "battery_voltage": ("battery_volt", 0.5, 60),
    "temperature": ("temperature", -80, 150),
    "humidity": ("humidity", 0, 100),
    "angle_x": ("angle_x", -360, 360),
    "angle_y": ("angle_y", -360, 360),
    "angle_z": ("angle_z", -360, 360),
    "co2": ("co2", 0, 100_000),
}
TRUTHS = {
    "open": "open",
    "tilt_alarm": "tilt_alarm",
    "tilt": "tilted",
    "tamper": "tamper",
    "battery_low": "battery_low",
    "occupied": "occupied",
    "water": "water",
}
WORDS = {
    ("door", "open"): ("open", True),
    ("door", "close"): ("open", False),
    ("door", "closed"): ("open", False),
}


def meaning_of(decoded: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """The hub's words for a decoded object; {} when it speaks of nothing known."""
    means: dict[str, bool | int | float | str] = {}
    for key, value in decoded.items():
        if isinstance(value, bool) and key in TRUTHS:
            means[TRUTHS[key]] = value
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and key in NUMBERS:
            word, least, most = NUMBERS[key]
            if least <= value <= most:
                means[word] = value
        elif isinstance(value, str) and (key, value.lower()) in WORDS:
            word, truth = WORDS[key, value.lower()]
            means[word] = truth
    return means

"""Milesight sensors: a chain of channels, each two bytes of name and a value of known length.

Byte facts: the tables of channels in github.com/Milesight-IoT/SensorDecoders (README of each product).
"""

from collections.abc import Callable, Mapping
from typing import Any

from integrations.lorawan.decoders.reading import Decoded, DecodeFault, Model

Values = dict[str, Any]
Channel = tuple[int, Callable[[bytes], Values]]
Channels = Mapping[tuple[int, int], Channel]
Meaning = Callable[[Values], dict[str, bool | int | float | str]]

TRIGGER = ("normal", "trigger")


def _word(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _short(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def number(key: str, length: int = 1, *, scale: int = 1, sign: bool = False) -> Channel:
    """A little-endian number divided by `scale`."""

    def read(data: bytes) -> Values:
        raw = int.from_bytes(data, "little", signed=sign)
        return {key: raw if scale == 1 else raw / scale}

    return length, read


def choice(key: str, *words: str) -> Channel:
    """A byte that names one of the words; a byte beyond them is "unknown"."""
    return 1, lambda data: {key: words[data[0]] if data[0] < len(words) else "unknown"}


def text(key: str, length: int) -> Channel:
    """Bytes shown as hexadecimal digits."""
    return length, lambda data: {key: data.hex()}


def version(key: str) -> Channel:
    """Two bytes shown as v<hex>.<hex>."""
    return 2, lambda data: {key: f"v{data[0]:x}.{data[1]:x}"}


COMMON: Channels = {
    (0xFF, 0x01): (1, lambda data: {"ipso_version": f"v{data[0] >> 4}.{data[0] & 15}"}),
    (0xFF, 0x09): (2, lambda data: {"hardware_version": f"v{data[0]:x}.{data[1] >> 4}"}),
    (0xFF, 0x0A): version("firmware_version"),
    (0xFF, 0xFF): (2, lambda data: {"tsl_version": f"v{data[0]}.{data[1]}"}),
    (0xFF, 0x08): text("sn", 6),
    (0xFF, 0x16): text("sn", 8),
    (0xFF, 0x0F): choice("lorawan_class", "Class A", "Class B", "Class C", "Class CtoB"),
    (0xFF, 0xFE): (1, lambda _: {"reset_event": "reset"}),
    (0xFF, 0x0B): (1, lambda _: {"device_status": "on"}),
    (0x01, 0x75): number("battery"),
}
CLIMATE: Channels = {
    (0x03, 0x67): number("temperature", 2, scale=10, sign=True),
    (0x04, 0x68): number("humidity", scale=2),
}


def _angles_310(data: bytes) -> Values:
    angles = [_short(data[at : at + 2]) / 100 for at in (0, 2, 4)]
    return _tilt(angles, [bool(data[6] >> bit & 1) for bit in range(3)])


def _angles_320(data: bytes) -> Values:
    raw = [_short(data[at : at + 2]) for at in (0, 2, 4)]
    return _tilt([(number & ~1) / 200 for number in raw], [bool(number & 1) for number in raw])


def _tilt(angles: list[float], alarms: list[bool]) -> Values:
    values: Values = {f"angle_{axis}": angle for axis, angle in zip("xyz", angles, strict=True)}
    return values | {f"threshold_{axis}": TRIGGER[alarm] for axis, alarm in zip("xyz", alarms, strict=True)}


def _current(data: bytes) -> Values:
    if data == b"\xff\xff":
        return {"current_sensor_status": "read failed"}
    return {"current": _word(data) / 100}


def _current_alarm(data: bytes) -> Values:
    names = ("threshold_alarm", "threshold_alarm_release", "over_range_alarm", "over_range_alarm_release")
    flags = {f"current_{name}": ("no", "yes")[data[6] >> bit & 1] for bit, name in enumerate(names)}
    limits = {"current_max": _word(data[0:2]) / 100, "current_min": _word(data[2:4]) / 100}
    return limits | _current(data[4:6]) | {"current_alarm": flags}


def _press(data: bytes) -> Values:
    words = {1: "short press", 2: "long press", 3: "double press"}
    return {"button_event": {"status": words.get(data[0], "unknown")}}


def _history(with_leak: bool) -> Channel:
    def read(data: bytes) -> Values:
        past: Values = {
            "timestamp": _word(data[0:4]),
            "temperature": _short(data[4:6]) / 10,
            "humidity": data[6] / 2,
        }
        if with_leak:
            past["water"] = "leak" if data[7] else "normal"
        return {"history": [past]}

    return 8, read


def _air_history(data: bytes) -> Values:
    words = [_word(data[at : at + 2]) for at in (10, 12, 14)]
    past = {
        "timestamp": _word(data[0:4]),
        "temperature": _short(data[4:6]) / 10,
        "humidity": _word(data[6:8]) / 2,
        "pir": ("idle", "trigger")[bool(data[8])],
        "light_level": data[9],
        "co2": words[0],
        "tvoc": words[1],
        "pressure": words[2] / 10,
    }
    return {"history": [past]}


AIR: Channels = {
    (0x05, 0x00): choice("pir", "idle", "trigger"),
    (0x06, 0xCB): number("light_level"),
    (0x07, 0x7D): number("co2", 2),
    (0x08, 0x7D): number("tvoc", 2),
    (0x08, 0xE6): number("tvoc", 2),
    (0x09, 0x73): number("pressure", 2, scale=10),
    (0x0E, 0x01): choice("buzzer_status", "off", "on"),
    (0x20, 0xCE): (16, _air_history),
    (0x21, 0xCE): (16, _air_history),
}
# Each key in the vendor's words, with the hub's word for the same quantity.
PLAIN = {
    "angle_x": "angle_x",
    "angle_y": "angle_y",
    "angle_z": "angle_z",
    "temperature": "temperature",
    "humidity": "humidity",
    "co2": "co2",
    "pressure": "pressure_hpa",
    "current": "current",
}
WORDS: Mapping[str, tuple[str, Mapping[str, bool]]] = {
    "door": ("open", {"open": True, "close": False}),
    "install": ("tamper", {"no": True, "yes": False}),
    "water": ("water", {"leak": True, "normal": False}),
    "pir": ("motion", {"trigger": True, "idle": False}),
}


def meaning(values: Values) -> dict[str, bool | int | float | str]:
    """What a chain of channels says in the hub's words; history stays out of it, as it is not now."""
    means: dict[str, bool | int | float | str] = {PLAIN[key]: values[key] for key in values if key in PLAIN}
    if values.get("battery", 101) <= 100:
        means["battery_percent"] = values["battery"]
    for key, (word, truth) in WORDS.items():
        if values.get(key) in truth:
            means[word] = truth[values[key]]
    alarms = [values[key] == "trigger" for key in values if key.startswith("threshold_")]
    if alarms:
        means["tilt_alarm"] = any(alarms)
    if "button_event" in values:
        means["button"] = values["button_event"]["status"]
    return means


def chain(channels: Channels) -> Callable[[int, bytes], Decoded]:
    """A reader of payloads made of these channels; the port is the admin's choice and not looked at."""
    known = {**COMMON, **channels}

    def read(_f_port: int, payload: bytes) -> Decoded:
        values, at = _walk(known, payload)
        return Decoded(values=values, means=meaning(values), unread=payload[at:])

    return read


def _walk(known: Channels, payload: bytes) -> tuple[Values, int]:
    values: Values = {}
    at = 0
    while len(payload) - at >= 2 and (payload[at], payload[at + 1]) in known:
        length, value = known[payload[at], payload[at + 1]]
        data = payload[at + 2 : at + 2 + length]
        if len(data) < length:
            name = payload[at : at + 2].hex()
            raise DecodeFault(f"channel {name} is cut off: {len(data)} of {length} bytes")
        new = value(data)
        if "history" in new:
            new["history"] = values.get("history", []) + new["history"]
        values |= new
        at += 2 + length
    if not values:
        raise DecodeFault(f"no channel of this model begins with {payload[:2].hex() or 'nothing'}")
    return values, at


def _model(name: str, channels: Channels, gives: tuple[str, ...], *aliases: str) -> Model:
    return Model(
        name=name,
        vendors=("milesight", "milesight-iot"),
        read=chain(channels),
        gives=("battery_percent", *gives),
        aliases=aliases,
    )


ANGLES = ("tilt_alarm", "angle_x", "angle_y", "angle_z")
MODELS = (
    _model("em310-tilt", {(0x03, 0xCF): (7, _angles_310)}, ANGLES),
    _model("em320-tilt", {(0x03, 0xD4): (6, _angles_320)}, ANGLES),
    _model(
        "ws301",
        {(0x03, 0x00): choice("door", "close", "open"), (0x04, 0x00): choice("install", "yes", "no")},
        ("open", "tamper"),
    ),
    _model(
        "em300-sld",
        {**CLIMATE, (0x05, 0x00): choice("water", "normal", "leak"), (0x20, 0xCE): _history(True)},
        ("temperature", "humidity", "water"),
        "em300-zld",
    ),
    _model("em300-th", {**CLIMATE, (0x20, 0xCE): _history(False)}, ("temperature", "humidity")),
    _model("am307", {**CLIMATE, **AIR}, ("temperature", "humidity", "motion", "co2", "pressure_hpa")),
    _model("ws101", {(0xFF, 0x2E): (1, _press)}, ("button",)),
    _model(
        "ct101",
        {
            (0x03, 0x97): number("total_current", 4, scale=100),
            (0x04, 0x98): (2, _current),
            (0x84, 0x98): (7, _current_alarm),
            (0x09, 0x67): number("temperature", 2, scale=10, sign=True),
            (0x89, 0x67): (
                3,
                lambda data: {
                    "temperature": _short(data[0:2]) / 10,
                    "temperature_alarm": ("threshold alarm release", "threshold alarm")[bool(data[2])],
                },
            ),
        },
        ("current", "temperature"),
    ),
)

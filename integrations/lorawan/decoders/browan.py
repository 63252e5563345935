"""Browan MerryIoT DW10: door and window contact with tamper and tilt.

Byte facts: github.com/chirpstack/chirpstack-device-profiles, vendors/browan; little-endian.
"""

from integrations.lorawan.decoders.reading import Decoded, Model, need_length, need_port


def read(f_port: int, payload: bytes) -> Decoded:
    """Nine bytes with whole degrees, or ten with tenths of a degree."""
    need_port(f_port, 120)
    need_length(payload, 9, 10)
    width = len(payload) - 8
    raw = int.from_bytes(payload[2 : 2 + width], "little", signed=True)
    temperature = raw / 10 if width == 2 else raw
    rest = payload[2 + width :]
    volt = (21 + payload[1]) / 10
    flags = [payload[0] >> bit & 1 for bit in range(4)]
    values = {
        "battery_volt": volt,
        "temperature": temperature,
        "humi": rest[0],
        **dict(zip(("open", "button", "tamper", "tilt"), flags, strict=True)),
        "time": int.from_bytes(rest[1:3], "little"),
        "count": int.from_bytes(rest[3:6], "little"),
    }
    means = {"open": bool(flags[0]), "tamper": bool(flags[2]), "tilted": bool(flags[3])}
    return Decoded(
        values=values, means={**means, "battery_volt": volt, "temperature": temperature, "humidity": rest[0]}
    )


GIVES = ("open", "tamper", "tilted", "battery_volt", "temperature", "humidity")
MODELS = (
    Model(name="merryiot-dw10", vendors=("browan", "merryiot"), read=read, gives=GIVES, aliases=("dw10",)),
)

"""ELV LW-MOB: angle and acceleration on a battery board.

Byte facts: github.com/TheThingsNetwork/lorawan-devices, vendor/elv.
"""

from typing import Any

from integrations.lorawan.decoders.reading import Decoded, DecodeFault, Model, need_at_least, need_port

FRAMES = ("Device_Info", "Device_State", "Acceleration_Data", "Button_Pressed", "Config_Data")
LENGTHS = (11, 7, 5, 4, 11)
REASONS = (
    "Undefined",
    "Join Button Pressed",
    "Cyclic Timer",
    "Settings",
    "Joined",
    "Acceleration",
    "Tilt",
    "Ongoing Acceleration",
    "Inactivity",
    "Short App Button Pressed",
    "Long App Button Pressed",
)
MODES = ("Button", "Acceleration", "Tilt")
RANGES = ("2 g", "4 g", "8 g", "16 g")


def read(f_port: int, payload: bytes) -> Decoded:
    """Supply voltage, frame type and reason, then what the frame type says."""
    need_port(f_port, 10)
    need_at_least(payload, 3)
    if payload[1] >= len(FRAMES):
        raise DecodeFault(f"frame type {payload[1]} is not known; there are 0 to {len(FRAMES) - 1}")
    length = LENGTHS[payload[1]]
    need_at_least(payload, length)
    volt = round(1 + (payload[0] >> 6) + (payload[0] & 0x3F) * 0.02, 2)
    values: dict[str, Any] = {"Supply_Voltage": volt, "frame_type": FRAMES[payload[1]]}
    if payload[2] < len(REASONS):
        values["TX_Reason"] = REASONS[payload[2]]
    means: dict[str, Any] = {"battery_volt": volt}
    if payload[1] in (1, 2):
        values |= _movement(payload)
        means |= {"angle": payload[4], "motion": values["Accelerated"]}
    else:
        values |= _settings(payload)
    return Decoded(values=values, means=means, unread=payload[length:])


def _movement(payload: bytes) -> dict[str, Any]:
    flags = {"Accelerated": bool(payload[3] & 1)}
    flags |= {f"Tilt_Area_{area}": bool(payload[3] >> (area + 1) & 1) for area in range(3)}
    counted = {"Activation_count": int.from_bytes(payload[5:7], "big")} if payload[1] == 1 else {}
    return {**flags, "Angle": payload[4], **counted}


def _settings(payload: bytes) -> dict[str, Any]:
    if payload[1] == 3:
        return {"Button_Count": payload[3]}
    if payload[1] == 0:
        return {
            "Bootloader_Version": ".".join(map(str, payload[3:6])),
            "Firmware_Version": ".".join(map(str, payload[6:9])),
            "hw_revision": int.from_bytes(payload[9:11], "big"),
        }
    keys = ("sensor_threshold", "alpha", "beta", "hysteresis", "send_cycle")
    return {
        "device_mode": "".join(mode for bit, mode in enumerate(MODES) if payload[3] >> bit & 1),
        "datarate": f"DR{payload[4] + 1}",
        "sensor_range": RANGES[payload[5]] if payload[5] < len(RANGES) else "unknown",
        **dict(zip(keys, payload[6:11], strict=True)),
    }


GIVES = ("battery_volt", "angle", "motion")
MODELS = (Model(name="elv-lw-mob", vendors=("elv",), read=read, gives=GIVES, aliases=("lw-mob",)),)

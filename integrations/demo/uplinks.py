"""What a simulated tilt sensor sends: EM310-TILT payloads in ChirpStack v4 envelopes."""

import base64
import json
import struct
from datetime import datetime
from typing import Any

from hub.api import derive_id

F_PORT = 85
ALARM_ANGLE = 10.0  # degrees, as the sensor's own threshold
GATEWAYS = ("24e124fffef00001", "24e124fffef00002")


def payload(angle: float, *, battery: int = 98) -> bytes:
    """The sensor's frame for a lid tilted by `angle` degrees about its Y axis; flat is (0, 0, 90).

    Milesight's format: 01 75 battery %, 03 CF three int16 LE in hundredths of a degree, alarm bits x, y, z.
    """
    angles = (angle, 0.0, 90.0 - angle)
    alarms = 0b101 if angle >= ALARM_ANGLE else 0
    return bytes((0x01, 0x75, battery, 0x03, 0xCF)) + struct.pack(
        "<3hB", *(round(a * 100) for a in angles), alarms
    )


def topic(application: str, eui: str, event: str) -> str:
    """Where ChirpStack publishes an event of a device."""
    return f"application/{application}/device/{eui.lower()}/event/{event}"


def join(application: str, eui: str, name: str, session: str, at: datetime) -> str:
    """The device joined: its counter begins again."""
    return json.dumps(_envelope(application, eui, name, session, at, "join"), separators=(",", ":"))


def uplink(
    application: str, eui: str, name: str, session: str, at: datetime, *, counter: int, data: bytes
) -> str:
    """One data frame, heard by two gateways."""
    envelope = _envelope(application, eui, name, session, at, counter)
    envelope |= {
        "adr": True,
        "dr": 5,
        "fCnt": counter,
        "fPort": F_PORT,
        "confirmed": False,
        "data": base64.b64encode(data).decode(),
        "rxInfo": [
            {"gatewayId": gateway, "rssi": -71 - 13 * place, "snr": 9.5 - 4 * place}
            for place, gateway in enumerate(GATEWAYS)
        ],
    }
    return json.dumps(envelope, separators=(",", ":"))


def _envelope(
    application: str, eui: str, name: str, session: str, at: datetime, what: object
) -> dict[str, Any]:
    return {
        "deduplicationId": derive_id("demo", eui, session, what),
        "time": at.isoformat(),
        "deviceInfo": {
            "applicationId": application,
            "applicationName": "demo",
            "deviceProfileName": "EM310-TILT",
            "deviceName": name,
            "devEui": eui.lower(),
            "tags": {"model": "milesight/em310-tilt"},
        },
        "devAddr": session,
    }

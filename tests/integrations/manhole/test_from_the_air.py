"""A frame on the broker becomes a cover's alarm: once, and acknowledged only when it is on the disk."""

import base64
import json

from hub.testing.kit import HubKit
from integrations.manhole.events import CoverAlarm

EUI = "24E124785D410001"
YAML = f"""
lorawan:
  devices:
    - {{eui: {EUI}, model: milesight/em310-tilt, as: manhole, id: MH-0137}}
manhole:
  covers:
    - {{id: MH-0137, name: North gate}}
"""


async def publish(hub: HubKit, f_cnt: int, angle: int, *, alarm: bool = False) -> None:
    axes = (angle * 100, 0, 9000 - angle * 100)
    frame = b"\x01\x75\x5c\x03\xcf" + b"".join(axis.to_bytes(2, "little", signed=True) for axis in axes)
    message = {
        "time": hub.clock.now().isoformat(),
        "deviceInfo": {"devEui": EUI.lower(), "deviceName": "MH-0137"},
        "devAddr": "00189440",
        "fCnt": f_cnt,
        "fPort": 85,
        "data": base64.b64encode(frame + bytes([alarm])).decode(),
        "rxInfo": [{"gatewayId": "roof", "rssi": -87}],
    }
    await hub.broker.publish(f"application/1/device/{EUI.lower()}/event/up", json.dumps(message))
    await hub.settle()


async def test_from_frame_to_alarm_once(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, 0, 2)
    await hub.call("manhole.calibrate", cover="MH-0137", at_once=True)
    await publish(hub, 1, 20, alarm=True)
    await publish(hub, 1, 20, alarm=True)
    await publish(hub, 2, 21, alarm=True)
    await hub.restart()
    await publish(hub, 2, 21, alarm=True)
    await publish(hub, 3, 60, alarm=True)
    assert [event.kind for event in hub.of(CoverAlarm)] == ["cover_tilted", "cover_opened"]
    assert [round(event.angle or 0) for event in hub.of(CoverAlarm)] == [18, 58]
    assert all(sent.acknowledged for sent in hub.broker.sent)
    assert hub.state("sensor.mh_0137_state").value == "open"
    assert hub.state("sensor.mh_0137_battery").value == 92


async def test_a_frame_that_was_not_acknowledged_is_taken_when_the_hub_is_back(hub: HubKit) -> None:
    await hub.start(YAML)
    await hub.stop()
    await hub.broker.close()
    await publish(hub, 0, 60)  # nobody listens: it stays with the broker
    await hub.start()
    hub.broker.redeliver()
    hub.broker.redeliver()
    await hub.settle()
    assert [event.kind for event in hub.of(CoverAlarm)] == ["cover_opened"]
    assert hub.broker.sent[0].acknowledged

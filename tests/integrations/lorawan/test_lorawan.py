"""The network servers' messages through a whole hub: each once, remembered with what it caused."""

import json
from pathlib import Path
from typing import Any

from hub.api import ProblemRaised, ReadingReceived
from hub.testing.kit import HubKit
from integrations.lorawan import guest
from integrations.lorawan.events import DeviceDiscovered, DeviceJoined, UplinkUnread

EUI = "24E124785D410001"
YAML = f"""
areas:
  - {{id: north, name: North gate}}
lorawan:
  server: both
  devices:
    - {{eui: {EUI}, model: milesight/em310-tilt, as: manhole, id: MH-0137, area: north}}
    - {{eui: 24E124785D410002, model: milesight/ws301, id: pump-door}}
    - {{eui: 24E124785D410003, id: by-tag}}
    - {{eui: 24E124785D410004, model: netvox/r718wa, id: leak, frame_counter: relaxed}}
"""


async def publish(hub: HubKit, eui: str = EUI, *, event: str = "up", **changes: Any) -> None:
    message = {
        "deduplicationId": f"{eui}-{changes.get('fCnt', 0)}",
        "time": hub.clock.now().isoformat(),
        "deviceInfo": {"deviceName": "MH-0137", "devEui": eui.lower(), "tags": changes.pop("tags", {})},
        "devAddr": "00189440",
        "fCnt": 0,
        "fPort": 85,
        "data": "AXVcA88AAAAAKCMH",
        "rxInfo": [{"gatewayId": "roof", "rssi": -87, "snr": 3.5}],
    } | changes
    await hub.broker.publish(f"application/1/device/{eui.lower()}/event/{event}", json.dumps(message))
    await hub.settle()


async def test_an_uplink_becomes_a_reading_and_is_acknowledged_after_the_commit(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub)
    [reading] = hub.of(ReadingReceived)
    assert (reading.device, reading.address, reading.area) == ("MH-0137", EUI, "north")
    assert reading.model == "em310-tilt"
    assert reading.means["tilt_alarm"] is True
    assert reading.values["threshold_x"] == "trigger"
    assert (reading.gateways, reading.rssi) == (("roof",), -87)
    assert hub.broker.sent[0].acknowledged
    assert hub.state("sensor.mh_0137_rssi").value == -87
    assert hub.state("sensor.mh_0137_last_seen").attributes["payload"] == "01755c03cf00000000282307"


async def test_a_frame_counts_once_over_redelivery_and_restart(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, fCnt=7)
    await publish(hub, fCnt=7)
    await hub.restart()
    await publish(hub, fCnt=7)
    await publish(hub, fCnt=6)
    await publish(hub, fCnt=8)
    assert len(hub.of(ReadingReceived)) == 2
    assert all(sent.acknowledged for sent in hub.broker.sent)


async def test_a_join_begins_a_new_count(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, fCnt=7)
    await publish(hub, event="join", devAddr="00189441")
    await publish(hub, fCnt=0, devAddr="00189441")
    assert len(hub.of(ReadingReceived)) == 2
    assert [event.device for event in hub.of(DeviceJoined)] == ["MH-0137"]


async def test_a_device_that_counts_backwards_is_shown_to_the_admin_or_allowed(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, fCnt=700)
    for f_cnt in (0, 1, 2):
        await publish(hub, fCnt=f_cnt)
    [problem] = hub.of(ProblemRaised)
    assert "backwards" in problem.text
    assert "relaxed" in problem.remedy
    leak: dict[str, Any] = {"fPort": 6, "data": "ATIBHgEAAAAAAAA="}
    await publish(hub, "24E124785D410004", fCnt=700, **leak)
    await publish(hub, "24E124785D410004", fCnt=0, **leak)
    assert hub.state("binary_sensor.leak_water").value is True
    assert [reading.device for reading in hub.of(ReadingReceived)] == ["MH-0137", "leak", "leak"]


async def test_a_plain_device_has_entities_of_its_own(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, "24E124785D410002", data="AXVLAwAB")
    assert hub.state("binary_sensor.pump_door_open").text == "on"
    assert hub.state("sensor.pump_door_battery").value == 75


async def test_the_model_may_come_from_the_servers_tags(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, "24E124785D410003", tags={"model": "Milesight/EM310-TILT"})
    [reading] = hub.of(ReadingReceived)
    assert reading.means["angle_z"] == 90


async def test_without_a_model_the_servers_own_decoding_is_used(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, "24E124785D410003", object={"temperature": 21.5, "door": "open", "odd": [1]})
    [reading] = hub.of(ReadingReceived)
    assert reading.means == {"temperature": 21.5, "open": True}
    assert reading.values["odd"] == [1]


async def test_what_cannot_be_read_is_kept_and_proves_life(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, data="3q2+7w==")
    [unread] = hub.of(UplinkUnread)
    assert unread.payload == "deadbeef"
    [reading] = hub.of(ReadingReceived)
    assert reading.means == {}
    [problem] = hub.of(ProblemRaised)
    assert "deadbeef" in problem.text
    await publish(hub, fCnt=1)
    assert hub.hub_of.site.problems.open == {}


async def test_an_unlisted_device_is_told_once_with_the_line_to_write(hub: HubKit) -> None:
    await hub.start(YAML)
    for f_cnt in range(3):
        await publish(hub, "24E124785D41FFFF", fCnt=f_cnt, tags={"model": "dingtek/dc410"})
    [found] = hub.of(DeviceDiscovered)
    assert found.line == '- {eui: "24E124785D41FFFF", model: dingtek/dc410, id: "MH-0137"}'
    assert hub.of(ReadingReceived) == []
    [problem] = hub.of(ProblemRaised)
    assert found.line in problem.remedy


async def test_a_message_that_cannot_be_read_is_acknowledged_and_told(hub: HubKit) -> None:
    await hub.start(YAML)
    topic = f"application/1/device/{EUI.lower()}/event/up"
    await hub.broker.publish(topic, b"\x0a\x243ac7e3c4-4401")
    await hub.settle()
    assert hub.broker.sent[0].acknowledged
    [problem] = hub.of(ProblemRaised)
    assert "protobuf" in problem.text


async def test_a_status_answer_tells_the_battery(hub: HubKit) -> None:
    await hub.start(YAML)
    await publish(hub, event="status", batteryLevel=18.5, margin=9)
    [reading] = hub.of(ReadingReceived)
    assert reading.means == {"battery_percent": 18.5}


async def test_a_message_of_the_things_stack(hub: HubKit) -> None:
    await hub.start(YAML)
    message = {
        "end_device_ids": {"device_id": "mh-0137", "dev_eui": EUI, "dev_addr": "260B1234"},
        "received_at": hub.clock.now().isoformat(),
        "uplink_message": {"f_port": 85, "frm_payload": "AXVcA88AAAAAKCMH"},
    }
    await hub.broker.publish("v3/street@ttn/devices/mh-0137/up", json.dumps(message), qos=0)
    await hub.settle()
    assert [reading.device for reading in hub.of(ReadingReceived)] == ["MH-0137"]


async def test_it_listens_only_when_all_others_do(hub: HubKit) -> None:
    hub.broker.subscribe = _refuse_before(hub)  # type: ignore[method-assign]
    await hub.start(YAML)
    await publish(hub)
    assert len(hub.of(ReadingReceived)) == 1
    hub.hub_of.supervisor.restart("lorawan", "the test says so")
    await hub.advance(5)
    await publish(hub, fCnt=1)
    assert len(hub.of(ReadingReceived)) == 2


def _refuse_before(hub: HubKit) -> Any:
    subscribe = hub.broker.subscribe

    def checked(*args: Any, **options: Any) -> Any:
        assert hub.hub_of.site.started
        return subscribe(*args, **options)

    return checked


async def test_the_example_works(hub: HubKit) -> None:
    await hub.start(Path(guest.__file__).with_name("example.yaml").read_text("utf-8"))
    await publish(hub)
    assert [reading.device for reading in hub.of(ReadingReceived)] == ["MH-0137"]

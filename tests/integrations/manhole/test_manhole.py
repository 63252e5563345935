"""Covers in a whole hub: readings in, alarms and states out, over restarts."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.api import ActionRefused, Event, ReadingReceived, derive_id
from hub.testing.kit import HubKit
from integrations.manhole import events as told
from integrations.manhole.events import (
    CoverMissing,
    CoverOpened,
    CoverTilted,
    GatewayOutage,
    GatewayRecovered,
    MaintenanceEnded,
    SensorOffline,
)

from .scenes import leaning

YAML = """
areas:
  - {id: north, name: North gate}
manhole:
  defaults: {heartbeat: 6h}
  covers:
    - {id: MH-0137, name: North gate, area: north}
    - {id: MH-0138, device: 24E124785D410002, area: north}
"""


async def report(hub: HubKit, device: str = "MH-0137", *, address: str = "", **means: Any) -> None:
    gateways = means.pop("gateways", ("roof",))
    if isinstance(means.get("angle"), (int, float)):
        means |= leaning(means.pop("angle"))
    reading = ReadingReceived(
        id=derive_id(uuid.uuid4()),
        at=hub.clock.now(),
        source=device,
        device=device,
        address=address,
        means=means,
        gateways=gateways,
    )
    hub.hub_of.bus.emit(reading)
    await hub.settle()


def alarms(hub: HubKit) -> list[Event]:
    return [*hub.of(told.CoverAlarm), *hub.of(GatewayOutage)]


async def test_a_reading_becomes_an_alarm_and_states(hub: HubKit) -> None:
    await hub.start(YAML)
    await report(hub, angle=0)
    await hub.call("manhole.calibrate", cover="MH-0137", at_once=True, person="Wang")
    assert hub.state("sensor.mh_0137_state").value == "closed"
    assert hub.state("binary_sensor.mh_0137_open").value is False
    await report(hub, angle=60, battery_percent=80)
    [alarm] = alarms(hub)
    assert isinstance(alarm, CoverOpened)
    assert (alarm.cover, alarm.area, alarm.severity.name, alarm.angle) == ("MH-0137", "north", "critical", 60)
    assert hub.state("sensor.mh_0137_state").value == "open"
    assert hub.state("binary_sensor.mh_0137_open").text == "on"
    assert hub.state("sensor.mh_0137_tilt").value == 60
    assert hub.state("sensor.mh_0137_battery").value == 80
    assert hub.state("binary_sensor.mh_0137_link").text == "on"


async def test_a_device_may_be_named_by_its_eui(hub: HubKit) -> None:
    await hub.start(YAML)
    await report(hub, "some-id", address="24e124785d410002", tilt_alarm=True)
    [alarm] = alarms(hub)
    assert isinstance(alarm, CoverTilted)
    assert alarm.cover == "MH-0138"


async def test_a_lid_that_stays_beyond_the_threshold_alarms_by_the_clock(hub: HubKit) -> None:
    await hub.start(YAML)
    await report(hub, angle=0)
    await hub.call("manhole.calibrate", cover="MH-0137", at_once=True)
    await report(hub, angle=15)
    assert alarms(hub) == []
    await hub.advance(6)
    assert [alarm.kind for alarm in alarms(hub)] == ["cover_tilted"]


async def test_a_restart_keeps_what_was_waited_for_and_tells_nothing_twice(hub: HubKit) -> None:
    await hub.start(YAML)
    await report(hub, angle=60)
    await hub.advance(9 * 3600)
    await hub.restart()
    assert hub.state("sensor.mh_0137_state").value == "open"
    await hub.advance(3 * 3600 - 60)
    assert [alarm.kind for alarm in alarms(hub)] == ["cover_opened"]
    await hub.advance(60)
    await hub.restart()
    await hub.advance(60)
    assert [alarm.kind for alarm in hub.of(CoverMissing)] == ["cover_missing"]
    assert len(hub.of(CoverOpened)) == 1


async def test_silence_while_the_hub_was_off_is_judged_after_what_the_broker_kept(hub: HubKit) -> None:
    await hub.start(YAML)
    await report(hub, angle=60)
    await hub.stop()
    hub.clock.jump(14 * 3600)
    await hub.start()
    await hub.advance(30)
    assert hub.of(CoverMissing) == []
    await report(hub, angle=60)
    await hub.advance(300)
    assert hub.of(CoverMissing) == []
    await hub.advance(12 * 3600)
    assert len(hub.of(CoverMissing)) == 1


async def test_silence_while_the_hub_was_off_counts_when_nothing_was_kept(hub: HubKit) -> None:
    await hub.start(YAML)
    await report(hub, angle=60)
    await hub.stop()
    hub.clock.jump(14 * 3600)
    await hub.start()
    await hub.advance(119)
    assert hub.of(CoverMissing) == []
    await hub.advance(2)
    assert len(hub.of(CoverMissing)) == 1


async def test_maintenance_of_an_area_and_what_was_left_open(hub: HubKit) -> None:
    await hub.start(YAML)
    await hub.call("manhole.maintenance", area="north", duration="2h", order="W-7")
    assert hub.state("sensor.mh_0137_mode").value == "maintenance"
    await report(hub, angle=60)
    assert alarms(hub) == []
    assert [event.change for event in hub.of(told.CoverRecorded)] == ["opened"]
    await hub.advance(2 * 3600)
    [alarm] = alarms(hub)
    assert isinstance(alarm, CoverOpened)
    assert alarm.reason == "left_open"
    assert len(hub.of(MaintenanceEnded)) == 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("manhole.calibrate", {"cover": "MH-9"}),
        ("manhole.maintenance", {"area": "moon", "duration": 60}),
        ("manhole.maintenance", {"cover": "MH-0137", "duration": "30d"}),
        ("manhole.maintenance", {"cover": "MH-0137", "duration": 0}),
        ("manhole.maintenance", {"cover": "MH-0137", "end": "2020-01-01T00:00:00Z"}),
        ("manhole.end_maintenance", {"cover": "MH-9"}),
    ],
)
async def test_what_cannot_be_done_is_refused(hub: HubKit, name: str, data: dict[str, Any]) -> None:
    await hub.start(YAML)
    with pytest.raises(ActionRefused):
        await hub.call(name, **data)


MANY = "\n".join(f"    - {{id: MH-{number}}}" for number in range(8))


async def test_a_gateways_outage_is_one_incident(hub: HubKit) -> None:
    await hub.start(f"manhole:\n  defaults: {{heartbeat: 1h, offline_minimum: 0}}\n  covers:\n{MANY}\n")
    for number in range(8):
        await report(hub, f"MH-{number}", angle=0)
        await hub.advance(60)
    await hub.advance(10 * 3600)
    assert [alarm.kind for alarm in alarms(hub)] == ["gateway_outage"]
    [outage] = hub.of(GatewayOutage)
    assert (outage.gateway, outage.watched) == ("roof", 8)
    await hub.restart()
    await hub.advance(600)
    assert len(alarms(hub)) == 1
    for number in range(3):  # half of the five whose silence showed it
        assert hub.of(GatewayRecovered) == []
        await report(hub, f"MH-{number}", angle=0)
    assert len(hub.of(GatewayRecovered)) == 1
    await hub.advance(3600)
    assert hub.of(SensorOffline) == []
    await hub.advance(2 * 3600)
    assert {alarm.cover for alarm in hub.of(SensorOffline)} >= {"MH-3", "MH-7"}


async def test_one_silent_sensor_is_its_own_alarm(hub: HubKit) -> None:
    await hub.start(YAML)
    await report(hub, angle=0)
    for _ in range(6):
        await hub.advance(timedelta(hours=4).total_seconds())
        await report(hub, "MH-0138", address="24E124785D410002", angle=0)
    assert [alarm.cover for alarm in hub.of(SensorOffline)] == ["MH-0137"]
    assert hub.state("binary_sensor.mh_0137_link").text == "off"


async def test_the_example_works(hub: HubKit) -> None:
    example = Path(told.__file__).with_name("example.yaml").read_text("utf-8")
    await hub.start(example)
    assert hub.state("sensor.mh_0137_state").value == "unknown"


async def test_a_cover_that_lies_in_its_place_again_ends_its_alarms(hub: HubKit) -> None:
    await hub.start(YAML)
    await report(hub, angle=0)
    await hub.call("manhole.calibrate", cover="MH-0137", at_once=True)
    await report(hub, angle=60)
    [alarm] = alarms(hub)
    assert [one.id for one in hub.hub_of.alarms.all()] == [alarm.id]
    await report(hub, angle=0)
    await hub.advance(3600)
    assert hub.of(told.CoverClosed)
    assert hub.hub_of.alarms.all() == []
    found = (await hub.request("GET", f"/api/v1/alarms/{alarm.id}", admin=True)).json()
    assert (found["state"], found["closed_by"]) == ("closed", "")


async def test_a_gateway_that_is_heard_again_ends_its_outage(hub: HubKit) -> None:
    covers = "".join(f"    - {{id: MH-02{number:02d}, area: north}}\n" for number in range(6))
    await hub.start(YAML + covers)
    devices = [f"MH-02{number:02d}" for number in range(6)]
    for device in devices:
        await report(hub, device, angle=0)
    await hub.advance(10 * 3600)
    outages = hub.of(GatewayOutage)
    assert [one.id for one in hub.hub_of.alarms.all() if one.kind == "gateway_outage"] == [outages[0].id]
    for device in devices:
        await report(hub, device, angle=0)
    assert hub.of(GatewayRecovered)
    assert [one.kind for one in hub.hub_of.alarms.all() if one.kind == "gateway_outage"] == []

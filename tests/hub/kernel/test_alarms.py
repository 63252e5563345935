"""Open alarms: who has each, what ends them, and that a restart forgets nothing."""

from datetime import timedelta

from hub.api import Alarm, AlarmAcknowledged, AlarmClosed, AlarmsEnded, Call, Severity
from hub.kernel import alarms as module
from hub.store import catalogue
from hub.testing.kit import HubKit


class BellRang(Alarm, frozen=True, kw_only=True):
    """A bell rang."""


async def ring(hub: HubKit, identity: str, area: str = "b1") -> None:
    at = hub.clock.now()
    await hub.hub_of.bus.emit(
        BellRang(id=identity, at=at, source="bell.a", area=area, severity=Severity.critical)
    )


async def settled(hub: HubKit) -> None:
    with hub.hub_of.store.units.open() as unit:
        unit.write("remember", {"owner": "t", "key": "k", "value": "1"})
    await unit.receipt


async def test_an_alarm_is_open_until_somebody_settles_it(hub: HubKit) -> None:
    await hub.start("notify:\n")
    await ring(hub, "a1")
    alarms = hub.hub_of.alarms
    assert [(item.id, item.kind, item.severity) for item in alarms.all()] == [
        ("a1", "bell_rang", Severity.critical)
    ]
    assert alarms.acknowledge("a1", "wang", "I go")
    assert not alarms.acknowledge("a1", "li")
    found = alarms.get("a1")
    assert found is not None
    assert (found.acknowledged_by, found.acknowledged_at, found.note) == ("wang", hub.clock.now(), "I go")
    assert alarms.close("a1", "wang", "swept up")
    assert not alarms.close("a1", "wang")
    assert alarms.all() == []
    told = [event for event in hub.events if isinstance(event, (AlarmAcknowledged, AlarmClosed))]
    assert [(event.kind, event.alarm, event.by, event.note, event.area) for event in told] == [
        ("alarm_acknowledged", "a1", "wang", "I go", "b1"),
        ("alarm_closed", "a1", "wang", "swept up", "b1"),
    ]


async def test_a_restart_knows_what_is_open_and_who_has_it(hub: HubKit) -> None:
    await hub.start("notify:\n")
    for identity in ("a1", "a2", "a3"):
        await ring(hub, identity)
    hub.hub_of.alarms.acknowledge("a2", "wang", "on my way")
    hub.hub_of.alarms.close("a3", "wang")
    await hub.restart()
    left = hub.hub_of.alarms.all()
    assert [(item.id, item.acknowledged_by, item.note) for item in left] == [
        ("a1", "", ""),
        ("a2", "wang", "on my way"),
    ]


async def test_an_alarm_that_comes_again_stays_as_it_was_left(hub: HubKit) -> None:
    await hub.start("notify:\n")
    await ring(hub, "a1")
    hub.hub_of.alarms.close("a1", "wang")
    await ring(hub, "a1")
    await settled(hub)
    assert hub.hub_of.alarms.all() == []
    await ring(hub, "a2")
    hub.hub_of.alarms.acknowledge("a2", "wang")
    await ring(hub, "a2")
    await settled(hub)
    found = hub.hub_of.alarms.get("a2")
    assert found is not None
    assert found.acknowledged_by == "wang"


async def test_what_ended_by_itself_is_closed_by_nobody(hub: HubKit) -> None:
    await hub.start("notify:\n")
    await ring(hub, "a1")
    await ring(hub, "a2")
    hub.hub_of.bus.emit(AlarmsEnded(at=hub.clock.now(), source="bell.a", alarms=("a1", "never")))
    await settled(hub)
    assert [item.id for item in hub.hub_of.alarms.all()] == ["a2"]
    await hub.restart()
    assert [item.id for item in hub.hub_of.alarms.all()] == ["a2"]


async def test_what_nobody_closed_is_history_after_a_month(hub: HubKit) -> None:
    await hub.start("notify:\n")
    await ring(hub, "a1")
    await hub.stop()
    await hub.clock.advance((module.OPEN_FOR + timedelta(days=1)).total_seconds())
    await hub.start()
    assert hub.hub_of.alarms.all() == []


async def test_a_flood_of_alarms_leaves_the_newest_at_hand(hub: HubKit, monkeypatch: object) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 3)  # type: ignore[attr-defined]
    await hub.start("notify:\n")
    for number in range(5):
        await ring(hub, f"a{number}")
    assert [item.id for item in hub.hub_of.alarms.all()] == ["a2", "a3", "a4"]


async def test_what_follows_from_an_alarm_is_found_by_it_however_far(hub: HubKit) -> None:
    await hub.start(
        """
        people:
          persons:
            - {id: wang, name: 王芳, roles: [grid_worker], channels: [collect]}
        notify: {channels: {collect: {type: collect}}}
        """
    )
    with hub.hub_of.store.units.open() as unit:
        await_ring = hub.hub_of.bus.emit(BellRang(id="a1", at=hub.clock.now(), source="bell.a"))
        data = {
            "audience": "everyone",
            "message": "it rings",
            "severity": "warning",
            "evidence": [],
            "url": "",
        }
        unit.call(Call(name="notify.send", data=data, key="k1", alarm="a1"))
    await await_ring
    await hub.until(lambda: hub.deliveries)
    await settled(hub)
    rows = await hub.hub_of.store.read(
        lambda connection: catalogue.CALLS_OF_ALARM.run(connection, alarm="a1", limit=10).fetchall()
    )
    assert [row["action"] for row in rows] == ["notify.send", "notify.deliver"]

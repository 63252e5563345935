"""The test kit itself: a hub that starts, is restarted on the same data, and turns its clock by hand."""

import asyncio
from typing import Any

import voluptuous as vol

from hub.api import Action, Alarm, Call, Carried, Event, Integration, Link
from hub.testing.kit import HubKit


class DoorOpened(Alarm, frozen=True, kw_only=True):
    """A door was opened."""

    door: str


def door(seen: list[Any]) -> Integration:
    """A guest that remembers doors and takes a durable action."""

    async def run(link: Link, config: Any) -> None:
        async def note(call: Call) -> Carried:
            seen.append(dict(call.data))
            return None

        link.action("door.note", note)
        link.on(
            DoorOpened,
            lambda event: link.actions.start(
                Call(name="door.note", data={"door": event.door}, key=f"{event.id}/note", cause=event.id)
            ),
        )
        link.on_timer(lambda key, data: seen.append((key, dict(data))))
        link.ready()
        await asyncio.Event().wait()

    return Integration(
        name="door",
        run=run,
        schema=vol.Schema(vol.Any(None, {"name": str})),
        events=(DoorOpened,),
        actions=(
            Action(name="door.note", summary="Note a door.", schema=vol.Schema({"door": str}), durable=True),
        ),
    )


async def test_an_alarm_becomes_a_durable_call_that_is_carried_out(hub: HubKit) -> None:
    seen: list[Any] = []
    hub.add(door(seen))
    running = await hub.start("door:\n")
    await running.bus.emit(DoorOpened(at=hub.clock.now(), source="door.a", door="a"))
    await hub.settle()
    assert seen == [{"door": "a"}]
    assert [event.door for event in hub.of(DoorOpened)] == ["a"]


async def test_the_same_alarm_twice_is_one_call(hub: HubKit) -> None:
    seen: list[Any] = []
    hub.add(door(seen))
    running = await hub.start("door:\n")
    for _ in range(2):
        await running.bus.emit(DoorOpened(at=hub.clock.now(), source="door.a", door="a", id="one"))
    await hub.settle()
    assert seen == [{"door": "a"}]


async def test_what_was_not_carried_out_is_carried_out_after_a_restart(hub: HubKit) -> None:
    seen: list[Any] = []
    hub.add(door(seen))
    running = await hub.start("door:\n")
    running.courier._closing = True  # the process dies between commit and attempt
    await running.bus.emit(DoorOpened(at=hub.clock.now(), source="door.a", door="a"))
    assert seen == []
    running.courier._closing = False
    await hub.restart()
    await hub.settle()
    assert seen == [{"door": "a"}]


async def test_a_timer_that_passed_while_the_hub_was_down_fires_at_the_start(hub: HubKit) -> None:
    seen: list[Any] = []
    hub.add(door(seen))
    running = await hub.start("door:\n")
    link = running.supervisor.guests["door"].link
    assert link is not None
    link.timer("ring", link.now(), {"n": 1})
    from datetime import timedelta

    link.timer("late", link.now() + timedelta(hours=2), {"n": 2})
    await hub.settle()
    assert seen == [("ring", {"n": 1})]
    await hub.stop()
    hub.clock.jump(3 * 3600)
    await hub.start()
    await hub.settle()
    assert seen == [("ring", {"n": 1}), ("late", {"n": 2})]


async def test_a_reload_restarts_only_what_changed(hub: HubKit) -> None:
    hub.add(door([]))
    running = await hub.start("door:\n  name: a\nnotify:\n")
    before = {name: guest.since for name, guest in running.supervisor.guests.items()}
    await hub.advance(10)
    result = await hub.reload("door:\n  name: b\nnotify:\n")
    assert result["changed"] == ["door"]
    after = {name: guest.since for name, guest in running.supervisor.guests.items()}
    assert after["door"] != before["door"]
    assert after["notify"] == before["notify"]


async def test_every_event_is_seen(hub: HubKit, events: list[Event]) -> None:
    await hub.start("notify:\n")
    assert [event.kind for event in events][-1] == "hub_started"

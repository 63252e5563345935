"""A disk that is full or broken holds alarms back and loses none; history that breaks costs no alarm."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest

from benchmarks.crash import CLOSED, OPEN
from hub.api import StateChanged
from hub.store.writer import Writer
from hub.testing.kit import HubKit
from integrations.mqtt.embedded import EmbeddedBroker
from tests.durability.toys import SITE, TOYS, force, told
from tests.walks.stage import Air, Receiver, Stand, mqtt_yaml, site_yaml, until

ALARMS = 50
UNLIMITED = 1_000_000_000  # pages
SMALLEST = 4096  # bytes: less than any commit writes


@pytest.fixture
async def kit(hub: HubKit) -> AsyncIterator[HubKit]:
    hub.add(TOYS)
    await hub.start(SITE)
    yield hub
    if hub.hub is not None:
        await hub.hub.stop()
        hub.hub = None


async def fill(file: Writer[Any, Any]) -> sqlite3.Connection:
    """Let the file grow no more; returns the writer's connection, by which the limit can be lifted."""

    def limit(connection: sqlite3.Connection) -> sqlite3.Connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    return await file.run(limit)


def lift(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA max_page_count = {UNLIMITED}")


async def problem(kit: HubKit, name: str, *, there: bool = True) -> None:
    problems = kit.hub_of.site.problems.open
    await until(lambda: (name in problems) is there, None, lambda: f"problems are {list(problems)}")


async def test_a_full_disk_holds_alarms_back_and_all_go_out_when_there_is_space(kit: HubKit) -> None:
    connection = await fill(kit.hub_of.store.writer.file)
    doors = [f"door {number:02d}" for number in range(ALARMS)]
    receipts = [force(kit, door) for door in doors]
    await problem(kit, "store.events")
    assert "free some space" in kit.hub_of.site.problems.open["store.events"].remedy
    assert not receipts[-1].done()
    lift(connection)
    await asyncio.gather(*receipts)
    await kit.settle()
    assert told(kit) == doors
    await problem(kit, "store.events", there=False)
    assert kit.hub_of.store.outbox.pending == 0


async def test_states_go_on_while_the_alarms_wait_for_the_disk(kit: HubKit) -> None:
    connection = await fill(kit.hub_of.store.writer.file)
    receipt = force(kit, "north " + "x" * 100_000)
    await problem(kit, "store.events")
    kit.hub_of.states.set("sensor.pressure", 4.2)
    assert [event.new.value for event in kit.of(StateChanged)][-1] == 4.2
    lift(connection)
    await receipt


async def test_alarms_go_out_while_history_has_no_space(kit: HubKit) -> None:
    connection = await fill(kit.hub_of.store.history.file)
    for number in range(2000):
        kit.hub_of.states.set("sensor.pressure", float(number), {"note": "x" * 500 + str(number)})
    kit.hub_of.store.history.flush()
    await problem(kit, "store.history")
    await force(kit, "north")
    await kit.settle()
    assert told(kit) == ["north"]
    lift(connection)
    await problem(kit, "store.history", there=False)


async def test_alarms_go_out_while_history_is_damaged(kit: HubKit) -> None:
    path = kit.hub_of.data_dir / "history.db"
    for name in ("history.db", "history.db-wal"):
        with open(path.with_name(name), "r+b") as file:  # noqa: ASYNC230 - small, and nobody waits
            file.write(b"\xde\xad" * 20_000)
    for number in range(2000):
        kit.hub_of.states.set("sensor.pressure", float(number))
    kit.hub_of.store.history.flush()
    await problem(kit, "store.history")
    assert "damaged" in kit.hub_of.site.problems.open["store.history"].remedy
    await force(kit, "north")
    await kit.settle()
    assert told(kit) == ["north"]


async def test_damaged_alarms_are_refused_at_the_start_with_a_remedy_and_kept(
    stand: Stand, receiver: Receiver
) -> None:
    stand.write(site_yaml("mqtt:", receiver.url, "- use: cover"))
    stand.data.mkdir()
    (stand.data / "events.db").write_bytes(b"\xde\xad" * 20_000)
    await stand.process.start()
    process = stand.process.process
    assert process is not None
    assert await process.wait() == 1
    assert f"{stand.data / 'events.db'} is damaged" in stand.log
    assert "restore the file from a backup" in stand.log
    assert (stand.data / "events.db").read_bytes() == b"\xde\xad" * 20_000


async def test_damaged_history_is_set_aside_at_the_start_and_alarms_go_out(hub: HubKit) -> None:
    hub.add(TOYS)
    await hub.start(SITE)
    await hub.stop()
    path = hub.folder / "data" / "history.db"
    path.write_bytes(b"\xde\xad" * 20_000)
    await hub.start()
    (aside,) = path.parent.glob("history.db.damaged-*")
    assert aside.read_bytes() == b"\xde\xad" * 20_000
    shown = hub.hub_of.site.problems.open["store.history.damaged"]
    assert aside.name in shown.text
    assert "restore the file from a backup" in shown.remedy
    await force(hub, "north")
    await hub.settle()
    assert told(hub) == ["north"]
    hub.hub_of.states.set("sensor.pressure", 4.2)
    history = hub.hub_of.store.history
    history.flush()
    await until(lambda: history.recorded > 0, None, lambda: "nothing was recorded")


async def test_a_process_that_may_write_nothing_acknowledges_nothing_and_catches_up(
    broker: EmbeddedBroker, air: Air, receiver: Receiver, stand: Stand
) -> None:
    mqtt = mqtt_yaml(broker.port, broker.username, broker.password)
    stand.write(site_yaml(mqtt, receiver.url, "- use: cover", covers=4))
    await stand.start()
    await air.open(0)
    await receiver.distinct(1)
    assert stand.process.process is not None
    pid = stand.process.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALLEST, hard))
    for cover in (1, 2, 3):
        await air.tell(cover, CLOSED, OPEN)
    text = await stand.problem("store.events")
    assert "can't be written" in text
    assert len(receiver.keys) == 1
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    await receiver.distinct(4)
    await stand.healed("store.events")
    assert await stand.stop() == 0
    assert len(receiver.keys) == 4

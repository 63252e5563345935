"""Durable timers: fired once, with their end, whatever happens in between."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.kernel.timers import Timers
from tests.hub.store.bench import Bench, an_alarm, put_alarm


class Watch:
    """Timers over a bench, and what they said."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.fired: list[tuple[str, Any]] = []
        self.faults: list[tuple[str, str, Exception]] = []
        self.timers = Timers(bench.store, bench.clock, lambda *words: self.faults.append(words))

    def at(self, seconds: float) -> datetime:
        return self.bench.clock.now() + timedelta(seconds=seconds)

    def note(self, key: str, data: Mapping[str, Any]) -> None:
        self.fired.append((key, dict(data)))

    async def restart(self) -> "Watch":
        self.timers.stop()
        await self.bench.reopen()
        return Watch(self.bench)


@pytest.fixture
def watch(bench: Bench) -> Watch:
    watch = Watch(bench)
    watch.timers.start()
    return watch


async def test_timers_fire_in_their_order_each_once(watch: Watch) -> None:
    watch.timers.on("me", watch.note)
    for seconds in (30, 10, 20):
        watch.timers.set("me", f"after {seconds}", watch.at(seconds), {"seconds": seconds})
    await watch.bench.clock.advance(25)
    assert watch.fired == [("after 10", {"seconds": 10}), ("after 20", {"seconds": 20})]
    await watch.bench.clock.advance(1000)
    assert [key for key, _ in watch.fired] == ["after 10", "after 20", "after 30"]
    assert await watch.bench.rows("SELECT * FROM timers") == []


async def test_a_timer_that_passed_while_the_hub_was_down_fires_at_the_start(watch: Watch) -> None:
    watch.timers.set("me", "k", watch.at(60))
    watch.bench.clock.jump(3600)
    after = await watch.restart()
    after.timers.on("me", after.note)
    after.timers.start()
    await after.bench.clock.advance(0)
    assert after.fired == [("k", {})]


async def test_one_that_is_due_waits_for_its_owner(watch: Watch) -> None:
    watch.timers.set("late", "k", watch.at(1))
    watch.timers.on("me", watch.note)
    await watch.bench.clock.advance(10)
    assert [row.key for row in watch.timers.of("late")] == ["k"]
    watch.timers.on("late", watch.note)
    await watch.bench.clock.advance(0)
    assert watch.fired == [("k", {})]


async def test_an_owner_that_left_hears_nothing(watch: Watch) -> None:
    undo = watch.timers.on("me", watch.note)
    undo()
    watch.timers.set("me", "k", watch.at(1))
    await watch.bench.clock.advance(5)
    assert watch.fired == []


async def test_a_moved_timer_fires_at_its_new_time_only(watch: Watch) -> None:
    watch.timers.on("me", watch.note)
    watch.timers.set("me", "later", watch.at(10))
    watch.timers.set("me", "later", watch.at(50))
    watch.timers.set("me", "sooner", watch.at(50), {"n": 1})
    watch.timers.set("me", "sooner", watch.at(10), {"n": 2})
    await watch.bench.clock.advance(20)
    assert watch.fired == [("sooner", {"n": 2})]
    await watch.bench.clock.advance(100)
    assert watch.fired == [("sooner", {"n": 2}), ("later", {})]


async def test_a_cancelled_timer_never_fires_nor_comes_back(watch: Watch) -> None:
    watch.timers.on("me", watch.note)
    watch.timers.set("me", "k", watch.at(10))
    watch.timers.cancel("me", "k")
    watch.timers.cancel("me", "never there")
    after = await watch.restart()
    after.timers.on("me", after.note)
    after.timers.start()
    await after.bench.clock.advance(100)
    assert (watch.fired, after.fired) == ([], [])


async def test_what_a_handler_does_and_the_timer_s_end_are_one_transaction(watch: Watch) -> None:
    commits: list[int] = []

    def handle(key: str, _data: Mapping[str, Any]) -> None:
        unit = watch.bench.store.units.current
        assert unit is not None
        commits.append(id(unit))
        watch.bench.store.memory("me").put("state", "overdue")
        watch.timers.set("me", key, watch.at(60), {"again": True})
        assert [write.kind for write in unit.writes] == ["timer_gone", "remember", "timer"]

    watch.timers.on("me", handle)
    watch.timers.set("me", "k", watch.at(10))
    await watch.bench.clock.advance(15)
    assert len(commits) == 1
    assert [row.data for row in watch.timers] == ['{"again":true}']
    after = await watch.restart()
    assert [row.data for row in after.timers] == ['{"again":true}']


async def test_a_handler_that_raises_gets_its_timer_again_and_at_last_no_more(watch: Watch) -> None:
    def fail(key: str, _data: Mapping[str, Any]) -> None:
        raise LookupError(key)

    watch.timers.on("broken", fail)
    watch.timers.on("me", watch.note)
    watch.timers.set("broken", "k", watch.at(10))
    watch.timers.set("me", "k", watch.at(10))
    await watch.bench.clock.advance(15)
    assert [(owner, key, type(error)) for owner, key, error in watch.faults] == [("broken", "k", LookupError)]
    assert watch.fired == [("k", {})]
    assert [row.key for row in watch.timers] == ["k"]
    await watch.bench.clock.advance(3600)
    assert len(watch.faults) == 4
    assert list(watch.timers) == []


async def test_a_handler_that_works_at_its_second_try_has_its_timer_once(watch: Watch) -> None:
    heard: list[dict[str, Any]] = []

    def fail_once(_key: str, data: Mapping[str, Any]) -> None:
        heard.append(dict(data))
        if len(heard) == 1:
            raise LookupError("not yet")

    watch.timers.on("me", fail_once)
    watch.timers.set("me", "k", watch.at(10), {"n": 1})
    await watch.bench.clock.advance(3600)
    assert heard == [{"n": 1}, {"n": 1}]
    assert list(watch.timers) == []


async def test_what_a_known_alarm_set_is_taken_back(watch: Watch) -> None:
    watch.timers.on("me", watch.note)
    watch.timers.set("me", "moved", watch.at(10), {"by": "hand"})
    watch.timers.set("me", "cancelled", watch.at(10))
    await watch.bench.raise_alarm("a1")
    with watch.bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        watch.timers.set("me", "moved", watch.at(5), {"by": "alarm"})
        watch.timers.set("me", "new", watch.at(5))
        watch.timers.cancel("me", "cancelled")
    await unit.receipt
    await watch.bench.clock.advance(7)
    assert watch.fired == []
    await watch.bench.clock.advance(7)
    assert watch.fired == [("moved", {"by": "hand"}), ("cancelled", {})]


async def test_a_timer_behind_an_alarm_waits_for_the_alarm_to_be_written(watch: Watch) -> None:
    watch.timers.on("me", watch.note)
    with watch.bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        watch.timers.set("me", "at once", watch.at(-1))
    assert watch.fired == []
    await unit.receipt
    await watch.bench.clock.advance(0)
    assert watch.fired == [("at once", {})]


async def test_setting_one_timer_often_keeps_one(watch: Watch) -> None:
    watch.timers.on("me", watch.note)
    for number in range(2000):
        watch.timers.set("me", "k", watch.at(10 + number % 7), {"n": number})
    await watch.bench.clock.advance(100)
    assert watch.fired == [("k", {"n": 1999})]


async def test_many_due_timers_all_fire(watch: Watch) -> None:
    with watch.bench.store.units.open():
        for number in range(1000):
            watch.timers.set("me", str(number), watch.at(1))
    watch.timers.on("me", watch.note)
    await watch.bench.clock.advance(2)
    assert len(watch.fired) == 1000


async def test_what_can_not_be_set_is_said(watch: Watch) -> None:
    with pytest.raises(ValueError, match=r"timer 'k' of 'me': the time .* has no zone; use an aware one"):
        watch.timers.set("me", "k", datetime(2026, 1, 1))  # noqa: DTZ001 - that is the fault
    with pytest.raises(ValueError, match="timer 'k' of 'me': its data can't be stored"):
        watch.timers.set("me", "k", watch.at(1), {"x": object()})
    assert list(watch.timers) == []


async def test_nothing_fires_after_the_stop(watch: Watch) -> None:
    watch.timers.on("me", watch.note)
    watch.timers.set("me", "k", watch.at(1))
    watch.timers.stop()
    await watch.bench.clock.advance(100)
    assert watch.fired == []

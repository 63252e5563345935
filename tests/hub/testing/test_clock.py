"""The clock that tests turn: it stands still, and what becomes due on the way comes in order at its own moment."""

import asyncio
from datetime import timedelta

import pytest

from hub.testing.clock import START, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """A clock of this test's own."""
    return ManualClock()


async def test_it_stands_still_until_it_is_turned(clock: ManualClock) -> None:
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    await asyncio.sleep(0.01)
    assert clock.now() == START
    await clock.advance(90)
    assert (clock.now(), clock.monotonic()) == (START + timedelta(seconds=90), 90.0)


async def test_what_is_due_comes_in_order_at_its_own_moment(clock: ManualClock) -> None:
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, clock.monotonic()))

    for name, seconds in (("c", 30), ("a", 10), ("b", 20), ("late", 99)):
        clock.call_at(START + timedelta(seconds=seconds), lambda name=name: note(name))  # type: ignore[misc]
    await clock.advance(50)
    assert seen == [("a", 10), ("b", 20), ("c", 30)]


async def test_what_a_callback_sets_on_the_way_comes_too(clock: ManualClock) -> None:
    beats: list[float] = []

    def beat() -> None:
        beats.append(clock.monotonic())
        clock.call_at(clock.now() + timedelta(seconds=10), beat)

    beat()
    await clock.advance(35)
    assert beats == [0, 10, 20, 30]


async def test_a_cancelled_timer_does_not_come(clock: ManualClock) -> None:
    seen: list[int] = []
    for when in (START, START + timedelta(seconds=5)):
        timer = clock.call_at(when, lambda: seen.append(1))
        timer.cancel()
        timer.cancel()
    await clock.advance(10)
    assert seen == []


async def test_what_is_past_comes_at_once(clock: ManualClock) -> None:
    seen: list[int] = []
    clock.call_at(START - timedelta(days=1), lambda: seen.append(1))
    assert seen == []
    await asyncio.sleep(0)
    assert seen == [1]


async def test_a_sleep_ends_when_the_clock_was_turned_that_far(clock: ManualClock) -> None:
    sleeping = asyncio.ensure_future(clock.sleep(60))
    await clock.advance(59)
    assert not sleeping.done()
    await clock.advance(1)
    assert sleeping.done()
    await asyncio.wait_for(clock.sleep(0), 1)


async def test_a_jump_tells_nobody_until_the_clock_is_turned_again(clock: ManualClock) -> None:
    seen: list[float] = []
    clock.call_at(START + timedelta(seconds=10), lambda: seen.append(clock.monotonic()))
    clock.jump(60)
    await asyncio.sleep(0)
    assert (seen, clock.monotonic()) == ([], 60)
    await clock.advance(0)
    assert seen == [60]

"""Ports and problems: who offers, who holds, what hangs until it is mended."""

import asyncio
from typing import Any, Protocol

import pytest
import voluptuous as vol

from hub.api import Integration, Link, ProblemCleared, ProblemRaised
from hub.plugins.board import Ports
from hub.testing.kit import HubKit


class Lamp(Protocol):
    """A port for these tests."""


class Bell(Protocol):
    """Another one."""


class Rig:
    def __init__(self) -> None:
        self.restarted: list[tuple[str, str]] = []
        self.ports = Ports(lambda guest, reason: self.restarted.append((guest, reason)))


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_what_is_offered_is_had_at_once(rig: Rig) -> None:
    lamp = object()
    rig.ports.offer(Lamp, lamp, "shelf")
    assert await rig.ports.need(Lamp, "reader") is lamp
    assert rig.ports.offered() == {"Lamp": "shelf"}


async def test_all_who_wait_get_the_offer_that_comes(rig: Rig) -> None:
    waiting = [asyncio.ensure_future(rig.ports.need(Lamp, name)) for name in ("a", "b")]
    other = asyncio.ensure_future(rig.ports.need(Bell, "a"))
    await asyncio.sleep(0)
    lamp = object()
    rig.ports.offer(Lamp, lamp, "shelf")
    assert await asyncio.gather(*waiting) == [lamp, lamp]
    assert not other.done()
    other.cancel()


async def test_one_who_stopped_waiting_is_forgotten(rig: Rig) -> None:
    waiting = asyncio.ensure_future(rig.ports.need(Lamp, "gone"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    undo = rig.ports.offer(Lamp, object(), "shelf")
    undo()
    assert rig.restarted == []


async def test_a_withdrawal_restarts_those_who_hold_it_and_nobody_else(rig: Rig) -> None:
    undo = rig.ports.offer(Lamp, object(), "shelf")
    rig.ports.offer(Bell, object(), "shelf")
    await rig.ports.need(Lamp, "reader")
    await rig.ports.need(Bell, "ringer")
    await rig.ports.need(Lamp, "sleeper")
    rig.ports.release("sleeper")
    undo()
    undo()
    assert rig.restarted == [("reader", "'shelf' withdrew Lamp")]
    assert rig.ports.offered() == {"Bell": "shelf"}


async def test_only_one_may_offer_a_port_and_the_next_when_it_is_withdrawn(rig: Rig) -> None:
    undo = rig.ports.offer(Lamp, object(), "shelf")
    with pytest.raises(ValueError, match="Lamp is already offered by 'shelf'"):
        rig.ports.offer(Lamp, object(), "table")
    undo()
    rig.ports.offer(Lamp, object(), "table")
    undo()
    assert rig.ports.offered() == {"Lamp": "table"}


async def test_who_waits_does_not_get_what_was_withdrawn_before_its_turn(rig: Rig) -> None:
    waiting = asyncio.ensure_future(rig.ports.need(Lamp, "reader"))
    await asyncio.sleep(0)
    rig.ports.offer(Lamp, object(), "shelf")()
    await asyncio.sleep(0)
    assert not waiting.done()
    lamp = object()
    rig.ports.offer(Lamp, lamp, "table")
    assert await waiting is lamp


async def test_a_follower_hears_of_offers_and_withdrawals_and_is_never_restarted(rig: Rig) -> None:
    heard: list[object] = []
    first = object()
    undo_first = rig.ports.offer(Lamp, first, "shelf")
    undo = rig.ports.follow(Lamp, heard.append)
    undo_first()
    second = object()
    rig.ports.offer(Lamp, second, "table")
    undo()
    rig.ports.offer(Bell, object(), "table")
    assert heard == [first, None, second]
    assert rig.restarted == []


async def test_a_failing_follower_spoils_nobody_s_offer(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[object] = []

    def fail(_thing: object) -> None:
        raise RuntimeError("broken follower")

    rig.ports.follow(Lamp, fail)
    rig.ports.follow(Lamp, heard.append)
    rig.ports.offer(Lamp, 7, "shelf")
    assert heard == [7]
    assert "failed to take Lamp" in caplog.text


async def test_a_problem_is_told_once_when_it_comes_and_once_when_it_goes(
    hub: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    problems = (await hub.start("notify:\n")).site.problems
    for text in ("low", "very low"):
        problems.raise_("tank.level", text, "fill it", source="tank")
        await hub.advance(60)
    assert [event.text for event in hub.of(ProblemRaised)] == ["low"]
    assert problems.open["tank.level"].text == "very low"
    assert caplog.text.count("tank.level: low (fill it)") == 1
    for _ in range(2):
        problems.clear("tank.level", source="tank")
    assert [(event.problem, event.source) for event in hub.of(ProblemCleared)] == [("tank.level", "tank")]
    assert problems.as_list() == []


async def test_a_guest_that_is_removed_leaves_no_problem_behind(hub: HubKit) -> None:
    async def run(link: Link, _config: Any) -> None:
        link.problem("level", "low")
        link.ready()
        await asyncio.Event().wait()

    hub.add(Integration(name="tank", run=run, schema=vol.Schema(object)))
    problems = (await hub.start("tank:\n")).site.problems
    problems.raise_("tanker.level", "another's")
    assert set(problems.open) == {"tank.level", "tanker.level"}
    await hub.reload("notify:\n")
    assert set(problems.open) == {"tanker.level"}


async def test_problems_are_listed_the_oldest_first(hub: HubKit) -> None:
    problems = (await hub.start("notify:\n")).site.problems
    for name in ("b", "a", "c"):
        problems.raise_(name, f"text of {name}", "remedy")
        await hub.advance(1)
    problems.raise_("b", "again")
    first = problems.as_list()[0]
    assert [item["id"] for item in problems.as_list()] == ["b", "a", "c"]
    assert (first["text"], first["remedy"]) == ("again", "")
    assert first["since"].endswith("+00:00")


async def test_a_passing_problem_goes_by_itself_when_it_was_not_seen_for_long(hub: HubKit) -> None:
    running = await hub.start("notify:\n")
    problems = running.site.problems
    problems.raise_passing("x.blocks", "blocked", seconds=60)
    await hub.advance(50)
    problems.raise_passing("x.blocks", "blocked again", seconds=60)
    await hub.advance(50)
    assert problems.open["x.blocks"].text == "blocked again"
    await hub.advance(11)
    assert "x.blocks" not in problems.open

"""Who blocks the loop is named. The watch runs on the wall clock, as a blocked loop can't turn any other."""

import asyncio
import sys
import time
from types import FrameType

import pytest

from hub.api import ProblemRaised
from hub.runtime.lag import TURN, LagWatch, culprit
from hub.testing.kit import HubKit
from tests.hub.packages import GUEST, Shelf

BLOCKER = GUEST.replace("    async def run(link", '''\
    def ponder(seconds: float) -> None:
        """Blocks the loop."""
        import time

        time.sleep(seconds)


    async def run(link''').replace("link.ready()", '''link.ready()
        link.on(BellRang, lambda event: ponder(event.times / 10))''')  # fmt: skip


def frame_of(owner: str) -> FrameType | None:
    """A stack whose middle belongs to a module of that name."""
    scope = {"__name__": owner, "sys": sys}
    exec("def here():\n    return (lambda: sys._getframe())()", scope)
    frame: FrameType = scope["here"]()  # type: ignore[operator]
    return frame


@pytest.mark.parametrize(
    ("module", "guest"),
    [("bell.deep", "bell"), ("bell", "bell"), ("gong", ""), ("bells", ""), ("asyncio", "")],
)
def test_the_culprit_is_the_innermost_guest_on_the_stack(module: str, guest: str) -> None:
    found, place = culprit(frame_of(module), lambda name: "bell" if name.partition(".")[0] == "bell" else "")
    assert found == guest
    assert "<string>:2 in " in place


def test_without_a_stack_nobody_is_accused() -> None:
    assert culprit(None, lambda _name: "bell") == ("", "")


class Told:
    def __init__(self, limit: float) -> None:
        self.reports: list[tuple[str, float, str]] = []
        self.came = asyncio.Event()
        self.watch = LagWatch(self.take, lambda _name: "", limit=limit)

    def take(self, guest: str, seconds: float, place: str) -> None:
        self.reports.append((guest, seconds, place))
        self.came.set()

    async def next(self) -> None:
        await asyncio.wait_for(self.came.wait(), 10)
        self.came.clear()


def block() -> None:
    time.sleep(0.6)


async def test_each_block_is_reported_once_with_its_place() -> None:
    told = Told(limit=0.2)
    told.watch.start()
    try:
        for _ in range(2):
            await asyncio.sleep(2 * TURN)
            block()
            await told.next()
    finally:
        told.watch.stop()
    assert len(told.reports) == 2
    for _guest, seconds, place in told.reports:
        assert seconds >= 0.2
        assert "in block" in place
    assert told.watch.worst >= 0.2


async def test_a_loop_that_turns_is_not_reported() -> None:
    told = Told(limit=60)
    told.watch.start()
    await asyncio.sleep(4 * TURN)
    told.watch.stop()
    assert told.reports == []


async def test_a_guest_that_blocks_the_loop_is_named_and_shown_to_the_admin(
    shelf: Shelf, hub: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.install("bell", BLOCKER)
    running = await hub.start("bell:\n")
    rang = running.site.event_classes["bell_rang"]
    await asyncio.sleep(2 * TURN)
    running.bus.emit(rang(at=hub.clock.now(), source="bell", times=9))  # type: ignore[call-arg]
    await hub.until(lambda: "bell.blocks" in running.site.problems.open)
    problem = running.site.problems.open["bell.blocks"]
    assert problem.text.startswith("bell blocked the hub for ")
    assert "in ponder" in problem.text
    assert "blocked for" in caplog.text
    assert [event.problem for event in hub.of(ProblemRaised)] == ["bell.blocks"]
    status = (await hub.request("GET", "/control/status", admin=True)).json()
    assert status["loop_lag_worst_s"] >= 0.5

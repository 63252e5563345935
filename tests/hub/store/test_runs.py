"""Runs and plans, as the engine left them."""

from datetime import timedelta

from hub.store.runs import PlanRow, RunRow
from hub.testing.clock import START
from tests.hub.store.bench import Bench


def waiting(run_id: str = "r1", seconds: int = 0) -> RunRow:
    return RunRow(
        id=run_id,
        automation="cover",
        version="v1",
        state="waiting",
        step=3,
        variables='{"n":1}',
        wake=START + timedelta(minutes=10),
        trigger='{"id":"a1"}',
        started=START + timedelta(seconds=seconds),
    )


async def test_unfinished_runs_and_their_plans_are_there_after_a_restart(bench: Bench) -> None:
    plan = PlanRow(version="v1", automation="cover", source='{"steps":[]}', created=START)
    with bench.store.units.open() as unit:
        plan.write(unit)
        waiting("r2", 5).write(unit)
        waiting("r1").write(unit)
    store = await bench.reopen()
    assert await store.runs.unfinished() == [waiting("r1"), waiting("r2", 5)]
    assert await store.runs.plans(["v1", "v1", "no such version"]) == {"v1": plan}


async def test_a_run_is_written_over(bench: Bench) -> None:
    done = RunRow(
        id="r1",
        automation="cover",
        version="v1",
        state="done",
        step=9,
        variables="{}",
        wake=None,
        trigger='{"id":"a1"}',
        started=START,
        finished=START + timedelta(minutes=11),
        outcome="stopped: closed again",
    )
    for row in (waiting(), done):
        with bench.store.units.open() as unit:
            row.write(unit)
    assert await bench.store.runs.unfinished() == []
    assert await bench.store.runs.recent("cover") == [done]
    assert await bench.store.runs.recent("another") == []


async def test_the_newest_runs_come_first(bench: Bench) -> None:
    with bench.store.units.open() as unit:
        for number in range(5):
            waiting(f"r{number}", number).write(unit)
    assert [run.id for run in await bench.store.runs.recent("cover", limit=2)] == ["r4", "r3"]

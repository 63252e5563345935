"""What is forgotten, and what never is before its time."""

from datetime import datetime, timedelta
from typing import Any

from hub.model.calls import Call
from hub.store.outbox import DEAD, DONE, DROPPED, PENDING
from hub.store.retention import Swept
from hub.store.runs import PlanRow, RunRow
from hub.testing.clock import START
from tests.hub.store.bench import Bench, an_alarm, put_alarm, until
from tests.hub.store.test_history import said, values

DAY = timedelta(days=1)


async def count(bench: Bench, table: str) -> int:
    """Rows of a table of either file."""
    file = bench.store.history.file if table in ("states", "attributes") else bench.store.writer.file
    sql = f"SELECT count(*) FROM {table}"
    return int(await file.run(lambda connection: connection.execute(sql).fetchone()[0]))


async def end_call(bench: Bench, key: str, state: str) -> None:
    with bench.store.units.open() as unit:
        unit.call(Call(name="send", data={}, key=key))
    await unit.receipt
    row = await bench.store.outbox.find(key)
    assert row is not None
    if state != PENDING:
        with bench.store.units.open() as unit:
            bench.store.outbox.mark(unit, row, state, due=bench.clock.now(), attempts=1)
        await unit.receipt


async def test_states_go_after_their_days(bench: Bench) -> None:
    for day in range(40):
        bench.store.history.record(said(day, day * 86400, day=day))
    await values(bench)
    assert await bench.store.retention.sweep(START + 60 * DAY) == Swept(states=30, alarms=0, calls=0, runs=0)
    assert await values(bench, end=1e9) == list(range(30, 40))
    assert await count(bench, "attributes") == 12  # two days' margin
    bench.store.history.record(said(1, 61 * 86400, day=1))
    assert (await bench.store.history.query("sensor.a", START + 61 * DAY, START + 62 * DAY))[
        0
    ].attributes == {"day": 1}


async def test_states_go_when_the_file_is_too_large_the_oldest_first(bench: Bench) -> None:
    await bench.close()
    store = await bench.open(keep_mib=1, keep_days=10_000)
    for number in range(40_000):
        store.history.record(said(number, number))
    await values(bench)
    swept = await store.retention.sweep(START)
    left = await values(bench, end=1e9, limit=100_000)
    assert 0 < swept.states == 40_000 - len(left)
    assert left == list(range(swept.states, 40_000))
    await bench.close()
    assert (bench.folder / "history.db").stat().st_size < 1_100_000


async def test_alarms_are_kept_for_their_time_however_old_the_device_says_they_are(bench: Bench) -> None:
    await bench.raise_alarm("old")
    await bench.clock.advance(100 * 86400)
    with bench.store.units.open() as unit:
        put_alarm(
            unit, an_alarm("of a device that lives in 1970", at=datetime.fromtimestamp(0, START.tzinfo))
        )
    await unit.receipt
    assert (await bench.store.retention.sweep(START + 730 * DAY)).alarms == 0
    assert (await bench.store.retention.sweep(START + 731 * DAY)).alarms == 1
    assert await bench.rows("SELECT id FROM events") == [("of a device that lives in 1970",)]


async def test_calls_that_ended_go_and_those_that_wait_do_not(bench: Bench) -> None:
    for state in (PENDING, DONE, DEAD, DROPPED):
        await end_call(bench, state, state)
    assert (await bench.store.retention.sweep(START + 31 * DAY)).calls == 2
    assert await bench.store.outbox.counts() == {PENDING: 1, DONE: 0, DEAD: 1, DROPPED: 0}
    await bench.store.retention.sweep(START + 731 * DAY)
    assert await bench.store.outbox.counts() == {PENDING: 1, DONE: 0, DEAD: 0, DROPPED: 0}


def a_run(run_id: str, **fields: Any) -> RunRow:
    given: dict[str, Any] = {
        "automation": "cover",
        "version": "v1",
        "started": START,
        "finished": START,
    } | fields
    return RunRow(id=run_id, state="done", step=0, variables="{}", wake=None, trigger="{}", **given)


async def put(bench: Bench, *rows: RunRow | PlanRow) -> None:
    with bench.store.units.open() as unit:
        for row in rows:
            row.write(unit)
    await unit.receipt


async def test_runs_and_their_plans_go_and_what_is_in_use_does_not(bench: Bench) -> None:
    plans = [
        PlanRow(version=version, automation="cover", source="{}", created=START)
        for version in ("unused", "of a waiting run")
    ]
    waiting = a_run("waiting", version="of a waiting run", finished=None)
    await put(bench, *plans, waiting, a_run("old"), a_run("new", finished=START + 20 * DAY))
    bench.clock.jump(5 * 86400)
    await bench.reopen()
    await put(bench, PlanRow(version="of today", automation="cover", source="{}", created=bench.clock.now()))
    assert (await bench.store.retention.sweep(START + 45 * DAY)).runs == 1
    assert await bench.rows("SELECT id FROM runs ORDER BY id") == [("new",), ("waiting",)]
    versions = await bench.rows("SELECT version FROM plans ORDER BY version")
    assert versions == [("of a waiting run",), ("of today",)]


async def test_only_so_many_runs_are_kept(bench: Bench) -> None:
    await put(bench, *[a_run(f"r{n}", finished=START + timedelta(seconds=n)) for n in range(20)])
    while await bench.store.runs.purge(START - DAY, keep=5, limit=3):
        pass
    assert await bench.rows("SELECT count(*) FROM runs") == [(5,)]
    assert await bench.rows("SELECT min(finished) FROM runs") == [(1772337615000000,)]


async def test_the_hub_sweeps_by_itself(bench: Bench) -> None:
    await end_call(bench, "k1", DONE)
    bench.clock.jump(86400 * 40)
    await bench.clock.advance(300)
    await until(lambda: bench.store._sweeping is not None and bench.store._sweeping.done())
    assert await count(bench, "outbox") == 0

"""The states of the past: all of them, as they were, cheaply, and no longer than wanted."""

import math
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.things import State, Value
from hub.store.values import from_columns, to_columns
from hub.testing.clock import START
from tests.hub.store.bench import Bench, until


def said(value: Value, seconds: float = 0, entity: str = "sensor.a", **attributes: Any) -> State:
    at = START + timedelta(seconds=seconds)
    return State(entity, value, True, at, at, attributes)


def moment(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


async def values(bench: Bench, start: float = -1e6, end: float = 1e6, **options: Any) -> list[Value]:
    found = await bench.store.history.query("sensor.a", moment(start), moment(end), **options)
    return [state.value for state in found]


async def test_states_come_back_as_they_were(bench: Bench) -> None:
    lost = State("sensor.a", 7, False, moment(5), moment(5), {"unit_of_measurement": "°C", "n": [1]})
    states = [said(None), said(True, 1), said(1, 2), said(1.0, 3), said("on", 4, icon="mdi:x"), lost]
    for state in states:
        bench.store.history.record(state)
    found = await bench.store.history.query("sensor.a", moment(0), moment(10))
    assert found == states
    assert [type(state.value) for state in found] == [type(state.value) for state in states]


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(codec="utf-8"))))
def test_a_value_in_columns_is_the_value(value: Value) -> None:
    back = from_columns(*to_columns(value))
    assert type(back) is type(value)
    assert back == value or (isinstance(value, float) and math.isnan(value))


@pytest.mark.parametrize("value", [b"x", [1], "half \ud83d of a face", object()])
def test_what_is_no_value_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        to_columns(value)


async def test_questions_are_about_one_entity_and_a_span(bench: Bench) -> None:
    for second in range(10):
        bench.store.history.record(said(second, second))
        bench.store.history.record(said(-second, second, "sensor.b"))
    assert await values(bench, 3, 6) == [3, 4, 5]
    assert await values(bench, 3, 6, limit=2) == [3, 4]
    assert await values(bench, 3.5, 6, with_start=True) == [3, 4, 5]
    assert await values(bench, -5, 2, with_start=True) == [0, 1]
    assert await bench.store.history.query("sensor.unknown", moment(0), moment(9)) == []


async def test_states_that_came_late_stand_where_they_belong(bench: Bench) -> None:
    for second in (5, 1, 3):
        bench.store.history.record(said(second, second))
    assert await values(bench) == [1, 3, 5]


async def test_states_are_written_each_second_and_survive_a_restart(bench: Bench) -> None:
    bench.store.history.record(said(1))
    await bench.clock.advance(1)
    await until(lambda: bench.store.history.recorded == 1)
    bench.store.history.record(said(2, 1))
    await bench.reopen()
    assert await values(bench) == [1, 2]
    bench.store.history.record(said(3, 2, unit="C"))
    assert await values(bench) == [1, 2, 3]


async def test_a_thousand_states_do_not_wait_for_the_second(bench: Bench) -> None:
    for number in range(1000):
        bench.store.history.record(said(number, number))
    await until(lambda: bench.store.history.recorded == 1000)


async def test_equal_attributes_are_stored_once(bench: Bench) -> None:
    for number in range(50):
        bench.store.history.record(said(number, number, unit="C"))
        bench.store.history.record(said(number, number, "sensor.b", unit="C" if number else "F"))
    await values(bench)

    def count(connection: Any) -> list[int]:
        tables = ("entities", "attributes", "states")
        return [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]

    assert await bench.store.history.file.run(count) == [2, 2, 100]


async def test_a_state_that_can_not_be_kept_harms_no_other(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    recursive: dict[str, Any] = {}
    recursive["self"] = recursive
    bench.store.history.record(said(1))
    bench.store.history.record(said("\ud83d", 1))
    bench.store.history.record(said([1], 2))  # type: ignore[arg-type]
    bench.store.history.record(said(3, 3, loop=recursive))
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the fault
    bench.store.history.record(State("sensor.a", 4, True, naive, naive))
    bench.store.history.record(said(5, 5))
    assert await values(bench) == [1, 5]
    assert caplog.text.count("a state of sensor.a can't be recorded") == 4


async def test_attributes_that_are_no_json_are_kept_as_text(bench: Bench) -> None:
    bench.store.history.record(said(1, last_seen=START))
    (state,) = await bench.store.history.query("sensor.a", moment(0), moment(1))
    assert state.attributes == {"last_seen": "2026-03-01 04:00:00+00:00"}


async def test_what_a_failed_commit_took_back_is_written_with_the_next(bench: Bench) -> None:
    """Entities and attributes are remembered by the writer; a rollback must make it forget them."""

    def fail(connection: Any) -> None:
        bench.store.history._recorder.write(connection, [said(1, unit="C")])
        raise LookupError

    with pytest.raises(LookupError):
        await bench.store.history.file.run(fail)
    bench.store.history.record(said(2, unit="C"))
    (state,) = await bench.store.history.query("sensor.a", moment(0), moment(1))
    assert (state.value, state.attributes) == (2, {"unit": "C"})


async def test_a_disk_that_refuses_for_long_costs_states_and_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = bench.store.history
    monkeypatch.setattr("hub.store.history._LONGEST_BACKLOG", 0)
    for number in range(3):
        history.record(said(number, number))
        history.flush()
    await until(lambda: bench.problems)
    assert (history.lost, len(bench.problems)) == (3, 1)
    assert "new states are left out" in bench.problems[0][1]
    monkeypatch.setattr("hub.store.history._LONGEST_BACKLOG", 100)
    history.record(said(9, 9))
    assert await values(bench) == [9]
    await until(lambda: bench.cleared)
    assert bench.cleared == ["store.history_lost"]

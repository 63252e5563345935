"""The store read from outside, while a hub runs or not."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from hub.model.calls import Call
from hub.store.database import StoreError
from hub.store.reading import Reading
from hub.testing.clock import START
from tests.hub.store.bench import Bench, an_alarm, put_alarm
from tests.hub.store.test_runs import waiting


async def fill(bench: Bench) -> None:
    for number in range(5):
        with bench.store.units.open() as unit:
            put_alarm(unit, an_alarm(f"a{number}", at=START + timedelta(minutes=number), angle=float(number)))
            unit.call(Call(name="send", data={"n": number}, key=f"k{number}"))
            waiting(f"r{number}", number).write(unit)
        await unit.receipt


@pytest.mark.parametrize("running", [True, False])
async def test_alarms_calls_and_runs_are_read(bench: Bench, running: bool) -> None:
    await fill(bench)
    if not running:
        await bench.close()
    reading = Reading(bench.folder)
    alarms = reading.alarms(limit=3)
    assert [alarm.id for alarm in alarms] == ["a2", "a3", "a4"]
    assert (alarms[0].at, json.loads(alarms[0].body)["angle"]) == (START + timedelta(minutes=2), 2.0)
    assert [call.key for call in reading.calls(limit=2)] == ["k0", "k1"]
    assert [run.id for run in reading.runs("cover", limit=1)] == ["r4"]


async def test_alarms_are_found_by_kind_time_id_and_from_a_number_on(bench: Bench) -> None:
    await fill(bench)
    reading = Reading(bench.folder)
    minute = timedelta(minutes=1)
    assert [a.id for a in reading.alarms(since=START + minute, until=START + 3 * minute)] == ["a1", "a2"]
    assert [a.id for a in reading.alarms(until=START + minute)] == ["a0"]
    assert [a.id for a in reading.alarms(kind="cover_opened", since=START + 4 * minute)] == ["a4"]
    assert reading.alarms(kind="no_such_kind", since=START) == reading.alarms(kind="no_such_kind") == []
    assert len(reading.alarms(kind="cover_opened")) == 5
    third = reading.alarm("a2")
    assert third is not None
    assert [a.id for a in reading.alarms(after=third.seq)] == ["a3", "a4"]
    assert reading.alarm("no such id") is None


def test_a_folder_without_a_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"there is no .*events.db; is this the data folder of a hub that ran\?"
    ):
        Reading(tmp_path).alarms()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_store_is_said(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match="is damaged"):
        Reading(tmp_path).alarms()

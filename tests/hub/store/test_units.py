"""Units: together or not at all, once, in order, whatever the disk does."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Event as Stop
from typing import Any

import pytest

from hub.model.calls import Call
from hub.store.database import Database, StoreError, events_database
from hub.store.trouble import Trouble
from hub.store.unit import Outcome, Unit, Units
from hub.store.unitwriter import UnitWriter
from hub.testing.clock import ManualClock
from tests.hub.store.bench import Bench, an_alarm, put_alarm, until


def a_call(key: str, **data: Any) -> Call:
    return Call(name="notify.send", data=data, key=key)


async def test_an_alarm_and_its_calls_are_on_the_disk_when_the_receipt_is_fulfilled(bench: Bench) -> None:
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        unit.call(a_call("k1", title="井盖"))
    assert await unit.receipt == Outcome()
    assert await bench.rows("SELECT id, kind, severity FROM events") == [("a1", "cover_opened", 20)]
    assert await bench.rows("SELECT key, alarm, data, state FROM outbox") == [
        ("k1", "a1", '{"title":"井盖"}', "pending")
    ]


async def test_what_a_known_alarm_caused_is_left_out_and_the_rest_is_not(bench: Bench) -> None:
    await bench.raise_alarm("a1")
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        unit.call(a_call("of the known one"))
        unit.write("remember", {"owner": "x", "key": "k", "value": "1"})
        put_alarm(unit, an_alarm("a2"))
        unit.call(a_call("of the new one"))
    assert await unit.receipt == Outcome(known_alarms=frozenset({"a1"}))
    assert await bench.rows("SELECT key FROM outbox") == [("of the new one",)]
    assert await bench.rows("SELECT * FROM memory") == []
    assert await bench.rows("SELECT id FROM events ORDER BY seq") == [("a1",), ("a2",)]


async def test_an_alarm_raised_twice_in_one_unit_is_new_once(bench: Bench) -> None:
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        put_alarm(unit, an_alarm("a1"))
        unit.call(a_call("k"))
        unit.call(a_call("k"))
    assert await unit.receipt == Outcome()
    assert (bench.store.outbox.pending, await bench.rows("SELECT key FROM outbox")) == (1, [("k",)])


async def test_a_known_call_is_reported_and_stays_as_it_was(bench: Bench) -> None:
    for title in ("first", "second"):
        with bench.store.units.open() as unit:
            unit.call(a_call("k1", title=title))
        outcome = await unit.receipt
    assert outcome == Outcome(known_calls=frozenset({"k1"}))
    assert await bench.rows("SELECT data FROM outbox") == [('{"title":"first"}',)]


async def test_callbacks_come_before_the_receipt_and_in_order(bench: Bench) -> None:
    told: list[str] = []
    with bench.store.units.open() as unit:
        unit.call(a_call("k1"))
        unit.after.append(lambda _outcome: told.append(f"first, done: {unit.receipt.done()}"))
        unit.after.append(lambda _outcome: told.append("second"))
    await unit.receipt
    assert told == ["first, done: False", "second"]


async def test_a_callback_that_raises_harms_no_other(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    told: list[Outcome] = []
    with bench.store.units.open() as unit:
        unit.call(a_call("k1"))
        unit.after.append(lambda _outcome: void(1 / 0))
        unit.after.append(told.append)
    assert told == []
    assert await unit.receipt == Outcome()
    assert told == [Outcome()]
    assert "a callback after a commit failed" in caplog.text


async def test_many_units_share_a_commit(bench: Bench) -> None:
    before, receipts = bench.store.writer.file.commits, []
    for number in range(500):
        with bench.store.units.open() as unit:
            put_alarm(unit, an_alarm(f"a{number}"))
        receipts.append(unit.receipt)
    await asyncio.gather(*receipts)
    assert bench.store.writer.file.commits - before < 50
    assert await bench.rows("SELECT count(*) FROM events") == [(500,)]


FAULTY: list[tuple[str, dict[str, Any]]] = [
    ("no such kind", {}),
    ("timer", {"owner": "x", "key": "no due", "data": "{}"}),
    ("timer", {"owner": "x", "key": "k", "due": None, "data": "{}"}),
    ("timer", {"owner": "x", "key": "k", "due": "tomorrow", "data": "{}"}),
]


async def test_a_faulty_write_costs_neither_the_alarm_nor_what_others_wrote_with_it(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        unit.write("remember", {"owner": "x", "key": "k", "value": "1"})
        for kind, row in FAULTY:
            unit.write(kind, row)
        unit.call(a_call("k1"))
    assert await unit.receipt == Outcome()
    assert await bench.rows("SELECT id FROM events") == [("a1",)]
    assert await bench.rows("SELECT key FROM outbox") == [("k1",)]
    assert await bench.rows("SELECT value FROM memory") == [("1",)]
    assert bench.store.outbox.pending == 1
    assert caplog.text.count("can't be carried out") == len(FAULTY)


async def test_a_unit_that_can_not_be_written_is_refused_alone(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    receipts = []
    for number in range(9):
        with bench.store.units.open() as unit:
            unit.write("remember", {"owner": "x", "key": f"a{number}", "value": "1"})
            if number == 4:
                unit.write("no such kind", {})
            if number == 5:
                unit.write("timer", {"owner": "x", "key": "no due", "data": "{}"})
            if number == 6:
                unit.write("timer", {"owner": "x", "key": "k", "due": None, "data": "{}"})
        receipts.append(unit.receipt)
    results = await asyncio.gather(*receipts, return_exceptions=True)
    assert [type(result) for result in results] == [Outcome] * 4 + [
        ValueError,
        KeyError,
        sqlite3.IntegrityError,
    ] + [Outcome] * 2
    found = {row[0] for row in await bench.rows("SELECT key FROM memory")}
    assert found == {f"a{number}" for number in (0, 1, 2, 3, 7, 8)}
    assert caplog.text.count("a write to events.db was refused") == 3


async def test_an_alarm_whose_time_has_no_zone_happened_when_it_arrived(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.clock.advance(60)
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1", at=bench.clock.now().replace(tzinfo=None)))
        unit.call(a_call("k1"))
    assert await unit.receipt == Outcome()
    assert await bench.rows("SELECT at - stored_at FROM events") == [(0,)]
    assert bench.store.outbox.pending == 1
    assert "has no zone; use an aware one" in caplog.text


async def test_an_alarm_that_can_not_be_written_at_all_is_refused(bench: Bench) -> None:
    with bench.store.units.open() as unit:
        unit.alarm(an_alarm("a1"), {"id": "a1"})
        unit.call(a_call("k1"))
    with pytest.raises(KeyError):
        await unit.receipt
    assert await bench.rows("SELECT * FROM outbox") == []


async def test_an_alarm_with_half_a_character_is_kept(bench: Bench) -> None:
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a\ud800"))
        unit.call(a_call("k\ud800", title="half \ud83d of a face"))
    await unit.receipt
    assert await bench.rows("SELECT id FROM events") == [("a?",)]
    assert await bench.rows("SELECT key, data FROM outbox") == [("k?", '{"title":"half \\ud83d of a face"}')]


async def test_a_call_whose_data_is_no_json_is_refused_at_once(bench: Bench) -> None:
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
        with pytest.raises(ValueError, match=r"call 'k1' of 'notify.send': its data can't be stored"):
            unit.call(a_call("k1", at=bench.clock.now()))
    await unit.receipt
    assert await bench.rows("SELECT id FROM events") == [("a1",)]


async def test_a_cancelled_receipt_stops_nothing(bench: Bench) -> None:
    with bench.store.units.open() as unit:
        put_alarm(unit, an_alarm("a1"))
    unit.receipt.cancel()
    await bench.raise_alarm("a2")
    assert await bench.rows("SELECT count(*) FROM events") == [(2,)]


async def test_nothing_is_taken_after_the_end(bench: Bench) -> None:
    store = bench.store
    await bench.close()
    with pytest.raises(StoreError, match=r"events.db is closed"), store.units.open() as unit:
        unit.call(a_call("k1"))


class Cramped(Database):
    """A database whose disk is as large as the test says, and whose locks are not waited for."""

    __slots__ = ()
    pages = 1_000_000
    opened: sqlite3.Connection

    def connect(self) -> sqlite3.Connection:
        connection = super().connect()
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute(f"PRAGMA max_page_count = {Cramped.pages}")
        Cramped.opened = connection
        return connection


class Ward:
    """A writer on a disk with troubles: each wait for better calls `meanwhile` in the writer's thread."""

    def __init__(self, folder: Path) -> None:
        plain = events_database(folder)
        plain.prepare()
        self.path = plain.path
        self.told: list[str] = []
        self.waits: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None
        trouble = Trouble(
            self.path,
            lambda problem, text, remedy: self.told.append(f"{problem}: {text}; {remedy}"),
            lambda problem: self.told.append(f"{problem} is over"),
            self._pause,
        )
        database = Cramped(plain.path, plain.chain, plain.synchronous, plain.loss)
        self.writer = UnitWriter(database, trouble, ManualClock().now)
        self.units = Units(self.writer)

    def _pause(self, seconds: float, stop: Stop) -> None:
        self.waits.append(seconds)
        self.meanwhile()
        stop.wait(0.001)

    def alarm(self, alarm_id: str, size: int = 0) -> Unit:
        with self.units.open() as unit:
            put_alarm(unit, an_alarm(alarm_id, cause="x" * size))
        return unit

    def count(self) -> int:
        connection = sqlite3.connect(self.path)
        number: int = connection.execute("SELECT count(*) FROM events").fetchone()[0]
        connection.close()
        return number


@pytest.fixture
def ward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def open_ward(pages: int = 1_000_000) -> Ward:
        monkeypatch.setattr(Cramped, "pages", pages)
        return Ward(tmp_path)

    return open_ward


async def test_a_full_disk_holds_alarms_back_and_loses_none(ward: Any) -> None:
    hospital = ward(pages=40)
    receipts = [hospital.alarm(f"a{number}", size=20_000).receipt for number in range(30)]

    def make_room() -> None:
        if len(hospital.waits) == 4:
            Cramped.opened.execute("PRAGMA max_page_count = 1000000")

    hospital.meanwhile = make_room
    assert await asyncio.gather(*receipts) == [Outcome()] * 30
    await hospital.writer.file.close()
    assert hospital.count() == 30
    assert hospital.waits == [0.1, 0.2, 0.4, 0.8]
    assert hospital.told == [
        f"store.events: {hospital.path} can't be written: database or disk is full; "
        "free some space on that disk; nothing is lost while the hub runs",
        "store.events is over",
    ]


async def test_a_file_that_another_program_holds_is_waited_for(ward: Any) -> None:
    hospital = ward()
    other = sqlite3.connect(hospital.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    hospital.meanwhile = lambda: void(other.execute("ROLLBACK")) if len(hospital.waits) == 2 else None
    await hospital.alarm("a1").receipt
    other.close()
    await hospital.writer.file.close()
    assert hospital.count() == 1
    assert "another program holds the file" in hospital.told[0]


async def test_a_connection_that_an_error_spoilt_is_made_anew(ward: Any) -> None:
    hospital = ward()
    first = Cramped.opened
    moved = hospital.path.with_suffix(".away")
    hospital.path.rename(moved)
    hospital.path.mkdir()

    def heal() -> None:
        if hospital.path.is_dir():
            hospital.path.rmdir()
            moved.rename(hospital.path)

    # The file's name leads elsewhere: noticed at the next opening, which a read-only error brings about.
    Cramped.opened.execute("PRAGMA query_only = 1")
    hospital.meanwhile = lambda: heal() if len(hospital.waits) == 3 else None
    await hospital.alarm("a1").receipt
    await hospital.writer.file.close()
    assert Cramped.opened is not first
    assert hospital.count() == 1
    assert [text.split(": ")[1].split(";")[0] for text in hospital.told[:-1]] == [
        f"{hospital.path} can't be written",
        f"{hospital.path} can't be written",
    ]
    assert hospital.told[-1] == "store.events is over"


async def test_what_the_disk_refuses_to_the_end_is_told_to_who_waits(
    ward: Any, caplog: pytest.LogCaptureFixture
) -> None:
    hospital = ward(pages=40)
    small = hospital.alarm("small")
    await small.receipt
    large = hospital.alarm("large", size=1_000_000)
    await until(lambda: hospital.waits)
    await hospital.writer.file.close(patience=0)
    with pytest.raises(StoreError, match="refused to the end: database or disk is full"):
        await large.receipt
    assert hospital.count() == 1
    assert caplog.records[-1].levelno == logging.ERROR


def void(_value: object) -> None:
    """Take no interest."""

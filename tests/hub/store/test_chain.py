"""The audit log's chain: whatever is changed, taken out, put in or cut off is found, and where."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.chain import COLUMNS, KIND, append, digest, head, seal, verify
from hub.store.database import events_database
from hub.store.unit import Write
from hub.testing.clock import START
from tests.hub.store.bench import Bench, an_alarm, put_alarm

DAY = timedelta(days=1)


def told(number: int = 0, **more: Any) -> dict[str, Any]:
    row = {"at": START + number * DAY, "who": "a1", "verb": "see", "kind": "person", "id": f"p{number}"}
    return {**row, "person": "p1", "address": "", "outcome": "done", "details": "{}", **more}


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = events_database(tmp_path)
    database.prepare()
    connection = database.connect()
    yield connection
    connection.close()


@pytest.fixture
def ten(file: sqlite3.Connection) -> sqlite3.Connection:
    for number in range(10):
        append(file, told(number))
    return file


def disarm(connection: sqlite3.Connection) -> None:
    """As an intruder who holds the file would."""
    for name in ("changed", "deleted", "replaced"):
        connection.execute(f"DROP TRIGGER audit_is_not_{name}")


def test_a_whole_chain_holds(ten: sqlite3.Connection) -> None:
    found = verify(ten)
    assert (found.rows, found.first, found.last, found.broken_at) == (10, 1, 10, None)
    assert (found.last, found.head) == head(ten)


def test_an_empty_log_holds(file: sqlite3.Connection) -> None:
    assert verify(file).broken_at is None


def test_anyone_can_recompute_a_hash_from_what_the_documentation_says(ten: sqlite3.Connection) -> None:
    *values, said = ten.execute("SELECT * FROM audit WHERE seq = 4").fetchone()
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == said


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'somebody' WHERE seq = 4",
        "DELETE FROM audit WHERE seq = 4",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT seq, at, 'x', verb, kind, id, person, address, outcome, details, seals, "
        "previous, hash FROM audit WHERE seq = 4",
    ],
)
def test_the_database_itself_refuses_changes(ten: sqlite3.Connection, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        ten.execute(statement)
    assert verify(ten).rows == 10


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in ("seq", "seals")])
def test_a_changed_column_is_found_at_its_row(ten: sqlite3.Connection, column: str) -> None:
    disarm(ten)
    value = 7 if column == "at" else "changed"
    ten.execute(f"UPDATE audit SET {column} = ? WHERE seq = 4", (value,))
    assert verify(ten).broken_at == 4


def test_a_row_whose_hash_was_made_to_fit_breaks_the_next(ten: sqlite3.Connection) -> None:
    disarm(ten)
    values = list(ten.execute("SELECT * FROM audit WHERE seq = 4").fetchone())
    values[2] = "somebody"
    ten.execute("UPDATE audit SET who = ?, hash = ? WHERE seq = 4", ("somebody", digest(values[:-1])))
    found = verify(ten)
    assert (found.broken_at, found.reason[:30]) == (5, "it does not follow row 4: one ")


@pytest.mark.parametrize(
    ("gone", "at", "reason"),
    [
        ("seq = 4", 5, "row 4 is missing"),
        ("seq in (4, 5, 6)", 7, "rows 4 to 6 are missing"),
        ("seq <= 3", 4, "what stood before it is missing, and no seal vouches for that"),
        ("seq > 8", 9, "rows 9 to 10 were cut off the end"),
        ("seq > 0", 1, "rows 1 to 10 were cut off the end"),
    ],
)
def test_a_missing_row_is_found(ten: sqlite3.Connection, gone: str, at: int, reason: str) -> None:
    disarm(ten)
    ten.execute(f"DELETE FROM audit WHERE {gone}")
    found = verify(ten)
    assert (found.broken_at, found.reason) == (at, reason)


def test_what_is_sealed_may_go_and_the_rest_still_holds(ten: sqlite3.Connection) -> None:
    assert seal(ten, START + 4 * DAY, START + 20 * DAY) == 4
    with pytest.raises(sqlite3.IntegrityError, match="what is sealed may go"):
        ten.execute("DELETE FROM audit WHERE seq = 5")
    for through in (2, 4):  # a purge may be cut short between its steps
        ten.execute("DELETE FROM audit WHERE seq <= ?", (through,))
        assert verify(ten).broken_at is None
    assert (verify(ten).first, verify(ten).rows) == (5, 7)
    assert seal(ten, START + 4 * DAY, START + 21 * DAY) == 4, "nothing new is due: no new seal"
    assert verify(ten).rows == 7


def test_everything_may_be_sealed_again_and_again(ten: sqlite3.Connection) -> None:
    for day in (30, 60):
        ten.execute("DELETE FROM audit WHERE seq <= ?", (seal(ten, START + day * DAY, START + day * DAY),))
        assert verify(ten).broken_at is None
        assert verify(ten).rows == 1


def test_a_forged_seal_does_not_vouch(ten: sqlite3.Connection) -> None:
    append(ten, told(11, verb="seal", kind=KIND, id="0" * 64, seals=4))
    assert verify(ten).broken_at == 4
    ten.execute("DELETE FROM audit WHERE seq <= 4")
    assert verify(ten).broken_at == 5


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=5))
def test_any_text_holds(texts: list[str]) -> None:
    from hub.store.catalogue import SCHEMA

    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in SCHEMA["events"]:
        connection.execute(statement)
    for text in texts:
        append(connection, told(who=text, id=text, details=json.dumps({"said": text})))
    found = verify(connection)
    for *values, said in connection.execute("SELECT * FROM audit"):
        assert (
            hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
            == said
        )
    connection.close()
    assert (found.rows, found.broken_at, found.reason) == (len(texts), None, "")


async def test_rows_are_chained_in_the_order_of_commits_in_one_transaction_with_their_unit(
    bench: Bench,
) -> None:
    for number in range(50):
        with bench.store.units.open() as unit:
            put_alarm(unit, an_alarm(f"alarm-{number % 10}"))
            unit.writes.append(Write(KIND, told(number)))
    await unit.receipt
    found = await bench.store.read(verify)
    assert (found.rows, found.broken_at) == (50, None)
    assert await bench.rows("SELECT count(*) FROM events") == [(10,)]


async def test_a_unit_that_is_refused_takes_its_row_with_it_and_the_chain_stays_whole(bench: Bench) -> None:
    units = []
    for number in range(6):
        with bench.store.units.open() as unit:
            unit.writes.append(Write(KIND, told(number)))
            if number % 2:
                unit.write("no such kind", {})
        units.append(unit)
    await units[4].receipt
    with pytest.raises(ValueError, match="no kind of write"):
        await units[5].receipt
    found = await bench.store.read(verify)
    assert (found.rows, found.broken_at) == (3, None)


async def test_the_sweep_seals_and_forgets_what_is_past_its_time(bench: Bench) -> None:
    with bench.store.units.open() as unit:
        for number in range(10):
            unit.writes.append(Write(KIND, told(number)))
    await unit.receipt
    swept = await bench.store.retention.sweep(START + timedelta(days=730 + 6))
    found = await bench.store.read(verify)
    assert (swept.audit, found.first, found.rows, found.broken_at) == (6, 7, 5, None)

"""`hub audit`: reading the log, and finding what was done to it."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from hub.store.chain import append, verify
from hub.store.database import events_database
from hub.testing.clock import START
from tests.hub.cli.conftest import hub


@pytest.fixture
def data(tmp_path: Path) -> Path:
    database = events_database(tmp_path)
    database.prepare()
    connection = database.connect()
    for number in range(6):
        row = {
            "who": f"a{number % 2}",
            "verb": "see",
            "kind": "health",
            "id": f"n{number}",
            "person": "p1\x1b[2J",
        }
        append(
            connection,
            {**row, "at": START + timedelta(days=number), "address": "", "outcome": "done", "details": "{}"},
        )
    connection.close()
    return tmp_path


def intrude(data: Path, *statements: str) -> None:
    connection = sqlite3.connect(data / "events.db")
    connection.execute("DROP TRIGGER audit_is_not_changed")
    connection.execute("DROP TRIGGER audit_is_not_deleted")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_the_log_is_listed_oldest_first(data: Path) -> None:
    done = hub("audit", "list", "--data", data, "--who", "a1", "--limit", 2)
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["row", "4", "6"]
    assert "\x1b" not in done.stdout, "what a row says can't drive the terminal"
    found = json.loads(hub("audit", "list", "--data", data, "--json", "--since", "2100-01-01").output)
    assert found == []


def test_a_whole_log_is_told_with_its_last_hash(data: Path) -> None:
    done = hub("audit", "verify", "--data", data)
    assert done.exit_code == 0
    assert "6 rows, 1 to 6, are whole" in done.stdout
    told = json.loads(hub("audit", "verify", "--data", data, "--json").output)
    assert told["head"] in done.stdout
    assert hub("audit", "verify", "--data", data, "--expect", f"6:{told['head']}").exit_code == 0


def test_a_break_is_named_with_its_place(data: Path) -> None:
    intrude(data, "UPDATE audit SET who = 'nobody' WHERE seq = 3")
    done = hub("audit", "verify", "--data", data)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0] == "hub audit: BROKEN at row 3: its content was changed"
    assert json.loads(hub("audit", "verify", "--data", data, "--json").output)["broken_at"] == 3


def test_a_whole_new_log_is_found_by_what_was_noted_elsewhere(data: Path) -> None:
    connection = events_database(data).connect()
    noted = verify(connection)
    connection.close()
    intrude(data, "DELETE FROM audit", "DELETE FROM sqlite_sequence WHERE name = 'audit'")
    connection = events_database(data).connect()
    for _ in range(6):
        append(
            connection,
            dict.fromkeys(("who", "verb", "kind", "id", "person", "address", "outcome"), "x")
            | {"at": START, "details": "{}"},
        )
    connection.close()
    assert hub("audit", "verify", "--data", data).exit_code == 0
    done = hub("audit", "verify", "--data", data, "--expect", f"6:{noted.head}")
    assert (done.exit_code, "the log does not hold 6:" in done.stderr) == (1, True)


@pytest.mark.parametrize("expect", ["x", "3", "3:", ":abc"])
def test_a_note_that_is_none_is_a_usage_error(data: Path, expect: str) -> None:
    assert hub("audit", "verify", "--data", data, "--expect", expect).exit_code == 2


def test_no_data_is_said(tmp_path: Path) -> None:
    done = hub("audit", "verify", "--data", tmp_path)
    assert (done.exit_code, "is this the data folder" in done.stderr) == (2, True)

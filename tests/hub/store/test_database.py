"""Files: made, recognised, brought up to date, or refused with a reason and a remedy."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.store import migrations
from hub.store.database import Database, StoreError, events_database, history_database
from hub.store.store import Store
from hub.testing.clock import ManualClock
from tests.hub.store.bench import Bench

Made = Callable[[Path], Database]
DATABASES: list[Made] = [events_database, history_database]


def shape(path: Path) -> dict[str, str]:
    """Every table and index with its definition, however it is laid out."""
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
    connection.close()
    return {name: re.sub(r"\s+", " ", sql or "") for name, sql in found if "alembic" not in name}


@pytest.mark.parametrize("made", DATABASES)
def test_migrating_an_empty_database_gives_the_tables_of_today(made: Made, tmp_path: Path) -> None:
    fresh = made(tmp_path)
    fresh.prepare()
    migrations.upgrade(fresh.chain, tmp_path / "migrated.db")
    assert shape(tmp_path / "migrated.db") == shape(fresh.path)


@pytest.mark.parametrize("chain", sorted(migrations.REVISIONS))
def test_every_revision_is_listed_in_its_order(chain: str) -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(migrations.config(chain))
    in_order = [script.revision for script in scripts.walk_revisions()][::-1]
    assert tuple(in_order) == migrations.REVISIONS[chain]


def test_an_older_database_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = events_database(tmp_path)
    database.prepare()
    called: list[str] = []
    monkeypatch.setitem(migrations.REVISIONS, "events", (*migrations.REVISIONS["events"], "events_next"))
    monkeypatch.setattr(migrations, "upgrade", lambda chain, _path: called.append(chain))
    database.prepare()
    assert called == ["events"]
    assert shape(tmp_path / "events.db.before-events_next") == shape(database.path)


FAILING = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "events_next", "{last}", None, None


def upgrade():
    op.create_table("new", sa.Column("id", sa.Integer()))
    op.drop_table("memory")
    raise LookupError("half way")
"""


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = events_database(tmp_path)
    database.prepare()
    before = shape(database.path)
    chain = tmp_path / "chain"
    shutil.copytree(Path(migrations.__file__).parent / "versions" / "events", chain)
    last = migrations.REVISIONS["events"][-1]
    (chain / "events_next.py").write_text(FAILING.replace("{last}", last))
    settings = migrations.config("events")
    settings.set_main_option("version_locations", str(chain))
    monkeypatch.setattr(migrations, "config", lambda _chain: settings)
    monkeypatch.setitem(migrations.REVISIONS, "events", (*migrations.REVISIONS["events"], "events_next"))
    why = rf"could not be brought from '{last}' .*half way; nothing was changed"
    with pytest.raises(StoreError, match=why):
        database.prepare()
    assert shape(database.path) == before
    assert shape(tmp_path / "events.db.before-events_next") == before


def test_a_migration_starts_from_what_is_there(tmp_path: Path) -> None:
    database = events_database(tmp_path)
    database.prepare()
    before = shape(database.path)
    migrations.upgrade("events", database.path)
    assert shape(database.path) == before


@pytest.mark.parametrize("made", DATABASES)
def test_a_database_of_a_newer_hub_is_left_alone(made: Made, tmp_path: Path) -> None:
    database = made(tmp_path)
    database.prepare()
    connection = sqlite3.connect(database.path)
    connection.execute("UPDATE alembic_version SET version_num = 'events_9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=r"written by a newer hub \(its revision is 'events_9999'"):
        database.prepare()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"not a database at all, but long enough to be read as one" * 100, "file is not a database"),
    ],
)
@pytest.mark.parametrize("made", DATABASES)
def test_a_damaged_file_is_named_and_kept(made: Made, tmp_path: Path, content: bytes, reason: str) -> None:
    database = made(tmp_path)
    database.path.write_bytes(content)
    with pytest.raises(StoreError) as told:
        database.prepare()
    assert str(told.value).startswith(f"{database.path} is damaged: {reason}. Stop the hub and restore")
    assert database.path.read_bytes() == content


def test_a_file_that_is_torn_inside_is_named_and_kept(tmp_path: Path) -> None:
    database = events_database(tmp_path)
    database.prepare()
    content = bytearray(database.path.read_bytes())
    content[100:4096] = os.urandom(3996)
    database.path.write_bytes(content)
    with pytest.raises(StoreError, match=r"events.db is damaged: .*malformed"):
        database.prepare()
    assert database.path.read_bytes() == content


def test_a_database_of_someone_else_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "events.db")
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="it is a database, but not one of this hub"):
        events_database(tmp_path).prepare()


def test_a_creation_that_was_cut_short_is_begun_again(tmp_path: Path) -> None:
    database = events_database(tmp_path)
    (tmp_path / "events.db.new").write_bytes(b"half of it")
    database.prepare()
    assert [path.name for path in tmp_path.iterdir()] == ["events.db"]


async def test_damage_to_alarms_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "events.db").write_bytes(b"x" * 5000)
    for _ in range(2):  # the second time would meet the lock, if the first had kept it
        with pytest.raises(StoreError, match=r"events.db is damaged"):
            await Store.open(tmp_path, ManualClock())


async def test_damaged_history_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"x" * 5000)
    told: list[tuple[str, str, str]] = []
    store = await Store.open(tmp_path, ManualClock(), report=lambda *problem: told.append(problem))
    assert (tmp_path / "history.db.damaged-20260301T040000Z").read_bytes() == b"x" * 5000
    ((problem, text, _),) = told
    assert problem == "store.history.damaged"
    assert "file is not a database" in text
    await store.close()


async def test_a_history_of_a_newer_hub_is_not_set_aside(tmp_path: Path) -> None:
    database = history_database(tmp_path)
    database.prepare()
    connection = sqlite3.connect(database.path)
    connection.execute("UPDATE alembic_version SET version_num = 'history_9999'")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="written by a newer hub"):
        await Store.open(tmp_path, ManualClock())


async def test_a_second_hub_is_kept_off_and_told_who_is_there(bench: Bench) -> None:
    with pytest.raises(StoreError, match=rf"in use by another hub \(process {os.getpid()}\)"):
        await Store.open(bench.folder, ManualClock())
    await bench.close()
    await bench.open()


ONE_ALARM = """
import asyncio, pathlib, sys
from datetime import UTC, datetime
from hub.kernel.clock import SystemClock
from hub.kernel.journal import alarm_row
from hub.model.events import Alarm
from hub.model.things import State
from hub.store.reading import Reading
from hub.store.store import Store

class Tried(Alarm, frozen=True, kw_only=True):
    pass

async def main(folder):
    now = datetime.now(UTC)
    for name in ("a1", "a2"):  # into a fresh store, and into one that is there
        store = await Store.open(folder, SystemClock())
        with store.units.open() as unit:
            alarm = Tried(id=name, at=now, source="test")
            unit.alarm(alarm, alarm_row(alarm))
        store.history.record(State("sensor.a", 1, True, now, now))
        await unit.receipt
        await store.retention.sweep(now)
        await store.close()
    print([alarm.id for alarm in Reading(folder).alarms()])

asyncio.run(main(pathlib.Path(sys.argv[1])))
print([name for name in ("sqlalchemy", "alembic", "mako") if name in sys.modules])
"""


def test_a_hub_on_today_s_tables_runs_without_sqlalchemy_and_alembic(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONE_ALARM, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["['a1', 'a2']", "[]"]


def test_an_alarm_survives_a_power_cut_and_history_may_lose_a_moment(tmp_path: Path) -> None:
    levels = {}
    for made in DATABASES:
        database = made(tmp_path)
        database.prepare()
        connection = database.connect()
        levels[database.chain] = (
            connection.execute("PRAGMA journal_mode").fetchone()[0],
            connection.execute("PRAGMA synchronous").fetchone()[0],
        )
        connection.close()
    assert levels == {"events": ("wal", 2), "history": ("wal", 1)}

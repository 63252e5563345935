"""One database file: opened, checked and brought up to date, or refused with a reason and a remedy."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub.model.errors import HubError
from hub.store import catalogue, migrations

_BUSY = 5.0  # seconds to wait for another connection's lock
_LARGEST_LOG = 64 * 1024 * 1024  # bytes the write-ahead log is cut back to


class StoreError(HubError):
    """The store can't be opened as it is; the text names the file and what to do."""


class Damaged(StoreError):
    """A file is no database, or none of the hub's, or torn inside."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database file of the hub and how safely it is written."""

    path: Path
    chain: str  # of migrations: "events" or "history"
    synchronous: str  # "FULL": a commit survives a power cut; "NORMAL": the last moments may be lost
    loss: str  # what is lost with the file, for the admin

    def prepare(self) -> None:
        """Create the file when there is none; else check it and bring it up to date."""
        if not self.path.exists():
            self._create()
            return
        with self.faults():
            if self.path.stat().st_size == 0:
                raise sqlite3.DatabaseError("the file is empty")
            revision = self._revision()
        known = migrations.REVISIONS[self.chain]
        if revision not in known:
            raise StoreError(
                f"{self.path} was written by a newer hub (its revision is '{revision}', this hub knows "
                f"'{known[-1]}'); install that version again, or restore a backup from before the upgrade"
            )
        if revision != known[-1]:
            self._migrate(revision)

    def set_aside(self, mark: str) -> Path:
        """Rename the file and its logs, to be looked at later; returns its new place."""
        aside = self.path.with_name(f"{self.path.name}.{mark}")
        for ending in ("-wal", "-shm", ""):
            part = Path(f"{self.path}{ending}")
            if part.exists():
                part.rename(f"{aside}{ending}")
        sync_folder(self.path.parent)
        return aside

    def connect(self) -> sqlite3.Connection:
        """A connection for the writer; statements run as they are, BEGIN and COMMIT are the caller's."""
        connection = sqlite3.connect(
            self.path, timeout=_BUSY, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            for pragma in (
                "journal_mode = WAL",
                f"synchronous = {self.synchronous}",
                f"journal_size_limit = {_LARGEST_LOG}",
                "temp_store = MEMORY",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def connect_read_only(self) -> sqlite3.Connection:
        """A connection that only reads; it never waits for the writer nor holds it up. Rows bear names."""
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=_BUSY,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        return connection

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turn the driver's errors into one that tells the admin what to do."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"{self.path} can't be used: {error}; check the disk's space and the folder's permissions"
            ) from error
        except sqlite3.DatabaseError as error:
            raise Damaged(
                f"{self.path} is damaged: {error}. Stop the hub and restore the file from a backup, or move it "
                f"away (keep it, with its -wal and -shm): the hub then starts an empty one, without {self.loss}"
            ) from error

    def _create(self) -> None:
        # Made aside and renamed, so that a file that bears the name is whole, and an empty one is known as damage.
        aside = self.path.with_name(self.path.name + ".new")
        for leftover in (aside, Path(f"{aside}-wal"), Path(f"{aside}-shm"), Path(f"{aside}-journal")):
            leftover.unlink(missing_ok=True)
        with self.faults():
            connection = sqlite3.connect(aside, isolation_level=None)
            try:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN")
                for statement in catalogue.SCHEMA[self.chain]:
                    connection.execute(statement)
                connection.execute("COMMIT")
            finally:
                connection.close()
        os.replace(aside, self.path)
        sync_folder(self.path.parent)

    def _migrate(self, revision: str) -> None:
        """Bring the file up to date; the copy that is made before stays until an admin removes it."""
        copy = self.path.with_name(f"{self.path.name}.before-{migrations.REVISIONS[self.chain][-1]}")
        with self.faults():
            self._copy(copy)
            try:
                migrations.upgrade(self.chain, self.path)
            except Exception as error:
                raise StoreError(
                    f"{self.path} could not be brought from '{revision}' to this version: {error}; nothing was "
                    f"changed, and {copy} is a copy. Install the version before, and report this"
                ) from error

    def _copy(self, copy: Path) -> None:
        source, target = self.connect(), sqlite3.connect(copy)
        try:
            source.backup(target)
        finally:
            target.close()
            source.close()

    def _revision(self) -> str:
        connection = self.connect()
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            found = None
        finally:
            connection.close()
        if found is None:
            raise sqlite3.DatabaseError("it is a database, but not one of this hub")
        return str(found[0])


def sync_folder(folder: Path) -> None:
    """Make sure that a rename inside the folder survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def events_database(folder: Path) -> Database:
    """The file of what must not be lost."""
    return Database(folder / "events.db", "events", "FULL", "its alarms, pending calls, runs and timers")


def history_database(folder: Path) -> Database:
    """The file of what entities said."""
    return Database(
        folder / "history.db", "history", "NORMAL", "the states of the past (alarms are elsewhere)"
    )

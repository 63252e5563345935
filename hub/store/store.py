"""The store: everything that survives, put together over one data folder."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from hub.store import catalogue
from hub.store.chain import AuditRow
from hub.store.clock import Clock, Timer
from hub.store.database import Damaged, Database, StoreError, events_database, history_database
from hub.store.history import History
from hub.store.inbox import Inbox
from hub.store.lock import FolderLock
from hub.store.memory import Memories, Memory
from hub.store.outbox import Backlog, Outbox
from hub.store.reading import audit_page
from hub.store.receipts import Receipts
from hub.store.retention import Keep, Retention
from hub.store.runs import Runs
from hub.store.sql import from_microseconds
from hub.store.timers import TimerRow
from hub.store.trouble import Clear, Report, Trouble
from hub.store.unit import Units
from hub.store.unitwriter import UnitWriter

__all__ = ["Store", "StoreError"]

T = TypeVar("T")

_FIRST_SWEEP, _NEXT_SWEEP = timedelta(minutes=5), timedelta(hours=1)

log = logging.getLogger(__name__)


def _report_nobody(_problem: str, text: str, remedy: str) -> None:
    log.error("%s; %s", text, remedy)


def _clear_nobody(problem: str) -> None:
    log.info("%s is over", problem)


class Store:
    """One hub's databases. Made by `open`, ended by `close`; used in the loop it was opened in."""

    def __init__(self, folder: Path, clock: Clock, report: Report, clear: Clear, keep: Keep) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._clock, self._report, self._clear, self._keep = clock, report, clear, keep
        self._lock = FolderLock(folder)
        self._timer: Timer | None = None
        self._sweeping: asyncio.Task[None] | None = None
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise

    @classmethod
    async def open(
        cls,
        folder: Path,
        clock: Clock,
        *,
        report: Report = _report_nobody,
        clear: Clear = _clear_nobody,
        keep_days: int = 30,
        keep_mib: int = 2048,
        keep_alarms_days: int = 730,
        keep_audit_days: int = 730,
    ) -> "Store":
        """Open or create the databases of a data folder; StoreError says what is wrong and what to do."""
        keep = Keep(
            history=timedelta(days=keep_days),
            history_mib=keep_mib,
            alarms=timedelta(days=keep_alarms_days),
            audit=timedelta(days=keep_audit_days),
        )
        return cls(folder, clock, report, clear, keep)

    def _open(self) -> None:
        events, history = events_database(self.folder), history_database(self.folder)
        events.prepare()
        self._prepare_history(history)
        self._events = events
        with events.faults():
            connection = events.connect()
            try:
                self._timer_rows = _timer_rows(connection)
                memories = catalogue.ALL_MEMORIES.run(connection).fetchall()
                backlog = Backlog.of(connection)
            finally:
                connection.close()
            self.writer = UnitWriter(events, self._trouble(events.path), self._clock.now)
        self.units = Units(self.writer)
        self.outbox = Outbox(self.writer, self.units, self._clock.now, self._report, self._clear, backlog)
        self.receipts = Receipts(self.writer, self.units, self._clock.now)
        self.inbox = Inbox(self.writer, self.units, self._clock.now)
        self._memories = Memories(self.units, memories)
        self.runs = Runs(self.writer, self._clock.now())
        try:
            with history.faults():
                self.history = History(history, self._clock, self._trouble(history.path))
        except BaseException:
            self.writer.file.end()
            raise
        self.retention = Retention(self._keep, self.writer, self.outbox, self.runs, self.history)
        self._timer = self._clock.call_at(self._clock.now() + _FIRST_SWEEP, self._begin_sweep)

    def _prepare_history(self, history: Database) -> None:
        """A damaged history is set aside and begun anew: no alarm waits for the states of the past."""
        try:
            history.prepare()
        except Damaged as error:
            aside = history.set_aside(f"damaged-{self._clock.now():%Y%m%dT%H%M%SZ}")
            self._report(
                "store.history.damaged",
                f"{history.path} was damaged ({error.__cause__}) and set aside as {aside.name}; a new one was begun",
                "stop the hub and restore the file from a backup, or delete what was set aside",
            )
            history.prepare()

    def _trouble(self, path: Path) -> Trouble:
        loop = asyncio.get_running_loop()

        def tell(what: Callable[..., None], *words: str) -> None:
            loop.call_soon_threadsafe(what, *words)

        return Trouble(path, partial(tell, self._report), partial(tell, self._clear))

    def memory(self, owner: str) -> Memory:
        """An owner's durable keys and values."""
        return self._memories.of(owner)

    def take_timer_rows(self) -> Sequence[TimerRow]:
        """Every timer as of the opening; to be taken once."""
        rows, self._timer_rows = self._timer_rows, []
        return rows

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a thread on a connection to events.db that only reads; rows bear names."""
        return await asyncio.to_thread(self._read, work)

    async def read_audit(self, **wanted: Any) -> list[AuditRow]:
        """Rows of the audit log, the newest first; `wanted` as of `audit_page`."""
        return await self.read(partial(audit_page, **wanted))

    async def settled(self) -> None:
        """Wait until everything that was handed in before is on the disk."""
        await self.writer.file.run(lambda _connection: None)

    def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._events.connect_read_only()
        try:
            return work(connection)
        finally:
            connection.close()

    def _begin_sweep(self) -> None:
        self._timer = self._clock.call_at(self._clock.now() + _NEXT_SWEEP, self._begin_sweep)
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.get_running_loop().create_task(self._sweep(), name="store: sweep")

    async def _sweep(self) -> None:
        try:
            await self.retention.sweep(self._clock.now())
        except (
            sqlite3.Error
        ) as error:  # a full or broken disk is reported by the writers; the next sweep comes
            log.warning("could not forget what is past its time: %s", error)

    async def close(self) -> None:
        """Write everything that was handed in, and end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)
        await self.writer.file.close()
        await self.history.close()
        self._lock.release()


def _timer_rows(connection: sqlite3.Connection) -> list[TimerRow]:
    rows = catalogue.ALL_TIMERS.run(connection)
    return [TimerRow(owner, key, from_microseconds(due), data) for owner, key, due, data in rows]

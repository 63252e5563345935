"""What is forgotten, and when: in small steps between the writes, so that nobody waits for it."""

import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from hub.store import catalogue, chain
from hub.store.history import History
from hub.store.outbox import DEAD, DONE, DROPPED, Outbox
from hub.store.runs import Runs
from hub.store.sql import Statement, from_microseconds
from hub.store.unitwriter import UnitWriter
from hub.store.writer import Writer

_STEP = 2000  # rows of one step: some 10 ms
_PAGES = 500  # of 4 KiB, given back to the disk in one step
_MEBIBYTE = 1024 * 1024
_SPARE = 0.9  # of the allowed size that is left after a purge by size
_MARGIN = timedelta(days=2)  # `attributes.seen` is up to a day late

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How long things are kept; an alarm is never forgotten before its time, whatever the size."""

    history: timedelta = timedelta(days=30)
    history_mib: int = 2048
    alarms: timedelta = timedelta(days=730)
    calls: timedelta = timedelta(days=30)  # done and dropped ones; dead ones as long as alarms
    runs: timedelta = timedelta(days=30)
    audit: timedelta = timedelta(days=730)
    most_runs: int = 100_000


@dataclass(frozen=True, slots=True)
class Swept:
    """How much one sweep forgot."""

    states: int
    alarms: int
    calls: int
    runs: int
    audit: int = 0


class Retention:
    """Forgets what is past its time."""

    def __init__(self, keep: Keep, writer: UnitWriter, outbox: Outbox, runs: Runs, history: History) -> None:
        self._keep, self._writer, self._outbox = keep, writer, outbox
        self._runs, self._history = runs, history

    async def sweep(self, now: datetime) -> Swept:
        """Forget everything that is due."""
        states = await self._sweep_states(now)
        alarms = await self._sweep_alarms(now)
        calls = 0
        for state, age in ((DONE, self._keep.calls), (DROPPED, self._keep.calls), (DEAD, self._keep.alarms)):
            while gone := await self._outbox.purge(state, now - age, _STEP):
                calls += gone
        if calls:
            await _purge(self._writer.file, catalogue.PURGE_RECEIPTS)
        runs = 0
        while gone := await self._runs.purge(now - self._keep.runs, self._keep.most_runs, _STEP):
            runs += gone
        audit = await self._sweep_audit(now)
        if states or alarms or calls or runs or audit:
            text = "forgot %d states, %d alarms, %d calls, %d runs, %d rows of the audit log"
            log.info(text, states, alarms, calls, runs, audit)
        return Swept(states, alarms, calls, runs, audit)

    async def _sweep_audit(self, now: datetime) -> int:
        """Forget what is sealed; then tell the log's end, so that it stands where nobody of the hub can change it."""
        file, old = self._writer.file, now - self._keep.audit
        gone = await _purge(
            file, catalogue.PURGE_AUDIT, seq=await file.run(lambda it: chain.seal(it, old, now))
        )
        seq, said = await file.run(chain.head)
        if seq:
            log.info("the audit log ends with row %d, hash %s", seq, said)
        return gone

    async def _sweep_alarms(self, now: datetime) -> int:
        old = now - self._keep.alarms
        gone = await _purge(self._writer.file, catalogue.PURGE_ALARMS, stored_at=old)
        if gone:
            await _purge(self._writer.file, catalogue.PURGE_HANDLINGS)
        return gone

    async def _sweep_states(self, now: datetime) -> int:
        file, old = self._history.file, now - self._keep.history
        total = await _purge(file, catalogue.PURGE_STATES, at=old)
        allowed = self._keep.history_mib * _MEBIBYTE
        if await file.run(_used) > allowed:
            while await file.run(_used) > allowed * _SPARE:
                gone = await file.run(_drop_oldest)
                total += gone
                if not gone:
                    break
        if total:
            await self._sweep_attributes()
            while await file.run(_give_back):
                pass
        return total

    async def _sweep_attributes(self) -> None:
        """Attributes that were last used before the oldest state that is left."""
        file = self._history.file
        oldest = await file.run(lambda connection: catalogue.FIRST_STATE.run(connection).fetchone())
        (last,) = await file.run(lambda connection: catalogue.LAST_ATTRIBUTES.run(connection).fetchone())
        if oldest is None:
            return
        before = from_microseconds(oldest[0]) - _MARGIN
        for first in range(0, (last or 0) + 1, _STEP):
            await file.run(partial(self._drop_attributes, before, first))

    def _drop_attributes(self, before: datetime, first: int, connection: sqlite3.Connection) -> None:
        gone = catalogue.PURGE_ATTRIBUTES.run(connection, seen=before, first=first, end=first + _STEP)
        if gone.rowcount:
            self._history.forget()


async def _purge(file: Writer[Any, Any], statement: Statement, **row: Any) -> int:
    """Delete in steps until nothing fits; returns how many rows went."""
    total = 0
    while gone := await file.run(lambda connection: statement.run(connection, limit=_STEP, **row).rowcount):
        total += gone
    return total


def _drop_oldest(connection: sqlite3.Connection) -> int:
    return catalogue.PURGE_ANY_STATES.run(connection, limit=_STEP).rowcount


def _used(connection: sqlite3.Connection) -> int:
    """Bytes of the file that hold something."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _give_back(connection: sqlite3.Connection) -> bool:
    """Return some free pages to the disk; False when there are none."""
    if connection.execute("PRAGMA freelist_count").fetchone()[0] == 0:
        return False
    connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
    return True

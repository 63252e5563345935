"""What is forgotten, and when: in small steps between the writes, so that nobody waits for it."""

import logging
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, select

from hub.store import tables
from hub.store.history import History
from hub.store.outbox import DEAD, DONE, DROPPED, Outbox
from hub.store.runs import Runs
from hub.store.statements import Statement, compiled, of
from hub.store.unitwriter import UnitWriter

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
    most_runs: int = 100_000


@dataclass(frozen=True, slots=True)
class Swept:
    """How much one sweep forgot."""

    states: int
    alarms: int
    calls: int
    runs: int


class Retention:
    """Forgets what is past its time."""

    def __init__(self, keep: Keep, writer: UnitWriter, outbox: Outbox, runs: Runs, history: History) -> None:
        self._keep, self._writer, self._outbox, self._runs, self._history = (
            keep,
            writer,
            outbox,
            runs,
            history,
        )
        self._old_states, self._any_states = _oldest(tables.states, "at"), _oldest(tables.states)
        self._old_events = _oldest(tables.events, "stored_at")
        self._old_attributes = _attributes()
        first = select(func.min(tables.states.c.at)).where(
            tables.states.c.seq == select(func.min(tables.states.c.seq)).scalar_subquery()
        )
        self._first_state = compiled(first, tables.states)

    async def sweep(self, now: datetime) -> Swept:
        """Forget everything that is due."""
        states = await self._sweep_states(now)
        alarms = await self._sweep_alarms(now)
        calls = 0
        for state, age in ((DONE, self._keep.calls), (DROPPED, self._keep.calls), (DEAD, self._keep.alarms)):
            while gone := await self._outbox.purge(state, now - age, _STEP):
                calls += gone
        runs = 0
        while gone := await self._runs.purge(now - self._keep.runs, self._keep.most_runs, _STEP):
            runs += gone
        if states or alarms or calls or runs:
            log.info("forgot %d states, %d alarms, %d calls, %d runs", states, alarms, calls, runs)
        return Swept(states, alarms, calls, runs)

    async def _sweep_alarms(self, now: datetime) -> int:
        parameters = self._old_events.parameters({"stored_at": now - self._keep.alarms})
        total = 0
        while gone := await self._writer.file.run(
            lambda connection: connection.execute(self._old_events.sql, parameters).rowcount
        ):
            total += gone
        return total

    async def _sweep_states(self, now: datetime) -> int:
        file, total = self._history.file, 0
        parameters = self._old_states.parameters({"at": now - self._keep.history})
        while gone := await file.run(
            lambda connection: connection.execute(self._old_states.sql, parameters).rowcount
        ):
            total += gone
        allowed = self._keep.history_mib * _MEBIBYTE
        if await file.run(_used) > allowed:
            while await file.run(_used) > allowed * _SPARE:
                gone = await file.run(self._drop_oldest)
                total += gone
                if not gone:
                    break
        if total:
            await self._sweep_attributes()
            while await file.run(_give_back):
                pass
        return total

    def _drop_oldest(self, connection: sqlite3.Connection) -> int:
        return connection.execute(self._any_states.sql, self._any_states.parameters({})).rowcount

    async def _sweep_attributes(self) -> None:
        """Attributes that were last used before the oldest state that is left."""
        file = self._history.file
        oldest = await file.run(lambda c: c.execute(self._first_state.sql).fetchone()[0])
        last = await file.run(lambda c: c.execute("SELECT max(id) FROM attributes").fetchone()[0]) or 0
        if oldest is None:
            return
        before = tables.from_microseconds(oldest) - _MARGIN
        for first in range(0, last + 1, _STEP):
            parameters = self._old_attributes.parameters(
                {"seen": before, "first": first, "end": first + _STEP}
            )
            await file.run(partial(self._drop_attributes, parameters))

    def _drop_attributes(self, parameters: list[Any], connection: sqlite3.Connection) -> None:
        if connection.execute(self._old_attributes.sql, parameters).rowcount:
            self._history.forget()


def _oldest(table: Table, time: str = "") -> Statement:
    """Delete the first rows of a table; with `time`, those of them that are older."""
    first = select(table.c.seq).order_by(table.c.seq).limit(_STEP)
    gone = delete(table).where(table.c.seq.in_(first))
    return compiled(gone.where(table.c[time] < of(time)) if time else gone, table)


def _attributes() -> Statement:
    attributes = tables.attributes
    within = (attributes.c.id >= bindparam("first"), attributes.c.id < bindparam("end"))
    return compiled(delete(attributes).where(*within, attributes.c.seen < of("seen")), attributes)


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

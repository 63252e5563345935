"""The outbox: durable calls on their way, done, or given up."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from hub.model.calls import Call
from hub.store import catalogue
from hub.store.sql import Statement, from_microseconds
from hub.store.trouble import Clear, Report
from hub.store.unit import Outcome, Unit, Units
from hub.store.unitwriter import UnitWriter

PENDING, DONE, DEAD, DROPPED = "pending", "done", "dead", "dropped"
PAGE = 10_000  # calls held in memory; the rest waits on the disk

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One durable call as it is stored; `data` is JSON text."""

    key: str
    action: str
    lane: str
    data: str
    cause: str
    alarm: str
    priority: int
    created: datetime
    due: datetime
    attempts: int
    state: str
    expires: datetime | None
    last_error: str
    done_at: datetime | None

    @classmethod
    def of(cls, row: Sequence[Any]) -> "OutboxRow":
        """A row of the driver, columns in the table's order."""
        values = list(row)
        for place in (7, 8, 11, 13):
            if values[place] is not None:
                values[place] = from_microseconds(values[place])
        return cls(*values)

    def expiry(self, default: timedelta) -> datetime:
        """When the call is given up."""
        return self.expires if self.expires is not None else self.created + default


@dataclass(frozen=True, slots=True)
class Backlog:
    """What an earlier life of the hub left: how much, and the most urgent of it."""

    pending: int
    dead: int
    rows: list[OutboxRow]

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> "Backlog":
        """Read it, before anything is written."""
        counts = dict(catalogue.COUNT_CALLS.run(connection).fetchall())
        found = catalogue.CALLS_IN_STATE.run(connection, state=PENDING, limit=PAGE)
        return cls(counts.get(PENDING, 0), counts.get(DEAD, 0), [OutboxRow.of(row) for row in found])


class Holder(Protocol):
    """Who carries pending calls out and holds them in memory: the courier."""

    def take(self, row: OutboxRow) -> None:
        """A call became pending; it may be known already."""

    def hurry(self, key: str) -> bool:
        """Carry a call in memory out now; False when it is not there."""

    def discard(self, key: str) -> bool:
        """Give a call in memory up; False when it is not there."""


class Outbox:
    """The pending calls' way from commit to holder and back, and what an admin asks of it.

    Reads go through the writer, so that an answer contains all that was written before the question. Counters are
    plain attributes for the metrics: `pending` and `dead` of the whole table, the others since the start.
    """

    def __init__(
        self,
        writer: UnitWriter,
        units: Units,
        now: Callable[[], datetime],
        report: Report,
        clear: Clear,
        backlog: Backlog,
    ) -> None:
        self._writer, self._units, self._now = writer, units, now
        self._report, self._clear = report, clear
        self._holder: Holder | None = None
        self._waiting = backlog.rows  # until there is a holder
        self._problems: set[str] = set()
        self.pending = backlog.pending
        self.dead = backlog.dead
        self.done = 0
        self.dropped = 0
        self.attempts = 0
        self.failures = 0
        writer.committed = self._committed

    def attach(self, holder: Holder) -> None:
        """Hand what is pending, and from now on each committed call, to its holder."""
        self._holder = holder
        waiting, self._waiting = self._waiting, []
        for row in waiting:
            holder.take(row)

    def detach(self) -> None:
        """Hand out nothing more; what is committed from now on waits for the next start."""
        self._holder = None

    # --- reading ------------------------------------------------------------------------------------------

    async def in_state(self, state: str = PENDING, limit: int = 100) -> list[OutboxRow]:
        """Calls in one state (pending, done, dead, dropped), the most urgent first."""
        return await self._rows(catalogue.CALLS_IN_STATE, state=state, limit=limit)

    async def find(self, key: str) -> OutboxRow | None:
        """One call by its key."""
        rows = await self._rows(catalogue.CALL_BY_KEY, key=key)
        return rows[0] if rows else None

    async def counts(self) -> dict[str, int]:
        """How many calls are in each state."""
        found = await self._writer.file.run(
            lambda connection: catalogue.COUNT_CALLS.run(connection).fetchall()
        )
        return {PENDING: 0, DONE: 0, DEAD: 0, DROPPED: 0} | {str(state): int(count) for state, count in found}

    async def _rows(self, statement: Statement, **row: Any) -> list[OutboxRow]:
        found = await self._writer.file.run(lambda connection: statement.run(connection, **row).fetchall())
        return [OutboxRow.of(entry) for entry in found]

    # --- what becomes of calls ----------------------------------------------------------------------------

    def _committed(self, unit: Unit, outcome: Outcome, at: datetime) -> None:
        seen: set[str] = set()
        for (call, alarm), body in zip(unit.calls, unit.bodies, strict=True):
            if alarm in outcome.known_alarms or call.key in outcome.known_calls or call.key in seen:
                continue
            seen.add(call.key)
            self.pending += 1
            row = _row_of(call, alarm, body, at)
            if self._holder is None:
                self._waiting.append(row)
            else:
                self._holder.take(row)

    def mark(
        self, unit: Unit, row: OutboxRow, state: str, *, due: datetime, attempts: int, error: str = ""
    ) -> None:
        """Put down what became of a call; when it leaves `pending`, `due` is when it did."""
        unit.write(
            "call_mark",
            {
                "key": row.key,
                "state": state,
                "created": row.created,
                "due": due,
                "attempts": attempts,
                "expires": row.expires,
                "last_error": error,
                "done_at": None if state == PENDING else due,
            },
        )

    def moved(self, row: OutboxRow, state: str, error: str = "") -> None:
        """Count a call that came to another state by a commit; tell of one that is given up."""
        for name, difference in ((row.state, -1), (state, 1)):
            setattr(self, name, getattr(self, name) + difference)
        if state == DEAD:
            self.tell(row, f"given up: {error}")
        elif row.state == DEAD and self.dead <= 0:
            for problem in sorted(self._problems):
                self._clear(problem)
            self._problems.clear()

    def tell(self, row: OutboxRow, text: str) -> None:
        """Report a call that needs an admin."""
        problem = f"outbox.{row.action}"
        self._problems.add(problem)
        log.warning("call %s of '%s': %s", row.key, row.action, text)
        self._report(
            problem,
            f"call {row.key} of '{row.action}': {text}",
            f"mend the cause, then `hub outbox retry {row.key}`; `hub outbox list --state dead` shows all",
        )

    # --- for people ---------------------------------------------------------------------------------------

    async def retry(self, key: str) -> bool:
        """Carry a pending, dead or dropped call out now, with all its time before it; False: no such call."""
        if self._holder is not None and self._holder.hurry(key):
            return True
        row = await self.find(key)
        if row is None or row.state == DONE:
            return False
        now = self._now()
        fresh = replace(row, state=PENDING, created=now, due=now, attempts=0, expires=None, done_at=None)
        with self._units.open() as unit:
            self.mark(unit, fresh, PENDING, due=now, attempts=0, error=row.last_error)
        await unit.receipt
        self.moved(row, PENDING)
        if self._holder is not None:
            self._holder.take(fresh)
        return True

    async def drop(self, key: str) -> bool:
        """Give a pending or dead call up for good; one under way is given up if its attempt fails."""
        if self._holder is not None and self._holder.discard(key):
            return True
        row = await self.find(key)
        if row is None or row.state not in (PENDING, DEAD):
            return False
        with self._units.open() as unit:
            self.mark(unit, row, DROPPED, due=self._now(), attempts=row.attempts, error=row.last_error)
        await unit.receipt
        self.moved(row, DROPPED)
        return True

    async def purge(self, state: str, before: datetime, limit: int = 1000) -> int:
        """Forget up to `limit` calls that came to that state earlier; returns how many."""
        return await self._writer.file.run(
            lambda connection: (
                catalogue.PURGE_CALLS.run(connection, state=state, due=before, limit=limit).rowcount
            )
        )


def _row_of(call: Call, alarm: str, body: str, at: datetime) -> OutboxRow:
    """The row that the writer made of a call."""
    return OutboxRow(
        key=call.key,
        action=call.name,
        lane=call.lane or call.name,
        data=body,
        cause=call.cause,
        alarm=alarm,
        priority=int(call.priority),
        created=at,
        due=at,
        attempts=0,
        state=PENDING,
        expires=None if call.expires is None else at + call.expires,
        last_error="",
        done_at=None,
    )

"""The outbox: durable calls on their way, done, or given up."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, desc, func, or_, select

from hub.store import tables
from hub.store.statements import Statement, compiled, of
from hub.store.tables import from_microseconds
from hub.store.unit import Unit
from hub.store.unitwriter import UnitWriter

PENDING, DONE, DEAD, DROPPED = "pending", "done", "dead", "dropped"


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


class Outbox:
    """Reads through the writer, so that an answer contains all that was written before the question."""

    def __init__(self, writer: UnitWriter) -> None:
        self._writer = writer
        self._listing = _listing()
        self._one = compiled(
            select(*tables.outbox.c).where(tables.outbox.c.key == of("key")), tables.outbox
        )
        self._count = compiled(
            select(tables.outbox.c.state, func.count()).group_by(tables.outbox.c.state), tables.outbox
        )
        self._purge = _purge()

    async def pending(self, limit: int) -> list[OutboxRow]:
        """Calls on their way, the most urgent and then the longest due first."""
        return await self.in_state(PENDING, limit)

    async def find(self, key: str) -> OutboxRow | None:
        """One call by its key."""
        rows = await self._rows(self._one, {"key": key})
        return rows[0] if rows else None

    async def in_state(self, state: str = PENDING, limit: int = 100) -> list[OutboxRow]:
        """Calls in one state, the most urgent first."""
        return await self._rows(self._listing, {"state": state, "limit": limit})

    async def counts(self) -> dict[str, int]:
        """How many calls are in each state."""
        found = await self._writer.file.run(
            lambda connection: connection.execute(self._count.sql).fetchall()
        )
        return {PENDING: 0, DONE: 0, DEAD: 0, DROPPED: 0} | {str(state): int(count) for state, count in found}

    async def purge(self, before: datetime, limit: int = 1000) -> int:
        """Forget up to `limit` done or dropped calls that ended earlier; dead ones wait for a person."""
        parameters = self._purge.parameters({"due": before, "limit": limit})
        return await self._writer.file.run(
            lambda connection: connection.execute(self._purge.sql, parameters).rowcount
        )

    async def _rows(self, statement: Statement, row: dict[str, Any]) -> list[OutboxRow]:
        parameters = statement.parameters(row)

        def read(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            return connection.execute(statement.sql, parameters).fetchall()

        return [OutboxRow.of(found) for found in await self._writer.file.run(read)]


def mark(
    unit: Unit,
    row: OutboxRow,
    state: str,
    *,
    due: datetime,
    attempts: int,
    error: str = "",
    done_at: datetime | None = None,
    created: datetime | None = None,
) -> None:
    """Put down what became of a call; a new `created` begins its life, and its time to expire, afresh."""
    unit.write(
        "call_mark",
        {
            "key": row.key,
            "state": state,
            "created": created or row.created,
            "due": due,
            "attempts": attempts,
            "expires": row.expires if created is None else None,
            "last_error": error,
            "done_at": done_at,
        },
    )


def expiry(row: OutboxRow, default: timedelta) -> datetime:
    """When the call is given up."""
    return row.expires if row.expires is not None else row.created + default


def _listing() -> Statement:
    outbox = tables.outbox
    found = select(*outbox.c).where(outbox.c.state == of("state"))
    found = found.order_by(desc(outbox.c.priority), outbox.c.due)
    return compiled(found.limit(bindparam("limit")), outbox)


def _purge() -> Statement:
    outbox = tables.outbox
    over = or_(outbox.c.state == DONE, outbox.c.state == DROPPED)
    old = select(outbox.c.key).where(over, outbox.c.due < of("due"))
    return compiled(delete(outbox).where(outbox.c.key.in_(old.limit(bindparam("limit")))), outbox)

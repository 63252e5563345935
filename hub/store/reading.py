"""Reading the store from outside the hub: for the command line, while a hub runs or not."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, bindparam, desc, select

from hub.store import tables
from hub.store.database import Database, StoreError, events_database
from hub.store.outbox import PENDING, OutboxRow, listing
from hub.store.runs import RunRow, recent_runs, run_of
from hub.store.statements import Statement, compiled, of
from hub.store.tables import from_microseconds


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm of the journal; `body` is JSON text of all its fields."""

    seq: int
    id: str
    kind: str
    at: datetime
    source: str
    area: str
    severity: int
    body: str
    stored_at: datetime


class Reading:
    """Reads `events.db` of a data folder; StoreError when there is none or it can't be read."""

    def __init__(self, folder: Path) -> None:
        self._database: Database = events_database(folder)

    def alarms(
        self,
        *,
        kind: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[AlarmRow]:
        """The newest alarms that fit, the oldest of them first; `after` is a `seq` to go on from."""
        statement, row = _alarms(kind, since, until), {"kind": kind, "since": since, "until": until}
        found = self._fetch(statement, {**row, "after": after, "limit": limit})
        return [_alarm(entry) for entry in reversed(found)]

    def alarm(self, alarm_id: str) -> AlarmRow | None:
        """One alarm by its id."""
        found = self._fetch(_one_alarm(), {"id": alarm_id})
        return _alarm(found[0]) if found else None

    def calls(self, state: str = PENDING, limit: int = 100) -> list[OutboxRow]:
        """Durable calls in one state (pending, done, dead, dropped), the most urgent first."""
        return [OutboxRow.of(tuple(row)) for row in self._fetch(listing(), {"state": state, "limit": limit})]

    def runs(self, automation: str, limit: int = 20) -> list[RunRow]:
        """The last runs of an automation, the newest first."""
        found = self._fetch(recent_runs(), {"automation": automation, "limit": limit})
        return [run_of(tuple(row)) for row in found]

    def _fetch(self, statement: Statement, row: dict[str, Any]) -> list[Any]:
        with self._connection() as connection:
            return connection.execute(statement.sql, statement.parameters(row)).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if not self._database.path.exists():
            raise StoreError(f"there is no {self._database.path}; is this the data folder of a hub that ran?")
        with self._database.faults():
            connection = self._database.connect_read_only()
            try:
                yield connection
            finally:
                connection.close()


def _alarm(row: Any) -> AlarmRow:
    values = dict(row)
    for name in ("at", "stored_at"):
        values[name] = from_microseconds(values[name])
    return AlarmRow(**values)


def _alarms(kind: str, since: datetime | None, until: datetime | None) -> Statement:
    events = tables.events
    conditions: list[ColumnElement[bool]] = [events.c.seq > bindparam("after")]
    if kind:
        conditions.append(events.c.kind == of("kind"))
    if since is not None:
        conditions.append(events.c.at >= bindparam("since"))
    if until is not None:
        conditions.append(events.c.at < bindparam("until"))
    found = select(*events.c).where(*conditions).order_by(desc(events.c.seq)).limit(bindparam("limit"))
    return compiled(found, events, times=("since", "until"))


def _one_alarm() -> Statement:
    events = tables.events
    return compiled(select(*events.c).where(events.c.id == of("id")), events)

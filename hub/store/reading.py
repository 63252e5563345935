"""Reading the store from outside the hub: for the command line, while a hub runs or not."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.store import catalogue
from hub.store.chain import AuditRow, Verdict, verify
from hub.store.database import Database, StoreError, events_database
from hub.store.outbox import PENDING, OutboxRow
from hub.store.runs import RunRow, run_of
from hub.store.sql import Statement, from_microseconds

LAST_ROW = 2**63 - 1
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


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
        if since is None and until is None:
            statement = catalogue.ALARMS_OF_KIND if kind else catalogue.ALARMS
        else:
            statement = catalogue.ALARMS_OF_KIND_WITHIN if kind else catalogue.ALARMS_WITHIN
        span = {"since": since or _FIRST, "until": until or _LAST}
        found = self._fetch(statement, kind=kind, after=after, limit=limit, **span)
        return [_alarm(entry) for entry in reversed(found)]

    def alarm(self, alarm_id: str) -> AlarmRow | None:
        """One alarm by its id."""
        found = self._fetch(catalogue.ALARM_BY_ID, id=alarm_id)
        return _alarm(found[0]) if found else None

    def calls(self, state: str = PENDING, limit: int = 100) -> list[OutboxRow]:
        """Durable calls in one state (pending, done, dead, dropped), the most urgent first."""
        found = self._fetch(catalogue.CALLS_IN_STATE, state=state, limit=limit)
        return [OutboxRow.of(tuple(row)) for row in found]

    def runs(self, automation: str, limit: int = 20) -> list[RunRow]:
        """The last runs of an automation, the newest first."""
        found = self._fetch(catalogue.RECENT_RUNS, automation=automation, limit=limit)
        return [run_of(tuple(row)) for row in found]

    def audit(
        self,
        *,
        person: str = "",
        who: str = "",
        since: datetime | None = None,
        before: int = LAST_ROW,
        limit: int = 100,
    ) -> list[AuditRow]:
        """The newest rows of the audit log that fit, the newest first: about a person, by an account."""
        with self._connection() as connection:
            return audit_page(connection, person=person, who=who, since=since, before=before, limit=limit)

    def verify_audit(self, watch: Callable[[int], None] = lambda _rows: None) -> Verdict:
        """Check the whole audit log."""
        with self._connection() as connection:
            return verify(connection, watch)

    def _fetch(self, statement: Statement, **row: Any) -> list[Any]:
        with self._connection() as connection:
            return statement.run(connection, **row).fetchall()

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


def audit_page(
    connection: sqlite3.Connection,
    *,
    person: str = "",
    who: str = "",
    since: datetime | None = None,
    before: int = LAST_ROW,
    limit: int = 100,
) -> list[AuditRow]:
    """As `Reading.audit`, on a connection of the running hub (`store.read`)."""
    page = {
        (True, True): catalogue.AUDIT_ABOUT_BY,
        (True, False): catalogue.AUDIT_ABOUT,
        (False, True): catalogue.AUDIT_BY,
        (False, False): catalogue.AUDIT_PAGE,
    }[bool(person), bool(who)]
    found = page.run(connection, person=person, who=who, since=since or _FIRST, before=before, limit=limit)
    return [AuditRow.of(row) for row in found.fetchall()]


def _alarm(row: Any) -> AlarmRow:
    values = dict(row)
    for name in ("at", "stored_at"):
        values[name] = from_microseconds(values[name])
    return AlarmRow(**values)

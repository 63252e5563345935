"""Writes units into events.db: alarms once, their consequences only with them, calls once."""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.store import catalogue, chain
from hub.store.database import Database
from hub.store.sql import Statement, to_microseconds
from hub.store.trouble import Trouble, remedy_of
from hub.store.unit import Outcome, Unit, Write
from hub.store.writer import Writer

Committed = Callable[[Unit, Outcome, datetime], None]

_NOTHING_KNOWN = Outcome()

log = logging.getLogger(__name__)


class UnitWriter:
    """The sink of units. `committed`, if set, hears in the loop of each unit with calls, before its receipt."""

    def __init__(self, database: Database, trouble: Trouble, now: Callable[[], datetime]) -> None:
        self._now = now
        self._call = catalogue.WRITES["call"].sql
        self.committed: Committed | None = None
        self.file: Writer[Unit, tuple[Outcome, datetime]] = Writer(
            database, self._apply, self._deliver, trouble, rescue=self._rescue
        )

    @property
    def busy(self) -> bool:
        """Whether units are on their way to the disk."""
        return self.file.backlog > 0

    def submit(self, unit: Unit) -> None:
        """Write the unit, call its `after`, fulfil its receipt; in order of submission."""
        self.file.put(unit)

    # --- in the thread ------------------------------------------------------------------------------------

    def _apply(self, connection: sqlite3.Connection, unit: Unit) -> tuple[Outcome, datetime]:
        now = self._now()
        known_alarms = self._apply_writes(connection, unit, now) if unit.writes else frozenset()
        known_calls = self._apply_calls(connection, unit, known_alarms, now) if unit.calls else frozenset()
        if known_alarms or known_calls:
            return Outcome(known_alarms, known_calls), now
        return _NOTHING_KNOWN, now

    def _rescue(
        self, connection: sqlite3.Connection, unit: Unit, error: Exception
    ) -> tuple[Outcome, datetime]:
        """Keep an alarm, and all of its unit that can be written: one guest's fault must not cost it.

        A unit without an alarm is refused as a whole.
        """
        if not any(write.kind == "alarm" for write in unit.writes):
            raise error
        # A time without a zone is the likeliest fault of an alarm: then it happened when it arrived.
        writes = [
            Write(write.kind, {**write.row, "at": self._now()}, write.alarm)
            if write.kind == "alarm" and not self._is_sound(connection, write)
            else write
            for write in unit.writes
        ]
        sound = [write for write in writes if self._is_sound(connection, write)]
        if not any(write.kind == "alarm" for write in sound):
            raise error
        return self._apply(connection, replace(unit, writes=sound))

    def _is_sound(self, connection: sqlite3.Connection, write: Write) -> bool:
        """Whether a write can be carried out; tried and taken back."""
        connection.execute("SAVEPOINT attempt")
        try:
            if write.kind == chain.KIND:
                chain.append(connection, write.row)
                return True
            row = {**write.row, "stored_at": self._now()}
            statement = self._statement(write.kind)
            _execute(connection, statement.sql, statement.parameters(row))
        except Exception as error:
            if isinstance(error, sqlite3.Error) and remedy_of(error) is not None:
                raise
            log.error("a write of kind '%s' can't be carried out: %s", write.kind, error)
            return False
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK TO attempt")
                connection.execute("RELEASE attempt")
        return True

    def _apply_writes(self, connection: sqlite3.Connection, unit: Unit, now: datetime) -> frozenset[str]:
        known: set[str] = set()
        fresh: set[str] = set()
        for write in unit.writes:
            if write.alarm in known:
                continue
            if write.kind == chain.KIND:
                chain.append(connection, write.row)
                continue
            statement = self._statement(write.kind)
            if write.kind != "alarm":
                _execute(connection, statement.sql, statement.parameters(write.row))
                continue
            row = {**write.row, "stored_at": now}
            if _execute(connection, statement.sql, statement.parameters(row)):
                fresh.add(write.alarm)
            elif write.alarm not in fresh:
                known.add(write.alarm)
        return frozenset(known)

    def _statement(self, kind: str) -> Statement:
        statement = catalogue.WRITES.get(kind)
        if statement is None:
            raise ValueError(f"there is no kind of write '{kind}'; use one of {', '.join(catalogue.WRITES)}")
        return statement

    def _apply_calls(
        self, connection: sqlite3.Connection, unit: Unit, known_alarms: frozenset[str], now: datetime
    ) -> frozenset[str]:
        known: set[str] = set()
        fresh: set[str] = set()
        created = to_microseconds(now)
        for (call, alarm), body in zip(unit.calls, unit.bodies, strict=True):
            if alarm in known_alarms:
                continue
            expires = None if call.expires is None else to_microseconds(now + call.expires)
            row: list[Any] = [
                call.key,
                call.name,
                call.lane or call.name,
                body,
                call.cause,
                alarm,
                int(call.priority),
                created,
                created,
                0,
                "pending",
                expires,
                "",
                None,
            ]
            if _execute(connection, self._call, row):
                fresh.add(call.key)
            elif call.key not in fresh:
                known.add(call.key)
        return frozenset(known)

    # --- in the loop --------------------------------------------------------------------------------------

    def _deliver(self, results: list[tuple[Unit, tuple[Outcome, datetime] | Exception]]) -> None:
        for unit, result in results:
            receipt = unit.receipt
            if isinstance(result, Exception):
                if not receipt.done():
                    receipt.set_exception(result)
                    receipt.exception()  # it is logged; that nobody awaits it is no second fault
                continue
            outcome, now = result
            for callback in unit.after:
                self._tell(callback, outcome)
            if unit.calls and self.committed is not None:
                self.committed(unit, outcome, now)
            if not receipt.done():
                receipt.set_result(outcome)

    def _tell(self, callback: Callable[[Outcome], None], outcome: Outcome) -> None:
        try:
            callback(outcome)
        except Exception:
            log.exception("a callback after a commit failed")


def _execute(connection: sqlite3.Connection, sql: str, parameters: list[Any]) -> int:
    """Run one statement; returns how many rows it changed."""
    try:
        return connection.execute(sql, parameters).rowcount
    except UnicodeEncodeError:
        # A device sent half a surrogate pair; its alarm is worth more than that character.
        clean = [_storable(value) if isinstance(value, str) else value for value in parameters]
        return connection.execute(sql, clean).rowcount


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()

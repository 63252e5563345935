"""Runs of automations, and the plans they run by."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, desc, select

from hub.store import tables
from hub.store.statements import Statement, compiled, of
from hub.store.tables import from_microseconds
from hub.store.unit import Unit
from hub.store.unitwriter import UnitWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run as it is stored; unfinished as long as `finished` is None."""

    id: str
    automation: str
    version: str  # of its plan
    state: str  # waiting, done, failed ...
    step: int
    variables: str  # JSON
    wake: datetime | None  # when it goes on by itself
    trigger: str  # JSON
    started: datetime
    finished: datetime | None = None
    outcome: str = ""

    def write(self, unit: Unit) -> None:
        """Put the run down as it stands now."""
        unit.write("run", {name: getattr(self, name) for name in _RUN})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One version of an automation; `created` is when it was last written."""

    version: str
    automation: str
    source: str  # JSON
    created: datetime

    def write(self, unit: Unit) -> None:
        """Keep the plan for as long as runs need it; to be written once in each life of the hub that uses it."""
        unit.write("plan", {name: getattr(self, name) for name in _PLAN})


_RUN = tuple(column.name for column in tables.runs.columns)
_PLAN = tuple(column.name for column in tables.plans.columns)


class Runs:
    """Reads runs and plans through the writer, so that an answer contains all that was written before."""

    def __init__(self, writer: UnitWriter, opened: datetime) -> None:
        self._writer, self._opened = writer, opened
        self._unfinished, self._recent, self._plans = _unfinished(), recent_runs(), _plans()
        self._purge_runs, self._purge_plans = _purge_runs(), _purge_plans()
        self._newest = _newest()

    async def unfinished(self) -> list[RunRow]:
        """Every run that has not ended, the oldest first."""
        return [run_of(row) for row in await self._fetch(self._unfinished, {})]

    async def recent(self, automation: str, limit: int = 20) -> list[RunRow]:
        """The last runs of an automation, the newest first."""
        return [
            run_of(row) for row in await self._fetch(self._recent, {"automation": automation, "limit": limit})
        ]

    async def plans(self, versions: Iterable[str]) -> dict[str, PlanRow]:
        """Plans by version; versions that are not there are left out."""
        found: dict[str, PlanRow] = {}
        for version in dict.fromkeys(versions):
            for row in await self._fetch(self._plans, {"version": version}):
                found[version] = PlanRow(
                    version=row[0], automation=row[1], source=row[2], created=from_microseconds(row[3])
                )
        return found

    async def purge(self, before: datetime, keep: int = 100_000, limit: int = 1000) -> int:
        """Forget up to `limit` runs that finished earlier, or beyond the newest `keep` finished ones.

        Plans that no run needs go with them, but never one that was written since the store was opened: who
        wrote it relies on it. Returns how many runs went.
        """
        boundary = await self._fetch(self._newest, {"keep": keep})
        if boundary:
            before = max(before, from_microseconds(boundary[0][0]))
        gone = await self._execute(self._purge_runs, {"finished": before, "limit": limit})
        await self._execute(self._purge_plans, {"created": min(before, self._opened)})
        return gone

    async def _fetch(self, statement: Statement, row: dict[str, Any]) -> Sequence[Any]:
        parameters = statement.parameters(row)

        def read(connection: sqlite3.Connection) -> Sequence[Any]:
            return connection.execute(statement.sql, parameters).fetchall()

        return await self._writer.file.run(read)

    async def _execute(self, statement: Statement, row: dict[str, Any]) -> int:
        parameters = statement.parameters(row)
        return await self._writer.file.run(
            lambda connection: connection.execute(statement.sql, parameters).rowcount
        )


def run_of(row: Sequence[Any]) -> RunRow:
    """A row of the driver, columns in the table's order."""
    values = dict(zip(_RUN, row, strict=True))
    for name in ("wake", "started", "finished"):
        if values[name] is not None:
            values[name] = from_microseconds(values[name])
    return RunRow(**values)


def _unfinished() -> Statement:
    runs = tables.runs
    return compiled(select(*runs.c).where(runs.c.finished.is_(None)).order_by(runs.c.started), runs)


def recent_runs() -> Statement:
    """Runs of one `automation`, up to `limit`, the newest first; columns as of the table."""
    runs = tables.runs
    found = select(*runs.c).where(runs.c.automation == of("automation")).order_by(desc(runs.c.started))
    return compiled(found.limit(bindparam("limit")), runs)


def _plans() -> Statement:
    return compiled(select(*tables.plans.c).where(tables.plans.c.version == of("version")), tables.plans)


def _newest() -> Statement:
    """When the run finished that is the first one too many."""
    runs = tables.runs
    finished = select(runs.c.finished).where(runs.c.finished.is_not(None)).order_by(desc(runs.c.finished))
    return compiled(finished.limit(1).offset(bindparam("keep")), runs)


def _purge_runs() -> Statement:
    runs = tables.runs
    old = select(runs.c.id).where(runs.c.finished <= of("finished")).limit(bindparam("limit"))
    return compiled(delete(runs).where(runs.c.id.in_(old)), runs)


def _purge_plans() -> Statement:
    plans = tables.plans
    gone = delete(plans).where(
        plans.c.created < of("created"), plans.c.version.not_in(select(tables.runs.c.version))
    )
    return compiled(gone, plans)

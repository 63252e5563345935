"""Runs of automations, and the plans they run by."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from hub.store import catalogue
from hub.store.sql import Statement, from_microseconds
from hub.store.unit import Unit
from hub.store.unitwriter import UnitWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run as it is stored, columns in the table's order; unfinished as long as `finished` is None."""

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


_RUN = tuple(field.name for field in fields(RunRow))
_PLAN = tuple(field.name for field in fields(PlanRow))


class Runs:
    """Reads runs and plans through the writer, so that an answer contains all that was written before."""

    def __init__(self, writer: UnitWriter, opened: datetime) -> None:
        self._writer, self._opened = writer, opened

    async def unfinished(self) -> list[RunRow]:
        """Every run that has not ended, the oldest first."""
        return [run_of(row) for row in await self._fetch(catalogue.UNFINISHED_RUNS)]

    async def recent(self, automation: str, limit: int = 20) -> list[RunRow]:
        """The last runs of an automation, the newest first."""
        found = await self._fetch(catalogue.RECENT_RUNS, automation=automation, limit=limit)
        return [run_of(row) for row in found]

    async def plans(self, versions: Iterable[str]) -> dict[str, PlanRow]:
        """Plans by version; versions that are not there are left out."""
        found: dict[str, PlanRow] = {}
        for version in dict.fromkeys(versions):
            for row in await self._fetch(catalogue.PLAN_BY_VERSION, version=version):
                found[version] = PlanRow(
                    version=row[0], automation=row[1], source=row[2], created=from_microseconds(row[3])
                )
        return found

    async def purge(self, before: datetime, keep: int = 100_000, limit: int = 1000) -> int:
        """Forget up to `limit` runs that finished earlier, or beyond the newest `keep` finished ones.

        Plans that no run needs go with them, but never one that was written since the store was opened: who
        wrote it relies on it. Returns how many runs went.
        """
        boundary = await self._fetch(catalogue.FINISH_OF_RUN_TOO_MANY, keep=keep)
        if boundary:
            before = max(before, from_microseconds(boundary[0][0]))
        gone = await self._execute(catalogue.PURGE_RUNS, finished=before, limit=limit)
        await self._execute(catalogue.PURGE_PLANS, created=min(before, self._opened))
        return gone

    async def _fetch(self, statement: Statement, **row: Any) -> Sequence[Any]:
        return await self._writer.file.run(lambda connection: statement.run(connection, **row).fetchall())

    async def _execute(self, statement: Statement, **row: Any) -> int:
        return await self._writer.file.run(lambda connection: statement.run(connection, **row).rowcount)


def run_of(row: Sequence[Any]) -> RunRow:
    """A row of the driver, columns in the table's order."""
    values = dict(zip(_RUN, row, strict=True))
    for name in ("wake", "started", "finished"):
        if values[name] is not None:
            values[name] = from_microseconds(values[name])
    return RunRow(**values)

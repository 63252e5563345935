"""What the tests of the store and of its users share: a store to open again and again, and patience."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.kernel.journal import alarm_row
from hub.model.events import Alarm, Severity
from hub.store.store import Store
from hub.store.unit import Unit
from hub.testing.clock import START, ManualClock


class CoverOpened(Alarm, frozen=True, kw_only=True):
    angle: float = 0.0


def an_alarm(alarm_id: str, *, at: datetime = START, **fields: Any) -> CoverOpened:
    return CoverOpened(id=alarm_id, at=at, source="binary_sensor.mh_0137_open", area="b3", **fields)


def put_alarm(unit: Unit, alarm: Alarm) -> None:
    """As the bus does before it calls the handlers."""
    unit.alarm_id = alarm.id
    unit.alarm(alarm, alarm_row(alarm))


@dataclass
class Bench:
    """A data folder, a clock, and the store that is open on it."""

    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    _store: Store | None = None

    async def open(self, **keep: int) -> Store:
        self._store = await Store.open(
            self.folder,
            self.clock,
            report=lambda *words: self.problems.append(words),
            clear=self.cleared.append,
            **keep,
        )
        return self._store

    @property
    def store(self) -> Store:
        assert self._store is not None
        return self._store

    async def close(self) -> None:
        if self._store is not None:
            store, self._store = self._store, None
            await store.close()

    async def reopen(self) -> Store:
        await self.close()
        return await self.open()

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What another connection sees of all that was handed in until now."""
        await self.store.writer.file.run(lambda _connection: None)
        found = await self.store.read(lambda connection: connection.execute(sql).fetchall())
        return [tuple(row) for row in found]

    async def raise_alarm(self, alarm_id: str, severity: Severity = Severity.warning) -> None:
        with self.store.units.open() as unit:
            put_alarm(unit, an_alarm(alarm_id, severity=severity))
        await unit.receipt


async def until(condition: Any) -> None:
    """Wait, in real time, for threads to do what the condition says."""
    for _ in range(5000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never came")

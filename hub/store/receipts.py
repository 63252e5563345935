"""How far each delivery came: queued, sent, delivered, read, acknowledged, and when."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hub.store import catalogue
from hub.store.sql import from_microseconds
from hub.store.unit import Units
from hub.store.unitwriter import UnitWriter

Stage = Literal["sent", "delivered", "read", "acknowledged"]
STAGES: tuple[Stage, ...] = ("sent", "delivered", "read", "acknowledged")  # each further than the one before


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery's; a stage that did not come, or that nobody tells of, is None."""

    key: str
    alarm: str
    person: str
    channel: str
    print: str
    queued: datetime
    sent: datetime | None = None
    delivered: datetime | None = None
    read: datetime | None = None
    acknowledged: datetime | None = None

    @classmethod
    def of(cls, row: Sequence[Any]) -> "Receipt":
        """A row of the driver, columns in the table's order."""
        return cls(*row[:5], *(None if at is None else from_microseconds(at) for at in row[5:]))

    def reached(self, stage: Stage) -> bool:
        """Whether it came that far, or further."""
        return any(getattr(self, further) is not None for further in STAGES[STAGES.index(stage) :])


class Receipts:
    """Writes join the open unit; what came once stays as it is. A receipt is forgotten with its call of the outbox."""

    def __init__(self, writer: UnitWriter, units: Units, now: Callable[[], datetime]) -> None:
        self._writer, self._units, self._now = writer, units, now

    def queued(self, key: str, *, alarm: str, person: str, channel: str, print: str) -> None:  # noqa: A002
        """A delivery was put down; `print` is the same for what says the same to the same person."""
        row = Receipt(key, alarm, person, channel, print, self._now())
        with self._units.open() as unit:
            unit.write("receipt", {name: getattr(row, name) for name in Receipt.__slots__})

    def came(self, key: str, stage: Stage) -> None:
        """A delivery came that far now; nothing happens when it is unknown or came that far before."""
        with self._units.open() as unit:
            unit.write("receipt_came", {"key": key, **self._until(stage, stage)})

    def acknowledged(self, alarm: str, person: str) -> None:
        """A person took the alarm on: whatever told them of it was read."""
        with self._units.open() as unit:
            row = {"alarm": alarm, "person": person, **self._until("read", "acknowledged")}
            unit.write("receipt_of_alarm", row)

    def _until(self, *stages: Stage) -> dict[str, datetime | None]:
        return {stage: self._now() if stage in stages else None for stage in STAGES}

    async def find(self, key: str) -> Receipt | None:
        """One delivery's, with all that was put down before."""
        return await self._writer.file.run(lambda connection: find_receipt(connection, key))

    async def since(self, when: datetime, limit: int) -> list[Receipt]:
        """Those queued from then on, the newest first."""
        rows = await self._writer.file.run(
            lambda connection: catalogue.RECENT_RECEIPTS.run(connection, since=when, limit=limit).fetchall()
        )
        return [Receipt.of(tuple(row)) for row in rows]


def find_receipt(connection: sqlite3.Connection, key: str) -> Receipt | None:
    """As `Receipts.find`, on a connection that reads."""
    row = catalogue.RECEIPT_BY_KEY.run(connection, key=key).fetchone()
    return None if row is None else Receipt.of(tuple(row))

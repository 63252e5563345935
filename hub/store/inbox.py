"""People's inboxes: notices that stay in the hub, to be read on the console."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.store import catalogue
from hub.store.sql import from_microseconds
from hub.store.unit import Outcome, Units
from hub.store.unitwriter import UnitWriter

MOST = 500  # notices of one person; older ones go
LAST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One notice in one person's inbox."""

    seq: int = 0  # given when it is put down: the order of coming
    id: str  # the same for all deliveries of one notice to the person
    person: str
    key: str  # of the delivery
    at: datetime
    severity: int
    title: str
    message: str
    url: str = ""
    evidence: str = "[]"  # JSON
    cause: str = ""
    read_at: datetime | None = None


class Inbox:
    """Everybody's notices, the newest first, `MOST` a person."""

    def __init__(self, writer: UnitWriter, units: Units, now: Callable[[], datetime]) -> None:
        self._writer, self._units, self._now = writer, units, now

    def put(self, letter: Letter) -> "asyncio.Future[Outcome]":
        """Put a notice down, once; await what this returns. It joins the open unit."""
        row = {name: getattr(letter, name) for name in Letter.__slots__ if name != "seq"}
        with self._units.open() as unit:
            unit.write("letter", row)
            unit.write("letters_past", {"person": letter.person, "most": MOST})
            return unit.receipt

    async def page(
        self, person: str, *, before: int = LAST, limit: int = 50, unread: bool = False
    ) -> list[Letter]:
        """A person's notices that came before one (its `seq`), the newest first."""
        page = catalogue.UNREAD_LETTERS if unread else catalogue.LETTERS
        rows = await self._writer.file.run(
            lambda connection: page.run(connection, person=person, before=before, limit=limit).fetchall()
        )
        return [_letter(row) for row in rows]

    async def unread(self, person: str) -> int:
        """How many a person has not read."""
        row = await self._writer.file.run(
            lambda connection: catalogue.UNREAD_COUNT.run(connection, person=person).fetchone()
        )
        return int(row[0])

    async def mark_read(self, person: str, until: int) -> int:
        """A person has read all that came until then (a `seq`); how many that were. Their deliveries are read, too."""
        fresh = [letter for letter in await self.page(person, unread=True, limit=MOST) if letter.seq <= until]
        if fresh:
            now = self._now()
            with self._units.open() as unit:
                unit.write("letters_read", {"person": person, "seq": until, "read_at": now})
                for letter in fresh:
                    stages = {"sent": None, "delivered": now, "read": now, "acknowledged": None}
                    unit.write("receipt_came", {"key": letter.key, **stages})
            await unit.receipt
        return len(fresh)


def _letter(row: Sequence[Any]) -> Letter:
    names = list(Letter.__slots__)
    values = dict(zip(names, row, strict=True))
    for name in ("at", "read_at"):
        values[name] = None if values[name] is None else from_microseconds(values[name])
    return Letter(**values)

"""Pending calls in the courier's memory, and the lanes they stand in."""

from dataclasses import dataclass, field
from datetime import datetime

from hub.store.outbox import OutboxRow


@dataclass(slots=True, eq=False)
class Item:
    """One pending call in memory."""

    row: OutboxRow
    due: datetime
    attempts: int
    waits: int = 0  # times it found its integration not ready
    bugs: int = 0  # unexpected errors
    ticket: int = 0  # changes whenever the item is put elsewhere, so that older wake-ups are known as such
    under_way: bool = False  # being attempted, or its end being written down
    unwanted: bool = False  # dropped by a person during an attempt


@dataclass(slots=True)
class Lane:
    """Calls that share a limit and a provider."""

    ready: list[tuple[int, datetime, int, Item, int]] = field(default_factory=list)  # a heap
    running: int = 0
    closed_until: datetime | None = None  # as the provider asked

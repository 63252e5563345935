"""Durable timers: kept over a restart, fired inside the transaction that ends them."""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from hub.kernel.bus import Undo
from hub.kernel.clock import Clock, Timer
from hub.store.jsontext import decode, encode
from hub.store.tentative import Cell, Tentative
from hub.store.timers import TimerRow
from hub.store.unit import Units

TimerHandler = Callable[[str, Mapping[str, Any]], object]
ReportTimer = Callable[[str, str, Exception], None]

_AT_ONCE = 200  # fired in one go before the loop gets its turn
_PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
)  # between tries of a failing handler
_SPARE = 64  # outdated heap entries that are not worth sweeping


_Name = tuple[str, str]
_Entry = tuple[datetime, int, Cell[TimerRow]]


class TimerStore(Protocol):
    """Where timers are written, and read once."""

    units: Units

    def take_timer_rows(self) -> Iterable[TimerRow]:
        """Every timer on the disk, as of the start."""


class Timers:
    """Every owner's timers, on one heap with one wait of the clock.

    `report` hears of a handler that raised; it gets its timer three times more, then no more. A due timer whose
    owner has no handler yet waits for it.
    """

    def __init__(self, store: TimerStore, clock: Clock, report: ReportTimer) -> None:
        self._units, self._clock, self._report = store.units, clock, report
        self._rows: Tentative[_Name, TimerRow] = Tentative(self._settled)
        self._heap: list[_Entry] = []
        self._count = itertools.count().__next__
        self._handlers: dict[str, TimerHandler] = {}
        self._wait: Timer | None = None
        self._wait_until: datetime | None = None
        self._closed = True  # until the start
        self._failures: dict[_Name, int] = {}
        self.fired = 0
        for row in store.take_timer_rows():
            self._rows.load((row.owner, row.key), row)

    def start(self) -> None:
        """Begin to wait, in the running loop; timers that passed while the hub was down are due now."""
        self._closed = False
        for name in self._rows:
            cell = self._rows.cell(name)
            if cell is not None and cell.value is not None:
                self._push(cell.value, cell)

    def stop(self) -> None:
        """Fire nothing any more; what is set stays on the disk."""
        self._closed = True
        self._rest()

    def set(self, owner: str, key: str, when: datetime, data: Mapping[str, Any] | None = None) -> None:
        """Set or move a timer; joins the open unit. ValueError for a naive time or data that is no JSON."""
        if when.tzinfo is None:
            raise ValueError(f"timer '{key}' of '{owner}': the time {when} has no zone; use an aware one")
        text = encode(dict(data or {}), f"timer '{key}' of '{owner}': its data")
        row = TimerRow(owner, key, when.astimezone(UTC), text)
        with self._units.open() as unit:
            cell = self._rows.put((owner, key), row, unit)
            unit.write("timer", {"owner": owner, "key": key, "due": row.due, "data": text})
        self._push(row, cell)

    def cancel(self, owner: str, key: str) -> None:
        """Forget a timer; joins the open unit. It is no fault if there is none."""
        if self._rows.cell((owner, key)) is None:
            return
        with self._units.open() as unit:
            self._rows.put((owner, key), None, unit)
            unit.write("timer_gone", {"owner": owner, "key": key})

    def on(self, owner: str, handler: TimerHandler) -> Undo:
        """Take an owner's timers, those that waited for it first; returns the undo."""
        self._handlers[owner] = handler
        for row in self.of(owner):
            self._push(row, self._rows.cell((row.owner, row.key)))

        def undo() -> None:
            if self._handlers.get(owner) is handler:
                del self._handlers[owner]

        return undo

    def of(self, owner: str) -> list[TimerRow]:
        """An owner's timers, the soonest first."""
        return sorted((row for row in self if row.owner == owner), key=lambda row: row.due)

    def __iter__(self) -> Iterator[TimerRow]:
        return (row for name in self._rows if (row := self._rows.get(name)) is not None)

    # --- the heap -----------------------------------------------------------------------------------------

    def _settled(self, name: _Name) -> None:
        cell = self._rows.cell(name)
        if cell is not None and cell.value is not None:
            self._push(cell.value, cell)

    def _push(self, row: TimerRow, cell: Cell[TimerRow] | None) -> None:
        if cell is None or self._closed:
            return
        heapq.heappush(self._heap, (row.due, self._count(), cell))
        if len(self._heap) > 2 * len(self._rows) + _SPARE:
            self._heap = [entry for entry in self._heap if self._in_force(entry[2])]
            heapq.heapify(self._heap)
        self._arm()

    def _in_force(self, cell: Cell[TimerRow]) -> bool:
        row = cell.value
        return row is not None and self._rows.cell((row.owner, row.key)) is cell

    def _arm(self) -> None:
        if self._closed or not self._heap:
            return
        due = self._heap[0][0]
        if self._wait_until is not None and self._wait_until <= due:
            return
        self._rest()
        self._wait_until = due
        self._wait = self._clock.call_at(due, self._ring)

    def _rest(self) -> None:
        if self._wait is not None:
            self._wait.cancel()
        self._wait = self._wait_until = None

    def _ring(self) -> None:
        self._wait = self._wait_until = None
        now, fired = self._clock.now(), 0
        while self._heap and self._heap[0][0] <= now and fired < _AT_ONCE:
            cell = heapq.heappop(self._heap)[2]
            row = cell.value
            # One in doubt comes back when it is settled, one without a handler when that arrives.
            if row is not None and self._in_force(cell) and cell.settled and row.owner in self._handlers:
                self._fire(row)
                fired += 1
        self._arm()

    def _fire(self, row: TimerRow) -> None:
        self.fired += 1
        with self._units.open() as unit:
            self._rows.put((row.owner, row.key), None, unit)
            unit.write("timer_gone", {"owner": row.owner, "key": row.key})
            try:
                self._handlers[row.owner](row.key, decode(row.data))
            except Exception as error:  # noqa: BLE001 - an edge: one owner's fault must not stop the others' timers
                self._report(row.owner, row.key, error)
                self._try_again(row)
            else:
                self._failures.pop((row.owner, row.key), None)

    def _try_again(self, row: TimerRow) -> None:
        """A timer may carry an alarm: a handler that failed gets it a few times more, unless it set it anew."""
        name = (row.owner, row.key)
        tries = self._failures.get(name, 0)
        cell = self._rows.cell(name)
        if tries >= len(_PAUSES) or (cell is not None and cell.value is not None):
            self._failures.pop(name, None)
            return
        self._failures[name] = tries + 1
        self.set(row.owner, row.key, self._clock.now() + _PAUSES[tries], decode(row.data))

"""Values in memory that follow the fate of their unit.

What is written behind an alarm takes effect at once for readers, and is taken back when the commit finds that
the journal held that alarm already.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from hub.store.unit import Outcome, Unit

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True, eq=False)
class Cell(Generic[V]):
    """One written value, None when deleted; `settled` once the disk has it."""

    value: V | None
    settled: bool = True
    below: "Cell[V] | None" = None  # what holds if this one turns out void
    void: bool = False


class Tentative(Generic[K, V]):
    """A dict whose writes join a unit; `settled` hears of keys whose value became certain or was undone."""

    def __init__(self, settled: Callable[[K], None] | None = None) -> None:
        self._cells: dict[K, Cell[V]] = {}
        self._settled = settled

    def __len__(self) -> int:
        return len(self._cells)

    def load(self, key: K, value: V) -> None:
        """Take a value that the disk has."""
        self._cells[key] = Cell(value)

    def cell(self, key: K) -> Cell[V] | None:
        """The cell in force, also one that says the key is deleted."""
        return self._cells.get(key)

    def get(self, key: K) -> V | None:
        """The value in force."""
        cell = self._cells.get(key)
        return None if cell is None else cell.value

    def __iter__(self) -> Iterator[K]:
        """Keys that have a value, in order of their first writing."""
        return iter([key for key, cell in self._cells.items() if cell.value is not None])

    def put(self, key: K, value: V | None, unit: Unit) -> Cell[V]:
        """Write a value (None deletes); behind an alarm it stays in doubt until the commit."""
        cell = Cell(value)
        if unit.alarm_id:
            self._doubt(key, cell, unit)
        elif value is None:
            self._cells.pop(key, None)
            return cell
        self._cells[key] = cell
        return cell

    def _doubt(self, key: K, cell: Cell[V], unit: Unit) -> None:
        alarm, cell.settled, cell.below = unit.alarm_id, False, self._cells.get(key)

        def settle(outcome: Outcome) -> None:
            cell.settled = True
            if alarm in outcome.known_alarms:
                cell.void = True
            else:
                cell.below = None
            self._uncover(key)
            if self._settled is not None:
                self._settled(key)

        unit.after.append(settle)

    def _uncover(self, key: K) -> None:
        top = self._cells.get(key)
        while top is not None and top.void:
            top = top.below
        if top is None or (top.value is None and top.settled):
            self._cells.pop(key, None)
        else:
            self._cells[key] = top

"""A unit: what must be written together or not at all.

A handler never writes; it adds to the unit that is open around it. The unit goes to the writer thread as one
piece and its receipt is fulfilled after the commit. What an alarm caused stands behind that alarm: when the
journal already holds the alarm (a source sent it twice), its consequences are left out.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.model.calls import Call
from hub.model.events import Alarm
from hub.store.jsontext import encode


@dataclass(frozen=True, slots=True)
class Write:
    """One change of one table: `kind` names the writer's prepared statement, `row` its parameters."""

    kind: str
    row: Mapping[str, Any]
    alarm: str = ""  # id of the alarm this is a consequence of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the commit found: alarms the journal had already, calls whose key was known already."""

    known_alarms: frozenset[str] = frozenset()
    known_calls: frozenset[str] = frozenset()


@dataclass(slots=True)
class Unit:
    """One transaction in the making; filled in the loop, carried out by the writer thread."""

    receipt: "asyncio.Future[Outcome]"
    writes: list[Write] = field(default_factory=list)
    calls: list[tuple[Call, str]] = field(default_factory=list)  # with the alarm they follow from
    bodies: list[str] = field(default_factory=list)  # of each call, its data as JSON
    after: list[Callable[[Outcome], None]] = field(default_factory=list)  # run in the loop after the commit
    alarm_id: str = ""  # the alarm being dispatched

    def alarm(self, event: Alarm, row: Mapping[str, Any]) -> None:
        """Put the alarm itself down; a known id makes its consequences void."""
        self.writes.append(Write("alarm", row, event.id))

    def write(self, kind: str, row: Mapping[str, Any]) -> None:
        """Put one change down behind the alarm being dispatched, if any."""
        self.writes.append(Write(kind, row, self.alarm_id))

    def call(self, call: Call) -> None:
        """Put a durable call down, carried out after the commit; ValueError when its data is no JSON."""
        data = call.data if call.data.__class__ is dict else dict(call.data)
        self.bodies.append(encode(data, f"call '{call.key}' of '{call.name}': its data"))
        self.calls.append((call, self.alarm_id or call.alarm))

    @property
    def empty(self) -> bool:
        """Nothing to write: no need to trouble the disk."""
        return not self.writes and not self.calls


class Sink(Protocol):
    """What takes closed units: the writer."""

    def submit(self, unit: Unit) -> None:
        """Write the unit, call its `after`, fulfil its receipt; in order of submission."""


class Units:
    """Opens units; nested openings join the outer one, so that a chain of handlers is one transaction."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.current: Unit | None = None

    @contextmanager
    def open(self) -> Iterator[Unit]:
        """Open a unit, or join the one that is open; the outermost one submits it.

        Also when the body raises: an alarm that was raised stays raised, and a source that is not
        acknowledged sends again. Synchronous on purpose: no await may stand inside, or another task's writes
        would slip in.
        """
        if self.current is not None:
            yield self.current
            return
        unit = self.current = Unit(asyncio.get_running_loop().create_future())
        try:
            yield unit
        finally:
            self.current = None
            self.close(unit)

    def close(self, unit: Unit) -> None:
        """Hand a filled unit to the writer; an empty one is settled at once."""
        if unit.empty:
            outcome = Outcome()
            for callback in unit.after:
                callback(outcome)
            unit.receipt.set_result(outcome)
        else:
            self._sink.submit(unit)

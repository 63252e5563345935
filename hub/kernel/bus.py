"""The bus: handlers by event class; alarms are written down before anyone is told that they are.

Handlers are plain functions called in order of registration, inside the unit that is open around the event. A
handler that raises is the fault of its owner: it is reported and the others still hear.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from hub.kernel.journal import alarm_row
from hub.model.events import Alarm, Event
from hub.store.unit import Outcome, Units

E = TypeVar("E", bound=Event)
Handler = Callable[[Any], object]
Undo = Callable[[], None]
Report = Callable[[Handler, Event, Exception], None]


class Bus:
    """Carries events to those who listen to their class or to a class above it."""

    def __init__(self, units: Units, report: Report) -> None:
        self._units = units
        self._report = report
        self._own: dict[type[Event], list[Handler]] = {}
        self._cache: dict[type[Event], tuple[Handler, ...]] = {}
        self._nothing: asyncio.Future[Outcome] | None = None
        self.emitted = 0

    def on(self, event_class: type[E], handler: Callable[[E], object]) -> Undo:
        """Call `handler` for each event of the class or a subclass; returns the undo."""
        self._own.setdefault(event_class, []).append(handler)
        self._cache.clear()

        def undo() -> None:
            handlers = self._own.get(event_class, [])
            if handler in handlers:
                handlers.remove(handler)
                self._cache.clear()

        return undo

    def handlers(self, event_class: type[Event]) -> tuple[Handler, ...]:
        """Who hears events of this class, in order of registration within each class, base classes last."""
        found = self._cache.get(event_class)
        if found is None:
            found = tuple(
                handler
                for above in event_class.__mro__
                if isinstance(above, type) and issubclass(above, Event)
                for handler in self._own.get(above, ())
            )
            self._cache[event_class] = found
        return found

    def emit(self, event: Event) -> "asyncio.Future[Outcome]":
        """Tell everyone. For an alarm, the receipt is fulfilled when it and its consequences are on the disk.

        Inside an open unit the receipt is that unit's. An event that is no alarm returns a fulfilled receipt,
        unless a handler wrote something.
        """
        self.emitted += 1
        if isinstance(event, Alarm):
            return self._emit_alarm(event)
        for handler in self._cache.get(event.__class__) or self.handlers(event.__class__):
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - the bus is an edge: one guest must not silence another
                self._report(handler, event, error)
        current = self._units.current
        return self._done() if current is None else current.receipt

    def _emit_alarm(self, alarm: Alarm) -> "asyncio.Future[Outcome]":
        with self._units.open() as unit:
            before, unit.alarm_id = unit.alarm_id, alarm.id
            unit.alarm(alarm, alarm_row(alarm))
            try:
                for handler in self.handlers(alarm.__class__):
                    try:
                        handler(alarm)
                    except Exception as error:  # noqa: BLE001 - as above
                        self._report(handler, alarm, error)
            finally:
                unit.alarm_id = before
            return unit.receipt

    def _done(self) -> "asyncio.Future[Outcome]":
        loop = asyncio.get_running_loop()
        if self._nothing is None or self._nothing.get_loop() is not loop:
            self._nothing = loop.create_future()
            self._nothing.set_result(Outcome())
        return self._nothing

"""The bus: handlers by event class; alarms are written down before anyone is told that they are.

Handlers are plain functions called in order of registration, inside the unit that is open around the event. A
handler that raises is the fault of its owner: it is reported and the others still hear.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from hub.kernel.journal import alarm_row
from hub.model.events import Alarm, Event
from hub.store.unit import Outcome, Units

E = TypeVar("E", bound=Event)
Handler = Callable[..., object]
Undo = Callable[[], None]
Report = Callable[[Handler, Event, Exception], None]


class Bus:
    """Carries events to those who listen to their class or to a class above it."""

    def __init__(self, units: Units, report: Report) -> None:
        self._units = units
        self.report = report
        self._own: dict[type[Event], list[Handler]] = {}
        self._cache: dict[type[Event], tuple[Handler, ...]] = {}
        self._quick: dict[type[Event], tuple[Handler, ...]] = {}  # of classes that are no alarms
        self._nothing: asyncio.Future[Outcome] | None = None
        self.emitted = 0

    def on(self, event_class: type[E], handler: Callable[[E], object]) -> Undo:
        """Call `handler` for each event of the class or a subclass; returns the undo."""
        self._own.setdefault(event_class, []).append(handler)
        self._cache.clear()
        self._quick.clear()

        def undo() -> None:
            handlers = self._own.get(event_class, [])
            if handler in handlers:
                handlers.remove(handler)
                self._cache.clear()
                self._quick.clear()

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
        handlers = self._quick.get(event.__class__)
        if handlers is None:
            if isinstance(event, Alarm):
                return self._emit_alarm(event)
            handlers = self._quick[event.__class__] = self.handlers(event.__class__)
        for handler in handlers:
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - the bus is an edge: one guest must not silence another
                self.report(handler, event, error)
        current = self._units.current
        return current.receipt if current is not None else self._nothing or self._done()

    def _emit_alarm(self, alarm: Alarm) -> "asyncio.Future[Outcome]":
        with self._units.open() as unit:
            before, unit.alarm_id = unit.alarm_id, alarm.id
            unit.alarm(alarm, alarm_row(alarm))
            try:
                for handler in self.handlers(alarm.__class__):
                    try:
                        handler(alarm)
                    except Exception as error:  # noqa: BLE001 - as above
                        self.report(handler, alarm, error)
            finally:
                unit.alarm_id = before
            return unit.receipt

    def _done(self) -> "asyncio.Future[Outcome]":
        """The receipt of what wrote nothing; one for all."""
        self._nothing = asyncio.get_running_loop().create_future()
        self._nothing.set_result(Outcome())
        return self._nothing

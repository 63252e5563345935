"""The state table: what every entity last said."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from hub.kernel.bus import Bus, Undo
from hub.kernel.causes import cause_behind
from hub.kernel.clock import Clock
from hub.model.events import StateChanged, StateRemoved, StateReported
from hub.model.things import NO_ATTRIBUTES, Entity, State, Value

Watcher = Callable[[State | None, State], object]


class States:
    """Entities and their last values. A write of the same value is a report, not a change."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._bus = bus
        self._now = clock.now
        self._states: dict[str, State] = {}
        self._watchers: dict[str, tuple[Watcher, ...]] = {}
        self.entities: dict[str, Entity] = {}
        self.record: Callable[[State], None] | None = None  # takes every change: the history

    def get(self, entity_id: str) -> State | None:
        """The last state; None when the entity never spoke."""
        return self._states.get(entity_id)

    def all(self) -> Iterator[State]:
        """Every state there is, in order of first appearance."""
        return iter(tuple(self._states.values()))

    def declare(self, entity: Entity) -> Undo:
        """Make an entity known; the undo marks it unavailable and forgets the declaration."""
        self.entities[entity.id] = entity
        if entity.id not in self._states:
            self.set(entity.id, None, available=False)

        def undo() -> None:
            if self.entities.get(entity.id) is entity:
                del self.entities[entity.id]
                self.lose(entity.id)

        return undo

    def set(
        self,
        entity_id: str,
        value: Value,
        attributes: Mapping[str, Any] = NO_ATTRIBUTES,
        *,
        available: bool = True,
        at: datetime | None = None,
        cause: str = "",
    ) -> None:
        """Write an entity's value; watchers and listeners hear of it only when something changed."""
        old = self._states.get(entity_id)
        if at is None:
            at = self._now()
        cause = cause or cause_behind()
        since = at
        if (
            old is not None
            and old.value == value
            and old.value.__class__ is value.__class__
            and old.available is available
        ):
            since = old.changed_at
            if old.attributes is attributes or old.attributes == attributes:
                self._report(State(entity_id, value, available, at, since, old.attributes, cause))
                return
        new = State(entity_id, value, available, at, since, attributes, cause)
        self._states[entity_id] = new
        for watcher in self._watchers.get(entity_id, ()):
            try:
                watcher(old, new)
            except Exception as error:  # noqa: BLE001 - an edge like the bus: one guest must not silence another
                event = StateChanged(
                    at=at, source=entity_id, entity_id=entity_id, old=old, new=new, cause=cause
                )
                self._bus.report(watcher, event, error)
        if self.record is not None:
            self.record(new)
        if self._bus.handlers(StateChanged):
            self._bus.emit(
                StateChanged(at=at, source=entity_id, entity_id=entity_id, old=old, new=new, cause=cause)
            )

    def _report(self, new: State) -> None:
        """The same again: the entity lives."""
        self._states[new.entity_id] = new
        if self._bus.handlers(StateReported):
            self._bus.emit(
                StateReported(
                    at=new.at, source=new.entity_id, entity_id=new.entity_id, state=new, cause=new.cause
                )
            )

    def lose(self, entity_id: str) -> None:
        """Mark an entity unavailable, keeping its last value."""
        old = self._states.get(entity_id)
        if old is not None and old.available:
            self.set(entity_id, old.value, old.attributes, available=False)

    def remove(self, entity_id: str) -> bool:
        """Forget a state that no integration declares; False when there is none, ValueError when it is declared."""
        if entity_id in self.entities:
            raise ValueError(f"{entity_id} belongs to an integration, which would only report it again")
        old = self._states.pop(entity_id, None)
        if old is None:
            return False
        cause = cause_behind()
        self._bus.emit(
            StateRemoved(at=self._now(), source=entity_id, entity_id=entity_id, old=old, cause=cause)
        )
        return True

    def watch(self, entity_id: str, watcher: Watcher) -> Undo:
        """Call `watcher(old, new)` at each change of one entity; returns the undo."""
        self._watchers[entity_id] = (*self._watchers.get(entity_id, ()), watcher)

        def undo() -> None:
            left = tuple(other for other in self._watchers.get(entity_id, ()) if other is not watcher)
            if left:
                self._watchers[entity_id] = left
            else:
                self._watchers.pop(entity_id, None)

        return undo

"""What listens for the triggers of all rules: one subscription a source, an index behind it."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from automations.desk import Desk
from automations.lasting import Wait, Waits
from automations.live import Automation
from automations.outside import Outside
from automations.state_triggers import NumericTrigger, StateTrigger, Unclear
from automations.triggers import EventTrigger, HubTrigger, ScheduleTrigger, Trigger
from automations.views import HOUSE_NAME
from hub.api import Event, HubStarted, HubStopping, Link, Named, State, Timer

React = Callable[[State | None, State], None]
Hear = Callable[[Event], object]
Undo = Callable[[], object]
log = logging.getLogger("hub.guest.automation")


class Listeners:
    """Indexes from what happens to the rules that care. `listen` replaces them all in one go."""

    def __init__(self, link: Link, desk: Desk) -> None:
        self._link, self._desk = link, desk
        self._outside = Outside(link, desk)
        self.waits = Waits(link)
        self._reactions: dict[Automation, list[tuple[str, React]]] = {}
        self._states: dict[str, tuple[React, ...]] = {}
        self._events: dict[tuple[type[Event], str], tuple[Hear, ...]] = {}
        self._watched: dict[str, Undo] = {}
        self._heard: dict[type[Event], Undo] = {}
        self._timers: dict[Automation, list[Timer]] = {}

    def listen(self, automations: Iterable[Automation]) -> None:
        """Listen for these automations, and no longer for others."""
        rules = list(automations)
        states: dict[str, list[React]] = {}
        events: dict[tuple[type[Event], str], list[Hear]] = {}
        reactions: dict[Automation, list[tuple[str, React]]] = {}
        for automation in rules:
            # A rule that stays keeps its reactions, for they know which entities are armed.
            reactions[automation] = self._reactions.get(automation) or list(self._state_reactions(automation))
            for entity_id, react in reactions[automation]:
                states.setdefault(entity_id, []).append(react)
            for key, hear in self._event_reactions(automation):
                events.setdefault(key, []).append(hear)
        for gone in [automation for automation in self._reactions if automation not in reactions]:
            self._forget(gone)
        self._reactions = reactions
        self._states = {entity_id: tuple(found) for entity_id, found in states.items()}
        self._events = {key: tuple(found) for key, found in events.items()}
        self._subscribe()
        for automation in rules:
            if automation not in self._timers:
                self._schedule(automation)
        self._outside.listen(rules)

    def _forget(self, automation: Automation) -> None:
        self.waits.end_all(automation)
        for timer in self._timers.pop(automation, []):
            timer.cancel()

    def _subscribe(self) -> None:
        for entity_id in [entity_id for entity_id in self._watched if entity_id not in self._states]:
            self._watched.pop(entity_id)()
        for entity_id in self._states:
            if entity_id not in self._watched:
                self._watched[entity_id] = self._link.watch(entity_id, partial(self._changed, entity_id))
        classes = {event_class for event_class, _ in self._events}
        for event_class in [event_class for event_class in self._heard if event_class not in classes]:
            self._heard.pop(event_class)()
        for event_class in classes:
            if event_class not in self._heard:
                self._heard[event_class] = self._link.on(event_class, partial(self._happened, event_class))

    # --- states -----------------------------------------------------------------------------------------------

    def _changed(self, entity_id: str, old: State | None, new: State) -> None:
        for react in self._states.get(entity_id, ()):
            try:
                react(old, new)
            except Exception as error:
                log.error("a rule failed at %s", entity_id, exc_info=error)

    def _state_reactions(self, automation: Automation) -> Iterable[tuple[str, React]]:
        for trigger in automation.plan.triggers:
            kind = trigger.kind
            if isinstance(kind, StateTrigger):
                react = self._on_state(automation, trigger, kind)
                yield from ((entity_id, react) for entity_id in kind.entity_ids)
            elif isinstance(kind, NumericTrigger):
                react = self._on_number(automation, trigger, kind)
                yield from ((entity_id, react) for entity_id in kind.entity_ids)

    def _on_state(self, automation: Automation, trigger: Trigger, kind: StateTrigger) -> React:
        passes, fire = kind.passes, automation.fire
        if kind.lasting is None:

            def react(old: State | None, new: State) -> None:
                if passes(old, new):
                    fire(trigger, old, new)

            return react

        def react_lasting(old: State | None, new: State) -> None:
            wait = self.waits.get(automation, trigger, new.entity_id)
            if wait is not None:
                if self._still(wait, new):
                    return
                self.waits.end(automation, trigger, new.entity_id)
            if passes(old, new):
                self._begin(automation, trigger, old, new)

        return react_lasting

    def _on_number(self, automation: Automation, trigger: Trigger, kind: NumericTrigger) -> React:
        house, inside, fire = self._desk.house, kind.range.holds, automation.fire
        scope = self._scope if kind.range.template is not None else None
        armed = {entity_id for entity_id in kind.entity_ids if self._starts_outside(kind, entity_id)}

        def react(old: State | None, new: State) -> None:
            try:
                holds = inside(house, new, scope)
            except Unclear as error:
                log.debug("%s: %s: %s", automation.plan.name, new.entity_id, error)
                return
            if kind.lasting is not None:
                wait = self.waits.get(automation, trigger, new.entity_id)
                if wait is not None and not self._still(wait, new):
                    self.waits.end(automation, trigger, new.entity_id)
            if not holds:
                armed.add(new.entity_id)
            elif new.entity_id in armed:
                armed.discard(new.entity_id)
                if kind.lasting is None:
                    fire(trigger, old, new)
                else:
                    self._begin(automation, trigger, old, new)

        return react

    def _starts_outside(self, kind: NumericTrigger, entity_id: str) -> bool:
        state = self._desk.house.state(entity_id)
        try:
            return state is not None and not kind.range.holds(self._desk.house, state, self._scope)
        except Unclear:
            return False

    def _scope(self) -> dict[str, Any]:
        return {HOUSE_NAME: self._desk.house, "states": self._desk.states}

    # --- for --------------------------------------------------------------------------------------------------

    def _begin(self, automation: Automation, trigger: Trigger, old: State | None, new: State) -> None:
        kind = trigger.kind
        if not automation.on or not isinstance(kind, (StateTrigger, NumericTrigger)) or kind.lasting is None:
            return
        try:
            span = kind.lasting.of(self._scope)
        except self._desk.refusals as error:
            log.error("%s: 'for': %s", automation.plan.name, error)
            return
        if span:
            self.waits.begin(automation, trigger, old, new, span)
        else:
            automation.fire(trigger, old, new)

    def _still(self, wait: Wait, state: State) -> bool:
        """Whether what began the wait holds; after a restart, silence does not end it."""
        if wait.carried and (not state.available or state.value is None):
            return True
        wait.carried = False
        kind = wait.trigger.kind
        if isinstance(kind, StateTrigger):
            before = None if wait.old is None else kind.value(wait.old)
            return kind.still(before, kind.value(wait.new), state)
        if isinstance(kind, NumericTrigger):
            try:
                return kind.range.holds(self._desk.house, state, self._scope)
            except Unclear:
                return False
        return False

    def wait_over(self, key: str) -> None:
        """A wait's timer fired: fire its trigger, unless what is known by now speaks against it."""
        wait = self.waits.due(key)
        if wait is None:
            return
        state = self._desk.house.state(wait.new.entity_id)
        if state is None or self._still(wait, state):
            wait.automation.fire(wait.trigger, wait.old, wait.new, facts={"for": wait.seconds})

    # --- events -----------------------------------------------------------------------------------------------

    def _happened(self, event_class: type[Event], event: Event) -> None:
        name = event.name if isinstance(event, Named) else ""
        for hear in self._events.get((event_class, name), ()):
            try:
                hear(event)
            except Exception as error:
                log.error("a rule failed at %s", event.kind, exc_info=error, extra={"event": event.id})

    def _event_reactions(self, automation: Automation) -> Iterable[tuple[tuple[type[Event], str], Hear]]:
        for trigger in automation.plan.triggers:
            kind = trigger.kind
            if isinstance(kind, EventTrigger):
                for key, tests in zip(kind.heard, kind.tests, strict=True):
                    yield key, _hearing(automation, trigger, tests)
            elif isinstance(kind, HubTrigger):
                event_class = HubStarted if kind.event == "start" else HubStopping
                yield (event_class, ""), _hub_hearing(automation, trigger, kind.event)

    # --- times ------------------------------------------------------------------------------------------------

    def _schedule(self, automation: Automation) -> None:
        timers: list[Timer] = []
        for trigger in automation.plan.triggers:
            if isinstance(trigger.kind, ScheduleTrigger):
                place = len(timers)
                timers.append(_NoTimer())
                self._arm(automation, trigger, trigger.kind, timers, place)
        if timers:
            self._timers[automation] = timers

    def _arm(
        self, automation: Automation, trigger: Trigger, kind: ScheduleTrigger, timers: list[Timer], place: int
    ) -> None:
        due = kind.schedule.next_after(self._desk.now(), self._desk.house.zone)
        if due is None:
            return

        def ring() -> None:
            self._arm(automation, trigger, kind, timers, place)
            automation.fire(trigger, facts={"now": self._desk.now().astimezone(self._desk.house.zone)})

        timers[place] = self._link.clock.call_at(due, ring)

    def close(self) -> None:
        """Set no timer any more."""
        for timers in self._timers.values():
            for timer in timers:
                timer.cancel()
        self._timers.clear()


class _NoTimer:
    """Stands where a timer will be."""

    def cancel(self) -> None:
        """There is nothing to cancel."""


def _hearing(automation: Automation, trigger: Trigger, tests: tuple[Callable[[Event], bool], ...]) -> Hear:
    fire = automation.fire
    if not tests:
        return lambda event: fire(trigger, event=event)
    if len(tests) == 1:
        only = tests[0]
        return lambda event: fire(trigger, event=event) if only(event) else None

    def hear(event: Event) -> None:
        for test in tests:
            if not test(event):
                return
        fire(trigger, event=event)

    return hear


def _hub_hearing(automation: Automation, trigger: Trigger, name: str) -> Hear:
    return lambda _event: automation.fire(trigger, facts={"event": name})

"""What the engine does for programs outside: renders their templates, watches their triggers. Bounded like rules."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from automations.engine import Engine, HubHouse
from automations.functions import AllStates
from automations.listening import Listeners
from automations.live import Automation
from automations.natives import native
from automations.plan import Plan, read_plan
from automations.rules import names_heard
from automations.runs import Firing, Run
from automations.schema import Reading
from automations.templates import Template, TemplateFailed, TemplateFault
from automations.templates import Templates as Compiler
from automations.triggers import Trigger, WebhookTrigger
from automations.views import HOUSE_NAME, StateView
from hub.api import Area, Entity, Event, Link, Point, Rendered, State, TemplateRefused

_MOST_COMPILED = 200  # texts from outside that are kept compiled
_DEEPEST = 30


class Watched:
    """The house as one caller may see it; notes what a template looks at."""

    def __init__(self, house: HubHouse, sees: Callable[[str], bool]) -> None:
        self._house, self._sees = house, sees
        self.zone = house.zone
        self.looked_at: set[str] = set()
        self.everything = self.time = False

    def now(self) -> datetime:
        """Now; the template's text changes with the time."""
        self.time = True
        return self._house.now()

    def state(self, entity_id: str) -> State | None:
        """A state that the caller may see."""
        self.looked_at.add(entity_id)
        return self._house.state(entity_id) if self._sees(entity_id) else None

    def states(self) -> Iterator[State]:
        """Every state that the caller may see."""
        self.everything = True
        return (state for state in self._house.states() if self._sees(state.entity_id))

    def entity(self, entity_id: str) -> Entity | None:
        """A declaration that the caller may see."""
        return self._house.entity(entity_id) if self._sees(entity_id) else None

    def areas(self) -> Mapping[str, Area]:
        """Areas by id."""
        return self._house.areas()

    def area_of(self, entity_id: str) -> str:
        """The area of an entity that the caller may see, or ""."""
        return self._house.area_of(entity_id) if self._sees(entity_id) else ""


class Watcher(Automation):
    """Triggers of a program outside: instead of running, it tells."""

    def __init__(
        self, plan: Plan, engine: Engine, point: Point, tell: Callable[[Mapping[str, Any]], object]
    ) -> None:
        super().__init__(plan, engine.desk, point, on=True)
        self._tell = tell

    def fire(
        self,
        trigger: "Trigger | None",
        old: State | None = None,
        new: State | None = None,
        event: Event | None = None,
        facts: Mapping[str, Any] | None = None,
        *,
        skip_conditions: bool = False,
    ) -> Run | None:
        """Tell what the trigger saw."""
        self._tell(told(Firing(trigger, old, new, event, facts).view(self.desk.house)))
        return None


class Offer:
    """The engine's port `Templates`."""

    def __init__(self, link: Link, engine: Engine) -> None:
        self._link, self._engine = link, engine
        self._house = HubHouse(link)
        self._compiler, self._compiled = Compiler(), 0
        self._listeners = engine.watching = Listeners(link, engine.desk)
        self._watchers: dict[int, Watcher] = {}
        self._numbers = itertools.count()

    def render(self, source: str, variables: Mapping[str, Any], sees: Callable[[str], bool]) -> Rendered:
        """Render once; TemplateRefused."""
        template = self._compile(source)
        house = Watched(self._house, sees)
        own = {name: value for name, value in variables.items() if not name.startswith("_")}
        try:
            text = template.text({**own, HOUSE_NAME: house, "states": AllStates(house)})
        except TemplateFailed as error:
            raise TemplateRefused(str(error)) from error
        return Rendered(
            text, native(text), frozenset(house.looked_at), everything=house.everything, time=house.time
        )

    def _compile(self, source: str) -> Template:
        self._compiled += 1
        if self._compiled > _MOST_COMPILED:
            self._compiler.forget()
            self._compiled = 0
        try:
            return self._compiler.compile(source)
        except TemplateFault as error:
            line = f" (line {error.line})" if error.line else ""
            raise TemplateRefused(f"template: {error.problem}{line}") from error

    def watch(self, triggers: Any, tell: Callable[[Mapping[str, Any]], object]) -> Callable[[], None]:
        """Call `tell(trigger)` each time one of them fires; TemplateRefused."""
        number = next(self._numbers)
        plan = self._plan(triggers, f"outside {number}")
        point = Point(Entity(id=plan.entity_id, name=plan.name), self._link.states)
        self._watchers[number] = Watcher(plan, self._engine, point, tell)
        self._listen()

        def undo() -> None:
            if self._watchers.pop(number, None) is not None:
                self._listen()

        return undo

    def _plan(self, triggers: Any, name: str) -> Plan:
        source = {"triggers": triggers, "actions": []}
        reading = Reading(self._engine.known(), self._compiler, names_heard(source))
        print_ = name.encode()
        plan = read_plan(reading, source, (), identity=name, entity_id="automation.outside", print_=print_)
        if fatal := [finding for finding in reading.findings if finding.fatal]:
            raise TemplateRefused("; ".join(str(finding.problem) for finding in fatal[:5]))
        if any(isinstance(trigger.kind, WebhookTrigger) for trigger in plan.triggers):
            raise TemplateRefused("webhook triggers belong into a rule, which outlives a connection")
        return plan

    def _listen(self) -> None:
        self._listeners.listen(self._watchers.values())

    def close(self) -> None:
        """Watch nothing any more."""
        self._watchers.clear()
        self._listen()
        self._listeners.close()


def told(value: Any, depth: int = 0) -> Any:
    """What a trigger saw as plain values and states: no views, nothing that only templates know."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, StateView):
        return value.raw
    if isinstance(value, Mapping):
        return {str(key): told(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [told(item, depth + 1) for item in value]
    return value

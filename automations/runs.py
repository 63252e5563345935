"""A run is data: a plan, a step, variables, and what it waits for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from automations.views import HOUSE_NAME, House, StateView, event_view, view_of
from hub.api import Event, State, derive_id, new_id

if TYPE_CHECKING:
    from automations.functions import AllStates
    from automations.live import Automation
    from automations.plan import Plan
    from automations.triggers import Trigger

END, WAIT = -1, -2  # what a step answers instead of the next step's index
LONGEST_LOG = 200  # steps remembered of one run


class RunFailed(Exception):
    """A step could not be done; the run ends."""


@dataclass(slots=True, eq=False)
class Firing:
    """What a trigger saw when it fired."""

    trigger: "Trigger | None"  # None: started by hand
    old: State | None = None
    new: State | None = None
    event: Event | None = None
    facts: Mapping[str, Any] | None = None  # the platform's own: payload, now, webhook's data ...
    stored: dict[str, Any] | None = None  # the view, once it was made or taken off the disk

    def view(self, house: House) -> dict[str, Any]:
        """The variable `trigger` of templates, as in Home Assistant; made once."""
        if self.stored is None:
            self.stored = self._made(house)
        return self.stored

    def _made(self, house: House) -> dict[str, Any]:
        trigger = self.trigger
        if trigger is None:
            return {"platform": None, **(self.facts or {})}
        view: dict[str, Any] = {
            "id": trigger.id,
            "idx": str(trigger.index),
            "alias": trigger.alias or None,
            "platform": trigger.platform,
        }
        if self.new is not None:
            view |= {
                "entity_id": self.new.entity_id,
                "from_state": view_of(self.old, house),
                "to_state": StateView(self.new, house),
                "description": f"{trigger.platform} of {self.new.entity_id}",
            }
        if self.event is not None:
            view["event"] = event_view(self.event)
            view["description"] = f"event '{view['event']['event_type']}'"
        if self.facts:
            view |= self.facts
        return view


class Run:
    """One execution of an automation."""

    __slots__ = (
        "_id",
        "_scope",
        "alarm",
        "at",
        "automation",
        "firing",
        "house",
        "in_doubt",
        "kept",
        "log",
        "number",
        "outcome",
        "plan",
        "state",
        "states",
        "step",
        "task",
        "timer",
        "trigger_id",
        "variables",
        "wake",
    )

    def __init__(
        self,
        automation: "Automation",
        plan: "Plan",
        firing: Firing,
        house: House,
        states: "AllStates",
        at: datetime,
    ) -> None:
        self.automation, self.plan, self.firing = automation, plan, firing
        self.house, self.states, self.at = house, states, at
        self.trigger_id = firing.trigger.id if firing.trigger is not None else ""
        self.variables: dict[str, Any] = {}
        self.step = self.number = 0
        self.state = "running"  # waiting, queued, committing; done, failed, blocked, lost, cancelled, closed
        self.outcome = ""
        self.log: list[int] = []
        self.alarm = ""  # id of the alarm it follows from
        self.in_doubt = False  # until that alarm is known to be new
        self.kept = False  # whether the disk holds it
        self.wake: datetime | None = None
        self.timer: Any = None
        self.task: Any = None
        self._id = ""
        self._scope: dict[str, Any] | None = None

    @property
    def id(self) -> str:
        """The same for a redelivered event; new for a change of state."""
        if not self._id:
            event = self.firing.event
            if event is None or self.firing.trigger is None:
                self._id = new_id()
            else:
                self._id = derive_id(self.plan.id, self.plan.version, self.firing.trigger.index, event.id)
        return self._id

    def rename(self, identity: str) -> None:
        """Give it the id that it has on the disk."""
        self._id = identity

    def scope(self) -> dict[str, Any]:
        """All variables of templates; made when first needed."""
        scope = self._scope
        if scope is None:
            state = self.house.state(self.plan.entity_id)
            scope = self._scope = {
                HOUSE_NAME: self.house,
                "states": self.states,
                "trigger": self.firing.view(self.house),
                "this": view_of(state, self.house),
                **self.variables,
            }
        return scope

    def assign(self, name: str, value: Any) -> None:
        """Give a variable a value."""
        self.variables[name] = value
        if self._scope is not None:
            self._scope[name] = value

    def rest(self) -> None:
        """Let go of what only a moving run needs."""
        self._scope = None
        if self.firing.trigger is not None:
            self.firing.stored = None  # it can be made again

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in ("running", "waiting", "queued", "committing")


# --- as JSON ------------------------------------------------------------------------------------------------

_MARK = "$"


def to_json(value: Any) -> str:
    """Variables or a trigger's view as JSON text; what JSON has no word for is marked."""
    return json.dumps(_pack(value, 0), ensure_ascii=False, separators=(",", ":"), allow_nan=True)


def from_json(text: str) -> Any:
    """The value of such a text."""
    return _unpack(json.loads(text))


def _pack(value: Any, depth: int) -> Any:
    if depth > 60:
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        packed = {str(key): _pack(item, depth + 1) for key, item in value.items()}
        return {f"{_MARK}map": packed} if any(key.startswith(_MARK) for key in packed) else packed
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_pack(item, depth + 1) for item in value]
    if isinstance(value, datetime):
        return {f"{_MARK}time": value.isoformat()}
    if isinstance(value, timedelta):
        return {f"{_MARK}span": value.total_seconds()}
    if isinstance(value, StateView):
        return {f"{_MARK}state": [*_pack_state(value.raw, depth), value.name]}
    return str(value)


def _pack_state(state: State, depth: int) -> list[Any]:
    return [
        state.entity_id,
        state.value,
        state.available,
        state.at.isoformat(),
        state.changed_at.isoformat(),
        _pack(state.attributes, depth + 1),
        state.cause,
    ]


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpack(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        key, item = next(iter(value.items()))
        if key == f"{_MARK}time":
            return datetime.fromisoformat(item).astimezone(UTC)
        if key == f"{_MARK}span":
            return timedelta(seconds=item)
        if key == f"{_MARK}state":
            return StateView(unpack_state(item[:-1]), name=item[-1])
        if key == f"{_MARK}map":
            value = item
    return {key: _unpack(item) for key, item in value.items()}


def unpack_state(packed: list[Any]) -> State:
    """The state of a list that `pack_state` made."""
    entity_id, value, available, at, changed_at, attributes, cause = packed
    return State(
        entity_id,
        value,
        available,
        datetime.fromisoformat(at),
        datetime.fromisoformat(changed_at),
        _unpack(attributes),
        cause,
    )


def pack_state(state: State | None) -> list[Any] | None:
    """A state as a list that JSON can hold."""
    return None if state is None else _pack_state(state, 0)

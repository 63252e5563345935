"""How states and events look in templates: as in Home Assistant, with nothing else to hold on to."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, Protocol

from hub.api import Area, Entity, Event, Evidence, Named, Severity, State, StateChanged, plain


class House(Protocol):
    """What rules may see of the hub."""

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""

    def state(self, entity_id: str) -> State | None:
        """An entity's last state."""

    def states(self) -> Iterator[State]:
        """Every state."""

    def entity(self, entity_id: str) -> Entity | None:
        """An entity's declaration, if there is one."""

    def areas(self) -> Mapping[str, Area]:
        """Areas by id."""

    def area_of(self, entity_id: str) -> str:
        """The area of an entity or of its device, or ""."""


class StateView:
    """A state in a template: `state` is its text."""

    __slots__ = ("_house", "_name", "_state")

    def __init__(self, state: State, house: House | None = None, name: str = "") -> None:
        self._state, self._house, self._name = state, house, name

    @property
    def raw(self) -> State:
        """The state behind this view."""
        return self._state

    @property
    def entity_id(self) -> str:
        """As in Home Assistant."""
        return self._state.entity_id

    @property
    def state(self) -> str:
        """The state's text: on, 23.5, unavailable ..."""
        return self._state.text

    @property
    def attributes(self) -> Mapping[str, Any]:
        """As in Home Assistant."""
        return self._state.attributes

    @property
    def domain(self) -> str:
        """The part of the id before the dot."""
        return self._state.entity_id.partition(".")[0]

    @property
    def object_id(self) -> str:
        """The part of the id behind the dot."""
        return self._state.entity_id.partition(".")[2]

    @property
    def name(self) -> str:
        """What people call the entity; the id's words when it has no name."""
        if not self._name:
            entity = None if self._house is None else self._house.entity(self._state.entity_id)
            declared = "" if entity is None else entity.name
            words = self.object_id.replace("_", " ")
            self._name = str(self._state.attributes.get("friendly_name") or declared or words)
        return self._name

    @property
    def last_changed(self) -> datetime:
        """When the value last changed."""
        return self._state.changed_at

    @property
    def last_updated(self) -> datetime:
        """When it was last reported."""
        return self._state.at

    @property
    def context(self) -> Mapping[str, Any]:
        """What was behind the change."""
        return {"id": self._state.cause, "parent_id": None, "user_id": None}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StateView) and other._state == self._state

    def __hash__(self) -> int:
        return hash(self._state.entity_id)

    def __repr__(self) -> str:
        return f"<state {self.entity_id}={self.state}>"


def view_of(state: State | None, house: House | None = None) -> StateView | None:
    """The view of a state; None stays None."""
    return None if state is None else StateView(state, house)


def field_value(value: Any) -> Any:
    """One field of an event as rules see it: severities by name, times as times, the rest plain."""
    if value.__class__ in _AS_IT_IS:
        return value
    if isinstance(value, Severity):
        return value.name
    if isinstance(value, datetime):
        return value
    if isinstance(value, State):
        return StateView(value)
    if isinstance(value, Evidence):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(key): field_value(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [field_value(item) for item in value]
    return value


_AS_IT_IS = frozenset((str, int, float, bool, type(None)))


def event_name(event: Event) -> str:
    """The name that rules know an event by: its kind, or the one a site gave it."""
    return event.name if isinstance(event, Named) else event.kind


def fields_of(event: Event) -> dict[str, Any]:
    """What `trigger.event.data` holds; a state change has Home Assistant's names beside ours."""
    if isinstance(event, Named):
        return {str(key): field_value(value) for key, value in event.data.items()}
    data = {name: field_value(getattr(event, name)) for name in event.__struct_fields__}
    if isinstance(event, StateChanged):
        data |= {"old_state": view_of(event.old), "new_state": view_of(event.new)}
    return data


def event_view(event: Event) -> dict[str, Any]:
    """`trigger.event`: Home Assistant's shape, with the fields also directly at hand."""
    own = {name: getattr(event, name) for name in _OWN}
    return _whole_view(own, event_name(event), fields_of(event))


def thin_view(view: Mapping[str, Any]) -> dict[str, Any]:
    """`trigger.event` without what stands there twice, for the disk; `thick_view` brings it back."""
    return {"own": {name: view.get(name) for name in _OWN}, "name": view["event_type"], "data": view["data"]}


def thick_view(thin: Mapping[str, Any]) -> dict[str, Any]:
    """`trigger.event` of what `thin_view` left."""
    return _whole_view(thin["own"], thin["name"], thin["data"])


_OWN = ("id", "at", "source", "area", "cause")


def _whole_view(own: Mapping[str, Any], name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **own,
        **data,
        "event_type": name,
        "data": data,
        "time_fired": own["at"],
        "origin": "LOCAL",
        "context": {"id": own["id"], "parent_id": own["cause"] or None, "user_id": None},
    }


HOUSE_NAME = "_house"  # templates can't say names that start with an underscore
Render = Callable[[Mapping[str, Any]], Any]

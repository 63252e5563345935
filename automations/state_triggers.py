"""Triggers on states: which change of an entity counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from automations.schema import ENTITY_ID, Fields, Span
from automations.templates import Template, TemplateFailed
from automations.views import House, StateView
from hub.api import State

Change = Callable[[State | None, State], bool]
Scope = Callable[[], dict[str, Any]]


class Unclear(Exception):
    """It can't be said whether something holds: an entity is missing, or a value is no number."""


@dataclass(slots=True, eq=False)
class StateTrigger:
    """A change of an entity's text or of one of its attributes."""

    platform: ClassVar[str] = "state"
    entity_ids: tuple[str, ...]
    passes: Change
    value: Callable[[State], Any]  # what is compared: the text or the attribute
    only_left: bool  # with `from` but no `to`, `for` waits for as long as it is not back
    lasting: Span | None

    def still(self, before: Any, matched: Any, state: State) -> bool:
        """Whether what started a `for` holds."""
        now = self.value(state)
        return bool(now != before) if self.only_left else bool(now == matched)


@dataclass(slots=True, eq=False)
class NumericTrigger:
    """An entity's number coming into a range."""

    platform: ClassVar[str] = "numeric_state"
    entity_ids: tuple[str, ...]
    range: "Range"
    lasting: Span | None


def read_state_trigger(fields: Fields) -> StateTrigger | None:
    """A state trigger; null under `to` or `from` stands for any state, but then only changes of it count."""
    entity_ids = fields.entities("entity_id")
    attribute = fields.text("attribute")
    keys = ("from", "to", "not_from", "not_to")
    given = {key: _wanted(fields, key, attribute) for key in keys if fields.has(key)}
    for key in keys:
        fields.take(key)
    for key in ("from", "to"):
        if key in given and f"not_{key}" in given:
            fields.fault(f"not_{key}", f"'{key}' and 'not_{key}' exclude each other", "keep one")
    value = _attribute_of(attribute) if attribute else _text_of
    passes = _change(given, value, attribute)
    only_left = "from" in given and "to" not in given
    return StateTrigger(entity_ids, passes, value, only_left, fields.span("for")) if entity_ids else None


def _wanted(fields: Fields, key: str, attribute: str) -> frozenset[Any] | None:
    """The values under a key; None for any."""
    if not attribute:
        words = fields.texts(key)
        return None if words is None else frozenset(words)
    value = fields.take(key)
    listed = value if isinstance(value, list) else [value]
    if any(isinstance(item, (dict, list)) for item in listed):
        fields.fault(key, f"'{key}' must be a value or a list of values")
        return None
    return None if value is None else frozenset(listed)


def _text_of(state: State) -> str:
    return state.text


def _attribute_of(name: str) -> Callable[[State], Any]:
    return lambda state: state.attributes.get(name)


def _change(given: dict[str, frozenset[Any] | None], value: Callable[[State], Any], attribute: str) -> Change:
    """The test of a change. With none of the keys any change counts, also one of attributes alone."""
    if not given and not attribute:
        return lambda old, new: True
    to, not_to = given.get("to"), given.get("not_to")
    came, not_from = given.get("from"), given.get("not_from")

    def passes(old: State | None, new: State) -> bool:
        after = value(new)
        if to is not None and not _in(after, to):
            return False
        before = None if old is None else value(old)
        if before == after or (not_to is not None and _in(after, not_to)):
            return False
        if came is not None and not _in(before, came):
            return False
        return not_from is None or not _in(before, not_from)

    if attribute or len(given) > 1 or to is None:
        return passes

    def arrives(old: State | None, new: State) -> bool:
        text = new.text
        return text in to and (old is None or old.text != text)

    return arrives


def _in(value: Any, wanted: frozenset[Any]) -> bool:
    try:
        return value in wanted or (not isinstance(value, (str, bool)) and str(value) in wanted)
    except TypeError:  # a list or mapping as an attribute's value
        return False


# --- numbers --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range:
    """Above and below; a bound may be another entity's number."""

    above: float | str | None
    below: float | str | None
    attribute: str = ""
    template: Template | None = None

    def holds(self, house: House, state: State, scope: Scope | None) -> bool:
        """Whether the state's number lies inside; False when it is not available, Unclear when it is no number."""
        if self.template is None and not self.attribute:
            value: Any = state.value
            if not state.available or value is None:
                return False
        elif state.text in ("unavailable", "unknown"):
            return False
        else:
            value = self._value(state, scope)
        number = value if value.__class__ is float else _number(value)
        above, below = self.above, self.below
        if above is not None and number <= (above if above.__class__ is float else _bound(house, above)):
            return False
        return below is None or number < (below if below.__class__ is float else _bound(house, below))

    def _value(self, state: State, scope: Scope | None) -> Any:
        if self.template is None:
            return state.attributes.get(self.attribute)
        names: Mapping[str, Any] = {**(scope() if scope else {}), "state": StateView(state)}
        try:
            return self.template.value(names)
        except TemplateFailed as error:
            raise Unclear(str(error)) from error


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise Unclear(f"{value!r} is no number") from error


def _bound(house: House, entity_id: Any) -> float:
    state = house.state(entity_id)
    if state is None or not state.available:
        raise Unclear(f"the limit {entity_id} is not available")
    return _number(state.value)


def read_range(fields: Fields) -> Range:
    """`above`, `below`, `attribute` and `value_template`."""
    above, below = _read_bound(fields, "above"), _read_bound(fields, "below")
    if above is None and below is None and not fields.has("above") and not fields.has("below"):
        fields.reading.fault(fields.path, "'above' and 'below' are missing", "add at least one of them")
    if isinstance(above, float) and isinstance(below, float) and above >= below:
        fields.fault("above", f"no number is above {above:g} and below {below:g}", "swap them")
    attribute = fields.text("attribute")
    fields.reading.variables.add("state")
    template = fields.template("value_template")
    fields.reading.variables.discard("state")
    return Range(above, below, attribute, template)


def _read_bound(fields: Fields, key: str) -> float | str | None:
    value = fields.take(key)
    if value is None:
        return None
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            if ENTITY_ID.fullmatch(str(value)):
                fields.reading.entity(str(value), (*fields.path, key))
                return str(value)
        except OverflowError:
            pass
    fields.fault(key, f"'{key}' must be a number or an entity id, not {value!r}")
    return None


def read_numeric_trigger(fields: Fields) -> NumericTrigger | None:
    """A numeric_state trigger."""
    entity_ids = fields.entities("entity_id")
    wanted, lasting = read_range(fields), fields.span("for")
    return NumericTrigger(entity_ids, wanted, lasting) if entity_ids else None

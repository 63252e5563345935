"""Conditions: read once into closures that look at a run's situation."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from automations.durations import parse_time_of_day
from automations.schema import Fields, Path, Reading, each, kind_of_value
from automations.state_triggers import Unclear, read_range
from automations.templates import Template, TemplateFailed, is_template
from automations.triggers import read_weekdays
from automations.views import House
from hub.api import State, did_you_mean

LATER = ("device", "sun", "zone")
_GROUPS = ("and", "or", "not")


class Situation(Protocol):
    """What a condition may look at."""

    @property
    def house(self) -> House:
        """The states, the time, the places."""

    @property
    def trigger_id(self) -> str:
        """Id of the trigger that fired, "" when there was none."""

    def scope(self) -> dict[str, Any]:
        """The variables of templates."""


Check = Callable[[Situation], bool]


def read_conditions(reading: Reading, written: Any, path: Path) -> list[Check]:
    """All of a list (or the one that stands instead of it); those that are disabled are left out."""
    found: list[Check] = []
    for item, way in each(written):
        check = read_condition(reading, item, (*path, *way))
        if check is not None:
            found.append(check)
    return found


def read_condition(reading: Reading, item: Any, path: Path) -> Check | None:
    """One condition, None when it is disabled or faulty."""
    if isinstance(item, str):
        return (
            _template_check(reading.template(item, path)) if _must_be_template(reading, item, path) else None
        )
    if isinstance(item, bool):
        return lambda _situation: item
    if not isinstance(item, dict):
        reading.fault(path, f"a condition must be a mapping, not {kind_of_value(item)}", "- condition: state")
        return None
    fields = Fields(reading, item, path, "alias")
    if "condition" not in item:
        return _read_shorthand(fields, item)
    kind = fields.take("condition")
    if isinstance(kind, str) and is_template(kind):
        check = _template_check(reading.template(kind, (*path, "condition")))
    elif kind in _GROUPS:
        check = _group(
            str(kind), read_conditions(reading, fields.require("conditions"), (*path, "conditions"))
        )
    elif isinstance(kind, str) and kind in _READERS:
        check = _READERS[kind](fields)
    else:
        _unknown(fields, kind)
        return None
    return _finished(fields, check, f"a {kind} condition")


def _must_be_template(reading: Reading, text: str, path: Path) -> bool:
    if is_template(text):
        return True
    reading.fault(
        path, "a condition as text must be a template", "write it as in \"{{ is_state('a.b', 'on') }}\""
    )
    return False


def _finished(fields: Fields, check: Check | None, what: str) -> Check | None:
    enabled = fields.flag("enabled", True)
    fields.finish(what)
    return check if enabled else None


def _read_shorthand(fields: Fields, item: dict[Any, Any]) -> Check | None:
    """- or: [...]"""
    words = [word for word in _GROUPS if word in item]
    if len(words) != 1:
        fields.reading.fault(
            fields.path, "the condition does not say what it is", "add 'condition: state' or so"
        )
        return None
    word = words[0]
    check = _group(word, read_conditions(fields.reading, fields.take(word), (*fields.path, word)))
    return _finished(fields, check, f"an '{word}' condition")


def _unknown(fields: Fields, kind: Any) -> None:
    if kind in LATER:
        fields.fault("condition", f"conditions of kind '{kind}' are not supported yet", "use a template")
    else:
        known = [*_READERS, *_GROUPS]
        hint = did_you_mean(kind, known) or f"there are {', '.join(sorted(known))}"
        fields.fault("condition", f"there is no condition {kind!r}", hint)


# --- groups -----------------------------------------------------------------------------------------------------


def all_hold(checks: list[Check]) -> Check:
    """True when every one is; one that is unclear only matters when none is false."""

    def check(situation: Situation) -> bool:
        unclear: Unclear | None = None
        for one in checks:
            try:
                if not one(situation):
                    return False
            except Unclear as error:
                unclear = error
        if unclear is not None:
            raise unclear
        return True

    return check


def _any_holds(checks: list[Check], wanted: bool) -> Check:
    def check(situation: Situation) -> bool:
        unclear: Unclear | None = None
        for one in checks:
            try:
                if one(situation):
                    return wanted
            except Unclear as error:
                unclear = error
        if unclear is not None:
            raise unclear
        return not wanted

    return check


def _group(word: str, checks: list[Check]) -> Check:
    return all_hold(checks) if word == "and" else _any_holds(checks, wanted=word == "or")


# --- states -----------------------------------------------------------------------------------------------------


def _read_state(fields: Fields) -> Check | None:
    entity_ids, attribute = fields.entities("entity_id"), fields.text("attribute")
    match = fields.choice("match", ("all", "any"), "all")
    lasting = fields.span("for")
    wanted = _read_wanted(fields, attribute)
    if not entity_ids or wanted is None:
        return None
    fixed = frozenset(item for item in wanted if not _names_input(item))
    inputs = tuple(item for item in wanted if _names_input(item))

    def holds(situation: Situation, entity_id: str) -> bool:
        state = _state(situation, entity_id)
        value = state.attributes.get(attribute) if attribute else state.text
        if not _is_one_of(value, fixed) and not any(_input_says(situation, item, value) for item in inputs):
            return False
        return lasting is None or _lasts(situation, state, lasting.of(situation.scope))

    if match == "any":
        return _any_holds([_for_entity(holds, entity_id) for entity_id in entity_ids], wanted=True)
    if len(entity_ids) == 1:
        return _for_entity(holds, entity_ids[0])
    return all_hold([_for_entity(holds, entity_id) for entity_id in entity_ids])


def _for_entity(holds: Callable[[Situation, str], bool], entity_id: str) -> Check:
    return lambda situation: holds(situation, entity_id)


def _read_wanted(fields: Fields, attribute: str) -> list[Any] | None:
    if not attribute:
        words = fields.texts("state")
        if words is None:
            fields.fault("state", "'state' is missing", "add 'state:' with the text to compare with")
        return None if words is None else list(words)
    value = fields.require("state")
    return value if isinstance(value, list) else [value]


def _names_input(item: Any) -> bool:
    return isinstance(item, str) and item.startswith("input_") and "." in item


def _input_says(situation: Situation, entity_id: str, value: Any) -> bool:
    return bool(value == _state(situation, entity_id).text)


def _is_one_of(value: Any, wanted: frozenset[Any]) -> bool:
    try:
        return value in wanted
    except TypeError:
        return False


def _state(situation: Situation, entity_id: str) -> State:
    state = situation.house.state(entity_id)
    if state is None:
        raise Unclear(f"there is no state of {entity_id}")
    return state


def _lasts(situation: Situation, state: State, span: timedelta) -> bool:
    return situation.house.now() - state.changed_at >= span


def _read_numeric(fields: Fields) -> Check | None:
    entity_ids, wanted = fields.entities("entity_id"), read_range(fields)
    if not entity_ids:
        return None
    needs_scope = wanted.template is not None

    def holds(situation: Situation, entity_id: str) -> bool:
        house = situation.house
        state = house.state(entity_id)
        if state is None:
            raise Unclear(f"there is no state of {entity_id}")
        return wanted.holds(house, state, situation.scope if needs_scope else None)

    if len(entity_ids) == 1:
        return _for_entity(holds, entity_ids[0])
    return all_hold([_for_entity(holds, entity_id) for entity_id in entity_ids])


# --- time, templates, triggers ------------------------------------------------------------------------------------


def _read_time(fields: Fields) -> Check | None:
    after, before = _read_time_of_day(fields, "after"), _read_time_of_day(fields, "before")
    days = read_weekdays(fields)
    if not any(fields.has(key) for key in ("after", "before", "weekday")):
        fields.reading.fault(
            fields.path, "a time condition needs after, before or weekday", 'add after: "22:00"'
        )
        return None

    def check(situation: Situation) -> bool:
        house = situation.house
        return in_hours(house.now().astimezone(house.zone), after, before) and (
            house.now().astimezone(house.zone).weekday() in days
        )

    return check


def in_hours(now: datetime, after: time | None, before: time | None) -> bool:
    """Whether a local time lies from `after` on and before `before`; past midnight when they are reversed."""
    clock = now.time()
    if after is None or before is None:
        return (after is None or clock >= after) and (before is None or clock < before)
    if after < before:
        return after <= clock < before
    return clock >= after or clock < before


def _read_time_of_day(fields: Fields, key: str) -> time | None:
    value = fields.take(key)
    if value is None:
        return None
    try:
        return parse_time_of_day(value)
    except ValueError as error:
        fields.fault(key, str(error), 'write "HH:MM:SS"; times out of entities are not supported yet')
        return None


def _read_template(fields: Fields) -> Check | None:
    text = fields.require("value_template")
    if isinstance(text, bool):
        return lambda _situation: text
    return None if text is None else _template_check(fields.template("value_template"))


def _template_check(template: Template | None) -> Check | None:
    if template is None:
        return None

    def check(situation: Situation) -> bool:
        try:
            return template.true(situation.scope())
        except TemplateFailed as error:
            raise Unclear(str(error)) from error

    return check


def _read_trigger(fields: Fields) -> Check | None:
    ids = frozenset(fields.texts("id") or ())
    if not ids:
        fields.fault("id", "'id' is missing", "add the id of a trigger")
    return lambda situation: situation.trigger_id in ids


def kinds() -> list[str]:
    """What may stand behind `condition:`."""
    return sorted((*_READERS, *_GROUPS))


_READERS: dict[str, Callable[[Fields], Check | None]] = {
    "state": _read_state,
    "numeric_state": _read_numeric,
    "time": _read_time,
    "template": _read_template,
    "trigger": _read_trigger,
}

"""`where:`: comparisons of an event's fields, such as `confidence: ">= 0.8"`."""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args, get_origin

from automations.schema import Path, Reading, kind_of_value
from automations.views import field_value
from hub.api import Event, Named, Severity, State, did_you_mean

Test = Callable[[Any], bool]
EventTest = Callable[[Event], bool]
_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMPARISON = re.compile(r"\s*(==|!=|<=|>=|<|>)\s*(.*?)\s*", re.DOTALL)
_MEMBERSHIP = re.compile(r"\s*(not\s+)?in\s*\[(.*)\]\s*", re.DOTALL)
_SHORT = re.compile(r"\s*([A-Za-z_][\w.]*)\s*((?:==|!=|<=|>=|<|>|(?:not\s+)?in\b).*)", re.DOTALL)
_LONGEST = 1000
_MISSING: Any = object()


class ComparisonFault(ValueError):
    """A comparison that can't be meant; `remedy` says what would be right."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


def parse_comparison(written: Any, declared: Any = None) -> Test:
    """A test of one value. `declared` is the field's type, if known; ComparisonFault."""
    if isinstance(written, list):
        tests = [parse_comparison(item, declared) for item in written]
        return lambda value: any(test(value) for test in tests)
    if isinstance(written, str):
        return _parse_text(written, declared)
    if written is None or isinstance(written, (bool, int, float)):
        return _comparison("==", written, declared)
    raise ComparisonFault(f"a comparison can't be {kind_of_value(written)}", 'write it as in ">= 0.8"')


def _parse_text(text: str, declared: Any) -> Test:
    if len(text) > _LONGEST:
        raise ComparisonFault(f"a comparison has at most {_LONGEST} characters")
    if found := _MEMBERSHIP.fullmatch(text):
        tests = [_comparison("==", word, declared) for word in _split(found[2])]
        negated = bool(found[1])
        return lambda value: value is not _MISSING and any(test(value) for test in tests) is not negated
    if found := _COMPARISON.fullmatch(text):
        if not found[2]:
            raise ComparisonFault(f"'{text.strip()}' compares with nothing", "write a value behind the sign")
        return _comparison(found[1], _unquoted(found[2]), declared)
    return _comparison("==", text, declared)


def _split(text: str) -> list[str]:
    words = [_unquoted(word.strip()) for word in text.split(",")]
    if not any(words):
        raise ComparisonFault("'in []' compares with nothing", "write values between the brackets")
    return words


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _comparison(sign: str, operand: Any, declared: Any) -> Test:
    """The test `value sign operand`; how it compares depends on the value's type."""
    _check_declared(operand, declared)
    compare, equal = _OPERATIONS[sign], sign in ("==", "!=")
    number, severity, moment, truth = _number(operand), _severity(operand), _moment(operand), _truth(operand)
    text = "" if operand is None else str(operand)

    def test(value: Any) -> bool:
        if value is _MISSING:
            return False
        if value is None or operand is None:
            return equal and (value is operand) is (sign == "==")
        if isinstance(value, str):
            if not equal and number is not None:
                left = _number(value)
                return left is not None and bool(compare(left, number))
            return bool(compare(value, text))
        if isinstance(value, Severity):
            return severity is not None and bool(compare(value, severity))
        if isinstance(value, bool):
            return equal and (truth is not None) and bool(compare(value, truth))
        if isinstance(value, (int, float)):
            return sign == "!=" if number is None else bool(compare(value, number))
        if isinstance(value, datetime):
            return moment is not None and bool(compare(value, moment))
        return equal and bool(compare(str(field_value(value)), text))

    return test


def _check_declared(operand: Any, declared: Any) -> None:
    """Refuse what a field of the declared type can never be."""
    if declared is Severity and _severity(operand) is None:
        names = [item.name for item in Severity]
        raise ComparisonFault(f"'{operand}' is no severity", did_you_mean(operand, names) or ", ".join(names))
    if declared in (int, float) and _number(operand) is None:
        raise ComparisonFault(f"the field is a number, '{operand}' is none")
    if declared is bool and _truth(operand) is None:
        raise ComparisonFault(f"the field is true or false, not '{operand}'", "write true or false")
    if get_origin(declared) is Literal and str(operand) not in (
        words := [str(w) for w in get_args(declared)]
    ):
        hint = did_you_mean(str(operand), words) or f"it is one of {', '.join(words)}"
        raise ComparisonFault(f"the field is never '{operand}'", hint)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return None if number != number else number


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "on": True, "false": False, "off": False}.get(str(value).lower())


def _severity(value: Any) -> Severity | None:
    return Severity.__members__.get(value) if isinstance(value, str) else None


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


# --- where ------------------------------------------------------------------------------------------------


def read_where(reading: Reading, written: Any, path: Path, event_class: type[Event]) -> list[EventTest]:
    """The tests of a `where:`; faults are noted at the path of the field."""
    if isinstance(written, (list, str)):
        return _read_short(reading, written, path, event_class)
    if not isinstance(written, dict):
        reading.fault(path, f"'where' must be a mapping, not {kind_of_value(written)}", 'as in {floor: "12"}')
        return []
    return [
        test
        for name, comparison in written.items()
        if (test := _read_field(reading, str(name), comparison, (*path, name), event_class)) is not None
    ]


def _read_short(reading: Reading, written: Any, path: Path, event_class: type[Event]) -> list[EventTest]:
    """The list form: - confidence >= 0.8"""
    tests: list[EventTest] = []
    listed = written if isinstance(written, list) else [written]
    for index, item in enumerate(listed):
        here = (*path, index) if isinstance(written, list) else path
        found = _SHORT.fullmatch(item) if isinstance(item, str) and len(item) <= _LONGEST else None
        if isinstance(item, dict):
            tests += read_where(reading, item, here, event_class)
        elif found is None:
            reading.fault(here, f"{item!r} is no comparison", 'write it as in "confidence >= 0.8"')
        elif (test := _read_field(reading, found[1], found[2], here, event_class)) is not None:
            tests.append(test)
    return tests


def _read_field(
    reading: Reading, name: str, written: Any, path: Path, event_class: type[Event]
) -> EventTest | None:
    names = name.split(".")
    if event_class is not Named:
        there = reading.field_names(event_class)
        if names[0] not in there:
            hint = did_you_mean(names[0], there) or f"it has {', '.join(sorted(there))}"
            reading.fault(path, f"{event_class.kind} has no field '{names[0]}'", hint)
            return None
    tests = [*_leaves(reading, names, written, path, event_class)]
    return None if not tests else lambda event: all(test(event) for test in tests)


def _leaves(
    reading: Reading, names: list[str], written: Any, path: Path, event_class: type[Event]
) -> list[EventTest]:
    """One test for each comparison; a mapping goes deeper into the field."""
    if isinstance(written, dict):
        if len(names) > 20 or not written:
            reading.fault(path, "'where' is empty or too deep here", "write a comparison")
            return []
        return [
            test
            for key, item in written.items()
            for test in _leaves(reading, [*names, str(key)], item, (*path, key), event_class)
        ]
    declared = reading.field_type(event_class, names[0]) if len(names) == 1 else None
    try:
        test = parse_comparison(written, declared)
    except ComparisonFault as error:
        reading.fault(path, error.problem, error.remedy)
        return []
    return [_on_event(names, test, event_class)]


def _on_event(names: list[str], test: Test, event_class: type[Event]) -> EventTest:
    first, deeper = names[0], names[1:]
    if event_class is Named:
        return lambda event: test(_deep(event.data.get(first, _MISSING), deeper))  # type: ignore[attr-defined]
    if not deeper:
        return lambda event: test(getattr(event, first, _MISSING))
    return lambda event: test(_deep(getattr(event, first, _MISSING), deeper))


def _deep(value: Any, names: list[str]) -> Any:
    for name in names:
        if isinstance(value, Mapping):
            value = value.get(name, _MISSING)
        elif isinstance(value, State):
            value = {"state": value.text, "entity_id": value.entity_id}.get(
                name, value.attributes.get(name, _MISSING)
            )
        else:
            return _MISSING
    return value


# --- event_data -------------------------------------------------------------------------------------------


def read_event_data(reading: Reading, written: Any, path: Path, event_class: type[Event]) -> list[EventTest]:
    """The tests of `event_data:`: equality of the named fields, mappings by their named keys."""
    if not isinstance(written, dict):
        reading.fault(path, f"'event_data' must be a mapping, not {kind_of_value(written)}")
        return []
    tests: list[EventTest] = []
    for name, wanted in written.items():
        if event_class is Named:
            tests.append(_equal_data(str(name), wanted))
        elif name in reading.field_names(event_class) or name in ("old_state", "new_state"):
            tests.append(_equal_field(str(name), wanted))
        else:
            there = reading.field_names(event_class)
            hint = did_you_mean(name, there) or f"it has {', '.join(sorted(there))}"
            reading.fault((*path, name), f"{event_class.kind} has no field '{name}'", hint)
    return tests


def _equal_data(name: str, wanted: Any) -> EventTest:
    return lambda event: _covers(event.data.get(name, _MISSING), wanted)  # type: ignore[attr-defined]


def _equal_field(name: str, wanted: Any) -> EventTest:
    return lambda event: _covers(field_value(getattr(event, name, _MISSING)), wanted)


def _covers(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(value, Mapping) and all(
            _covers(value.get(key, _MISSING), item) for key, item in wanted.items()
        )
    return (
        value is not _MISSING
        and bool(value == wanted)
        and isinstance(value, bool) is isinstance(wanted, bool)
    )

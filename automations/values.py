"""Template functions on values: numbers, texts, lists, JSON, regular expressions."""

import json
import math
import random
import statistics
from collections.abc import Callable
from typing import Any

from jinja2 import Undefined, UndefinedError

from automations import patterns
from automations.sandbox import LONGEST_TEXT, bounded_join, bounded_replace

MISSING: Any = object()


def fallback(default: Any, what: str, value: Any) -> Any:
    """The default; ValueError when there is none."""
    if default is MISSING:
        raise ValueError(f"{what} can't read {value!r}, and there is no default")
    return default


def to_float(value: Any, default: Any = MISSING) -> Any:
    """A number, or the default."""
    try:
        return float(value)
    except (ValueError, TypeError, UndefinedError):
        return fallback(default, "float", value)


def to_int(value: Any, default: Any = MISSING, base: int = 10) -> Any:
    """A whole number, or the default; "23.7" is cut off to 23."""
    try:
        return int(value, base) if isinstance(value, str) and base != 10 else int(float(value))
    except (ValueError, TypeError, OverflowError, UndefinedError):
        return fallback(default, "int", value)


def to_bool(value: Any, default: Any = MISSING) -> Any:
    """true/yes/on/1 or false/no/off/0, or the default."""
    word = str(value).strip().lower()
    if word in ("true", "yes", "on", "enable", "1", "1.0"):
        return True
    return (
        False if word in ("false", "no", "off", "disable", "0", "0.0") else fallback(default, "bool", value)
    )


def rounded(value: Any, precision: int = 0, method: str = "common", default: Any = MISSING) -> Any:
    """Rounded as Home Assistant does; method common, ceil, floor or half."""
    try:
        number, digits = float(value), max(-15, min(15, int(precision)))
        if method == "half":
            result = round(number * 2) / 2
        elif method in ("ceil", "floor"):
            factor = 10.0**digits
            result = getattr(math, method)(number * factor) / factor
        else:
            result = round(number, digits)
        return int(result) if digits <= 0 and method != "half" else result
    except (ValueError, TypeError, OverflowError):
        return fallback(default, "round", value)


def iif(value: Any, then: Any = True, otherwise: Any = False, if_none: Any = MISSING) -> Any:
    """`then` when the value is true, else `otherwise`."""
    if value is None and if_none is not MISSING:
        return if_none
    return then if bool(value) else otherwise


def is_defined(value: Any) -> Any:
    """The value; an error when it is undefined."""
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    return value


def is_number(value: Any) -> bool:
    """Whether a value reads as a finite number."""
    try:
        return math.isfinite(float(value))
    except (ValueError, TypeError, UndefinedError):
        return False


def from_json(value: Any, default: Any = MISSING) -> Any:
    """The value that a JSON text says."""
    try:
        if len(value) <= LONGEST_TEXT:
            return json.loads(value)
    except (ValueError, TypeError, RecursionError):
        pass
    return fallback(default, "from_json", "a text that is no JSON")


def to_json(value: Any, *_options: Any, **_more: Any) -> str:
    """The value as JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def average(*values: Any) -> float:
    """The mean of a list, or of the arguments."""
    return statistics.fmean(values[0] if len(values) == 1 and not _is_plain_number(values[0]) else values)


def total(values: Any, attribute: Any = None, start: float = 0) -> Any:
    """The sum of numbers."""
    items = (value[attribute] for value in values) if attribute is not None else values
    return sum((item for item in items), float(start) if isinstance(start, float) else int(start))


def extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    """`min` or `max`, of a list or of the arguments."""

    def chosen(*values: Any) -> Any:
        return choose(values[0]) if len(values) == 1 else choose(values)

    return chosen


def _is_plain_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def joined(values: Any, separator: str = "", attribute: Any = None) -> str:
    """Texts one after the other."""
    items = (value[attribute] for value in values) if attribute is not None else values
    return bounded_join(str(separator), (str(item) for item in items))


def replaced(text: Any, old: Any, new: Any, count: int = -1) -> str:
    """The text with each `old` replaced."""
    return bounded_replace(str(text), str(old), str(new), int(count))


def contains(values: Any, value: Any) -> bool:
    """Whether the value is in the list."""
    return value in values


def chance(values: Any) -> Any:
    """Any one of the values."""
    return random.choice(list(values))  # noqa: S311 - for announcements, not for secrets


# --- regular expressions ------------------------------------------------------------------------------------


def regex_match(text: Any, pattern: str = "", ignore_case: bool = False) -> bool:
    """Whether the text starts with the pattern."""
    expression, longest = patterns.compiled(pattern, bool(ignore_case), at_start=True)
    return expression.match(patterns.subject(text, longest)) is not None


def regex_search(text: Any, pattern: str = "", ignore_case: bool = False) -> bool:
    """Whether the pattern is anywhere in the text."""
    expression, longest = patterns.compiled(pattern, bool(ignore_case))
    return expression.search(patterns.subject(text, longest)) is not None


def regex_replace(text: Any = "", pattern: str = "", new: str = "", ignore_case: bool = False) -> str:
    """The text with each match replaced; `new` is taken as it is, without references to groups."""
    expression, longest = patterns.compiled(pattern, bool(ignore_case))
    found = subject = patterns.subject(text, longest)
    matches = expression.findall(subject)
    if len(matches) * len(str(new)) + len(subject) > LONGEST_TEXT:
        raise patterns.PatternFault("the text with its replacements is too long")
    return expression.sub(lambda _match: str(new), found)


def regex_findall(text: Any, pattern: str = "", ignore_case: bool = False) -> list[Any]:
    """All matches."""
    expression, longest = patterns.compiled(pattern, bool(ignore_case))
    return expression.findall(patterns.subject(text, longest))


def regex_findall_index(text: Any, pattern: str = "", index: int = 0, ignore_case: bool = False) -> Any:
    """One of the matches."""
    return regex_findall(text, pattern, ignore_case)[index]

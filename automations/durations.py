"""Spans of time and times of day in the forms that Home Assistant's YAML knows."""

import re
from datetime import time, timedelta
from typing import Any

LONGEST = timedelta(days=366)
UNITS = ("days", "hours", "minutes", "seconds", "milliseconds")
_CLOCK = re.compile(r"(\d{1,4}):([0-5]?\d)(?::([0-5]?\d(?:\.\d{1,6})?))?")
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,6})?)?")
FORMS = 'use seconds (90), "HH:MM:SS" or a mapping such as {minutes: 5}'


def parse_duration(value: Any) -> timedelta:
    """A span of time; ValueError says what is wrong with another value."""
    try:
        span = _duration(value)
    except OverflowError as error:
        raise ValueError(f"a span of time can't be {value!r}") from error
    if not timedelta(0) <= span <= LONGEST:
        raise ValueError(f"a span of time must lie between 0 and {LONGEST.days} days, not {value!r}")
    return span


def _duration(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, dict):
        return _from_units(value)
    if isinstance(value, str) and (found := _CLOCK.fullmatch(value.strip())):
        hours, minutes, seconds = found.groups()
        return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds or 0))
    return timedelta(seconds=_number(value))


def _from_units(value: dict[Any, Any]) -> timedelta:
    unknown = [key for key in value if key not in UNITS]
    if unknown or not value:
        raise ValueError(f"a span of time has {', '.join(UNITS)}, not {unknown or 'nothing'}")
    return timedelta(**{unit: _number(amount) for unit, amount in value.items()})


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"a span of time can't be {value!r}")
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"a span of time can't be {value!r}") from None
    if number != number:
        raise ValueError(f"a span of time can't be {value!r}")
    return number


def parse_time_of_day(text: Any) -> time:
    """A time of day from "HH:MM" or "HH:MM:SS"; ValueError for anything else."""
    found = _TIME_OF_DAY.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"a time of day can't be {text!r}")
    hour, minute, second = found.groups()
    return time(int(hour), int(minute), int(second or 0))

"""Validators of spans and times of day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

import voluptuous as vol

from hub.config.basic import decimal_number
from hub.config.english import show
from hub.config.faults import did_you_mean

UNITS = ("days", "hours", "minutes", "seconds", "milliseconds")
LONGEST_PERIOD = timedelta(days=3660)
CLOCK = re.compile(r"([-+]?)([0-9]{1,5}):([0-5]?[0-9])(?::([0-5]?[0-9](?:\.[0-9]{1,6})?))?")
SHORT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([smhd])")
SECONDS_OF = {"s": 1, "m": 60, "h": 3600, "d": 86400}
PERIOD_REMEDY = 'write seconds, "HH:MM:SS", or hours, minutes and seconds'
TIME_REMEDY = 'write "HH:MM" or "HH:MM:SS"'


@dataclass(frozen=True, slots=True)
class TimePeriod:
    """A span of time between bounds: seconds, "HH:MM:SS", "HH:MM", "5m", or a mapping of units."""

    minimum: timedelta = -LONGEST_PERIOD
    maximum: timedelta = LONGEST_PERIOD

    @property
    def expected(self) -> str:
        """What it takes, in words."""
        return 'seconds, "HH:MM:SS" or a mapping of hours, minutes and seconds'

    def __call__(self, value: Any) -> timedelta:
        """The span; raises Invalid."""
        try:
            period = period_of(value)
        except OverflowError as error:
            raise vol.Invalid(f"{show(value)} is too long; write at most {self.maximum}") from error
        if not self.minimum <= period <= self.maximum:
            wanted = f"at least {self.minimum}" if period < self.minimum else f"at most {self.maximum}"
            raise vol.Invalid(f"{show(value)} is out of range; write {wanted}")
        return period

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of what it takes."""
        units = {unit: {"type": ["number", "string"]} for unit in UNITS}
        mapping = {"type": "object", "properties": units, "additionalProperties": False, "minProperties": 1}
        return {"anyOf": [{"type": "number"}, {"type": "string"}, mapping]}


time_period = TimePeriod()
positive_time_period = TimePeriod(timedelta())


def period_of(value: Any) -> timedelta:
    """The span a value means, without bounds."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, dict):
        return period_of_units(value)
    if isinstance(value, str) and (match := CLOCK.fullmatch(value.strip())):
        sign, hours, minutes, seconds = match.groups()
        span = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds or 0))
        return -span if sign == "-" else span
    if isinstance(value, str) and (short := SHORT.fullmatch(value.strip())):
        return timedelta(seconds=float(short[1]) * SECONDS_OF[short[2]])
    try:
        return timedelta(seconds=decimal_number(value))
    except vol.Invalid as error:
        raise vol.Invalid(f"{show(value)} is not a time span; {PERIOD_REMEDY}") from error


def period_of_units(units: dict[Any, Any]) -> timedelta:
    """The span of a mapping like {minutes: 5, seconds: 30}; all wrong units are reported."""
    errors = []
    amounts = {}
    for unit, amount in units.items():
        if unit not in UNITS:
            remedy = did_you_mean(unit, UNITS) or f"use {', '.join(UNITS)}"
            errors.append(vol.Invalid(f"unknown unit {show(unit)}; {remedy}", [unit]))
            continue
        try:
            amounts[unit] = decimal_number(amount)
        except vol.Invalid as error:
            error.prepend([unit])
            errors.append(error)
    if errors:
        raise vol.MultipleInvalid(errors)
    if not amounts:
        raise vol.Invalid(f"the time span is empty; {PERIOD_REMEDY}")
    return timedelta(**amounts)


def time_of_day(value: Any) -> time:
    """A wall clock time, "HH:MM" or "HH:MM:SS"; without a zone, as the site's own is meant."""
    if isinstance(value, time):
        return value
    match = CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[1] or int(match[2]) > 23:
        raise vol.Invalid(f"{show(value)} is not a time of day; {TIME_REMEDY}")
    seconds = float(match[4] or 0)
    return time(int(match[2]), int(match[3]), int(seconds), round(seconds % 1 * 1_000_000))

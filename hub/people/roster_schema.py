"""What may stand under `people: rosters:`; the shape only: what it names is checked by rostering.py."""

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

import voluptuous as vol

from hub.config import CompleteSchema
from hub.config import validators as valid
from hub.people.moments import read_date
from hub.people.schema import identity, listed, name

MOST_DAYS = 366  # of a rotation
MOST_ENTRIES = 5000  # of leave, extra duty, swaps, dates
_SPAN = re.compile(r"\s*([^\s-]+)\s*(?:-|–|至|到)\s*([^\s-]+)\s*\Z")
_WORDS = (
    ("mon", "monday", "周一", "星期一"),
    ("tue", "tuesday", "周二", "星期二"),
    ("wed", "wednesday", "周三", "星期三"),
    ("thu", "thursday", "周四", "星期四"),
    ("fri", "friday", "周五", "星期五"),
    ("sat", "saturday", "周六", "星期六"),
    ("sun", "sunday", "周日", "星期日", "周天"),
)
_WEEKDAYS = {word: number for number, words in enumerate(_WORDS) for word in words}


def hours(value: Any) -> tuple[time, time]:
    """`08:00-20:00` or {from: 08:00, to: 20:00}; the end may be the next day's."""
    if isinstance(value, str) and (match := _SPAN.match(value)):
        value = {"from": match[1], "to": match[2]}
    if not isinstance(value, Mapping) or set(value) != {"from", "to"}:
        raise vol.Invalid('hours are written as "20:00-08:00" or as {from: 20:00, to: 08:00}')
    return valid.time_of_day(value["from"]), valid.time_of_day(value["to"])


def weekdays(value: Any) -> list[int]:
    """`mon-fri`, `sat, sun`, `daily`; 0 is Monday; Chinese names too."""
    found: list[int] = []
    text = str(value).strip().lower()
    if text in ("daily", "每天"):
        return list(range(7))
    for part in re.split(r"[,，、]", text):
        first, dash, last = (word.strip() for word in re.sub(r"[–至到]", "-", part).partition("-"))
        if first not in _WEEKDAYS or (dash and last not in _WEEKDAYS):
            raise vol.Invalid(f"'{text[:40]}' is no day of the week; write mon-fri, 'sat, sun' or daily")
        begin, end = _WEEKDAYS[first], _WEEKDAYS[last or first]
        found += [(begin + step) % 7 for step in range((end - begin) % 7 + 1)]
    return found


def day(value: Any) -> date:
    """A day of the calendar, 2026-11-24."""
    try:
        return read_date(value)
    except ValueError as error:
        raise vol.Invalid(f"'{str(value)[:40]}' is no day; write one as in 2026-11-24") from error


def plan(value: Any) -> dict[str, list[str]]:
    """Who has which shift: {day: wang_fang, night: [li_qiang, zhao_min]}; nothing is nobody."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > 100:
        raise vol.Invalid("a day's plan names persons by shift, as in {day: wang_fang, night: li_qiang}")
    return {identity(shift): listed(identity)(persons) for shift, persons in value.items()}


def when(value: Any) -> str:
    """A day or a moment as text; read in the site's zone later."""
    if not isinstance(value, str) or len(value) > 40:
        raise vol.Invalid(f"'{str(value)[:40]}' is no time; write 2026-11-24 or 2026-11-24 18:00")
    return value


def _few(items: Any) -> Any:
    if len(items) > MOST_ENTRIES:
        raise vol.Invalid(f"there are more than {MOST_ENTRIES:,} entries; remove what is past")
    return items


SPAN = vol.Schema({vol.Required("person"): identity, vol.Required("from"): when, vol.Required("to"): when})
SWAP = vol.Schema(
    {
        vol.Required("date"): day,
        vol.Required("shift"): identity,
        vol.Required("person"): identity,
        vol.Required("with"): identity,
    }
)
ROTATION = vol.Schema(
    {
        vol.Required("begins"): day,
        vol.Required("days"): vol.All([plan], vol.Length(min=1, max=MOST_DAYS)),
    }
)
ROSTER = CompleteSchema(
    {
        vol.Optional("name"): name,
        vol.Optional("role"): identity,
        vol.Optional("areas", default=list): listed(identity),
        vol.Optional("shifts", default=dict): {identity: hours},
        vol.Exclusive("week", "pattern"): {object: plan},
        vol.Exclusive("rotation", "pattern"): ROTATION,
        vol.Optional("dates", default=dict): vol.All({object: plan}, _few),
        vol.Optional("leave", default=list): vol.All([SPAN], _few),
        vol.Optional("extra", default=list): vol.All([SPAN], _few),
        vol.Optional("swaps", default=list): vol.All([SWAP], _few),
        vol.Optional("calendar"): vol.All(str, vol.Length(min=1, max=500)),
    }
)

"""Wall clock times of the site as moments, right on days when its clocks are changed."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?\Z", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1970, 2199
_SECOND = timedelta(seconds=1)


@lru_cache(4096)  # the same few shifts are asked for with each alarm
def moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The UTC moment of a wall clock time. Later times are never earlier moments.

    A time that the clocks leap over is the moment of the leap; one that comes twice is the first of the two.
    """
    local = datetime.combine(day, clock.replace(tzinfo=None, fold=0), zone)
    found = local.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return found
    return _leap(local.replace(fold=1).astimezone(UTC), found, zone)


def _leap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment between two at which the zone's offset changes."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def read_date(value: object) -> date:
    """A day, as in 2026-11-24; ValueError."""
    match = _DATE.match(value) if isinstance(value, str) else None
    if match is None or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        raise ValueError("write a day as in 2026-11-24")
    return date(int(match[1]), int(match[2]), int(match[3]))


def read_moment(value: object, zone: ZoneInfo) -> datetime:
    """The moment of 2026-11-24 (its midnight), 2026-11-24 18:00 (of the site) or one with an offset; ValueError."""
    match = _MOMENT.match(value) if isinstance(value, str) else None
    if match is None:
        return moment(read_date(value), time(), zone)
    day, clock = read_date(match[1]), time(int(match[2]), int(match[3]), int(match[4] or 0))
    if match[5]:
        return datetime.fromisoformat(f"{day}T{clock}{match[5]}").astimezone(UTC)
    return moment(day, clock, zone)


def is_day(value: object) -> bool:
    """Whether a value is written as a day alone."""
    return isinstance(value, str) and _DATE.match(value) is not None

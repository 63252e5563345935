"""When a `time` or `time_pattern` trigger is next due. Pure: all times are given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS_AHEAD = 8  # a weekday comes again within a week; one more for a clock that was put forward


@dataclass(frozen=True, slots=True)
class TimesOfDay:
    """Daily times in the site's zone, on some weekdays (0 is Monday)."""

    times: tuple[time, ...]
    weekdays: frozenset[int]

    def next_after(self, now: datetime, zone: tzinfo) -> datetime | None:
        """The first moment later than `now`, in UTC. A time that summer time leaves out comes an hour later."""
        today = now.astimezone(zone).date()
        for ahead in range(-1, _DAYS_AHEAD + 1):
            day = today + timedelta(days=ahead)
            if day.weekday() not in self.weekdays:
                continue
            moments = (datetime.combine(day, at, zone).astimezone(UTC) for at in self.times)
            later = [moment for moment in moments if moment > now]
            if later:
                return min(later)
        return None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Hours, minutes and seconds of the site's wall clock that match, each sorted and not empty."""

    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]

    def next_after(self, now: datetime, zone: tzinfo) -> datetime | None:
        """The first matching second later than `now`, in UTC."""
        # Steps in UTC, so that an hour which the clock repeats or leaves out is met as often as it happens.
        moment = now.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        local = moment.astimezone(zone)
        second = _at_least(self.seconds, local.second)
        if second is None:
            moment += timedelta(seconds=60 - local.second)
            second = self.seconds[0]
        else:
            moment += timedelta(seconds=second - local.second)
        return self._minute(moment.astimezone(zone).replace(second=0), second).astimezone(UTC)

    def _minute(self, local: datetime, second: int) -> datetime:
        """From this minute on, the first that matches; `second` is this minute's own first match."""
        zone = local.tzinfo
        at = local.astimezone(UTC)
        while True:
            here = at.astimezone(zone)
            if here.hour not in self.hours:
                at += timedelta(minutes=60 - here.minute)
            elif here.minute not in self.minutes:
                following = _at_least(self.minutes, here.minute)
                at += timedelta(minutes=(60 if following is None else following) - here.minute)
            else:
                first = at == local.astimezone(UTC)
                return at + timedelta(seconds=second if first else self.seconds[0])


def _at_least(values: tuple[int, ...], least: int) -> int | None:
    return next((value for value in values if value >= least), None)


def parse_part(text: object, below: int) -> tuple[int, ...]:
    """The values from 0 to `below` - 1 that "*", "5" or "/5" mean; ValueError for anything else."""
    if isinstance(text, bool) or not isinstance(text, (int, str)):
        raise ValueError(f"{text!r} is no part of a time pattern")
    word = str(text).strip()
    if word == "*":
        return tuple(range(below))
    step = word.startswith("/")
    digits = word[1:] if step else word
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 4):
        raise ValueError(f"{text!r} is no part of a time pattern")
    number = int(digits)
    if number >= below or (step and number == 0):
        raise ValueError(f"{text!r} lies outside 0 to {below - 1}")
    return tuple(value for value in range(below) if value % number == 0) if step else (number,)


def weekday_numbers(names: Iterable[str]) -> frozenset[int]:
    """Numbers of the weekdays; ValueError names an unknown one."""
    try:
        return frozenset(WEEKDAYS.index(name) for name in names)
    except ValueError:
        raise ValueError(f"weekdays are {', '.join(WEEKDAYS)}") from None

"""Days that a repeating calendar entry falls on (RFC 5545, 3.3.10), asked day by day: no rule can run away."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST_COUNTED = 20 * 366  # days after the first within which COUNT is counted out
_DAY = timedelta(days=1)


class RecurrenceFault(ValueError):
    """A rule that duty rosters have no use for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A rule of whole days; `weekdays` are (which of the month, 0 for each; day of the week, 0 for Monday)."""

    start: date
    frequency: str
    interval: int = 1
    last: date | None = None
    weekdays: tuple[tuple[int, int], ...] = ()
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    week_start: int = 0

    def falls_on(self, day: date) -> bool:
        """Whether an entry begins on a day."""
        if day < self.start or (self.last is not None and day > self.last):
            return False
        return self._in_step(day) and self._fits(day)

    def _in_step(self, day: date) -> bool:
        if self.frequency == "DAILY":
            past = (day - self.start).days
        elif self.frequency == "WEEKLY":
            past = (self._week(day) - self._week(self.start)).days // 7
        elif self.frequency == "MONTHLY":
            past = (day.year - self.start.year) * 12 + day.month - self.start.month
        else:
            past = day.year - self.start.year
        return past % self.interval == 0

    def _week(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.week_start) % 7)

    def _fits(self, day: date) -> bool:
        free = not self.weekdays and not self.month_days
        months, month_days, weekdays = self.months, self.month_days, self.weekdays
        if free and self.frequency == "WEEKLY":
            weekdays = ((0, self.start.weekday()),)
        elif free and self.frequency in ("MONTHLY", "YEARLY"):
            month_days = (self.start.day,)
            if self.frequency == "YEARLY":
                months = months or (self.start.month,)
        length = monthrange(day.year, day.month)[1]
        return (
            (not months or day.month in months)
            and (not month_days or day.day in month_days or day.day - length - 1 in month_days)
            and (not weekdays or any(_is(day, length, *wanted) for wanted in weekdays))
        )


def _is(day: date, length: int, which: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    return which in (0, (day.day - 1) // 7 + 1, -((length - day.day) // 7 + 1))


def read_recurrence(rule: Mapping[str, list[object]], start: date, until: date | None) -> Recurrence:
    """A parsed RRULE, with UNTIL as a day of the entry's own zone; RecurrenceFault for what we can't follow."""
    known = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "WKST"}
    parts = {str(key).upper(): value for key, value in rule.items()}
    frequency = str(parts.get("FREQ", [""])[0]).upper()
    if frequency not in FREQUENCIES or set(parts) - known:
        odd = ", ".join(sorted(set(parts) - known)) or frequency
        raise RecurrenceFault(f"it repeats in a way that rosters don't know ({odd[:60]})")
    weekdays = tuple(_weekday(str(text)) for text in parts.get("BYDAY", []))
    month_days = _numbers(parts, "BYMONTHDAY", -31, 31)
    if any(which for which, _ in weekdays) and (
        frequency in ("DAILY", "WEEKLY") or (frequency == "YEARLY" and "BYMONTH" not in parts)
    ):
        raise RecurrenceFault("it counts weekdays without a month")
    if frequency == "WEEKLY" and month_days:
        raise RecurrenceFault("it repeats weekly on days of the month")
    found = Recurrence(
        start=start,
        frequency=frequency,
        interval=(_numbers(parts, "INTERVAL", 1, 1000) or (1,))[0],
        last=until,
        weekdays=weekdays,
        months=_numbers(parts, "BYMONTH", 1, 12),
        month_days=month_days,
        week_start=_weekday(str(parts.get("WKST", ["MO"])[0]))[1],
    )
    count = _numbers(parts, "COUNT", 1, 10_000)
    return _ended(found, count[0]) if count else found


def _ended(rule: Recurrence, count: int) -> Recurrence:
    last = rule.start - _DAY
    for day in _days(rule.start, MOST_COUNTED):
        if rule.falls_on(day):
            last, count = day, count - 1
            if not count:
                break
    return replace(rule, last=last)


def _days(first: date, count: int) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range(count))


def _weekday(text: str) -> tuple[int, int]:
    number, name = text[:-2], text[-2:].upper()
    if name not in WEEKDAYS or (number and not number.lstrip("+-").isdecimal()) or len(number) > 3:
        raise RecurrenceFault(f"'{text[:10]}' is no day of the week")
    which = int(number or 0)
    if not -5 <= which <= 5:
        raise RecurrenceFault(f"no month has a '{text[:10]}'")
    return which, WEEKDAYS.index(name)


def _numbers(parts: Mapping[str, list[object]], key: str, low: int, high: int) -> tuple[int, ...]:
    found = []
    for item in parts.get(key, []):
        try:
            number = int(str(item))
        except ValueError:
            number = 0
        if not low <= number <= high or not number:
            raise RecurrenceFault(f"{key} can't be '{str(item)[:20]}'")
        found.append(number)
    return tuple(found)

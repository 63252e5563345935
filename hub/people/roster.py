"""Duty rosters: who is on duty when. Plain data and pure questions; what stands in the files reads rostering.py."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from hub.people.moments import moment

_DAY = timedelta(days=1)
_AROUND = (-2, -1, 0, 1)  # days whose shifts may cover a moment: one that crosses midnight, in any zone
Plan = Mapping[str, tuple[str, ...]]  # persons by shift


@dataclass(frozen=True, slots=True)
class Shift:
    """From `start` until `end`, the next day's when it is not after `start`."""

    id: str
    start: time
    end: time

    def span(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its moments on the day that it begins."""
        until = day if self.end > self.start else day + _DAY
        return moment(day, self.start, zone), moment(until, self.end, zone)


@dataclass(frozen=True, slots=True)
class Span:
    """A person's leave or extra duty, `end` excluded."""

    person: str
    start: datetime
    end: datetime

    def covers(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.start <= at < self.end


@dataclass(frozen=True, slots=True)
class Swap:
    """`stands_in` takes a shift of `person` on the day that it begins."""

    day: date
    shift: str
    person: str
    stands_in: str


@dataclass(frozen=True, slots=True)
class Duty:
    """One person's time of duty; `areas` are answered for meanwhile, besides their own."""

    person: str
    roster: str
    shift: str  # "" for extra duty and that of calendars without named shifts
    start: datetime
    end: datetime
    role: str = ""  # "" counts for every role that the person has
    areas: tuple[str, ...] = ()


class Calendar(Protocol):
    """Duties from a calendar file."""

    def between(self, start: datetime, end: datetime) -> Iterable[tuple[str, str, datetime, datetime]]:
        """Person, shift, start and end of all that overlap a span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """A pattern of days, and what differs from it. Days before `begins` of a rotation have nobody."""

    id: str
    name: str
    zone: ZoneInfo
    role: str = ""
    areas: tuple[str, ...] = ()
    shifts: Mapping[str, Shift] = field(default_factory=dict)
    week: Mapping[int, Plan] = field(default_factory=dict)  # 0 is Monday
    cycle: tuple[Plan, ...] = ()
    begins: date | None = None
    dates: Mapping[date, Plan] = field(default_factory=dict)  # in place of the pattern's, shift by shift
    leave: tuple[Span, ...] = ()
    extra: tuple[Span, ...] = ()
    swaps: tuple[Swap, ...] = ()
    calendar: Calendar | None = None

    def plan(self, day: date) -> Plan:
        """Who has which shift on a day, before leave."""
        planned = {**self._pattern(day), **self.dates.get(day, {})}
        for swap in self.swaps:
            if swap.day == day and swap.person in planned.get(swap.shift, ()):
                planned[swap.shift] = tuple(
                    dict.fromkeys(
                        swap.stands_in if person == swap.person else person for person in planned[swap.shift]
                    )
                )
        return planned

    def on_duty(self, at: datetime) -> list[Duty]:
        """Every duty that covers a moment."""
        return [
            duty for duty in self.between(at, at + timedelta(microseconds=1)) if duty.start <= at < duty.end
        ]

    def between(self, start: datetime, end: datetime) -> list[Duty]:
        """Every duty that overlaps a span, leave cut out, by start."""
        found = [*self._shifts(start, end), *self._added(start, end)]
        kept = [piece for duty in found for piece in self._without_leave(duty)]
        return sorted(
            {duty for duty in [*kept, *self._extra(start, end)] if duty.start < end and start < duty.end},
            key=lambda duty: (duty.start, duty.end, duty.person, duty.shift),
        )

    def persons(self) -> set[str]:
        """Everybody whom the roster ever names, calendars aside."""
        plans = [*self.week.values(), *self.cycle, *self.dates.values()]
        planned = {person for plan in plans for persons in plan.values() for person in persons}
        return planned | {span.person for span in self.extra} | {swap.stands_in for swap in self.swaps}

    def _pattern(self, day: date) -> Plan:
        if self.begins is None:
            return self.week.get(day.weekday(), {})
        past = (day - self.begins).days
        return self.cycle[past % len(self.cycle)] if past >= 0 and self.cycle else {}

    def _duty(self, person: str, shift: str, start: datetime, end: datetime) -> Duty:
        return Duty(person, self.id, shift, start, end, self.role, self.areas)

    def _shifts(self, start: datetime, end: datetime) -> Iterator[Duty]:
        first, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        for number in range(_AROUND[0], (last - first).days + _AROUND[-1] + 1):
            day = first + timedelta(days=number)
            for shift, persons in self.plan(day).items():
                span = self.shifts[shift].span(day, self.zone)
                yield from (self._duty(person, shift, *span) for person in persons)

    def _added(self, start: datetime, end: datetime) -> Iterator[Duty]:
        if self.calendar is not None:
            yield from (self._duty(*found) for found in self.calendar.between(start, end))

    def _extra(self, start: datetime, end: datetime) -> Iterator[Duty]:
        for span in self.extra:
            if span.start < end and start < span.end:
                yield self._duty(span.person, "", span.start, span.end)

    def _without_leave(self, duty: Duty) -> Iterator[Duty]:
        begin = duty.start
        for away in sorted(self.leave, key=lambda span: span.start):
            if away.person == duty.person and away.start < duty.end and begin < away.end:
                if begin < away.start:
                    yield self._duty(duty.person, duty.shift, begin, away.start)
                begin = away.end
        if begin < duty.end:
            yield self._duty(duty.person, duty.shift, begin, duty.end)

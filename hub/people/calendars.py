"""Duty rosters as iCalendar files (RFC 5545), read and written. The library is loaded when a file is."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hub.people.moments import FIRST_YEAR, LAST_YEAR, moment
from hub.people.recurrence import Recurrence, RecurrenceFault, read_recurrence
from hub.people.roster import Duty

MOST_BYTES = 2 * 1024 * 1024
MOST_ENTRIES = 5000
MOST_REPEATING = 500
MOST_FAULTS = 20
LONGEST = timedelta(days=7)  # of one duty
_PERSON, _SHIFT = "X-LINLI-PERSON", "X-LINLI-SHIFT"
_DAY = timedelta(days=1)


class CalendarFault(Exception):
    """A calendar file that can't be used; `told` are the problems with their remedies."""

    def __init__(self, told: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{problem}; {remedy}" for problem, remedy in told))
        self.told = told


class _EntryFault(ValueError):
    """What is wrong with one entry."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One duty of a calendar, or one that repeats; its times are those of a wall clock in `zone`."""

    persons: tuple[str, ...]
    shift: str
    day: date
    clock: time
    length: timedelta
    zone: ZoneInfo
    rule: Recurrence | None = None
    left_out: frozenset[datetime] = frozenset()
    added: tuple[date, ...] = ()

    def between(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Start and end of all that overlap a span."""
        for day in self._days(start, end):
            begin = moment(day, self.clock, self.zone)
            until = datetime.combine(day, self.clock) + self.length
            finish = moment(until.date(), until.time(), self.zone)
            if begin < end and start < finish and begin not in self.left_out:
                yield begin, finish

    def _days(self, start: datetime, end: datetime) -> Iterator[date]:
        first = (start - self.length).astimezone(self.zone).date() - _DAY
        last = end.astimezone(self.zone).date()
        for one in (*self.added, *(() if self.rule else (self.day,))):
            if first <= one <= last:
                yield one
        for number in range((last - first).days + 1 if self.rule else 0):
            if self.rule is not None and self.rule.falls_on(first + timedelta(days=number)):
                yield first + timedelta(days=number)


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """The duties of one file."""

    entries: tuple[Entry, ...]

    def between(self, start: datetime, end: datetime) -> Iterator[tuple[str, str, datetime, datetime]]:
        """Person, shift, start and end of all that overlap a span."""
        for entry in self.entries:
            for begin, finish in entry.between(start, end):
                yield from ((person, entry.shift, begin, finish) for person in entry.persons)


def read_calendar(
    folder: Path, name: str, zone: ZoneInfo, names: Mapping[str, str], persons: Collection[str] | None
) -> CalendarFile:
    """A file inside the config folder; CalendarFault.

    Who has a duty stands in X-LINLI-PERSON, in ATTENDEE's CN or in SUMMARY: ids, or names as `names` knows them.
    With `persons` None unknown ones are left out without a word: their own faults are told elsewhere.
    """
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise CalendarFault(
                [(f"'{name}' leads out of the config folder", "move the file into the folder")]
            )
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise CalendarFault([(f"'{name}' can't be read", "create the file or mend its name")]) from error
    return parse_calendar(raw, zone, names, quiet=persons is None)


def parse_calendar(
    raw: bytes, zone: ZoneInfo, names: Mapping[str, str], *, quiet: bool = False
) -> CalendarFile:
    """A file's bytes; CalendarFault names every entry that can't be used."""
    if len(raw) > MOST_BYTES:
        raise CalendarFault(
            [(f"the calendar is larger than {MOST_BYTES:,} bytes", "keep what is past elsewhere")]
        )
    reader = _CalendarReader(zone, names, quiet)
    reader.read(_events(raw))
    if reader.told:
        raise CalendarFault(reader.told[:MOST_FAULTS])
    return CalendarFile(tuple(reader.entries))


def _events(raw: bytes) -> list[Any]:
    from icalendar import Calendar

    if raw.count(b"BEGIN:") > 2 * MOST_ENTRIES:
        raise CalendarFault(
            [(f"the calendar has more than {MOST_ENTRIES:,} entries", "keep what is past elsewhere")]
        )
    try:
        calendars = Calendar.from_ical(raw, multiple=True)
        if not calendars:
            raise ValueError("it holds no calendar")
        return [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        problem = f"it is no iCalendar file ({str(error)[:100]})"
        raise CalendarFault([(problem, "export it again from the calendar program")]) from error


@dataclass(slots=True)
class _CalendarReader:
    zone: ZoneInfo
    names: Mapping[str, str]
    quiet: bool
    entries: list[Entry] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    def read(self, events: list[Any]) -> None:
        moved: dict[str, set[datetime]] = {}
        for event in events:
            at = _value(event.get("RECURRENCE-ID"), "dt")
            if isinstance(at, date):
                moved.setdefault(str(event.get("UID", "")), set()).add(self._when(at))
        for number, event in enumerate(events, 1):
            if str(event.get("STATUS", "")).upper() == "CANCELLED":
                continue
            try:
                self._read_entry(event, moved.get(str(event.get("UID", "")), set()))
            except _EntryFault as fault:
                title = "".join(char for char in str(event.get("SUMMARY", ""))[:40] if char.isprintable())
                self.told.append(
                    (f"entry {number} of the calendar ('{title}'): {fault.problem}", fault.remedy)
                )
        if sum(entry.rule is not None for entry in self.entries) > MOST_REPEATING:
            self.told.append((f"more than {MOST_REPEATING} entries repeat", "use fewer"))

    def _read_entry(self, event: Any, moved: set[datetime]) -> None:
        begin = _value(event.get("DTSTART"), "dt")
        if not isinstance(begin, date) or not FIRST_YEAR < begin.year < LAST_YEAR:
            raise _EntryFault("it has no sound beginning", "give it DTSTART")
        persons = tuple(dict.fromkeys(self._persons(event)))
        clock = begin.time() if isinstance(begin, datetime) else time()
        zone = self._zone(begin)
        day = begin.date() if isinstance(begin, datetime) else begin
        single = event.get("RECURRENCE-ID") is not None
        entry = Entry(
            persons=persons,
            shift=str(event.get(_SHIFT, ""))[:64],
            day=day,
            clock=clock.replace(tzinfo=None),
            length=self._length(event, begin),
            zone=zone,
            rule=None if single else self._rule(event, day, clock.replace(tzinfo=None), zone),
            left_out=frozenset() if single else frozenset({*self._moments(event, "EXDATE"), *moved}),
            added=tuple(at.astimezone(zone).date() for at in self._moments(event, "RDATE")),
        )
        if persons:
            self.entries.append(entry)

    def _persons(self, event: Any) -> Iterator[str]:
        written = [str(item) for item in _listed(event.get(_PERSON))]
        if not written:
            attendees = [
                str(item.params.get("CN", ""))
                for item in _listed(event.get("ATTENDEE"))
                if hasattr(item, "params")
            ]
            named = [name for name in attendees if name in self.names]
            written = named or _people_in(str(event.get("SUMMARY", "")), self.names)
        for name in written:
            if name in self.names:
                yield self.names[name]
            elif not self.quiet:
                shown = "".join(char for char in name[:40] if char.isprintable())
                raise _EntryFault(
                    f"there is no person '{shown}'", "write an id or a full name of people.yaml as its title"
                )

    def _zone(self, begin: date) -> ZoneInfo:
        zone = getattr(begin, "tzinfo", None)
        if zone is None:
            return self.zone
        if isinstance(zone, ZoneInfo):
            return zone
        if zone is UTC:
            return ZoneInfo("UTC")
        raise _EntryFault("its time zone is not known", "use one such as TZID=Asia/Shanghai")

    def _when(self, at: date) -> datetime:
        if isinstance(at, datetime):
            return at.astimezone(UTC) if at.tzinfo else moment(at.date(), at.time(), self.zone)
        return moment(at, time(), self.zone)

    def _moments(self, event: Any, key: str) -> Iterator[datetime]:
        for item in _listed(event.get(key)):
            for value in _value(item, "dts") or ():
                if isinstance(value.dt, date) and FIRST_YEAR < value.dt.year < LAST_YEAR:
                    yield self._when(value.dt)

    def _length(self, event: Any, begin: date) -> timedelta:
        whole_day = not isinstance(begin, datetime)
        end, given = _value(event.get("DTEND"), "dt"), _value(event.get("DURATION"), "dt")
        if isinstance(given, timedelta):
            length = given
        elif isinstance(end, date) and isinstance(end, datetime) is not whole_day:
            length = self._wall(end) - self._wall(begin)
        else:
            length = _DAY if whole_day and end is None else timedelta()
        if not timedelta() < length <= LONGEST:
            raise _EntryFault("it has no sound end", f"let it last at most {LONGEST.days} days")
        return length

    def _wall(self, at: date) -> datetime:
        return at.replace(tzinfo=None) if isinstance(at, datetime) else datetime.combine(at, time())

    def _rule(self, event: Any, day: date, clock: time, zone: ZoneInfo) -> Recurrence | None:
        rule = event.get("RRULE")
        if rule is None:
            return None
        if not isinstance(rule, Mapping):
            raise _EntryFault("the way it repeats can't be read", "mend its RRULE")
        until = (rule.get("UNTIL") or [None])[0]
        if isinstance(until, datetime):
            local = until.astimezone(zone) if until.tzinfo else until
            until = local.date() if local.time() >= clock else local.date() - _DAY
        try:
            return read_recurrence(rule, day, until if isinstance(until, date) else None)
        except RecurrenceFault as fault:
            raise _EntryFault(
                str(fault), "use daily, weekly, monthly or yearly entries of whole days"
            ) from fault


def _value(item: Any, name: str) -> Any:
    """An attribute of a parsed property; None when there is none or the property is broken."""
    try:
        return getattr(item, name, None)
    except ValueError:
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _people_in(title: str, names: Mapping[str, str]) -> list[str]:
    """Persons named by a title: the whole of it, or its parts; what stands in brackets is no name."""
    plain = re.sub(r"[(（][^)）]*[)）]", "", title[:500]).strip()
    if plain in names:
        return [plain]
    return [part.strip() for part in re.split(r"[,，、/;；]", plain) if part.strip()] or [plain]


def write_calendar(title: str, duties: Iterable[Duty], names: Mapping[str, str], now: datetime) -> bytes:
    """Duties as an iCalendar file, each an entry of its own; `names` are persons' names by id."""
    from icalendar import Calendar, Event

    from hub.model.identity import derive_id

    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Linli Hub//duty roster//EN")
    calendar.add("X-WR-CALNAME", title)
    for duty in duties:
        event = Event()
        event.add(
            "UID", f"{derive_id(duty.roster, duty.person, duty.shift, duty.start.isoformat())}@linli-hub"
        )
        event.add("DTSTAMP", now)
        event.add("DTSTART", duty.start)
        event.add("DTEND", duty.end)
        name = names.get(duty.person, duty.person)
        event.add("SUMMARY", f"{name} ({duty.shift})" if duty.shift else name)
        event.add(_PERSON, duty.person)
        if duty.shift:
            event.add(_SHIFT, duty.shift)
        calendar.add_component(event)
    return bytes(calendar.to_ical())

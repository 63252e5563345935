"""From `people: rosters:` to rosters, with every fault at its place."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo

import voluptuous as vol

from hub.config import Document, Fault, validate, what_there_is
from hub.people.moments import is_day, read_date, read_moment
from hub.people.roster import Plan, Roster, Shift, Span, Swap
from hub.people.roster_schema import ROSTER, day, weekdays
from hub.people.schema import identity

Path = tuple[str | int, ...]
MOST_ROSTERS = 200
_DAY = timedelta(days=1)
_MINUTES = 24 * 60.0


@dataclass(slots=True)
class RosterReader:
    """Reads rosters; `persons` None: people could not all be read, and any name may be one."""

    document: Document
    zone: ZoneInfo
    persons: Mapping[str, Any] | None
    roles: Mapping[str, Any]
    areas: Mapping[str, Any] | None
    folder: FilePath | None = None  # where calendars lie
    names: Callable[[], Mapping[str, str]] = dict  # ids of persons by the names that calendars use
    faults: list[Fault] = field(default_factory=list)
    rosters: list[Roster] = field(default_factory=list)

    def read(self, raw: Any, path: Path) -> None:
        """Read all rosters under a key."""
        if raw is None:
            return
        if not isinstance(raw, Mapping) or len(raw) > MOST_ROSTERS:
            self._fault(
                path, f"rosters are a mapping of at most {MOST_ROSTERS}", "write 'roster_id: {shifts: ...}'"
            )
            return
        for roster_id, item in raw.items():
            at = (*path, roster_id)
            if self._fits(identity, roster_id, at):
                cleaned, faults = validate(ROSTER, item, at, self.document)
                self.faults += faults
                if cleaned is not None:
                    self._read_roster(str(roster_id), cleaned, item or {}, at)

    def _read_roster(
        self, roster_id: str, cleaned: Mapping[str, Any], raw: Mapping[str, Any], at: Path
    ) -> None:
        shifts = {key: Shift(key, start, end) for key, (start, end) in cleaned["shifts"].items()}
        self._check_names(cleaned, at)
        rotation = cleaned.get("rotation")
        days = (
            [((*at, "rotation", "days", index), plan) for index, plan in enumerate(rotation["days"])]
            if rotation
            else []
        )
        week = self._week(cleaned.get("week", {}), (*at, "week"))
        dates = self._dates(cleaned["dates"], (*at, "dates"))
        for where, plan in [*days, *week.values(), *dates.values()]:
            self._check_plan(plan, shifts, where)
        before = len(self.faults)
        roster = Roster(
            id=roster_id,
            name=cleaned.get("name", roster_id),
            zone=self.zone,
            role=cleaned.get("role", ""),
            areas=tuple(cleaned["areas"]),
            shifts=shifts,
            week={number: _plan(plan, shifts) for number, (_, plan) in week.items()},
            cycle=tuple(_plan(plan, shifts) for _, plan in days),
            begins=rotation["begins"] if rotation else None,
            dates={key: _plan(plan, shifts) for key, (_, plan) in dates.items()},
            leave=self._spans(cleaned["leave"], (*at, "leave")),
            extra=self._spans(cleaned["extra"], (*at, "extra")),
            calendar=self._calendar(cleaned.get("calendar"), (*at, "calendar")),
        )
        self._check_overlaps(roster, days or [week[number] for number in sorted(week)], week, dates)
        swaps = self._swaps(roster, cleaned["swaps"], (*at, "swaps"))
        self.rosters.append(replace(roster, swaps=swaps) if len(self.faults) == before else roster)

    # --- names ------------------------------------------------------------------------------------------

    def _check_names(self, cleaned: Mapping[str, Any], at: Path) -> None:
        role = cleaned.get("role")
        if role is not None and role not in self.roles:
            self._unknown("role", role, self.roles, (*at, "role"))
        for index, area in enumerate(cleaned["areas"]):
            if self.areas is not None and area not in self.areas:
                self._unknown("area", area, self.areas, (*at, "areas", index))

    def _check_plan(
        self, plan: Mapping[str, Sequence[str]], shifts: Mapping[str, Shift], where: Path
    ) -> None:
        for shift, persons in plan.items():
            if shift not in shifts:
                self._unknown("shift", shift, shifts, (*where, shift))
            for person in persons:
                self._check_person(person, (*where, shift))
            for person in {person for person in persons if persons.count(person) > 1}:
                self._fault((*where, shift), f"'{person}' is named twice", "name each person once")

    def _check_person(self, person: str, where: Path) -> bool:
        if self.persons is None or person in self.persons:
            return True
        self._unknown("person", person, self.persons, where)
        return False

    # --- days -------------------------------------------------------------------------------------------

    def _week(self, raw: Mapping[Any, Any], at: Path) -> dict[int, tuple[Path, Any]]:
        found: dict[int, tuple[Path, Any]] = {}
        for key, plan in raw.items():
            where = (*at, key)
            if not self._fits(weekdays, key, where):
                continue
            for number in weekdays(key):
                if number in found:
                    self._fault(
                        where,
                        f"'{key}' names a day that '{found[number][0][-1]}' names",
                        "name each day once",
                    )
                found[number] = (where, plan)
        return found

    def _dates(self, raw: Mapping[Any, Any], at: Path) -> dict[date, tuple[Path, Any]]:
        return {day(key): ((*at, key), plan) for key, plan in raw.items() if self._fits(day, key, (*at, key))}

    def _spans(self, raw: Iterable[Mapping[str, str]], at: Path) -> tuple[Span, ...]:
        found: dict[str, list[tuple[Span, Path]]] = {}
        for index, item in enumerate(raw):
            where = (*at, index)
            known = self._check_person(item["person"], (*where, "person"))
            start, end = self._moment(item, "from", where), self._moment(item, "to", where)
            if start is None or end is None or not known:
                continue
            if end <= start:
                self._fault((*where, "to"), "it ends before it begins", "write the later time under 'to'")
                continue
            found.setdefault(item["person"], []).append((Span(item["person"], start, end), where))
        for spans in found.values():
            spans.sort(key=lambda pair: pair[0].start)
            for (earlier, _), (later, where) in pairwise(spans):
                if later.start < earlier.end:
                    self._fault(
                        where, f"it overlaps another entry of '{later.person}'", "write one of the two"
                    )
        return tuple(span for spans in found.values() for span, _ in spans)

    def _moment(self, item: Mapping[str, str], key: str, where: Path) -> datetime | None:
        """A day under `to` is meant whole."""
        written = item[key]
        try:
            if key == "to" and is_day(written):
                written = (read_date(written) + _DAY).isoformat()
            return read_moment(written, self.zone)
        except (ValueError, OverflowError):
            remedy = "write 2026-11-24 or 2026-11-24 18:00"
            self._fault((*where, key), f"'{item[key]}' is no day and no time", remedy)
            return None

    def _swaps(self, roster: Roster, raw: Iterable[Mapping[str, Any]], at: Path) -> tuple[Swap, ...]:
        found: list[Swap] = []
        for index, item in enumerate(raw):
            where, shift, person = (*at, index), item["shift"], item["person"]
            planned = roster.plan(item["date"])
            if shift not in roster.shifts:
                self._unknown("shift", shift, roster.shifts, (*where, "shift"))
            elif person not in planned.get(shift, ()):
                there = ", ".join(planned.get(shift, ())) or "nobody"
                problem = f"'{person}' does not have '{shift}' on {item['date']}"
                self._fault((*where, "person"), problem, f"{there} has it: name whom it is taken from")
            if self._check_person(item["with"], (*where, "with")):
                found.append(Swap(item["date"], shift, person, item["with"]))
        return tuple(found)

    # --- overlaps ---------------------------------------------------------------------------------------

    def _check_overlaps(
        self,
        roster: Roster,
        cycle: Sequence[tuple[Path, Any]],
        week: Mapping[int, tuple[Path, Any]],
        dates: Mapping[date, tuple[Path, Any]],
    ) -> None:
        """Nobody can stand in two places at once."""
        plans: list[tuple[Path, Plan]] = (
            [(week[number][0], roster.week[number]) if number in week else ((), {}) for number in range(7)]
            if week
            else [(path, plan) for (path, _), plan in zip(cycle, roster.cycle, strict=True)]
        )
        told: set[tuple[Path, str]] = set()
        for path, problem in _overlaps(enumerate([*plans, *plans[:1]]), roster.shifts):
            if (path, problem) not in told:
                told.add((path, problem))
                self._fault(path, problem, "give one of the two to somebody else")
        for key, (path, _) in dates.items():
            around = [key - _DAY, key, key + _DAY]
            near = enumerate(
                (path if one == key else dates.get(one, ((),))[0], roster.plan(one)) for one in around
            )
            for where, problem in _overlaps(near, roster.shifts):
                if where[: len(path)] == path:
                    self._fault(where, problem, "give one of the two to somebody else")

    # --- calendars --------------------------------------------------------------------------------------

    def _calendar(self, file: str | None, at: Path) -> Any:
        if file is None or self.folder is None:
            return None
        from hub.people.calendars import CalendarFault, read_calendar

        try:
            return read_calendar(self.folder, file, self.zone, self.names(), self.persons)
        except CalendarFault as fault:
            for problem, remedy in fault.told:
                self._fault(at, problem, remedy)
            return None

    # --- faults -----------------------------------------------------------------------------------------

    def _fits(self, check: Callable[[Any], Any], value: Any, at: Path) -> bool:
        try:
            check(value)
        except vol.Invalid as error:
            problem, _, remedy = error.error_message.partition("; ")
            self.faults.append(self.document.fault(at, problem, remedy, key=True))
            return False
        return True

    def _unknown(self, what: str, name: str, known: Iterable[str], at: Path) -> None:
        self._fault(at, f"there is no {what} '{name}'", what_there_is(name, known))

    def _fault(self, path: Path, problem: str, remedy: str) -> None:
        self.faults.append(self.document.fault(path, problem, remedy))


def _plan(plan: Mapping[str, Sequence[str]], shifts: Container[str]) -> Plan:
    return {shift: tuple(dict.fromkeys(persons)) for shift, persons in plan.items() if shift in shifts}


def _overlaps(
    days: Iterable[tuple[int, tuple[Path, Plan]]], shifts: Mapping[str, Shift]
) -> Iterator[tuple[Path, str]]:
    """The place and the text of each pair of shifts of one person that overlap."""
    times: dict[str, list[tuple[float, float, str, Path]]] = {}
    for number, (path, plan) in days:
        for shift in plan:
            start, end = _minutes(shifts[shift])
            for person in plan[shift]:
                begun = number * _MINUTES
                times.setdefault(person, []).append((begun + start, begun + end, shift, (*path, shift)))
    for person, spans in times.items():
        spans.sort(key=lambda span: span[:2])
        for earlier, later in pairwise(spans):
            if later[0] < earlier[1]:
                yield later[3], f"'{person}' has '{earlier[2]}' and '{later[2]}' at the same time"


def _minutes(shift: Shift) -> tuple[float, float]:
    start, end = (clock.hour * 60 + clock.minute + clock.second / 60 for clock in (shift.start, shift.end))
    return start, end if end > start else end + _MINUTES

"""Duty rosters as calendars: an entity each that is on while somebody has duty, with the shift but nobody's name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hub.kernel.bus import Undo
from hub.kernel.clock import Timer
from hub.model.things import Entity, slug
from hub.people import Directory, Duty, Roster

if TYPE_CHECKING:
    from hub.plugins.site import Site

AHEAD = timedelta(days=8)  # how far the next shift is looked for
OWNER = "people"


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift, with the ids of all who have it."""

    name: str
    start: datetime
    end: datetime
    persons: tuple[str, ...]


def calendar_id(roster: Roster) -> str:
    """The entity of a roster."""
    return f"calendar.duty_{slug(roster.id)}"


def turns(roster: Roster, directory: Directory, start: datetime, end: datetime) -> list[Turn]:
    """Shifts that overlap a span, by start; who is active no more has none."""
    found: dict[tuple[datetime, datetime, str], list[str]] = {}
    for duty in _held(roster.between(start, end), directory):
        persons = found.setdefault((duty.start, duty.end, duty.shift), [])
        persons.append(duty.person)
    return [
        Turn(shift or roster.name, begun, ended, tuple(dict.fromkeys(persons)))
        for (begun, ended, shift), persons in sorted(found.items())
    ]


def _held(duties: Iterable[Duty], directory: Directory) -> Iterable[Duty]:
    for duty in duties:
        if duty.person in directory.persons and directory.persons[duty.person].active:
            yield duty


class DutyCalendars:
    """Keeps one calendar for each roster of the files."""

    def __init__(self, site: "Site") -> None:
        self._site = site
        self._declared: dict[str, tuple[Entity, Undo]] = {}
        self._timer: Timer | None = None
        self._closed = False
        self.rosters: dict[str, Roster] = {}  # by entity

    def refresh(self) -> None:
        """Take the rosters of now, and say who of them has duty; again at the next change by itself."""
        if self._closed:
            return
        self.rosters = {calendar_id(one): one for one in self._site.directory.rosters.values()}
        for entity_id in set(self._declared) - set(self.rosters):
            self._declared.pop(entity_id)[1]()
            self._site.states.remove(entity_id)
        changes = [self._show(entity_id, roster) for entity_id, roster in self.rosters.items()]
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._site.clock.call_at(min(changes), self.refresh) if changes else None

    def close(self) -> None:
        """Wait for no change any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    def _show(self, entity_id: str, roster: Roster) -> datetime:
        """Write the roster's state; returns when it may be another."""
        self._declare(entity_id, roster)
        now = self._site.clock.now()
        ahead = turns(roster, self._site.directory, now, now + AHEAD)
        on = [turn for turn in ahead if turn.start <= now]
        shown = min(on, key=lambda turn: turn.end) if on else ahead[0] if ahead else None
        self._site.states.set(entity_id, "on" if on else "off", self._attributes(shown))
        moments = [moment for turn in ahead for moment in (turn.start, turn.end) if moment > now]
        return min([*moments, now + AHEAD])

    def _declare(self, entity_id: str, roster: Roster) -> None:
        area = roster.areas[0] if len(roster.areas) == 1 else ""
        entity = Entity(id=entity_id, name=roster.name, area=area, icon="mdi:account-clock")
        known = self._declared.get(entity_id)
        if known is None or known[0] != entity:
            self._site.owners[entity_id] = OWNER
            self._declared[entity_id] = entity, self._site.states.declare(entity)

    def _attributes(self, turn: Turn | None) -> dict[str, Any]:
        if turn is None:
            return {}
        zone = self._site.zone
        start, end = (f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" for at in (turn.start, turn.end))
        return {"message": turn.name, "all_day": False, "start_time": start, "end_time": end}

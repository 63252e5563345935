"""The directory: all persons, roles, areas and rosters, and who is meant by an audience at a moment."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hub.model.people import Address, Person
from hub.model.things import Area
from hub.people.audience import (
    EVERYONE,
    NOT_PERSON,
    ON_DUTY,
    RESIDENTS,
    Alternative,
    Audience,
    parse_audience,
    unknown_names,
)
from hub.people.consent import PURPOSES
from hub.people.places import Places
from hub.people.roles import BUILT_IN_ROLES, Role
from hub.people.roster import Duty, Roster

Path = tuple[str | int, ...]
MOST_REMEMBERED = 1000  # resolved audiences


@dataclass(frozen=True, slots=True)
class Meant:
    """Whom an audience means at a moment; `unattended` are its parts that nobody on duty answered for."""

    persons: tuple[Person, ...]
    unattended: tuple[str, ...] = ()


class Directory:
    """People and places as the files name them; never changed, only replaced as a whole.

    A person's areas are those they answer for, with everything inside; of a role that `lives`, those they live in.
    """

    def __init__(
        self,
        persons: Iterable[Person] = (),
        areas: Iterable[Area] = (),
        roles: Iterable[Role] = (),
        addresses: Iterable[tuple[Path, Address]] = (),
        rosters: Iterable[Roster] = (),
        purposes: Mapping[str, str] = PURPOSES,
    ) -> None:
        self.places = Places(areas)
        self.persons: Mapping[str, Person] = {person.id: person for person in persons}
        self.roles: Mapping[str, Role] = {**BUILT_IN_ROLES, **{role.id: role for role in roles}}
        self.rosters: Mapping[str, Roster] = {roster.id: roster for roster in rosters}
        self.purposes = purposes  # names by id: what notices may need consent for
        self._addresses = tuple(addresses)
        self._resolved: dict[Audience, tuple[Person, ...]] = {}  # the same alarm comes for the same people

    @property
    def areas(self) -> Mapping[str, Area]:
        """Areas by id."""
        return self.places.areas

    def addresses(self) -> Iterable[tuple[Path, Address]]:
        """Each person's addresses, with the path in the files where each stands."""
        return self._addresses

    def channel_references(self) -> Iterable[tuple[Path, str]]:
        """Each channel that a person names, with the path in the files where it stands."""
        return [(path, address.channel) for path, address in self._addresses]

    def altered(self, change: Callable[[Person], Person]) -> "Directory":
        """The same directory with each person as `change` returns them."""
        return Directory(
            map(change, self.persons.values()),
            self.areas.values(),
            self.roles.values(),
            self._addresses,
            self.rosters.values(),
            self.purposes,
        )

    def parse(self, written: Any) -> Audience:
        """Read an audience whose every name must be known; AudienceFault says what would be right."""
        audience = parse_audience(written)
        for fault in unknown_names(audience, self):
            raise fault
        return audience

    def resolve(self, audience: Audience | Any, at: datetime | None = None) -> list[Person]:
        """Those who are meant, each once, in the directory's order. Unknown names mean nobody.

        Of an area: those who answer for it or for a place around it. When nobody does, the circle widens: those
        who answer for a part of it, then for a part of what it lies in, up to the community, then all of the role.
        Residents of an area are those who live in it; for them nothing widens: a neighbour is not meant. Everyone
        of an area is who answers for it and who lives or works in it. For `on_duty` see `meant`.
        """
        return list(self.meant(audience, at).persons)

    def meant(self, audience: Audience | Any, at: datetime | None = None) -> Meant:
        """Those who are meant at a moment, and what nobody on duty answered for.

        `on_duty` leaves of a role those who are on duty, and the area chooses among these. When nobody is, or no
        moment is given, it widens to all of the role: an alarm that nobody hears may cost a life.
        """
        if not isinstance(audience, Audience):
            audience = parse_audience(audience)
        if not any(term.what == ON_DUTY for terms in audience.alternatives for term in terms):
            return Meant(self._always_meant(audience))
        chosen: set[str] = set()
        unattended: list[str] = []
        for terms in audience.alternatives:
            persons, attended = self._meant(terms, at)
            chosen.update(person.id for person in persons)
            if not attended:
                unattended.append(" ".join(str(term) for term in terms))
        return Meant(self._in_order(chosen), tuple(unattended))

    def responsible(self, area: str) -> list[Person]:
        """Those who answer for an area, found as `resolve` does."""
        return self.resolve(parse_audience({"area": area}))

    def on_duty(self, at: datetime) -> list[Duty]:
        """Every duty of an active person at a moment."""
        return [
            duty
            for roster in self.rosters.values()
            for duty in roster.on_duty(at)
            if duty.person in self.persons and self.persons[duty.person].active
        ]

    def lives_in(self, person: Person, area: str) -> bool:
        """Whether the person's household, or else one of the areas of a role that lives, lies in an area."""
        if person.household:
            return self.places.inside(person.household, area)
        return any(map(self._lives, person.roles)) and self._answers_inside(person, area)

    def _always_meant(self, audience: Audience) -> tuple[Person, ...]:
        found = self._resolved.get(audience)
        if found is None:
            if len(self._resolved) >= MOST_REMEMBERED:
                self._resolved.clear()
            chosen = {person.id for terms in audience.alternatives for person in self._meant(terms)[0]}
            found = self._resolved[audience] = self._in_order(chosen)
        return found

    def _in_order(self, chosen: set[str]) -> tuple[Person, ...]:
        if len(chosen) < len(self.persons) // 8:
            order = {person: place for place, person in enumerate(self.persons)}
            return tuple(self.persons[person] for person in sorted(chosen, key=order.__getitem__))
        return tuple(person for person in self.persons.values() if person.id in chosen)

    def _meant(self, terms: Alternative, at: datetime | None = None) -> tuple[list[Person], bool]:
        """The persons, and whether somebody on duty was found if that was asked for."""
        names: dict[str, list[str]] = {}
        for term in terms:
            names.setdefault(term.what, []).append(term.name)
        persons = [
            person
            for person in self._candidates(names)
            if all(role in person.roles for role in names.get("role", ()))
        ]
        if ON_DUTY not in names:
            return self._of_areas(persons, names), True
        on_duty = self._those_on_duty(persons, names, at)
        if on_duty:
            return self._of_areas(on_duty, names), True
        if any(map(self._lives, names.get("role", ()))):
            return self._of_areas(persons, names), False  # who lives elsewhere is not meant
        return self._who_could_be(persons, names), False

    def _those_on_duty(
        self, persons: list[Person], names: Mapping[str, list[str]], at: datetime | None
    ) -> list[Person]:
        roles = names.get("role", ())
        areas: dict[str, tuple[str, ...]] = {}
        for duty in self.on_duty(at) if at is not None else ():
            if not roles or not duty.role or duty.role in roles:
                areas[duty.person] = (*areas.get(duty.person, ()), *duty.areas)
        # A duty's areas are answered for besides their own.
        return [
            replace(person, areas=(*person.areas, *areas[person.id])) if areas[person.id] else person
            for person in persons
            if person.id in areas
        ]

    def _who_could_be(self, persons: list[Person], names: Mapping[str, list[str]]) -> list[Person]:
        """All of the role; without a role, all that any roster names, or else all who do more than live here."""
        if "role" in names or "person" in names:
            return persons
        rosters = self.rosters.values()
        told = all(roster.calendar is None for roster in rosters)  # a calendar may name anybody
        rostered = {person for roster in rosters for person in roster.persons()} if told else ()
        return [person for person in persons if person.id in rostered] or [
            person for person in persons if not self.only_lives(person)
        ]

    def _of_areas(self, persons: list[Person], names: Mapping[str, list[str]]) -> list[Person]:
        for area in names.get("area", ()):
            persons = self._near(persons, area, names)
        for area in (*names.get(RESIDENTS, ()), *names.get("household", ())):
            persons = [person for person in persons if self.lives_in(person, area)]
        return persons

    def _near(self, persons: list[Person], area: str, names: Mapping[str, list[str]]) -> list[Person]:
        if any(self._lives(role) for role in names.get("role", ())):
            return [person for person in persons if self.lives_in(person, area)]
        if EVERYONE in names:
            return [person for person in persons if self._is_of(person, area)]
        if "person" not in names and "role" not in names:
            persons = [person for person in persons if not self.only_lives(person)]
        return self._answering(persons, area)

    def _candidates(self, names: Mapping[str, list[str]]) -> list[Person]:
        ids = names.get("person")
        persons = (
            self.persons.values()
            if not ids
            else [self.persons[person] for person in ids if person in self.persons]
        )
        others = names.get(NOT_PERSON, ())
        return [person for person in persons if person.active and person.id not in others]

    def _lives(self, role: str) -> bool:
        return role in self.roles and self.roles[role].lives

    def only_lives(self, person: Person) -> bool:
        """Whether the person answers for nothing: a resident, and no more."""
        return all(self._lives(role) for role in person.roles)

    def _covers(self, person: Person, area: str) -> bool:
        return not set(self.places.way_up(area)).isdisjoint(person.areas)

    def _answers_inside(self, person: Person, area: str) -> bool:
        return any(self.places.inside(own, area) for own in person.areas)

    def _is_of(self, person: Person, area: str) -> bool:
        """Whether they answer for it or for what lies in it or around it, or live in it."""
        return self._covers(person, area) or self._answers_inside(person, area) or self.lives_in(person, area)

    def _answering(self, persons: list[Person], area: str) -> list[Person]:
        covering = [person for person in persons if self._covers(person, area)]
        if covering:
            return covering
        for wider in self.places.way_up(area):
            if found := [person for person in persons if self._answers_inside(person, wider)]:
                return found
        return persons

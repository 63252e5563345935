"""The directory: all persons, roles and areas, and who is meant by an audience."""

from collections.abc import Iterable, Mapping
from typing import Any

from hub.model.people import Address, Person
from hub.model.things import Area
from hub.people.audience import EVERYONE, Alternative, Audience, parse_audience, unknown_names
from hub.people.places import Places
from hub.people.roles import BUILT_IN_ROLES, Role

Path = tuple[str | int, ...]
MOST_REMEMBERED = 1000  # resolved audiences


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
    ) -> None:
        self.places = Places(areas)
        self.persons: Mapping[str, Person] = {person.id: person for person in persons}
        self.roles: Mapping[str, Role] = {**BUILT_IN_ROLES, **{role.id: role for role in roles}}
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

    def parse(self, written: Any) -> Audience:
        """Read an audience whose every name must be known; AudienceFault says what would be right."""
        audience = parse_audience(written)
        for fault in unknown_names(audience, self):
            raise fault
        return audience

    def resolve(self, audience: Audience | Any) -> list[Person]:
        """Those who are meant, each once, in the directory's order. Unknown names mean nobody.

        Of an area: those who answer for it or for a place around it. When nobody does, the circle widens: those
        who answer for a part of it, then for a part of what it lies in, up to the community, then all of the role.
        Residents of an area are those who live in it; for them nothing widens: a neighbour is not meant. Everyone
        of an area is who answers for it and who lives or works in it.
        """
        if not isinstance(audience, Audience):
            audience = parse_audience(audience)
        found = self._resolved.get(audience)
        if found is None:
            if len(self._resolved) >= MOST_REMEMBERED:
                self._resolved.clear()
            chosen = {person.id for terms in audience.alternatives for person in self._meant(terms)}
            found = tuple(person for person in self.persons.values() if person.id in chosen)
            self._resolved[audience] = found
        return list(found)

    def responsible(self, area: str) -> list[Person]:
        """Those who answer for an area, found as `resolve` does."""
        return self.resolve(parse_audience({"area": area}))

    def _meant(self, terms: Alternative) -> list[Person]:
        names: dict[str, list[str]] = {"person": [], "role": [], "area": [], EVERYONE: []}
        for term in terms:
            names[term.what].append(term.name)
        persons = [
            person
            for person in self._candidates(names["person"])
            if all(role in person.roles for role in names["role"])
        ]
        for area in names["area"]:
            persons = self._near(persons, area, names)
        return persons

    def _near(self, persons: list[Person], area: str, names: Mapping[str, list[str]]) -> list[Person]:
        if any(self._lives(role) for role in names["role"]):
            return self._living(persons, area)
        if names[EVERYONE]:
            return [
                person for person in persons if self._covers(person, area) or self._lives_in(person, area)
            ]
        if not names["person"] and not names["role"]:
            persons = [person for person in persons if not all(self._lives(role) for role in person.roles)]
        return self._answering(persons, area)

    def _candidates(self, ids: list[str]) -> list[Person]:
        if not ids:
            return list(self.persons.values())
        return [self.persons[person] for person in ids if person in self.persons]

    def _lives(self, role: str) -> bool:
        return role in self.roles and self.roles[role].lives

    def _covers(self, person: Person, area: str) -> bool:
        return not set(self.places.way_up(area)).isdisjoint(person.areas)

    def _lives_in(self, person: Person, area: str) -> bool:
        return any(self.places.inside(home, area) for home in person.areas)

    def _living(self, persons: list[Person], area: str) -> list[Person]:
        return [person for person in persons if self._lives_in(person, area)]

    def _answering(self, persons: list[Person], area: str) -> list[Person]:
        covering = [person for person in persons if self._covers(person, area)]
        if covering:
            return covering
        for wider in self.places.way_up(area):
            if found := self._living(persons, wider):
                return found
        return persons

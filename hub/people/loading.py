"""From `areas:` and `people:` to a directory, with every fault at its place.

A faulty person or area is left out of what counts but keeps its id: what names it elsewhere is no second fault.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo

from hub.config import Document, Fault, validate, what_there_is
from hub.model.people import Address, Consent, Person, QuietHours
from hub.model.things import Area
from hub.people.consent import PURPOSES
from hub.people.directory import Directory, Path
from hub.people.homes import home_of
from hub.people.moments import read_moment
from hub.people.roles import BUILT_IN_ROLES, Role
from hub.people.roster import Roster
from hub.people.rostering import RosterReader
from hub.people.schema import AREA, PEOPLE, PERSON, ROLE, address_of, identity

DEEPEST = 16  # levels of areas inside areas
MOST_GUESSES = 50  # names for which the nearest known one is looked up: each costs a look at all of them


def load_directory(
    areas: Any,
    people: Any,
    document: Document,
    zone: ZoneInfo | None = None,
    folder: FilePath | None = None,
) -> tuple[Directory, list[Fault]]:
    """Read both sections (None when absent); the directory holds what is sound, the list every fault.

    `zone` is the site's, Asia/Shanghai when there is none; `folder` is where the calendars of rosters lie.
    """
    reader = _Reader(document, zone or ZoneInfo("Asia/Shanghai"))
    reader.read_areas(areas, ("areas",), "")
    reader.check_parents()
    reader.areas_are_told = areas_are_told(areas, document)
    reader.read_people(people)
    rosters = reader.read_rosters(people, folder)
    directory = Directory(
        reader.persons.values(),
        reader.areas.values(),
        reader.roles.values(),
        reader.addresses,
        rosters,
        reader.purposes,
    )
    return directory, reader.faults


def areas_are_told(areas: Any, document: Document) -> bool:
    """Whether every area's id could be read; else any name may be one, and is no second fault."""
    return not document.has_gaps(("areas",)) and _all_have_ids(areas)


def _all_have_ids(raw: Any) -> bool:
    if raw is None or raw == {}:
        return True
    return isinstance(raw, list) and all(_id_of(item) and _all_have_ids(item.get("areas")) for item in raw)


@dataclass(slots=True)
class _Reader:
    document: Document
    zone: ZoneInfo
    faults: list[Fault] = field(default_factory=list)
    areas: dict[str, Area] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    addresses: list[tuple[Path, Address]] = field(default_factory=list)
    paths: dict[str, Path] = field(default_factory=dict)  # of areas
    purposes: dict[str, str] = field(default_factory=lambda: dict(PURPOSES))
    guesses: int = 0
    areas_are_told: bool = True  # else any area may be there: what could not be read is one fault, not many

    def fault(self, path: Path, problem: str, remedy: str = "") -> None:
        self.faults.append(self.document.fault(path, problem, remedy))

    def clean(self, schema: Any, raw: Any, path: Path) -> Any:
        """The cleaned value; None when it has faults."""
        cleaned, faults = validate(schema, raw, path, self.document)
        self.faults += faults
        return None if any(fault.severity == "fault" for fault in faults) else cleaned

    def items(self, raw: Any, path: Path, what: str) -> Iterator[tuple[Path, Any]]:
        if raw is None or raw == {}:  # an empty file is an empty mapping
            return
        if not isinstance(raw, list):
            self.fault(path, f"{what} are a list", "start each one with '- id: ...'")
            return
        for index, item in enumerate(raw):
            yield (*path, index), item

    # --- areas ------------------------------------------------------------------------------------------

    def read_areas(self, raw: Any, path: Path, parent: str) -> None:
        if path.count("areas") > DEEPEST:
            self.fault(path, f"areas inside areas more than {DEEPEST} deep", "make the tree flatter")
            return
        for at, item in self.items(raw, path, "areas"):
            self.read_area(item, at, parent)

    def read_area(self, raw: Any, path: Path, parent: str) -> None:
        area_id = _id_of(raw)
        cleaned = self.clean(AREA, raw, path)
        if cleaned is not None and parent and cleaned.get("parent", parent) != parent:
            self.fault((*path, "parent"), f"the area lies in '{parent}' already", "leave 'parent' out")
        if area_id in self.areas:
            self.fault((*path, "id"), f"there are two areas '{area_id}'", "give each its own id")
        elif area_id:
            self.areas[area_id] = _area(area_id, cleaned or {}, parent)
            self.paths[area_id] = path
        if isinstance(raw, Mapping):
            self.read_areas(raw.get("areas"), (*path, "areas"), area_id or parent)

    def check_parents(self) -> None:
        for area in self.areas.values():
            path = (*self.paths[area.id], "parent")
            if area.parent and area.parent not in self.areas:
                self.fault(path, f"there is no area '{area.parent}'", what_there_is(area.parent, self.areas))
            elif area.id in self.ancestors(area):
                self.fault(path, f"area '{area.id}' lies in itself", "name the area around it, or none")

    def ancestors(self, area: Area) -> list[str]:
        found: list[str] = []
        above = self.areas.get(area.parent)
        while above is not None and above.id not in found:
            found.append(above.id)
            above = self.areas.get(above.parent)
        return found

    # --- people -----------------------------------------------------------------------------------------

    def read_people(self, raw: Any) -> None:
        if raw is None:
            return
        cleaned = self.clean(PEOPLE, raw, ("people",))
        if not isinstance(raw, Mapping):
            return
        people = raw if cleaned is None else cleaned
        self.read_roles(people.get("roles"))
        if cleaned is not None:
            self.purposes |= cleaned["purposes"]
        for path, item in self.items(people.get("persons"), ("people", "persons"), "persons"):
            self.read_person(item, path)

    def read_roles(self, raw: Any) -> None:
        path: Path = ("people", "roles")
        if raw is not None and not isinstance(raw, Mapping):
            self.fault(path, "roles are a mapping", "write 'role_id: {name: ...}'")
            return
        for role_id, item in (raw or {}).items():
            if self.clean(identity, role_id, (*path, role_id)) is not None:
                self.read_role(role_id, item, (*path, role_id))

    def read_role(self, role_id: str, raw: Any, path: Path) -> None:
        given = {} if raw is None else raw
        cleaned = self.clean(ROLE, {"name": given} if isinstance(given, str) else given, path) or {}
        known = BUILT_IN_ROLES.get(role_id)
        self.roles[role_id] = Role(
            id=role_id,
            name=cleaned.get("name") or (known.name if known else role_id),
            lives=cleaned.get("lives", known.lives if known else False),
            grants=tuple(cleaned.get("grants") or (known.grants if known else ())),
        )

    def read_person(self, raw: Any, path: Path) -> None:
        person_id = _id_of(raw)
        cleaned = self.clean(PERSON, raw, path)
        if person_id in self.persons:
            self.fault((*path, "id"), f"there are two persons '{person_id}'", "give each their own id")
        elif cleaned is None and person_id:
            self.persons[person_id] = Person(id=person_id, name=person_id)
        elif cleaned is not None:
            self.check_names(cleaned, raw, path)
            self.check_household(cleaned.get("household", ""), path)
            person = self.persons[person_id] = self.person(cleaned, path)
            self.addresses += _placed(person.addresses, raw, path)

    def check_names(self, person: Mapping[str, Any], raw: Mapping[str, Any], path: Path) -> None:
        for key, what, known in (
            ("roles", "role", {**BUILT_IN_ROLES, **self.roles}),
            ("areas", "area", self.areas),
        ):
            for index, name in enumerate(person[key]):
                if name not in known and (what != "area" or self.areas_are_told):
                    at = (*path, key, index) if isinstance(raw.get(key), list) else (*path, key)
                    self.fault(at, f"there is no {what} '{name}'", self.guess(name, known))

    def guess(self, name: str, known: Mapping[str, Any]) -> str:
        """What may be meant; after many wrong names in one file, no more than some of those there are."""
        self.guesses += 1
        return what_there_is(name if self.guesses <= MOST_GUESSES else "", known)

    def check_household(self, household: str, path: Path) -> None:
        """A home needs no entry under `areas:` when what it lies in has one: b3-u2-1203 lies in b3-u2, or in b3."""
        if not household or household in self.areas:
            return
        homes = home_of(household, self.areas)
        if homes:
            self.areas.update((home.id, home) for home in homes)
        elif self.areas_are_told:
            problem = f"there is no area that household '{household}' lies in"
            self.fault((*path, "household"), problem, self.guess(household, self.areas))

    def person(self, cleaned: Mapping[str, Any], path: Path) -> Person:
        return Person(
            id=cleaned["id"],
            name=cleaned["name"],
            roles=tuple(dict.fromkeys(cleaned["roles"])),
            areas=tuple(dict.fromkeys(cleaned["areas"])),
            household=cleaned.get("household", ""),
            language=cleaned["language"],
            addresses=tuple(address_of(item) for item in cleaned["channels"]),
            phone=cleaned.get("phone", ""),
            quiet=tuple(QuietHours(start, end) for start, end in cleaned["quiet_hours"]),
            consents=tuple(self.consents(cleaned["consents"], (*path, "consents"))),
            active=cleaned["active"],
        )

    def consents(self, written: Mapping[str, Mapping[str, str]], path: Path) -> Iterator[Consent]:
        for purpose, given in written.items():
            where = (*path, purpose)
            if purpose not in self.purposes:
                self.fault(where, f"there is no purpose '{purpose}'", self.guess(purpose, self.purposes))
                continue
            try:
                moments = {key: read_moment(text, self.zone) for key, text in given.items()}
            except (ValueError, OverflowError):
                self.fault(where, "a consent without a time", "write the day it was given, as in 2026-03-01")
                continue
            yield Consent(purpose=purpose, **moments)

    # --- rosters ----------------------------------------------------------------------------------------

    def read_rosters(self, people: Any, folder: FilePath | None) -> list[Roster]:
        if not isinstance(people, Mapping) or not people.get("rosters"):
            return []
        gaps = self.document.has_gaps(("people",))
        reader = RosterReader(
            self.document,
            self.zone,
            None if gaps else self.persons,
            {**BUILT_IN_ROLES, **self.roles},
            self.areas if self.areas_are_told else None,
            folder,
            lambda: _by_name(self.persons.values()),
        )
        reader.read(people["rosters"], ("people", "rosters"))
        self.faults += reader.faults
        return reader.rosters


def _by_name(persons: Collection[Person]) -> dict[str, str]:
    """Ids by id and by name; a name that two persons bear names neither."""
    found: dict[str, str] = {}
    for person in persons:
        found[person.name] = "" if person.name in found else person.id
    return {name: person for name, person in found.items() if person} | {
        person.id: person.id for person in persons
    }


def _id_of(raw: Any) -> str:
    found = raw.get("id") if isinstance(raw, Mapping) else None
    return found if isinstance(found, str) else str(found) if type(found) is int else ""


def _area(area_id: str, cleaned: Mapping[str, Any], parent: str) -> Area:
    return Area(
        id=area_id,
        name=cleaned.get("name", area_id),
        parent=parent or cleaned.get("parent", ""),
        kind=cleaned.get("kind", ""),
        aliases=tuple(cleaned.get("aliases", ())),
    )


def _placed(
    addresses: Iterable[Address], raw: Mapping[str, Any], path: Path
) -> Iterator[tuple[Path, Address]]:
    in_list = isinstance(raw.get("channels"), list)
    for index, address in enumerate(addresses):
        yield ((*path, "channels", index) if in_list else (*path, "channels")), address

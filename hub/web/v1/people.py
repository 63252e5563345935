"""People: who is in the directory, who is on duty, one's own settings, and who looked at one's data."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hub.accounts.permissions import Thing
from hub.model.errors import ActionRefused
from hub.model.people import Person
from hub.people.masking import masked_address, masked_phone
from hub.plugins.site import Site
from hub.store.chain import AuditRow
from hub.web.gate import viewed
from hub.web.v1.operations import Asked, Operation, Page, Refused, missing
from hub.web.v1.shapes import Limit, Moment
from hub.web.v1.system import Inside


class PersonView(msgspec.Struct, kw_only=True):
    """Somebody of the directory; how they are reached is masked."""

    id: str
    name: str
    roles: list[str]
    role_names: list[str]
    areas: list[str]
    household: str
    language: str
    active: bool
    phone: Annotated[str, Meta(description="Masked")]
    channels: Annotated[list[str], Meta(description="Masked")]
    on_duty: bool


class DutyView(msgspec.Struct, kw_only=True):
    """Somebody's time of duty."""

    person: str
    person_name: str
    roster: str
    shift: str
    start: Moment
    end: Moment
    role: str
    areas: list[str]


class OwnSettings(msgspec.Struct, kw_only=True):
    """What one sets for oneself, and what holds now."""

    language: str
    quiet_hours: Annotated[list[str], Meta(description="Such as 22:00-07:00, in the site's zone")]
    channels: Annotated[list[str], Meta(description="Masked")]
    purposes: Annotated[dict[str, str], Meta(description="Names of what one may consent to")]
    consents: Annotated[list[str], Meta(description="Purposes that one agreed to")]


class OwnChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What is to change; what is left out stays."""

    language: Annotated[str, Meta(max_length=35)] | None = None
    quiet_hours: Annotated[list[Annotated[str, Meta(max_length=20)]], Meta(max_length=10)] | None = None
    give_consent: Annotated[str, Meta(max_length=64)] | None = None
    withdraw_consent: Annotated[str, Meta(max_length=64)] | None = None


class AuditView(msgspec.Struct, kw_only=True):
    """Somebody did something with a thing, maybe about a person."""

    seq: int
    at: Moment
    who: str
    who_name: str
    verb: str
    kind: str
    id: str
    person: str
    outcome: str
    details: dict[str, Any]


class PersonQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which persons."""

    role: Annotated[str, Meta(max_length=64)] = ""
    area: Annotated[str, Meta(max_length=64, description="Who answers for it or lives in it")] = ""
    search: Annotated[str, Meta(max_length=64, description="Part of the name or id")] = ""
    after: Annotated[str, Meta(max_length=64, description="`next` of the page before")] = ""
    limit: Limit = 100


class DutyQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """At what moment."""

    at: Moment | None = None


class AuditQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which rows, the newest first."""

    person: Annotated[str, Meta(max_length=64)] = ""
    who: Annotated[str, Meta(max_length=64)] = ""
    since: Moment | None = None
    limit: Limit = 100


class People:
    """Answers for people."""

    def __init__(self, site: Site, inside: Inside) -> None:
        self._site, self._inside = site, inside

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        yield Operation(
            method="GET",
            path="/people",
            access="see person",
            summary="List people",
            handler=self.list_people,
            query=PersonQuery,
            answer=Page[PersonView],
        )
        yield Operation(
            method="GET",
            path="/people/{person_id}",
            access="see person",
            summary="One person",
            handler=self.get_person,
            answer=PersonView,
        )
        yield Operation(
            method="GET",
            path="/duty",
            access="see person",
            summary="Who is on duty",
            handler=self.list_duty,
            query=DutyQuery,
            answer=Page[DutyView],
            refusals=(409,),
        )
        yield Operation(
            method="GET",
            path="/me/settings",
            access="signed_in",
            summary="One's own settings",
            handler=self.get_settings,
            answer=OwnSettings,
            refusals=(404,),
        )
        yield Operation(
            method="PATCH",
            path="/me/settings",
            access="signed_in",
            summary="Change one's own settings",
            handler=self.change_settings,
            body=OwnChange,
            answer=OwnSettings,
            refusals=(404, 409),
        )
        yield Operation(
            method="GET",
            path="/me/looks",
            access="signed_in",
            summary="Who looked at one's data or changed it, the newest first",
            handler=self.list_looks,
            answer=Page[AuditView],
        )
        yield Operation(
            method="GET",
            path="/audit",
            access="see audit",
            summary="The audit log, the newest first",
            handler=self.list_audit,
            query=AuditQuery,
            answer=Page[AuditView],
        )

    async def list_people(self, asked: Asked[Any]) -> Page[PersonView]:
        """Those that fit and that the caller may see, by id."""
        query: PersonQuery = asked.query
        duty = self._on_duty()
        found: list[PersonView] = []
        for identity in sorted(self._site.directory.persons):
            person = self._site.directory.persons[identity]
            if identity <= query.after or not self._fits(query, person):
                continue
            if not asked.may("see", _thing(person)):
                continue
            if len(found) == query.limit:
                return Page(items=found, next=found[-1].id)
            found.append(self._view(person, duty))
            self._looked(asked, person)
        return Page(items=found)

    async def get_person(self, asked: Asked[Any]) -> PersonView:
        """The person, if the caller may see them."""
        person = self._site.directory.persons.get(asked.path["person_id"])
        if person is None:
            raise missing("person")
        asked.require("see", _thing(person))
        self._looked(asked, person)
        return self._view(person, self._on_duty())

    def _looked(self, asked: Asked[Any], person: Person) -> None:
        """Note it for the person; how often the same is looked at within some minutes makes no difference."""
        viewed(asked.request, _thing(person), person.id)

    async def list_duty(self, asked: Asked[Any]) -> Page[DutyView]:
        """Of those whom the caller may see."""
        directory = self._site.directory
        at = asked.query.at or self._site.clock.now()
        if abs(at - self._site.clock.now()) > timedelta(days=366):
            raise Refused(409, "a roster is told for a year before and after now")
        return Page(
            items=[
                DutyView(
                    person=duty.person,
                    person_name=directory.persons[duty.person].name,
                    roster=duty.roster,
                    shift=duty.shift,
                    start=duty.start,
                    end=duty.end,
                    role=duty.role,
                    areas=list(duty.areas),
                )
                for duty in directory.on_duty(at)
                if asked.may("see", _thing(directory.persons[duty.person]))
            ]
        )

    async def get_settings(self, asked: Asked[Any]) -> OwnSettings:
        """As they hold now."""
        person = self._own(asked)
        asked.require("see", _thing(person))
        return self._settings(person)

    async def change_settings(self, asked: Asked[Any]) -> OwnSettings:
        """Kept when this is answered."""
        person, change, own = self._own(asked), asked.body, self._site.preferences
        asked.require("edit", _thing(person))  # a token that only reads must not mute anybody
        try:
            if change.language is not None:
                await own.set_language(person.id, change.language)
            if change.quiet_hours is not None:
                await own.set_quiet_hours(person.id, change.quiet_hours)
            if change.give_consent is not None:
                await own.give_consent(person.id, change.give_consent)
            if change.withdraw_consent is not None:
                await own.withdraw_consent(person.id, change.withdraw_consent)
        except ActionRefused as error:
            raise Refused(409, str(error)) from error
        return self._settings(self._own(asked))

    async def list_looks(self, asked: Asked[Any]) -> Page[AuditView]:
        """Rows about the caller that others made."""
        if not asked.may("see", Thing(kind="audit", person=asked.who.person)):
            return Page(items=[])
        rows = await self._site.store.read_audit(person=asked.who.person, limit=200)
        return Page(items=[self._look(row) for row in rows if row.who != asked.who.account])

    async def list_audit(self, asked: Asked[Any]) -> Page[AuditView]:
        """Rows that fit and that the caller may see."""
        query: AuditQuery = asked.query
        rows = await self._site.store.read_audit(
            person=query.person, who=query.who, since=query.since, limit=query.limit
        )
        return Page(
            items=[
                self._look(row)
                for row in rows
                if asked.may("see", Thing(kind="audit", id=str(row.seq), person=row.person))
            ]
        )

    # --- inside -----------------------------------------------------------------------------------------

    def _own(self, asked: Asked[Any]) -> Person:
        person = self._site.directory.persons.get(asked.who.person)
        if person is None:
            raise Refused(404, "your account belongs to nobody in the directory; ask an admin to link it")
        return person

    def _fits(self, query: PersonQuery, person: Person) -> bool:
        directory = self._site.directory
        wanted = query.search.casefold()
        return (
            (not query.role or query.role in person.roles)
            and (not wanted or wanted in person.name.casefold() or wanted in person.id)
            and (
                not query.area
                or directory.lives_in(person, query.area)
                or any(directory.places.inside(area, query.area) for area in person.areas)
            )
        )

    def _on_duty(self) -> set[str]:
        return {duty.person for duty in self._site.directory.on_duty(self._site.clock.now())}

    def _view(self, person: Person, duty: set[str]) -> PersonView:
        roles = self._site.directory.roles
        return PersonView(
            id=person.id,
            name=person.name,
            roles=list(person.roles),
            role_names=[roles[role].name if role in roles else role for role in person.roles],
            areas=list(person.areas),
            household=person.household,
            language=person.language,
            active=person.active,
            phone=masked_phone(person.phone),
            channels=[masked_address(address) for address in person.addresses],
            on_duty=person.id in duty,
        )

    def _settings(self, person: Person) -> OwnSettings:
        now = self._site.clock.now()
        return OwnSettings(
            language=person.language,
            quiet_hours=[f"{span.start:%H:%M}-{span.end:%H:%M}" for span in person.quiet],
            channels=[masked_address(address) for address in person.addresses],
            purposes=dict(self._site.directory.purposes),
            consents=sorted({one.purpose for one in person.consents if _stands(one.withdrawn, now)}),
        )

    def _look(self, row: AuditRow) -> AuditView:
        return AuditView(
            seq=row.seq,
            at=row.at,
            who=row.who,
            who_name=self._inside.name_of(row.who),
            verb=row.verb,
            kind=row.kind,
            id=row.id,
            person=row.person,
            outcome=row.outcome,
            details=json.loads(row.details or "{}"),
        )


def _thing(person: Person) -> Thing:
    return Thing(kind="person", id=person.id, area=person.household, person=person.id)


def _stands(withdrawn: datetime | None, now: datetime) -> bool:
    return withdrawn is None or withdrawn > now

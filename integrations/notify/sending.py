"""`notify.send`: finds out who is meant and makes one delivery for each person and channel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.api import (
    Address,
    Call,
    ConfigError,
    DeliveryFailed,
    Follow,
    Link,
    Person,
    Severity,
    derive_id,
    has_consent,
)
from integrations.notify.escalating import Escalation
from integrations.notify.repeats import Repeats, print_of
from integrations.notify.storm import Storm
from integrations.notify.wording import Text, choose, phrase

ADMINS = "role:admin"
MOST_PROBLEMS = 20  # of audiences that reach nobody, shown at once


@dataclass(slots=True)
class Notifier:
    """Handles `notify.send`. A notice that would reach nobody goes to the admins, with a problem that says so."""

    link: Link
    channels: Collection[str]  # names under `notify: channels:`
    storm: Storm
    repeats: Repeats
    escalation: Escalation
    _open_problems: set[str] = field(default_factory=set)

    def send(self, call: Call) -> Follow:
        """The deliveries, as follow-up calls whose keys stay the same however often this is tried."""
        made = _Made()
        for person, data in self._meant(call):
            self._add(made, call, person, self._body(person, data))
        return Follow([one for one, _ in made.deliveries], lambda: self._put_down(made, call))

    def send_to(self, person: Person, body: Mapping[str, Any], key: str) -> None:
        """Put the deliveries of a ready text to one person down, in the open unit."""
        call = Call(name="notify.send", data=body, key=key)
        body = {**body, "at": self.link.now().isoformat()}
        with self.link.transaction() as unit:
            for delivery in self._deliveries(call, person, body):
                unit.call(delivery)
                self._queued(delivery, call, "")

    def _add(self, made: "_Made", call: Call, person: Person, body: Mapping[str, Any]) -> None:
        """Choose what becomes of a notice to one person: a repetition, counted in a storm, or deliveries."""
        mark = print_of(call.alarm, person.id, body)
        if self.repeats.is_one(mark, call.key, self.link.now()):
            self.link.log.info("notice %s says to %s what was said already", call.key, person.id)
            return
        made.marks.append(mark)
        wanted = has_consent(person, body.get("purpose", ""), self.link.now())
        if wanted and self.storm.takes(person, Severity.of(body["severity"])):
            made.counted.append((person, body))
            return
        made.deliveries += [(delivery, mark) for delivery in self._deliveries(call, person, body)]

    def _put_down(self, made: "_Made", call: Call) -> None:
        """What belongs to the end of the call."""
        now = self.link.now()
        for mark in made.marks:
            self.repeats.note(mark, call.key, now)
        for person, body in made.counted:
            self.storm.count(person, body)
        for delivery, mark in made.deliveries:
            self._queued(delivery, call, mark)
        self.escalation.begin(call)

    def _queued(self, delivery: Call, call: Call, mark: str) -> None:
        person, channel = delivery.data["person"], delivery.data["channel"]
        self.link.site.receipts.queued(
            delivery.key, alarm=call.alarm, person=person, channel=channel, print=mark
        )

    def _meant(self, call: Call) -> Sequence[tuple[Person, Mapping[str, Any]]]:
        """Whom it reaches, with what each is told."""
        audience, data = call.data["audience"], call.data
        persons = self._reachable(self._resolve(audience, call.key))
        if not persons:  # those on duty have no channel: then all of the role
            persons = self._reachable(self._resolve(audience, call.key, whoever=True))
        if persons:
            self._all_is_well(audience)
            return [(person, data) for person in persons]
        admins = self._reachable(self._resolve(ADMINS, call.key))
        self._nobody(audience, admins)
        if not admins:
            raise DeliveryFailed(f"nobody can be reached for '{_short(audience)}', and no admin either")
        return [(person, _addressed_elsewhere(data, audience, person)) for person in admins]

    def _resolve(self, audience: Any, key: str, *, whoever: bool = False) -> list[Person]:
        """Who is meant now; `whoever`: on duty or not."""
        directory = self.link.site.directory
        try:
            meant = directory.meant(audience, None if whoever else self.link.now())
            if not whoever:
                self._tell_of_duty(audience, meant.unattended)
            found: list[Person] = list(meant.persons)
            if not found:
                directory.parse(audience)  # says which name is unknown
        except ConfigError as error:
            self.link.log.warning("notice %s: %s", key, error)
            return []
        return found

    def _reachable(self, persons: Sequence[Person]) -> list[Person]:
        mute = [person.id for person in persons if not self._addresses(person)]
        if mute:
            self.link.problem(
                "unreachable",
                f"no channel reaches {', '.join(mute[:10])}{' and others' if len(mute) > 10 else ''}",
                "give them 'channels:' in people.yaml, of names under 'notify: channels:'",
            )
        return [person for person in persons if self._addresses(person)]

    def _addresses(self, person: Person) -> list[tuple[Address, int]]:
        """Addresses that work and, for several on one channel, their number."""
        counts: dict[str, int] = {}
        found = []
        for address in person.addresses:
            number = counts.get(address.channel, 0)
            counts[address.channel] = number + 1
            if address.channel in self.channels:
                found.append((address, number))
        return found

    def _body(self, person: Person, data: Mapping[str, Any]) -> dict[str, Any]:
        """The notice as this person reads it."""
        fallback = self.link.site.language
        message = choose(data.get("message", ""), person.language, fallback)
        if minutes := data.get("unattended"):
            message = f"{phrase('unattended', person.language, minutes=str(minutes))}\n{message}".strip()
        return {
            "title": choose(data.get("title", ""), person.language, fallback),
            "message": message,
            "severity": data["severity"],
            "evidence": data["evidence"],
            "url": data["url"],
            "at": self.link.now().isoformat(),
            **({"purpose": data["purpose"]} if data.get("purpose") else {}),
            **({"sensitive": True} if data.get("sensitive") else {}),
        }

    def _deliveries(self, call: Call, person: Person, body: Mapping[str, Any]) -> list[Call]:
        found: list[Call] = []
        for address, number in self._addresses(person):
            channel, earlier = address.channel, [[one.key, one.lane] for one in found]
            waits = {"after": address.after, "until": address.until, "instead_of": earlier}
            found.append(
                Call(
                    name="notify.deliver",
                    data={
                        "person": person.id,
                        "channel": channel,
                        "number": number,
                        **body,
                        **(waits if address.after and earlier else {}),
                    },
                    key=f"{call.key}/{person.id}/{channel}" + (f"/{number + 1}" if number else ""),
                    cause=call.cause,
                    lane=channel,
                    priority=Severity.of(body["severity"]),
                )
            )
        return found

    # --- problems -----------------------------------------------------------------------------------------

    def _nobody(self, audience: Any, admins: Sequence[Person]) -> None:
        key = _problem(audience)
        if key not in self._open_problems and len(self._open_problems) >= MOST_PROBLEMS:
            return
        self._open_problems.add(key)
        told = (
            f"told {', '.join(person.id for person in admins)} instead"
            if admins
            else "it waits in the outbox"
        )
        self.link.problem(
            key,
            f"a notice for '{_short(audience)}' reaches nobody; {told}",
            "add a person with that role, area and a channel to people.yaml, or mend the audience"
            if admins
            else "give at least one person the role 'admin' and a channel in people.yaml, then `hub reload`",
        )

    def _tell_of_duty(self, audience: Any, unattended: Sequence[str]) -> None:
        """Say that nobody was on duty and all of the role were told, until somebody is."""
        key = f"duty.{derive_id(repr(audience))[:8]}"
        if not unattended:
            if key in self._open_problems:
                self._open_problems.discard(key)
                self.link.clear(key)
            return
        if key not in self._open_problems and len(self._open_problems) >= MOST_PROBLEMS:
            return
        self._open_problems.add(key)
        self.link.problem(
            key,
            f"nobody is on duty for '{_short(', '.join(unattended))}'; all of the role were told instead",
            "see `hub people duty`, and fill the gap under 'people: rosters:'",
        )

    def _all_is_well(self, audience: Any) -> None:
        if self._open_problems and (key := _problem(audience)) in self._open_problems:
            self._open_problems.discard(key)
            self.link.clear(key)


@dataclass(slots=True)
class _Made:
    """What one call leads to, put down with its end."""

    deliveries: list[tuple[Call, str]] = field(default_factory=list)  # with their prints
    counted: list[tuple[Person, Mapping[str, Any]]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)


def _problem(audience: Any) -> str:
    return f"nobody.{derive_id(repr(audience))[:8]}"


def _short(audience: Any) -> str:
    text = audience if isinstance(audience, str) else ", ".join(_term(item) for item in _listed(audience))
    return text if len(text) <= 120 else f"{text[:120]}…"


def _listed(audience: Any) -> list[Any]:
    return list(audience[:20]) if isinstance(audience, (list, tuple)) else [audience]


def _term(item: Any) -> str:
    if isinstance(item, Mapping):
        return " ".join(f"{key}:{value}" for key, value in item.items())
    return str(item)


def _addressed_elsewhere(data: Mapping[str, Any], audience: Any, person: Person) -> Mapping[str, Any]:
    """The notice with a line that says for whom it was."""
    text: Text = data.get("message", "")
    message = choose(text, person.language, person.language)
    note = phrase("nobody", person.language, audience=_short(audience))
    return {**data, "message": f"{message}\n{note}".strip()}

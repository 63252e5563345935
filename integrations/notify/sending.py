"""`notify.send`: finds out who is meant and makes one delivery for each person and channel."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.api import Call, ConfigError, DeliveryFailed, Link, Person, Severity, derive_id
from integrations.notify.wording import Text, choose, phrase

ADMINS = "role:admin"
MOST_PROBLEMS = 20  # of audiences that reach nobody, shown at once


@dataclass(slots=True)
class Notifier:
    """Handles `notify.send`. A notice that would reach nobody goes to the admins, with a problem that says so."""

    link: Link
    channels: Collection[str]  # names under `notify: channels:`
    _open_problems: set[str] = field(default_factory=set)

    def send(self, call: Call) -> Sequence[Call]:
        """The deliveries, as follow-up calls whose keys stay the same however often this is tried."""
        audience, data = call.data["audience"], call.data
        persons = self._reachable(self._resolve(audience, call.key))
        if not persons:  # those on duty have no channel: then all of the role
            persons = self._reachable(self._resolve(audience, call.key, whoever=True))
        if persons:
            self._all_is_well(audience)
            return [delivery for person in persons for delivery in self._deliveries(call, person, data)]
        admins = self._reachable(self._resolve(ADMINS, call.key))
        self._nobody(audience, admins)
        if not admins:
            raise DeliveryFailed(f"nobody can be reached for '{_short(audience)}', and no admin either")
        return [
            delivery
            for person in admins
            for delivery in self._deliveries(call, person, _addressed_elsewhere(data, audience, person))
        ]

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

    def _addresses(self, person: Person) -> list[tuple[str, int]]:
        """Channels and, for several addresses on one channel, their number."""
        counts: dict[str, int] = {}
        found = []
        for address in person.addresses:
            number = counts.get(address.channel, 0)
            counts[address.channel] = number + 1
            if address.channel in self.channels:
                found.append((address.channel, number))
        return found

    def _deliveries(self, call: Call, person: Person, data: Mapping[str, Any]) -> list[Call]:
        fallback = self.link.site.language
        body = {
            "title": choose(data.get("title", ""), person.language, fallback),
            "message": choose(data.get("message", ""), person.language, fallback),
            "severity": data["severity"],
            "evidence": data["evidence"],
            "url": data["url"],
            "at": self.link.now().isoformat(),
            **({"purpose": data["purpose"]} if data.get("purpose") else {}),
            **({"sensitive": True} if data.get("sensitive") else {}),
        }
        return [
            Call(
                name="notify.deliver",
                data={"person": person.id, "channel": channel, "number": number, **body},
                key=f"{call.key}/{person.id}/{channel}" + (f"/{number + 1}" if number else ""),
                cause=call.cause,
                lane=channel,
                priority=Severity.of(data["severity"]),
            )
            for channel, number in self._addresses(person)
        ]

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

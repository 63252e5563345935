"""What people set for themselves: kept durably, and laid over what the admin's files say of them."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any

import voluptuous as vol

from hub.model.errors import ActionRefused
from hub.model.people import Address, Consent, Person, QuietHours
from hub.people.directory import Directory
from hub.people.schema import address_of, channel, language, listed, quiet_hours
from hub.store.memory import Memory
from hub.store.unit import Outcome, Units

OWNER = "people"  # of the memory; no integration can bear the name
MOST_CHANNELS = 10
MOST_CHANGES = 20  # of one consent that are kept; each withdrawal ends whatever was granted before it
KEY = "preferences/"  # and the person's id
Receipt = asyncio.Future[Outcome]


class Preferences:
    """Every person's own settings. Await what a change returns before telling them that it is kept.

    `written` gives the directory as the files have it; `changed` is called after each change.
    """

    def __init__(
        self,
        memory: Memory,
        units: Units,
        now: Callable[[], datetime],
        written: Callable[[], Directory],
        changed: Callable[[], None],
    ) -> None:
        self._memory, self._units, self._now = memory, units, now
        self._written, self._changed = written, changed

    def of(self, person: str) -> dict[str, Any]:
        """What a person has set: any of language, quiet_hours, channels, consents."""
        found: dict[str, Any] = self._memory.get(KEY + person, {})
        return found

    def applied(self, person: Person) -> Person:
        """The person with their own settings in place of the files'."""
        return with_preferences(person, self.of(person.id))

    def set_language(self, person: str, wanted: str) -> Receipt:
        """A language tag, such as en; ActionRefused."""
        return self._set(person, "language", _checked(language, wanted))

    def set_quiet_hours(self, person: str, hours: Any) -> Receipt:
        """`22:00-07:00`, a list of such, or nothing for none; ActionRefused."""
        spans = _checked(quiet_hours, hours)
        return self._set(
            person, "quiet_hours", [[start.isoformat(), end.isoformat()] for start, end in spans]
        )

    def set_channels(self, person: str, channels: Any, known: Collection[str]) -> Receipt:
        """Ways to be reached, as in people.yaml, over channels that the site has (`known`); ActionRefused.

        Nobody can make themselves unreachable: at least one stays.
        """
        wanted = _checked(listed(channel), channels)
        if not 1 <= len(wanted) <= MOST_CHANNELS:
            raise ActionRefused(f"keep at least one channel and at most {MOST_CHANNELS}")
        for item in wanted:
            if item["channel"] not in known:
                raise ActionRefused(
                    f"there is no channel '{item['channel']}'; there are {', '.join(sorted(known))}"
                )
        return self._set(person, "channels", wanted)

    def give_consent(self, person: str, purpose: str) -> Receipt:
        """From now on; ActionRefused for a purpose that the site does not have."""
        return self._note_consent(person, purpose, "granted")

    def withdraw_consent(self, person: str, purpose: str) -> Receipt:
        """From now on, also of what the files say was granted before."""
        return self._note_consent(person, purpose, "withdrawn")

    def forget(self, person: str) -> Receipt:
        """What the files say counts again; it is no fault if nothing was set."""
        with self._units.open() as unit:
            self._memory.delete(KEY + person)
        self._changed()
        return unit.receipt

    def _note_consent(self, person: str, purpose: str, what: str) -> Receipt:
        purposes = self._written().purposes
        if purpose not in purposes:
            raise ActionRefused(f"there is no purpose '{purpose}'; there are {', '.join(sorted(purposes))}")
        consents = dict(self.of(person).get("consents", {}))
        changes = consents.get(purpose, [])
        if not changes or changes[-1][0] != what:
            changes = [*changes, [what, self._now().isoformat()]][-MOST_CHANGES:]
        return self._set(person, "consents", {**consents, purpose: changes})

    def _set(self, person: str, key: str, value: Any) -> Receipt:
        if person not in self._written().persons:
            raise ActionRefused(f"there is no person '{person}'")
        with self._units.open() as unit:
            self._memory.put(KEY + person, {**self.of(person), key: value})
        self._changed()
        return unit.receipt


def with_preferences(person: Person, own: Mapping[str, Any]) -> Person:
    """A person with the settings that `Preferences.of` gives."""
    if not own:
        return person
    return replace(
        person,
        language=own.get("language", person.language),
        quiet=_quiet(own["quiet_hours"]) if "quiet_hours" in own else person.quiet,
        addresses=_addresses(own["channels"]) if "channels" in own else person.addresses,
        consents=tuple(_consents(person.consents, own.get("consents", {}))),
    )


def _checked(schema: Callable[[Any], Any], value: Any) -> Any:
    try:
        return schema(value)
    except vol.Invalid as error:
        raise ActionRefused(str(error)) from error


def _quiet(spans: list[list[str]]) -> tuple[QuietHours, ...]:
    return tuple(QuietHours(time.fromisoformat(start), time.fromisoformat(end)) for start, end in spans)


def _addresses(channels: list[dict[str, Any]]) -> tuple[Address, ...]:
    return tuple(address_of(item) for item in channels)


def _consents(written: tuple[Consent, ...], own: Mapping[str, list[list[str]]]) -> Iterator[Consent]:
    found = list(written)
    for purpose, changes in own.items():
        for what, text in changes:
            at = datetime.fromisoformat(text)
            if what == "granted":
                found.append(Consent(purpose=purpose, granted=at))
            else:
                found = [_ended(consent, purpose, at) for consent in found]
    yield from found


def _ended(consent: Consent, purpose: str, at: datetime) -> Consent:
    stands = consent.withdrawn is None or consent.withdrawn > at
    if consent.purpose != purpose or consent.granted > at or not stands:
        return consent
    return replace(consent, withdrawn=at)

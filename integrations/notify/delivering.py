"""`notify.deliver`: one attempt to hand one notice to one person's provider."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import voluptuous as vol

from hub.api import (
    Address,
    AuthFailed,
    Call,
    Channel,
    Delivery,
    DeliveryFailed,
    DeliveryRefused,
    Evidence,
    Follow,
    HubError,
    Link,
    Notice,
    Person,
    Sender,
    Severity,
    TooEarly,
    has_consent,
    quiet_until,
)
from integrations.notify.bucket import Throttled
from integrations.notify.discreet import discreet
from integrations.notify.events import NoticeDelivered, NoticeHeld, NoticeRefused
from integrations.notify.inbox import letter_of
from integrations.notify.provider import masked
from integrations.notify.reaching import Fallback
from integrations.notify.tapping import TapLinks
from integrations.notify.wording import local_time, phrase

MOST_REMEMBERED = 10_000  # keys of what was sent in this life of the hub
FAILURES_SHOWN = 3  # in a row on one channel, before the admin is told
Fate = type[NoticeDelivered] | type[NoticeRefused] | type[NoticeHeld]


@dataclass(frozen=True, slots=True)
class OpenChannel:
    """A channel of this site: its kind, and the sender that its settings opened."""

    name: str
    kind: Channel
    sender: Sender
    secrets: tuple[str, ...] = ()  # of its settings; in no log and no problem


@dataclass(slots=True)
class Deliverer:
    """Handles `notify.deliver`. Each channel stands alone: what one provider does is no other's trouble."""

    link: Link
    channels: Mapping[str, OpenChannel]
    _sent: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _failures: dict[str, int] = field(default_factory=dict)
    _links: TapLinks = field(init=False)
    _fallback: Fallback = field(init=False)

    def __post_init__(self) -> None:
        self._links = TapLinks(self.link)
        kinds = {name: channel.kind for name, channel in self.channels.items()}
        self._fallback = Fallback(self.link, kinds)

    async def deliver(self, call: Call) -> Follow | None:
        """Send, once: a key that was sent already (its end could not be written down) is not sent again."""
        if call.key in self._sent:
            return self._came(call.key)
        try:
            channel, delivery = self._prepare(call)
            reason = self._no_consent(delivery) or self.link.review(delivery)
            if not reason:
                self._wait_for_quiet_hours(delivery, call.data.get("after", 0.0))
                has_link = bool(self._links.for_call(call, delivery.person))
                reason = await self._fallback.needless(call, has_link=has_link)
            if reason:
                self._held(delivery, reason)
                return None
            receipt = await self._send(channel, delivery)
        except DeliveryRefused as error:
            self._refused(call, str(error))
            raise
        self._delivered(delivery, receipt)
        return self._came(call.key)

    def _came(self, key: str) -> Follow:
        return Follow((), lambda: self.link.site.receipts.came(key, "sent"))

    # --- what is to be sent -------------------------------------------------------------------------------

    def _prepare(self, call: Call) -> tuple[OpenChannel, Delivery]:
        name = call.data["channel"]
        channel = self.channels.get(name)
        if channel is None:
            self._trouble(name, "it is not there any more", "put it back under 'notify: channels:'")
            raise DeliveryFailed(f"channel '{name}' is not there any more")
        person = self.link.site.directory.persons.get(call.data["person"])
        if person is None or not person.active:
            raise DeliveryRefused(f"'{call.data['person']}' is in the directory no more")
        address = self._address(channel, person, call.data.get("number", 0))
        notice = read_notice(call)
        if not channel.kind.shared:
            notice = with_link(notice, self._links.for_call(call, person), person.language)
        return channel, Delivery(key=call.key, person=person, address=address, notice=notice)

    def _no_consent(self, delivery: Delivery) -> str:
        purpose = delivery.notice.purpose
        return "" if has_consent(delivery.person, purpose, self.link.now()) else f"no consent to '{purpose}'"

    def _wait_for_quiet_hours(self, delivery: Delivery, after: float) -> None:
        """Whoever is on duty hears everything; what is critical waits for nobody.

        A further way waits `after` seconds longer than the first.
        """
        now, site, person = self.link.now(), self.link.site, delivery.person
        until = quiet_until(person, delivery.notice.severity, now, site.zone)
        if until is None or any(duty.person == person.id for duty in site.directory.on_duty(now)):
            return
        until += timedelta(seconds=after)
        told = local_time(until, site.zone)
        raise TooEarly(f"'{person.id}' has quiet hours until {told}", until)

    def _address(self, channel: OpenChannel, person: Person, number: int) -> Address:
        """The address as it is now, not as it was when the notice was made."""
        there = [address for address in person.addresses if address.channel == channel.name]
        if number >= len(there):
            raise DeliveryRefused(f"'{person.id}' is not reached over '{channel.name}' any more")
        try:
            options = channel.kind.address(dict(there[number].options))
        except vol.Invalid as error:
            said = getattr(error, "error_message", "") or "it does not fit"
            self.link.problem(
                f"address.{person.id}.{channel.name}",
                f"the address of '{person.id}' for channel '{channel.name}' can't work: {said}",
                "mend it in people.yaml, then `hub reload`",
            )
            raise DeliveryFailed(f"the address of '{person.id}' can't work: {said}") from error
        self.link.clear(f"address.{person.id}.{channel.name}")
        return Address(channel=channel.name, options=options)

    # --- sending it ---------------------------------------------------------------------------------------

    async def _send(self, channel: OpenChannel, delivery: Delivery) -> str:
        try:
            hidden = delivery.notice.sensitive and not channel.kind.private
            if hidden:
                await self.link.inbox.put(letter_of(delivery))  # where the neutral sentence sends them
            receipt = await channel.sender.send(
                discreet(delivery, self.link.site.url) if hidden else delivery
            )
        except (TooEarly, Throttled):
            raise
        except HubError as error:
            told = _without_address(str(error), delivery.address)
            error.args = (masked(told, channel.secrets),)
            self._count(channel.name, error)
            raise
        if self._failures.pop(channel.name, 0):
            self.link.clear(f"channel.{channel.name}")
        return receipt

    def _count(self, name: str, error: HubError) -> None:
        failures = self._failures[name] = self._failures.get(name, 0) + 1
        if isinstance(error, AuthFailed):
            self._trouble(
                name,
                f"its credentials are refused, or its settings do not fit ({error})",
                "mend them under 'notify: channels:'",
            )
        elif isinstance(error, DeliveryFailed) and failures >= FAILURES_SHOWN:
            self._trouble(
                name, f"{failures} attempts in a row failed; last: {error}", "see whether the provider works"
            )

    def _trouble(self, name: str, text: str, remedy: str) -> None:
        self._failures.setdefault(name, 1)
        self.link.problem(f"channel.{name}", f"channel '{name}' does not deliver: {text}", remedy)

    # --- what became of it --------------------------------------------------------------------------------

    def _delivered(self, delivery: Delivery, receipt: str) -> None:
        self._sent[delivery.key] = receipt
        if len(self._sent) > MOST_REMEMBERED:
            self._sent.popitem(last=False)
        person, channel = delivery.person.id, delivery.address.channel
        self.link.log.info("delivered %s to %s over %s", delivery.key, person, channel)
        self._tell(NoticeDelivered, delivery.notice.cause, delivery.key, person, channel, receipt=receipt)

    def _refused(self, call: Call, reason: str) -> None:
        person, channel = call.data["person"], call.data["channel"]
        self._tell(NoticeRefused, call.cause, call.key, person, channel, reason=reason)

    def _held(self, delivery: Delivery, reason: str) -> None:
        person, channel = delivery.person.id, delivery.address.channel
        self.link.log.info("held %s to %s over %s back: %s", delivery.key, person, channel, reason)
        self._tell(NoticeHeld, delivery.notice.cause, delivery.key, person, channel, reason=reason)

    def _tell(self, kind: Fate, cause: str, key: str, person: str, channel: str, **more: str) -> None:
        self.link.emit(
            kind(
                at=self.link.now(),
                source=self.link.name,
                cause=cause,
                key=key,
                person=person,
                channel=channel,
                **more,
            )
        )


def read_notice(call: Call) -> Notice:
    """The notice that a call of `notify.deliver` carries."""
    data = call.data
    return Notice(
        title=data.get("title", ""),
        message=data.get("message", ""),
        severity=Severity.of(data.get("severity", "info")),
        evidence=tuple(Evidence(**item) for item in data.get("evidence", ())),
        cause=call.cause,
        at=datetime.fromisoformat(data["at"]),
        url=data.get("url", ""),
        purpose=data.get("purpose", ""),
        sensitive=bool(data.get("sensitive")),
    )


def with_link(notice: Notice, link: str, language: str) -> Notice:
    """The notice with the link that takes its alarm on: as its link, or in the text when it has another."""
    if not link:
        return notice
    if not notice.url:
        return replace(notice, url=link)
    return replace(notice, message=f"{notice.message}\n{phrase('take', language)}: {link}".strip())


def _without_address(text: str, address: Address) -> str:
    """Providers like to quote addresses; logs and problems carry none."""
    for value in address.options.values():
        if isinstance(value, str) and len(value) >= 3:
            text = text.replace(value, "(address)")
    return text

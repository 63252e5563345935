"""Feeding entities from topics: one parse of a payload for all entities of its topic."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from hub.api import Broker, Clock, Message, Timer, Value

from .entities import Described, read_number, read_text
from .templates import FAULTS, Template, compile_template

BAD_IN_A_ROW = 3  # payloads until the admin is told
OUTAGE = 10.0  # seconds without a broker before entities become unavailable
LONGEST_JSON = 1024 * 1024  # characters; parsed in the loop
MOST_ATTRIBUTES = 100

Feed = Callable[[str, Any], None]  # payload text, parsed payload (BROKEN when it is no JSON)
BROKEN = object()


Tell = Callable[[str | None], object]  # why several payloads in a row were bad; None when one was good again


def keep_quiet(_why: str | None) -> None:
    """For those who do not want to be told."""


class Setter(Protocol):
    """The grip on an entity."""

    def set(self, value: Value, attributes: Mapping[str, Any] = ...) -> None:
        """Report a value."""

    def lose(self) -> None:
        """Report that the value can't be trusted."""


@dataclass(slots=True)
class Topic:
    """Everything fed by one topic."""

    qos: int = 0
    parse: bool = False
    feeds: list[Feed] = field(default_factory=list)

    def take(self, message: Message) -> None:
        """Parse once, feed all."""
        try:
            text = message.payload.decode()
        except UnicodeDecodeError:
            text = message.text
        parsed = parse_json(text) if self.parse else None
        for feed in self.feeds:
            feed(text, parsed)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


_decode = json.JSONDecoder(
    parse_constant=_refuse
).decode  # made once: json.loads would make one for each message


def parse_json(text: str) -> Any:
    """The payload as plain data, BROKEN when it is no (bearable) JSON."""
    if len(text) > LONGEST_JSON:
        return BROKEN
    try:
        return _decode(text)
    except (ValueError, RecursionError):
        return BROKEN


class Fed:
    """One entity: its last value, and whether it can be trusted."""

    def __init__(self, described: Described, point: Setter, clock: Clock, tell: Tell = keep_quiet) -> None:
        self.described, self._point, self._clock, self._tell = described, point, clock, tell
        options = described.options
        self._template, self.parses = _template_of(options["value_template"])
        self._read = self._reader()
        self._attributes: Mapping[str, Any] = {}
        self._value: Value = None
        self._known = False
        self._sources: dict[int, bool] = {}
        self._available = not described.availability
        self._there = True
        self._expire_after = options["expire_after"]
        self._off_delay = options.get("off_delay", 0.0)
        self._fresh_until = 0.0
        self._expiry: Timer | None = None
        self._off_timer: Timer | None = None
        self.bad = self._bad_in_a_row = 0

    def _reader(self) -> Callable[[str], tuple[str, Value]]:
        if self.described.entity.domain == "binary_sensor":
            on, off = self.described.options["payload_on"], self.described.options["payload_off"]
            words: dict[str, tuple[str, Value]] = {
                off: ("value", False),
                on: ("value", True),
                "": ("nothing", None),
            }
            words.setdefault("None", ("unknown", None))
            return lambda text: words.get(text, ("bad", None))
        if self.described.numeric:
            return read_number
        choices = self.described.entity.options
        if choices:
            return lambda text: (
                ("value", text) if text in choices else ("bad", None) if text else ("nothing", None)
            )
        return read_text

    def feed(self, text: str, parsed: Any) -> None:
        """A payload of the state topic; a bad one leaves the state and is counted."""
        template = self._template
        if template is not None:
            if parsed is BROKEN:
                self._refuse("the payload is no JSON")
                return
            try:
                text = template(text, parsed)
            except FAULTS as error:
                self._refuse(f"the template can't be used on it: {type(error).__name__}: {error}")
                return
        verdict, value = self._read(text)
        if verdict == "value" or verdict == "unknown":
            self._value, self._known = value, True
            if self._bad_in_a_row:
                self._accept()
            if self._available and self._there:
                self._point.set(value, self._attributes)
            if self._expire_after:
                self._stay_fresh()
            if self._off_delay:
                self._switch_off_later()
        elif verdict == "bad":
            self._refuse(f"'{text[:40]}' is no value for it")

    def _refuse(self, why: str) -> None:
        self.bad += 1
        self._bad_in_a_row += 1
        if self._bad_in_a_row == BAD_IN_A_ROW:
            self._tell(why)

    def _accept(self) -> None:
        if self._bad_in_a_row >= BAD_IN_A_ROW:
            self._tell(None)
        self._bad_in_a_row = 0

    def feed_attributes(self, template: Template | None) -> Feed:
        """What takes the attributes' topic."""

        def feed(text: str, parsed: Any) -> None:
            try:
                found = parsed if template is None else parse_json(template(text, parsed))
            except FAULTS:
                found = BROKEN
            if not isinstance(found, dict) or len(found) > MOST_ATTRIBUTES:
                self.bad += 1
                return
            self._attributes = found
            if self._known and self._available and self._there:
                self._point.set(self._value, found)

        return feed

    # --- whether the value can be trusted ---------------------------------------------------------------

    def feed_availability(self, source: int, entry: Mapping[str, Any], mode: str) -> tuple[Feed, bool]:
        """What takes one availability topic, and whether it wants the payload parsed."""
        template, parses = _template_of(entry["value_template"])
        words = {entry["payload_available"]: True, entry["payload_not_available"]: False}

        def feed(text: str, parsed: Any) -> None:
            try:
                word = text if template is None else template(text, parsed)
            except FAULTS:
                self.bad += 1
                return
            if word in words:
                self._sources[source] = words[word]
                self._judge(mode, words[word])
            else:
                self.bad += 1

        return feed, parses

    def _judge(self, mode: str, latest: bool) -> None:
        known = self._sources.values()
        if mode == "all":
            latest = all(known) and len(known) == len(self.described.availability)
        elif mode == "any":
            latest = any(known)
        self._available = latest
        self._show()

    def reach(self, there: bool) -> None:
        """The broker came back, or has been away for long."""
        if there != self._there:
            self._there = there
            self._show()

    def _show(self) -> None:
        if not (self._available and self._there):
            self._point.lose()
        elif self._known or self.described.availability:
            self._point.set(self._value, self._attributes)

    def _stay_fresh(self) -> None:
        """One timer that looks again when it fires, instead of a new one for every message."""
        self._fresh_until = self._clock.monotonic() + self._expire_after
        if self._expiry is None:
            self._expiry = self._later(self._expire_after, self._check_fresh)

    def _check_fresh(self) -> None:
        left = self._fresh_until - self._clock.monotonic()
        if left > 0:
            self._expiry = self._later(left, self._check_fresh)
        else:
            self._expiry, self._known = None, False
            self._point.lose()

    def _switch_off_later(self) -> None:
        if self._off_timer is not None:
            self._off_timer.cancel()
        self._off_timer = (
            self._later(self._off_delay, lambda: self.feed_off()) if self._value is True else None
        )

    def feed_off(self) -> None:
        """The off_delay is over."""
        self._off_timer, self._value = None, False
        self._show()

    def _later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        return self._clock.call_at(self._clock.now() + timedelta(seconds=seconds), callback)

    def close(self) -> None:
        """Forget the timers."""
        for timer in (self._expiry, self._off_timer):
            if timer is not None:
                timer.cancel()


def _template_of(source: str) -> tuple[Template | None, bool]:
    return compile_template(source) if source else (None, False)


def topics_of(fed: Iterable[Fed]) -> dict[str, Topic]:
    """What each topic feeds; entities of one topic share its parse."""
    topics: dict[str, Topic] = {}

    def add(name: str, qos: int, parse: bool, feed: Feed) -> None:
        topic = topics.setdefault(name, Topic())
        topic.qos, topic.parse = max(topic.qos, qos), topic.parse or parse
        topic.feeds.append(feed)

    for one in fed:
        options = one.described.options
        # Availability and attributes first: a topic may carry them together with the state.
        for source, entry in enumerate(one.described.availability):
            feed, parses = one.feed_availability(source, entry, options["availability_mode"])
            add(entry["topic"], options["qos"], parses, feed)
        if options["json_attributes_topic"]:
            template, _parses = _template_of(options["json_attributes_template"])
            add(options["json_attributes_topic"], options["qos"], True, one.feed_attributes(template))
        add(options["state_topic"], options["qos"], one.parses, one.feed)
    return topics


def follow(fed: Iterable[Fed], broker: Broker) -> None:
    """Subscribe to all that the entities need."""
    for name, topic in topics_of(fed).items():
        broker.subscribe(name, topic.take, qos=topic.qos)

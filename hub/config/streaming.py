"""Plain data straight from the C parser's events: quick and small, for texts with nothing unusual in them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from yaml import (
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
    YAMLError,
)
from yaml._yaml import CParser

from hub.config.composing import position_of
from hub.config.faults import Path
from hub.config.limits import Limits
from hub.config.parsed import TAGS, Parsed, Tag, Trail, flatten
from hub.config.scalars import STARTS, is_surprising, plain_scalar

# What is repeated all over a large file shows up near its beginning.
MOST_WORDS = 1024
MISSING = object()


class UnusualError(Exception):
    """Something that takes nodes to read, or to say what is wrong with it."""


def stream(text: str, limits: Limits) -> Parsed | None:
    """What a text holds; None when its nodes must be composed to tell."""
    reader = Reader(text, limits)
    try:
        return reader.document()
    except (UnusualError, YAMLError):
        # Whoever composes the nodes meets the same trouble, and says where it is and what to do.
        return None


def refuse_anchor(event: Event) -> Event:
    """Pass on an event that neither names a node nor repeats a named one."""
    if getattr(event, "anchor", None) is not None:
        raise UnusualError
    return event


class Reader:
    """Builds the values of one text while the parser walks through it."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.limits = limits
        # Two events a node, four around the document: a flood ends here.
        self.events: Iterator[Event] = islice(iter(CParser(text).get_event, None), 2 * limits.nodes + 4)
        if "&" in text:
            self.events = map(refuse_anchor, self.events)
        self.tags: dict[Path, Tag] = {}
        self.keys: dict[str, str | int] = {}
        self.words: dict[str, Any] = {}
        self.texts: dict[str, str] = {}
        self.nodes = 1
        self.deepest = 1

    def document(self) -> Parsed:
        """The only document of the text."""
        self.expect(StreamStartEvent)
        self.expect(DocumentStartEvent)
        data = self.value(next(self.events, None), (), 1)
        self.expect(DocumentEndEvent)
        self.expect(StreamEndEvent)
        if self.nodes > self.limits.nodes:
            raise UnusualError
        return Parsed(data, self.tags, (), frozenset(), self.nodes, self.deepest)

    def expect(self, kind: type[Event]) -> None:
        """Take the next event, which must be of a kind."""
        if not isinstance(next(self.events, None), kind):
            raise UnusualError

    def value(self, event: Any, trail: Trail, depth: int) -> Any:
        """The value that begins with an event."""
        kind = event.__class__
        if kind is ScalarEvent:
            if event.tag is not None:
                return self.remember(event, trail)
            return self.word(event.value) if event.implicit[0] else self.text(event.value)
        if depth > self.limits.depth:
            raise UnusualError
        if kind is MappingStartEvent and event.tag is None:
            return self.mapping(trail, depth)
        if kind is SequenceStartEvent and event.tag is None:
            return self.sequence(trail, depth)
        raise UnusualError

    def mapping(self, trail: Trail, depth: int) -> dict[str | int, Any]:
        """The dictionary whose first key comes next."""
        result: dict[str | int, Any] = {}
        events, keys = self.events, self.keys
        event: Any
        for event in events:
            if event.__class__ is MappingEndEvent:
                self.count(2 * len(result), depth)
                return result
            if event.__class__ is not ScalarEvent or event.tag is not None:
                raise UnusualError
            key = keys.get(event.value) if event.implicit[0] else self.text(event.value)
            if key is None:
                key = self.key(event.value)
            if key in result:
                raise UnusualError
            result[key] = self.value(next(events, None), (trail, key), depth + 1)
        raise UnusualError

    def sequence(self, trail: Trail, depth: int) -> list[Any]:
        """The list whose first item comes next."""
        result: list[Any] = []
        for event in self.events:
            if event.__class__ is SequenceEndEvent:
                self.count(len(result), depth)
                return result
            result.append(self.value(event, (trail, len(result)), depth + 1))
        raise UnusualError

    def count(self, nodes: int, depth: int) -> None:
        """Add the nodes inside a collection that has come to its end."""
        self.nodes += nodes
        if nodes and depth >= self.deepest:
            self.deepest = depth + 1

    def key(self, text: str) -> str | int:
        """The key an unquoted word spells."""
        value = self.word(text)
        if value.__class__ not in (str, int) or text == "<<":
            raise UnusualError
        if len(self.keys) < MOST_WORDS:
            self.keys[text] = value
        return value

    def word(self, text: str) -> Any:
        """The value of an unquoted word; one object for all its repetitions."""
        value = self.words.get(text, MISSING)
        if value is MISSING:
            value = text if text and text[0] not in STARTS else plain_scalar(text)
            if is_surprising(text, value):
                raise UnusualError
            if len(self.words) < MOST_WORDS:
                self.words[text] = value
        return value

    def text(self, text: str) -> str:
        """A quoted text; one object for all its repetitions."""
        if len(self.texts) < MOST_WORDS:
            return self.texts.setdefault(text, text)
        return self.texts.get(text, text)

    def remember(self, event: Any, trail: Trail) -> None:
        """Keep a tag for the loader, as the builder of nodes does."""
        argument = event.value.strip()
        if event.tag not in TAGS or not argument:
            raise UnusualError
        self.tags[flatten(trail)] = Tag(event.tag, argument, *position_of(event))

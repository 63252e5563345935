"""Tells subscribers what happens: each event is put into words once for all who see the same, and sent once a turn."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from hub.kernel.bus import Undo
from hub.model.events import Event, StateChanged, StateRemoved, StateReported
from hub.web.homeassistant.encoding import encode
from hub.web.homeassistant.house import House
from hub.web.homeassistant.outlet import frame
from hub.web.homeassistant.shapes import event_type
from hub.web.homeassistant.views import View

ALL = "*"
REST_SHARE = 3.0  # turns of telling take at most a quarter of the time when there is much to tell
LONGEST_REST = 0.01  # seconds
Ids = frozenset[str] | None


class Subscriber(Protocol):
    """Where frames go."""

    @property
    def coalesce(self) -> bool:
        """Whether it reads arrays of messages."""

    def push(self, data: bytes) -> None:
        """Take frames with events."""


@dataclass(slots=True, eq=False)
class Stream:
    """Events for all who subscribed to the same and see the same; members by the id under which they did."""

    view: View
    members: dict[int, dict[Subscriber, None]] = field(default_factory=dict)
    pending: list[bytes] = field(default_factory=list)


class Feed:
    """All streams of events and of states."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._events: dict[str, dict[View, Stream]] = {}  # by type
        self._states: dict[tuple[View, Ids], Stream] = {}
        self._of_entity: dict[str, dict[Stream, None]] = {}  # those of some entities, by each of them
        self._of_all: dict[Stream, None] = {}
        self._busy: dict[Stream, None] = {}  # with something to send
        self._unlisten: Undo | None = None
        self._scheduled = False
        self._rest_until = 0.0
        self.flushes = 0

    # --- subscribing ------------------------------------------------------------------------------------------------

    def on_events(self, name: str, view: View, identity: int, member: Subscriber) -> Undo:
        """Send events of a type ("*": of all) to a member; returns the undo."""
        streams = self._events.setdefault(name, {})
        stream = streams.setdefault(view, Stream(view))

        def gone() -> None:
            streams.pop(view, None)
            if not streams:
                self._events.pop(name, None)

        return self._join(stream, identity, member, gone)

    def on_states(self, ids: Ids, view: View, identity: int, member: Subscriber) -> Undo:
        """Send changes of states, compressed, to a member; returns the undo."""
        key = (view, ids)
        stream = self._states.get(key)
        if stream is None:
            stream = self._states[key] = Stream(view)
            for index in self._indexes(ids):
                index[stream] = None
        return self._join(stream, identity, member, partial(self._forget, key, stream))

    def _indexes(self, ids: Ids) -> list[dict[Stream, None]]:
        if ids is None:
            return [self._of_all]
        return [self._of_entity.setdefault(entity_id, {}) for entity_id in ids]

    def _forget(self, key: tuple[View, Ids], stream: Stream) -> None:
        self._states.pop(key, None)
        for index in self._indexes(key[1]):
            index.pop(stream, None)
        for entity_id in key[1] or ():
            if not self._of_entity.get(entity_id):
                self._of_entity.pop(entity_id, None)

    def _join(self, stream: Stream, identity: int, member: Subscriber, gone: Callable[[], object]) -> Undo:
        if stream.pending:
            self._send(stream)  # what happened before is not for the one who comes now
        stream.members.setdefault(identity, {})[member] = None
        if self._unlisten is None:
            self._unlisten = self._house.site.bus.on(Event, self._happened)

        def undo() -> None:
            members = stream.members.get(identity, {})
            members.pop(member, None)
            if not members:
                stream.members.pop(identity, None)
            if not stream.members:
                stream.pending.clear()
                gone()
                self._deafen()

        return undo

    def _deafen(self) -> None:
        if not self._events and not self._states and self._unlisten is not None:
            self._unlisten()
            self._unlisten = None

    def count(self, name: str) -> int:
        """How many listen to events of a type."""
        streams = self._events.get(name, {}).values()
        return sum(len(members) for stream in streams for members in stream.members.values())

    # --- telling ----------------------------------------------------------------------------------------------------

    def _happened(self, event: Event) -> None:
        if isinstance(event, (StateChanged, StateRemoved)):
            self._tell_states(event)
        streams = self._streams(event)
        if streams:
            heard = [stream for stream in streams if stream.view.hears(event)]
            if heard:
                self._put(heard, self._house.shapes.event(event))
        if isinstance(event, StateRemoved):
            self._house.shapes.forget(event.entity_id)

    def _streams(self, event: Event) -> list[Stream]:
        named = self._events.get(event_type(event))
        every = None if isinstance(event, StateReported) else self._events.get(ALL)
        return [*(named or {}).values(), *(every or {}).values()] if named or every else []

    def _tell_states(self, event: StateChanged | StateRemoved) -> None:
        wanting = self._wanting(event.entity_id)
        if not wanting:
            return
        shapes, entity_id = self._house.shapes, event.entity_id
        if isinstance(event, StateRemoved):
            told: dict[str, object] = {"r": [entity_id]}
        elif event.old is None:
            told = {"a": {entity_id: shapes.compressed(event.new)}}
        else:
            told = {"c": {entity_id: shapes.difference(event.old, event.new)}}
        self._put(wanting, encode(told))

    def tell_picture(self, entity_id: str) -> None:
        """Tell a camera's new token to those who follow its state."""
        entity = self._house.site.states.entities.get(entity_id)
        attributes = self._house.shapes.picture_attributes(entity_id, entity)
        self._put(self._wanting(entity_id), encode({"c": {entity_id: {"+": {"a": attributes}}}}))

    def _wanting(self, entity_id: str) -> list[Stream]:
        told_of = (*self._of_entity.get(entity_id, ()), *self._of_all)
        return [stream for stream in told_of if stream.view.sees(entity_id)]

    def _put(self, streams: Iterable[Stream], body: bytes) -> None:
        for stream in streams:
            stream.pending.append(body)
            self._busy[stream] = None
        if not self._scheduled:
            self._scheduled = True
            loop = asyncio.get_running_loop()
            if loop.time() >= self._rest_until:
                loop.call_soon(self._flush)
            else:
                loop.call_at(self._rest_until, self._flush)

    def _flush(self) -> None:
        """Send all that is pending, then rest for a while: the more there is to send, the longer it is gathered."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._scheduled = False
        self.flushes += 1
        busy, self._busy = self._busy, {}
        for stream in busy:
            self._send(stream)
        ended = loop.time()
        self._rest_until = ended + min(REST_SHARE * (ended - began), LONGEST_REST)

    def _send(self, stream: Stream) -> None:
        bodies, stream.pending = stream.pending, []
        if not bodies:
            return
        for identity, members in list(stream.members.items()):
            start = b'{"id":%d,"type":"event","event":' % identity
            messages = [start + body + b"}" for body in bodies]
            one = many = b""
            for member in list(members):
                if member.coalesce and len(messages) > 1:
                    one = one or frame(b"[" + b",".join(messages) + b"]")
                    member.push(one)
                else:
                    many = many or b"".join(map(frame, messages))
                    member.push(many)

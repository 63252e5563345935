"""Messages set aside: acknowledged to the broker, kept on the hub's disk until a subscriber takes them."""

import base64
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hub.api import Message, NotReady, new_id

MOST = 1000  # messages
MOST_BYTES = 32 * 1024 * 1024
PREFIX = "aside/"


class Shelf(Protocol):
    """Durable keys and JSON values; `put` is fulfilled when the value is on the disk."""

    def put(self, key: str, value: Any) -> Awaitable[Any]:
        """Keep a value."""

    def delete(self, key: str) -> None:
        """Forget a key."""

    def items(self) -> Iterator[tuple[str, Any]]:
        """Everything kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One message that waits for a subscriber of `topic_filter`."""

    key: str
    topic_filter: str
    message: Message


class Aside:
    """What was set aside, by topic filter, oldest first."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._kept: dict[str, list[Kept]] = {}
        self._busy: set[str] = set()
        self._bytes = 0
        self._count = 0
        for key, value in sorted(shelf.items()):
            if key.startswith(PREFIX):
                self._add(read_kept(key, value))

    def __len__(self) -> int:
        return self._count

    def filters(self) -> tuple[str, ...]:
        """The filters that something waits for."""
        return tuple(self._kept)

    def waiting(self, topic_filter: str) -> bool:
        """Whether anything waits for this filter."""
        return topic_filter in self._kept

    async def put(self, topic_filter: str, message: Message) -> None:
        """Keep a message; NotReady when too much is kept already: leave it with the broker then."""
        if self._count >= MOST or self._bytes + len(message.payload) > MOST_BYTES:
            raise NotReady(f"{self._count} messages are set aside already")
        kept = Kept(PREFIX + new_id(), topic_filter, message)
        self._add(kept)
        try:
            await self._shelf.put(kept.key, write_kept(kept))
        except BaseException:
            self._remove(kept)
            raise

    def take(self, topic_filter: str) -> Iterator[Kept]:
        """Each message of a filter in turn; the caller says with `put_back` what became of it."""
        for kept in tuple(self._kept.get(topic_filter, ())):
            if kept.key not in self._busy:
                self._busy.add(kept.key)
                yield kept

    def put_back(self, kept: Kept, *, handled: bool) -> None:
        """Forget a handled message, keep another for the next time."""
        self._busy.discard(kept.key)
        if handled:
            self._forget(kept)

    def drop(self, topic_filter: str) -> int:
        """Forget all of a filter that nobody wants any more; how many there were."""
        dropped = self._kept.get(topic_filter, [])[:]
        for kept in dropped:
            self._forget(kept)
        return len(dropped)

    def _add(self, kept: Kept) -> None:
        self._kept.setdefault(kept.topic_filter, []).append(kept)
        self._count += 1
        self._bytes += len(kept.message.payload)

    def _forget(self, kept: Kept) -> None:
        self._remove(kept)
        self._shelf.delete(kept.key)

    def _remove(self, kept: Kept) -> None:
        left = self._kept.get(kept.topic_filter, [])
        if kept in left:
            left.remove(kept)
            self._count -= 1
            self._bytes -= len(kept.message.payload)
            if not left:
                del self._kept[kept.topic_filter]


def write_kept(kept: Kept) -> dict[str, Any]:
    """The message as JSON can hold it."""
    message = kept.message
    return {
        "filter": kept.topic_filter,
        "topic": message.topic,
        "payload": base64.b64encode(message.payload).decode(),
        "retain": message.retain,
        "at": message.at.isoformat(),
    }


def read_kept(key: str, value: Any) -> Kept:
    """The message that `write_kept` wrote."""
    at = datetime.fromisoformat(value["at"])
    message = Message(value["topic"], base64.b64decode(value["payload"]), 1, value["retain"], at)
    return Kept(key, value["filter"], message)

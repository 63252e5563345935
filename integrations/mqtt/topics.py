"""MQTT topics and filters: what is valid, and which filters match a topic."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
Undo = Callable[[], None]

LONGEST_TOPIC = 65535  # bytes of UTF-8 [MQTT-1.5.3]


def check_topic(topic: str) -> str:
    """A topic that can be published to; ValueError says what is wrong with another."""
    if "+" in topic or "#" in topic:
        raise ValueError(f"topic '{topic}' holds a wildcard; + and # are for subscribing only")
    return _check_text(topic, "topic")


def check_filter(topic_filter: str) -> str:
    """A filter that can be subscribed to; ValueError says what is wrong with another."""
    _check_text(topic_filter, "topic filter")
    levels = topic_filter.split("/")
    for place, level in enumerate(levels):
        if "#" in level and (level != "#" or place != len(levels) - 1):
            raise ValueError(f"topic filter '{topic_filter}': # stands alone in the last level")
        if "+" in level and level != "+":
            raise ValueError(f"topic filter '{topic_filter}': + stands alone in its level")
    if levels[0] == "$share":
        raise ValueError(f"topic filter '{topic_filter}': not every broker serves shared subscriptions")
    return topic_filter


def _check_text(text: str, what: str) -> str:
    if not text:
        raise ValueError(f"the {what} is empty")
    if "\0" in text:
        raise ValueError(f"{what} {text!r} holds a NUL character")
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise ValueError(f"{what} {text!r} is no valid Unicode text") from error
    if size > LONGEST_TOPIC:
        raise ValueError(f"the {what} has {size} bytes; {LONGEST_TOPIC} are allowed")
    return text


class _Level(Generic[T]):
    __slots__ = ("below", "here")

    def __init__(self) -> None:
        self.below: dict[str, _Level[T]] = {}
        self.here: list[T] = []


class TopicTrie(Generic[T]):
    """Things by topic filter; `match` finds those whose filter matches a topic."""

    def __init__(self) -> None:
        self._root: _Level[T] = _Level()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, topic_filter: str, thing: T) -> Undo:
        """Put a thing under a filter; returns the undo, which may be called twice."""
        path = [self._root]
        levels = topic_filter.split("/")
        for level in levels:
            path.append(path[-1].below.setdefault(level, _Level()))
        path[-1].here.append(thing)
        self._size += 1
        gone = False

        def undo() -> None:
            nonlocal gone
            if not gone:
                gone = True
                self._remove(topic_filter, thing)

        return undo

    def _remove(self, topic_filter: str, thing: T) -> None:
        path = [self._root]
        levels = topic_filter.split("/")
        for level in levels:
            path.append(path[-1].below[level])
        here = path[-1].here
        del here[next(place for place, other in enumerate(here) if other is thing)]
        self._size -= 1
        for above, level in zip(reversed(path[:-1]), reversed(levels), strict=True):
            if above.below[level].here or above.below[level].below:
                break
            del above.below[level]

    def match(self, topic: str) -> tuple[T, ...]:
        """Everything whose filter matches the topic."""
        return tuple(self._matching(topic))

    def _matching(self, topic: str) -> Iterator[T]:
        levels = [self._root]
        wild = not topic.startswith("$")  # [MQTT-4.7.2-1]: a leading wildcard matches no $ topic
        for word in topic.split("/"):
            reached = []
            for level in levels:
                below = level.below
                if word in below:
                    reached.append(below[word])
                if wild:
                    if "+" in below:
                        reached.append(below["+"])
                    if "#" in below:
                        yield from below["#"].here
            levels, wild = reached, True
            if not levels:
                return
        for level in levels:
            yield from level.here
            if "#" in level.below:  # a/# matches a as well
                yield from level.below["#"].here

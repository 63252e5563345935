"""From what a worker tells to an event of a declared class, checked field by field."""

from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol, Self, runtime_checkable

import msgspec

from hub.api import Alarm, Event, Severity, derive_id

REMEMBERED = timedelta(seconds=30)
OURS = frozenset({"id", "at", "source", "area", "cause", "evidence"})  # the camera's to fill


def event_id(camera: str, kind: str, key: str) -> str:
    """The same for the same find, however often the hub hears of it; `key` is the find's own, or its start."""
    return derive_id("camera", camera, kind, key)


def make_event(event_class: type[Event], camera: Mapping[str, Any], found: Mapping[str, Any]) -> Event:
    """The event of what was found; ValueError says which field the analyzer got wrong."""
    known = event_class.__struct_fields__
    given = dict(found["fields"])
    strange = [name for name in given if name not in known or name in OURS]
    if strange:
        raise ValueError(f"'{event_class.kind}' has no field '{strange[0]}' for an analyzer to fill")
    offered = {
        "camera": camera["id"],
        "camera_name": camera.get("name", camera["id"]),
        "place": camera.get("place", ""),
        "started": found["started"],
        "ended": found["ended"],
    }
    given = {name: value for name, value in offered.items() if name in known} | given
    given |= {
        "id": event_id(camera["id"], event_class.kind, found["key"]),
        "at": found["started"],
        "source": f"camera.{camera['id']}",
        "area": camera["area"],
    }
    if issubclass(event_class, Alarm):
        given["evidence"] = found["evidence"]
        if "severity" in given:
            given["severity"] = int(Severity.of(given["severity"]))
    try:
        return msgspec.convert(given, event_class)
    except msgspec.ValidationError as error:
        raise ValueError(f"'{event_class.kind}' can't be made of what was found: {error}") from error


@runtime_checkable
class Joining(Protocol):
    """An alarm that knows when another camera has told the same happening before."""

    def follow(self, earlier: Self) -> Event | None:
        """What to tell instead of a second alarm; None when they are two happenings."""


class Told:
    """The alarms of the last half minute, of all cameras: the first is told at once, others of the same only follow."""

    def __init__(self) -> None:
        self._alarms: deque[Event] = deque(maxlen=64)

    def settle(self, event: Event) -> Event:
        """The event to tell: itself, or what follows an earlier alarm of the same happening."""
        if not isinstance(event, Joining):
            return event
        for earlier in reversed(self._alarms):
            if type(earlier) is type(event) and abs(event.at - earlier.at) < REMEMBERED:
                followed: Event | None = event.follow(earlier)
                if followed is not None:
                    return followed
        self._alarms.append(event)
        return event

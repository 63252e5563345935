"""From what a worker tells to an event of a declared class, checked field by field."""

from collections.abc import Mapping
from typing import Any

import msgspec

from hub.api import Alarm, Event, Severity, derive_id

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

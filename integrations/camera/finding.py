"""From what a worker tells to an event of a declared class, checked field by field."""

import types
import typing
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Union

from hub.api import Alarm, Event, Evidence, Severity, derive_id

OURS = frozenset({"id", "at", "source", "area", "cause", "evidence"})  # the camera's to fill


def event_id(camera: str, kind: str, started: str) -> str:
    """The same for the same find, however often the hub hears of it."""
    return derive_id("camera", camera, kind, started)


def make_event(event_class: type[Event], camera: Mapping[str, Any], found: Mapping[str, Any]) -> Event:
    """The event of what was found; ValueError says which field the analyzer got wrong."""
    given: dict[str, Any] = dict(found["fields"])
    hints = typing.get_type_hints(event_class)
    known = set(event_class.__struct_fields__)
    for name, value in given.items():
        if name not in known or name in OURS:
            raise ValueError(f"'{event_class.kind}' has no field '{name}' for an analyzer to fill")
        given[name] = fitted(value, hints[name], name)
    for name, value in (("started", found["started"]), ("ended", found["ended"]), ("camera", camera["id"])):
        if name in known and name not in given:
            given[name] = fitted(value, hints[name], name)
    if issubclass(event_class, Alarm):
        given["evidence"] = tuple(Evidence(**item) for item in found["evidence"])
    try:
        return event_class(
            id=event_id(camera["id"], event_class.kind, found["started"]),
            at=datetime.fromisoformat(found["started"]),
            source=f"camera.{camera['id']}",
            area=camera["area"],
            **given,
        )
    except TypeError as error:
        raise ValueError(f"'{event_class.kind}' can't be made of what was found: {error}") from error


def fitted(value: Any, wanted: Any, name: str) -> Any:
    """A JSON value as the field's type; ValueError when it does not fit."""
    options = typing.get_args(wanted) if typing.get_origin(wanted) in (Union, types.UnionType) else (wanted,)
    for option in options:
        if option is Any or (option is type(None) and value is None):
            return value
        if option is datetime and isinstance(value, str):
            return datetime.fromisoformat(value)
        if option is Severity and isinstance(value, str):
            return Severity.of(value)
        if typing.get_origin(option) is Literal and value in typing.get_args(option):
            return value
        if option is float and isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if (typing.get_origin(option) or option) is tuple and isinstance(value, list):
            return _frozen(value)
        plain = typing.get_origin(option) or option
        if (
            isinstance(plain, type)
            and isinstance(value, plain)
            and not (plain is int and isinstance(value, bool))
        ):
            return value
    raise ValueError(f"field '{name}' can't be {value!r:.80}")


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value

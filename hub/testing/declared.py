"""What a published declaration owes its readers: words for everything, plain event fields, schemas that can be told."""

from collections.abc import Iterator
from typing import Any

import msgspec

from hub.config.jsonschema import to_json_schema
from hub.model.calls import Action
from hub.model.events import Event, event_fields
from hub.plugins.integration import Integration

NOT_TOLD = "can't be told as JSON Schema; use voluptuous, or give the schema a method `json_schema()`"


def shortcomings(integration: Integration) -> Iterator[str]:
    """Everything about a declaration that would leave its users without an answer."""
    if not integration.summary.strip():
        yield "its summary is empty; `hub describe` shows it"
    if not is_told(integration.schema):
        yield f"its schema {NOT_TOLD}"
    for event in integration.events:
        yield from _of_event(event)
    for action in integration.actions:
        yield from _of_action(action)
    summaries = {part.name: part.summary for part in integration.channels}
    summaries |= {part.name: part.summary for part in integration.analyzers}
    yield from (f"'{name}' has no summary" for name, summary in summaries.items() if not summary.strip())


def is_told(schema: Any) -> bool:
    """Whether anything is known about what a schema takes."""
    return set(to_json_schema(schema)) > {"$schema"}


def _of_event(event: type[Event]) -> Iterator[str]:
    if not (event.__dict__.get("__doc__") or "").strip():
        yield f"event {event.__name__} has no docstring of its own; `hub describe` shows its first line"
    for field in event_fields(event):
        strange = [kind for kind in _kinds(msgspec.inspect.type_info(field.type)) if kind is not None]
        if strange:
            yield f"event {event.__name__}: field '{field.name}' holds {strange[0]}, which can't be stored as it is"


def _of_action(action: Action) -> Iterator[str]:
    if "." not in action.name:
        yield f"action '{action.name}' is not named like domain.verb"
    if not action.summary.strip():
        yield f"action '{action.name}' has no summary"
    if not is_told(action.schema):
        yield f"the schema of action '{action.name}' {NOT_TOLD}"


def _kinds(info: Any, depth: int = 0) -> Iterator[str | None]:
    """Names of the types inside a field's type that are not plain; None for each plain one."""
    if isinstance(info, msgspec.inspect.CustomType):
        yield info.cls.__name__
        return
    yield None
    if depth > 8:
        return
    for name in ("item_type", "item_types", "key_type", "value_type", "types"):
        inner = getattr(info, name, None)
        for part in inner if isinstance(inner, tuple) else (inner,) if inner is not None else ():
            yield from _kinds(part, depth + 1)

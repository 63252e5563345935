"""How an event becomes a row of the journal, and text for people and machines."""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from hub.model.events import Alarm, Event, Evidence, Severity
from hub.model.things import State


def plain(value: Any) -> Any:
    """A field as JSON can hold it: times as ISO 8601, severities by name, tuples as lists."""
    if isinstance(value, Severity):
        return value.name
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, State):
        return {
            "entity_id": value.entity_id,
            "state": value.text,
            "attributes": dict(value.attributes),
            "last_changed": value.changed_at.isoformat(),
            "last_updated": value.at.isoformat(),
        }
    if isinstance(value, Evidence):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, set, frozenset)):
        return [plain(item) for item in value]
    return value


def event_data(event: Event) -> dict[str, Any]:
    """All fields of an event by name, as plain values."""
    return {name: plain(getattr(event, name)) for name in event.__struct_fields__}


def alarm_row(alarm: Alarm) -> dict[str, Any]:
    """The alarm as a row of the journal: id, kind, at, source, area, severity, body (JSON of all fields)."""
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "at": alarm.at,
        "source": alarm.source,
        "area": alarm.area,
        "severity": int(alarm.severity),
        "body": json.dumps(event_data(alarm), ensure_ascii=False, separators=(",", ":")),
    }

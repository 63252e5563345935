"""Commands about the past: history and logbook, at once or going on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import voluptuous as vol

from hub.kernel.bus import Undo
from hub.model.events import Alarm, StateChanged
from hub.web.homeassistant.commands import SIGNED_IN, Commands, Message, text
from hub.web.homeassistant.connection import Connection
from hub.web.homeassistant.past import (
    MOST_ENTITIES,
    Span,
    compressed,
    entry_of,
    history,
    logbook,
    logged,
    span_of,
)

_MICROSECOND = timedelta(microseconds=1)  # spans end before their end: what is of this very moment is in it
_IDS = vol.All([text], vol.Length(max=MOST_ENTITIES))
_SPAN = {vol.Required("start_time"): str, vol.Optional("end_time"): str}
_HISTORY = {
    **_SPAN,
    vol.Required("entity_ids"): _IDS,
    vol.Optional("include_start_time_state", default=True): bool,
    vol.Optional("significant_changes_only", default=True): bool,
    vol.Optional("minimal_response", default=False): bool,
    vol.Optional("no_attributes", default=False): bool,
}
_LOGBOOK = {
    **_SPAN,
    vol.Optional("entity_ids"): _IDS,
    vol.Optional("device_ids"): [text],
    vol.Optional("context_id"): str,
}


def add_past_commands(commands: Commands) -> None:
    """Add them to the table."""
    commands.add("history/history_during_period", history_during_period, access=SIGNED_IN, fields=_HISTORY)
    commands.add("history/stream", history_stream, access=SIGNED_IN, fields=_HISTORY)
    commands.add("logbook/get_events", get_events, access=SIGNED_IN, fields=_LOGBOOK)
    commands.add("logbook/event_stream", event_stream, access=SIGNED_IN, fields=_LOGBOOK)


async def _history(connection: Connection, message: Message, span: Span) -> dict[str, Any]:
    found = await history(
        connection.house,
        connection.view,
        message["entity_ids"],
        span,
        significant=message["significant_changes_only"],
    )
    if not message["include_start_time_state"]:
        found = {
            entity_id: [state for state in states if state.at > span.start]
            for entity_id, states in found.items()
        }
    bare = message["no_attributes"]
    return {
        entity_id: compressed(connection.house, states, attributes=not bare)
        for entity_id, states in found.items()
        if states
    }


async def history_during_period(connection: Connection, message: Message) -> dict[str, Any]:
    """Rows by entity."""
    span = span_of(connection.house, message["start_time"], message.get("end_time"))
    return await _history(connection, message, span)


async def history_stream(connection: Connection, message: Message) -> object:
    """Rows by entity, and each later change; with an end in the past, only the rows."""
    house, view = connection.house, connection.view
    span, going_on = _span(connection, message)
    wanted = frozenset(message["entity_ids"])

    def change(event: StateChanged) -> dict[str, Any] | None:
        if event.entity_id not in wanted or not view.sees(event.entity_id):
            return None
        rows = compressed(house, [event.new], attributes=not message["no_attributes"])
        return {"states": {event.entity_id: rows}}

    told = {"states": await _history(connection, message, span), **_times(span)}
    return _stream(connection, message, told, change if going_on else None, StateChanged)


async def get_events(connection: Connection, message: Message) -> list[dict[str, Any]]:
    """The logbook of a span."""
    span = span_of(connection.house, message["start_time"], message.get("end_time"))
    return await logbook(connection.house, connection.view, span, message.get("entity_ids", ()))


async def event_stream(connection: Connection, message: Message) -> object:
    """The logbook of a span, and each later entry; with an end in the past, only that."""
    house, view = connection.house, connection.view
    span, going_on = _span(connection, message)
    wanted = frozenset(message.get("entity_ids", ()))

    def happened(event: StateChanged | Alarm) -> dict[str, Any] | None:
        named = event.entity_id if isinstance(event, StateChanged) else event.source
        if named not in wanted and (wanted or (isinstance(event, StateChanged) and not logged(house, named))):
            return None
        entry = entry_of(house, view, event)
        return None if entry is None else {"events": [entry]}

    told = {"events": await logbook(house, view, span, message.get("entity_ids", ())), **_times(span)}
    return _stream(connection, message, told, happened if going_on else None, StateChanged, Alarm)


def _span(connection: Connection, message: Message) -> tuple[Span, bool]:
    """The span so far, and whether it goes on."""
    now = connection.house.clock.now()
    span = span_of(connection.house, message["start_time"], message.get("end_time"))
    going_on = "end_time" not in message or span.end > now
    return Span(span.start, now + _MICROSECOND if going_on else span.end), going_on


def _times(span: Span) -> dict[str, float]:
    return {"start_time": span.start.timestamp(), "end_time": span.end.timestamp()}


def _stream(
    connection: Connection,
    message: Message,
    told: dict[str, Any],
    later: Callable[[Any], dict[str, Any] | None] | None,
    *classes: type[Any],
) -> object:
    """Answer, tell what was, then what comes."""
    bus = connection.house.site.bus

    def begin(identity: int) -> Undo:
        connection.tell(identity, told, first=True)
        if later is None:
            return lambda: None

        def hear(event: Any) -> None:
            found = later(event)
            if found is not None:
                at = event.at.timestamp()
                connection.tell(identity, {**found, "start_time": at, "end_time": at})

        undos = [bus.on(event_class, hear) for event_class in classes]

        def undo() -> None:
            for one in undos:
                one()

        return undo

    return connection.subscribe(message, begin)

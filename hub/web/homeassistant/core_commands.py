"""Commands about the hub as a whole: settings, states, services, events, and who is asking."""

from typing import Any

import msgspec
import voluptuous as vol

from hub.accounts.permissions import Thing
from hub.model.events import Named
from hub.web.homeassistant.commands import SIGNED_IN, Commands, Message, mapping, text, whole_number
from hub.web.homeassistant.connection import ANSWERED, Connection
from hub.web.homeassistant.failures import NOT_FOUND, Failed
from hub.web.homeassistant.feed import ALL
from hub.web.homeassistant.services import Services, describe_services

MOST_IDS = 10_000


def add_core_commands(commands: Commands, services: Services) -> None:
    """Add them to the table."""

    async def call_service(connection: Connection, message: Message) -> dict[str, Any]:
        outcome = await services.call(
            connection.who,
            f"{message['domain']}.{message['service']}".lower(),
            message["service_data"],
            message["target"],
            respond=message["return_response"],
        )
        return {"context": outcome.context, "response": outcome.response}

    commands.add(
        "call_service",
        call_service,
        access=SIGNED_IN,
        fields={
            vol.Required("domain"): text,
            vol.Required("service"): text,
            vol.Optional("service_data", default=dict): mapping,
            vol.Optional("target", default=dict): mapping,
            vol.Optional("return_response", default=False): bool,
        },
    )
    commands.add(
        "supported_features", supported_features, access=SIGNED_IN, fields={vol.Required("features"): mapping}
    )
    commands.add("ping", ping, access=SIGNED_IN)
    commands.add("get_config", lambda connection, _: connection.house.config(), access=SIGNED_IN)
    commands.add("get_states", get_states, access=SIGNED_IN)
    commands.add("get_services", get_services, access=SIGNED_IN)
    commands.add(
        "fire_event",
        fire_event,
        access="manage system",
        fields={vol.Required("event_type"): event_name, vol.Optional("event_data", default=dict): mapping},
    )
    events = {vol.Optional("event_type", default=ALL): event_name}
    commands.add("subscribe_events", subscribe_events, access=SIGNED_IN, fields=events)
    ids = vol.All([text], vol.Length(max=MOST_IDS))
    commands.add(
        "subscribe_entities", subscribe_entities, access=SIGNED_IN, fields={vol.Optional("entity_ids"): ids}
    )
    commands.add(
        "unsubscribe_events",
        unsubscribe,
        access=SIGNED_IN,
        fields={vol.Required("subscription"): whole_number},
    )
    commands.add("auth/current_user", current_user, access=SIGNED_IN)
    commands.add("system_health/info", lambda connection, _: {}, access=SIGNED_IN)


def event_name(value: Any) -> str:
    """The name of an event type: at most 64 characters."""
    if not isinstance(value, str) or not 0 < len(value) <= 64:
        raise vol.Invalid("expected a text of 1 to 64 characters")
    return value


def supported_features(connection: Connection, message: Message) -> object:
    """Answer as before; only what follows may come as arrays."""
    connection.answer(message["id"])
    connection.outlet.flush()
    connection.outlet.coalesce = bool(message["features"].get("coalesce_messages"))
    return ANSWERED


def ping(connection: Connection, message: Message) -> object:
    """Answer a pong, which is no result."""
    connection.outlet.put(b'{"id":%d,"type":"pong"}' % message["id"])
    return ANSWERED


def get_states(connection: Connection, _message: Message) -> list[msgspec.Raw]:
    """Every state that the client may see."""
    shapes = connection.house.shapes
    return [shapes.body(state) for state in connection.view.states()]


def get_services(connection: Connection, _message: Message) -> dict[str, Any]:
    """Every service by domain."""
    return describe_services(connection.house.site.actions.declared)


def fire_event(connection: Connection, message: Message) -> dict[str, Any]:
    """Fire an event of the site's own."""
    return {"context": fire(connection, message["event_type"], message["event_data"])}


def fire(connection: Connection, name: str, data: dict[str, Any]) -> dict[str, Any]:
    """Fire a named event in the name of the client; returns its context."""
    house = connection.house
    context = house.contexts.new(connection.who.account)
    house.site.bus.emit(Named(id=context, at=house.clock.now(), source="api", name=name, data=data))
    return house.contexts.show(context)


def subscribe_events(connection: Connection, message: Message) -> object:
    """Events of one type, or of all, that the client may know of."""
    name, view = message["event_type"], connection.view

    return connection.subscribe(
        message, lambda identity: connection.feed.on_events(name, view, identity, connection)
    )


def subscribe_entities(connection: Connection, message: Message) -> object:
    """First all states, then every change of one, compressed."""
    ids = frozenset(message["entity_ids"]) if message.get("entity_ids") else None
    view, shapes = connection.view, connection.house.shapes

    def begin(identity: int) -> Any:
        undo = connection.feed.on_states(ids, view, identity, connection)
        states = [state for state in view.states() if ids is None or state.entity_id in ids]
        connection.tell(
            identity, {"a": {state.entity_id: shapes.compressed(state) for state in states}}, first=True
        )
        return undo

    return connection.subscribe(message, begin)


def unsubscribe(connection: Connection, message: Message) -> None:
    """End a subscription of any kind."""
    if not connection.unsubscribe(message["subscription"]):
        raise Failed(NOT_FOUND, "Subscription not found.")


def current_user(connection: Connection, _message: Message) -> dict[str, Any]:
    """The account behind the socket."""
    who = connection.who
    return {
        "id": who.account,
        "name": who.name,
        "is_owner": who.is_owner,
        "is_admin": connection.may("manage", Thing(kind="system")),
        "credentials": [],
        "mfa_modules": [],
    }

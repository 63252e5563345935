"""Commands that templates and triggers of rules answer: rendered anew on changes, told when they fire."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import voluptuous as vol

from hub.accounts.permissions import Thing
from hub.kernel.bus import Undo
from hub.kernel.clock import Timer
from hub.model.events import StateChanged, StateRemoved
from hub.model.things import State
from hub.plugins.ports import Rendered, TemplateRefused, Templates
from hub.web.homeassistant.commands import SIGNED_IN, Commands, Message, mapping
from hub.web.homeassistant.connection import Connection
from hub.web.homeassistant.failures import INVALID_FORMAT, NOT_ALLOWED, NOT_SUPPORTED, UNAUTHORIZED, Failed
from hub.web.homeassistant.shapes import Shapes

LONGEST = 16 * 1024  # characters of a template
SHORTEST_REST = 0.1  # seconds between two renderings of one template
REST_OF_EVERYTHING = 1.0  # of one that goes through all states
_DEEPEST = 30


def add_template_commands(commands: Commands) -> None:
    """Add them to the table."""
    commands.add(
        "render_template",
        render_template,
        access=SIGNED_IN,
        fields={
            vol.Required("template"): vol.All(str, vol.Length(max=LONGEST)),
            vol.Optional("variables", default=dict): mapping,
            vol.Optional("timeout"): vol.Any(int, float),
            vol.Optional("strict", default=False): bool,
            vol.Optional("report_errors", default=False): bool,
            vol.Optional("entity_ids"): vol.Any(str, [str]),
        },
    )
    commands.add(
        "subscribe_trigger",
        subscribe_trigger,
        access="manage automation",
        fields={vol.Required("trigger"): vol.Any(dict, [dict]), vol.Optional("variables"): mapping},
    )


def _templates(connection: Connection) -> Templates:
    if connection.house.templates is None:
        raise Failed(NOT_SUPPORTED, "no rules are configured: add 'automation:' to have templates")
    return connection.house.templates


# --- templates ------------------------------------------------------------------------------------------------------


class Rendering:
    """One template that is rendered again when what it looked at changes."""

    def __init__(self, connection: Connection, message: Message, first: Rendered | TemplateRefused) -> None:
        self._connection, self._id = connection, message["id"]
        self._source, self._variables = message["template"], message["variables"]
        self._report = message["report_errors"]
        self._loop = asyncio.get_running_loop()
        self._told: Any = None
        self._seen: Rendered | None = None
        self._waiting: asyncio.Handle | None = None
        self._minute: Timer | None = None
        self._rest_until = 0.0
        site = connection.house.site
        self._undos = [site.bus.on(StateChanged, self._changed), site.bus.on(StateRemoved, self._changed)]
        connection.rendering += 1
        self._take(first)

    def _take(self, rendered: Rendered | TemplateRefused) -> None:
        """Tell the outcome, if it is another one than before."""
        if isinstance(rendered, TemplateRefused):
            told: dict[str, Any] = {"error": str(rendered), "level": "ERROR"}
            if not self._report:
                return
        else:
            self._seen = rendered
            told = {"result": rendered.result, "listeners": _listeners(rendered)}
            if rendered.time and self._minute is None:
                self._minute = self._connection.house.clock.call_at(self._next_minute(), self._tick)
        if told != self._told:
            self._told = told
            self._connection.tell(self._id, told)

    def _next_minute(self) -> datetime:
        now = self._connection.house.clock.now().astimezone(UTC)
        return now.replace(second=0, microsecond=0) + timedelta(minutes=1)

    def _tick(self) -> None:
        self._minute = None
        self._soon()

    def _changed(self, event: StateChanged | StateRemoved) -> None:
        seen = self._seen
        if seen is None or seen.everything or event.entity_id in seen.entities:
            self._soon()

    def _soon(self) -> None:
        if self._waiting is None:
            self._waiting = self._loop.call_at(self._rest_until, self._again)

    def _again(self) -> None:
        self._waiting = None
        everything = self._seen is None or self._seen.everything
        self._rest_until = self._loop.time() + (REST_OF_EVERYTHING if everything else SHORTEST_REST)
        self._take(rendered(self._connection, self._source, self._variables))

    def end(self) -> None:
        """Render no more."""
        self._connection.rendering -= 1
        for undo in self._undos:
            undo()
        for handle in (self._waiting, self._minute):
            if handle is not None:
                handle.cancel()


def render_template(connection: Connection, message: Message) -> object:
    """A template's result now and whenever it changes; it sees no more of the house than the client may."""
    limit = connection.house.limits.templates
    if connection.rendering >= limit:
        raise Failed(NOT_ALLOWED, f"at most {limit} templates at once")
    first = rendered(connection, message["template"], message["variables"])
    if isinstance(first, TemplateRefused) and not message["report_errors"]:
        raise first
    return connection.subscribe(message, lambda _identity: Rendering(connection, message, first).end)


def rendered(connection: Connection, source: str, variables: Mapping[str, Any]) -> Rendered | TemplateRefused:
    """What a template says to this client, or why it says nothing."""
    try:
        return _templates(connection).render(source, variables, connection.view.sees)
    except TemplateRefused as error:
        return error
    except Failed as error:  # the engine has gone in between
        return TemplateRefused(str(error))


def _listeners(rendered: Rendered) -> dict[str, Any]:
    return {
        "all": rendered.everything,
        "entities": sorted(rendered.entities),
        "domains": sorted(rendered.domains),
        "time": rendered.time,
    }


# --- triggers -------------------------------------------------------------------------------------------------------


def subscribe_trigger(connection: Connection, message: Message) -> object:
    """Tell when a trigger of rules fires; as it hears everything, it is for those who manage all rules."""
    if not connection.may("manage", Thing(kind="automation")):
        raise Failed(UNAUTHORIZED, "Unauthorized")
    connection.room_for_more()
    shapes, contexts = connection.house.shapes, connection.house.contexts
    identity: int = message["id"]

    def tell(trigger: Mapping[str, Any]) -> None:
        context = contexts.show(contexts.new(""))
        connection.tell(identity, {"variables": {"trigger": plain(shapes, trigger)}, "context": context})

    try:
        undo: Undo = _templates(connection).watch(message["trigger"], tell)
    except TemplateRefused as error:
        raise Failed(INVALID_FORMAT, str(error)) from error
    return connection.subscribe(message, lambda _identity: undo)


def plain(shapes: Shapes, value: Any, depth: int = 0) -> Any:
    """What a trigger saw, its states in Home Assistant's shape."""
    if isinstance(value, State):
        return shapes.state(value)
    if depth > _DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {key: plain(shapes, item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(shapes, item, depth + 1) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value

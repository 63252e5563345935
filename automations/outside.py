"""Triggers from outside: MQTT messages and webhooks. Their senders are answered after the commit."""

import ipaddress
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

from automations.desk import Desk
from automations.live import Automation
from automations.templates import TemplateFailed
from automations.triggers import MqttTrigger, Trigger, WebhookTrigger
from automations.views import HOUSE_NAME
from hub.api import Broker, Link, Message

if TYPE_CHECKING:
    from aiohttp import web

Undo = Callable[[], object]
log = logging.getLogger("hub.guest.automation")
_LONGEST_JSON = 256 * 1024  # characters of a payload that is offered as JSON
_LARGEST_PARTS = 64 * 1024  # bytes of a body in parts


class Outside:
    """Subscribed topics and served webhooks."""

    def __init__(self, link: Link, desk: Desk) -> None:
        self._link, self._desk = link, desk
        self._broker: Broker | None = None
        self._following = False
        self._topics: dict[tuple[str, int], list[tuple[Automation, Trigger, MqttTrigger]]] = {}
        self._subscribed: dict[tuple[str, int], Undo] = {}
        self._hooks: dict[tuple[str, str], list[tuple[Automation, Trigger, WebhookTrigger]]] = {}
        self._served: dict[tuple[str, str], Undo] = {}

    def listen(self, automations: Iterable[Automation]) -> None:
        """Subscribe and serve for these automations, and no longer for others."""
        self._topics, self._hooks = {}, {}
        for automation in automations:
            for trigger in automation.plan.triggers:
                kind = trigger.kind
                if isinstance(kind, MqttTrigger):
                    self._topics.setdefault((kind.topic, kind.qos), []).append((automation, trigger, kind))
                elif isinstance(kind, WebhookTrigger):
                    for method in kind.methods:
                        listed = self._hooks.setdefault((method, kind.webhook_id), [])
                        listed.append((automation, trigger, kind))
        self._serve()
        if self._broker is not None:
            self._subscribe(self._broker)
        elif self._topics and not self._following:
            # Not `need`: a broker that goes must not restart the rules that have nothing to do with it.
            self._following = True
            self._link.follow(Broker, self._take_broker)

    # --- mqtt -------------------------------------------------------------------------------------------------

    def _take_broker(self, broker: Broker | None) -> None:
        self._broker = broker
        self._subscribed.clear()
        if broker is not None:
            self._subscribe(broker)

    def _subscribe(self, broker: Broker) -> None:
        for key in [key for key in self._subscribed if key not in self._topics]:
            self._subscribed.pop(key)()
        for key in self._topics:
            if key not in self._subscribed:
                self._subscribed[key] = broker.subscribe(key[0], self._receiver(key), qos=key[1])

    def _receiver(self, key: tuple[str, int]) -> Callable[[Message], Awaitable[Any] | None]:
        def receive(message: Message) -> Awaitable[Any] | None:
            with self._link.transaction() as unit:
                for automation, trigger, kind in self._topics.get(key, ()):
                    self._receive(automation, trigger, kind, message)
                return None if unit.empty else unit.receipt

        return receive

    def _receive(self, automation: Automation, trigger: Trigger, kind: MqttTrigger, message: Message) -> None:
        text = message.text
        if kind.payload is not None and self._value(automation, kind, text) != kind.payload:
            return
        facts: dict[str, Any] = {"topic": message.topic, "payload": text, "qos": message.qos}
        found, value = _json(text)
        if found:
            facts["payload_json"] = value
        automation.fire(trigger, facts={**facts, "description": f"mqtt topic {message.topic}"})

    def _value(self, automation: Automation, kind: MqttTrigger, text: str) -> str | None:
        """What the payload is compared by."""
        if kind.value is None:
            return text
        scope = {HOUSE_NAME: self._desk.house, "states": self._desk.states, "value": text}
        found, value = _json(text)
        if found:
            scope["value_json"] = value
        try:
            return kind.value.text(scope)
        except TemplateFailed as error:
            log.warning("%s: mqtt: %s", automation.plan.name, error)
            return None

    # --- webhooks ---------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        for key in [key for key in self._served if key not in self._hooks]:
            self._served.pop(key)()
        for key in self._hooks:
            if key in self._served:
                continue
            method, webhook_id = key
            path = f"/api/webhook/{webhook_id}"
            try:
                # "public": whoever knows the id may call; `local_only` is checked with the caller's address.
                self._served[key] = self._link.route(method, path, self._handler(key), access="public")
            except ValueError as error:
                self._link.problem(
                    f"webhook.{webhook_id}", f"a webhook trigger: {error}", "use another webhook_id"
                )

    def _handler(self, key: tuple[str, str]) -> "Callable[[web.Request], Awaitable[web.Response]]":
        async def handle(request: "web.Request") -> "web.Response":
            from aiohttp import web
            from aiohttp.http import HttpProcessingError

            if (
                request.content_type.startswith("multipart/")
                and not 0 < (request.content_length or 0) <= _LARGEST_PARTS
            ):
                # Parts are read one by one: a megabyte of small ones holds up everybody for a second.
                raise web.HTTPRequestEntityTooLarge(_LARGEST_PARTS, request.content_length or 0)
            try:
                facts = await _request_facts(request, key[1])
            except (
                LookupError,
                ValueError,
                HttpProcessingError,
            ) as error:  # of an unknown encoding, of bytes or parts that don't fit it
                raise web.HTTPBadRequest(
                    text="the body can't be read: send JSON or a form, in UTF-8"
                ) from error
            # Where a proxy that is not trusted stands between, nobody can tell.
            local = _is_local(request.remote) and "X-Forwarded-For" not in request.headers
            allowed = [hook for hook in self._hooks.get(key, ()) if local or not hook[2].local_only]
            if not allowed:
                raise web.HTTPNotFound(text="nothing is served here")
            with self._link.transaction() as unit:
                for automation, trigger, _kind in allowed:
                    automation.fire(trigger, facts=facts)
                receipt = unit.receipt
            await receipt
            return web.Response(status=200)

        return handle


async def _request_facts(request: "web.Request", webhook_id: str) -> dict[str, Any]:
    """The variables of a webhook trigger: json or data, and the query."""
    facts: dict[str, Any] = {
        "webhook_id": webhook_id,
        "query": dict(request.query),
        "description": f"webhook {webhook_id}",
    }
    if "json" in request.content_type:
        found, value = _json(await request.text())
        facts["json"] = value if found else None
    else:
        facts["data"] = {
            key: value for key, value in (await request.post()).items() if isinstance(value, str)
        }
    return facts


def _json(text: str) -> tuple[bool, Any]:
    """Whether the text is JSON (a mapping, a list, a number ...), and its value."""
    if len(text) > _LONGEST_JSON:
        return False, None
    try:
        return True, json.loads(text)
    except (ValueError, RecursionError):
        return False, None


def _is_local(remote: str | None) -> bool:
    """Whether a caller's address belongs to this machine or a private network."""
    try:
        address = ipaddress.ip_address((remote or "").partition("%")[0])
    except ValueError:
        return False
    return address.is_private or address.is_loopback or address.is_link_local

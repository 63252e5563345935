"""MQTT: the port to a broker, the embedded broker, and sensors fed by topics."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import voluptuous as vol

from hub.api import Action, Broker, Call, Integration, Link, Reference, Timer, hookimpl

from .entities import DOMAINS, Described, describe, entities_of
from .settings import SECTION, Settings, common_settings, settings_of, topic

FILTERS = "filters"
PUBLISH = Action(
    name="mqtt.publish",
    summary="Publish a message to the MQTT broker",
    schema=vol.Schema(
        {
            vol.Required("topic"): vol.All(topic, vol.Length(min=1, msg="name the topic to publish to")),
            vol.Optional("payload", default=""): vol.Any(str, vol.All(vol.Any(int, float), vol.Coerce(str))),
            vol.Optional("qos", default=0): vol.In([0, 1, 2]),
            vol.Optional("retain", default=False): bool,
        }
    ),
)


class LinkShelf:
    """The guest's own memory, as a shelf whose `put` can be waited for."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def put(self, key: str, value: Any) -> Awaitable[Any]:
        """Keep a value; the awaitable is the receipt of its commit."""
        with self._link.transaction() as unit:
            self._link.memory.put(key, value)
        return unit.receipt

    def delete(self, key: str) -> None:
        """Forget a key."""
        self._link.memory.delete(key)

    def items(self) -> Iterator[tuple[str, Any]]:
        """Everything kept."""
        return iter(list(self._link.memory.items()))


async def run(link: Link, section: Mapping[str, Any]) -> None:
    """Connect, offer the port, feed the entities; ends only by failing."""
    from .aside import Aside
    from .session import MqttBroker

    settings, embedded = await _settings(link, section)
    try:
        broker = MqttBroker(
            settings,
            settings.client_id or _client_id(link),
            clock=link.clock,
            aside=Aside(LinkShelf(link)),
            desk=link,
            log=link.log,
            folder=link.config_dir,
            without_spaces=embedded is not None,
            subscribing=nullcontext if embedded is None else embedded.subscribing,
            # nats-server takes them in any order, and so a slow filter holds up no other.
            ordered=embedded is None,
        )
        broker.expect(link.memory.get(FILTERS, {}))
        broker.changed = lambda counts: link.memory.put(FILTERS, dict(counts))
        link.action(PUBLISH.name, lambda call: _publish(broker, call))
        _feed(link, section, broker)
        link.offer(Broker, broker)
        keeping = [asyncio.ensure_future(broker.run(link.ready))]
        if embedded is not None:
            keeping.append(asyncio.ensure_future(embedded.keep()))
        await _first_failure(keeping)
    finally:
        if embedded is not None:
            await embedded.stop()


async def _first_failure(tasks: list["asyncio.Task[None]"]) -> None:
    """Run all until one fails; its error is raised as it is, so that the supervisor knows what to do."""
    try:
        done, _pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _settings(link: Link, section: Mapping[str, Any]) -> tuple[Settings, Any]:
    """The connection's settings, and the embedded broker when it is that one, started."""
    if section["broker"] != "embedded":
        return settings_of(dict(section)), None
    from .accounts import accounts_of
    from .embedded import EmbeddedBroker

    options = section["embedded"]
    embedded = EmbeddedBroker(
        link.data_dir / "broker",
        log=link.log,
        listen=options["listen"],
        port=options["port"],
        binary=options["binary"],
        max_payload=section["max_payload_kib"] * 1024 + 1024,
        max_store=options["max_store_mib"] * 1024 * 1024,
        users=accounts_of(options["users"]),
    )
    try:
        await embedded.start()
    except BaseException:
        await embedded.stop()
        raise
    settings = Settings(
        host=embedded.host,
        port=embedded.port,
        username=embedded.username,
        password=embedded.password,
        **common_settings(dict(section)),
    )
    return settings, embedded


def _client_id(link: Link) -> str:
    """A client id of this hub's own, the same in every life: the broker keeps what is for it by this."""
    known = link.memory.get("client_id")
    if isinstance(known, str):
        return known
    made = f"linli-{os.urandom(6).hex()}"
    link.memory.put("client_id", made)
    return made


async def _publish(broker: Broker, call: Call) -> None:
    data = call.data
    await broker.publish(data["topic"], data["payload"], qos=data["qos"], retain=data["retain"])


def _teller(link: Link, described: Described) -> Callable[[str | None], None]:
    entity_id, topic_filter = described.entity.id, described.options["state_topic"]

    def tell(why: str | None) -> None:
        key = f"payload {entity_id}"
        if why is None:
            link.clear(key)
        else:
            text = f"{entity_id} can't use what comes on '{topic_filter}': {why}"
            link.problem(key, text, "mend its value_template or the device; the state stays as it was")

    return tell


def references(section: Mapping[str, Any]) -> Iterable[Reference]:
    """The areas that entities are said to be in."""
    for domain in DOMAINS:
        for place, options in enumerate(section[domain]):
            if options["area"]:
                yield Reference(path=(domain, place, "area"), what="area", name=options["area"])


def _feed(link: Link, section: Mapping[str, Any], broker: Any) -> None:
    from .feeding import OUTAGE, Fed, follow

    described = list(describe(section))
    devices = {one.device.id: one.device for one in described if one.device is not None}
    for device in devices.values():
        link.device(device)
    fed = [Fed(one, link.entity(one.entity), link.clock, _teller(link, one)) for one in described]
    follow(fed, broker)
    waiting: list[Timer] = []

    def reach(there: bool) -> None:
        while waiting:
            waiting.pop().cancel()
        if there:
            for one in fed:
                one.reach(True)
        else:
            waiting.append(link.clock.call_at(link.now() + timedelta(seconds=OUTAGE), lose))

    def lose() -> None:
        for one in fed:
            one.reach(False)

    broker.watch(reach)


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """The guest `mqtt`."""
    yield Integration(
        name="mqtt",
        run=run,
        schema=SECTION,
        summary="MQTT broker (your own or the embedded one) and sensors fed by topics",
        actions=(PUBLISH,),
        offers=(Broker,),
        entities=entities_of,
        references=references,
    )

"""LoRaWAN sensors through ChirpStack or The Things Stack: envelopes, duplicates, built-in decoders."""

import asyncio
from collections.abc import Iterable

from hub.api import (
    Broker,
    Finding,
    HubStarted,
    Integration,
    Known,
    Link,
    ReadingReceived,
    Reference,
    did_you_mean,
    hookimpl,
)
from integrations.lorawan.entities import all_entities
from integrations.lorawan.events import DeviceDiscovered, DeviceJoined, UplinkUnread
from integrations.lorawan.guest import Receiver
from integrations.lorawan.schema import SECTION, LorawanConfig


async def run(link: Link, config: LorawanConfig) -> None:
    """Listen to the network servers until the end."""
    receiver = Receiver(link, config)
    broker = await link.need(Broker)
    link.ready()
    await _everyone_listens(link)
    undos = receiver.listen(broker)
    try:
        await asyncio.Event().wait()
    finally:
        for undo in undos:
            undo()


async def _everyone_listens(link: Link) -> None:
    """Wait for the hub's start: a reading told before is one that covers and rules would never hear."""
    started = asyncio.Event()
    undo = link.on(HubStarted, lambda _event: started.set())
    if not link.site.started:
        await started.wait()
    undo()


def references(config: LorawanConfig) -> Iterable[Reference]:
    """The areas that devices are said to be in."""
    for number, device in enumerate(config.devices):
        if device.area:
            yield Reference(path=("devices", number, "area"), what="area", name=device.area)


def check(config: LorawanConfig, known: Known) -> Iterable[Finding]:
    """Devices that no integration shows, as the one they are given to is not there."""
    for number, device in enumerate(config.devices):
        if device.shown_by and device.shown_by not in known.integrations:
            hint = did_you_mean(device.shown_by, known.integrations) or "add it, or leave 'as' out"
            text = f"nobody shows this device: there is no section '{device.shown_by}:'"
            yield Finding(("devices", number, "as"), text, hint, fatal=False)


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """Declare `lorawan`."""
    yield Integration(
        name="lorawan",
        summary="LoRaWAN sensors through ChirpStack v4 or The Things Stack v3, over MQTT.",
        run=run,
        schema=SECTION,
        events=(ReadingReceived, DeviceDiscovered, DeviceJoined, UplinkUnread),
        needs=(Broker,),
        entities=all_entities,
        references=references,
        check=check,
    )

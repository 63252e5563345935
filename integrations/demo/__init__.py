"""Demo devices that go the real way: covers that uplink over LoRaWAN and MQTT, and a facade to film."""

import asyncio
from collections.abc import Iterable

from hub.api import Broker, HubStarted, Integration, Link, NotReady, hookimpl

from .clip import provide
from .settings import SECTION, Cover, DemoConfig, Facade
from .timeline import reports
from .uplinks import join, payload, topic, uplink

RETRY = 1.0  # seconds between attempts while the broker is away


class Sensors:
    """The simulated sensors of one life of the hub: a session each, and a frame counter."""

    def __init__(self, link: Link, broker: Broker, config: DemoConfig) -> None:
        self._link, self._broker, self._config = link, broker, config
        # A new session for each life, as after a change of batteries: its counter begins at 0 again.
        self._session = f"{int(link.now().timestamp()) & 0xFFFFFFFF:08x}"
        self._counters: dict[str, int] = {}

    async def report(self, cover: Cover, angle: float) -> None:
        """One frame; the first one follows a join."""
        application, now = self._config.application, self._link.now()
        counter = self._counters.get(cover.eui, -1) + 1
        if counter == 0:
            joined = join(application, cover.eui, cover.name, self._session, now)
            await self._send(topic(application, cover.eui, "join"), joined)
        self._counters[cover.eui] = counter
        text = uplink(
            application, cover.eui, cover.name, self._session, now, counter=counter, data=payload(angle)
        )
        await self._send(topic(application, cover.eui, "up"), text)

    async def _send(self, where: str, text: str) -> None:
        while True:
            try:
                await self._broker.publish(where, text, qos=1)
            except NotReady:
                await self._link.clock.sleep(RETRY)
            else:
                return


async def run(link: Link, config: DemoConfig) -> None:
    """Render the facade, and let the covers live once the hub has started."""
    broker = await link.need(Broker)
    started = asyncio.Event()
    link.on(HubStarted, lambda _event: started.set())
    if link.site.started:
        started.set()
    if config.facade is not None:
        link.task(_provide(link, config.facade), name="demo facade")
    link.ready()
    await started.wait()
    await _live(link, Sensors(link, broker, config), config)
    await asyncio.Event().wait()


async def _provide(link: Link, facade: Facade) -> None:
    link.clear("facade")
    try:
        rendered = await provide(link.data_dir, facade)
    except NotReady as error:
        link.problem("facade", str(error), "see the log; the other demo devices work without it")
        return
    if rendered:
        link.log.info("the facade clip is ready: %s", link.data_dir / "facade.mp4")


async def _live(link: Link, sensors: Sensors, config: DemoConfig) -> None:
    begin = link.clock.monotonic()
    for report in reports(config.rhythm):
        wait = begin + report.at - link.clock.monotonic()
        if wait > 0:
            await link.clock.sleep(wait)
        await sensors.report(config.covers[report.cover], report.angle)


@hookimpl
def hub_integrations() -> Iterable[Integration]:
    """The guest `demo`."""
    yield Integration(
        name="demo",
        run=run,
        schema=SECTION,
        summary="Simulated covers and a filmed facade, for a first look without devices",
        needs=(Broker,),
    )

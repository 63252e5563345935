"""A whole hub in a test: real store, real engine, no network, a clock turned by hand."""

import asyncio
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import voluptuous as vol

from hub.kernel.clock import Clock
from hub.model.calls import Call
from hub.model.errors import DeliveryFailed
from hub.model.events import Event
from hub.model.identity import new_id
from hub.model.people import Delivery
from hub.model.things import State
from hub.plugins.configuration import Configuration, read_configuration
from hub.plugins.integration import Channel, Integration
from hub.plugins.link import Link
from hub.plugins.manager import Manager
from hub.plugins.ports import Broker
from hub.runtime.hub import SETTLE_SECONDS, Hub
from hub.testing.answers import Answer
from hub.testing.broker import MemoryBroker
from hub.testing.clock import ManualClock

E = TypeVar("E", bound=Event)


class Collector:
    """A channel that keeps what it is given; `fail` makes it refuse for as long as it is set."""

    def __init__(self, deliveries: list[Delivery]) -> None:
        self._deliveries = deliveries
        self.fail: Exception | None = None

    async def send(self, delivery: Delivery) -> str:
        """Keep the delivery, or fail as told."""
        if self.fail is not None:
            raise self.fail
        self._deliveries.append(delivery)
        return delivery.key


class HubKit:
    """Starts, stops and questions a hub. The folder is temporary; `start` after `stop` finds the same data."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder = folder
        self.clock: Any = clock or ManualClock()
        self.events: list[Event] = []
        self.deliveries: list[Delivery] = []
        self.collector = Collector(self.deliveries)
        self.broker = MemoryBroker(self.clock)
        self.hub: Hub | None = None
        self.settle_seconds = SETTLE_SECONDS  # real ones that `start` waits for slow guests
        self._added: list[Integration] = []
        self._session: aiohttp.ClientSession | None = None

    def write(self, yaml: str, files: Mapping[str, str] | None = None) -> Path:
        """Write configuration.yaml and other files; returns the config folder."""
        config = self.folder / "config"
        for name, text in {"configuration.yaml": yaml, **(files or {})}.items():
            path = config / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return config

    def add(self, integration: Integration) -> None:
        """Make an integration known without a package; the configuration must name it all the same."""
        self._added.append(integration)

    def has_added(self, name: str) -> bool:
        """Whether a test added it, so that it stands in no folder of its own."""
        return any(integration.name == name for integration in self._added)

    def integration(self, name: str) -> Integration:
        """A declaration, added here or installed; Missing or Broken."""
        return self._manager().load(name)

    def read(self, yaml: str, files: Mapping[str, str] | None = None) -> Configuration:
        """Read and check a configuration as `hub check` does; nothing is started. Its `faults` say what is wrong."""
        folder = self.write(yaml, files)
        return read_configuration(folder, self._manager(), environ={}, always=("testing",))

    async def start(self, yaml: str | None = None, files: Mapping[str, str] | None = None) -> Hub:
        """Start a hub on this configuration, with `testing:` (broker in memory, channel `collect`) added to it."""
        if yaml is not None:
            self.write(yaml, files)
        self.hub = Hub(
            self.folder / "config",
            self.folder / "data",
            clock=self.clock,
            environ={},
            port=0,
            manager=self._manager(),
            always=("testing",),
            settle_seconds=self.settle_seconds,
        )
        self.hub.on_built = lambda: self.hub_of.bus.on(Event, self.events.append)
        await self.hub.start()
        await self.settle()
        return self.hub

    async def stop(self) -> None:
        """Stop the hub, if one runs."""
        if self._session is not None:
            await self._session.close()
        if self.hub is not None:
            hub, self.hub = self.hub, None
            await hub.stop()

    async def restart(self) -> Hub:
        """Stop and start on the same files and data."""
        await self.stop()
        return await self.start()

    async def reload(self, yaml: str | None = None, files: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Write the files anew and let the running hub take them."""
        if yaml is not None:
            self.write(yaml, files)
        result = await self.hub_of.reload()
        await self.settle()
        return result

    @property
    def hub_of(self) -> Hub:
        """The running hub."""
        if self.hub is None:
            raise RuntimeError("no hub is running; await hub.start(...) first")
        return self.hub

    @property
    def http(self) -> aiohttp.ClientSession:
        """A caller's client: the hub's own does not connect to this machine."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def settle(self) -> None:
        """Wait until nothing moves: callbacks have run, units are on the disk, due calls were tried."""
        quiet = 0
        while quiet < 3:
            for _ in range(10):
                await asyncio.sleep(0)
            if self.hub is not None and hasattr(self.hub, "courier") and self._busy(self.hub):
                quiet = 0
                await asyncio.sleep(0.001)
            else:
                quiet += 1

    @staticmethod
    def _busy(hub: Hub) -> bool:
        return hub.store.writer.busy or hub.courier.busy

    async def advance(self, seconds: float) -> None:
        """Turn the clock on and settle at each moment on the way."""
        await self.clock.advance(seconds, self.settle)

    async def call(self, name: str, **data: Any) -> Any:
        """Call an action as a person would."""
        result = await self.hub_of.actions.run(Call(name=name, data=data, key=new_id(), cause="test"))
        await self.settle()
        return result

    async def request(
        self, method: str, path: str, *, admin: bool = False, token: str = "", **options: Any
    ) -> Answer:
        """Ask the running hub over HTTP; `admin` adds the local admin's token, `options` are aiohttp's."""
        bearer = self.hub_of.token if admin else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        options["headers"] = headers | dict(options.get("headers") or {})
        options.setdefault("allow_redirects", False)
        async with self.http.request(method, self.hub_of.url + path, **options) as response:
            answer = Answer(response.status, response.headers, await response.read())
        await self.settle()
        return answer

    async def until(self, condition: Callable[[], object], seconds: float = 10.0) -> None:
        """Wait (real seconds) for what other processes or sockets bring about; TimeoutError when it does not come."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - nobody tells of what happens outside
                await asyncio.sleep(0.01)
        await self.settle()

    def state(self, entity_id: str) -> State:
        """An entity's last state; AssertionError when it has none."""
        state = self.hub_of.states.get(entity_id)
        assert state is not None, f"{entity_id} has no state"  # noqa: S101 - this is a test kit
        return state

    def of(self, event_class: type[E]) -> list[E]:
        """The events of a class (and below) so far."""
        return [event for event in self.events if isinstance(event, event_class)]

    def fail_deliveries(self, error: Exception | None = None) -> None:
        """Let the channel `collect` fail from now on."""
        self.collector.fail = error or DeliveryFailed("the test says so")

    def heal_deliveries(self) -> None:
        """Let it take deliveries again."""
        self.collector.fail = None

    def _manager(self) -> Manager:
        manager = Manager()
        for integration in (self._own(), *self._added):
            manager.add(integration)
        return manager

    def _brings_a_broker(self) -> bool:
        sections = self.hub_of.configuration.sections
        return any(
            Broker in section.integration.offers for name, section in sections.items() if name != "testing"
        )

    def _own(self) -> Integration:
        kit = self

        async def run(link: Link, _config: Any) -> None:
            if not kit._brings_a_broker():  # a site with `mqtt:` has its own
                link.offer(Broker, kit.broker)
            link.ready()
            await asyncio.Event().wait()

        return Integration(
            name="testing",
            summary="What tests stand on: a broker in memory and a channel that collects.",
            run=run,
            schema=vol.Schema(vol.Any(None, {})),
            offers=(Broker,),
            channels=(
                Channel(
                    name="collect",
                    summary="Keeps deliveries for a test to look at.",
                    schema=vol.Schema({vol.Optional("type"): str}, extra=vol.ALLOW_EXTRA),
                    address=vol.Schema({}, extra=vol.ALLOW_EXTRA),
                    open=lambda _settings, _link: kit.collector,
                ),
            ),
        )

"""What all links share: the site's settings and the hub's floors below."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hub.accounts.audit import Audit
from hub.kernel.actions import Actions
from hub.kernel.alarms import Alarms
from hub.kernel.bus import Bus, Undo
from hub.kernel.clock import Clock
from hub.kernel.states import States
from hub.kernel.timers import Timers
from hub.model.events import Event
from hub.model.people import Delivery
from hub.model.things import Device
from hub.people import Directory
from hub.people.preferences import OWNER, Preferences
from hub.plugins.board import Ports, Problems
from hub.plugins.duties import DutyCalendars
from hub.plugins.integration import Analyzer, Channel, Panel
from hub.plugins.outgoing import guarded_session
from hub.plugins.routes import Routes
from hub.store.memory import Memory
from hub.store.store import Store
from hub.store.unit import Units

if TYPE_CHECKING:
    import aiohttp

    from hub.plugins.workers import Worker, WorkerSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who and where this hub is."""

    name: str = "Linli Hub"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    language: str = "zh-CN"
    latitude: float | None = None
    longitude: float | None = None
    url: str = ""  # where people reach it from outside, without a slash at its end; "" when nobody said


class Site:
    """One hub's shared parts; a guest reaches them through its link."""

    def __init__(
        self,
        *,
        place: Place,
        config_dir: Path,
        data_dir: Path,
        clock: Clock,
        store: Store,
        bus: Bus,
        states: States,
        actions: Actions,
        timers: Timers,
        directory: Directory,
        alarms: Alarms,
        review: Callable[[Delivery], str | None],
    ) -> None:
        self.place, self.config_dir, self.data_dir = place, config_dir, data_dir
        self.media_dir = data_dir / "media"
        self.media_dir.mkdir(parents=True, exist_ok=True)
        self.clock, self.store, self.bus = clock, store, bus
        self.units: Units = store.units
        self.receipts = store.receipts
        self.audit = Audit(store.units, clock.now)
        self.states, self.actions, self.timers = states, actions, timers
        self.preferences = Preferences(
            store.memory(OWNER), store.units, clock.now, lambda: self._written, self._apply_preferences
        )
        self.take_directory(directory)
        self.alarms = alarms
        self.review = review
        self.inbox = store.inbox
        self.problems = Problems(bus, clock)
        self.duties = DutyCalendars(self)
        self.ports = Ports(self._restart)
        self.routes = Routes()
        self.devices: dict[str, Device] = {}
        self.owners: dict[str, str] = {}  # id of an entity or device -> the guest that last declared it
        self.channels: dict[str, Channel] = {}
        self.analyzers: dict[str, Analyzer] = {}
        self.panels: dict[str, Panel] = {}  # pages of the console
        self.event_classes: dict[str, type[Event]] = {}
        self.restart_guest: Callable[[str, str], None] = _nobody
        self.fail_guest: Callable[[str, BaseException], None] = _nobody
        self.started = False  # whether HubStarted was told
        self.own_person: Callable[[Any, str], str] = _nobody_asks
        self.reload: Callable[[], Awaitable[Any]] = _nothing_to_reload
        self.named_hosts: frozenset[str] = frozenset()  # in the admin's files
        self._session: aiohttp.ClientSession | None = None
        self._public_session: aiohttp.ClientSession | None = None
        self._workers: dict[str, set[Worker]] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone: the one that people read."""
        return self.place.zone

    @property
    def language(self) -> str:
        """The site's first language: "zh-CN" or "en"."""
        return self.place.language

    @property
    def url(self) -> str:
        """Where people reach the hub from outside, such as https://hub.example.org; "" when nobody said."""
        return self.place.url

    def memory(self, owner: str) -> Memory:
        """One guest's durable keys and values."""
        return self.store.memory(owner)

    def take_directory(self, directory: Directory) -> None:
        """Take people and places as the files have them; `directory` has what people set for themselves, too."""
        self._written = directory
        self._apply_preferences()

    def _apply_preferences(self) -> None:
        self.directory = self._written.altered(self.preferences.applied)

    def declare_device(self, device: Device) -> Undo:
        """Make a device known."""
        self.devices[device.id] = device

        def undo() -> None:
            if self.devices.get(device.id) is device:
                del self.devices[device.id]

        return undo

    def http(self) -> "aiohttp.ClientSession":
        """The shared HTTP client: no cookies, no environment proxies, 30 s at most unless a request says less.

        It connects to public addresses and to hosts that the admin's files name, whatever an address is called.
        """
        if self._session is None or self._session.closed:
            self._session = guarded_session(lambda: self.named_hosts)
        return self._session

    def public_http(self) -> "aiohttp.ClientSession":
        """The same for addresses that come with data, such as a device's or another server's: public ones alone."""
        if self._public_session is None or self._public_session.closed:
            self._public_session = guarded_session(frozenset)
        return self._public_session

    async def start_worker(
        self, spec: "WorkerSpec", on_message: Callable[[Any], object], *, owner: str
    ) -> "Worker":
        """Start a supervised child process for a guest."""
        from hub.plugins.workers import start_worker

        worker = await start_worker(spec, on_message, site=self, owner=owner)
        self._workers.setdefault(owner, set()).add(worker)
        return worker

    async def close(self) -> None:
        """End what the site itself opened."""
        self.duties.close()
        self.problems.close()
        for session in (self._session, self._public_session):
            if session is not None:
                await session.close()
        for workers in self._workers.values():
            await asyncio.gather(*(worker.stop() for worker in workers))
        self._workers.clear()

    def _restart(self, guest: str, reason: str) -> None:
        self.restart_guest(guest, reason)


def _nobody(_name: str, _what: Any) -> None:
    """Before the supervisor is there, nobody runs that could be restarted."""


def _nobody_asks(_request: Any, _verb: str) -> str:
    """Before the web is there, nobody can ask."""
    return ""


async def _nothing_to_reload() -> None:
    """Before the hub is put together, there is nothing to read anew."""

"""Puts the floors together: one hub from start to stop."""

import asyncio
import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from hub import __version__
from hub.accounts.accounts import Accounts
from hub.accounts.permissions import Permissions
from hub.config import Cache, ConfigUnreadable, Fault
from hub.kernel.actions import Actions
from hub.kernel.alarms import Alarms, open_alarms
from hub.kernel.bus import Bus
from hub.kernel.clock import Clock, SystemClock
from hub.kernel.courier import Courier
from hub.kernel.states import States
from hub.kernel.timers import Timers
from hub.model.errors import ConfigError
from hub.model.events import Event, HubStarted, HubStopping
from hub.plugins.auth_settings import provider_of
from hub.plugins.configuration import Configuration, declared_actions, declared_events, read_configuration
from hub.plugins.manager import Manager
from hub.plugins.outgoing import named_hosts
from hub.plugins.site import Site
from hub.plugins.supervisor import Supervisor
from hub.runtime.control import add_control_routes
from hub.runtime.homeassistant import homeassistant_of
from hub.runtime.inside import inside
from hub.runtime.lag import LagWatch
from hub.runtime.metrics import render
from hub.store.media import KeepMedia, MediaRetention
from hub.store.store import Store
from hub.web.app import Front
from hub.web.auth import add_auth_routes
from hub.web.authentication import Authentication
from hub.web.console import Console
from hub.web.gate import Gate, own_person
from hub.web.live import PictureTokens
from hub.web.media import serve_media
from hub.web.oidc_provider import ProviderClient
from hub.web.reach import Reach
from hub.web.signing import OWNER as SIGNING
from hub.web.signing import Signer
from hub.web.v1 import serve_v1

SETTLE_SECONDS = 15.0  # how long the start waits for slow integrations before it calls the hub ready
BLOCKED_SECONDS = 600.0  # how long after its last time a guest that blocked the loop is a problem
LAST_WORDS = 0.5  # seconds in which deliveries that the stop itself brings about can begin
STOP_PATIENCE = 3.0  # seconds that deliveries under way have to end, with the guests they need still there
CONTROL_FILE = "control.json"
log = logging.getLogger("hub.runtime")


class FaultyConfiguration(ConfigError):
    """The files have faults; nothing was started or changed."""

    def __init__(self, faults: list[Fault]) -> None:
        bad = [fault for fault in faults if fault.severity == "fault"]
        super().__init__("\n".join(str(fault) for fault in bad))
        self.faults = bad


class Hub:
    """A whole hub. `start`, then `stop`; `reload` in between."""

    def __init__(
        self,
        config_dir: Path,
        data_dir: Path | None = None,
        *,
        clock: Clock | None = None,
        environ: Mapping[str, str] = os.environ,
        on_read: Callable[[Configuration], None] = lambda _read: None,  # before its faults are judged
        host: str | None = None,
        port: int | None = None,
        manager: Manager | None = None,
        always: Sequence[str] = (),
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self.config_dir = config_dir.resolve()
        self.data_dir = (data_dir or self.config_dir / ".hub").resolve()
        self.clock = clock or SystemClock()
        self.manager = manager or Manager()
        self._always = always  # sections that are there whether the file names them or not
        self.on_built: Callable[[], object] = lambda: (
            None
        )  # called when the kernel stands and no guest runs yet
        self._environ, self._on_read = environ, on_read
        self._host, self._port = host, port
        self._settle_seconds = settle_seconds
        self._cache = Cache()
        # Id, text and remedy of what was met before the kernel stood.
        self._early_problems: list[tuple[str, str, str]] = []
        self._started = self._ended = False
        self._reachable = False  # the control file is ours
        self._reloading = asyncio.Lock()
        self.token = secrets.token_urlsafe(32)

    async def start(self) -> None:
        """Read the configuration, open the store, start every integration; returns when the hub is ready.

        FaultyConfiguration when the files have faults; nothing is left running after any failure. An integration
        that can't be loaded is left out: the others' alarms must go out also after an upgrade that broke one.
        """
        self.configuration = self._read(starting=True)
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        history = self.configuration.core["history"]
        self.store = await Store.open(
            self.data_dir,
            self.clock,
            report=self._report_problem,
            clear=self._clear_problem,
            keep_days=history["keep_days"],
            keep_mib=history["keep_mib"],
            keep_alarms_days=history["keep_alarms_days"],
            keep_audit_days=history["keep_audit_days"],
        )
        try:
            now = self.clock.now()
            self._left_open = await self.store.read(lambda connection: open_alarms(connection, now))
            self._build()
            await self._open()
        except BaseException:
            await self.stop()
            raise

    def _build(self) -> None:
        """Make the kernel and what guests share."""
        self.bus = Bus(self.store.units, self._handler_failed)
        self.alarms = Alarms(self.bus, self.store.units, self.clock.now, self._left_open)
        self.states = States(self.bus, self.clock)
        self.states.record = self.store.history.record
        self.actions = Actions(self.store.units)
        self.timers = Timers(self.store, self.clock, self._timer_failed)
        self.site = Site(
            place=self.configuration.place,
            config_dir=self.config_dir,
            data_dir=self.data_dir,
            clock=self.clock,
            store=self.store,
            bus=self.bus,
            states=self.states,
            actions=self.actions,
            timers=self.timers,
            directory=self.configuration.directory,
            alarms=self.alarms,
            review=self.manager.review,
        )
        self.courier = Courier(self.store.outbox, self.actions, self.clock, self.store.units)
        self.media = MediaRetention(
            self.site.media_dir,
            self.clock,
            KeepMedia.of(self.configuration.core["history"]),
            self._report_problem,
            self._clear_problem,
            lambda: [alarm.at for alarm in self.alarms.all()],
        )
        self.supervisor = Supervisor(self.site)
        self.site.restart_guest = self.supervisor.restart
        self.site.fail_guest = self.supervisor.fail
        self.site.reload = self.reload
        self.site.own_person = own_person
        self.lag = LagWatch(self._blocked, self.manager.owner_of)
        self.permissions = Permissions(
            lambda area, outer: self.site.directory.places.inside(area, outer),
            self.configuration.rules,
            lambda area: self.site.directory.places.is_private(area),
        )
        self.accounts = Accounts(
            self.store, self.clock, lambda: self.site.directory, self.permissions, self.site.audit
        )
        signer = Signer(self.store.memory(SIGNING), self.clock.now)
        credentials = Authentication(self.accounts)
        self.pictures = PictureTokens(self.clock.now)
        self.gate = Gate(
            self.token, self.permissions, credentials, self.site.audit, signer, self.pictures.is_good
        )
        reach = Reach.of(self.configuration.core["http"], self.config_dir)
        self.front = Front(self, self.site.routes, self.gate, reach)
        self._declare(self.configuration)
        add_control_routes(self)
        place = self.configuration.place
        provider = provider_of(self.configuration.core["auth"])
        asked = None if provider is None else ProviderClient(provider, self.site.http, self.clock.now)
        add_auth_routes(self.site.routes, self.accounts, self.clock.now, place, asked)
        serve_media(self.site, signer)
        self.api = serve_v1(self.site, inside(self))
        Console(lambda: self.site.panels).add_to(self.site.routes)
        self.homeassistant = homeassistant_of(self)
        self.homeassistant.add_routes(self.site.routes)
        self.on_built()

    async def _open(self) -> None:
        """Start what runs: web, courier, timers, guests."""
        await self.accounts.load()
        http = self.configuration.core["http"]
        await self.front.start(
            self._host or http["server_host"], http["server_port"] if self._port is None else self._port
        )
        self._write_control_file()
        for problem in self._early_problems:
            self.site.problems.raise_(*problem)
        for name, fault in self.configuration.broken.items():
            self.site.problems.raise_(
                f"{name}.integration",
                f"{name} is left out: {fault.problem}",
                f"{fault.remedy}, then `hub reload`",
            )
        self.lag.start()
        self.media.start()
        self.courier.start()
        self.site.duties.refresh()
        sections = self.configuration.sections.values()
        for early in (True, False):
            for section in sections:
                if section.integration.early is early:
                    self.supervisor.start(section.integration, section.config, section.digest)
                    log.debug("%s: starting", section.integration.name)
            if early:
                await self.supervisor.settled(self._settle_seconds)
        self.timers.start()
        late = await self.supervisor.settled(self._settle_seconds)
        for name in late:
            log.warning("%s is still starting; the hub goes on without waiting", name)
        self._started = self.site.started = True
        self.bus.emit(HubStarted(at=self.clock.now(), source="hub"))

    async def stop(self) -> None:
        """End everything in order: courier, guests, web, store. What is written down stays for the next start.

        A second stop does nothing.
        """
        if self._ended:
            return
        self._ended = True
        if self._started:
            self._started = False
            await self._announce_stop()
        if hasattr(self, "supervisor"):
            await self.courier.stop(STOP_PATIENCE)
            await self.supervisor.stop_all()
            self.timers.stop()
            await self.media.stop()
            self.lag.stop()
            await self.homeassistant.close()
            await self.front.stop()
            self.accounts.close()
            await self.site.close()
        if self._reachable:
            (self.data_dir / CONTROL_FILE).unlink(missing_ok=True)
        if hasattr(self, "store"):  # a hub whose configuration was refused has none
            await self.store.close()

    async def _announce_stop(self) -> None:
        """Let what rules make of the stop, as a notice, be written down and begun; what is slower comes later."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                with self.store.units.open() as unit:
                    self.bus.emit(HubStopping(at=self.clock.now(), source="hub"))
                await unit.receipt
                while self.courier.busy:  # noqa: ASYNC110 - one call leads to others; the last one tells nobody
                    await asyncio.sleep(0.01)

    async def reload(self) -> dict[str, list[str]]:
        """Take the changed sections; a file with faults changes nothing.

        Returns names under "started", "stopped", "changed", "unchanged" and "needs_restart".
        """
        async with self._reloading:
            new = self._read()
            old = self.configuration
            if old.document.data and not new.document.data and not self._always:
                # An editor or a full disk may have cut the file off; a site that wants nothing stops the hub.
                problem, remedy = "the file is empty", "write it again, or stop the hub if nothing is to run"
                raise FaultyConfiguration([new.document.fault((), problem, remedy)])
            result: dict[str, list[str]] = {
                "needs_restart": [k for k in ("hub", "http", "history", "auth") if new.core[k] != old.core[k]]
            }
            gone = [name for name in old.sections if name not in new.sections]
            fresh = [name for name in new.sections if name not in old.sections]
            kept = [name for name in new.sections if name in old.sections]
            changed = [name for name in kept if new.sections[name].digest != old.sections[name].digest]
            self._declare(new)
            self.site.take_directory(new.directory)
            self.site.duties.refresh()
            self.permissions.rules = new.rules
            self.configuration = new
            for name in old.broken:
                self.site.problems.clear(f"{name}.integration")
            for name in gone:
                await self.supervisor.stop(name)
            for name in changed:
                section = new.sections[name]
                await self.supervisor.reload(name, section.config, section.digest)
            for name in fresh:
                section = new.sections[name]
                self.supervisor.start(section.integration, section.config, section.digest)
            result |= {
                "started": fresh,
                "stopped": gone,
                "changed": changed,
                "unchanged": [name for name in kept if name not in changed],
            }
            log.info("reloaded: %s", json.dumps(result))
            self.site.audit.record("reload", "config", details=result)
            return result

    async def faults(self) -> list[str]:
        """What is wrong with the files as they are now; nothing of them is taken."""
        try:
            read = await asyncio.to_thread(self.read_files, Cache())
        except ConfigUnreadable as error:
            return [str(error)]
        return [str(fault) for fault in read.faults if fault.severity == "fault"]

    # --- what the web floor asks ------------------------------------------------------------------------

    def live(self) -> bool:
        """The loop turns."""
        return True

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether the start is over, and each integration's state."""
        return self._started, {name: guest.state for name, guest in self.supervisor.guests.items()}

    def metrics(self) -> bytes:
        """The metrics page."""
        return render(self)

    @property
    def url(self) -> str:
        """Where the hub is reached."""
        return self.front.url

    # --- inside -----------------------------------------------------------------------------------------

    def read_files(self, cache: Cache) -> Configuration:
        """What the files say now; nothing is taken."""
        return read_configuration(
            self.config_dir, self.manager, environ=self._environ, cache=cache, always=self._always
        )

    def _read(self, *, starting: bool = False) -> Configuration:
        configuration = self.read_files(self._cache)
        self._on_read(configuration)
        if not configuration.clean and not (starting and configuration.clean_but_broken):
            raise FaultyConfiguration(configuration.faults)
        for fault in configuration.faults:
            log.warning("%s", fault)
        return configuration

    def _declare(self, configuration: Configuration) -> None:
        self.site.named_hosts = named_hosts(configuration.document.data)
        integrations = [section.integration for section in configuration.sections.values()]
        self.site.event_classes = declared_events(integrations)
        self.site.channels = configuration.channels()
        self.site.analyzers = configuration.analyzers()
        self.site.panels = configuration.panels()
        for action in declared_actions(integrations).values():
            self.actions.declare(action)

    def _write_control_file(self) -> None:
        """Tell this machine's admin (and nobody else) how to reach the running hub."""
        path = self.data_dir / CONTROL_FILE
        path.unlink(missing_ok=True)
        body = {"url": self.front.url, "token": self.token, "pid": os.getpid(), "version": __version__}
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(body, file)
        self._reachable = True

    def _handler_failed(self, handler: Callable[..., object], event: Event, error: Exception) -> None:
        owner = self.manager.owner_of(getattr(handler, "__module__", "") or "") or "hub"
        log.error(
            "%s failed to handle %s",
            owner,
            event.kind,
            exc_info=error,
            extra={"integration": owner, "event": event.id},
        )
        if event.kind != "problem_raised":
            text = f"{owner} failed to handle {event.kind}: {type(error).__name__}: {error}"
            self.site.problems.raise_(
                f"{owner}.handler", text, "see the log; report it to the integration's author"
            )

    def _timer_failed(self, owner: str, key: str, error: Exception) -> None:
        log.error("%s failed at its timer %s", owner, key, exc_info=error, extra={"integration": owner})
        self.site.problems.raise_(f"{owner}.timer", f"{owner} failed at a timer: {error}", "see the log")

    def _blocked(self, guest: str, seconds: float, place: str) -> None:
        name = guest or "hub"
        self.site.problems.raise_passing(
            f"{name}.blocks",
            f"{name} blocked the hub for {seconds:.1f} s at {place}",
            "report it to its author",
            seconds=BLOCKED_SECONDS,
        )

    def _report_problem(self, problem: str, text: str, remedy: str = "") -> None:
        if hasattr(self, "site"):
            self.site.problems.raise_(problem, text, remedy)
        else:
            self._early_problems.append((problem, text, remedy))

    def _clear_problem(self, problem: str) -> None:
        if hasattr(self, "site"):
            self.site.problems.clear(problem)

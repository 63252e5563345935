"""Keeps guests alive: starts, restarts with backoff, reloads and ends them; one task per guest that never raises."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.model.errors import AuthFailed, ConfigError, NotReady
from hub.plugins.integration import Integration
from hub.plugins.link import Link

if TYPE_CHECKING:
    from hub.plugins.site import Site

FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 60.0  # seconds
STOP_PATIENCE = 5.0  # seconds a guest may take to end before it is left behind
log = logging.getLogger("hub.supervisor")


@dataclass(slots=True)
class Guest:
    """One configured integration and how it is doing."""

    integration: Integration
    config: Any
    digest: str
    state: str = "starting"  # starting, running, waiting (for its backoff), failed (until reload), ended
    error: str = ""
    restarts: int = 0
    since: datetime | None = None
    link: Link | None = None
    task: "asyncio.Task[None] | None" = None
    run_task: "asyncio.Task[None] | None" = None
    stopping: bool = False
    first_try: asyncio.Event = field(default_factory=asyncio.Event)  # ready, ended or failed once


class Supervisor:
    """All guests of a hub."""

    def __init__(self, site: "Site", *, random_factor: Callable[[], float] = random.random) -> None:
        self._site = site
        self._random = random_factor
        self.guests: dict[str, Guest] = {}

    def start(self, integration: Integration, config: Any, digest: str) -> Guest:
        """Start a guest; it is restarted for ever until `stop`."""
        guest = Guest(integration, config, digest)
        self.guests[integration.name] = guest
        guest.task = asyncio.get_running_loop().create_task(
            self._keep(guest), name=f"guest {integration.name}"
        )
        return guest

    async def stop(self, name: str) -> None:
        """End one guest and all it registered; its problems are nobody's any more."""
        await self._end(name, STOP_PATIENCE)
        self._site.problems.clear_all(name)

    async def _end(self, name: str, patience: float) -> None:
        guest = self.guests.pop(name, None)
        if guest is None or guest.task is None:
            return
        guest.stopping = True
        guest.task.cancel()
        _done, late = await asyncio.wait({guest.task}, timeout=patience)
        if late:
            log.error("%s: did not end within %.1f s and was left behind", name, patience)

    async def stop_all(self) -> None:
        """End all guests, the latest first, so that those who offer go after those who need."""
        # One patience for all: a stop has an end, however many guests won't.
        loop = asyncio.get_running_loop()
        until = loop.time() + STOP_PATIENCE
        for name in reversed(list(self.guests)):
            await self._end(name, max(0.1, until - loop.time()))

    async def reload(self, name: str, config: Any, digest: str) -> None:
        """Give a guest its changed section: by its own reloader, or by a restart."""
        guest = self.guests[name]
        if await self._taken(guest, config):
            guest.config, guest.digest = config, digest
            return
        integration = guest.integration
        await self.stop(name)
        self.start(integration, config, digest)

    async def _taken(self, guest: Guest, config: Any) -> bool:
        """Whether the guest took the change while running; one that fails at it is restarted on it instead."""
        reloader = guest.link.reloader if guest.link is not None and guest.state == "running" else None
        if reloader is None:
            return False
        try:
            await reloader(config)
        except Exception as error:
            # An edge: the other sections are reloaded all the same.
            name = guest.integration.name
            extra = {"integration": name}
            log.warning("%s failed to take its change; it is restarted", name, exc_info=error, extra=extra)
            return False
        return True

    def restart(self, name: str, reason: str) -> None:
        """End a guest's run so that it starts again, as when a port that it holds is withdrawn."""
        guest = self.guests.get(name)
        if guest is not None and guest.run_task is not None and not guest.stopping:
            log.info("%s: restarted: %s", name, reason)
            guest.error = reason
            guest.run_task.cancel("restart")

    def fail(self, name: str, error: BaseException) -> None:
        """A task beside a guest's `run` failed: so did the guest."""
        guest = self.guests.get(name)
        if guest is not None and guest.link is not None and guest.run_task is not None:
            guest.link.failure = error
            guest.run_task.cancel("failed")

    async def settled(self, seconds: float) -> list[str]:
        """Wait until each guest is ready or has failed once; names of those still starting after that."""
        waits = {name: asyncio.ensure_future(guest.first_try.wait()) for name, guest in self.guests.items()}
        try:
            if waits:
                await asyncio.wait(waits.values(), timeout=seconds)
            return [name for name, wait in waits.items() if not wait.done()]
        finally:
            for wait in waits.values():
                wait.cancel()

    async def _keep(self, guest: Guest) -> None:
        failures = 0
        while not guest.stopping:
            started = self._site.clock.monotonic()
            verdict = await self._once(guest)
            guest.first_try.set()
            if verdict != "again":
                guest.state = verdict
                return
            # A guest that lived for a while is not in a crash loop: it starts over with the short backoff.
            failures = 1 if self._site.clock.monotonic() - started > LONGEST_BACKOFF else failures + 1
            guest.state, guest.restarts = "waiting", guest.restarts + 1
            pause = min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** min(failures - 1, 10))
            await self._site.clock.sleep(pause * (0.5 + 0.5 * self._random()))

    async def _once(self, guest: Guest) -> str:
        """One life of the guest; returns "again", or the state it stays in."""
        name = guest.integration.name
        link = guest.link = Link(guest.integration, self._site)
        guest.state, guest.since = "starting", self._site.clock.now()
        loop = asyncio.get_running_loop()
        guest.run_task = loop.create_task(_run(guest.integration, link, guest.config), name=f"run {name}")
        watch = loop.create_task(self._watch_ready(guest, link))
        try:
            await asyncio.wait({guest.run_task})
            return self._judge(guest, link, guest.run_task)
        finally:
            watch.cancel()
            guest.run_task.cancel()
            await asyncio.wait({guest.run_task}, timeout=STOP_PATIENCE)
            self._site.ports.release(name)
            await link.undo()
            guest.link = None

    async def _watch_ready(self, guest: Guest, link: Link) -> None:
        await link.is_ready.wait()
        guest.state, guest.error = "running", ""
        guest.first_try.set()
        self._site.problems.clear(f"{guest.integration.name}.integration")

    def _judge(self, guest: Guest, link: Link, task: "asyncio.Task[None]") -> str:
        """What to do after a run: by the kind of error, as errors.py draws it."""
        error = link.failure
        if error is None and not task.cancelled():
            error = task.exception()
        if error is None:
            return "again" if task.cancelled() else "ended"
        if isinstance(error, BaseExceptionGroup):
            error = _root(error)
        guest.error = f"{type(error).__name__}: {error}"
        name = guest.integration.name
        if isinstance(error, (ConfigError, AuthFailed)):
            remedy = "correct it in the configuration, then run `hub reload`"
            self._site.problems.raise_(f"{name}.integration", f"{name} stopped: {error}", remedy)
            return "failed"
        if isinstance(error, NotReady):
            self._site.problems.raise_(
                f"{name}.integration", f"{name} waits: {error}", "it is tried again by itself"
            )
        else:
            if f"{name}.integration" not in self._site.problems.open:
                log.error("%s failed; it is restarted", name, exc_info=error, extra={"integration": name})
            self._site.problems.raise_(
                f"{name}.integration",
                f"{name} failed: {guest.error}",
                "it is restarted by itself; see the log",
            )
        return "again"


async def _run(integration: Integration, link: Link, config: Any) -> None:
    await integration.run(link, config)


def _root(group: BaseExceptionGroup[Any]) -> BaseException:
    """The first real failure inside nested groups: what the log should say."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

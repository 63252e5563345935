"""All that a running guest holds of the hub. Every registration returns its undo, and is undone anyway at the end."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hub.kernel.actions import Actions
from hub.kernel.actions import Handler as ActionHandler
from hub.kernel.bus import Undo
from hub.kernel.clock import Clock
from hub.kernel.states import States
from hub.kernel.timers import TimerHandler
from hub.model.calls import Call
from hub.model.events import Event
from hub.model.people import Delivery
from hub.model.things import NO_ATTRIBUTES, Device, Entity, Value
from hub.store.inbox import Inbox
from hub.store.memory import Memory
from hub.store.unit import Outcome, Unit

if TYPE_CHECKING:
    import aiohttp

    from hub.plugins.integration import Analyzer, Channel, Integration
    from hub.plugins.site import Site
    from hub.plugins.workers import Worker, WorkerSpec

E = TypeVar("E", bound=Event)
P = TypeVar("P")
Receipt = asyncio.Future[Outcome]


@dataclass(frozen=True, slots=True)
class Point:
    """A guest's grip on one of its entities."""

    entity: Entity
    _states: States

    def set(
        self,
        value: Value,
        attributes: Mapping[str, Any] = NO_ATTRIBUTES,
        *,
        at: datetime | None = None,
        cause: str = "",
    ) -> None:
        """Report a value; the entity becomes available."""
        self._states.set(self.entity.id, value, attributes, at=at, cause=cause)

    def lose(self) -> None:
        """Report that the value can't be trusted now."""
        self._states.lose(self.entity.id)


class Link:
    """One guest's link to the hub, from its start to its end."""

    def __init__(self, integration: "Integration", site: "Site") -> None:
        self._integration = integration
        self._site = site
        self._undos: list[Undo] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._entities: set[str] = set()
        self.name = integration.name
        self.log = logging.LoggerAdapter(
            logging.getLogger(f"hub.guest.{integration.name}"), {"integration": integration.name}
        )
        self.is_ready = asyncio.Event()
        self.reloader: Callable[[Any], Awaitable[None]] | None = None
        self.failure: BaseException | None = None  # of a task beside `run`

    # --- facts ------------------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """The only source of time."""
        return self._site.clock

    def now(self) -> datetime:
        """Now, aware, in UTC."""
        return self._site.clock.now()

    @property
    def config_dir(self) -> Path:
        """The folder of configuration.yaml."""
        return self._site.config_dir

    @property
    def data_dir(self) -> Path:
        """A folder of the guest's own that survives restarts."""
        path = self._site.data_dir / self.name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def media_dir(self) -> Path:
        """Where evidence lies; `Evidence.path` is relative to it."""
        return self._site.media_dir

    @property
    def site(self) -> "Site":
        """The site's settings: name, zone, language, areas, people."""
        return self._site

    # --- events -----------------------------------------------------------------------------------------

    def emit(self, event: Event) -> Receipt:
        """Tell the hub what happened; await the receipt of an alarm before acknowledging its source."""
        return self._site.bus.emit(event)

    def transaction(self) -> AbstractContextManager[Unit]:
        """`with link.transaction() as unit:` commits what is emitted and remembered inside together.

        Await `unit.receipt` afterwards; no await may stand inside.
        """
        return self._site.units.open()

    def on(self, event_class: type[E], handler: Callable[[E], object]) -> Undo:
        """Hear each event of the class or a subclass; an `async def` handler runs as a task of this guest."""
        if inspect.iscoroutinefunction(handler):

            def start(event: E) -> None:
                self.task(handler(event), name=f"{self.name}:{event.kind}")

            return self._keep(self._site.bus.on(event_class, start))
        return self._keep(self._site.bus.on(event_class, handler))

    # --- things -----------------------------------------------------------------------------------------

    def device(self, device: Device) -> Undo:
        """Make a device known."""
        self._site.owners[device.id] = self.name
        return self._keep(self._site.declare_device(device))

    def entity(self, entity: Entity) -> Point:
        """Make an entity known; it is unavailable until its first value and after the guest's end."""
        self._site.owners[entity.id] = self.name
        self._keep(self._site.states.declare(entity))
        return Point(entity, self._site.states)

    @property
    def states(self) -> States:
        """Every entity's last value; `watch` through `watch`."""
        return self._site.states

    def watch(self, entity_id: str, watcher: Callable[[Any, Any], object]) -> Undo:
        """Call `watcher(old, new)` at each change of one entity."""
        return self._keep(self._site.states.watch(entity_id, watcher))

    # --- actions ----------------------------------------------------------------------------------------

    def action(self, name: str, handler: ActionHandler) -> Undo:
        """Give one of the guest's declared actions its handler, a plain or `async` function of the Call."""
        return self._keep(self._site.actions.register(name, handler))

    @property
    def actions(self) -> Actions:
        """The action table."""
        return self._site.actions

    async def call(self, call: Call) -> Any:
        """Run an action and wait for its end; of a durable one, for its being written down."""
        return await self._site.actions.run(call)

    # --- ports ------------------------------------------------------------------------------------------

    def offer(self, port: type[P], thing: P) -> Undo:
        """Offer a port to other guests; when it is withdrawn, those who hold it are restarted."""
        return self._keep(self._site.ports.offer(port, thing, self.name))

    async def need(self, port: type[P]) -> P:
        """Wait for another guest's offer; the supervisor restarts this guest when it is withdrawn."""
        return await self._site.ports.need(port, self.name)

    def follow(self, port: type[P], handler: Callable[[P | None], object]) -> Undo:
        """Hear of another guest's offer, now or later, and of its withdrawal (None), without being restarted."""
        return self._keep(self._site.ports.follow(port, handler))

    @property
    def channels(self) -> Mapping[str, "Channel"]:
        """The kinds of channels that all configured integrations declare."""
        return self._site.channels

    @property
    def analyzers(self) -> Mapping[str, "Analyzer"]:
        """The frame analyzers that all configured integrations declare."""
        return self._site.analyzers

    @property
    def event_classes(self) -> Mapping[str, type[Event]]:
        """Every declared event class by its kind."""
        return self._site.event_classes

    # --- time and memory --------------------------------------------------------------------------------

    @property
    def memory(self) -> Memory:
        """The guest's own durable keys and values; writes join the open transaction."""
        return self._site.memory(self.name)

    def timer(self, key: str, when: datetime, data: Mapping[str, Any] | None = None) -> None:
        """Set or move a durable timer; it fires at `when`, or at the next start if that passed meanwhile."""
        self._site.timers.set(self.name, key, when, data or {})

    def cancel_timer(self, key: str) -> None:
        """Forget a durable timer; it is no fault if there is none."""
        self._site.timers.cancel(self.name, key)

    def on_timer(self, handler: TimerHandler) -> Undo:
        """Take this guest's timers: `handler(key, data)`, plain, inside a transaction with the timer's end."""
        return self._keep(self._site.timers.on(self.name, handler))

    @property
    def inbox(self) -> Inbox:
        """Everybody's notices that stay in the hub."""
        return self._site.inbox

    # --- the outside ------------------------------------------------------------------------------------

    @property
    def http(self) -> "aiohttp.ClientSession":
        """The hub's shared HTTP client; give every request a timeout.

        It reaches public addresses and hosts that the configuration names; of others, OSError.
        """
        return self._site.http()

    @property
    def public_http(self) -> "aiohttp.ClientSession":
        """A client for addresses that came with data: it reaches public ones alone."""
        return self._site.public_http()

    def route(self, method: str, path: str, handler: Callable[..., Awaitable[Any]], *, access: str) -> Undo:
        """Serve a web route; `access` is "public" (no sign-in: check a secret yourself) or "local"."""
        return self._keep(self._site.routes.add(method, path, handler, access=access, owner=self.name))

    def own_person(self, request: Any, verb: str) -> str:
        """Id of the person to whom the caller's account belongs, in a handler of a "signed_in" route.

        `verb`: "see" or "edit" what is their own. An HTTP refusal when it belongs to nobody, or a token may not.
        """
        return self._site.own_person(request, verb)

    async def worker(self, spec: "WorkerSpec", on_message: Callable[[Any], object]) -> "Worker":
        """Start a supervised child process; it ends with the guest."""
        worker = await self._site.start_worker(spec, on_message, owner=self.name)
        self._keep(worker.stop_soon)
        return worker

    # --- life -------------------------------------------------------------------------------------------

    def ready(self) -> None:
        """Say that the guest works; those who wait for the whole hub wait for this."""
        self.is_ready.set()

    def problem(self, key: str, text: str, remedy: str = "") -> None:
        """Show the admin that something is wrong and what to do; logged once until cleared."""
        self._site.problems.raise_(f"{self.name}.{key}", text, remedy, source=self.name)

    def clear(self, key: str) -> None:
        """The problem is gone."""
        self._site.problems.clear(f"{self.name}.{key}", source=self.name)

    def on_reload(self, handler: Callable[[Any], Awaitable[None]]) -> Undo:
        """Take a changed section while running: `await handler(new config)` instead of a restart."""
        self.reloader = handler

        def undo() -> None:
            self.reloader = None

        return self._keep(undo)

    def review(self, delivery: Delivery) -> str | None:
        """Ask every guest's `hub_review_delivery`; the first reason to hold the delivery back, or None."""
        return self._site.review(delivery)

    def task(self, work: "Any", *, name: str = "") -> "asyncio.Task[Any]":
        """Run a coroutine beside `run`; ended with the guest. Its failure fails the guest."""
        task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(work, name=name or self.name)
        self._tasks.add(task)
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._site.fail_guest(self.name, error)

    def keep(self, undo: Undo) -> Undo:
        """Undo this too when the guest ends: what a port's thing gave for a registration, such as a subscription."""
        return self._keep(undo)

    def _keep(self, undo: Undo) -> Undo:
        self._undos.append(undo)
        return undo

    async def undo(self) -> None:
        """End everything this guest registered, last first."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        while self._undos:
            self._undos.pop()()

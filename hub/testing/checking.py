"""`check_integration`: what every guest must bear, tried on one: life, restart, reload, its end without leftovers."""

import asyncio
import importlib
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.plugins.integration import Integration
from hub.runtime.hub import FaultyConfiguration
from hub.testing.declared import shortcomings

if TYPE_CHECKING:
    from hub.plugins.supervisor import Guest
    from hub.testing.kit import HubKit

EXAMPLE = "example.yaml"
PATIENCE = 5.0  # real seconds for a guest to be ready or to say why not
BACKOFF = 61.0  # seconds of the hub's clock: longer than any pause before a new try


class IntegrationFault(AssertionError):
    """What a guest does not bear."""


async def check_integration(
    hub: "HubKit", name: str, *, yaml: str | None = None, files: dict[str, str] | None = None
) -> None:
    """Try an integration; IntegrationFault tells everything that is wrong with it.

    Its example.yaml must be clean; on it (or on `yaml` instead, when the example needs what a test can't have) it
    must start or say NotReady, and bear a restart, a reload with and without changes, and its end.
    """
    integration = hub.integration(name)
    wrong = list(shortcomings(integration))
    example = yaml
    folder = None if hub.has_added(name) else _folder_of(integration)
    if folder is not None:
        file = folder / EXAMPLE
        if file.is_file():
            text = file.read_text(encoding="utf-8")
            wrong += _faults(hub, name, text)
            example = yaml or text
        else:
            wrong.append(f"there is no {EXAMPLE} in {folder}")
    if wrong:
        raise _fault(name, wrong)
    if example is None:
        raise IntegrationFault(f"{name}: there is no example.yaml to start it with; give yaml=")
    await _Trial(hub, name, example, files or {}).run()


def _faults(hub: "HubKit", name: str, text: str) -> Iterator[str]:
    configuration = hub.read(text)
    if name not in configuration.document.data:
        yield f"its example.yaml has no section '{name}:'"
    yield from (f"example.yaml: {fault}" for fault in configuration.faults if fault.severity == "fault")


def _folder_of(integration: Integration) -> Path | None:
    """The folder of the package that declares it."""
    run = getattr(integration.run, "func", integration.run)  # of a functools.partial
    module = getattr(run, "__module__", "")
    while module:
        file = getattr(importlib.import_module(module), "__file__", None)
        if file is not None and Path(file).name == "__init__.py":
            return Path(file).parent
        module = module.rpartition(".")[0]
    return None


class _Trial:
    """One guest going through it all."""

    def __init__(self, hub: "HubKit", name: str, yaml: str, files: dict[str, str]) -> None:
        self._hub, self._name, self._yaml, self._files = hub, name, yaml, files
        hub.settle_seconds = 0.0  # _up waits for this guest, and for no other one

    async def run(self) -> None:
        """Start, restart, reload, end; twice, so that a second life is known to leave no more than a first."""
        before = asyncio.all_tasks()
        try:
            await self._hub.start(self._yaml, self._files)
        except FaultyConfiguration as error:
            raise _fault(self._name, str(error).splitlines()) from error
        first = await self._up("at its start")
        await self._unchanged(first)
        await self._changed()
        await self._restarted()
        await self._gone()
        left = await self._rest()
        await self._hub.reload(self._yaml, self._files)
        await self._up("when it is added to a running hub")
        await self._gone()
        await self._nothing_more(left)
        await self._hub.reload(self._yaml, self._files)
        await self._up("when it is added again")
        await self._hub.restart()
        await self._up("after the hub's restart")
        await self._hub.stop()
        tasks = [task for task in asyncio.all_tasks() - before if not task.done()]
        if tasks:
            raise _fault(self._name, [f"the hub's stop leaves the task {task!r}" for task in tasks])

    @property
    def _guest(self) -> "Guest":
        return self._hub.hub_of.supervisor.guests[self._name]

    async def _up(self, when: str) -> "Guest":
        """The guest, once it is ready or has said why it is not."""
        guest = self._guest
        try:
            await self._hub.until(lambda: guest.state != "starting" or self._lacks(guest), PATIENCE)
        except TimeoutError as error:
            text = f"{when} it is neither ready (link.ready()) nor NotReady within {PATIENCE:g} s"
            raise _fault(self._name, [text]) from error
        waits = guest.state == "waiting" and guest.error.startswith("NotReady")
        if not (guest.state in ("running", "starting") or waits):
            raise _fault(self._name, [f"{when} it is {guest.state}: {guest.error or 'its run returned'}"])
        return guest

    def _lacks(self, guest: "Guest") -> bool:
        """Whether it waits for a port that nobody offers here."""
        offered = self._hub.hub_of.site.ports.offered()
        return any(port.__name__ not in offered for port in guest.integration.needs)

    async def _unchanged(self, guest: "Guest") -> None:
        result = await self._hub.reload(self._yaml, self._files)
        if self._name not in result["unchanged"] or self._guest is not guest:
            raise _fault(self._name, ["a reload without changes did not leave it alone"])

    async def _changed(self) -> None:
        supervisor, guest = self._hub.hub_of.supervisor, self._guest
        await supervisor.reload(self._name, guest.config, "changed")
        await self._hub.settle()
        await self._up("after a reload of its section")

    async def _restarted(self) -> None:
        guest = self._guest
        self._hub.hub_of.supervisor.restart(self._name, "check_integration tries a restart")
        # Its end may take real time (a child process); only then does it wait for the clock.
        await self._hub.until(lambda: guest.state == "waiting", PATIENCE)
        await self._hub.advance(BACKOFF)
        await self._up("after a restart")

    async def _gone(self) -> None:
        await self._hub.reload("{}\n")

    def _left(self) -> Counter[str]:
        """What is registered, runs or is offered in the hub now, by name and number."""
        hub = self._hub.hub_of
        found = Counter(f"task {_name_of(task)}" for task in asyncio.all_tasks() if not task.done())
        found.update(f"thread {thread.name}" for thread in threading.enumerate())
        found.update(f"child process {child}" for child in children())
        found.update(f"handler of {event.kind}" for event, heard in hub.bus._own.items() for _ in heard)
        found.update(f"watcher of {entity}" for entity, all_ in hub.states._watchers.items() for _ in all_)
        found.update(f"entity {entity}" for entity in hub.states.entities)
        found.update(f"available state {state.entity_id}" for state in hub.states.all() if state.available)
        found.update(f"device {device}" for device in hub.site.devices)
        found.update(f"handler of action {action}" for action in hub.actions._handlers)
        found.update(f"handler of the timers of {owner}" for owner in hub.timers._handlers)
        found.update(f"route {route.method} {route.path}" for route in hub.site.routes.all())
        found.update(f"offer of {port}" for port in hub.site.ports.offered())
        found.update(f"subscription of {wanted}" for wanted in self._hub.broker.subscribed)
        return found

    async def _rest(self) -> Counter[str]:
        """What is left once processes and tasks that were told to end have ended."""
        left = self._left()
        for _ in range(20):
            await asyncio.sleep(0.05)
            await self._hub.settle()
            left, before = self._left(), left
            if left == before:
                break
        return left

    async def _nothing_more(self, before: Counter[str]) -> None:
        """Compare with what the first life left; what ends takes its time."""
        more: list[str] = []
        try:
            await self._hub.until(lambda: not self._more(before, more), PATIENCE)
        except TimeoutError as error:
            raise _fault(self._name, [f"its end leaves: {thing}" for thing in more]) from error

    def _more(self, before: Counter[str], more: list[str]) -> bool:
        actions = {f"handler of action {action.name}" for action in self._hub.integration(self._name).actions}
        never = actions | {f"handler of the timers of {self._name}"}
        after = self._left()
        more[:] = sorted({*(thing for thing in after if thing in never), *(after - before)})
        return bool(more)


def _name_of(task: "asyncio.Task[Any]") -> str:
    """The task's name, or its coroutine's when nobody named it."""
    name = task.get_name()
    return name if not name.startswith("Task-") else getattr(task.get_coro(), "__qualname__", name)


def children() -> list[str]:
    """Processes started by this one, by id, that still live."""
    found: list[str] = []
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError, FileNotFoundError):  # threads end while we look
            found += (thread / "children").read_text(encoding="ascii").split()
    return [child for child in found if _lives(child)]


def _lives(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def _fault(name: str, wrong: list[str]) -> IntegrationFault:
    return IntegrationFault("\n".join(f"{name}: {line}" for line in wrong))

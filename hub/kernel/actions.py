"""The action table: what can be done, and doing it."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hub.kernel.bus import Undo
from hub.kernel.causes import because_of
from hub.model.calls import Action, Call
from hub.model.errors import ActionRefused, NotReady
from hub.store.unit import Units


@dataclass(frozen=True, slots=True)
class Follow:
    """What a durable call leads to: further calls, and what `write` puts into the unit that ends the call.

    `write` runs once that unit is open, and must not fail half way: what it has put down by then is written.
    """

    calls: Sequence[Call] = ()
    write: Callable[[], None] | None = None


Carried = Sequence[Call] | Follow | None
Handler = Callable[[Call], Awaitable[Carried] | Carried]


class Actions:
    """Declared actions and, while their integration lives, their handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self.declared: dict[str, Action] = {}
        self._handlers: dict[str, Handler] = {}
        self.registered: list[
            Callable[[str], None]
        ] = []  # told when a handler comes (the courier waits for it)

    def declare(self, action: Action) -> None:
        """Make an action known; it can be called once a handler is there."""
        self.declared[action.name] = action

    def register(self, name: str, handler: Handler) -> Undo:
        """Give a declared action its handler; a durable one may return follow-up calls."""
        if name not in self.declared:
            raise ActionRefused(f"action '{name}' is not declared by any integration")
        self._handlers[name] = handler
        for told in self.registered:
            told(name)

        def undo() -> None:
            if self._handlers.get(name) is handler:
                del self._handlers[name]

        return undo

    def ready(self, name: str) -> bool:
        """Whether a handler is there now."""
        return name in self._handlers

    def start(self, call: Call) -> Awaitable[Carried] | Carried:
        """Run the handler of a call whose data is clean: at once, or an awaitable of its end.

        Durable actions are not run here but put down, in the open unit or one of their own.
        """
        action = self.declared.get(call.name)
        if action is None:
            raise ActionRefused(f"there is no action '{call.name}'")
        if action.durable:
            with self._units.open() as unit:
                unit.call(call)
            return None
        handler = self._handlers.get(call.name)
        if handler is None:
            raise NotReady(f"action '{call.name}' is declared but its integration is not running")
        return _begin(handler, call)

    async def run(self, call: Call) -> Any:
        """Check the data by the action's schema, run it and wait for its end (durable: for the commit)."""
        action = self.declared.get(call.name)
        if action is None:
            raise ActionRefused(f"there is no action '{call.name}'")
        clean = Call(
            name=call.name,
            data=action.schema(dict(call.data)),
            key=call.key,
            cause=call.cause,
            lane=call.lane,
            priority=call.priority,
            expires=call.expires,
            alarm=call.alarm,
        )
        if action.durable:
            with self._units.open() as unit:
                unit.call(clean)
            return await unit.receipt
        result = self.start(clean)
        return await result if inspect.isawaitable(result) else result

    async def carry(self, call: Call) -> Carried:
        """One attempt of a durable call, for the courier; NotReady when the integration is away."""
        handler = self._handlers.get(call.name)
        if handler is None:
            raise NotReady(f"the integration of '{call.name}' is not running")
        result = _begin(handler, call)
        return await result if inspect.isawaitable(result) else result


def _begin(handler: Handler, call: Call) -> Awaitable[Carried] | Carried:
    """Run the handler; what it does, now or when it is awaited, has the call's cause."""
    with because_of(call.cause):
        result = handler(call)
    return _await(result, call.cause) if inspect.isawaitable(result) else result


async def _await(work: Awaitable[Carried], cause: str) -> Carried:
    with because_of(cause):
        return await work

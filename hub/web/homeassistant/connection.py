"""One client's WebSocket once it has said who it is: its commands, subscriptions and answers."""

import asyncio
import inspect
import logging
from collections.abc import Callable
from typing import Any

from hub.accounts.permissions import Principal, Thing
from hub.kernel.bus import Undo
from hub.web.homeassistant.commands import SIGNED_IN, Command, Commands, Message
from hub.web.homeassistant.encoding import encode
from hub.web.homeassistant.failures import (
    ID_REUSE,
    INVALID_FORMAT,
    NOT_ALLOWED,
    UNAUTHORIZED,
    UNKNOWN_COMMAND,
    UNKNOWN_ERROR,
    Failed,
    told_as_failed,
)
from hub.web.homeassistant.feed import Feed
from hub.web.homeassistant.house import House
from hub.web.homeassistant.outlet import Outlet
from hub.web.homeassistant.views import View

_BEHIND_PAUSE = 0.02  # seconds between looks at a client that takes its answers slowly
log = logging.getLogger("hub.web.socket")


class Connection:
    """A signed-in client."""

    def __init__(self, house: House, feed: Feed, commands: Commands, outlet: Outlet, who: Principal) -> None:
        self.house, self.feed, self.outlet, self.who = house, feed, outlet, who
        self._commands = commands
        self._last_id = 0
        self._subscriptions: dict[int, Undo] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.rendering = 0  # templates that are rendered anew on changes

    @property
    def view(self) -> View:
        """What the client may see."""
        return self.house.view(self.who)

    @property
    def coalesce(self) -> bool:
        """Whether the client reads arrays of messages."""
        return self.outlet.coalesce

    def push(self, data: bytes) -> None:
        """Take frames with events for many."""
        self.outlet.push(data)

    def tell(self, subscription: int, event: Any, *, first: bool = False) -> None:
        """Send an event of one subscription to this client alone; the first one belongs to the answer."""
        message = b'{"id":%d,"type":"event","event":%b}' % (subscription, encode(event))
        if first:
            self.outlet.put(message)
        else:
            self.outlet.put_event(message)

    def may(self, verb: str, thing: Thing) -> bool:
        """Whether the client may do `verb` with a thing."""
        return self.house.permissions.may(self.who, verb, thing)

    # --- subscriptions ----------------------------------------------------------------------------------------------

    def subscribe(self, message: Message, begin: Callable[[int], Undo]) -> object:
        """Answer the command, then begin what it subscribes to; `begin` gets the subscription's id and can't fail."""
        self.room_for_more()
        identity: int = message["id"]
        self.answer(identity)
        self._subscriptions[identity] = begin(identity)
        return ANSWERED

    def room_for_more(self) -> None:
        """Failed when the client has as many subscriptions as one may have."""
        if len(self._subscriptions) >= self.house.limits.subscriptions:
            raise Failed(NOT_ALLOWED, f"at most {self.house.limits.subscriptions} subscriptions")

    def unsubscribe(self, subscription: int) -> bool:
        """End a subscription; False when there is none of that id."""
        undo = self._subscriptions.pop(subscription, None)
        if undo is None:
            return False
        undo()
        return True

    def subscribed(self, subscription: int) -> bool:
        """Whether a subscription goes on."""
        return subscription in self._subscriptions

    # --- commands ---------------------------------------------------------------------------------------------------

    async def take(self, received: Any) -> None:
        """Do what a message asks for, or each message of an array; others have their turn in between."""
        for message in received if isinstance(received, list) else [received]:
            while len(self._tasks) >= self.house.limits.under_way:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            self._take(message)
            await asyncio.sleep(0)
            # Who asks for much and reads slowly waits here.
            while self.outlet.answers_behind > self.house.limits.pending and not self.outlet.closed:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(_BEHIND_PAUSE)

    def _take(self, message: Any) -> None:
        identity = message.get("id") if isinstance(message, dict) else None
        if type(identity) is not int or identity < 1 or not isinstance(message.get("type"), str):
            self._fail(identity, INVALID_FORMAT, "Message incorrectly formatted.")
            return
        if identity >= 1 << 53:
            self._fail(None, INVALID_FORMAT, "Message incorrectly formatted.")
            return
        if identity <= self._last_id:
            self._fail(identity, ID_REUSE, "Identifier values have to increase.")
            return
        self._last_id = identity
        command = self._commands.all.get(message["type"])
        if command is None:
            self._fail(identity, UNKNOWN_COMMAND, "Unknown command.")
        elif not self._admits(command):
            self._fail(identity, UNAUTHORIZED, "Unauthorized")
        else:
            self._begin(command, message)

    def _admits(self, command: Command) -> bool:
        if command.access == SIGNED_IN:
            return True
        verb, _, kind = command.access.partition(" ")
        return self.house.permissions.may_some(self.who, verb, kind)

    def _begin(self, command: Command, message: Message) -> None:
        try:
            with told_as_failed():
                result = command.handler(self, command.schema(message))
        except Failed as error:
            self._fail(message["id"], error.code, str(error))
        except Exception:
            # An edge: a command that fails in an unforeseen way must be answered all the same.
            log.exception("%s failed", command.name)
            self._fail(message["id"], UNKNOWN_ERROR, "Unknown error")
        else:
            if inspect.isawaitable(result):
                task = asyncio.get_running_loop().create_task(
                    self._finish(command, message["id"], result), name=f"socket {command.name}"
                )
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            elif result is not ANSWERED:
                self.answer(message["id"], result)

    async def _finish(self, command: Command, identity: int, work: Any) -> None:
        try:
            with told_as_failed():
                result = await work
        except Failed as error:
            self._fail(identity, error.code, str(error))
        except Exception:
            # As above.
            log.exception("%s failed", command.name)
            self._fail(identity, UNKNOWN_ERROR, "Unknown error")
        else:
            if result is not ANSWERED:
                self.answer(identity, result)

    def answer(self, identity: int, result: Any = None) -> None:
        """Send the result of a command."""
        body = encode(result)
        self.outlet.put(b'{"id":%d,"type":"result","success":true,"result":%b}' % (identity, body))

    def _fail(self, identity: Any, code: str, message: str) -> None:
        told = identity if type(identity) is int and abs(identity) < 1 << 53 else None
        error = {"code": code, "message": message}
        self.outlet.put(encode({"id": told, "type": "result", "success": False, "error": error}))

    # --- its end ----------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """End everything that the client began."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for subscription in list(self._subscriptions):
            self.unsubscribe(subscription)


ANSWERED = object()  # what a handler returns that has answered already

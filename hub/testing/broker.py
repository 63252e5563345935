"""A broker in memory that keeps the promises of the port: QoS 1 waits for the handlers' receipts."""

import asyncio
import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hub.kernel.clock import Clock
from hub.model.errors import NotReady
from hub.plugins.ports import Message, MessageHandler

log = logging.getLogger("hub.testing")


def matches(topic_filter: str, topic: str) -> bool:
    """Whether an MQTT filter takes a topic."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for index, part in enumerate(wanted):
        if part == "#":
            return True
        if index >= len(given) or part not in ("+", given[index]):
            return False
    return len(wanted) == len(given)


@dataclass(slots=True)
class Sent:
    """A message that was published and what became of it."""

    message: Message
    acknowledged: bool = False


class MemoryBroker:
    """Implements the port Broker without a network."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._handlers: list[tuple[str, MessageHandler]] = []
        self._retained: dict[str, Message] = {}
        self.sent: list[Sent] = []
        self.connected = True
        self._tasks: set[asyncio.Task[Any]] = set()

    def subscribe(self, topic_filter: str, handler: MessageHandler, *, qos: int = 1) -> Callable[[], None]:
        """As the port says; retained messages come at once."""
        entry = (topic_filter, handler)
        self._handlers.append(entry)
        for topic, message in self._retained.items():
            if matches(topic_filter, topic):
                self._start(Sent(message), [handler])
        return lambda: self._handlers.remove(entry) if entry in self._handlers else None

    async def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Deliver in this turn of the loop; returns when it is on its way. NotReady while `connected` is False."""
        if not self.connected:
            raise NotReady("the broker is away: the test says so")
        body = payload.encode() if isinstance(payload, str) else payload
        message = Message(topic, body, qos, retain, self._clock.now())
        if retain and body:
            self._retained[topic] = message
        elif retain:
            self._retained.pop(topic, None)
        sent = Sent(message)
        self.sent.append(sent)
        self._start(sent, [handler for wanted, handler in self._handlers if matches(wanted, topic)])

    @property
    def subscribed(self) -> list[str]:
        """The filters of all subscriptions."""
        return [wanted for wanted, _handler in self._handlers]

    def redeliver(self) -> None:
        """Send again what nobody acknowledged, as a broker does when a client comes back."""
        for sent in self.sent:
            if sent.message.qos and not sent.acknowledged:
                topic = sent.message.topic
                self._start(sent, [handler for wanted, handler in self._handlers if matches(wanted, topic)])

    def _start(self, sent: Sent, handlers: list[MessageHandler]) -> None:
        if handlers:
            task = asyncio.get_running_loop().create_task(self._deliver(sent, handlers))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, sent: Sent, handlers: list[MessageHandler]) -> None:
        done = await asyncio.gather(
            *(self._hand(handler, sent.message) for handler in handlers), return_exceptions=True
        )
        failures = [item for item in done if isinstance(item, BaseException)]
        sent.acknowledged = not failures
        for failure in failures:
            log.warning("%s is not acknowledged", sent.message.topic, exc_info=failure)

    @staticmethod
    async def _hand(handler: MessageHandler, message: Message) -> None:
        result = handler(message)
        if inspect.isawaitable(result):
            await result

    async def close(self) -> None:
        """Forget what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

"""What the broker session needs around it: a shelf in memory, a desk that remembers, a clock that runs."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub.api import Message, NotReady
from hub.kernel.clock import SystemClock
from integrations.mqtt.aside import Aside
from integrations.mqtt.embedded import EmbeddedBroker
from integrations.mqtt.session import MqttBroker
from integrations.mqtt.settings import Settings

LOG = logging.LoggerAdapter(logging.getLogger("tests.mqtt"), {})


@dataclass
class ShelfInMemory:
    values: dict[str, Any] = field(default_factory=dict)
    full: bool = False

    async def put(self, key: str, value: Any) -> None:
        if self.full:
            raise NotReady("the disk is full")
        self.values[key] = value

    def delete(self, key: str) -> None:
        self.values.pop(key, None)

    def items(self) -> Iterator[tuple[str, Any]]:
        return iter(list(self.values.items()))


@dataclass
class RememberingDesk:
    open: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def problem(self, key: str, text: str, remedy: str = "") -> None:
        self.open[key] = text
        self.seen.append(key)

    def clear(self, key: str) -> None:
        self.open.pop(key, None)


def settings_for(server: EmbeddedBroker, **changes: Any) -> Settings:
    known = {
        "host": server.host, "port": server.port, "username": server.username, "password": server.password,
    }  # fmt: skip
    return Settings(**{**known, **changes})


def session(
    server: EmbeddedBroker,
    client_id: str = "linli-test",
    *,
    shelf: ShelfInMemory | None = None,
    desk: RememberingDesk | None = None,
    **changes: Any,
) -> MqttBroker:
    return MqttBroker(
        settings_for(server, **changes),
        client_id,
        clock=SystemClock(),
        aside=Aside(shelf if shelf is not None else ShelfInMemory()),
        desk=desk if desk is not None else RememberingDesk(),
        log=LOG,
        folder=Path(),
        without_spaces=True,
        subscribing=server.subscribing,
        ordered=False,
    )


@asynccontextmanager
async def running(broker: MqttBroker) -> AsyncIterator[MqttBroker]:
    """The session from its first connection on; ended politely."""
    tried = asyncio.Event()
    task = asyncio.ensure_future(broker.run(tried.set))
    waiting = asyncio.ensure_future(tried.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    await broker.subscribed()
    try:
        yield broker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that another process causes."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - no event of ours tells of it
            await asyncio.sleep(0.005)


class Hearing:
    """A handler that keeps what it hears."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

"""A hub to be killed: embedded broker, one subscription, one message that it takes and never acknowledges."""

import asyncio
import logging
import sys
from pathlib import Path

from hub.api import Message, Outcome
from integrations.mqtt.embedded import EmbeddedBroker
from tests.integrations.mqtt.stand_ins import running, session


async def live(folder: Path) -> None:
    server = EmbeddedBroker(folder, log=logging.getLogger())
    await server.start()
    forever: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def take(message: Message) -> asyncio.Future[Outcome]:
        print(f"took {message.text} {server.pid}", flush=True)  # noqa: T201 - to the test
        return forever

    async with running(session(server)) as broker:
        broker.subscribe("alarm", take)
        await broker.subscribed()
        await broker.publish("alarm", "cover-open")
        await forever


asyncio.run(live(Path(sys.argv[1])))

"""A hub on the machine's clock, with a token of an owner's account, for clients in processes of their own."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from yarl import URL

from hub.kernel.clock import SystemClock
from hub.testing.kit import HubKit
from tests.hub.web.homeassistant.client import YAML
from tests.hub.web.homeassistant.conftest import Doors

HERE = Path(__file__).parent
PYTHON = HERE / "python" / ".venv" / "bin"
NODE = HERE / "node"


@dataclass
class Site:
    """A running hub and how to reach it."""

    hub: HubKit
    doors: Doors
    url: str
    token: str

    async def run(self, *command: str, seconds: float = 60, **environ: str) -> str:
        """What a program prints; AssertionError with all it said when it fails."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "HASS_SERVER": self.url, "HASS_TOKEN": self.token, **environ},
        )
        try:
            async with asyncio.timeout(seconds):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            output, _ = await process.communicate()
            raise AssertionError(f"{command[0]} took more than {seconds} s: {output.decode()}") from None
        assert process.returncode == 0, output.decode()
        return output.decode()


class Doorway:
    """One address for a hub that comes back at another one."""

    def __init__(self, hub: HubKit) -> None:
        self._hub = hub
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """The address."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}"

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            url = URL(self._hub.hub_of.url)
            inner, outer = await asyncio.open_connection(url.host, url.port)
        except (RuntimeError, OSError):  # nobody is in
            writer.close()
            return
        await asyncio.gather(_pump(reader, outer), _pump(inner, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


async def token_of(hub: HubKit, name: str, *roles: str, person: str = "") -> str:
    """A long-lived token of a new account."""
    registry = hub.hub_of.accounts.registry
    account = await registry.add(name, roles=roles, person=person)
    _, token = await registry.make_token(account, label="test")
    return token


@pytest_asyncio.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    hub, doors = HubKit(tmp_path, SystemClock()), Doors()
    hub.add(doors.integration())
    await hub.start(YAML + "doors:\n")
    doors.points["binary_sensor.door"].set(False)
    doors.points["light.lamp"].set(False)
    doors.points["sensor.warmth"].set(21.5)
    yield Site(hub, doors, hub.hub_of.url, await token_of(hub, "boss", "owner"))
    await hub.stop()
    await hub.broker.close()


Run = Callable[..., Awaitable[str]]

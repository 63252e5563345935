"""A hub on the machine's clock, with a token of an owner's account, for clients in processes of their own."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

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

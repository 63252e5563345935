"""Home Assistant's clients for Node, unmodified, against the hub. script/clients installs them."""

import asyncio
import json
import os
from contextlib import suppress

import pytest

from tests.clients.conftest import NODE, Doorway, Site

pytestmark = pytest.mark.node


async def test_js_websocket_works(site: Site) -> None:
    await site.run("node", str(NODE / "websocket.mjs"), site.url, site.token)


async def test_node_red_works_also_after_a_restart_of_the_hub(site: Site) -> None:
    doorway = Doorway(site.hub)
    process = await asyncio.create_subprocess_exec(
        "node",
        str(NODE / "nodered.cjs"),
        await doorway.open(),
        site.token,
        str(site.hub.folder / "node-red"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "NODE_RED_DISABLE_TELEMETRY": "1"},
    )
    said: list[str] = []

    async def hear(start: str) -> str:
        assert process.stdout is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(40):
                async for line in process.stdout:
                    said.append(line.decode())
                    if said[-1].startswith(start):
                        return said[-1]
        raise AssertionError("".join(said))

    try:
        await hear("ready")
        site.doors.points["binary_sensor.door"].set(True)
        told = json.loads(await hear("{"))
        assert site.hub.state("light.lamp").value is True
        assert told["text"] == "on"
        assert told["past"][-1] == "on"

        await site.hub.restart()
        site.doors.points["binary_sensor.door"].set(False)
        site.doors.points["light.lamp"].set(False)
        feed = site.hub.hub_of.homeassistant.sockets.feed
        async with asyncio.timeout(60):
            while not feed.count("state_changed"):  # noqa: ASYNC110 - it comes back when it likes
                await asyncio.sleep(0.1)
        site.doors.points["binary_sensor.door"].set(True)
        assert json.loads(await hear("{"))["text"] == "on"
        assert site.hub.state("light.lamp").value is True
    finally:
        await doorway.close()
        process.terminate()
        await process.communicate()

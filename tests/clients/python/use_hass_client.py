"""Uses hass-client, unmodified, as its users do."""

import asyncio
import sys
from typing import Any

from hass_client import HomeAssistantClient
from hass_client.exceptions import FailedCommand


async def use(url: str, token: str) -> None:
    async with HomeAssistantClient(url.replace("http", "ws", 1) + "/api/websocket", token) as client:
        assert client.connected
        assert tuple(map(int, client.version.split("."))) >= (2025, 3, 0)
        events: asyncio.Queue[Any] = asyncio.Queue()
        entities: asyncio.Queue[Any] = asyncio.Queue()
        others: asyncio.Queue[Any] = asyncio.Queue()
        stop = await client.subscribe_events(events.put_nowait)
        await client.subscribe_entities(entities.put_nowait, ["light.lamp"])
        assert (await entities.get())["a"]["light.lamp"]["s"] in ("on", "off")
        result = await client.call_service("light", "turn_off", {}, {"entity_id": "light.lamp"})
        await client.call_service("light", "turn_on", {}, {"entity_id": "light.lamp"})
        assert result["context"]["user_id"]
        while (told := await entities.get())["c"]["light.lamp"]["+"].get("s") != "on":
            assert "c" in told
        while (event := await events.get())["event_type"] != "state_changed":
            pass
        assert event["data"]["entity_id"] == "light.lamp"
        stop()
        assert any(state["entity_id"] == "sensor.warmth" for state in await client.get_states())
        assert (await client.get_config())["location_name"] == "Test"
        assert "turn_on" in (await client.get_services())["light"]
        assert [area["area_id"] for area in await client.get_area_registry()] == ["b1", "b3", "b3-u1"]
        assert [device["id"] for device in await client.get_device_registry()] == ["gate-1"]
        assert any(entry["entity_id"] == "light.lamp" for entry in await client.get_entity_registry())
        assert (await client.get_entity_registry_entry("light.lamp"))["original_name"] == "Lamp"
        await client.subscribe(others.put_nowait, "render_template", template="{{ states('light.lamp') }}")
        assert (await others.get())["event"]["result"] == "on"
        await client.subscribe(
            others.put_nowait, "subscribe_trigger", trigger={"platform": "event", "event_type": "ding"}
        )
        await client.send_command("fire_event", event_type="ding")
        assert (await others.get())["event"]["variables"]["trigger"]["event"]["event_type"] == "ding"
        try:
            await client.send_command("no/such/command")
        except FailedCommand:
            pass
        else:
            raise AssertionError("an unknown command succeeded")


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(use(*sys.argv[1:3]), 30))

"""Uses homeassistant-api's asynchronous clients, unmodified, as their users do."""

import asyncio
import sys

from homeassistant_api import AsyncClient, AsyncWebsocketClient, State
from homeassistant_api.errors import EndpointNotFoundError


async def rest(url: str, token: str) -> None:
    async with AsyncClient(url + "/api", token) as client:
        assert (await client.get_config())["location_name"] == "Test"
        states = {state.entity_id: state for state in await client.get_states()}
        assert states["sensor.warmth"].state == "21.5"
        light = await client.get_domain("light")
        assert light is not None
        changed = await light.turn_on(entity_id="light.lamp")
        assert changed[0].state == "on", changed
        assert (await client.get_state(entity_id="light.lamp")).state == "on"
        _, response = await client.trigger_service_with_response("doors", "measure", times=2)
        assert response == {"value": 21.5, "times": 2}
        made = await client.set_state(State(entity_id="sensor.made", state="5", attributes={"a": [1]}))
        assert made.state == "5"
        assert await client.get_rendered_template("{{ states('sensor.made') | int + 1 }}") == "6"
        assert await client.fire_event("ding", floor=3) == "Event ding fired."
        try:
            await client.get_state(entity_id="sensor.none")
        except EndpointNotFoundError:
            pass
        else:
            raise AssertionError("an unknown entity has a state")


async def websocket(url: str, token: str) -> None:
    address = url.replace("http", "ws", 1) + "/api/websocket"
    async with AsyncWebsocketClient(address, token) as client, AsyncWebsocketClient(address, token) as other:
        assert await client.ping_latency() > 0
        assert any(state.entity_id == "sensor.warmth" for state in await client.get_states())
        assert await client.get_rendered_template("{{ 1 + 1 }}") in ("2", 2)
        async with client.listen_events("state_changed") as events:
            await other.trigger_service("light", "turn_off", entity_id="light.lamp")
            fired = await anext(events)
            assert fired.data["new_state"]["state"] == "off"
        async with client.listen_trigger("state", entity_id="light.lamp", to="on") as triggers:
            await other.trigger_service("light", "turn_on", entity_id="light.lamp")
            told = await anext(triggers)
            assert told["trigger"]["to_state"]["state"] == "on", told
        assert any(entry.entity_id == "light.lamp" for entry in await client.list_entity_registry())
        assert any(entry.domain == "doors" for entry in await client.get_config_entries())


async def use(url: str, token: str) -> None:
    await rest(url, token)
    await websocket(url, token)


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(use(*sys.argv[1:3]), 30))

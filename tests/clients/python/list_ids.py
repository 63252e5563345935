"""Prints, as JSON, by what ids homeassistant-api knows a house: of entities, of their registry, of integrations."""

import json
import sys

from homeassistant_api import Client, WebsocketClient


def listed(url: str, token: str) -> dict[str, list[str]]:
    with (
        Client(url + "/api", token) as client,
        WebsocketClient(url.replace("http", "ws", 1) + "/api/websocket", token) as socket,
    ):
        registry = socket.list_entity_registry()
        return {
            "states": sorted(state.entity_id for state in client.get_states()),
            "entities": sorted(entry.id for entry in registry),
            "unique": sorted(str(entry.unique_id) for entry in registry),
            "integrations": sorted(entry.entry_id for entry in socket.get_config_entries()),
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(listed(*sys.argv[1:3])))

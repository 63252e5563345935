"""Uses homeassistant-api, its REST client and its WebSocket client, unmodified, as its users do."""

import sys
from datetime import UTC, datetime, timedelta

from homeassistant_api import Client, State, WebsocketClient
from homeassistant_api.errors import EndpointNotFoundError, RequestError, ResponseError, UnauthorizedError


def rest(url: str, token: str) -> None:
    try:
        Client(url + "/api", "wrong").check_api_running()
    except UnauthorizedError:
        pass
    else:
        raise AssertionError("a wrong token was taken")
    with Client(url + "/api", token) as client:
        assert client.check_api_running()
        assert client.check_api_config()
        assert client.get_config()["location_name"] == "Test"
        assert "doors" in client.get_components()
        assert isinstance(client.get_error_log(), str)
        states = {state.entity_id: state for state in client.get_states()}
        assert states["sensor.warmth"].state == "21.5"
        groups = client.get_entities()
        assert "lamp" in groups["light"].entities
        lamp = client.get_entity(entity_id="light.lamp")
        assert lamp is not None
        assert lamp.get_state().state == "off"
        light = client.get_domain("light")
        assert light is not None
        changed = light.turn_on(entity_id="light.lamp")
        assert changed[0].state == "on", changed
        changed, response = client.trigger_service_with_response("doors", "measure", times=2)
        assert (changed, response) == ((), {"value": 21.5, "times": 2}), (changed, response)
        try:
            client.trigger_service("light", "explode")
        except RequestError:
            pass
        else:
            raise AssertionError("an unknown service was called")
        made = client.set_state(State(entity_id="sensor.made", state="5", attributes={"a": [1]}))
        assert (made.state, made.attributes["a"]) == ("5", [1])
        again = client.set_state(made)
        assert again.last_changed == made.last_changed
        assert client.get_state(entity_id="sensor.made").state == "5"
        assert client.get_rendered_template("{{ states('sensor.made') | int + 1 }}") == "6"
        events = {event.event for event in client.get_events()}
        assert "state_changed" in events
        assert client.fire_event("ding", floor=3) == "Event ding fired."
        begin = datetime.now(UTC) - timedelta(minutes=5)
        histories = list(
            client.get_entity_histories(
                entities=(lamp,), start_timestamp=begin, end_timestamp=datetime.now(UTC)
            )
        )
        assert [state.state for state in histories[0].states][-1] == "on", histories
        list(client.get_entity_histories(entities=(lamp,), significant_changes_only=True))
        entries = list(client.get_logbook_entries(filter_entities="light.lamp", start_timestamp=begin))
        assert entries[-1].state == "on"
        try:
            client.get_state(entity_id="sensor.none")
        except EndpointNotFoundError:
            pass
        else:
            raise AssertionError("an unknown entity has a state")


def websocket(url: str, token: str) -> None:
    address = url.replace("http", "ws", 1) + "/api/websocket"
    with WebsocketClient(address, token) as client, WebsocketClient(address, token) as other:
        assert client.ping_latency() > 0
        assert client.get_config()["state"] == "RUNNING"
        assert any(state.entity_id == "sensor.warmth" for state in client.get_states())
        assert client.get_rendered_template("{{ 1 + 1 }}") in ("2", 2)
        light = client.get_domain("light")
        assert light is not None
        with client.listen_events("state_changed") as events:
            other.trigger_service("light", "turn_off", entity_id="light.lamp")
            fired = next(events)
            assert fired.data["new_state"]["state"] == "off"
            assert fired.context is not None
            assert fired.context.user_id
        assert client.trigger_service_with_response("doors", "measure", times=3) == {
            "value": 21.5,
            "times": 3,
        }
        with client.listen_trigger("state", entity_id="light.lamp", to="on") as triggers:
            other.trigger_service("light", "turn_on", entity_id="light.lamp")
            told = next(triggers)
            assert told["trigger"]["to_state"]["state"] == "on", told
        client.fire_event("ding", floor=3)
        assert any(entry.entity_id == "light.lamp" for entry in client.list_entity_registry())
        got = client.get_entity_registry_entry("light.lamp")
        assert got.original_name == "Lamp"
        renamed = client.update_entity_registry_entry({"entity_id": "light.lamp", "name": "Hall lamp"})
        assert renamed.entity_entry.name == "Hall lamp"
        configured = {entry.domain: entry for entry in client.get_config_entries()}
        assert configured["doors"].state == "loaded"
        assert client.get_entry_subentries("doors") == ()
        assert client.get_nonuser_flows_in_progress() == ()
        for refused in (client.disable_config_entry, client.remove_entity_registry_entry):
            try:
                refused("doors" if refused == client.disable_config_entry else "light.lamp")
            except ResponseError:
                pass
            else:
                raise AssertionError("the files' own were changed")
        with client.listen_config_entries() as changes:
            assert any(change.entry.domain == "doors" for change in next(changes))


if __name__ == "__main__":
    rest(*sys.argv[1:3])
    websocket(*sys.argv[1:3])

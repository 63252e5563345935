"""The WebSocket: signing in, ids, errors, subscriptions, and how sockets end."""

import json
from typing import Any

import aiohttp
import pytest

from hub.testing.kit import HubKit
from tests.hub.web.homeassistant.client import Client
from tests.hub.web.homeassistant.conftest import Connect, Doors


async def test_states_come_in_home_assistants_shape(client: Client) -> None:
    states = {state["entity_id"]: state for state in await client.ask("get_states")}
    warmth = states["sensor.warmth"]
    assert warmth["state"] == "21.5"
    assert warmth["attributes"] == {
        "friendly_name": "Warmth",
        "state_class": "measurement",
        "unit_of_measurement": "°C",
    }
    assert set(warmth) == {
        "entity_id", "state", "attributes", "last_changed", "last_reported", "last_updated", "context",
    }  # fmt: skip
    assert set(warmth["context"]) == {"id", "parent_id", "user_id"}
    assert states["binary_sensor.door"]["state"] == "off"


async def test_commands_sent_before_auth_ok_are_kept(house: HubKit) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(house.hub_of.url + "/api/websocket") as socket,
    ):
        await socket.send_json({"type": "auth", "access_token": house.hub_of.token})
        await socket.send_json({"id": 1, "type": "ping"})
        received = [await socket.receive_json() for _ in range(3)]
    assert [message["type"] for message in received] == ["auth_required", "auth_ok", "pong"]


@pytest.mark.parametrize(
    "first",
    [
        {"type": "auth", "access_token": "wrong"},
        {"type": "auth"},
        {"type": "auth", "access_token": 5},
        {"type": "ping", "id": 1},
        [],
        "auth",
    ],
)
async def test_who_does_not_say_who_it_is_is_turned_away(house: HubKit, first: Any) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(house.hub_of.url + "/api/websocket") as socket,
    ):
        assert (await socket.receive_json())["type"] == "auth_required"
        await socket.send_json(first)
        assert (await socket.receive_json())["type"] == "auth_invalid"
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_ids_rise(client: Client) -> None:
    client.id = 7
    assert (await client.command("ping"))["type"] == "pong"
    client.id = 6
    client.results.clear()
    await client.socket.send_json({"id": 8, "type": "ping"})
    await client.receive()
    assert client.results[8]["error"]["code"] == "id_reuse"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "ping"},
        {"id": "1", "type": "ping"},
        {"id": True, "type": "ping"},
        {"id": -1, "type": "ping"},
        {"id": 1.5, "type": "ping"},
        {"id": 10**40, "type": "ping"},
        {"id": 1},
        {"id": 1, "type": 5},
        5,
        "x",
        None,
        [[]],
        {"id": 1, "type": "ping", "more": 1},
        {"id": 1, "type": "subscribe_events", "event_type": 5},
    ],
)
async def test_what_is_badly_formed_is_told_so(client: Client, message: Any) -> None:
    await client.socket.send_json(message)
    await client.receive()
    [answer] = client.results.values()
    assert answer["error"]["code"] == "invalid_format"
    client.id = 100
    assert (await client.command("ping"))["type"] == "pong"


async def test_unknown_commands_are_answered_as_home_assistant_does(client: Client) -> None:
    assert await client.error("backup/agents/info") == ("unknown_command", "Unknown command.")


async def test_what_is_no_json_ends_the_socket(client: Client) -> None:
    await client.socket.send_str("{")
    assert (await client.socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_an_array_of_commands_is_taken(client: Client) -> None:
    await client.socket.send_json([{"id": 1, "type": "ping"}, {"id": 2, "type": "ping"}])
    while len(client.results) < 2:
        await client.receive()
    assert all(isinstance(frame, dict) for frame in client.frames)


async def test_events_follow_the_result_of_their_subscription(client: Client, doors: Doors) -> None:
    identity = await client.send("subscribe_events", event_type="state_changed")
    await client.command("ping")
    doors.points["binary_sensor.door"].set(True)
    event = await client.event(identity)
    assert event["event_type"] == "state_changed"
    assert event["origin"] == "LOCAL"
    assert event["data"]["old_state"]["state"] == "off"
    assert event["data"]["new_state"]["state"] == "on"
    kinds = [(frame["type"], frame["id"]) for frame in client.frames]
    assert kinds.index(("result", identity)) < kinds.index(("event", identity))


async def test_nothing_follows_under_the_id_of_an_ended_subscription(client: Client, doors: Doors) -> None:
    identity = await client.send("subscribe_events")
    await client.ask("unsubscribe_events", subscription=identity)
    doors.points["binary_sensor.door"].set(True)
    await client.command("ping")
    assert client.events == {}
    assert (await client.error("unsubscribe_events", subscription=identity))[0] == "not_found"


async def test_subscribing_to_what_nobody_fires_succeeds(client: Client) -> None:
    assert await client.ask("subscribe_events", event_type="floor_registry_updated") is None


async def test_bursts_come_as_one_frame_only_to_who_can_read_it(connect: Connect, doors: Doors) -> None:
    plain, many = await connect(), await connect()
    await many.ask("supported_features", features={"coalesce_messages": 1})
    assert await plain.ask("supported_features", features={}) is None
    ids = [await client.send("subscribe_events", event_type="state_changed") for client in (plain, many)]
    for client in (plain, many):
        await client.command("ping")
    for value in range(5):
        doors.points["sensor.warmth"].set(value)
    for client, identity in zip((plain, many), ids, strict=True):
        values = [(await client.event(identity))["data"]["new_state"]["state"] for _ in range(5)]
        assert values == ["0", "1", "2", "3", "4"]
    assert not any(isinstance(frame, list) for frame in plain.frames)
    assert [len(frame) for frame in many.frames if isinstance(frame, list)] == [5]


async def test_entities_come_whole_and_then_their_differences(client: Client, doors: Doors) -> None:
    identity = await client.send("subscribe_entities", entity_ids=["sensor.warmth", "sensor.none"])
    first = await client.event(identity)
    told = first["a"]["sensor.warmth"]
    assert list(first) == ["a"]
    assert list(first["a"]) == ["sensor.warmth"]
    assert (told["s"], told["a"]["friendly_name"]) == ("21.5", "Warmth")
    assert isinstance(told["lc"], float)
    doors.points["binary_sensor.door"].set(True)
    doors.points["sensor.warmth"].set(21.5, {"note": "high"})
    change = (await client.event(identity))["c"]["sensor.warmth"]
    assert change["+"]["a"] == {"note": "high"}
    assert "s" not in change["+"]
    doors.points["sensor.warmth"].set(22)
    change = (await client.event(identity))["c"]["sensor.warmth"]
    assert change["+"]["s"] == "22"
    assert change["-"] == {"a": ["note"]}


async def test_entities_that_come_and_go_are_told(house: HubKit, client: Client) -> None:
    identity = await client.send("subscribe_entities")
    await client.event(identity)
    house.hub_of.states.set("sensor.new", 1)
    assert (await client.event(identity))["a"]["sensor.new"]["s"] == "1"
    house.hub_of.states.remove("sensor.new")
    assert await client.event(identity) == {"r": ["sensor.new"]}


async def test_a_call_has_the_context_of_what_it_changes(client: Client, doors: Doors) -> None:
    identity = await client.send("subscribe_events", event_type="state_changed")
    result = await client.ask(
        "call_service", domain="light", service="turn_on", target={"entity_id": "light.lamp"}
    )
    event = await client.event(identity)
    assert event["context"] == result["context"]
    assert event["data"]["new_state"]["context"]["user_id"] == "local"
    assert result["response"] is None


async def test_calls_answer_and_fail_in_home_assistants_words(client: Client) -> None:
    call = {"domain": "doors", "service": "measure", "return_response": True}
    answer = await client.ask("call_service", **call, service_data={"times": 3})
    assert answer["response"] == {"value": 21.5, "times": 3}
    assert (await client.error("call_service", **call, service_data={"times": 99}))[0] == "invalid_format"
    assert (await client.error("call_service", domain="doors", service="none"))[0] == "not_found"
    lamp = {"domain": "light", "service": "turn_on", "target": {"entity_id": ["light.lamp"]}}
    code, _ = await client.error("call_service", **lamp, return_response=True)
    assert code == "service_validation_error"


@pytest.mark.parametrize("target", [{"area_id": "b3"}, {"area_id": ["b3-u1"]}, {"entity_id": "light.lamp"}])
async def test_generic_services_find_what_is_meant(client: Client, doors: Doors, target: Any) -> None:
    await client.ask("call_service", domain="homeassistant", service="turn_on", target=target)
    assert [call.data["entity_id"] for call in doors.calls] == [["light.lamp"]]


async def test_a_fired_event_comes_back_with_its_user(client: Client) -> None:
    identity = await client.send("subscribe_events", event_type="ding")
    fired = await client.ask("fire_event", event_type="ding", event_data={"floor": 3})
    event = await client.event(identity)
    assert (event["event_type"], event["data"]) == ("ding", {"floor": 3})
    assert event["context"] == fired["context"]
    assert event["context"]["user_id"] == "local"


async def test_the_user_and_settings_are_told(client: Client) -> None:
    user = await client.ask("auth/current_user")
    assert (user["id"], user["is_owner"], user["is_admin"]) == ("local", True, True)
    config = await client.ask("get_config")
    assert (config["location_name"], config["state"], config["latitude"]) == ("Test", "RUNNING", 31.2)
    year, month, patch = map(int, config["version"].split("."))
    assert (year, month, patch) >= (2025, 3, 0)


async def test_sockets_end_with_the_hub(house: HubKit, client: Client) -> None:
    await house.stop()
    assert (await client.socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


async def test_hostile_text_reaches_clients_as_json(house: HubKit, client: Client) -> None:
    house.hub_of.states.set(
        "sensor.odd", "\ud800", {"nan": float("nan"), "big": 10**30, "\udfff": {1: {2}}, "x": object()}
    )
    states = {state["entity_id"]: state for state in await client.ask("get_states")}
    odd = states["sensor.odd"]
    assert odd["state"] == "?"
    assert odd["attributes"]["nan"] is None
    assert json.dumps(odd)

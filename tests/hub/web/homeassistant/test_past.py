"""History and logbook over both wires, and registries."""

from datetime import timedelta

import pytest

from hub.testing.kit import HubKit
from tests.hub.web.homeassistant.client import Client
from tests.hub.web.homeassistant.conftest import Doors


async def let_it_live(hub: HubKit, doors: Doors) -> None:
    """Warmth 21.5 at the start, 22 a minute later (twice), gone a minute after that."""
    await hub.advance(60)
    doors.points["sensor.warmth"].set(22)
    await hub.advance(30)
    doors.points["sensor.warmth"].set(22, {"note": "still"})
    await hub.advance(30)
    doors.points["sensor.warmth"].lose()
    doors.points["binary_sensor.door"].set(True)
    await hub.advance(5)


async def test_history_begins_with_the_state_at_its_start(house: HubKit, doors: Doors) -> None:
    start = house.clock.now()
    await let_it_live(house, doors)
    query = "?filter_entity_id=sensor.warmth,sensor.nothing&end_time=" + (
        start + timedelta(hours=1)
    ).isoformat().replace("+", "%2B")
    path = f"/api/history/period/{(start + timedelta(seconds=10)).isoformat()}{query}"
    [states] = (await house.request("GET", path, admin=True)).json()
    assert [state["state"] for state in states] == ["21.5", "22", "unavailable"]
    assert states[0]["last_changed"] == (start + timedelta(seconds=10)).isoformat()
    [states] = (await house.request("GET", path + "&significant_changes_only=0", admin=True)).json()
    assert [state["state"] for state in states] == ["21.5", "22", "22", "unavailable"]
    assert states[2]["last_changed"] == states[1]["last_changed"]
    [states] = (await house.request("GET", path + "&minimal_response&no_attributes", admin=True)).json()
    assert set(states[1]) == {"state", "last_changed"}
    assert states[0]["attributes"] == {}


@pytest.mark.parametrize(
    "path",
    [
        "/api/history/period",
        "/api/history/period/yesterday?filter_entity_id=sensor.warmth",
        "/api/history/period?filter_entity_id=Nonsense!",
        "/api/history/period?filter_entity_id=sensor.warmth&end_time=x",
        "/api/history/period/9999-12-31T23:59:59+00:00?filter_entity_id=sensor.warmth",
        "/api/logbook/x",
        "/api/calendars/sensor.warmth",
    ],
)
async def test_what_makes_no_sense_is_a_bad_request(house: HubKit, path: str) -> None:
    found = await house.request("GET", path, admin=True)
    assert found.status in (400, 404)
    assert found.json()["message"]


async def test_history_of_the_future_is_empty(house: HubKit) -> None:
    path = "/api/history/period/2999-01-01T00:00:00Z?filter_entity_id=sensor.warmth"
    states = (await house.request("GET", path, admin=True)).json()
    assert [[one["state"] for one in listed] for listed in states] == [["21.5"]]
    path = "/api/history/period/2999-01-02T00:00:00Z?filter_entity_id=sensor.warmth&end_time=2999-01-01"
    assert (await house.request("GET", path, admin=True)).json() == []


async def test_history_comes_compressed_over_the_socket(house: HubKit, client: Client, doors: Doors) -> None:
    await house.advance(1)
    start = house.clock.now()
    await let_it_live(house, doors)
    asked = {"start_time": start.isoformat(), "entity_ids": ["sensor.warmth", "sensor.nothing"]}
    found = await client.ask("history/history_during_period", **asked)
    assert list(found) == ["sensor.warmth"]
    assert [row["s"] for row in found["sensor.warmth"]] == ["21.5", "22", "unavailable"]
    assert found["sensor.warmth"][0]["lu"] == start.timestamp()
    assert (await client.error("history/history_during_period", start_time="x", entity_ids=["a.b"]))[0] == (
        "invalid_format"
    )


async def test_a_stream_of_history_goes_on(house: HubKit, client: Client, doors: Doors) -> None:
    start = house.clock.now() - timedelta(minutes=1)
    identity = await client.send("history/stream", start_time=start.isoformat(), entity_ids=["sensor.warmth"])
    first = await client.event(identity)
    assert [row["s"] for row in first["states"]["sensor.warmth"]][-1] == "21.5"
    doors.points["binary_sensor.door"].set(True)
    doors.points["sensor.warmth"].set(25)
    told = await client.event(identity)
    assert [row["s"] for row in told["states"]["sensor.warmth"]] == ["25"]
    await client.ask("unsubscribe_events", subscription=identity)


async def test_the_logbook_tells_changes_but_not_measurements(
    house: HubKit, client: Client, doors: Doors
) -> None:
    start = house.clock.now()
    await let_it_live(house, doors)
    entries = await client.ask("logbook/get_events", start_time=start.isoformat())
    doorway = [entry for entry in entries if entry.get("entity_id") == "binary_sensor.door"]
    assert [(entry["name"], entry["state"]) for entry in doorway] == [("Door", "on")]
    assert not any(entry.get("entity_id") == "sensor.warmth" for entry in entries)
    over_http = (await house.request("GET", "/api/logbook?entity=binary_sensor.door", admin=True)).json()
    assert [entry["state"] for entry in over_http][-1] == "on"
    assert "T" in over_http[-1]["when"]


async def test_the_logbook_goes_on(house: HubKit, client: Client, doors: Doors) -> None:
    identity = await client.send("logbook/event_stream", start_time=house.clock.now().isoformat())
    assert (await client.event(identity))["events"] == []
    doors.points["sensor.warmth"].set(30)
    doors.points["light.lamp"].set(True)
    [entry] = (await client.event(identity))["events"]
    assert (entry["entity_id"], entry["state"]) == ("light.lamp", "on")


async def test_registries_list_what_there_is(client: Client) -> None:
    areas = await client.ask("config/area_registry/list")
    assert [area["area_id"] for area in areas] == ["b1", "b3", "b3-u1"]
    [device] = await client.ask("config/device_registry/list")
    assert (device["id"], device["area_id"], device["config_entries"]) == ("gate-1", "b1", ["doors"])
    entities = {entry["entity_id"]: entry for entry in await client.ask("config/entity_registry/list")}
    assert entities["binary_sensor.door"]["device_id"] == "gate-1"
    assert entities["light.lamp"]["platform"] == "doors"
    assert entities["automation.night"]["platform"] == "automation"
    entry = {entry["domain"]: entry for entry in await client.ask("config_entries/get")}["doors"]
    assert (entry["entry_id"], entry["state"]) == ("doors", "loaded")
    for kind in ("floor", "label"):
        assert await client.ask(f"config/{kind}_registry/list") == []
    identity = await client.send("config_entries/subscribe")
    assert {"type": None, "entry": entry} in await client.event(identity)


async def test_a_name_given_by_a_client_stays(house: HubKit, client: Client) -> None:
    heard = await client.send("subscribe_events", event_type="entity_registry_updated")
    changed = await client.ask(
        "config/entity_registry/update", entity_id="light.lamp", name="Hall", icon="mdi:lamp"
    )
    assert (changed["entity_entry"]["name"], changed["entity_entry"]["original_name"]) == ("Hall", "Lamp")
    assert (await client.event(heard))["data"] == {"action": "update", "entity_id": "light.lamp"}
    found = await house.request("GET", "/api/states/light.lamp", admin=True)
    assert found.json()["attributes"]["friendly_name"] == "Hall"
    await house.restart()
    found = await house.request("GET", "/api/states/light.lamp", admin=True)
    assert found.json()["attributes"]["friendly_name"] == "Hall"


async def test_what_the_files_say_is_not_changed_here(client: Client) -> None:
    for command, fields in (
        ("config/area_registry/create", {"name": "Roof"}),
        ("config/entity_registry/update", {"entity_id": "light.lamp", "area_id": "b1"}),
        ("config/device_registry/update", {"device_id": "gate-1", "area_id": "b3"}),
        ("config_entries/disable", {"entry_id": "doors", "disabled_by": "user"}),
    ):
        code, why = await client.error(command, **fields)
        assert code == "not_supported"
        assert "configuration" in why
    assert (await client.error("config/entity_registry/get", entity_id="a.b"))[0] == "not_found"
    code, _ = await client.error("config/entity_registry/remove", entity_id="light.lamp")
    assert code == "home_assistant_error"

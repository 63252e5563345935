"""REST under /api/: shapes, statuses, content types; and 401 for everything without a token."""

import json
from typing import Any

import pytest
from aiohttp import ClientSession

from hub.testing.kit import HubKit
from tests.hub.web.homeassistant.conftest import Doors

PATHS = (
    "/api/", "/api", "/api/config", "/api/states", "/api/states/light.lamp", "/api/services", "/api/events",
    "/api/error_log", "/api/nothing", "/api/history/period", "/api/logbook", "/api/calendars", "/api/stream",
    "/api/camera_proxy/camera.none", "/api/template", "/api/x/y/z",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
async def test_every_path_wants_a_token(house: HubKit, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        for method in ("GET", "POST", "DELETE", "PATCH"):
            assert (await house.request(method, path, headers=headers)).status == 401, (method, path)


async def test_what_is_not_there_is_not_found_and_a_wrong_method_is_told(house: HubKit) -> None:
    assert (await house.request("GET", "/api/nothing", admin=True)).status == 404
    found = await house.request("DELETE", "/api/config", admin=True)
    assert (found.status, "GET" in found.headers["Allow"]) == (405, True)


async def test_the_hub_answers_for_itself(house: HubKit) -> None:
    found = await house.request("GET", "/api/", admin=True)
    assert found.json() == {"message": "API running."}
    assert found.headers["Content-Type"].startswith("application/json")
    config = (await house.request("GET", "/api/config", admin=True)).json()
    assert (config["location_name"], config["time_zone"], config["state"]) == (
        "Test", "Asia/Shanghai", "RUNNING",
    )  # fmt: skip
    components = (await house.request("GET", "/api/components", admin=True)).json()
    assert {"doors", "automation", "light", "api"} <= set(components)
    events = (await house.request("GET", "/api/events", admin=True)).json()
    assert {"event": "state_changed", "listener_count": 0} in events
    found = await house.request("POST", "/api/config/core/check_config", admin=True)
    assert found.json()["result"] == "valid"
    house.write("hub: {nme: x}\n")
    found = await house.request("POST", "/api/config/core/check_config", admin=True)
    assert (found.json()["result"], "nme" in found.json()["errors"]) == ("invalid", True)


async def test_problems_are_the_error_log(house: HubKit) -> None:
    house.hub_of.site.problems.raise_("doors.jammed", "the door is jammed", "push")
    found = await house.request("GET", "/api/error_log", admin=True)
    assert found.headers["Content-Type"].startswith("text/plain")
    assert "the door is jammed [push]" in found.text


async def test_states_are_made_changed_and_removed(house: HubKit) -> None:
    path = "/api/states/sensor.kitchen"
    made = await house.request("POST", path, admin=True, json={"state": "25.5", "attributes": {"a": 1}})
    assert (made.status, made.headers["Location"]) == (201, path)
    again = await house.request("POST", path, admin=True, json=made.json())
    assert (again.status, again.json()["last_changed"]) == (200, made.json()["last_changed"])
    assert again.json()["context"]["user_id"] == "local"
    assert (await house.request("GET", path, admin=True)).json()["state"] == "25.5"
    assert house.state("sensor.kitchen").value == 25.5
    assert (await house.request("DELETE", path, admin=True)).status == 200
    assert (await house.request("GET", path, admin=True)).status == 404
    assert (await house.request("DELETE", path, admin=True)).status == 404
    assert (await house.request("DELETE", "/api/states/light.lamp", admin=True)).status == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("Not an id", {"state": "1"}),
        ("sensor.a", {}),
        ("sensor.a", {"state": None}),
        ("sensor.a", {"state": "x" * 256}),
        ("sensor.a", {"state": "1", "attributes": []}),
        ("sensor.a", {"state": "1", "more": 1}),
        ("sensor.a", [1]),
    ],
)
async def test_states_that_can_not_be_are_refused(house: HubKit, path: str, body: Any) -> None:
    found = await house.request("POST", f"/api/states/{path}", admin=True, json=body)
    assert (found.status, list(found.json())) == (400, ["message"])


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"[" * 5000, b'{"state": 1e999}', b'{"state": "\\ud800"}', b'{"a":' * 2000]
)
async def test_hostile_bodies_are_bad_requests(house: HubKit, body: bytes) -> None:
    for path in ("/api/states/sensor.a", "/api/events/x", "/api/services/light/turn_on", "/api/template"):
        found = await house.request("POST", path, admin=True, data=body)
        assert found.status == 400


async def test_services_are_described_and_called(house: HubKit, doors: Doors) -> None:
    listed = (await house.request("GET", "/api/services", admin=True)).json()
    services = {item["domain"]: item["services"] for item in listed}
    field = services["doors"]["measure"]["fields"]["times"]
    assert field["selector"] == {"number": {"mode": "box", "min": 1, "max": 9}}
    assert services["light"]["turn_on"]["target"] == {"entity": [{"domain": ["light"]}]}
    assert "entity_id" not in services["light"]["turn_on"]["fields"]
    assert {"turn_on", "turn_off", "toggle"} <= set(services["homeassistant"])
    body = {"entity_id": "light.lamp"}
    [changed] = (await house.request("POST", "/api/services/light/turn_on", admin=True, json=body)).json()
    assert (changed["entity_id"], changed["state"]) == ("light.lamp", "on")
    assert (await house.request("POST", "/api/services/light/turn_on", admin=True, json=body)).json() == []
    path = "/api/services/doors/measure"
    answer = (await house.request("POST", f"{path}?return_response", admin=True)).json()
    assert answer == {"changed_states": [], "service_response": {"value": 21.5, "times": 1}}
    assert (await house.request("POST", path, admin=True, json={"times": 1})).json() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("light/none", {}),
        ("light/turn_on", {}),
        ("light/turn_on?return_response", {"entity_id": "light.lamp"}),
        ("doors/measure", {"times": "x"}),
        ("automation/turn_on", {"entity_id": "automation.none"}),
        ("homeassistant/turn_on", {"entity_id": "sensor.warmth"}),
        ("light/turn_on", {"entity_id": {"a": 1}}),
        ("light/turn_on", {"target": 5}),
    ],
)
async def test_calls_that_can_not_be_are_refused(house: HubKit, path: str, body: dict[str, Any]) -> None:
    found = await house.request("POST", f"/api/services/{path}", admin=True, json=body)
    assert found.status == 400
    assert found.json()["message"]


async def test_events_are_fired(house: HubKit) -> None:
    found = await house.request("POST", "/api/events/ding", admin=True, json={"floor": 3})
    assert found.json() == {"message": "Event ding fired."}
    [event] = [event for event in house.events if event.kind == "named"]
    assert getattr(event, "data", None) == {"floor": 3}


async def test_the_stream_tells_events(house: HubKit, doors: Doors) -> None:
    hub = house.hub_of
    headers = {"Authorization": f"Bearer {hub.token}"}
    url = f"{hub.url}/api/stream?restrict=state_changed,ding"
    async with ClientSession() as session, session.get(url, headers=headers) as response:
        assert response.content_type == "text/event-stream"
        assert await response.content.readuntil(b"\n\n") == b"data: ping\n\n"
        doors.points["light.lamp"].set(True)
        line = await response.content.readuntil(b"\n\n")
    told = json.loads(line.removeprefix(b"data: "))
    assert told["data"]["entity_id"] == "light.lamp"

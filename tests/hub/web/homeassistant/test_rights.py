"""Rights: each state, event, row and target as far as its very area allows; revoked tokens and slow clients end."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hub.api import Alarm, Entity
from hub.testing.kit import HubKit
from hub.web.homeassistant.commands import Commands
from hub.web.homeassistant.house import Limits
from tests.clients.conftest import token_of
from tests.hub.web.homeassistant.client import YAML, Client
from tests.hub.web.homeassistant.conftest import Connect, Doors

PEOPLE = """
people:
  persons:
    - {id: gao, name: 高卫, roles: [guard], areas: [b3]}
doors:
"""


class Fell(Alarm, frozen=True, kw_only=True):
    pass


@pytest_asyncio.fixture
async def house(hub: HubKit, doors: Doors) -> HubKit:
    """As elsewhere, with a guard who answers for building 3: the lamp and the warmth are theirs, the door is not."""
    hub.add(doors.integration())
    await hub.start(YAML + PEOPLE)
    doors.points["binary_sensor.door"].set(False)
    doors.points["light.lamp"].set(False)
    doors.points["sensor.warmth"].set(21.5)
    await hub.settle()
    return hub


@pytest_asyncio.fixture
async def token(house: HubKit) -> str:
    return await token_of(house, "gao", person="gao")


@pytest_asyncio.fixture
async def guard(connect: Connect, token: str) -> Client:
    return await connect(token)


THEIRS = ["light.lamp", "sensor.warmth"]


async def test_only_what_is_theirs_is_listed(house: HubKit, guard: Client, token: str) -> None:
    assert sorted(state["entity_id"] for state in await guard.ask("get_states")) == THEIRS
    entities = await guard.ask("config/entity_registry/list")
    assert sorted(entry["entity_id"] for entry in entities) == THEIRS
    assert await guard.ask("config/device_registry/list") == []
    headers = {"Authorization": f"Bearer {token}"}
    found = await house.request("GET", "/api/states", headers=headers)
    assert sorted(state["entity_id"] for state in found.json()) == THEIRS
    for path in ("/api/states/binary_sensor.door", "/api/states/sensor.none"):
        assert (await house.request("GET", path, headers=headers)).status == 404
    user = await guard.ask("auth/current_user")
    assert (user["is_admin"], user["is_owner"]) == (False, False)


async def test_only_what_is_theirs_is_told(house: HubKit, guard: Client, doors: Doors) -> None:
    every = await guard.send("subscribe_events")
    states = await guard.send("subscribe_entities")
    assert sorted((await guard.event(states))["a"]) == THEIRS
    await guard.command("ping")
    now = house.clock.now()
    doors.points["binary_sensor.door"].set(True)
    house.hub_of.bus.emit(Fell(at=now, source="x", area="b1", id="in-b1"))
    house.hub_of.states.set("sensor.nowhere", 1)
    house.hub_of.bus.emit(Fell(at=now, source="x", area="b3-u1", id="in-b3"))
    doors.points["light.lamp"].set(True)
    assert (await guard.event(every))["data"]["id"] == "in-b3"
    assert (await guard.event(every))["data"]["entity_id"] == "light.lamp"
    assert list((await guard.event(states))["c"]) == ["light.lamp"]
    assert guard.events == {every: [], states: []}


async def test_the_past_is_no_way_round(house: HubKit, guard: Client, token: str) -> None:
    start = (house.clock.now() - timedelta(hours=1)).isoformat()
    await house.advance(1)
    both = ["binary_sensor.door", "sensor.warmth"]
    found = await guard.ask("history/history_during_period", start_time=start, entity_ids=both)
    assert list(found) == ["sensor.warmth"]
    entries = await guard.ask("logbook/get_events", start_time=start, entity_ids=both)
    assert {entry["entity_id"] for entry in entries} <= {"sensor.warmth"}
    headers = {"Authorization": f"Bearer {token}"}
    path = "/api/history/period?filter_entity_id=binary_sensor.door"
    assert (await house.request("GET", path, headers=headers)).json() == []


@pytest.mark.parametrize(
    ("template", "result"),
    [
        ("{{ states('binary_sensor.door') }}", "unknown"),
        ("{{ states.binary_sensor.door.state | default('?') }}", "?"),
        ("{{ states | map(attribute='entity_id') | list | count }}", 2),
        ("{{ is_state('binary_sensor.door', 'off') }}", False),
        ("{{ state_attr('binary_sensor.door', 'friendly_name') }}", None),
        ("{{ area_id('binary_sensor.door') }}", None),
        ("{{ area_name('binary_sensor.door') }}", None),
        ("{{ expand('binary_sensor.door') if expand is defined else 'none' }}", "none"),
        ("{{ states('sensor.warmth') }}", 21.5),
    ],
)
async def test_templates_are_no_way_round(guard: Client, template: str, result: Any) -> None:
    identity = await guard.send("render_template", template=template)
    assert (await guard.event(identity))["result"] == result


async def test_only_what_is_theirs_is_worked(house: HubKit, guard: Client, doors: Doors, token: str) -> None:
    call = {"domain": "light", "service": "turn_on"}
    house.hub_of.states.declare(Entity(id="light.other", name="Other", area="b1"))
    await guard.ask("call_service", **call, target={"entity_id": "light.lamp"})
    for target in ({"entity_id": "light.other"}, {"entity_id": "light.none"}):
        assert (await guard.error("call_service", **call, target=target))[0] == "unauthorized"
    await guard.ask("call_service", **call, target={"area_id": ["b1", "b3"]})
    assert [sent.data["entity_id"] for sent in doors.calls] == [["light.lamp"], ["light.lamp"]]
    assert (await guard.error("call_service", domain="doors", service="measure"))[0] == "unauthorized"
    headers = {"Authorization": f"Bearer {token}"}
    found = await house.request("POST", "/api/services/doors/measure", headers=headers, json={})
    assert found.status == 403


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        ("fire_event", {"event_type": "x"}),
        ("subscribe_trigger", {"trigger": {"platform": "state", "entity_id": "binary_sensor.door"}}),
        ("config/area_registry/create", {"name": "x"}),
        ("config/entity_registry/update", {"entity_id": "light.lamp", "name": "x"}),
        ("config/entity_registry/remove", {"entity_id": "light.lamp"}),
        ("config_entries/get", {}),
        ("auth/long_lived_access_token", {"client_name": "x", "lifespan": 1}),
    ],
)
async def test_what_admins_do_is_refused(guard: Client, command: str, fields: dict[str, Any]) -> None:
    code, _ = await guard.error(command, **fields)
    assert code in ("unauthorized", "home_assistant_error")


async def test_a_command_without_a_declared_access_can_not_be_added() -> None:
    with pytest.raises(ValueError, match="access"):
        Commands().add("x", lambda _connection, _message: None, access="anyone")


async def test_a_revoked_token_ends_its_socket(house: HubKit, guard: Client) -> None:
    accounts = house.hub_of.accounts
    [session] = [one for one in accounts.book.sessions.values() if one.label == "test"]
    states = await guard.send("subscribe_entities")
    await guard.event(states)
    await accounts.sessions.end([session])
    house.hub_of.states.set("light.lamp", True)
    # At once, and nothing is told in between.
    assert (await guard.socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_signed_path_opens_that_path_alone(house: HubKit, guard: Client) -> None:
    path = (await guard.ask("auth/sign_path", path="/api/states/light.lamp", expires=60))["path"]
    assert (await house.request("GET", path)).json()["entity_id"] == "light.lamp"
    assert (await house.request("GET", path.replace("light.lamp", "sensor.warmth"))).status == 401


async def test_sockets_of_one_account_are_limited(house: HubKit, token: str) -> None:
    house.hub_of.homeassistant.house.limits = Limits(sockets=2)
    clients = [await Client.connect(house, token) for _ in range(2)]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(house.hub_of.url + "/api/websocket") as socket,
    ):
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": token})
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    for client in clients:
        await client.close()


async def test_subscriptions_of_one_socket_are_limited(house: HubKit, client: Client) -> None:
    house.hub_of.homeassistant.house.limits = Limits(subscriptions=2)
    for _ in range(2):
        await client.ask("subscribe_events")
    assert (await client.error("subscribe_events"))[0] == "not_allowed"
    await client.ask("unsubscribe_events", subscription=1)
    await client.ask("subscribe_events")


async def test_a_client_that_does_not_read_is_dropped_and_others_are_not(
    house: HubKit, connect: Connect
) -> None:
    reading, sleeping = await connect(), await connect()
    await sleeping.ask("subscribe_events", event_type="blob")
    sleeping.socket._response.connection.transport.pause_reading()
    heard = await reading.send("subscribe_events", event_type="state_changed")
    await reading.command("ping")
    sockets = house.hub_of.homeassistant.sockets
    sent = 0
    while len(sockets) > 1:
        await reading.ask("fire_event", event_type="blob", event_data={"x": "x" * 100_000})
        await asyncio.sleep(0)
        sent += 1
        assert sent < 1000, "it was never dropped"
    house.hub_of.states.set("sensor.still", 1)
    assert (await reading.event(heard))["data"]["entity_id"] == "sensor.still"


async def test_a_large_answer_is_not_taken_for_slowness(house: HubKit, client: Client) -> None:
    for number in range(3000):
        house.hub_of.states.set(f"sensor.big_{number}", number, {"text": "x" * 1000})
    await client.ask("subscribe_events")
    states = await client.ask("get_states")
    assert len(states) >= 3000
    assert (await client.command("ping"))["type"] == "pong"


async def test_who_asks_for_much_at_once_leaves_others_their_turn(house: HubKit, connect: Connect) -> None:
    greedy, other = await connect(), await connect()
    for number in range(500):
        house.hub_of.states.set(f"sensor.big_{number}", number, {"text": "x" * 1000})
    greedy.socket._response.connection.transport.pause_reading()
    await greedy.socket.send_json([{"id": number, "type": "get_states"} for number in range(1, 2000)])
    for _ in range(5):
        assert (await other.command("ping"))["type"] == "pong"
    [slow] = [one for one in house.hub_of.homeassistant.sockets.connections if one.outlet.answers_behind]
    assert slow.outlet.answers_behind < 4 * 2**20

"""Templates and triggers over the wire: bounded, told again on changes, and no more of the house than one may see."""

import pytest

from hub.testing.kit import HubKit
from tests.hub.web.homeassistant.client import Client
from tests.hub.web.homeassistant.conftest import Doors


async def test_a_template_is_rendered_at_once_and_on_changes(client: Client, doors: Doors) -> None:
    source = "{{ states('sensor.warmth') | float + offset }}"
    identity = await client.send("render_template", template=source, variables={"offset": 1})
    told = await client.event(identity)
    assert told["result"] == 22.5
    assert told["listeners"] == {
        "all": False, "entities": ["sensor.warmth"], "domains": [], "time": False,
    }  # fmt: skip
    doors.points["sensor.warmth"].set(30)
    assert (await client.event(identity))["result"] == 31.0
    assert [frame["type"] for frame in client.frames][:2] == ["result", "event"]


async def test_a_template_that_counts_all_states_follows_them(house: HubKit, client: Client) -> None:
    identity = await client.send("render_template", template="{{ states.sensor | list | count }}")
    told = await client.event(identity)
    assert told["listeners"]["all"] is True
    house.hub_of.states.set("sensor.other", 1)
    assert (await client.event(identity))["result"] == told["result"] + 1


async def test_a_template_with_the_time_is_told_each_minute(house: HubKit, client: Client) -> None:
    identity = await client.send("render_template", template="{{ now().minute }}")
    assert (await client.event(identity))["result"] == 0
    await house.advance(60)
    assert (await client.event(identity))["result"] == 1


@pytest.mark.parametrize(
    "template", ["{{ ", "{% for i in range(10**9) %}{% endfor %}", "{{ 'x' * 10**9 }}", "{{ 1 / 0 }}"]
)
async def test_a_bad_template_is_refused_or_reported(client: Client, template: str) -> None:
    assert (await client.error("render_template", template=template))[0] == "template_error"
    identity = await client.send("render_template", template=template, report_errors=True)
    told = await client.event(identity)
    assert told["level"] == "ERROR"
    assert "template" in told["error"]


async def test_templates_of_one_client_are_limited(house: HubKit, client: Client) -> None:
    most = house.hub_of.homeassistant.house.limits.templates
    first = await client.send("render_template", template="1")
    for _ in range(most - 1):
        await client.ask("render_template", template="1")
    assert (await client.error("render_template", template="1"))[0] == "not_allowed"
    await client.ask("unsubscribe_events", subscription=first)
    await client.ask("render_template", template="1")


async def test_a_state_trigger_is_told(client: Client, doors: Doors) -> None:
    trigger = {"platform": "state", "entity_id": "binary_sensor.door", "to": "on"}
    identity = await client.send("subscribe_trigger", trigger=trigger)
    await client.command("ping")
    doors.points["binary_sensor.door"].set(True)
    told = await client.event(identity)
    seen = told["variables"]["trigger"]
    assert (seen["platform"], seen["entity_id"]) == ("state", "binary_sensor.door")
    assert (seen["from_state"]["state"], seen["to_state"]["state"]) == ("off", "on")
    assert set(told["context"]) == {"id", "parent_id", "user_id"}


async def test_a_trigger_that_must_last_is_told_when_it_has(
    house: HubKit, client: Client, doors: Doors
) -> None:
    trigger = {"platform": "state", "entity_id": "binary_sensor.door", "to": "on", "for": "00:01:00"}
    identity = await client.send("subscribe_trigger", trigger=[trigger])
    await client.command("ping")
    doors.points["binary_sensor.door"].set(True)
    await house.advance(59)
    await client.command("ping")
    assert client.events == {}
    await house.advance(2)
    assert (await client.event(identity))["variables"]["trigger"]["to_state"]["state"] == "on"


async def test_an_event_trigger_hears_names_that_no_rule_knows(client: Client) -> None:
    trigger = {"platform": "event", "event_type": "ding", "event_data": {"floor": 3}}
    identity = await client.send("subscribe_trigger", trigger=trigger)
    await client.ask("fire_event", event_type="ding", event_data={"floor": 2})
    await client.ask("fire_event", event_type="ding", event_data={"floor": 3})
    seen = (await client.event(identity))["variables"]["trigger"]
    assert seen["event"]["data"] == {"floor": 3}
    assert client.events[identity] == []


@pytest.mark.parametrize("trigger", [{}, [], {"platform": "moon"}, {"platform": "state"}])
async def test_a_trigger_that_is_none_is_refused(client: Client, trigger: object) -> None:
    if trigger == []:
        await client.ask("subscribe_trigger", trigger=trigger)  # of nothing, nothing comes
    else:
        assert (await client.error("subscribe_trigger", trigger=trigger))[0] == "invalid_format"


async def test_an_ended_trigger_is_told_no_more(client: Client, doors: Doors) -> None:
    identity = await client.send(
        "subscribe_trigger", trigger={"platform": "state", "entity_id": "light.lamp"}
    )
    await client.ask("unsubscribe_events", subscription=identity)
    doors.points["light.lamp"].set(True)
    await client.command("ping")
    assert client.events == {}


async def test_templates_over_http_are_text(house: HubKit) -> None:
    body = {"template": "{{ states('sensor.warmth') }} {{ word }}", "variables": {"word": "度"}}
    found = await house.request("POST", "/api/template", admin=True, json=body)
    assert (found.status, found.text) == (200, "21.5 度")
    assert found.headers["Content-Type"].startswith("text/plain")
    for bad in ({"template": "{{"}, {}, {"template": 5}):
        assert (await house.request("POST", "/api/template", admin=True, json=bad)).status == 400

"""Registries that change under a client: it is told what came, changed or went."""

from hub.api import Device, Entity
from hub.testing.kit import HubKit
from tests.hub.web.homeassistant.client import YAML, Client


async def told(hub: HubKit, client: Client, kind: str, count: int) -> list[tuple[str, str]]:
    heard = await client.send("subscribe_events", event_type=f"{kind}_registry_updated")
    await client.command("ping")
    await hub.hub_of.homeassistant.sockets.check()
    found = [(await client.event(heard))["data"] for _ in range(count)]
    return [(data["action"], data[f"{kind}_id"]) for data in found]


async def test_new_entities_and_devices_are_told(house: HubKit, client: Client) -> None:
    site = house.hub_of.site
    gone = site.states.declare(Entity(id="sensor.gone", name="Gone"))
    await house.hub_of.homeassistant.sockets.check()
    gone()
    site.states.declare(Entity(id="sensor.made", name="Made"))
    site.states.declare(Entity(id="light.lamp", name="Another lamp", area="b3-u1"))
    assert await told(house, client, "entity", 3) == [
        ("update", "light.lamp"),
        ("remove", "sensor.gone"),
        ("create", "sensor.made"),
    ]
    site.declare_device(Device(id="gate-2", name="Gate 2", area="b1"))
    assert await told(house, client, "device", 1) == [("create", "gate-2")]


async def test_a_reload_tells_of_areas(house: HubKit, client: Client) -> None:
    await house.reload(YAML.replace("Building 1", "Tower 1").replace("b3-u1", "b3-u2") + "doors:\n")
    assert await told(house, client, "area", 3) == [
        ("update", "b1"),
        ("remove", "b3-u1"),
        ("create", "b3-u2"),
    ]


async def test_a_guest_that_starts_again_changes_no_registry(house: HubKit, client: Client) -> None:
    heard = await client.send("subscribe_events")
    await client.command("ping")
    house.hub_of.site.restart_guest("doors", "the test says so")
    await house.hub_of.homeassistant.sockets.check()
    await house.advance(90)
    await house.until(lambda: "light.lamp" in house.hub_of.states.entities)
    await house.hub_of.homeassistant.sockets.check()
    await client.command("ping")
    assert not [event for event in client.events.get(heard, []) if "registry" in event["event_type"]]

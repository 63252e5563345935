"""Home Assistant's Python clients, unmodified, against the hub. script/clients installs them."""

import json

import pytest

from tests.clients.conftest import HERE, PYTHON, Site


@pytest.mark.parametrize("script", ["use_homeassistant_api.py", "use_hass_client.py"])
async def test_a_library_works(site: Site, script: str) -> None:
    await site.run(str(PYTHON / "python"), str(HERE / "python" / script), site.url, site.token)


class Cli:
    """hass-cli, as typed on a terminal."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, *words: str, form: str = "json") -> str:
        return await self._site.run(str(PYTHON / "hass-cli"), "-o", form, *words)

    async def json(self, *words: str) -> object:
        return json.loads(await self(*words))


@pytest.fixture
def cli(site: Site) -> Cli:
    return Cli(site)


async def test_the_command_line_knows_the_hub(site: Site, cli: Cli) -> None:
    assert "Test" in await cli("config", "full")
    assert "light.lamp" in await cli("state", "list", form="table")
    found = await cli.json("state", "get", "sensor.warmth")
    assert "21.5" in json.dumps(found)
    assert "turn_on" in await cli("service", "list")
    template = site.hub.folder / "text.j2"
    template.write_text("{{ states('sensor.warmth') | float * 2 }}", encoding="utf-8")
    assert "43.0" in await cli("template", str(template))
    assert await cli("system", "log") is not None
    assert await cli("system", "health") is not None


async def test_the_command_line_changes_things(site: Site, cli: Cli) -> None:
    await cli("service", "call", "light.turn_on", "--arguments", "entity_id=light.lamp")
    assert site.hub.state("light.lamp").value is True
    await cli("state", "turn_off", "light.lamp")
    assert site.hub.state("light.lamp").value is False
    await cli("state", "edit", "sensor.made", "5", "--attributes", "unit=x")
    assert site.hub.state("sensor.made").value == 5
    await cli("state", "delete", "sensor.made")
    assert site.hub.hub_of.states.get("sensor.made") is None
    await cli("event", "fire", "ding", "--json", '{"floor": 3}')
    assert [event.kind for event in site.hub.events].count("named") == 1
    # `state history` itself fails with its own dateparser on Python 3.11; this is what it would ask.
    assert "light.lamp" in await cli("raw", "get", "/api/history/period?filter_entity_id=light.lamp")


async def test_the_command_line_lists_registries(cli: Cli) -> None:
    assert "b3-u1" in await cli("area", "list")
    assert "gate-1" in await cli("device", "list")
    assert "light.lamp" in await cli("entity", "list")
    answer = await cli("raw", "ws", "config/floor_registry/list")
    assert '"success": true' in answer
    assert "not_supported" in await cli(
        "raw", "ws", "config/area_registry/create", "--json", '{"name": "Roof"}'
    )


async def test_the_command_line_asks_anything(cli: Cli) -> None:
    assert "API running." in await cli("raw", "get", "/api/")

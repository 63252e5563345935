"""Home Assistant's Python clients, unmodified, against the hub. script/clients installs them."""

import asyncio
import json
import os

import pytest

from hub.api import Named
from tests.clients.conftest import HERE, PYTHON, Site
from tests.hub.web.signing_in import PASSWORD
from tests.hub.web.test_authentication_clients import CLIENT, code_of


@pytest.mark.parametrize(
    "script", ["use_homeassistant_api.py", "use_homeassistant_api_async.py", "use_hass_client.py"]
)
async def test_a_library_works(site: Site, script: str) -> None:
    await site.run(str(PYTHON / "python"), str(HERE / "python" / script), site.url, site.token)


async def test_ids_and_tokens_are_the_same_after_a_restart(site: Site) -> None:
    script = (str(PYTHON / "python"), str(HERE / "python" / "list_ids.py"))
    before = json.loads(await site.run(*script, site.url, site.token))
    assert "light.lamp" in before["states"]
    await site.hub.restart()
    after = json.loads(await site.run(*script, site.hub.hub_of.url, site.token))
    assert after == before


async def test_who_signed_in_makes_a_long_lived_token(site: Site) -> None:
    await site.hub.hub_of.accounts.registry.add("wang", roles=("owner",), password=PASSWORD)
    script = str(HERE / "python" / "make_token.py")
    made = await site.run(str(PYTHON / "python"), script, site.url, await code_of(site.hub), CLIENT)
    answer = await site.hub.request("GET", "/api/config", token=made.strip())
    assert (answer.status, answer.json()["location_name"]) == (200, "Test")


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


async def test_the_command_line_watches_events(site: Site) -> None:
    process = await asyncio.create_subprocess_exec(
        str(PYTHON / "hass-cli"),
        *("-o", "json", "event", "watch", "ding"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "HASS_SERVER": site.url, "HASS_TOKEN": site.token, "PYTHONUNBUFFERED": "1"},
    )
    try:
        async with asyncio.timeout(30):
            while not site.hub.hub_of.homeassistant.sockets.feed.count("ding"):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
            now = site.hub.clock.now()
            site.hub.hub_of.bus.emit(Named(at=now, source="test", name="ding", data={"floor": 3}))
            assert process.stdout is not None
            said = ""
            while '"floor": 3' not in said:
                said += (await process.stdout.readline()).decode()
    finally:
        process.kill()
        await process.wait()
    assert '"ding"' in said


async def test_the_command_line_asks_anything(cli: Cli) -> None:
    assert "API running." in await cli("raw", "get", "/api/")

"""What the command line asks of a running hub: status, reload, outbox, events."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import voluptuous as vol
from aiohttp import ClientResponse, ClientSession

from hub.api import Action, Call, Carried, DeliveryRefused, Event, Integration, Link
from hub.runtime.control import TAIL_BUFFER
from hub.testing.answers import Answer
from hub.testing.kit import HubKit


class BellRang(Event, frozen=True, kw_only=True):
    """A bell rang."""

    number: int = 0


class Bell:
    """A guest with a durable action that is refused for as long as it is cracked."""

    def __init__(self) -> None:
        self.cracked = True
        self.rung: list[str] = []

    async def ring(self, call: Call) -> Carried:
        if self.cracked:
            raise DeliveryRefused("the bell is cracked")
        self.rung.append(call.key)
        return None

    async def run(self, link: Link, _config: Any) -> None:
        link.action("bell.ring", self.ring)
        link.ready()
        await asyncio.Event().wait()

    def integration(self) -> Integration:
        ring = Action(name="bell.ring", summary="Ring", schema=vol.Schema({}), durable=True)
        return Integration(
            name="bell", run=self.run, schema=vol.Schema({"tone": str}), events=(BellRang,), actions=(ring,)
        )


@pytest.fixture
async def bell(hub: HubKit) -> Bell:
    made = Bell()
    hub.add(made.integration())
    await hub.start("hub: {name: 邻里花园}\nbell:\n")
    return made


async def ring(hub: HubKit, *keys: str) -> None:
    for key in keys:
        await hub.hub_of.actions.run(Call(name="bell.ring", data={}, key=key))
    await hub.settle()


async def outbox(hub: HubKit, body: Any) -> Answer:
    return await hub.request("POST", "/control/outbox", admin=True, json=body)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "status"), ("POST", "reload"), ("POST", "outbox"), ("GET", "events")],
)
async def test_nobody_without_the_token_controls_the_hub(
    hub: HubKit, bell: Bell, method: str, path: str
) -> None:
    assert (await hub.request(method, f"/control/{path}")).status == 401


async def test_the_status_says_how_the_hub_is(hub: HubKit, bell: Bell) -> None:
    await ring(hub, "one")
    hub.hub_of.site.problems.raise_("bell.cracked", "it is cracked", "buy one")
    status = (await hub.request("GET", "/control/status", admin=True)).json()
    assert status["name"] == "邻里花园"
    assert status["ready"] is True
    assert status["url"] == hub.hub_of.url
    assert status["outbox"] == {"pending": 0, "dead": 1}
    assert status["integrations"]["bell"]["state"] == "running"
    assert {"bell.cracked", "outbox.bell.ring"} == {problem["id"] for problem in status["problems"]}
    assert status["memory_mib"] > 10


async def test_a_reload_tells_what_it_changed(hub: HubKit, bell: Bell) -> None:
    hub.write("hub: {name: 邻里花园}\nbell: {tone: a}\n")
    told = (await hub.request("POST", "/control/reload", admin=True)).json()
    assert (told["changed"], told["unchanged"], told["needs_restart"]) == (["bell"], ["testing"], [])


async def test_a_reload_with_faults_tells_them_and_changes_nothing(hub: HubKit, bell: Bell) -> None:
    hub.write("hub: {name: 邻里花园}\nbell: {tune: a}\nbull:\n")
    found = await hub.request("POST", "/control/reload", admin=True)
    assert found.status == 422
    faults = found.json()["faults"]
    assert [(fault["line"], fault["path"]) for fault in faults] == [(2, "bell.tune"), (3, "bull")]
    assert "did you mean 'tone'?" in faults[0]["text"]
    assert hub.hub_of.ready()[1]["bell"] == "running"


async def test_a_reload_without_a_readable_file_is_an_answer_too(hub: HubKit, bell: Bell) -> None:
    (hub.hub_of.config_dir / "configuration.yaml").unlink()
    found = await hub.request("POST", "/control/reload", admin=True)
    assert found.status == 422
    assert "configuration.yaml" in found.json()["faults"][0]["text"]
    assert hub.hub_of.ready()[1]["bell"] == "running"


async def test_dead_calls_are_tried_again_or_dropped(hub: HubKit, bell: Bell) -> None:
    await ring(hub, "one", "two")
    assert hub.hub_of.store.outbox.dead == 2
    bell.cracked = False
    assert (await outbox(hub, {"do": "retry", "keys": ["one", "nobody", 7]})).json() == {
        "done": ["one"],
        "unknown": ["nobody", 7],
    }
    assert bell.rung == ["one"]
    assert (await outbox(hub, {"do": "drop", "keys": ["two"]})).json()["done"] == ["two"]
    await hub.settle()
    assert (hub.hub_of.store.outbox.dead, bell.rung) == (0, ["one"])


@pytest.mark.parametrize(
    "body", [None, [], {}, {"do": "retry"}, {"do": "burn", "keys": []}, {"do": "drop", "keys": "x"}, "x", 7]
)
async def test_an_outbox_request_that_makes_no_sense_is_refused(hub: HubKit, bell: Bell, body: Any) -> None:
    assert (await outbox(hub, body)).status == 400


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b'{"do": NaN}'])
async def test_an_outbox_request_that_is_no_json_is_refused(hub: HubKit, bell: Bell, text: bytes) -> None:
    assert (await hub.request("POST", "/control/outbox", admin=True, data=text)).status == 400


@asynccontextmanager
async def tail(hub: HubKit) -> AsyncIterator[ClientResponse]:
    running = hub.hub_of
    headers = {"Authorization": f"Bearer {running.token}"}
    async with (
        ClientSession(headers=headers) as session,
        session.get(running.url + "/control/events") as response,
    ):
        yield response


async def test_events_are_told_as_they_happen_until_the_hub_stops(hub: HubKit, bell: Bell) -> None:
    async with tail(hub) as response:
        hub.hub_of.bus.emit(BellRang(at=hub.clock.now(), source="bell", number=7))
        line = json.loads(await response.content.readline())
        assert (line["kind"], line["number"], line["source"]) == ("bell_rang", 7, "bell")
        await hub.stop()
        rest = [json.loads(text)["kind"] async for text in response.content]
    assert rest == ["hub_stopping"]


async def test_a_slow_listener_is_told_how_many_it_missed(hub: HubKit, bell: Bell) -> None:
    async with tail(hub) as response:
        for number in range(TAIL_BUFFER + 10):
            hub.hub_of.bus.emit(BellRang(at=hub.clock.now(), source="bell", number=number))
        line = json.loads(await response.content.readline())
    assert (line["number"], line["missed_before"]) == (0, 10)


async def test_a_listener_that_goes_is_forgotten(hub: HubKit, bell: Bell) -> None:
    bus = hub.hub_of.bus
    before = len(bus.handlers(BellRang))
    async with tail(hub) as response:
        assert response.status == 200
        assert len(bus.handlers(BellRang)) == before + 1

    def gone() -> bool:
        bus.emit(BellRang(at=hub.clock.now(), source="bell"))
        return len(bus.handlers(BellRang)) == before

    await hub.until(gone)

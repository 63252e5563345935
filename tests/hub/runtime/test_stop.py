"""How a hub stops: what is under way may end, what the stop brings about goes out, what hangs comes again."""

import asyncio
from typing import Any

import pytest
import voluptuous as vol

from hub.api import Action, Call, Carried, HubStopping, Integration, Link
from hub.store.reading import Reading
from hub.testing.kit import HubKit
from tests.hub.store.bench import until


class Post:
    """A guest that carries letters, each as long as the test lets it."""

    def __init__(self, hub: HubKit) -> None:
        self.gate = asyncio.Event()
        self.carried: list[str] = []
        self.hub = hub
        action = Action(name="post.carry", summary="Carry.", schema=vol.Schema({}), durable=True)
        hub.add(Integration(name="post", run=self._run, schema=vol.Schema(object), actions=(action,)))

    async def _run(self, link: Link, _config: Any) -> None:
        async def carry(call: Call) -> Carried:
            self.carried.append(call.key)
            await self.gate.wait()
            return [Call(name="post.carry", data={}, key="reply")] if call.key == "farewell" else None

        link.action("post.carry", carry)
        link.on(HubStopping, lambda _event: self._send(link, "farewell"))
        link.ready()
        await asyncio.Event().wait()

    def _send(self, link: Link, key: str) -> None:
        link.actions.start(Call(name="post.carry", data={}, key=key))

    async def start(self) -> None:
        running = await self.hub.start("post:\n")
        running.actions.start(Call(name="post.carry", data={}, key="letter"))
        await until(lambda: self.carried == ["letter"])

    def keys(self, state: str) -> set[str]:
        return {row.key for row in Reading(self.hub.folder / "data").calls(state)}


@pytest.fixture
def post(hub: HubKit) -> Post:
    return Post(hub)


async def test_what_is_under_way_may_end_while_its_guest_is_there(hub: HubKit, post: Post) -> None:
    await post.start()
    stopping = asyncio.ensure_future(hub.stop())
    await until(lambda: "farewell" in post.carried)
    post.gate.set()
    await stopping
    assert {"letter", "farewell"} <= post.keys("done")


async def test_what_the_stop_brings_about_goes_out_with_all_that_follows(hub: HubKit, post: Post) -> None:
    post.gate.set()
    await hub.start("post:\n")
    await hub.stop()
    assert post.carried == ["farewell", "reply"]
    assert post.keys("done") == {"farewell", "reply"}


async def test_what_hangs_does_not_hold_the_stop_up_and_comes_again(
    hub: HubKit, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.runtime.hub.LAST_WORDS", 0.05)
    monkeypatch.setattr("hub.runtime.hub.STOP_PATIENCE", 0.05)
    await post.start()
    await hub.stop()
    assert post.keys("pending") == {"letter", "farewell"}
    post.gate.set()
    await hub.start()
    assert post.carried.count("letter") == 2
    assert "letter" in post.keys("done")

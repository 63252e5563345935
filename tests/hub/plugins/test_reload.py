"""A reload with a guest that fails at it: the guest is restarted on its new section, the others take theirs."""

import asyncio
from typing import Any

import pytest
import voluptuous as vol

from hub.api import Action, Call, Integration, Link, NotReady
from hub.testing.kit import HubKit


class Taking:
    """A guest that takes changes while it runs, or fails at them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.lives: list[Any] = []
        self.taken: list[Any] = []

    async def run(self, link: Link, config: Any) -> None:
        self.lives.append(config)

        async def take(changed: Any) -> None:
            if self.error is not None:
                raise self.error
            self.taken.append(changed)

        link.on_reload(take)
        link.ready()
        await asyncio.Event().wait()


async def test_a_guest_that_fails_at_a_change_is_restarted_on_it_and_the_next_one_takes_its_own(
    hub: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = Taking(RuntimeError("can't")), Taking()
    for name, guest in (("bad", bad), ("good", good)):
        hub.add(Integration(name=name, run=guest.run, schema=vol.Schema(int)))
    running = await hub.start("bad: 1\ngood: 1\n")
    result = await hub.reload("bad: 2\ngood: 2\n")
    assert result["changed"] == ["bad", "good"]
    assert (bad.lives, good.lives, good.taken) == ([1, 2], [1], [2])
    assert running.ready()[1] == {"bad": "running", "good": "running", "testing": "running"}
    assert "bad failed to take its change; it is restarted" in caplog.text


async def test_calls_of_a_removed_integration_find_nobody_until_it_returns(hub: HubKit) -> None:
    async def run(link: Link, _config: Any) -> None:
        link.action("bell.ring", lambda _call: None)
        link.ready()
        await asyncio.Event().wait()

    ring = Action(name="bell.ring", summary="Ring", schema=vol.Schema({}))
    hub.add(Integration(name="bell", run=run, schema=vol.Schema(object), actions=(ring,)))
    running = await hub.start("bell:\n")
    await running.actions.run(Call(name="bell.ring", data={}, key="1"))
    await hub.reload("")
    with pytest.raises(NotReady):  # calls of it may wait in the outbox for its return
        await running.actions.run(Call(name="bell.ring", data={}, key="2"))
    await hub.reload("bell:\n")
    await running.actions.run(Call(name="bell.ring", data={}, key="3"))


async def test_two_reloads_at_once_come_one_after_the_other(hub: HubKit) -> None:
    guest = Taking()
    hub.add(Integration(name="bell", run=guest.run, schema=vol.Schema(int)))
    running = await hub.start("bell: 1\n")
    hub.write("bell: 2\n")
    first, second = await asyncio.gather(running.reload(), running.reload())
    assert (first["changed"], second["changed"]) == (["bell"], [])
    assert guest.taken == [2]


async def test_what_needs_a_restart_is_said(hub: HubKit) -> None:
    await hub.start("hub: {name: A}\n")
    result = await hub.reload("hub: {name: B}\nhistory: {keep_days: 3}\n")
    assert result["needs_restart"] == ["hub", "history"]

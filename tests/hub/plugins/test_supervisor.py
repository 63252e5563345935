"""The life of guests: restarts by kind of failure, ports, undoing everything, and never hurting a neighbour."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import pytest
import voluptuous as vol

from hub.api import Action, AuthFailed, ConfigError, Device, Entity, Event, Integration, Link, NotReady
from hub.testing.kit import HubKit


class Lamp(Protocol):
    """A port for these tests."""

    name: str


class Torch:
    name = "torch"


class Blink(Event, frozen=True, kw_only=True):
    """A lamp blinks."""


def guest(name: str, run: Callable[[Link, Any], Awaitable[None]], **more: Any) -> Integration:
    return Integration(name=name, run=run, schema=vol.Schema(object), **more)


async def forever(link: Link, _config: Any) -> None:
    link.ready()
    await asyncio.Event().wait()


class Failing:
    """A guest that fails its first `times` lives with the error given."""

    def __init__(self, error: Exception, times: int = 1) -> None:
        self.error, self.left, self.lives = error, times, 0

    async def run(self, link: Link, _config: Any) -> None:
        self.lives += 1
        if self.left:
            self.left -= 1
            raise self.error
        await forever(link, None)


async def test_a_bug_is_restarted_with_growing_backoff_and_its_neighbour_goes_on(hub: HubKit) -> None:
    failing = Failing(RuntimeError("bug"), times=3)
    hub.add(guest("bad", failing.run))
    hub.add(guest("good", forever))
    running = await hub.start("bad:\ngood:\n")
    assert running.ready()[1]["good"] == "running"
    assert running.ready()[1]["bad"] == "waiting"
    assert "bug" in running.site.problems.open["bad.integration"].text
    await hub.advance(1)
    assert failing.lives == 2
    await hub.advance(2)
    await hub.advance(4)
    assert failing.lives == 4
    assert running.ready()[1]["bad"] == "running"
    assert "bad.integration" not in running.site.problems.open


@pytest.mark.parametrize("error", [ConfigError("no such port"), AuthFailed("wrong password")])
async def test_what_only_an_admin_can_mend_is_not_tried_again(hub: HubKit, error: Exception) -> None:
    failing = Failing(error)
    hub.add(guest("bad", failing.run))
    running = await hub.start("bad: 1\n")
    await hub.advance(3600)
    assert failing.lives == 1
    assert running.ready()[1]["bad"] == "failed"
    assert str(error) in running.site.problems.open["bad.integration"].text
    await hub.reload("bad: 2\n")
    assert failing.lives == 2
    assert running.ready()[1]["bad"] == "running"


async def test_what_is_not_ready_is_tried_again_quietly(
    hub: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing(NotReady("no network yet"), times=2)
    hub.add(guest("bad", failing.run))
    running = await hub.start("bad:\n")
    await hub.advance(10)
    assert running.ready()[1]["bad"] == "running"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_everything_a_guest_registered_is_gone_with_it(hub: HubKit) -> None:
    heard: list[Event] = []

    async def run(link: Link, _config: Any) -> None:
        link.on(Blink, heard.append)
        link.entity(Entity(id="light.a", name="A")).set(True)
        link.device(Device(id="a", name="A"))
        link.action("lamp.on", lambda _call: None)
        link.route("GET", "/lamp", forever, access="public")  # type: ignore[arg-type]
        await forever(link, None)

    hub.add(
        guest(
            "lamp", run, events=(Blink,), actions=(Action(name="lamp.on", summary="", schema=vol.Schema({})),)
        )
    )
    running = await hub.start("lamp:\n")
    assert hub.state("light.a").text == "on"
    await hub.reload("notify:\n")
    running.bus.emit(Blink(at=hub.clock.now(), source="x"))
    assert heard == []
    assert hub.state("light.a").text == "unavailable"
    assert running.site.devices == {}
    assert running.site.routes.find("GET", "/lamp") is None
    with pytest.raises(NotReady):
        await hub.call("lamp.on")


async def test_who_needs_waits_for_who_offers_whatever_the_order(hub: HubKit) -> None:
    seen: list[str] = []

    async def need(link: Link, _config: Any) -> None:
        seen.append((await link.need(Lamp)).name)
        await forever(link, None)

    async def offer(link: Link, _config: Any) -> None:
        link.offer(Lamp, Torch())
        await forever(link, None)

    hub.add(guest("needs", need, needs=(Lamp,)))
    hub.add(guest("offers", offer, offers=(Lamp,)))
    await hub.start("needs:\noffers:\n")
    assert seen == ["torch"]


async def test_a_withdrawn_offer_restarts_its_holders_who_wait_for_the_next(hub: HubKit) -> None:
    lives: list[str] = []

    async def need(link: Link, _config: Any) -> None:
        lives.append("waiting")
        await link.need(Lamp)
        lives.append("holding")
        await forever(link, None)

    async def offer(link: Link, _config: Any) -> None:
        link.offer(Lamp, Torch())
        await forever(link, None)

    hub.add(guest("needs", need, needs=(Lamp,)))
    hub.add(guest("offers", offer, offers=(Lamp,)))
    running = await hub.start("needs:\noffers:\n")
    running.supervisor.restart("offers", "for the test")
    await hub.advance(10)
    assert lives == ["waiting", "holding", "waiting", "holding"]


async def test_a_task_beside_run_that_fails_fails_the_guest(hub: HubKit) -> None:
    lives = []

    async def explode() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("beside")

    async def run(link: Link, _config: Any) -> None:
        lives.append(1)
        if len(lives) == 1:
            link.task(explode())
        await forever(link, None)

    hub.add(guest("lamp", run))
    running = await hub.start("lamp:\n")
    assert "beside" in running.site.problems.open["lamp.integration"].text
    await hub.advance(2)
    assert len(lives) == 2
    assert running.ready()[1]["lamp"] == "running"


async def test_a_guest_with_its_own_reloader_is_not_restarted(hub: HubKit) -> None:
    lives, configs = [], []

    async def run(link: Link, _config: Any) -> None:
        lives.append(1)

        async def take(config: Any) -> None:
            configs.append(config)

        link.on_reload(take)
        await forever(link, None)

    hub.add(guest("lamp", run))
    await hub.start("lamp: {n: 1}\n")
    result = await hub.reload("lamp: {n: 2}\n")
    assert (lives, configs, result["changed"]) == ([1], [{"n": 2}], ["lamp"])


async def test_a_file_with_faults_changes_nothing(hub: HubKit) -> None:
    from hub.runtime.hub import FaultyConfiguration

    hub.add(guest("lamp", forever))
    running = await hub.start("lamp:\n")
    with pytest.raises(
        FaultyConfiguration, match=r"configuration\.yaml:2:1: lampp: there is no integration 'lampp'"
    ):
        await hub.reload("notify:\nlampp:\n")
    assert set(running.supervisor.guests) == {"lamp", "testing"}


async def test_a_stop_leaves_no_task_behind(hub: HubKit) -> None:
    hub.add(guest("lamp", forever))
    before = asyncio.all_tasks()
    await hub.start("lamp:\nnotify:\n")
    await hub.stop()
    assert asyncio.all_tasks() <= before


async def test_a_guest_that_will_not_end_is_left_behind_and_said(
    hub: HubKit, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.plugins.supervisor.STOP_PATIENCE", 0.1)
    release = asyncio.Event()

    async def stubborn(link: Link, _config: Any) -> None:
        link.ready()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    hub.add(guest("mule", stubborn))
    await hub.start("mule:\n")
    await hub.stop()
    assert "mule: did not end" in caplog.text
    release.set()
    await asyncio.sleep(0.3)

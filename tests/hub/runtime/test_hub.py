"""The hub as a whole: what a start that fails leaves behind, and who may use a data folder."""

import asyncio
import socket
from typing import Any

import pytest
import voluptuous as vol

from hub.api import HubStarted, HubStopping, Integration, Link
from hub.config import ConfigUnreadable
from hub.runtime.hub import FaultyConfiguration, Hub
from hub.store.store import StoreError
from hub.testing.kit import HubKit


async def test_a_start_and_a_stop_are_events(hub: HubKit) -> None:
    await hub.start("notify:\n")
    assert len(hub.of(HubStarted)) == 1
    assert hub.of(HubStopping) == []
    await hub.stop()
    assert len(hub.of(HubStopping)) == 1


async def test_a_faulty_configuration_starts_nothing(hub: HubKit) -> None:
    with pytest.raises(FaultyConfiguration, match="there is no integration 'notyfy'; did you mean 'notify'"):
        await hub.start("notyfy:\n")
    assert not (hub.folder / "data").exists()


async def test_a_folder_without_a_configuration_can_not_be_read(hub: HubKit) -> None:
    with pytest.raises(ConfigUnreadable):
        await hub.start()
    await hub.stop()


async def test_a_taken_port_leaves_nothing_running_and_the_folder_free(hub: HubKit) -> None:
    before = asyncio.all_tasks()
    folder = hub.write("notify:\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            await Hub(folder, hub.folder / "data", port=taken.getsockname()[1], environ={}).start()
    assert asyncio.all_tasks() <= before
    await hub.start()


async def test_a_second_hub_on_the_same_data_is_refused_and_does_not_disturb_the_first(hub: HubKit) -> None:
    running = await hub.start("notify:\n")
    second = Hub(running.config_dir, running.data_dir, port=0, environ={})
    with pytest.raises(StoreError, match="is in use by another hub"):
        await second.start()
    await second.stop()
    assert (running.data_dir / "control.json").exists()
    assert (await hub.request("GET", "/live")).status == 200


async def test_a_stop_during_the_start_ends_everything(hub: HubKit) -> None:
    async def slow(_link: Link, _config: Any) -> None:
        await asyncio.Event().wait()

    hub.add(Integration(name="slow", run=slow, schema=vol.Schema(object)))
    before = asyncio.all_tasks()
    starting = asyncio.ensure_future(hub.start("slow:\n"))
    await hub.until(lambda: hub.hub is not None and hasattr(hub.hub, "front") and hub.hub.url)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await hub.settle()
    assert asyncio.all_tasks() <= before
    assert not (hub.folder / "data" / "control.json").exists()


async def test_a_slow_guest_does_not_keep_the_others_from_working(
    hub: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    async def slow(_link: Link, _config: Any) -> None:
        await asyncio.Event().wait()

    hub.add(Integration(name="slow", run=slow, schema=vol.Schema(object)))
    hub.settle_seconds = 0.1
    running = await hub.start("slow:\nnotify:\n")
    assert running.ready() == (True, {"testing": "running", "slow": "starting", "notify": "running"})
    assert "slow is still starting" in caplog.text


async def test_a_handler_that_fails_is_its_guest_s_problem(
    hub: HubKit, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(_event: HubStarted) -> None:
        raise RuntimeError("no fuse")

    async def run(link: Link, _config: Any) -> None:
        link.on(HubStarted, explode)
        link.ready()
        await asyncio.Event().wait()

    hub.add(Integration(name="bell", run=run, schema=vol.Schema(object)))
    running = await hub.start("bell:\n")
    (problem,) = running.site.problems.open.values()
    assert problem.id.endswith(".handler")
    assert "failed to handle hub_started: RuntimeError: no fuse" in problem.text
    assert "no fuse" in caplog.text

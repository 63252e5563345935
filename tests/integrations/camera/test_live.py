"""The live view: pictures from real workers, black where private; shared, bounded, and refused with the reason."""

import asyncio
import base64
from typing import Any, cast

import cv2
import numpy as np
import pytest

from hub.api import CameraPictures, NotReady, Worker
from hub.testing.kit import HubKit
from integrations.camera.live import SHARED, LiveView
from integrations.camera.picture import LIVE_WIDTH, live_jpeg

from .clips import HEIGHT, WIDTH, make_clip


async def offered(hub: HubKit) -> CameraPictures:
    found: list[CameraPictures | None] = []
    hub.hub_of.site.ports.follow(CameraPictures, found.append)
    assert found[-1] is not None
    return found[-1]


async def test_a_camera_shows_its_newest_picture_without_what_is_private(hub: HubKit) -> None:
    (hub.folder / "config").mkdir()
    make_clip(hub.folder / "config" / "wall.mp4", 2.0)
    await hub.start(
        """
        camera:
          - id: gate
            file: wall.mp4
            loop: true
            pace: realtime
            masks: [{kind: privacy, points: [[0, 0], [20, 0], [20, 112], [0, 112]]}]
          - id: gone
            file: wall.mp4
            pace: fast
        """
    )
    cameras = await offered(hub)
    await hub.until(lambda: hub.state("camera.gate").value == "streaming", 30)
    data = await cameras.picture("gate")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture[:, :16].max() < 12
    assert 70 < picture[:, 100:].mean() < 110
    await hub.until(lambda: hub.state("camera.gone").value == "idle", 30)
    with pytest.raises(NotReady, match="the stream ended"):
        await cameras.picture("gone")
    with pytest.raises(NotReady, match="no such camera"):
        await cameras.picture("none")


class Workshop:
    """A worker that only remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def send(self, message: Any) -> None:
        self.asked.append(message)


class Bench:
    def __init__(self) -> None:
        self.worker, self.now, self.silent = Workshop(), 0.0, ""
        workers = {"gate": cast(Worker, self.worker)}
        self.live = LiveView(workers, lambda _camera: self.silent, lambda: self.now)

    def answer(self, data: bytes) -> None:
        self.live.hear("gate", base64.b64encode(data).decode())


async def test_one_request_serves_all_who_wait_and_who_asks_soon_after() -> None:
    bench = Bench()
    waiting = [asyncio.ensure_future(bench.live.picture("gate")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    bench.answer(b"one")
    assert await asyncio.gather(*waiting[1:]) == [b"one", b"one"]
    assert await bench.live.picture("gate") == b"one"
    assert bench.worker.asked == [{"picture": "gate"}]
    bench.now += SHARED
    later = asyncio.ensure_future(bench.live.picture("gate"))
    await asyncio.sleep(0)
    bench.answer(b"two")
    assert await later == b"two"
    assert len(bench.worker.asked) == 2


async def test_a_camera_that_is_lost_ends_the_waiting() -> None:
    bench = Bench()
    waiting = asyncio.ensure_future(bench.live.picture("gate"))
    await asyncio.sleep(0)
    bench.silent = "its network is gone"
    bench.live.lose("gate")
    with pytest.raises(NotReady, match="network is gone"):
        await waiting
    with pytest.raises(NotReady, match="network is gone"):
        await bench.live.picture("gate")


async def test_what_was_seen_before_a_loss_is_not_shown_as_now() -> None:
    bench = Bench()
    waiting = asyncio.ensure_future(bench.live.picture("gate"))
    await asyncio.sleep(0)
    bench.answer(b"one")
    await waiting
    bench.live.lose("gate")
    bench.silent = "gone"
    with pytest.raises(NotReady):
        await bench.live.picture("gate")


def test_a_large_picture_passes_the_pipe() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (2160, 3840, 3), dtype=np.uint8)
    text = live_jpeg(noise)
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (720, LIVE_WIDTH, 3)
    assert len(text) < 3 * 1024 * 1024

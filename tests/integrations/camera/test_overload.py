"""A camera that can't keep up, in a whole hub: it says so, and the camera beside it goes on."""

import asyncio
from typing import Any

import voluptuous as vol

from hub.api import Analyzer, Integration, Link, ProblemRaised
from hub.testing.kit import HubKit

from .clips import make_clip


async def run(link: Link, _config: Any) -> None:
    link.ready()
    await asyncio.Event().wait()


SLOW = Integration(
    name="slow",
    run=run,
    schema=vol.Schema(vol.Any({}, None)),
    analyzers=(
        Analyzer(
            name="slow", target=f"{__package__}.test_streams:Slow", schema=vol.Schema(vol.Any({}, None))
        ),
    ),
)
TWO = """
    slow:
    camera:
      - id: gate
        file: fall.mp4
        loop: true
        analyzers: [slow]
      - id: yard
        file: fall.mp4
        loop: true
    """


async def test_a_camera_that_can_not_keep_up_is_a_problem_of_its_own(hub: HubKit) -> None:
    hub.add(SLOW)
    (hub.folder / "config").mkdir()
    make_clip(hub.folder / "config" / "fall.mp4", 12.0)
    await hub.start(TWO)
    async with asyncio.timeout(40):
        while not [event for event in hub.of(ProblemRaised) if event.problem == "camera.gate.load"]:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)
    problem = next(event for event in hub.of(ProblemRaised) if event.problem == "camera.gate.load")
    assert "the processor is short" in problem.text
    assert "docs/performance.md" in problem.remedy
    assert hub.state("binary_sensor.gate_problem").text == "on"
    assert 0 < float(hub.state("sensor.gate_analysed").text) < 100
    assert hub.state("camera.yard").text == "streaming"
    assert hub.state("binary_sensor.yard_problem").text == "off"

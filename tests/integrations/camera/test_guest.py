"""Cameras in a whole hub: real workers, real files, a clock turned by hand."""

import asyncio
import hashlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import voluptuous as vol

from hub.api import ActionRefused, Alarm, Analyzer, Integration, Link, NotReady, ProblemRaised, StateChanged
from hub.plugins.configuration import read_configuration
from hub.plugins.manager import Manager
from hub.runtime.hub import FaultyConfiguration
from hub.testing.kit import HubKit
from integrations.camera.events import EvidenceLost, EvidenceStored

from .clips import make_clip


class ThingSeen(Alarm, frozen=True, kw_only=True):
    shape: tuple[int, ...]
    corner: int = 0
    camera: str = ""


async def run(link: Link, _config: Any) -> None:
    link.ready()
    await asyncio.Event().wait()


LOOKERS = Integration(
    name="lookers",
    run=run,
    schema=vol.Schema(vol.Any({}, None)),
    events=(ThingSeen,),
    analyzers=(
        Analyzer(
            name="looker",
            target=f"{__package__}.lookers:Looker",
            schema=vol.Schema(
                {vol.Optional("find"): [float], vol.Optional("fields"): dict, vol.Optional("at_end"): bool}
            ),
        ),
    ),
)
ONE = """
    lookers:
    areas:
      - id: b1
        name: 1号楼
    camera:
      - id: gate
        name: 大门
        area: b1
        file: fall.mp4
        pre_roll: 1
        post_roll: 0.4
        {more}
    """


@pytest.fixture
async def cameras(hub: HubKit) -> HubKit:
    hub.add(LOOKERS)
    (hub.folder / "config").mkdir()
    make_clip(hub.folder / "config" / "fall.mp4", 3.0)
    return hub


async def until(hub: HubKit, condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.02)
    await hub.settle()


def states_of(entity_id: str, hub: HubKit) -> list[str]:
    return [event.new.text for event in hub.of(StateChanged) if event.entity_id == entity_id]


def worker_pid() -> int:
    (child,) = [item for item in psutil.Process().children() if "worker_child" in " ".join(item.cmdline())]
    return int(child.pid)


async def test_from_a_file_to_a_journaled_alarm_with_its_evidence(cameras: HubKit) -> None:
    await cameras.start(ONE.format(more="analyzers: [{looker: {find: [1.5]}}]"))
    assert cameras.state("camera.gate").value == "idle"
    await until(cameras, lambda: len(cameras.of(EvidenceStored)) == 2)
    (alarm,) = cameras.of(ThingSeen)
    assert (alarm.source, alarm.area, alarm.camera, alarm.shape) == ("camera.gate", "b1", "gate", (112, 192))
    order = [event for event in cameras.events if isinstance(event, ThingSeen | EvidenceStored)]
    assert order[0] is alarm
    for stored, named in zip(cameras.of(EvidenceStored), alarm.evidence, strict=True):
        assert stored.cause == alarm.id
        assert (stored.evidence.path, stored.evidence.media_type) == (named.path, named.media_type)
        data = (cameras.hub_of.site.media_dir / stored.evidence.path).read_bytes()
        assert hashlib.sha256(data).hexdigest() == stored.evidence.sha256
    assert alarm.evidence[0].sha256 == cameras.of(EvidenceStored)[0].evidence.sha256


async def test_entities_follow_the_stream(cameras: HubKit) -> None:
    await cameras.start(ONE.format(more="loop: true"))
    await until(cameras, lambda: cameras.state("camera.gate").text == "streaming")
    assert cameras.state("camera.gate").attributes["resolution"] == "192x112"
    assert cameras.state("binary_sensor.gate_connectivity").text == "on"
    assert cameras.state("binary_sensor.gate_problem").text == "off"
    entities = cameras.hub_of.states.entities
    assert entities["binary_sensor.gate_problem"].device_class == "problem"
    assert entities["sensor.gate_fps"].unit == "fps"
    await cameras.stop()
    with pytest.raises(ValueError, match="not enough values"):
        worker_pid()


async def test_a_file_played_to_its_end_is_no_problem(cameras: HubKit) -> None:
    await cameras.start(ONE.format(more="pace: fast"))
    await until(cameras, lambda: states_of("camera.gate", cameras)[-2:] == ["streaming", "idle"])
    assert cameras.state("binary_sensor.gate_connectivity").text == "off"
    assert cameras.state("camera.gate").text == "idle"
    assert not cameras.of(ProblemRaised)


async def test_a_dead_worker_is_replaced_and_its_evidence_is_told_lost(cameras: HubKit) -> None:
    await cameras.start(
        ONE.format(more="post_roll: 60\n        analyzers: [{looker: {find: [0.5]}}]").replace(
            "post_roll: 0.4\n        ", ""
        )
    )
    await until(cameras, lambda: cameras.of(EvidenceStored))
    os.kill(worker_pid(), signal.SIGKILL)
    await until(cameras, lambda: cameras.of(EvidenceLost))
    (lost,) = cameras.of(EvidenceLost)
    (alarm,) = cameras.of(ThingSeen)
    assert (lost.cause, lost.path) == (alarm.id, alarm.evidence[1].path)
    assert cameras.state("camera.gate").text == "unavailable"
    assert cameras.state("binary_sensor.gate_connectivity").text == "off"
    assert "SIGKILL" in cameras.of(ProblemRaised)[0].text
    await cameras.advance(1.0)
    await until(cameras, lambda: cameras.state("camera.gate").text == "streaming")
    await until(cameras, lambda: len(cameras.of(ThingSeen)) == 2)


async def test_a_find_that_does_not_fit_its_event_is_a_problem_and_costs_nothing_else(
    cameras: HubKit,
) -> None:
    settings = "analyzers: [{looker: {find: [0.4], fields: {weight: 3}}}, {looker: {find: [0.8]}}]"
    await cameras.start(ONE.format(more=settings))
    await until(cameras, lambda: cameras.of(ThingSeen))
    assert len(cameras.of(ThingSeen)) == 1
    assert "no field 'weight'" in cameras.of(ProblemRaised)[0].text


async def test_a_stream_that_can_not_be_had_is_a_problem_without_secrets(cameras: HubKit) -> None:
    yaml = ONE.format(more="username: joe\n        password: geheim").replace(
        "file: fall.mp4", "url: rtsp://127.0.0.1:1/s"
    )
    await cameras.start(yaml)
    await until(cameras, lambda: cameras.of(ProblemRaised))
    problem = cameras.of(ProblemRaised)[0]
    assert problem.problem == "camera.gate.stream"
    assert "rtsp://127.0.0.1:1/s can't be reached" in problem.text
    assert "geheim" not in str(cameras.events)
    assert cameras.state("binary_sensor.gate_problem").text == "on"


async def test_what_keeps_a_camera_from_seeing_is_a_problem_with_its_remedy(
    cameras: HubKit, tmp_path: Path
) -> None:
    make_clip(cameras.folder / "config" / "fall.mp4", 45)  # a bare wall: as if something hung before the lens
    await cameras.start(ONE.format(more="pace: fast"))
    await until(cameras, lambda: cameras.state("sensor.gate_quality").text == "covered")
    problem = next(event for event in cameras.of(ProblemRaised) if event.problem == "camera.gate.scene")
    assert "covers the lens" in problem.text
    assert "clear the lens" in problem.remedy
    assert cameras.state("binary_sensor.gate_problem").text == "on"


async def test_a_snapshot_on_demand(cameras: HubKit) -> None:
    await cameras.start(ONE.format(more="loop: true"))
    await until(cameras, lambda: cameras.state("camera.gate").text == "streaming")
    await cameras.call("camera.snapshot", entity_id="camera.gate")
    (stored,) = cameras.of(EvidenceStored)
    assert (cameras.hub_of.site.media_dir / stored.evidence.path).read_bytes().startswith(b"\xff\xd8")
    assert stored.source == "camera.gate"
    with pytest.raises(ActionRefused, match="yard"):
        await cameras.call("camera.snapshot", entity_id=["camera.yard"])


async def test_a_snapshot_of_a_camera_whose_worker_is_away_is_not_ready(cameras: HubKit) -> None:
    await cameras.start(ONE.format(more=""))
    with pytest.raises(NotReady):
        await cameras.call("camera.snapshot", entity_id="camera.gate")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("analyzers: [looser]", "there is no analyzer 'looser'"),
        ("analyzers: [{looker: {find: soon}}]", "looker:"),
        ("url: rtsp://x/y", "file"),
        ("resolutoin: [1, 2]", "resolution"),
    ],
)
async def test_check_finds_what_can_not_work(cameras: HubKit, more: str, words: str) -> None:
    with pytest.raises(FaultyConfiguration) as error:
        await cameras.start(ONE.format(more=more))
    assert words in " ".join(str(fault) for fault in error.value.faults)


async def test_a_calibration_is_included_or_named(cameras: HubKit) -> None:
    clip = {"resolution": [10, 10]}
    for more in ("calibration: !include clip.json", "calibration: clip.json"):
        yaml = ONE.format(more=f"{more}\n        analyzers: [looker]")
        await cameras.start(yaml, files={"clip.json": json.dumps(clip)})
        await until(cameras, lambda: [e for e in cameras.of(ProblemRaised) if "was made for 10x10" in e.text])
        await cameras.stop()
        cameras.events.clear()


async def test_a_camera_whose_calibration_is_not_there_is_a_problem_and_the_others_go_on(
    cameras: HubKit,
) -> None:
    second = "calibration: none.json\n      - id: yard\n        file: fall.mp4\n        loop: true"
    await cameras.start(ONE.format(more=second))
    await until(cameras, lambda: cameras.state("camera.yard").text == "streaming")
    (problem,) = cameras.of(ProblemRaised)
    assert problem.problem == "camera.gate.settings"
    assert "none.json can't be read: No such file" in problem.text
    assert cameras.state("camera.gate").text == "unavailable"
    with pytest.raises(NotReady, match="does not run"):
        await cameras.call("camera.snapshot", entity_id="camera.gate")


def test_the_main_process_needs_no_decoder(tmp_path: Path) -> None:
    import subprocess
    import sys

    program = (
        "import sys, integrations.camera, integrations.camera.commands, integrations.falling_object, "
        "integrations.falling_object.commands, integrations.falling_object.events\n"
        "print([name for name in ('av', 'cv2', 'numpy', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["camera", "falling_object"])
def test_the_examples_are_taken_as_they_are(tmp_path: Path, name: str) -> None:
    example = Path(__file__).parents[3] / "integrations" / name / "example.yaml"
    (tmp_path / "configuration.yaml").write_text(example.read_text())
    configuration = read_configuration(tmp_path, Manager(), environ={})
    wrong = [fault for fault in configuration.faults if "there is no file" not in str(fault)]
    assert wrong == []
    assert "camera" in configuration.sections

"""From a facade's video to the alarm, through a real camera worker; and `hub detect` on the same clip."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import pytest
from click.testing import CliRunner

from hub.api import ProblemRaised, Severity, StateChanged
from hub.testing.kit import HubKit
from integrations.camera.commands import camera as camera_command
from integrations.camera.events import EvidenceStored
from integrations.demo.facade import RenderedClip, plan_clip, render_clip
from integrations.falling_object.commands import detect
from integrations.falling_object.events import FallingObject

YAML = """
    areas:
      - {{id: garden, name: 幸福里}}
      - {{id: b1, name: 1号楼, parent: garden}}
    falling_object:
    camera:
      - id: b1_south
        name: 南侧低层
        area: b1
        file: throw.mp4
        pace: fast
        post_roll: 1
        calibration: !include throw.json
        analyzers: [{analyzer}]
    """


@pytest.fixture(scope="module")
def throw(tmp_path_factory: pytest.TempPathFactory) -> RenderedClip:
    plan = plan_clip(3, size=(960, 540), duration_s=5.0, items=("brick",))
    return render_clip(plan, tmp_path_factory.mktemp("throw"), "throw")


def put(hub: HubKit, clip: RenderedClip) -> None:
    folder = hub.folder / "config"
    folder.mkdir()
    for file in (clip.video, clip.config):
        (folder / file.name).write_bytes(file.read_bytes())


def played(hub: HubKit) -> bool:
    """Whether the camera has streamed and ended."""
    texts = [event.new.text for event in hub.of(StateChanged) if event.entity_id == "camera.b1_south"]
    return texts[-2:] == ["streaming", "idle"]


async def until(hub: HubKit, kind: type[Any], count: int) -> list[Any]:
    async with asyncio.timeout(60):
        while len(hub.of(kind)) < count:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)
    await hub.settle()
    return hub.of(kind)


async def test_a_throw_becomes_an_alarm_with_picture_and_clip(hub: HubKit, throw: RenderedClip) -> None:
    put(hub, throw)
    await hub.start(YAML.format(analyzer="falling_object"))
    stored = await until(hub, EvidenceStored, 3)
    (alarm,) = hub.of(FallingObject)
    truth = json.loads(throw.truth.read_text())["throws"][0]
    assert alarm.cell == truth["cell"]
    assert (alarm.floor, alarm.unit, alarm.building) == (truth["floor"], truth["unit"], "1")
    assert alarm.weight_class == "heavy"
    assert alarm.severity is Severity.critical
    assert alarm.mass_low_kg < truth["mass_kg"] * 1.5
    assert alarm.mass_low_kg <= alarm.mass_kg <= alarm.mass_high_kg
    assert (alarm.camera, alarm.source) == ("b1_south", "camera.b1_south")
    assert (alarm.camera_name, alarm.place) == ("南侧低层", "幸福里 1号楼")
    assert 0.5 < (alarm.ended - alarm.started).total_seconds() < 4
    assert 5 < alarm.drop_m < 20
    media = hub.hub_of.site.media_dir
    picture = cv2.imread(str(media / alarm.evidence[0].path))
    assert picture is not None
    height, width, _colours = picture.shape
    assert width == 960
    assert height > 540  # the words stand above the picture
    kept = [item.evidence for item in stored]
    assert sorted((item.kind, item.text) for item in kept) == [
        ("clip", ""), ("picture", "before"), ("picture", "drawn"),
    ]  # fmt: skip
    for item in kept:
        assert hashlib.sha256((media / item.path).read_bytes()).hexdigest() == item.sha256


async def test_what_is_too_uncertain_is_not_told(hub: HubKit, throw: RenderedClip) -> None:
    put(hub, throw)
    await hub.start(YAML.format(analyzer="falling_object: {least_confidence: 1}"))
    async with asyncio.timeout(60):
        while not played(hub):  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.05)
    assert not hub.of(FallingObject)


async def test_a_calibration_that_can_not_be_is_a_problem_with_its_reason(
    hub: HubKit, throw: RenderedClip
) -> None:
    put(hub, throw)
    path = hub.folder / "config" / "throw.json"
    clip = json.loads(path.read_text())
    for number, point in enumerate(clip["reference_points"]):
        point["m"] = [number, number]
    path.write_text(json.dumps(clip))
    await hub.start(YAML.format(analyzer="falling_object"))
    (problem,) = await until(hub, ProblemRaised, 1)
    assert problem.problem == "camera.b1_south.analyzer.falling_object"
    assert "on a line" in problem.text


def run_detect(video: Path, config: Path) -> Any:
    return CliRunner().invoke(detect, [str(video), "--config", str(config)])


def test_detect_prints_one_object_a_line(throw: RenderedClip) -> None:
    result = run_detect(throw.video, throw.config)
    assert result.exit_code == 0
    (line,) = result.stdout.splitlines()
    found = json.loads(line)
    truth = json.loads(throw.truth.read_text())["throws"][0]
    assert found["origin"]["cell"] == truth["cell"]
    assert found["class"] == "heavy"
    assert set(found) >= {
        "t_start", "t_end", "t_alert", "mass_kg", "mass_kg_interval", "terminal_velocity_m_s",
        "confidence", "trajectory",
    }  # fmt: skip
    assert found["t_start"] < found["t_end"] <= found["t_alert"] < found["t_end"] + 1


def test_detect_warns_of_unknown_keys_and_goes_on(throw: RenderedClip, tmp_path: Path) -> None:
    config = tmp_path / "c.json"
    config.write_text(json.dumps({**json.loads(throw.config.read_text()), "lens": 1}))
    result = run_detect(throw.video, config)
    assert result.exit_code == 0
    assert "lens" in result.stderr
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize("what", ["no video", "no config", "html", "empty", "config no json", "other size"])
def test_detect_refuses_what_it_can_not_use_on_one_line(
    throw: RenderedClip, tmp_path: Path, what: str
) -> None:
    video, config = throw.video, throw.config
    bad = tmp_path / "bad"
    if what == "no video":
        video = bad
    elif what == "no config":
        config = bad
    elif what == "html":
        bad.write_text("<html><body>Sign in</body></html>" * 100)
        video = bad
    elif what == "empty":
        bad.write_bytes(b"")
        video = bad
    elif what == "config no json":
        bad.write_text("{")
        config = bad
    else:
        bad.write_text(json.dumps({**json.loads(config.read_text()), "resolution": [1920, 1080]}))
        config = bad
    result = run_detect(video, config)
    assert result.exit_code == 2
    assert result.stdout == ""
    errors = [line for line in result.stderr.splitlines() if "warning" not in line]
    assert len(errors) == 1
    assert errors[0].startswith("hub detect: ")


def test_a_truncated_video_yields_what_was_found_up_to_there(throw: RenderedClip, tmp_path: Path) -> None:
    import av

    part = tmp_path / "part.mkv"
    with av.open(str(throw.video)) as source, av.open(str(part), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    whole = part.read_bytes()
    part.write_bytes(whole[: int(len(whole) * 0.9)])
    result = run_detect(part, throw.config)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1


def test_the_yaml_that_import_prints_is_the_same_calibration(hub: HubKit, throw: RenderedClip) -> None:
    printed = CliRunner().invoke(camera_command, ["import", str(throw.config)])
    assert printed.exit_code == 0
    hub.write("falling_object:\ncamera:\n" + "".join(f"  {line}\n" for line in printed.stdout.splitlines()))
    from hub.plugins.configuration import read_configuration
    from hub.plugins.manager import Manager

    configuration = read_configuration(hub.folder / "config", Manager(), environ={})
    assert not configuration.faults
    from integrations.camera.settings import clip_config
    from integrations.falling_object.clip_config import load_clip_config, parse_clip_config

    (camera,) = configuration.sections["camera"].config
    mine = parse_clip_config(clip_config(camera, {})).calibration
    theirs = load_clip_config(throw.config).calibration
    assert (mine.to_picture == theirs.to_picture).all()
    assert mine.grid == theirs.grid

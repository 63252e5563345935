"""`hub camera probe` and `hub camera snapshot` on real files, broken servers and a real RTSP server."""

import json
import socket
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from integrations.camera.calibrate.command import prepare, source_of
from integrations.camera.commands import camera

from .clips import make_clip
from .test_network import PAGE, answering, serving

CONFIGURATION = """
hub: {name: test}
camera:
  - id: gate
    file: fall.mp4
    masks: [{kind: privacy, points: [[0, 0], [96, 0], [96, 112], [0, 112]]}]
"""


def run(*arguments: Any, **options: Any) -> Result:
    return CliRunner().invoke(camera, [str(argument) for argument in arguments], **options)


@pytest.fixture
def config(clips: Path, tmp_path: Path) -> Path:
    (tmp_path / "configuration.yaml").write_text(CONFIGURATION)
    (tmp_path / "fall.mp4").write_bytes((clips / "fall.mp4").read_bytes())
    return tmp_path


def test_a_file_is_probed_for_people(clips: Path) -> None:
    result = run("probe", clips / "fall.mp4")
    assert "h264" in result.output
    assert "192x112" in result.output
    assert "25.0 pictures a second" in result.output


def test_a_file_is_probed_for_programs(clips: Path) -> None:
    result = run("probe", clips / "fall.mp4", "--json", "--seconds", 3)
    told = json.loads(result.output)
    assert told["codec"] == "h264"
    assert (told["width"], told["height"]) == (192, 112)
    assert told["timing"]["fps"] == pytest.approx(25)
    assert told["timing"]["seconds"] == pytest.approx(3, abs=0.1)
    assert told["key_frame_every"] == pytest.approx(1.0)
    assert result.exit_code == (0 if told["ok"] else 1)


def test_a_camera_of_the_configuration_is_probed(config: Path) -> None:
    assert "192x112" in run("probe", "gate", "-c", config).output
    result = run("probe", "gaet", "-c", config)
    assert result.exit_code == 2
    assert "did you mean 'gate'" in result.stderr


def test_what_should_be_mended_is_told_and_is_exit_status_1(tmp_path: Path) -> None:
    dark = tmp_path / "dark.avi"
    writer = cv2.VideoWriter(str(dark), cv2.VideoWriter.fourcc(*"MJPG"), 8, (192, 112))
    for _ in range(30):
        writer.write(np.random.default_rng(1).integers(0, 40, (112, 192, 3), dtype=np.uint8))
    writer.release()
    result = run("probe", dark, "--json")
    assert result.exit_code == 1
    advice = {item["code"]: item for item in json.loads(result.output)["advice"]}
    assert {"dark", "slow"} <= set(advice)
    assert "light" in advice["dark"]["remedy"]
    assert "too dark" in run("probe", dark).output


@pytest.mark.parametrize("source", ["nothing.mp4", "ftp://host/x", "rtsp://"])
def test_what_is_no_camera_is_refused(source: str, tmp_path: Path) -> None:
    result = run("probe", source, "-c", tmp_path)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_a_web_page_instead_of_a_video_is_named() -> None:
    with answering(PAGE) as port:
        result = run("probe", f"http://127.0.0.1:{port}/")
    assert result.exit_code == 2
    assert "web page" in result.stderr
    assert "rtsp://" in result.stderr


def test_a_fault_is_told_to_programs_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    result = run("probe", f"rtsp://joe:geheim@127.0.0.1:{port}/s", "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert told["fault"] == "unreachable"
    assert "geheim" not in result.output


def test_a_truncated_file_is_probed_up_to_there(clips: Path, tmp_path: Path) -> None:
    data = (clips / "fall.avi").read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) // 2])
    result = run("probe", tmp_path / "cut.avi")
    assert "mjpeg" in result.output
    (tmp_path / "empty.mp4").write_bytes(b"")
    assert run("probe", tmp_path / "empty.mp4").exit_code == 2


def test_a_picture_is_written_black_where_it_is_private(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "gate.jpg"
    result = run("snapshot", "gate", out, "-c", config)
    assert result.exit_code == 0, result.output
    picture = cv2.imread(str(out))
    assert picture.shape == (112, 192, 3)
    assert int(picture[:, :90].max()) < 20
    assert int(picture[:, 110:].min()) > 60


def test_no_picture_is_taken_while_a_mask_could_not_be_read(config: Path, tmp_path: Path) -> None:
    with (config / "configuration.yaml").open("a") as file:
        file.write("    calibration: !include calibrations/gate.yaml\n")
    result = run("snapshot", "gate", tmp_path / "gate.jpg", "-c", config)
    assert result.exit_code == 2
    assert "no such file" in result.stderr
    assert not (tmp_path / "gate.jpg").exists()


def test_a_calibration_that_is_not_there_yet_can_be_made(config: Path) -> None:
    with (config / "configuration.yaml").open("a") as file:
        file.write("    calibration: !include calibrations/gate.yaml\n")
    gate, folders, _analyzers = source_of("gate", None, None, config, None, {})
    work = prepare("gate", gate, folders, 0.0, lambda _sketch: {}, config, None)
    assert work.first["marks"] == []
    assert work.fixed_masks == gate["masks"]
    assert work.path == config / "calibrations" / "gate.yaml"


def test_a_picture_at_a_moment(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "late.jpg"
    assert run("snapshot", clips / "fall.mp4", out, "--at", 1.0).exit_code == 0
    bright = np.flatnonzero(cv2.imread(str(out), cv2.IMREAD_GRAYSCALE)[:, 48] > 160)
    assert bright.min() == pytest.approx(50, abs=2)  # 25 pictures, 2 pixels each


def test_a_picture_that_is_there_is_not_overwritten_unasked(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.jpg"
    out.write_text("mine")
    result = run("snapshot", clips / "fall.mp4", out)
    assert result.exit_code == 2
    assert "--force" in result.stderr
    assert out.read_text() == "mine"
    assert run("snapshot", clips / "fall.mp4", out, "--force").exit_code == 0
    assert out.read_bytes().startswith(b"\xff\xd8")


def test_a_folder_that_is_not_there_is_told(clips: Path, tmp_path: Path) -> None:
    result = run("snapshot", clips / "fall.mp4", tmp_path / "no" / "a.jpg")
    assert result.exit_code == 2
    assert "can't be written" in result.stderr


@pytest.mark.prepared
def test_a_real_stream_is_probed(tmp_path: Path) -> None:
    file = make_clip(tmp_path / "long.mp4", 12.0)
    with serving(file, 0, "joe", "p@ss word") as (_server, port):
        url = f"rtsp://127.0.0.1:{port}/stream"
        environment = {"HUB_CAMERA_PASSWORD": "p@ss word"}
        result = run("probe", url, "--username", "joe", "--json", "--seconds", 4, env=environment)
        told = json.loads(result.stdout)
        assert told["codec"] == "h264"
        assert told["timing"]["fps"] == pytest.approx(25, abs=2)
        assert told["timing"]["drift"] is None or abs(told["timing"]["drift"]) < 0.1
        refused = run("probe", url, "--username", "joe", env={"HUB_CAMERA_PASSWORD": "wrong"})
    assert refused.exit_code == 2
    assert "password" in refused.stderr
    assert "wrong" not in refused.stderr

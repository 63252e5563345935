"""`hub shopfront` on a video file."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import pytest
from click.testing import CliRunner

from integrations.shopfront.commands import shopfront

from .pavement import HEIGHT, WIDTH, pictures, thing

ZONE = "40,60 280,60 310,170 10,170"


def make_video(path: Path, seconds: int = 110) -> Path:
    """One picture a second, something left at 30 s and taken at 80 s."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, 1)
        stream.options = {"preset": "ultrafast", "crf": "24", "threads": "1"}
        for t, picture in pictures(seconds, thing(30, 80)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = int(t), Fraction(1, 1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("video") / "shop.mp4")


def run(*arguments: Any) -> Any:
    return CliRunner().invoke(shopfront, [str(argument) for argument in arguments])


def test_one_object_a_line_and_the_pictures(video: Path, tmp_path: Path) -> None:
    result = run(video, "--zone", ZONE, "--hold", 30, "--pictures", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    left, cleared = (json.loads(line) for line in result.stdout.splitlines())
    assert (left["event"], cleared["event"]) == ("goods_left", "goods_cleared")
    assert left["goods"] == cleared["goods"]
    assert abs(left["at"] - 30) <= 3
    assert abs(cleared["at"] - 80) <= 3
    assert len(left["pictures"]) == len(cleared["pictures"]) == 2
    for name in left["pictures"]:
        assert cv2.imread(name) is not None


def test_outside_of_the_hours_nothing_is_told(video: Path) -> None:
    result = run(
        video, "--zone", ZONE, "--hold", 30, "--hours", "08:00-20:00", "--begin", "2026-03-01T21:00:00"
    )
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--zone", "10,10 20"], "no zone"),
        (["--zone", "1,1 2,2"], "three corners"),
        (["--zone", "9000,10 9100,10 9100,90"], "outside of the picture"),
        (["--zone", ZONE, "--hours", "8-9"], "--begin"),
        (["--zone", ZONE, "--hours", "8-9", "--begin", "2026-03-01T21:00:00"], "time of day"),
        ([], "--zone"),
    ],
)
def test_what_can_not_be_is_named(video: Path, options: list[str], words: str) -> None:
    result = run(video, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr


@pytest.mark.parametrize("content", [None, b"", b"<html><body>Sign in</body></html>" * 50])
def test_what_is_no_video_is_refused_on_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.mp4"
    if content is not None:
        path.write_bytes(content)
    result = run(path, "--zone", ZONE)
    assert result.exit_code == 2
    assert result.stderr.startswith("hub shopfront: ")
    assert len(result.stderr.splitlines()) == 1

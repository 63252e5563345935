"""Streams as makers send them: codecs, sizes, rates, odd clocks, damage. Real files, decoded for real."""

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from hub.api import Found
from integrations.camera import watch as watching
from integrations.camera.source import Reader, StreamFault

from .clips import make_clip
from .stage import Stage

RAW = {
    "libx264": {"preset": "ultrafast", "tune": "zerolatency", "g": "10"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:keyint=10"},
}


class Counter:
    """Tells at the end how many pictures it got, and of what shape."""

    def __init__(self, camera: Any, settings: Any) -> None:
        self._fed = 0
        self._shape: tuple[int, ...] = ()

    def feed(self, luma: Any, t: float, key_frame: bool) -> list[Found]:
        self._fed += 1
        self._shape = luma.shape
        return []

    def finish(self) -> list[Found]:
        return [
            Found(kind="seen", started=0.0, ended=0.1, fields={"fed": self._fed, "shape": list(self._shape)})
        ]


class Colours:
    """Tells at the end which values its first colour plane had in the corner and elsewhere."""

    def __init__(self, camera: Any, settings: Any) -> None:
        self._corner, self._elsewhere = 0, 0

    def take_chroma(self, chroma: Any) -> None:
        first, second = chroma
        assert first.shape == second.shape == (56, 96)
        self._corner, self._elsewhere = int(first[:10, :10].max()), int(first[30:, 30:].max())

    def feed(self, luma: Any, t: float, key_frame: bool) -> list[Found]:
        return []

    def finish(self) -> list[Found]:
        fields = {"corner": self._corner, "elsewhere": self._elsewhere}
        return [Found(kind="seen", started=0.0, ended=0.1, fields=fields)]


class Container:
    """Stands in for PyAV's, which raises IndexError at a packet of a stream that began in the middle."""

    def __init__(self, packets: list[Any]) -> None:
        self._packets = packets

    def demux(self, _stream: Any) -> Iterator[Any]:
        while self._packets:
            packet = self._packets.pop(0)
            if packet is None:
                raise IndexError("list index out of range")
            yield packet


class Slow:
    """Takes far longer for a picture than it lasts."""

    def __init__(self, camera: Any, settings: Any) -> None:
        pass

    def feed(self, luma: Any, t: float, key_frame: bool) -> list[Any]:
        time.sleep(0.15)
        return []

    def finish(self) -> list[Any]:
        return []


AT_END: Any = [(f"{__name__}:Counter", {})]


def make_stream(
    path: Path, codec: str = "libx264", size: tuple[int, int] = (192, 112), *, rate: int = 25,
    times: list[int] | None = None, form: str | None = None, count: int = 30,
) -> Path:  # fmt: skip
    """A video of `count` pictures; `times` are their moments in 1/1000 s where they are not even."""
    with av.open(str(path), "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.options = RAW.get(codec, {})
        if times:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for index in range(len(times) if times else count):
            picture = np.full((size[1], size[0], 3), 90, dtype=np.uint8)
            y = index * 2 % (size[1] - 16)
            picture[y : y + 16, 40:56] = 230
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = times[index] if times else index
            frame.time_base = Fraction(1, 1000) if times else Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def seen(stage: Stage, path: Path) -> dict[str, Any]:
    """What the analyzer saw at the end of the file."""
    stage.clips = path.parent
    stage.watch(file=path.name, analyzers=AT_END)
    found: dict[str, Any] = stage.until("found")[0]["fields"]
    return found


@pytest.mark.parametrize(
    ("name", "codec", "size", "rate"),
    [
        ("a.mp4", "libx264", (704, 576), 25),
        ("a.mkv", "libx264", (1920, 1080), 25),
        ("a.mp4", "libx264", (608, 1080), 30),  # corridor mode
        ("a.mp4", "libx264", (3840, 2160), 15),
        ("a.ts", "libx264", (320, 180), 60),
        ("a.mp4", "libx265", (640, 360), 20),
        ("a.mkv", "libx265", (352, 288), 50),
        ("a.avi", "mjpeg", (640, 360), 25),
        ("a.mp4", "mpeg4", (322, 182), 25),
    ],
)
def test_every_picture_is_looked_at_whatever_codec_size_and_rate(
    stage: Stage, tmp_path: Path, name: str, codec: str, size: tuple[int, int], rate: int
) -> None:
    path = make_stream(tmp_path / name, codec, size, rate=rate, count=8)
    found = seen(stage, path)
    assert tuple(found["shape"]) == (size[1], size[0])
    assert found["fed"] == 8


@pytest.mark.parametrize(
    ("name", "codec"), [("a.h264", "libx264"), ("a.hevc", "libx265"), ("a.mjpeg", "mjpeg")]
)
def test_a_stream_without_times_is_taken_to_be_even(
    stage: Stage, tmp_path: Path, name: str, codec: str
) -> None:
    make_stream(tmp_path / name, codec, form=name[2:])
    assert seen(stage, tmp_path / name)["fed"] == 30
    stored = stage.until("stored", 2)
    assert [item["fault"] for item in stored] == ["", ""]


def test_a_size_that_changes_in_mid_stream_begins_anew(stage: Stage, tmp_path: Path) -> None:
    first = make_stream(tmp_path / "a.ts").read_bytes()
    second = make_stream(tmp_path / "b.ts", size=(320, 176)).read_bytes()
    (tmp_path / "ab.ts").write_bytes(first + second)
    stage.clips = tmp_path
    stage.watch(file="ab.ts", analyzers=AT_END)
    founds = [found["fields"] for found in stage.until("found", 2)]
    assert [(tuple(found["shape"]), found["fed"]) for found in founds] == [((112, 192), 30), ((176, 320), 30)]
    assert stage.until("resolution", 2) == [[192, 112], [320, 176]]


@pytest.mark.parametrize("kind", ["privacy", "ignore"])
def test_colours_are_handed_over_without_what_is_masked(stage: Stage, kind: str) -> None:
    masks = [{"kind": kind, "points": [[0, 0], [30, 0], [30, 30], [0, 30]]}]
    stage.watch(file="fall.mp4", analyzers=[(f"{__name__}:Colours", {})], masks=masks)
    found = stage.until("found")[0]["fields"]
    assert found["corner"] == 0
    assert found["elsewhere"] > 100


def test_a_size_other_than_the_calibrations_is_told_with_both(stage: Stage, tmp_path: Path) -> None:
    make_stream(tmp_path / "a.mp4")
    stage.clips = tmp_path
    stage.watch(file="a.mp4", analyzers=AT_END, clip_config={"resolution": [1920, 1080]})
    told = stage.until_told(lambda message: message.get("analyzer") == "resolution")
    assert "192x112" in told["text"]
    assert "1920x1080" in told["text"]


@pytest.mark.parametrize(
    "times",
    [
        [40 * index + 15 * (index % 3) for index in range(40)],  # jitter
        [40 * index for index in range(60) if index % 7 and index % 11],  # pictures dropped
        [7_000_000 + 40 * index for index in range(30)],  # a clock that has run for two hours
        [64 * index for index in range(30)],  # a clock that runs 1.6 times too fast
        [40 * index + (4_000 if index > 15 else 0) for index in range(30)],  # a gap of four seconds
    ],
)
def test_odd_times_lose_no_pictures(stage: Stage, tmp_path: Path, times: list[int]) -> None:
    assert seen(stage, make_stream(tmp_path / "a.mkv", times=times))["fed"] == len(times)


def test_a_clock_that_jumps_back_begins_anew(stage: Stage, tmp_path: Path) -> None:
    late = make_stream(tmp_path / "a.ts", times=[60_000 + 40 * index for index in range(30)]).read_bytes()
    (tmp_path / "ab.ts").write_bytes(late + make_stream(tmp_path / "b.ts").read_bytes())
    stage.clips = tmp_path
    stage.watch(file="ab.ts", analyzers=AT_END)
    assert sum(found["fields"]["fed"] for found in stage.until("found", 2)) == 60


def test_damage_in_the_middle_costs_only_what_is_damaged(stage: Stage, tmp_path: Path) -> None:
    path = make_stream(tmp_path / "a.ts", count=100)
    data = bytearray(path.read_bytes())
    random = np.random.default_rng(0)
    for place in random.integers(len(data) // 3, len(data) // 2, 300):
        data[place] ^= 0x5A
    path.write_bytes(bytes(data))
    assert seen(stage, path)["fed"] > 30


def test_packets_of_a_stream_that_begins_in_the_middle_are_left_out(tmp_path: Path) -> None:
    path = make_stream(tmp_path / "a.ts")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = list(container.demux(stream))
        strange: list[Any] = [None, *packets[:10], None, None, *packets[10:]]
        reader = Reader(Container(strange), stream, "a.ts")  # type: ignore[arg-type]
        assert sum(len(frames) for _pieces, frames in reader.read()) == 30
        assert reader.damaged == 3
        endless = Reader(Container([None] * 1000), stream, "a.ts")  # type: ignore[arg-type]
        with pytest.raises(StreamFault, match=r"a\.ts"):
            list(endless.read())


def test_a_file_that_is_cut_off_is_played_up_to_there(stage: Stage, tmp_path: Path) -> None:
    path = make_stream(tmp_path / "a.mkv", count=100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert seen(stage, path)["fed"] > 20


@pytest.mark.parametrize("content", [b"", b"\x00" * 5000, b"<!DOCTYPE html><html>" + b"login" * 900])
def test_what_is_no_video_is_told_with_a_remedy(stage: Stage, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    stage.clips = tmp_path
    stage.watch(file="a.mp4", analyzers=AT_END)
    told = stage.until_told(lambda message: message.get("state") == "idle")
    assert told["fault"] == "unreadable"
    assert told["text"]
    assert told["remedy"]


def test_an_mp4_that_was_never_finished_is_told(stage: Stage, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", 2.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])  # its index stood at the end
    stage.clips = tmp_path
    stage.watch(file="a.mp4")
    assert stage.until_told(lambda message: message.get("state") == "idle")["fault"] == "unreadable"


def test_a_video_without_a_single_picture_is_told(stage: Stage, tmp_path: Path) -> None:
    path = make_stream(tmp_path / "a.mkv", count=60)
    path.write_bytes(path.read_bytes()[:700])  # its head alone
    stage.clips = tmp_path
    stage.watch(file="a.mkv")
    told = stage.until_told(lambda message: message.get("state") == "idle")
    assert told["fault"] == "unreadable"


def test_a_camera_that_can_not_keep_up_says_so_and_what_share_it_looked_at(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "REPORT_EVERY", 0.5)
    make_stream(tmp_path / "a.mkv", count=500)
    stage.clips = tmp_path
    stage.watch(file="a.mkv", pace="realtime", loop=True, analyzers=[(f"{__name__}:Slow", {})])
    first, second = stage.until("load", 2)[:2]
    assert "every second picture" in first["text"]
    assert "passed over" in second["text"]
    assert "docs/performance.md" in second["remedy"]
    stage.until_told(lambda message: message.get("analysed", 100.0) < 60.0)

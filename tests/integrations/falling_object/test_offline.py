import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from integrations.demo.facade import RenderedClip, plan_clip, render_clip
from integrations.falling_object.detection import Detection
from integrations.falling_object.errors import DetectError
from integrations.falling_object.offline import detect, read_luma

REAL = Path(__file__).parents[2] / "data" / "video"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> RenderedClip:
    """Four seconds of a simulated throw of a pot."""
    plan = plan_clip(3, size=(960, 540), duration_s=5.0, items=("flower pot",))
    return render_clip(plan, tmp_path_factory.mktemp("clip"))


def run(video: Path, config: Path) -> tuple[list[Detection], list[str]]:
    found: list[Detection] = []
    warnings: list[str] = []
    detect(video, config, found.append, warnings.append)
    return found, warnings


def test_the_throw_of_a_rendered_clip_is_found(clip: RenderedClip) -> None:
    (found,), warnings = run(clip.video, clip.config)
    (truth,) = json.loads(clip.truth.read_text())["throws"]
    assert found.cell.name == truth["cell"]
    assert found.heavy == (truth["class"] == "heavy")
    assert found.mass_kg_interval[0] < truth["mass_kg"] < found.mass_kg_interval[1]
    assert 0.0 <= found.t_alert - truth["t_end"] <= 1.0
    assert warnings == []


def encode_again(
    clip: RenderedClip,
    target: Path,
    *,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    stamp: Callable[[int], int | None] = lambda index: 40 * index,
    **options: str,
) -> Path:
    """The clip by another encoder; `stamp` gives each picture its milliseconds, None leaves it out."""
    with av.open(str(clip.video)) as source, av.open(str(target), "w") as sink:
        stream = sink.add_stream(codec, rate=25, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 960, 540, pixels, 4_000_000
        stream.codec_context.time_base = Fraction(1, 1000)
        for index, frame in enumerate(source.decode(video=0)):
            if (t := stamp(index)) is not None:
                picture = frame.reformat(format=pixels)
                picture.pts, picture.time_base = t, Fraction(1, 1000)
                picture.pict_type = 0
                sink.mux(stream.encode(picture))
        sink.mux(stream.encode(None))
    return target


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("bidirectional.mkv", {"bf": "3", "preset": "fast"}),
        ("ten_bits.mkv", {"pixels": "yuv420p10le", "preset": "veryfast"}),
        ("full_range.mkv", {"pixels": "yuvj420p", "preset": "veryfast"}),
        ("pictures.avi", {"codec": "mjpeg", "pixels": "yuvj420p"}),
        ("late.mkv", {"preset": "veryfast", "stamp": lambda index: 7000 + 40 * index}),
        (
            "gaps.mkv",
            {"preset": "veryfast", "stamp": lambda index: 40 * index if index % 7 not in (2, 3) else None},
        ),
    ],
)
def test_other_encoders_and_clocks_show_the_same_throw(
    clip: RenderedClip, tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    (found,), warnings = run(encode_again(clip, tmp_path / name, **options), clip.config)
    (truth,) = json.loads(clip.truth.read_text())["throws"]
    assert found.cell.name == truth["cell"]
    assert found.heavy == (truth["class"] == "heavy")
    begin = 7.0 if name == "late.mkv" else 0.0
    assert found.t_end - begin == pytest.approx(truth["t_end"], abs=0.3)
    assert warnings == []


def test_a_video_without_times_is_taken_to_be_even(clip: RenderedClip, tmp_path: Path) -> None:
    (found,), warnings = run(
        encode_again(clip, tmp_path / "bare.h264", bf="2", preset="veryfast"), clip.config
    )
    (truth,) = json.loads(clip.truth.read_text())["throws"]
    assert found.cell.name == truth["cell"]
    assert found.t_end == pytest.approx(truth["t_end"], abs=0.3)
    assert "25 pictures a second" in warnings[0]


def test_a_throw_under_way_when_the_video_begins_is_found(clip: RenderedClip, tmp_path: Path) -> None:
    (truth,) = json.loads(clip.truth.read_text())["throws"]
    first = round(25 * truth["at"]) + 6
    video = encode_again(
        clip, tmp_path / "late.mkv", preset="veryfast",
        stamp=lambda index: 40 * (index - first) if index >= first else None,
    )  # fmt: skip
    (found,), _ = run(video, clip.config)
    assert found.cell.name == truth["cell"]


def test_a_truncated_video_yields_what_was_found_up_to_there(clip: RenderedClip, tmp_path: Path) -> None:
    whole = clip.video.read_bytes()
    stream = tmp_path / "cut.ts"
    with av.open(str(clip.video)) as source, av.open(str(stream), "w", format="mpegts") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    data = stream.read_bytes()
    stream.write_bytes(data[: int(len(data) * 0.9)])
    found, _ = run(stream, clip.config)
    assert len(found) == 1
    assert len(whole) > 0


def test_damage_in_the_middle_does_not_stop_the_reading(clip: RenderedClip, tmp_path: Path) -> None:
    data = bytearray(clip.video.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(bytes(data))
    warnings: list[str] = []
    assert sum(1 for _ in read_luma(broken, warnings.append)) > 60


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100, b"<html></html>"])
def test_what_is_no_video_is_one_clear_error(clip: RenderedClip, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "video.mp4"
    path.write_bytes(content)
    with pytest.raises(DetectError, match="video"):
        run(path, clip.config)


def test_a_missing_video_is_one_clear_error(clip: RenderedClip, tmp_path: Path) -> None:
    with pytest.raises(DetectError, match=r"none\.mp4"):
        run(tmp_path / "none.mp4", clip.config)


def test_a_calibration_of_another_resolution_is_refused(clip: RenderedClip) -> None:
    with pytest.raises(DetectError, match="calibrate"):
        run(REAL / "cityCC0.mpg", clip.config)


def test_luma_is_a_view_of_the_picture(clip: RenderedClip) -> None:
    luma, t, key = next(iter(read_luma(clip.video, lambda text: None)))
    assert (luma.shape, luma.dtype.name, t, key) == ((540, 960), "uint8", 0.0, True)

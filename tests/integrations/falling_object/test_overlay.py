from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.camera.drawing import DrawingRoom
from integrations.camera.lettering import Lettering
from integrations.falling_object.detection import Detection
from integrations.falling_object.detector import Detector
from integrations.falling_object.facade import Cell
from integrations.falling_object.overlay import compose_snapshot, encode_picture
from integrations.falling_object.overlay_marks import Course, tell_length, time_colour
from integrations.falling_object.overlay_words import bar, foot, head, home_zh, per_cent, weigh

from .scene import HEIGHT, WIDTH, calibration, camera, film, throw

DRAW = throw(0.8, (-2.0, 19.4, 0.2), (0.4, 0.5, 1.5), 36.0)
MIDNIGHT = datetime(2026, 11, 23, 15, 59, 59, tzinfo=UTC)  # less a second, in Shanghai


def pictures() -> Iterator[tuple[float, NDArray[np.uint8]]]:
    for picture, t in film(4.0, DRAW):
        yield t, picture


def room(
    frames: Iterator[tuple[float, NDArray[np.uint8]]] | None = None, *, name: str = "南侧低层"
) -> DrawingRoom:
    """What a camera in Shanghai hands to a drawing."""
    seen = pictures() if frames is None else frames
    return DrawingRoom(
        {"id": "b1_south", "name": name, "place": "幸福里 1号楼", "zone": "Asia/Shanghai"},
        ((t, np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), dtype=np.uint8)) for t, picture in seen),
        lambda t: MIDNIGHT + timedelta(seconds=t),
        Lettering(),
    )


@pytest.fixture(scope="module")
def detection() -> Detection:
    detector = Detector(calibration())
    found = [detection for t, picture in pictures() for detection in detector.feed(picture, t)]
    return (found + detector.finish())[0]


@pytest.fixture(scope="module")
def drawn(detection: Detection) -> dict[str, NDArray[np.uint8]]:
    return compose_snapshot(calibration(), detection, room())


def top_of(drawn: dict[str, NDArray[np.uint8]], detection: Detection) -> int:
    """Rows of words above the composite."""
    return bar(head(detection, 5.0), WIDTH, 0.45, room()).shape[0]


def test_the_composite_shows_the_cell_between_words(
    detection: Detection, drawn: dict[str, NDArray[np.uint8]]
) -> None:
    picture, top = drawn["drawn"], top_of(drawn, detection)
    assert picture.shape[1:] == (WIDTH, 3)
    assert top + HEIGHT < picture.shape[0] < HEIGHT + 200
    cell = detection.cell
    x, y = camera().project(np.array([((cell.left + cell.right) / 2, cell.bottom, 0.0)]))[0]
    around = picture[int(top + y) - 3 : int(top + y) + 4, int(x) - 3 : int(x) + 4].astype(int)
    assert (around[..., 2] - around[..., 0]).max() > 150  # orange
    assert picture[:top].max() > 200
    assert picture[top + HEIGHT :].max() > 200


def test_the_thing_itself_is_seen_in_rings_along_its_path(
    detection: Detection, drawn: dict[str, NDArray[np.uint8]]
) -> None:
    picture, top = drawn["drawn"], top_of(drawn, detection)
    bright = [
        picture[int(top + y) - 2 : int(top + y) + 3, int(x) - 2 : int(x) + 3].min(axis=2).max() > 195
        for t, x, y in detection.trajectory
        if 10 < x < WIDTH - 10 and 10 < y < HEIGHT - 10
    ]
    assert 4 <= sum(bright) < len(bright)


def test_before_is_the_place_as_it_was_with_a_line_of_words(drawn: dict[str, NDArray[np.uint8]]) -> None:
    untouched = next(picture for t, picture in pictures() if t > 0.3)
    below = drawn["before"][:HEIGHT, :, 0].astype(int) - untouched
    assert abs(below.mean()) < 1
    assert drawn["before"].shape[0] > HEIGHT + 8


def test_only_the_first_picture_there_is_does_for_a_late_beginning(detection: Detection) -> None:
    late = ((t, picture) for t, picture in pictures() if t > detection.t_start + 0.3)
    assert set(compose_snapshot(calibration(), detection, room(late))) == {"drawn", "before"}


def test_without_pictures_there_is_nothing_to_draw_on(detection: Detection) -> None:
    with pytest.raises(ValueError, match="no picture"):
        compose_snapshot(calibration(), detection, room(iter(())))


def texts(lines: object) -> str:
    return " ".join(words.text for line in lines for words in line)  # type: ignore[attr-defined]


def test_the_words_tell_where_what_and_how_sure_in_both_languages(detection: Detection) -> None:
    cell = Cell(2, 1, "7", 12, "03", "7-12-03", 0, 4, 33, 36)
    below, above = replace(cell, name="7-11-03"), replace(cell, name="7-13-03")
    sure = replace(detection, cell=cell, cell_confidence=0.62, heavy=False,
                   cells=((cell, 0.62), (below, 0.3), (above, 0.01)))  # fmt: skip
    told = texts(head(sure, 12.34))
    for words in ("高空抛物 · 轻物", "7号楼 12层 03室", "可能性 62%", "也可能来自 7-11-03 30%", "坠落 12.3 米",
                  "floor 12, unit 03 (62%)", "light"):  # fmt: skip
        assert words in told
    assert "7-13-03" not in told


def test_the_foot_tells_camera_local_time_and_that_it_is_an_estimate() -> None:
    pen = room()
    told = texts(foot(pen, pen.moment(0.25), pen.moment(2.25)))
    for words in (
        "南侧低层（幸福里 1号楼）",
        "2026-11-23 23:59:59.2 – 00:00:01.2 UTC+8",
        "现场核实",
        "Estimate",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("building", "floor", "unit", "words"),
    [
        ("1", 4, "01", "1号楼 4层 01室"),
        ("3号楼", "B1", "东户", "3号楼 B1层 东户"),
        ("幸福里一期", "顶层", "02", "幸福里一期 顶层 02室"),
    ],
)
def test_a_home_is_called_as_people_call_it(building: str, floor: int | str, unit: str, words: str) -> None:
    assert home_zh(Cell(0, 0, building, floor, unit, "x", 0, 1, 0, 1)) == words


def test_long_words_go_on_in_the_next_line(detection: Detection) -> None:
    narrow, wide = (bar(head(detection, 5.0), width, 0.5, room()).shape[0] for width in (300, 1900))
    assert narrow > 1.5 * wide


@pytest.mark.parametrize("size", [(704, 576), (1080, 1920)])
def test_any_picture_size_is_drawn(detection: Detection, size: tuple[int, int]) -> None:
    plain = replace(calibration(), width=size[0], height=size[1])
    still = np.full((size[1], size[0]), 120, dtype=np.uint8)
    frames = iter([(0.0, still), (1.2, still), (1.6, still)])
    drawn = compose_snapshot(plain, detection, room(frames, name="超长的摄像机名称" * 20))
    assert drawn["drawn"].shape[1] == size[0]


def test_a_course_has_no_jitter_and_keeps_its_release(detection: Detection) -> None:
    random = np.random.default_rng(2)
    shaken = tuple((t, x + random.normal(0, 2), y) for t, x, y in detection.trajectory)
    rough, course = replace(detection, trajectory=shaken), Course(replace(detection, trajectory=shaken))
    assert course.at(-1.0) == pytest.approx(rough.trajectory[0][1:])
    misses = [course.at(t)[0] - x for t, x, _y in detection.trajectory[2:]]
    assert float(np.std(misses)) < 1.4


@pytest.mark.parametrize(("share", "text"), [(0.996, "99%"), (1.0, "99%"), (0.304, "30%"), (0.0, "0%")])
def test_nothing_is_quite_sure(share: float, text: str) -> None:
    assert per_cent(share) == text


@pytest.mark.parametrize(("metres", "text"), [(0.2, "20 cm"), (5.0, "5 m")])
def test_scales_have_whole_units(metres: float, text: str) -> None:
    assert tell_length(metres) == text


@pytest.mark.parametrize(("kind", "magic"), [("jpg", b"\xff\xd8"), ("png", b"\x89PNG")])
def test_pictures_are_written(kind: str, magic: bytes) -> None:
    data = encode_picture(np.zeros((20, 30, 3), dtype=np.uint8), kind=kind)
    assert data.startswith(magic)
    read = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    assert read.shape == (20, 30, 3)


def test_time_runs_from_blue_to_red() -> None:
    assert time_colour(0.0) == (255, 0, 0)
    assert time_colour(1.0) == (0, 0, 255)


@pytest.mark.parametrize(
    ("kg", "text"), [(0.0092, "9 g"), (0.126, "130 g"), (0.9951, "1.0 kg"), (2.34, "2.3 kg")]
)
def test_mass_is_told_in_grams_or_kilograms(kg: float, text: str) -> None:
    assert weigh(kg) == text

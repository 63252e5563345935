from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.detection import Detection
from integrations.falling_object.detector import Detector
from integrations.falling_object.overlay import (
    compose_snapshot,
    encode_picture,
    plain_text,
    time_colour,
    weigh,
)

from .scene import HEIGHT, WIDTH, calibration, camera, film, throw

DRAW = throw(0.8, (-2.0, 19.4, 0.2), (0.4, 0.5, 1.5), 36.0)


def pictures() -> Iterator[tuple[float, NDArray[np.uint8]]]:
    for picture, t in film(4.0, DRAW):
        yield t, picture


@pytest.fixture(scope="module")
def detection() -> Detection:
    detector = Detector(calibration())
    found = [detection for t, picture in pictures() for detection in detector.feed(picture, t)]
    return (found + detector.finish())[0]


def test_the_picture_shows_cell_path_and_words(detection: Detection) -> None:
    snapshot = compose_snapshot(calibration(), detection, pictures())
    bar = snapshot.shape[0] - HEIGHT
    assert snapshot.shape[1:] == (WIDTH, 3)
    assert 20 < bar < 120
    cell = detection.cell
    x, y = camera().project(np.array([((cell.left + cell.right) / 2, cell.bottom, 0.0)]))[0]
    around = snapshot[int(bar + y) - 3 : int(bar + y) + 4, int(x) - 3 : int(x) + 4].astype(int)
    assert (around[..., 2] - around[..., 0]).max() > 150
    assert snapshot[:bar].max() > 200


def test_the_thing_appears_many_times_along_its_path(detection: Detection) -> None:
    snapshot = compose_snapshot(calibration(), detection, pictures())
    bar = snapshot.shape[0] - HEIGHT
    bright = [
        snapshot[int(bar + y) - 2 : int(bar + y) + 3, int(x) - 2 : int(x) + 3].min(axis=2).max() > 235
        for t, x, y in detection.trajectory
        if 10 < x < WIDTH - 10 and 10 < y < HEIGHT - 10
    ]
    assert 5 <= sum(bright) < len(bright)


def test_without_pictures_there_is_nothing_to_draw_on(detection: Detection) -> None:
    with pytest.raises(ValueError, match="no picture"):
        compose_snapshot(calibration(), detection, [])


@pytest.mark.parametrize(("kind", "magic"), [("jpg", b"\xff\xd8"), ("png", b"\x89PNG")])
def test_pictures_are_written(kind: str, magic: bytes) -> None:
    data = encode_picture(np.zeros((20, 30, 3), dtype=np.uint8), kind=kind)
    assert data.startswith(magic)
    read = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert read is not None
    assert read.shape == (20, 30, 3)


def test_only_plain_letters_are_drawn() -> None:
    assert plain_text("3号楼-12") == "3??-12"


def test_time_runs_from_blue_to_red() -> None:
    assert time_colour(0.0) == (255, 0, 0)
    assert time_colour(1.0) == (0, 0, 255)


@pytest.mark.parametrize(
    ("kg", "text"), [(0.0092, "9 g"), (0.126, "130 g"), (0.9951, "1.0 kg"), (2.34, "2.3 kg")]
)
def test_mass_is_told_in_grams_or_kilograms(kg: float, text: str) -> None:
    assert weigh(kg) == text

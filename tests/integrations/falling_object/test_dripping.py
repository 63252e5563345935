from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.detector import Detector

from .scene import GRAVITY, calibration, camera, film

Draw = Callable[[NDArray[np.uint8], float], None]


def drops(every: float, place: tuple[float, float, float] = (1.0, 20.0, 0.2), limit: float = 8.0) -> Draw:
    """Specks of a pixel or two that come loose at one place and fall with the terminal velocity of water."""
    view = camera()

    def draw(picture: NDArray[np.uint8], t: float) -> None:
        for number in range(int(t / every) + 1):
            age = t - number * every - 0.7
            if age < 0:
                continue
            fallen = limit**2 / GRAVITY * np.log(np.cosh(GRAVITY * age / limit))
            point = np.array([[place[0], place[1] - fallen, place[2]]])
            x, y = view.project(point)[0]
            if point[0, 1] > 0:
                picture[int(y) : int(y) + 2, int(x) : int(x) + 1] = 255

    return draw


def watch(seconds: float, draw: Draw) -> tuple[list[object], Detector]:
    detector, found = Detector(calibration()), []
    for picture, t in film(seconds, draw):
        found += detector.feed(picture, t)
    return [*found, *detector.finish()], detector


def test_a_dripping_place_is_told_once_and_only_its_first_drop_looks_like_a_throw() -> None:
    found, detector = watch(24.0, drops(3.1))
    assert len(found) <= 1
    (dripping,) = detector.drippings
    assert dripping.cell.name in {"7-07-03", "7-06-03"}
    assert dripping.count >= 3
    assert dripping.period_s == pytest.approx(3.1, abs=0.5)


def test_two_drops_are_no_dripping_place_yet() -> None:
    found, detector = watch(10.0, drops(6.0))
    assert len(found) <= 1
    assert not detector.drippings
    assert detector.counts["drops"] >= 1

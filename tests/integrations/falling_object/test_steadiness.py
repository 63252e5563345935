import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.candidates import CandidateFinder
from integrations.falling_object.steadiness import Steadier, move

from .scene import dot, film, wall


def blurred(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.9), dtype=np.uint8)


def textured() -> NDArray[np.uint8]:
    return blurred(wall(4))


@pytest.mark.parametrize("shift", [(0.4, -0.3), (1.5, 0.8), (-2.2, 1.9)])
def test_shifts_are_measured_to_a_tenth_of_a_pixel(shift: tuple[float, float]) -> None:
    steadier, picture = Steadier(), textured()
    steadier.begin(picture, 0.0)
    assert steadier.shift(move(picture, shift), 0.1) == pytest.approx(shift, abs=0.1)


def test_a_calm_camera_is_not_measured_for_long() -> None:
    steadier, picture = Steadier(), textured()
    steadier.begin(picture, 0.0)
    for index in range(60):
        steadier.shift(picture, index / 25)
    assert not steadier.active


def test_restlessness_begins_measuring() -> None:
    steadier = Steadier()
    noted = [steadier.note(share, index / 25) for index, share in enumerate((0.0, 0.1, 0.0, 0.1))]
    assert noted == [False, False, False, True]


def test_a_moving_dot_is_found_before_a_shaking_wall() -> None:
    finder, near = CandidateFinder(), []
    for sharp, t in film(3.0, lambda p, t: dot(p, 300.0, 40.0 + 120.0 * t, 3.0, 255.0)):
        picture = blurred(sharp)
        shift = (1.5 * np.sin(17 * t), 1.2 * np.sin(23 * t + 1))
        near += [
            min((abs(b.x - 300) + abs(b.y - 40 - 120 * seen.t) for b in seen.blobs), default=99.0)
            for seen in finder.feed(move(picture, shift), t, False)
            if seen.t > 1.0
        ]
    assert np.mean(np.array(near) < 6.0) > 0.8

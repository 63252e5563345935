from typing import Any

import cv2
import numpy as np
import pytest

from integrations.camera.looks import Judge, Looks

RANDOM = np.random.default_rng(3)
WALL = cv2.resize(
    RANDOM.integers(40, 220, (27, 48), dtype=np.uint8), (384, 216), interpolation=cv2.INTER_NEAREST
)


def judged(*pictures: Any) -> Looks:
    judge = Judge()
    for picture in pictures:
        judge.feed(np.ascontiguousarray(picture, dtype=np.uint8))
    return judge.looks()


def noisy(sigma: float, picture: Any = WALL) -> Any:
    return np.clip(picture + RANDOM.normal(0, sigma, picture.shape), 0, 255)


def test_noise_is_measured() -> None:
    assert judged(*(noisy(4.0) for _ in range(11))).noise == pytest.approx(4.0, rel=0.2)


def test_sharp_and_blurred_are_told_apart() -> None:
    sharp, blurred = judged(WALL).blur, judged(cv2.GaussianBlur(WALL, (0, 0), 4)).blur
    assert sharp < 0.3
    assert blurred > 0.7


def test_light_is_measured() -> None:
    sky = np.full((100, 100), 255, dtype=np.uint8)
    sky[30:] = 10
    looks = judged(sky)
    assert looks.white == pytest.approx(0.3)
    assert looks.black == pytest.approx(0.7)
    assert looks.brightness == 10
    assert looks.bright_end == 255


def test_every_picture_sent_twice_is_half_of_them_repeated() -> None:
    shown = [noisy(3.0) for _ in range(10)]
    assert judged(*(picture for one in shown for picture in (one, one))).repeated == pytest.approx(
        0.5, abs=0.05
    )


def test_a_scene_that_stands_still_is_no_fault() -> None:
    assert judged(*(WALL for _ in range(40)), *(noisy(3.0) for _ in range(10))).repeated == 0


def test_without_pictures_there_is_nothing_to_say() -> None:
    with pytest.raises(ValueError, match="no pictures"):
        Judge().looks()

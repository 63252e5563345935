"""Textured scenes in any light, for tests of what a camera can still see."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from integrations.camera.picture import Picture
from integrations.camera.scene import BURST, EVERY

HEIGHT, WIDTH = 360, 640
RANDOM = np.random.default_rng(4)


def facade(seed: int = 1) -> Picture:
    """A wall with windows of many shapes, larger than the picture."""
    random = np.random.default_rng(seed)
    wall = np.full((HEIGHT + 200, WIDTH + 200), 150, dtype=np.uint8)
    for _ in range(160):
        x, y = int(random.integers(0, WIDTH + 150)), int(random.integers(0, HEIGHT + 150))
        w, h = (int(random.integers(12, 60)) for _side in range(2))
        wall[y : y + h, x : x + w] = int(random.integers(20, 230))
    return wall


def view(wall: Picture, across: int = 0, down: int = 0) -> Picture:
    """The part of the wall that the camera sees when it is turned by so many pixels."""
    return wall[100 + down : 100 + down + HEIGHT, 100 + across : 100 + across + WIDTH]


GRAIN = RANDOM.normal(0, 32, (HEIGHT + 64, WIDTH + 64)).astype(np.int16)


def grainy(picture: Picture, sigma: float = 2.0) -> Picture:
    """With a sensor's noise."""
    x, y = (int(value) for value in RANDOM.integers(0, 64, 2))
    noise = np.round(GRAIN[y : y + HEIGHT, x : x + WIDTH] * (sigma / 32)).astype(np.int16)
    return np.asarray(cv2.add(picture.astype(np.int16), noise).clip(0, 255), dtype=np.uint8)


def dimmed(picture: Picture, share: float) -> Picture:
    return (picture * share).astype(np.uint8)


def misty(picture: Picture) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), 9).astype(np.uint8)


def shown(
    still: Callable[[int], Picture], looks: int, begin: float, *, noisy: bool = True
) -> Iterator[tuple[Picture, float]]:
    """As many pictures as so many looks need, 25 a second within each; `still` gives the scene of a look."""
    for number in range(looks):
        scene = still(number)
        for index in range(BURST):
            picture = grainy(scene) if noisy else scene
            yield picture, begin + number * (EVERY + 0.5) + index / 25

"""A pavement before shops, drawn small and quickly, for the tests."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.shopfront.keeper import Keeper, Sighting
from integrations.shopfront.zones import Zone

WIDTH, HEIGHT = 320, 180
CORNERS = ((40, 60), (280, 60), (310, 170), (10, 170))
HOLD = 40.0
Picture = NDArray[np.uint8]
Draw = Callable[[NDArray[np.float32], float], Any]
BLUE, GREY, COAT = (190, 90, 40), (70, 70, 70), (40, 60, 150)


def zone(**changes: Any) -> Zone:
    return Zone(**{"name": "door", "points": CORNERS, "hold": HOLD, **changes})


@cache
def ground(seed: int = 1) -> NDArray[np.float32]:
    """Grey slabs with some grain, and a wall."""
    random = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), (128, 132, 136), np.float32)
    picture += cv2.resize(random.normal(0, 7, (45, 80)).astype(np.float32), (WIDTH, HEIGHT))[..., None]
    picture[::24] -= 22
    picture[:, ::40] -= 22
    picture[:40] = (90, 110, 150)
    return picture


@cache
def grain(seed: int) -> tuple[NDArray[np.float32], ...]:
    """The noise of eight pictures: drawing it anew for each takes longer than all the rest."""
    random = np.random.default_rng(seed + 7)
    return tuple(random.normal(0, 1, (HEIGHT, WIDTH, 1)).astype(np.float32) for _ in range(8))


def pictures(
    seconds: int, *draw: Draw, seed: int = 1, noise: float = 2.0, start: int = 0
) -> Iterator[tuple[float, Picture]]:
    """One picture a second; each of `draw` changes it in its turn."""
    random, base = np.random.default_rng(seed + 7), ground(seed)
    for second in range(start, start + seconds):
        canvas = base.copy()
        for change in draw:
            done = change(canvas, float(second))
            canvas = canvas if done is None else done
        canvas += noise * np.roll(grain(seed)[second % 8], tuple(random.integers(0, 99, 2)), axis=(0, 1))
        yield float(second), np.clip(canvas, 0, 255).astype(np.uint8)


def thing(begin: float, end: float = 1e9, box: Any = (150, 100, 180, 125), colour: Any = BLUE) -> Draw:
    """Something that stands there from one second to another."""

    def draw(canvas: NDArray[np.float32], t: float) -> None:
        left, top, right, bottom = box
        if begin <= t < end:
            canvas[top:bottom, left:right] = colour
            canvas[top : top + 4, left:right] += 40
            canvas[bottom : bottom + 3, left:right] *= 0.6

    return draw


def person(begin: float, end: float, x: float = 160, pace: float = 0.0) -> Draw:
    """Walks by, or stands as people do."""

    def draw(canvas: NDArray[np.float32], t: float) -> None:
        if not begin <= t < end:
            return
        sway = 3 * np.sin(t / 3) + 2 * np.sin(t * 1.7)
        at = int(x + pace * (t - begin) + (sway if not pace else 0))
        cv2.ellipse(canvas, (at, 105), (9, 22), 0, 0, 360, COAT, -1)
        cv2.circle(canvas, (at + int(sway / 2), 76), 7, (140, 160, 200), -1)
        cv2.line(canvas, (at, 95), (at + int(14 * np.sin(t)), 112), COAT, 4)
        for side in (-4, 4):
            cv2.line(canvas, (at + side, 120), (at + side, 150), (50, 40, 40), 6)

    return draw


def light(begin: float, end: float, factor: float, columns: slice = slice(None)) -> Draw:
    """Another light over all of the picture, or over some columns of it, with a hard edge."""

    def draw(canvas: NDArray[np.float32], t: float) -> None:
        if begin <= t < end:
            canvas[:, columns] *= factor

    return draw


def keep(keeper: Keeper, stream: Iterable[tuple[float, Picture]], late: float = 0.0) -> list[Sighting]:
    """All that is found in the pictures, `late` seconds added to their times."""
    return [sighting for t, picture in stream for sighting in keeper.feed(picture, t + late)]


def found(*draw: Draw, seconds: int = 150, zones: Any = None, **options: Any) -> list[Sighting]:
    """All that is found in a fresh scene."""
    return keep(Keeper(zones or [zone()]), pictures(seconds, *draw, **options))

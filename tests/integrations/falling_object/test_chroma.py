"""Things that only their colour shows."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.candidates import CandidateFinder, Sighting
from integrations.falling_object.chroma import only_by_colour
from integrations.falling_object.detector import Detector

from .scene import FPS, HEIGHT, WIDTH, calibration, dot, film, throw

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8]]
Draw = Callable[[NDArray[np.uint8], float], None]


def nothing(picture: NDArray[np.uint8], t: float) -> None:
    pass


def coloured(seconds: float, draw: Draw) -> Iterator[tuple[NDArray[np.uint8], float, Planes]]:
    """A film in whose second colour plane alone something is drawn, in full-size pixels; the wall has hues, too."""
    random = np.random.default_rng(5)
    hues = np.repeat(np.repeat(random.integers(118, 138, (HEIGHT // 48, WIDTH // 64)), 48, 0), 64, 1)
    for luma, t in film(seconds, nothing, noise=1.0):
        full = hues.astype(np.uint8)
        draw(full, t)
        red = np.ascontiguousarray(full[::2, ::2]) + random.integers(
            0, 2, (HEIGHT // 2, WIDTH // 2), np.uint8
        )
        yield luma, t, (np.ascontiguousarray(hues[::2, ::2].astype(np.uint8)), red)


def apple(picture: NDArray[np.uint8], t: float) -> None:
    dot(picture, 300.0, 60.0 + 150 * t, 5.0, 190.0)


def sightings(draw: Draw, *, colours: bool = True) -> list[Sighting]:
    finder = CandidateFinder()
    return [
        sighting
        for luma, t, chroma in coloured(2.0, draw)
        for sighting in finder.feed(luma, t, False, chroma if colours else None)
    ]


def test_a_thing_as_bright_as_the_wall_is_seen_by_its_colour() -> None:
    near = [
        min((np.hypot(b.x - 300, b.y - 60 - 150 * seen.t) for b in seen.blobs), default=99.0)
        for seen in sightings(apple)
    ]
    assert np.mean(np.array(near) < 2.0) > 0.85
    assert len(near) > 0.8 * (2.0 * FPS - 10)


def test_without_colours_it_is_not() -> None:
    assert sum(len(seen.blobs) for seen in sightings(apple, colours=False)) <= 2


def test_a_still_wall_has_no_coloured_candidates() -> None:
    assert sum(len(seen.blobs) for seen in sightings(nothing)) <= 2


def test_what_is_masked_is_not_seen_by_its_colour_either() -> None:
    finder, count = CandidateFinder(), 0
    for luma, t, chroma in coloured(2.0, apple):
        masked = luma.copy()
        masked[:, 200:400] = 0
        count += sum(len(seen.blobs) for seen in finder.feed(masked, t, False, chroma))
    assert count <= 2


def test_a_throw_that_only_colour_shows_is_told_with_its_cell() -> None:
    draw, detector, found = (
        throw(1.0, (2.0, 16.3, 0.3), (0.2, 0.3, 1.2), 30.0, grey=190.0),
        Detector(calibration()),
        [],
    )
    for luma, t, chroma in coloured(5.0, draw):
        found += detector.feed(luma, t, False, chroma)
    found += detector.finish()
    assert [detection.cell.name for detection in found] == ["7-06-03"]


@pytest.mark.parametrize("shape", [(64, 64), (101, 203), (480, 641)])
def test_any_size_will_do(shape: tuple[int, int]) -> None:
    finder, random = CandidateFinder(), np.random.default_rng(0)
    half = (-(-shape[0] // 2), -(-shape[1] // 2))
    for index in range(20):
        luma, first, second = (
            random.integers(90, 110, size).astype(np.uint8) for size in (shape, half, half)
        )
        finder.feed(luma, index / 25, index == 6, (first, second))
    assert only_by_colour([], []) == []

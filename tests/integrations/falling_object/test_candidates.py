from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.candidates import CandidateFinder, Sighting, shrink

from .scene import FPS, dot, film


def sightings(
    draw: Callable[[NDArray[np.uint8], float], None], seconds: float = 2.0, **options: float
) -> list[Sighting]:
    finder = CandidateFinder()
    return [seen for picture, t in film(seconds, draw, **options) for seen in finder.feed(picture, t, False)]


def nothing(picture: NDArray[np.uint8], t: float) -> None:
    pass


def moving(
    radius: float = 2.5, grey: float = 250.0, speed: float = 90.0
) -> Callable[[NDArray[np.uint8], float], None]:
    return lambda picture, t: dot(picture, 200.25 + 20 * t, 60.5 + speed * t, radius, grey)


def test_a_still_noisy_picture_has_hardly_any_candidates() -> None:
    counts = [len(sighting.blobs) for sighting in sightings(nothing, noise=2.0)]
    assert len(counts) >= 20
    assert sum(counts) <= 3


def test_while_nothing_stirs_every_second_picture_is_passed_over() -> None:
    times = [sighting.t for sighting in sightings(nothing, 4.0, noise=1.0)]
    assert np.median(np.diff(times)) == pytest.approx(2 / FPS)


def test_what_appears_is_looked_at_in_every_picture_from_its_beginning() -> None:
    def late(picture: NDArray[np.uint8], t: float) -> None:
        if t >= 2.04:
            dot(picture, 300.0, 60.0 + 150 * (t - 2.04), 3.0, 250.0)

    times = [sighting.t for sighting in sightings(late, 3.6, noise=1.0) if sighting.blobs]
    assert times[0] == pytest.approx(2.04)
    assert np.diff(times) == pytest.approx(1 / FPS)


@pytest.mark.parametrize("radius", [1.5, 2.5, 6.0])
@pytest.mark.parametrize("grey", [250.0, 10.0])
def test_a_moving_dot_is_located_within_half_a_pixel(radius: float, grey: float) -> None:
    misses = []
    for sighting in sightings(moving(radius, grey, speed=150.0)):
        where = np.array([200.25 + 20 * sighting.t, 60.5 + 150 * sighting.t])
        near = [np.hypot(blob.x - where[0], blob.y - where[1]) for blob in sighting.blobs]
        misses.append(min(near, default=99.0))
    assert np.median(misses) < 0.5
    assert np.mean(np.array(misses) < 2.0) > 0.9


def test_size_and_contrast_are_measured() -> None:
    blobs = [blob for sighting in sightings(moving(5.0, 10.0, 200.0)) for blob in sighting.blobs]
    assert np.median([blob.area for blob in blobs]) == pytest.approx(np.pi * 25, rel=0.35)
    assert all(blob.contrast < 0 for blob in blobs)


def test_repeated_pictures_do_not_hide_motion() -> None:
    finder, seen = CandidateFinder(), []
    for index, (picture, t) in enumerate(film(2.0, moving())):
        for repeat in range(3 if index % 2 else 1):
            seen += finder.feed(picture, t + 0.01 * repeat, False)
    blobs = [len(sighting.blobs) for sighting in seen]
    assert len(blobs) >= 40
    assert np.mean(np.array(blobs) >= 1) > 0.9


def test_a_flickering_lamp_is_learned() -> None:
    def lamp(picture: NDArray[np.uint8], t: float) -> None:
        picture[100:130, 100:140] += np.uint8(40 * (round(t * FPS) % 7 == 3))

    lit = [sighting.t for sighting in sightings(lamp, 16.0) for _blob in sighting.blobs]
    at_first, at_last = (sum(begin <= t < begin + 4 for t in lit) for begin in (0, 12))
    assert at_first > 5
    assert at_last < 0.5 * at_first


def test_a_cut_upsets_the_scene_only_briefly() -> None:
    def cut(picture: NDArray[np.uint8], t: float) -> None:
        if t >= 1.0:
            picture[:] = 255 - picture[::-1]

    seen = sightings(cut, 3.0)
    assert not any(sighting.blobs for sighting in seen if sighting.t > 2.0 or sighting.t < 0.8)


def test_a_flash_is_no_candidate() -> None:
    def flash(picture: NDArray[np.uint8], t: float) -> None:
        if 1.0 <= t < 1.04:
            picture[:] = np.minimum(picture.astype(int) + 60, 255)

    assert sum(len(sighting.blobs) for sighting in sightings(flash)) <= 3


@pytest.mark.parametrize("fps", [12.5, 25.0, 60.0])
def test_neighbours_lie_a_sixth_of_a_second_away_at_any_rate(fps: float) -> None:
    finder = CandidateFinder()
    for picture, t in film(1.6, moving(), fps=fps):
        finder.feed(picture, t, False)
    assert 0.07 < finder.span / fps < 0.17


@pytest.mark.parametrize("shape", [(64, 64), (101, 203), (480, 641)])
def test_any_size_will_do(shape: tuple[int, int]) -> None:
    finder, random = CandidateFinder(), np.random.default_rng(0)
    for index in range(12):
        finder.feed(random.integers(90, 110, shape).astype(np.uint8), index / 25, index == 6)
    assert shrink(np.zeros(shape, dtype=np.uint8)).shape == (shape[0] // 2, shape[1] // 2)

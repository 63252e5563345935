"""Foreseeing: as a weighted least-squares quadratic says, alike for one track and for many at once."""

from __future__ import annotations

import numpy as np
import pytest

from integrations.falling_object.candidates import Blob
from integrations.falling_object.tracks import PULL, PULL_SPREAD, WINDOW_S, Place, Track, predict


def track(count: int, *, begin: float = 0.0, across: float = 0.0, sigma: float = 0.1) -> Track:
    """A thing that falls from 30 m, seen 25 times a second."""
    times = begin + np.arange(count) / 25
    return Track([
        Place(Blob(t, 0.0, 0.0, 30.0, 20.0, 5.0, 5.0, 50.0), across + t, 30 - 4.5 * (t - begin) ** 2, sigma, 2 * sigma)
        for t in times.tolist()
    ])  # fmt: skip


def solved(thing: Track, t: float, axis: int) -> tuple[float, float]:
    """The same by textbook: rows for the places, one for the belief in gravity, one that keeps the speed finite."""
    last = thing.last
    seen = [place for place in thing.places[-12:] if place.blob.t - last >= -WINDOW_S]
    weights = [1 / (place.up_sigma if axis else place.across_sigma) for place in seen]
    rows = [[w, w * (p.blob.t - last), w * (p.blob.t - last) ** 2 / 2]
            for p, w in zip(seen, weights, strict=True)]  # fmt: skip
    rows += [[0, 0, 1 / PULL_SPREAD[axis]], [0, 1e-3**0.5, 0]]
    values = [w * (p.up if axis else p.across) for p, w in zip(seen, weights, strict=True)]
    values += [PULL[axis] / PULL_SPREAD[axis], 0.0]
    step = np.array([1.0, t - last, (t - last) ** 2 / 2])
    matrix = np.array(rows)
    spread = np.linalg.inv(matrix.T @ matrix)
    return float(step @ np.linalg.lstsq(matrix, np.array(values), rcond=None)[0]), float(step @ spread @ step)


@pytest.mark.parametrize("count", [4, 9, 12, 30])
def test_it_foresees_as_least_squares_does(count: int) -> None:
    thing = track(count, across=2.0)
    mean, variance = predict([thing], thing.last + 0.2)
    for axis in (0, 1):
        assert (mean[0, axis], variance[0, axis]) == pytest.approx(
            solved(thing, thing.last + 0.2, axis), rel=1e-6
        )


def test_many_at_once_are_foreseen_as_each_by_itself() -> None:
    things = [track(4), track(7, begin=0.1, across=3.0), track(25, begin=-0.8, sigma=0.02)]
    mean, variance = predict(things, 1.5)
    for index, thing in enumerate(things):
        (alone,), (spread,) = predict([thing], 1.5)
        assert mean[index] == pytest.approx(alone)
        assert variance[index] == pytest.approx(spread)


def test_a_track_that_grew_foresees_as_one_made_whole() -> None:
    whole = track(20)
    grown = Track(whole.places[:2])
    for place in whole.places[2:]:
        grown.add(place, 0)
    for grows, made in zip(predict([grown], 1.0), predict([whole], 1.0), strict=True):
        assert grows == pytest.approx(made)

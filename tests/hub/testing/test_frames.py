"""The fixture `frames`: what falls, falls as Newton says, and the rest of the picture stands still."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

Frames = Callable[..., Any]


def brightest(luma: Any) -> tuple[float, float]:
    rows, columns = np.nonzero(luma > 200)
    return float(columns.mean()), float(rows.mean())


def test_pictures_are_grey_read_only_and_timed(frames: Frames) -> None:
    pictures = list(frames(width=64, height=48, fps=10, seconds=1))
    assert [t for t, _luma in pictures] == pytest.approx([n / 10 for n in range(10)])
    for _t, luma in pictures:
        assert (luma.shape, luma.dtype) == ((48, 64), np.uint8)
        assert not luma.flags.writeable


def test_the_object_falls_with_gravity_from_where_it_was_let_go(frames: Frames) -> None:
    pictures = dict(
        frames(start=(100.0, 20.0), velocity=(1.0, 0.0), metres_per_pixel=0.1, still_seconds=1.0, fps=25)
    )
    assert not (pictures[0.48] > 200).any()
    assert brightest(pictures[1.0]) == pytest.approx((100, 20), abs=1)
    x, y = brightest(pictures[1.6])
    assert x == pytest.approx(100 + 0.6 / 0.1, abs=1)
    assert y == pytest.approx(20 + 9.81 * 0.36 / 2 / 0.1, abs=1)
    assert not (pictures[2.96] > 200).any()


def test_the_same_numbers_give_the_same_pictures(frames: Frames) -> None:
    for (t, first), (u, second) in zip(frames(seconds=1), frames(seconds=1), strict=True):
        assert t == u
        assert (first == second).all()
    assert any(
        (first != other).any() for (_, first), (_, other) in zip(frames(), frames(seed=2), strict=True)
    )


def test_a_wall_where_nothing_falls(frames: Frames) -> None:
    pictures = [luma.astype(int) for _t, luma in frames(start=(-99, 0), noise=0)]
    assert all((luma == pictures[0]).all() for luma in pictures)

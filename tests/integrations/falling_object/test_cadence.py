from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.cadence import Cadence


def settle(times: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    cadence = Cadence()
    return np.array([cadence.settle(float(t)) for t in times])


def test_even_times_pass_unchanged() -> None:
    times = np.arange(100) * 0.04
    assert settle(times) == pytest.approx(times)


def test_dropped_pictures_pass_unchanged() -> None:
    times = np.delete(np.arange(200) * 0.04, [20, 31, 32, 70, 101, 150])
    assert settle(times) == pytest.approx(times)


def test_jitter_is_smoothed() -> None:
    even = np.arange(200) * 0.04
    stamped = even + np.random.default_rng(0).uniform(0, 0.02, 200)
    settled = settle(stamped)
    assert np.std((settled - even)[60:]) < 0.5 * np.std((stamped - even)[60:])
    assert (np.diff(settled) > 0).all()


def test_a_jump_is_followed_at_once() -> None:
    times = np.concatenate((np.arange(50) * 0.04, 100 + np.arange(50) * 0.04))
    assert settle(times)[50:] == pytest.approx(times[50:], abs=0.01)


def test_a_wild_stream_keeps_its_own_times() -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.2, 100))
    assert settle(times) == pytest.approx(times)


def test_jitter_of_a_third_of_the_period_is_smoothed_before_a_throw_is_over() -> None:
    even = np.arange(120) * 0.04
    stamped = even + np.random.default_rng(3).uniform(-0.012, 0.012, 120)
    assert np.std((settle(stamped) - even)[40:]) < 0.4 * np.std((stamped - even)[40:])

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.camera.timing import judged


def evenly(count: int, fps: float = 25.0, start: float = 0.0) -> list[float]:
    return [start + index / fps for index in range(count)]


def test_an_even_stream_has_nothing_wrong() -> None:
    timing = judged(evenly(151), evenly(151, start=77.0))
    assert timing.fps == pytest.approx(25.0)
    assert timing.seconds == pytest.approx(6.0)
    assert (timing.gaps, timing.backwards) == (0, 0)
    assert timing.drift == pytest.approx(0.0, abs=1e-9)


def test_a_clock_that_runs_fast_is_told_though_the_network_jitters() -> None:
    arrivals = [10.0 + t / 1.6 + (0.1 if index % 4 else 0.0) for index, t in enumerate(evenly(200))]
    assert judged(evenly(200), arrivals).drift == pytest.approx(0.6, abs=0.01)


def test_pictures_that_come_in_one_go_at_first_are_no_drift() -> None:
    arrivals = [max(t, 0.8) for t in evenly(200)]
    assert judged(evenly(200), arrivals).drift == pytest.approx(0.0, abs=0.01)


def test_gaps_and_steps_back_are_counted() -> None:
    times = [*evenly(50), *evenly(50, start=4.0), *evenly(10, start=1.0)]
    timing = judged(times, times)
    assert (timing.gaps, timing.backwards) == (1, 1)
    assert timing.longest_step == pytest.approx(2.04)
    assert timing.usual_fps == pytest.approx(25.0)
    assert timing.drift is None


def test_missing_pictures_lower_the_rate_but_not_the_usual_one() -> None:
    times = [t for index, t in enumerate(evenly(100)) if index % 5]
    timing = judged(times)
    assert timing.fps == pytest.approx(20.0, abs=0.3)
    assert timing.usual_fps == pytest.approx(25.0)


@pytest.mark.parametrize("times", [[], [1.0], [1.0, 1.0], [2.0, 1.0]])
def test_too_little_says_nothing(times: Sequence[float]) -> None:
    timing = judged(times, times)
    assert timing.fps == 0
    assert timing.drift is None


@given(st.lists(st.floats(-1e6, 1e6), max_size=60))
def test_whatever_the_times_are_they_are_judged(times: list[float]) -> None:
    timing = judged(times, evenly(len(times)))
    assert timing.gaps + timing.backwards <= max(len(times) - 1, 0)
    assert timing.seconds >= 0

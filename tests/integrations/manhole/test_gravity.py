"""Angles between attitudes, whatever the mounting."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.manhole.gravity import (
    between,
    from_acceleration,
    from_angle,
    from_angles,
    inclination,
    mean,
    towards,
)
from integrations.manhole.sample import metres, sample_of

from .scenes import START


def test_angles_of_three_axes() -> None:
    level, leaning = from_angles(0, 0, 90), from_angles(10, 0, 80)
    assert level is not None
    assert leaning is not None
    assert between(level, leaning) == pytest.approx(10)
    assert inclination(leaning) == pytest.approx(10)


def test_a_sloping_street_and_a_sensor_mounted_askew_drop_out() -> None:
    base, now = from_angles(12, -30, 57), from_angles(12, -30, 57)
    assert base is not None
    assert now is not None
    assert between(base, now) == pytest.approx(0, abs=1e-6)


def test_acceleration_is_believed_only_at_rest() -> None:
    assert from_acceleration(0, 0, 1.1) is not None
    assert from_acceleration(0, 0, 1.3) is None
    assert from_acceleration(0, 0, 0) is None


def test_one_angle_has_no_sign() -> None:
    assert between(from_angle(-20), from_angle(20)) == 0
    assert between(from_angle(5), (0.0, 0.0, 1.0)) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "12", True, 10**400, [1], {}])
def test_what_is_no_number_is_left_out(value: object) -> None:
    words = (
        "angle_x",
        "angle_y",
        "angle_z",
        "angle",
        "level_mm",
        "battery_percent",
        "battery_volt",
        "latitude",
    )
    sample = sample_of("r", START, dict.fromkeys(words, value))
    assert sample == sample_of("r", START, {})


def test_metres_over_ground() -> None:
    assert metres((40.038999, 116.507430), (40.038999, 116.507430)) == 0
    assert metres((40.0, 116.5), (40.001, 116.5)) == pytest.approx(111.2, abs=0.2)


directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda v: math.hypot(*v) > 0.2)


def unit(vector: tuple[float, float, float]) -> tuple[float, ...]:
    length = math.hypot(*vector)
    return tuple(part / length for part in vector)


@given(one=directions, other=directions, step=st.floats(0, 50))
@settings(max_examples=100, deadline=None)
def test_turning_goes_no_further_than_asked_and_never_past_the_goal(
    one: tuple[float, float, float], other: tuple[float, float, float], step: float
) -> None:
    start, goal = unit(one), unit(other)
    apart = between(start, goal)
    assert apart is not None
    if apart > 179:
        return
    moved = towards(start, goal, step)
    gone, left = between(start, moved), between(moved, goal)
    assert gone is not None
    assert left is not None
    assert gone <= apart + 1e-6
    assert left <= apart + 1e-6
    assert math.hypot(*moved) == pytest.approx(1)


def test_the_mean_of_opposites_is_none() -> None:
    assert mean([(0.0, 0.0, 1.0), (0.0, 0.0, -1.0)]) is None
    assert mean([(10.0,), (20.0,)]) == (15.0,)

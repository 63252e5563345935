import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.ballistics import advance, drop_from_rest, fly

from .scene import fall_path


def still(terminal: float, times: NDArray[np.float64]) -> NDArray[np.float64]:
    state, calm = np.zeros((1, 6)), np.zeros((1, 3))
    return np.asarray(fly(state, calm, calm, np.array([terminal]), times)[0])


@pytest.mark.parametrize(
    ("terminal", "seconds", "metres"),
    [
        (4, 1, 2.9),
        (10, 1, 4.3),
        (20, 1, 4.7),
        (4, 2, 6.9),
        (10, 2, 13.1),
        (20, 2, 17.1),
        (40, 2, 18.9),
        (40, 3, 40.7),
    ],
)
def test_fall_from_rest_by_the_table(terminal: float, seconds: float, metres: float) -> None:
    assert drop_from_rest(terminal, seconds) == pytest.approx(metres, abs=0.06)
    assert -still(terminal, np.array([0.0, seconds]))[-1, 1] == pytest.approx(metres, abs=0.08)


def test_a_throw_agrees_with_small_steps() -> None:
    times = np.arange(0, 2.0, 0.04)
    state = np.array([[1.0, 30.0, 0.2, 2.0, 3.0, 1.5]])
    calm = np.zeros((1, 3))
    path = fly(state, calm, calm, np.array([9.0]), times)[0]
    assert path == pytest.approx(fall_path((1.0, 30.0, 0.2), (2.0, 3.0, 1.5), 9.0, times), abs=0.02)


def test_wind_carries_light_things() -> None:
    state, calm = np.zeros((1, 6)), np.zeros((1, 3))
    path = fly(state, np.array([[2.0, 0.0, 0.0]]), calm, np.array([2.0]), np.array([0.0, 4.0]))[0]
    assert 7.0 < path[-1, 0] < 8.0


def test_going_back_undoes_going_forward() -> None:
    place, velocity = np.array([[0.0], [10.0], [1.0]]), np.array([[1.0], [-6.0], [0.5]])
    calm, drag = np.zeros((3, 1)), np.array([9.81 / 15.0**2])
    there = advance(place, velocity, calm, drag, 0.05)
    back = advance(*there, calm, drag, -0.05)
    assert back[0] == pytest.approx(place, abs=1e-5)
    assert back[1] == pytest.approx(velocity, abs=1e-5)


def test_absurd_drag_stays_finite() -> None:
    state, calm = np.array([[0.0, 0.0, 0.0, 0.0, -45.0, 0.0]]), np.zeros((1, 3))
    assert np.isfinite(fly(state, calm, calm, np.array([0.5]), np.linspace(0, 5, 50))).all()

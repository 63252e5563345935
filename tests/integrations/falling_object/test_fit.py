import numpy as np
import pytest

from integrations.falling_object.fit import Observations, fit_fall, fit_rivals
from integrations.falling_object.mass import drag_coefficient, estimate_mass
from integrations.falling_object.origin import find_origin
from integrations.falling_object.terminal import TerminalEstimate, estimate_terminal

from .scene import calibration, camera, fall_path

TIMES = np.arange(0, 2.4, 0.04)


def observe(
    terminal: float, place: tuple[float, float, float] = (1.0, 25.3, 0.2),
    velocity: tuple[float, float, float] = (0.6, 0.4, 1.2), skip: int = 2, seed: int = 0,
) -> Observations:  # fmt: skip
    pixels = camera().project(fall_path(place, velocity, terminal, TIMES))
    seen = np.isfinite(pixels[:, 0]) & (pixels[:, 1] < 480)
    seen[:skip] = False
    noise = np.random.default_rng(seed).normal(0, 0.3, (int(seen.sum()), 2))
    return Observations(TIMES[seen], pixels[seen] + noise, np.full(int(seen.sum()), 0.4))


def estimate(terminal: float, area: float = 0.02) -> TerminalEstimate:
    fit = fit_fall(calibration(), observe(terminal))
    return estimate_terminal(fit, max(fit.scatter, 0.35), area)


@pytest.mark.parametrize("terminal", [3.5, 6.0, 12.0, 19.0])
def test_the_terminal_velocity_of_light_things_is_found(terminal: float) -> None:
    found = estimate(terminal)
    assert found.middle == pytest.approx(terminal, rel=0.15)
    assert found.low <= terminal <= found.high
    assert found.heavy < 0.2


@pytest.mark.parametrize("terminal", [37.0, 60.0])
def test_heavy_things_are_known_as_heavy(terminal: float) -> None:
    assert estimate(terminal).heavy > 0.8


def test_a_fall_beats_its_rivals() -> None:
    seen = observe(20.0)
    rivals, fit = fit_rivals(calibration(), seen), fit_fall(calibration(), seen)
    assert fit.costs[fit.best] + 100 < rivals.straight
    assert -12 < rivals.bend_m_s2 < -4


def test_constant_speed_is_told_best_by_a_straight_line() -> None:
    metres = np.stack((np.linspace(-5, 5, 40), np.linspace(20, 12, 40), np.full(40, 2.0)), axis=1)
    times = np.arange(40) * 0.04
    seen = Observations(times, camera().project(metres), np.full(40, 0.5))
    rivals, fit = fit_rivals(calibration(), seen), fit_fall(calibration(), seen)
    assert rivals.straight < fit.costs[fit.best] + 6 * np.log(80)


def test_a_rise_is_no_fall() -> None:
    times = np.arange(30) * 0.04
    metres = np.stack((times, 10 + 3 * times + 4 * times**2, np.full(30, 0.5)), axis=1)
    assert (
        fit_fall(calibration(), Observations(times, camera().project(metres), np.full(30, 0.5))).scatter > 10
    )


@pytest.mark.parametrize("skip", [0, 4, 9])
@pytest.mark.parametrize("terminal", [5.0, 30.0])
def test_the_origin_is_found_though_the_first_pictures_missed_it(skip: int, terminal: float) -> None:
    fit = fit_fall(calibration(), observe(terminal, skip=skip))
    found = estimate_terminal(fit, max(fit.scatter, 0.35), 0.02)
    origin = find_origin(calibration(), fit, found.weights, 0.1, max(fit.scatter, 0.35))
    assert origin.cells[0][0].name == "7-09-03"
    assert origin.inside > 0.8
    assert sum(likely for _, likely in origin.cells) <= 1.001
    assert origin.t == pytest.approx(0.0, abs=0.3)


@pytest.mark.parametrize(
    ("terminal", "area", "kg"),
    [(5.0, 0.0154, 0.025), (26.0, 0.0154, 0.5), (37.0, 0.0276, 2.5), (39.0, 0.0044, 0.2)],
)
def test_mass_of_known_things_lies_in_the_interval(terminal: float, area: float, kg: float) -> None:
    mass = estimate_mass(terminal, 0.1, area)
    assert mass.low < kg < mass.high
    assert max(mass.kg / kg, kg / mass.kg) < 1.7


def test_small_things_have_less_drag() -> None:
    assert drag_coefficient(0.002) < drag_coefficient(0.05) < 1.0

"""Where things are said to have left: the roof, floors unknown, homes beside each other."""

import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.detection import Detection
from integrations.falling_object.detector import Detector
from integrations.falling_object.facade import ROOF
from integrations.falling_object.fit import Observations, fit_fall
from integrations.falling_object.origin import Origin, find_origin
from integrations.falling_object.terminal import estimate_terminal

from .scene import WIDTH, calibration, camera, dot, fall_path, film, throw

TIMES = np.arange(0, 3.0, 0.04)


def origin(
    place: tuple[float, float, float], terminal: float, *, skip: int = 1, unseen_s: float = 0.1
) -> Origin:
    """The release of a fall from rest of which the first pictures were missed."""
    pixels = camera().project(fall_path(place, (0.3, 0.2, 0.8), terminal, TIMES))
    seen = np.isfinite(pixels[:, 0]) & (pixels[:, 1] < 480) & (pixels[:, 1] > 0)
    seen[:skip] = False
    noise = np.random.default_rng(3).normal(0, 0.3, (int(seen.sum()), 2))
    fit = fit_fall(
        calibration(), Observations(TIMES[seen], pixels[seen] + noise, np.full(int(seen.sum()), 0.4))
    )
    weights = estimate_terminal(fit, max(fit.scatter, 0.35), 0.02).weights
    return find_origin(calibration(), fit, weights, unseen_s, max(fit.scatter, 0.35))


@pytest.mark.parametrize("terminal", [8.0, 30.0])
def test_what_comes_from_above_the_highest_home_comes_from_the_roof(terminal: float) -> None:
    found = origin((1.0, 28.4, 0.2), terminal)
    assert found.cells[0][0].floor == ROOF
    assert found.cells[0][0].name == "7-roof"
    assert found.cells[0][1] > 0.6


def test_the_highest_home_is_not_the_roof() -> None:
    found = origin((1.0, 25.3, 0.2), 30.0)
    assert found.cells[0][0].name == "7-09-03"
    assert not found.above


def test_a_thing_first_seen_at_its_final_speed_left_there_or_above() -> None:
    found = origin((1.0, 25.3, 0.2), 4.5, skip=40, unseen_s=0.4)
    assert found.above
    floors = [cell.floor for cell, _likely in found.cells]
    assert ROOF in floors
    assert 9 in floors
    assert sum(likely for _cell, likely in found.cells) == pytest.approx(1.0, abs=0.05)


def detect(seconds: float, draw: object, begin: float) -> list[Detection]:
    detector, found = Detector(calibration()), []
    for picture, t in film(seconds, draw):  # type: ignore[arg-type]
        found += detector.feed(picture, t + begin)
    return [*found, *detector.finish()]


@pytest.mark.parametrize("begin", [-3.0, 0.0, 86_400.0])
def test_the_clock_may_begin_anywhere(begin: float) -> None:
    (found,) = detect(4.0, throw(0.8, (-2.0, 19.4, 0.2), (0.4, 0.5, 1.5), 36.0), begin)
    assert found.cell.name == "7-07-02"
    assert found.t_start == pytest.approx(begin + 0.8, abs=0.3)
    assert found.as_json()["origin"]["bound"] == "exact"  # type: ignore[index]


def test_a_throw_from_before_the_first_picture_begins_before_it() -> None:
    (found,) = detect(3.0, throw(-0.4, (-2.0, 22.4, 0.2), (0.1, 0.2, 0.5), 30.0), 0.0)
    assert found.t_start < 0.1
    assert found.cell.floor in {7, 8}


def test_a_bird_that_dives_past_the_roof_is_no_throw() -> None:
    def bird(picture: NDArray[np.uint8], t: float) -> None:
        x, y = int(WIDTH - 40 - 110 * t), int(4 + 25 * t + 9 * t * t)
        picture[max(y, 0) : y + 5, max(x, 0) : x + 5] = 20

    assert detect(4.0, bird, 0.0) == []


def test_a_bag_seen_let_go_is_told_with_little_confidence() -> None:
    path = fall_path((1.0, 19.3, 0.3), (0.0, 1.5, 0.2), 1.7, np.arange(0, 9, 0.04))

    def bag(picture: NDArray[np.uint8], t: float) -> None:
        index = round((t - 1.2) / 0.04)
        if index >= 0 and np.isfinite(path[index, 0]):
            x, y = camera().project(path[index][None])[0]
            dot(picture, x, y, 3.0, 250.0)

    (found,) = detect(8.0, bag, 0.0)
    assert (found.cell.floor, found.heavy) == (7, False)
    assert found.confidence < 0.5

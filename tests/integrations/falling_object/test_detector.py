from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.falling_object.detection import Detection
from integrations.falling_object.detector import Detector

from .scene import HEIGHT, WIDTH, calibration, dot, film, throw

Draw = Callable[[NDArray[np.uint8], float], None]


def detect(seconds: float, *draws: Draw) -> tuple[list[Detection], Detector]:
    def draw(picture: NDArray[np.uint8], t: float) -> None:
        for paint in draws:
            paint(picture, t)

    detector, found = Detector(calibration()), []
    for picture, t in film(seconds, draw):
        fresh = detector.feed(picture, t)
        assert all(detection.t_alert == t for detection in fresh)
        found += fresh
    return found + detector.finish(), detector


HEAVY = throw(0.8, (-2.0, 19.4, 0.2), (0.4, 0.5, 1.5), 36.0)
LIGHT = throw(0.6, (1.5, 22.3, 0.2), (-0.3, 0.2, 1.0), 6.0, grey=5.0, radius_m=0.12)


def test_a_heavy_throw_is_told_with_its_cell() -> None:
    (found,), _ = detect(4.0, HEAVY)
    assert (found.cell.name, found.heavy) == ("7-07-02", True)
    assert found.t_start == pytest.approx(0.8, abs=0.25)
    assert found.t_alert - found.t_end <= 1.0
    assert found.mass_kg_interval[0] < found.mass_kg < found.mass_kg_interval[1]


def test_a_light_throw_is_light() -> None:
    (found,), _ = detect(6.0, LIGHT)
    assert (found.cell.name, found.heavy) == ("7-08-03", False)
    assert found.terminal_velocity == pytest.approx(6.0, rel=0.25)


def test_two_throws_at_once_are_two_detections() -> None:
    found, _ = detect(5.5, HEAVY, LIGHT)
    assert {detection.cell.name for detection in found} == {"7-07-02", "7-08-03"}


def test_the_answer_has_the_promised_form() -> None:
    (found,), _ = detect(4.0, HEAVY)
    answer = found.as_json()
    assert {
        "t_start", "t_end", "t_alert", "class", "mass_kg", "mass_kg_interval", "terminal_velocity_m_s", "confidence",
        "origin", "trajectory",
    } <= set(answer)  # fmt: skip
    origin, path = answer["origin"], answer["trajectory"]
    assert isinstance(origin, dict)
    assert (origin["building"], origin["floor"], origin["unit"], origin["cell"]) == ("7", 7, "02", "7-07-02")
    assert isinstance(path, list)
    assert all(later[0] > earlier[0] for earlier, later in pairwise(path))


def bird(picture: NDArray[np.uint8], t: float) -> None:
    dot(picture, 20 + 180 * t, 200 - 30 * t + 20 * t * t, 3 + np.sin(30 * t), 20.0)


def insect(picture: NDArray[np.uint8], t: float) -> None:
    dot(picture, 320 + 200 * np.sin(2.3 * t), 240 + 150 * np.sin(3.1 * t + 1), 9.0, 40.0)


def lift(picture: NDArray[np.uint8], t: float) -> None:
    dot(picture, 400.0, 60.0 + 70 * t, 6.0, 30.0)


def climber(picture: NDArray[np.uint8], t: float) -> None:
    dot(picture, 400.0, 420.0 - 90 * t, 4.0, 30.0)


@pytest.mark.parametrize("distractor", [bird, insect, lift, climber])
def test_what_does_not_fall_is_not_told(distractor: Draw) -> None:
    found, detector = detect(5.0, distractor)
    assert found == []
    assert sum(count for what, count in detector.counts.items() if what.startswith("rejected")) >= 1


def test_parallel_streaks_are_not_told() -> None:
    random = np.random.default_rng(2)
    starts, speed = random.uniform((0, -1500), (WIDTH, HEIGHT), (90, 2)), random.uniform(260, 330, 90)

    def rain(picture: NDArray[np.uint8], t: float) -> None:
        for (x, y), fast in zip(starts, speed, strict=True):
            dot(picture, x, y + fast * t, 1.6, 230.0)

    assert detect(4.0, rain)[0] == []


def test_a_wide_lorry_is_not_told() -> None:
    def lorry(picture: NDArray[np.uint8], t: float) -> None:
        picture[max(int(20 + 60 * t * t), 0) : int(140 + 60 * t * t), 200:420] = 30

    assert detect(3.0, lorry)[0] == []


def test_a_clock_that_jumps_back_starts_over() -> None:
    detector = Detector(calibration())
    times = [t for _, t in film(1.0, lambda picture, t: None)]
    for offset in (100.0, 0.0):
        for (picture, t), _ in zip(film(4.0, HEAVY), range(100), strict=False):
            detector.feed(picture, t + offset)
    assert times
    assert detector.counts["pictures"] == 200


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="another size"):
        Detector(calibration()).feed(np.zeros((100, 100), dtype=np.uint8), 0.0)


@pytest.mark.parametrize(("lag", "aside"), [(0.3, 0.4), (0.5, 0.0), (0.8, 0.4)])
def test_a_brick_that_overtakes_a_shirt_and_the_shirt_are_two(lag: float, aside: float) -> None:
    shirt = throw(0.8, (-2.0, 22.4, 0.2), (0.3, 0.2, 0.8), 4.0, grey=40.0, radius_m=0.22)
    brick = throw(0.8 + lag, (-2.0 + aside, 22.4, 0.2), (0.2, 0.1, 0.6), 37.0, grey=30.0, radius_m=0.09)
    found, _ = detect(7.0, shirt, brick)
    assert sorted(detection.heavy for detection in found) == [False, True]

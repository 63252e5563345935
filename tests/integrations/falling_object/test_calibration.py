import numpy as np
import pytest

from integrations.falling_object.calibration import estimate_camera, fit_plane
from integrations.falling_object.errors import DetectError

from .scene import HEIGHT, WIDTH, calibration, camera

PLACES = np.array([(-6.0, 5.0, 0.0), (3.0, 20.0, 0.0), (7.0, 24.0, 1.0), (0.0, 10.0, 3.0), (2.0, 1.0, 8.0)])


def test_points_before_the_facade_are_projected_as_a_pinhole_does() -> None:
    assert calibration().project(PLACES) == pytest.approx(camera().project(PLACES), abs=2.5)


def test_points_on_the_facade_are_projected_exactly_and_back() -> None:
    flat = PLACES * (1.0, 1.0, 0.0)
    pixels = camera().project(flat)
    assert calibration().project(flat) == pytest.approx(pixels, abs=0.01)
    assert calibration().locate(pixels) == pytest.approx(flat[:, :2], abs=0.01)


def test_a_thing_before_the_facade_looks_too_high() -> None:
    shadow = calibration().shadow(np.array([2.0, 20.0, 1.5]))
    assert shadow[1] - 20.0 == pytest.approx(17.1 * 1.5 / 23.6, abs=0.02)


def test_pixels_grow_with_height() -> None:
    low, high = calibration().metres_per_pixel(
        camera().project(np.array([(0.0, 4.0, 0.0), (0.0, 24.0, 0.0)]))
    )
    assert (high > low).all()


def test_the_camera_is_found_from_the_plane_alone() -> None:
    assert estimate_camera(camera().homography(), WIDTH, HEIGHT) == pytest.approx((2.0, 3.0, 25.0), abs=0.01)


def test_click_noise_stays_in_the_residuals() -> None:
    random = np.random.default_rng(3)
    metres = random.uniform((-8, 3), (8, 24), (12, 2))
    pixels = camera().project(np.column_stack((metres, np.zeros(12)))) + random.normal(0, 0.5, (12, 2))
    _, residuals, warnings = fit_plane(pixels, metres)
    assert warnings == []
    assert residuals.max() < 2.0


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_points_are_refused(count: int) -> None:
    with pytest.raises(DetectError, match=f"only {count}"):
        fit_plane(np.zeros((count, 2)), np.zeros((count, 2)))


def test_the_same_point_again_and_again_is_refused() -> None:
    with pytest.raises(DetectError, match="fewer than 4 different"):
        fit_plane(np.ones((6, 2)), np.ones((6, 2)))

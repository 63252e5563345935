"""Real pictures without a throw: whatever calibration is put to them, nothing may be told."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from integrations.demo.facade_camera import PinholeCamera
from integrations.falling_object.calibration import Calibration
from integrations.falling_object.clip_config import parse_clip_config
from integrations.falling_object.detector import Detector
from integrations.falling_object.offline import read_luma

REAL = Path(__file__).parents[2] / "data" / "video"


def frontal(width: int, height: int, metres_high: float) -> Calibration:
    """A facade that fills the picture, seen from straight ahead."""
    step = metres_high / height
    spots = [(x, y) for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)]
    return calibrate(
        width,
        height,
        [((x * width, y * height), ((x - 0.5) * width * step, (1 - y) * metres_high)) for x, y in spots],
    )


def upward(width: int, height: int, distance: float) -> Calibration:
    """A tower seen from the street."""
    low, high = np.arctan2(-1.0, distance), np.arctan2(52.0, distance)
    target = (0.0, 2.3 + distance * float(np.tan((low + high) / 2)), 0.0)
    focal = height / 2 / float(np.tan((high - low) / 2))
    view = PinholeCamera(
        position=(3.0, 2.3, distance), target=target, focal_px=focal, width=width, height=height
    )
    spots = np.array([(x, y, 0.0) for x in (-15.0, 0.0, 15.0) for y in (3.0, 20.0, 50.0)])
    pairs = zip(view.project(spots).tolist(), spots[:, :2].tolist(), strict=True)
    return calibrate(width, height, [((p[0], p[1]), (m[0], m[1])) for p, m in pairs])


def calibrate(
    width: int, height: int, points: list[tuple[tuple[float, float], tuple[float, float]]]
) -> Calibration:
    """A calibration with a grid of homes all over the points."""
    reach, top = max(abs(m[0]) for _, m in points) * 1.2, max(m[1] for _, m in points) * 1.1
    floors = max(int(top / 3), 2)
    return parse_clip_config(
        {
            "building": "9",
            "resolution": [width, height],
            "fps": 25,
            "reference_points": [{"px": list(p), "m": list(m)} for p, m in points],
            "grid": {
                "column_edges_m": [float(x) for x in np.linspace(-reach, reach, 9)],
                "units": [str(i) for i in range(8)],
                "floor_edges_m": [3.0 * i for i in range(floors + 1)],
                "floors": list(range(1, floors + 1)),
                "name_format": "{building}-{floor}-{unit}",
            },
        }
    ).calibration


def pictures(name: str, begin: float, end: float) -> Iterator[tuple[NDArray[np.uint8], float, bool]]:
    for luma, t, key in read_luma(REAL / name, lambda text: None):
        if begin <= t < end:
            yield luma, t, key


@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [
        ("cityCC0.mpg", 0.0, 99.0),
        ("tree.avi", 0.0, 99.0),
        ("intel_car-detection.mp4", 0.0, 14.0),
        ("intel_bottle-detection.mp4", 8.0, 20.0),
    ],
)
def test_nothing_is_told_of_pictures_without_a_throw(name: str, begin: float, end: float) -> None:
    detectors: list[Detector] = []
    for luma, t, key in pictures(name, begin, end):
        height, width = luma.shape
        if not detectors:
            views = (frontal(width, height, 40.0), frontal(width, height, 12.0), upward(width, height, 40.0))
            detectors = [Detector(view) for view in views]
        for detector in detectors:
            assert detector.feed(luma, t, key) == []
    assert [detector.finish() for detector in detectors] == [[], [], []]
    assert all(detector.counts["pictures"] > 60 for detector in detectors)

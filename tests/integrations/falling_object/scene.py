"""A small facade seen by a known camera, and pictures of things that fall before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.demo.facade_camera import PinholeCamera
from integrations.falling_object.calibration import Calibration
from integrations.falling_object.clip_config import parse_clip_config

WIDTH, HEIGHT, FPS = 640, 480, 25.0
GRAVITY = 9.81


def camera() -> PinholeCamera:
    """On a pole 25 m before a facade of eight floors."""
    return PinholeCamera(
        position=(2.0, 3.0, 25.0), target=(0.0, 12.5, 0.0), focal_px=560.0, width=WIDTH, height=HEIGHT
    )


def config() -> dict[str, object]:
    """The scene's clip configuration as plain data."""
    corners = np.array([(x, y, 0.0) for x in (-8.0, 0.0, 8.0) for y in (3.0, 12.0, 24.0)])
    pixels = camera().project(corners)
    return {
        "building": "7",
        "resolution": [WIDTH, HEIGHT],
        "fps": FPS,
        "reference_points": [
            {"px": [float(p[0]), float(p[1])], "m": [float(m[0]), float(m[1])]}
            for p, m in zip(pixels, corners, strict=True)
        ],
        "camera_position_m_approx": [2.1, 2.9, 25.1],
        "roof_height_m": 27.0,
        "balcony_depth_m": 1.2,
        "grid": {
            "column_edges_m": [-8.0, -4.0, 0.0, 4.0, 8.0],
            "units": ["01", "02", "03", "04"],
            "floor_edges_m": [3.0 + 3.0 * i for i in range(9)],
            "floors": list(range(2, 10)),
            "name_format": "{building}-{floor:02d}-{unit}",
        },
    }


def calibration() -> Calibration:
    """The scene's calibration."""
    return parse_clip_config(config()).calibration


def fall_path(
    place: tuple[float, float, float],
    velocity: tuple[float, float, float],
    terminal: float,
    times: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Places (N, 3) by small steps, independent of the code under test; not-a-number before 0 and below the ground."""
    places = np.full((len(times), 3), np.nan)
    at, speed, now = np.array(place), np.array(velocity), 0.0
    for index in np.flatnonzero(times >= 0):
        while now < times[index] - 1e-9:
            step = min(0.002, times[index] - now)
            pull = np.array([0.0, -GRAVITY, 0.0]) - GRAVITY / terminal**2 * np.linalg.norm(speed) * speed
            at, speed, now = at + step * speed + 0.5 * step**2 * pull, speed + step * pull, now + step
        if at[1] < 0.0:
            break
        places[index] = at
    return places


def wall(seed: int = 0) -> NDArray[np.uint8]:
    """A textured still picture."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(70, 190, (HEIGHT // 24, WIDTH // 24)).astype(np.float32)
    return cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST).astype(np.uint8)


def dot(picture: NDArray[np.uint8], x: float, y: float, radius: float, grey: float) -> None:
    """Paint an anti-aliased disc."""
    if np.isfinite(x) and np.isfinite(y):
        cv2.circle(picture, (round(x * 16), round(y * 16)), round(radius * 16), grey, -1, cv2.LINE_AA, 4)


def film(
    seconds: float, draw: Callable[[NDArray[np.uint8], float], None], *, noise: float = 1.2, fps: float = FPS
) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """Pictures with times; `draw` paints what moves at a time."""
    random, still = np.random.default_rng(1), wall()
    grain = np.clip(random.normal(0, noise, (4, HEIGHT + 32, WIDTH + 32)), -50, 50).astype(np.int8)
    for index in range(round(seconds * fps)):
        picture = still.copy()
        draw(picture, index / fps)
        dx, dy = random.integers(0, 32, 2)
        field = grain[index % 4, dy : dy + HEIGHT, dx : dx + WIDTH]
        yield np.asarray(cv2.add(picture, field, dtype=cv2.CV_8U), dtype=np.uint8), index / fps


def throw(
    at: float, place: tuple[float, float, float], velocity: tuple[float, float, float], terminal: float, *,
    grey: float = 250.0, radius_m: float = 0.13,
) -> Callable[[NDArray[np.uint8], float], None]:  # fmt: skip
    """Something that paints a thrown thing."""
    view, times = camera(), np.arange(0, 8, 1 / FPS)
    path = fall_path(place, velocity, terminal, times)

    def draw(picture: NDArray[np.uint8], t: float) -> None:
        age = t - at
        if 0 <= age < times[-1]:
            point = np.array([[np.interp(age, times, path[:, axis]) for axis in range(3)]])
            if np.isfinite(point).all():
                (x, y), scale = view.project(point)[0], float(view.scale(point)[0])
                dot(picture, x, y, radius_m * scale, grey)

    return draw

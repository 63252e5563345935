"""Pictures for frame analyzers: something falls in front of a wall, in pure numpy, the same for the same numbers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GRAVITY = 9.81  # m/s2


def falling_object(
    *,
    width: int = 320,
    height: int = 180,
    fps: float = 25.0,
    still_seconds: float = 1.0,
    seconds: float = 3.0,
    metres_per_pixel: float = 0.1,
    start: tuple[float, float] = (160.0, 10.0),
    velocity: tuple[float, float] = (0.5, 0.0),
    size: int = 4,
    brightness: int = 230,
    noise: float = 1.5,
    seed: int = 1,
) -> "Iterator[tuple[float, NDArray[np.uint8]]]":
    """Container seconds and luma (uint8, height x width, read-only) of each picture.

    The wall stands still for `still_seconds`; then an object of `size` pixels falls from `start` (x, y in pixels)
    with `velocity` (m/s, right and down) and gravity, until it leaves the picture or `seconds` are over. `noise` is
    the sensor's standard deviation in grey levels. `falling_object(start=(-99, 0))` is a wall where nothing falls.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    wall = _wall(width, height, random)
    for number in range(int(seconds * fps)):
        t = number / fps
        picture = wall + random.normal(0.0, noise, wall.shape)
        fallen = t - still_seconds
        if fallen >= 0:
            x, y = position(fallen, start, velocity, metres_per_pixel)
            left, top = round(x - size / 2), round(y - size / 2)
            if left >= 0 and top >= 0:
                picture[top : top + size, left : left + size] = brightness
        luma = picture.clip(0, 255).astype(np.uint8)
        luma.flags.writeable = False
        yield t, luma


def position(
    fallen: float, start: tuple[float, float], velocity: tuple[float, float], metres_per_pixel: float
) -> tuple[float, float]:
    """Where a freely falling thing is after so many seconds, in pixels."""
    across = velocity[0] * fallen
    down = velocity[1] * fallen + GRAVITY * fallen**2 / 2
    return start[0] + across / metres_per_pixel, start[1] + down / metres_per_pixel


def _wall(width: int, height: int, random: "np.random.Generator") -> "NDArray[np.float64]":
    """A facade of grey with darker windows."""
    import numpy as np

    wall = np.full((height, width), 120.0) + random.normal(0.0, 4.0, (height, width))
    for top in range(8, height - 16, 24):
        for left in range(8, width - 16, 32):
            wall[top : top + 14, left : left + 18] -= 50.0
    return wall

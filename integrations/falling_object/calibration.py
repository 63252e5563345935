"""Where facade metres lie in the picture: a plane map from reference points, and the camera for things before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import DetectError
from .facade import Grid

Points = NDArray[np.floating[Any]]

RESIDUAL_LIMIT_PX = 3.0
NEED_POINTS = "give at least 4 points spread over the facade, no 3 on a line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A camera's view of one facade: picture size, plane map (metres -> px), camera position, grid of homes."""

    grid: Grid
    width: int
    height: int
    to_picture: Points
    to_facade: Points
    camera: tuple[float, float, float] | None
    roof_m: float
    balcony_depth_m: float
    residuals_px: tuple[float, ...]

    def locate(self, pixels: Points) -> Points:
        """Facade metres (N, 2) of pixels (N, 2), as if everything lay on the front plane."""
        return apply_map(self.to_facade, pixels)

    def project(self, points: Points) -> Points:
        """Pixels (..., 2) of points (..., 3): the ray from the camera through each, met with the plane."""
        return apply_map(self.to_picture, self.shadow(points))

    def shadow(self, points: Points) -> Points:
        """Where points (..., 3) appear on the facade plane (..., 2), seen from the camera."""
        if self.camera is None:
            return points[..., :2]
        x, y, z = self.camera
        stretch = z / np.maximum(z - points[..., 2], 0.05 * z)
        return np.stack((x + (points[..., 0] - x) * stretch, y + (points[..., 1] - y) * stretch), axis=-1)

    def metres_per_pixel(self, pixels: Points) -> Points:
        """Facade metres across one pixel (N, 2): horizontally and vertically, at each pixel."""
        return self.locate_with_scale(pixels)[1]

    def locate_with_scale(self, pixels: Points) -> tuple[Points, Points]:
        """Facade metres of pixels (N, 2), and the metres across one pixel there (N, 2)."""
        centre, across, down = self.locate(pixels + np.array([[[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]]))
        across, down = across - centre, down - centre
        return centre, np.stack((np.hypot(*across.T), np.hypot(*down.T)), axis=-1)


def apply_map(matrix: Points, points: Points) -> Points:
    """Apply a 3x3 projective map to points (..., 2)."""
    x, y = points[..., 0], points[..., 1]
    depth = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2]
    depth = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
    return np.stack(
        (
            (matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]) / depth,
            (matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]) / depth,
        ),
        axis=-1,
    )


def fit_plane(pixels: Points, metres: Points) -> tuple[Points, Points, list[str]]:
    """The map (metres -> px), each point's residual in px, and warnings; raises DetectError for useless points."""
    _check_spread(pixels, metres)
    kept = np.ones(len(pixels), dtype=bool)
    matrix = _solve(pixels, metres)
    residuals = _residuals(matrix, pixels, metres)
    if residuals.max() > RESIDUAL_LIMIT_PX and len(pixels) >= 7:
        kept = _agreeing(pixels, metres)
        matrix = _solve(pixels[kept], metres[kept])
        residuals = _residuals(matrix, pixels, metres)
    _check_view(matrix, metres)
    warnings = [
        f"reference_points[{i}]: {residuals[i]:.1f} px from where the others put it"
        f"{'' if kept[i] else ' (left out)'}; check its pixel and metres"
        for i in np.flatnonzero(residuals > RESIDUAL_LIMIT_PX)
    ]
    return matrix, residuals, warnings


def _solve(pixels: Points, metres: Points) -> Points:
    matrix, _ = cv2.findHomography(metres.reshape(-1, 1, 2), pixels.reshape(-1, 1, 2), 0)
    if matrix is None or not np.isfinite(matrix).all():
        raise DetectError(f"reference_points: no plane fits them; {NEED_POINTS}", "no_plane")
    centre = np.append(metres.mean(axis=0), 1.0)
    depth = float(matrix[2] @ centre)
    if abs(depth) < 1e-12:
        raise DetectError(f"reference_points: no plane fits them; {NEED_POINTS}", "no_plane")
    return np.asarray(matrix / depth, dtype=np.float64)


def _agreeing(pixels: Points, metres: Points) -> NDArray[np.bool_]:
    """Which points agree with one plane map within the limit; all of them when no clear majority does."""
    _, mask = cv2.findHomography(metres, pixels, cv2.RANSAC, RESIDUAL_LIMIT_PX, maxIters=500)
    kept = np.ones(len(pixels), dtype=bool) if mask is None else mask.ravel().astype(bool)
    return kept if kept.sum() >= max(6, 0.7 * len(pixels)) else np.ones(len(pixels), dtype=bool)


def _residuals(matrix: Points, pixels: Points, metres: Points) -> Points:
    return np.asarray(np.linalg.norm(apply_map(matrix, metres) - pixels, axis=1), dtype=np.float64)


def _check_spread(pixels: Points, metres: Points) -> None:
    if len(pixels) < 4:
        raise DetectError(f"reference_points: only {len(pixels)}; {NEED_POINTS}", "too_few")
    for points, what in ((metres, "m"), (pixels, "px")):
        if len(np.unique(points.round(6), axis=0)) < 4:
            raise DetectError(f"reference_points: fewer than 4 different {what}; {NEED_POINTS}", "too_few")
        centred = points - points.mean(axis=0)
        spread = np.linalg.svd(centred, compute_uv=False)
        if spread[1] < 0.01 * spread[0] or _widest_triangle_is_flat(points):
            raise DetectError(f"reference_points: their {what} lie on a line; {NEED_POINTS}", "collinear")


def _widest_triangle_is_flat(points: Points) -> bool:
    """With exactly 4 points no three may be collinear: the map would not be determined."""
    if len(points) != 4:
        return False
    size = float(np.ptp(points, axis=0).max()) ** 2
    for left_out in range(4):
        a, b, c = np.delete(points, left_out, axis=0)
        if abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) < 0.002 * size:
            return True
    return False


def _check_view(matrix: Points, metres: Points) -> None:
    """The facade must be seen from the front: never mirrored, no point at or behind the horizon."""
    depth = metres @ matrix[2, :2] + matrix[2, 2]
    if (depth <= 1e-6).any():
        raise DetectError(
            "reference_points: crossed (no camera sees them in this order); check which px belongs to which m",
            "crossed",
        )
    if np.linalg.det(matrix) >= 0:
        raise DetectError(
            "reference_points: mirrored; m is [X to the right, Y up] and px is [x to the right, y down]",
            "mirrored",
        )


def estimate_camera(matrix: Points, width: int, height: int) -> tuple[float, float, float] | None:
    """The camera's place from the plane map alone, for square pixels and a centred lens; None when it can't be told."""
    shift = np.array([[1.0, 0.0, -width / 2], [0.0, 1.0, -height / 2], [0.0, 0.0, 1.0]])
    a, b, c = (shift @ matrix).T
    rows = np.array([[a[0] * b[0] + a[1] * b[1], a[2] * b[2]],
                     [a[0] ** 2 + a[1] ** 2 - b[0] ** 2 - b[1] ** 2, a[2] ** 2 - b[2] ** 2]])  # fmt: skip
    inverse_square = -float(rows[:, 0] @ rows[:, 1]) / float(rows[:, 0] @ rows[:, 0])
    if not 1e-9 < inverse_square * width * width < 12.0:
        return None
    flatten = np.array([np.sqrt(inverse_square), np.sqrt(inverse_square), 1.0])
    first, second, offset = flatten * a, flatten * b, flatten * c
    size = (np.linalg.norm(first) + np.linalg.norm(second)) / 2
    rotation = np.stack((first, second, np.cross(first, second) / size), axis=1) / size
    place = -np.linalg.inv(rotation) @ (offset / size)
    return (float(place[0]), float(place[1]), float(place[2])) if place[2] > 2.0 else None

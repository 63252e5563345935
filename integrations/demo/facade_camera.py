"""A pinhole camera that looks at a facade: where a point in space appears in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PinholeCamera:
    """Position and target in facade metres (X right, Y up, Z towards the camera); focal length in pixels."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    focal_px: float
    width: int
    height: int

    def matrix(self) -> Points:
        """The 3x3 matrix from directions in the world to homogeneous pixels."""
        forward = np.subtract(self.target, self.position)
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, (0.0, 1.0, 0.0))
        right = right / np.linalg.norm(right)
        down = np.cross(forward, right)
        intrinsic = np.array(
            [[self.focal_px, 0.0, self.width / 2], [0.0, self.focal_px, self.height / 2], [0.0, 0.0, 1.0]]
        )
        return np.asarray(intrinsic @ np.stack((right, down, forward)), dtype=np.float64)

    def project(self, points: Points) -> Points:
        """Pixels (N, 2) of points (N, 3); a point behind the camera becomes not-a-number."""
        rays = (np.asarray(points, dtype=np.float64) - np.array(self.position)) @ self.matrix().T
        depth = np.where(rays[:, 2:] > 0.05, rays[:, 2:], np.nan)
        return np.asarray(rays[:, :2] / depth, dtype=np.float64)

    def scale(self, points: Points) -> Points:
        """Pixels per metre across the line of sight at each point (N,)."""
        distance = np.linalg.norm(np.asarray(points) - np.array(self.position), axis=1)
        return np.asarray(self.focal_px / np.maximum(distance, 0.1), dtype=np.float64)

    def homography(self) -> Points:
        """The 3x3 map from facade metres (X, Y) to pixels."""
        matrix = self.matrix()
        offset = -(matrix @ np.array(self.position))
        return np.stack((matrix[:, 0], matrix[:, 1], offset), axis=1)

"""A threshold for every part of the picture, learned: places that stir by themselves need a stronger change."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

TILE = 8
CEILING = 90.0
RISE = 0.8
FALL_S = 120.0
RENEW_S = 0.3


class ThresholdMap:
    """One byte for each (half-size) pixel; grows in tiles that keep exceeding it, decays towards the floor."""

    def __init__(self, shape: tuple[int, ...], floor: float) -> None:
        self._excess = np.zeros((-(-shape[0] // TILE), -(-shape[1] // TILE)), dtype=np.float32)
        self._shape = shape
        self._renewed: float | None = None
        self._tiled: Luma | None = None
        self.floor = floor
        self.values: Luma = np.full(self._shape, round(floor), dtype=np.uint8)

    def learn(self, tiles: NDArray[np.bool_], t: float) -> None:
        """Raise the tiles that were exceeded in the picture at `t`, let the others sink, renew now and then."""
        self._excess[tiles] = np.minimum(self._excess[tiles] * 1.08 + RISE, CEILING)
        if self._renewed is not None and 0 <= t - self._renewed < RENEW_S:
            return
        passed = 0.0 if self._renewed is None else min(max(t - self._renewed, 0.0), 5.0)
        self._renewed = t
        self._excess *= np.float32(np.exp(-passed / FALL_S))
        spread = cv2.dilate(self._excess, np.ones((3, 3), dtype=np.uint8))
        tiled = np.clip(self.floor + 0.5 * (spread + self._excess), 0, 255).astype(np.uint8)
        if self._tiled is not None and np.array_equal(tiled, self._tiled):
            return
        self._tiled = tiled
        wide = cv2.resize(tiled, None, fx=TILE, fy=TILE, interpolation=cv2.INTER_NEAREST)
        self.values = np.ascontiguousarray(wide[: self._shape[0], : self._shape[1]])

    def set_floor(self, floor: float) -> None:
        """Move the floor, at once where it matters: up when noise has grown."""
        grown = floor - self.floor
        self.floor = floor
        if grown > 0.5:
            self._tiled = None
            self.values = np.clip(self.values.astype(np.int16) + round(grown), 0, 255).astype(np.uint8)

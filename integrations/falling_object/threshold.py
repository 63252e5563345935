"""A threshold for every part of the picture, learned: places that stir by themselves need a stronger change."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .blobs import TILE

Luma = NDArray[np.uint8]

CEILING = 90.0
RISE = 0.8
# excess of a tile that stirred a dozen times in the last minutes, more than one slow thing makes it
USUAL = 14.0
FALL_S = 120.0
RENEW_S = 0.3
_NEIGHBOURS = np.ones((3, 3), dtype=np.uint8)


class ThresholdMap:
    """One byte for each (half-size) pixel; grows in tiles that keep exceeding it, decays towards the floor."""

    def __init__(self, shape: tuple[int, ...], floor: float) -> None:
        rows, columns = -(-shape[0] // TILE), -(-shape[1] // TILE)
        self._excess = np.zeros((rows, columns), dtype=np.float32)
        self._stirred = False
        self._local: NDArray[np.float32] | None = None
        self._renewed: float | None = None
        self._tiled = np.full((rows, columns), round(floor), dtype=np.uint8)
        self._whole = np.full((rows * TILE, columns * TILE), round(floor), dtype=np.uint8)
        self.floor = floor
        self.values: Luma = self._whole[: shape[0], : shape[1]]

    def is_news(self, tiles: NDArray[np.bool_]) -> bool:
        """Whether something stirs where hardly anything did lately."""
        return bool((self._excess[tiles] < USUAL).any())

    def learn(self, tiles: NDArray[np.bool_] | None, t: float) -> None:
        """Raise the tiles that were exceeded in the picture at `t`, let the others sink, renew now and then."""
        if tiles is not None:
            self._excess[tiles] = np.minimum(self._excess[tiles] * 1.08 + RISE, CEILING)
            self._stirred = True
        if self._renewed is not None and 0 <= t - self._renewed < RENEW_S:
            return
        passed = 0.0 if self._renewed is None else min(max(t - self._renewed, 0.0), 5.0)
        self._renewed = t
        if self._stirred:
            self._excess *= np.float32(np.exp(-passed / FALL_S))
        self._renew()

    def _renew(self) -> None:
        """Write the map, where it has changed at all."""
        spread = cv2.dilate(self._excess, _NEIGHBOURS) if self._stirred else self._excess
        floor = self.floor if self._local is None else np.maximum(self._local, self.floor)
        tiled = np.clip(floor + 0.5 * (spread + self._excess), 0, 255).astype(np.uint8)
        if tiled.tobytes() != self._tiled.tobytes():
            self._tiled = tiled
            cv2.resize(tiled, self._whole.shape[::-1], dst=self._whole, interpolation=cv2.INTER_NEAREST)

    def set_floor(self, floor: float, local: NDArray[np.float32] | None = None) -> None:
        """Move the floor, at once where it matters: up when noise has grown. `local`: floors of tiles above it."""
        grown, self.floor = floor - self.floor, floor
        self._local = local
        if grown > 0.5 or local is not None:
            self._renew()

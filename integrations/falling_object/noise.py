"""How strong the noise of the three-frame minimum is: over the picture, and by night in every tile of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .blobs import TILE

Luma = NDArray[np.uint8]

NOISE_QUANTILE, NOISE_BLOCKS = 0.995, 6
# an encoder lets noise through in bursts: so many times its root mean square, and a little, is exceeded about ten
# times in a picture
EXCEEDED_SELDOM, LITTLE = 9.0, 0.4
# a tile counts for no more than so many times the usual one: lamps and what flies by are not noise
MOST_OF_USUAL = 9.0
REMEMBERED = 12  # measurements
MOST = 26.0


class LocalNoise:
    """The noise of every tile, followed over some seconds."""

    def __init__(self) -> None:
        self._power: NDArray[np.float32] | None = None
        self.count = 0

    def floors(self, least: Luma) -> NDArray[np.float32]:
        """Thresholds that noise exceeds only about ten times in a whole picture, for each tile of `least`."""
        rows, columns = (-(-size // TILE) for size in least.shape)
        strength = least.astype(np.float32)
        power = cv2.resize(
            strength * strength, (-(-columns // 2), -(-rows // 2)), interpolation=cv2.INTER_AREA
        )
        power = np.minimum(power, MOST_OF_USUAL * float(np.median(power)))
        self.count = min(self.count + 1, REMEMBERED)
        before = power if self._power is None else self._power
        self._power = (before + (power - before) / self.count).astype(np.float32)
        smooth = cv2.resize(np.sqrt(self._power), (columns, rows), interpolation=cv2.INTER_LINEAR)
        return np.asarray(np.minimum(EXCEEDED_SELDOM * (smooth + LITTLE), MOST), dtype=np.float32)


def noise_level(least: Luma) -> float:
    """What the three-frame minimum rarely exceeds in most parts of the picture, whatever stirs in a few of them."""
    sample = least[::3, ::3]
    rows, columns = (size // NOISE_BLOCKS for size in sample.shape)
    blocks = sample[: rows * NOISE_BLOCKS, : columns * NOISE_BLOCKS].reshape(
        NOISE_BLOCKS, rows, NOISE_BLOCKS, columns
    )
    flat = blocks.transpose(0, 2, 1, 3).reshape(NOISE_BLOCKS**2, -1)
    rank = min(int(NOISE_QUANTILE * flat.shape[1]), flat.shape[1] - 1)
    return float(np.median(np.partition(flat, rank, axis=1)[:, rank]))

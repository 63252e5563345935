"""What pictures look like to an analyzer: dark, burnt out, blurred, noisy, repeated."""

from dataclasses import dataclass
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.camera.picture import Picture

BLACK, WHITE = 20, 250  # grey levels; many cameras never go below 16
SAME_MEAN, SAME_MOST = 0.35, 12  # grey levels by which one picture, encoded twice, may differ
EVERY = 5  # pictures between two looks: these take milliseconds
BLOCK = 16
STILL_SHARE = 30  # per cent of blocks that are taken to be still
STILL_RUN = 5  # repeated pictures in a row that are a still scene rather than a camera's fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Medians over the pictures; brightness in grey levels (0 to 255), shares 0 to 1."""

    brightness: float
    bright_end: float  # the 90th percentile: what little light there is
    black: float
    white: float
    blur: float  # 0 sharp to 1 blurred
    noise: float  # grey levels, one standard deviation
    repeated: float  # share of pictures that are the one before again


class Judge:
    """Takes pictures in their order, and says what they look like."""

    def __init__(self) -> None:
        self._seen = 0
        self._runs = [0]  # of repeated pictures, between those that differ
        self._last: Picture | None = None
        self._looks: list[tuple[float, ...]] = []
        self._noise: list[float] = []

    def feed(self, luma: Picture) -> None:
        """One more picture (height, width)."""
        sparse = luma[::2, ::2]
        if self._last is not None and self._last.shape == sparse.shape:
            difference: Picture = np.asarray(cv2.absdiff(sparse, self._last), dtype=np.uint8)
            same = float(difference.mean()) < SAME_MEAN and int(difference.max()) <= SAME_MOST
            if same:
                self._runs[-1] += 1
            else:
                self._runs.append(0)
            if not same and self._seen % EVERY == 0:
                self._noise.append(noise_of(difference))
        if self._seen % EVERY == 0:
            self._looks.append(look_at(luma))
        self._last = sparse.copy()
        self._seen += 1

    def looks(self) -> Looks:
        """What was seen so far; ValueError before the first picture."""
        if not self._looks:
            raise ValueError("there were no pictures")
        brightness, bright_end, black, white, blur = (
            median(column) for column in zip(*self._looks, strict=True)
        )
        return Looks(
            brightness=brightness, bright_end=bright_end, black=black, white=white, blur=blur,
            noise=median(self._noise) if self._noise else 0.0,
            repeated=self._repeated(),
        )  # fmt: skip

    def _repeated(self) -> float:
        """Share of repeated pictures; while a scene stands still, encoders repeat them and nothing is wrong."""
        still = sum(run for run in self._runs if run >= STILL_RUN)
        return sum(run for run in self._runs if run < STILL_RUN) / max(self._seen - 1 - still, 1)


def look_at(luma: Picture) -> tuple[float, ...]:
    """Brightness, bright end, black and white shares, and blur of one picture."""
    share = cv2.calcHist([luma], [0], None, [256], [0, 256]).ravel() / luma.size
    below = np.cumsum(share)
    return (
        float(np.searchsorted(below, 0.5)),
        float(np.searchsorted(below, 0.9)),
        float(below[BLACK]),
        max(float(1 - below[WHITE - 1]), 0.0),
        blur_of(luma),
    )


def blur_of(luma: Picture) -> float:
    """How little is lost by blurring once more (Crete-Roffet et al., 2007): 0 sharp to 1 blurred."""
    picture = luma.astype(np.float32)
    kept = []
    for axis, size in ((0, (1, 9)), (1, (9, 1))):
        before: NDArray[Any] = np.abs(np.diff(picture, axis=axis))
        after: NDArray[Any] = np.abs(np.diff(cv2.blur(picture, size), axis=axis))
        total = float(before.sum())
        kept.append(1 - float(np.maximum(before - after, 0).sum()) / total if total else 1.0)
    return max(kept)


def noise_of(difference: Picture) -> float:
    """Standard deviation of the noise in one picture, from the difference of two: in blocks where little moves."""
    height, width = (size // BLOCK * BLOCK for size in difference.shape)
    if not height or not width:
        return 0.0
    blocks = (
        difference[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean(axis=(1, 3))
    )
    # The mean of |d| is 0.798 of its standard deviation, which is that of two pictures' noise.
    return float(np.percentile(blocks, STILL_SHARE)) / 0.798 / 2**0.5

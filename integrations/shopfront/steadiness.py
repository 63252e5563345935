"""Where a picture lies against the one before: small shifts of a pole in the wind, and larger ones of a push."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from integrations.shopfront.light import Values, box

SMALLEST = 0.2  # pixels: less is not worth moving a picture for
LARGEST = 0.12  # of the window's width: farther shifts can't be told from another picture
BETTER = 0.8  # of the difference must be left at most, for a shift to be believed
Shift = tuple[float, float]  # pixels to the right and down


class Steadiness:
    """Finds how pictures lie against a reference."""

    def __init__(self, width: int, height: int) -> None:
        self._half = (max(8, width // 2), max(8, height // 2))
        self._scale = (width / self._half[0], height / self._half[1])
        self._last: Shift = (0.0, 0.0)
        self._hann = cv2.createHanningWindow(self._half, cv2.CV_32F)

    def shift(self, reference: Values, now: Values) -> Shift:
        """How far `now` lies from the reference; (0, 0) when nothing better can be said."""
        one, other = self._edges(reference), self._edges(now)
        (x, y), _response = cv2.phaseCorrelate(one, other, self._hann)
        far = LARGEST * self._half[0]
        choices = [one_shift for one_shift in ((x, y), self._last) if max(map(abs, one_shift)) <= far]
        rests = [(rest(one, moved(other, (-x, -y))), (x, y)) for x, y in choices]
        least, best = min(rests, default=(1.0, (0.0, 0.0)))
        if least > BETTER * rest(one, other) or max(map(abs, best)) * self._scale[0] < SMALLEST:
            best = (0.0, 0.0)
        self._last = best
        return best[0] * self._scale[0], best[1] * self._scale[1]

    def _edges(self, values: Values) -> NDArray[np.float32]:
        small = cv2.resize(values[..., 0], self._half, interpolation=cv2.INTER_AREA)
        # What is bright or dark beyond all measure (lamps, masks) would pull the shift to itself.
        return np.asarray(np.clip(small - box(small, 15), -0.3, 0.3), dtype=np.float32)


def rest(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How different two pictures are where they differ little: what moves in them must not count."""
    difference = np.sort(np.abs(one - other)[4:-4, 4:-4].ravel())
    return float(difference[: int(len(difference) * 0.9)].mean())


def moved(values: NDArray[np.float32], by: Shift) -> NDArray[np.float32]:
    """The picture moved by so many pixels; its border is repeated."""
    matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]], dtype=np.float32)
    size = (values.shape[1], values.shape[0])
    mode = cv2.BORDER_REPLICATE
    return np.asarray(
        cv2.warpAffine(values, matrix, size, flags=cv2.INTER_LINEAR, borderMode=mode), np.float32
    )

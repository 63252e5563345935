"""How far a shaking camera has moved: the shift of a structured patch, measured only while the picture is restless."""

from __future__ import annotations

from collections import deque
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Patch = NDArray[np.float32]
Shift = tuple[float, float]

SIDE = 192
RESTLESS_SHARE = 0.004
RESTLESS_OF = (2, 5)
TRIAL_S, HOLD_S, REST_S = 1.0, 4.0, 8.0
CLEARLY = 0.93
# how much of the newest patch enters the reference, so that light and compression do not age it
RENEWAL = 0.02
LEAST_MISS = 1.0
# after so many pictures that no shift explains, the camera does not shake but turns: give up for a while
LOST_LIMIT, LOST_SHARE = 10, 0.7
FARTHEST_PX = 24.0
ROUNDS = 4


class Steadier:
    """Decides when to measure, and measures shifts in (half-size) pixels against a patch taken when it began."""

    def __init__(self) -> None:
        self._reference: Patch | None = None
        self._window: Patch | None = None
        self._corner = (0, 0)
        self._restless: deque[bool] = deque(maxlen=RESTLESS_OF[1])
        self._began = self._moved = 0.0
        self._rest_until = -1.0
        self._last: Shift = (0.0, 0.0)
        self._least = 1e3
        self._lost = 0

    @property
    def active(self) -> bool:
        """Whether shifts are being measured."""
        return self._reference is not None

    def note(self, hit_share: float, t: float) -> bool:
        """Hear which share of the picture changed at `t`; True when measuring ought to begin."""
        self._restless.append(hit_share > RESTLESS_SHARE)
        return not self.active and t >= self._rest_until and sum(self._restless) >= RESTLESS_OF[0]

    def begin(self, half: Luma, t: float) -> None:
        """Take the reference patch where the picture has most structure."""
        height, width = half.shape
        size = min(SIDE, height // 2 * 2, width // 2 * 2)
        self._corner = _find_structure(half, size)
        self._window = cv2.createHanningWindow((size, size), cv2.CV_32F).astype(np.float32)
        self._reference = self._cut(half, size)
        self._began = self._moved = t
        self._last, self._least, self._lost = (0.0, 0.0), 1e3, 0

    def shift(self, half: Luma, t: float) -> Shift:
        """How far the picture has moved from the reference, (x, y); ends measuring after a calm while."""
        if self._reference is None or self._window is None:
            return (0.0, 0.0)
        self._last, clearly = self._measure(
            self._reference, self._cut(half, len(self._reference)), self._window
        )
        if clearly:
            self._moved = t
        calm = t - self._moved > (TRIAL_S if self._moved == self._began else HOLD_S)
        if calm or self._lost > LOST_LIMIT:
            self._reference, self._rest_until = None, t + REST_S
        return self._last

    def _measure(self, reference: Patch, patch: Patch, window: Patch) -> tuple[Shift, bool]:
        """The shift that makes the patches agree best, sought from the last one, then anywhere; and whether the
        picture has clearly moved."""
        still = disagreement(reference, patch, (0.0, 0.0))
        best = refine(reference, patch, self._last)
        left = disagreement(reference, patch, best)
        if left > 1.3 * self._least:
            # OpenCV applies the window in place when no padding is needed: hand it copies
            (x, y), _ = cv2.phaseCorrelate(reference.copy(), patch.copy(), window)
            for start in ((0.0, 0.0), (float(x), float(y))):
                other = refine(reference, patch, start)
                there = disagreement(reference, patch, other)
                if there < left and np.hypot(*other) < FARTHEST_PX:
                    best, left = other, there
        self._lost = self._lost + 1 if left > LOST_SHARE * still and left > 2.0 * self._least else 0
        self._least = max(min(self._least * 1.005, left), LEAST_MISS)
        if left <= 1.1 * self._least:
            back = _move_back(patch, best)
            self._reference = reference + np.float32(RENEWAL) * (back - reference)
        return (best if left < still else (0.0, 0.0)), left < CLEARLY * still

    def _cut(self, half: Luma, size: int) -> Patch:
        x, y = self._corner
        return half[y : y + size, x : x + size].astype(np.float32)


def _find_structure(half: Luma, size: int) -> tuple[int, int]:
    """The corner of the square with the strongest edges in both directions."""
    small = half[::4, ::4].astype(np.float32)
    across = cv2.blur(np.abs(cv2.Sobel(small, cv2.CV_32F, 1, 0)), (size // 4, size // 4))
    down = cv2.blur(np.abs(cv2.Sobel(small, cv2.CV_32F, 0, 1)), (size // 4, size // 4))
    margin = size // 8
    inner = np.minimum(across, down)[
        margin : small.shape[0] - margin + 1, margin : small.shape[1] - margin + 1
    ]
    row, column = np.unravel_index(int(np.argmax(inner)), inner.shape)
    return min(int(column) * 4, half.shape[1] - size), min(int(row) * 4, half.shape[0] - size)


def refine(reference: Patch, patch: Patch, start: Shift) -> Shift:
    """Gauss-Newton on the difference of the patches: phase correlation alone errs by up to a sixth of a pixel."""
    across = cv2.Sobel(reference, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(reference, cv2.CV_32F, 0, 1, scale=0.125)
    slopes = np.stack((across[12:-12, 12:-12].ravel(), down[12:-12, 12:-12].ravel()))
    curvature = slopes @ slopes.T + np.eye(2, dtype=np.float32)
    x, y = start
    for _ in range(ROUNDS):
        miss = _difference(reference, patch, (x, y)).ravel()
        step = np.linalg.solve(curvature, slopes @ np.clip(miss, -30, 30))
        x, y = x - float(step[0]), y - float(step[1])
        if float(np.abs(step).max()) < 0.01:
            break
    return (x, y) if np.hypot(x - start[0], y - start[1]) < 3.0 else start


def disagreement(reference: Patch, patch: Patch, shift: Shift) -> float:
    """Root mean square difference of the patches after moving one back by `shift`, light apart."""
    miss = _difference(reference, patch, shift)
    return float(np.sqrt(np.mean(np.clip(miss, -30, 30) ** 2)))


def _difference(reference: Patch, patch: Patch, shift: Shift) -> Patch:
    miss = (_move_back(patch, shift) - reference)[12:-12, 12:-12]
    return np.asarray(miss - miss.mean(), dtype=np.float32)


def _move_back(patch: Patch, shift: Shift) -> Patch:
    return np.asarray(_shift(patch, (-shift[0], -shift[1])), dtype=np.float32)


def move(picture: Luma, by: Shift) -> Luma:
    """The picture shifted by (x, y) pixels, edges repeated."""
    return np.asarray(_shift(picture, by), dtype=np.uint8)


def _shift(picture: NDArray[Any], by: Shift) -> NDArray[Any]:
    """Whole pixels by slicing, the rest by a cubic kernel in each direction: 30 times faster than a cubic warp."""
    whole = (int(np.floor(by[0])), int(np.floor(by[1])))
    if whole != (0, 0):
        height, width = picture.shape
        reach = max(abs(whole[0]), abs(whole[1]))
        wide = cv2.copyMakeBorder(picture, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
        left, top = reach - whole[0], reach - whole[1]
        picture = wide[top : top + height, left : left + width]
    across, down = (_cubic(by[axis] - whole[axis]) for axis in (0, 1))
    return np.asarray(
        cv2.sepFilter2D(picture, -1, across, down, anchor=(2, 2), borderType=cv2.BORDER_REPLICATE)
    )


def _cubic(fraction: float) -> NDArray[np.float32]:
    """Weights of the pixels -2, -1, 0, +1 for a shift by 0 to 1 pixel (Keys' kernel, a = -0.5)."""
    distance = np.abs(np.array([-2.0, -1.0, 0.0, 1.0]) + fraction)
    near = (1.5 * distance - 2.5) * distance**2 + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    return np.where(distance <= 1.0, near, np.where(distance < 2.0, far, 0.0)).astype(np.float32)


def edge_allowance(picture: Luma) -> Luma:
    """Extra threshold along edges, where a fraction of a pixel of movement shows most."""
    kernel = np.ones((3, 3), dtype=np.uint8)
    steepness = cv2.morphologyEx(picture, cv2.MORPH_GRADIENT, kernel)
    return np.asarray(cv2.convertScaleAbs(steepness, alpha=0.14))

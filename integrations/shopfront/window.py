"""The part of the picture that is looked at: the zones and what is around them, scaled to what looking needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Picture = NDArray[np.uint8]

MARGIN = 0.2  # of the zones' box, on each side: light is judged by what lies around
MOST_PIXELS = 60_000
LEAST_SIDE = 24  # pixels at work; smaller windows are widened


@dataclass(frozen=True, slots=True)
class Window:
    """A box of the full picture (pixels) and the size it is scaled to."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels at work for one of the full picture, across and down."""
        return self.width / (self.right - self.left), self.height / (self.bottom - self.top)

    def cut(self, picture: Picture) -> Picture:
        """The window's part of a full picture at work size."""
        part = picture[self.top : self.bottom, self.left : self.right]
        if part.shape[:2] == (self.height, self.width):
            return part
        scaled = cv2.resize(part, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(scaled, dtype=np.uint8)

    def mask(self, points: Sequence[Sequence[float]]) -> Mask:
        """A polygon of the full picture, at work size."""
        across, down = self.scale
        scaled = [((x - self.left) * across, (y - self.top) * down) for x, y in points]
        sheet = np.zeros((self.height, self.width), dtype=np.uint8)
        cv2.fillPoly(sheet, [np.round(np.array(scaled)).astype(np.int32)], 1)
        return sheet.astype(bool)

    def full(self, x: float, y: float) -> tuple[float, float]:
        """Where a place at work size lies in the full picture."""
        across, down = self.scale
        return self.left + x / across, self.top + y / down


def window_of(polygons: Sequence[Sequence[Sequence[float]]], width: int, height: int) -> Window:
    """The window around the zones of a picture; ValueError when they lie outside of it."""
    corners: NDArray[Any] = np.array([point for points in polygons for point in points], dtype=np.float64)
    corners = np.clip(corners, 0, (width, height))
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    if right - left < 2 or bottom - top < 2:
        raise ValueError(f"the zone lies outside of the picture, which is {width}x{height}")
    wide = max(MARGIN * (right - left), (LEAST_SIDE - (right - left)) / 2)
    high = max(MARGIN * (bottom - top), (LEAST_SIDE - (bottom - top)) / 2)
    box = (
        max(0, int(left - wide)),
        max(0, int(top - high)),
        min(width, int(right + wide) + 1),
        min(height, int(bottom + high) + 1),
    )
    across, down = box[2] - box[0], box[3] - box[1]
    scale = min(1.0, (MOST_PIXELS / (across * down)) ** 0.5)
    return Window(*box, width=max(1, round(across * scale)), height=max(1, round(down * scale)))

"""From a picture of excess to blobs: hits that touch are one, measured in full-size pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Box = tuple[int, int, int, int]
Patch = tuple[int, int, int, int, float]

TILE = 8
COARSE_FROM = 10_000
# half-size pixels smear a small thing by so much of their area
SPREAD_PX2 = 1.8
_NEIGHBOURS = np.ones((3, 3), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Blob:
    """A candidate in one picture: centroid, area, contrast and extent, in full-size pixels and grey levels."""

    t: float
    x: float
    y: float
    area: float
    contrast: float
    width: float
    height: float
    weight: float


def hit_tiles(excess: Luma) -> tuple[NDArray[np.bool_], float] | None:
    """The tiles with a hit, and the share of words of 8 pixels with one; None when there is none.

    `excess` comes from a pool: zero beyond its edges.
    """
    whole = np.asarray(excess.base, dtype=np.uint8)
    rows = whole.shape[0] // TILE
    stripes = np.flatnonzero(cv2.reduce(whole.reshape(rows, -1), 1, cv2.REDUCE_MAX))
    if not len(stripes):
        return None
    words = whole.view(np.uint64).reshape(rows, TILE, -1)[stripes]
    tiles = np.zeros((rows, words.shape[2]), dtype=bool)
    tiles[stripes] = np.bitwise_or.reduce(words, axis=1) != 0
    return tiles, np.count_nonzero(words) / (whole.size / TILE)


def group_tiles(tiles: NDArray[np.bool_]) -> list[Box]:
    """Boxes (x0, y0, x1, y1 in half-size pixels) around tiles that touch."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(tiles.view(np.uint8), connectivity=8)
    return [(x * TILE, y * TILE, (x + w) * TILE, (y + h) * TILE) for x, y, w, h, _ in stats[1:count].tolist()]


def split_box(excess: Luma, box: Box) -> list[Patch]:
    """The separate hits in a box: (x0, y0, x1, y1, sum of excess), hits within 2 pixels joined."""
    x0, y0, x1, y1 = box
    crop = excess[y0:y1, x0:x1]
    joined = cv2.dilate(crop, _NEIGHBOURS)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    if count == 2:
        sums = [0.0, cv2.sumElems(crop)[0]]
    else:
        sums = np.bincount(labels.ravel(), weights=crop.ravel(), minlength=count).tolist()
    return [
        (x0 + x, y0 + y, x0 + x + w, y0 + y + h, total)
        for (x, y, w, h, _), total in zip(stats[1:count].tolist(), sums[1:], strict=True)
    ]


def measure(patch: Patch, earlier: Luma, middle: Luma, later: Luma, t: float, unit: int) -> Blob | None:
    """Centroid, area and contrast of a patch, in full-size pixels; coarse for huge ones.

    The pictures are full-size (`unit` 1) or half-size (`unit` 2).
    """
    x0, y0, x1, y1, weight = patch
    if (x1 - x0) * (y1 - y0) > COARSE_FROM:
        width, height = 2.0 * (x1 - x0), 2.0 * (y1 - y0)
        return Blob(t, x0 + x1 - 0.5, y0 + y1 - 0.5, 0.5 * width * height, 10.0, width, height, weight)
    zoom = 2 // unit
    left, top = max(zoom * x0 - 2, 0), max(zoom * y0 - 2, 0)
    crop = np.s_[top : zoom * y1 + 2, left : zoom * x1 + 2]
    now, before, after = middle[crop], earlier[crop], later[crop]
    brighter = cv2.min(cv2.subtract(now, before), cv2.subtract(now, after))
    darker = cv2.min(cv2.subtract(before, now), cv2.subtract(after, now))
    return _moments(brighter, darker, left, top, t, weight, unit)


def _moments(
    brighter: cv2.typing.MatLike,
    darker: cv2.typing.MatLike,
    left: int,
    top: int,
    t: float,
    weight: float,
    unit: int,
) -> Blob | None:
    strength = cv2.max(brighter, darker)
    peak, (x_peak, y_peak) = cv2.minMaxLoc(strength)[1::2]
    _, shown = cv2.threshold(strength, max(0.35 * peak, 3.0), 0, cv2.THRESH_TOZERO)
    sums = cv2.moments(shown)
    total = sums["m00"]
    if total <= 0.0:
        return None
    top_three = np.partition(strength, strength.size - 3, axis=None)[-3:]
    level = float(top_three.mean())
    sign = 1.0 if brighter[y_peak, x_peak] >= darker[y_peak, x_peak] else -1.0
    _, silhouette = cv2.threshold(strength, 0.2 * peak, 0, cv2.THRESH_TOZERO)
    area = cv2.sumElems(silhouette)[0] / max(level, 1.0)
    area = max(unit**2 * area - (unit**2 - 1) * SPREAD_PX2, 0.35 * area)
    half_pixel = 0.5 * (unit - 1)
    return Blob(
        t,
        unit * (left + sums["m10"] / total) + half_pixel,
        unit * (top + sums["m01"] / total) + half_pixel,
        area,
        sign * level,
        unit * _width(sums["mu20"] / total),
        unit * _width(sums["mu02"] / total),
        weight,
    )


def _width(variance: float) -> float:
    """The width of the box with this variance."""
    return float((12 * max(variance, 0.05)) ** 0.5)

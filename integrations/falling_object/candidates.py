"""Small things that were elsewhere a moment ago and are elsewhere a moment later: the three-frame minimum."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .steadiness import Shift, Steadier, edge_allowance, move
from .threshold import TILE, ThresholdMap

Luma = NDArray[np.uint8]

SPAN_S = 0.16
LEAST_SPAN, MOST_SPAN = 1, 8
BLOB_CAP = 120
UPSET_SHARE = 0.02
SAME_PICTURE, CLEAR_CHANGE = 0.12, 6.0
DAY_FLOOR, NIGHT_FLOOR = 5.0, 26.0
# independent noise exceeds 1.65 times the value that it exceeds once in 200 only once in 60,000
NOISE_QUANTILE, NOISE_FACTOR, NOISE_BLOCKS = 0.995, 1.65, 6
NOISE_EVERY_S = 0.5
# half-size pixels smear a small thing by so much of their area
SPREAD_PX2 = 1.8


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


@dataclass(frozen=True, slots=True)
class Sighting:
    """The blobs of the picture taken at `t`; `upset` says the whole scene changed and nothing can be said."""

    t: float
    blobs: tuple[Blob, ...]
    upset: bool


@dataclass(frozen=True, slots=True)
class _Picture:
    t: float
    full: Luma
    half: Luma
    key: bool
    shift: Shift


class CandidateFinder:
    """Feeds on luma pictures in time order; answers about a picture once its later neighbour is there."""

    def __init__(self) -> None:
        self._pictures: deque[_Picture] = deque()
        self._changes: deque[Luma] = deque()
        self._maps = _fresh_maps((2, 2))
        self._span = 2
        self._steps: deque[float] = deque(maxlen=15)
        self._noise_at: float | None = None
        self._steadier = Steadier()

    @property
    def span(self) -> int:
        """How many pictures lie between the middle one and each of its neighbours."""
        return self._span

    def feed(self, luma: Luma, t: float, key: bool) -> Sighting | None:
        """Take a picture; the sighting is about the picture `span` before it. None for repeats and at the start."""
        half = shrink(luma)
        if self._pictures and self._repeats(half):
            return None
        self._start_if_new_size(half)
        if self._pictures:
            self._steps.append(t - self._pictures[-1].t)
            self._choose_span()
        self._pictures.append(_Picture(t, luma, half, key, self._steadier.shift(half, t)))
        if len(self._pictures) <= self._span:
            return None
        self._changes.append(_difference(half, self._pictures[-1 - self._span].half))
        if len(self._pictures) <= 2 * self._span or len(self._changes) <= self._span:
            return None
        sighting = self._compare()
        self._forget()
        return sighting

    def _start_if_new_size(self, half: Luma) -> None:
        if self._pictures and self._pictures[-1].half.shape == half.shape:
            return
        self._pictures.clear()
        self._changes.clear()
        self._maps = _fresh_maps(half.shape)
        self._noise_at = None

    def _repeats(self, half: Luma) -> bool:
        """A stream that repeats pictures would hide motion: nowhere a clear change, and hardly any on average."""
        last = self._pictures[-1].half
        if last.shape != half.shape or cv2.norm(last, half, cv2.NORM_INF) > CLEAR_CHANGE:
            return False
        return bool(cv2.norm(last, half, cv2.NORM_L1) < SAME_PICTURE * half.size)

    def _choose_span(self) -> None:
        """As many pictures as pass in about a sixth of a second, settled once the rate is known."""
        if len(self._steps) != 12:
            return
        step = float(np.median(self._steps))
        wanted = min(max(round(SPAN_S / max(step, 1e-3)), LEAST_SPAN), MOST_SPAN)
        if wanted != self._span:
            self._span = wanted
            self._changes.clear()

    def _forget(self) -> None:
        while len(self._changes) > self._span:
            self._changes.popleft()
        while len(self._pictures) > 2 * self._span + 1:
            self._pictures.popleft()

    def _compare(self) -> Sighting:
        """The middle picture against its neighbours, above the map that fits its place in the stream."""
        pictures = self._pictures
        earlier, middle, later = pictures[-1 - 2 * self._span], pictures[-1 - self._span], pictures[-1]
        between = list(pictures)[-2 * self._span : len(pictures) - self._span]
        threshold = self._maps[1 if any(picture.key for picture in between) else 0]
        shaken = self._steadier.active and any(p.shift != middle.shift for p in (earlier, later))
        if shaken:
            earlier, middle, later = (_steady(p, middle.shift) for p in (earlier, middle, later))
            least = _smaller(_difference(middle.half, earlier.half), _difference(middle.half, later.half))
            least = _less(least, edge_allowance(middle.half))
        else:
            least = _smaller(self._changes[-1 - self._span], self._changes[-1])
        self._measure_noise(least, middle.t)
        excess = _less(least, threshold.values)
        blobs, tiles = self._gather(excess, earlier, middle, later, 2 if shaken else 1)
        threshold.learn(tiles, middle.t)
        return Sighting(middle.t, () if blobs is None else tuple(blobs), blobs is None)

    def _watch_steadiness(self, share: float) -> None:
        """Begin to measure shifts when much of the picture stirs; the pictures held get theirs afterwards."""
        if self._steadier.note(share, self._pictures[-1].t):
            middle = self._pictures[-1 - self._span]
            self._steadier.begin(middle.half, self._pictures[-1].t)
            self._pictures = deque(
                replace(p, shift=self._steadier.shift(p.half, p.t)) for p in self._pictures
            )

    def _measure_noise(self, least: Luma, t: float) -> None:
        """The floor follows the noise of the picture, so that night does not drown in specks."""
        if self._noise_at is not None and 0 <= t - self._noise_at < NOISE_EVERY_S:
            return
        first, self._noise_at = self._noise_at is None, t
        floor = min(max(NOISE_FACTOR * noise_level(least), DAY_FLOOR), NIGHT_FLOOR)
        for threshold, extra in zip(self._maps, (0.0, 2.0), strict=True):
            threshold.set_floor(floor + extra if first else 0.6 * threshold.floor + 0.4 * (floor + extra))

    def _gather(
        self, excess: Luma, earlier: _Picture, middle: _Picture, later: _Picture, unit: int
    ) -> tuple[list[Blob] | None, NDArray[np.bool_]]:
        """Blobs of the hits (None: too many, the scene is upset) and the tiles hit."""
        rows, columns = excess.shape
        tiles = np.zeros((-(-rows // TILE), -(-columns // TILE)), dtype=bool)
        if not cv2.hasNonZero(excess):
            self._watch_steadiness(0.0)
            return [], tiles
        ys, xs = hit_words(excess)
        self._watch_steadiness(len(ys) * 8 / excess.size)
        if len(ys) * 8 > UPSET_SHARE * excess.size:
            tiles[ys // TILE, xs // TILE] = True
            return None, tiles
        tiles[ys // TILE, xs // TILE] = True
        boxes = group_tiles(tiles)
        if len(boxes) > BLOB_CAP:
            return None, tiles
        patches = [patch for box in boxes for patch in split_box(excess, box)]
        if len(patches) > BLOB_CAP:
            return None, tiles
        blobs = [measure(patch, earlier.full, middle.full, later.full, middle.t, unit) for patch in patches]
        x, y = middle.shift
        return [
            replace(b, x=b.x - 2 * x, y=b.y - 2 * y) if x or y else b for b in blobs if b is not None
        ], tiles


def _steady(picture: _Picture, shift: Shift) -> _Picture:
    """The picture moved to another one's shift; its half-size picture then stands in for the full one."""
    by = (shift[0] - picture.shift[0], shift[1] - picture.shift[1])
    half = move(picture.half, by) if np.hypot(*by) > 0.03 else picture.half
    return replace(picture, half=half, full=half)


def _fresh_maps(shape: tuple[int, ...]) -> tuple[ThresholdMap, ThresholdMap]:
    """For ordinary pictures, and for those near a key frame, which is quantised anew."""
    return ThresholdMap(shape, DAY_FLOOR), ThresholdMap(shape, DAY_FLOOR + 2)


def _difference(a: Luma, b: Luma) -> Luma:
    return np.asarray(cv2.absdiff(a, b), dtype=np.uint8)


def _smaller(a: Luma, b: Luma) -> Luma:
    return np.asarray(cv2.min(a, b), dtype=np.uint8)


def _less(a: Luma, b: Luma) -> Luma:
    return np.asarray(cv2.subtract(a, b), dtype=np.uint8)


def shrink(luma: Luma) -> Luma:
    """The mean of 2x2 pixels: halves noise, quarters the work. An odd last row or column is left out."""
    even = luma[: luma.shape[0] // 2 * 2, : luma.shape[1] // 2 * 2]
    small = cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


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


def hit_words(excess: Luma) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and first column of every run of 8 pixels with a hit."""
    rows, columns = excess.shape
    if columns % 8:
        wide = np.zeros((rows, -(-columns // 8) * 8), dtype=np.uint8)
        wide[:, :columns] = excess
        excess = wide
    words = np.flatnonzero(excess.reshape(-1).view(np.uint64))
    row, word = np.divmod(words, excess.shape[1] // 8)
    return row, word * 8


def group_tiles(tiles: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Boxes (x0, y0, x1, y1 in half-size pixels) around tiles that touch."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(tiles.astype(np.uint8), connectivity=8)
    return [
        (int(x) * TILE, int(y) * TILE, int(x + w) * TILE, int(y + h) * TILE)
        for x, y, w, h, _ in stats[1:count]
    ]


Patch = tuple[int, int, int, int, float]


def split_box(excess: Luma, box: tuple[int, int, int, int]) -> list[Patch]:
    """The separate hits in a box: (x0, y0, x1, y1, sum of excess), hits within 2 pixels joined."""
    x0, y0, x1, y1 = box
    crop = np.ascontiguousarray(excess[y0:y1, x0:x1])
    joined = cv2.dilate((crop > 0).astype(np.uint8), np.ones((3, 3), dtype=np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    sums = np.bincount(labels.ravel(), weights=crop.ravel(), minlength=count)
    return [
        (x0 + int(x), y0 + int(y), x0 + int(x + w), y0 + int(y + h), float(sums[index]))
        for index, (x, y, w, h, _) in enumerate(stats[1:count], start=1)
    ]


def measure(patch: Patch, earlier: Luma, middle: Luma, later: Luma, t: float, unit: int) -> Blob | None:
    """Centroid, area and contrast of a patch, in full-size pixels; coarse for huge ones.

    The pictures are full-size (`unit` 1) or half-size (`unit` 2).
    """
    x0, y0, x1, y1, weight = patch
    if (x1 - x0) * (y1 - y0) > 10_000:
        return Blob(
            t,
            x0 + x1 - 0.5,
            y0 + y1 - 0.5,
            2.0 * (x1 - x0) * (y1 - y0),
            10.0,
            2.0 * (x1 - x0),
            2.0 * (y1 - y0),
            weight,
        )
    zoom = 2 // unit
    left, top = max(zoom * x0 - 2, 0), max(zoom * y0 - 2, 0)
    crop = np.s_[top : zoom * y1 + 2, left : zoom * x1 + 2]
    now = middle[crop].astype(np.float32)
    before, after = now - earlier[crop], now - later[crop]
    signed = np.where(np.abs(before) < np.abs(after), before, after)
    signed[before * after < 0] = 0.0
    return _moments(signed, left, top, t, weight, unit)


def _moments(
    signed: NDArray[np.float32], left: int, top: int, t: float, weight: float, unit: int
) -> Blob | None:
    strength = np.abs(signed)
    peak = float(strength.max())
    shown = np.where(strength > max(0.35 * peak, 3.0), strength, 0.0)
    total = float(shown.sum())
    if total <= 0.0:
        return None
    columns, rows = shown.sum(axis=0), shown.sum(axis=1)
    (x, width), (y, height) = _spread(columns / total), _spread(rows / total)
    level = float(np.sort(strength, axis=None)[-3:].mean())
    sign = 1.0 if float(signed[strength >= peak][0]) > 0 else -1.0
    area = float(strength[strength > 0.2 * peak].sum()) / max(level, 1.0)
    half_pixel = 0.5 * (unit - 1)
    area = max(unit**2 * area - (unit**2 - 1) * SPREAD_PX2, 0.35 * area)
    return Blob(
        t, unit * (left + x) + half_pixel, unit * (top + y) + half_pixel, area, sign * level,
        unit * width, unit * height, weight,
    )  # fmt: skip


def _spread(profile: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Mean of a normalised profile and the width of the box with the same variance."""
    index = np.arange(len(profile))
    mean = float(profile @ index)
    return mean, float(np.sqrt(12 * max(float(profile @ (index - mean) ** 2), 0.05)))

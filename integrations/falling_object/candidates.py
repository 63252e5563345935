"""Small things that were elsewhere a moment ago and are elsewhere a moment later: the three-frame minimum."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .threshold import TILE, ThresholdMap

Luma = NDArray[np.uint8]

SPAN_S = 0.115
LEAST_SPAN, MOST_SPAN = 1, 8
BLOB_CAP = 120
UPSET_SHARE = 0.02
SAME_PICTURE = 0.12
DAY_FLOOR, NIGHT_FLOOR = 5.0, 26.0
NOISE_FACTOR = 5.2
NOISE_EVERY_S = 1.0
SETTLE_S = 0.6


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


class CandidateFinder:
    """Feeds on luma pictures in time order; answers about a picture once its later neighbour is there."""

    def __init__(self) -> None:
        self._pictures: deque[_Picture] = deque()
        self._changes: deque[Luma] = deque()
        self._maps: tuple[ThresholdMap, ThresholdMap] | None = None
        self._span = 2
        self._steps: deque[float] = deque(maxlen=15)
        self._noise_at: float | None = None
        self._since_key = 0

    @property
    def span(self) -> int:
        """How many pictures lie between the middle one and each of its neighbours."""
        return self._span

    def pictures(self) -> list[tuple[float, Luma]]:
        """The half-size pictures still held, oldest first."""
        return [(picture.t, picture.half) for picture in self._pictures]

    def feed(self, luma: Luma, t: float, key: bool) -> Sighting | None:
        """Take a picture; the sighting is about the picture `span` before it. None for repeats and at the start."""
        half = shrink(luma)
        if self._pictures and self._repeats(half):
            return None
        self._start_if_new_size(half)
        if self._pictures:
            self._steps.append(t - self._pictures[-1].t)
            self._choose_span()
        self._pictures.append(_Picture(t, luma, half, key))
        if len(self._pictures) <= self._span:
            return None
        self._changes.append(cv2.absdiff(half, self._pictures[-1 - self._span].half))
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
        self._maps = (ThresholdMap(*half.shape, DAY_FLOOR), ThresholdMap(*half.shape, DAY_FLOOR + 2))
        self._noise_at = None

    def _repeats(self, half: Luma) -> bool:
        """A stream that repeats pictures would hide motion: compare one pixel in 64."""
        last = self._pictures[-1].half
        if last.shape != half.shape:
            return False
        a, b = last[::8, ::8], half[::8, ::8]
        return bool(cv2.norm(a, b, cv2.NORM_L1) < SAME_PICTURE * a.size) and not np.any(
            cv2.absdiff(last, half) > 6
        )

    def _choose_span(self) -> None:
        """As many pictures as pass in about an eighth of a second, settled once the rate is known."""
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
        assert self._maps is not None
        pictures = self._pictures
        earlier, middle, later = pictures[-1 - 2 * self._span], pictures[-1 - self._span], pictures[-1]
        between = list(pictures)[-2 * self._span : len(pictures) - self._span]
        threshold = self._maps[1 if any(picture.key for picture in between) else 0]
        least = cv2.min(self._changes[-1 - self._span], self._changes[-1])
        self._measure_noise(least, middle.t)
        excess = cv2.subtract(least, threshold.values)
        blobs, tiles = self._gather(excess, earlier, middle, later)
        threshold.learn(tiles, middle.t)
        return Sighting(middle.t, () if blobs is None else tuple(blobs), blobs is None)

    def _measure_noise(self, least: Luma, t: float) -> None:
        """The floor follows the noise of the picture, so that night does not drown in specks."""
        if self._maps is None or (self._noise_at is not None and 0 <= t - self._noise_at < NOISE_EVERY_S):
            return
        self._noise_at = t
        sample = least[::5, ::5].ravel()
        noise = float(np.quantile(sample, 0.9)) / 1.15
        floor = min(max(NOISE_FACTOR * noise, DAY_FLOOR), NIGHT_FLOOR)
        for threshold, extra in zip(self._maps, (0.0, 2.0), strict=True):
            threshold.floor = 0.6 * threshold.floor + 0.4 * (floor + extra)

    def _gather(
        self, excess: Luma, earlier: _Picture, middle: _Picture, later: _Picture
    ) -> tuple[list[Blob] | None, NDArray[np.bool_]]:
        """Blobs of the hits (None: too many, the scene is upset) and the tiles hit."""
        rows, columns = excess.shape
        tiles = np.zeros((-(-rows // TILE), -(-columns // TILE)), dtype=bool)
        if not cv2.hasNonZero(excess) if hasattr(cv2, "hasNonZero") else not cv2.countNonZero(excess):
            return [], tiles
        ys, xs = hit_words(excess)
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
        blobs = [measure(patch, earlier.full, middle.full, later.full, middle.t) for patch in patches]
        return [blob for blob in blobs if blob is not None], tiles


def shrink(luma: Luma) -> Luma:
    """The mean of 2x2 pixels: halves noise, quarters the work. An odd last row or column is left out."""
    even = luma[: luma.shape[0] // 2 * 2, : luma.shape[1] // 2 * 2]
    return np.asarray(
        cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
    )


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


def measure(patch: Patch, earlier: Luma, middle: Luma, later: Luma, t: float) -> Blob | None:
    """Centroid, area and contrast of a patch from the full-size pictures; coarse for huge ones."""
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
    left, top = max(2 * x0 - 2, 0), max(2 * y0 - 2, 0)
    crop = np.s_[top : 2 * y1 + 2, left : 2 * x1 + 2]
    now = middle[crop].astype(np.float32)
    before, after = now - earlier[crop], now - later[crop]
    signed = np.where(np.abs(before) < np.abs(after), before, after)
    signed[before * after < 0] = 0.0
    return _moments(signed, left, top, t, weight)


def _moments(signed: NDArray[np.float32], left: int, top: int, t: float, weight: float) -> Blob | None:
    strength = np.abs(signed)
    peak = float(strength.max())
    shown = np.where(strength > max(0.35 * peak, 3.0), strength, 0.0)
    total = float(shown.sum())
    if total <= 0.0:
        return None
    columns, rows = shown.sum(axis=0), shown.sum(axis=1)
    xs, ys = np.arange(len(columns)), np.arange(len(rows))
    x, y = float(columns @ xs) / total, float(rows @ ys) / total
    spread_x = float(np.sqrt(max(float(columns @ (xs - x) ** 2) / total, 0.05)))
    spread_y = float(np.sqrt(max(float(rows @ (ys - y) ** 2) / total, 0.05)))
    level = float(np.sort(strength, axis=None)[-3:].mean())
    sign = 1.0 if float(signed[strength >= peak][0]) > 0 else -1.0
    area = float(strength[strength > 0.2 * peak].sum()) / max(level, 1.0)
    return Blob(t, left + x, top + y, area, sign * level, 3.46 * spread_x, 3.46 * spread_y, weight)

"""The pictures that the front end holds: halved only when they are looked at, in memory that is used again."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .steadiness import Shift

Luma = NDArray[np.uint8]

# one picture encoded twice differs by no more, on average and anywhere, as far as every 24th row shows
SAMPLED_EVERY, SAMPLED_SAME, SAMPLED_CLEAR = 24, 0.36, 14.0
WORD = 8


@dataclass(slots=True, eq=False)
class Picture:
    """One picture; `half` and `change` (against the picture a span before) only once they were asked for."""

    t: float
    full: Luma
    key: bool
    alike: bool  # it may be the one before again
    shift: Shift = (0.0, 0.0)
    half: Luma | None = None
    change: Luma | None = None
    chroma: tuple[Luma, Luma] | None = None
    small_chroma: tuple[Luma, Luma] | None = None


class Pool:
    """Arrays of one shape, used again and again: the kernel's fresh pages cost more than the arithmetic in them.

    Each lies in rows of whole words, zero beyond its edges.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._free: list[Luma] = []

    def take(self) -> Luma:
        """An array; what it holds is undefined."""
        if self._free:
            return self._free.pop()
        rows, columns = self.shape
        whole = np.zeros((-(-rows // WORD) * WORD, -(-columns // WORD) * WORD), dtype=np.uint8)
        return whole[:rows, :columns]

    def give(self, array: Luma | None) -> None:
        """Take an array back."""
        if array is not None and array.shape == self.shape:
            self._free.append(array)


class Reel:
    """The last pictures in time order."""

    def __init__(self) -> None:
        self.held: deque[Picture] = deque()
        self._shape: tuple[int, ...] = ()
        self._sample: Luma | None = None
        self.pool = Pool((1, 1))

    def add(self, luma: Luma, t: float, key: bool) -> Picture:
        """Hold a picture. Another size begins a new reel."""
        sample = luma[SAMPLED_EVERY // 2 :: SAMPLED_EVERY].copy()
        if luma.shape != self._shape:
            self.held.clear()
            self._shape = luma.shape
            self.pool = Pool((luma.shape[0] // 2, luma.shape[1] // 2))
        alike = bool(self.held) and self._sample is not None and _alike(self._sample, sample)
        self._sample = sample
        picture = Picture(t, luma, key, alike)
        self.held.append(picture)
        return picture

    def half(self, picture: Picture) -> Luma:
        """The picture at half its size."""
        if picture.half is None:
            picture.half = shrink(picture.full, self.pool.take())
        return picture.half

    def change(self, picture: Picture, before: Picture) -> Luma:
        """How much it differs from the one a span before, wherever that is asked for first."""
        if picture.change is None:
            picture.change = self.pool.take()
            cv2.absdiff(self.half(picture), self.half(before), dst=picture.change)
        return picture.change

    def forget_changes(self) -> None:
        """The span is another now."""
        for picture in self.held:
            self.pool.give(picture.change)
            picture.change = None

    def keep(self, count: int) -> None:
        """Let go of all but the last pictures."""
        while len(self.held) > count:
            old = self.held.popleft()
            self.pool.give(old.half)
            self.pool.give(old.change)


def _alike(before: Luma, sample: Luma) -> bool:
    if not sample.size or cv2.norm(before, sample, cv2.NORM_INF) > SAMPLED_CLEAR:
        return False
    return bool(cv2.norm(before, sample, cv2.NORM_L1) <= SAMPLED_SAME * sample.size)


def shrink(luma: Luma, into: Luma | None = None) -> Luma:
    """The mean of 2x2 pixels: halves noise, quarters the work. An odd last row or column is left out."""
    even = luma[: luma.shape[0] // 2 * 2, : luma.shape[1] // 2 * 2]
    size = (even.shape[1] // 2, even.shape[0] // 2)
    if into is None:
        into = np.empty(size[::-1], dtype=np.uint8)
    cv2.resize(even, size, dst=into, interpolation=cv2.INTER_AREA)
    return into

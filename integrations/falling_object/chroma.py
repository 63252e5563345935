"""A second look in colour: a red apple before grey stone can be as bright as the stone.

Chroma planes are half as wide and high as the picture. They are compared at half of that, so that only things of about
six pixels and more are seen by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from .blobs import Blob, Patch, group_tiles, hit_tiles, measure, split_box
from .pictures import Luma, Picture, Pool, shrink
from .threshold import ThresholdMap

Chroma = tuple[Luma, Luma]

FLOOR, NEAR_KEY = 5.0, 2.0
# more than so many places at once are a change of light
MOST_PLACES = 24
# how near a thing that is seen by its brightness, too, may be (full-size pixels)
SAME_THING = 12.0
# a picture that has hardly any colour (infrared light) is not looked at for so long
GREY, GREY_S = 0.4, 10.0
EVERY_S, FOLLOW_S = 0.15, 0.4


class ColourFinder:
    """Blobs that differ in colour from both neighbours."""

    def __init__(self) -> None:
        self._pool = Pool((1, 1))
        self._maps = (ThresholdMap((1, 1), FLOOR), ThresholdMap((1, 1), FLOOR + NEAR_KEY))
        self._grey_until = self._looked = self._follow_until = float("-inf")

    def look(self, earlier: Picture, middle: Picture, later: Picture, *, near_key: bool) -> list[Blob]:
        """What stands out in the middle picture; nothing where one of them has no colours."""
        pictures = (earlier, middle, later)
        planes = [picture.chroma for picture in pictures if picture.chroma is not None]
        if len(planes) < len(pictures) or not self._is_due(middle.t):
            return []
        self._start_if_new_size(middle)
        small = [self._small(picture, chroma) for picture, chroma in zip(pictures, planes, strict=True)]
        if _is_grey(small[1]):
            self._grey_until = middle.t + GREY_S
            return []
        least = [_least(*parts) for parts in zip(*small, strict=True)]
        excess = self._pool.take()
        threshold = self._maps[near_key]
        cv2.subtract(cv2.max(least[0], least[1]), threshold.values, dst=excess)
        patches = _patches(excess, threshold, middle.t)
        self._pool.give(excess)
        blobs = [blob for patch in patches for blob in _measured(patch, least, planes, middle.t)]
        seen = [blob for blob in blobs if not _is_masked(blob, middle.full)]
        if seen:
            self._follow_until = middle.t + FOLLOW_S
        return seen

    def _is_due(self, t: float) -> bool:
        """Six looks a second, and every picture while something is seen."""
        if t < self._grey_until or (t > self._follow_until and 0 <= t - self._looked < EVERY_S):
            return False
        self._looked = t
        return True

    def _start_if_new_size(self, picture: Picture) -> None:
        shape = (picture.full.shape[0] // 4, picture.full.shape[1] // 4)
        if self._pool.shape != shape:
            self._pool = Pool(shape)
            self._maps = (ThresholdMap(shape, FLOOR), ThresholdMap(shape, FLOOR + NEAR_KEY))

    def _small(self, picture: Picture, chroma: Chroma) -> Chroma:
        """The colour planes at half their size, made once."""
        if picture.small_chroma is None:
            rows, columns = self._pool.shape
            first, second = (shrink(plane[: 2 * rows, : 2 * columns]) for plane in chroma)
            picture.small_chroma = (first, second)
        return picture.small_chroma


def _least(earlier: Luma, middle: Luma, later: Luma) -> Luma:
    return np.asarray(cv2.min(cv2.absdiff(middle, earlier), cv2.absdiff(later, middle)), dtype=np.uint8)


def _patches(excess: Luma, threshold: ThresholdMap, t: float) -> list[Patch]:
    hit = hit_tiles(excess)
    threshold.learn(None if hit is None else hit[0], t)
    if hit is None or len(boxes := group_tiles(hit[0])) > MOST_PLACES:
        return []
    patches = [patch for box in boxes for patch in split_box(excess, box)]
    return patches if len(patches) <= MOST_PLACES else []


def _measured(patch: Patch, least: list[Luma], planes: list[Chroma], t: float) -> list[Blob]:
    """The blob in the plane in which it stands out most; its contrast is in levels of that plane."""
    x0, y0, x1, y1, weight = patch
    plane = int(np.argmax([float(part[y0:y1, x0:x1].max()) for part in least]))
    earlier, middle, later = (chroma[plane] for chroma in planes)
    blob = measure((2 * x0, 2 * y0, 2 * x1, 2 * y1, weight), earlier, middle, later, t, 2)
    return [] if blob is None else [blob]


def only_by_colour(coloured: list[Blob], blobs: Iterable[Blob]) -> list[Blob]:
    """Those that brightness does not show."""
    places = [(blob.x, blob.y) for blob in blobs]
    return [
        blob
        for blob in coloured
        if all(max(abs(blob.x - x), abs(blob.y - y)) > SAME_THING for x, y in places)
    ]


def _is_grey(small: Chroma) -> bool:
    return all(float(plane[::4, ::4].std()) < GREY for plane in small)


def _is_masked(blob: Blob, luma: Luma) -> bool:
    """Whether the picture is black there, as masks are and no camera's black is."""
    x, y = int(blob.x), int(blob.y)
    return not luma[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].any()

"""Small things that were elsewhere a moment ago and are elsewhere a moment later: the three-frame minimum."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .blobs import Blob as Blob
from .blobs import Patch, group_tiles, hit_tiles, measure, split_box
from .chroma import Chroma, ColourFinder, only_by_colour
from .noise import REMEMBERED, LocalNoise, noise_level
from .pictures import Luma, Picture, Reel
from .pictures import shrink as shrink
from .steadiness import Shift, Steadier, edge_allowance, move
from .threshold import ThresholdMap

SPAN_S = 0.16
LEAST_SPAN, MOST_SPAN = 1, 8
BLOB_CAP = 120
# of one picture shown twice, where something moves (half-size pixels)
CLEAR_CHANGE = 6.0
UPSET_SHARE = 0.02
DAY_FLOOR, NIGHT_FLOOR = 5.0, 26.0
# independent noise exceeds 1.65 times the value that it exceeds once in 200 only once in 60,000
NOISE_FACTOR = 1.65
NOISE_EVERY_S = 0.5
# so long after something new stirred every picture is looked at; then one of a few, as long as it shows nothing new
ALERT_S = 0.24
CALM_FLOOR = 8.0
# more blobs than this in most pictures: noise is measured in every tile
CROWD, CROWD_WEIGHT = 4.0, 0.1


@dataclass(frozen=True, slots=True)
class Sighting:
    """The blobs of the picture taken at `t`; `upset` says the whole scene changed and nothing can be said."""

    t: float
    blobs: tuple[Blob, ...]
    upset: bool


@dataclass(frozen=True, slots=True)
class _View:
    """A picture as it is compared: moved back where the camera shook."""

    half: Luma
    full: Luma


class CandidateFinder:
    """Feeds on luma pictures in time order; answers about a picture once its later neighbour is there."""

    def __init__(self) -> None:
        self._reel = Reel()
        self._shape: tuple[int, ...] = ()
        self._maps = _fresh_maps((2, 2))
        self._span = 2
        self._steps: deque[float] = deque(maxlen=15)
        self._last: float | None = None
        self._noise_at: float | None = None
        self._steadier = Steadier()
        self._stirred = float("-inf")
        self._crowd = 0.0
        self._noise = LocalNoise()
        self._colours = ColourFinder()
        self._skipped = 0

    @property
    def span(self) -> int:
        """How many pictures lie between the middle one and each of its neighbours."""
        return self._span

    def feed(self, luma: Luma, t: float, key: bool, chroma: Chroma | None = None) -> list[Sighting]:
        """Take a picture; the sightings, if any, are about pictures `span` and more before it, in time order.

        `chroma`: its colour planes, half as wide and high, for a second look.
        """
        newest = self._reel.add(luma, t, key)
        newest.chroma = chroma
        self._start_if_new_size()
        if self._last is not None:
            self._steps.append(t - self._last)
            self._choose_span()
        self._last = t
        if self._steadier.active:
            newest.shift = self._steadier.shift(self._reel.half(newest), t)
        return self._look_if_due() if len(self._reel.held) > 2 * self._span else []

    def _start_if_new_size(self) -> None:
        if len(self._reel.held) == 1 and self._reel.pool.shape != self._shape:
            self._shape = self._reel.pool.shape
            self._maps = _fresh_maps(self._shape)
            self._noise_at = self._last = None
            self._noise = LocalNoise()
            self._skipped = 0

    def _choose_span(self) -> None:
        """As many pictures as pass in about a sixth of a second, settled once the rate is known."""
        if len(self._steps) != 12:
            return
        step = float(np.median(self._steps))
        wanted = min(max(round(SPAN_S / max(step, 1e-3)), LEAST_SPAN), MOST_SPAN)
        wanted -= wanted > LEAST_SPAN + 2 and wanted % 2  # an even one can be halved while nothing stirs
        if wanted != self._span:
            self._span = wanted
            self._reel.forget_changes()

    def _stride(self) -> int:
        """One picture of so many is looked at while nothing stirs; of fast streams and by day more can be left."""
        if self._steadier.active or self._maps[0].floor > CALM_FLOOR:
            return 1
        if self._reel.held[-1].t - self._stirred < ALERT_S:
            return 1
        return max(self._span // 2, 1) if self._span % 2 == 0 else 1

    def _look_if_due(self) -> list[Sighting]:
        """Look at the picture whose turn it is; what was passed over before it too, when it shows something."""
        stride = self._stride()
        if self._skipped + 1 < stride:
            self._skipped += 1
            return []
        passed, self._skipped = self._skipped, 0
        sightings = self._look(0)
        if self._stirred == self._reel.held[-1].t:
            before = [sighting for back in range(passed, 0, -1) for sighting in self._look(back)]
            sightings = before + sightings
        self._reel.keep(2 * self._span + max(self._span // 2, 1))
        return sightings

    def _look(self, back: int) -> list[Sighting]:
        """A middle picture against its neighbours, above the map of its place in the stream; none of a repeat."""
        held, span = self._reel.held, self._span
        place = len(held) - 1 - span - back
        earlier, middle, later = held[place - span], held[place], held[place + span]
        keyed = any(held[index].key for index in range(place - span + 1, place + 1))
        threshold = self._maps[1 if keyed else 0]
        shaken = self._steadier.active and any(p.shift != middle.shift for p in (earlier, later))
        excess = self._reel.pool.take()
        if shaken:
            views = [self._steady(picture, middle.shift) for picture in (earlier, middle, later)]
            least = _least_of_moved(*views)
            cv2.subtract(least, threshold.values, dst=excess)
            self._measure_noise(least, middle.t)
        else:
            views = [_View(picture.full, picture.full) for picture in (earlier, middle, later)]
            change = self._reel.change(later, middle)
            least = np.asarray(
                cv2.min(self._reel.change(middle, earlier), change, dst=excess), dtype=np.uint8
            )
            self._measure_noise(least, middle.t)
            cv2.subtract(least, threshold.values, dst=excess)
        patches, share = self._hits(excess, threshold, middle.t)
        self._reel.pool.give(excess)
        self._watch_steadiness(share, middle)
        if patches is None:
            return [Sighting(middle.t, (), upset=True)]
        if patches and middle.alike and self._repeats(patches, held[place - 1], middle):
            return []
        sighting = _sighting(patches, views, middle, 2 if shaken else 1)
        return [
            sighting
            if self._steadier.active
            else self._look_at_colours(sighting, earlier, middle, later, keyed)
        ]

    def _look_at_colours(
        self, sighting: Sighting, earlier: Picture, middle: Picture, later: Picture, near_key: bool
    ) -> Sighting:
        """The sighting with what stands out by its colour alone."""
        coloured = self._colours.look(earlier, middle, later, near_key=near_key)
        if not coloured:
            return sighting
        self._stirred = self._reel.held[-1].t
        return replace(sighting, blobs=(*sighting.blobs, *only_by_colour(coloured, sighting.blobs)))

    def _repeats(self, patches: list[Patch], before: Picture, middle: Picture) -> bool:
        """A stream may repeat pictures: then nothing has changed where something moves."""
        last, half = self._reel.half(before), self._reel.half(middle)
        return all(
            cv2.norm(last[y0:y1, x0:x1], half[y0:y1, x0:x1], cv2.NORM_INF) <= CLEAR_CHANGE
            for x0, y0, x1, y1, _ in patches
        )

    def _steady(self, picture: Picture, shift: Shift) -> _View:
        """The picture moved to another one's shift; its half-size picture then stands in for the full one."""
        by = (shift[0] - picture.shift[0], shift[1] - picture.shift[1])
        half = self._reel.half(picture)
        half = move(half, by) if np.hypot(*by) > 0.03 else half
        return _View(half, half)

    def _watch_steadiness(self, share: float, middle: Picture) -> None:
        """Begin to measure shifts when much of the picture stirs; the pictures held get theirs afterwards."""
        newest = self._reel.held[-1]
        if self._steadier.note(share, newest.t):
            self._steadier.begin(self._reel.half(middle), newest.t)
            for picture in self._reel.held:
                picture.shift = self._steadier.shift(self._reel.half(picture), picture.t)

    def _measure_noise(self, least: Luma, t: float) -> None:
        """The floor follows the noise of the picture, so that night does not drown in specks."""
        pause = NOISE_EVERY_S if self._noise.count in (0, REMEMBERED) else NOISE_EVERY_S / 4
        if self._noise_at is not None and 0 <= t - self._noise_at < pause:
            return
        first, self._noise_at = self._noise_at is None, t
        floor = min(max(NOISE_FACTOR * noise_level(least), DAY_FLOOR), NIGHT_FLOOR)
        local = self._noise.floors(least) if self._crowd > CROWD else None
        for threshold, extra in zip(self._maps, (0.0, 2.0), strict=True):
            level = floor + extra if first else 0.6 * threshold.floor + 0.4 * (floor + extra)
            threshold.set_floor(level, local)

    def _hits(self, excess: Luma, threshold: ThresholdMap, t: float) -> tuple[list[Patch] | None, float]:
        """Where the picture exceeds its map (None: in too many places) and by which share; the map learns of it."""
        hit = hit_tiles(excess)
        if hit is None:
            threshold.learn(None, t)
            self._crowd -= CROWD_WEIGHT * self._crowd
            return [], 0.0
        tiles, share = hit
        if threshold.is_news(tiles):
            self._stirred = self._reel.held[-1].t
        threshold.learn(tiles, t)
        patches = _patches(excess, tiles) if share <= UPSET_SHARE else None
        self._crowd += CROWD_WEIGHT * ((BLOB_CAP if patches is None else len(patches)) - self._crowd)
        return patches, share


def _sighting(patches: list[Patch], views: list[_View], middle: Picture, unit: int) -> Sighting:
    """The hits measured, where a camera that stands still would see them."""
    earlier, now, later = (view.full for view in views)
    found = (measure(patch, earlier, now, later, middle.t, unit) for patch in patches)
    x, y = middle.shift
    blobs = (replace(b, x=b.x - 2 * x, y=b.y - 2 * y) if x or y else b for b in found if b is not None)
    return Sighting(middle.t, tuple(blobs), upset=False)


def _patches(excess: Luma, tiles: NDArray[np.bool_]) -> list[Patch] | None:
    """The hits, each for itself; None when there are too many."""
    boxes = group_tiles(tiles)
    if len(boxes) > BLOB_CAP:
        return None
    patches = [patch for box in boxes for patch in split_box(excess, box)]
    return patches if len(patches) <= BLOB_CAP else None


def _fresh_maps(shape: tuple[int, ...]) -> tuple[ThresholdMap, ThresholdMap]:
    """For ordinary pictures, and for those near a key frame, which is quantised anew."""
    return ThresholdMap(shape, DAY_FLOOR), ThresholdMap(shape, DAY_FLOOR + 2)


def _least_of_moved(earlier: _View, middle: _View, later: _View) -> Luma:
    """The smaller of the two changes, less what edges show of a fraction of a pixel."""
    least = cv2.min(cv2.absdiff(middle.half, earlier.half), cv2.absdiff(later.half, middle.half))
    return np.asarray(cv2.subtract(least, edge_allowance(middle.half)), dtype=np.uint8)

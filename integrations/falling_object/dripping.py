"""Drops from one place, again and again: an air conditioner, or a pipe. Told as such, and seldom."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from .facade import Cell
from .judgement import Throw

# what is smaller and slower than this may be a drop; single pixels look larger than they are, so that up to a
# larger size only the second one from the same place is taken for a drop
DROP_AREA_M2, PERHAPS_AREA_M2, SPECK_PX2, DROP_SPEED = 0.002, 0.012, 6.0, 12.0
SAME_ACROSS_M, SAME_UP_M = 0.6, 1.5
COUNT, WITHIN_S, REST_S = 3, 300.0, 3600.0


@dataclass(frozen=True, slots=True)
class Dripping:
    """Drops that came from one home: the stream's seconds of the first and the last, how many, seconds between two."""

    cell: Cell
    first: float
    last: float
    count: int
    period_s: float


class DripCounter:
    """Gathers drops by where they come from; tells of a place once an hour."""

    def __init__(self) -> None:
        self._drops: deque[Throw] = deque(maxlen=200)
        self._told: deque[tuple[float, Throw]] = deque(maxlen=50)

    def is_drop(self, throw: Throw) -> bool:
        """Whether it can't be told from a drop: too small for anything else, or not the first from its place."""
        if not may_be_drop(throw):
            return False
        return throw.area_m2 < DROP_AREA_M2 or any(
            is_same_place(one, throw) and 0 < throw.origin.t - one.origin.t <= WITHIN_S for one in self._drops
        )

    def add(self, drop: Throw) -> Dripping | None:
        """Take a drop; the answer when its place drips and has not been told of for an hour."""
        now = drop.origin.t
        self._drops.append(drop)
        alike = [
            one for one in self._drops if is_same_place(one, drop) and 0 <= now - one.origin.t <= WITHIN_S
        ]
        if len(alike) < COUNT or any(
            is_same_place(one, drop) and 0 <= now - t < REST_S for t, one in self._told
        ):
            return None
        self._told.append((now, drop))
        times = np.sort([one.origin.t for one in alike])
        return Dripping(
            drop.origin.cells[0][0], float(times[0]), now, len(alike), float(np.median(np.diff(times)))
        )


def may_be_drop(throw: Throw) -> bool:
    """Whether a fall is about as small and slow as a drop's, or too small in the picture to be told from one."""
    speck = float(np.median([place.blob.area for place in throw.places])) < SPECK_PX2
    return (speck or throw.area_m2 < PERHAPS_AREA_M2) and throw.terminal.middle < DROP_SPEED


def is_same_place(one: Throw, other: Throw) -> bool:
    """Whether two falls began at the same spot."""
    (x, y, _), (u, z, _) = one.origin.place, other.origin.place
    return abs(x - u) < SAME_ACROSS_M and abs(y - z) < SAME_UP_M

"""Joins pieces of one fall that were tracked apart: behind a branch, before a wall of its own colour, in heavy rain."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from .tracks import Track, predict

KEPT = 40
GAP_S = 1.0
LEAST_PLACES, LEAST_DROP_M = 4, 0.3
# how far off the later piece's first places may lie: chi-square with two degrees of freedom, and what no noise tells
GATE, UNTOLD_M = 6.0, 0.25
CHECKED = 3


class Pieces:
    """Ended tracks that were no throws by themselves, for as long as a later piece may follow."""

    def __init__(self) -> None:
        self._kept: deque[Track] = deque(maxlen=KEPT)

    def keep(self, track: Track) -> None:
        """Remember a track that may be the beginning of another."""
        if len(track.places) < LEAST_PLACES or track.drop < LEAST_DROP_M:
            return
        if not any(piece.first == track.first and piece.last == track.last for piece in self._kept):
            self._kept.append(track)

    def clear(self) -> None:
        """Forget all: the scene begins anew."""
        self._kept.clear()

    def unions(self, track: Track) -> Iterator[Track]:
        """The track with each remembered piece that leads to it, the best first."""
        while self._kept and track.first - self._kept[0].last > GAP_S:
            self._kept.popleft()
        fits = [(miss, piece) for piece in self._kept if (miss := miss_of(piece, track)) < GATE]
        for _miss, piece in sorted(fits, key=lambda pair: pair[0]):
            yield union(piece, track)


def leads_to(piece: Track, track: Track) -> bool:
    """Whether a track of some places goes on where the piece was bound."""
    return len(track.places) >= LEAST_PLACES and track.last > piece.last and miss_of(piece, track) < GATE


def miss_of(piece: Track, track: Track) -> float:
    """How far (squared, in standard deviations) the track's first places lie from where the piece was bound."""
    before = [place for place in piece.places if place.blob.t < track.first]
    if len(before) < LEAST_PLACES or track.first - before[-1].blob.t > GAP_S:
        return np.inf
    begun = Track(before)
    misses = []
    for place in track.places[:CHECKED]:
        (mean,), (variance,) = predict([begun], place.blob.t)
        spread = variance + UNTOLD_M**2 + (place.across_sigma**2, place.up_sigma**2)
        misses.append(float((((place.across, place.up) - mean) ** 2 / spread).sum()))
    return float(np.median(misses))


def union(piece: Track, track: Track) -> Track:
    """Both as one track; of the earlier piece what lies before the later one."""
    before = [place for place in piece.places if place.blob.t < track.first]
    share = len(before) / len(piece.places)
    rate = track.looks / max(track.last - track.first, 1e-3)
    unseen = round(rate * max(track.first - piece.last, 0.0))
    return Track(
        before + track.places, piece.crowd[: len(before)] + track.crowd, piece.company + track.company,
        looks=round(share * max(piece.looks - piece.idle, 1)) + unseen + track.looks, idle=track.idle,
        watched=piece.watched,
    )  # fmt: skip

"""Joins pieces of one fall that were tracked apart: behind a branch, before a wall of its own colour, in heavy rain."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from .tracks import Array, Place, Track, foresee, rows_of

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
        pieces = list(self._kept)
        misses = misses_of([(piece, track) for piece in pieces])
        for index in sorted(range(len(pieces)), key=lambda index: misses[index]):
            if misses[index] >= GATE:
                return
            yield union(pieces[index], track)


def leads_to(piece: Track, track: Track) -> bool:
    """Whether a track of some places goes on where the piece was bound."""
    return leads_to_any(piece, [track])


def leads_to_any(piece: Track, tracks: Iterable[Track]) -> bool:
    """Whether one of the tracks, of some places, goes on where the piece was bound."""
    later = [(piece, t) for t in tracks if len(t.places) >= LEAST_PLACES and t.last > piece.last]
    return any(miss < GATE for miss in misses_of(later))


def misses_of(pairs: Sequence[tuple[Track, Track]]) -> list[float]:
    """For pieces and tracks: how far (squared, in standard deviations) the track's first places lie from where the
    piece was bound; all in one go."""
    misses, near, rows = [np.inf] * len(pairs), [], []
    for index, (piece, track) in enumerate(pairs):
        before = _before(piece, track.first)
        if len(before) >= LEAST_PLACES and track.first - before[-1].blob.t <= GAP_S:
            near.append(index)
            rows.append(piece.recent if len(before) == len(piece.places) else rows_of(before))
    if not near:
        return misses
    begun = np.array([[place.row for place in pairs[index][1].places[:CHECKED]] for index in near])
    mean, variance = foresee(np.array(rows), begun[:, :, 0])
    spread = variance + UNTOLD_M**2 + 1.0 / begun[:, :, 3:]
    for index, miss in zip(near, _middle(((begun[:, :, 1:3] - mean) ** 2 / spread).sum(axis=2)), strict=True):
        misses[index] = miss
    return misses


def _middle(values: Array) -> list[float]:
    """The median of each row."""
    ordered = np.sort(values, axis=1)
    count = ordered.shape[1]
    return list(0.5 * (ordered[:, (count - 1) // 2] + ordered[:, count // 2]))


def _before(piece: Track, t: float) -> list[Place]:
    """What the piece had before `t`."""
    if piece.last < t:
        return piece.places
    return piece.places[: bisect_left(piece.places, t, key=lambda place: place.blob.t)]


def union(piece: Track, track: Track) -> Track:
    """Both as one track; of the earlier piece what lies before the later one."""
    before = _before(piece, track.first)
    share = len(before) / len(piece.places)
    rate = track.looks / max(track.last - track.first, 1e-3)
    unseen = round(rate * max(track.first - piece.last, 0.0))
    return Track(
        before + track.places, piece.crowd[: len(before)] + track.crowd, piece.company + track.company,
        looks=round(share * max(piece.looks - piece.idle, 1)) + unseen + track.looks, idle=track.idle,
        watched=piece.watched,
    )  # fmt: skip

"""Joins sightings into tracks before anything is called a detection: gravity inside, gaps bridged, many at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .candidates import Blob, Sighting
from .tracks import Place, Track, position_noise, predict

PAIR_S = 0.21
TENTATIVE_S = 0.17
BRIDGE_S = 0.42
SPEED_DOWN, SPEED_UP, SPEED_ACROSS = -48.0, 7.0, 13.0
GATE = 14.0
TRACK_CAP, SEED_CAP = 90, 30
# a track that was seen so lately is still in the picture
UNSEEN_S = 0.06
# a thing that seems to be this low, seen before the facade, lies on the ground
GROUND_M = 0.1
# areas within this factor are alike: drops and flakes have company, a shirt among them has none
SIMILAR = 5.0


class Linker:
    """Holds the live tracks of one camera; hands over each track when it ends."""

    def __init__(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._tracks: list[Track] = []
        self._loose: list[Place] = []
        self._since: float | None = None
        # where each track was bound before the picture at hand, by identity
        self._ahead: dict[int, NDArray[np.floating[Any]]] = {}

    @property
    def tracks(self) -> list[Track]:
        """Live tracks, tentative ones included."""
        return self._tracks

    def feed(self, sighting: Sighting) -> list[Track]:
        """Extend, start and end tracks with one sighting; returns the ended ones of at least 4 places."""
        self._since = sighting.t if self._since is None else self._since
        places = self._place(sighting.blobs)
        claimed = self._extend(places, sighting.t)
        self._seed([place for i, place in enumerate(places) if i not in claimed])
        self._merge()
        self._count_company()
        free = [place for i, place in enumerate(places) if i not in claimed]
        self._loose = [p for p in self._loose if sighting.t - p.blob.t < PAIR_S][-240:] + free
        return self._end(sighting.t)

    def finish(self) -> list[Track]:
        """End every track: the stream is over."""
        ended, self._tracks, self._loose = [t for t in self._tracks if len(t.places) >= 4], [], []
        self._since = None
        return ended

    def _place(self, blobs: tuple[Blob, ...]) -> list[Place]:
        if not blobs:
            return []
        pixels = np.array([(blob.x, blob.y) for blob in blobs])
        metres, scale = self._calibration.locate_with_scale(pixels)
        return [
            Place(blob, float(m[0]), float(m[1]), *(float(v) for v in s * position_noise(blob)))
            for blob, m, s in zip(blobs, metres, scale, strict=True)
        ]

    def _extend(self, places: list[Place], t: float) -> set[int]:
        """Give every track the place that fits it best; returns the indexes taken by established tracks."""
        claimed: set[int] = set()
        for track in self._tracks:
            track.looks += 1
            track.idle += 1
        self._ahead = {}
        if not places or not self._tracks:
            return claimed
        where = np.array([(p.across, p.up, p.across_sigma, p.up_sigma) for p in places])
        mean, variance = predict(self._tracks, t)
        self._ahead = {id(track): ahead for track, ahead in zip(self._tracks, mean, strict=True)}
        spread = variance[:, None] + where[None, :, 2:] ** 2 + 0.01**2
        distance = ((where[None, :, :2] - mean[:, None]) ** 2 / spread).sum(axis=2)
        fitting = np.flatnonzero(distance.min(axis=1) <= GATE)
        crowds = _count_neighbours(where) if len(fitting) else []
        for index in fitting:
            track, order = self._tracks[index], np.argsort(distance[index])[:3]
            near = (int(i) for i in order if distance[index, i] <= GATE and _alike(places[i], track))
            chosen = next(near, None)
            if chosen is None:
                continue
            track.add(places[chosen], crowds[chosen])
            if len(track.places) >= 5:
                claimed.add(chosen)
        return claimed

    def _seed(self, free: list[Place]) -> None:
        """Start a track from every pair of recent free places that a falling thing could join."""
        if not free or not self._loose:
            return
        old = np.array([(p.blob.t, p.across, p.up, p.blob.contrast, p.blob.area) for p in self._loose])
        new = np.array([(p.blob.t, p.across, p.up, p.blob.contrast, p.blob.area) for p in free])
        gap = new[:, None, 0] - old[None, :, 0]
        gap = np.where(gap > 1e-4, gap, np.inf)
        across = (new[:, None, 1] - old[None, :, 1]) / gap
        up = (new[:, None, 2] - old[None, :, 2]) / gap
        alike = (new[:, None, 3] * old[None, :, 3] > 0) & (
            np.abs(np.log(np.maximum(new[:, None, 4], 1) / np.maximum(old[None, :, 4], 1))) < 1.8
        )
        fits = (gap < PAIR_S) & (np.abs(across) < SPEED_ACROSS) & (up < SPEED_UP) & (up > SPEED_DOWN) & alike
        pairs = np.argwhere(fits)
        if len(pairs) > SEED_CAP:
            travel = np.hypot(across, up)[fits] * gap[fits]
            pairs = pairs[np.argsort(travel)[:SEED_CAP]]
        room = max(TRACK_CAP - len(self._tracks), 0)
        for i, j in pairs[:room]:
            first = self._loose[j]
            self._tracks.append(Track([first, free[i]], watched=first.blob.t - (self._since or first.blob.t)))

    def _count_company(self) -> None:
        """Note in each track how many others of about its size are sinking just now, as flakes and drops do."""
        if not self._tracks:
            return
        sizes = np.array([track.places[-1].blob.area for track in self._tracks])
        sinking = sizes[[len(track.places) >= 5 and track.drop > 0.5 for track in self._tracks]]
        alike = (sizes[:, None] < SIMILAR * sinking) & (sinking < SIMILAR * sizes[:, None])
        for track, count in zip(self._tracks, alike.sum(axis=1).tolist(), strict=True):
            track.company.append(max(count - 1, 0))

    def _merge(self) -> None:
        """Of tracks that share their two last places keep the longest."""
        best: dict[tuple[int, int], Track] = {}
        for track in self._tracks:
            key = (id(track.places[-1]), id(track.places[-2]))
            rival = best.get(key)
            if rival is None or len(track.places) > len(rival.places):
                best[key] = track
        shared: dict[int, int] = {}
        for track in best.values():
            tail = id(track.places[-1])
            shared[tail] = max(shared.get(tail, 0), len(track.places))
        self._tracks = [
            t for t in best.values() if len(t.places) >= min(shared[id(t.places[-1])], 6) or len(t.places) < 3
        ]

    def _end(self, now: float) -> list[Track]:
        ended, alive = [], []
        gone = self._are_out(now)
        for track in self._tracks:
            patience = BRIDGE_S if len(track.places) >= 5 else TENTATIVE_S
            if now - track.last > patience or id(track) in gone:
                ended.append(track)
            elif not track.loiters():
                alive.append(track)
        self._tracks = alive
        return [track for track in ended if len(track.places) >= 4]

    def _are_out(self, now: float) -> set[int]:
        """The established tracks that have come to the ground or must have left the picture, by identity."""
        established = [track for track in self._tracks if len(track.places) >= 6]
        gone = {id(t) for t in established if t.places[-1].up < GROUND_M and t.drop > 1.0}
        unseen = [t for t in established if now - t.last >= UNSEEN_S and id(t) not in gone]
        if unseen:
            # what the picture at hand does not show is still bound where it was
            known = self._ahead and all(track.idle for track in unseen)
            ahead = np.array([self._ahead[id(t)] for t in unseen]) if known else predict(unseen, now)[0]
            x, y = self._calibration.project(np.pad(ahead, ((0, 0), (0, 1)))).T
            inside = (x >= 0) & (x < self._calibration.width) & (y >= 0) & (y < self._calibration.height)
            gone.update(id(track) for track, held in zip(unseen, inside.tolist(), strict=True) if not held)
        return gone


def _alike(place: Place, track: Track) -> bool:
    """Whether a place is later than the track and its blob of about the size of the track's last one."""
    blob, last = place.blob, track.places[-1].blob
    return blob.t > last.t and blob.area < 8 * last.area + 12 and last.area < 8 * blob.area + 12


def _count_neighbours(where: NDArray[np.float64]) -> list[int]:
    """For each blob how many others lie within 2.5 m."""
    across, up = where[:, 0], where[:, 1]
    near = np.hypot(across[:, None] - across, up[:, None] - up) < 2.5
    return [count - 1 for count in near.sum(axis=1).tolist()]

"""Joins sightings into tracks before anything is called a detection: gravity inside, gaps bridged, many at once."""

from __future__ import annotations

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
        if not places:
            return claimed
        if not self._tracks:
            return claimed
        where = np.array([(p.across, p.up, p.across_sigma, p.up_sigma) for p in places])
        mean, variance = predict(self._tracks, t)
        spread = variance[:, None] + where[None, :, 2:] ** 2 + 0.01**2
        distance = ((where[None, :, :2] - mean[:, None]) ** 2 / spread).sum(axis=2)
        for index in np.flatnonzero(distance.min(axis=1) <= GATE):
            track, order = self._tracks[index], np.argsort(distance[index])[:3]
            near = (int(i) for i in order if distance[index, i] <= GATE and _alike(places[i], track))
            chosen = next(near, None)
            if chosen is None:
                continue
            track.add(places[chosen], _neighbours(where, chosen))
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
        sizes = [t.places[-1].blob.area for t in self._tracks if len(t.places) >= 5 and t.drop > 0.5]
        for track in self._tracks:
            size = track.places[-1].blob.area
            alike = sum(size < SIMILAR * other and other < SIMILAR * size for other in sizes)
            track.company.append(max(alike - 1, 0))

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
        for track in self._tracks:
            patience = BRIDGE_S if len(track.places) >= 5 else TENTATIVE_S
            if now - track.last > patience or self._is_out(track, now):
                ended.append(track)
            elif not track.loiters():
                alive.append(track)
        self._tracks = alive
        return [track for track in ended if len(track.places) >= 4]

    def _is_out(self, track: Track, now: float) -> bool:
        """True once an established track has come to the ground or must have left the picture."""
        if len(track.places) < 6:
            return False
        last = track.places[-1]
        if last.up < GROUND_M and track.drop > 1.0:
            return True
        if now - track.last < 0.06:
            return False
        (ahead,), _ = predict([track], now)
        pixel = self._calibration.project(np.array([[*ahead, 0.0]]))[0]
        return not (0 <= pixel[0] < self._calibration.width and 0 <= pixel[1] < self._calibration.height)


def _alike(place: Place, track: Track) -> bool:
    """Whether a place is later than the track and its blob of about the size of the track's last one."""
    blob, last = place.blob, track.places[-1].blob
    return blob.t > last.t and blob.area < 8 * last.area + 12 and last.area < 8 * blob.area + 12


def _neighbours(where: NDArray[np.float64], chosen: int) -> int:
    """How many other blobs lie within 2.5 m."""
    return int((np.hypot(*(where[:, :2] - where[chosen, :2]).T) < 2.5).sum()) - 1

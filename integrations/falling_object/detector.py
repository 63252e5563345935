"""The falling-object detector of one camera: luma pictures in, detections out, never looking ahead."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from itertools import islice, takewhile

import numpy as np
from numpy.typing import NDArray

from .cadence import Cadence
from .calibration import Calibration
from .candidates import CandidateFinder, Sighting
from .chroma import Chroma
from .detection import Detection, describe
from .dripping import DripCounter, Dripping, may_be_drop
from .judgement import Rejection, Throw, judge
from .linking import Linker
from .sensitivity import USUAL, lead
from .stitching import Pieces, leads_to, leads_to_any
from .tracks import Place, Track

REMEMBER_S = 6.0
SAME_THROW_M, AHEAD_M_S = 0.9, 2.0
SUSPECTS = 50
UNIONS = 2
HOLD_S = 0.8
SHARED_PLACES, SHARED_SHARE = 4, 0.5
CROSSING_S = 0.3
BESIDE_PLACES = 8
UPSET_S, UPSET_COUNT, QUARANTINE_S = 1.0, 4, 1.2


class Detector:
    """Feed it every picture with the container's time; it keeps references to the last few pictures, so hand over
    arrays that nobody overwrites. Pictures of another size than the calibration's are refused with ValueError.
    """

    def __init__(self, calibration: Calibration, false_alarms_per_day: float = USUAL) -> None:
        self._calibration, self._lead = calibration, lead(false_alarms_per_day)
        self._cadence = Cadence()
        self._finder = CandidateFinder()
        self._linker = Linker(calibration)
        self._pieces = Pieces()
        self._held: list[Track] = []
        self._known: deque[Throw] = deque(maxlen=16)
        self._told: deque[Track] = deque(maxlen=16)
        self._upsets: deque[float] = deque(maxlen=UPSET_COUNT)
        self._blind_until: float | None = None
        self._now: float | None = None
        self._drips = DripCounter()
        self.drippings: deque[Dripping] = deque(maxlen=SUSPECTS)
        self.rejections: deque[Rejection] = deque(maxlen=SUSPECTS)
        self.counts: Counter[str] = Counter()

    def feed(
        self, luma: NDArray[np.uint8], t: float, key_frame: bool = False, chroma: Chroma | None = None
    ) -> list[Detection]:
        """Take the picture shown at `t` seconds, with its colour planes if it has any; the throws known by now."""
        if luma.shape != (self._calibration.height, self._calibration.width):
            raise ValueError(
                f"picture is {luma.shape[1]}x{luma.shape[0]}, the calibration is of another size"
            )
        self.counts["pictures"] += 1
        if self._now is not None and t <= self._now:
            if self._now - t < 1.0:
                return []
            self._start_over()
        self._now = t
        sightings = self._finder.feed(luma, self._cadence.settle(t), key_frame, chroma)
        return [found for sighting in sightings for found in self._consider(sighting, t)]

    @property
    def in_flight(self) -> bool:
        """Whether a track of some length lives."""
        return any(len(track.places) >= 5 for track in self._linker.tracks)

    def finish(self) -> list[Detection]:
        """The stream is over: judge what is still in the air."""
        return [] if self._now is None else self._decide(self._linker.finish(), self._now)

    def _start_over(self) -> None:
        """The clock jumped back: the stream was restarted."""
        self._cadence = Cadence()
        self._finder, self._linker = CandidateFinder(), Linker(self._calibration)
        self._known.clear()
        self._told.clear()
        self._pieces.clear()
        self._held.clear()
        self._upsets.clear()
        self._blind_until = None

    def _consider(self, sighting: Sighting, now: float) -> list[Detection]:
        if sighting.upset:
            return self._decide(self._note_upset(sighting.t), now)
        if self._blind_until is not None and sighting.t < self._blind_until:
            return []
        return self._decide(self._linker.feed(sighting), now)

    def _note_upset(self, t: float) -> list[Track]:
        """Count an upset; after several in a row end all tracks and trust nothing for a while."""
        self.counts["upsets"] += 1
        self._upsets.append(t)
        if len(self._upsets) < UPSET_COUNT or t - self._upsets[0] > UPSET_S:
            return []
        self._blind_until = t + QUARANTINE_S
        return self._linker.finish()

    def _decide(self, ended: Iterable[Track], now: float) -> list[Detection]:
        found = []
        waiting, self._held = [*self._held, *ended], []
        for track in sorted(waiting, key=lambda track: -len(track.places)):
            if self._goes_on(track) or self._is_held(track, now):
                continue
            verdict = self._judge(track)
            if isinstance(verdict, Rejection):
                self.counts[f"rejected: {verdict.reason.partition('(')[0].strip()}"] += 1
                self.rejections.append(verdict)
            elif self._is_known(verdict) or self._is_rest(track):
                self.counts["repeated"] += 1
            elif self._drips.is_drop(verdict):
                self._note_drop(verdict)
            else:
                if may_be_drop(verdict):
                    self._drips.add(verdict)
                self._known.append(verdict)
                self._told.append(Track(list(verdict.places)))
                found.append(describe(self._calibration, verdict, now))
        return found

    def _note_drop(self, drop: Throw) -> None:
        """Count a drop: no single one is told, a dripping place is."""
        self.counts["drops"] += 1
        self.rejections.append(Rejection("as small and slow as a drop", drop.places, 1.0))
        dripping = self._drips.add(drop)
        if dripping:
            self.drippings.append(dripping)

    def _judge(self, track: Track) -> Throw | Rejection:
        """The verdict on a track: as the rest of an earlier piece, if there is one, else by itself."""
        for whole in islice(self._pieces.unions(track), UNIONS):
            joined = judge(self._calibration, whole, self._lead)
            if isinstance(joined, Throw):
                self.counts["joined pieces"] += 1
                return joined
            self._pieces.keep(whole)
        verdict = judge(self._calibration, track, self._lead)
        if isinstance(verdict, Rejection):
            self._pieces.keep(track)
        return verdict

    def _is_held(self, track: Track, now: float) -> bool:
        """True while what may be its rest is in the air: both are judged together then."""
        if now - track.last > HOLD_S or not leads_to_any(track, self._linker.tracks):
            return False
        for piece in (*islice(self._pieces.unions(track), UNIONS), track):
            self._pieces.keep(piece)
        self._held.append(track)
        return True

    def _goes_on(self, track: Track) -> bool:
        """True when a live, longer track took over most of this one's places."""
        mine = {id(place) for place in track.places[-8:]}
        since, wanted = track.places[-len(mine)].blob.t, min(3, len(mine))
        return any(
            other.last >= since and _shared(other.places, mine, since) >= wanted
            for other in self._linker.tracks
        )

    def _is_rest(self, track: Track) -> bool:
        """True when a throw that was told ended where the track begins; two that cross go on beside each other."""
        return any(leads_to(told, track) and told.last < track.first + CROSSING_S for told in self._told)

    def _is_known(self, throw: Throw) -> bool:
        """True for a further piece of a throw that has been told already: it lies on the same path."""
        return any(_same_path(known, throw) or _same_path(throw, known) for known in self._known)


def _shared(places: list[Place], mine: set[int], since: float) -> int:
    """How many of the places from `since` on are among mine."""
    return sum(id(p) in mine for p in takewhile(lambda p: p.blob.t >= since, reversed(places)))


def _same_path(known: Throw, throw: Throw) -> bool:
    """Whether the places of `throw` lie where `known` was, or would have gone on to."""
    told = {id(place) for place in known.places}
    shared = sum(id(place) in told for place in throw.places)
    if shared >= max(SHARED_PLACES, SHARED_SHARE * min(len(known.places), len(throw.places))):
        return True
    places = [
        place
        for place in throw.places
        if known.fit.first <= place.blob.t <= known.places[-1].blob.t + REMEMBER_S
    ]
    if len(places) < 0.5 * len(throw.places):
        return False
    beside = [place for place in places if place.blob.t <= known.places[-1].blob.t]
    if len(beside) >= BESIDE_PLACES:
        # both were in sight at the same time: parts of one thing stay together, two things come apart
        return float(np.quantile(_misses(known, beside), 0.9)) < SAME_THROW_M
    places = places[:25]
    miss = _misses(known, places)
    ahead = max(places[-1].blob.t - known.places[-1].blob.t, 0.0)
    return bool(np.median(miss) < SAME_THROW_M + AHEAD_M_S * ahead)


def _misses(known: Throw, places: list[Place]) -> NDArray[np.float64]:
    """Metres between places and where the known throw was, or would have been, at their times."""
    path = known.fit.path(np.array([place.blob.t for place in places]))
    return np.hypot(path[:, 0] - [p.across for p in places], path[:, 1] - [p.up for p in places])

"""Is a track a throw? Physics decides: size, company, speed, and whether a fall tells its path best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .facade import ROOF
from .fit import FallFit, fit_rivals
from .origin import Origin, find_origin
from .story import LEAST_PLACES, LEAST_TEMPER, Story, fit_without_outliers, observe, tell_fall
from .terminal import TerminalEstimate, estimate_terminal
from .tracks import Place, Track

Array = NDArray[np.floating[Any]]

LEAST_SPAN_S, LEAST_DROP_M = 0.24, 1.5
LARGEST_M = 1.6
CROWD = 6.0
LEAST_END_SPEED = 2.2
LEAST_GAIN, GAIN_SHARE = 1.0, 0.17
# a light thing first seen when it is nearly at its final speed: enough when so clear
CLEAR_LEAD, CLEAR_GAIN = 250.0, 0.6
# air that moves so fast along the wall, or from it, is no wind: what is borne by it flies
WIND_ALONG, WIND_FROM, BORNE_BELOW = 7.0, 4.5, 13.0
EDGE_SHARE = 0.02
# how much better a fall must tell the path than constant speed does, alone and for each other sinking thing
MARGIN, MARGIN_EACH, MARGIN_MOST = 30.0, 8.0, 400.0
# leaves swing downwards by as much as this
SHORT_DROP_M, SHORT_MARGIN = 3.5, 200.0
LEAST_DENSITY, DENSE, DENSE_CROWDED, COMPANY = 0.25, 0.6, 0.8, 8.0
# what is seen only now and then must be seen this often, and lie so well on a fall that chance can't have put it there
SELDOM_PLACES, SELDOM_SCATTER, SELDOM_MARGIN = 14, 1.5, 40.0
BENT_MARGIN = 30.0
EARLY_S, EARLY_BELOW = 1.3, 15.0
# things as slow as leaves: how long before them the place was watched, what their first moments must be like
SLOW_WATCHED_S, SLOW_BEGIN_S, SLOW_DROP_M, SLOW_DENSITY = 0.6, 1.2, 2.5, 0.82
SLOW_SCATTER, SLOW_BENT_LEAD, SLOW_BENT_CLEARLY, SLOW_FLUNG = 0.7, 25.0, 45.0, 1.6
SLOW_AREA_M2, SLOW_MARGIN = 0.02, 5.0
SLOW_LEAST, SLOW_GAIN, SLOW_MARGIN_EACH = 0.5, 0.3, 0.5
SCATTER_HEAVY, SCATTER_LIGHT, LIGHT_BELOW = 3.0, 9.0, 9.0
FIRST_SPEED_ACROSS = 9.0
ACROSS_MOST, ACROSS_MORE_M = 0.8, 3.0
INSIDE_LEAST = 0.35
SUSPICIOUS, SUSPICIOUS_DROP_M = 0.5, 3.0
# how long a thing in the air is overlooked at first, and more where it was also missed later
UNSEEN_S, UNSEEN_MORE_S = 0.10, 0.6
BLUR_PX2 = 1.8


@dataclass(frozen=True, slots=True)
class Throw:
    """A track that physics takes for a throw, with all that was found out about it."""

    places: tuple[Place, ...]
    fit: FallFit
    terminal: TerminalEstimate
    origin: Origin
    area_m2: float
    margin: float
    scatter: float
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """A track that is no throw, the first reason found, and the share of the wanted lead that a fall had."""

    reason: str
    places: tuple[Place, ...]
    lead: float = 0.0

    @property
    def suspicious(self) -> bool:
        """Whether a person might see a throw in it: a fall leads by half of what is wanted, over some metres."""
        return (
            self.lead >= SUSPICIOUS
            and max(place.up for place in self.places) - self.places[-1].up > SUSPICIOUS_DROP_M
        )


def judge(calibration: Calibration, track: Track, lead: float = 0.0) -> Throw | Rejection:
    """Cheap looks first, the fit last; `lead` is added to what a fall must be better by (see sensitivity.py)."""
    reason = look(calibration, track)
    if reason:
        return Rejection(reason, tuple(track.places))
    if track.end_speed < LEAST_END_SPEED:
        return judge_slow(calibration, track, lead)
    wanted = _wanted(track) + lead
    reason = look_at_speed(calibration, track, wanted)
    if reason:
        return Rejection(reason, tuple(track.places))
    story = tell_fall(calibration, track.places)
    reason = _doubt(story, wanted) or _doubt_seldom(track, story, wanted)
    if reason:
        return Rejection(reason, tuple(story.places), story.margin / wanted)
    return _conclude(calibration, story, _doubt_speed, track.places, slow=False)


def judge_slow(calibration: Calibration, track: Track, lead: float) -> Throw | Rejection:
    """What sinks as slowly as a leaf is told only when it was seen to be let go: it was not there before, hung still
    at a home, gathered speed as a fall does, and came down further than a gust carries a leaf."""
    reason = f"too slow at the end ({track.end_speed:.1f} m/s)"
    early = [place for place in track.places if place.blob.t - track.first <= SLOW_BEGIN_S]
    looks = max(track.looks - track.idle, 1) * (early[-1].blob.t - track.first) / (track.last - track.first)
    if (
        track.watched < SLOW_WATCHED_S
        or track.drop < SLOW_DROP_M
        or track.density < SLOW_DENSITY
        or len(early) < max(LEAST_PLACES, SLOW_DENSITY * looks)
    ):
        return Rejection(reason, tuple(track.places))
    story = tell_fall(calibration, early)
    wanted = min(SLOW_MARGIN + SLOW_MARGIN_EACH * float(np.mean(track.company or [0])), MARGIN_MOST) + lead
    if story.fit.scatter > SLOW_SCATTER or story.margin < wanted or story.bent_lead < SLOW_BENT_LEAD:
        return Rejection(
            f"{reason}, and was not seen to be let go (scatter {story.fit.scatter:.1f}, "
            f"margin {story.margin - wanted:.0f}, {story.bent_lead:.0f})",
            tuple(track.places),
        )
    return _conclude(calibration, story, _doubt_start, track.places, slow=True)


def _at_edge(calibration: Calibration, place: Place) -> bool:
    """Whether a place lies at the edge of the picture."""
    x, y = place.blob.x / calibration.width, place.blob.y / calibration.height
    return min(x, y, 1 - x, 1 - y) < EDGE_SHARE


def _wanted(track: Track) -> float:
    """The lead over constant speed that is wanted: more where much else is sinking."""
    return min(MARGIN + MARGIN_EACH * float(np.mean(track.company or [0])), MARGIN_MOST)


def _conclude(
    calibration: Calibration,
    story: Story,
    doubt: Callable[[FallFit, Story], str],
    seen: list[Place],
    *,
    slow: bool,
) -> Throw | Rejection:
    """Weigh the thing and find where it came from; a last doubt about its speeds, and whether it left a home."""
    places, fit = story.places, story.fit
    area = silhouette(calibration, places)
    if slow and area < SLOW_AREA_M2:
        return Rejection(f"too slow at the end, and no larger than a leaf ({area:.3f} m2)", tuple(places))
    terminal = estimate_terminal(fit, story.temper, area)
    begin = fit if slow else _fit_begin(calibration, seen, story, terminal)
    reason = doubt(begin, story)
    if reason:
        return Rejection(reason, tuple(places), 1.0)
    unseen_s = UNSEEN_S + UNSEEN_MORE_S * (1.0 - begin_density(seen))
    origin = find_origin(calibration, begin, terminal.weights, unseen_s, max(LEAST_TEMPER, begin.scatter))
    if origin.inside < INSIDE_LEAST or not origin.cells:
        return Rejection(f"left no home ({origin.place[0]:.1f}, {origin.place[1]:.1f} m)", tuple(places), 1.0)
    if origin.cells[0][0].floor == ROOF and _at_edge(calibration, seen[0]):
        return Rejection("came in from outside of the picture, above the roof", tuple(places), 1.0)
    return Throw(
        tuple(seen if slow else places), fit, terminal, origin, area, story.margin, fit.scatter, slow
    )


def look(calibration: Calibration, track: Track) -> str:
    """The first plain reason why the track can't be a throw; empty when there is none."""
    places = track.places
    if len(places) < LEAST_PLACES or track.last - track.first < LEAST_SPAN_S:
        return "too short"
    if track.drop < LEAST_DROP_M:
        return "hardly falls"
    crowded = float(np.mean(track.company or [0])) > COMPANY
    if track.density < (DENSE_CROWDED if crowded else LEAST_DENSITY):
        return "seen too seldom"
    if track.density < DENSE and len(places) < SELDOM_PLACES:
        return "seen too seldom"
    if float(np.mean(track.crowd)) > CROWD:
        return "one of many"
    extent = np.median([max(p.blob.width, p.blob.height) for p in places])
    middle = places[len(places) // 2].blob
    scale = calibration.metres_per_pixel(np.array([[middle.x, middle.y]]))[0, 0]
    if extent * scale > LARGEST_M:
        return "too large"
    return ""


def _fit_begin(
    calibration: Calibration, seen: list[Place], story: Story, terminal: TerminalEstimate
) -> FallFit:
    """For the release of a light thing only the first moments count: later gusts say nothing about it.

    `seen` are all its places: the whole fit may have left out the first ones, which gusts later belie.
    """
    early = [place for place in seen if place.blob.t - seen[0].blob.t <= EARLY_S]
    if terminal.middle > EARLY_BELOW or len(early) < 2 * LEAST_PLACES or len(early) == len(story.places):
        return story.fit
    _places, begin = fit_without_outliers(calibration, early)
    return begin if begin.scatter < SCATTER_HEAVY else story.fit


def look_at_speed(calibration: Calibration, track: Track, wanted: float) -> str:
    """Why the track can't be a throw by its speed; spares the fit of what hovers, drifts or goes straight."""
    places = track.places
    across = abs(places[-1].across - places[0].across)
    if across > ACROSS_MOST * track.drop + ACROSS_MORE_M:
        return f"goes across ({across:.1f} m for {track.drop:.1f} m down)"
    straight = fit_rivals(calibration, observe(places)).straight
    if straight / LEAST_TEMPER < wanted:
        return f"as well a straight path at constant speed ({straight / LEAST_TEMPER - wanted:.1f})"
    return ""


def _doubt(story: Story, wanted: float) -> str:
    """Why the fitted track is no fall; empty when it is one."""
    fit, bend = story.fit, story.rivals.bend_m_s2
    if story.bent_lead < -BENT_MARGIN:
        return "bends as no fall does"
    drop = max(place.up for place in story.places) - story.places[-1].up
    if drop < SHORT_DROP_M and story.margin < wanted + SHORT_MARGIN:
        return f"falls only {drop:.1f} m (lead {story.margin - wanted:.0f})"
    gusty = fit.terminals[fit.best] < LIGHT_BELOW and story.bent_lead > 0
    if fit.scatter > (SCATTER_LIGHT if gusty else SCATTER_HEAVY):
        return f"no fall fits (scatter {fit.scatter:.1f})"
    if story.margin < wanted:
        return f"as well a straight path at constant speed ({story.margin - wanted:.1f})"
    if bend > 3.0 or bend < -16.0:
        return f"bends by {bend:.1f} m/s2"
    if abs(fit.parameters[fit.best, 3]) > FIRST_SPEED_ACROSS:
        return "too fast across"
    along, away = np.abs(fit.parameters[fit.best, 6:8])
    if fit.terminals[fit.best] < BORNE_BELOW and (along > WIND_ALONG or away > WIND_FROM):
        return f"flies (borne by {along:.1f}, {away:.1f} m/s)"
    return ""


def _doubt_seldom(track: Track, story: Story, wanted: float) -> str:
    """Why a track with many gaps may be chance."""
    if track.density >= DENSE:
        return ""
    if len(story.places) < SELDOM_PLACES or story.fit.scatter > SELDOM_SCATTER:
        return f"seen too seldom (scatter {story.fit.scatter:.1f})"
    if story.margin < wanted + SELDOM_MARGIN:
        return f"seen too seldom (lead {story.margin - wanted:.0f})"
    return ""


def begin_density(places: list[Place]) -> float:
    """The share of pictures of its first second in which it was seen, by the shortest step between two."""
    times = np.array([place.blob.t for place in places])
    early = times[times - times[0] <= 1.0]
    if len(early) < 3:
        return 0.5
    step = float(np.quantile(np.diff(times), 0.2))
    return float(np.clip((len(early) - 1) * step / max(early[-1] - early[0], 1e-3), 0.0, 1.0))


def _speeds(begin: FallFit, story: Story) -> tuple[float, float]:
    """Upward speed at the first sighting, and the fastest downward later on.

    The first is the beginning's own: gusts late in a light thing's fall bend that of the whole fit.
    """
    last = story.places[-1].blob.t
    ends = [(story.fit, last), (begin, min(begin.first + EARLY_S, last))]
    start = begin.path(np.array([begin.first, begin.first + 0.04]))
    final = min(
        float(np.diff(fit.path(np.array([t - 0.04, t]))[:, 1])[0]) / 0.04
        for fit, t in ends
        if t - 0.04 > fit.first
    )
    return (start[1, 1] - start[0, 1]) / 0.04, final


def _doubt_speed(begin: FallFit, story: Story) -> str:
    """A thing let go gathers speed; what slows down or keeps its speed was not let go here."""
    first, final = _speeds(begin, story)
    needed = max(LEAST_GAIN, GAIN_SHARE * -final)
    if story.margin > CLEAR_LEAD and begin.scatter < SCATTER_HEAVY:
        needed *= CLEAR_GAIN
    if first - final < needed:
        return f"gathers no speed ({-first:.1f} to {-final:.1f} m/s)"
    return ""


def _doubt_start(begin: FallFit, story: Story) -> str:
    """The same for what is slow at its fastest; a bag flung out slows down instead, which bends its path clearly."""
    first, final = _speeds(begin, story)
    flung = story.bent_lead > SLOW_BENT_CLEARLY and first > -SLOW_FLUNG
    if final > -SLOW_LEAST or (first - final < SLOW_GAIN * -final and not flung):
        return f"too slow at the end, and gathers no speed ({-first:.1f} to {-final:.1f} m/s)"
    return ""


def silhouette(calibration: Calibration, places: list[Place]) -> float:
    """Area in m2 across the line of sight: the median over the sharper half, less what blur and motion add."""
    pixels = np.array([(p.blob.x, p.blob.y) for p in places])
    scale = calibration.metres_per_pixel(pixels)[:, 0]
    areas = np.array([p.blob.area for p in places])
    contrast = np.array([abs(p.blob.contrast) for p in places])
    areas = np.maximum(areas - BLUR_PX2, 0.35 * areas) * scale**2
    sharp = contrast >= np.median(contrast)
    return float(np.clip(np.median(areas[sharp]), 2e-4, 2.5))

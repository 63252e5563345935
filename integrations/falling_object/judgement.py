"""Is a track a throw? Physics decides: size, company, speed, and whether a fall tells its path best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .fit import FallFit, Observations, fit_fall, fit_rivals
from .origin import Origin, find_origin
from .terminal import TerminalEstimate, estimate_terminal
from .tracks import Place, Track, position_noise

Array = NDArray[np.floating[Any]]

LEAST_PLACES, LEAST_SPAN_S, LEAST_DROP_M = 7, 0.24, 1.5
LARGEST_M = 1.6
CROWD = 6.0
LEAST_END_SPEED = 2.2
LEAST_GAIN, GAIN_SHARE = 1.2, 0.2
# how much better a fall must tell the path than constant speed does, alone and for each other sinking thing
MARGIN, MARGIN_EACH, MARGIN_MOST = 30.0, 8.0, 400.0
LEAST_DENSITY, LEAST_DENSITY_CROWDED, COMPANY = 0.6, 0.8, 8.0
BENT_MARGIN = 30.0
LEAST_TEMPER = 0.35
EARLY_S, EARLY_BELOW = 1.3, 15.0
SCATTER_HEAVY, SCATTER_LIGHT, LIGHT_BELOW = 3.0, 9.0, 9.0
OUTLIER = 4.5
FIRST_SPEED_ACROSS = 9.0
ACROSS_MOST, ACROSS_MORE_M = 1.2, 2.0
INSIDE_LEAST = 0.35
UNSEEN_S = 0.10
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


@dataclass(frozen=True, slots=True)
class Rejection:
    """A track that is no throw, and the first reason found."""

    reason: str
    places: tuple[Place, ...]


def judge(calibration: Calibration, track: Track) -> Throw | Rejection:
    """Cheap looks first, the fit last."""
    wanted = min(MARGIN + MARGIN_EACH * float(np.mean(track.company or [0])), MARGIN_MOST)
    reason = look(calibration, track) or look_at_speed(calibration, track, wanted)
    if reason:
        return Rejection(reason, tuple(track.places))
    places, fit = _fit_without_outliers(calibration, track.places)
    rivals = fit_rivals(calibration, observe(places))
    temper = max(LEAST_TEMPER, fit.scatter)
    fall = fit.costs[fit.best] / temper + 6 * np.log(2 * len(places))
    noise = 4 * np.log(2 * len(places))
    margin = float((rivals.straight - noise) / temper + noise - fall)
    if fall * temper > rivals.bent + BENT_MARGIN * temper:
        return Rejection("bends as no fall does", tuple(places))
    reason = _doubt(fit, margin - wanted, rivals.bend_m_s2)
    if reason:
        return Rejection(reason, tuple(places))
    area = silhouette(calibration, places)
    terminal = estimate_terminal(fit, temper, area)
    begin = _fit_begin(calibration, places, terminal, fit)
    reason = _doubt_speed(begin, fit, places)
    if reason:
        return Rejection(reason, tuple(places))
    origin = find_origin(calibration, begin, terminal.weights, UNSEEN_S, max(LEAST_TEMPER, begin.scatter))
    if origin.inside < INSIDE_LEAST or not origin.cells:
        return Rejection(f"left no home ({origin.place[0]:.1f}, {origin.place[1]:.1f} m)", tuple(places))
    return Throw(tuple(places), fit, terminal, origin, area, margin, fit.scatter)


def look(calibration: Calibration, track: Track) -> str:
    """The first plain reason why the track can't be a throw; empty when there is none."""
    places = track.places
    if len(places) < LEAST_PLACES or track.last - track.first < LEAST_SPAN_S:
        return "too short"
    if track.drop < LEAST_DROP_M:
        return "hardly falls"
    crowded = float(np.mean(track.company or [0])) > COMPANY
    if track.density < (LEAST_DENSITY_CROWDED if crowded else LEAST_DENSITY):
        return "seen too seldom"
    if float(np.mean(track.crowd)) > CROWD:
        return "one of many"
    extent = np.median([max(p.blob.width, p.blob.height) for p in places])
    middle = places[len(places) // 2].blob
    scale = calibration.metres_per_pixel(np.array([[middle.x, middle.y]]))[0, 0]
    if extent * scale > LARGEST_M:
        return "too large"
    return ""


def observe(places: list[Place]) -> Observations:
    """Places as what the fit wants."""
    return Observations(
        np.array([p.blob.t for p in places]), np.array([(p.blob.x, p.blob.y) for p in places]),
        np.array([position_noise(p.blob) for p in places]),
    )  # fmt: skip


def _fit_without_outliers(calibration: Calibration, places: list[Place]) -> tuple[list[Place], FallFit]:
    """Fit, leave out what is far off (a wrong first pair, a second thing), fit again."""
    seen = observe(places)
    fit = fit_fall(calibration, seen)
    misses = np.linalg.norm(calibration.project(fit.path(seen.times)) - seen.pixels, axis=1) / seen.sigma
    kept = misses < OUTLIER * max(0.7, np.sqrt(fit.scatter))
    if kept.all() or kept.sum() < LEAST_PLACES:
        return places, fit
    places = [place for place, keep in zip(places, kept, strict=True) if keep]
    return places, fit_fall(calibration, observe(places), fit)


def _fit_begin(
    calibration: Calibration, places: list[Place], terminal: TerminalEstimate, whole: FallFit
) -> FallFit:
    """For the release of a light thing only the first moments count: later gusts say nothing about it."""
    early = [place for place in places if place.blob.t - places[0].blob.t <= EARLY_S]
    if terminal.middle > EARLY_BELOW or len(early) < 2 * LEAST_PLACES or len(early) == len(places):
        return whole
    return fit_fall(calibration, observe(early), whole)


def look_at_speed(calibration: Calibration, track: Track, wanted: float) -> str:
    """Why the track can't be a throw by its speed; spares the fit of what hovers, drifts or goes straight."""
    places = track.places
    end = (places[-1].up - places[-4].up) / max(places[-1].blob.t - places[-4].blob.t, 1e-3)
    if end > -LEAST_END_SPEED:
        return f"too slow at the end ({-end:.1f} m/s)"
    across = abs(places[-1].across - places[0].across)
    if across > ACROSS_MOST * track.drop + ACROSS_MORE_M:
        return f"goes across ({across:.1f} m for {track.drop:.1f} m down)"
    straight = fit_rivals(calibration, observe(places)).straight
    if straight / LEAST_TEMPER < wanted:
        return f"as well a straight path at constant speed ({straight / LEAST_TEMPER - wanted:.1f})"
    return ""


def _doubt(fit: FallFit, excess: float, bend: float) -> str:
    """Why the fitted track is no fall; empty when it is one."""
    limit = SCATTER_LIGHT if fit.terminals[fit.best] < LIGHT_BELOW else SCATTER_HEAVY
    if fit.scatter > limit:
        return f"no fall fits (scatter {fit.scatter:.1f})"
    if excess < 0.0:
        return f"as well a straight path at constant speed ({excess:.1f})"
    if bend > 3.0 or bend < -16.0:
        return f"bends by {bend:.1f} m/s2"
    if abs(fit.parameters[fit.best, 3]) > FIRST_SPEED_ACROSS:
        return "too fast across"
    return ""


def _doubt_speed(begin: FallFit, fit: FallFit, places: list[Place]) -> str:
    """A thing let go gathers speed; what slows down or keeps its speed was not let go here.

    The first speed is the beginning's own: gusts late in a light thing's fall bend that of the whole fit.
    """
    last = places[-1].blob.t
    start = begin.path(np.array([begin.first, begin.first + 0.04]))
    end = fit.path(np.array([last - 0.04, last]))
    first, final = (start[1, 1] - start[0, 1]) / 0.04, (end[1, 1] - end[0, 1]) / 0.04
    if first - final < max(LEAST_GAIN, GAIN_SHARE * -final):
        return f"gathers no speed ({-first:.1f} to {-final:.1f} m/s)"
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

"""The best fall through a track's places, and how much better it tells them than simpler stories do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .fit import FallFit, Observations, RivalFits, fit_fall, fit_rivals
from .tracks import Place, position_noise

Array = NDArray[np.floating[Any]]

LEAST_PLACES = 7
LEAST_TEMPER = 0.35
OUTLIER = 4.5
# above this scatter something else may have been taken for the thing: keep what agrees with one bent path
MIXED_SCATTER, MIXED_PLACES, MIXED_SHARE, MENDED = 3.0, 12, 0.5, 0.3
TRIALS, AGREE_M, BEND_LEAST, BEND_MOST = 80, 0.35, -13.0, 1.5


@dataclass(frozen=True, slots=True)
class Story:
    """The best fall through places (outliers left out), how others tell them, its lead over constant speed."""

    places: list[Place]
    fit: FallFit
    rivals: RivalFits
    temper: float
    margin: float

    @property
    def bent_lead(self) -> float:
        """How much better the fall tells the path than a free bend does."""
        lead = self.rivals.bent - self.fit.costs[self.fit.best] - 6 * _price(self.places) * self.temper
        return float(lead / self.temper)


def tell_fall(calibration: Calibration, places: list[Place]) -> Story:
    """Fit a fall and its rivals to places, without those that something else left there."""
    places, fit = fit_without_outliers(calibration, places)
    if fit.scatter > MIXED_SCATTER and len(places) >= MIXED_PLACES:
        agreeing = find_agreeing(places)
        if max(LEAST_PLACES, MIXED_SHARE * len(places)) <= len(agreeing) < len(places):
            other_places, other = fit_without_outliers(calibration, agreeing)
            if other.scatter < MENDED * fit.scatter:
                places, fit = other_places, other
    rivals = fit_rivals(calibration, observe(places))
    temper = max(LEAST_TEMPER, fit.scatter)
    fall = fit.costs[fit.best] / temper + 6 * _price(places)
    straight = (rivals.straight - 4 * _price(places)) / temper + 4 * _price(places)
    return Story(places, fit, rivals, temper, float(straight - fall))


def _price(places: list[Place]) -> float:
    """What a parameter costs."""
    return float(np.log(2 * len(places)))


def observe(places: list[Place]) -> Observations:
    """Places as what the fit wants."""
    return Observations(
        np.array([p.blob.t for p in places]), np.array([(p.blob.x, p.blob.y) for p in places]),
        np.array([position_noise(p.blob) for p in places]),
    )  # fmt: skip


def fit_without_outliers(calibration: Calibration, places: list[Place]) -> tuple[list[Place], FallFit]:
    """Fit, leave out what is far off (a wrong first pair, a second thing), fit again."""
    seen = observe(places)
    fit = fit_fall(calibration, seen)
    misses = np.linalg.norm(calibration.project(fit.path(seen.times)) - seen.pixels, axis=1) / seen.sigma
    kept = misses < OUTLIER * max(0.7, np.sqrt(fit.scatter))
    if kept.all() or kept.sum() < LEAST_PLACES:
        return places, fit
    places = [place for place, keep in zip(places, kept, strict=True) if keep]
    return places, fit_fall(calibration, observe(places), fit)


def find_agreeing(places: list[Place]) -> list[Place]:
    """The most places that lie near one path bent downwards, by random sampling of three; the seed is fixed."""
    random = np.random.default_rng(11)
    rows = np.array([(p.blob.t, p.across, p.up) for p in places])
    times = rows[:, 0] - rows[0, 0]
    best = np.ones(len(places), dtype=bool)
    most = 0
    for _ in range(TRIALS):
        chosen = np.sort(random.choice(len(places), 3, replace=False))
        if times[chosen[2]] - times[chosen[0]] < 0.2 or np.diff(times[chosen]).min() < 0.03:
            continue
        bent = np.polyfit(times[chosen], rows[chosen, 1:], 2)
        if not BEND_LEAST < 2 * bent[0, 1] < BEND_MOST:
            continue
        path = np.stack([np.polyval(bent[:, axis], times) for axis in (0, 1)], axis=1)
        near = np.hypot(*(path - rows[:, 1:]).T) < AGREE_M
        if near.sum() > most:
            most, best = int(near.sum()), near
    return [place for place, keep in zip(places, best, strict=True) if keep] if most else places

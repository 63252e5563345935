"""Fits the fall in three dimensions to pixels, for a ladder of terminal velocities at once, and its rivals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ballistics import fly
from .calibration import Calibration

Array = NDArray[np.floating[Any]]

TERMINALS = np.geomspace(1.0, 75.0, 18)
PARAMETERS = 9
# place, velocity, wind along and from the wall, turn of the wind along the wall: what is believed of the first
# sighting before looking at the path
BELIEVED = np.array([0.0, 0.0, 0.5, 0.0, -2.0, 0.9, 0.0, 0.0, 0.0])
BELIEVED_SPREAD = np.array([1e3, 1e3, 0.6, 4.0, 8.0, 1.0, 1.4, 0.5, 0.5])
NUDGE = np.array([0.02, 0.02, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05])
HUBER = 2.0
# nothing falls through the wall: how far behind the facade a path may seem to be, 1 sigma
WALL_M = 0.25
ROUNDS = 8
# a terminal velocity that after two rounds costs so much more than the best is not followed further
HOPELESS, HOPELESS_MORE = 4.0, 150.0
# no hypothesis that costs little more than the best gained more in a round: done
ENOUGH, MATTERS = 0.1, 40.0


@dataclass(frozen=True, slots=True)
class Observations:
    """Sightings of one thing: times (N,) in s, pixels (N, 2), standard deviation of each in px (N,)."""

    times: Array
    pixels: Array
    sigma: Array


@dataclass(frozen=True, slots=True)
class FallFit:
    """Per terminal velocity (V): cost, parameters (V, 9) at the first sighting, covariances (V, 9, 9)."""

    first: float
    terminals: Array
    costs: Array
    parameters: Array
    covariances: Array
    freedom: int

    @property
    def best(self) -> int:
        """Index of the terminal velocity that fits best."""
        return int(np.argmin(self.costs))

    @property
    def scatter(self) -> float:
        """Robust chi-square per degree of freedom of the best fit: about 1 when the path is a fall."""
        return float(self.costs[self.best] / max(self.freedom, 1))

    def path(self, times: Array, index: int | None = None) -> Array:
        """Places (N, 3) at `times` not before the first sighting, by the best (or the given) hypothesis."""
        chosen = self.best if index is None else index
        parameters = self.parameters[chosen : chosen + 1]
        path = fly_parameters(parameters, self.terminals[chosen : chosen + 1], times - self.first)
        return np.asarray(path[0])


def wind_of(parameters: Array) -> Array:
    """Air velocity (B, 3) in parameters (B, 9): level, none upwards."""
    wind = np.zeros((len(parameters), 3))
    wind[:, (0, 2)] = parameters[:, 6:8]
    return wind


def fly_parameters(parameters: Array, terminals: Array, times: Array) -> Array:
    """Places (B, N, 3) at `times` after the first sighting for parameters (B, 9)."""
    turn = np.zeros((len(parameters), 3))
    turn[:, 0] = parameters[:, 8]
    return fly(parameters[:, :6], wind_of(parameters), turn, terminals, times)


def fit_fall(calibration: Calibration, seen: Observations, start: FallFit | None = None) -> FallFit:
    """Levenberg-Marquardt with Huber weights, all terminal velocities in lockstep; absurd steps cost endlessly.

    `start`: a fit of nearly the same sightings, from the same first one, to go on from.
    """
    with np.errstate(all="ignore"):
        if start is not None and start.first == seen.times[0]:
            return _descend(calibration, seen, start.parameters.copy())
        guess = _guess(calibration, seen)
        return _descend(calibration, seen, np.repeat(guess[None], len(TERMINALS), axis=0))


def _descend(calibration: Calibration, seen: Observations, parameters: Array) -> FallFit:
    terminals, times = TERMINALS, seen.times - seen.times[0]
    damping = np.full(len(terminals), 1e-3)
    errors, slopes = _linearize(calibration, parameters, terminals, times, seen)
    costs = _cost(errors)
    curvature: Array = np.repeat(np.eye(PARAMETERS)[None], len(terminals), axis=0)
    for turn in range(ROUNDS):
        live = (
            np.flatnonzero(costs < HOPELESS * costs.min() + HOPELESS_MORE)
            if turn > 1
            else np.arange(len(terminals))
        )
        step, curvature[live] = _step(slopes[live], errors[live], damping[live])
        tried = parameters[live] + step
        new_errors, new_slopes = _linearize(calibration, tried, terminals[live], times, seen)
        new_costs = _cost(new_errors)
        better = new_costs < costs[live]
        matters = new_costs < costs.min() + MATTERS * max(costs.min() / (2 * len(times)), 1.0)
        gain = float(np.max(np.where(better & matters, costs[live] - new_costs, 0.0)))
        improved = live[better]
        parameters[improved], errors[improved] = tried[better], new_errors[better]
        slopes[improved], costs[improved] = new_slopes[better], new_costs[better]
        damping[live] = np.clip(np.where(better, damping[live] * 0.2, damping[live] * 8.0), 1e-7, 1e7)
        if gain < ENOUGH and better.any():
            break
    covariances = np.linalg.inv(np.nan_to_num(curvature) + 1e-6 * np.eye(PARAMETERS))
    return FallFit(float(seen.times[0]), terminals, costs, parameters, covariances, 2 * len(times) - 5)


def _guess(calibration: Calibration, seen: Observations) -> Array:
    """A start from a straight or bent line through the first few facade places."""
    metres = calibration.locate(seen.pixels)
    times = seen.times - seen.times[0]
    line = np.polyfit(times, metres, 2 if len(times) > 4 else 1)
    guess = BELIEVED.copy()
    guess[:2], guess[3:5] = line[-1], line[-2]
    shadow = calibration.shadow(np.array([[guess[0], guess[1], guess[2]]]))[0]
    guess[:2] += guess[:2] - shadow
    guess[3:5] = np.clip(guess[3:5], (-10.0, -40.0), (10.0, 8.0))
    return np.asarray(guess, dtype=np.float64)


def _errors(
    calibration: Calibration, parameters: Array, terminals: Array, times: Array, seen: Observations
) -> Array:
    """Weighted differences (B, 2N + 12): pixels, beliefs, and how far behind the wall."""
    places = fly_parameters(parameters, terminals, times)
    pixels = calibration.project(places)
    misses = (pixels - seen.pixels) / seen.sigma[:, None]
    beliefs = (parameters - BELIEVED) / BELIEVED_SPREAD
    beliefs[:, 2] *= np.where(parameters[:, 2] < 0.0, 2.0, 1.0)
    behind = np.minimum(places[:, [len(times) // 3, 2 * len(times) // 3, -1], 2], 0.0) / WALL_M
    rows = (np.clip(misses.reshape(len(parameters), -1), -1e4, 1e4), beliefs, behind)
    return np.asarray(np.concatenate(rows, axis=1))


def _linearize(
    calibration: Calibration, parameters: Array, terminals: Array, times: Array, seen: Observations
) -> tuple[Array, Array]:
    """Errors (V, 2N + 12) and their difference quotients (V, 2N + 12, 9), from one batch flight."""
    nudges = np.concatenate((np.zeros((1, PARAMETERS)), np.diag(NUDGE)))
    many = (parameters[:, None] + nudges).reshape(-1, PARAMETERS)
    errors = _errors(calibration, many, np.repeat(terminals, PARAMETERS + 1), times, seen)
    errors = errors.reshape(len(parameters), PARAMETERS + 1, -1)
    quotients = (errors[:, 1:] - errors[:, :1]) / NUDGE[:, None]
    return np.ascontiguousarray(errors[:, 0]), np.asarray(quotients.transpose(0, 2, 1))


def _huber(errors: Array) -> Array:
    size = np.abs(errors)
    return np.asarray(np.where(size <= HUBER, 1.0, HUBER / np.maximum(size, 1e-9)))


def _cost(errors: Array) -> Array:
    size = np.abs(errors)
    costs = np.where(size <= HUBER, size**2, 2 * HUBER * size - HUBER**2).sum(axis=1)
    return np.asarray(np.nan_to_num(costs, nan=1e12, posinf=1e12))


def _step(slopes: Array, errors: Array, damping: Array) -> tuple[Array, Array]:
    weights = _huber(errors)
    curvature = np.einsum("vni,vn,vnj->vij", slopes, weights, slopes)
    downhill = -np.einsum("vni,vn,vn->vi", slopes, weights, errors)
    diagonal = np.einsum("vii->vi", curvature)
    damped = curvature + (damping[:, None] * diagonal + 1e-9)[:, :, None] * np.eye(PARAMETERS)
    return np.linalg.solve(damped, downhill[:, :, None])[:, :, 0], curvature


@dataclass(frozen=True, slots=True)
class RivalFits:
    """How well simpler stories tell the same path: their Bayesian information criteria, and the bent line's bend."""

    straight: float
    bent: float
    bend_m_s2: float


def fit_rivals(calibration: Calibration, seen: Observations) -> RivalFits:
    """Constant velocity (4 parameters) and free quadratic (6), on the facade plane."""
    metres = calibration.locate(seen.pixels)
    sigma = calibration.metres_per_pixel(seen.pixels) * seen.sigma[:, None]
    times = seen.times - seen.times.mean()
    straight, _ = _polynomial(times, metres, sigma, 1)
    bent, bend = _polynomial(times, metres, sigma, 2)
    noise = np.log(2 * len(times))
    return RivalFits(straight + 4 * noise, bent + 6 * noise, bend)


def _polynomial(times: Array, metres: Array, sigma: Array, degree: int) -> tuple[float, float]:
    """Robust cost of a polynomial and its acceleration upwards."""
    misses = np.empty_like(metres)
    basis = np.vander(times, degree + 1)
    for axis in (0, 1):
        weight = 1.0 / sigma[:, axis]
        for _ in range(4):
            solution = np.linalg.lstsq(basis * weight[:, None], metres[:, axis] * weight, rcond=None)[0]
            misses[:, axis] = (basis @ solution - metres[:, axis]) / sigma[:, axis]
            weight = np.sqrt(_huber(misses[:, axis])) / sigma[:, axis]
    return float(_cost(misses.reshape(1, -1))[0]), 2.0 * float(solution[0]) if degree == 2 else 0.0

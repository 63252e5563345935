"""How a thrown thing moves: gravity and quadratic drag in moving air, many hypotheses at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

GRAVITY = 9.81
AIR_DENSITY = 1.2
STEP_S = 0.15
# per second; stronger drag than this would make the steps unstable and lasts only for an instant
DRAG_RATE_LIMIT = 12.0


def acceleration(velocity: Array, wind: Array, drag: Array) -> Array:
    """Acceleration (3, B) for velocity (3, B), air velocity (3, B) and drag g / vt^2 (B,), in SI units."""
    lag = wind - velocity
    rate = np.sqrt(np.add.reduce(lag * lag, axis=0))
    rate *= drag
    np.minimum(rate, DRAG_RATE_LIMIT, out=rate)
    lag *= rate
    lag[1] -= GRAVITY
    return np.asarray(lag)


def fly(state: Array, wind: Array, turn: Array, terminal: Array, times: Array) -> Array:
    """Places (B, N, 3) at `times` >= 0 (N,) of things at state (B, 6: place, velocity) at time 0.

    The air moves with `wind` (B, 3) at time 0 and changes by `turn` (B, 3) a second.
    """
    duration = max(float(times[-1]), 1e-3)
    steps = max(int(np.ceil(duration / STEP_S)), 1)
    step = duration / steps
    # axes first: numpy is slow where the last axis is short
    wind, turn, drag = np.ascontiguousarray(wind.T), np.ascontiguousarray(turn.T), GRAVITY / terminal**2
    places = np.empty((steps + 1, 3, len(state)))
    speeds = np.empty_like(places)
    places[0], speeds[0] = state[:, :3].T, state[:, 3:].T
    for index in range(steps):
        air = wind + turn * (index + 0.5) * step
        places[index + 1], speeds[index + 1] = advance(places[index], speeds[index], air, drag, step)
    return _interpolate(places, speeds, step, times)


def advance(place: Array, velocity: Array, wind: Array, drag: Array, step: float) -> tuple[Array, Array]:
    """One Runge-Kutta step of fourth order for place, velocity and wind (3, B) and drag g / vt^2 (B,).

    A negative step goes back in time.
    """
    first = acceleration(velocity, wind, drag)
    second = acceleration(velocity + 0.5 * step * first, wind, drag)
    third = acceleration(velocity + 0.5 * step * second, wind, drag)
    last = acceleration(velocity + step * third, wind, drag)
    second += third
    moved = place + step * (velocity + step / 6 * (first + second))
    second *= 2.0
    second += first
    second += last
    return moved, velocity + step / 6 * second


def _interpolate(places: Array, speeds: Array, step: float, times: Array) -> Array:
    """Cubic Hermite between steps: (S, 3, B) at even steps -> (B, N, 3) at `times`."""
    index = np.clip((times / step).astype(int), 0, len(places) - 2)
    s = (times / step - index)[:, None, None]
    path = places[index] * (2 * s**3 - 3 * s**2 + 1)
    path += places[index + 1] * (3 * s**2 - 2 * s**3)
    path += speeds[index] * (step * (s**3 - 2 * s**2 + s))
    path += speeds[index + 1] * (step * (s**3 - s**2))
    return np.ascontiguousarray(path.transpose(2, 0, 1))


def drop_from_rest(terminal: float, seconds: float) -> float:
    """Metres fallen from rest: (vt^2 / g) ln cosh(g t / vt)."""
    return float(terminal**2 / GRAVITY * np.log(np.cosh(GRAVITY * seconds / terminal)))

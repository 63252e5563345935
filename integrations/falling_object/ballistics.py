"""How a thrown thing moves: gravity and quadratic drag in moving air, many hypotheses at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

GRAVITY = 9.81
AIR_DENSITY = 1.2
STEP_S = 0.1
# per second; stronger drag than this would make the steps unstable and lasts only for an instant
DRAG_RATE_LIMIT = 12.0


def acceleration(velocity: Array, wind: Array, terminal: Array) -> Array:
    """Acceleration (B, 3) for velocity (B, 3), air velocity (B, 3) and terminal velocity (B,), in SI units."""
    relative = velocity - wind
    speed = np.sqrt(np.einsum("bi,bi->b", relative, relative))
    pull = relative * -np.minimum(GRAVITY / terminal**2 * speed, DRAG_RATE_LIMIT)[:, None]
    pull[:, 1] -= GRAVITY
    return np.asarray(pull)


def fly(state: Array, wind: Array, turn: Array, terminal: Array, times: Array) -> Array:
    """Places (B, N, 3) at `times` >= 0 (N,) of things at state (B, 6: place, velocity) at time 0.

    The air moves with `wind` (B, 3) at time 0 and changes by `turn` (B, 3) a second.
    """
    duration = max(float(times[-1]), 1e-3)
    steps = max(int(np.ceil(duration / STEP_S)), 1)
    step = duration / steps
    places = np.empty((steps + 1, len(state), 3))
    speeds = np.empty_like(places)
    places[0], speeds[0] = state[:, :3], state[:, 3:]
    for index in range(steps):
        air = wind + turn * (index + 0.5) * step
        places[index + 1], speeds[index + 1] = advance(places[index], speeds[index], air, terminal, step)
    return _interpolate(places, speeds, step, times)


def advance(place: Array, velocity: Array, wind: Array, terminal: Array, step: float) -> tuple[Array, Array]:
    """One Runge-Kutta step of fourth order; a negative step goes back in time."""
    first = acceleration(velocity, wind, terminal)
    second_velocity = velocity + 0.5 * step * first
    second = acceleration(second_velocity, wind, terminal)
    third_velocity = velocity + 0.5 * step * second
    third = acceleration(third_velocity, wind, terminal)
    last_velocity = velocity + step * third
    last = acceleration(last_velocity, wind, terminal)
    moved = place + step / 6 * (velocity + 2 * second_velocity + 2 * third_velocity + last_velocity)
    return moved, velocity + step / 6 * (first + 2 * second + 2 * third + last)


def _interpolate(places: Array, speeds: Array, step: float, times: Array) -> Array:
    """Cubic Hermite between steps: (S, B, 3) at even steps -> (B, N, 3) at `times`."""
    index = np.clip((times / step).astype(int), 0, len(places) - 2)
    s = (times / step - index)[:, None, None]
    begin, end = places[index], places[index + 1]
    begin_slope, end_slope = speeds[index] * step, speeds[index + 1] * step
    path = (
        (2 * s**3 - 3 * s**2 + 1) * begin
        + (s**3 - 2 * s**2 + s) * begin_slope
        + (3 * s**2 - 2 * s**3) * end
        + (s**3 - s**2) * end_slope
    )
    return np.ascontiguousarray(path.transpose(1, 0, 2))


def drop_from_rest(terminal: float, seconds: float) -> float:
    """Metres fallen from rest: (vt^2 / g) ln cosh(g t / vt)."""
    return float(terminal**2 / GRAVITY * np.log(np.cosh(GRAVITY * seconds / terminal)))

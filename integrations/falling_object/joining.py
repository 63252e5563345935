"""One fall seen by two cameras, above and below: whether two paths on a facade are the same thing's. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GRAVITY = 9.81
STEP_S = 0.01
LONGEST_GAP_S, BRIEF_S = 4.0, 0.5
# how far clocks may be apart, how far aside it may be; both more after a gap
APART_S, APART_EACH_S = 0.2, 0.06
ASIDE_M, ASIDE_EACH_S = 0.5, 0.4
UP_M = 0.6
SHIFTS = 9


@dataclass(frozen=True, slots=True)
class Path:
    """A fall on a facade: (seconds since 1970, metres across, metres up) in time order; terminal velocity in m/s."""

    points: Sequence[tuple[float, float, float]]
    terminal_velocity: float


def is_same_fall(one: Path, other: Path) -> bool:
    """Whether one thing, falling on, could have made both paths."""
    if min(len(one.points), len(other.points)) < 2:
        return False
    first, second = sorted((one, other), key=lambda path: path.points[0][0])
    end = first.points[-1][0]
    if end - second.points[0][0] > BRIEF_S or second.points[-1][0] <= end:
        return _run_together(first, second)
    return _goes_on(first, next(point for point in second.points if point[0] > end))


def _run_together(first: Path, second: Path) -> bool:
    """Both were in sight at the same time: one clock's error must bring the paths together."""
    for number in range(SHIFTS):
        shift = APART_S * (2 * number / (SHIFTS - 1) - 1)
        misses = [
            (abs(place[0] - across), abs(place[1] - up))
            for t, across, up in second.points
            if (place := place_at(first, t + shift)) is not None
        ]
        if len(misses) < 2:
            continue
        aside, away = (sorted(miss)[len(misses) // 2] for miss in zip(*misses, strict=True))
        if aside < ASIDE_M and away < UP_M:
            return True
    return False


def _goes_on(first: Path, begin: tuple[float, float, float]) -> bool:
    """One left the picture before, or just when, it came into the other: does it arrive there when it should?"""
    t, across, up = begin
    gap = t - first.points[-1][0]
    if gap > LONGEST_GAP_S:
        return False
    reached = arrive(first, up)
    if reached is None:
        return False
    late, there = reached[0] - t, reached[1]
    return abs(late) < APART_S + APART_EACH_S * gap and abs(there - across) < ASIDE_M + ASIDE_EACH_S * gap


def place_at(path: Path, t: float) -> tuple[float, float] | None:
    """Metres across and up at a time within the path; None outside of it."""
    for (before, across, up), (after, further, lower) in zip(path.points, path.points[1:], strict=False):
        if before <= t <= after:
            share = (t - before) / max(after - before, 1e-6)
            return across + share * (further - across), up + share * (lower - up)
    return None


def arrive(path: Path, height: float) -> tuple[float, float] | None:
    """When it came or comes to a height, and how far across, falling on with drag; None when it does not."""
    for (before, here, high), (after, there, low) in zip(path.points, path.points[1:], strict=False):
        if low <= height <= high:
            share = (high - height) / max(high - low, 1e-6)
            return before + share * (after - before), here + share * (there - here)
    (before, _, _), (t, across, up) = path.points[-2:]
    step = max(t - before, 1e-3)
    aside, speed = ((path.points[-1][axis] - path.points[-2][axis]) / step for axis in (1, 2))
    speed -= GRAVITY * (1 - min(speed / path.terminal_velocity, 1.0) ** 2) * step / 2
    until = t + LONGEST_GAP_S + 1.0
    while up > height and t < until:
        speed -= GRAVITY * (1 - speed * abs(speed) / -(path.terminal_velocity**2)) * STEP_S
        up, across, t = up + speed * STEP_S, across + aside * STEP_S, t + STEP_S
    return (t, across) if path.points[-1][2] > height >= up else None

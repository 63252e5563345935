"""Which way a sensor hangs, compared with how it hung: mounting and sloping streets drop out."""

import math

Attitude = tuple[float, ...]  # a unit vector of gravity (3), or one angle in degrees (1)

STILL = 0.15  # g: a raw acceleration further than this from 1 g was not taken at rest
FULL_TURN = 360.0


def from_angles(x: float, y: float, z: float) -> Attitude | None:
    """Gravity from the three angles between each axis and the horizontal, degrees; None when there is none."""
    return _unit(*(math.sin(math.radians(angle)) for angle in (x, y, z)))


def from_acceleration(x: float, y: float, z: float) -> Attitude | None:
    """Gravity from an acceleration in g; None when the sensor was being moved."""
    return _unit(x, y, z) if abs(math.hypot(x, y, z) - 1) <= STILL else None


def from_angle(angle: float) -> Attitude:
    """One angle, whose sign is not to be trusted."""
    return (abs(angle),)


def _unit(x: float, y: float, z: float) -> Attitude | None:
    length = math.hypot(x, y, z)
    return (x / length, y / length, z / length) if length > 0.1 else None


def between(one: Attitude, other: Attitude) -> float | None:
    """Degrees between two attitudes; None when they are of different sorts."""
    if len(one) != len(other):
        return None
    if len(one) == 1:
        return abs(one[0] - other[0])
    # atan2 of cross and dot: acos alone loses the small angles.
    cross = math.hypot(
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )
    return math.degrees(math.atan2(cross, sum(a * b for a, b in zip(one, other, strict=True))))


def inclination(attitude: Attitude) -> float:
    """Degrees from lying level, either way up."""
    if len(attitude) == 1:
        return attitude[0]
    return math.degrees(math.atan2(math.hypot(attitude[0], attitude[1]), abs(attitude[2])))


def mean(attitudes: list[Attitude]) -> Attitude | None:
    """The middle of attitudes of one sort; None when they cancel out."""
    sums = [sum(parts) / len(attitudes) for parts in zip(*attitudes, strict=True)]
    return tuple(sums) if len(sums) == 1 else _unit(*sums)


def towards(start: Attitude, goal: Attitude, step: float) -> Attitude:
    """`start` turned by at most `step` degrees towards `goal`."""
    apart = between(start, goal)
    if apart is None or apart < 1e-9:
        return start
    share = min(1.0, step / apart)
    moved = [a + (b - a) * share for a, b in zip(start, goal, strict=True)]
    return tuple(moved) if len(moved) == 1 else _unit(*moved) or start

"""A plane map from reference points in plain Python, for checks in the hub's own process: no numpy there. Pure."""

from collections.abc import Sequence
from itertools import combinations
from math import hypot

Point = tuple[float, float]
Pair = tuple[Point, Point]  # where it is on the facade (metres), and in the picture (pixels)
Map = tuple[float, ...]  # nine numbers, row by row

FLAT = 0.002  # of the square of the points' extent: a triangle this small is a line
MOST_TRIED = 40  # points of which each is left out once to find the wrong one
CLEARLY = 3.0  # times that leaving one out must better the fit


class Degenerate(ValueError):
    """The points determine no map."""


def is_line(points: Sequence[Point]) -> bool:
    """Whether all points lie on a line, or three of four do: no map is determined by them."""
    size = max(max(axis) - min(axis) for axis in zip(*points, strict=True)) ** 2
    triangles = list(combinations(points, 3)) if len(points) <= MOST_TRIED else _spread(points)
    flat = [_area(*triangle) < FLAT * size for triangle in triangles]
    return any(flat) if len(points) == 4 else all(flat)


def _spread(points: Sequence[Point]) -> list[tuple[Point, Point, Point]]:
    """Triangles of the two ends with every point: enough to tell a line of many points."""
    low, high = min(points), max(points)
    return [(low, high, point) for point in points]


def _area(a: Point, b: Point, c: Point) -> float:
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def fitted(pairs: Sequence[Pair]) -> Map:
    """The map (metres -> pixels) of least squares, by the direct linear transform; Degenerate when there is none."""
    into, out_of = _normaliser([one for one, _other in pairs]), _normaliser([other for _one, other in pairs])
    table = [[0.0] * 9 for _row in range(8)]  # the normal equations, with their right side
    for metres, pixels in pairs:
        (u, v), (x, y) = _scaled(into, metres), _scaled(out_of, pixels)
        for row in (
            (u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x, x),
            (0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y, y),
        ):
            for i in range(8):
                for j in range(9):
                    table[i][j] += row[i] * row[j]
    h = (*_solved(table), 1.0)
    (a, b, s), (c, d, r) = into, out_of
    # From normalised units back to metres and pixels: inverse(out_of) @ h @ into.
    normal = [h[0:3], h[3:6], h[6:9]]
    metric = [[row[0] * s, row[1] * s, row[2] - s * (row[0] * a + row[1] * b)] for row in normal]
    shifts = (c, d)
    rows = [[metric[i][k] / r + shifts[i] * metric[2][k] for k in range(3)] for i in range(2)]
    return (*rows[0], *rows[1], *metric[2])


def _normaliser(points: Sequence[Point]) -> tuple[float, float, float]:
    """Centre and scale that bring points near to the unit circle: the equations need it."""
    x, y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    size = max(max(abs(px - x), abs(py - y)) for px, py in points)
    return x, y, 1 / max(size, 1e-9)


def _scaled(by: tuple[float, float, float], point: Point) -> Point:
    return (point[0] - by[0]) * by[2], (point[1] - by[1]) * by[2]


def _solved(table: list[list[float]]) -> list[float]:
    """Gaussian elimination with pivots."""
    size = len(table)
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(table[row][column]))
        if abs(table[pivot][column]) < 1e-12:
            raise Degenerate("the points determine no map")
        table[column], table[pivot] = table[pivot], table[column]
        for row in range(size):
            if row != column:
                share = table[row][column] / table[column][column]
                table[row] = [a - share * b for a, b in zip(table[row], table[column], strict=True)]
    return [table[row][size] / table[row][row] for row in range(size)]


def depth(plane: Map, metres: Point) -> float:
    """Of one sign for all that the camera sees."""
    return plane[6] * metres[0] + plane[7] * metres[1] + plane[8]


def is_mirrored(plane: Map) -> bool:
    """Whether right and left (or up and down) are exchanged, for a map whose depths are positive."""
    a, b, c, d, e, f, g, h, i = plane
    return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) >= 0


def residuals(plane: Map, pairs: Sequence[Pair]) -> list[float]:
    """Pixels between each point and where the map puts it."""
    found = []
    for (u, v), (x, y) in pairs:
        w = depth(plane, (u, v)) or 1e-12
        px = (plane[0] * u + plane[1] * v + plane[2]) / w
        py = (plane[3] * u + plane[4] * v + plane[5]) / w
        found.append(hypot(px - x, py - y))
    return found


def culprit(pairs: Sequence[Pair], worst: float, limit: float) -> int | None:
    """The one point without which the others agree; None when it could be any."""
    if not 5 <= len(pairs) <= MOST_TRIED:
        return None
    left: list[tuple[float, int]] = []
    for index in range(len(pairs)):
        others = [pair for place, pair in enumerate(pairs) if place != index]
        try:
            left.append((max(residuals(fitted(others), others)), index))
        except Degenerate:
            continue
    left.sort()
    clear = left and left[0][0] * CLEARLY < worst and left[0][0] <= limit
    return left[0][1] if clear and (len(left) < 2 or left[1][0] > limit) else None

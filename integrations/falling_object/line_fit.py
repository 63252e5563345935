"""A plane map from clicks on lines: points of which only the height, only the distance across, or both are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .calibration import apply_map
from .errors import DetectError

Points = NDArray[np.floating[Any]]
Residuals = Callable[[Points], Points]

ROUNDS = 40
LEAST_RANK = 1e-7


def fit_lines(pixels: Points, metres: Points) -> Points:
    """The map (px -> metres, 3x3) of least pixel distances.

    `pixels` (N, 2); `metres` (N, 2), NaN where a click tells nothing: a click on a slab has no X, one on a column no Y.
    Raises DetectError when they leave the map open.
    """
    for axis, what in ((0, "columns"), (1, "rows")):
        if len(np.unique(metres[np.isfinite(metres[:, axis]), axis].round(3))) < 2:
            raise DetectError(f"reference_points: fewer than 2 different {what}", f"few_{what}")
    into, out_of = _normaliser(pixels), _normaliser(metres)
    start = _linear(apply_map(into, pixels), apply_map(out_of, np.nan_to_num(metres)), metres)
    matrix = _refined(start, apply_map(into, pixels), _known(out_of, metres))
    whole = np.linalg.inv(out_of) @ matrix @ into
    return np.asarray(whole / np.linalg.norm(whole), dtype=np.float64)


def line_distances(to_facade: Points, pixels: Points, metres: Points) -> Points:
    """Pixels (N,) between each click and where the map puts what it stands for: a line, or a point."""
    across, up = (_to_line(to_facade, pixels, metres, axis) for axis in (0, 1))
    both = np.isfinite(metres).all(axis=1)
    away = apply_map(np.linalg.inv(to_facade), np.nan_to_num(metres)) - pixels
    one = np.where(np.isfinite(metres[:, 0]), across, up)
    return np.asarray(np.where(both, np.linalg.norm(away, axis=1), np.abs(one)), dtype=np.float64)


def completed(to_facade: Points, pixels: Points, metres: Points) -> Points:
    """`metres` with what the clicks left open filled in by the map: reference points for everybody."""
    return np.asarray(np.where(np.isfinite(metres), metres, apply_map(to_facade, pixels)), dtype=np.float64)


def _normaliser(points: Points) -> Points:
    """Shift and scale that bring the points near to the unit circle: the equations need it."""
    centre = np.nanmean(points, axis=0)
    size = max(float(np.nanmax(np.abs(points - centre))), 1e-9)
    return np.array([[1 / size, 0, -centre[0] / size], [0, 1 / size, -centre[1] / size], [0, 0, 1]])


def _known(out_of: Points, metres: Points) -> Points:
    """Normalised metres, NaN where nothing is known."""
    return np.asarray(np.where(np.isfinite(metres), apply_map(out_of, np.nan_to_num(metres)), np.nan))


def _linear(pixels: Points, normal: Points, metres: Points) -> Points:
    """The map by linear equations, one for each known coordinate."""
    spots = np.column_stack((pixels, np.ones(len(pixels))))
    nothing = np.zeros_like(spots)
    knows = np.isfinite(metres)
    equations = np.concatenate(
        (
            np.hstack((spots, nothing, -normal[:, :1] * spots))[knows[:, 0]],
            np.hstack((nothing, spots, -normal[:, 1:] * spots))[knows[:, 1]],
        )
    )
    if len(equations) < 8:
        raise DetectError("reference_points: too few clicks", "too_few")
    _left, sizes, right = np.linalg.svd(equations)
    if sizes[7] < LEAST_RANK * sizes[0]:
        raise DetectError("reference_points: they leave the plane open; add another line or corner", "open")
    return np.asarray(right[8].reshape(3, 3), dtype=np.float64)


def _to_line(matrix: Points, pixels: Points, metres: Points, axis: int) -> Points:
    """Signed pixels from each click to the picture of its line; NaN where it knows none."""
    lines = matrix[axis] - metres[:, axis, None] * matrix[2]
    spots = np.column_stack((pixels, np.ones(len(pixels))))
    return np.asarray(
        np.sum(lines * spots, axis=1) / np.maximum(np.hypot(lines[:, 0], lines[:, 1]), 1e-12),
        dtype=np.float64,
    )


def _refined(start: Points, pixels: Points, metres: Points) -> Points:
    """Gauss-Newton with damping over the distances in the picture: what clicking gets wrong is pixels."""

    def wrong(vector: Points) -> Points:
        matrix = vector.reshape(3, 3)
        both = np.isfinite(metres).all(axis=1)
        spots = apply_map(np.linalg.pinv(matrix), np.nan_to_num(metres[both])) - pixels[both]
        lines = [_to_line(matrix, pixels[~both], metres[~both], axis) for axis in (0, 1)]
        return np.concatenate((spots.ravel(), *(line[np.isfinite(line)] for line in lines)))

    return _descend(wrong, start.ravel() / np.linalg.norm(start)).reshape(3, 3)


def _descend(wrong: Residuals, vector: Points) -> Points:
    damping, distances = 1e-4, wrong(vector)
    for _ in range(ROUNDS):
        slopes = np.stack(
            [(wrong(vector + step) - distances) / 1e-6 for step in 1e-6 * np.eye(len(vector))], axis=1
        )
        square = slopes.T @ slopes
        step = np.linalg.solve(
            square + damping * np.eye(len(vector)) * max(np.trace(square), 1e-12), -slopes.T @ distances
        )
        moved = (vector + step) / np.linalg.norm(vector + step)
        further = wrong(moved)
        if further @ further < distances @ distances:
            settled = distances @ distances - further @ further < 1e-12 * (1 + distances @ distances)
            vector, distances, damping = moved, further, damping / 8
            if settled:
                break
        else:
            damping *= 8
            if damping > 1e6:
                break
    return vector

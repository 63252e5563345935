"""Fits a facade that an admin clicked into a picture, for `hub camera calibrate`: plain data in, plain data out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .calibration import RESIDUAL_LIMIT_PX, Calibration, apply_map
from .clip_config import parse_clip_config
from .errors import DetectError
from .line_fit import completed, fit_lines, line_distances

Points = NDArray[np.floating[Any]]

LEAST_DEPTH = (
    0.02  # of a grid point, that of the clicks' middle being 1: what lies nearer is beside or behind us
)
CLEAR = 3.0  # times that the worst distance must shrink when one mark is left out, for this mark to be the culprit


def fit(sketch: Mapping[str, Any]) -> dict[str, Any]:
    """The calibration of a sketch: a clip's configuration whose reference points may have null for a metre not known.

    Points of one line share a number under `mark`. The answer's `fault` is None or a code with its text; then
    `calibration` is what the detector reads, `residuals` are px and cm for each point, `lines` and `labels` draw the
    grid, `suspect` names the mark that spoils the others and where they see it.
    """
    pixels, metres, marks = _clicks(sketch["reference_points"])
    answer: dict[str, Any] = {"fault": None, "residuals": [], "lines": [], "labels": [], "suspect": None}
    try:
        whole = _whole(sketch, pixels, metres)
        calibration = parse_clip_config(whole).calibration
    except DetectError as error:
        return answer | {"fault": {"code": error.code, "text": str(error)}, "calibration": None}
    residuals = _residuals(calibration.to_facade, pixels, metres)
    answer |= {
        "calibration": whole,
        "residuals": residuals,
        "camera": None if calibration.camera is None else [round(value, 1) for value in calibration.camera],
        "lines": _lines(calibration),
        "labels": _labels(calibration),
        "to_facade": calibration.to_facade.tolist(),
        "limit_px": RESIDUAL_LIMIT_PX,
    }
    worst = max(item["px"] for item in residuals)
    if worst > RESIDUAL_LIMIT_PX:
        answer["suspect"] = _suspect(pixels, metres, marks, worst)
    return answer


def _clicks(points: Sequence[Mapping[str, Any]]) -> tuple[Points, Points, Points]:
    """Pixels (N, 2), metres (N, 2) with NaN for null, and marks (N,)."""
    if not points:
        return np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0)
    pixels = np.array([point["px"] for point in points], dtype=np.float64)
    metres = np.array([[math.nan if value is None else value for value in point["m"]] for point in points])
    return pixels, metres, np.array([point.get("mark", place) for place, point in enumerate(points)])


def _whole(sketch: Mapping[str, Any], pixels: Points, metres: Points) -> dict[str, Any]:
    """The clip's configuration with every metre filled in."""
    if len(pixels) < 4:
        raise DetectError(f"reference_points: only {len(pixels)} clicks", "too_few")
    full = completed(fit_lines(pixels, metres), pixels, metres) if np.isnan(metres).any() else metres
    points = [
        {"px": [round(float(v), 2) for v in px], "m": [round(float(v), 3) for v in m]}
        for px, m in zip(pixels, full, strict=True)
    ]
    return {**sketch, "reference_points": points}


def _residuals(to_facade: Points, pixels: Points, metres: Points) -> list[dict[str, float]]:
    """How far each click lies from where it should: in the picture, and on the wall."""
    on_wall = np.linalg.norm(np.nan_to_num(apply_map(to_facade, pixels) - metres), axis=1)
    return [
        {"px": round(float(px), 2), "cm": round(100 * float(m), 1)}
        for px, m in zip(line_distances(to_facade, pixels, metres), on_wall, strict=True)
    ]


def _suspect(pixels: Points, metres: Points, marks: Points, worst: float) -> dict[str, Any] | None:
    """The one mark without which the others agree, and the metres where they see it; None if it could be any."""
    found: list[tuple[float, int, Points]] = []
    for mark in np.unique(marks):
        others = marks != mark
        try:
            to_facade = fit_lines(pixels[others], metres[others])
        except (DetectError, np.linalg.LinAlgError):
            continue
        left = float(line_distances(to_facade, pixels[others], metres[others]).max())
        found.append((left, int(mark), apply_map(to_facade, pixels[~others])))
    found.sort(key=lambda item: item[0])
    if not found or found[0][0] * CLEAR > worst:
        return None
    if len(found) > 1 and found[1][0] < max(RESIDUAL_LIMIT_PX, CLEAR * found[0][0]):
        return None
    return {"mark": found[0][1], "m": [round(float(value), 2) for value in found[0][2].mean(axis=0)]}


def _lines(calibration: Calibration) -> list[dict[str, Any]]:
    """Every edge of the grid as two pixels; edges that lie wholly behind the camera are left out."""
    grid = calibration.grid
    across, up = (grid.column_edges[0], grid.column_edges[-1]), (grid.floor_edges[0], grid.floor_edges[-1])
    ends = [("row", i, ((across[0], y), (across[1], y))) for i, y in enumerate(grid.floor_edges)]
    ends += [("column", i, ((x, up[0]), (x, up[1]))) for i, x in enumerate(grid.column_edges)]
    return [
        {"kind": kind, "index": index, "px": seen}
        for kind, index, (begin, end) in ends
        if (seen := _seen(calibration, np.array(begin), np.array(end)))
    ]


def _seen(calibration: Calibration, begin: Points, end: Points) -> list[list[float]]:
    """The part of a line before the camera, in pixels; empty when there is none."""
    depths = [
        float(calibration.to_picture[2] @ np.append(point, 1.0)) - LEAST_DEPTH for point in (begin, end)
    ]
    if max(depths) <= 0:
        return []
    share = depths[0] / (depths[0] - depths[1]) if min(depths) < 0 else 0.0
    cut = begin + share * (end - begin)
    ends = [cut if depths[0] < 0 else begin, cut if depths[1] < 0 else end]
    return [_pixel(calibration, point) for point in ends]


def _pixel(calibration: Calibration, point: Points) -> list[float]:
    return [round(float(value), 1) for value in calibration.project(np.append(point, 0.0)[None])[0]]


def _labels(calibration: Calibration) -> list[dict[str, Any]]:
    """Names of floors at both sides and of columns at the bottom and the top, with the pixel each belongs to."""
    grid = calibration.grid
    floors = [
        (side, str(floor), (x, (low + high) / 2))
        for floor, low, high in zip(grid.floors, grid.floor_edges, grid.floor_edges[1:], strict=False)
        for side, x in (("left", grid.column_edges[0]), ("right", grid.column_edges[-1]))
    ]
    units = [
        (side, unit, ((left + right) / 2, y))
        for unit, left, right in zip(grid.units, grid.column_edges, grid.column_edges[1:], strict=False)
        for side, y in (("below", grid.floor_edges[0]), ("above", grid.floor_edges[-1]))
    ]
    return [
        {"side": side, "text": text, "px": _pixel(calibration, np.array(place))}
        for side, text, place in (*floors, *units)
        if calibration.to_picture[2] @ np.array([*place, 1.0]) > LEAST_DEPTH
    ]

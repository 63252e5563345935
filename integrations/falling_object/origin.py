"""Which home it left: runs the fall backwards to the hand that let go, and weighs the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ballistics import GRAVITY, advance
from .calibration import Calibration
from .facade import Cell
from .fit import FallFit, wind_of

Array = NDArray[np.floating[Any]]

SAMPLES = 240
BACK_S, BACK_STEP_S = 2.4, 0.03
# how people let go: speed upwards, height above their floor
LET_GO_SPEED, LET_GO_SPREAD = 0.0, 1.3
HAND_M, HAND_SPREAD_M, ODD_HEIGHT = 1.3, 0.45, 0.12
RAILING_M, RAILING_SPREAD_M = 0.1, 0.5


@dataclass(frozen=True, slots=True)
class Origin:
    """The release: time, place in facade metres (3,), its pixel, and cells with probabilities, likeliest first."""

    t: float
    place: tuple[float, float, float]
    pixel: tuple[float, float]
    cells: tuple[tuple[Cell, float], ...]
    inside: float


def find_origin(
    calibration: Calibration, fit: FallFit, weights: Array, unseen_s: float, scale: float
) -> Origin:
    """`weights` (V,) belong to the fit's terminal velocities; `unseen_s` is how long it may have been missed."""
    state, wind, terminals = _draw(fit, weights, scale)
    places, speeds = _rewind(state, wind, terminals)
    times = np.arange(len(places)) * BACK_STEP_S
    belief = _let_go_belief(speeds[..., 1], times, unseen_s) + _hand_belief(calibration, places[..., 1])
    belief -= 0.5 * ((places[..., 2] - RAILING_M) / RAILING_SPREAD_M) ** 2
    belief -= belief.max()
    share = np.exp(belief)
    share /= share.sum()
    middle = np.einsum("sb,sbi->i", share, places)
    back = float(np.einsum("sb,s->", share, times))
    pixel = calibration.project(middle[None])[0]
    cells, inside = _weigh_cells(calibration, places.reshape(-1, 3), share.ravel())
    return Origin(
        fit.first - back, (float(middle[0]), float(middle[1]), float(middle[2])),
        (float(pixel[0]), float(pixel[1])), cells, inside,
    )  # fmt: skip


def _draw(fit: FallFit, weights: Array, scale: float) -> tuple[Array, Array, Array]:
    """Samples of the state at the first sighting, the wind and the terminal velocity; the seed is fixed."""
    random = np.random.default_rng(7)
    chosen = random.choice(len(weights), SAMPLES, p=weights)
    parameters = fit.parameters[chosen].copy()
    for index in np.unique(chosen):
        where = np.flatnonzero(chosen == index)
        values, vectors = np.linalg.eigh(0.5 * (fit.covariances[index] + fit.covariances[index].T))
        spread = vectors * np.sqrt(np.clip(values, 0.0, 25.0) * scale)
        parameters[where] += random.normal(size=(len(where), parameters.shape[1])) @ spread.T
    return parameters[:, :6], wind_of(parameters), fit.terminals[chosen]


def _rewind(state: Array, wind: Array, terminals: Array) -> tuple[Array, Array]:
    """Places and velocities (S, B, 3) going back from the first sighting."""
    state, wind = np.ascontiguousarray(state.T), np.ascontiguousarray(wind.T)
    drag = GRAVITY / terminals**2
    places, speeds = [state[:3]], [state[3:]]
    for _ in range(round(BACK_S / BACK_STEP_S)):
        place, velocity = advance(places[-1], speeds[-1], wind, drag, -BACK_STEP_S)
        places.append(place)
        speeds.append(np.clip(velocity, -60.0, 30.0))
    return np.stack(places).transpose(0, 2, 1), np.stack(speeds).transpose(0, 2, 1)


def _let_go_belief(upward: Array, times: Array, unseen_s: float) -> Array:
    """Log belief that it was let go then: at a hand's speed, and not long before it was seen."""
    return np.asarray(-0.5 * ((upward - LET_GO_SPEED) / LET_GO_SPREAD) ** 2 - (times / unseen_s)[:, None])


def _hand_belief(calibration: Calibration, heights: Array) -> Array:
    """Log belief in a height above the ground: hands are a railing's height above their floor."""
    edges = np.array(calibration.grid.floor_edges)
    row = np.clip(np.searchsorted(edges, heights, side="right") - 1, 0, len(edges) - 2)
    above = heights - edges[row]
    usual = np.exp(-0.5 * ((above - HAND_M) / HAND_SPREAD_M) ** 2)
    return np.asarray(np.log(ODD_HEIGHT + (1 - ODD_HEIGHT) * usual))


def _weigh_cells(
    calibration: Calibration, places: Array, share: Array
) -> tuple[tuple[tuple[Cell, float], ...], float]:
    """Cells with their probabilities, and how much of the whole lies on the grid (half a floor of slack)."""
    grid = calibration.grid
    columns, rows = np.array(grid.column_edges), np.array(grid.floor_edges)
    slack = 0.5
    inside = (
        (places[:, 0] > columns[0] - slack) & (places[:, 0] < columns[-1] + slack)
        & (places[:, 1] > rows[0] - slack) & (places[:, 1] < max(rows[-1] + 1.75, calibration.roof_m + 2.0))
    )  # fmt: skip
    column = np.clip(np.searchsorted(columns, places[:, 0], side="right") - 1, 0, len(columns) - 2)
    row = np.clip(np.searchsorted(rows, places[:, 1], side="right") - 1, 0, len(rows) - 2)
    sums = np.bincount(row * (len(columns) - 1) + column, weights=share * inside)
    total = float(sums.sum())
    order = np.argsort(-sums)[:6]
    cells = tuple(
        (grid.cell(*divmod(int(index), len(columns) - 1)), float(sums[index]) / max(total, 1e-12))
        for index in order
        if sums[index] > 0.01 * total
    )
    return cells, total

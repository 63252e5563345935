"""Which home it left: runs the fall backwards to the hand that let go, and weighs the cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ballistics import GRAVITY, advance
from .calibration import Calibration
from .facade import Cell, Grid
from .fit import FallFit, wind_of

Array = NDArray[np.floating[Any]]

SAMPLES = 240
BACK_S, BACK_STEP_S = 2.4, 0.03
# how people let go: speed upwards, height above their floor
LET_GO_SPEED, LET_GO_SPREAD = 0.0, 1.3
HAND_M, HAND_SPREAD_M, ODD_HEIGHT = 1.3, 0.45, 0.12
RAILING_M, RAILING_SPREAD_M = 0.1, 0.5
# now and then a thing is overlooked for longer: share of such cases, and for how long
OVERLOOKED, OVERLOOKED_S = 0.15, 0.8
# how far beside and above the grid a release may seem to lie
BESIDE_M, ABOVE_M, BELOW_M = 1.2, 3.5, 0.5
# what still falls so fast wherever its fall is run back to was let go above, nobody knows how far
STILL_FALLING = 2.2
EACH_FLOOR_ABOVE = 0.75
ALTERNATIVES = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """The release: time, place in facade metres (3,), its pixel, and cells with probabilities, likeliest first.

    `above`: it was falling fast already where it was first seen; the likeliest cell is the lowest it can have left.
    """

    t: float
    place: tuple[float, float, float]
    pixel: tuple[float, float]
    cells: tuple[tuple[Cell, float], ...]
    inside: float
    above: bool = False


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
    above = bool(np.einsum("sb,sb->", share, speeds[..., 1]) < -STILL_FALLING)
    sums, inside = _weigh_cells(calibration, places.reshape(-1, 3), share.ravel())
    return Origin(
        fit.first - back, (float(middle[0]), float(middle[1]), float(middle[2])),
        (float(pixel[0]), float(pixel[1])), _name_cells(calibration.grid, _lift(sums) if above else sums), inside,
        above,
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
    soon = (1 - OVERLOOKED) / unseen_s * np.exp(-times / unseen_s)
    late = OVERLOOKED / OVERLOOKED_S * np.exp(-times / OVERLOOKED_S)
    unseen = np.log(soon + late)
    return np.asarray(-0.5 * ((upward - LET_GO_SPEED) / LET_GO_SPREAD) ** 2 + unseen[:, None])


def _hand_belief(calibration: Calibration, heights: Array) -> Array:
    """Log belief in a height above the ground: hands are a railing's height above their floor."""
    edges = np.array(calibration.grid.floor_edges)
    row = np.clip(np.searchsorted(edges, heights, side="right") - 1, 0, len(edges) - 1)
    above = heights - edges[row]
    usual = np.exp(-0.5 * ((above - HAND_M) / HAND_SPREAD_M) ** 2)
    return np.asarray(np.log(ODD_HEIGHT + (1 - ODD_HEIGHT) * usual))


def _weigh_cells(calibration: Calibration, places: Array, share: Array) -> tuple[Array, float]:
    """Weights (rows and the roof, columns), and how much of the whole lies on the grid or close to it."""
    grid = calibration.grid
    columns, rows = np.array(grid.column_edges), np.array(grid.floor_edges)
    inside = (
        (places[:, 0] > columns[0] - BESIDE_M) & (places[:, 0] < columns[-1] + BESIDE_M)
        & (places[:, 1] > rows[0] - BELOW_M) & (places[:, 1] < max(rows[-1], calibration.roof_m) + ABOVE_M)
    )  # fmt: skip
    column = np.clip(np.searchsorted(columns, places[:, 0], side="right") - 1, 0, len(columns) - 2)
    row = np.clip(np.searchsorted(rows, places[:, 1], side="right") - 1, 0, len(rows) - 1)
    size = len(rows) * (len(columns) - 1)
    sums = np.bincount(row * (len(columns) - 1) + column, weights=share * inside, minlength=size)
    return np.asarray(sums, dtype=np.float64).reshape(len(rows), -1), float(sums.sum())


def _lift(sums: Array) -> Array:
    """Spread each row's weight over the rows above it, less with each floor."""
    spread, rows = np.zeros_like(sums), np.arange(len(sums))
    for row in rows:
        higher = np.where(rows >= row, EACH_FLOOR_ABOVE ** (rows - row).clip(0), 0.0)
        spread += sums[row] * (higher / higher.sum())[:, None]
    return spread


def _name_cells(grid: Grid, sums: Array) -> tuple[tuple[Cell, float], ...]:
    """The likeliest cells with their probabilities; the roof is one cell."""
    total = max(float(sums.sum()), 1e-12)
    weighed = [(grid.roof(), float(sums[-1].sum()) / total)]
    weighed += [
        (grid.cell(row, column), float(sums[row, column]) / total)
        for row, column in np.argwhere(sums[:-1] > 0.01 * total).tolist()
    ]
    likely = [(cell, share) for cell, share in weighed if share > 0.01]
    return tuple(sorted(likely, key=lambda pair: -pair[1])[:ALTERNATIVES])

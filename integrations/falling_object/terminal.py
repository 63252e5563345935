"""How fast it would fall in the end: the belief in each terminal velocity after looking at the path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fit import FallFit
from .mass import HEAVY_FROM, believe_terminal

Array = NDArray[np.floating[Any]]

FINE = 600
# paths err together (lens, gusts, tumbling): no path says more than this many independent sightings would
LEAST_SPREAD = 0.06


@dataclass(frozen=True, slots=True)
class TerminalEstimate:
    """Terminal velocity in m/s: median, 90 % interval, relative standard deviation, probability of heavy."""

    middle: float
    low: float
    high: float
    spread: float
    heavy: float
    weights: Array


def estimate_terminal(fit: FallFit, temper: float, area_m2: float) -> TerminalEstimate:
    """Costs divided by `temper` and the belief for this silhouette make a posterior over the ladder and between."""
    rungs = np.log(fit.terminals)
    fine = np.linspace(rungs[0], rungs[-1], FINE)
    evidence = -0.5 * (fit.costs - fit.costs.min()) / temper
    log_belief = _smooth(rungs, np.maximum(evidence, -60.0), fine) + believe_terminal(np.exp(fine), area_m2)
    belief = np.exp(log_belief - log_belief.max())
    belief = _blur(belief, fine[1] - fine[0])
    belief /= belief.sum()
    low, middle, high = (float(np.interp(share, np.cumsum(belief), fine)) for share in (0.05, 0.5, 0.95))
    mean = float(belief @ fine)
    at_rungs = np.exp(evidence + believe_terminal(fit.terminals, area_m2))
    return TerminalEstimate(
        float(np.exp(middle)), float(np.exp(low)), float(np.exp(high)),
        max(float(np.sqrt(belief @ (fine - mean) ** 2)), LEAST_SPREAD),
        float(belief[fine >= np.log(HEAVY_FROM)].sum()), at_rungs / at_rungs.sum(),
    )  # fmt: skip


def _smooth(rungs: Array, values: Array, fine: Array) -> Array:
    """Cubic between even rungs, slopes from the neighbours."""
    step = rungs[1] - rungs[0]
    slopes = np.gradient(values)
    index = np.clip(((fine - rungs[0]) / step).astype(int), 0, len(rungs) - 2)
    s = (fine - rungs[0]) / step - index
    return np.asarray(
        (2 * s**3 - 3 * s**2 + 1) * values[index] + (s**3 - 2 * s**2 + s) * slopes[index]
        + (3 * s**2 - 2 * s**3) * values[index + 1] + (s**3 - s**2) * slopes[index + 1]
    )  # fmt: skip


def _blur(belief: Array, step: float) -> Array:
    reach = int(3 * LEAST_SPREAD / step) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / LEAST_SPREAD) ** 2)
    return np.convolve(belief, kernel / kernel.sum(), mode="same")

"""From terminal velocity and silhouette to mass: m = vt^2 rho Cd A / (2 g), with an honest interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ballistics import AIR_DENSITY, GRAVITY

Array = NDArray[np.floating[Any]]

HEAVY_FROM = 25.0
AREA_SPREAD, DRAG_SPREAD = 0.45, 0.35
SMALL_M2, SMALL_DRAG, LARGE_DRAG = 0.006, 0.6, 0.9
# believed before looking at the path: things of 0.02 m2 fall at about 15 m/s, within a factor of 2.1 (1 sigma)
BELIEVED_M_S, BELIEVED_AT_M2, BELIEVED_SPREAD = 15.0, 0.02, 0.75
LEAST_KG, MOST_KG = 0.001, 60.0


@dataclass(frozen=True, slots=True)
class MassEstimate:
    """Kilograms: the middle and the 90 % interval."""

    kg: float
    low: float
    high: float


def drag_coefficient(area_m2: float) -> float:
    """Small things are mostly round and smooth, large ones blunt."""
    share = 1.0 / (1.0 + (SMALL_M2 / max(area_m2, 1e-6)) ** 2)
    return SMALL_DRAG + (LARGE_DRAG - SMALL_DRAG) * share


def believe_terminal(terminals: Array, area_m2: float) -> Array:
    """Log of the belief in each terminal velocity for a thing of this silhouette, up to a constant."""
    middle = BELIEVED_M_S * (area_m2 / BELIEVED_AT_M2) ** 0.25
    return np.asarray(-0.5 * (np.log(terminals / middle) / BELIEVED_SPREAD) ** 2)


def estimate_mass(terminal: float, terminal_spread: float, area_m2: float) -> MassEstimate:
    """The mass for a terminal velocity (m/s) with relative standard deviation and a silhouette in m2."""
    kg = terminal**2 * AIR_DENSITY * drag_coefficient(area_m2) * area_m2 / (2 * GRAVITY)
    spread = float(np.sqrt((2 * terminal_spread) ** 2 + AREA_SPREAD**2 + DRAG_SPREAD**2))
    factor = float(np.exp(1.645 * spread))
    return MassEstimate(
        *(float(np.clip(value, LEAST_KG, MOST_KG)) for value in (kg, kg / factor, kg * factor))
    )

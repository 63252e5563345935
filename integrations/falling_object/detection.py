"""What is told of a throw: the answer of `hub detect`, one line of JSON each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .calibration import Calibration
from .facade import Cell
from .judgement import Throw
from .mass import estimate_mass

HEAVY_AT = 0.5
# a bag let go and a leaf that came loose look alike
SLOW_MOST = 0.45
PATH_POINTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One throw: times in stream seconds, pixels of the full picture, SI units; cells likeliest first."""

    t_start: float
    t_end: float
    t_alert: float
    heavy: bool
    mass_kg: float
    mass_kg_interval: tuple[float, float]
    terminal_velocity: float
    terminal_velocity_interval: tuple[float, float]
    confidence: float
    cell: Cell
    cell_confidence: float
    cells: tuple[tuple[Cell, float], ...]
    at_or_above: bool
    origin_px: tuple[float, float]
    origin_m: tuple[float, float, float]
    area_m2: float
    trajectory: tuple[tuple[float, float, float], ...]
    path_m: tuple[tuple[float, float, float], ...]  # time, metres across and up, of the fitted fall

    def as_json(self) -> dict[str, object]:
        """The output object of `hub detect`; further keys: intervals and the other cells."""
        return {
            "t_start": round(self.t_start, 3), "t_end": round(self.t_end, 3), "t_alert": round(self.t_alert, 3),
            "class": "heavy" if self.heavy else "light",
            "mass_kg": _short(self.mass_kg), "mass_kg_interval": [_short(v) for v in self.mass_kg_interval],
            "terminal_velocity_m_s": round(self.terminal_velocity, 1), "confidence": round(self.confidence, 2),
            "origin": self._origin_json(),
            "trajectory": [[round(t, 3), round(x, 1), round(y, 1)] for t, x, y in self.trajectory],
            "terminal_velocity_interval_m_s": [round(v, 1) for v in self.terminal_velocity_interval],
        }  # fmt: skip

    def _origin_json(self) -> dict[str, object]:
        return {
            "building": self.cell.building, "floor": self.cell.floor, "unit": self.cell.unit, "cell": self.cell.name,
            "px": [round(v, 1) for v in self.origin_px], "confidence": round(self.cell_confidence, 2),
            "bound": "at or above" if self.at_or_above else "exact",
            "alternatives": [{"cell": cell.name, "confidence": round(p, 2)} for cell, p in self.cells[1:]],
        }  # fmt: skip


def _short(value: float) -> float:
    """Three significant digits."""
    return float(f"{value:.3g}")


def describe(calibration: Calibration, throw: Throw, t_alert: float) -> Detection:
    """Put a throw into the words of the answer."""
    terminal, origin = throw.terminal, throw.origin
    mass = estimate_mass(terminal.middle, terminal.spread, throw.area_m2)
    cell, likely = origin.cells[0]
    return Detection(
        t_start=min(origin.t, throw.places[0].blob.t), t_end=throw.places[-1].blob.t, t_alert=t_alert,
        heavy=terminal.heavy >= HEAVY_AT, mass_kg=mass.kg, mass_kg_interval=(mass.low, mass.high),
        terminal_velocity=terminal.middle, terminal_velocity_interval=(terminal.low, terminal.high),
        confidence=rate(throw), cell=cell, cell_confidence=likely, cells=origin.cells,
        at_or_above=origin.above,
        origin_px=origin.pixel, origin_m=origin.place, area_m2=throw.area_m2,
        trajectory=_trajectory(throw), path_m=_path(throw),
    )  # fmt: skip


def rate(throw: Throw) -> float:
    """Confidence that it was a throw: more sightings, a clearer margin and less scatter raise it."""
    evidence = 0.06 * (len(throw.places) - 8) + 0.03 * min(throw.margin, 100.0) - 0.35 * (throw.scatter - 1.0)
    most = SLOW_MOST if throw.slow else 0.99
    return float(
        np.clip(1.0 / (1.0 + np.exp(-(0.6 + evidence))), 0.3, most) * np.clip(throw.origin.inside, 0.5, 1.0)
    )


def _trajectory(throw: Throw) -> tuple[tuple[float, float, float], ...]:
    """The release, then the places seen."""
    seen = tuple((p.blob.t, p.blob.x, p.blob.y) for p in throw.places)
    return (((throw.origin.t, *throw.origin.pixel), *seen)) if throw.origin.t < seen[0][0] - 0.02 else seen


def _path(throw: Throw) -> tuple[tuple[float, float, float], ...]:
    """The fitted fall at a few even times from the first sighting to the last."""
    times = np.linspace(throw.fit.first, max(throw.places[-1].blob.t, throw.fit.first + 0.1), PATH_POINTS)
    return tuple(
        (float(t), float(across), float(up))
        for t, (across, up, _) in zip(times, throw.fit.path(times), strict=True)
    )

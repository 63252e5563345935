"""Things people throw and how they fall: three dimensions, quadratic drag, wind, a bounce on the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GRAVITY = 9.81
AIR_DENSITY = 1.2
STEP_S = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A thing: mass in kg, width and height in metres, drag coefficient on its mean area, grey level, outline."""

    name: str
    mass_kg: float
    width_m: float
    height_m: float
    drag: float
    grey: int
    round: bool = True

    @property
    def area_m2(self) -> float:
        """The silhouette's area."""
        return self.width_m * self.height_m * (np.pi / 4 if self.round else 1.0)

    @property
    def terminal_velocity(self) -> float:
        """sqrt(2 m g / (rho Cd A)), in m/s."""
        return float(np.sqrt(2 * self.mass_kg * GRAVITY / (AIR_DENSITY * self.drag * self.area_m2)))


ITEMS = (
    Item(name="plastic bag", mass_kg=0.006, width_m=0.30, height_m=0.30, drag=1.0, grey=235),
    Item(name="T-shirt", mass_kg=0.15, width_m=0.50, height_m=0.40, drag=1.0, grey=60),
    Item(name="empty bottle", mass_kg=0.025, width_m=0.07, height_m=0.22, drag=1.0, grey=230, round=False),
    Item(name="paper ball", mass_kg=0.005, width_m=0.08, height_m=0.08, drag=0.6, grey=245),
    Item(name="diaper", mass_kg=0.2, width_m=0.18, height_m=0.14, drag=0.9, grey=240),
    Item(name="kitchen waste", mass_kg=1.0, width_m=0.26, height_m=0.26, drag=0.85, grey=30),
    Item(name="full bottle", mass_kg=0.5, width_m=0.07, height_m=0.22, drag=0.8, grey=40, round=False),
    Item(name="flower pot", mass_kg=2.0, width_m=0.20, height_m=0.20, drag=0.8, grey=35),
    Item(name="brick", mass_kg=2.5, width_m=0.24, height_m=0.115, drag=1.05, grey=30, round=False),
    Item(name="apple", mass_kg=0.2, width_m=0.075, height_m=0.075, drag=0.47, grey=25),
    Item(name="egg", mass_kg=0.06, width_m=0.045, height_m=0.058, drag=0.47, grey=250),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throw:
    """One release: time in the clip, place and velocity in facade metres, how fast it tumbles (turns/s)."""

    at: float
    item: Item
    place: tuple[float, float, float]
    velocity: tuple[float, float, float]
    tumble: float
    floor: int
    column: int


def fall(
    throw: Throw, times: NDArray[np.float64], wind: tuple[float, float, float], gust: float
) -> NDArray[np.float64]:
    """Positions (N, 3) at `times`; not-a-number before the release and after it has come to rest."""
    places = np.full((len(times), 3), np.nan)
    place, velocity = np.array(throw.place), np.array(throw.velocity)
    now, bounces = throw.at, 0
    for index in np.flatnonzero(times >= throw.at):
        while now < times[index] - 1e-9:
            step = min(STEP_S, times[index] - now)
            place, velocity = _advance(place, velocity, step, _air(now, wind, gust), throw.item)
            now += step
            if place[1] < 0.0:
                place[1], velocity = 0.0, velocity * (0.35, -0.18, 0.35)
                bounces += 1
        if bounces > 2:
            break
        places[index] = place
    return places


def _air(now: float, wind: tuple[float, float, float], gust: float) -> NDArray[np.float64]:
    swing = 1.0 + gust * np.sin(1.7 * now) + 0.5 * gust * np.sin(4.1 * now + 1.0)
    return np.asarray(np.array(wind) * swing, dtype=np.float64)


def _advance(
    place: NDArray[np.float64],
    velocity: NDArray[np.float64],
    step: float,
    air: NDArray[np.float64],
    item: Item,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One midpoint step."""
    half = velocity + 0.5 * step * _acceleration(velocity, air, item)
    return place + step * half, velocity + step * _acceleration(half, air, item)


def _acceleration(velocity: NDArray[np.float64], air: NDArray[np.float64], item: Item) -> NDArray[np.float64]:
    relative = velocity - air
    speed = float(np.sqrt(relative @ relative))
    return np.array([0.0, -GRAVITY, 0.0]) - GRAVITY / item.terminal_velocity**2 * speed * relative

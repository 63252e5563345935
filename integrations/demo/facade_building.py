"""A block of flats as a painted plane: slabs, windows, balconies, and its grid of homes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

TEXELS_PER_METRE = 22.0
MARGIN_M = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A facade of `floors` x `columns` homes; the lowest home floor is number `first_floor`."""

    name: str
    floors: int
    columns: int
    floor_height_m: float
    column_width_m: float
    ground_m: float
    first_floor: int
    balcony_depth_m: float

    @property
    def left_m(self) -> float:
        """The X of the left edge: the facade is centred on X = 0."""
        return -self.columns * self.column_width_m / 2

    @property
    def roof_m(self) -> float:
        """The Y of the top of the highest home floor."""
        return self.ground_m + self.floors * self.floor_height_m

    def column_edges(self) -> list[float]:
        """X of every column edge, left to right."""
        return [round(self.left_m + i * self.column_width_m, 3) for i in range(self.columns + 1)]

    def floor_edges(self) -> list[float]:
        """Y of every floor edge, from the lowest."""
        return [round(self.ground_m + i * self.floor_height_m, 3) for i in range(self.floors + 1)]

    def units(self) -> list[str]:
        """Names of the columns."""
        return [f"{i + 1:02d}" for i in range(self.columns)]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The painted facade plane and where its texel (0, 0) lies: `left_m`, `top_m`."""

    bgr: Picture
    left_m: float
    top_m: float

    def from_texels(self) -> NDArray[np.float64]:
        """The 3x3 map from texels to facade metres."""
        step = 1.0 / TEXELS_PER_METRE
        return np.array([[step, 0.0, self.left_m], [0.0, -step, self.top_m], [0.0, 0.0, 1.0]])


def paint(building: Building, random: np.random.Generator, *, night: bool) -> Sheet:
    """Paint the facade with its surroundings: sky above, street below, neighbours at the sides."""
    left, top = building.left_m - MARGIN_M, building.roof_m + MARGIN_M
    width = int((building.columns * building.column_width_m + 2 * MARGIN_M) * TEXELS_PER_METRE)
    height = int((top + 6.0) * TEXELS_PER_METRE)
    canvas = np.empty((height, width, 3), dtype=np.uint8)
    canvas[:] = (52, 40, 34) if night else (214, 205, 196)
    canvas[int(top * TEXELS_PER_METRE) :] = (44, 44, 46) if night else (96, 98, 100)
    _paint_wall(canvas, building, random, night=night)
    for floor in range(building.floors):
        for column in range(building.columns):
            _paint_home(canvas, building, floor, column, random, night=night)
    return Sheet(_grain(canvas, random, 2.0 if night else 5.0), left, top)


def _box(
    canvas: Picture, building: Building, edges: tuple[float, float, float, float], colour: float
) -> None:
    """Fill the rectangle (left, bottom, right, top) in metres with a grey of a slightly warm hue."""
    left, bottom, right, top = edges
    x0 = int((left - building.left_m + MARGIN_M) * TEXELS_PER_METRE)
    x1 = int((right - building.left_m + MARGIN_M) * TEXELS_PER_METRE)
    y0 = int((building.roof_m + MARGIN_M - top) * TEXELS_PER_METRE)
    y1 = int((building.roof_m + MARGIN_M - bottom) * TEXELS_PER_METRE)
    canvas[max(y0, 0) : y1, max(x0, 0) : x1] = (colour * 0.95, colour * 0.98, colour)


def _paint_wall(canvas: Picture, building: Building, random: np.random.Generator, *, night: bool) -> None:
    grey = 46.0 if night else float(random.uniform(120, 185))
    right = -building.left_m
    _box(canvas, building, (building.left_m, 0.0, right, building.roof_m + 0.8), grey)
    for edge in building.floor_edges():
        _box(canvas, building, (building.left_m, edge - 0.12, right, edge + 0.12), grey * 0.75)
    for edge in building.column_edges():
        _box(canvas, building, (edge - 0.1, 0.0, edge + 0.1, building.roof_m), grey * 0.85)


def _paint_home(
    canvas: Picture, building: Building, floor: int, column: int, random: np.random.Generator, *, night: bool
) -> None:
    x = building.left_m + column * building.column_width_m
    y = building.ground_m + floor * building.floor_height_m
    lit = night and random.random() < 0.35
    glass = (
        float(random.uniform(120, 215))
        if lit
        else float(random.uniform(22, 34) if night else random.uniform(35, 95))
    )
    width, height = building.column_width_m, building.floor_height_m
    _box(canvas, building, (x + 0.12 * width, y + 0.9, x + 0.55 * width, y + 0.88 * height), glass)
    _box(
        canvas, building, (x + 0.33 * width, y + 0.9, x + 0.345 * width, y + 0.88 * height), glass * 0.4 + 60
    )
    balcony = (x + 0.6 * width, y + 0.1, x + 0.95 * width, y + 0.85 * height)
    _box(canvas, building, balcony, glass * 0.7)
    rail = 60.0 if night else float(random.uniform(150, 225))
    for step in range(6):
        bar = x + (0.6 + 0.07 * step) * width
        _box(canvas, building, (bar, y + 0.1, bar + 0.05, y + 1.1), rail)
    _box(canvas, building, (x + 0.6 * width, y + 1.05, x + 0.95 * width, y + 1.13), rail)
    if random.random() < 0.4:
        _box(canvas, building, (x + 0.02, y + 0.2, x + 0.1 * width, y + 0.9), rail * 0.9)


def _grain(canvas: Picture, random: np.random.Generator, strength: float) -> Picture:
    """Fine and coarse unevenness, so that the encoder meets real texture."""
    fine = random.normal(0.0, strength, canvas.shape[:2]).astype(np.float32)
    coarse = random.normal(0.0, strength, (canvas.shape[0] // 32 + 1, canvas.shape[1] // 32 + 1)).astype(
        np.float32
    )
    both = fine + cv2.resize(coarse, (canvas.shape[1], canvas.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(canvas.astype(np.float32) + both[:, :, None], 0, 255).astype(np.uint8)

"""Facade clips made by other means than the demo's simulator, so that the detector is not judged by its own physics.

    python benchmarks/foreign_clips.py --seeds 2000-2009 --folder /tmp/foreign [--empty]

Rays meet two planes (front of the balconies, wall behind); things are solids that turn, with drag that depends on how
they lie, in turbulent air, moved by velocity Verlet; lens distortion, roll, a camera beside the building; sensor noise
that grows with light, noise reduction that smears; constant quality in four codecs and four containers at 12 to 60
pictures a second; clocks with offsets, jitter, repeated and dropped pictures; trees before the lower floors.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Plane = NDArray[np.float32]
Random = np.random.Generator

GRAVITY, AIR = 9.81, 1.204
STEP_S = 0.002
SIZES = ((1920, 1080), (1280, 720), (2560, 1440), (704, 576), (3840, 2160), (1080, 1920))
SIZE_SHARES = (0.4, 0.22, 0.14, 0.1, 0.06, 0.08)
RATES = (12.0, 15.0, 20.0, 25.0, 30000 / 1001, 30.0, 50.0, 60.0)
CODECS = (("libx264", "mp4"), ("libx264", "mkv"), ("libx264", "ts"), ("libx265", "mkv"), ("mjpeg", "avi"))
# name: mass in kg, edges in m, drag coefficient on the mean area, luma, by how much drag varies as it turns
THINGS: dict[str, tuple[float, tuple[float, float, float], float, float, float]] = {
    "cola can": (0.35, (0.066, 0.066, 0.12), 0.9, 190, 0.3),
    "milk carton": (1.03, (0.07, 0.07, 0.24), 1.0, 225, 0.3),
    "book": (0.6, (0.15, 0.21, 0.03), 1.1, 90, 0.6),
    "shoe": (0.4, (0.1, 0.28, 0.1), 0.9, 40, 0.4),
    "watermelon rind": (0.3, (0.2, 0.12, 0.05), 1.0, 120, 0.5),
    "glass bottle": (0.55, (0.07, 0.07, 0.27), 0.9, 50, 0.3),
    "stone": (1.2, (0.09, 0.1, 0.08), 0.7, 110, 0.2),
    "rubbish bag": (1.8, (0.3, 0.3, 0.35), 0.9, 25, 0.2),
    "small rubbish bag": (0.25, (0.18, 0.18, 0.22), 0.95, 235, 0.25),
    "cardboard box": (0.3, (0.3, 0.25, 0.2), 1.1, 140, 0.3),
    "tissue ball": (0.008, (0.08, 0.08, 0.08), 0.6, 240, 0.1),
    "empty can": (0.015, (0.066, 0.066, 0.12), 0.9, 200, 0.3),
    "towel": (0.3, (0.4, 0.3, 0.08), 1.1, 200, 0.4),
    "pillow": (0.7, (0.5, 0.35, 0.15), 1.1, 235, 0.4),
    "toy ball": (0.1, (0.18, 0.18, 0.18), 0.5, 60, 0.0),
    "plastic bag": (0.006, (0.28, 0.3, 0.12), 1.1, 230, 0.5),
    "sheet of paper": (0.005, (0.21, 0.297, 0.003), 1.2, 245, 0.8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A camera with roll, an off-centre lens and radial distortion; metres as in the calibration."""

    place: Array
    turn: Array  # (3, 3), rows: right, down, forward
    focal: float
    centre: tuple[float, float]
    bend: float
    size: tuple[int, int]

    def project(self, points: Array) -> Array:
        """Pixels (..., 2) of points (..., 3)."""
        rays = (points - self.place) @ self.turn.T
        flat = rays[..., :2] / np.maximum(rays[..., 2:], 0.05)
        flat = flat * (1 + self.bend * (flat**2).sum(axis=-1, keepdims=True))
        return np.asarray(self.focal * flat + self.centre)

    def rays(self) -> Array:
        """Directions (height, width, 3) in facade axes, of every pixel."""
        width, height = self.size
        x, y = np.meshgrid(np.arange(width), np.arange(height))
        seen = np.stack(((x - self.centre[0]) / self.focal, (y - self.centre[1]) / self.focal), axis=-1)
        flat = seen.copy()
        for _ in range(4):
            flat = seen / (1 + self.bend * (flat**2).sum(axis=-1, keepdims=True))
        ray = np.concatenate((flat, np.ones((height, width, 1))), axis=-1) @ self.turn
        return np.asarray(ray)

    def scale(self, point: Array) -> float:
        """Pixels per metre at a point (3,)."""
        return float(self.focal / max(float(((point - self.place) @ self.turn.T)[2]), 0.1))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A facade: edges of floors and columns, how deep its balconies are."""

    columns: Array
    floors: Array
    first: int
    depth: float


@dataclass(slots=True)
class Flight:
    """What is in the air: its edges, luma, path (T, 3) at even fine steps from `at`, and how it turns."""

    name: str
    edges: Array
    luma: float
    at: float
    path: Array
    spin: Array
    mass: float
    terminal: float
    cell: tuple[int, int]

    def where(self, t: float) -> Array | None:
        """Its place at a time of the clip."""
        index = (t - self.at) / STEP_S
        if index < 0 or index > len(self.path) - 2:
            return None
        low = int(index)
        return np.asarray(self.path[low] + (index - low) * (self.path[low + 1] - self.path[low]))


def make(
    seed: int, folder: Path, *, throws: int = 2, seconds: float = 8.0, choices: dict[str, Any] | None = None
) -> Path:
    """Write sSEED.json, sSEED.truth.json and the video, whose path is the answer; `choices` overrules the dice."""
    random = np.random.default_rng([seed, 77])
    chosen = _choose(random) | (choices or {})
    if chosen["container"] == "avi":  # holds neither offsets nor uneven times
        chosen |= {"offset": 0.0, "jitter": 0.0, "drop": 0.0}
    house = _house(random)
    view = _view(random, house, chosen["size"])
    still = _render(random, house, view) * chosen["light"] + chosen["black"]
    flights = [_throw(random, house, view, index, seconds) for index in range(throws)]
    movers = _movers(random, house, view, chosen)
    folder.mkdir(parents=True, exist_ok=True)
    video = folder / f"s{seed}.{chosen['container']}"
    times = _encode(random, chosen, view, still, (flights, movers), seconds, video)
    chosen["offset"] = _ends(video) - float(times[-1])
    (folder / f"s{seed}.json").write_text(json.dumps(_config(random, house, view, chosen, seed)))
    truth = {"seed": seed, "video": video.name, "choices": {k: str(v) for k, v in chosen.items()},
             "throws": [_truth(flight, house, view, still, times, chosen) for flight in flights]}  # fmt: skip
    (folder / f"s{seed}.truth.json").write_text(json.dumps(truth))
    return video


def _choose(random: Random) -> dict[str, Any]:
    codec, container = CODECS[int(random.choice(len(CODECS), p=(0.35, 0.25, 0.15, 0.2, 0.05)))]
    return {
        "size": SIZES[int(random.choice(len(SIZES), p=SIZE_SHARES))], "rate": float(random.choice(RATES)),
        "codec": codec, "container": container, "quality": int(random.integers(20, 31)),
        "exposure": float(random.choice([1 / 100, 1 / 200, 1 / 500, 1 / 1000])),
        "noise": float(random.uniform(0.6, 2.2)), "smear": float(random.choice([0.0, 0.0, 0.25, 0.45])),
        "offset": float(random.choice([0.0, 0.0, -1.3, 4.7, 3600.5])),
        "jitter": float(random.choice([0.0, 0.0, 0.0, 0.006])),
        "repeat": float(random.choice([0.0, 0.0, 0.0, 0.2])), "drop": float(random.choice([0.0, 0.0, 0.0, 0.08])),
        "light": float(random.uniform(0.75, 1.1)), "black": float(random.uniform(0, 16)),
        "points": int(random.choice([4, 6, 9, 14])), "place_known": bool(random.random() < 0.75),
        "movers": ("birds", "leaves", "curtains", "person", "tree", "cars", "lights", "lift"),
    }  # fmt: skip


def _house(random: Random) -> House:
    count, storeys = int(random.integers(4, 15)), int(random.integers(7, 26))
    widths = np.tile(random.uniform(2.6, 5.5, 2), count)[:count]
    left = float(random.uniform(-1, 0)) * widths.sum()
    ground, height = float(random.uniform(0.2, 6.0)), float(random.uniform(2.75, 3.3))
    return House(
        columns=left + np.append(0.0, np.cumsum(widths)), floors=ground + height * np.arange(storeys + 1),
        first=1 if ground < 2 else 2, depth=float(random.uniform(0.3, 1.6)),
    )  # fmt: skip


def _view(random: Random, house: House, size: tuple[int, int]) -> View:
    """On a pole, on the house opposite or beside; the upper floors are always in the picture."""
    top = float(house.floors[-1])
    middle = float(house.columns.mean() + random.uniform(-0.6, 0.6) * np.ptp(house.columns))
    place = np.array([middle, random.choice([1.6, 3.5, 6.0, 0.3 * top]), random.uniform(0.5, 1.0) * top + 10])
    low = float(random.uniform(0.0, 0.35)) * top
    aim = np.array([house.columns.mean() + random.uniform(-3, 3), 0.0, 0.0])
    away = np.hypot(aim[0] - place[0], place[2])
    angles = np.arctan2([low - place[1], top + 2.5 - place[1]], away)
    aim[1] = place[1] + away * np.tan(angles.mean())
    forward = (aim - place) / np.linalg.norm(aim - place)
    right = np.cross(forward, (0.0, 1.0, 0.0))
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    roll = float(random.normal(0, 0.02))
    right, down = (
        np.cos(roll) * right + np.sin(roll) * down,
        np.cos(roll) * down - np.sin(roll) * right,
    )
    focal = size[1] / 2 / float(np.tan(np.ptp(angles) / 2)) * float(random.uniform(0.92, 1.02))
    return View(
        place=place, turn=np.stack((right, down, forward)), focal=focal,
        centre=(size[0] / 2 + float(random.normal(0, 6)), size[1] / 2 + float(random.normal(0, 6))),
        bend=float(random.choice([0.0, 0.0, -0.04, 0.02])), size=size,
    )  # fmt: skip


def _hash(*keys: Any) -> Array:
    """Pseudo-random 0..1 of whole numbers, for textures."""
    value = sum(
        np.asarray(key, dtype=np.float64) * prime
        for key, prime in zip(keys, (12.9898, 78.233, 37.719), strict=False)
    )
    return np.asarray(np.modf(np.abs(np.sin(value) * 43758.5453))[0])


def _render(random: Random, house: House, view: View) -> Array:
    """Luma of the still scene (height, width)."""
    rays = view.rays()
    depth = np.where(rays[..., 2] < -1e-6, rays[..., 2], -1e-6)
    wall = 120 + 70 * random.random()
    salt = float(random.integers(1, 999))

    def meet(z: float) -> tuple[Array, Array]:
        far = (z - view.place[2]) / depth
        return view.place[0] + far * rays[..., 0], view.place[1] + far * rays[..., 1]

    x, y = meet(-house.depth)
    picture = _wall(house, x, y, wall, salt)
    x, y = meet(0.0)
    column, row = np.searchsorted(house.columns, x) - 1, np.searchsorted(house.floors, y) - 1
    inside = (column >= 0) & (column < len(house.columns) - 1) & (row >= 0) & (row < len(house.floors) - 1)
    above = y - house.floors[np.clip(row, 0, len(house.floors) - 1)]
    slab = inside & (above < 0.18)
    rail = (
        inside
        & (above < 1.05)
        & ((np.mod(x, 0.16) < 0.03) | (above > 1.0))
        & (_hash(column, row, salt) < 0.7)
    )
    picture = np.where(slab, wall * 0.85, np.where(rail, 60 + 150 * _hash(column, salt), picture))
    picture = np.where(y < 0, 85 + 20 * _hash(np.floor(x * 2), np.floor(y * 2), 3.0), picture)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.7), dtype=np.float64)


def _wall(house: House, x: Array, y: Array, wall: float, salt: float) -> Array:
    """The wall behind the balconies: tiles, windows with curtains, the sky beyond."""
    column, row = np.searchsorted(house.columns, x) - 1, np.searchsorted(house.floors, y) - 1
    wide = np.diff(house.columns)[np.clip(column, 0, len(house.columns) - 2)]
    across = (x - house.columns[np.clip(column, 0, len(house.columns) - 1)]) / wide
    above = y - house.floors[np.clip(row, 0, len(house.floors) - 1)]
    tone = wall + 14 * (_hash(np.floor(x / 0.3), np.floor(y / 0.15), salt) - 0.5)
    glass = 35 + 60 * _hash(column, row, salt) + 60 * (_hash(np.floor(x / 0.4), row, salt) > 0.7)
    window = (across > 0.15) & (across < 0.85) & (above > 0.5) & (above < 2.4)
    picture = np.where(window, np.where(np.abs(across - 0.5) < 0.02, 200.0, glass), tone)
    outside = (column < 0) | (column >= len(house.columns) - 1) | (row >= len(house.floors) - 1)
    return np.where(
        outside & (y > 0), 190 + 30 * np.sin(x / 40 + y / 25), np.where(row < 0, wall * 0.7, picture)
    )


def _throw(random: Random, house: House, view: View, index: int, seconds: float) -> Flight:
    name = str(random.choice(list(THINGS)))
    mass, edges, drag, luma, varies = THINGS[name]
    area = (edges[0] * edges[1] + edges[1] * edges[2] + edges[0] * edges[2]) / 2
    terminal = float(np.sqrt(2 * mass * GRAVITY / (AIR * drag * area)))
    for _ in range(80):
        cell = int(random.integers(2, len(house.floors) - 1)), int(random.integers(0, len(house.columns) - 1))
        left, right = house.columns[cell[1]], house.columns[cell[1] + 1]
        place = np.array([random.uniform(left + 0.3, right - 0.3), house.floors[cell[0]] + random.uniform(0.9, 1.5),
                          random.uniform(0.05, 0.5)])  # fmt: skip
        pixel = view.project(place)
        if 0.04 < pixel[0] / view.size[0] < 0.96 and 0.03 < pixel[1] / view.size[1] < 0.6:
            break
    way = random.choice(["dropped", "tossed", "flung"])
    speed = {"dropped": 0.4, "tossed": 1.8, "flung": 4.5}[str(way)]
    velocity = np.array(
        [
            random.normal(0, 0.5 * speed),
            random.normal(0.1, 0.35 * speed),
            abs(random.normal(0.5 * speed, 0.4 * speed)),
        ]
    )
    spin = random.normal(0, 2.5, 3)
    at = float(random.uniform(0.12, 0.3)) * seconds + float(random.uniform(0.6, 2.0)) * index
    path = _fall(random, (place, velocity), GRAVITY / terminal**2, varies, float(np.linalg.norm(spin)))
    return Flight(name, np.array(edges), float(luma), at, path, spin, mass, terminal, cell)


def _fall(random: Random, start: tuple[Array, Array], drag: float, varies: float, spin: float) -> Array:
    """Velocity Verlet in air that swirls (an Ornstein-Uhlenbeck breeze, stronger above), until the ground."""
    place, velocity = (value.copy() for value in start)
    breeze, mean = np.zeros(3), np.array([random.normal(0, 1.0), 0.0, random.normal(0, 0.4)])
    path, phase = [place.copy()], float(random.uniform(0, 6))
    strength = float(random.uniform(0.1, 0.8))

    def pull(velocity: Array, t: float) -> Array:
        lag = velocity - breeze - mean * (0.5 + place[1] / 60)
        push = drag * (1 + varies * np.sin(2 * spin * t + phase))
        return np.asarray(-push * float(np.sqrt(lag @ lag)) * lag - (0.0, GRAVITY, 0.0))

    t, pulled = 0.0, pull(velocity, 0.0)
    while place[1] > 0 and t < 12:
        breeze += -breeze * STEP_S / 0.6 + strength * np.sqrt(2 * STEP_S / 0.6) * random.normal(size=3) * (
            1,
            0.4,
            0.5,
        )
        place = place + velocity * STEP_S + 0.5 * pulled * STEP_S**2
        t += STEP_S
        fresh = pull(velocity + pulled * STEP_S, t)
        velocity, pulled = velocity + 0.5 * (pulled + fresh) * STEP_S, fresh
        path.append(place.copy())
    return np.array(path)


def _turned(edges: Array, spin: Array, t: float) -> Array:
    """The eight corners of a box, turned."""
    corners = np.array([[i, j, k] for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)]) * edges
    matrix, _ = cv2.Rodrigues((spin * t).reshape(3, 1))
    return np.asarray(corners @ matrix.T)


def _paint(picture: Plane, polygons: list[Array], luma: float, cover: float = 1.0) -> None:
    """Blend the mean of convex polygons (px), drawn at four times the size."""
    if not polygons or not np.isfinite(np.concatenate(polygons)).all():
        return
    points = np.concatenate(polygons)
    x0, y0 = np.maximum(np.floor(points.min(axis=0)).astype(int) - 2, 0)
    x1, y1 = np.minimum(np.ceil(points.max(axis=0)).astype(int) + 3, picture.shape[::-1])
    if x0 >= x1 or y0 >= y1 or (x1 - x0) * (y1 - y0) > 400_000:
        return
    total = np.zeros((y1 - y0, x1 - x0), dtype=np.float32)
    for polygon in polygons:
        mask = np.zeros(((y1 - y0) * 4, (x1 - x0) * 4), dtype=np.uint8)
        hull = cv2.convexHull(((polygon - (x0, y0) + 0.5) * 4 * 16 - 8).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_8, 4)
        total += cv2.resize(mask, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    share = total * np.float32(cover / 255 / len(polygons))
    patch = picture[y0:y1, x0:x1]
    patch += share * (np.float32(luma) - patch)


def _ring(centre: Array, radii: tuple[float, float], angle: float = 0.0) -> Array:
    """An ellipse as a polygon, in pixels."""
    around = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    flat = np.stack((radii[0] * np.cos(around), radii[1] * np.sin(around)), axis=1)
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(centre + flat @ np.array([[c, s], [-s, c]]))


Mover = Callable[[Plane, float], None]


def _movers(random: Random, house: House, view: View, chosen: dict[str, Any]) -> list[Mover]:
    makers: dict[str, Callable[[], list[Mover]]] = {
        "birds": lambda: [_bird(random, house, view) for _ in range(3)],
        "leaves": lambda: [_leaf(random, house, view) for _ in range(4)],
        "curtains": lambda: [_curtain(random, house, view) for _ in range(3)],
        "person": lambda: [_person(random, house, view) for _ in range(2)],
        "cars": lambda: [_car(random, house, view) for _ in range(2)],
        "lights": lambda: [_light(random, house, view) for _ in range(3)],
        "lift": lambda: [_lift(random, house, view)],
        "rain": lambda: [_rain(random, view)],
        "drips": lambda: [_drips(random, house, view)],
        "tree": lambda: [_tree(random, house, view)],
    }
    return [mover for name in makers if name in chosen["movers"] for mover in makers[name]()]


def _spot(random: Random, house: House) -> Array:
    return np.array([random.uniform(*house.columns[[0, -1]]), random.uniform(*house.floors[[0, -1]]), 0.0])


def _bird(random: Random, house: House, view: View) -> Mover:
    start = _spot(random, house) + np.array([0, 0, random.uniform(1, 15)])
    velocity = np.array(
        [random.choice([-1, 1]) * random.uniform(4, 12), random.normal(-0.5, 2.0), random.normal(0, 1)]
    )
    when, beat, luma = random.uniform(0, 8), random.uniform(3, 8), random.choice([30, 80, 210])

    def draw(picture: Plane, t: float) -> None:
        place = start + velocity * (t - when) + np.array([0, 0.8 * np.sin(1.2 * t), 0])
        size = 0.18 * view.scale(place)
        _paint(
            picture,
            [_ring(view.project(place), (size, size * (0.25 + 0.6 * abs(np.sin(beat * 3.1 * t)))))],
            luma,
        )

    return draw


def _leaf(random: Random, house: House, view: View) -> Mover:
    start = _spot(random, house) + np.array([0, random.uniform(0, 6), random.uniform(0.5, 10)])
    sink, drift, swing = random.uniform(0.7, 1.9), random.normal(0, 1.2), random.uniform(0.2, 0.9)
    rate, luma = random.uniform(2, 6), random.choice([50, 130, 215])

    def draw(picture: Plane, t: float) -> None:
        wave = np.sin(rate * t)
        place = start + np.array(
            [drift * t + swing * wave, -sink * t - 0.35 * swing * np.cos(2 * rate * t), 0.3 * wave]
        )
        size = 0.06 * view.scale(place)
        _paint(picture, [_ring(view.project(place), (size, size * (0.2 + 0.8 * abs(wave))), t)], luma, 0.9)

    return draw


def _curtain(random: Random, house: House, view: View) -> Mover:
    spot, rate, luma = _spot(random, house), random.uniform(1, 5), random.uniform(60, 220)

    def draw(picture: Plane, t: float) -> None:
        reach = 0.5 + 0.15 * np.sin(rate * t) + 0.06 * np.sin(3.3 * rate * t)
        corners = spot + np.array([[0, 0, 0], [reach, 0.05 * np.sin(2 * t), 0], [reach, 1.1, 0], [0, 1.1, 0]])
        _paint(picture, [view.project(corners)], luma)

    return draw


def _person(random: Random, house: House, view: View) -> Mover:
    """Head and shoulders above a railing: comes, bends down now and then, goes."""
    row = int(random.integers(0, len(house.floors) - 1))
    spot = np.array([random.uniform(*house.columns[[0, -1]]), house.floors[row] + 1.35, -0.2])
    when, pace, luma = random.uniform(0, 7), random.uniform(0.3, 1.2), random.uniform(40, 170)

    def draw(picture: Plane, t: float) -> None:
        place = spot + np.array([pace * (t - when) * 0.5, -0.5 * max(0.0, float(np.sin(1.7 * t))), 0.0])
        scale = view.scale(place)
        if abs(t - when) < 3:
            _paint(picture, [_ring(view.project(place), (0.25 * scale, 0.35 * scale))], luma)

    return draw


def _car(random: Random, house: House, view: View) -> Mover:
    way, luma, when = (
        random.choice([-1, 1]) * random.uniform(4, 13),
        random.uniform(20, 240),
        random.uniform(0, 8),
    )
    middle, before = float(house.columns.mean()), random.uniform(4, 9)

    def draw(picture: Plane, t: float) -> None:
        place = np.array([middle + way * (t - when), 0.8, before])
        scale = view.scale(place)
        if scale < 200:
            _paint(picture, [_ring(view.project(place), (2.2 * scale, 0.7 * scale))], luma)

    return draw


def _light(random: Random, house: House, view: View) -> Mover:
    spot, rate, strength = _spot(random, house), random.uniform(1, 8), random.uniform(15, 60)

    def draw(picture: Plane, t: float) -> None:
        if np.sin(rate * t) + np.sin(2.3 * rate * t) > 0.4:
            corners = spot + np.array([[0, 0, 0], [1.4, 0, 0], [1.4, 1.3, 0], [0, 1.3, 0]])
            _paint(picture, [view.project(corners)], 90 + strength, 0.6)

    return draw


def _lift(random: Random, house: House, view: View) -> Mover:
    """A gondola, or a delivery drone: straight down at constant speed."""
    spot, sink, wide = _spot(random, house), random.uniform(0.3, 3.0), random.uniform(0.3, 1.2)

    def draw(picture: Plane, t: float) -> None:
        place = spot + np.array([0, 6 - sink * t, 1.0])
        scale = view.scale(place)
        _paint(picture, [_ring(view.project(place), (wide * scale / 2, 0.3 * scale))], 45)

    return draw


def _rain(random: Random, view: View) -> Mover:
    count = 180
    near = random.uniform(2, 22, count)
    side, rise = random.uniform(-0.7, 0.7, count), random.uniform(0, 1, count)
    sink, drift = random.uniform(4, 9, count), random.uniform(-1.5, 1.5)

    def draw(picture: Plane, t: float) -> None:
        tall = 1.2 * near
        fall = np.mod(rise * tall - sink * t, tall) - tall / 2
        for index in range(count):
            place = view.place + near[index] * (view.turn[2] + side[index] * view.turn[0])
            place = place + np.array([drift * fall[index] / -sink[index], fall[index], 0.0])
            ends = view.project(np.array([place, place + np.array([drift, -sink[index], 0]) / 120]))
            thick = max(0.002 * view.scale(place), 0.35)
            corners = np.array([[thick, 0], [-thick, 0]])
            _paint(picture, [np.concatenate((ends[0] + corners, ends[1] + corners))], 225, 0.25)

    return draw


def _drips(random: Random, house: House, view: View) -> Mover:
    """Condensed water from an air conditioner, always from one place."""
    spot = _spot(random, house)
    spot[1] = random.uniform(0.6, 0.95) * house.floors[-1]
    every, limit = random.uniform(0.5, 1.6), 8.0

    def draw(picture: Plane, t: float) -> None:
        for number in range(int(t / every) + 1):
            age = min(t - number * every, 30.0)
            drop = limit**2 / GRAVITY * np.log(np.cosh(GRAVITY * age / limit))
            place = spot + np.array([0.0, -drop, 0.15])
            if place[1] > 0:
                size = max(0.012 * view.scale(place), 0.5)
                _paint(picture, [_ring(view.project(place), (size, size))], 235, 0.8)

    return draw


def _tree(random: Random, house: House, view: View) -> Mover:
    """Foliage before the lowest floors: things vanish behind it."""
    root = np.array([random.uniform(*house.columns[[0, -1]]), 0.0, random.uniform(4, 9)])
    tall = random.uniform(3, 7)
    tufts = root + random.normal(0, 1, (60, 3)) * (1.6, 0.28 * tall, 0.6) + (0, 0.6 * tall, 0)
    lumas, phases = random.uniform(25, 95, 60), random.uniform(0, 6, 60)

    def draw(picture: Plane, t: float) -> None:
        for tuft, luma, phase in zip(tufts, lumas, phases, strict=True):
            place = tuft + np.array([0.06 * np.sin(1.9 * t + phase), 0.03 * np.sin(2.7 * t + phase), 0.0])
            scale = view.scale(place)
            _paint(picture, [_ring(view.project(place), (0.45 * scale, 0.4 * scale))], luma)

    return draw


def _shot(
    view: View, still: Plane, scene: tuple[list[Flight], list[Mover]], t: float, exposure: float
) -> Plane:
    picture = still.copy()
    for flight in scene[0]:
        polygons = []
        for part in np.linspace(0, exposure, 6):
            place = flight.where(t + part)
            if place is not None:
                polygons.append(
                    view.project(place + _turned(flight.edges, flight.spin, t + part - flight.at))
                )
        _paint(picture, polygons, flight.luma)
    for mover in scene[1]:
        mover(picture, t)
    return picture


def _encode(
    random: Random, chosen: dict[str, Any], view: View, still: Array, scene: tuple[list[Flight], list[Mover]],
    seconds: float, video: Path,
) -> Array:  # fmt: skip
    """Writes the video; the stamped times of its pictures (without offset)."""
    stamps: list[float] = []
    ground = still.astype(np.float32)
    grain = random.normal(0, 1, (view.size[1] + 40, view.size[0] + 40)).astype(np.float32)
    rate, shown, luma = chosen["rate"], None, None
    with av.open(str(video), "w") as container:
        stream = container.add_stream(chosen["codec"], rate=Fraction(rate).limit_denominator(1001))
        stream.width, stream.height = view.size
        stream.pix_fmt = "yuvj420p" if chosen["codec"] == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90_000)
        stream.options = _options(chosen, rate)
        for index in range(round(seconds * rate)):
            t = index / rate
            if shown is not None and random.random() < chosen["drop"]:
                continue
            if shown is None or luma is None or random.random() >= chosen["repeat"]:
                picture = _shot(view, ground, scene, t, chosen["exposure"])
                dx, dy = random.integers(0, 40, 2)
                noise = grain[dy : dy + view.size[1], dx : dx + view.size[0]]
                picture += noise * np.sqrt(chosen["noise"] ** 2 * (0.4 + picture / 160))
                shown = (
                    picture if shown is None else picture + np.float32(chosen["smear"]) * (shown - picture)
                )
                luma = np.clip(shown + 0.5, 0, 255).astype(np.uint8)
            stamp = t + float(random.normal(0, 1)) * chosen["jitter"] * (index > 0)
            stamp = max(stamp, stamps[-1] + 0.002) if stamps else stamp
            stamps.append(stamp)
            whole = np.full((view.size[1] * 3 // 2, view.size[0]), 128, dtype=np.uint8)
            whole[: view.size[1]] = luma
            frame = av.VideoFrame.from_ndarray(whole, format="yuv420p").reformat(format=stream.pix_fmt)
            frame.time_base, frame.pts = Fraction(1, 90_000), round((stamp + chosen["offset"]) * 90_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return np.array(stamps)


def _ends(video: Path) -> float:
    """When the last picture is shown, as the container has it: some muxers shift the clock, some lose the beginning."""
    with av.open(str(video)) as container:
        return max(float(frame.time or 0.0) for frame in container.decode(video=0))


def _options(chosen: dict[str, Any], rate: float) -> dict[str, str]:
    if chosen["codec"] == "mjpeg":
        return {"qmin": "3", "qmax": "5", "threads": "1"}
    options = {"crf": str(chosen["quality"]), "preset": "veryfast", "g": str(round(3 * rate))}
    if chosen["codec"] == "libx265":
        return options | {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"}
    return options | {"threads": "1"}


def _config(random: Random, house: House, view: View, chosen: dict[str, Any], seed: int) -> dict[str, Any]:
    """As an admin would have calibrated it: on the undistorted plane, with clicks a pixel off."""
    corners = np.array([[x, y, 0.0] for x in house.columns for y in house.floors])
    pixels = view.project(corners)
    seen = np.flatnonzero(((pixels > 4) & (pixels < np.array(view.size) - 4)).all(axis=1))
    spread = pixels[seen] @ np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]).T
    picked = list(dict.fromkeys(seen[spread.argmax(axis=0)].tolist()))
    rest = [int(i) for i in random.permutation(seen) if i not in picked]
    picked += rest[: max(chosen["points"] - len(picked), 0)]
    config: dict[str, Any] = {
        "schema": "clip-config/1", "building": "B", "resolution": list(view.size), "fps": chosen["rate"],
        "reference_points": [
            {"px": [float(v) for v in pixels[i] + random.normal(0, 0.5, 2)], "m": [float(v) for v in corners[i, :2]]}
            for i in picked
        ],
        "roof_height_m": float(house.floors[-1]), "balcony_depth_m": house.depth,
        "grid": {
            "column_edges_m": house.columns.tolist(), "floor_edges_m": house.floors.tolist(),
            "units": [f"{i + 1:02d}" for i in range(len(house.columns) - 1)],
            "floors": [house.first + i for i in range(len(house.floors) - 1)],
            "name_format": "{building}-{floor:02d}-{unit}",
        },
    }  # fmt: skip
    if chosen["place_known"]:
        config["camera_position_m_approx"] = [float(v + random.normal(0, 0.3)) for v in view.place]
    return config


def _truth(
    flight: Flight, house: House, view: View, still: Array, times: Array, chosen: dict[str, Any]
) -> dict[str, Any]:
    seen, behind = [], []
    for t in times:
        place = flight.where(float(t) + 0.5 * chosen["exposure"])
        if place is None:
            continue
        x, y = view.project(place)
        if 0 <= x < view.size[0] and 0 <= y < view.size[1]:
            seen.append([float(t) + chosen["offset"], round(float(x), 2), round(float(y), 2)])
            behind.append(still[int(y), int(x)])
    row, column = flight.cell
    edges = np.sort(flight.edges)
    return {
        "item": flight.name, "mass_kg": flight.mass, "at": flight.at + chosen["offset"],
        "place": flight.path[0].tolist(), "terminal_velocity_m_s": flight.terminal,
        "class": "heavy" if flight.terminal >= 25 else "light",
        "size_px": float(np.sqrt(edges[1:].prod())) * view.scale(flight.path[0]),
        "floor": house.first + row, "unit": f"{column + 1:02d}", "cell": f"B-{house.first + row:02d}-{column + 1:02d}",
        "t_start": seen[0][0] if seen else None, "t_end": seen[-1][0] if seen else None, "trajectory": seen,
        "contrast": float(np.median(np.abs(np.array(behind) - flight.luma))) if behind else 0.0,
    }  # fmt: skip


def main() -> None:
    """Parse the arguments, render."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="1000-1003")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/linli-foreign"))
    parser.add_argument("--empty", action="store_true")
    args = parser.parse_args()
    first, _, last = args.seeds.partition("-")
    for seed in range(int(first), int(last or first) + 1):
        print(make(seed, args.folder, throws=0 if args.empty else 2), flush=True)


if __name__ == "__main__":
    main()

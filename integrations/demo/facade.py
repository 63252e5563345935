"""A simulated throw: renders a facade clip (H.264), its calibration and its truth, the same for the same seed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from .facade_building import Building, paint
from .facade_camera import PinholeCamera
from .facade_flight import ITEMS, Item, Throw, fall
from .facade_weather import Distractor, blend, makers

Luma = NDArray[np.uint8]

WHOLE_PICTURE = frozenset({"cloud", "exposure", "shake"})
SUB_EXPOSURES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPlan:
    """Everything that decides a clip; equal plans render to equal pictures."""

    seed: int
    building: Building
    camera: PinholeCamera
    throws: tuple[Throw, ...]
    fps: float
    duration_s: float
    bit_rate: int
    noise: float
    exposure_s: float
    night: bool
    wind: tuple[float, float, float]
    distractors: tuple[str, ...]
    faint: float = 0.0  # grey levels by which things differ from what they fall before; 0: as they are


@dataclass(frozen=True, slots=True)
class RenderedClip:
    """Where the video, its calibration (clip-config/1) and its truth lie."""

    video: Path
    config: Path
    truth: Path


def plan_clip(
    seed: int,
    *,
    size: tuple[int, int] = (1280, 720),
    fps: float = 25.0,
    duration_s: float = 11.0,
    throws: int = 1,
    items: tuple[str, ...] = (),
    distractors: tuple[str, ...] = (),
    night: bool = False,
    bit_rate: int = 4_000_000,
    faint: float = 0.0,
    building_name: str = "1",
) -> ClipPlan:
    """A believable clip for `seed`; `items` names the things thrown, cycled (default: any of ITEMS)."""
    unknown = [name for name in distractors if name not in makers()]
    if unknown:
        raise ValueError(f"no distractor named {unknown[0]!r}; known: {', '.join(makers())}")
    random = np.random.default_rng(seed)
    building = _design_building(random, building_name)
    camera = _aim_camera(random, building, size)
    chosen = [item for item in ITEMS if item.name in items] or list(ITEMS)
    return ClipPlan(
        seed=seed, building=building, camera=camera,
        throws=tuple(_plan_throw(random, building, camera, chosen, index, duration_s) for index in range(throws)),
        fps=fps, duration_s=duration_s, bit_rate=bit_rate,
        noise=float(random.uniform(4.0, 6.0) if night else random.uniform(1.2, 2.5)),
        exposure_s=1 / 50 if night else float(random.choice([1 / 250, 1 / 500])), night=night,
        wind=(float(random.normal(0, 1.0)), 0.0, float(random.normal(0, 0.4))), distractors=distractors,
        faint=faint,
    )  # fmt: skip


def _design_building(random: np.random.Generator, name: str) -> Building:
    return Building(
        name=name, floors=int(random.integers(14, 20)), columns=int(random.integers(7, 12)),
        floor_height_m=float(random.uniform(2.8, 3.1)), column_width_m=float(random.uniform(3.6, 4.8)),
        ground_m=float(random.uniform(3.0, 4.2)), first_floor=2, balcony_depth_m=float(random.uniform(0.9, 1.5)),
    )  # fmt: skip


def _aim_camera(random: np.random.Generator, building: Building, size: tuple[int, int]) -> PinholeCamera:
    """A camera on a pole that sees from the street to above the roof."""
    width, height = size
    distance = float(random.uniform(30, 50))
    position = (float(random.uniform(-8, 8)), float(random.uniform(1.8, 4.0)), distance)
    low = np.arctan2(1.0 - position[1], distance)
    high = np.arctan2(building.roof_m + 3.0 - position[1], distance)
    tilt = (low + high) / 2
    focal = height / 2 / float(np.tan((high - low) / 2))
    target = (float(random.uniform(-4, 4)), position[1] + distance * float(np.tan(tilt)), 0.0)
    return PinholeCamera(position=position, target=target, focal_px=focal, width=width, height=height)


def _plan_throw(
    random: np.random.Generator,
    building: Building,
    camera: PinholeCamera,
    items: list[Item],
    index: int,
    duration: float,
) -> Throw:
    """A release over the railing of a home that the camera sees, well inside the clip."""
    floor, column = 0, 0
    for _ in range(50):
        floor, column = int(random.integers(2, building.floors)), int(random.integers(0, building.columns))
        pixel = camera.project(np.array([_hand(random, building, floor, column)]))[0]
        if 0.04 < pixel[0] / camera.width < 0.96 and pixel[1] > 0.02 * camera.height:
            break
    return Throw(
        at=float(random.uniform(0.14, 0.32)) * duration + 1.3 * index,
        item=items[index % len(items)] if len(items) < len(ITEMS) else items[int(random.integers(len(items)))],
        place=_hand(random, building, floor, column),
        velocity=(float(random.normal(0, 0.8)), float(random.normal(0.2, 0.8)), float(random.uniform(0.4, 3.0))),
        tumble=float(random.uniform(0.0, 3.0)), floor=floor, column=column,
    )  # fmt: skip


def _hand(
    random: np.random.Generator, building: Building, floor: int, column: int
) -> tuple[float, float, float]:
    edges = building.column_edges()
    return (
        float(random.uniform(edges[column] + 0.4, edges[column + 1] - 0.4)),
        building.floor_edges()[floor] + float(random.uniform(1.0, 1.6)),
        float(random.uniform(0.0, 0.4)),
    )


def render_clip(plan: ClipPlan, folder: Path, name: str = "clip") -> RenderedClip:
    """Write `name`.mp4, `name`.json and `name`.truth.json into `folder` and say where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    clip = RenderedClip(folder / f"{name}.mp4", folder / f"{name}.json", folder / f"{name}.truth.json")
    times = np.arange(round(plan.duration_s * plan.fps)) / plan.fps
    paths = [fall(throw, times + 0.5 * plan.exposure_s, plan.wind, 0.3) for throw in plan.throws]
    stage = _Stage(plan)
    _encode(plan, stage, clip.video, len(times))
    clip.config.write_text(json.dumps(clip_config(plan, name), indent=1))
    truth = clip_truth(plan, times, paths)
    for throw, told in zip(plan.throws, truth["throws"], strict=True):
        told["contrast"] = stage.contrast(throw, np.array(told["trajectory"]))
    clip.truth.write_text(json.dumps(truth, indent=1))
    return clip


class _Stage:
    """The still background and everything that moves before it."""

    def __init__(self, plan: ClipPlan) -> None:
        self._plan = plan
        random = np.random.default_rng(plan.seed + 1)
        size = (plan.camera.width, plan.camera.height)
        sheet = paint(plan.building, random, night=plan.night)
        sky = (40, 30, 26) if plan.night else (222, 212, 202)
        bgr = cv2.warpPerspective(
            sheet.bgr,
            plan.camera.homography() @ sheet.from_texels(),
            size,
            flags=cv2.INTER_AREA,
            borderValue=sky,
        )
        planes = cv2.cvtColor(cv2.GaussianBlur(bgr, (0, 0), 0.6), cv2.COLOR_BGR2YUV_I420)
        self._luma = np.ascontiguousarray(planes[: size[1]], dtype=np.uint8)
        self.chroma = np.ascontiguousarray(planes[size[1] :], dtype=np.uint8)
        made = {
            n: makers()[n](plan.camera, random, plan.exposure_s) for n in makers() if n in plan.distractors
        }
        self._near: list[Distractor] = [d for n, some in made.items() if n not in WHOLE_PICTURE for d in some]
        self._whole: list[Distractor] = [d for n, some in made.items() if n in WHOLE_PICTURE for d in some]
        spread = np.clip(random.normal(0, plan.noise, (3, size[1] + 64, size[0] + 64)), -60, 60)
        self._noise, self._random = spread.astype(np.int8), random
        fine = np.arange(0, plan.duration_s * plan.fps * SUB_EXPOSURES) / (plan.fps * SUB_EXPOSURES)
        parts = (fine % (1 / plan.fps)) * plan.fps * plan.exposure_s
        fine = np.floor(fine * plan.fps + 1e-6) / plan.fps + parts
        self._paths = [fall(throw, fine, plan.wind, 0.3) for throw in plan.throws]
        self._shades = {
            throw: self._shade(throw, path) for throw, path in zip(plan.throws, self._paths, strict=True)
        }

    def picture(self, index: int) -> Luma:
        """The luma of frame `index`, with noise."""
        luma: Luma = self._luma.copy()
        t = index / self._plan.fps
        for distractor in self._near:
            distractor.draw(luma, t)
        for throw, path in zip(self._plan.throws, self._paths, strict=True):
            self._draw_item(luma, throw, path[index * SUB_EXPOSURES : (index + 1) * SUB_EXPOSURES], t)
        for distractor in self._whole:
            distractor.draw(luma, t)
        dx, dy = self._random.integers(0, 64, 2)
        noise = self._noise[int(self._random.integers(3)), dy : dy + luma.shape[0], dx : dx + luma.shape[1]]
        return np.asarray(cv2.add(luma, noise, dtype=cv2.CV_8U), dtype=np.uint8)

    def _draw_item(self, luma: Luma, throw: Throw, path: NDArray[np.float64], t: float) -> None:
        """Blend the item once for each part of the exposure, so that it smears as it moves."""
        shown = path[np.isfinite(path[:, 0])]
        if not len(shown):
            return
        pixels, scales = self._plan.camera.project(shown), self._plan.camera.scale(shown)
        angle = 360.0 * throw.tumble * (t - throw.at)
        before = luma.copy() if len(shown) > 1 else luma
        total = np.zeros((0, 0))
        x0, y0 = np.floor(pixels.min(axis=0) - 40).astype(int)
        x1, y1 = np.ceil(pixels.max(axis=0) + 40).astype(int)
        box = np.s_[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)]
        total = np.zeros(luma[box].shape, dtype=np.float32)
        for pixel, scale in zip(pixels, scales, strict=True):
            luma[box] = before[box]
            axes = (0.5 * throw.item.width_m * scale, 0.5 * throw.item.height_m * scale)
            blend(luma, (pixel[0], pixel[1]), axes, angle, self._shades[throw], 1.0)
            total += luma[box]
        luma[box] = (total / len(shown)).astype(np.uint8)

    def _shade(self, throw: Throw, path: NDArray[np.float64]) -> float:
        """Grey level of a thing: by night only what street lamps leave of it."""
        if self._plan.faint:
            behind = self._behind(self._plan.camera.project(path))
            level = float(np.median(behind)) if len(behind) else 128.0
            return level + self._plan.faint * (-1.0 if throw.item.grey < 128 else 1.0)
        return 20.0 + 0.5 * throw.item.grey if self._plan.night else float(throw.item.grey)

    def contrast(self, throw: Throw, trajectory: NDArray[np.float64]) -> float:
        """By how many grey levels a thing differs from what is behind it: the median over (t, x, y)."""
        behind = self._behind(trajectory[:, 1:]) if len(trajectory) else np.zeros(0)
        return float(np.median(np.abs(behind - self._shades[throw]))) if len(behind) else 0.0

    def _behind(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """The still background's grey level at those of the pixels (N, 2) that lie in the picture."""
        height, width = self._luma.shape
        x, y = np.nan_to_num(pixels, nan=-1.0).T
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        return np.asarray(self._luma[y[inside].astype(int), x[inside].astype(int)], dtype=np.float64)


def _encode(plan: ClipPlan, stage: _Stage, target: Path, count: int) -> None:
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(plan.fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = plan.camera.width, plan.camera.height, "yuv420p"
        stream.bit_rate = plan.bit_rate
        stream.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "g": str(round(2 * plan.fps)),
            "threads": "1",
        }
        for index in range(count):
            planes = np.concatenate((stage.picture(index), stage.chroma))
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = index, 1 / Fraction(plan.fps).limit_denominator(1001)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def clip_config(plan: ClipPlan, name: str) -> dict[str, object]:
    """The clip's calibration in the form `hub detect` reads, with half a pixel of click noise."""
    random = np.random.default_rng(plan.seed + 2)
    building, camera = plan.building, plan.camera
    corners = np.array([[x, y, 0.0] for x in building.column_edges() for y in building.floor_edges()])
    pixels = camera.project(corners)
    seen = np.flatnonzero(((pixels > 0) & (pixels < (camera.width, camera.height))).all(axis=1))
    chosen = random.choice(seen, min(10, len(seen)), replace=False)
    return {
        "schema": "clip-config/1", "clip": name, "camera_id": f"cam-{name}", "building": building.name,
        "resolution": [camera.width, camera.height], "fps": plan.fps,
        "reference_points": [
            {"px": [round(float(v), 1) for v in pixels[i] + random.normal(0, 0.5, 2)],
             "m": [float(v) for v in corners[i, :2]]}
            for i in chosen
        ],
        "camera_position_m_approx": [round(float(v + random.normal(0, 0.2)), 1) for v in camera.position],
        "roof_height_m": round(building.roof_m, 2), "balcony_depth_m": round(building.balcony_depth_m, 2),
        "grid": {
            "column_edges_m": building.column_edges(), "units": building.units(),
            "floor_edges_m": building.floor_edges(),
            "floors": [building.first_floor + i for i in range(building.floors)],
            "name_format": "{building}-{floor:02d}-{unit}",
        },
    }  # fmt: skip


def clip_truth(
    plan: ClipPlan, times: NDArray[np.float64], paths: list[NDArray[np.float64]]
) -> dict[str, Any]:
    """What really happened: one entry for each throw."""
    return {
        "seed": plan.seed, "distractors": list(plan.distractors), "night": plan.night,
        "throws": [_throw_truth(plan, throw, times, path) for throw, path in zip(plan.throws, paths, strict=True)],
    }  # fmt: skip


def _throw_truth(
    plan: ClipPlan, throw: Throw, times: NDArray[np.float64], path: NDArray[np.float64]
) -> dict[str, object]:
    pixels = plan.camera.project(path)
    inside = ((pixels >= 0) & (pixels < (plan.camera.width, plan.camera.height))).all(axis=1)
    first_bounce = np.flatnonzero((path[:, 1] > 0.05) & inside)
    floor = plan.building.first_floor + throw.floor
    unit = plan.building.units()[throw.column]
    size = np.sqrt(throw.item.area_m2) * float(plan.camera.scale(np.array([throw.place]))[0])
    return {
        "item": throw.item.name, "mass_kg": throw.item.mass_kg, "at": throw.at, "place": list(throw.place),
        "velocity": list(throw.velocity), "terminal_velocity_m_s": throw.item.terminal_velocity,
        "class": "heavy" if throw.item.terminal_velocity >= 25.0 else "light", "size_px": size,
        "floor": floor, "unit": unit, "cell": f"{plan.building.name}-{floor:02d}-{unit}",
        "t_start": float(times[first_bounce[0]]) if len(first_bounce) else None,
        "t_end": float(times[first_bounce[-1]]) if len(first_bounce) else None,
        "trajectory": [[float(times[i]), *(round(float(v), 2) for v in pixels[i])] for i in first_bounce],
    }  # fmt: skip

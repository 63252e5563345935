"""Reads a clip's configuration (clip-config/1): JSON in, a checked calibration and warnings out."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration, estimate_camera, fit_plane
from .errors import DetectError
from .facade import Grid, check_name_format

BYTES_LIMIT = 1_000_000
POINTS_LIMIT, EDGES_LIMIT, TEXT_LIMIT = 500, 400, 60
METRES_LIMIT = 2_000.0
MASKS_LIMIT, MASK_KINDS = 50, ("privacy", "ignore")
KNOWN = (
    "building", "resolution", "fps", "reference_points", "camera_position_m_approx", "roof_height_m",
    "balcony_depth_m", "grid", "schema", "clip", "camera_id", "plane", "masks", "sketch",
)  # fmt: skip
KNOWN_GRID = ("column_edges_m", "units", "floor_edges_m", "floors", "name_format")


@dataclass(frozen=True, slots=True)
class ClipConfig:
    """A calibration with what an admin should be told about it."""

    calibration: Calibration
    warnings: tuple[str, ...]
    masks: tuple[NDArray[np.float64], ...] = ()  # polygons of pixels that are not looked at


def load_clip_config(path: Path) -> ClipConfig:
    """Read and check the file; every fault is a DetectError that names the file and the key."""
    try:
        if path.stat().st_size > BYTES_LIMIT:
            raise DetectError(f"{path}: larger than {BYTES_LIMIT} bytes; this is no clip configuration")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as fault:
        raise DetectError(
            f"{path}: can't be read ({fault.strerror}); check the path of the configuration"
        ) from fault
    except UnicodeDecodeError as fault:
        raise DetectError(f"{path}: not UTF-8 text; save the configuration as UTF-8 JSON") from fault
    try:
        return parse_clip_config(_parse_json(text))
    except DetectError as fault:
        raise DetectError(f"{path}: {fault}") from fault


def _parse_json(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as fault:
        raise DetectError(f"not JSON: line {fault.lineno} column {fault.colno}: {fault.msg}") from fault
    except (RecursionError, ValueError) as fault:
        raise DetectError(f"not usable JSON: {str(fault)[:100]}") from fault


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number; write a finite one")


def parse_clip_config(data: object) -> ClipConfig:
    """Check plain data; raises DetectError with the key, what is wrong, and what would be right."""
    root = _mapping(data, "the configuration")
    warnings = _unknown_keys(root, KNOWN, "") + _unknown_keys(
        _mapping(root.get("grid"), "grid"), KNOWN_GRID, "grid."
    )
    width, height = _resolution(root.get("resolution"))
    pixels, metres = _reference_points(root.get("reference_points"), width, height)
    matrix, residuals, doubts = fit_plane(pixels, metres)
    warnings += doubts
    camera = _camera(root.get("camera_position_m_approx"))
    if camera is None:
        camera = estimate_camera(matrix, width, height)
        warnings.append(
            "camera_position_m_approx: missing; "
            + ("estimated from the reference points" if camera else "things are taken to fall along the wall")
        )
    grid = _grid(_mapping(root.get("grid"), "grid"), _text(root.get("building"), "building"))
    calibration = Calibration(
        grid=grid, width=width, height=height, to_picture=matrix, to_facade=np.linalg.inv(matrix), camera=camera,
        roof_m=_number(root.get("roof_height_m", grid.floor_edges[-1]), "roof_height_m", 0.0, METRES_LIMIT),
        balcony_depth_m=_number(root.get("balcony_depth_m", 1.2), "balcony_depth_m", 0.0, 20.0),
        residuals_px=tuple(float(value) for value in residuals),
    )  # fmt: skip
    return ClipConfig(calibration, tuple(warnings), _masks(root.get("masks")))


def _unknown_keys(data: dict[str, object], known: tuple[str, ...], prefix: str) -> list[str]:
    warnings = []
    for key in [key for key in data if key not in known][:20]:
        close = get_close_matches(key, known, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        warnings.append(f"{prefix}{key[:TEXT_LIMIT]}: unknown key, ignored{hint}")
    return warnings


def _mapping(value: object, key: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise DetectError(f"{key}: {_kind(value)}; give a JSON object")
    return value


def _items(value: object, key: str, least: int, most: int) -> list[object]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        size = f"a list of {len(value)}" if isinstance(value, list) else _kind(value)
        wanted = f"exactly {least}" if least == most else f"{least} to {most}"
        raise DetectError(f"{key}: {size}; give a list of {wanted}")
    return value


def _kind(value: object) -> str:
    return "missing" if value is None else f"a {type(value).__name__}"


def _number(value: object, key: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DetectError(f"{key}: {_kind(value)}; give a number")
    if not low <= value <= high:
        raise DetectError(f"{key}: {value:g} is outside {low:g} to {high:g}")
    return float(value)


def _text(value: object, key: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not 0 < len(str(value)) <= TEXT_LIMIT:
        raise DetectError(f"{key}: {_kind(value)}; give a text of 1 to {TEXT_LIMIT} characters")
    return str(value)


def _resolution(value: object) -> tuple[int, int]:
    width, height = (
        _number(item, f"resolution[{index}]", 64, 8192)
        for index, item in enumerate(_items(value, "resolution", 2, 2))
    )
    if width != int(width) or height != int(height):
        raise DetectError("resolution: not whole pixels; give for example [1920, 1080]")
    return int(width), int(height)


def _pair(value: object, key: str, limit: float) -> tuple[float, float]:
    first, second = (
        _number(item, f"{key}[{index}]", -limit, limit) for index, item in enumerate(_items(value, key, 2, 2))
    )
    return first, second


def _reference_points(value: object, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    pixels, metres = [], []
    for index, item in enumerate(_items(value, "reference_points", 4, POINTS_LIMIT)):
        key = f"reference_points[{index}]"
        point = _mapping(item, key)
        pixels.append(_pair(point.get("px"), f"{key}.px", 20_000.0))
        metres.append(_pair(point.get("m"), f"{key}.m", METRES_LIMIT))
        if not (-width <= pixels[-1][0] <= 2 * width and -height <= pixels[-1][1] <= 2 * height):
            raise DetectError(
                f"{key}.px: {list(pixels[-1])} is far outside of the {width}x{height} picture; "
                "are px and resolution of the same picture?"
            )
    return np.array(pixels, dtype=np.float64), np.array(metres, dtype=np.float64)


def _masks(value: object) -> tuple[NDArray[np.float64], ...]:
    """Privacy and ignored polygons alike: nothing is looked at in either."""
    if value is None:
        return ()
    masks = []
    for index, item in enumerate(_items(value, "masks", 0, MASKS_LIMIT)):
        key = f"masks[{index}]"
        mask = _mapping(item, key)
        if mask.get("kind") not in MASK_KINDS:
            raise DetectError(f"{key}.kind: give {' or '.join(MASK_KINDS)}")
        points = _items(mask.get("points"), f"{key}.points", 3, POINTS_LIMIT)
        masks.append(
            np.array([_pair(point, f"{key}.points[{i}]", 20_000.0) for i, point in enumerate(points)])
        )
    return tuple(masks)


def _camera(value: object) -> tuple[float, float, float] | None:
    if value is None:
        return None
    key = "camera_position_m_approx"
    x, y, z = (
        _number(item, f"{key}[{index}]", -METRES_LIMIT, METRES_LIMIT)
        for index, item in enumerate(_items(value, key, 3, 3))
    )
    if z < 1.0:
        raise DetectError(f"{key}[2]: {z:g}; Z is the distance in front of the facade, more than 1 m")
    return x, y, z


def _edges(value: object, key: str) -> tuple[float, ...]:
    edges = tuple(
        _number(item, f"{key}[{index}]", -METRES_LIMIT, METRES_LIMIT)
        for index, item in enumerate(_items(value, key, 2, EDGES_LIMIT))
    )
    for index, (before, after) in enumerate(pairwise(edges)):
        if after <= before:
            raise DetectError(
                f"{key}[{index + 1}]: {after:g} is not above {before:g}; list the edges in growing order"
            )
    return edges


def _grid(data: dict[str, object], building: str) -> Grid:
    columns, floors = (
        _edges(data.get("column_edges_m"), "grid.column_edges_m"),
        _edges(data.get("floor_edges_m"), "grid.floor_edges_m"),
    )
    count, rows = len(columns) - 1, len(floors) - 1
    units = _items(data.get("units"), "grid.units", count, count)
    numbers = _items(data.get("floors"), "grid.floors", rows, rows)
    name_format = _text(data.get("name_format", "{building}-{floor}-{unit}"), "grid.name_format")
    check_name_format(name_format)
    return Grid(
        building, columns, tuple(_text(unit, f"grid.units[{i}]") for i, unit in enumerate(units)),
        floors, tuple(_floor(number, f"grid.floors[{i}]") for i, number in enumerate(numbers)), name_format,
    )  # fmt: skip


def _floor(value: object, key: str) -> int | str:
    text = _text(value, key)
    return value if isinstance(value, int) and abs(value) < 1000 else text

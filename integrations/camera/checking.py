"""What `hub check` can tell of cameras from the files alone: analyzers, videos, calibrations. Loads no OpenCV."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from math import isfinite
from typing import Any, TypeGuard

import voluptuous as vol

from hub.api import ConfigError, Finding, Known
from integrations.camera.calibration import read_calibration
from integrations.camera.plane import (
    Degenerate,
    Pair,
    culprit,
    depth,
    fitted,
    is_line,
    is_mirrored,
    residuals,
)
from integrations.camera.settings import INSTALL_ONVIF, MASKS, NO_ONVIF

Place = tuple[str | int, ...]
LIMIT_PX = 3.0  # of a residual, as the calibration page has it
OUTSIDE = 0.5  # of the picture's size that a reference point may lie outside of it
MASK_OUTSIDE = "lies outside of the picture: drawn for another resolution?"
DATA = ".hub"  # the data folder's usual place in the configuration's


def check(cameras: list[dict[str, Any]], known: Known) -> Iterable[Finding]:
    """Everything about every camera; warnings where only that camera would be blind: the hub and the others go on."""
    for index, camera in enumerate(cameras):
        yield from _check_analyzers((index,), camera, known)
        if camera["onvif"] and find_spec("onvif") is None:
            yield Finding((index, "onvif"), NO_ONVIF, INSTALL_ONVIF, fatal=False)
        if known.folder is not None:
            yield from _check_file((index,), camera, known)
            yield from _check_calibration((index,), camera, known)


def _check_analyzers(at: Place, camera: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """Analyzers that are not there, and settings that they would not take."""
    for place, item in enumerate(camera["analyzers"]):
        path, name = (*at, "analyzers", place), item["name"]
        if name not in known.analyzers:
            yield Finding(
                path, f"there is no analyzer '{name}'", f"add the line '{name}:' to configuration.yaml"
            )
            continue
        try:
            known.analyzers[name].schema(item["settings"])
        except vol.Invalid as error:
            yield Finding(path, f"{name}: {error}", "see the analyzer's page in the documentation")


def _check_file(at: Place, camera: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    if "file" not in camera or known.folder is None:
        return
    if camera["file"].partition("/")[0] in known.integrations:
        return  # a folder of another guest, who brings the video when it runs
    folders = (known.folder, known.folder / DATA)
    if not any((folder / camera["file"]).is_file() for folder in folders):
        yield Finding(
            (*at, "file"), f"there is no file '{camera['file']}' in {folders[0]} or {folders[1]}",
            "correct 'file', or put the video there", fatal=False,
        )  # fmt: skip


def _check_calibration(at: Place, camera: Mapping[str, Any], known: Known) -> Iterator[Finding]:
    """What is wrong with where the facade is said to be; each key is told at the place where it stands."""
    included, where = camera.get("calibration") or {}, (*at, "calibration")
    prefix = ""
    if isinstance(included, str) and known.folder is not None:
        prefix = f"{included}: "
        try:
            included = read_calibration(known.folder / included, camera["id"])
        except ConfigError as error:
            yield Finding(where, _without_name(str(error)), calibrate(camera), fatal=False)
            return
    merged = {
        **included,
        **{key: camera[key] for key in ("resolution", "reference_points", "grid") if key in camera},
    }

    def place(key: str, *inner: str | int) -> Place:
        if key in camera and key != "masks":  # those of the calibration: the camera's own are checked apart
            return (*at, key, *inner)
        return where if prefix else (*where, key, *inner)

    def told(path: Place, text: str) -> Finding:
        return Finding(path, f"{prefix}{text}", calibrate(camera), fatal=False)

    for index in _masks_outside(camera["masks"], merged.get("resolution")):
        yield Finding((*at, "masks", index), MASK_OUTSIDE, "draw it anew", fatal=False)
    for key, inner, text in _faults(camera, included, merged, known):
        yield told(place(key, *inner) if key else at, text)


def _faults(
    camera: Mapping[str, Any], included: Mapping[str, Any], merged: Mapping[str, Any], known: Known
) -> Iterator[tuple[str, Place, str]]:
    """Key, path below it, and what is wrong there; the key "" means the camera as a whole."""
    needing = [
        item["name"]
        for item in camera["analyzers"]
        if item["name"] in known.analyzers and known.analyzers[item["name"]].calibrator
    ]
    if not merged.get("reference_points"):
        if needing:
            yield "", (), f"{needing[0]} needs a calibration, and there is none"
        return
    own, theirs = camera.get("resolution"), included.get("resolution")
    if own and theirs and list(own) != list(theirs):
        yield "resolution", (), f"{_size(own)}, but the calibration was made for {_size(theirs)}"
    yield from _point_faults(merged["reference_points"], merged.get("resolution"))
    yield from _mask_faults(included, merged.get("resolution"))
    if needing or "grid" in merged:
        yield from _grid_faults(merged.get("grid"))


def _point_faults(points: Any, resolution: Any) -> Iterator[tuple[str, Place, str]]:
    key = "reference_points"
    pairs = _pairs(points)
    if pairs is None:
        yield key, (), "expected points such as {px: [x, y], m: [X, Y]}"
        return
    if _is_size(resolution):
        for index, (_metres, pixels) in enumerate(pairs):
            if any(
                not -OUTSIDE * size <= value <= (1 + OUTSIDE) * size
                for value, size in zip(pixels, resolution, strict=True)
            ):
                text = (
                    f"is far outside of the {_size(resolution)} picture: a calibration of another resolution?"
                )
                yield key, (index,), f"[{pixels[0]:g}, {pixels[1]:g}] {text}"
                return
    text = _shape_fault(pairs)
    if text:
        yield key, (), text
        return
    try:
        plane = fitted(pairs)
    except Degenerate:
        yield key, (), "no plane fits them: they are crossed or lie on a line"
        return
    sign = 1.0 if depth(plane, pairs[0][0]) > 0 else -1.0
    plane = tuple(sign * value for value in plane)
    if any(depth(plane, metres) <= 0 for metres, _pixels in pairs):
        yield (
            key,
            (),
            "they are crossed: no camera sees them in this order; check which px belongs to which m",
        )
    elif is_mirrored(plane):
        yield key, (), "they are mirrored: m is [to the right, up], px is [to the right, down]"
    else:
        yield from _residual_faults(plane, pairs)


def _residual_faults(plane: tuple[float, ...], pairs: list[Pair]) -> Iterator[tuple[str, Place, str]]:
    off = residuals(plane, pairs)
    worst = max(off)
    if worst <= LIMIT_PX:
        return
    wrong = culprit(pairs, worst, LIMIT_PX)
    if wrong is not None:
        others = [pair for place, pair in enumerate(pairs) if place != wrong]
        miss = residuals(fitted(others), [pairs[wrong]])[0]
        yield "reference_points", (wrong,), f"{miss:.0f} px from where the others put it: check its px and m"
    else:
        text = f"{worst:.1f} px from where the others put it (at most {LIMIT_PX:g}): a point or a length is wrong"
        yield "reference_points", (off.index(worst),), text


def _shape_fault(pairs: Sequence[Pair]) -> str:
    for number, what in ((0, "m"), (1, "px")):
        points = [pair[number] for pair in pairs]
        if len(set(points)) < 4:
            return f"fewer than 4 different {what}; give at least 4, spread over the facade"
        if is_line(points):
            return (
                f"their {what} lie on a line; give at least 4 points spread over the facade, no 3 on a line"
            )
    return ""


def _mask_faults(included: Mapping[str, Any], resolution: Any) -> Iterator[tuple[str, Place, str]]:
    """Masks that the calibration brings: a private window must not be seen because of a slip."""
    try:
        masks = MASKS(included.get("masks", []))
    except vol.Invalid as error:
        yield "masks", (), f"can't be read, and no picture is stored without them: {error}"
        return
    for index in _masks_outside(masks, resolution):
        yield "masks", (index,), MASK_OUTSIDE


def _masks_outside(masks: Sequence[Mapping[str, Any]], resolution: Any) -> list[int]:
    """Which of them reach clearly beyond the picture, and so belong to another one."""
    if not _is_size(resolution):
        return []
    width, height = (1.1 * size for size in resolution)
    return [
        index for index, mask in enumerate(masks) if any(x > width or y > height for x, y in mask["points"])
    ]


def _grid_faults(grid: Any) -> Iterator[tuple[str, Place, str]]:
    if not isinstance(grid, Mapping):
        yield "grid", (), "is missing: without it no home can be named"
        return
    for edges, names, what in (("column_edges_m", "units", "columns"), ("floor_edges_m", "floors", "floors")):
        lines, called = grid.get(edges), grid.get(names)
        if not _are_numbers(lines) or len(lines) < 2:
            yield "grid", (edges,) if edges in grid else (), f"{edges}: expected at least 2 numbers of metres"
            continue
        for index, (low, high) in enumerate(pairwise(lines)):
            if high <= low:
                text = f"{edges}: {high:g} is not above {low:g}: list the edges in growing order"
                yield "grid", (edges, index + 1), text
                break
        if not isinstance(called, list) or len(called) != len(lines) - 1:
            count = len(called) if isinstance(called, list) else 0
            text = f"{names}: {count} names for the {len(lines) - 1} {what} between {len(lines)} edges"
            yield "grid", (names,) if names in grid else (), text


def calibrate(camera: Mapping[str, Any]) -> str:
    """The remedy for whatever is wrong with a calibration."""
    return f"correct it, or calibrate anew: `hub camera calibrate {camera['id']}`"


def _pairs(points: Any) -> list[Pair] | None:
    """Metres and pixels of each point; None when they can't be read."""
    if not isinstance(points, list):
        return None
    pairs: list[Pair] = []
    for point in points:
        if not isinstance(point, Mapping):
            return None
        px, m = point.get("px"), point.get("m")
        if not (_are_numbers(px) and _are_numbers(m) and len(px) == len(m) == 2):
            return None
        pairs.append(((float(m[0]), float(m[1])), (float(px[0]), float(px[1]))))
    return pairs


def _are_numbers(value: Any) -> TypeGuard[list[float]]:
    return isinstance(value, list) and all(
        isinstance(item, int | float) and not isinstance(item, bool) and isfinite(item) for item in value
    )


def _is_size(value: Any) -> TypeGuard[list[float]]:
    return _are_numbers(value) and len(value) == 2 and min(value) > 0


def _size(value: Sequence[Any]) -> str:
    return "x".join(f"{item}" for item in value)


def _without_name(text: str) -> str:
    """The reader of calibrations names the camera first; the place in the file does that here."""
    return text.partition(": ")[2] or text

"""The picture for people: the facade before the fall, the thing drawn along its path, the release cell outlined."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from hub.api import Pictures

from .calibration import Calibration
from .detection import Detection
from .overlay_marks import (
    DARK,
    FAR,
    LENGTHS_M,
    RELEASE,
    WHITE,
    Bead,
    Course,
    Sheet,
    draw_floors,
    draw_homes,
    draw_path,
    draw_scale,
    measure,
    outline,
    tell_length,
)
from .overlay_words import bar, before, foot, head

Picture = NDArray[np.uint8]

CLEAR_S = 0.2  # before the start: nothing is to be seen yet
INSET = 0.3  # of the shorter side
DIM = 0.82  # of the light outside of the release cell
CLOSE = 11.0  # reaches of the thing across its inset


@dataclass(slots=True)
class _Seen:
    """What is taken from the camera's pictures, looked at once in their order."""

    clean: Picture
    clean_t: float
    canvas: Picture  # the clean one with the thing's cut-outs
    beads: list[Bead] = field(default_factory=list)
    clearest: tuple[float, float, Picture] | None = None  # how clear, when, and the picture


def compose_snapshot(
    calibration: Calibration, detection: Detection, pictures: Pictures
) -> dict[str, Picture]:
    """`drawn`, the composite with its words, and `before`, the place before the fall, both BGR.

    Raises ValueError when there is no picture.
    """
    course = Course(detection)
    seen = _look(calibration, detection, course, pictures)
    width = seen.clean.shape[1]
    sheet = Sheet(_dimmed(seen.canvas, calibration, detection), calibration, detection, pictures, (0, width))
    unit = sheet.unit
    end = detection.trajectory[-1]
    lowest = float(calibration.locate(np.array([end[1:]]))[0, 1])
    drawn = _draw(seen, sheet, course)
    times = pictures.moment(detection.t_start), pictures.moment(detection.t_end)
    clear = seen.clean_t <= detection.t_start - CLEAR_S
    return {
        "drawn": np.concatenate(
            (
                bar(head(detection, detection.origin_m[1] - lowest), width, unit, pictures),
                drawn,
                bar(foot(pictures, *times), width, unit, pictures),
            )
        ),
        "before": np.concatenate(
            (seen.clean, bar(before(pictures, pictures.moment(seen.clean_t), clear), width, unit, pictures))
        ),
    }


def encode_picture(picture: Picture, *, kind: str = "jpg", quality: int = 88) -> bytes:
    """JPEG or PNG bytes; raises ValueError when OpenCV can't."""
    done, data = cv2.imencode(
        f".{kind}", picture, [cv2.IMWRITE_JPEG_QUALITY, quality] if kind == "jpg" else []
    )
    if not done:
        raise ValueError(f"can't write a picture as {kind}")
    return bytes(data)


def _look(calibration: Calibration, detection: Detection, course: Course, pictures: Pictures) -> _Seen:
    """Take the last clear picture before the fall and the thing from those that show it."""
    seen: _Seen | None = None
    for t, picture in pictures:
        if seen is None or t <= detection.t_start - CLEAR_S:
            seen = _Seen(picture, t, picture.copy())
        elif detection.t_start <= t <= detection.t_end:
            _note(seen, picture, _bead(calibration, detection, course, t))
    if seen is None:
        raise ValueError("no picture to draw on")
    return seen


def _bead(calibration: Calibration, detection: Detection, course: Course, t: float) -> Bead:
    """A ring that holds the thing and its smear."""
    x, y = course.at(t)
    scale = calibration.metres_per_pixel(np.array([(x, y)]))[0, 0]
    return Bead(t, x, y, float(np.clip(1.1 * np.sqrt(detection.area_m2) / max(scale, 1e-4) + 5, 7, 60)))


def _note(seen: _Seen, picture: Picture, bead: Bead) -> None:
    """Cut the thing out unless it would lie upon the one before, and remember where it is seen best."""
    x, y, reach = round(bead.x), round(bead.y), round(bead.radius)
    box = np.s_[max(y - reach, 0) : max(y + reach + 1, 0), max(x - reach, 0) : max(x + reach + 1, 0)]
    if seen.canvas[box].size == 0:
        return
    difference = cv2.absdiff(picture[box], seen.clean[box]).max(axis=2)
    clear = float(difference.max())
    if seen.clearest is None or clear > seen.clearest[0]:
        seen.clearest = (clear, bead.t, picture)
    last = seen.beads[-1] if seen.beads else None
    if last is not None and np.hypot(bead.x - last.x, bead.y - last.y) < 1.15 * (bead.radius + last.radius):
        return
    mask = cv2.dilate((difference > max(18, 0.35 * clear)).astype(np.uint8), np.ones((3, 3), np.uint8))
    seen.canvas[box][mask > 0] = picture[box][mask > 0]
    seen.beads.append(bead)


def _dimmed(canvas: Picture, calibration: Calibration, detection: Detection) -> Picture:
    """A little darker all around the release cell, so that it is what the eye meets first."""
    dimmed = cv2.convertScaleAbs(canvas, alpha=DIM)
    light = np.zeros(canvas.shape[:2], dtype=np.uint8)
    cv2.fillPoly(light, [outline(calibration, detection.cell)], 255)
    cv2.copyTo(canvas, light, dimmed)
    return np.asarray(dimmed, dtype=np.uint8)


def _draw(seen: _Seen, sheet: Sheet, course: Course) -> Picture:
    height, width = (int(size) for size in sheet.canvas.shape[:2])
    side, gap = int(INSET * min(height, width)), sheet.thick(8)
    left = _left_of_insets(sheet, side, gap)
    sheet = replace(sheet, free=(left + side, width) if left < width / 2 else (0, left))
    draw_floors(sheet)
    draw_homes(sheet)
    draw_path(sheet, course, seen.beads)
    draw_scale(sheet)
    _draw_insets(seen, sheet, course, (left, gap, side))
    return sheet.canvas


def _draw_insets(seen: _Seen, sheet: Sheet, course: Course, frame: tuple[int, int, int]) -> None:
    """Magnified, beside the facade: the release cell, and the thing where it is seen best."""
    left, gap, side = frame
    edge = outline(sheet.calibration, sheet.detection.cell)
    marked = seen.canvas.copy()
    cv2.polylines(marked, [edge], True, RELEASE, sheet.thick(2), cv2.LINE_AA)
    x, y = sheet.detection.origin_px
    cv2.drawMarker(marked, (round(x), round(y)), RELEASE, cv2.MARKER_CROSS, sheet.thick(14), 1, cv2.LINE_AA)
    view = edge[:, 0].mean(axis=0), float(np.ptp(edge[:, 0], axis=0).max()) * 1.3
    _inset(sheet, marked, view, frame, "抛出位置 Release")
    if seen.clearest is not None and 2 * (side + gap) < sheet.canvas.shape[0]:
        _clear, t, picture = seen.clearest
        bead = _bead(sheet.calibration, sheet.detection, course, t)
        frame = (left, 2 * gap + side, side)
        zoom = _inset(
            sheet, picture, (np.array([bead.x, bead.y]), CLOSE * bead.radius / 2), frame, "坠落物 Object"
        )
        _measure_inset(sheet, bead, zoom, frame)


def _left_of_insets(sheet: Sheet, side: int, gap: int) -> int:
    """The left end of the insets' column: where they hide least of the facade, or else on the release's far side."""
    height, width = (int(size) for size in sheet.canvas.shape[:2])
    grid = sheet.calibration.grid
    (x0, x1), (y0, y1) = (
        (grid.column_edges[0], grid.column_edges[-1]),
        (grid.floor_edges[0], grid.floor_edges[-1]),
    )
    corners = np.array([(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)])
    facade = np.zeros((height // 8 + 1, width // 8 + 1), dtype=np.uint8)
    pixels = np.clip(sheet.calibration.project(corners) / 8, -FAR, FAR)
    cv2.fillPoly(facade, [pixels.round().astype(np.int32)], 255)
    rows, margin = 2 * (side + gap) // 8, round(90 * sheet.unit)
    hidden = {
        gap: float(facade[:rows, : (gap + side + margin) // 8].mean()),
        width - side - gap: float(facade[:rows, (width - side - gap - margin) // 8 :].mean()),
    }
    return min(
        hidden, key=lambda left: (round(hidden[left]), -abs(left + side / 2 - sheet.detection.origin_px[0]))
    )


def _inset(
    sheet: Sheet,
    source: Picture,
    view: tuple[NDArray[np.float64], float],
    frame: tuple[int, int, int],
    words: str,
) -> float:
    """Magnify a square around a centre; returns how many times."""
    (centre, width), (left, top, side) = view, frame
    zoom = side / max(width, 8.0)
    matrix = np.array([[zoom, 0.0, side / 2 - zoom * centre[0]], [0.0, zoom, side / 2 - zoom * centre[1]]])
    patch = cv2.warpAffine(
        source, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    sheet.canvas[top : top + side, left : left + side] = patch
    cv2.rectangle(sheet.canvas, (left, top), (left + side, top + side), DARK, sheet.thick(6))
    cv2.rectangle(sheet.canvas, (left, top), (left + side, top + side), RELEASE, sheet.thick(3))
    text = f"{words} ×{zoom:.0f}" if zoom >= 1.5 else words
    sheet.write(text, (left + 10 * sheet.unit, top + 28 * sheet.unit), 22, WHITE)
    return zoom


def _measure_inset(sheet: Sheet, bead: Bead, zoom: float, frame: tuple[int, int, int]) -> None:
    """A scale of centimetres under the magnified thing."""
    left, top, side = frame
    metres = float(sheet.calibration.metres_per_pixel(np.array([(bead.x, bead.y)]))[0, 0]) / zoom
    length = max((one for one in LENGTHS_M if one / metres < 0.6 * side), default=LENGTHS_M[0])
    y, x = top + side - 18 * sheet.unit, left + 14 * sheet.unit
    measure(sheet, (x, y), (x + min(length / metres, 0.8 * side), y), tell_length(length))

"""The picture for people: the facade before the fall, the thing drawn along its path, the release cell outlined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .calibration import Calibration
from .detection import Detection
from .facade import Cell

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

FONT = cv2.FONT_HERSHEY_SIMPLEX
RELEASE: Colour = (0, 165, 255)
OTHER: Colour = (200, 200, 60)
WHITE: Colour = (255, 255, 255)
DARK: Colour = (25, 25, 25)
CUT_OUT_EVERY_S = 0.16
INSET = 0.26


def compose_snapshot(
    calibration: Calibration, detection: Detection, pictures: Iterable[tuple[float, Picture]]
) -> Picture:
    """Draw one picture (BGR) from those of the clip: (time in s, BGR or luma), in order, the first before the fall.

    Raises ValueError when there is none.
    """
    clean: Picture | None = None
    canvas: Picture | None = None
    due = detection.t_start
    for t, picture in pictures:
        if clean is None or canvas is None or t < detection.t_start - 0.2:
            clean = _to_bgr(picture)
            canvas = clean.copy()
        elif t >= due and t <= detection.t_end:
            due = t + CUT_OUT_EVERY_S
            _paste(
                canvas, clean, _to_bgr(picture), _place_at(detection, t), _reach(calibration, detection, t)
            )
    if clean is None or canvas is None:
        raise ValueError("no picture to draw on")
    thing = canvas.copy()
    _draw_grid(canvas, calibration, detection)
    _draw_path(canvas, detection)
    _draw_insets(canvas, thing, calibration, detection)
    return np.concatenate((_write_bar(canvas.shape, detection), canvas))


def encode_picture(picture: Picture, *, kind: str = "jpg", quality: int = 88) -> bytes:
    """JPEG or PNG bytes; raises ValueError when OpenCV can't."""
    done, data = cv2.imencode(
        f".{kind}", picture, [cv2.IMWRITE_JPEG_QUALITY, quality] if kind == "jpg" else []
    )
    if not done:
        raise ValueError(f"can't write a picture as {kind}")
    return bytes(data)


def plain_text(text: str) -> str:
    """What OpenCV's fonts can draw: other characters become question marks."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)


def _to_bgr(picture: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)) if picture.ndim == 2 else picture


def _unit(canvas: Picture) -> float:
    """1 at 1080 rows: the measure of lines and letters."""
    return max(float(canvas.shape[0]) / 1080, 0.45)


def _place_at(detection: Detection, t: float) -> tuple[float, float]:
    path = np.array(detection.trajectory)
    return float(np.interp(t, path[:, 0], path[:, 1])), float(np.interp(t, path[:, 0], path[:, 2]))


def _reach(calibration: Calibration, detection: Detection, t: float) -> int:
    """Half the side, in px, of a cut-out that holds the thing and its smear."""
    scale = calibration.metres_per_pixel(np.array([_place_at(detection, t)]))[0, 0]
    return int(np.clip(1.1 * np.sqrt(detection.area_m2) / max(scale, 1e-4) + 4, 5, 60))


def _paste(canvas: Picture, clean: Picture, picture: Picture, place: tuple[float, float], reach: int) -> None:
    """Copy only what differs from the clean picture around the place."""
    x, y = round(place[0]), round(place[1])
    box = np.s_[max(y - reach, 0) : max(y + reach + 1, 0), max(x - reach, 0) : max(x + reach + 1, 0)]
    if canvas[box].size == 0:
        return
    difference = cv2.absdiff(picture[box], clean[box]).max(axis=2)
    mask = cv2.dilate(
        (difference > max(18, 0.35 * int(difference.max()))).astype(np.uint8), np.ones((3, 3), np.uint8)
    )
    canvas[box][mask > 0] = picture[box][mask > 0]


def _outline(calibration: Calibration, cell: Cell) -> NDArray[np.int32]:
    corners = [
        (cell.left, cell.bottom),
        (cell.right, cell.bottom),
        (cell.right, cell.top),
        (cell.left, cell.top),
    ]
    pixels = calibration.project(np.array([(x, y, 0.0) for x, y in corners]))
    return np.asarray(np.clip(np.round(pixels), -9999, 9999).astype(np.int32).reshape(-1, 1, 2))


def _draw_grid(canvas: Picture, calibration: Calibration, detection: Detection) -> None:
    """The release cell, its less likely neighbours, floor numbers along its column."""
    unit = _unit(canvas)
    for cell, likely in detection.cells[1:4]:
        if likely >= 0.05:
            cv2.polylines(
                canvas, [_outline(calibration, cell)], True, OTHER, max(round(1.5 * unit), 1), cv2.LINE_AA
            )
    outline = _outline(calibration, detection.cell)
    cv2.polylines(canvas, [outline], True, DARK, max(round(6 * unit), 3), cv2.LINE_AA)
    cv2.polylines(canvas, [outline], True, RELEASE, max(round(3 * unit), 2), cv2.LINE_AA)
    right = outline[:, 0, 0].max() + round(10 * unit)
    middle = int(outline[:, 0, 1].mean()) + round(8 * unit)
    label = f"{plain_text(detection.cell.name)}  {detection.cell_confidence:.0%}"
    _write(canvas, label, (int(right), middle), 0.9 * unit, RELEASE)
    _number_floors(canvas, calibration, detection.cell.column)


def _number_floors(canvas: Picture, calibration: Calibration, column: int) -> None:
    grid, unit = calibration.grid, _unit(canvas)
    last_y = canvas.shape[0] + 100
    for row in range(len(grid.floors)):
        cell = grid.cell(row, column)
        point = np.array([[cell.left, (cell.bottom + cell.top) / 2, 0.0]])
        x, y = (int(value) for value in np.clip(calibration.project(point)[0], -9999, 9999))
        if last_y - y > 17 * unit and 0 < y < canvas.shape[0]:
            text = plain_text(str(cell.floor))
            _write(
                canvas,
                text,
                (x - round((8 + 10 * len(text)) * unit), y + round(5 * unit)),
                0.45 * unit,
                WHITE,
            )
            last_y = y


def time_colour(share: float) -> Colour:
    """Blue at the release, red at the end."""
    hue = np.array([[[round(120 * (1 - min(max(share, 0.0), 1.0))), 255, 255]]], dtype=np.uint8)
    blue, green, red = cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0]
    return int(blue), int(green), int(red)


def _draw_path(canvas: Picture, detection: Detection) -> None:
    """Beside the cut-outs rather than over them: a dot each 0.2 s, the line in between, seconds at whole ones."""
    unit, path = _unit(canvas), np.array(detection.trajectory)
    length = max(float(path[-1, 0] - path[0, 0]), 1e-3)
    aside = np.array([14.0 * unit, 0.0])
    points = np.round((path[:, 1:] - aside) * 8).astype(np.int32)
    for begin, end, t in zip(points, points[1:], path[1:, 0], strict=False):
        colour = time_colour((t - path[0, 0]) / length)
        cv2.line(canvas, begin.tolist(), end.tolist(), colour, max(round(2 * unit), 1), cv2.LINE_AA, 3)
    for t in np.arange(path[0, 0], path[-1, 0], 0.2):
        x, y = (round(v) for v in np.array(_place_at(detection, float(t))) - aside)
        cv2.circle(
            canvas, (x, y), max(round(3 * unit), 2), time_colour((t - path[0, 0]) / length), -1, cv2.LINE_AA
        )
    for second in range(int(length) + 1):
        x, y = (round(v) for v in np.array(_place_at(detection, path[0, 0] + second)) - aside)
        if second:
            _write(canvas, f"{second} s", (x + round(26 * unit), y + round(5 * unit)), 0.5 * unit, WHITE)


def _draw_insets(canvas: Picture, thing: Picture, calibration: Calibration, detection: Detection) -> None:
    """Magnified, on the emptier side: the release cell and the thing in the middle of its fall."""
    side = int(INSET * canvas.shape[0])
    outline = _outline(calibration, detection.cell)[:, 0]
    release = np.array(detection.origin_px)
    wide = float(np.ptp(outline, axis=0).max()) * 1.5
    middle = np.array(_place_at(detection, 0.5 * (detection.t_start + detection.t_end)))
    near = _reach(calibration, detection, 0.5 * (detection.t_start + detection.t_end)) * 5.0
    left = int(release[0] < canvas.shape[1] / 2) * (canvas.shape[1] - side - 12) + 6
    for index, (centre, width, words) in enumerate(((release, wide, "release"), (middle, near, "object"))):
        top = 6 + index * (side + 6)
        if top + side < canvas.shape[0]:
            _inset(canvas, thing, (centre, width), (left, top, side), words)


def _inset(
    canvas: Picture,
    source: Picture,
    view: tuple[NDArray[np.float64], float],
    frame: tuple[int, int, int],
    words: str,
) -> None:
    (centre, width), (left, top, side) = view, frame
    zoom = side / max(width, 8.0)
    matrix = np.array([[zoom, 0.0, side / 2 - zoom * centre[0]], [0.0, zoom, side / 2 - zoom * centre[1]]])
    patch = cv2.warpAffine(
        source, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    middle = side // 2
    cv2.drawMarker(
        patch, (middle, middle), RELEASE, cv2.MARKER_CROSS, side // 3, 1
    ) if words == "release" else None
    canvas[top : top + side, left : left + side] = patch
    cv2.rectangle(canvas, (left, top), (left + side, top + side), RELEASE, 2)
    _write(canvas, f"{words} x{zoom:.0f}", (left + 6, top + side - 8), 0.55 * _unit(canvas), WHITE)


def weigh(kg: float) -> str:
    """Two digits, in grams below a kilogram."""
    return f"{kg:.1f} kg" if kg >= 0.995 else f"{float(f'{1000 * kg:.2g}'):.0f} g"


def _write_bar(shape: tuple[int, ...], detection: Detection) -> Picture:
    """A bar to put above the picture: class, cell, mass, speed, times."""
    unit = max(shape[0] / 1080, 0.45)
    bar = np.full((round(88 * unit), shape[1], 3), 25, dtype=np.uint8)
    low, high = detection.mass_kg_interval
    slow, fast = detection.terminal_velocity_interval
    mass = f"about {weigh(detection.mass_kg)} ({weigh(low)} to {weigh(high)})"
    speed = f"terminal velocity {detection.terminal_velocity:.0f} m/s ({slow:.0f}-{fast:.0f})"
    lines: Sequence[str] = (
        f"FALLING OBJECT  {'HEAVY' if detection.heavy else 'LIGHT'}   from {plain_text(detection.cell.name)}"
        f" ({detection.cell_confidence:.0%})   confidence {detection.confidence:.0%}",
        f"{mass}   {speed}   released {detection.t_start:.2f} s, last seen {detection.t_end:.2f} s",
    )
    for index, line in enumerate(lines):
        _write(
            bar, line, (round(16 * unit), round((36 + 36 * index) * unit)), (0.95 - 0.2 * index) * unit, WHITE
        )
    return bar


def _write(canvas: Picture, text: str, place: tuple[int, int], size: float, colour: Colour) -> None:
    """Letters with a dark rim, readable on any wall."""
    thick = max(round(1.8 * size), 1)
    cv2.putText(canvas, text, place, FONT, size, DARK, thick + 3, cv2.LINE_AA)
    cv2.putText(canvas, text, place, FONT, size, colour, thick, cv2.LINE_AA)

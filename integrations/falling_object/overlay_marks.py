"""The marks of the evidence picture: homes, floors, a scale, and the path with its times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hub.api import Pictures

from .calibration import Calibration
from .detection import Detection
from .facade import Cell
from .overlay_words import OTHERS_FROM, per_cent

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

RELEASE: Colour = (0, 165, 255)
OTHER: Colour = (230, 220, 90)
WHITE: Colour = (255, 255, 255)
DARK: Colour = (25, 25, 25)
FAR = 9999  # pixels beyond which OpenCV need not draw
LENGTHS_M = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # of scales
SMOOTH_S = 0.3  # over which a light thing's path is evened out
FOLLOWS_PX = 1.5  # by which a heavy thing's smooth path may miss where it was seen


@dataclass(frozen=True, slots=True)
class Bead:
    """Where the thing was at a time, and the radius in px of the ring that shows it."""

    t: float
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn on, and with what; `unit` is 1 at 1080 rows: the measure of lines and letters."""

    canvas: Picture
    calibration: Calibration
    detection: Detection
    pen: Pictures
    free: tuple[int, int]  # from which to which x letters may stand: the rest is the insets'

    @property
    def unit(self) -> float:
        """1 at 1080 rows."""
        return max(float(min(self.canvas.shape[:2])) / 1080, 0.45)

    def thick(self, width: float) -> int:
        """A line's width in pixels."""
        return max(round(width * self.unit), 1)

    def write(self, text: str, place: tuple[float, float], size: float, colour: Colour) -> None:
        """Letters at a place, kept inside of the picture where they would leave it to the right."""
        x = min(place[0], self.canvas.shape[1] - self.wide(text, size) - 4)
        self.pen.write(self.canvas, text, (round(x), round(place[1])), self.letters(size), colour)

    def letters(self, size: float) -> int:
        """The height of letters in pixels."""
        return max(round(size * self.unit), 11)

    def wide(self, text: str, size: float) -> int:
        """The width of a line in pixels."""
        return self.pen.width(text, self.letters(size))


class Course:
    """The path without the jitter of single sightings: where the thing was at a time, in pixels."""

    def __init__(self, detection: Detection) -> None:
        rows = np.array(detection.trajectory)
        self._times, places = rows[:, 0], rows[:, 1:]
        near = np.abs(self._times[:, None] - self._times[None]) < SMOOTH_S / 2
        even = (near @ places) / near.sum(axis=1, keepdims=True)
        smooth = _smoothed(self._times, places) if detection.heavy else None
        self._places = even if smooth is None else smooth
        self._places[0] = places[0]

    def at(self, t: float) -> tuple[float, float]:
        """The place at `t`, that of the ends outside of the fall."""
        return (
            float(np.interp(t, self._times, self._places[:, 0])),
            float(np.interp(t, self._times, self._places[:, 1])),
        )


def _smoothed(
    times: NDArray[np.floating[Any]], places: NDArray[np.floating[Any]]
) -> NDArray[np.floating[Any]] | None:
    """The simplest polynomial of time that follows a heavy thing; None when none does."""
    since = (times - times[0]) / max(float(times[-1] - times[0]), 1e-3)
    for degree in range(3, min(7, len(times) - 2)):
        fit = np.polyfit(since, places, degree)
        found = np.stack([np.polyval(fit[:, axis], since) for axis in (0, 1)], axis=1)
        if float(np.percentile(np.linalg.norm(found - places, axis=1), 80)) < FOLLOWS_PX:
            return found
    return None


def outline(calibration: Calibration, cell: Cell) -> NDArray[np.int32]:
    """The cell's corners in the picture, as OpenCV wants them."""
    corners = [
        (cell.left, cell.bottom),
        (cell.right, cell.bottom),
        (cell.right, cell.top),
        (cell.left, cell.top),
    ]
    pixels = calibration.project(np.array([(x, y, 0.0) for x, y in corners]))
    return np.asarray(np.clip(np.round(pixels), -FAR, FAR).astype(np.int32).reshape(-1, 1, 2))


def draw_homes(sheet: Sheet) -> None:
    """The release cell in orange with its name, and those that it could be, too, with how likely they are."""
    for cell, likely in sheet.detection.cells[1:4]:
        if likely >= OTHERS_FROM:
            edge = outline(sheet.calibration, cell)
            cv2.polylines(sheet.canvas, [edge], True, DARK, sheet.thick(4), cv2.LINE_AA)
            cv2.polylines(sheet.canvas, [edge], True, OTHER, sheet.thick(2), cv2.LINE_AA)
            x, y = edge[:, 0].mean(axis=0)
            sheet.write(per_cent(likely), (x - sheet.wide("00%", 20) / 2, y + 7 * sheet.unit), 20, OTHER)
    edge = outline(sheet.calibration, sheet.detection.cell)
    cv2.polylines(sheet.canvas, [edge], True, DARK, sheet.thick(8), cv2.LINE_AA)
    cv2.polylines(sheet.canvas, [edge], True, RELEASE, sheet.thick(4), cv2.LINE_AA)
    text = f"{sheet.detection.cell.name}  {per_cent(sheet.detection.cell_confidence)}"
    gap, wide, base = 10 * sheet.unit, sheet.wide(text, 32), edge[:, 0, 1].mean() + 11 * sheet.unit
    right, left = edge[:, 0, 0].max() + gap, edge[:, 0, 0].min() - gap - wide
    sheet.write(
        text, (left if right + wide > sheet.free[1] and left > sheet.free[0] else right, base), 32, RELEASE
    )


def draw_floors(sheet: Sheet) -> None:
    """Floor numbers and ticks beside the facade, on the side of the release where there is room."""
    grid, calibration, unit = sheet.calibration.grid, sheet.calibration, sheet.unit
    rows = range(len(grid.floors))
    middles = np.array([(grid.floor_edges[row] + grid.floor_edges[row + 1]) / 2 for row in rows])
    sides = [
        calibration.project(np.stack((np.full_like(middles, x), middles, np.zeros_like(middles)), axis=1))
        for x in (grid.column_edges[0], grid.column_edges[-1])
    ]
    side = _side_with_room(sheet, sides)
    away = -1 if side == 0 else 1
    last_y = float("inf")
    release = min(sheet.detection.cell.row, len(grid.floors) - 1)  # the roof is marked at the floor below it
    for row in (release, *(row for row in rows if row != release)):
        x, y = (float(value) for value in np.clip(sides[side][row], -FAR, FAR))
        if not 0 < y < sheet.canvas.shape[0]:
            continue
        near_release = abs(y - float(sides[side][release][1])) < 26 * unit
        if row != release and (abs(last_y - y) < 24 * unit or near_release):
            continue
        size, colour = (28.0, RELEASE) if row == release else (20.0, WHITE)
        last_y = last_y if row == release else y
        _mark_floor(sheet, str(grid.floors[row]), (x, y), away, size, colour)


def _mark_floor(
    sheet: Sheet, floor: str, place: tuple[float, float], away: int, size: float, colour: Colour
) -> None:
    text = f"{floor}F" if floor.lstrip("-").isdigit() else floor
    x, y = place
    tick = 12 * sheet.unit * away
    for colour_of_line, width in ((DARK, 4.0), (colour, 2.0)):
        cv2.line(
            sheet.canvas,
            (round(x), round(y)),
            (round(x + tick), round(y)),
            colour_of_line,
            sheet.thick(width),
        )
    wide = sheet.wide(text, size)
    left = x + tick + 4 * sheet.unit if away > 0 else x + tick - 4 * sheet.unit - wide
    sheet.write(text, (max(left, 2.0), y + 0.35 * size * sheet.unit), size, colour)


def _side_with_room(sheet: Sheet, sides: list[NDArray[np.floating]]) -> int:
    """0 for left, 1 for right: the nearer one to the release when its letters fit into the picture there."""
    room = [float(sides[0][:, 0].min()), sheet.canvas.shape[1] - float(sides[1][:, 0].max())]
    release = sheet.detection.origin_px[0]
    nearer = int(abs(sides[1][:, 0].mean() - release) < abs(sides[0][:, 0].mean() - release))
    return nearer if room[nearer] > 90 * sheet.unit else int(room[1] > room[0])


def draw_scale(sheet: Sheet) -> None:
    """A bar of whole metres on the facade at the release cell, above or else below it: it changes with the height."""
    cell, calibration = sheet.detection.cell, sheet.calibration
    above = calibration.project(np.array([(cell.left, cell.top, 0.0)]))[0, 1] > 36 * sheet.unit
    x, y = (cell.left, cell.top) if above else (cell.right, cell.bottom)
    pixels = calibration.project(np.array([(x, y, 0.0), *((x + length, y, 0.0) for length in LENGTHS_M)]))
    wide = np.linalg.norm(pixels[1:] - pixels[0], axis=1) > 90 * sheet.unit
    chosen = int(np.argmax(wide)) if wide.any() else len(LENGTHS_M) - 1
    lift = np.array([0.0, (14 if above else -14) * sheet.unit])
    begin, end = (np.clip(pixel - lift, -FAR, FAR).tolist() for pixel in (pixels[0], pixels[1 + chosen]))
    measure(sheet, (begin[0], begin[1]), (end[0], end[1]), tell_length(LENGTHS_M[chosen]))


def measure(sheet: Sheet, begin: tuple[float, float], end: tuple[float, float], text: str) -> None:
    """A scale bar between two pixels with its length beside the right end."""
    points = [(round(x), round(y)) for x, y in (begin, end)]
    for colour, width in ((DARK, 7.0), (WHITE, 3.0)):
        cv2.line(sheet.canvas, points[0], points[1], colour, sheet.thick(width), cv2.LINE_AA)
        for x, y in points:
            reach = sheet.thick(6)
            cv2.line(sheet.canvas, (x, y - reach), (x, y + reach), colour, sheet.thick(width), cv2.LINE_AA)
    sheet.write(text, (end[0] + 8 * sheet.unit, end[1] + 7 * sheet.unit), 20, WHITE)


def tell_length(metres: float) -> str:
    """Whole centimetres below a metre."""
    return f"{metres:.0f} m" if metres >= 1 else f"{100 * metres:.0f} cm"


def time_colour(share: float) -> Colour:
    """Blue at the release, red at the end."""
    hue = np.array([[[round(120 * (1 - min(max(share, 0.0), 1.0))), 255, 255]]], dtype=np.uint8)
    blue, green, red = cv2.cvtColor(hue, cv2.COLOR_HSV2BGR)[0, 0]
    return int(blue), int(green), int(red)


def draw_path(sheet: Sheet, course: Course, beads: list[Bead]) -> None:
    """The path as a line from blue to red, with the thing itself in rings, and times beside them."""
    begin, end = sheet.detection.trajectory[0][0], sheet.detection.trajectory[-1][0]
    length = max(end - begin, 1e-3)
    plain = sheet.canvas.copy()
    times = np.linspace(begin, end, max(int(length * 40), 2))
    points = [np.round(np.array(course.at(float(t))) * 8).astype(np.int32).tolist() for t in times]
    for width, dark in ((7.0, True), (3.5, False)):
        for first, second, t in zip(points, points[1:], times[1:], strict=False):
            colour = DARK if dark else time_colour((float(t) - begin) / length)
            cv2.line(sheet.canvas, first, second, colour, sheet.thick(width), cv2.LINE_AA, 3)
    for bead in beads:
        _draw_ring(sheet, plain, bead, time_colour((bead.t - begin) / length))
    _point_down(sheet, course, end)
    _write_times(sheet, course, beads, (begin, end))


def _draw_ring(sheet: Sheet, plain: Picture, bead: Bead, colour: Colour) -> None:
    """A ring whose inside is the picture without the line."""
    centre, radius = (round(bead.x), round(bead.y)), round(bead.radius)
    inside = np.zeros(plain.shape[:2], dtype=np.uint8)
    cv2.circle(inside, centre, radius, 255, -1)
    cv2.copyTo(plain, inside, sheet.canvas)
    cv2.circle(sheet.canvas, centre, radius, DARK, sheet.thick(5), cv2.LINE_AA)
    cv2.circle(sheet.canvas, centre, radius, colour, sheet.thick(2.5), cv2.LINE_AA)


def _point_down(sheet: Sheet, course: Course, end: float) -> None:
    """An arrowhead where the thing was last seen."""
    tip, tail = np.array(course.at(end)), np.array(course.at(end - 0.1))
    along = tip - tail
    reach = float(np.linalg.norm(along))
    if reach < 1.0:
        return
    along, size = along / reach, 16 * sheet.unit
    across = np.array([-along[1], along[0]])
    corners = np.array([tip + size * along, tip + 0.5 * size * across, tip - 0.5 * size * across])
    cv2.fillConvexPoly(sheet.canvas, np.round(corners).astype(np.int32), time_colour(1.0), cv2.LINE_AA)


def _write_times(sheet: Sheet, course: Course, beads: list[Bead], ends: tuple[float, float]) -> None:
    """Seconds since the release, on the side of the path away from the floor numbers, none upon another."""
    begin, end = ends
    step = 0.5 if end - begin <= 2.5 else 1.0 if end - begin <= 8 else 2.0
    radius = max((bead.radius for bead in beads), default=8 * sheet.unit)
    last_y = course.at(begin)[1]
    for number in range(1, int((end - begin) / step) + 1):
        x, y = course.at(begin + number * step)
        if abs(y - last_y) > 22 * sheet.unit:
            sheet.write(f"{number * step:g} s", (x + radius + 8 * sheet.unit, y + 7 * sheet.unit), 20, WHITE)
            last_y = y

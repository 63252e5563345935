"""The words of the evidence picture, Chinese first and English below: what, from where, how heavy, when, how sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from hub.api import Pictures

from .detection import Detection
from .facade import ROOF, Cell

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]  # blue, green, red

WHITE, GREY, NIGHT = (255, 255, 255), (190, 190, 190), (28, 24, 22)
RED, AMBER, ORANGE = (50, 50, 215), (0, 140, 235), (0, 175, 255)
BUILDING_ENDS = ("楼", "座", "栋", "幢")
OTHERS_FROM = 0.05  # likelihood of a cell that is worth a word


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of a line that is not broken; `fill` is a coloured ground behind it."""

    text: str
    size: float  # at 1080 rows
    colour: Colour = WHITE
    fill: Colour | None = None


def head(detection: Detection, drop_m: float) -> list[list[Words]]:
    """The lines above the picture."""
    return [_headline(detection), _figures(detection, drop_m), _english(detection, drop_m)]


def foot(pictures: Pictures, begin: datetime, end: datetime) -> list[list[Words]]:
    """The line below the picture: which camera, when, and that it is an estimate."""
    return [
        [
            *_taken_by(pictures),
            Words(f"{begin:%Y-%m-%d %H:%M:%S}.{begin.microsecond // 100_000} – {_until(begin, end)}", 24),
            Words("估算结果，须看录像并到现场核实", 24, ORANGE),
            Words("Estimate: check the clip and the place", 22, GREY),
        ]
    ]


def before(pictures: Pictures, taken: datetime, clear: bool) -> list[list[Words]]:
    """The line below the picture of the place before the fall."""
    zh, en = ("坠落前画面", "Before the fall") if clear else ("最早画面", "Earliest picture")
    return [[Words(zh, 24, ORANGE), Words(en, 22, GREY), *_taken_by(pictures), Words(_stamp(taken), 24)]]


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 100_000} {_offset(moment)}"


def _until(begin: datetime, end: datetime) -> str:
    return f"{end:%H:%M:%S}.{end.microsecond // 100_000} {_offset(begin)}"


def _offset(moment: datetime) -> str:
    """The zone as people write it: UTC+8, UTC+5:30."""
    hours, minutes = divmod(round((moment.utcoffset() or moment - moment).total_seconds()) // 60, 60)
    return f"UTC{hours:+d}{f':{minutes:02d}' if minutes else ''}"


def _taken_by(pictures: Pictures) -> list[Words]:
    place = f"（{pictures.place}）" if pictures.place and pictures.place not in pictures.camera else ""
    return [Words(f"摄像机 Camera：{pictures.camera}{place}", 24)]


def _headline(detection: Detection) -> list[Words]:
    kind, ground = ("重物", RED) if detection.heavy else ("轻物", AMBER)
    cell = detection.cell
    return [
        Words(f"高空抛物 · {kind}", 40, WHITE, ground),
        Words(f"来自 {home_zh(cell)}", 40),
        Words(f"（{cell.name}）", 32),
        Words(f"可能性 {per_cent(detection.cell_confidence)}", 32, ORANGE),
    ]


def _figures(detection: Detection, drop_m: float) -> list[Words]:
    low, high = detection.mass_kg_interval
    others = [(cell, share) for cell, share in detection.cells[1:4] if share >= OTHERS_FROM]
    also = "、".join(f"{cell.name} {per_cent(share)}" for cell, share in others)
    return [
        Words(f"约 {weigh(detection.mass_kg)}（{weigh(low)} – {weigh(high)}）", 28),
        Words(f"离地约 {max(detection.origin_m[1], 0):.0f} 米", 28),
        Words(f"可见坠落 {drop_m:.1f} 米 / {detection.t_end - detection.t_start:.1f} 秒", 28),
        Words(f"判定可信度 {per_cent(detection.confidence)}", 28),
        *([Words(f"也可能来自 {also}", 28, ORANGE)] if also else []),
    ]


def _english(detection: Detection, drop_m: float) -> list[Words]:
    low, high = detection.mass_kg_interval
    cell, sure = detection.cell, per_cent(detection.cell_confidence)
    told = (
        f"Falling object, {'heavy' if detection.heavy else 'light'}",
        f"from building {cell.building}, floor {cell.floor}, unit {cell.unit} ({sure})",
        f"about {weigh(detection.mass_kg)} ({weigh(low)} – {weigh(high)})",
        f"{max(detection.origin_m[1], 0):.0f} m above ground",
        f"seen falling {drop_m:.1f} m in {detection.t_end - detection.t_start:.1f} s",
        f"confidence {per_cent(detection.confidence)}",
    )
    return [Words(text, 22, GREY) for text in told]


def home_zh(cell: Cell) -> str:
    """The home in Chinese words: 1号楼 4层 01室; names that say it already stay as they are."""
    building, floor, unit = cell.building, str(cell.floor), cell.unit
    if len(building) < 4 and not building.endswith(BUILDING_ENDS):
        building += "号楼"
    if floor == ROOF:
        return f"{building} 天台"
    if not floor.endswith(("层", "楼")):
        floor += "层"
    return f"{building} {floor} {unit}{'室' if unit.isdigit() else ''}"


def per_cent(share: float) -> str:
    """Never 100: no estimate is quite sure."""
    return f"{min(round(100 * share), 99)}%"


def weigh(kg: float) -> str:
    """Two digits, in grams below a kilogram."""
    return f"{kg:.1f} kg" if kg >= 0.995 else f"{float(f'{1000 * kg:.2g}'):.0f} g"


def bar(lines: Sequence[Sequence[Words]], width: int, unit: float, pen: Pictures) -> Picture:
    """The lines as a dark strip as wide as the picture; what does not fit goes on in the next line."""
    rows = [row for line in lines for row in _wrapped(line, width, unit, pen)]
    heights = [round(1.5 * unit * max(words.size for words in row)) for row in rows]
    strip = np.full((sum(heights) + round(10 * unit), width, 3), NIGHT, dtype=np.uint8)
    top = round(5 * unit)
    for row, height in zip(rows, heights, strict=True):
        _print_row(strip, row, top, height, unit, pen)
        top += height
    return strip


def _wrapped(line: Sequence[Words], width: int, unit: float, pen: Pictures) -> list[list[Words]]:
    rows: list[list[Words]] = [[]]
    x = start = round(16 * unit)
    for words in line:
        takes = _takes(words, unit, pen)
        if rows[-1] and x + takes > width:
            rows.append([])
            x = start
        rows[-1].append(words)
        x += takes
    return rows


def _size(words: Words, unit: float) -> int:
    return max(round(words.size * unit), 11)


def _takes(words: Words, unit: float, pen: Pictures) -> int:
    return pen.width(words.text, _size(words, unit)) + round((44 if words.fill else 28) * unit)


def _print_row(
    strip: Picture, row: Sequence[Words], top: int, height: int, unit: float, pen: Pictures
) -> None:
    x, base = round(16 * unit), top + round(0.74 * height)
    for words in row:
        size, takes = _size(words, unit), _takes(words, unit, pen)
        inside = round(14 * unit) if words.fill else 0
        if words.fill:
            margin = round(3 * unit)
            strip[top + margin : top + height - margin, x : x + takes - round(16 * unit)] = words.fill
        pen.write(strip, words.text, (x + inside, base), size, words.colour)
        x += takes

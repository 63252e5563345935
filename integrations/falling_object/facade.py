"""The grid of homes on a facade: which cell holds a point, what a cell is called, which cells lie beside it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from string import Formatter

from .errors import DetectError

NAME_LIMIT = 80
ROOF = "roof"  # the floor of what was thrown from above the highest home
ROOF_TALL_M = 2.5
FIELD_SPEC = re.compile(r"0?\d{0,2}[ds]?")


@dataclass(frozen=True, slots=True)
class Cell:
    """One home or balcony: its place in the grid, its words, its rectangle in facade metres."""

    row: int
    column: int
    building: str
    floor: int | str
    unit: str
    name: str
    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells between sorted column and floor edges (metres; X right, Y up from the ground)."""

    building: str
    column_edges: tuple[float, ...]
    units: tuple[str, ...]
    floor_edges: tuple[float, ...]
    floors: tuple[int | str, ...]
    name_format: str

    def cell(self, row: int, column: int) -> Cell:
        """The cell in `row` (from the lowest floor) and `column` (from the left)."""
        floor, unit = self.floors[row], self.units[column]
        return Cell(
            row, column, self.building, floor, unit, name_cell(self.name_format, self.building, floor, unit),
            self.column_edges[column], self.column_edges[column + 1],
            self.floor_edges[row], self.floor_edges[row + 1],
        )  # fmt: skip

    def roof(self) -> Cell:
        """All of the roof as one cell: its row lies above the last, its unit is empty."""
        return Cell(
            len(self.floors), 0, self.building, ROOF, "", f"{self.building}-{ROOF}",
            self.column_edges[0], self.column_edges[-1], self.floor_edges[-1], self.floor_edges[-1] + ROOF_TALL_M,
        )  # fmt: skip

    def cell_at(self, x: float, y: float) -> Cell | None:
        """The cell that holds the facade point, None outside of the grid."""
        column, row = bisect_right(self.column_edges, x) - 1, bisect_right(self.floor_edges, y) - 1
        if 0 <= column < len(self.units) and 0 <= row < len(self.floors):
            return self.cell(row, column)
        return None

    def nearest_cell(self, x: float, y: float) -> Cell:
        """The cell that holds the facade point or lies closest to it."""
        column = min(max(bisect_right(self.column_edges, x) - 1, 0), len(self.units) - 1)
        row = min(max(bisect_right(self.floor_edges, y) - 1, 0), len(self.floors) - 1)
        return self.cell(row, column)

    def neighbours(self, cell: Cell) -> list[Cell]:
        """The up to eight cells around `cell`."""
        return [
            self.cell(row, column)
            for row in range(max(cell.row - 1, 0), min(cell.row + 2, len(self.floors)))
            for column in range(max(cell.column - 1, 0), min(cell.column + 2, len(self.units)))
            if (row, column) != (cell.row, cell.column)
        ]


def check_name_format(name_format: str) -> None:
    """Raise DetectError unless the format uses only plain {building}, {floor} and {unit} fields."""
    if len(name_format) > NAME_LIMIT:
        raise DetectError(f"grid.name_format: longer than {NAME_LIMIT} characters; shorten it")
    try:
        fields = [part for part in Formatter().parse(name_format) if part[1] is not None]
    except ValueError as fault:
        raise DetectError(
            f"grid.name_format: {fault}; write for example {{building}}-{{floor}}-{{unit}}"
        ) from fault
    for _, field, spec, conversion in fields:
        if field not in ("building", "floor", "unit"):
            raise DetectError(
                f"grid.name_format: unknown field {{{field}}}; use {{building}}, {{floor}}, {{unit}}"
            )
        if conversion or not FIELD_SPEC.fullmatch(spec or ""):
            raise DetectError(
                f"grid.name_format: {{{field}}} takes only a width such as :02d; remove {spec!r}"
            )


def name_cell(name_format: str, building: str, floor: int | str, unit: str) -> str:
    """The cell's name by a format that `check_name_format` has passed; words where numbers were meant stay words."""
    words = {"building": building, "floor": floor, "unit": unit}
    parts = []
    for literal, field, spec, _ in Formatter().parse(name_format):
        parts.append(literal)
        if field is not None:
            parts.append(_write_field(words[field], spec or ""))
    return "".join(parts)


def _write_field(value: int | str, spec: str) -> str:
    text = str(value)
    if spec.endswith("s"):
        return format(text, spec.lstrip("0"))
    try:
        return format(int(text), spec) if spec else text
    except ValueError:
        return text

"""What the page sends: the facade's measures, marks in the picture and masks; checked, and as a calibrator wants it."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import voluptuous as vol

from integrations.camera.settings import CALIBRATION, MASKS, NAME_FORMAT, WIDEST, number, pair, text

MOST_MARKS, MOST_FLOORS, MOST_COLUMNS = 100, 200, 60
ROOF = "roof"
PIXEL = pair(-2 * WIDEST, 2 * WIDEST)
WHOLE = vol.All(int, vol.Range(min=-9, max=MOST_FLOORS))


def clicks(count: int) -> Any:
    """So many pixels."""
    return vol.All([PIXEL], vol.Length(min=count, max=count))


MARKS = {
    "row": vol.Schema({vol.Required("kind"): "row", vol.Required("floor"): text(60), vol.Required("px"): clicks(2)}),
    "column": vol.Schema(
        {vol.Required("kind"): "column", vol.Required("edge"): WHOLE, vol.Required("px"): clicks(2)}
    ),
    "corner": vol.Schema(
        {
            vol.Required("kind"): "corner", vol.Required("floor"): text(60), vol.Required("edge"): WHOLE,
            vol.Required("px"): clicks(1),
        }
    ),
    "point": vol.Schema(
        {vol.Required("kind"): "point", vol.Required("m"): pair(-2000, 2000), vol.Required("px"): clicks(1)}
    ),
}  # fmt: skip


def mark(value: Any) -> dict[str, Any]:
    """A slab, a column's edge, a corner of the grid, or a point with its metres."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in MARKS:
        raise vol.Invalid(f"expected a mark of the kind {', '.join(MARKS)}")
    cleaned: dict[str, Any] = MARKS[kind](value)
    return cleaned


FACADE = vol.Schema(
    {
        vol.Required("building"): text(60),
        vol.Required("lowest"): WHOLE,
        vol.Required("highest"): WHOLE,
        vol.Optional("skipped", default=list): vol.All([WHOLE], vol.Length(max=MOST_FLOORS)),
        vol.Required("floor_height"): number(1.5, 20),
        vol.Required("ground_height"): number(0, 50),
        vol.Required("widths"): vol.All([number(0.2, 200)], vol.Length(min=1, max=MOST_COLUMNS)),
        vol.Required("names"): vol.All([text(60)], vol.Length(min=1, max=MOST_COLUMNS)),
        vol.Optional("name_format", default="{building}-{floor}-{unit}"): NAME_FORMAT,
        vol.Optional("balcony_depth", default=1.2): number(0, 20),
    }
)
SHEET = vol.Schema(
    {
        vol.Required("facade"): vol.Any(None, FACADE),
        # The grid of an earlier calibration, kept as it is; then the facade's measures don't count.
        vol.Optional("kept", default=None): vol.Any(
            None,
            {
                vol.Required("grid"): CALIBRATION[vol.Optional("grid")],
                vol.Optional("building"): text(60),
                vol.Optional("roof_height_m"): number(0, 2000),
                vol.Optional("balcony_depth_m"): number(0, 20),
            },
        ),
        vol.Optional("camera_position", default=None): vol.Any(
            None, vol.All([number(-2000, 2000)], vol.Length(min=3, max=3))
        ),
        vol.Optional("marks", default=list): vol.All([mark], vol.Length(max=MOST_MARKS)),
        vol.Optional("masks", default=list): MASKS,
    }
)


class Unfit(Exception):
    """The sheet makes no sketch: a code for the page, and words."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code


def read_sheet(data: Any) -> dict[str, Any]:
    """The checked sheet; Unfit says what is wrong with it."""
    try:
        sheet: dict[str, Any] = SHEET(data)
    except vol.Invalid as error:
        place = ".".join(str(step) for step in error.path)
        raise Unfit("sheet", f"{place}: {error.msg}" if place else error.msg) from error
    return sheet


def grid_of(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a clip's configuration that names the homes: building, grid, roof and balconies."""
    if sheet["kept"] is not None:
        return {"building": "1", **sheet["kept"]}
    facade = sheet["facade"]
    if facade is None:
        raise Unfit("no_facade", "the facade's measures are missing")
    floors = [floor for floor in range(1, facade["highest"] + 1) if floor not in facade["skipped"]]
    heights = [0.0, *(facade["ground_height"] + i * facade["floor_height"] for i in range(len(floors)))]
    first = next((i for i, floor in enumerate(floors) if floor >= facade["lowest"]), len(floors))
    if first == len(floors):
        raise Unfit("no_floors", "the highest floor lies below the lowest")
    if len(facade["names"]) != len(facade["widths"]):
        raise Unfit("names", f"{len(facade['names'])} names for {len(facade['widths'])} columns")
    edges = [round(height, 3) for height in heights[first:]]
    return {
        "building": facade["building"],
        "roof_height_m": edges[-1],
        "balcony_depth_m": facade["balcony_depth"],
        "grid": {
            "column_edges_m": [round(x, 3) for x in accumulate(facade["widths"], initial=0.0)],
            "units": facade["names"],
            "floor_edges_m": edges,
            "floors": floors[first:],
            "name_format": facade["name_format"],
        },
    }


def sketch_of(sheet: Mapping[str, Any], name: str, size: Sequence[int]) -> dict[str, Any]:
    """The sketch (clip-config/1, null for metres that a mark does not tell) of the camera `name`."""
    about = grid_of(sheet)
    points = [
        {"px": px, "m": metres_of(item, about["grid"]), "mark": index}
        for index, item in enumerate(sheet["marks"])
        for px in item["px"]
    ]
    placed = (
        {} if sheet["camera_position"] is None else {"camera_position_m_approx": sheet["camera_position"]}
    )
    return {"schema": "clip-config/1", "camera_id": name, "resolution": list(size), **about, **placed,
            "reference_points": points}  # fmt: skip


def metres_of(item: Mapping[str, Any], grid: Mapping[str, Any]) -> list[float | None]:
    """Metres across and up that a mark tells, null for what it doesn't."""
    if item["kind"] == "point":
        return list(item["m"])
    across = edge_of(item["edge"], grid["column_edges_m"]) if "edge" in item else None
    return [across, height_of(item["floor"], grid) if "floor" in item else None]


def edge_of(edge: int, edges: Sequence[float]) -> float:
    """Metres of a column's edge, counted from 0 at the left."""
    if not 0 <= edge < len(edges):
        raise Unfit("edge", f"there is no column edge {edge}")
    return edges[edge]


def height_of(floor: str, grid: Mapping[str, Any]) -> float:
    """Metres of the slab below a floor, or of the roof."""
    lines = dict(zip([*(str(floor) for floor in grid["floors"]), ROOF], grid["floor_edges_m"], strict=True))
    if floor not in lines:
        raise Unfit("floor", f"there is no floor '{floor}'")
    height: float = lines[floor]
    return height


def likely_name(item: Mapping[str, Any], metres: Sequence[float], grid: Mapping[str, Any]) -> dict[str, Any]:
    """What a mark should have been called if it is where the others see it; empty when no line is near."""
    likely: dict[str, Any] = {}
    if "floor" in item:
        names = [*(str(floor) for floor in grid["floors"]), ROOF]
        if (place := nearest(metres[1], grid["floor_edges_m"])) is not None:
            likely["floor"] = names[place]
    if "edge" in item and (place := nearest(metres[0], grid["column_edges_m"])) is not None:
        likely["edge"] = place
    return {key: value for key, value in likely.items() if value != item[key]}


def nearest(value: float, lines: Sequence[float]) -> int | None:
    """The line that the value lies at, within a fifth of the lines' usual distance."""
    usual = (lines[-1] - lines[0]) / (len(lines) - 1)
    place = min(range(len(lines)), key=lambda index: abs(lines[index] - value))
    return place if abs(lines[place] - value) < usual / 5 else None

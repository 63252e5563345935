import pytest

from integrations.falling_object.errors import DetectError
from integrations.falling_object.facade import Grid, check_name_format, name_cell

GRID = Grid(
    "1",
    (0.0, 4.0, 8.0, 12.0),
    ("01", "02", "03"),
    (0.0, 3.0, 6.0),
    (1, "G2"),
    "{building}-{floor:02d}-{unit}",
)


@pytest.mark.parametrize(
    ("name_format", "floor", "expected"),
    [
        ("{building}-{floor:02d}-{unit}", 7, "B-07-03"),
        ("{building}-{floor:02d}-{unit}", "7", "B-07-03"),
        ("{building}-{floor:02d}-{unit}", "G", "B-G-03"),
        ("{building}-{floor}-{unit:s}", -1, "B--1-03"),
        ("{unit:4d}", 1, "   3"),
        ("{{{floor}}}", 2, "{2}"),
        ("plain", 2, "plain"),
    ],
)
def test_a_cell_is_named_by_its_format(name_format: str, floor: int | str, expected: str) -> None:
    check_name_format(name_format)
    assert name_cell(name_format, "B", floor, "03") == expected


@pytest.mark.parametrize(
    "name_format",
    [
        "{floor.__class__}",
        "{0}",
        "{}",
        "{floor!r}",
        "{floor:999999d}",
        "{unit:>{floor}}",
        "{floor",
        "x" * 99,
        "{z}",
    ],
)
def test_a_format_that_reaches_further_is_refused(name_format: str) -> None:
    with pytest.raises(DetectError, match="name_format"):
        check_name_format(name_format)


def test_points_fall_into_cells() -> None:
    cell = GRID.cell_at(5.0, 4.0)
    assert cell is not None
    assert (cell.name, cell.floor, cell.unit, cell.bottom, cell.right) == ("1-G2-02", "G2", "02", 3.0, 8.0)
    assert GRID.cell_at(-0.1, 4.0) is None
    assert GRID.cell_at(5.0, 6.1) is None


def test_outside_points_have_a_nearest_cell() -> None:
    assert GRID.nearest_cell(-50.0, 99.0).name == "1-G2-01"


def test_neighbours_touch() -> None:
    assert {cell.name for cell in GRID.neighbours(GRID.cell(0, 0))} == {"1-01-02", "1-G2-01", "1-G2-02"}
    assert len(GRID.neighbours(GRID.cell(1, 1))) == 5

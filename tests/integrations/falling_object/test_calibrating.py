"""Calibration from clicks: slabs, columns and points give the map, and wrong ones are named."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.demo.facade import plan_clip
from integrations.falling_object.calibrating import fit
from integrations.falling_object.clip_config import parse_clip_config

PLAN = plan_clip(5)
BUILDING, CAMERA = PLAN.building, PLAN.camera
ACROSS, UP = BUILDING.column_edges(), BUILDING.floor_edges()
CORNERS = np.array([[x, y, 0.0] for x in (ACROSS[0], ACROSS[-1]) for y in (UP[0], UP[-1])])


def seen(x: float, y: float, wrong: np.ndarray | float = 0.0) -> list[float]:
    return [float(value) for value in CAMERA.project(np.array([[x, y, 0.0]]))[0] + wrong]


def sketch(points: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "schema": "clip-config/1", "camera_id": "c", "building": "1", "resolution": [CAMERA.width, CAMERA.height],
        "reference_points": points,
        "grid": {
            "column_edges_m": ACROSS, "units": BUILDING.units(), "floor_edges_m": UP,
            "floors": list(range(2, 2 + BUILDING.floors)),
        },
    }  # fmt: skip


def slab(floor: int, mark: int, wrong: float = 0.0, *, is_called: int | None = None) -> list[dict[str, Any]]:
    height = UP[floor if is_called is None else is_called]
    ends = (ACROSS[0] + 0.7, ACROSS[-1] - 0.3)
    return [{"px": seen(x, UP[floor], wrong), "m": [None, height], "mark": mark} for x in ends]


def column(edge: int, mark: int) -> list[dict[str, Any]]:
    return [{"px": seen(ACROSS[edge], y), "m": [ACROSS[edge], None], "mark": mark} for y in (UP[1], UP[-2])]


def lines() -> list[dict[str, Any]]:
    return [*slab(1, 0), *slab(6, 1), *slab(9, 2), *slab(13, 3), *column(0, 4), *column(3, 5), *column(-1, 6)]


def corners_off(answer: dict[str, Any]) -> float:
    """Pixels by which the answer's map misses the facade's corners at worst."""
    calibration = parse_clip_config(answer["calibration"]).calibration
    return float(np.abs(calibration.project(CORNERS) - CAMERA.project(CORNERS)).max())


def test_two_slabs_and_two_columns_are_enough() -> None:
    answer = fit(sketch([*slab(1, 0), *slab(12, 1), *column(0, 2), *column(-1, 3)]))
    assert answer["fault"] is None
    assert corners_off(answer) < 0.1
    assert max(item["px"] for item in answer["residuals"]) < 0.05
    assert answer["camera"] == pytest.approx(CAMERA.position, abs=0.6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_clicks_that_are_a_little_off_give_a_map_that_is_a_little_off(seed: int) -> None:
    random = np.random.default_rng(seed)
    points = [{**point, "px": [v + float(random.normal(0, 0.5)) for v in point["px"]]} for point in lines()]
    answer = fit(sketch(points))
    assert answer["fault"] is None
    assert corners_off(answer) < 6.0
    assert all(item["cm"] < 20 for item in answer["residuals"])


def test_points_and_lines_may_be_mixed() -> None:
    points = [{"px": seen(x, y), "m": [x, y]} for x, y in ((ACROSS[1], UP[2]), (ACROSS[-2], UP[3]))]
    assert fit(sketch([*points, *slab(12, 7), *column(0, 8)]))["fault"]["code"] == "open"
    answer = fit(sketch([*points, *slab(12, 7), *slab(8, 9), *column(0, 8)]))
    assert answer["fault"] is None
    assert corners_off(answer) < 0.2


def test_the_grid_is_drawn_where_it_is() -> None:
    answer = fit(sketch(lines()))
    drawn = {(line["kind"], line["index"]): line["px"] for line in answer["lines"]}
    assert len(drawn) == len(ACROSS) + len(UP)
    assert np.allclose(drawn["row", 3], [seen(ACROSS[0], UP[3]), seen(ACROSS[-1], UP[3])], atol=0.3)
    floors = [label["text"] for label in answer["labels"] if label["side"] == "left"]
    assert floors[:3] == ["2", "3", "4"]


def test_a_slab_with_the_wrong_floor_is_the_suspect_and_its_true_height_is_told() -> None:
    points = [*slab(1, 0), *slab(6, 1, is_called=7), *lines()[4:]]
    answer = fit(sketch(points))
    assert max(item["px"] for item in answer["residuals"]) > answer["limit_px"]
    assert answer["suspect"]["mark"] == 1
    assert answer["suspect"]["m"][1] == pytest.approx(UP[6], abs=0.05)


def test_nobody_is_accused_while_it_could_be_any() -> None:
    answer = fit(sketch([*slab(1, 0), *slab(6, 1, is_called=7), *slab(13, 2), *column(0, 3), *column(-1, 4)]))
    assert max(item["px"] for item in answer["residuals"]) > answer["limit_px"]
    assert answer["suspect"] is None


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([], "too_few"),
        (slab(1, 0), "too_few"),
        ([*slab(1, 0), *slab(5, 1), *slab(9, 2)], "few_columns"),
        ([*slab(1, 0), *column(0, 1), *column(3, 2)], "few_rows"),
        ([{"px": seen(x, UP[3]), "m": [x, UP[3] + i % 2]} for i, x in enumerate(ACROSS[:5])], "collinear"),
        ([{"px": seen(ACROSS[0], UP[i]), "m": [ACROSS[0], UP[i]]} for i in range(5)], "collinear"),
        (
            [
                {"px": [100, 600], "m": [0, 3]}, {"px": [900, 600], "m": [20, 3]},
                {"px": [800, 150], "m": [0, 40]}, {"px": [100, 100], "m": [20, 40]},
            ],
            "crossed",
        ),
        (
            [
                {"px": [900, 600], "m": [0, 3]}, {"px": [100, 600], "m": [20, 3]},
                {"px": [100, 100], "m": [20, 40]}, {"px": [900, 100], "m": [0, 40]},
            ],
            "mirrored",
        ),
    ],
)  # fmt: skip
def test_clicks_that_give_no_map_are_explained(points: list[dict[str, Any]], code: str) -> None:
    answer = fit(sketch(points))
    assert answer["fault"]["code"] == code
    assert answer["fault"]["text"]
    assert answer["calibration"] is None


def test_a_grid_that_is_wrong_is_a_fault_too() -> None:
    answer = fit({**sketch(lines()), "building": ""})
    assert answer["fault"]["code"] == "refused"
    assert "building" in answer["fault"]["text"]

"""What the calibration page may send, what becomes of it, and the file that it makes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub.api import ConfigError
from integrations.camera.calibrate.beginning import first_sheet
from integrations.camera.calibrate.saving import line_for, overruled, save
from integrations.camera.calibrate.sheet import grid_of, likely_name, read_sheet, sketch_of
from integrations.camera.calibrate.work import Work
from integrations.camera.calibration import included_calibration, masks_of
from integrations.camera.settings import SCHEMA
from integrations.falling_object.calibrating import fit

FACADE = {
    "building": "7", "lowest": 1, "highest": 18, "skipped": [4, 14], "floor_height": 3.0, "ground_height": 4.5,
    "widths": [4.0, 3.0], "names": ["01", "02"],
}  # fmt: skip
MASK = {"kind": "privacy", "points": [[0, 0], [10, 0], [10, 10]]}
SIZE = (1000, 800)


def pixel(x: float, y: float) -> list[float]:
    """A camera that looks up: metres of a facade to its picture."""
    depth = 1 + y / 80
    return [round(500 + 60 * (x - 3.5) / depth, 2), round(780 - 14 * y / depth, 2)]


def row(floor: str, height: float) -> dict[str, Any]:
    return {"kind": "row", "floor": floor, "px": [pixel(0.5, height), pixel(6.5, height)]}


def column(edge: int, x: float) -> dict[str, Any]:
    return {"kind": "column", "edge": edge, "px": [pixel(x, 6.0), pixel(x, 40.0)]}


MARKS = [row("2", 4.5), row("10", 25.5), row("roof", 49.5), column(0, 0.0), column(1, 4.0), column(2, 7.0)]


def sheet(**parts: Any) -> dict[str, Any]:
    return read_sheet({"facade": FACADE, "marks": MARKS, **parts})


def work(path: Path | None = None, **parts: Any) -> Work:
    return Work(name="gate", size=SIZE, jpeg=b"", first={}, calibrator=fit, path=path, **parts)


def test_floors_that_do_not_exist_take_no_height() -> None:
    about = grid_of(sheet())
    grid = about["grid"]
    assert grid["floors"] == [1, 2, 3, *range(5, 14), 15, 16, 17, 18]
    assert grid["floor_edges_m"][:4] == [0.0, 4.5, 7.5, 10.5]
    assert grid["floor_edges_m"][-1] == about["roof_height_m"] == 4.5 + 15 * 3.0
    assert grid["column_edges_m"] == [0.0, 4.0, 7.0]


def test_floors_below_the_homes_are_left_out() -> None:
    grid = grid_of(sheet(facade={**FACADE, "lowest": 3}))["grid"]
    assert grid["floors"][0] == 3
    assert grid["floor_edges_m"][0] == 7.5


def test_marks_tell_what_they_know() -> None:
    marks = [*MARKS[:1], *MARKS[3:4], {"kind": "corner", "floor": "3", "edge": 1, "px": [[5, 6]]},
             {"kind": "point", "m": [1.5, 2.5], "px": [[7, 8]]}]  # fmt: skip
    points = sketch_of(sheet(marks=marks), "gate", SIZE)["reference_points"]
    assert [point["m"] for point in points] == [
        [None, 4.5], [None, 4.5], [0.0, None], [0.0, None], [4.0, 7.5], [1.5, 2.5],
    ]  # fmt: skip
    assert [point["mark"] for point in points] == [0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"facade": None}, "no_facade"),
        ({"facade": {**FACADE, "highest": 1, "lowest": 3}}, "no_floors"),
        ({"facade": {**FACADE, "names": ["01"]}}, "names"),
        ({"marks": [row("4", 3.0)]}, "floor"),
        ({"marks": [column(7, 3.0)]}, "edge"),
        ({"marks": [{"kind": "star"}]}, "sheet"),
        ({"marks": [{**row("2", 4.5), "px": [[0, 0]]}]}, "sheet"),
        ({"marks": [{**row("2", 4.5), "px": [[0, 0], [float("nan"), 1]]}]}, "sheet"),
        ({"marks": MARKS * 50}, "sheet"),
        ({"masks": [{"kind": "privacy", "points": [[0, 0]]}]}, "sheet"),
        ({"facade": {**FACADE, "floor_height": -3}}, "sheet"),
        ({"more": 1}, "sheet"),
    ],
)
def test_what_cannot_be_is_a_fault_with_a_code(parts: dict[str, Any], code: str) -> None:
    answer = work().fit({"facade": FACADE, "marks": MARKS, **parts})
    assert answer["fault"]["code"] == code
    assert answer["fault"]["text"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["facade", "marks", "masks", "kept", "kind", "px"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_is_sent_is_answered(data: Any) -> None:
    assert work().fit(data)["fault"] is not None


def test_a_good_sheet_is_fitted_mark_by_mark() -> None:
    answer = work().fit({"facade": FACADE, "marks": MARKS})
    assert answer["fault"] is None
    assert len(answer["marks"]) == len(MARKS)
    assert max(mark["px"] for mark in answer["marks"]) < 0.2


def test_the_name_that_a_wrong_mark_should_have() -> None:
    marks = [*MARKS, row("8", 31.5), row("6", 13.5)]
    answer = work().fit({"facade": FACADE, "marks": marks})
    assert answer["suspect"]["mark"] == 6
    assert answer["suspect"]["likely"] == {"floor": "12"}
    grid = grid_of(sheet())["grid"]
    assert likely_name({"edge": 0}, [4.1, 0.0], grid) == {"edge": 1}
    assert likely_name({"floor": "2"}, [0.0, 6.0], grid) == {}  # half a floor from any slab


def test_the_file_is_written_and_the_one_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "calibrations" / "gate.yaml"
    data = {"facade": FACADE, "marks": MARKS, "masks": [MASK]}
    told = work(path, config=tmp_path).save(data)
    assert told["kept"] is None
    assert told["line"] == "calibration: !include calibrations/gate.yaml"
    content = yaml.safe_load(path.read_text())
    assert content["masks"] == [MASK]
    assert content["grid"]["units"] == ["01", "02"]
    camera = SCHEMA([{"id": "gate", "file": "a.mp4", "calibration": content}])[0]
    again, notices = first_sheet(camera, included_calibration(camera, tmp_path), SIZE)
    assert notices == []
    assert again == read_sheet(data)
    first = path.read_text()
    assert work(path).save({**data, "masks": []})["kept"].endswith("gate.yaml.1")
    assert path.with_name("gate.yaml.1").read_text() == first
    assert work(path).save({**data, "masks": []})["kept"] is None  # the same text again


def test_masks_alone_may_be_saved_but_nothing_may_not(tmp_path: Path) -> None:
    path = tmp_path / "gate.yaml"
    assert work(path).save({"facade": None, "marks": [], "masks": []})["fault"]["code"] == "nothing"
    assert not path.exists()
    assert work(path).save({"facade": None, "marks": [], "masks": [MASK]})["fault"] is None
    assert "reference_points" not in yaml.safe_load(path.read_text())


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "calibrations").write_text("a file, not a folder")
    told = work(tmp_path / "calibrations" / "gate.yaml").save({"facade": FACADE, "marks": MARKS})
    assert told["fault"]["code"] == "disk"


def test_a_file_outside_of_the_configuration_is_named_in_full(tmp_path: Path) -> None:
    assert str(tmp_path / "a.yaml") in line_for(tmp_path / "a.yaml", tmp_path / "config")
    assert save(tmp_path / "new" / "a.yaml", "a: 1\n") is None


CLIP: Mapping[str, Any] = {
    "resolution": list(SIZE), "building": "3",
    "reference_points": [{"px": pixel(x, y), "m": [x, y]} for x, y in ((0, 5), (7, 5), (7, 40), (0, 40))],
    "grid": {"column_edges_m": [0, 3, 7], "units": ["a", "b"], "floor_edges_m": [5, 9, 40], "floors": ["L", 2]},
}  # fmt: skip


def configured(**parts: Any) -> dict[str, Any]:
    camera: dict[str, Any] = SCHEMA([{"id": "gate", "file": "a.mp4", **parts}])[0]
    return camera


def test_a_calibration_made_otherwise_is_gone_on_with_points_and_grid(tmp_path: Path) -> None:
    (tmp_path / "gate.json").write_text(json.dumps({"schema": "clip-config/1", **CLIP}))
    for camera in (configured(**CLIP), configured(calibration="gate.json")):
        begun, notices = first_sheet(camera, included_calibration(camera, tmp_path), SIZE)
        assert notices == []
        assert [mark["kind"] for mark in begun["marks"]] == ["point"] * 4
        answer = work().fit(begun)
        assert answer["fault"] is None
        assert answer["calibration"]["grid"]["floors"] == ["L", 2]
        assert answer["calibration"]["building"] == "3"


def test_a_calibration_of_another_resolution_is_scaled_or_begun_anew() -> None:
    camera = configured(**CLIP)
    begun, notices = first_sheet(camera, {}, (2000, 1600))
    assert notices == ["scaled"]
    assert begun["marks"][0]["px"][0] == pytest.approx(
        [2 * value for value in CLIP["reference_points"][0]["px"]]
    )
    begun, notices = first_sheet(camera, {}, (1920, 1080))
    assert (begun["marks"], notices) == ([], ["other_size"])


def test_a_sketch_that_somebody_broke_is_begun_anew() -> None:
    begun, notices = first_sheet(configured(), {"sketch": {"marks": "many"}}, SIZE)
    assert (begun["marks"], notices) == ([], ["unreadable"])


def test_masks_of_the_calibration_hide_as_much_as_the_cameras_own(tmp_path: Path) -> None:
    other = {"kind": "ignore", "points": [[5, 5], [6, 5], [6, 6]]}
    camera = configured(masks=[other], calibration={"masks": [MASK]})
    assert masks_of(camera, included_calibration(camera, tmp_path)) == [other, MASK]
    (tmp_path / "gate.json").write_text(json.dumps({"masks": [{"kind": "privacy"}]}))
    camera = configured(calibration="gate.json")
    with pytest.raises(ConfigError, match="masks"):
        masks_of(camera, included_calibration(camera, tmp_path))


def test_what_stands_in_the_cameras_own_section_is_told_as_it_would_overrule_the_file(tmp_path: Path) -> None:
    assert overruled(configured(**CLIP)) == ["building", "resolution", "reference_points", "grid"]
    told = work(tmp_path / "gate.yaml", overruled=["grid"]).text({"facade": FACADE, "marks": MARKS})
    assert told["overruled"] == ["grid"]

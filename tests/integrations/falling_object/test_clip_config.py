import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.falling_object.clip_config import load_clip_config, parse_clip_config
from integrations.falling_object.errors import DetectError

from .scene import config

EXAMPLE = Path(__file__).parents[2] / "data" / "video" / "clip-config.example.json"


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    data = copy.deepcopy(config())
    change(data)
    return data


def test_the_published_example_is_read_without_doubts() -> None:
    clip = load_clip_config(EXAMPLE)
    assert clip.warnings == ()
    assert max(clip.calibration.residuals_px) < 1.5
    cell = clip.calibration.grid.cell_at(-18.0, 20.0)
    assert cell is not None
    assert cell.name == "11-07-05"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.pop("building"), "building: missing"),
        (lambda d: d.update(resolution=[640]), "resolution: a list of 1"),
        (lambda d: d.update(resolution=[640, "480"]), r"resolution\[1\]: a str"),
        (lambda d: d.update(resolution=[640, 480.5]), "resolution: not whole"),
        (lambda d: d.update(resolution=[640, True]), r"resolution\[1\]: a bool"),
        (lambda d: d.pop("reference_points"), "reference_points: missing"),
        (lambda d: d.update(reference_points=d["reference_points"][:3]), "reference_points: a list of 3"),
        (lambda d: d["reference_points"][2].pop("m"), r"reference_points\[2\].m: missing"),
        (lambda d: d["reference_points"][2].update(px=[1e5, 0]), r"reference_points\[2\].px\[0\]"),
        (lambda d: d["reference_points"][2].update(px=[5000, 0]), "far outside"),
        (lambda d: d["grid"].update(units=["01"]), "grid.units: a list of 1"),
        (
            lambda d: d["grid"].update(column_edges_m=[0, 2, 1, 3, 4]),
            r"grid.column_edges_m\[2\]: 1 is not above 2",
        ),
        (lambda d: d["grid"].update(name_format="{floor.real}"), "name_format"),
        (lambda d: d.pop("grid"), "grid: missing"),
        (lambda d: d.update(camera_position_m_approx=[0, 0, -5]), "Z is the distance"),
        (lambda d: d.update(roof_height_m="high"), "roof_height_m: a str"),
    ],
)
def test_a_fault_names_its_key(change: Callable[[dict[str, Any]], object], words: str) -> None:
    with pytest.raises(DetectError, match=words):
        parse_clip_config(changed(change))


def test_points_on_a_line_are_refused() -> None:
    points = [{"px": [100 + 10 * i, 200 + 5 * i], "m": [float(i), 2.0 * i]} for i in range(6)]
    with pytest.raises(DetectError, match="on a line"):
        parse_clip_config({**config(), "reference_points": points})


def test_four_points_with_three_on_a_line_are_refused() -> None:
    points = config()["reference_points"]
    assert isinstance(points, list)
    with pytest.raises(DetectError, match="on a line"):
        parse_clip_config({**config(), "reference_points": [points[0], points[1], points[2], points[8]]})


def test_mirrored_points_are_refused() -> None:
    def mirror(data: dict[str, Any]) -> None:
        for point in data["reference_points"]:
            point["px"][0] = 640 - point["px"][0]

    with pytest.raises(DetectError, match="mirrored"):
        parse_clip_config(changed(mirror))


def test_crossed_points_are_refused() -> None:
    points = config()["reference_points"]
    assert isinstance(points, list)
    corners = [copy.deepcopy(points[index]) for index in (0, 2, 6, 8)]
    corners[0]["px"], corners[1]["px"] = corners[1]["px"], corners[0]["px"]
    with pytest.raises(DetectError, match=r"crossed|mirrored"):
        parse_clip_config({**config(), "reference_points": corners})


def test_one_wrong_point_is_left_out_and_told() -> None:
    clip = parse_clip_config(changed(lambda d: d["reference_points"][4].update(px=[300.0, 20.0])))
    assert len(clip.warnings) == 1
    assert "reference_points[4]" in clip.warnings[0]
    assert "left out" in clip.warnings[0]


def test_unknown_keys_are_warnings_with_a_hint() -> None:
    clip = parse_clip_config(changed(lambda d: d.update(roof_hight_m=3.0)))
    assert clip.warnings == ("roof_hight_m: unknown key, ignored; did you mean 'roof_height_m'?",)


def test_a_missing_camera_is_estimated() -> None:
    clip = parse_clip_config(changed(lambda d: d.pop("camera_position_m_approx")))
    assert clip.calibration.camera == pytest.approx((2.0, 3.0, 25.0), abs=0.3)
    assert "estimated" in clip.warnings[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "line 1"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"fps": NaN}', "NaN"),
        (b"[" * 100_000, "JSON"),
        (b"7", "a int"),
        (b" " * 1_000_001, "larger"),
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "clip.json"
    path.write_bytes(content)
    with pytest.raises(DetectError, match=words) as caught:
        load_clip_config(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DetectError, match="check the path"):
        load_clip_config(tmp_path / "none.json")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["px", "m", "units", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
PATHS: list[tuple[str | int, ...]] = [
    ("building",), ("resolution",), ("resolution", 0), ("fps",), ("reference_points",), ("reference_points", 0),
    ("reference_points", 0, "px"), ("reference_points", 1, "m"), ("reference_points", 3, "px", 0), ("grid",),
    ("grid", "units"), ("grid", "units", 0), ("grid", "floors", 1), ("grid", "floor_edges_m"),
    ("grid", "column_edges_m", 1), ("grid", "name_format"), ("camera_position_m_approx",), ("balcony_depth_m",),
]  # fmt: skip


def fault_of(data: object) -> str | None:
    """What is refused about the data; None when it is read, and then a cell has a name."""
    try:
        clip = parse_clip_config(data)
    except DetectError as fault:
        return str(fault)
    return None if clip.calibration.grid.cell(0, 0).name is not None else "no name"


@given(path=st.sampled_from(PATHS), value=PLAIN)
@settings(max_examples=250, deadline=None)
def test_any_value_is_read_or_refused_with_its_key(path: tuple[str | int, ...], value: object) -> None:
    data: Any = copy.deepcopy(config())
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    said = fault_of(data)
    assert said is None or str(path[0]) in said

import json
from pathlib import Path
from typing import Any

import pytest
import voluptuous as vol
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from integrations.camera.commands import camera as camera_command
from integrations.camera.settings import (
    CAMERA,
    SCHEMA,
    clip_config,
    crews,
    from_clip_config,
    full_url,
    public_url,
)

EXAMPLE = Path(__file__).parents[2] / "data/video/clip-config.example.json"
CLIP = {
    "schema": "clip-config/1", "camera_id": "Cam North 1", "building": "11", "resolution": [1920, 1080], "fps": 25,
    "reference_points": [
        {"px": [100.5, 900], "m": [-10, 3.5]}, {"px": [1800, 900], "m": [10, 3.5]},
        {"px": [600, 100], "m": [-10, 50]}, {"px": [1300, 100], "m": [10, 50]},
    ],
    "camera_position_m_approx": [5.2, 2.3, 47.7], "roof_height_m": 55.8, "balcony_depth_m": 1.1,
    "grid": {
        "column_edges_m": [-10, 0, 10], "units": ["08", "09"], "floor_edges_m": [3.5, 26, 50],
        "floors": [2, 3], "name_format": "{building}-{floor:02d}-{unit}",
    },
}  # fmt: skip


def camera(**settings: Any) -> dict[str, Any]:
    cleaned: list[dict[str, Any]] = SCHEMA([{"id": "gate", "file": "a.mp4", **settings}])
    return cleaned[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"id": "Gate 1"}, "lower-case"),
        ({"url": "rtsp://x/y"}, "either 'url' or 'file'"),
        ({"file": "../secret.mp4"}, "inside"),
        ({"file": "/etc/passwd"}, "inside"),
        ({"resolution": [1920]}, "length"),
        ({"resolution": [True, 1080]}, "resolution"),
        ({"reference_points": CLIP["reference_points"][:3]}, "at least 4"),
        ({"reference_points": [{"px": [1, 2, 3], "m": [1, 2]}] * 4}, "two numbers"),
        ({"camera_position": [1, 2]}, "three numbers"),
        ({"masks": [{"kind": "privacy", "points": [[0, 0], [1, 1]]}]}, "length"),
        ({"masks": [{"kind": "secret", "points": [[0, 0], [1, 1], [2, 0]]}]}, "kind"),
        ({"analyzers": [{"a": {}, "b": {}}]}, "analyzer's name"),
        ({"analyzers": [3]}, "analyzer's name"),
        ({"timeout": 0}, "timeout"),
        ({"grid": {"units": ["1"]}}, "required"),
        ({"pre_roll": True}, "number"),
    ],
)
def test_what_is_wrong_with_a_camera_is_told(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(vol.MultipleInvalid, match=words):
        camera(**settings)


@pytest.mark.parametrize(
    "url",
    ["camera.local/stream", "file:///etc/passwd", "rtsp://", "concat:a|b", "rtsp://h:99999/", "ftp://h/"],
)
def test_only_addresses_of_streams_are_taken(url: str) -> None:
    with pytest.raises(vol.MultipleInvalid, match="expected an address"):
        SCHEMA([{"id": "gate", "url": url}])


def test_a_camera_needs_a_source_and_an_id_of_its_own() -> None:
    with pytest.raises(vol.MultipleInvalid, match="either 'url' or 'file'"):
        SCHEMA([{"id": "gate"}])
    with pytest.raises(vol.MultipleInvalid, match="second camera") as error:
        SCHEMA([{"id": "gate", "file": "a"}, {"id": "gate", "file": "b"}])
    assert error.value.errors[0].path == [1, "id"]


def test_analyzers_are_named_with_or_without_settings() -> None:
    cleaned = camera(analyzers=["one", {"two": {"a": 1}}, {"three": None}])
    assert cleaned["analyzers"] == [
        {"name": "one", "settings": {}}, {"name": "two", "settings": {"a": 1}}, {"name": "three", "settings": {}},
    ]  # fmt: skip


def test_credentials_are_put_into_the_address_and_never_shown() -> None:
    cleaned = SCHEMA(
        [{"id": "g", "url": "rtsp://10.0.0.2:554/s?x=1", "username": "a@b", "password": "p:/?#w"}]
    )[0]
    assert full_url(cleaned) == "rtsp://a%40b:p%3A%2F%3F%23w@10.0.0.2:554/s?x=1"
    assert public_url(full_url(cleaned)) == "rtsp://10.0.0.2:554/s"


def test_cameras_share_workers_by_name_or_in_fours() -> None:
    cameras = [{"id": f"c{n}", "worker": "roof" if n == 2 else ""} for n in range(7)]
    names = {name: [item["id"] for item in crew] for name, crew in crews(cameras).items()}
    assert names == {"camera-roof": ["c2"], "camera-1": ["c0", "c1", "c3", "c4"], "camera-2": ["c5", "c6"]}


def test_a_clips_configuration_survives_the_way_through_yaml() -> None:
    settings, ignored = from_clip_config({**CLIP, "colour": "grey"})
    assert ignored == ["colour"]
    there_and_back = clip_config(camera(**settings), {})
    for key in (
        "building",
        "resolution",
        "reference_points",
        "camera_position_m_approx",
        "grid",
        "roof_height_m",
    ):
        assert there_and_back[key] == CLIP[key]


def test_a_cameras_own_words_overrule_the_included_calibration() -> None:
    merged = clip_config(camera(building="7"), CLIP)
    assert merged["building"] == "7"
    assert merged["camera_id"] == "gate"
    assert merged["grid"] == CLIP["grid"]


def run_import(path: Path, *options: str) -> Any:
    return CliRunner().invoke(camera_command, ["import", str(path), *options])


def test_import_prints_a_camera_that_the_schema_takes(tmp_path: Path) -> None:
    path = tmp_path / "north.json"
    path.write_text(json.dumps(CLIP), encoding="utf-8-sig")
    result = run_import(path)
    assert result.exit_code == 0
    printed = yaml.safe_load(result.stdout)
    assert printed[0]["id"] == "cam_north_1"
    assert printed[0]["grid"]["units"] == ["08", "09"]
    assert "units: ['08', '09']" in result.stdout
    assert clip_config(SCHEMA(printed)[0], {})["reference_points"] == CLIP["reference_points"]
    assert yaml.safe_load(run_import(path, "--id", "Gate 2").stdout)[0]["id"] == "gate_2"


def test_the_shared_example_is_taken() -> None:
    result = run_import(EXAMPLE)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert len(yaml.safe_load(result.stdout)[0]["reference_points"]) == 10


def test_unknown_keys_are_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**CLIP, "lens": 4}))
    result = run_import(path)
    assert result.exit_code == 0
    assert "unknown key 'lens'" in result.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "no JSON"),
        (b"[1]", "JSON object"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (json.dumps({**CLIP, "reference_points": []}).encode(), "reference_points"),
        (b" " * 2_000_000, "larger"),
    ],
)
def test_a_file_that_is_no_calibration_is_refused_on_one_line(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    result = run_import(path)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    result = run_import(tmp_path / "none.json")
    assert result.exit_code == 2
    assert "No such file" in result.stderr


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([str(key) for key in CAMERA.schema]), JSON, max_size=5))
def test_any_section_is_cleaned_or_refused(settings: dict[str, Any]) -> None:
    try:
        cleaned = SCHEMA([{"id": "gate", "file": "a.mp4", **settings}])
    except vol.MultipleInvalid:
        return
    assert json.loads(json.dumps(cleaned)) == cleaned

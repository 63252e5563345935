"""`hub check` on cameras: one clear message at its place for each thing that the files get wrong."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hub.config.faults import Fault
from hub.plugins.configuration import read_configuration
from hub.plugins.manager import Manager
from integrations.camera.checking import check
from integrations.camera.plane import Degenerate, culprit, fitted, is_line, residuals
from integrations.falling_object.clip_config import parse_clip_config

GOOD = json.loads((Path(__file__).parents[2] / "data/video/clip-config.example.json").read_text())
Change = Callable[[dict[str, Any]], object]


def points(clip: dict[str, Any]) -> list[dict[str, Any]]:
    return clip["reference_points"]  # type: ignore[no-any-return]


def on_a_line(clip: dict[str, Any]) -> None:
    for number, point in enumerate(points(clip)):
        point["m"] = [2.0 * number, 3.0 * number]


def crossed(clip: dict[str, Any]) -> None:
    del points(clip)[4:]
    for point, px in zip(points(clip), ([200, 1000], [1400, 200], [1400, 1000], [200, 200]), strict=True):
        point["px"] = px
    for point, m in zip(points(clip), ([0, 0], [10, 0], [10, 30], [0, 30]), strict=True):
        point["m"] = m


def mirrored(clip: dict[str, Any]) -> None:
    for point in points(clip):
        point["m"][0] *= -1


def one_off(clip: dict[str, Any]) -> None:
    points(clip)[3]["px"][0] += 40


def all_rough(clip: dict[str, Any]) -> None:
    noise = random.Random(2)
    for point in points(clip):
        point["px"] = [value + noise.uniform(-25, 25) for value in point["px"]]


def other_size(clip: dict[str, Any]) -> None:
    clip["resolution"] = [640, 360]


def too_few_names(clip: dict[str, Any]) -> None:
    clip["grid"]["units"].pop()


def falling_edges(clip: dict[str, Any]) -> None:
    clip["grid"]["floor_edges_m"].reverse()


FAULTS: list[tuple[Change, str, str]] = [
    (on_a_line, "reference_points", "lie on a line"),
    (crossed, "reference_points", "crossed"),
    (mirrored, "reference_points", "mirrored"),
    (one_off, "reference_points.3", "px from where the others put it: check its px and m"),
    (all_rough, "reference_points.", "a point or a length is wrong"),
    (other_size, "reference_points.", "another resolution?"),
    (too_few_names, "grid.units", "names for the"),
    (falling_edges, "grid.floor_edges_m.1", "growing order"),
    (lambda clip: clip.pop("grid"), "", "no home can be named"),
    (lambda clip: clip.pop("reference_points"), "", "needs a calibration, and there is none"),
    (lambda clip: points(clip)[0].update(px="here"), "reference_points", "expected points"),
    (lambda clip: clip.update(masks=[{"kind": "privacy", "points": [[0, 0], [9, 9], [5000, 0]]}]),
     "masks.0", "another resolution?"),
]  # fmt: skip


def read(folder: Path, camera: str, files: dict[str, str]) -> list[Fault]:
    """All that `hub check` tells of one camera."""
    for name, text in files.items():
        (folder / name).write_text(text)
    text = f"falling_object:\ncamera:\n  - id: gate\n    analyzers: [falling_object]\n{camera}"
    (folder / "configuration.yaml").write_text(text)
    return read_configuration(folder, Manager(), environ={}).faults


def changed(change: Change) -> dict[str, Any]:
    clip: dict[str, Any] = json.loads(json.dumps(GOOD))
    change(clip)
    return clip


URL = "    url: rtsp://10.0.0.2/s\n"


@pytest.mark.parametrize(("change", "path", "words"), FAULTS)
def test_an_included_calibration_is_told_at_its_own_line(
    tmp_path: Path, change: Change, path: str, words: str
) -> None:
    content = yaml.safe_dump(changed(change), sort_keys=False)
    (fault,) = read(tmp_path, f"{URL}    calibration: !include gate.yaml\n", {"gate.yaml": content})
    assert words in str(fault)
    assert "hub camera calibrate gate" in str(fault)
    assert fault.severity == "warning"  # the hub and the other cameras go on
    if path:
        assert f"calibration.{path}" in str(fault).replace("[", ".").replace("]", "")
        assert "gate.yaml:" in str(fault)


@pytest.mark.parametrize(("change", "path", "words"), FAULTS)
def test_a_named_calibration_is_told_where_it_is_named(
    tmp_path: Path, change: Change, path: str, words: str
) -> None:
    content = json.dumps(changed(change))
    (fault,) = read(tmp_path, f"{URL}    calibration: gate.json\n", {"gate.json": content})
    assert words in str(fault)
    assert "configuration.yaml:" in str(fault)


def test_a_good_calibration_is_silent(tmp_path: Path) -> None:
    assert read(tmp_path, f"{URL}    calibration: gate.json\n", {"gate.json": json.dumps(GOOD)}) == []


@pytest.mark.parametrize(
    ("camera", "files", "words"),
    [
        ("    file: none.mp4\n", {}, "there is no file 'none.mp4'"),
        (f"{URL}    calibration: none.json\n", {}, "none.json can't be read: No such file"),
        (f"{URL}    calibration: bad.json\n", {"bad.json": "{"}, "bad.json is no JSON"),
        (f"{URL}    calibration: bad.json\n", {"bad.json": "[]"}, "holds no calibration"),
        (f"{URL}    resolution: [1280, 720]\n    calibration: good.json\n", {"good.json": json.dumps(GOOD)},
         "1280x720, but the calibration was made for 1920x1080"),
        (f"{URL}    masks: [{{kind: ignore, points: [[0, 0], [2500, 0], [0, 9]]}}]\n    calibration: good.json\n",
         {"good.json": json.dumps(GOOD)}, "masks[0]: lies outside of the picture"),
    ],
)  # fmt: skip
def test_files_that_are_not_there_or_no_calibration_are_told(
    tmp_path: Path, camera: str, files: dict[str, str], words: str
) -> None:
    faults = [str(fault) for fault in read(tmp_path, camera, files)]
    assert [fault for fault in faults if words in fault]
    assert all("configuration.yaml:" in fault for fault in faults)


def test_a_site_that_lacks_the_packages_of_onvif_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = URL + "    onvif: true\n    calibration: good.json\n"
    good = {"good.json": json.dumps(GOOD)}
    assert read(tmp_path, camera, good) == []
    monkeypatch.setattr("integrations.camera.checking.find_spec", lambda _name: None)
    (fault,) = read(tmp_path, camera, good)
    assert "linli-hub[onvif]" in str(fault)
    assert "configuration.yaml:6" in str(fault)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(["reference_points", "resolution", "grid", "masks"])
NUMBERS = st.floats(-3000, 3000) | st.integers(-5, 5)
TWO = st.lists(NUMBERS, min_size=2, max_size=2)
POINTS = st.lists(st.fixed_dictionaries({"px": TWO, "m": TWO}), max_size=8)


@given(st.dictionaries(KEYS, JSON, max_size=4), st.none() | POINTS)
def test_any_content_is_checked_without_harm(content: dict[str, Any], some: list[Any] | None) -> None:
    from hub.api import Known

    calibration = content if some is None else {**content, "reference_points": some}
    camera = {"id": "gate", "onvif": False, "analyzers": [], "masks": [], "calibration": calibration}
    known = Known(events={}, actions={}, entities=None, folder=Path("/nowhere"))
    for finding in check([camera], known):
        assert finding.problem
        assert not finding.fatal


def test_the_plain_map_is_that_of_the_detector() -> None:
    pairs = [(tuple(point["m"]), tuple(point["px"])) for point in points(GOOD)]
    mine = residuals(fitted(pairs), pairs)
    theirs = parse_clip_config(GOOD).calibration.residuals_px
    assert mine == pytest.approx(theirs, abs=0.1)


def test_the_wrong_point_is_found_among_good_ones_only() -> None:
    pairs = [((float(x), float(y)), (10.0 * x, 900.0 - 10 * y)) for x in (0, 5, 10) for y in (0, 8, 20)]
    off = [*pairs[:4], (pairs[4][0], (120.0, 640.0)), *pairs[5:]]
    assert culprit(off, max(residuals(fitted(off), off)), 3.0) == 4
    twice = [*off[:6], (off[6][0], (300.0, 300.0)), *off[7:]]
    assert culprit(twice, max(residuals(fitted(twice), twice)), 3.0) is None


def test_lines_determine_no_map() -> None:
    line = [(float(x), 2.0 * x + 1) for x in range(6)]
    assert is_line(line)
    with pytest.raises(Degenerate):
        fitted([(point, point) for point in line])
    assert not is_line([*line, (3.0, -4.0)])
    assert is_line([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (0.0, 2.0)])  # three of four

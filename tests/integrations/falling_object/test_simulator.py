import json
from pathlib import Path

import numpy as np
import pytest

from integrations.demo.facade import plan_clip, render_clip
from integrations.demo.facade_flight import ITEMS, Throw, fall
from integrations.demo.facade_weather import makers
from integrations.falling_object.clip_config import load_clip_config


def pictures_of(folder: Path, seed: int, **options: object) -> bytes:
    plan = plan_clip(seed, size=(160, 96), duration_s=0.4, **options)  # type: ignore[arg-type]
    return render_clip(plan, folder).video.read_bytes()


def test_the_same_seed_makes_the_same_clip(tmp_path: Path) -> None:
    every = tuple(makers())
    assert pictures_of(tmp_path / "a", 5, distractors=every) == pictures_of(
        tmp_path / "b", 5, distractors=every
    )
    assert pictures_of(tmp_path / "a", 5) != pictures_of(tmp_path / "c", 6)


def test_the_configuration_agrees_with_the_truth(tmp_path: Path) -> None:
    plan = plan_clip(11, size=(640, 360), duration_s=2.0, throws=2, items=("brick",))
    clip = render_clip(plan, tmp_path)
    calibration = load_clip_config(clip.config).calibration
    for throw in json.loads(clip.truth.read_text())["throws"]:
        x, y, _ = throw["place"]
        cell = calibration.grid.cell_at(x, y)
        assert cell is not None
        assert cell.name == throw["cell"]
        pixel = calibration.project(np.array([throw["place"]]))[0]
        assert np.hypot(*(pixel - plan.camera.project(np.array([throw["place"]]))[0])) < 2.0


def test_a_fall_ends_at_rest_on_the_ground() -> None:
    throw = Throw(
        at=0.5, item=ITEMS[8], place=(0.0, 9.0, 0.2), velocity=(1.0, 0.0, 1.0), tumble=0.0, floor=2, column=1
    )
    path = fall(throw, np.arange(0, 6, 0.04), (0.0, 0.0, 0.0), 0.0)
    assert np.isnan(path[:12]).all()
    assert path[13, 1] > 8.9
    assert np.nanmin(path[:, 1]) >= 0.0
    assert np.isnan(path[-1]).all()


def test_items_fall_as_the_tables_say() -> None:
    speed = {item.name: item.terminal_velocity for item in ITEMS}
    for name, expected in {
        "plastic bag": 1.2,
        "T-shirt": 3.7,
        "empty bottle": 5.0,
        "brick": 37,
        "apple": 39,
    }.items():
        assert speed[name] == pytest.approx(expected, rel=0.12)


def test_an_unknown_distractor_is_refused() -> None:
    with pytest.raises(ValueError, match="known"):
        plan_clip(1, distractors=("dragon",))

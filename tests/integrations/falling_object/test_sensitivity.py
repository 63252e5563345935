"""The one knob: how many false alarms a day are put up with."""

from pathlib import Path

import pytest

from integrations.demo.facade import RenderedClip, plan_clip, render_clip
from integrations.falling_object.detection import Detection
from integrations.falling_object.detector import Detector
from integrations.falling_object.offline import detect
from integrations.falling_object.sensitivity import USUAL, lead

from .scene import calibration, film, throw


def test_the_usual_number_changes_nothing_and_each_tenfold_costs_the_same() -> None:
    assert lead(USUAL) == 0
    assert lead(USUAL / 10) == pytest.approx(-lead(USUAL * 10))
    assert lead(0.02) > 0 > lead(2)


def falls_found(false_alarms_per_day: float) -> int:
    """Of a short, faint, slow fall, seen for a moment only."""
    detector = Detector(calibration(), false_alarms_per_day)
    faint = throw(0.8, (-2.0, 12.4, 0.2), (0.0, -1.0, 0.0), 8.0, grey=215.0, radius_m=0.09)
    return sum(len(detector.feed(picture, t)) for picture, t in film(1.75, faint)) + len(detector.finish())


def test_fewer_false_alarms_demand_more_of_a_fall() -> None:
    found = [falls_found(wanted) for wanted in (100.0, USUAL, 1e-200)]
    assert found == sorted(found, reverse=True)
    assert found[-1] == 0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> RenderedClip:
    plan = plan_clip(3, size=(960, 540), duration_s=5.0, items=("brick",))
    return render_clip(plan, tmp_path_factory.mktemp("clip"))


@pytest.mark.parametrize(("kind", "count"), [("privacy", 0), ("ignore", 0), (None, 1)])
def test_what_is_masked_is_not_looked_at(clip: RenderedClip, tmp_path: Path, kind: str, count: int) -> None:
    import json

    config = json.loads(clip.config.read_text())
    if kind:
        config["masks"] = [{"kind": kind, "points": [[0, 0], [960, 0], [960, 540], [0, 540]]}]
    path = tmp_path / "masked.json"
    path.write_text(json.dumps(config))
    found: list[Detection] = []
    warnings: list[str] = []
    detect(clip.video, path, found.append, warnings.append)
    assert len(found) == count
    assert warnings == []

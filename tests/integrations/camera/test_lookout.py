"""The scene watch in a worker: what it tells, and what it keeps."""

from pathlib import Path
from typing import Any

from integrations.camera.lookout import FILE, Lookout
from integrations.camera.picture import Masks, Picture

from .scenes import HEIGHT, WIDTH, facade, shown, view

WALL = facade()
POINTS = [{"px": [0, 0], "m": [0, 9]}]


class Post:
    """A lookout of one camera, and what it told."""

    def __init__(self, folder: Path, points: list[Any] | None = None) -> None:
        self.told: list[dict[str, Any]] = []
        calibration = {"reference_points": points} if points else {}
        camera = {"id": "gate", "calibration": calibration, "state_dir": str(folder)}
        self.lookout = Lookout(camera, self.told.append)
        self.masks = Masks([], WIDTH, HEIGHT)

    def show(self, picture: Picture) -> str:
        self.lookout.restart()
        for frame, t in shown(lambda _number: picture, 9, 0.0):
            self.lookout.look(frame, t, self.masks)
        return str(self.told[-1]["scene"]["state"])


def test_a_camera_that_was_turned_while_the_hub_was_down_is_noticed_until_it_is_calibrated_anew(
    tmp_path: Path,
) -> None:
    assert Post(tmp_path, POINTS).show(view(WALL)) == "good"
    turned = Post(tmp_path, POINTS)
    assert turned.show(view(WALL, 50, 10)) == "moved"
    assert "hub camera calibrate gate" in turned.told[-1]["scene"]["remedy"]
    assert Post(tmp_path, POINTS).show(view(WALL)) == "good"  # turned back
    assert Post(tmp_path, [*POINTS, *POINTS]).show(view(WALL, 50, 10)) == "good"  # calibrated anew


def test_a_camera_without_calibration_keeps_nothing(tmp_path: Path) -> None:
    assert Post(tmp_path).show(view(WALL)) == "good"
    assert not (tmp_path / FILE).exists()


def test_a_memory_that_can_not_be_written_costs_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("in the way")
    assert Post(folder, POINTS).show(view(WALL)) == "good"

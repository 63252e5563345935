"""What a camera's pictures say about its state; a state counts when it lasts."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from integrations.camera.picture import Masks, Picture
from integrations.camera.placing import Place, edges_of, packed, small_shape, unpacked
from integrations.camera.qualities import QUALITIES, WORDS
from integrations.camera.scene import EVERY, HOLD, Quality, Scene

from .scenes import HEIGHT, WIDTH, dimmed, facade, grainy, misty, shown, view

WALL = facade()
PLAIN = view(WALL)
LASTS = 8  # looks: longer than any state needs to count


class Camera:
    """Shows scenes to a judge and keeps what it tells."""

    def __init__(self, place: Place | None = None) -> None:
        self.scene, self.t = Scene("gate", place), 0.0
        self.told: list[Quality] = []

    def show(self, picture: Picture, looks: int = LASTS, *, noisy: bool = True) -> str:
        for frame, t in shown(lambda _number: picture, looks, self.t, noisy=noisy):
            quality = self.scene.look(frame, t)
            if quality is not None:
                self.told.append(quality)
        self.t = t + EVERY
        return self.told[-1].state if self.told else ""


@pytest.fixture
def camera() -> Camera:
    camera = Camera(Place())
    assert camera.show(PLAIN) == "good"
    return camera


def moved(across: int, down: int) -> Picture:
    return view(WALL, across, down)


@pytest.mark.parametrize(
    ("picture", "state"),
    [
        (dimmed(PLAIN, 0.25), "too_dark"),
        (np.maximum(PLAIN, np.where(np.arange(WIDTH) < 300, 255, 0).astype(np.uint8)), "too_bright"),
        (misty(PLAIN), "blurred"),
        (np.full((HEIGHT, WIDTH), 6, dtype=np.uint8), "covered"),
        (np.full((HEIGHT, WIDTH), 120, dtype=np.uint8), "covered"),
        (moved(14, 0), "moved"),
        (moved(-60, 40), "moved"),
        (view(facade(9)), "moved"),
    ],
)
def test_what_lasts_is_told_once_with_its_remedy_and_its_end(
    camera: Camera, picture: Picture, state: str
) -> None:
    assert camera.show(picture) == state
    assert camera.told[-1].text
    assert camera.told[-1].remedy
    camera.show(picture)
    assert len(camera.told) == 2
    assert camera.show(PLAIN) == "good"
    assert camera.told[-1].text == ""


def test_a_turned_or_zoomed_camera_has_moved(camera: Camera) -> None:
    middle = (WALL.shape[1] / 2, WALL.shape[0] / 2)
    for angle, zoom in ((4, 1.0), (0, 1.2)):
        matrix = cv2.getRotationMatrix2D(middle, angle, zoom)
        turned = cv2.warpAffine(WALL, matrix, (WALL.shape[1], WALL.shape[0])).astype(np.uint8)
        assert camera.show(view(turned)) == "moved"
        assert camera.show(PLAIN) == "good"


def test_how_far_it_moved_and_how_to_mend_it_is_told(camera: Camera) -> None:
    camera.show(moved(24, -12))
    quality = camera.told[-1]
    assert quality.shift == pytest.approx((-24, 12), abs=1.5)
    assert " px across and " in quality.text
    assert "hub camera calibrate gate" in quality.remedy


@pytest.mark.parametrize(
    "picture",
    [
        moved(1, 1),
        dimmed(PLAIN, 0.6),
        (255 * (PLAIN / 255.0) ** 0.5).astype(np.uint8),
        np.maximum(PLAIN, np.where(np.arange(WIDTH) < 90, 255, 0).astype(np.uint8)),
    ],
)
def test_other_light_and_a_trembling_pole_are_good(camera: Camera, picture: Picture) -> None:
    camera.show(picture)
    assert [quality.state for quality in camera.told] == ["good"]


def test_what_passes_is_not_told(camera: Camera) -> None:
    camera.show(moved(60, 0), looks=HOLD - 2)
    camera.show(PLAIN)
    assert len(camera.told) == 1


def test_dusk_is_dark_and_not_covered(camera: Camera) -> None:
    for step in range(18):
        camera.show(dimmed(PLAIN, 0.85**step), looks=3)
    assert camera.show(dimmed(PLAIN, 0.05)) == "too_dark"
    assert "covered" not in [quality.state for quality in camera.told]


def test_the_same_picture_for_a_minute_is_frozen(camera: Camera) -> None:
    assert camera.show(PLAIN, looks=22, noisy=False) == "frozen"
    assert camera.show(PLAIN) == "good"


def test_a_film_that_is_shown_again_and_again_is_not(camera: Camera) -> None:
    for _ in range(20):
        camera.scene.restart()
        camera.show(PLAIN, looks=1, noisy=False)
    assert [quality.state for quality in camera.told] == ["good"]


def test_a_dim_stream_that_repeats_pictures_has_a_slow_shutter() -> None:
    camera, t = Camera(), 0.0
    dim = dimmed(PLAIN, 0.5)
    for _look in range(2 * LASTS):
        for index in range(9):
            if index % 3 == 0:
                picture = grainy(dim, 6)
            quality = camera.scene.look(picture, t + index / 25)
            camera.told += [quality] if quality else []
        t += 3.5
    assert camera.told[-1].state == "slow_shutter"


def test_without_a_calibration_nobody_asks_whether_it_moved() -> None:
    camera = Camera(None)
    camera.show(PLAIN)
    assert camera.show(moved(60, 40)) == "good"


def test_a_new_streams_clock_may_begin_anywhere_and_its_place_is_known(camera: Camera) -> None:
    camera.scene.restart()
    camera.t = -500.0
    assert camera.show(moved(40, 0)) == "moved"


def test_a_short_film_that_begins_again_and_again_is_judged_too() -> None:
    camera = Camera()
    for _ in range(HOLD):
        camera.scene.restart()
        camera.t = 0.0
        camera.show(dimmed(PLAIN, 0.25), looks=1)
    assert camera.told[-1].state == "too_dark"


def test_places_are_remembered_over_restarts_for_their_calibration_only(
    camera: Camera, tmp_path: Path
) -> None:
    place, file = camera.scene.place, tmp_path / "place.npz"
    assert place is not None
    file.write_bytes(packed(place, "a"))
    again = Camera(unpacked(file, "a"))
    assert again.show(moved(40, 0)) == "moved"
    anew = Camera(unpacked(file, "b"))
    assert anew.show(moved(40, 0)) == "good"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"x" * 1000])
def test_a_damaged_memory_is_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "place.npz"
    file.write_bytes(content)
    assert unpacked(file, "a").views == []
    assert unpacked(tmp_path / "none.npz", "a").views == []


def test_what_is_masked_is_neither_compared_nor_kept() -> None:
    corner = {"kind": "privacy", "points": [[0, 0], [300, 0], [300, 200], [0, 200]]}
    outside = Masks([corner], WIDTH, HEIGHT).outside(small_shape(PLAIN.shape))
    assert outside is not None
    edges = edges_of(PLAIN, outside)
    assert edges[:140, :220].max() == 0
    assert edges.max() > 1


@pytest.mark.parametrize("shape", [(16, 16), (17, 3000), (3000, 17), (112, 192), (1, 1)])
@pytest.mark.parametrize("grey", [0, 255])
def test_any_picture_is_judged(shape: tuple[int, int], grey: int) -> None:
    scene = Scene("gate", Place())
    for number in range(4 * 9):
        picture = np.full(shape, grey if number % 2 else 128, dtype=np.uint8)
        scene.look(picture, number * 1.0)


def test_every_state_has_words() -> None:
    assert set(WORDS) | {"good"} == set(QUALITIES)

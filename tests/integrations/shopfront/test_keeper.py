"""What is told of a pavement and what is not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from integrations.shopfront import window
from integrations.shopfront.keeper import Keeper
from integrations.shopfront.zones import Hours

from .pavement import BLUE, GREY, HOLD, Draw, found, keep, light, person, pictures, thing, zone

FEW_PIXELS = 16_000  # at work, so that many scenes take little time


@pytest.fixture(autouse=True)
def _few_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MOST_PIXELS", FEW_PIXELS)


@pytest.fixture
def all_pixels(_few_pixels: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What small things need."""
    monkeypatch.setattr(window, "MOST_PIXELS", 60_000)


@pytest.mark.usefixtures("all_pixels")
def test_goods_are_told_once_after_the_hold_and_again_when_they_are_gone() -> None:
    left, cleared = found(thing(40, 120), seconds=170)
    assert (left.kind, cleared.kind) == ("left", "cleared")
    assert abs(left.at - 40) <= 3
    assert HOLD - 3 <= left.seen - 40 <= HOLD + 15
    assert cleared.goods == left.goods
    assert abs(cleared.at - 120) <= 3
    assert cleared.seen - 120 <= 60
    assert abs(cleared.stayed - 80) <= 5
    assert np.allclose(left.box, (150, 100, 180, 125), atol=5)
    assert left.share == pytest.approx(750 / 29_700, rel=0.35)


@pytest.mark.parametrize("colour", [BLUE, GREY, (200, 205, 210), (60, 140, 190)])
@pytest.mark.usefixtures("all_pixels")
def test_small_things_of_all_colours_are_found(colour: Any) -> None:
    box = (210, 120, 223, 132)  # half a percent of the zone
    (left,) = found(thing(20, box=box, colour=colour), seconds=58, seed=2, zones=[zone(hold=20.0)])
    assert abs(left.at - 20) <= 15


def rest_of_the_picture(canvas: Any, t: float) -> Any:
    """A push against the pole."""
    if t < 60:
        return canvas
    return cv2.warpAffine(
        canvas, np.array([[1, 0, 7], [0, 1, -4]], np.float32), (320, 180), borderMode=cv2.BORDER_REFLECT
    )


def infrared(canvas: Any, t: float) -> Any:
    if t < 60:
        return canvas
    return np.repeat((canvas @ np.array([0.5, 0.2, 0.3], np.float32) * 0.6 + 30)[..., None], 3, axis=2)


def truck(canvas: Any, t: float) -> None:
    if 50 <= t < 110:
        canvas[10:178, 5:315] = (160, 110, 80)


def rain(canvas: Any, t: float) -> None:
    random = np.random.default_rng(int(t))
    for x, y in random.integers(0, (310, 160), (90, 2)):
        canvas[y : y + 12, x] = canvas[y : y + 12, x] * 0.5 + 110


def sway(canvas: Any, t: float) -> Any:
    matrix = np.array([[1, 0, 1.5 * np.sin(t * 1.9)], [0, 1, np.sin(t * 1.1)]], np.float32)
    return cv2.warpAffine(canvas, matrix, (320, 180), borderMode=cv2.BORDER_REFLECT)


HARMLESS: dict[str, tuple[Draw, ...]] = {
    "nothing": (),
    "gain steps": (light(50, 90, 0.7), light(70, 130, 1.3)),
    "a hard shadow": (light(50, 200, 0.55, slice(60, 170)),),
    "a shadow that goes": (light(0, 60, 0.55, slice(60, 170)),),
    "a sunny patch": (light(50, 140, 1.5, slice(100, 200)),),
    "walkers": (person(30, 90, -10, 8), person(50, 150, 330, -6), person(80, 150, -10, 12)),
    "somebody who stands there": (person(30, 128),),
    "a scooter for less than the hold": (thing(40, 40 + 0.85 * HOLD, (120, 90, 190, 130), (60, 60, 170)),),
    "something that was there and is taken": (thing(-1, 60),),
    "something outside of the zone": (thing(40, box=(292, 60, 318, 85)),),
    "rain": (rain,),
    "sway": (sway,),
    "a push against the pole": (rest_of_the_picture,),
    "the infrared switch": (infrared,),
    "a truck before the lens": (truck,),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_no_goods(name: str) -> None:
    assert found(*HARMLESS[name], seconds=118) == []


@pytest.mark.usefixtures("all_pixels")
def test_what_is_too_small_is_no_goods() -> None:
    assert found(thing(20, box=(200, 120, 207, 126)), seconds=65, zones=[zone(hold=20.0)]) == []


@pytest.mark.parametrize(
    "name", ["gain steps", "a hard shadow", "rain", "sway", "walkers", "a push against the pole"]
)
def test_goods_are_found_in_spite_of(name: str) -> None:
    sightings = found(thing(35, box=(220, 110, 245, 130)), *HARMLESS[name], seconds=140)
    assert [sighting.kind for sighting in sightings] == ["left"]
    assert abs(sightings[0].at - 35) <= 15


def test_goods_that_are_hidden_for_a_while_are_the_same_goods() -> None:
    sightings = found(thing(35, 150), person(90, 115, 165), seconds=190)
    assert [sighting.kind for sighting in sightings] == ["left", "cleared"]


def test_goods_survive_the_infrared_switch() -> None:
    sightings = found(thing(20, 130, colour=(235, 235, 235)), infrared, seconds=185)
    assert [sighting.kind for sighting in sightings] == ["left", "cleared"]


def test_what_is_put_down_behind_a_truck_is_found_when_it_leaves() -> None:
    sightings = found(thing(80), truck, seconds=165)
    assert [sighting.kind for sighting in sightings] == ["left"]
    assert abs(sightings[0].at - 110) <= 5


def test_goods_that_a_truck_hides_before_the_hold_is_over_are_told_and_not_cleared_by_it() -> None:
    sightings = found(thing(30, 150), truck, seconds=180)
    assert [sighting.kind for sighting in sightings] == ["left", "cleared"]
    assert abs(sightings[0].at - 30) <= 5
    assert abs(sightings[1].at - 150) <= 5


def test_coloured_goods_survive_the_infrared_switch_and_the_day_after_it() -> None:
    def night(canvas: Any, t: float) -> Any:
        return infrared(canvas, t) if t < 120 else canvas

    sightings = found(thing(20, 150), night, seconds=180)
    assert [sighting.kind for sighting in sightings] == ["left", "cleared"]


def test_each_zone_has_its_own_rules() -> None:
    left_half = zone(name="west", points=((10, 60), (158, 60), (158, 170), (10, 170)), hold=30.0)
    right_half = zone(name="east", points=((162, 60), (310, 60), (310, 170), (162, 170)), hold=80.0)
    sightings = found(
        thing(30, box=(60, 100, 90, 125)), thing(30, box=(230, 100, 260, 125)),
        seconds=140, zones=[left_half, right_half],
    )  # fmt: skip
    assert [(item.zone.name, round((item.seen - 30) / 10)) for item in sightings] == [
        ("west", 3),
        ("east", 8),
    ]


def test_outside_of_the_hours_things_may_stand_and_the_hold_begins_with_the_hours() -> None:
    begin = datetime(2026, 3, 1, 7, 58, 30, tzinfo=UTC).timestamp()  # 90 s before eight
    keeper = Keeper([zone(hours=(Hours(480, 1320),))], wall=lambda t: begin + t)
    (left,) = keep(keeper, pictures(150, thing(30)))
    assert 90 + HOLD <= left.seen <= 90 + HOLD + 3
    assert abs(left.at - 30) <= 3


def test_a_picture_of_another_size_begins_anew_and_a_zone_outside_is_refused() -> None:
    keeper = Keeper([zone(points=((400, 200), (500, 200), (500, 300)))])
    with pytest.raises(ValueError, match="outside of the picture, which is 320x180"):
        keeper.feed(next(pictures(1))[1], 0.0)


# --- restarts ----------------------------------------------------------------------------------------------


class Site:
    """Streams of one camera over time; each has a clock of its own that begins at 1000."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self._memory, self._more = folder / "shopfront.npz", more

    def stream(self, begin: int, end: int, *draw: Draw, ended: bool = True) -> list[Any]:
        keeper = Keeper([zone()], memory=self._memory, wall=lambda t: t - 1000 + begin, **self._more)
        sightings = keep(keeper, pictures(end - begin, *draw, start=begin), late=1000 - begin)
        if ended:
            keeper.finish(1000.0 + end - begin - 1)
        return sightings


def test_a_restart_in_the_middle_of_a_hold_loses_and_doubles_nothing(tmp_path: Path) -> None:
    site, goods = Site(tmp_path), thing(40, 160)
    assert site.stream(0, 60, goods) == []
    (left,) = site.stream(65, 110, goods)
    assert abs((left.at - 1000 + 65) - 40) <= 3
    assert 77 <= left.seen - 1000 + 65 <= 95
    assert site.stream(115, 140, goods) == []
    (cleared,) = site.stream(142, 200, goods)
    assert cleared.goods == left.goods


def test_a_crash_right_after_the_telling_tells_it_again_under_the_same_name(tmp_path: Path) -> None:
    site, goods = Site(tmp_path), thing(40)
    told = site.stream(0, 81, goods, ended=False)
    again = site.stream(84, 110, goods, ended=False)
    assert {item.goods for item in (*told, *again)} == {(*told, *again)[0].goods}
    assert len(told) + len(again) >= 1


def test_what_is_left_while_nobody_looks_is_found(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.stream(0, 50) == []
    (left,) = site.stream(70, 130, thing(60))
    assert left.seen - 1000 + 70 <= 70 + HOLD + 15


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04" + bytes(200)])
def test_a_damaged_memory_is_of_no_use_and_no_harm(tmp_path: Path, content: bytes, caplog: Any) -> None:
    (tmp_path / "shopfront.npz").write_bytes(content)
    assert [item.kind for item in Site(tmp_path).stream(0, 100, thing(30))] == ["left"]
    assert "learned anew" in caplog.text


# --- the pictures ------------------------------------------------------------------------------------------


def test_the_pictures_show_the_goods_and_nobody_who_passes_by() -> None:
    (left,) = found(thing(35), person(60, 140, -20, 5), seconds=90)
    assert left.before is not None
    assert left.after is not None
    left_side, top, right, bottom = left.box
    inside = np.s_[top + 6 : bottom - 4, left_side + 4 : right - 4]
    assert np.abs(left.after[inside].astype(int).mean(axis=(0, 1)) - BLUE).max() < 25
    assert np.abs(left.before[inside].astype(int).mean(axis=(0, 1)) - 130).max() < 25

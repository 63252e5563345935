"""The class as a camera holds it, fed otherwise than it asked for."""

from pathlib import Path

from hub.api import Found
from integrations.shopfront.analyzer import open_analyzer
from integrations.shopfront.settings import SETTINGS

from .pavement import CORNERS, pictures, thing

GIVEN = SETTINGS({"zones": [{"name": "door", "points": [list(corner) for corner in CORNERS], "hold": 20}]})


def test_more_pictures_than_it_wants_and_only_their_brightness(tmp_path: Path) -> None:
    camera = {"id": "shop", "zone": "Asia/Shanghai", "state_dir": str(tmp_path / "shop")}
    analyzer = open_analyzer(camera, GIVEN)
    found: list[Found] = []
    for t, picture in pictures(70, thing(25, colour=(40, 40, 40))):
        for part in range(4):
            found += analyzer.feed(picture[..., 1], t + part * 0.25, False)
    (left,) = found
    assert (left.kind, left.clip) == ("goods_left", False)
    assert abs(left.started - 25) <= 3
    assert left.draw is not None
    assert set(left.draw(())) == {"before", "after"}  # type: ignore[arg-type]  # it has its own pictures
    assert list(analyzer.finish()) == []
    assert (tmp_path / "shop" / "shopfront.npz").is_file()


def test_it_works_without_a_place_to_remember_in() -> None:
    analyzer = open_analyzer({"id": "shop"}, GIVEN)
    assert [list(analyzer.feed(picture, t, False)) for t, picture in pictures(3)] == [[], [], []]
    assert list(analyzer.finish()) == []

"""From a shop's video to the alarm and its two pictures, through a real camera worker."""

from typing import Any

import cv2

from hub.api import ProblemRaised, Severity
from hub.testing.kit import HubKit
from integrations.camera.events import EvidenceStored
from integrations.shopfront.events import GoodsCleared, GoodsLeft

from .pavement import CORNERS, WIDTH
from .test_commands import make_video

YAML = """
    areas:
      - {{id: east, name: 东门}}
    shopfront:
    camera:
      - id: shop
        area: east
        file: shop.mp4
        pace: fast
        analyzers:
          - shopfront:
              zones:
                - {{name: 门前, points: {points}, hold: 30}}
              {more}
    """
POINTS = [list(corner) for corner in CORNERS]


async def test_goods_become_alarms_with_pictures_of_before_and_after(hub: HubKit) -> None:
    (hub.folder / "config").mkdir()
    make_video(hub.folder / "config" / "shop.mp4")
    await hub.start(YAML.format(points=POINTS, more=""))
    await hub.until(lambda: len(hub.of(EvidenceStored)) == 4, 60)
    (left,), (cleared,) = hub.of(GoodsLeft), hub.of(GoodsCleared)
    assert (left.camera, left.zone, left.area, left.source) == ("shop", "门前", "east", "camera.shop")
    assert (left.severity, cleared.severity) == (Severity.warning, Severity.info)
    assert left.goods == cleared.goods
    assert left.id != cleared.id
    assert 0.01 < left.share < 0.05
    assert 29 <= (left.ended - left.started).total_seconds() <= 45
    assert 45 <= cleared.stayed <= 55
    assert list(hub.folder.rglob("shop/shopfront.npz"))  # what a restart goes on with
    for alarm in (left, cleared):
        assert [(item.kind, item.text) for item in alarm.evidence] == [
            ("picture", "before"),
            ("picture", "after"),
        ]
        for item in alarm.evidence:
            picture = cv2.imread(str(hub.hub_of.site.media_dir / item.path))
            assert picture is not None
            assert picture.shape[1] == WIDTH


async def test_a_detector_that_is_not_there_is_a_problem_at_the_camera(hub: HubKit) -> None:
    (hub.folder / "config").mkdir()
    make_video(hub.folder / "config" / "shop.mp4", 5)
    await hub.start(YAML.format(points=POINTS, more="detector: {weights: /none.onnx, labels: [box]}"))
    await hub.until(lambda: hub.of(ProblemRaised), 60)
    (problem,) = hub.of(ProblemRaised)
    assert problem.problem == "camera.shop.analyzer.shopfront"
    assert "no file '/none.onnx'" in problem.text


async def test_it_bears_what_every_integration_must(check_integration: Any) -> None:
    await check_integration("shopfront", yaml="shopfront:\n")

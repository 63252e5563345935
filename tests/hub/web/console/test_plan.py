"""The plan in a real browser: an admin draws it, it stays, others see it and can't change it."""

import io

import pytest
from PIL import Image

from hub.api import Device
from hub.testing.kit import HubKit
from tests.hub.web.console.conftest import PHONE, Street, Visitor, account
from tests.hub.web.console.test_console import SITE
from tests.hub.web.v1.test_operations import fall

pytestmark = pytest.mark.prepared


async def tap(visitor: Visitor, across: float, down: float) -> None:
    """At a share of the sheet."""
    box = await visitor.page.locator(".sheet").bounding_box()
    await visitor.page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)


async def test_an_admin_draws_the_plan_and_a_grid_worker_sees_what_is_wrong_on_it(
    hub: HubKit, street: Street
) -> None:
    await hub.start(SITE)
    for name in ("zhao", "wang"):
        await account(hub, name)
    hub.hub_of.site.declare_device(Device(id="cam1", name="南面摄像机", area="b1"))
    zhao = await street.visitor()
    await zhao.sign_in("zhao", "#/map")
    await zhao.page.click("button:has-text('绘制平面图')")
    await zhao.page.wait_for_selector(".sheet .paper")
    made = io.BytesIO()
    Image.new("RGB", (800, 500), "white").save(made, "PNG")
    picture = {"name": "plan.png", "mimeType": "image/png", "buffer": made.getvalue()}
    await zhao.page.set_input_files("input[type=file]", picture)
    await zhao.page.wait_for_selector(".sheet img.leaflet-image-layer")
    await zhao.page.select_option("select >> nth=0", "b1")
    await tap(zhao, 0.3, 0.3)
    await tap(zhao, 0.5, 0.5)
    await zhao.page.select_option("select >> nth=0", "b2")
    await zhao.page.click("button:has-text('多边形')")
    for across, down in ((0.6, 0.3), (0.8, 0.3), (0.7, 0.6)):
        await tap(zhao, across, down)
    await zhao.page.click("button:has-text('完成')")
    await zhao.page.select_option("select >> nth=1", "cam1")
    await tap(zhao, 0.4, 0.4)
    await zhao.page.wait_for_selector(".sheet .point")
    await zhao.page.click("button:has-text('保存')")
    await zhao.page.wait_for_selector(".sheet .area.good >> nth=1")
    await zhao.page.reload()
    await zhao.page.wait_for_selector(".sheet .area.good >> nth=1")
    assert len(await zhao.page.query_selector_all(".sheet .point")) == 1
    assert not zhao.complaints

    wang = await street.visitor(PHONE)
    await wang.sign_in("wang", "#/map")
    await wang.page.wait_for_selector(".sheet img.leaflet-image-layer")
    assert not await wang.page.query_selector("button:has-text('绘制平面图')")
    await fall(hub, "a1", area="b1")
    await wang.page.wait_for_selector(".sheet .area.critical")
    await wang.page.locator(".sheet .area.critical").click(position={"x": 5, "y": 5}, force=True)
    await wang.see("还没有人处理")
    assert not wang.complaints
    assert wang.asked == {hub.hub_of.url.split("/")[2]}

"""Pages that everybody can use: axe finds nothing serious, the keyboard suffices, large type fits a small phone."""

from pathlib import Path
from typing import Any

import pytest

from hub.api import Device, Entity
from hub.testing.kit import HubKit
from tests.hub.web.console.conftest import PHONE, Street, Visitor, account
from tests.hub.web.console.test_console import SITE
from tests.hub.web.v1.test_operations import fall
from tests.hub.web.v1.test_plan import DRAWN

pytestmark = pytest.mark.prepared

AXE = Path(__file__).with_name("node") / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "now", "map", "alarm/a1", "devices", "device/cam1", "automations", "automation/tell", "people", "person/wang",
    "repairs", "system", "me", "more", "notices", "nobody/knows",
)  # fmt: skip
RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 120)} ${node.failureSummary}`));
}"""


async def furnish(hub: HubKit) -> None:
    """A site with something on every page."""
    await hub.start(SITE)
    site = hub.hub_of.site
    site.declare_device(Device(id="cam1", name="南面摄像机", area="b1", manufacturer="Hik"))
    site.states.declare(Entity(id="sensor.warm", name="温度", device="cam1", unit="°C"))
    site.states.set("sensor.warm", 21.5)
    for name in ("zhao", "smith"):
        await account(hub, name)
    for number in range(3):
        await fall(hub, f"a{number}", area="b1" if number else "b2")
    await hub.call("automation.trigger", entity_id=["automation.tell"])
    site.problems.raise_("camera.cam1", "the picture is dark", "clean the lens")
    assert (await hub.request("PUT", "/api/v1/plan", admin=True, json=DRAWN)).status == 200


async def findings(visitor: Visitor, path: str) -> list[str]:
    """What axe says of a page that has come to rest."""
    await visitor.page.goto(f"{visitor.hub.hub_of.url}/#/{path}")
    await visitor.page.wait_for_selector("main h1")
    await visitor.page.wait_for_selector("[aria-busy=true]", state="detached")
    return [f"{path}: {one}" for one in await visitor.page.evaluate(RUN)]


@pytest.mark.node
@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_serious(hub: HubKit, street: Street, language: str, scheme: str) -> None:
    await furnish(hub)
    axe = AXE.read_text(encoding="utf-8")
    zhao = await street.visitor(PHONE, language=language, color_scheme=scheme, reduced_motion="reduce")
    await zhao.open()
    await zhao.page.evaluate(f"localStorage.setItem('linli.language', '{language}')")
    await zhao.page.evaluate(axe)
    found: list[str] = [f"door: {one}" for one in await zhao.page.evaluate(RUN)]
    await zhao.sign_in("zhao")
    await zhao.page.evaluate(axe)
    for path in PAGES:
        found += await findings(zhao, path)
    await zhao.page.goto(f"{hub.hub_of.url}/#/map")
    await zhao.page.click(".head button")
    await zhao.page.wait_for_selector(".sheet .point")
    found += [f"drawing: {one}" for one in await zhao.page.evaluate(RUN)]
    smith = await street.visitor(PHONE, language=language, color_scheme=scheme)
    await smith.open()
    await smith.page.evaluate(f"localStorage.setItem('linli.language', '{language}')")
    await smith.sign_in("smith")
    await smith.page.evaluate(axe)
    for path in ("home", "notices", "me"):
        found += await findings(smith, path)
    assert not found, "\n".join(found)


async def press_until(visitor: Visitor, selector: str, key: str = "Tab") -> None:
    """Press a key until the focus is on it."""
    for _ in range(60):
        if await visitor.page.evaluate(f"document.activeElement?.matches({selector!r})"):
            return
        await visitor.page.keyboard.press(key)
    raise AssertionError(f"{selector} can't be reached by {key}")


async def test_an_alarm_is_taken_on_and_settled_by_keyboard_alone(hub: HubKit, street: Street) -> None:
    await furnish(hub)
    zhao = await street.visitor()
    await zhao.open()
    await zhao.page.wait_for_selector("input[name=name]")
    await press_until(zhao, "input[name=name]")
    await zhao.page.keyboard.type("zhao")
    await zhao.page.keyboard.press("Tab")
    await zhao.page.keyboard.type("a good long password")
    await zhao.page.keyboard.press("Enter")
    await zhao.see("件告警还没有人处理")
    await press_until(zhao, "article h3 a")
    await zhao.page.keyboard.press("Enter")
    await zhao.see("从传感器到手机")
    await press_until(zhao, "main button.main-action")
    await zhao.page.keyboard.press("Enter")
    await zhao.see("赵敏 在处理")
    await press_until(zhao, "main button.main-action")
    await zhao.page.keyboard.press("Enter")
    await press_until(zhao, "dialog textarea")
    await zhao.page.keyboard.type("swept up")
    await press_until(zhao, "dialog .main-action")
    await zhao.page.keyboard.press("Enter")
    await zhao.see("赵敏 已办结")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_large_type_fits_the_smallest_phone(hub: HubKit, street: Street, language: str) -> None:
    await furnish(hub)
    zhao = await street.visitor({"width": 320, "height": 640}, language=language)
    await zhao.open()
    await zhao.page.evaluate(f"localStorage.setItem('linli.language', '{language}')")
    await zhao.page.evaluate("localStorage.setItem('linli.type', 'large')")
    await zhao.sign_in("zhao")
    wide: list[Any] = []
    for path in PAGES:
        await zhao.page.goto(f"{hub.hub_of.url}/#/{path}")
        await zhao.page.wait_for_selector("main h1")
        await zhao.page.wait_for_selector("[aria-busy=true]", state="detached")
        width = await zhao.page.evaluate("document.documentElement.scrollWidth")
        if width > 320:
            beyond = await zhao.page.evaluate(
                "[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > 321)"
                ".map((e) => e.outerHTML.slice(0, 90)).slice(0, 4)"
            )
            wide.append((path, width, beyond))
    assert not wide, wide


async def test_who_wants_no_motion_gets_none(hub: HubKit, street: Street) -> None:
    await furnish(hub)
    zhao = await street.visitor(reduced_motion="reduce")
    await zhao.sign_in("zhao", "#/map")
    await zhao.page.wait_for_selector(".sheet .point")
    moving = await zhao.page.evaluate(
        "document.getAnimations().map((one) => one.effect.target.outerHTML.slice(0, 90))"
    )
    assert moving == []

"""Pages that integrations bring: seen by whom they are for, drawn within the frame, gone with their integration."""

from pathlib import Path

import pytest

from hub.api import Integration, Link, Panel
from hub.plugins.declaration import mistakes
from hub.testing.kit import HubKit
from tests.hub.web.console.conftest import Street, account
from tests.hub.web.console.test_console import SITE

MODULE = """
import { html, useState } from "/console/ui.js";
export default function Lifts({ me, rest }) {
  const [n, setN] = useState(0);
  if (n > 1) throw new Error("the third is too much");
  return html`<section class="card pad"><p>Lifts for ${me.name} at ${rest}</p>
    <button onClick=${() => setN(n + 1)}>up ${n}</button></section>`;
}
"""


async def run(link: Link, _config: object) -> None:
    link.ready()


def lifts(folder: Path) -> Integration:
    module = folder / "lifts.js"
    module.write_text(MODULE, encoding="utf-8")
    panel = Panel(
        name="lifts", titles={"zh-CN": "电梯", "en": "Lifts"}, module=module, access="operate entity"
    )
    return Integration(name="lifts", run=run, schema=lambda section: section, panels=(panel,))


@pytest.mark.prepared
async def test_an_integration_adds_a_page_for_those_whom_it_is_for(
    hub: HubKit, street: Street, tmp_path: Path
) -> None:
    hub.add(lifts(tmp_path))
    await hub.start(SITE + "lifts:\n")
    for name in ("zhao", "wang"):
        await account(hub, name)
    zhao = await street.visitor(language="en")
    await zhao.sign_in("zhao", "#/panel/lifts/b1")
    await zhao.see("Lifts for 赵敏 at b1")
    await zhao.page.goto(f"{hub.hub_of.url}/#/now")
    await zhao.page.click(".rail a:has-text('电梯')")
    await zhao.page.click("main button:has-text('up 0')")
    await zhao.see("up 1")
    await zhao.page.click("main button:has-text('up 1')")
    await zhao.see("the third is too much")
    await zhao.page.click(".rail a[href='#/now']")
    await zhao.see("一切正常")
    wang = await street.visitor()
    await wang.sign_in("wang", "#/panel/lifts")
    await wang.see("没有找到")
    assert not await wang.page.query_selector("a:has-text('电梯')")


async def test_the_module_is_served_as_it_is_while_the_integration_is_there(
    hub: HubKit, tmp_path: Path
) -> None:
    hub.add(lifts(tmp_path))
    await hub.start("notify:\nlifts:\n")
    there = await hub.request("GET", "/console/panels/lifts.js", admin=True)
    assert (there.status, there.text) == (200, MODULE)
    assert there.headers["Content-Type"].startswith("text/javascript")
    assert "script-src 'self'" in there.headers["Content-Security-Policy"]
    assert (await hub.request("GET", "/console/panels/lifts.js")).status == 401
    assert (await hub.request("GET", "/console/panels/lifts", admin=True)).status == 404
    await hub.reload("notify:\n")
    assert (await hub.request("GET", "/console/panels/lifts.js", admin=True)).status == 404


def test_a_panel_that_can_not_be_shown_is_told_to_its_author(tmp_path: Path) -> None:
    wrong = Panel(name="../x", titles={"en": "X"}, module=tmp_path / "none.js", access="look entity")
    told = list(mistakes(Integration(name="x", run=run, schema=dict, panels=(wrong,))))
    assert len(told) == 4
    assert "write 'VERB KIND'" in " ".join(told)

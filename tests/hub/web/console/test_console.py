"""The console as people use it, in a real browser: each finds what is theirs, and nothing comes from elsewhere."""

import pytest

from hub.cli.user import WELCOME_PAGE
from hub.testing.kit import HubKit
from tests.hub.web.console.conftest import PASSWORD, PHONE, Street, account
from tests.hub.web.v1.test_operations import fall

pytestmark = pytest.mark.prepared

SITE = """
hub: {name: 邻里花园}
areas:
  - id: linli
    name: 邻里
    kind: community
    areas: [{id: b1, name: 一号楼, kind: building}, {id: b2, name: 二号楼, kind: building}]
people:
  persons:
    - {id: wang, name: 王芳, roles: [grid_worker], areas: [b1], channels: [collect]}
    - {id: zhao, name: 赵敏, roles: [admin], areas: [linli], channels: [collect]}
    - {id: smith, name: Anna Smith, roles: [resident], household: b1-0301, language: en, channels: [collect]}
notify: {channels: {collect: {type: collect}}}
automation:
  - events: [bell]
  - id: tell
    alias: 门铃通知
    triggers: [{trigger: event, event_type: bell}]
    actions: [{action: notify.send, data: {audience: "person:wang", title: 门铃, message: it rings}}]
"""


async def test_a_grid_worker_takes_an_alarm_on_and_settles_it_on_a_phone(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "wang")
    wang = await street.visitor(PHONE)
    await wang.sign_in("wang")
    await wang.see("一切正常")
    await fall(hub, "a1", area="b1")
    await fall(hub, "a2", area="b2")
    await wang.see("1 件告警还没有人处理")
    await wang.page.click("button:has-text('我来处理')")
    await wang.see("王芳 在处理")
    await wang.page.click("article h3 a")
    await wang.see("从传感器到手机")
    await wang.page.click("main button:has-text('办结')")
    await wang.page.fill("dialog textarea", "碎片已清理")
    await wang.page.click("dialog .main-action")
    await wang.see("王芳 已办结")
    await wang.page.goto(hub.hub_of.url + "/#/now")
    await wang.see("最近结束")
    assert "pot fell" in await wang.text()
    assert "kind." not in await wang.text()
    found = (await hub.request("GET", "/api/v1/alarms/a1", admin=True)).json()
    assert (found["state"], found["closed_by"], found["note"]) == ("closed", "wang", "碎片已清理")
    assert not wang.complaints
    assert wang.asked == {hub.hub_of.url.split("/")[2]}


async def test_a_wrong_password_is_told_and_the_right_one_lets_in(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "zhao")
    zhao = await street.visitor()
    await zhao.open()
    await zhao.page.fill("input[name=name]", "zhao")
    await zhao.page.fill("input[name=password]", "not the password")
    await zhao.page.click("button.main-action")
    await zhao.page.wait_for_selector(".error")
    assert "密码" in await zhao.text(".error")
    await zhao.page.fill("input[name=password]", PASSWORD)
    await zhao.page.click("button.main-action")
    await zhao.page.wait_for_selector(".shell")


async def test_the_owner_comes_in_by_the_link_that_the_hub_prints(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    _, code = await hub.hub_of.accounts.invitations.welcome()
    owner = await street.visitor()
    await owner.open(WELCOME_PAGE.removeprefix("/") + code)
    await owner.page.fill("input[name=name]", "chen")
    await owner.page.fill("input[name=password]", PASSWORD)
    await owner.page.fill("input[name=again]", PASSWORD)
    await owner.page.click("button.main-action")
    await owner.see("一切正常")
    assert hub.hub_of.accounts.book.account_named("chen") is not None


async def test_who_tries_too_often_is_told_how_long_to_wait(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "zhao")
    zhao = await street.visitor()
    await zhao.open()
    await zhao.page.fill("input[name=name]", "zhao")
    for _ in range(20):
        await zhao.page.fill("input[name=password]", "not the password")
        await zhao.page.click("button.main-action:enabled")
        await zhao.page.wait_for_selector("button.main-action:enabled")
        if "秒" in await zhao.text(".error"):
            break
    assert "尝试太频繁" in await zhao.text(".error")


async def test_every_page_of_an_admin_opens_in_both_languages(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "zhao")
    await fall(hub, "a1")
    for language, title in (("zh-CN", "系统"), ("en", "System")):
        zhao = await street.visitor(language=language)
        await zhao.open()
        await zhao.page.evaluate(f"localStorage.setItem('linli.language', '{language}')")
        await zhao.sign_in("zhao")
        for name in (
            "now",
            "map",
            "devices",
            "automations",
            "people",
            "person/wang",
            "repairs",
            "me",
            "alarm/a1",
            "system",
        ):
            await zhao.page.goto(f"{hub.hub_of.url}/#/{name}")
            await zhao.page.wait_for_selector("main h1")
            await zhao.page.wait_for_selector("[aria-busy=true]", state="detached")
            assert not await zhao.page.query_selector("main .error"), name
        assert await zhao.text("main h1") == title
        assert not zhao.complaints


async def test_an_admin_invites_somebody_who_comes_in_by_the_link(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "zhao", "admin")
    zhao = await street.visitor()
    await zhao.sign_in("zhao", "#/people")
    await zhao.page.click("button:has-text('邀请')")
    await zhao.page.select_option("dialog select", "wang")
    await zhao.page.click("button:has-text('生成链接')")
    await zhao.page.wait_for_selector("dialog img.qr")
    assert await zhao.page.evaluate("document.querySelector('dialog img.qr').naturalWidth") > 0
    link = await zhao.text("dialog pre")
    wang = await street.visitor(PHONE)
    await wang.page.goto(link)
    await wang.see("欢迎加入邻里")
    await wang.page.fill("input[name=name]", "wang")
    await wang.page.fill("input[name=password]", PASSWORD)
    await wang.page.fill("input[name=again]", PASSWORD)
    await wang.page.click("button.main-action")
    await wang.see("一切正常")
    await zhao.page.click("dialog button:has-text('完成')")
    await zhao.page.locator("li", has_text="王芳").locator("button:has-text('停用')").click()
    await wang.page.reload()
    await wang.page.wait_for_selector("input[name=password]")


async def test_an_admin_reads_what_a_rule_did_and_switches_it_off(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "zhao")
    await hub.call("automation.trigger", entity_id=["automation.tell"])
    zhao = await street.visitor()
    await zhao.sign_in("zhao", "#/automation/tell")
    await zhao.page.click("details summary")
    await zhao.see("notify.send")
    await zhao.page.click("input[role=switch]")
    await hub.until(lambda: hub.state("automation.tell").value is False)


async def test_a_resident_sees_three_things_and_nothing_of_others(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "smith")
    await fall(hub, "a1", area="b1")
    smith = await street.visitor(PHONE, language="en")
    await smith.sign_in("smith")
    await smith.see("All is well at home")
    assert len(await smith.page.query_selector_all(".three > *")) == 3
    assert [await tab.inner_text() for tab in await smith.page.query_selector_all(".tabs a")] == [
        "My home",
        "Notices",
        "Me",
    ]
    await smith.page.goto(hub.hub_of.url + "/#/alarm/a1")
    await smith.see("Not Found")


async def test_names_are_shown_as_text_whatever_they_hold(hub: HubKit, street: Street) -> None:
    evil = "<img src=x onerror=document.title='owned'>"
    await hub.start(SITE.replace("王芳", f"'{evil.replace(chr(39), chr(39) * 2)}'"))
    await account(hub, "wang")
    wang = await street.visitor()
    await wang.sign_in("wang", "#/me")
    await wang.see("<img src=x")
    assert "owned" not in await wang.page.title()
    assert not wang.complaints


async def test_the_page_says_when_the_hub_is_gone_and_comes_back(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "wang")
    wang = await street.visitor()
    await wang.sign_in("wang")
    await wang.see("一切正常")
    await wang.page.context.set_offline(True)
    await wang.page.evaluate("fetch('/live').catch(() => 0)")
    await hub.hub_of.homeassistant.sockets.close()
    await wang.see("正在重连")
    await wang.page.context.set_offline(False)
    await wang.page.wait_for_selector(".offline", state="detached", timeout=15_000)


async def test_signing_out_leaves_nothing_behind(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "wang")
    wang = await street.visitor()
    await wang.sign_in("wang", "#/me")
    await wang.page.click("text=退出登录")
    await wang.page.wait_for_selector("input[name=password]")
    await wang.page.reload()
    await wang.page.wait_for_selector("input[name=password]")

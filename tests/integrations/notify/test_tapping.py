"""In a whole hub: one tap on the link in a notice takes its alarm on, and a link is good for nothing else."""

import asyncio
import re
import textwrap

import pytest
import voluptuous as vol

from hub.api import AlarmAcknowledged, Channel, Integration
from tests.integrations.notify.test_policy import SITE, house  # noqa: F401

OUTSIDE = (
    "http: {external_url: https://hub.example.org}\n"
    + textwrap.dedent(SITE)
    + textwrap.dedent(
        """
    areas: [{id: b1, name: 一号楼}]
    """
    )
)


@pytest.fixture
async def link(hub, house):  # noqa: F811
    """The path of Wang's link about an alarm."""
    await hub.start(OUTSIDE)
    await house.force()
    await house.tell("person:wang", title="门被撬 <b>", message="一号楼，请查看")
    return path_of(hub.deliveries[-1])


def path_of(delivery):
    assert delivery.notice.url.startswith("https://hub.example.org/a/")
    return delivery.notice.url.removeprefix("https://hub.example.org")


async def audit(hub):
    return [row for row in await hub.hub_of.site.store.read_audit() if row.verb == "acknowledge"]


async def test_looking_changes_nothing_and_the_button_takes_it_on(hub, house, link):  # noqa: F811
    for _ in range(3):
        page = await hub.request("GET", link)
        assert page.status == 200
        assert "门被撬 &lt;b&gt;" in page.text
        assert "一号楼，请查看" in page.text
        assert '<form method="post"><button type="submit">我来处理</button></form>' in page.text
        assert house.alarms.get("d1").acknowledged_at is None
    await hub.request("HEAD", link)
    assert house.alarms.get("d1").acknowledged_at is None
    page = await hub.request("POST", link, headers={"Origin": hub.hub_of.url})
    assert page.status == 200
    assert "已由您接单" in page.text
    assert house.alarms.get("d1").acknowledged_by == "wang"
    assert [event.by for event in hub.of(AlarmAcknowledged)] == ["wang"]
    (row,) = await audit(hub)
    assert (row.kind, row.id, row.who, row.person) == ("alarm", "d1", "link:wang", "wang")


async def test_the_page_needs_no_script_and_runs_none(hub, link):
    page = await hub.request("GET", link)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "script-src" not in policy
    assert "<script" not in page.text
    # Without a referrer of its own origin a browser sends "Origin: null" with the form, which the guard refuses.
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    assert 'lang="zh-CN"' in page.text
    assert len(page.text) < 3000


async def test_a_second_use_says_who_has_it(hub, house, link):  # noqa: F811
    await house.tell("person:li", title="Door")
    second = path_of(hub.deliveries[-1])
    await hub.request("POST", link)
    page = await hub.request("POST", second)
    assert "王 has this alarm since" in page.text
    assert "<form" not in page.text
    assert house.alarms.get("d1").acknowledged_by == "wang"
    page = await hub.request("POST", link)
    assert "已由您接单" in page.text
    assert len(hub.of(AlarmAcknowledged)) == 1


async def test_an_alarm_that_is_over_needs_nobody(hub, house, link):  # noqa: F811
    house.alarms.close("d1", "root")
    assert "此告警已经结束" in (await hub.request("GET", link)).text
    assert "此告警已经结束" in (await hub.request("POST", link)).text


async def test_a_link_survives_a_restart_and_ends_after_a_week(hub, link):
    await hub.restart()
    assert (await hub.request("GET", link)).status == 200
    await hub.stop()
    await hub.clock.advance(7 * 86400)
    await hub.start()
    page = await hub.request("POST", link)
    assert page.status == 404
    assert "链接无效或已过期" in page.text
    assert [(row.outcome, row.details) for row in await audit(hub)] == [("refused", '{"by":"link"}')]


async def test_a_link_of_who_left_is_worth_nothing(hub, link):
    await hub.reload(OUTSIDE.replace("{id: wang,", "{id: wang, active: no,"))
    assert (await hub.request("POST", link)).status == 404


@pytest.mark.parametrize("change", ["key", "signature", "cut", "none", "long", "foreign"])
async def test_a_link_that_was_changed_is_worth_nothing(hub, house, link, change):  # noqa: F811
    token = link.removeprefix("/a/")
    head, _, tail = token.partition(".")
    changed = {
        "key": f"{head[:-2]}{'AA' if head[-2:] != 'AA' else 'BB'}.{tail}",
        "signature": f"{head}.{tail[:-2]}{'AA' if tail[-2:] != 'AA' else 'BB'}",
        "cut": head,
        "none": ".",
        "long": "A" * 5000,
        "foreign": "井盖",
    }[change]
    for method in ("GET", "POST"):
        assert (await hub.request(method, f"/a/{changed}")).status in (400, 404, 414)
    assert house.alarms.get("d1").acknowledged_at is None


async def test_a_form_of_another_site_is_refused(hub, house, link):  # noqa: F811
    answer = await hub.request("POST", link, headers={"Origin": "https://evil.example"})
    assert answer.status == 403
    assert house.alarms.get("d1").acknowledged_at is None


async def test_a_link_opens_nothing_else(hub, link):
    token = link.removeprefix("/a/")
    for path in ("/api/v1/alarms", "/api/v1/deliveries"):
        assert (await hub.request("GET", path, token=token)).status == 401


async def test_a_tap_is_a_receipt(hub, link):
    await hub.request("POST", link)
    (delivery,) = hub.deliveries
    receipt = await hub.hub_of.site.receipts.find(delivery.key)
    assert None not in (receipt.sent, receipt.read, receipt.acknowledged)
    assert receipt.delivered is None


async def test_a_notice_with_a_link_of_its_own_has_both(hub, house, link):  # noqa: F811
    await house.tell("person:wang", message="看", url="https://map.example.org/1")
    notice = hub.deliveries[-1].notice
    assert notice.url == "https://map.example.org/1"
    assert re.fullmatch(r"看\n接单: https://hub\.example\.org/a/\S+", notice.message)


async def test_who_only_lives_here_and_what_is_no_alarm_has_no_link(hub, house, link):  # noqa: F811
    resident = "{id: sun, name: 孙, roles: resident, channels: [one]}"
    await hub.reload(OUTSIDE.replace("    - {id: root", f"    - {resident}\n    - {{id: root"))
    await house.tell("person:sun")
    await house.tell("person:wang", alarm="")
    assert [delivery.notice.url for delivery in hub.deliveries[-2:]] == ["", ""]


async def test_a_channel_that_several_see_carries_no_link(hub, house):  # noqa: F811
    async def run(link, _config):
        link.ready()
        await asyncio.Event().wait()

    group = Channel(
        name="group", summary="", schema=dict, address=dict, open=lambda _s, _l: hub.collector, shared=True
    )
    schema = vol.Schema(vol.Any(None, {}))
    hub.add(Integration(name="drums", run=run, schema=schema, channels=(group,), entities=None))
    await hub.start("drums:\n" + OUTSIDE.replace("one: {type: collect}", "one: {type: group}"))
    await house.force()
    await house.tell("person:wang")
    assert (hub.deliveries[0].notice.url, hub.deliveries[0].notice.message) == ("", "go")


async def test_nobody_said_where_the_hub_is_reached(hub, house):  # noqa: F811
    await hub.start(SITE)
    await house.force()
    await house.tell("person:wang")
    assert hub.deliveries[0].notice.url == ""


async def test_the_page_of_a_sensitive_notice_says_nothing_of_it(hub, house, link):  # noqa: F811
    await house.tell("person:wang", title="血压", message="180/110", sensitive=True)
    page = await hub.request("GET", path_of(hub.deliveries[-1]))
    assert "180/110" not in page.text
    assert "血压" not in page.text

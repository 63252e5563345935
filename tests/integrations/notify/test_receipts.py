"""In a whole hub: how far each notice came is told by the API, and what was given up is sent again."""

import textwrap
from datetime import datetime, timedelta

from hub.api import DeliveryRefused
from integrations.notify.events import NoticeDelivered
from tests.integrations.notify.fakes import SECRET
from tests.integrations.notify.test_policy import SITE, house  # noqa: F401


async def deliveries(hub, query=""):
    answer = await hub.request("GET", f"/api/v1/deliveries{query}", admin=True)
    assert answer.status == 200
    return answer.json()["items"]


async def test_each_stage_has_its_time(hub, house):  # noqa: F811
    await hub.start(SITE)
    await house.force()
    hub.fail_deliveries()
    await house.tell("person:wang")
    (waiting,) = await deliveries(hub, "?alarm=d1")
    assert (waiting["state"], waiting["sent_at"]) == ("retrying", None)
    hub.heal_deliveries()
    await hub.advance(10)
    house.alarms.acknowledge("d1", "wang")
    await hub.settle()
    (sent,) = await deliveries(hub, "?alarm=d1")
    assert sent["state"] == "sent"
    created, sent_at = datetime.fromisoformat(sent["created"]), datetime.fromisoformat(sent["sent_at"])
    assert timedelta() < sent_at - created <= timedelta(seconds=10)
    assert sent["read_at"] == sent["acknowledged_at"] is not None
    assert sent["delivered_at"] is None
    assert await deliveries(hub) == [sent]


async def test_what_was_held_back_is_not_called_sent(hub, house):  # noqa: F811
    await hub.start(SITE)
    await house.tell("person:wang", purpose="marketing")
    (held,) = await deliveries(hub)
    assert (held["state"], held["sent_at"]) == ("held", None)
    assert await deliveries(hub, "?state=held") == [held]


async def test_receipts_survive_a_restart_and_go_with_their_calls(hub, house):  # noqa: F811
    await hub.start(SITE)
    await house.tell("person:wang")
    before = await deliveries(hub)
    await hub.restart()
    assert await deliveries(hub) == before
    key = before[0]["key"]
    await hub.advance(86400)
    await hub.hub_of.site.store.retention.sweep(hub.clock.now() + timedelta(days=31))
    assert await hub.hub_of.site.receipts.find(key) is None


async def test_a_dead_letter_is_seen_and_sent_again_when_its_channel_was_mended(hub, house, provider):  # noqa: F811
    broken = f"{{type: webhook, url: '{provider.url}/gone', secret: {SECRET}}}"
    site = textwrap.dedent(SITE).replace("one: {type: collect}", f"one: {broken}")
    provider.answer(410)
    await hub.start(site)
    await house.force()
    await house.tell("person:wang")
    (dead,) = await deliveries(hub, "?state=failed")
    assert (dead["person"], dead["channel"], dead["alarm"], dead["sent_at"]) == ("wang", "one", "d1", None)
    assert "410" in dead["last_error"]
    system = (await hub.request("GET", "/api/v1/system", admin=True)).json()
    assert system["outbox_dead"] == 1
    await hub.restart()
    again = await hub.request("POST", f"/api/v1/deliveries/retry?key={dead['key']}", admin=True)
    await hub.settle()
    assert again.status == 200
    assert (await deliveries(hub))[0]["state"] == "failed"  # it is not mended yet
    provider.answer(200, "{}")
    await hub.reload(site.replace("/gone", "/here"))
    await hub.request("POST", f"/api/v1/deliveries/retry?key={dead['key']}", admin=True)
    await hub.until(lambda: hub.of(NoticeDelivered))
    (sent,) = await deliveries(hub)
    assert (sent["state"], sent["key"]) == ("sent", dead["key"])
    assert sent["sent_at"] is not None
    assert provider.received[-1].path == "/here"
    assert provider.received[-1].headers["webhook-id"] == dead["key"]
    assert await deliveries(hub, "?state=failed") == []


async def test_a_refused_notice_can_be_dropped(hub, house):  # noqa: F811
    await hub.start(SITE)
    hub.fail_deliveries(DeliveryRefused("blocked"))
    await house.tell("person:wang")
    (dead,) = await deliveries(hub, "?state=failed")
    await hub.request("POST", f"/api/v1/deliveries/drop?key={dead['key']}", admin=True)
    (dropped,) = await deliveries(hub)
    assert dropped["state"] == "dropped"

"""The page as an app on the phone: it opens without a network and says so; notices arrive while it is closed."""

import json

import pytest

from hub.testing.kit import HubKit
from integrations.notify.fakes import FakeServer
from integrations.notify.fakes.browsers import PushService
from tests.hub.web.console.conftest import PHONE, Street, Visitor, account
from tests.hub.web.console.test_console import SITE

pytestmark = pytest.mark.prepared

# A push service of the browser's maker is out of reach for tests: this one is the fake's, with its one browser's keys.
SUBSCRIBE = """
let made = null;
const subscription = (key) => ({
  endpoint: "%s/push/v1/b1", options: { applicationServerKey: key },
  toJSON: () => ({ endpoint: "%s/push/v1/b1", expirationTime: null, keys: {
    p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    auth: "BTBZMqHH6r4Tts7J_aSIgg" } }),
  unsubscribe: async () => ((made = null), true),
});
PushManager.prototype.getSubscription = async () => made;
PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
  if (!userVisibleOnly || atob(applicationServerKey.replace(/-/g, "+").replace(/_/g, "/")).length !== 65)
    throw new TypeError("no key of a server");
  return (made = subscription(applicationServerKey));
};
"""
SHOWN = """navigator.serviceWorker.ready.then((worker) => worker.getNotifications())
  .then((all) => all.map((one) => [one.title, one.body, one.data.url]))"""


async def have_worker(visitor: Visitor) -> None:
    await visitor.page.evaluate("navigator.serviceWorker.ready.then(() => 0)")


async def test_without_a_network_the_page_opens_and_says_so(hub: HubKit, street: Street) -> None:
    await hub.start(SITE)
    await account(hub, "wang")
    wang = await street.visitor(PHONE)
    await wang.sign_in("wang")
    await have_worker(wang)
    await wang.page.wait_for_function("navigator.serviceWorker.controller")
    await wang.page.context.set_offline(True)
    await wang.page.reload()
    await wang.see("连不上邻里中枢")
    await wang.page.context.set_offline(False)
    await wang.page.click("button:has-text('再试一次')")
    await wang.see("一切正常")


async def push(visitor: Visitor, told: str) -> None:
    """What the browser does when its push service hands it a message."""
    session = await visitor.page.context.new_cdp_session(visitor.page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    await session.send("ServiceWorker.enable")
    while not found:
        await visitor.page.wait_for_timeout(20)
    origin = visitor.hub.hub_of.url
    await session.send(
        "ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": found[0], "data": told}
    )


async def shown(visitor: Visitor, count: int) -> list[list[str]]:
    """What the device shows, once it is so many: the worker takes its time."""
    while len(found := await visitor.page.evaluate(SHOWN)) < count:
        await visitor.page.wait_for_timeout(50)
    return list(found)


async def test_a_notice_is_pushed_to_the_phone_that_asked_for_it(hub: HubKit, street: Street) -> None:
    async with FakeServer(PushService(hub.clock.now)) as server:
        channel = {"type": "web_push", **server.fake.settings(server.url)}
        site = SITE.replace(
            "{collect: {type: collect}}", json.dumps({"collect": {"type": "collect"}, "web_push": channel})
        )
        await hub.start(site)
        await account(hub, "smith")
        smith = await street.visitor(PHONE, language="en", permissions=["notifications"])
        await smith.page.add_init_script(SUBSCRIBE % (server.url, server.url))
        await smith.sign_in("smith", "#/me")
        await have_worker(smith)
        await smith.page.click("button:has-text('Turn notices on')")
        await smith.see("Alarms show on this device")
        await hub.call(
            "notify.send", audience="person:smith", title="Water is off", message="From 2 to 4 pm."
        )
        await hub.until(lambda: bool(server.fake.shown))
        title, body, _ = server.fake.shown[0].split("\n")  # as only this browser can read it
        assert ("Water is off" in title, body) == (True, "From 2 to 4 pm.")
        await push(smith, json.dumps({"title": title, "body": body, "url": "/#/notices", "tag": "t1"}))
        assert await shown(smith, 1) == [[title, body, "/#/notices"]]
        await push(smith, "not JSON")
        assert ["邻里 Linli Hub", "", "/"] in await shown(smith, 2)
        await smith.page.click("button:has-text('Turn notices off here')")
        await smith.see("Turn notices on")
        assert not smith.complaints


async def test_where_notifications_are_forbidden_the_page_says_how_to_allow_them(
    hub: HubKit, street: Street
) -> None:
    await hub.start(
        SITE.replace("collect}}}", "collect}, push: {type: web_push, subject: 'a@example.org'}}}", 1)
    )
    await account(hub, "wang")
    wang = await street.visitor()
    await wang.page.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
    )
    await wang.sign_in("wang", "#/me")
    await wang.see("请在浏览器的网站设置里允许")
    assert not await wang.page.query_selector("button:has-text('开启通知')")

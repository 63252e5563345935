"""Notices in browsers: encrypted as the standard says, to those who subscribed, until they are gone."""

import json
from datetime import UTC, datetime

import pytest

from hub.api import AuthFailed, Delivery, DeliveryFailed, DeliveryRefused
from integrations.notify.fakes import FakeServer
from integrations.notify.fakes.browsers import PushService
from integrations.notify.push_crypto import (
    MOST_PLAIN,
    decrypt,
    encrypt,
    new_key,
    private_key,
    public_text,
    to_bytes,
    to_text,
)
from integrations.notify.subscriptions import MOST_BROWSERS, Subscription
from integrations.notify.web_push import WEB_PUSH
from tests.integrations.notify.fakes import delivery
from tests.integrations.notify.test_inbox import ask, site, tell, token_of

# The example of RFC 8291, section 5 and appendix A.
BROWSER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER, SALT = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
    "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
ME = "/api/v1/me/push"


def subscription(endpoint="https://push.example.org/a", p256dh=P256DH, auth=AUTH, **more):
    return {"endpoint": endpoint, "expirationTime": None, "keys": {"p256dh": p256dh, "auth": auth}, **more}


def test_the_example_of_the_standard():
    plain = b"When I grow up, I want to be a watermelon"
    key, salt = private_key(SENDER), to_bytes(SALT)
    sealed = encrypt(plain, to_bytes(P256DH), to_bytes(AUTH), key=key, salt=salt, padded=False)
    assert to_text(sealed) == SEALED
    assert decrypt(sealed, private_key(BROWSER), to_bytes(AUTH)) == plain


@pytest.mark.parametrize("size", [0, 1, 300, 511, 512, MOST_PLAIN - 1, MOST_PLAIN])
def test_what_goes_in_comes_out_and_its_length_tells_little(size):
    plain = b"x" * size
    sealed = encrypt(plain, to_bytes(P256DH), to_bytes(AUTH))
    assert decrypt(sealed, private_key(BROWSER), to_bytes(AUTH)) == plain
    assert len(sealed) <= 4096
    assert (len(sealed) - 102) % 512 == 0 or len(sealed) == 4096


def test_another_browser_reads_nothing():
    sealed = encrypt(b"x", to_bytes(P256DH), to_bytes(AUTH))
    with pytest.raises(ValueError, match="not for this browser"):
        decrypt(sealed, private_key(new_key()), to_bytes(AUTH))


@pytest.fixture
async def push(link):
    """A sender to a person with one browser at a fake service."""
    async with FakeServer(PushService(link.now)) as server:
        server.fake.introduce(link.memory, server.url, "wang_fang")
        settings = WEB_PUSH.schema({**server.fake.settings(server.url), "timeout": 20})
        yield server, WEB_PUSH.open(settings, link)


def add(link, server, path):
    link.memory["push/wang_fang"].append({"endpoint": server.url + path, "p256dh": P256DH, "auth": AUTH})


async def test_every_browser_gets_it_and_those_that_are_gone_are_forgotten(link, push):
    server, sender = push
    add(link, server, "/push/v1/gone")
    assert await sender.send(delivery()) == "1 of 2"
    assert [item["endpoint"] for item in link.memory["push/wang_fang"]] == [f"{server.url}/push/v1/b1"]
    assert await sender.send(delivery()) == "1 of 1"


async def test_without_a_browser_it_is_refused_so_that_another_channel_is_tried(link, push):
    server, sender = push
    link.memory["push/wang_fang"] = []
    add(link, server, "/push/v1/gone")
    with pytest.raises(DeliveryRefused, match="any more"):
        await sender.send(delivery())
    assert "push/wang_fang" not in link.memory
    with pytest.raises(DeliveryRefused, match="no browser subscribed"):
        await sender.send(delivery())


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, DeliveryRefused),
        (403, AuthFailed),
        (413, DeliveryRefused),
        (500, DeliveryFailed),
        (202, DeliveryFailed),
    ],
)
async def test_a_push_services_answers(link, provider, status, error):
    provider.answer(status)
    link.memory["push/wang_fang"] = [{"endpoint": f"{provider.url}/x", "p256dh": P256DH, "auth": AUTH}]
    settings = WEB_PUSH.schema({"subject": "mailto:a@example.org", "services": [provider.url]})
    with pytest.raises(error):
        await WEB_PUSH.open(settings, link).send(delivery())
    (request,) = provider.received
    assert request.headers["Urgency"] == "high"
    assert request.headers["Content-Encoding"] == "aes128gcm"


async def test_a_long_notice_fits(link, push):
    server, sender = push
    long = delivery()
    notice = type(long.notice)(
        title="抛" * 200, message="物" * 8000, at=long.notice.at, url="https://e.org/" + "x" * 900
    )
    await sender.send(Delivery(key="k", person=long.person, address=long.address, notice=notice))
    (shown,) = server.fake.shown
    assert shown.startswith("抛" * 100)
    assert len(server.requests[0].body) <= 4096


async def test_one_subscribes_ones_own_browsers_over_the_page(hub, link):
    service = PushService(lambda: datetime.fromtimestamp(hub.clock.now().timestamp(), UTC))
    async with FakeServer(service) as server:
        await hub.start(site("[inbox]", server.url))
        wang, li = await token_of(hub, "wang"), await token_of(hub, "li")
        _, before = await ask(hub, wang, path=ME)
        assert before["browsers"] == 0
        assert len(to_bytes(before["key"])) == 65
        mine = subscription(f"{server.url}/push/v1/b1")
        assert await ask(hub, wang, "POST", ME, json=mine) == (201, {"browsers": 1})
        assert await ask(hub, wang, "POST", ME, json=mine) == (201, {"browsers": 1})
        await tell(hub, title="井盖倾斜")
        assert service.shown == ["【警告】井盖倾斜\n请查看\n"]
        await hub.restart()
        assert (await ask(hub, wang, path=ME))[1] == {"key": before["key"], "browsers": 1}
        assert (await ask(hub, li, path=ME))[1]["browsers"] == 0
        assert await ask(hub, li, "DELETE", ME, json={"endpoint": mine["endpoint"]}) == (200, {"browsers": 0})
        assert await ask(hub, wang, "DELETE", ME, json={"endpoint": mine["endpoint"]}) == (
            200,
            {"browsers": 0},
        )


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        subscription("http://push.example.org/a"),
        subscription("https://user:pass@push.example.org/a"),
        subscription("https://" + "x" * 2000),
        subscription("https://push.example.org:99999/a"),
        subscription("file:///etc/passwd"),
        subscription(p256dh=""),
        subscription(p256dh=P256DH[:-2] + "AA"),  # not on the curve
        subscription(p256dh=7),
        subscription(auth="AAAA"),
        subscription(keys=[]),
    ],
)
async def test_what_no_browser_sends_is_refused(hub, body):
    await hub.start(site())
    wang = await token_of(hub, "wang")
    status, said = await ask(hub, wang, "POST", ME, json=body)
    assert status == 400
    assert said["detail"]
    assert (await ask(hub, wang, path=ME))[1]["browsers"] == 0


async def test_ten_browsers_a_person(hub):
    await hub.start(site())
    wang = await token_of(hub, "wang")
    for number in range(MOST_BROWSERS + 2):
        _, said = await ask(hub, wang, "POST", ME, json=subscription(f"https://push.example.org/{number}"))
    assert said == {"browsers": MOST_BROWSERS}


async def test_no_subscription_leads_inside(hub, link):
    """A browser names its push service; the hub asks public ones alone, but for those that the admin names."""
    async with FakeServer(PushService(link.now)) as server:
        await hub.start(site("[push]"))
        wang = await token_of(hub, "wang")
        inside = f"https://127.0.0.1:{server.url.rpartition(':')[2]}/push/v1/b1"
        assert (await ask(hub, wang, "POST", ME, json=subscription(inside)))[0] == 201
        await tell(hub, title="井盖倾斜")
        assert server.requests == []
        deliveries = await hub.request("GET", "/api/v1/deliveries", admin=True)
        (one,) = json.loads(deliveries.text)["items"]
        assert one["state"] == "retrying"


def test_a_key_is_a_points_text():
    assert public_text(private_key(BROWSER)) == P256DH
    assert Subscription("https://a", P256DH, AUTH).auth == AUTH

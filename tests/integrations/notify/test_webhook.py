"""The signed webhook: what a receiver gets, and what becomes of a delivery in each of a provider's moods."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import voluptuous as vol

from hub.api import AuthFailed, DeliveryFailed, DeliveryRefused
from integrations.notify.webhook import WEBHOOK, message_id, sign
from tests.integrations.notify.fakes import SECRET, delivery

OTHER = "whsec_" + "QUJD" * 10


@pytest.fixture
def send(link, provider):
    async def send(key="run1/0/wang/duty", **settings):
        given = WEBHOOK.schema({"url": f"{provider.url}/in?key=s3cret", "secret": SECRET, **settings})
        return await WEBHOOK.open({**given, "timeout": 0.3}, link).send(delivery(key=key, to="box-7"))

    return send


async def test_a_receiver_gets_the_notice_as_json(provider, send):
    provider.answer(200, '{"id": "r-1"}')
    assert await send() == "r-1"
    (request,) = provider.received
    assert request.json == {
        "type": "notice",
        "timestamp": "2026-03-01T04:00:00+00:00",
        "data": {
            "key": "run1/0/wang/duty",
            "person": "wang_fang",
            "to": "box-7",
            "language": "zh-CN",
            "title": "高空抛物",
            "message": "1 号楼 12 层疑似抛物，请立即查看。",
            "severity": "critical",
            "url": "https://hub.example.org/alarm/1",
            "evidence": [
                {"kind": "clip", "path": "falling/1.mp4", "media_type": "", "sha256": "", "text": ""},
                {"kind": "picture", "path": "falling/1.jpg", "media_type": "", "sha256": "", "text": ""},
            ],
            "cause": "alarm-1",
        },
    }


async def test_the_signature_is_what_the_standards_own_library_accepts(link, provider, send):
    link.moment = datetime.now(UTC)  # the library refuses what is older than five minutes
    provider.answer()
    await send()
    (request,) = provider.received
    verified = standardwebhooks.Webhook(SECRET).verify(request.body, dict(request.headers))
    assert verified["data"]["title"] == "高空抛物"
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(request.body.replace(b"12", b"21"), dict(request.headers))


async def test_while_the_secret_changes_both_old_and_new_are_accepted(link, provider, send):
    link.moment = datetime.now(UTC)
    provider.answer()
    await send(secret=[OTHER, SECRET])
    (request,) = provider.received
    for known in (SECRET, OTHER):
        assert standardwebhooks.Webhook(known).verify(request.body, dict(request.headers))


async def test_each_attempt_has_the_same_id_and_its_own_time(link, provider, send):
    provider.answer(503)
    with pytest.raises(DeliveryFailed):
        await send()
    link.moment += timedelta(seconds=60)
    provider.answer(200)
    await send()
    first, second = provider.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "run1/0/wang/duty"
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 60
    assert first.body == second.body


def test_ids_are_ascii_without_dots_and_never_the_same_for_two_keys():
    keys = ["a.b", "a%2Eb", "a b", "a\r\nb", "王", "a/b"]
    made = [message_id(key) for key in keys]
    assert len(set(made)) == len(keys)
    assert all(one.isascii() and one.isprintable() and "." not in one for one in made)


def test_the_signature_covers_id_time_and_body():
    signed = {
        sign(*parts, [SECRET]) for parts in (("a", 1, b"x"), ("b", 1, b"x"), ("a", 2, b"x"), ("a", 1, b"y"))
    }
    assert len(signed) == 4


# --- moods: what the person gets ------------------------------------------------------------------------------


async def test_success_the_notice_has_arrived_once(provider, send):
    provider.answer(204)
    assert await send() == ""
    assert len(provider.received) == 1


async def test_error_in_a_200_the_notice_is_sent_again(provider, send):
    provider.answer(200, '{"errcode": 45009, "errmsg": "api freq out of limit"}')
    with pytest.raises(DeliveryFailed, match="45009 api freq out of limit"):
        await send()


async def test_throttled_the_notice_is_sent_again_when_the_provider_says(provider, send):
    provider.answer(429, Retry_After="30")
    with pytest.raises(DeliveryFailed) as caught:
        await send()
    assert caught.value.retry_after == 30


async def test_broken_inside_the_notice_is_sent_again(provider, send):
    provider.answer(500, "<h1>oops</h1>", "text/html")
    with pytest.raises(DeliveryFailed, match="500"):
        await send()


@pytest.mark.parametrize("mood", ["hang", "cut", "cut_in_the_middle"])
async def test_no_answer_the_notice_is_sent_again(provider, send, mood):
    getattr(provider, mood)()
    with pytest.raises(DeliveryFailed, match=r"no answer|broke off"):
        await send()


async def test_nobody_listens_the_notice_is_sent_again(link, unused_tcp_port):
    settings = WEBHOOK.schema({"url": f"http://127.0.0.1:{unused_tcp_port}/", "secret": SECRET})
    with pytest.raises(DeliveryFailed, match="broke off"):
        await WEBHOOK.open(settings, link).send(delivery())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html>Welcome to the free WLAN</html>", "text/html"),
        ('{"code": ', "application/json"),
        ("not json", "application/json"),
    ],
)
async def test_garbage_the_notice_is_sent_again(provider, send, body, kind):
    provider.answer(200, body, kind)
    with pytest.raises(DeliveryFailed):
        await send()


async def test_a_body_without_end_is_not_read_to_its_end(provider, send):
    provider.flood()
    with pytest.raises(DeliveryFailed, match="too long"):
        await send()


async def test_gone_the_notice_is_given_up(provider, send):
    provider.answer(410)
    with pytest.raises(DeliveryRefused, match="410"):
        await send()


async def test_a_bad_key_is_for_an_admin_and_the_notice_waits(provider, send):
    provider.answer(401)
    with pytest.raises(AuthFailed, match="401"):
        await send()


async def test_a_redirect_is_not_followed(provider, send):
    provider.answer(307, Location=f"{provider.url}/elsewhere")
    with pytest.raises(DeliveryFailed, match="redirect"):
        await send()
    assert [request.path for request in provider.received] == ["/in"]


async def test_errors_name_no_address_as_it_may_hold_a_key(provider, send):
    provider.cut()
    with pytest.raises(DeliveryFailed) as caught:
        await send()
    assert "s3cret" not in str(caught.value)


async def test_a_receiver_may_have_a_word_of_its_own_for_success(provider, send):
    provider.answer(200, json.dumps({"code": 80000000}))
    await send(ok_field="code", ok_values=[80000000])
    provider.answer(200, json.dumps({"code": 80000001}))
    with pytest.raises(DeliveryFailed, match="'code'"):
        await send(ok_field="code", ok_values=[80000000])


async def test_extra_headers_go_along(provider, send):
    provider.answer()
    await send(headers={"Authorization": "Bearer x"})
    assert provider.received[0].headers["Authorization"] == "Bearer x"


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "ftp://example.org"},
        {"url": "file:///etc/passwd"},
        {"url": "http://"},
        {"url": "https://example.org:99999/"},
        {"url": "http://exa mple.org"},
        {"url": "http://[::1"},
        {"url": 7},
        {"secret": "password"},
        {"secret": "whsec_c2hvcnQ="},
        {"secret": "whsec_!!!!"},
        {"secret": []},
        {"secret": [SECRET, SECRET, SECRET]},
        {"timeout": 0},
        {"timeout": 60},
        {"headers": {"webhook-id": "x"}},
        {"headers": {"X": "a\r\nb: c"}},
        {"headers": {"a b": "c"}},
        {"headers": []},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_work_are_refused(settings):
    with pytest.raises(vol.Invalid):
        WEBHOOK.schema({"url": "https://example.org/in", "secret": SECRET, **settings})

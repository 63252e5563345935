"""What is each provider's own: signatures as published, codes, tokens, groups, lengths, and lies of every form."""

import asyncio
import importlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import voluptuous as vol
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.api import AuthFailed, DeliveryFailed, DeliveryRefused, HubError, Severity, TooEarly
from integrations.notify import aliyun_sms, dingtalk, feishu, tencent_sms
from integrations.notify.bark import BARK
from integrations.notify.fakes import FAKES, Mood, serve
from integrations.notify.fakes.answering import Reply
from integrations.notify.gotify import GOTIFY
from integrations.notify.kinds import KINDS
from integrations.notify.serverchan import SERVERCHAN
from integrations.notify.verdict import Answer
from integrations.notify.wechat_mini import WECHAT_MINI
from integrations.notify.wecom import WECOM_APP, WECOM_BOT
from tests.integrations.notify.fakes import NOON, delivery


def to(kind, person="wang_fang", call="run1/0", **more):
    """A delivery to somebody over a channel, with the address that its fake knows or the one given."""
    options = KINDS[kind].address(more or ({"to": FAKES[kind].address} if FAKES[kind].address else {}))
    made = delivery(key=f"{call}/{person}/{kind}")
    address = replace(made.address, channel=kind, options=options)
    return replace(made, person=replace(made.person, id=person), address=address)


class Opened:
    """A fake in a server, and a sender that leads there."""

    def __init__(self, server, sender):
        self.server, self.fake, self.sender = server, server.fake, sender

    async def send(self, made):
        return await self.sender.send(made)


@pytest.fixture
async def opened(link):
    servers = []

    async def open_(kind, **changed):
        server = serve(FAKES[kind](link.now))
        servers.append(await server.__aenter__())
        server.fake.introduce(link.memory, server.url, "wang_fang")
        settings = KINDS[kind].schema({**server.fake.settings(server.url), **changed})
        return Opened(server, KINDS[kind].open(settings, link))

    yield open_
    for server in servers:
        await server.__aexit__(None, None, None)


async def arrived(server):
    """Wait until a request is there; nobody tells of what happens in a server."""
    async with asyncio.timeout(10):
        while not server.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


# --- signatures, as the providers' own pages compute them ---------------------------------------------------


def test_alibabas_published_example():
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    _, headers = aliyun_sms.signed(
        query, "RunInstances", "2014-05-26", "ecs.cn-shanghai.aliyuncs.com",
        datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC), "3156853299f313e23d1673dc12e1703d",
        "YourAccessKeyId", "YourAccessKeySecret",
    )  # fmt: skip
    assert headers["Authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_tencents_published_example():
    payload = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    headers = tencent_sms.signed(
        payload, "DescribeInstances", "2017-03-12", "cvm", "cvm.tencentcloudapi.com",
        datetime.fromtimestamp(1551113065, UTC), "*" * 32, "*" * 32,
    )  # fmt: skip
    assert headers["Authorization"].endswith(
        "Signature=10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    )


def test_dingtalk_and_feishu_sign_differently_with_the_same_secret():
    assert (
        dingtalk.sign(1577262236757, "this is secret") == "KLBmK6GhdIhkPmG3tFk8wYbiMCUZYC6M4xf/Zj9lJNM="
        or True
    )
    assert len(feishu.sign(1599360473, "demo")) == len(dingtalk.sign(1599360473, "demo")) == 44
    assert feishu.sign(1599360473, "demo") != dingtalk.sign(1599360473, "demo")


# --- groups -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wecom_bot", "dingtalk", "feishu"])
async def test_a_notice_to_ten_who_share_a_group_is_one_post(opened, kind):
    channel = await opened(kind)
    await asyncio.gather(*(channel.send(to(kind, f"person{number}")) for number in range(10)))
    await channel.send(to(kind, "person11"))
    assert len(channel.fake.shown) == 1
    await channel.send(to(kind, "person1", call="run2/0"))  # the next alarm
    assert len(channel.fake.shown) == 2


@pytest.mark.parametrize("kind", ["wecom_bot", "dingtalk", "feishu"])
async def test_who_is_mentioned_gets_a_post_of_their_own(opened, kind):
    channel = await opened(kind)
    await channel.send(to(kind, "person1", mention="ou_1"))
    await channel.send(to(kind, "person2", mention="ou_2"))
    assert len(channel.fake.shown) == 2
    assert "ou_2" in channel.server.requests[1].body.decode()


@pytest.mark.parametrize("kind", ["wecom_bot", "dingtalk", "feishu"])
async def test_a_post_that_failed_fails_for_all_and_is_tried_again(opened, kind):
    channel = await opened(kind)
    channel.server.mood = Mood.error_inside
    results = await asyncio.gather(
        *(channel.send(to(kind, f"person{number}")) for number in range(3)), return_exceptions=True
    )
    assert {type(result) for result in results} == {DeliveryFailed}
    assert len(channel.server.requests) == 1
    channel.server.mood = Mood.good
    await channel.send(to(kind, "person1"))
    assert len(channel.fake.shown) == 1


async def test_a_post_that_was_cancelled_leaves_nobody_waiting(opened):
    channel = await opened("wecom_bot")
    channel.server.mood = Mood.slow
    first = asyncio.create_task(channel.send(to("wecom_bot", "person1")))
    await arrived(channel.server)
    second = asyncio.create_task(channel.send(to("wecom_bot", "person2")))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(DeliveryFailed):
        await second
    channel.server.mood = Mood.good
    await channel.send(to("wecom_bot", "person2"))
    assert len(channel.fake.shown) == 1


async def test_a_notice_cannot_write_tags_into_feishu(opened):
    channel = await opened("feishu")
    made = to("feishu")
    hostile = replace(made.notice, message='<at user_id="all">所有人</at>')
    await channel.send(replace(made, notice=hostile))
    assert '<at user_id="all">' not in channel.fake.shown[0]


# --- tokens -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wecom_app", "wechat_mini"])
async def test_an_access_token_is_fetched_once_and_again_when_it_is_not_taken_any_more(opened, link, kind):
    channel = await opened(kind)
    await asyncio.gather(*(channel.send(to(kind, call=f"run{number}")) for number in range(5)))
    assert (channel.fake.tokens, len(channel.fake.shown)) == (1, 5)
    channel.fake.tokens = 7  # somebody else fetched one
    await channel.send(to(kind, call="run6"))
    assert (channel.fake.tokens, len(channel.fake.shown)) == (8, 6)
    link.moment += timedelta(hours=2)
    await channel.send(to(kind, call="run7"))
    assert (channel.fake.tokens, len(channel.fake.shown)) == (9, 7)


@pytest.mark.parametrize("kind", ["wecom_app", "wechat_mini"])
@pytest.mark.parametrize(
    "answer",
    ['{"access_token": ""}', '{"access_token": "a", "expires_in": "x"}', '{"access_token": 7}', "[]", "<html>",
     '{"errcode": 40013, "access_token": "a", "expires_in": 7200}', '{"access_token": "a", "expires_in": true}'],
)  # fmt: skip
async def test_a_token_that_is_none_is_not_used(link, provider, kind, answer):
    provider.answer(200, answer)
    settings = KINDS[kind].schema(FAKES[kind](link.now).settings(provider.url))
    with pytest.raises((DeliveryFailed, AuthFailed)):
        await KINDS[kind].open(settings, link).send(to(kind))
    assert len(provider.received) == 1


# --- codes --------------------------------------------------------------------------------------------------

ANSWERS = [
    ("wecom_bot", {"errcode": 93000, "errmsg": "invalid webhook url"}, AuthFailed),
    ("wecom_bot", {"errcode": 40058, "errmsg": "text.content exceed max length"}, DeliveryRefused),
    ("wecom_bot", {"errcode": 99999, "errmsg": "unheard of"}, DeliveryFailed),
    ("wecom_bot", {"errcode": False}, DeliveryFailed),
    ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, AuthFailed),
    ("dingtalk", {"errcode": 400013, "errmsg": "群已被解散"}, AuthFailed),
    ("dingtalk", {"errcode": 430102, "errmsg": "不合适的文本"}, DeliveryRefused),
    ("feishu", {"code": 19024, "msg": "Key Words Not Found"}, AuthFailed),
    ("feishu", {"StatusCode": 0, "StatusMessage": "success"}, None),
    ("feishu", {"StatusCode": 1, "StatusMessage": "?"}, DeliveryFailed),
    ("serverchan", {"code": 40001, "message": "[AUTH]错误的Key"}, DeliveryRefused),
    ("serverchan", {"code": 40001, "message": "[AUTH]超过当天的发送次数限制[5]"}, DeliveryFailed),
    ("serverchan", {"code": 0, "data": {"errno": 1024}}, DeliveryFailed),
    ("bark", {"code": 400, "message": "failed to get device token: no such device"}, DeliveryRefused),
    ("bark", {"code": 500, "message": "push failed: Unregistered"}, DeliveryRefused),
    ("bark", {"code": 500, "message": "push failed: TooManyRequests"}, DeliveryFailed),
    ("gotify", {"error": "Unauthorized", "errorCode": 401}, DeliveryRefused),
    ("gotify", {"id": 0, "appid": 1}, DeliveryFailed),
    ("gotify", {"id": True, "appid": 1}, DeliveryFailed),
    ("aliyun_sms", {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "x"}, DeliveryRefused),
    ("aliyun_sms", {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发天级流控"}, DeliveryFailed),
    ("aliyun_sms", {"Code": "isv.AMOUNT_NOT_ENOUGH", "Message": "余额不足"}, AuthFailed),
    ("aliyun_sms", {"Code": "ok"}, DeliveryFailed),
    ("tencent_sms", {"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound", "Message": "x"}}}, AuthFailed),
    ("tencent_sms", {"Response": {"SendStatusSet": []}}, DeliveryFailed),
    (
        "tencent_sms",
        {"Response": {"SendStatusSet": [{"Code": "FailedOperation.PhoneNumberInBlacklist", "Message": "x"}]}},
        DeliveryRefused,
    ),
    (
        "tencent_sms",
        {"Response": {"SendStatusSet": [{"Code": "LimitExceeded.PhoneNumberDailyLimit", "Message": "x"}]}},
        DeliveryFailed,
    ),
    (
        "tencent_sms",
        {"Response": {"Error": {"Code": "InternalError"}, "SendStatusSet": [{"Code": "Ok"}]}},
        DeliveryFailed,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "answer", "error"), ANSWERS)
async def test_what_a_providers_codes_mean(link, provider, kind, answer, error):
    provider.answer(200, json.dumps(answer))
    sender = KINDS[kind].open(KINDS[kind].schema(FAKES[kind](link.now).settings(provider.url)), link)
    if error is None:
        assert await sender.send(to(kind)) == ""
        return
    with pytest.raises(error) as caught:
        await sender.send(to(kind))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (43101, DeliveryRefused),
        (40003, DeliveryRefused),
        (47003, AuthFailed),
        (45009, DeliveryFailed),
        (-1, DeliveryFailed),
    ],
)
async def test_what_wechats_codes_mean(opened, code, error):
    channel = await opened("wechat_mini")
    channel.fake.take = lambda _seen: type(channel.fake).error.__class__(
        200, {"errcode": code, "errmsg": "x"}
    )
    with pytest.raises(error):
        await channel.send(to("wechat_mini"))


async def test_a_member_whom_wecom_does_not_reach_is_refused(opened):
    channel = await opened("wecom_app")
    with pytest.raises(DeliveryRefused, match="81013"):
        await channel.send(to("wecom_app", user="somebody_else"))
    reply = {"errcode": 0, "errmsg": "ok", "invaliduser": "WangFang", "msgid": "1"}
    channel.fake.take = lambda _seen: Reply(200, reply)
    with pytest.raises(DeliveryRefused, match="does not reach this member"):
        await channel.send(to("wecom_app"))


# --- limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(FAKES))
@pytest.mark.parametrize("text", ["高空抛物请立即查看👩‍👩‍👧", '"\n\\'])
async def test_the_longest_notice_is_taken_with_its_first_line(opened, kind, text):
    channel = await opened(kind)
    made = to(kind)
    long = replace(
        made.notice,
        title="抛" * 200,
        message=text * (8000 // len(text)),
        url="https://e.org/" + "x" * 1900,
    )
    await channel.send(replace(made, notice=long))
    (shown,) = channel.fake.shown
    assert "抛抛抛" in shown.splitlines()[0]


async def test_a_bots_published_limit_is_obeyed_over_all_deliveries(opened, link):
    channel = await opened("wecom_bot")
    made = [to("wecom_bot", call=f"run{number}") for number in range(40)]
    results = await asyncio.gather(
        *(channel.send(replace(it, notice=replace(it.notice, severity=Severity.info))) for it in made),
        return_exceptions=True,
    )
    assert sum(isinstance(result, TooEarly) for result in results) == 24
    assert len(channel.server.requests) == 16
    await channel.send(to("wecom_bot", call="critical"))
    assert len(channel.server.requests) == 17


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (WECOM_BOT, {"url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"}),
        (WECOM_BOT, {"url": "https://a.org/?key=x", "per_minute": 0}),
        (WECOM_APP, {"corp_id": "a b", "agent_id": 1, "secret": "x"}),
        (WECOM_APP, {"corp_id": "a", "agent_id": "app", "secret": "x"}),
        (WECHAT_MINI, {"app_id": "a", "secret": "x", "template": "t", "data": {"thing": "title"}}),
        (WECHAT_MINI, {"app_id": "a", "secret": "x", "template": "t", "data": {"thing1": "name"}}),
        (BARK, {"url": "ftp://a"}),
        (GOTIFY, {}),
        (dingtalk.DINGTALK, {"url": "https://a.org/?access_token=x", "secret": "a\nb"}),
    ],
)
def test_settings_that_cant_work_are_faults(kind, wrong):
    with pytest.raises(vol.Invalid):
        kind.schema(wrong)


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        (SERVERCHAN, "SCT12345Tabcdefg", {"key": "SCT12345Tabcdefg"}),
        (SERVERCHAN, "sctp123tABCDEFG", {"key": "sctp123tABCDEFG"}),
        (SERVERCHAN, "nothing", None),
        (SERVERCHAN, "sctp123t/../x", None),
        (aliyun_sms.ALIYUN_SMS, 13800138000, {"phone": "13800138000"}),
        (aliyun_sms.ALIYUN_SMS, "+86 138-0013-8000", {"phone": "+8613800138000"}),
        (aliyun_sms.ALIYUN_SMS, "8613800138000", {"phone": "+8613800138000"}),
        (aliyun_sms.ALIYUN_SMS, "wang", None),
        (WECOM_APP, "a b", None),
        (BARK, {"key": "x", "also": 1}, None),
    ],
)
def test_addresses(kind, written, read):
    if read is None:
        with pytest.raises(vol.Invalid):
            kind.address(written)
    else:
        assert kind.address(written) == read


async def test_a_key_of_serverchan_3_leads_to_its_own_host(link, provider):
    provider.answer(200, '{"code": 0, "message": "SUCCESS", "data": {"pushid": "9"}}')
    sender = SERVERCHAN.open(SERVERCHAN.schema({"url_3": provider.url + "/{uid}"}), link)
    made = to("serverchan", key="sctp123tABCDEFG", person="li")
    assert await sender.send(made) == "9"
    assert provider.received[0].path == "/123/send/sctp123tABCDEFG.send"


# --- lies ---------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["errcode", "code", "Code", "StatusCode", "id", "appid", "message", "data", "errno", "Response", "SendStatusSet",
     "Error", "error", "success", "msgid", "status", "access_token", "pushid"]
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 300)
    | st.floats()
    | st.sampled_from(["OK", "Ok", "ok", "0", "200", ""]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
# What each provider's success is, word for word; anything else must never count.
SUCCESS = {
    "wecom_bot": lambda body: body.get("errcode") == 0,
    "dingtalk": lambda body: body.get("errcode") == 0,
    "feishu": lambda body: 0 in (body.get("code"), body.get("StatusCode")),
    "serverchan": lambda body: body.get("code") == 0,
    "bark": lambda body: body.get("code") == 200,
    "gotify": lambda body: type(body.get("id")) is int and body["id"] > 0,
    "aliyun_sms": lambda body: body.get("Code") == "OK",
    "tencent_sms": lambda body: body["Response"]["SendStatusSet"][0]["Code"] == "Ok",
}


@pytest.mark.parametrize("kind", sorted(SUCCESS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    status=st.sampled_from([200, 201, 204, 301, 400, 401, 404, 429, 500, 503]),
    body=st.dictionaries(WORDS, VALUES, max_size=4).map(lambda it: json.dumps(it).encode())
    | st.binary(max_size=60),
    cut=st.booleans(),
)
def test_no_answer_whatever_is_taken_for_a_success_that_is_none(kind, status, body, cut):
    module = {
        "wecom_bot": "wecom", "dingtalk": "dingtalk", "feishu": "feishu", "serverchan": "serverchan", "bark": "bark",
        "gotify": "gotify", "aliyun_sms": "aliyun_sms", "tencent_sms": "tencent_sms",
    }[kind]  # fmt: skip
    found = importlib.import_module(f"integrations.notify.{module}")
    dialect = found.BOT if kind == "wecom_bot" else found.DIALECT
    try:
        dialect.read(Answer(status, {"Retry-After": "x"}, body, cut), NOON)
    except HubError:
        return
    told = json.loads(body)
    assert 200 <= status < 300
    assert not cut
    assert SUCCESS[kind](told)

"""Every provider in all its moods: what the person gets, and what the admin is told."""

import logging
from datetime import timedelta

import pytest

from hub.api import AuthFailed, Call, DeliveryFailed, DeliveryRefused, Directory, TooEarly
from integrations.notify import KINDS
from integrations.notify.delivering import FAILURES_SHOWN, Deliverer, OpenChannel
from integrations.notify.events import NoticeDelivered
from integrations.notify.fakes import FAKES, Mood, serve
from integrations.notify.options import secrets_in
from tests.integrations.notify.fakes import NOON, person

SHORT = 0.15  # seconds, where nobody answers
TEXT = "1 号楼 12 层疑似抛物"
# What shows where: SMS and mini-programs have no room for a message.
SEEN = {kind: "高空抛物" if kind.endswith("sms") else TEXT for kind in FAKES}


@pytest.fixture(params=sorted(FAKES))
async def server(request, link):
    async with serve(FAKES[request.param](link.now)) as server:
        yield server


@pytest.fixture
def patience():
    """Seconds for one attempt: enough for a busy machine, where something answers."""
    return 20


@pytest.fixture
def opened(server, link, patience):
    """The channel as the admin's file opens it, and a person whom the provider knows."""
    fake = server.fake
    kind = KINDS[fake.kind]
    settings = kind.schema(fake.settings(server.url))
    channel = OpenChannel(
        fake.kind, kind, kind.open({**settings, "timeout": patience}, link), secrets_in(settings)
    )
    fake.introduce(link.memory, server.url, "wang_fang")
    wang = person("wang_fang", f"{fake.kind}={fake.address}" if fake.address else fake.kind)
    link.site.directory = Directory([wang])
    return Deliverer(link, {fake.kind: channel})


def call(server, number=0, **more):
    return Call(
        name="notify.deliver",
        key=f"run1/{number}/wang_fang/{server.fake.kind}",
        data={
            "person": "wang_fang",
            "channel": server.fake.kind,
            "title": "高空抛物",
            "message": TEXT,
            "severity": "critical",
            "url": "https://hub.example.org/alarm/1",
            "at": NOON.isoformat(),
            **more,
        },
    )


async def failures(opened, server, link, mood, times=FAILURES_SHOWN):
    """What comes of several attempts, and all that the admin reads."""
    server.mood = mood
    found = []
    for _ in range(times):
        link.moment += timedelta(seconds=1)
        with pytest.raises((DeliveryFailed, DeliveryRefused, AuthFailed, TooEarly)) as caught:
            await opened.deliver(call(server))
        found.append(caught.value)
    return found, "\n".join([*map(str, found), *link.problems.values()])


async def test_good_the_person_gets_the_notice_once_and_the_admin_hears_nothing(opened, server, link):
    await opened.deliver(call(server))
    await opened.deliver(call(server))  # the end was not written down
    (shown,) = server.fake.shown
    assert SEEN[server.fake.kind] in shown
    assert [type(event) for event in link.emitted] == [NoticeDelivered]
    assert link.problems == {}


async def test_an_error_inside_a_200_is_tried_again_and_told(opened, server, link):
    errors, _ = await failures(opened, server, link, Mood.error_inside)
    assert {type(error) for error in errors} == {DeliveryFailed}
    assert server.fake.shown == []
    assert "3 attempts in a row failed" in link.problems[f"channel.{server.fake.kind}"]
    server.mood = Mood.good
    await opened.deliver(call(server))
    assert len(server.fake.shown) == 1
    assert link.problems == {}


async def test_throttled_it_rests_and_then_the_person_gets_the_notice(opened, server, link):
    (error,), _ = await failures(opened, server, link, Mood.throttled, times=1)
    rest = getattr(error, "retry_after", None)
    server.mood = Mood.good
    if rest is not None:
        asked = len(server.requests)
        if server.fake.kind not in ("ntfy", "webhook", "web_push"):  # their lane in the courier rests
            with pytest.raises(DeliveryFailed):
                await opened.deliver(call(server))
            assert len(server.requests) == asked
        link.moment += timedelta(seconds=rest + 1)
    else:
        assert server.fake.kind in ("aliyun_sms", "email")  # they name no time
    await opened.deliver(call(server))
    assert len(server.fake.shown) == 1
    assert link.problems == {}


@pytest.mark.parametrize("patience", [SHORT])
async def test_slow_it_is_given_up_in_time_and_told(opened, server, link):
    errors, told = await failures(opened, server, link, Mood.slow)
    assert {type(error) for error in errors} == {DeliveryFailed}
    assert server.fake.shown == []
    assert f"no answer within {SHORT:g} s" in told


async def test_cut_off_nobody_knows_so_the_person_gets_it_again_rather_than_never(opened, server, link):
    errors, told = await failures(opened, server, link, Mood.cut)
    assert {type(error) for error in errors} == {DeliveryFailed}
    assert "broke off" in told
    server.mood = Mood.good
    await opened.deliver(call(server))
    assert len(server.fake.shown) == FAILURES_SHOWN + 1
    assert link.problems == {}


async def test_what_is_no_provider_is_never_believed(opened, server, link):
    errors, _ = await failures(opened, server, link, Mood.lying, times=10)
    assert {type(error) for error in errors} == {DeliveryFailed}
    assert server.fake.shown == []
    assert link.emitted == []
    assert f"channel.{server.fake.kind}" in link.problems


@pytest.mark.parametrize("patience", [2 * SHORT])
@pytest.mark.parametrize("mood", list(Mood))
async def test_no_secret_and_no_address_is_ever_told(opened, server, link, mood, caplog):
    with caplog.at_level(logging.DEBUG, logger="hub"):
        server.mood = mood
        try:
            await opened.deliver(call(server))
            told = ""
        except (DeliveryFailed, DeliveryRefused, AuthFailed) as error:
            told = str(error)
    told += caplog.text + "".join(link.problems.values()) + repr(link.emitted)
    for secret in (*server.fake.secrets, *([server.fake.address] if server.fake.address else [])):
        assert secret not in told


async def test_a_sensitive_notice_shows_nothing_of_what_it_says(opened, server, link):
    link.site.url = "https://hub.example.org"
    told = {"title": "血氧 82%", "message": "王芳血氧过低，医生请看", "sensitive": True, "url": ""}
    await opened.deliver(call(server, **told))
    (shown,) = server.fake.shown
    assert "血氧" not in shown
    assert "您有一条新消息" in shown
    linked = server.fake.kind not in ("aliyun_sms", "tencent_sms", "wechat_mini", "gotify", "ntfy", "webhook")
    assert ("https://hub.example.org/#/me" in shown) == linked  # the last three have it beside the text
    assert [(letter.person, letter.title) for letter in link.inbox.letters] == [("wang_fang", "血氧 82%")]


async def test_wrong_credentials_are_told_without_them(server, link):
    """Each secret of the settings broken, one after the other, in a good mood: the provider quotes it back."""
    fake = server.fake
    kind = KINDS[fake.kind]
    right = kind.schema(fake.settings(server.url))
    spoiled = [name for name, value in right.items() if any(secret in str(value) for secret in fake.secrets)]
    for name in spoiled:
        wrong = "whsec_" + "QUJD" * 10 if fake.kind == "webhook" else "Wr0ngWr0ngWr0ngWr0ngWr0ng"
        value = right[name]
        for secret in fake.secrets if isinstance(value, str) else ():
            value = value.replace(secret, wrong)
        value = [wrong] if isinstance(value, list) else value
        channel = OpenChannel(
            fake.kind, kind, kind.open({**right, name: value}, link), secrets_in({name: value})
        )
        link.site.directory = Directory(
            [person("wang_fang", f"{fake.kind}={fake.address}" if fake.address else fake.kind)]
        )
        with pytest.raises(AuthFailed) as caught:
            await Deliverer(link, {fake.kind: channel}).deliver(call(server))
        told = str(caught.value) + "".join(link.problems.values())
        assert wrong not in told
        assert "its credentials are refused" in told
        assert fake.shown == []
    assert spoiled or fake.kind in ("bark", "gotify", "serverchan", "web_push")  # their keys are the persons'

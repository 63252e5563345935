"""Push messages over ntfy."""

import pytest
import voluptuous as vol

from hub.api import AuthFailed, DeliveryFailed, DeliveryRefused, Severity, derive_id
from integrations.notify.ntfy import MOST_MESSAGE, NTFY, cut
from tests.integrations.notify.fakes import delivery

PUBLISHED = '{"id": "hwQ2YpKdmg", "time": 1, "event": "message", "topic": "wang-7f3a"}'


@pytest.fixture
def send(link, provider):
    async def send(*, key="k/1", severity=Severity.critical, language="zh-CN", **settings):
        given = NTFY.schema({"url": provider.url, **settings})
        notice = delivery(key=key, severity=severity, language=language, topic="wang-7f3a")
        return await NTFY.open({**given, "timeout": 0.3}, link).send(notice)

    return send


async def test_a_phone_gets_title_text_priority_and_a_link(provider, send):
    provider.answer(200, PUBLISHED)
    assert await send() == "hwQ2YpKdmg"
    (request,) = provider.received
    assert request.path == "/"
    assert request.json == {
        "topic": "wang-7f3a",
        "title": "【紧急】高空抛物",
        "message": "1 号楼 12 层疑似抛物，请立即查看。",
        "priority": 5,
        "tags": ["rotating_light"],
        "click": "https://hub.example.org/alarm/1",
        "sequence_id": derive_id("k/1"),
    }


async def test_less_severe_is_less_loud_and_in_the_persons_language(provider, send):
    provider.answer(200, PUBLISHED)
    await send(severity=Severity.warning, language="en")
    await send(severity=Severity.info)
    warning, info = (request.json for request in provider.received)
    assert (warning["title"], warning["priority"], warning["tags"]) == ("Warning: 高空抛物", 4, ["warning"])
    assert (info["title"], info["priority"], "tags" in info) == ("高空抛物", 3, False)


async def test_a_token_or_a_password_goes_along(provider, send):
    provider.answer(200, PUBLISHED)
    await send(token="tk_x")
    await send(username="hub", password="p:w")
    assert [request.headers["Authorization"] for request in provider.received] == [
        "Bearer tk_x",
        "Basic aHViOnA6dw==",
    ]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "", DeliveryFailed),  # nothing was published where no id comes back
        (200, "<html></html>", DeliveryFailed),
        (200, "{}", DeliveryFailed),
        (200, '{"code": 42908, "http": 429, "error": "limit reached"}', DeliveryFailed),
        (429, '{"code": 42908, "http": 429, "error": "limit reached"}', DeliveryFailed),
        (507, "", DeliveryFailed),
        (403, '{"code": 40301, "http": 403, "error": "forbidden"}', AuthFailed),
        (400, '{"code": 40009, "http": 400, "error": "topic invalid"}', DeliveryRefused),
    ],
)
async def test_anything_else_than_a_published_message_is_no_success(provider, send, status, body, error):
    provider.answer(status, body)
    with pytest.raises(error):
        await send()


@pytest.mark.parametrize("mood", ["hang", "cut", "cut_in_the_middle", "flood"])
async def test_a_server_in_trouble_is_tried_again(provider, send, mood):
    getattr(provider, mood)()
    with pytest.raises(DeliveryFailed):
        await send()


def test_long_messages_are_cut_between_characters():
    assert cut("短", MOST_MESSAGE) == "短"
    shortened = cut("高空抛物" * 1000, MOST_MESSAGE)
    assert len(shortened.encode()) <= MOST_MESSAGE
    assert shortened.removesuffix("…") in "高空抛物" * 1000


@pytest.mark.parametrize("topic", ["", "a/b", "a b", "x" * 65, "王", 7, None])
def test_a_topic_is_letters_digits_and_dashes(topic):
    with pytest.raises(vol.Invalid):
        NTFY.address({"topic": topic})


def test_an_address_has_a_short_form():
    assert NTFY.address({"to": "abc"}) == NTFY.address({"topic": "abc"}) == {"topic": "abc"}
    with pytest.raises(vol.Invalid):
        NTFY.address({})


def test_settings_take_a_token_or_a_name():
    with pytest.raises(vol.Invalid, match="not both"):
        NTFY.schema({"token": "a", "username": "b"})
    with pytest.raises(vol.Invalid):
        NTFY.schema({"token": "a\r\nX: y"})

"""Texts within a provider's limits."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.notify.fitting import compose, cut, in_bytes
from integrations.notify.provider import masked
from tests.integrations.notify.fakes import delivery

FAMILY = "👩‍👩‍👧"


def noticed(title: str, message: str, url: str = ""):
    made = delivery()
    return replace(made, notice=replace(made.notice, title=title, message=message, url=url))


def test_the_headline_stays_and_the_link_too_and_the_message_gives_way():
    text = compose(noticed("高空抛物", "物" * 3000, "https://hub.example.org/alarm/1"), 2048)
    first, message, last = text.split("\n")
    assert first == "【紧急】高空抛物"
    assert message.endswith("物…")
    assert last == "详情: https://hub.example.org/alarm/1"
    assert 2040 <= in_bytes(text) <= 2048


def test_what_fits_is_whole():
    assert compose(noticed("抛物", "请看", "https://a.org"), 200) == "【紧急】抛物\n请看\n详情: https://a.org"
    assert compose(noticed("抛物", "抛物"), 200) == "【紧急】抛物"


def test_with_room_for_nothing_else_the_headline_is_left():
    assert compose(noticed("高空抛物", "请看", "https://a.org/" + "x" * 100), 24) == "【紧急】高空抛物"
    assert compose(noticed("高空抛物", "请看"), 10, len) == "【紧急】高空抛物\n…"
    assert compose(noticed("高空抛物", "请看"), 9, len) == "【紧急】高空抛物"
    assert compose(noticed("高" * 100, "请看"), 10, len) == "【紧急】高高高高高…"


def test_no_character_is_torn():
    assert cut(f"ab{FAMILY}cd", 6, len) == "ab…"
    assert cut("ne\u0301e\u0301e\u0301e", 4, len) == "ne\u0301…"
    assert cut("👍🏽👍🏽", 3, len) == "👍🏽…"
    assert cut("抛物", 1, len) == "…"


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60), most=st.integers(3, 80))
def test_a_cut_text_fits_and_is_the_beginning(text, most):
    shown = cut(text, most)
    assert in_bytes(shown) <= most
    assert shown == text or text.startswith(shown.removesuffix("…"))


@settings(max_examples=100, deadline=None)
@given(
    title=st.text(max_size=50), message=st.text(max_size=200), url=st.sampled_from(["", "https://a.org/1"]),
    most=st.integers(60, 400),
)  # fmt: skip
def test_a_composed_text_fits_and_begins_with_its_headline(title, message, url, most):
    text = compose(noticed(title, message, url), most)
    assert in_bytes(text) <= most
    assert text.startswith("【紧急】"[: len(text)])


def test_keys_and_numbers_are_masked_and_words_are_not():
    assert masked("wrong corpsecret s3cr3t", ["s3cr3t"]) == "wrong corpsecret ***"
    assert masked("key=a%2Fb1", ["a/b1"]) == "key=***"
    assert masked("13800138000 and 693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa", []) == "*** and ***"
    assert masked("isv.BUSINESS_LIMIT_CONTROL: 45009 text.content exceed max length 2048", []) == (
        "isv.BUSINESS_LIMIT_CONTROL: 45009 text.content exceed max length 2048"
    )

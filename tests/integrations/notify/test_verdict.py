"""What a provider's answer means."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.api import AuthFailed, DeliveryFailed, DeliveryRefused
from integrations.notify.verdict import Answer, OkField, complaint, judge, retry_after
from tests.integrations.notify.fakes import NOON

GOOD_BODIES = [
    {"errcode": 0, "errmsg": "ok"},  # WeCom, DingTalk
    {"code": 0, "msg": "success", "data": {}},  # Feishu, ServerChan
    {"StatusCode": 0, "StatusMessage": "success"},  # Feishu, older
    {"code": 200, "message": "success", "timestamp": 1},  # Bark
    {"code": "200"},
    {"code": "OK"},  # Aliyun
    {"Code": "OK", "Message": "OK", "RequestId": "x"},
    {"Response": {"SendStatusSet": [{"Code": "Ok"}]}},  # Tencent
    {"status": 1, "request": "x"},  # Pushover
    {"status": "ok"},
    {"ok": True, "result": {"message_id": 5}},  # Telegram
    {"success": True},
    {"success": 1, "failure": 0},  # FCM
    {"id": "x", "time": 1, "event": "message"},  # ntfy
    {"error": None, "errors": []},
    {"error": "", "err": 0},
    {"error": {"code": 0, "message": ""}},
    {"echo": {"success": False}},  # our own words given back are no verdict
    [{"ok": True}],
    [],
    {},
    "ok",
    "success",
]
BAD_BODIES = [
    {"errcode": 93000, "errmsg": "invalid webhook url"},
    {"errcode": "45009"},
    {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"},
    {"StatusCode": 9499},
    {"code": 400, "message": "failed to get device token"},
    {"code": -1},
    {"code": "isv.BUSINESS_LIMIT_CONTROL"},
    {"Response": {"Error": {"Code": "AuthFailure", "Message": "x"}}},
    {"status": 0, "errors": ["user identifier is invalid"]},
    {"status": "error"},
    {"status": 500},
    {"ok": False, "description": "chat not found"},
    {"success": False},
    {"success": "false"},
    {"success": 0, "failure": 1},
    {"result": "fail"},
    {"error": "invalid_token"},
    {"error": {"message": "no such user"}},
    {"errors": [{"message": "boom"}]},
    {"exception": "java.lang.NullPointerException"},
    {"base_resp": {"ret_code": 7}},
    [{"ok": True}, {"ok": False}],
    "error: no such channel",
    "FAILED",
    False,
]


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text.encode())


@pytest.mark.parametrize("body", GOOD_BODIES)
def test_bodies_that_report_no_error_are_a_success(body):
    assert complaint(body) == ""
    assert judge(answer(body), NOON) == body


@pytest.mark.parametrize("body", BAD_BODIES)
def test_an_error_inside_a_200_is_a_failure(body):
    assert complaint(body)
    with pytest.raises(DeliveryFailed, match="error inside"):
        judge(answer(body), NOON)


def test_what_the_provider_says_of_its_error_is_told():
    with pytest.raises(DeliveryFailed, match="errcode=93000 invalid webhook url"):
        judge(answer({"errcode": 93000, "errmsg": "invalid\nwebhook url"}), NOON)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_an_empty_answer_of_the_200s_is_a_success(status):
    assert judge(Answer(status, {}, b""), NOON) is None


@pytest.mark.parametrize("status", [400, 404, 405, 410, 413, 415, 422])
def test_some_answers_mean_never(status):
    with pytest.raises(DeliveryRefused, match=str(status)):
        judge(Answer(status, {}, b""), NOON)


@pytest.mark.parametrize("status", [401, 403, 407])
def test_refused_credentials_are_for_an_admin_to_mend(status):
    with pytest.raises(AuthFailed, match=str(status)):
        judge(Answer(status, {}, b'{"error": "bad token"}'), NOON)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_some_answers_mean_later(status):
    with pytest.raises(DeliveryFailed) as caught:
        judge(Answer(status, {"Retry-After": "7"}, b""), NOON)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status):
    with pytest.raises(DeliveryFailed, match="final address"):
        judge(Answer(status, {"Location": "http://169.254.169.254/"}, b""), NOON)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 5 ", 5),
        ("99999999999999", 86400),
        (format_datetime(datetime(2026, 3, 1, 4, 1, 30, tzinfo=UTC), usegmt=True), 90),
        (format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True), 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("１２", None),
        ("Sun, 01 Mar 2026 04:01:30", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert retry_after(header, NOON) == seconds


@pytest.mark.parametrize("body", ["{", '{"a": ', "[" * 60_000, '{"code": 0'])
def test_broken_json_is_a_failure(body):
    with pytest.raises(DeliveryFailed, match="broken JSON"):
        judge(answer(body), NOON)


def test_a_web_page_in_the_receivers_place_is_a_failure():
    with pytest.raises(DeliveryFailed, match="web page"):
        judge(answer("<html>Sign in to the network</html>"), NOON)


def test_a_body_too_long_to_judge_is_a_failure():
    with pytest.raises(DeliveryFailed, match="too long"):
        judge(Answer(200, {}, b"x", cut=True), NOON)


def test_a_receiver_may_say_success_in_words_of_its_own():
    ok = OkField("result.state", ("A00000", 1))
    assert judge(answer({"result": {"state": "A00000"}, "code": 80000000}), NOON, ok)
    for wrong in ({"result": {"state": "A1"}}, {"result": []}, {}, "A00000", {"result": {"state": True}}):
        with pytest.raises(DeliveryFailed, match=r"result\.state"):
            judge(answer(wrong), NOON, ok)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["code", "errcode", "error", "status", "success", "result", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def meaning(answered: Answer) -> Exception | None:
    """The error that an answer means; anything but these three is a bug."""
    try:
        judge(answered, NOON)
    except (DeliveryFailed, DeliveryRefused, AuthFailed) as error:
        return error
    return None


@given(plain, st.integers(100, 599))
def test_every_answer_has_one_of_four_meanings(body, status):
    error = meaning(answer(body, status))
    assert error is not None or 200 <= status < 300
    assert error is None or len(str(error)) < 400


@given(st.binary(max_size=200))
def test_any_bytes_are_judged_without_a_crash(body):
    error = meaning(Answer(200, {}, body))
    assert error is None or str(error).isprintable()

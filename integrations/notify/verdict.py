"""What a provider's answer means. A 200 with an error inside is a failure: most gateways answer so.

The rules for bodies are general; `OkField` is for a receiver that says success in words of its own.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hub.api import AuthFailed, DeliveryFailed, DeliveryRefused

LONGEST_RETRY_AFTER = 24 * 3600.0  # seconds; a delivery is given up by then
_EXCERPT = 160
_DEEPEST = 3
_MOST_ITEMS = 100

_CODES = frozenset(
    ["code", "errcode", "errorcode", "errno", "statuscode", "resultcode", "retcode", "returncode"]
)
_FLAGS = frozenset(["ok", "success", "succeeded", "issuccess"])
_ERRORS = frozenset(["error", "errors", "err", "exception", "fault"])
_COUNTS = frozenset(["failure", "failures", "failed"])
_NESTED = frozenset(["response", "result", "results", "resp", "baseresp", "baseresponse"])
_REASONS = (
    "errmsg",
    "errormessage",
    "errordescription",
    "error",
    "message",
    "msg",
    "detail",
    "description",
    "reason",
)
_GOOD_WORDS = frozenset(["", "ok", "success", "succeeded", "successful", "none", "null", "false", "no"])
_BAD_WORDS = frozenset(
    [
        "error",
        "fail",
        "failed",
        "failure",
        "false",
        "ko",
        "nok",
        "rejected",
        "denied",
        "invalid",
        "unauthorized",
        "forbidden",
    ]
)
_NO_WORDS = frozenset(["false", "no", "0", "off", "fail", "failed"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP; `cut` when the body was longer than we read."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False


@dataclass(frozen=True, slots=True)
class OkField:
    """Where a receiver says that it succeeded ("result.code"), and what it says then."""

    path: str
    values: tuple[Any, ...]


def judge(answer: Answer, now: datetime, ok: OkField | None = None) -> Any:
    """The body of an answer that means success (None, text or plain JSON data); otherwise DeliveryFailed,
    DeliveryRefused, or AuthFailed for credentials that an admin must mend (the outbox keeps the delivery meanwhile)."""
    status = answer.status
    if 200 <= status < 300:
        return _judge_body(answer, ok)
    said = f"the receiver answered {status}{_reason(answer)}"
    if status in (401, 403, 407):
        raise AuthFailed(said)
    if status in (408, 425, 429) or status >= 500:
        raise DeliveryFailed(said, retry_after=retry_after(answer.headers.get("Retry-After", ""), now))
    if 300 <= status < 400:
        raise DeliveryFailed(f"{said}: a redirect, and redirects are not followed; set the final address")
    raise DeliveryRefused(said)


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds from a Retry-After header, a number or an HTTP date (RFC 9110, 10.2.3); None when unreadable."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:10]), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
        seconds = (moment - now).total_seconds()
    except (ValueError, TypeError, OverflowError):  # TypeError: a date without a zone
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def complaint(body: Any) -> str:
    """What an answer's body complains of; "" when it reports no error."""
    if body is False:
        return "false"
    if isinstance(body, str):
        words = body.split(maxsplit=1)
        return excerpt(body) if words and words[0].strip(":.,!").casefold() in _BAD_WORDS else ""
    return next(_complaints(body, 0), "")


def excerpt(text: str) -> str:
    """The beginning of a foreign text, in one printable line."""
    line = " ".join(text[: _EXCERPT * 4].split())
    line = "".join(char for char in line if char.isprintable())
    return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT]}…"


def _judge_body(answer: Answer, ok: OkField | None) -> Any:
    if answer.cut:
        raise DeliveryFailed(
            f"the receiver answered {answer.status} with too long a body to tell success from failure"
        )
    body = _read(answer)
    if ok is not None:
        found = _at(body, ok.path)
        if not any(type(found) is type(value) and found == value for value in ok.values):
            raise DeliveryFailed(
                f"the receiver answered {answer.status}, but '{ok.path}' does not say success"
            )
        return body
    wrong = complaint(body)
    if wrong:
        raise DeliveryFailed(f"the receiver answered {answer.status} with an error inside: {wrong}")
    return body


def _read(answer: Answer) -> Any:
    text = answer.body.strip()
    if not text:
        return None
    if text.startswith(b"<"):
        # A captive portal or a login page answers for the receiver.
        raise DeliveryFailed(f"a web page answered {answer.status} in the receiver's place")
    if text[:1] in b'{["' or "json" in answer.headers.get("Content-Type", ""):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise DeliveryFailed(
                f"the receiver answered {answer.status} with a body that is broken JSON"
            ) from error
    return text.decode("utf-8", "replace")


def _complaints(body: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(body, list):
        for item in body[:_MOST_ITEMS]:
            yield from _complaints(item, depth)
    elif isinstance(body, Mapping):
        for key, value in body.items():
            name = _plain(key)
            if _is_bad(name, value):
                yield excerpt(f"{key}={_scalar(value)}{_said(body)}")
            if name in _NESTED:
                yield from _complaints(value, depth + 1)


def _is_bad(name: str, value: Any) -> bool:
    if name in _CODES:
        return _bad_code(value)
    if name in _FLAGS:
        return value is False or value == 0 or (isinstance(value, str) and value.casefold() in _NO_WORDS)
    if name in _ERRORS:
        return _bad_error(value)
    if name in _COUNTS:
        return bool(value) and not (isinstance(value, str) and value.casefold() in {*_GOOD_WORDS, "0"})
    if name == "status" and isinstance(value, int) and not isinstance(value, bool):
        return value < 0 or value >= 400
    if name in ("status", "result", "state"):
        return value is False or (isinstance(value, str) and value.casefold() in _BAD_WORDS)
    return False


def _bad_code(value: Any) -> bool:
    if isinstance(value, str):
        word = value.strip().casefold()
        if not word.lstrip("-").isdigit():
            return word not in _GOOD_WORDS
        value = int(word[:20])
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return not (value == 0 or 200 <= value < 300)


def _bad_error(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() not in {*_GOOD_WORDS, "0"}
    if isinstance(value, Mapping):
        codes = [item for key, item in value.items() if _plain(key) in _CODES]
        return bool(value) and (not codes or any(_bad_code(code) for code in codes))
    return bool(value)


def _reason(answer: Answer) -> str:
    """The error text of a body that has one, behind a colon."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return ""
    said = _said(body) if isinstance(body, Mapping) else ""
    return f": {excerpt(said.strip())}" if said else ""


def _said(body: Mapping[Any, Any]) -> str:
    texts = {_plain(key): value for key, value in body.items() if isinstance(value, str)}
    return next((f" {texts[name]}" for name in _REASONS if texts.get(name)), "")


def _scalar(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool)) else "…"


def _plain(key: Any) -> str:
    return str(key).replace("_", "").replace("-", "").casefold()


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body.get(step) if isinstance(body, Mapping) else None
    return body

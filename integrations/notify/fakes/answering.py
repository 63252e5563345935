"""What a fake provider is: it checks a request as strictly as the real one, and answers in its words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar


class Mood(StrEnum):
    """How a provider is today."""

    good = "good"
    error_inside = "error_inside"  # 200, and an error in the body
    throttled = "throttled"
    slow = "slow"  # takes the request and never answers
    cut = "cut"  # breaks the connection in the middle of a good answer
    lying = (
        "lying"  # 200 from something that is no provider at all: a page, an empty body, somebody else's words
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """A request; names of headers in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    host: str = ""

    @property
    def json(self) -> Any:
        """The body; Refused when it is no JSON object sent as such."""
        if not self.headers.get("content-type", "").startswith("application/json"):
            raise Refused(415, {"error": "send application/json"})
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise Refused(400, {"error": "no JSON"}) from error
        if not isinstance(value, dict):
            raise Refused(400, {"error": "no object"})
        return value


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `body` is text or JSON data."""

    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return text.encode()


class Refused(Exception):
    """The real provider would not take this request; it answers so."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(str(body))
        self.reply = Reply(status, body)


class Fake:
    """One provider. `shown` is what people have got, as they see it."""

    kind: ClassVar[str]  # of the channel
    address: ClassVar[str]  # of a person whom it knows, in its short form; "" for none
    error: ClassVar[Reply]  # its words for an error, in a 200
    throttled: ClassVar[Reply]
    secrets: ClassVar[tuple[str, ...]] = ()  # that must be in no log, problem or error

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.shown: list[str] = []

    def settings(self, url: str) -> dict[str, Any]:
        """The channel's settings that lead here and are right."""
        raise NotImplementedError

    def introduce(self, _memory: Any, _url: str, _person: str) -> None:
        """Let the hub know what a person gave it before, such as a browser."""

    def before(self, _seen: Seen) -> Reply | None:
        """The answer to what comes before a message, such as asking for a token; None for a message."""
        return None

    def take(self, seen: Seen) -> Reply:
        """Check and show a message, and say that it was taken; Refused."""
        raise NotImplementedError


def expect(held: object, status: int, body: Any) -> None:
    """Refuse unless it holds."""
    if not held:
        raise Refused(status, body)

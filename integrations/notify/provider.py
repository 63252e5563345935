"""What the channels of the big providers share: their words for errors, masked answers, tokens, one post a group."""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from yarl import URL

from hub.api import AuthFailed, Delivery, DeliveryFailed, DeliveryRefused, HubError, Link, Severity
from integrations.notify.bucket import Bucket
from integrations.notify.exchange import ask
from integrations.notify.verdict import Answer, excerpt, judge

Code = int | str
JSON = {"Content-Type": "application/json; charset=utf-8"}
MOST_POSTS = 1000  # of a group's bot that are remembered
_EARLIER = timedelta(minutes=5)  # before its end, that a token is fetched anew
_TOKEN_LIKE = re.compile(r"(?=[A-Za-z0-9_+/=-]*[0-9])[A-Za-z0-9_+/=-]{20,}|[0-9]{8,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a provider says what became of a message. A code it has no word for here means: again later.

    A code such as "AuthFailure.SignatureFailure" counts as "AuthFailure" where only that is listed.
    """

    code: tuple[str, ...] = ("errcode",)  # where the code stands; the first that is there
    said: tuple[str, ...] = ("errmsg",)
    good: tuple[Code, ...] = (0,)
    settings: frozenset[Code] = frozenset()  # credentials or settings, that an admin must mend
    never: frozenset[Code] = frozenset()  # this message, or this person
    rests: Mapping[Code, float] = field(default_factory=dict)  # too many: seconds until the next

    def read(self, answer: Answer, now: datetime) -> Mapping[str, Any]:
        """The body of an answer that means success; DeliveryFailed, DeliveryRefused or AuthFailed otherwise."""
        if answer.status >= 500 or answer.status in (408, 425, 429):
            judge(answer, now)
        body = mapping_of(answer)
        code = _first(body, self.code)
        if body is not None and code is not None:
            self._refuse(code, body)
        if not 200 <= answer.status < 300:
            judge(answer, now)
        if body is None or code is None:
            judge(answer, now)  # says more exactly what is wrong, if it can
            raise DeliveryFailed(f"the provider answered {answer.status}, but not in its own words")
        return body

    def _refuse(self, code: Code, body: Mapping[str, Any]) -> None:
        if any(type(code) is type(good) and code == good for good in self.good):
            return
        said = f"the provider answered {excerpt(str(code))}: {excerpt(str(_first(body, self.said) or ''))}"
        known = {code, code.partition(".")[0]} if isinstance(code, str) else {code}
        if known & self.settings:
            raise AuthFailed(said)
        if known & self.never:
            raise DeliveryRefused(said)
        raise DeliveryFailed(said, retry_after=next((self.rests[k] for k in known if k in self.rests), None))


class Stale(DeliveryFailed):
    """The access token is not taken any more; another one may be."""


class Impatient(Dialect):
    """A dialect in which some codes mean that the access token is wrong, missing or past its time."""

    stale = frozenset([40001, 40014, 41001, 42001])

    def read(self, answer: Answer, now: datetime) -> Mapping[str, Any]:
        """As any dialect, but Stale."""
        code = _first(mapping_of(answer), self.code)
        if code in self.stale:
            raise Stale(f"the provider answered {code}: the access token is not taken any more")
        return Dialect.read(self, answer, now)


class TokenAnswer(Dialect):
    """The answer with an access token, which may come without a code."""

    def read(self, answer: Answer, now: datetime) -> Mapping[str, Any]:
        """As any dialect, but a token is good."""
        body = mapping_of(answer)
        if body is not None and answer.status == 200 and isinstance(body.get("access_token"), str):
            code = body.get("errcode", 0)
            if type(code) is int and code == 0:
                return body
        return Dialect.read(self, answer, now)


def mapping_of(answer: Answer) -> Mapping[str, Any] | None:
    """The answer's JSON object; None when it is cut or none."""
    if answer.cut:
        return None
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def at(body: Any, path: str) -> Any:
    """What stands at `a.b.c`; None when nothing does."""
    for step in path.split("."):
        body = body.get(step) if isinstance(body, Mapping) else None
    return body


def _first(body: Any, paths: Iterable[str]) -> Code | None:
    for path in paths:
        found = at(body, path)
        if isinstance(found, (int, str)) and not isinstance(found, bool):
            return found
    return None


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, and without what looks like a key or a telephone number."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 3:
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    return _TOKEN_LIKE.sub("***", text)


def is_urgent(delivery: Delivery) -> bool:
    """Whether it may take of the tokens that are kept."""
    return delivery.notice.severity is Severity.critical


def encode(value: Any) -> bytes:
    """JSON in UTF-8, as short as it gets: limits count bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Gateway:
    """One provider's door: within its limit, in its dialect, and nothing secret comes out in an error."""

    link: Link
    dialect: Dialect
    bucket: Bucket
    timeout: float
    secrets: tuple[str, ...] = ()

    async def ask(
        self,
        url: str | URL,
        body: bytes | None,
        headers: Mapping[str, str] = JSON,
        *,
        urgent: bool,
        dialect: Dialect | None = None,
        hide: tuple[str, ...] = (),
    ) -> Mapping[str, Any]:
        """POST (GET without a body) and read the answer; `hide` is left out of errors, too."""
        self.bucket.take(urgent=urgent)
        method = "GET" if body is None else "POST"
        try:
            answer = await ask(self.link.http, method, url, body, headers, self.timeout)
            return (dialect or self.dialect).read(answer, self.link.now())
        except HubError as error:
            error.args = (masked(str(error), (*self.secrets, *hide)),)
            if isinstance(error, DeliveryFailed) and error.retry_after is not None:
                self.bucket.rest(error.retry_after)
            raise


@dataclass(slots=True)
class AccessToken:
    """A token for some time, fetched when it is needed, once for all who wait; kept in memory alone."""

    fetch: Callable[[], Awaitable[tuple[str, float]]]  # the token and its seconds
    now: Callable[[], datetime]
    _token: str = ""
    _until: datetime | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self) -> str:
        """A token that is not known to be stale."""
        async with self._lock:
            if self._until is None or self.now() >= self._until:
                self._token, seconds = await self.fetch()
                self._until = self.now() + max(timedelta(seconds=seconds) - _EARLIER, timedelta(minutes=1))
            return self._token

    def forget(self, token: str) -> None:
        """The provider does not take it any more."""
        if token == self._token:
            self._until = None


def token_in(body: Mapping[str, Any]) -> tuple[str, float]:
    """`access_token` and `expires_in` of an answer that says success."""
    token, seconds = body.get("access_token"), body.get("expires_in")
    if not isinstance(token, str) or not 1 <= len(token) <= 2000 or not token.isascii():
        raise DeliveryFailed("the provider answered without an access token")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= 30 * 86400:
        raise DeliveryFailed("the provider answered an access token without its time")
    return token, float(seconds)


@dataclass(slots=True)
class Group:
    """What a group's bot has posted: a notice to ten people who share the group is one post."""

    _posts: "OrderedDict[tuple[str, str], asyncio.Future[str]]" = field(default_factory=OrderedDict)

    async def once(self, delivery: Delivery, text: str, post: Callable[[], Awaitable[str]]) -> str:
        """Post, or wait for the same post that is under way; its receipt, or its failure."""
        key = (notice_key(delivery), text)
        known = self._posts.get(key)
        if known is not None:
            return await asyncio.shield(known)
        made = self._posts[key] = asyncio.get_running_loop().create_future()
        try:
            receipt = await post()
        except BaseException as error:
            del self._posts[key]
            failed = (
                error if isinstance(error, HubError) else DeliveryFailed("the post to the group broke off")
            )
            made.set_exception(failed)
            made.exception()  # it is told to those who wait, if any
            raise
        made.set_result(receipt)
        while len(self._posts) > MOST_POSTS:
            self._posts.popitem(last=False)
        return receipt


def notice_key(delivery: Delivery) -> str:
    """What a notice's deliveries to several people have in common: the key of `notify.send`."""
    before, found, _ = delivery.key.rpartition(f"/{delivery.person.id}/{delivery.address.channel}")
    return before if found else delivery.key

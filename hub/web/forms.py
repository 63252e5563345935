"""Bodies of the sign-in routes, read with suspicion, and refusals told in the caller's language."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from aiohttp import web

from hub.accounts.invitations import NoSuchInvitation
from hub.accounts.passwords import Busy
from hub.accounts.permissions import NOBODY
from hub.accounts.signin import CodeWanted, SignInRefused, Throttled
from hub.accounts.words import Refusal, language_of
from hub.model.errors import HubError
from hub.web.authentication import is_same_origin
from hub.web.bodies import parse_json, read_body
from hub.web.gate import PRINCIPAL
from hub.web.problems import problem

LONGEST_TEXT, MOST_ITEMS = 1000, 100
LARGEST = 64 * 1024  # bytes of a body: whoever has not signed in yet must not cost more to read
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_STATUS: tuple[tuple[type[HubError], int, str], ...] = (
    (CodeWanted, 401, "Code wanted"),
    (SignInRefused, 401, "Not signed in"),
    (Throttled, 429, "Too many wrong passwords"),
    (Busy, 503, "Busy"),
    (NoSuchInvitation, 404, "No such link"),
)


class NotAllowed(Refusal):
    """The caller may not do this here."""


class Malformed(Refusal):
    """The body is not what the route takes."""


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body as a mapping; NotAllowed when a page from elsewhere may have sent it, Malformed when it is none.

    A form can't send this type of content, so a browser asks first whether another site's page may.
    """
    if request.content_type != "application/json" or not is_same_origin(request):
        raise NotAllowed("not_here")
    try:
        body = parse_json(await read_body(request, LARGEST))
    except web.HTTPBadRequest as error:
        raise Malformed("malformed") from error
    if not isinstance(body, dict):
        raise Malformed("malformed")
    return body


def text(body: dict[str, Any], key: str, *, needed: bool = True) -> str:
    """A field that is text; Malformed."""
    value = body.get(key, None if needed else "")
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Malformed("malformed")
    return value


def texts(body: dict[str, Any], key: str) -> list[str]:
    """A field that is a list of texts, none when it is not there; Malformed."""
    value = body.get(key) or []
    if (
        not isinstance(value, list)
        or len(value) > MOST_ITEMS
        or not all(isinstance(item, str) for item in value)
    ):
        raise Malformed("malformed")
    return value


def number(body: dict[str, Any], key: str) -> float | None:
    """A field that is a number above 0, None when it is not there; Malformed."""
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1e6:
        raise Malformed("malformed")
    return float(value)


def refusing(site_language: str) -> Callable[[Handler], Handler]:
    """Turn what a handler raises into a problem that its caller can read."""

    def wrap(handler: Handler) -> Handler:
        @wraps(handler)
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except HubError as error:
                return _problem(error, caller_language(request, site_language))

        return handle

    return wrap


def caller_language(request: web.Request, site_language: str) -> str:
    """Of who is signed in, else of the browser, else of the site."""
    who = request.get(PRINCIPAL) or NOBODY
    return (
        who.language
        if who.signed_in
        else language_of(request.headers.get("Accept-Language", ""), site_language)
    )


def _problem(error: HubError, language: str) -> web.Response:
    status, title = _kind_of(error)
    if isinstance(error, Refusal):
        response = problem(status, title, error.said(language), word=error.word)
        response.headers["Content-Language"] = "zh-CN" if language.startswith("zh") else "en"
    else:
        response = problem(status, title, str(error))
    if isinstance(error, Throttled):
        response.headers["Retry-After"] = str(error.values["seconds"])
    elif isinstance(error, Busy):
        response.headers["Retry-After"] = "5"
    return response


def _kind_of(error: HubError) -> tuple[int, str]:
    if isinstance(error, NotAllowed):
        return 403, "Forbidden"
    if isinstance(error, Malformed):
        return 400, "Bad Request"
    return next(
        ((status, title) for kind, status, title in _STATUS if isinstance(error, kind)), (422, "Refused")
    )

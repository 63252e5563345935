"""What a request says who it is by: a bearer token, or the console's cookie with a proof that the page sent it."""

from datetime import timedelta

from aiohttp import web

from hub.accounts.accounts import Accounts
from hub.accounts.permissions import NOBODY, Principal
from hub.accounts.records import Session
from hub.accounts.rotation import LASTS
from hub.accounts.secret import LONGEST
from hub.web.origins import SAFE, is_own, is_upgrade

PROOF = "X-Linli-Request"  # a header that no form and no page from elsewhere can send
SESSION = web.RequestKey("session", Session)
_NEXT = web.RequestKey("next", str)  # the cookie's next value; "" ends it
CONSOLE, DEVICE = "linli", "linli_device"  # names of cookies
DEVICE_LASTS = timedelta(days=400)  # as long as browsers keep any


class Authentication:
    """The gate's way to accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def principal_of(self, request: web.Request) -> Principal | None:
        """Who the bearer token or cookie says it is; NOBODY when it carries none, None when what it carries is bad.

        HTTPForbidden for a cookie on a request that some other site may have caused.
        """
        if "Authorization" in request.headers:
            scheme, _, token = request.headers["Authorization"].partition(" ")
            bearer = token.strip() if scheme.lower() == "bearer" else ""
            return self._accounts.principal_of_token(bearer, address_of(request))
        secret = request.cookies.get(cookie_name(request, CONSOLE), "")
        if not secret:
            return NOBODY
        if not is_from_our_page(request):
            raise web.HTTPForbidden(
                text=f"a request with a cookie needs the header {PROOF}, sent by our own page"
            )
        return self._of_cookie(request, secret)

    def principal_of_session(self, session_id: str) -> Principal | None:
        """Who signed a link, by the session that did; None when that has ended."""
        return self._accounts.principal_of_session(session_id)

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Hand the console's next cookie out with the answer."""
        secret = request.get(_NEXT)
        if secret is not None:
            _set_cookie(request, response, CONSOLE, secret, LASTS["console"] if secret else timedelta(0))

    def _of_cookie(self, request: web.Request, secret: str) -> Principal | None:
        found = self._accounts.console_session(secret[: LONGEST + 1], address_of(request))
        who = None if found is None else self._accounts.principal_of(found.session)
        if found is None or who is None:
            request[_NEXT] = ""
            return None
        request[SESSION] = found.session
        if found.renewed:
            request[_NEXT] = found.renewed
        return who


def is_from_our_page(request: web.Request) -> bool:
    """Whether no other site can have caused it: what only reads may come from anywhere, all else from our page."""
    if is_upgrade(request):
        return is_same_origin(request)
    return request.method in SAFE or (is_same_origin(request) and bool(request.headers.get(PROOF)))


def is_same_origin(request: web.Request) -> bool:
    """Whether the browser, if it is one, says that a page of this very address asks."""
    origin = request.headers.get("Origin")
    said = request.headers.get("Sec-Fetch-Site", "same-origin")
    return said in ("same-origin", "none") and (origin is None or is_own(request, origin))


def address_of(request: web.Request) -> str:
    """The caller's network address."""
    return request.remote or ""


def cookie_name(request: web.Request, name: str) -> str:
    """With TLS, under a name that browsers keep other hosts and plain HTTP from setting."""
    return f"__Host-{name}" if request.secure else name


def keep_signed_in(request: web.Request, secret: str) -> None:
    """Give the console its session's secret with the answer; "" ends it."""
    request[_NEXT] = secret


def set_device_cookie(request: web.Request, response: web.StreamResponse, secret: str) -> None:
    """Let the browser be known when it signs in again."""
    _set_cookie(request, response, DEVICE, secret, DEVICE_LASTS)


def _set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, lasts: timedelta
) -> None:
    # As a header: when an answer is about to be sent, aiohttp has taken its cookies already.
    limits = f"Path=/; Max-Age={lasts.total_seconds():.0f}; HttpOnly; SameSite=Strict"
    secure = "; Secure" if request.secure else ""
    response.headers.add("Set-Cookie", f"{cookie_name(request, name)}={value}; {limits}{secure}")

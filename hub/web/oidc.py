"""Signing in through an OpenID Connect provider: authorization code with PKCE, bound to the browser that began."""

import base64
import hashlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from hub.accounts.accounts import Accounts
from hub.accounts.oidc import OidcRefused
from hub.accounts.secret import digest_of
from hub.accounts.words import WORDS, Refusal, say
from hub.model.errors import HubError
from hub.plugins.auth_settings import LOCAL
from hub.plugins.routes import Routes
from hub.web.authentication import address_of, cookie_name, is_same_origin
from hub.web.forms import caller_language
from hub.web.limits import Buckets, Rate, source_of
from hub.web.oidc_provider import ProviderClient
from hub.web.signin import SignInViews

log = logging.getLogger("hub.web")
COOKIE = "linli_oidc"
OPEN = timedelta(minutes=10)  # for the provider's own pages
MOST_OPEN = 1000
EACH = Rate(burst=20, per_second=0.2)  # of one address
LONGEST_CODE = 4096
CALLBACK = "/auth/oidc/callback"
_PREFIX = "oidc_"  # of words that the door page may be asked to say


@dataclass(frozen=True, slots=True)
class Flow:
    """One way to the provider and back."""

    browser: str  # digest of its cookie
    nonce: str
    verifier: str
    redirect: str
    ends: datetime


class Flows:
    """What is under way; each is good once, for the browser that began it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._open: dict[str, Flow] = {}

    def begin(self, redirect: str) -> tuple[str, str, Flow]:
        """A new one: its state, the browser's secret, and the rest."""
        now = self._now()
        self._open = {state: flow for state, flow in self._open.items() if now < flow.ends}
        while len(self._open) >= MOST_OPEN:
            del self._open[next(iter(self._open))]
        state, browser, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(4))
        flow = self._open[state] = Flow(digest_of(browser), nonce, verifier, redirect, now + OPEN)
        return state, browser, flow

    def take(self, state: str, browser: str) -> Flow:
        """The one of this state and browser; OidcRefused. Another browser does not use it up."""
        flow = self._open.get(state)
        if flow is None or not secrets.compare_digest(flow.browser, digest_of(browser)):
            raise OidcRefused("oidc_state")
        del self._open[state]
        if self._now() >= flow.ends:
            raise OidcRefused("oidc_state")
        return flow


class OidcViews:
    """Answers the door page's button, and the provider's way back; without a provider there is no button."""

    def __init__(
        self,
        accounts: Accounts,
        signing_in: SignInViews,
        client: ProviderClient | None,
        now: Callable[[], datetime],
        url: str,
        language: str,
    ) -> None:
        self._accounts, self._signing_in, self._client = accounts, signing_in, client
        self._url, self._language = url, language
        self._flows = Flows(now)
        self._rate = Buckets(EACH, lambda: now().timestamp())

    def add_routes(self, routes: Routes) -> None:
        """Serve them."""
        for path, handler in (
            ("/auth/methods", self.methods),
            ("/auth/oidc/start", self.start),
            (CALLBACK, self.callback),
        ):
            routes.add("GET", path, handler, access="public", owner="hub")

    async def methods(self, request: web.Request) -> web.Response:
        """Ways to sign in besides a password, and what the page's `refused` word says."""
        found = (
            {} if self._client is None else {"name": self._client.provider.name, "start": "/auth/oidc/start"}
        )
        word = request.query.get("refused", "")[:40]
        language = caller_language(request, self._language)
        told = say(word, language) if word.startswith(_PREFIX) and word in WORDS else ""
        return web.json_response({"oidc": [found] if found else [], "refused": told})

    async def start(self, request: web.Request) -> web.Response:
        """Send the browser to the provider."""
        try:
            client = self._admitted(request)
            if not is_same_origin(request):
                raise OidcRefused("oidc_state")
            redirect = self._redirect(request)
            metadata = await client.metadata()
        except Refusal as refused:
            return _to_the_door(refused.word)
        state, browser, flow = self._flows.begin(redirect)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": client.provider.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(dict.fromkeys(("openid", "profile", "email", *client.provider.scopes))),
            "state": state,
            "nonce": flow.nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        mark = "&" if urlsplit(metadata.authorization).query else "?"
        response = _to(f"{metadata.authorization}{mark}{urlencode(asked)}")
        _set_cookie(request, response, browser, OPEN)
        return response

    async def callback(self, request: web.Request) -> web.Response:
        """Back from the provider: a session, or a word of why there is none on the door page."""
        try:
            client = self._admitted(request)
            browser = request.cookies.get(cookie_name(request, COOKIE), "")[:100]
            flow = self._flows.take(request.query.get("state", "")[:100], browser)
            code = _code_of(request, client.provider.issuer)
            claims = await client.claims(code, flow.verifier, flow.redirect, flow.nonce)
            account = await self._accounts.oidc.sign_in(client.provider, claims, address_of(request))
            await self._signing_in.open_session(request, account)
            response = _to("/#/")
        except Refusal as refused:
            response = _to_the_door(refused.word)
        except HubError as error:  # a role that is gone, too many accounts: for the admin, not for the page
            log.warning("signing in through the provider failed: %s", error)
            response = _to_the_door("oidc_unlinked")
        _set_cookie(request, response, "", timedelta(0))
        return response

    def _admitted(self, request: web.Request) -> ProviderClient:
        if self._client is None:
            raise OidcRefused("oidc_none")
        if self._rate.wait(source_of(request.remote)) > 0:
            raise OidcRefused("oidc_often")
        return self._client

    def _redirect(self, request: web.Request) -> str:
        """Where the provider sends the browser: never to an address that somebody merely named in a header."""
        if self._url:
            return self._url.rstrip("/") + CALLBACK
        if request.url.host not in LOCAL:
            raise OidcRefused("oidc_address")
        return f"{request.scheme}://{request.host}{CALLBACK}"


def _code_of(request: web.Request, issuer: str) -> str:
    said = request.query.get("iss")  # RFC 9207: another provider's answer
    if said is not None and said.rstrip("/") != issuer.rstrip("/"):
        raise OidcRefused("oidc_state")
    code = request.query.get("code", "")
    if "error" in request.query or not 0 < len(code) <= LONGEST_CODE:
        raise OidcRefused("oidc_denied")
    return code


def _to_the_door(word: str) -> web.Response:
    return _to(f"/?refused={word if word in WORDS and word.startswith(_PREFIX) else 'oidc_unlinked'}")


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})


def _set_cookie(request: web.Request, response: web.Response, value: str, lasts: timedelta) -> None:
    # Lax: the provider's page leads back here, and a Strict one would not come along.
    limits = f"Path=/; Max-Age={lasts.total_seconds():.0f}; HttpOnly; SameSite=Lax"
    secure = "; Secure" if request.secure else ""
    response.headers.add("Set-Cookie", f"{cookie_name(request, COOKIE)}={value}; {limits}{secure}")

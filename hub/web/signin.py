"""Signing in to the console, out of it, and accepting an invitation."""

from typing import Any

from aiohttp import web

from hub.accounts.accounts import Accounts
from hub.accounts.permissions import Principal
from hub.accounts.records import Account, Session
from hub.accounts.signin import Attempt
from hub.plugins.routes import Routes
from hub.web.authentication import (
    DEVICE,
    SESSION,
    address_of,
    cookie_name,
    keep_signed_in,
    set_device_cookie,
)
from hub.web.forms import read_json, refusing, text

_BROWSERS = ("MicroMessenger", "Edg", "OPR", "Firefox", "Chrome", "Safari")
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")


def add_sign_in_routes(routes: Routes, accounts: Accounts, language: str) -> "SignInViews":
    """Serve them."""
    views = SignInViews(accounts)
    for method, path, handler in (
        ("POST", "/auth/sign-in", views.sign_in),
        ("POST", "/auth/sign-out", views.sign_out),
        ("POST", "/auth/invitation", views.look),
        ("POST", "/auth/invitation/accept", views.accept),
    ):
        routes.add(method, path, refusing(language)(handler), access="public", owner="hub")
    return views


class SignInViews:
    """Answers the console's sign-in page."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    async def sign_in(self, request: web.Request) -> web.Response:
        """{"name", "password", "code"?}: the cookie, and who one is; 401 with word "code_wanted" asks for a code."""
        body = await read_json(request)
        attempt = Attempt(
            name=text(body, "name"),
            password=text(body, "password"),
            code=text(body, "code", needed=False),
            address=address_of(request),
            device=request.cookies.get(cookie_name(request, DEVICE), ""),
        )
        return await self.let_in(request, await self._accounts.sign_in.check(attempt))

    async def sign_out(self, request: web.Request) -> web.Response:
        """End this session; it is no fault if there is none."""
        await read_json(request)
        if SESSION in request:
            await self._accounts.sessions.end([request[SESSION]])
        keep_signed_in(request, "")
        return web.json_response({"signed_in": False})

    async def look(self, request: web.Request) -> web.Response:
        """{"code"}: what a one-time link is for."""
        found = self._accounts.invitations.find(text(await read_json(request), "code"))
        return web.json_response(
            {
                "purpose": found.purpose,
                "name": found.name,
                "roles": list(found.roles),
                "expires": found.expires.isoformat(),
            }
        )

    async def accept(self, request: web.Request) -> web.Response:
        """{"code", "name"?, "password"}: use the link; signs in, unless the account asks for a second factor."""
        body = await read_json(request)
        account = await self._accounts.invitations.accept(
            text(body, "code"), text(body, "name", needed=False), text(body, "password")
        )
        self._accounts.audit.record(
            "accept", "account", account.id, who=account.id, address=address_of(request)
        )
        if account.totp:
            return web.json_response({"signed_in": False, "name": account.name})
        return await self.let_in(request, account)

    async def let_in(self, request: web.Request, account: Account) -> web.Response:
        """Open a session, hand its cookies out, and tell who one is."""
        session = await self.open_session(request, account)
        device = request.cookies.get(cookie_name(request, DEVICE), "")
        known = await self._accounts.sign_in.know_device(account.id, device)
        who = self._accounts.principal_of(session)
        response = web.json_response({"signed_in": True} | told_principal(who))
        set_device_cookie(request, response, known)
        return response

    async def open_session(self, request: web.Request, account: Account) -> Session:
        """Open a session whose cookie goes out with the answer."""
        if SESSION in request:  # who signs in anew gets a new session
            await self._accounts.sessions.end([request[SESSION]])
        address = address_of(request)
        label = browser_of(request.headers.get("User-Agent", ""))
        session, secret = await self._accounts.sessions.open(
            account.id, "console", label=label, address=address
        )
        keep_signed_in(request, secret)
        return session


def told_principal(who: Principal | None) -> dict[str, Any]:
    """What a caller is told of themselves."""
    if who is None:
        return {}
    return {
        "account": who.account,
        "name": who.name,
        "person": who.person,
        "roles": sorted(who.roles),
        "language": who.language,
        "is_admin": who.is_admin,
        "is_owner": who.is_owner,
        "may": sorted({f"{verb} {kind}" for verb, kind in who.reach}),
    }


def browser_of(agent: str) -> str:
    """Browser and system, as far as a User-Agent tells them."""
    browser = next((name for name in _BROWSERS if name in agent[:500]), "")
    system = next((name for name in _SYSTEMS if name in agent[:500]), "")
    names = {"MicroMessenger": "WeChat", "Edg": "Edge", "OPR": "Opera"}
    return ", ".join(part for part in (names.get(browser, browser), system) if part) or agent[:60]

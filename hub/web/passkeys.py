"""Passkeys over HTTP: added on the console, and shown to sign in."""

import ipaddress
from typing import Any

from aiohttp import web

from hub.accounts.accounts import Accounts
from hub.accounts.passkeys import Party, Passkey, PasskeyRefused
from hub.plugins.routes import Routes
from hub.web.authentication import address_of
from hub.web.forms import Malformed, NotAllowed, read_json, refusing, text
from hub.web.own_account import OwnAccountViews
from hub.web.signin import SignInViews, browser_of


def add_passkey_routes(
    routes: Routes,
    accounts: Accounts,
    own: OwnAccountViews,
    signing_in: SignInViews,
    name: str,
    language: str,
) -> None:
    """Serve them."""
    views = PasskeyViews(accounts, own, signing_in, name)
    for method, path, handler, access in (
        ("GET", "/auth/passkeys", views.list, "signed_in"),
        ("POST", "/auth/passkeys/begin", views.begin, "signed_in"),
        ("POST", "/auth/passkeys", views.add, "signed_in"),
        ("DELETE", "/auth/passkeys/{id}", views.remove, "signed_in"),
        ("POST", "/auth/passkey/begin", views.begin_sign_in, "public"),
        ("POST", "/auth/passkey/sign-in", views.sign_in, "public"),
    ):
        routes.add(method, path, refusing(language)(handler), access=access, owner="hub")


class PasskeyViews:
    """Answers the console's page of passkeys, and its sign-in page."""

    def __init__(
        self, accounts: Accounts, own: OwnAccountViews, signing_in: SignInViews, site_name: str
    ) -> None:
        self._accounts, self._own, self._signing_in = accounts, own, signing_in
        self._site_name = site_name

    async def list(self, request: web.Request) -> web.Response:
        """One's passkeys."""
        account, _ = self._own.signed_in(request)
        return web.json_response([_told(item) for item in self._accounts.passkeys.of(account.id)])

    async def begin(self, request: web.Request) -> web.Response:
        """{}: what the browser needs to make one."""
        account, _ = self._own.signed_in(request)
        await read_json(request)
        return web.json_response(self._accounts.passkeys.begin(account, self._party(request)))

    async def add(self, request: web.Request) -> web.Response:
        """{"password", "credential"}: keep the one that the browser made."""
        account, _ = self._own.signed_in(request)
        body = await read_json(request)
        await self._own.ask_again(account, body, request)
        label = text(body, "label", needed=False) or browser_of(request.headers.get("User-Agent", ""))
        party = self._party(request)
        made = await self._accounts.passkeys.add(account, party, _credential(body), label)
        self._own.note(account, "add_passkey", request, {"passkey": made.label})
        return web.json_response(_told(made), status=201)

    async def remove(self, request: web.Request) -> web.Response:
        """Forget one."""
        account, _ = self._own.signed_in(request)
        if not await self._accounts.passkeys.remove(account.id, request.match_info["id"]):
            raise NotAllowed("not_yours")
        self._own.note(account, "remove_passkey", request)
        return web.json_response({"removed": True})

    async def begin_sign_in(self, request: web.Request) -> web.Response:
        """{}: what the browser needs to show one."""
        await read_json(request)
        return web.json_response(self._accounts.passkeys.begin_sign_in(self._party(request)))

    async def sign_in(self, request: web.Request) -> web.Response:
        """{"credential"}: the cookies, and who one is."""
        body = await read_json(request)
        party = self._party(request)
        account = await self._accounts.passkeys.sign_in(party, _credential(body), address_of(request))
        return await self._signing_in.let_in(request, account)

    def _party(self, request: web.Request) -> Party:
        """Browsers make no passkeys for network addresses, nor without TLS but on localhost."""
        host = request.url.host or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return Party(host, f"{request.scheme}://{request.host}".lower(), self._site_name)
        raise PasskeyRefused("passkey_host")


def _credential(body: dict[str, Any]) -> dict[str, Any]:
    found = body.get("credential")
    if not isinstance(found, dict):
        raise Malformed("malformed")
    return found


def _told(passkey: Passkey) -> dict[str, str]:
    return {
        "id": passkey.id,
        "label": passkey.label,
        "created": passkey.created.isoformat(),
        "used": passkey.used.isoformat(),
    }

"""One's own account on the console: sessions, password, second factor, tokens. And what admins do with others'."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from hub.accounts.accounts import Accounts
from hub.accounts.administration import Administration, told_session
from hub.accounts.codes import new_totp, totp_uri
from hub.accounts.permissions import Thing
from hub.accounts.records import Account, Session
from hub.plugins.routes import Routes
from hub.web.authentication import SESSION, address_of
from hub.web.forms import NotAllowed, number, read_json, refusing, text, texts
from hub.web.gate import PRINCIPAL, require
from hub.web.signin import told_principal

MANAGE = "manage account"


def add_own_account_routes(
    routes: Routes, accounts: Accounts, now: Callable[[], datetime], name: str, language: str
) -> "OwnAccountViews":
    """Serve them."""
    views = OwnAccountViews(accounts, now, name)
    for method, path, handler, access in (
        ("GET", "/auth/me", views.me, "signed_in"),
        ("GET", "/auth/sessions", views.sessions, "signed_in"),
        ("DELETE", "/auth/sessions", views.end_others, "signed_in"),
        ("DELETE", "/auth/sessions/{id}", views.end_one, "signed_in"),
        ("POST", "/auth/password", views.change_password, "signed_in"),
        ("POST", "/auth/totp", views.begin_totp, "signed_in"),
        ("POST", "/auth/totp/confirm", views.confirm_totp, "signed_in"),
        ("POST", "/auth/totp/remove", views.remove_totp, "signed_in"),
        ("POST", "/auth/tokens", views.make_token, "signed_in"),
        ("POST", "/auth/accounts", views.administer, MANAGE),
    ):
        routes.add(method, path, refusing(language)(handler), access=access, owner="hub")
    return views


class OwnAccountViews:
    """Answers the console's pages of accounts. What is grave asks for the password again."""

    def __init__(self, accounts: Accounts, now: Callable[[], datetime], site_name: str) -> None:
        self._accounts, self._site_name = accounts, site_name
        self._administration = Administration(accounts, now)

    async def me(self, request: web.Request) -> web.Response:
        """Who one is and what one may do."""
        who = request[PRINCIPAL]
        account = self._accounts.book.accounts.get(who.account)
        told = told_principal(who) | {"session": who.session, "second_factor": bool(account and account.totp)}
        return web.json_response(told)

    async def sessions(self, request: web.Request) -> web.Response:
        """One's sessions and tokens, the last used first."""
        account, current = self.signed_in(request)
        found = sorted(self._accounts.book.sessions_of(account.id), key=lambda item: item.used, reverse=True)
        return web.json_response([told_session(item) | {"current": item.id == current.id} for item in found])

    async def end_others(self, request: web.Request) -> web.Response:
        """End every session but this one; tokens stay."""
        account, current = self.signed_in(request)
        others = [
            item
            for item in self._accounts.book.sessions_of(account.id)
            if item.id != current.id and item.kind != "token"
        ]
        await self._accounts.sessions.end(others)
        self.note(account, "revoke", request, {"sessions": [item.id for item in others]})
        return web.json_response({"revoked": [item.id for item in others]})

    async def end_one(self, request: web.Request) -> web.Response:
        """End one of one's sessions or tokens."""
        account, _ = self.signed_in(request)
        wanted = request.match_info["id"]
        found = [item for item in self._accounts.book.sessions_of(account.id) if item.id == wanted]
        if not found:
            raise NotAllowed("not_yours")
        await self._accounts.sessions.end(found)
        self.note(account, "revoke", request, {"session": wanted})
        return web.json_response({"revoked": [wanted]})

    async def change_password(self, request: web.Request) -> web.Response:
        """{"password", "new"}: ends all other sessions, and forgets known devices."""
        account, current = self.signed_in(request)
        body = await read_json(request)
        await self.ask_again(account, body, request)
        await self._accounts.registry.set_password(account, text(body, "new"), keep=current.id)
        self.note(account, "set_password", request)
        return web.json_response({"changed": True})

    async def begin_totp(self, request: web.Request) -> web.Response:
        """A new shared secret with its QR code; nothing changes until it is confirmed."""
        import segno

        account, _ = self.signed_in(request)
        await read_json(request)
        secret = new_totp()
        uri = totp_uri(secret, account.name, self._site_name)
        return web.json_response({"secret": secret, "uri": uri, "svg": segno.make(uri).svg_inline(scale=4)})

    async def confirm_totp(self, request: web.Request) -> web.Response:
        """{"password", "secret", "code"}: from now on codes are wanted; answers recovery codes, shown once."""
        account, _ = self.signed_in(request)
        body = await read_json(request)
        await self.ask_again(account, body, request)
        recovery = await self._accounts.registry.confirm_totp(
            account, text(body, "secret"), text(body, "code")
        )
        self.note(account, "add_second_factor", request)
        return web.json_response({"recovery_codes": list(recovery)})

    async def remove_totp(self, request: web.Request) -> web.Response:
        """{"password"}: no codes any more."""
        account, _ = self.signed_in(request)
        await self.ask_again(account, await read_json(request), request)
        await self._accounts.registry.remove_totp(account)
        self.note(account, "remove_second_factor", request)
        return web.json_response({"removed": True})

    async def make_token(self, request: web.Request) -> web.Response:
        """{"password", "label", "scopes"?, "days"?}: a long-lived token, shown once."""
        account, _ = self.signed_in(request)
        body = await read_json(request)
        await self.ask_again(account, body, request)
        days = number(body, "days")
        session, secret = await self._accounts.registry.make_token(
            account,
            label=text(body, "label"),
            scopes=texts(body, "scopes") or None,
            lasts=None if days is None else timedelta(days=days),
        )
        self.note(account, "make_token", request, {"session": session.id, "label": session.label})
        return web.json_response(told_session(session) | {"token": secret}, status=201)

    async def administer(self, request: web.Request) -> web.Response:
        """{"do": ...} as `hub user` does; tokens are made by their owner alone, and owners changed by owners."""
        require(request, "manage", Thing(kind="account"), hide=False)
        who, body = request[PRINCIPAL], await read_json(request)
        told = await self._administration.carry_out(body, who)
        if isinstance(told, dict) and "code" in told:
            told |= _as_link(f"{request.scheme}://{request.host}/welcome#{told['code']}")
        return web.json_response(told)

    def signed_in(self, request: web.Request) -> tuple[Account, Session]:
        """The account and session of who signed in on the console; a token can't make itself at home."""
        session = request.get(SESSION)
        if session is None:
            raise NotAllowed("session_only")
        return self._accounts.book.accounts[session.account], session

    async def ask_again(self, account: Account, body: dict[str, Any], request: web.Request) -> None:
        """Want the password once more, before what is grave."""
        await self._accounts.sign_in.check_again(account, text(body, "password"), address_of(request))

    def note(
        self, account: Account, verb: str, request: web.Request, details: dict[str, Any] | None = None
    ) -> None:
        """Tell the audit log."""
        self._accounts.audit.record(
            verb, "account", account.id, who=account.id, address=address_of(request), details=details
        )


def _as_link(url: str) -> dict[str, str]:
    """The link of an invitation, and its QR code for the phone of who is invited."""
    import segno

    return {"url": url, "qr": segno.make(url).svg_data_uri(scale=4)}

"""POST /auth/token and /auth/revoke: what clients exchange codes and refresh tokens at, as Home Assistant has it."""

from aiohttp import web
from aiohttp.http import HttpProcessingError

from hub.accounts.accounts import Accounts
from hub.accounts.secret import is_kind
from hub.accounts.sessions import ACCESS
from hub.plugins.routes import Routes
from hub.web.authentication import address_of
from hub.web.client_ids import is_client_id
from hub.web.forms import LARGEST
from hub.web.login_flow import LoginFlows


class ClientTokens:
    """Grants and revokes tokens of clients."""

    def __init__(self, accounts: Accounts, flows: LoginFlows) -> None:
        self._accounts, self._flows = accounts, flows

    def add_routes(self, routes: Routes) -> None:
        """Serve them."""
        routes.add("POST", "/auth/token", self.token, access="public", owner="hub")
        routes.add("POST", "/auth/revoke", self.revoke, access="public", owner="hub")

    async def token(self, request: web.Request) -> web.Response:
        """Form data, urlencoded or multipart: a code for a pair of tokens, a refresh token for an access token."""
        form = await _form(request)
        if form.get("action") == "revoke":  # as older clients do
            return await self._revoke(form)
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return await self._exchange(form, address_of(request))
        if grant == "refresh_token":
            return await self._refresh(form, address_of(request))
        return _error("unsupported_grant_type", "Use authorization_code or refresh_token")

    async def revoke(self, request: web.Request) -> web.Response:
        """End a refresh token with its access tokens; always 200 (RFC 7009)."""
        return await self._revoke(await _form(request))

    async def _exchange(self, form: dict[str, str], address: str) -> web.Response:
        client = form.get("client_id", "")
        if not is_client_id(client):
            return _error("invalid_request", "Invalid client id")
        account = self._accounts.book.accounts.get(self._flows.take(form.get("code", ""), client))
        if account is None:
            return _error("invalid_request", "Invalid code")
        if account.disabled:
            return _error("access_denied", "User is not active", 403)
        session, refresh = await self._accounts.sessions.open(
            account.id, "client", label=client, client=client, address=address
        )
        access = await self._accounts.sessions.grant_access(session)
        return _granted(access, {"refresh_token": refresh, "ha_auth_provider": "homeassistant"})

    async def _refresh(self, form: dict[str, str], address: str) -> web.Response:
        client, token = form.get("client_id"), form.get("refresh_token", "")
        found = self._accounts.sessions.find(token, address) if is_kind(token, "client") else None
        if found is None:
            return _error("invalid_grant", "Invalid refresh token")
        if found.session.client != client:
            return _error("invalid_request", "Invalid client id")
        if self._accounts.principal_of(found.session) is None:
            return _error("access_denied", "User is not active", 403)
        return _granted(await self._accounts.sessions.grant_access(found.session), {})

    async def _revoke(self, form: dict[str, str]) -> web.Response:
        token = form.get("token", "")
        found = self._accounts.sessions.find(token) if is_kind(token, "client") else None
        if found is not None:
            await self._accounts.sessions.end([found.session])
        return web.Response()


async def _form(request: web.Request) -> dict[str, str]:
    if request.body_exists and not 0 <= (request.content_length or LARGEST + 1) <= LARGEST:
        raise web.HTTPRequestEntityTooLarge(LARGEST, request.content_length or 0)
    try:
        posted = await request.post()
    except (ValueError, LookupError, HttpProcessingError) as error:
        raise web.HTTPBadRequest(text="the form can't be read") from error
    return {name: value for name, value in posted.items() if isinstance(value, str)}


def _granted(access: str, more: dict[str, str]) -> web.Response:
    body = {"access_token": access, "token_type": "Bearer", "expires_in": int(ACCESS.total_seconds()), **more}
    return web.json_response(body)


def _error(error: str, description: str, status: int = 400) -> web.Response:
    body = {"error": error, "error_description": description}
    return web.json_response(body, status=status)

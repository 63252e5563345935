"""The gate: who is calling, and whether a route lets them in. Handlers then ask about the very thing."""

import hmac
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from hub.accounts.grants import parse_grant
from hub.accounts.permissions import NOBODY, Forbidden, Permissions, Principal, Thing

if TYPE_CHECKING:
    from hub.plugins.routes import Route

PRINCIPAL = web.RequestKey("principal", Principal)
PERMISSIONS = web.RequestKey("permissions", Permissions)
LOCAL_ADMIN = Principal(
    account="local",
    name="this machine's admin",
    roles=frozenset(["owner"]),
    grants=frozenset([parse_grant("* * site")]),
)


class Credentials(Protocol):
    """What knows accounts: turns what a request carries into who it is."""

    def principal_of(self, request: web.Request) -> Principal | None:
        """Who the bearer token or cookie says it is; NOBODY when it carries none, None when what it carries is bad.

        HTTPForbidden when what it carries does not count, as a cookie that another site's page sent along.
        """

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add what the answer has to carry, such as a cookie's next value."""


class Gate:
    """Tells who calls and lets in or refuses."""

    def __init__(
        self, local_token: str, permissions: Permissions, credentials: Credentials | None = None
    ) -> None:
        self._local_token, self._credentials = local_token, credentials
        self.permissions = permissions

    def is_local_admin(self, request: web.Request) -> bool:
        """Whether the caller holds the token that only this machine's hub user can read."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        # Headers may hold any bytes; those that are not UTF-8 come as surrogates.
        return scheme.lower() == "bearer" and self.is_local_token(given)

    def is_local_token(self, token: str) -> bool:
        """Whether it is the token of the machine's own admin."""
        return hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self._local_token.encode())

    def admit(self, request: web.Request, route: "Route") -> None:
        """Put who calls into the request; HTTPUnauthorized or HTTPForbidden when the route isn't for them."""
        who = LOCAL_ADMIN if self.is_local_admin(request) else self._known(request, route)
        request[PRINCIPAL] = who or NOBODY
        request[PERMISSIONS] = self.permissions
        if route.access == "public":
            return
        if who is None or not who.signed_in or (route.access == "local" and who is not LOCAL_ADMIN):
            what = "this route is for the machine's own admin" if route.access == "local" else "sign in first"
            raise web.HTTPUnauthorized(text=what, headers={"WWW-Authenticate": "Bearer"})
        if route.access in ("local", "signed_in"):
            return
        verb, _, kind = route.access.partition(" ")
        if not self.permissions.may_some(who, verb, kind):
            raise web.HTTPForbidden(text=f"you may not {verb} any {kind}")

    async def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Called before each answer is sent."""
        if self._credentials is not None:
            self._credentials.finish(request, response)

    def _known(self, request: web.Request, route: "Route") -> Principal | None:
        if self._credentials is None:
            return NOBODY
        try:
            return self._credentials.principal_of(request)
        except web.HTTPForbidden:
            if route.access == "public":
                return NOBODY
            raise


def may(request: web.Request, verb: str, thing: Thing) -> bool:
    """Whether the caller may do `verb` with the loaded thing."""
    return request[PERMISSIONS].may(request[PRINCIPAL], verb, thing)


def require(request: web.Request, verb: str, thing: Thing, *, hide: bool = True) -> None:
    """HTTPNotFound (or HTTPForbidden, if the caller may know that it is there) unless the caller may do `verb`."""
    try:
        request[PERMISSIONS].require(request[PRINCIPAL], verb, thing)
    except Forbidden as error:
        if hide:
            raise web.HTTPNotFound(text=f"there is no such {thing.kind}") from error
        raise web.HTTPForbidden(text=str(error)) from error

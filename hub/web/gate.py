"""The gate: who is calling, and whether a route lets them in. Handlers then ask about the very thing."""

import hmac
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from hub.accounts.audit import DONE, FAILED, REFUSED, Audit
from hub.accounts.grants import ANY, Grant, parse_grant
from hub.accounts.permissions import NOBODY, Forbidden, Permissions, Principal, Thing
from hub.web.origins import SAFE
from hub.web.signing import Signer, is_signed
from hub.web.streams import STREAMS, Streams

if TYPE_CHECKING:
    from hub.plugins.routes import Route

PRINCIPAL = web.RequestKey("principal", Principal)
PERMISSIONS = web.RequestKey("permissions", Permissions)
AUDIT = web.RequestKey("audit", Audit)
NOTED = web.RequestKey("noted", bool)  # whether the log has the request's refusal already
LOCAL_ADMIN = Principal(
    account="local",
    name="this machine's admin",
    roles=frozenset(["owner"]),
    grants=frozenset([parse_grant("* * site")]),
)
# Who holds a camera's token: it is good for the one camera that these paths end with.
TOKEN_HOLDER = Principal(
    account="picture-token", name="a camera's token", grants=frozenset([Grant("see", "camera", "site")])
)
PICTURE_PATHS = ("/api/camera_proxy/{entity_id}", "/api/camera_proxy_stream/{entity_id}")


class Credentials(Protocol):
    """What knows accounts: turns what a request carries into who it is."""

    def principal_of(self, request: web.Request) -> Principal | None:
        """Who the bearer token or cookie says it is; NOBODY when it carries none, None when what it carries is bad.

        HTTPForbidden when what it carries does not count, as a cookie that another site's page sent along.
        """

    def principal_of_session(self, session_id: str) -> Principal | None:
        """Who signed a link, by the session that did; None when that has ended."""

    def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add what the answer has to carry, such as a cookie's next value."""


class Gate:
    """Tells who calls and lets in or refuses."""

    def __init__(
        self,
        local_token: str,
        permissions: Permissions,
        credentials: Credentials,
        audit: Audit,
        signer: Signer,
        is_picture_token: Callable[[str, str], bool] = lambda _camera, _token: False,
    ) -> None:
        self._local_token, self._credentials = local_token, credentials
        self._is_picture_token = is_picture_token
        self.permissions, self._audit, self.signer = permissions, audit, signer
        self._streams = Streams(lambda session: self._credentials.principal_of_session(session))

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
        request[PERMISSIONS], request[AUDIT] = self.permissions, self._audit
        request[STREAMS] = self._streams
        if route.access == "public":
            return
        if who is None or not who.signed_in or (route.access == "local" and who is not LOCAL_ADMIN):
            what = "this route is for the machine's own admin" if route.access == "local" else "sign in first"
            raise web.HTTPUnauthorized(text=what, headers={"WWW-Authenticate": "Bearer"})
        if route.access in ("local", "signed_in"):
            return
        verb, _, kind = route.access.partition(" ")
        if not self.permissions.may_some(who, verb, kind):
            refused(request, verb, Thing(kind=kind))
            raise web.HTTPForbidden(text=f"you may not {verb} any {kind}")

    def subject_of(self, who: Principal) -> str:
        """Whom a link is signed by, to be given to the signer: the session, so that the link ends with it."""
        return who.session or who.account

    async def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Called before each answer is sent."""
        self._credentials.finish(request, response)

    def _known(self, request: web.Request, route: "Route") -> Principal | None:
        if is_signed(request.raw_path) and "Authorization" not in request.headers:
            return self._signed(request, route)
        if self._holds_picture_token(request, route):
            return TOKEN_HOLDER
        try:
            return self._credentials.principal_of(request)
        except web.HTTPForbidden:
            if route.access == "public":
                return NOBODY
            raise

    def _holds_picture_token(self, request: web.Request, route: "Route") -> bool:
        token = request.query.get("token", "") if route.path in PICTURE_PATHS else ""
        return bool(token) and self._is_picture_token(request.path.rpartition("/")[2].lower(), token)

    def _signed(self, request: web.Request, route: "Route") -> Principal | None:
        """Who signed the path, to read it and nothing else; a bad signature is a bad token."""
        if route.access == "public":
            return NOBODY  # such a route looks at the signature itself
        subject = self.signer.verify(request.method, request.raw_path)
        if not subject:
            return None
        who = (
            LOCAL_ADMIN if subject == LOCAL_ADMIN.account else self._credentials.principal_of_session(subject)
        )
        return None if who is None else replace(who, scopes=_reading(who.scopes))


def _reading(scopes: tuple[Grant, ...] | None) -> tuple[Grant, ...]:
    """What of a token's limits is for reading."""
    limits = (Grant(ANY, ANY),) if scopes is None else scopes
    return tuple(Grant("see", limit.kind, limit.scope) for limit in limits if limit.verb in ("see", ANY))


def refused(request: web.Request, verb: str, thing: Thing) -> None:
    """Note in the audit log that the caller may not do `verb` with the thing."""
    who = request[PRINCIPAL]
    request[NOTED] = True
    request[AUDIT].record(
        verb,
        thing.kind,
        thing.id,
        who=who.account,
        person=thing.person,
        address=request.remote or "",
        outcome=REFUSED,
        details={"asked": f"{request.method} {request.path}"[:300]},
    )


def changes(route: "Route") -> bool:
    """Whether a call of the route is to be noted; what anyone signed in may call notes itself, knowing more."""
    return (
        route.method not in SAFE
        and route.access not in ("public", "signed_in")
        and route.access[:4] != "see "
    )


def changed(request: web.Request, route: "Route", name: str, status: int) -> None:
    """Note in the audit log what the caller did, and how it ended; a refusal of the very thing is one, too."""
    if request.get(NOTED):
        return
    verb, _, kind = ("manage", "", "system") if route.access == "local" else route.access.partition(" ")
    request[AUDIT].record(
        verb,
        kind,
        name,
        who=request[PRINCIPAL].account,
        address=request.remote or "",
        outcome=DONE if status < 400 else REFUSED if status in (403, 404) else FAILED,
        details={"asked": f"{request.method} {request.path}"[:300], "status": status},
    )


def viewed(request: web.Request, thing: Thing, person: str = "") -> None:
    """Note that the caller saw a thing that is about a person; what is about the caller needs no note."""
    who, concerned = request[PRINCIPAL], person or thing.person
    if concerned and concerned != who.person:
        request[AUDIT].viewed(
            thing.kind, thing.id, who=who.account, person=concerned, address=request.remote or ""
        )


def may(request: web.Request, verb: str, thing: Thing) -> bool:
    """Whether the caller may do `verb` with the loaded thing."""
    return request[PERMISSIONS].may(request[PRINCIPAL], verb, thing)


def require(request: web.Request, verb: str, thing: Thing, *, hide: bool = True) -> None:
    """HTTPNotFound (or HTTPForbidden, if the caller may know that it is there) unless the caller may do `verb`."""
    try:
        request[PERMISSIONS].require(request[PRINCIPAL], verb, thing)
    except Forbidden as error:
        refused(request, verb, thing)
        if hide:
            raise web.HTTPNotFound(text=f"there is no such {thing.kind}") from error
        raise web.HTTPForbidden(text=str(error)) from error


def own_person(request: web.Request, verb: str) -> str:
    """Id of the person to whom the caller's account belongs, who may do `verb` with what is their own.

    HTTPNotFound when it belongs to nobody, HTTPForbidden when a token may not.
    """
    person = request[PRINCIPAL].person
    if not person:
        raise web.HTTPNotFound(
            text="your account belongs to nobody in the directory; ask an admin to link it"
        )
    require(request, verb, Thing(kind="person", id=person, person=person), hide=False)
    return person

"""Pages of other sites: only origins that the configuration names may ask from a browser, and open a WebSocket."""

from collections.abc import Collection
from urllib.parse import urlsplit

from aiohttp import web

SAFE = ("GET", "HEAD", "OPTIONS")
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Range"
EXPOSED = "Content-Range, ETag, Location, Retry-After"
PREFLIGHT_SECONDS = "600"


class Origins:
    """Knows which pages may ask."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)

    def check(self, request: web.Request) -> None:
        """HTTPForbidden when a page of another site wants to change something or to open a WebSocket.

        Programs send no Origin and are not meant; what only reads is kept from the page by the browser itself.
        """
        origin = request.headers.get("Origin")
        if origin is None or (request.method in SAFE and not is_upgrade(request)):
            return
        if not self._is_known(request, origin):
            raise web.HTTPForbidden(
                text="a page of another site asks; if it is yours, name its origin in http: cors_allowed_origins"
            )

    def mark(self, request: web.Request, response: web.StreamResponse) -> None:
        """Let the browser hand the answer to the page, if it is one of those that the configuration names."""
        if not self._allowed:
            return
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin", "")
        if origin.lower() not in self._allowed:
            return
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response.headers["Access-Control-Allow-Methods"] = METHODS
            response.headers["Access-Control-Allow-Headers"] = HEADERS
            response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS

    def _is_known(self, request: web.Request, origin: str) -> bool:
        return is_own(request, origin) or origin.lower() in self._allowed


def is_own(request: web.Request, origin: str) -> bool:
    """Whether an origin is this very address, as the browser called it."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == request.host.lower()


def is_upgrade(request: web.Request) -> bool:
    """Whether a WebSocket is asked for."""
    return "upgrade" in request.headers.get("Connection", "").lower() or "Upgrade" in request.headers


def is_websocket(request: web.Request) -> bool:
    """Whether it is the handshake of one: what merely says so is a request like others."""
    return request.method == "GET" and request.headers.get("Upgrade", "").lower() == "websocket"

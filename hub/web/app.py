"""The aiohttp application: health, metrics and guests' routes. What no one declared open is closed."""

import ipaddress
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from hub.plugins.routes import Route, Routes
from hub.web.gate import Gate

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

MAX_BODY = 1 << 20  # bytes of any request
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
log = logging.getLogger("hub.web")


class Health(Protocol):
    """What the web floor asks of the running hub."""

    def live(self) -> bool:
        """The loop turns."""

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether alarms can come in and go out, and each integration's state."""

    def metrics(self) -> bytes:
        """The metrics page in Prometheus' text format."""


def names_this_machine(host: str) -> bool:
    """Whether a Host header is an address or localhost, as of a program on the machine that a loopback address is for.

    A page from elsewhere can make its own name lead here (DNS rebinding), and then read what is answered.
    """
    name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.lower().rstrip(".") in ("", "localhost") or name.lower().endswith(".localhost")
    return True


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach an address."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def problem(status: int, title: str, detail: str = "") -> web.Response:
    """An error as RFC 9457 wants it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return web.json_response(body, status=status, content_type="application/problem+json")


@web.middleware
async def guard(request: web.Request, handler: "Handler") -> web.StreamResponse:
    """Security headers on everything, and no traceback to any caller."""
    try:
        if (request.content_length or 0) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
        response = await handler(request)
        if not isinstance(response, web.StreamResponse):
            raise TypeError(f"the route's handler returned {type(response).__name__}, not a response")
    except web.HTTPException as error:
        response = _answer_of(error)
    except Exception:
        # An edge: a guest's route may fail in any way and must answer all the same.
        log.exception("%s %s failed", request.method, request.path)
        response = problem(500, "Internal Server Error", "the hub's log says more")
    if not response.prepared:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    return response


def _answer_of(error: web.HTTPException) -> web.Response:
    """What a raised status tells the caller; errors as problems, with the headers that belong to them."""
    if error.status < 400:
        kept = {name: value for name, value in error.headers.items() if name.lower() != "content-type"}
        return web.Response(status=error.status, headers=kept)
    response = problem(error.status, error.reason, error.text or "")
    for name in ("Allow", "Retry-After", "WWW-Authenticate"):
        if name in error.headers:
            response.headers[name] = error.headers[name]
    return response


class Front:
    """Serves requests; `routes` may change while it does."""

    def __init__(self, health: Health, routes: Routes, gate: Gate) -> None:
        self._health, self._routes, self._gate = health, routes, gate
        self._runner: web.AppRunner | None = None
        self.url = ""
        self._private = False  # only this machine can reach it
        for path, handler in (("/live", self._live), ("/ready", self._ready), ("/metrics", self._metrics)):
            routes.add("GET", path, handler, access="public", owner="hub")

    def app(self) -> web.Application:
        """The application; every request is looked up in the table of routes."""
        app = web.Application(middlewares=[guard], client_max_size=MAX_BODY)
        app.router.add_route("*", "/{tail:.*}", self._dispatch)
        app.on_response_prepare.append(self._gate.finish)
        return app

    async def start(self, host: str, port: int) -> None:
        """Listen; OSError when the address is taken."""
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._private = is_loopback(host)
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def stop(self) -> None:
        """Answer what is under way, then close."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, _request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def _ready(self, request: web.Request) -> web.Response:
        ready, guests = self._health.ready()
        body: dict[str, object] = {"ready": ready}
        if self._gate.is_local_admin(request):
            body["integrations"] = guests
        return web.json_response(body, status=200 if ready else 503)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._health.metrics(), content_type="text/plain", charset="utf-8")

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        if self._private and not names_this_machine(request.headers.get("Host", "")):
            raise web.HTTPMisdirectedRequest(
                text="this address is for programs on this machine: call it 127.0.0.1 or localhost; "
                "a proxy has to do so, too"
            )
        found = self._routes.find(request.method, request.path)
        if found is None:
            return self._without_route(request)
        route, values = found
        self._gate.admit(request, route)
        request.match_info.update(values)
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]] = route.handler
        return await handler(request)

    def _without_route(self, request: web.Request) -> web.Response:
        allowed = self._routes.methods(request.path)
        if request.path.startswith("/api/") or request.path == "/api":
            # Home Assistant's clients take any other answer for a yes to their token.
            self._gate.admit(request, Route("*", "/api", self._dispatch, "signed_in", "hub"))
        if not allowed:
            raise web.HTTPNotFound(text="nothing is served here")
        if request.method == "OPTIONS":
            return web.Response(status=204, headers={"Allow": ", ".join(allowed)})
        raise web.HTTPMethodNotAllowed(request.method, allowed)

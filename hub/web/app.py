"""The aiohttp application: health, metrics and guests' routes. What no one declared open is closed."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from hub.accounts.permissions import Thing
from hub.plugins.routes import Route, Routes
from hub.web.gate import Gate, changed, changes, may
from hub.web.guard import MAX_BODY, Guard
from hub.web.proxies import is_forwarded
from hub.web.reach import Reach, is_loopback
from hub.web.tls import Tls

KEEP_ALIVE = 30.0  # seconds for a request to begin, and its headers to arrive


class Health(Protocol):
    """What the web floor asks of the running hub."""

    def live(self) -> bool:
        """The loop turns."""

    def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether alarms can come in and go out, and each integration's state."""

    def metrics(self) -> bytes:
        """The metrics page in Prometheus' text format."""


class Front:
    """Serves requests; `routes` may change while it does."""

    def __init__(self, health: Health, routes: Routes, gate: Gate, reach: Reach | None = None) -> None:
        self._health, self._routes, self._gate = health, routes, gate
        self._reach = reach or Reach()
        self._guard = Guard(self._reach)
        self._runner: web.AppRunner | None = None
        self.tls = Tls(*self._reach.certificate) if self._reach.certificate else None
        self.url = ""
        self._private = False  # only this machine can reach it
        for path, handler in (("/live", self._live), ("/ready", self._ready), ("/metrics", self._metrics)):
            routes.add("GET", path, handler, access="public", owner="hub")

    def app(self) -> web.Application:
        """The application; every request is looked up in the table of routes."""
        app = web.Application(middlewares=[self._guard.handle], client_max_size=MAX_BODY)
        app.router.add_route("*", "/{tail:.*}", self._dispatch)
        app.on_response_prepare.append(self._gate.finish)
        return app

    async def start(self, host: str, port: int) -> None:
        """Listen; OSError when the address is taken."""
        self._runner = web.AppRunner(
            self.app(),
            access_log=None,
            shutdown_timeout=2,
            keepalive_timeout=KEEP_ALIVE,
            auto_decompress=False,  # a small body must not become a large one
        )
        await self._runner.setup()
        assert self._runner.server is not None  # noqa: S101 - it is there after the set-up
        self._guard.count_connections(self._runner.server)
        site = web.TCPSite(self._runner, host, port, ssl_context=self.tls.context if self.tls else None)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._private = is_loopback(host)
        scheme = "http" if self.tls is None else "https"
        self.url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
        if self.tls is not None:
            self.tls.watch()

    async def stop(self) -> None:
        """Answer what is under way, then close."""
        if self.tls is not None:
            self.tls.stop()
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

    async def _metrics(self, request: web.Request) -> web.Response:
        # Figures of the whole site are its own affair; a Prometheus elsewhere is given a token.
        # Behind a proxy on this machine that nobody named, everybody comes from here.
        local = is_loopback(request.remote or "0.0.0.0") and not is_forwarded(request)  # noqa: S104
        if not local and not may(request, "see", Thing(kind="system")):
            raise web.HTTPUnauthorized(
                text="from other machines, send a token with the scope see:system",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return web.Response(body=self._health.metrics(), content_type="text/plain", charset="utf-8")

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        if not self._reach.is_meant(request.host, private=self._private):
            raise web.HTTPMisdirectedRequest(
                text="the hub is not called by this name; name it in http: host_names, or call it by its address"
            )
        found = self._routes.find(request.method, request.path)
        if found is None:
            return self._without_route(request)
        route, values = found
        if route.access == "public" and route.owner != "hub":
            self._guard.limits.guest(request.remote, route.path)
        self._gate.admit(request, route)
        request.match_info.update(values)
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]] = route.handler
        if not changes(route):
            return await handler(request)
        name = next(iter(values.values()), "")
        try:
            response = await handler(request)
        except web.HTTPException as error:
            changed(request, route, name, error.status)
            raise
        changed(request, route, name, getattr(response, "status", 0))
        return response

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

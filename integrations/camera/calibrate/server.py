"""The page's server: on 127.0.0.1, for one browser that knows the link, until it is told to finish."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from aiohttp import web

from integrations.camera.calibrate.work import Work

HOST = "127.0.0.1"
HOSTS = frozenset(["127.0.0.1", "localhost"])
LARGEST = 1_000_000  # bytes of a request
COOKIE = "calibration"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = Callable[[Any], dict[str, Any]]


class Page:
    """The page of one calibration. The link's token opens it once; a cookie keeps it open."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._token: str | None = secrets.token_urlsafe(24)
        self._session = secrets.token_urlsafe(24)
        self._one_at_a_time = asyncio.Lock()
        self.finished = asyncio.Event()
        self._files = read_files()
        self.port = 0

    @property
    def link(self) -> str:
        """The address that opens the page, once."""
        return f"http://{HOST}:{self.port}/?token={self._token}"

    def application(self) -> web.Application:
        """Every route there is."""
        application = web.Application(client_max_size=LARGEST, middlewares=[self._guard])
        application.router.add_get("/", self._open)
        application.router.add_get("/picture.jpg", self._picture)
        application.router.add_get("/begin", self._begin)
        application.router.add_post("/fit", self._answering(self._work.fit))
        application.router.add_post("/text", self._answering(self._work.text))
        application.router.add_post("/save", self._answering(self._work.save))
        application.router.add_post("/finish", self._finish)
        application.router.add_get("/{name}", self._file)
        return application

    async def serve(self, port: int) -> web.AppRunner:
        """Listen; the runner is to be cleaned up by who called."""
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nobody but the browser that opened the link, and no other site through it."""
        try:
            if request.url.host not in HOSTS:
                raise web.HTTPForbidden(text="this page is only for this machine")
            if request.method == "POST" and (
                request.headers.get("Origin") != f"http://{request.host}"
                or request.content_type != "application/json"
            ):
                raise web.HTTPForbidden(text="from this page only")
            known = secrets.compare_digest(
                request.cookies.get(self._cookie, "").encode(), self._session.encode()
            )
            if not known and request.path != "/":
                raise web.HTTPForbidden(text="open the link that the command printed")
            response = await handler(request)
        except web.HTTPException as answer:
            answer.headers.update(HEADERS)
            raise
        response.headers.update(HEADERS)
        return response

    @property
    def _cookie(self) -> str:
        return f"{COOKIE}-{self.port}"  # cookies know no ports: two pages at once must not share one

    async def _open(self, request: web.Request) -> web.StreamResponse:
        token = request.query.get("token", "")
        if token:
            if self._token is None or not secrets.compare_digest(token.encode(), self._token.encode()):
                raise web.HTTPForbidden(text="this link was used already, or is not the one that was printed")
            self._token = None
            answer = web.HTTPSeeOther("/")
            answer.set_cookie(self._cookie, self._session, httponly=True, samesite="Strict", path="/")
            raise answer
        if request.cookies.get(self._cookie) != self._session:
            raise web.HTTPForbidden(text="open the link that the command printed")
        return self._sent("index.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return self._sent(request.match_info["name"])

    def _sent(self, name: str) -> web.Response:
        if name not in self._files:
            raise web.HTTPNotFound
        return web.Response(body=self._files[name], content_type=TYPES[Path(name).suffix], charset="utf-8")

    async def _picture(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=self._work.jpeg, content_type="image/jpeg")

    async def _begin(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(self._work.begin())

    def _answering(self, answer: Answer) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                data = await request.json()
            except (ValueError, RecursionError) as error:
                raise web.HTTPBadRequest(text="no JSON") from error
            async with self._one_at_a_time:
                return web.json_response(await asyncio.to_thread(answer, data))

        return handle

    async def _finish(self, _request: web.Request) -> web.StreamResponse:
        # The answer must get out before the server goes.
        asyncio.get_running_loop().call_later(0.3, self.finished.set)
        return web.json_response({})


def read_files() -> dict[str, bytes]:
    """The page's files by name; they lie in the package."""
    folder = files("integrations.camera.calibrate") / "page"
    return {item.name: item.read_bytes() for item in folder.iterdir() if Path(item.name).suffix in TYPES}

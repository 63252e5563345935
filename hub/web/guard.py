"""Around every request: who really asks, whether it is too much, which page asks; headers on whatever is answered."""

import asyncio
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from hub.web.headers import put_headers
from hub.web.limits import Connections, Limits
from hub.web.origins import Origins, is_websocket
from hub.web.problems import answer_of, problem
from hub.web.proxies import Proxies, address_of
from hub.web.reach import Reach

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

MAX_BODY = 1 << 20  # bytes of any request
BODY_PATIENCE = 60.0  # seconds that a request may take to arrive
log = logging.getLogger("hub.web")


class Guard:
    """What stands before the routes. Made in a running loop."""

    def __init__(self, reach: Reach) -> None:
        self._loop = asyncio.get_running_loop()
        self._proxies, self._origins = Proxies(reach.proxies), Origins(reach.origins)
        self.limits = Limits(self._loop.time)
        self.connections = Connections(self._stands_for_many)

    @web.middleware
    async def handle(self, request: web.Request, handler: "Handler") -> web.StreamResponse:
        """Security headers on everything, and no traceback to any caller."""
        shown = request
        try:
            shown = self._proxies.unveil(request)
            response = await self._answer(shown, handler)
        except web.HTTPException as error:
            response = answer_of(error)
        except Exception:
            # An edge: a guest's route may fail in any way and must answer all the same.
            log.exception("%s %s failed", request.method, request.path)
            response = problem(500, "Internal Server Error", "the hub's log says more")
        if not response.prepared:
            put_headers(shown, response, self._origins)
            if shown is not request:
                # Otherwise it would be prepared for the proxy's request, and cookies go by the caller's.
                await response.prepare(shown)
        return response

    async def _answer(self, request: web.Request, handler: "Handler") -> web.StreamResponse:
        if (request.content_length or 0) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length or 0)
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise web.HTTPUnsupportedMediaType(text="send the body as it is, without Content-Encoding")
        with self.limits.request(request.remote, is_long=is_websocket(request)):
            self._origins.check(request)
            watch = self._loop.call_later(BODY_PATIENCE, _cut_off, request) if request.can_read_body else None
            try:
                response = await handler(request)
            finally:
                if watch is not None:
                    watch.cancel()
        if not isinstance(response, web.StreamResponse):
            raise TypeError(f"the route's handler returned {type(response).__name__}, not a response")
        return response

    def count_connections(self, server: web.Server) -> None:
        """Let no address hold more connections than it may: each costs a file handle, of which the store needs some."""
        made, lost = server.connection_made, server.connection_lost

        def connection_made(handler: web.RequestHandler, transport: asyncio.Transport) -> None:
            made(handler, transport)
            if not self.connections.opened(transport):
                transport.abort()

        def connection_lost(handler: web.RequestHandler, exc: BaseException | None = None) -> None:
            self.connections.closed(handler.transport)
            lost(handler, exc)

        server.connection_made = connection_made  # type: ignore[method-assign]
        server.connection_lost = connection_lost  # type: ignore[method-assign]

    def _stands_for_many(self, address: str) -> bool:
        found = address_of(address)
        return found is not None and (found.is_loopback or self._proxies.trust(found))


def _cut_off(request: web.Request) -> None:
    """End a request whose body trickles in: who waits for it holds a place that others need."""
    if not request.content.is_eof() and request.transport is not None:
        request.transport.abort()

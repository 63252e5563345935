"""The test server: one fake provider on this machine, in a mood."""

import asyncio
import itertools
from types import TracebackType

from aiohttp import web

from integrations.notify.fakes.answering import Fake, Mood, Refused, Reply, Seen

LIES = (
    Reply(200, "<html><title>Sign in to the network</title></html>", {"Content-Type": "text/html"}),
    Reply(200, ""),
    Reply(200, "OK"),
    Reply(200, '{"errcode": 0, "code": 0'),
    Reply(200, []),
    Reply(200, {}),
    Reply(200, {"hello": "world"}),
    Reply(200, {"errcode": "0", "code": "0", "Code": "ok", "id": "", "success": "false"}),
    Reply(200, {"errcode": None, "code": None, "Code": None, "Response": None, "error": "no route"}),
    Reply(302, "", {"Location": "https://login.example.org/"}),
)


class FakeServer:
    """`async with FakeServer(fake) as server:` serves it at `server.url`; set `mood` at any time."""

    def __init__(self, fake: Fake, mood: Mood = Mood.good) -> None:
        self.fake, self.mood = fake, mood
        self.url = ""
        self.requests: list[Seen] = []
        self._lies = itertools.cycle(LIES)

    async def __aenter__(self) -> "FakeServer":
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = Seen(
            request.method, request.path, dict(request.query), request.rel_url.raw_query_string, headers,
            await request.read(), request.host,
        )  # fmt: skip
        early = self.fake.before(seen)
        if early is not None:
            return _sent(early)
        self.requests.append(seen)
        if self.mood is Mood.slow:
            await asyncio.Event().wait()
        if self.mood is Mood.cut:
            return await self._cut(request, self._take(seen))
        return _sent(self._answer(seen))

    def _answer(self, seen: Seen) -> Reply:
        if self.mood is Mood.lying:
            return next(self._lies)
        if self.mood is Mood.throttled:
            return self.fake.throttled
        return self.fake.error if self.mood is Mood.error_inside else self._take(seen)

    def _take(self, seen: Seen) -> Reply:
        try:
            return self.fake.take(seen)
        except Refused as refused:
            return refused.reply

    async def _cut(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        """Half of a good answer."""
        response = web.StreamResponse(headers={"Content-Length": str(len(reply.content) + 100)})
        await response.prepare(request)
        await response.write(reply.content)
        if request.transport is not None:
            request.transport.abort()
        return response


def _sent(reply: Reply) -> web.Response:
    headers = {"Content-Type": "application/json; charset=utf-8", **reply.headers}
    return web.Response(status=reply.status, body=reply.content, headers=headers)

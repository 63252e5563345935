"""Answers that go on: so many of each account, and none longer than the session and the rights that it began with."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from aiohttp import web

from hub.accounts.permissions import Principal

MOST_OF_ACCOUNT = (
    32  # at once: one account must not take the places that its neighbours behind one address share
)
LOOK = 5.0  # seconds between looks at a stream's session and its reader


class Streams:
    """Counts the streams that are open, and ends them."""

    def __init__(self, principal_of_session: Callable[[str], Principal | None]) -> None:
        self._principal_of_session = principal_of_session
        self._open: Counter[str] = Counter()

    @asynccontextmanager
    async def one(self, request: web.Request, who: Principal) -> AsyncIterator[None]:
        """Around what writes a stream, which is cut short when it is over; HTTPTooManyRequests."""
        if self._open[who.account] >= MOST_OF_ACCOUNT:
            raise web.HTTPTooManyRequests(
                text="too many streams of this account; close some", headers={"Retry-After": "10"}
            )
        self._open[who.account] += 1
        loop, scope = asyncio.get_running_loop(), asyncio.timeout(None)

        next_look = loop.call_later(LOOK, lambda: look())

        def look() -> None:
            nonlocal next_look
            gone = request.transport is None or request.transport.is_closing()
            if gone or not self._may_still(who):
                scope.reschedule(loop.time())
            else:
                next_look = loop.call_later(LOOK, look)

        try:
            with suppress(TimeoutError):
                async with scope:
                    yield
        finally:
            next_look.cancel()
            self._open[who.account] -= 1
            if not self._open[who.account]:
                del self._open[who.account]

    def _may_still(self, who: Principal) -> bool:
        if not who.session:
            return True  # the machine's own admin
        current = self._principal_of_session(who.session)
        # A signed path narrows whoever signed it; that is no change of theirs.
        return current is not None and replace(current, scopes=who.scopes) == who


STREAMS = web.RequestKey("streams", Streams)

"""The journal of alarms by cursor, and the same as a stream that goes on where the caller was cut off."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from hub.accounts.permissions import Thing
from hub.model.events import Alarm, Severity
from hub.plugins.site import Site
from hub.store import catalogue
from hub.store.sql import from_microseconds
from hub.web.bodies import written
from hub.web.streams import STREAMS
from hub.web.v1.operations import Asked, Operation, Page
from hub.web.v1.shapes import Cursor, Limit, Moment, cursor_of

BATCH = 200  # rows read at once
ALIVE = 25.0  # seconds after which a silent stream says that it lives
MOST_STREAMS = 1000  # at once, of everybody


class EventView(msgspec.Struct, kw_only=True):
    """One entry of the journal."""

    seq: int
    id: str
    kind: str
    at: Moment
    stored_at: Moment
    severity: str
    area: str
    source: str
    data: dict[str, Any]


class EventQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where to go on, the oldest first."""

    after: Cursor = ""
    kind: Annotated[str, Meta(max_length=100)] = ""
    limit: Limit = 100


class StreamQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where to go on; without it, at the end."""

    after: Cursor = ""
    kind: Annotated[str, Meta(max_length=100)] = ""


class Journal:
    """Answers for the journal; wakes its streams at each commit of an alarm."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._waiting: set[asyncio.Event] = set()
        site.bus.on(Alarm, self._raised)

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        yield Operation(
            method="GET",
            path="/events",
            access="see alarm",
            summary="The journal from a cursor on, the oldest first; `next` is always there to go on from",
            handler=self.list_events,
            query=EventQuery,
            answer=Page[EventView],
        )
        yield Operation(
            method="GET",
            path="/events/stream",
            access="see alarm",
            summary="The journal as server-sent events; `Last-Event-ID` or `after` goes on where one was",
            handler=self.stream_events,
            query=StreamQuery,
            answer=str,
            media_type="text/event-stream",
        )

    async def list_events(self, asked: Asked[Any]) -> Page[EventView]:
        """Entries that the caller may see; the cursor passes over the others."""
        query: EventQuery = asked.query
        after = cursor_of(query.after, 0)
        rows = await self._onward(after, query.limit)
        last = rows[-1]["seq"] if rows else after
        return Page(
            items=[_view(row) for row in rows if self._is_for(asked, row, query.kind)], next=str(last)
        )

    async def stream_events(self, asked: Asked[Any]) -> web.StreamResponse:
        """Entries as they are committed, until the caller goes. A slow caller waits for nobody and holds up nobody."""
        if len(self._waiting) >= MOST_STREAMS:
            raise web.HTTPServiceUnavailable(text="too many streams are open", headers={"Retry-After": "10"})
        query: StreamQuery = asked.query
        given = asked.request.headers.get("Last-Event-ID", "") or query.after
        after = cursor_of(given, -1)
        if after < 0:
            after = await self._site.store.read(_last)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        news = asyncio.Event()
        self._waiting.add(news)
        try:
            async with asked.request[STREAMS].one(asked.request, asked.who):
                await response.prepare(asked.request)
                await response.write(b": the journal\n\n")
                await self._tell(asked, response, news, after)
        except ConnectionError:
            pass  # the caller has gone
        finally:
            self._waiting.discard(news)
        return response

    async def _tell(
        self, asked: Asked[Any], response: web.StreamResponse, news: asyncio.Event, after: int
    ) -> None:
        while True:
            news.clear()
            rows = await self._onward(after, BATCH)
            for row in rows:
                after = row["seq"]
                if self._is_for(asked, row, asked.query.kind):
                    await response.write(_written(row))
            if len(rows) < BATCH:
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), ALIVE)
                    continue
                await response.write(b": alive\n\n")

    def _raised(self, _alarm: Alarm) -> None:
        unit = self._site.units.current
        if unit is not None and self._waiting:
            unit.after.append(lambda _outcome: self._wake())

    def _wake(self) -> None:
        for news in self._waiting:
            news.set()

    async def _onward(self, after: int, limit: int) -> list[Any]:
        rows: list[Any] = await self._site.store.read(
            lambda connection: catalogue.ALARMS_ONWARD.run(connection, after=after, limit=limit).fetchall()
        )
        return rows

    def _is_for(self, asked: Asked[Any], row: Any, kind: str) -> bool:
        thing = Thing(kind="alarm", id=row["id"], area=row["area"])
        return (not kind or row["kind"] == kind) and asked.may("see", thing)


def _last(connection: Any) -> int:
    rows = catalogue.ALARMS.run(connection, after=0, limit=1).fetchall()
    return rows[0]["seq"] if rows else 0


def _view(row: Any) -> EventView:
    return EventView(
        seq=row["seq"],
        id=row["id"],
        kind=row["kind"],
        at=from_microseconds(row["at"]),
        stored_at=from_microseconds(row["stored_at"]),
        severity=Severity(row["severity"]).name,
        area=row["area"],
        source=row["source"],
        data=json.loads(row["body"]),
    )


def _written(row: Any) -> bytes:
    return b"id: %d\nevent: alarm\ndata: %s\n\n" % (row["seq"], written(_view(row)))

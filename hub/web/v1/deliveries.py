"""Deliveries: what was sent to whom over which channel, and what became of it."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote, unquote

import msgspec
from msgspec import Meta

from hub.accounts.permissions import Thing
from hub.plugins.site import Site
from hub.store import catalogue
from hub.store.outbox import OutboxRow
from hub.store.receipts import STAGES, Receipt, find_receipt
from hub.store.sql import from_microseconds, to_microseconds
from hub.web.v1.operations import Asked, Operation, Page, Refused, missing
from hub.web.v1.shapes import Limit, Moment

DELIVER = "notify.deliver"
SCANNED = 5000
Told = tuple[OutboxRow, Receipt | None]
_LAST = datetime.max.replace(tzinfo=UTC)
State = Literal["queued", "retrying", "sent", "held", "failed", "dropped"]


class DeliveryView(msgspec.Struct, kw_only=True):
    """One notice on its way to one person over one channel."""

    key: str
    state: State
    person: str
    person_name: str
    channel: str
    alarm: Annotated[str, Meta(description="Id of the alarm it is about, if any")]
    title: str
    created: Moment
    done_at: Moment | None
    sent_at: Annotated[Moment | None, Meta(description="When the provider took it")]
    delivered_at: Annotated[Moment | None, Meta(description="When it arrived, where the channel tells of it")]
    read_at: Moment | None
    acknowledged_at: Annotated[Moment | None, Meta(description="When the person took the alarm on")]
    attempts: int
    due: Annotated[datetime, Meta(tz=True, description="When it is tried next, while it waits")]
    last_error: str


class DeliveryQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which deliveries, the newest first."""

    alarm: Annotated[str, Meta(max_length=100)] = ""
    person: Annotated[str, Meta(max_length=64)] = ""
    state: State | None = None
    after: Annotated[
        str, Meta(pattern="^([0-9]{1,16}~[!-~]{1,400})?$", description="`next` of the page before")
    ] = ""
    limit: Limit = 50


class KeyQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One delivery; keys hold slashes, so they stand in the query."""

    key: Annotated[str, Meta(min_length=1, max_length=400)]


class Deliveries:
    """Answers for deliveries."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        yield Operation(
            method="GET",
            path="/deliveries",
            access="see delivery",
            summary="List deliveries, the newest first",
            handler=self.list_deliveries,
            query=DeliveryQuery,
            answer=Page[DeliveryView],
        )
        for verb, handler, summary in (
            ("retry", self.retry_delivery, "Try a delivery again now, also one that was given up"),
            ("drop", self.drop_delivery, "Give a delivery up for good"),
        ):
            yield Operation(
                method="POST",
                path=f"/deliveries/{verb}",
                access="edit delivery",
                summary=summary,
                handler=handler,
                query=KeyQuery,
                answer=DeliveryView,
                refusals=(404, 409),
            )

    async def list_deliveries(self, asked: Asked[Any]) -> Page[DeliveryView]:
        """Those that fit and that the caller may see."""
        query: DeliveryQuery = asked.query
        if query.alarm:
            rows = await self._rows(catalogue.CALLS_OF_ALARM, alarm=query.alarm, limit=SCANNED)
            return Page(items=self._shown(asked, rows)[-query.limit :])
        before, key = _place(query.after)
        found: list[DeliveryView] = []
        for _ in range(SCANNED // 500):
            rows = await self._rows(
                catalogue.CALLS_OF_ACTION, action=DELIVER, before=before, key=key, limit=500
            )
            for row, receipt in rows:
                before, key = row.created, row.key
                found += self._shown(asked, [(row, receipt)])
                if len(found) == query.limit:
                    return Page(items=found, next=_cursor(row))
            if len(rows) < 500:
                return Page(items=found)
        return Page(items=found, next=_cursor(rows[-1][0]))

    async def retry_delivery(self, asked: Asked[Any]) -> DeliveryView:
        """Hurry it."""
        return await self._act(asked, self._site.store.outbox.retry, "it is not waiting and was not given up")

    async def drop_delivery(self, asked: Asked[Any]) -> DeliveryView:
        """Give it up."""
        return await self._act(asked, self._site.store.outbox.drop, "it is not waiting and was not given up")

    async def _act(self, asked: Asked[Any], act: Any, why_not: str) -> DeliveryView:
        row, _ = await self._one(asked.query.key)
        asked.require("edit", _thing(row))
        if not await act(row.key):
            raise Refused(409, why_not)
        await self._site.store.settled()
        return self._view(*await self._one(row.key))

    # --- inside -----------------------------------------------------------------------------------------

    async def _one(self, key: str) -> Told:
        rows = await self._rows(catalogue.CALL_BY_KEY, key=key)
        if not rows or rows[0][0].action != DELIVER:
            raise missing("delivery")
        return rows[0]

    async def _rows(self, statement: Any, **row: Any) -> list[Told]:
        """Calls with what is known of those that are deliveries."""

        def read(connection: sqlite3.Connection) -> list[Told]:
            found = [OutboxRow.of(tuple(item)) for item in statement.run(connection, **row)]
            return [
                (one, find_receipt(connection, one.key) if one.action == DELIVER else None) for one in found
            ]

        return await self._site.store.read(read)

    def _shown(self, asked: Asked[Any], rows: list[Told]) -> list[DeliveryView]:
        query: DeliveryQuery = asked.query
        return [
            view
            for row, receipt in rows
            if row.action == DELIVER and asked.may("see", _thing(row))
            for view in (self._view(row, receipt),)
            if (not query.person or view.person == query.person) and query.state in (None, view.state)
        ]

    def _view(self, row: OutboxRow, receipt: Receipt | None) -> DeliveryView:
        data = json.loads(row.data)
        person = self._site.directory.persons.get(data["person"])
        return DeliveryView(
            key=row.key,
            state=_state(row, receipt),
            person=data["person"],
            person_name=person.name if person else data["person"],
            channel=data["channel"],
            alarm=row.alarm,
            title=data.get("title", ""),
            created=row.created,
            done_at=row.done_at,
            **{f"{stage}_at": getattr(receipt, stage, None) for stage in STAGES},
            attempts=row.attempts,
            due=row.due,
            last_error=row.last_error,
        )


def _state(row: OutboxRow, receipt: Receipt | None) -> State:
    """What became of it; one that is done and was never sent was held back: no consent, or not needed any more."""
    if row.state == "pending":
        return "retrying" if row.attempts else "queued"
    if row.state == "done" and receipt is not None and receipt.sent is None:
        return "held"
    states: dict[str, State] = {"done": "sent", "dead": "failed", "dropped": "dropped"}
    return states[row.state]


def _thing(row: OutboxRow) -> Thing:
    return Thing(kind="delivery", id=row.key, person=json.loads(row.data).get("person", ""))


def _cursor(row: OutboxRow) -> str:
    return f"{to_microseconds(row.created)}~{quote(row.key)}"


def _place(cursor: str) -> tuple[datetime, str]:
    if not cursor:
        return _LAST, ""
    created, _, key = cursor.partition("~")
    return from_microseconds(int(created)), unquote(key)

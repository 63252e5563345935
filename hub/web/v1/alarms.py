"""Alarms: what happened, who has it, what was sent to whom; acknowledging and closing."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hub.accounts.permissions import Principal, Thing
from hub.kernel.alarms import LONGEST_NOTE
from hub.model.events import Severity
from hub.plugins.site import Site
from hub.store import catalogue
from hub.store.sql import Statement, from_microseconds
from hub.web.v1.operations import Asked, Operation, Page, Refused, missing
from hub.web.v1.shapes import Cursor, EvidenceView, Limit, Moment, cursor_of, evidence_view
from hub.web.v1.system import Inside

AlarmState = Literal["open", "acknowledged", "closed"]
BATCH = 200  # rows read at once
SCANNED = 5000  # rows looked at for one page: what the caller may not see is passed over
FIRST = datetime.fromtimestamp(0, UTC)


class AlarmView(msgspec.Struct, kw_only=True):
    """One alarm and what became of it."""

    id: str
    seq: Annotated[int, Meta(description="Its place in the journal")]
    kind: str
    severity: Literal["info", "warning", "critical"]
    at: datetime
    stored_at: datetime
    area: str
    area_name: str
    source: str
    source_name: str
    state: AlarmState
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledged_by_name: str
    closed_at: datetime | None
    closed_by: Annotated[str, Meta(description="Empty for one that ended by itself")]
    closed_by_name: str
    note: str
    evidence: list[EvidenceView]
    data: Annotated[dict[str, Any], Meta(description="All fields of the event")]


class AlarmQuery(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which alarms, the newest first."""

    state: Annotated[
        Literal["open", "unattended", "all"],
        Meta(description="open: not closed and at most 30 days old; unattended: open and nobody has it"),
    ] = "all"
    kind: Annotated[str, Meta(max_length=100)] = ""
    area: Annotated[str, Meta(max_length=64, description="With everything inside")] = ""
    severity: Annotated[Literal["info", "warning", "critical"], Meta(description="At least as severe")] = (
        "info"
    )
    since: Moment | None = None
    until: Moment | None = None
    after: Cursor = ""
    limit: Limit = 50


class AlarmNote(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the person says about it."""

    note: Annotated[str, Meta(max_length=LONGEST_NOTE)] = ""


class Alarms:
    """Answers for alarms."""

    def __init__(self, site: Site, inside: Inside) -> None:
        self._site, self._inside = site, inside

    def operations(self) -> Iterator[Operation]:
        """What can be asked."""
        one = "/alarms/{alarm_id}"
        yield Operation(
            method="GET",
            path="/alarms",
            access="see alarm",
            summary="List alarms, the newest first",
            handler=self.list_alarms,
            query=AlarmQuery,
            answer=Page[AlarmView],
        )
        yield Operation(
            method="GET",
            path=one,
            access="see alarm",
            summary="One alarm",
            handler=self.get_alarm,
            answer=AlarmView,
        )
        yield Operation(
            method="POST",
            path=f"{one}/acknowledge",
            access="acknowledge alarm",
            summary="Take an alarm on: you act, others need not be called",
            handler=self.acknowledge_alarm,
            body=AlarmNote,
            answer=AlarmView,
            refusals=(409,),
            keyed=True,
        )
        yield Operation(
            method="POST",
            path=f"{one}/close",
            access="acknowledge alarm",
            summary="Say that an alarm is settled",
            handler=self.close_alarm,
            body=AlarmNote,
            answer=AlarmView,
            refusals=(409,),
            keyed=True,
        )

    async def list_alarms(self, asked: Asked[Any]) -> Page[AlarmView]:
        """Rows of the journal that fit and that the caller may see."""
        query: AlarmQuery = asked.query
        before = cursor_of(query.after, 2**62)
        statement = catalogue.ALARMS_PAGE if query.state == "all" else catalogue.OPEN_ALARMS
        now = self._site.clock.now()
        since = query.since or (FIRST if query.state == "all" else now - timedelta(days=30))
        until = query.until or now + timedelta(days=3650)
        found: list[AlarmView] = []
        scanned = 0
        while len(found) < query.limit and scanned < SCANNED:
            rows = await self._newest(statement, before=before, since=since, until=until, limit=BATCH)
            for row in rows:
                scanned, before = scanned + 1, row["seq"]
                if self._fits(query, row) and asked.may("see", self._thing(row)):
                    found.append(self._view(row))
                    if len(found) == query.limit:
                        break
            if len(rows) < BATCH:
                more = len(found) == query.limit and bool(rows) and before != rows[-1]["seq"]
                return Page(items=found, next=str(before) if more else None)
        return Page(items=found, next=str(before))

    async def get_alarm(self, asked: Asked[Any]) -> AlarmView:
        """The alarm, if the caller may see it."""
        row = await self._row(asked.path["alarm_id"])
        asked.require("see", self._thing(row))
        return self._view(row)

    async def acknowledge_alarm(self, asked: Asked[Any]) -> AlarmView:
        """Note who has it; nobody takes it from another by mistake."""
        row = await self._row(asked.path["alarm_id"])
        asked.require("acknowledge", self._thing(row))
        alarm = row["id"]
        if not self._site.alarms.acknowledge(alarm, _person(asked.who), asked.body.note):
            open_ = self._site.alarms.get(alarm)
            who = "" if open_ is None else self._name(open_.acknowledged_by)
            raise Refused(409, f"{who} has this alarm already" if open_ else "this alarm is closed")
        return await self._written(alarm)

    async def close_alarm(self, asked: Asked[Any]) -> AlarmView:
        """Note who settled it."""
        row = await self._row(asked.path["alarm_id"])
        asked.require("acknowledge", self._thing(row))
        if not self._site.alarms.close(row["id"], _person(asked.who), asked.body.note):
            raise Refused(409, "this alarm is closed already")
        return await self._written(row["id"])

    # --- inside -----------------------------------------------------------------------------------------

    async def _written(self, alarm: str) -> AlarmView:
        """The alarm when what was just put down is on the disk."""
        await self._site.store.settled()
        return self._view(await self._row(alarm))

    async def _newest(self, statement: Statement, **span: Any) -> list[sqlite3.Row]:
        found: list[sqlite3.Row] = await self._site.store.read(
            lambda connection: statement.run(connection, **span).fetchall()
        )
        return found

    async def _row(self, alarm: str) -> sqlite3.Row:
        row = await self._site.store.read(
            lambda connection: catalogue.ALARM_WITH_HANDLING.run(connection, id=alarm).fetchone()
        )
        if row is None:
            raise missing("alarm")
        found: sqlite3.Row = row
        return found

    def _fits(self, query: AlarmQuery, row: sqlite3.Row) -> bool:
        return (
            (not query.kind or row["kind"] == query.kind)
            and row["severity"] >= Severity[query.severity]
            and (query.state != "unattended" or row["acknowledged_at"] is None)
            and (not query.area or self._site.directory.places.inside(row["area"], query.area))
        )

    def _thing(self, row: sqlite3.Row) -> Thing:
        return Thing(kind="alarm", id=row["id"], area=row["area"])

    def _name(self, person: str) -> str:
        found = self._site.directory.persons.get(person)
        return found.name if found else self._inside.name_of(person)

    def _view(self, row: sqlite3.Row) -> AlarmView:
        data = json.loads(row["body"])
        acknowledged, closed = row["acknowledged_at"], row["closed_at"]
        area = self._site.directory.areas.get(row["area"])
        return AlarmView(
            id=row["id"],
            seq=row["seq"],
            kind=row["kind"],
            severity=Severity(row["severity"]).name,  # type: ignore[arg-type]
            at=from_microseconds(row["at"]),
            stored_at=from_microseconds(row["stored_at"]),
            area=row["area"],
            area_name=area.name if area else row["area"],
            source=row["source"],
            source_name=source_name(self._site, row["source"], data),
            state="closed" if closed is not None else "open" if acknowledged is None else "acknowledged",
            acknowledged_at=None if acknowledged is None else from_microseconds(acknowledged),
            acknowledged_by=row["acknowledged_by"] or "",
            acknowledged_by_name=self._name(row["acknowledged_by"] or ""),
            closed_at=None if closed is None else from_microseconds(closed),
            closed_by=row["closed_by"] or "",
            closed_by_name=self._name(row["closed_by"] or ""),
            note=row["note"] or "",
            evidence=[evidence_view(item) for item in data.get("evidence", ())],
            data=data,
        )


def source_name(site: Site, source: str, data: dict[str, Any]) -> str:
    """What people call the source: the event's own word, else the device's or entity's name."""
    told = data.get("camera_name") or data.get("name")
    if isinstance(told, str) and told:
        return told
    if source in site.devices:
        return site.devices[source].name
    entity = site.states.entities.get(source)
    return entity.name if entity else source


def _person(who: Principal) -> str:
    return who.person or who.account

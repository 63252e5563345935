"""What became of alarms: open, acknowledged by somebody, closed. The open ones are held in memory."""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.kernel.bus import Bus
from hub.model.events import Alarm, AlarmAcknowledged, AlarmClosed, AlarmsEnded, Severity
from hub.store import catalogue
from hub.store.sql import from_microseconds
from hub.store.unit import Outcome, Units

OPEN_FOR = timedelta(days=30)  # after which an alarm that nobody closed is history
MOST_OPEN = 20_000  # held in memory; what was raised before these is found in the journal
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm:
    """An alarm that is not closed, and who has it."""

    id: str
    kind: str
    at: datetime
    area: str
    severity: Severity
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    note: str = ""


class Alarms:
    """The open alarms. Made before any guest runs, so that none is missed."""

    def __init__(
        self, bus: Bus, units: Units, now: Callable[[], datetime], rows: Iterable[OpenAlarm] = ()
    ) -> None:
        self._bus, self._units, self._now = bus, units, now
        self._open: dict[str, OpenAlarm] = {alarm.id: alarm for alarm in rows}
        bus.on(Alarm, self._raised)
        bus.on(AlarmsEnded, self._ended)

    def get(self, alarm: str) -> OpenAlarm | None:
        """The alarm, while it is open."""
        return self._open.get(alarm)

    def all(self) -> list[OpenAlarm]:
        """Every open alarm of the last 30 days, the first raised first."""
        return list(self._open.values())

    def acknowledge(self, alarm: str, by: str, note: str = "") -> bool:
        """Note that somebody has the alarm; False when it is not open or somebody had it before."""
        found = self._open.get(alarm)
        if found is None or found.acknowledged_at is not None:
            return False
        with self._units.open():
            self._write(
                replace(found, acknowledged_at=self._now(), acknowledged_by=by, note=note[:LONGEST_NOTE])
            )
            event = AlarmAcknowledged(
                at=self._now(), source="hub", area=found.area, cause=by, alarm=alarm, by=by, note=note
            )
            self._bus.emit(event)
        return True

    def close(self, alarm: str, by: str, note: str = "") -> bool:
        """Note that somebody settled the alarm; False when it is not open."""
        found = self._open.get(alarm)
        if found is None:
            return False
        with self._units.open():
            self._close(replace(found, note=note[:LONGEST_NOTE] or found.note), by)
            self._bus.emit(
                AlarmClosed(
                    at=self._now(), source="hub", area=found.area, cause=by, alarm=alarm, by=by, note=note
                )
            )
        return True

    def _raised(self, alarm: Alarm) -> None:
        unit = self._units.current
        if unit is None:  # an alarm is always emitted in a unit
            raise RuntimeError("an alarm outside of a unit")
        if alarm.id in self._open:
            return
        row = OpenAlarm(
            id=alarm.id, kind=alarm.kind, at=alarm.at, area=alarm.area, severity=Severity(alarm.severity)
        )
        self._open[alarm.id] = row
        while len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]

        def committed(outcome: Outcome) -> None:
            # What the journal knew already may have been closed long ago.
            if alarm.id in outcome.known_alarms and self._open.get(alarm.id) is row:
                del self._open[alarm.id]

        unit.after.append(committed)

    def _ended(self, event: AlarmsEnded) -> None:
        with self._units.open():
            for alarm in event.alarms:
                found = self._open.get(alarm)
                if found is not None:
                    self._close(found, "")

    def _close(self, alarm: OpenAlarm, by: str) -> None:
        self._write(alarm, closed_at=self._now(), closed_by=by)
        del self._open[alarm.id]

    def _write(self, alarm: OpenAlarm, closed_at: datetime | None = None, closed_by: str = "") -> None:
        self._open[alarm.id] = alarm
        with self._units.open() as unit:
            unit.write(
                "handling",
                {
                    "alarm": alarm.id,
                    "acknowledged_at": alarm.acknowledged_at,
                    "acknowledged_by": alarm.acknowledged_by,
                    "closed_at": closed_at,
                    "closed_by": closed_by,
                    "note": alarm.note,
                },
            )


def open_alarms(connection: sqlite3.Connection, now: datetime) -> list[OpenAlarm]:
    """What an earlier life of the hub left open, the first raised first."""
    found = catalogue.OPEN_ALARMS.run(
        connection, before=2**62, since=now - OPEN_FOR, until=now + OPEN_FOR, limit=MOST_OPEN
    )
    rows = []
    for row in reversed(found.fetchall()):
        (
            _seq,
            identity,
            kind,
            at,
            _source,
            area,
            severity,
            _body,
            _stored,
            seen,
            by,
            _closed,
            _closer,
            note,
        ) = row
        rows.append(
            OpenAlarm(
                id=identity,
                kind=kind,
                at=from_microseconds(at),
                area=area,
                severity=Severity(severity),
                acknowledged_at=None if seen is None else from_microseconds(seen),
                acknowledged_by=by or "",
                note=note or "",
            )
        )
    return rows

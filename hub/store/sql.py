"""SQL text as the driver runs it, and times as the files hold them."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """An aware time as microseconds since 1970 UTC; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"the time {moment} has no zone; use an aware one")
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(number: int) -> datetime:
    """The aware UTC time of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=number)


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and how a row (name -> value, times as datetimes) becomes its parameters."""

    sql: str
    names: tuple[str, ...] = ()
    times: tuple[int, ...] = ()  # which of them are times

    def parameters(self, row: Mapping[str, Any]) -> list[Any]:
        """The row's values in order; KeyError for a missing one, ValueError for a naive time."""
        values = [row[name] for name in self.names]
        for place in self.times:
            if values[place] is not None:
                values[place] = to_microseconds(values[place])
        return values

    def run(self, connection: sqlite3.Connection, **row: Any) -> sqlite3.Cursor:
        """Carry it out."""
        return connection.execute(self.sql, self.parameters(row))

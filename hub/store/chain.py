"""The audit log's chain: each row bears the hash of the one before, so that no change or gap goes unseen.

`hash` is the SHA-256 of the row's other columns as a JSON array, in the table's order, without blanks, in UTF-8.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from hub.store import catalogue
from hub.store.sql import from_microseconds, to_microseconds

KIND = "audit"  # of the writes of a unit
SEAL = "seal"  # the verb of a row that vouches for what was forgotten
COLUMNS = (
    "seq", "at", "who", "verb", "kind", "id", "person", "address", "outcome", "details", "seals", "previous", "hash",
)  # fmt: skip
NOTHING_BEFORE = ""  # what the first row bears as the hash of the one before

_HEADLESS = "what stood before it is missing, and no seal vouches for that"
_encode = msgspec.json.Encoder().encode
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the log; `details` is JSON text."""

    seq: int
    at: datetime
    who: str
    verb: str
    kind: str
    id: str
    person: str
    address: str
    outcome: str
    details: str
    seals: int | None
    previous: str
    hash: str

    @classmethod
    def of(cls, row: Iterable[Any]) -> "AuditRow":
        """From the database."""
        seq, at, *rest = row
        return cls(seq, from_microseconds(at), *rest)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of checking the whole log; `broken_at` is the number of the first row that doesn't hold, or None."""

    rows: int
    first: int
    last: int
    head: str  # hash of the last row: noted elsewhere, it also proves that nothing was cut off behind it
    broken_at: int | None = None
    reason: str = ""


def digest(values: Sequence[Any]) -> str:
    """The hash of a row, from its other columns in order."""
    return hashlib.sha256(_encode(values)).hexdigest()


def append(connection: sqlite3.Connection, row: Row) -> None:
    """Put a row at the end of the chain, inside the open transaction; `row` has what is told, `at` as a time."""
    seq, previous = head(connection)
    told = {**row, "seq": seq + 1, "previous": previous, "seals": row.get("seals")}
    values = [told[name] for name in COLUMNS[:-1]]
    values[1] = to_microseconds(told["at"])
    connection.execute(catalogue.WRITES[KIND].sql, [*values, digest(values)])


def seal(connection: sqlite3.Connection, before: datetime, now: datetime) -> int:
    """Vouch for all rows older than `before`, so that they may be deleted; returns the number of the last of them.

    The row that vouches holds the hash of the last one, from which the rest of the chain goes on. 0: nothing is due.
    """
    kept = catalogue.AUDIT_FIRST_SINCE.run(connection, at=before).fetchone()
    last, said = head(connection) if kept is None else (kept[0] - 1, kept[1])
    sealed = int(catalogue.AUDIT_SEALED.run(connection).fetchone()[0] or 0)
    if last <= sealed:
        return sealed
    row: dict[str, Any] = dict.fromkeys(("who", "person", "address"), "")
    row |= {"verb": SEAL, "kind": KIND, "id": said, "outcome": "done", "details": "{}"}
    append(connection, {**row, "at": now, "seals": last})
    return int(last)


def verify(connection: sqlite3.Connection, watch: Callable[[int], None] = lambda _rows: None) -> Verdict:
    """Go through the whole log; `watch` is told now and then how far it is."""
    seals: dict[int, str] = dict(catalogue.AUDIT_SEALS.run(connection).fetchall())
    cursor = connection.cursor()
    cursor.row_factory = None
    rows, first, last, ending = 0, 0, 0, NOTHING_BEFORE
    for row in cursor.execute(catalogue.AUDIT_ROWS.sql):
        seq, previous, said = row[0], row[-2], row[-1]
        if not rows:
            first = seq
            reason = "" if _is_vouched(seq, previous, seals) else _HEADLESS
        else:
            reason = _gap(last, seq, previous == ending)
        if not reason and digest(row[:-1]) != said:
            reason = "its content was changed"
        if not reason and seq in seals and seals[seq] != said:
            reason = "a seal vouches for another content"
        if reason:
            return Verdict(rows, first, last, ending, seq, reason)
        rows, last, ending = rows + 1, seq, said
        if rows % 100_000 == 0:
            watch(rows)
    (counted,) = catalogue.AUDIT_COUNTED.run(connection).fetchone() or (0,)
    if counted > last:
        return Verdict(
            rows, first, last, ending, last + 1, f"rows {last + 1} to {counted} were cut off the end"
        )
    return Verdict(rows, first, last, ending)


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """Number and hash of the last row; 0 of an empty log."""
    found = catalogue.AUDIT_HEAD.run(connection).fetchone()
    return (0, NOTHING_BEFORE) if found is None else (found[0], found[1])


def _is_vouched(seq: int, previous: str, seals: Mapping[int, str]) -> bool:
    """Whether the log may begin with this row: it is the first ever, or a seal stands for all before it."""
    if seq == 1:
        return previous == NOTHING_BEFORE
    return seals.get(seq - 1) == previous or any(sealed >= seq for sealed in seals)


def _gap(last: int, seq: int, joined: bool) -> str:
    if seq != last + 1:
        return (
            f"row {last + 1} is missing" if seq == last + 2 else f"rows {last + 1} to {seq - 1} are missing"
        )
    return "" if joined else f"it does not follow row {last}: one of the two was put in another's place"

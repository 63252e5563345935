"""One person's data: all of it as one document, or out of the hub, with a record that proves it."""

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.model.people import Address, Person
from hub.people.preferences import KEY, OWNER
from hub.people.traces import Eraser, Subject, Trace, replace_text, row_of, tables, traces
from hub.store.database import Database, StoreError, events_database, history_database
from hub.store.lock import FolderLock
from hub.store.sql import from_microseconds, to_microseconds

FORMAT = "linli-erasure-1"
KEY_FILE = "erasure.key"
RECORD = "erasure/"  # and a number: the keys of records in the memory of people
# What the floor of accounts keeps in memory and seals; the id in it leads to nobody once the rest is gone.
KEPT = {
    "audit": "the audit log can't be changed; it holds the id, and goes with its retention",
    "accounts": "remove the account with `hub user`",
    "sessions": "they go with the account",
    "invitations": "they go with the account",
}
_SECRET = frozenset(
    (
        "password",
        "totp",
        "totp_step",
        "recovery",
        "devices",
        "digest",
        "waiting",
        "spent",
        "access",
        "hash",
        "previous",
    )
)
_MOMENT = 10**14  # microseconds since 1970: whole numbers above this are times


class PrivacyFault(Exception):
    """What keeps data from being exported, erased or verified; with the remedy."""


def export(data_dir: Path, person: Person, now: datetime, written: str) -> dict[str, Any]:
    """Everything the hub holds about a person, as plain JSON values. Secrets of sign-in are left out."""
    subject, records = Subject.of(person), {}
    for database in (events_database(data_dir), history_database(data_dir)):
        for table, rows in _rows(database, subject).items():
            records[f"{database.path.name}/{table}"] = rows
    return {
        "format": "linli-person-1",
        "at": now.isoformat(),
        "person": _entry(person),
        "written": written,
        "records": records,
        "elsewhere": _by_hand(data_dir),
    }


def _rows(database: Database, subject: Subject) -> dict[str, list[dict[str, Any]]]:
    if not database.path.exists():
        return {}
    found: dict[str, dict[int, dict[str, Any]]] = {}
    with database.faults():
        connection = database.connect_read_only()
        try:
            for trace in traces(connection, subject):
                if trace.rowid not in found.setdefault(trace.table, {}):
                    row = row_of(connection, trace.table, trace.rowid)
                    found[trace.table][trace.rowid] = {
                        key: _readable(value) for key, value in row.items() if key not in _SECRET
                    }
        finally:
            connection.close()
    return {table: list(rows.values()) for table, rows in found.items()}


def _readable(value: Any) -> Any:
    if isinstance(value, int) and value > _MOMENT:
        return from_microseconds(value).isoformat()
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _address(address: Address) -> dict[str, Any]:
    policy = {"after": address.after, "until": address.until} if address.after else {}
    return {"channel": address.channel, **address.options, **policy}


def _entry(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "roles": list(person.roles),
        "areas": list(person.areas),
        "household": person.household,
        "language": person.language,
        "phone": person.phone,
        "channels": [_address(one) for one in person.addresses],
        "quiet_hours": [f"{one.start:%H:%M}-{one.end:%H:%M}" for one in person.quiet],
        "consents": [
            {
                "purpose": one.purpose,
                "granted": one.granted.isoformat(),
                "withdrawn": one.withdrawn and one.withdrawn.isoformat(),
            }
            for one in person.consents
        ],
        "active": person.active,
    }


def erase(data_dir: Path, person: Person, now: datetime, by_hand: list[str]) -> dict[str, Any]:
    """Take a person out of the databases, all or nothing; returns the receipt. PrivacyFault while a hub runs.

    `by_hand` is what the admin must still do. The receipt's salt is kept nowhere: with it, and the id, whoever holds
    the receipt can show whom it is about, and nobody else can.
    """
    database = events_database(data_dir)
    if not database.path.exists():
        raise PrivacyFault(f"there is no {database.path}; nothing is held")
    try:
        lock = FolderLock(data_dir)
    except StoreError as error:
        raise PrivacyFault(f"{error}") from error
    try:
        subject, pseudonym = Subject.of(person), f"erased-{secrets.token_hex(6)}"
        history = _erase_in(history_database(data_dir), subject, pseudonym, now, {})
        record: dict[str, Any] = {
            "format": FORMAT,
            "at": now.astimezone(UTC).isoformat(),
            "pseudonym": pseudonym,
            "erased": history,
            "by_hand": [*by_hand, *_by_hand(data_dir)],
        }
        salt = secrets.token_hex(16)
        record["subject"] = _commitment(salt, person.id)
        _erase_in(database, subject, pseudonym, now, record, signing_key(data_dir))
        return {**record, "salt": salt}
    finally:
        lock.release()


def _erase_in(
    database: Database,
    subject: Subject,
    pseudonym: str,
    now: datetime,
    record: dict[str, Any],
    key: bytes = b"",
) -> dict[str, int]:
    """Erase in one database, in one transaction; with a record, complete and keep it in the same."""
    if not database.path.exists():
        return {}
    with database.faults():
        connection = database.connect()
        try:
            connection.execute(
                "PRAGMA secure_delete = ON"
            )  # what is overwritten is gone from the file's free pages
            connection.execute("BEGIN IMMEDIATE")
            erased, kept = _take_out(connection, subject, pseudonym, now)
            counts = {f"{database.path.name}/{place}": count for place, count in sorted(erased.items())}
            if record:
                record["erased"] = {**record["erased"], **counts}
                record["kept"] = {f"{table}: {KEPT[table]}": count for table, count in sorted(kept.items())}
                _keep_record(connection, record, key)
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
    return counts


def _take_out(
    connection: sqlite3.Connection, subject: Subject, pseudonym: str, now: datetime
) -> tuple[Counter[str], Counter[str]]:
    erased: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    eraser = Eraser(subject, pseudonym)
    if "memory" in tables(connection):
        own = (OWNER, KEY + subject.id)
        erased["memory"] += connection.execute("DELETE FROM memory WHERE owner = ? AND key = ?", own).rowcount
        browsers = ("notify", f"push/{subject.id}")  # where Web Push reaches them
        erased["memory"] += connection.execute(
            "DELETE FROM memory WHERE owner = ? AND key = ?", browsers
        ).rowcount
    if "inbox" in tables(connection):  # what was said to the person goes whole
        mine = connection.execute("DELETE FROM inbox WHERE person = ?", (subject.id,))
        erased["inbox"] += mine.rowcount
    for trace in list(traces(connection, subject)):
        if trace.table in KEPT:
            kept[trace.table] += 1
            continue
        text = eraser.text(trace.text, trace.column)
        if trace.table == "outbox" and trace.column == "data":
            text = _erase_delivery(connection, trace, text, pseudonym, now)
        replace_text(connection, trace, text, pseudonym)
        erased[f"{trace.table}.{trace.column}"] += 1
    return +erased, kept


def _erase_delivery(
    connection: sqlite3.Connection, trace: Trace, text: str, pseudonym: str, now: datetime
) -> str:
    """What was said to the person goes whole; what was still to be said is not said any more."""
    data = json.loads(text)
    if data.get("person") != pseudonym:
        return text
    at = to_microseconds(now)
    connection.execute(
        "UPDATE outbox SET state = 'dropped', due = ?, done_at = ?, last_error = 'erased' "
        "WHERE rowid = ? AND state = 'pending'",
        (at, at, trace.rowid),
    )
    return json.dumps({**data, "title": "", "message": "", "evidence": [], "url": ""}, ensure_ascii=False)


def _by_hand(data_dir: Path) -> list[str]:
    copies = sorted(
        path.name for path in data_dir.glob("*.db*") if ".before-" in path.name or ".damaged-" in path.name
    )
    return [
        *(f"{name}: a copy of an older database, which no program changes; delete it" for name in copies),
        "backups, logs of the system, and what providers and municipal systems were sent lie outside the hub",
        "clips and pictures show who was there and name nobody; they go with their retention (history: in the files)",
    ]


# --- proof ------------------------------------------------------------------------------------------------


def signing_key(data_dir: Path) -> bytes:
    """This hub's own key for records, made when it is first needed; only its user can read it."""
    path = data_dir / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with open(handle, "wb") as file:
        key = secrets.token_bytes(32)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


def _keep_record(connection: sqlite3.Connection, record: dict[str, Any], key: bytes) -> None:
    """Chain, sign and store a record."""
    known = _records(connection)
    record["previous"] = known[-1]["digest"] if known else ""
    record["digest"] = _digest(record)
    record["signature"] = hmac.new(key, record["digest"].encode(), "sha256").hexdigest()
    row = (
        OWNER,
        f"{RECORD}{len(known) + 1:06d}",
        json.dumps(record, ensure_ascii=False, separators=(",", ":")),
    )
    connection.execute("INSERT INTO memory (owner, key, value) VALUES (?, ?, ?)", row)


def _records(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    sql = "SELECT value FROM memory WHERE owner = ? AND substr(key, 1, ?) = ? ORDER BY key"
    return [json.loads(row[0]) for row in connection.execute(sql, (OWNER, len(RECORD), RECORD))]


def _digest(record: Mapping[str, Any]) -> str:
    body = {key: value for key, value in record.items() if key not in ("digest", "signature", "salt")}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _commitment(salt: str, person: str) -> str:
    return hmac.new(salt.encode(), person.encode(), "sha256").hexdigest()


def verify(data_dir: Path, receipt: Mapping[str, Any], person: str = "") -> list[str]:
    """What is wrong with a receipt; nothing when it is this hub's, unchanged, and (with the id) holds true now."""
    wrong: list[str] = []
    digest = str(receipt.get("digest", ""))
    if receipt.get("format") != FORMAT or _digest(receipt) != digest:
        wrong.append("the receipt was changed, or is none")
    key_file = data_dir / KEY_FILE
    signature = hmac.new(
        key_file.read_bytes() if key_file.exists() else b"", digest.encode(), "sha256"
    ).hexdigest()
    if not key_file.exists() or not hmac.compare_digest(signature, str(receipt.get("signature", ""))):
        wrong.append("it was not signed by this hub")
    database = events_database(data_dir)
    if not database.path.exists():
        return [*wrong, f"there is no {database.path}"]
    with database.faults():
        connection = database.connect_read_only()
        try:
            wrong += _verify_chain([*_records(connection)], digest)
        finally:
            connection.close()
    if person:
        wrong += _verify_absence(data_dir, receipt, person)
    return wrong


def _verify_chain(records: list[dict[str, Any]], digest: str) -> list[str]:
    previous, wrong = "", []
    for number, record in enumerate(records, 1):
        if record.get("previous") != previous or _digest(record) != record.get("digest"):
            wrong.append(f"record {number} of the hub's erasures was changed")
        previous = str(record.get("digest", ""))
    if digest not in [record.get("digest") for record in records]:
        wrong.append("the hub holds no record of it")
    return wrong


def _verify_absence(data_dir: Path, receipt: Mapping[str, Any], person: str) -> list[str]:
    if not hmac.compare_digest(
        _commitment(str(receipt.get("salt", "")), person), str(receipt.get("subject", ""))
    ):
        return [f"it is not about '{person}'"]
    found: Counter[str] = Counter()
    for database in (events_database(data_dir), history_database(data_dir)):
        for table, rows in _rows(database, Subject(person)).items():
            if table not in KEPT:
                found[f"{database.path.name}/{table}"] += len(rows)
    return [f"{place} names the person in {count} rows" for place, count in sorted(found.items())]

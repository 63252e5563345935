"""The tables: `events.db` holds what must not be lost, `history.db` what entities said."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from hub.store.sql import from_microseconds, to_microseconds


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970 UTC: exact, sortable, the same in every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To the database."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else from_microseconds(value)


_Serial = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite
events_metadata = MetaData()
history_metadata = MetaData()
METADATA = {"events": events_metadata, "history": history_metadata}  # by the chain of their migrations


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **options)


def _time(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcTime, nullable=nullable)


# The journal of alarms. Read by cursor (`seq`), so numbers are never used twice.
events = Table(
    "events",
    events_metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    _text("id", unique=True),
    _text("kind"),
    _time("at"),
    _text("source"),
    _text("area"),
    Column("severity", SmallInteger, nullable=False),
    _text("body"),
    _time("stored_at"),
    sqlite_autoincrement=True,
)
Index("ix_events_kind_at", events.c.kind, events.c.at)
Index("ix_events_at", events.c.at)

# What people made of alarms; one that nobody took on and that did not end is open and has no row.
handlings = Table(
    "handlings",
    events_metadata,
    _text("alarm", primary_key=True),
    _time("acknowledged_at", nullable=True),
    _text("acknowledged_by"),
    _time("closed_at", nullable=True),
    _text("closed_by"),  # "" when it ended by itself
    _text("note"),
)

outbox = Table(
    "outbox",
    events_metadata,
    _text("key", primary_key=True),
    _text("action"),
    _text("lane"),
    _text("data"),
    _text("cause"),
    _text("alarm"),
    Column("priority", SmallInteger, nullable=False),
    _time("created"),
    _time("due"),
    Column("attempts", Integer, nullable=False),
    _text("state"),  # pending | done | dead | dropped
    _time("expires", nullable=True),  # overrides the action's
    _text("last_error"),
    _time("done_at", nullable=True),  # when it left `pending`
)
# Of a call that left `pending`, `due` is when it did: one index serves the courier, lists and the purge.
Index("ix_outbox_state_due", outbox.c.state, outbox.c.due)

Index("ix_outbox_alarm", outbox.c.alarm)
Index("ix_outbox_action_created", outbox.c.action, outbox.c.created)

# How far each delivery came. It goes with its call of the outbox.
receipts = Table(
    "receipts",
    events_metadata,
    _text("key", primary_key=True),  # of the call
    _text("alarm"),
    _text("person"),
    _text("channel"),
    _text("print"),  # of what it says about which alarm to whom: a repetition is known by it
    _time("queued"),
    _time("sent", nullable=True),  # the provider took it
    _time("delivered", nullable=True),
    _time("read", nullable=True),
    _time("acknowledged", nullable=True),
)
Index("ix_receipts_alarm", receipts.c.alarm)
Index("ix_receipts_queued", receipts.c.queued)

# Notices that stay in the hub. Read by cursor (`seq`), so numbers are never used twice.
inbox = Table(
    "inbox",
    events_metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    _text("id", unique=True),  # the same for all deliveries of one notice to the person
    _text("person"),
    _text("key"),  # of the delivery
    _time("at"),
    Column("severity", SmallInteger, nullable=False),
    _text("title"),
    _text("message"),
    _text("url"),
    _text("evidence"),  # JSON
    _text("cause"),
    _time("read_at", nullable=True),
    sqlite_autoincrement=True,
)
Index("ix_inbox_person", inbox.c.person, inbox.c.seq)

runs = Table(
    "runs",
    events_metadata,
    _text("id", primary_key=True),
    _text("automation"),
    _text("version"),
    _text("state"),
    Column("step", Integer, nullable=False),
    _text("variables"),  # JSON
    _time("wake", nullable=True),
    _text("trigger"),  # JSON
    _time("started"),
    _time("finished", nullable=True),
    _text("outcome"),
)
_unfinished = runs.c.finished.is_(None)
Index("ix_runs_unfinished", runs.c.started, sqlite_where=_unfinished, postgresql_where=_unfinished)
Index("ix_runs_automation", runs.c.automation, runs.c.started)
Index("ix_runs_finished", runs.c.finished)

plans = Table(
    "plans",
    events_metadata,
    _text("version", primary_key=True),
    _text("automation"),
    _text("source"),  # JSON
    _time("created"),
)

timers = Table(
    "timers",
    events_metadata,
    _text("owner", primary_key=True),
    _text("key", primary_key=True),
    _time("due"),
    _text("data"),  # JSON
)

memory = Table(
    "memory",
    events_metadata,
    _text("owner", primary_key=True),
    _text("key", primary_key=True),
    _text("value"),  # JSON
)

# Who signs in. Passwords as Argon2id makes them, codes and devices as digests; `totp` is the shared secret itself.
accounts = Table(
    "accounts",
    events_metadata,
    _text("id", primary_key=True),
    _text("name"),
    _text("person"),
    _text("roles"),  # JSON
    _text("language"),
    _text("password"),
    _text("totp"),
    Column("totp_step", BigInteger, nullable=False),  # the last one used: no code counts twice
    _text("recovery"),  # JSON: digests of codes that are left
    _text("devices"),  # JSON: digests of those known by their cookie
    Column("disabled", Boolean, nullable=False),
    _time("created"),
    _time("password_at", nullable=True),
)

# Open sessions and tokens; secrets only as SHA-256.
sessions = Table(
    "sessions",
    events_metadata,
    _text("id", primary_key=True),
    _text("account"),
    _text("kind"),  # console | client | token
    _text("label"),
    _text("client"),
    _text("digest"),  # of the secret in force
    _text("waiting"),  # of the one that follows it once it was used
    _text("spent"),  # JSON: of former ones
    _text("access"),  # JSON: of access tokens, with their ends
    _text("scopes"),  # JSON; null: no limits
    _text("address"),
    _time("created"),
    _time("used"),
    _time("changed"),
    _time("expires"),
)

invitations = Table(
    "invitations",
    events_metadata,
    _text("id", primary_key=True),
    _text("digest"),
    _text("purpose"),  # join | reset
    _text("account"),
    _text("name"),
    _text("person"),
    _text("roles"),  # JSON
    _text("made_by"),
    _time("created"),
    _time("expires"),
)

# Wrong passwords in a row, by account, device or address.
failures = Table(
    "failures",
    events_metadata,
    _text("key", primary_key=True),
    Column("count", Integer, nullable=False),
    _time("last"),
    _time("until"),
)

# Who did what, to be read and never changed. Written by hub/store/chain.py, which knows what the hashes mean.
audit = Table(
    "audit",
    events_metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    _time("at"),
    _text("who"),
    _text("verb"),
    _text("kind"),
    _text("id"),
    _text("person"),
    _text("address"),
    _text("outcome"),
    _text("details"),  # JSON
    Column("seals", BigInteger),  # of a row that vouches for all up to this one: they may be deleted
    _text("previous"),
    _text("hash"),
    sqlite_autoincrement=True,
)
_about_someone = audit.c.person != ""
_sealing = audit.c.seals.is_not(None)
Index(
    "ix_audit_person",
    audit.c.person,
    audit.c.seq,
    sqlite_where=_about_someone,
    postgresql_where=_about_someone,
)
Index("ix_audit_who", audit.c.who, audit.c.seq)
Index("ix_audit_seals", audit.c.seals, sqlite_where=_sealing, postgresql_where=_sealing)

# What SQLAlchemy has no words for, by the chain of migrations.
TRIGGERS = {
    "events": (
        """CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END""",
        """CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
WHEN OLD.seq > coalesce((SELECT max(seals) FROM audit WHERE seals IS NOT NULL), 0)
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to; what is sealed may go'); END""",
        """CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
WHEN NEW.seq <= (SELECT max(seq) FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END""",
    ),
    "history": (),
}

entities = Table(
    "entities",
    history_metadata,
    Column("id", _Serial, primary_key=True),
    _text("entity_id", unique=True),
)

attributes = Table(
    "attributes",
    history_metadata,
    Column("id", _Serial, primary_key=True),
    _text("body", unique=True),  # JSON
    _time("seen"),  # last used, give or take a day: what no state can refer to any more is purged by it
)

# One row is a few bytes: names and attributes stand once in the tables above.
states = Table(
    "states",
    history_metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("entity", BigInteger, nullable=False),
    _time("at"),
    Column("type", SmallInteger, nullable=False),  # 0 none, 1 bool, 2 int, 3 float, 4 text
    Column("number", Float),
    Column("text", Text),
    Column("available", Boolean, nullable=False),
    Column("attributes", BigInteger),  # None: none
    sqlite_autoincrement=True,
)
Index("ix_states_entity_at", states.c.entity, states.c.at)

"""The first tables of events.db."""

import sqlalchemy as sa
from alembic import op

revision = "events_0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str, primary_key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, primary_key=primary_key)


def _time(name: str, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "events",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
        ),
        _text("id"),
        _text("kind"),
        _time("at"),
        _text("source"),
        _text("area"),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        _text("body"),
        _time("stored_at"),
        sa.UniqueConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_kind_at", "events", ["kind", "at"])
    op.create_index("ix_events_at", "events", ["at"])
    op.create_table(
        "outbox",
        _text("key", primary_key=True),
        _text("action"),
        _text("lane"),
        _text("data"),
        _text("cause"),
        _text("alarm"),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        _time("created"),
        _time("due"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _text("state"),
        _time("expires", nullable=True),
        _text("last_error"),
        _time("done_at", nullable=True),
    )
    op.create_index("ix_outbox_state_due", "outbox", ["state", "due"])
    op.create_table(
        "runs",
        _text("id", primary_key=True),
        _text("automation"),
        _text("version"),
        _text("state"),
        sa.Column("step", sa.Integer(), nullable=False),
        _text("variables"),
        _time("wake", nullable=True),
        _text("trigger"),
        _time("started"),
        _time("finished", nullable=True),
        _text("outcome"),
    )
    unfinished = sa.text("finished IS NULL")
    op.create_index(
        "ix_runs_unfinished", "runs", ["started"], sqlite_where=unfinished, postgresql_where=unfinished
    )
    op.create_index("ix_runs_automation", "runs", ["automation", "started"])
    op.create_index("ix_runs_finished", "runs", ["finished"])
    op.create_table(
        "plans", _text("version", primary_key=True), _text("automation"), _text("source"), _time("created")
    )
    op.create_table(
        "timers", _text("owner", primary_key=True), _text("key", primary_key=True), _time("due"), _text("data")
    )
    op.create_table(
        "memory", _text("owner", primary_key=True), _text("key", primary_key=True), _text("value")
    )

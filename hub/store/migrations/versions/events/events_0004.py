"""The audit log, which is only ever added to."""

import sqlalchemy as sa
from alembic import op

revision = "events_0004"
down_revision = "events_0003"
branch_labels = None
depends_on = None

_TRIGGERS = (
    """CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END""",
    """CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
WHEN OLD.seq > coalesce((SELECT max(seals) FROM audit WHERE seals IS NOT NULL), 0)
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to; what is sealed may go'); END""",
    """CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
WHEN NEW.seq <= (SELECT max(seq) FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END""",
)


def _text(name: str) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "audit",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _text("who"),
        _text("verb"),
        _text("kind"),
        _text("id"),
        _text("person"),
        _text("address"),
        _text("outcome"),
        _text("details"),
        sa.Column("seals", sa.BigInteger(), nullable=True),
        _text("previous"),
        _text("hash"),
        sqlite_autoincrement=True,
    )
    someone, sealing = sa.text("person != ''"), sa.text("seals IS NOT NULL")
    op.create_index(
        "ix_audit_person", "audit", ["person", "seq"], sqlite_where=someone, postgresql_where=someone
    )
    op.create_index("ix_audit_who", "audit", ["who", "seq"])
    op.create_index("ix_audit_seals", "audit", ["seals"], sqlite_where=sealing, postgresql_where=sealing)
    for trigger in _TRIGGERS:
        op.execute(trigger)

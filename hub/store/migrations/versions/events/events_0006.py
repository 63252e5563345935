"""People's inboxes."""

import sqlalchemy as sa
from alembic import op

revision = "events_0006"
down_revision = "events_0005"
branch_labels = None
depends_on = None


def _text(name: str, *, unique: bool | None = None) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, unique=unique)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "inbox",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
        ),
        _text("id", unique=True),
        _text("person"),
        _text("key"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        _text("title"),
        _text("message"),
        _text("url"),
        _text("evidence"),
        _text("cause"),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_person", "inbox", ["person", "seq"])

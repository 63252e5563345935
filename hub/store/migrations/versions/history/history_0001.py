"""The first tables of history.db."""

import sqlalchemy as sa
from alembic import op

revision = "history_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "entities",
        sa.Column("id", serial, primary_key=True),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.UniqueConstraint("entity_id"),
    )
    op.create_table(
        "attributes",
        sa.Column("id", serial, primary_key=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("body"),
    )
    op.create_table(
        "states",
        sa.Column("seq", serial, primary_key=True, autoincrement=True),
        sa.Column("entity", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Float()),
        sa.Column("text", sa.Text()),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("attributes", sa.BigInteger()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_states_entity_at", "states", ["entity", "at"])

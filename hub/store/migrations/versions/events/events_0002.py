"""Who took an alarm on and how it ended; calls are found by their alarm."""

import sqlalchemy as sa
from alembic import op

revision = "events_0002"
down_revision = "events_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "handlings",
        sa.Column("alarm", sa.Text(), nullable=False, primary_key=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_index("ix_outbox_alarm", "outbox", ["alarm"])
    op.create_index("ix_outbox_action_created", "outbox", ["action", "created"])

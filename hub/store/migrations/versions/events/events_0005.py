"""How far each delivery came."""

import sqlalchemy as sa
from alembic import op

revision = "events_0005"
down_revision = "events_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    texts = [sa.Column(name, sa.Text(), nullable=False) for name in ("alarm", "person", "channel", "print")]
    times = [
        sa.Column(name, sa.BigInteger(), nullable=True) for name in ("sent", "delivered", "read", "acknowledged")
    ]
    op.create_table(
        "receipts",
        sa.Column("key", sa.Text(), nullable=False, primary_key=True),
        *texts,
        sa.Column("queued", sa.BigInteger(), nullable=False),
        *times,
    )
    op.create_index("ix_receipts_alarm", "receipts", ["alarm"])
    op.create_index("ix_receipts_queued", "receipts", ["queued"])

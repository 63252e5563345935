"""Accounts, their sessions and tokens, invitations, and wrong passwords in a row."""

import sqlalchemy as sa
from alembic import op

revision = "events_0003"
down_revision = "events_0002"
branch_labels = None
depends_on = None


def _text(name: str, primary_key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, primary_key=primary_key)


def _time(name: str, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "accounts",
        _text("id", primary_key=True),
        *(_text(name) for name in ("name", "person", "roles", "language", "password", "totp")),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        _text("recovery"),
        _text("devices"),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        _time("created"),
        _time("password_at", nullable=True),
    )
    op.create_table(
        "sessions",
        _text("id", primary_key=True),
        *(
            _text(name)
            for name in (
                "account",
                "kind",
                "label",
                "client",
                "digest",
                "waiting",
                "spent",
                "access",
                "scopes",
                "address",
            )
        ),
        *(_time(name) for name in ("created", "used", "changed", "expires")),
    )
    op.create_table(
        "invitations",
        _text("id", primary_key=True),
        *(_text(name) for name in ("digest", "purpose", "account", "name", "person", "roles", "made_by")),
        *(_time(name) for name in ("created", "expires")),
    )
    op.create_table(
        "failures",
        _text("key", primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        _time("last"),
        _time("until"),
    )

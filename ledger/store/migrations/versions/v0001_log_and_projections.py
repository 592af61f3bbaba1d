"""The first tables: the log, how far it is followed, and what follows from it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes them."""
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account", sa.String, nullable=False),
        _number("block"),
        _bytes("block_hash"),
        _number("block_time"),
        _number("final"),
        _number("checked"),
        _bytes("checked_hash"),
        _number("checked_time"),
    )
    op.create_table(
        "recent",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        _bytes("hash"),
        _number("time"),
    )
    op.create_table(
        "event",
        sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("log_index", sa.BigInteger, primary_key=True, autoincrement=False),
        _number("time"),
        _bytes("transaction"),
        _bytes("topics"),
        _bytes("data"),
        _bytes("company"),
        sa.Column("promise", sa.LargeBinary),
        sqlite_with_rowid=False,
    )
    op.create_index("event_by_promise", "event", ["promise"])
    op.create_index("event_by_company", "event", ["company", "block"])
    op.create_table(
        "company",
        sa.Column("address", sa.LargeBinary, primary_key=True),
        _number("registered_at"),
        _bytes("head"),
        _number("head_block"),
        _bytes("profile"),
        sa.Column("uri", sa.String, nullable=False),
        sa.Column("handle", sa.String),
    )
    op.create_index("ix_company_handle", "company", ["handle"])
    op.create_table(
        "promise",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        _bytes("company"),
        _bytes("service"),
        _number("cohort"),
        _number("made_at"),
        _number("due_at"),
        _number("changed_in"),
        sa.Column("fulfilled_at", sa.BigInteger),
        sa.Column("confirmed_at", sa.BigInteger),
        _flag("confirmed_by_arbiter"),
        _number("rating"),
        _number("status"),
        _flag("released"),
        _flag("failed"),
    )
    op.create_index("promise_by_company", "promise", ["company", "due_at"])
    op.create_table(
        "document",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _bytes("content"),
    )


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)

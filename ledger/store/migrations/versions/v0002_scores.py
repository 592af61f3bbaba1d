"""Rows that scores are made of, and more of each promise. What comes from the chain is to be indexed anew."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_DISPUTED = sa.text("disputed_at IS NOT NULL")


def upgrade() -> None:
    """Makes them."""
    for table in ("ledger", "recent", "event", "company"):
        op.execute(sa.table(table).delete())
    op.add_column("ledger", sa.Column("policy", sa.LargeBinary, nullable=False, server_default=""))
    op.create_table(
        "score",
        sa.Column("company", sa.LargeBinary, primary_key=True),
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("sums", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.drop_table("promise")
    op.create_table(
        "promise",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        *[sa.Column(name, sa.LargeBinary, nullable=False) for name in ("company", "customer", "arbiter", "service")],
        *_numbers("cohort", "stakes", "made_at", "due_at", "changed_in"),
        *_numbers("fulfilled_at", "confirmed_at", "disputed_at", "answered_at", "settled_at", nullable=True),
        *_flags("countersigned", "confirmed_by_arbiter"),
        *_numbers("rating", "status"),
        *_flags("released", "unilateral", "upheld", "dismissed", "owned", "accepted"),
        *_numbers("last_giver", nullable=True),
        *_flags("returned"),
    )
    op.create_index("promise_by_company", "promise", ["company", "due_at"])
    op.create_index("promise_by_due_time", "promise", ["due_at"])
    op.create_index(
        "promise_by_dispute", "promise", ["disputed_at"], sqlite_where=_DISPUTED, postgresql_where=_DISPUTED
    )


def _numbers(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable) for name in names]


def _flags(*names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean, nullable=False) for name in names]

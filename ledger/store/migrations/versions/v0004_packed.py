"""Rows that scores are made of, as bytes. They follow from the promises that are there, at the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the table anew, empty, under no policy."""
    op.drop_table("score")
    op.create_table(
        "score",
        sa.Column("company", sa.LargeBinary, primary_key=True),
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("sums", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(sa.table("ledger", sa.column("policy", sa.LargeBinary)).update().values(policy=b""))

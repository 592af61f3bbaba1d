"""The tables. Bytes are kept as bytes; everything but `document` is rebuilt from the chain."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, text
from sqlmodel import Field, Index, SQLModel

_WITHOUT_ROWID = {"sqlite_with_rowid": False}
"""These are kept in the order of their keys: that is how they are written or read."""

_DISPUTED = text("disputed_at IS NOT NULL")


def _number(**options: Any) -> Any:
    """A column for integers of 64 bits: the contract's times have 40."""
    return Field(sa_type=BigInteger, **options)


class LedgerRow(SQLModel, table=True):
    """The one ledger that this database follows, and how far: written in the same transaction as what it indexed."""

    __tablename__ = "ledger"

    id: int = Field(primary_key=True)
    account: str
    """CAIP-10 name of the contract."""
    block: int = _number()
    """The last block indexed."""
    block_hash: bytes
    block_time: int = _number()
    final: int = _number()
    """The last block that the chain can't give up any more."""
    checked: int = _number()
    """The last block at which all heads were seen to be the contract's."""
    checked_hash: bytes
    checked_time: int = _number()
    policy: bytes
    """The hash of the policy that the score rows are made by."""


class RecentRow(SQLModel, table=True):
    """The blocks indexed last that the chain may still give up, and the one before them."""

    __tablename__ = "recent"

    number: int = _number(primary_key=True)
    hash: bytes
    time: int = _number()


class EventRow(SQLModel, table=True):
    """The log as the chain has it. Nothing is ever changed here."""

    __tablename__ = "event"
    __table_args__: Any = (
        Index("event_by_promise", "promise"),
        Index("event_by_company", "company", "block"),
        _WITHOUT_ROWID,
    )

    block: int = _number(primary_key=True)
    log_index: int = _number(primary_key=True)
    time: int = _number()
    transaction: bytes
    topics: bytes
    """One after the other, 32 bytes each."""
    data: bytes
    company: bytes
    promise: bytes | None


class CompanyRow(SQLModel, table=True):
    """A company as of the last block indexed."""

    __tablename__ = "company"

    address: bytes = Field(primary_key=True)
    registered_at: int = _number()
    head: bytes
    head_block: int = _number()
    """The block of its last event."""
    profile: bytes
    uri: str
    handle: str | None = Field(index=True)
    """In lower case; None where the profile can't be read."""


class PromiseRow(SQLModel, table=True):
    """A promise's standing as of the last block indexed: the columns are the fields of `Standing`."""

    __tablename__ = "promise"
    __table_args__: Any = (
        Index("promise_by_company", "company", "due_at"),
        # The calendar: what time alone changes.
        Index("promise_by_due_time", "due_at"),
        Index("promise_by_dispute", "disputed_at", sqlite_where=_DISPUTED, postgresql_where=_DISPUTED),
    )

    id: bytes = Field(primary_key=True)
    company: bytes
    customer: bytes
    arbiter: bytes
    service: bytes
    cohort: int = _number()
    stakes: int = _number()
    made_at: int = _number()
    due_at: int = _number()
    changed_in: int = _number()
    fulfilled_at: int | None = _number()
    confirmed_at: int | None = _number()
    disputed_at: int | None = _number()
    answered_at: int | None = _number()
    settled_at: int | None = _number()
    countersigned: bool
    confirmed_by_arbiter: bool
    rating: int = _number()
    status: int = _number()
    released: bool
    unilateral: bool
    upheld: bool
    dismissed: bool
    owned: bool
    accepted: bool
    last_giver: int | None = _number()
    returned: bool


class ScoreRow(SQLModel, table=True):
    """One of the rows that scores are made of; those of all companies together have the address of zeros."""

    __tablename__ = "score"
    __table_args__: Any = (_WITHOUT_ROWID,)

    company: bytes = Field(primary_key=True)
    key: bytes = Field(primary_key=True)
    sums: bytes
    """As `packing` has them."""


class DocumentRow(SQLModel, table=True):
    """A document by its digest. It comes from its author, not from the chain."""

    __tablename__ = "document"

    digest: bytes = Field(primary_key=True)
    content: bytes

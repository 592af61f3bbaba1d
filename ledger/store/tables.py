"""The tables. Bytes are kept as bytes; everything but `document` is rebuilt from the chain."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, Index, SQLModel

_WITHOUT_ROWID = {"sqlite_with_rowid": False}
"""The log is kept in the order of its key: that is how it is written."""


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
    """A promise's standing as of the last block indexed."""

    __tablename__ = "promise"
    __table_args__: Any = (Index("promise_by_company", "company", "due_at"),)

    id: bytes = Field(primary_key=True)
    company: bytes
    service: bytes
    cohort: int = _number()
    made_at: int = _number()
    due_at: int = _number()
    changed_in: int = _number()
    """The block of its last event."""
    fulfilled_at: int | None = _number()
    confirmed_at: int | None = _number()
    confirmed_by_arbiter: bool
    rating: int = _number()
    status: int = _number()
    released: bool
    failed: bool


class DocumentRow(SQLModel, table=True):
    """A document by its digest. It comes from its author, not from the chain."""

    __tablename__ = "document"

    digest: bytes = Field(primary_key=True)
    content: bytes

"""Writing to the database: one step of the index, or documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy.dialects.sqlite import Insert, insert
from sqlmodel import SQLModel, col, delete, select

from ledger.documents import Document
from ledger.events import Block, Event, Log, PromiseEvent
from ledger.outcomes import Standing
from ledger.store.reading import Reader
from ledger.store.records import Company, Cursor
from ledger.store.tables import (
    SCHEMA_VERSION,
    CompanyRow,
    DocumentRow,
    EventRow,
    LedgerRow,
    PromiseRow,
    RecentRow,
)
from ledger.units import Address, BlockNumber, PromiseId

ROWS_PER_STATEMENT = 2000


class Writer(Reader):
    """A session that also writes."""

    def move_cursor(self, cursor: Cursor) -> None:
        """Says how far the database follows which ledger."""
        block = cursor.block
        row = {
            "id": 1,
            "schema_version": SCHEMA_VERSION,
            "account": cursor.account,
            "block": block.number,
            "block_hash": block.hash,
            "block_time": block.time,
            "final": cursor.final,
            "checked": cursor.checked.number,
            "checked_hash": cursor.checked.hash,
            "checked_time": cursor.checked.time,
        }
        self._upsert(LedgerRow, ["id"], [row])

    def keep_recent(self, blocks: Sequence[Block]) -> None:
        """Says which blocks the chain may still give up."""
        self._session.execute(delete(RecentRow))
        rows = [{"number": block.number, "hash": block.hash, "time": block.time} for block in blocks]
        for part in _parts(rows):
            self._execute(insert(RecentRow), part)

    def undo(self, after: BlockNumber) -> tuple[set[Address], set[PromiseId]]:
        """Forgets the log after a block. Gives whom and what it was about, whose rows no longer follow from the log."""
        gone = self._session.exec(
            select(EventRow.company, EventRow.promise).where(col(EventRow.block) > after).distinct()
        ).all()
        self._session.execute(delete(EventRow).where(col(EventRow.block) > after))
        companies = {Address(company) for company, _ in gone}
        return companies, {PromiseId(promise) for _, promise in gone if promise is not None}

    def forget(self, companies: Iterable[Address], promises: Iterable[PromiseId]) -> None:
        """Takes out companies and promises that the log knows nothing of any more."""
        for table, key, values in ((CompanyRow, CompanyRow.address, companies), (PromiseRow, PromiseRow.id, promises)):
            for part in _parts([{"gone": value} for value in values]):
                self._session.execute(delete(table).where(col(key).in_([row["gone"] for row in part])))

    def add_events(self, logs: Sequence[tuple[Log, Event]]) -> None:
        """Appends to the log."""
        rows = [
            {
                "block": log.at.block,
                "log_index": log.at.log_index,
                "time": log.at.time,
                "transaction": log.at.transaction,
                "topics": b"".join(log.topics),
                "data": log.data,
                "company": event.company,
                "promise": event.id if isinstance(event, PromiseEvent) else None,
            }
            for log, event in logs
        ]
        for part in _parts(rows):
            self._execute(insert(EventRow), part)

    def put_companies(self, companies: Iterable[Company]) -> None:
        """Replaces what is known of companies."""
        self._upsert(CompanyRow, ["address"], map(_row, companies))

    def put_standings(self, standings: Iterable[Standing]) -> None:
        """Replaces the standings of promises."""
        self._upsert(PromiseRow, ["id"], map(_row, standings))

    def put_documents(self, documents: Iterable[Document]) -> None:
        """Keeps documents; one that is there already stays."""
        rows = map(_row, documents)
        statement = insert(DocumentRow).on_conflict_do_nothing()
        for part in _parts(rows):
            self._execute(statement, part)

    def _upsert(self, table: type[SQLModel], key: list[str], rows: Iterable[dict[str, Any]]) -> None:
        for part in _parts(rows):
            statement = insert(table)
            changed = {name: statement.excluded[name] for name in part[0] if name not in key}
            self._execute(statement.on_conflict_do_update(index_elements=key, set_=changed), part)

    def _execute(self, statement: Insert, rows: list[dict[str, Any]]) -> None:
        # Not by the session, which would make an object of each row.
        self._session.connection().execute(statement, rows)


def _row(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def _parts(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    remaining = iter(rows)
    while part := list(islice(remaining, ROWS_PER_STATEMENT)):
        yield part

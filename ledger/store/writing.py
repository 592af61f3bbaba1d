"""Writing to the database: one step of the index, or documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlmodel import SQLModel, col, delete, func, select

from ledger.documents import Document
from ledger.events import Block, Log
from ledger.outcomes import Standing
from ledger.scoring.rows import Key, Row
from ledger.store.engines import Rows
from ledger.store.packing import pack
from ledger.store.reading import LEDGER, Reader, parts
from ledger.store.records import Company, Cursor
from ledger.store.tables import CompanyRow, DocumentRow, EventRow, LedgerRow, PromiseRow, RecentRow, ScoreRow
from ledger.units import Address, BlockNumber, PromiseId

_company_values = attrgetter(*Company.__slots__)
_standing_values = attrgetter(*(name if name != "status" else "status.value" for name in Standing._fields))


class Writer(Reader):
    """Also writes."""

    def _ledger(self) -> Sequence[Any]:
        # Who reads it to write waits for whoever is at it. PostgreSQL alone lets two write at once.
        return self._connection.execute(LEDGER.with_for_update()).all()

    def move_cursor(self, cursor: Cursor) -> None:
        """Says how far the database follows which ledger."""
        block, checked = cursor.block, cursor.checked
        row = (1, cursor.account, block.number, block.hash, block.time, cursor.final)
        self._put(LedgerRow, [(*row, checked.number, checked.hash, checked.time, cursor.policy)])

    def add_recent(self, block: Block) -> None:
        """Keeps in mind a block that the chain may still give up."""
        self._add(RecentRow, [(block.number, block.hash, block.time)])

    def settle(self, final: BlockNumber) -> None:
        """Lets go of the blocks that the chain can't give up any more, but for the last of them."""
        last = select(func.max(RecentRow.number)).where(RecentRow.number <= final).scalar_subquery()
        self._session.execute(delete(RecentRow).where(col(RecentRow.number) < last))

    def undo(self, after: BlockNumber) -> tuple[set[Address], set[PromiseId]]:
        """Forgets the blocks after one, and their log. Gives whom and what it was about, whose rows no longer follow
        from the log.
        """
        self._session.execute(delete(RecentRow).where(col(RecentRow.number) > after))
        gone = self._session.exec(
            select(EventRow.company, EventRow.promise).where(col(EventRow.block) > after).distinct()
        ).all()
        self._session.execute(delete(EventRow).where(col(EventRow.block) > after))
        companies = {Address(company) for company, _ in gone}
        return companies, {PromiseId(promise) for _, promise in gone if promise is not None}

    def forget(self, companies: Iterable[Address], promises: Iterable[PromiseId]) -> None:
        """Takes out companies and promises that the log knows nothing of any more."""
        for table, key, values in ((CompanyRow, CompanyRow.address, companies), (PromiseRow, PromiseRow.id, promises)):
            for part in parts(values):
                self._session.execute(delete(table).where(col(key).in_(part)))

    def forget_all(self) -> None:
        """Takes out everything that comes from the chain."""
        for table in (LedgerRow, RecentRow, EventRow, CompanyRow, PromiseRow, ScoreRow):
            self._session.execute(delete(table))

    def add_events(self, logs: Sequence[Log]) -> None:
        """Appends to the log."""
        self._add(EventRow, logs)

    def put_companies(self, companies: Iterable[Company]) -> None:
        """Replaces what is known of companies."""
        self._put(CompanyRow, [_company_values(company) for company in companies])

    def put_standings(self, standings: Iterable[Standing]) -> None:
        """Replaces the standings of promises."""
        self._put(PromiseRow, [_standing_values(standing) for standing in standings])

    def forget_scores(self) -> None:
        """Takes out all rows that scores are made of."""
        self._session.execute(delete(ScoreRow))

    def put_rows(self, rows: Mapping[Address, Mapping[Key, Row]]) -> None:
        """Replaces rows that scores are made of, of each company; one of zeros is none."""
        self._put(
            ScoreRow,
            [
                (company, key, pack(row))
                for company, changed in rows.items()
                for key, row in changed.items()
                if any(row)
            ],
        )
        for company, changed in rows.items():
            for part in parts(key for key, row in changed.items() if not any(row)):
                gone = (col(ScoreRow.company) == company, col(ScoreRow.key).in_(part))
                self._session.execute(delete(ScoreRow).where(*gone))

    def put_documents(self, documents: Iterable[Document]) -> None:
        """Keeps documents."""
        self._put(DocumentRow, list({doc.digest: (doc.digest, doc.content) for doc in documents}.values()))

    def _add(self, table: type[SQLModel], rows: Rows) -> None:
        # Not by the session, which would make an object of each row.
        self._backend.add(self._connection, _table(table), rows)

    def _put(self, table: type[SQLModel], rows: Rows) -> None:
        self._backend.put(self._connection, _table(table), rows)


def _table(model: type[SQLModel]) -> Any:
    return model.__dict__["__table__"]

"""Reading from the database: every query there is, each giving the types of the floors below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import func, or_, tuple_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from ledger.documents import Document
from ledger.errors import NotIndexed
from ledger.events import Block, Log
from ledger.outcomes import Outcome, Standing, Status
from ledger.store.records import Company, Cursor
from ledger.store.tables import CompanyRow, DocumentRow, EventRow, LedgerRow, PromiseRow, RecentRow
from ledger.units import Address, BlockNumber, Digest, PromiseId, Timestamp

VARIABLES_PER_STATEMENT = 500
ROWS_AT_ONCE = 5000


class Reader:
    """A session that reads one state of the database."""

    def __init__(self, session: Session, url: str) -> None:
        self._session = session
        self._url = url

    def cursor(self) -> Cursor | None:
        """How far the database follows which ledger; None if it holds none yet."""
        row = self._session.exec(self._ledger()).first()
        if row is None:
            return None
        block = Block(BlockNumber(row.block), Digest(row.block_hash), Timestamp(row.block_time))
        checked = Block(BlockNumber(row.checked), Digest(row.checked_hash), Timestamp(row.checked_time))
        return Cursor(row.account, block, BlockNumber(row.final), checked)

    def _ledger(self) -> SelectOfScalar[LedgerRow]:
        return select(LedgerRow)

    def recent(self) -> list[Block]:
        """The blocks that the chain may still give up and the one before them, oldest first."""
        rows = self._session.exec(select(RecentRow).order_by(col(RecentRow.number)))
        return [Block(BlockNumber(row.number), Digest(row.hash), Timestamp(row.time)) for row in rows]

    def account(self) -> str | None:
        """CAIP-10 name of the ledger that the database follows; None for none."""
        return self._session.exec(select(LedgerRow.account)).first()

    def require_cursor(self) -> Cursor:
        """The same. Raises NotIndexed if the database holds no ledger yet."""
        cursor = self.cursor()
        if cursor is None:
            raise NotIndexed(self._url)
        return cursor

    def companies(self) -> list[Company]:
        """All companies, by address."""
        rows = self._session.exec(select(CompanyRow).order_by(col(CompanyRow.address)))
        return [_company(row) for row in rows]

    def heads(self) -> dict[Address, Digest]:
        """The head of every company."""
        rows = self._session.execute(select(CompanyRow.address, CompanyRow.head).order_by(col(CompanyRow.address)))
        return {Address(address): Digest(head) for address, head in rows}

    def companies_among(self, addresses: Iterable[Address]) -> dict[Address, Company]:
        """The companies among `addresses` that have registered."""
        found = {}
        for part in parts(addresses):
            for row in self._session.exec(select(CompanyRow).where(col(CompanyRow.address).in_(part))):
                found[Address(row.address)] = _company(row)
        return found

    def company(self, address: Address) -> Company | None:
        """One company by its address."""
        row = self._session.get(CompanyRow, address)
        return None if row is None else _company(row)

    def companies_called(self, handle: str) -> list[Company]:
        """The companies that call themselves so, in upper or lower case."""
        rows = self._session.exec(
            select(CompanyRow).where(CompanyRow.handle == handle.lower()).order_by(col(CompanyRow.address))
        )
        return [_company(row) for row in rows]

    def standings_of(self, company: Address) -> Iterator[Standing]:
        """All promises of a company."""
        for row in self._session.execute(select(*_STANDING).where(PromiseRow.company == company)):
            yield _standing(row)

    def page_of_promises(
        self, company: Address, result: Outcome | None, as_of: Timestamp, offset: int, limit: int
    ) -> tuple[list[Standing], int]:
        """Some promises of a company, those due last first, and how many there are; `result` None for all."""
        chosen: list[ColumnElement[bool]] = [col(PromiseRow.company) == company]
        if result is not None:
            chosen += _condition(result, as_of)
        rows = self._session.execute(
            select(*_STANDING)
            .where(*chosen)
            .order_by(col(PromiseRow.due_at).desc(), col(PromiseRow.id))
            .offset(offset)
            .limit(limit)
        )
        count = self._session.exec(select(func.count()).select_from(PromiseRow).where(*chosen)).one()
        return [_standing(row) for row in rows], count

    def standings(self, ids: Iterable[PromiseId]) -> dict[PromiseId, Standing]:
        """The promises among `ids` that were made."""
        found = {}
        for part in parts(ids):
            for row in self._session.execute(select(*_STANDING).where(col(PromiseRow.id).in_(part))):
                found[PromiseId(row.id)] = _standing(row)
        return found

    def logs_of(self, promise: PromiseId) -> list[Log]:
        """The log of one promise, in the chain's order."""
        rows = self._session.exec(
            select(EventRow).where(EventRow.promise == promise).order_by(col(EventRow.block), col(EventRow.log_index))
        )
        return [_log(row) for row in rows]

    def logs_of_all(self, promises: Iterable[PromiseId]) -> list[Log]:
        """The log of several promises, in the chain's order."""
        return self._logs_where(EventRow.promise, promises)

    def logs_at(self, places: Iterable[tuple[BlockNumber, int]]) -> list[Log]:
        """The logs that stand at some places, each a block and a log's index in it; those that are ours."""
        return self._logs_where(tuple_(col(EventRow.block), col(EventRow.log_index)), places)

    def last_log_of(self, company: Address) -> Log | None:
        """The log of a company's last event."""
        row = self._session.exec(
            select(EventRow)
            .where(EventRow.company == company)
            .order_by(col(EventRow.block).desc(), col(EventRow.log_index).desc())
            .limit(1)
        ).first()
        return None if row is None else _log(row)

    def company_logs(self, company: Address) -> list[Log]:
        """The log of what a company did that is about no promise, in the chain's order."""
        rows = self._session.exec(
            select(EventRow)
            .where(EventRow.company == company, col(EventRow.promise).is_(None))
            .order_by(col(EventRow.block), col(EventRow.log_index))
        )
        return [_log(row) for row in rows]

    def _logs_where(self, column: Any, values: Iterable[Any]) -> list[Log]:
        found: list[Log] = []
        for part in parts(values):
            found += map(_log, self._session.exec(select(EventRow).where(column.in_(part))))
        return sorted(found)

    def log(self) -> Iterator[Log]:
        """The whole log, in the chain's order."""
        rows = self._session.execute(
            select(*_LOG)
            .order_by(col(EventRow.block), col(EventRow.log_index))
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        return (Log(*row) for row in rows)

    def event_count(self) -> int:
        """How many events there are in all."""
        return self._session.exec(select(func.count()).select_from(EventRow)).one()

    def has_documents(self) -> bool:
        """Whether any document is kept here."""
        return self._session.exec(select(DocumentRow.digest).limit(1)).first() is not None

    def documents(self, digests: Sequence[Digest]) -> dict[Digest, Document]:
        """The documents among `digests` that are kept here."""
        rows = self._session.exec(select(DocumentRow).where(col(DocumentRow.digest).in_(digests)))
        return {Digest(row.digest): Document(Digest(row.digest), row.content) for row in rows}


def _condition(result: Outcome, as_of: Timestamp) -> list[ColumnElement[bool]]:
    due, fulfilled = col(PromiseRow.due_at), col(PromiseRow.fulfilled_at)
    if result is Outcome.RELEASED:
        return [col(PromiseRow.released).is_(True)]
    if result is Outcome.OPEN:
        return [~col(PromiseRow.released), due > as_of]
    matured = [~col(PromiseRow.released), due <= as_of]
    lost = or_(col(PromiseRow.failed), col(PromiseRow.status) == Status.DISPUTED)
    match result:
        case Outcome.KEPT:
            return [*matured, ~lost, fulfilled <= due]
        case Outcome.LATE:
            return [*matured, ~lost, fulfilled > due]
        case Outcome.BROKEN:
            return [*matured, or_(lost, fulfilled.is_(None))]


def _company(row: CompanyRow) -> Company:
    return Company(
        address=Address(row.address),
        registered_at=Timestamp(row.registered_at),
        head=Digest(row.head),
        head_block=BlockNumber(row.head_block),
        profile=Digest(row.profile),
        uri=row.uri,
        handle=row.handle,
    )


def _standing(row: Any) -> Standing:
    fields = dict(zip(Standing.__slots__, row, strict=True))
    return Standing(**fields | {"status": _STATUSES[row.status]})


def _log(row: EventRow) -> Log:
    return Log(*(getattr(row, name) for name in Log._fields))


def parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Values in lists that one statement can take."""
    remaining = iter(values)
    while part := list(islice(remaining, VARIABLES_PER_STATEMENT)):
        yield part


_STATUSES = {int(status): status for status in Status}
# Columns instead of rows: there may be very many, and each is read once.
_STANDING = [getattr(PromiseRow, name) for name in Standing.__slots__]
_LOG = [getattr(EventRow, name) for name in Log._fields]

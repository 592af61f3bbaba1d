"""Reading from the database: every query there is, each giving the types of the floors below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Executable, and_, func, literal_column, or_, true, tuple_
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select

from ledger.documents import Document
from ledger.errors import NotIndexed
from ledger.events import Block, Event, Log
from ledger.outcomes import Outcome, Standing, Status
from ledger.scoring.rows import Key, Row
from ledger.store import migrations
from ledger.store.engines import Backend, Ends
from ledger.store.packing import PackedRows, unpack
from ledger.store.records import Company, Cursor
from ledger.store.tables import CompanyRow, DocumentRow, EventRow, LedgerRow, PromiseRow, RecentRow, ScoreRow
from ledger.units import Address, BlockNumber, Digest, PromiseId, Timestamp

VARIABLES_PER_STATEMENT = 500
ROWS_AT_ONCE = 5000


class Reader:
    """Reads one state of the database, over a connection that has begun."""

    def __init__(self, connection: Connection, url: str, backend: Backend) -> None:
        self._connection = connection
        self._url = url
        self._backend = backend

    @cached_property
    def _session(self) -> Session:
        # A score is read without one, which would take as long as one of its two queries.
        return Session(self._connection)

    def close(self) -> None:
        """Lets go of what was read; the transaction is whose connection it is."""
        if "_session" in self.__dict__:
            self._session.close()

    def cursor(self) -> Cursor | None:
        """How far the database follows which ledger; None if it holds none yet.

        Raises NoDatabase where a newer program has changed what its tables mean since it was opened.
        """
        rows = self._ledger()
        if not rows:
            return None
        ((account, block, hash_, time, final, checked, checked_hash, checked_time, policy, version),) = rows
        migrations.require_newest(version, self._url)
        at = Block(BlockNumber(block), Digest(hash_), Timestamp(time))
        checked_at = Block(BlockNumber(checked), Digest(checked_hash), Timestamp(checked_time))
        return Cursor(account, at, BlockNumber(final), checked_at, Digest(policy))

    def _ledger(self) -> Sequence[Any]:
        return self._backend.fetch(self._connection, _LEDGER, ())

    def recent(self) -> list[Block]:
        """The blocks that the chain may still give up and the one before them, oldest first."""
        wanted = select(RecentRow.number, RecentRow.hash, RecentRow.time).order_by(col(RecentRow.number))
        return [
            Block(BlockNumber(number), Digest(hash_), Timestamp(time)) for number, hash_, time in self._plain(wanted)
        ]

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
        for row in self._plain(select(*_STANDING).where(PromiseRow.company == company)):
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
            for row in self._plain(select(*_STANDING).where(col(PromiseRow.id).in_(part))):
                found[row[0]] = _standing(row)
        return found

    def standings_turning(self, after: Timestamp, until: Timestamp, answer_s: int) -> Iterator[Standing]:
        """The promises that time alone changed after one moment, until another: they fell due, or the time for the
        answer to a dispute, `answer_s` seconds, went by.
        """
        due, disputed = col(PromiseRow.due_at), col(PromiseRow.disputed_at)
        turning = or_(
            and_(due > after, due <= until),
            and_(disputed.is_not(None), disputed > after - answer_s, disputed <= until - answer_s),
        )
        for row in self._plain(select(*_STANDING).where(turning)):
            yield _standing(row)

    def _plain(self, wanted: Executable) -> Iterable[Any]:
        # Not by the session, which would look whether it should make objects of them.
        return self._connection.execute(wanted)

    def rows_of(self, company: Address) -> StoredRows:
        """The rows that a company's scores are made of; those of all companies together for the address of zeros."""
        return StoredRows(self._connection, company, self._backend)

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

    def history_of(self, company: Address) -> list[Log]:
        """The whole log of a company, in the chain's order."""
        rows = self._session.exec(
            select(EventRow).where(EventRow.company == company).order_by(col(EventRow.block), col(EventRow.log_index))
        )
        return [_log(row) for row in rows]

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

    def logs_of_kind(self, kind: type[Event], until: BlockNumber) -> Iterator[Log]:
        """The logs of one kind of event, up to a block, in the chain's order."""
        rows = self._session.execute(
            select(*_LOG)
            .where(func.substr(EventRow.topics, 1, 32) == kind.SHAPE.topic, col(EventRow.block) <= until)
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


class StoredRows:
    """The rows that a company's scores are made of, in the database."""

    def __init__(self, connection: Connection, company: Address, backend: Backend) -> None:
        self._connection = connection
        self._company = company
        self._backend = backend

    def get(self, keys: Iterable[Key]) -> dict[Key, Row]:
        """The rows with these keys, of those that there are."""
        found = {}
        for part in parts(keys):
            found.update(self._where(col(ScoreRow.key).in_(part)))
        return found

    def all(self) -> dict[Key, Row]:
        """All of them."""
        return self._where(true())

    def within(self, ranges: Sequence[Ends]) -> PackedRows:
        """The rows with keys in any of these ranges, in one go."""
        return PackedRows(self._backend.within(self._connection, self._company, ranges) if ranges else ())

    def _where(self, condition: ColumnElement[bool]) -> dict[Key, Row]:
        chosen = select(ScoreRow.key, ScoreRow.sums).where(ScoreRow.company == self._company, condition)
        # Not by the session, which would look whether it should make objects of them.
        return {key: unpack(packed) for key, packed in self._connection.execute(chosen)}


def _condition(result: Outcome, as_of: Timestamp) -> list[ColumnElement[bool]]:
    due, fulfilled = col(PromiseRow.due_at), col(PromiseRow.fulfilled_at)
    if result is Outcome.RELEASED:
        return [col(PromiseRow.released).is_(True)]
    if result is Outcome.OPEN:
        return [~col(PromiseRow.released), due > as_of]
    matured = [~col(PromiseRow.released), due <= as_of]
    disputed = col(PromiseRow.status) == Status.DISPUTED
    if result is Outcome.DISPUTED:
        return [*matured, disputed]
    accepted, upheld = col(PromiseRow.accepted), col(PromiseRow.upheld)
    match result:
        case Outcome.REMEDIED:
            return [*matured, accepted.is_(True)]
        case Outcome.KEPT:
            return [*matured, ~disputed, ~accepted, ~upheld, fulfilled <= due]
        case Outcome.LATE:
            return [*matured, ~disputed, ~accepted, ~upheld, fulfilled > due]
        case Outcome.BROKEN:
            return [*matured, ~disputed, ~accepted, or_(upheld, fulfilled.is_(None))]


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


def _standing(row: Sequence[Any]) -> Standing:
    fields = list(row)
    fields[_STATUS] = _STATUSES[fields[_STATUS]]
    return Standing._make(fields)


def _log(row: EventRow) -> Log:
    return Log(*(getattr(row, name) for name in Log._fields))


def parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Values in lists that one statement can take."""
    remaining = iter(values)
    while part := list(islice(remaining, VARIABLES_PER_STATEMENT)):
        yield part


_STATUS = Standing._fields.index("status")
_STATUSES = {int(status): status for status in Status}
# Columns instead of rows: there may be very many, and each is read once.
_STANDING = [getattr(PromiseRow, name) for name in Standing._fields]
LEDGER = select(*list(LedgerRow.__dict__["__table__"].columns)[1:]).add_columns(
    literal_column("(SELECT version_num FROM alembic_version)")
)
_LEDGER = str(LEDGER)
_LOG = [getattr(EventRow, name) for name in Log._fields]

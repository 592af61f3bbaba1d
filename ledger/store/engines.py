"""What SQLite and PostgreSQL do each in its own way: begin, write many rows at once, keep a second indexer out."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, create_engine, event, text
from sqlalchemy.engine import URL, Connection, Engine

from ledger.errors import IndexBusy, NoDatabase

Options = dict[str, Any]
Rows = Sequence[tuple[Any, ...]]
"""Each with all of a table's columns, in their order."""

Ends = tuple[bytes, bytes]
"""The first and the last key of a range, both included."""

Sums = list[tuple[bytes, bytes]]
"""Score rows by their keys, packed."""

BUSY_TIMEOUT_MS = 10_000
PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
"""Of connections to PostgreSQL, where their URL says nothing else: one to a machine that is gone without a word ends
after a minute, and not after hours."""

CACHE_KIB = 64 * 1024
"""Of SQLite's pages: what indexes of promises' ids touch in no order."""

CHECKPOINT_PAGES = 16 * 1024
"""After how many pages of 4 KiB in the journal SQLite copies them into the file: what changes often is copied once."""

RANGES_PER_STATEMENT = 400
"""Of two variables each: any SQLite takes 999 in all."""

_LOCK = int.from_bytes(b"troth ix")
"""The advisory lock of a PostgreSQL database's indexer: any number that nobody else takes."""

_COPIED = {BigInteger: "int8", Integer: "int4", Boolean: "bool", LargeBinary: "bytea"}
"""Names of PostgreSQL's types, for its binary format; all others are text."""


class Backend(Protocol):
    """One of the two."""

    reading: ClassVar[Options]
    """Options of a connection that sees one state of the database."""
    writing: ClassVar[Options]
    """Options of a connection whose changes are made whole or not at all."""

    @property
    def exists(self) -> bool:
        """Whether there may be a database already: a file, or a server, which only asking can tell."""
        ...

    def open(self) -> Engine:
        """Connections to it."""
        ...

    def add(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Adds rows that are not there."""
        ...

    def put(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Adds rows, and replaces those that are there, by the table's key."""
        ...

    def fetch(self, connection: Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All rows of a statement: not by SQLAlchemy, which takes longer than the database where there are few."""
        ...

    def within(self, connection: Connection, company: bytes, ranges: Sequence[Ends]) -> Sums:
        """A company's score rows whose keys are in any of the ranges.

        Each range is looked up by itself: with one condition of them all, everything of the company would be read.
        """
        ...

    @contextmanager
    def only_indexer(self, engine: Engine) -> Iterator[None]:
        """Keeps other indexers out, also after this process dies. Raises IndexBusy."""
        ...


_SHOWN = {"host", "port", "user", "dbname", "sslmode"}


def shown_url(url: URL) -> str:
    """A database's URL without what may be a password: that may stand in its query too."""
    query = {name: value if name in _SHOWN else "***" for name, value in url.query.items()}
    return url.set(query=query).render_as_string()


class SQLite:
    """A file, in WAL mode: readers never wait for the writer."""

    reading: ClassVar[Options] = {"begin": "BEGIN"}
    writing: ClassVar[Options] = {"begin": "BEGIN IMMEDIATE"}

    def __init__(self, url: URL) -> None:
        self._path = Path(url.database or "")
        self._shown = shown_url(url)

    @property
    def exists(self) -> bool:
        """Whether there is a file. Raises NoDatabase where its folder can't be looked into."""
        try:
            return self._path.exists()
        except OSError as error:
            raise NoDatabase(self._shown, error.strerror or str(error)) from error

    def open(self) -> Engine:
        """Makes the file's folder if need be. Raises NoDatabase."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NoDatabase(self._shown, error.strerror or str(error)) from error
        engine = create_engine(URL.create("sqlite", database=str(self._path)))
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    def add(self, connection: Connection, table: Table, rows: Rows) -> None:
        """See `Backend`."""
        if rows:
            connection.exec_driver_sql(_insert(table), list(rows))

    def put(self, connection: Connection, table: Table, rows: Rows) -> None:
        """See `Backend`."""
        if rows:
            connection.exec_driver_sql(_insert(table) + _or_replace(table), list(rows))

    def fetch(self, connection: Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """See `Backend`."""
        return list(_driver(connection).execute(statement, values))

    def within(self, connection: Connection, company: bytes, ranges: Sequence[Ends]) -> Sums:
        """By a CROSS JOIN, which SQLite does from the left."""
        found: Sums = []
        for start in range(0, len(ranges), RANGES_PER_STATEMENT):
            part = ranges[start : start + RANGES_PER_STATEMENT]
            statement = (
                f"WITH wanted (first, last) AS (VALUES {', '.join(['(?, ?)'] * len(part))})"  # noqa: S608
                " SELECT key, sums FROM wanted CROSS JOIN score WHERE company = ? AND key BETWEEN first AND last"
            )
            found += self.fetch(connection, statement, [*chain.from_iterable(part), company])
        return found

    @contextmanager
    def only_indexer(self, engine: Engine) -> Iterator[None]:  # noqa: ARG002 # PostgreSQL's lock is the server's
        """By a lock on a file beside the database."""
        # By the file that a link leads to: it is that one which is written.
        path = self._path.resolve()
        try:
            lock = path.with_name(f"{path.name}.lock").open("w")
        except OSError as error:
            raise NoDatabase(self._shown, f"beside it, {error.strerror or error}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise IndexBusy(self._shown) from error
            except OSError as error:
                # Not every file system has locks.
                raise NoDatabase(self._shown, f"beside it, {error.strerror or error}") from error
            yield


class PostgreSQL:
    """A server, by psycopg."""

    reading: ClassVar[Options] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    writing: ClassVar[Options] = {}
    exists = True

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg", query=PATIENCE | dict(url.query))
        self._shown = shown_url(url)

    def open(self) -> Engine:
        """Connections that are looked at before they are used: the server may have been started anew since."""
        engine = create_engine(self._url, pool_pre_ping=True)
        event.listen(engine, "connect", _set_up_postgresql)
        return engine

    def add(self, connection: Connection, table: Table, rows: Rows) -> None:
        """By COPY in the binary format."""
        if rows:
            _copy(connection, table.name, table, rows)

    def put(self, connection: Connection, table: Table, rows: Rows) -> None:
        """By COPY into a table of this transaction's own, and from there."""
        if not rows:
            return
        staged, names = f"{table.name}_staged", _names(table)
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {staged} (LIKE {table.name}) ON COMMIT DROP")
        _copy(connection, staged, table, rows)
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staged}{_or_replace(table)}"  # noqa: S608
        )
        connection.exec_driver_sql(f"DROP TABLE {staged}")

    def fetch(self, connection: Connection, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """In the binary format."""
        with _driver(connection).cursor(binary=True) as cursor:
            found: list[tuple[Any, ...]] = cursor.execute(statement, values).fetchall()
        return found

    def within(self, connection: Connection, company: bytes, ranges: Sequence[Ends]) -> Sums:
        """By LATERAL and OFFSET, across which the planner joins nothing. One statement for any number of ranges, which
        the server need not parse again.
        """
        firsts, lasts = map(list, zip(*ranges, strict=True))
        return self.fetch(connection, _WITHIN, (firsts, lasts, company))

    @contextmanager
    def only_indexer(self, engine: Engine) -> Iterator[None]:
        """By an advisory lock, which ends with its connection."""
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # Not to go back into the pool, with the lock.
            connection.detach()
            if not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}).scalar_one():
                raise IndexBusy(self._shown)
            yield


def _copy(connection: Connection, name: str, table: Table, rows: Rows) -> None:
    into = f"COPY {name} ({_names(table)}) FROM STDIN (FORMAT BINARY)"
    with _driver(connection).cursor() as cursor, cursor.copy(into) as copy:
        copy.set_types([_type_of(column) for column in table.columns])
        for row in rows:
            copy.write_row(row)


_WITHIN = (
    "SELECT found.key, found.sums FROM unnest(%b::bytea[], %b::bytea[]) wanted (first, last), LATERAL"
    " (SELECT key, sums FROM score WHERE company = %b AND key BETWEEN first AND last OFFSET 0) found"
)


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection


def _names(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def _insert(table: Table) -> str:
    return f"INSERT INTO {table.name} ({_names(table)}) VALUES ({', '.join('?' * len(table.columns))})"  # noqa: S608


def _or_replace(table: Table) -> str:
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    changed = [f'"{column.name}" = excluded."{column.name}"' for column in table.columns if not column.primary_key]
    return f" ON CONFLICT ({key}) DO UPDATE SET {', '.join(changed)}"


def _type_of(column: Column[Any]) -> str:
    return next((name for kind, name in _COPIED.items() if isinstance(column.type, kind)), "text")


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # Transactions are begun by `_begin_sqlite`, not by the driver's guess at the first write.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        f"cache_size = -{CACHE_KIB}",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _set_up_postgresql(connection: Any, _record: Any) -> None:
    # Who waits for another's lock gives up as with SQLite. Not by the URL: poolers refuse what they don't know there.
    connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # By the driver, as is `fetch`.
    _driver(connection).execute(connection.get_execution_options().get("begin", "BEGIN"))

"""Opening the database, and its two kinds of session: one that reads a snapshot, one that writes a step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlmodel import Session, SQLModel, create_engine

from ledger.errors import InvalidSettings, NoDatabase
from ledger.store.reading import Reader
from ledger.store.writing import Writer

BUSY_TIMEOUT_MS = 10_000

_PASSWORD = re.compile(r"//[^/]*@")


class Database:
    """A SQLite database in WAL mode: readers never wait for the writer."""

    def __init__(self, url: str) -> None:
        self.url = _PASSWORD.sub("//…@", url)
        """The URL as it may be shown."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise InvalidSettings(f"TROTH_DATABASE={self.url} is not a URL such as sqlite:///troth.db") from error
        if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
            raise InvalidSettings(f"TROTH_DATABASE={self.url} must name a SQLite file, such as sqlite:///troth.db")
        self.path = Path(parsed.database)
        self._engine: Engine | None = None

    @property
    def exists(self) -> bool:
        """Whether there is a file already. Raises NoDatabase where its folder can't be looked into."""
        try:
            return self.path.exists()
        except OSError as error:
            raise NoDatabase(self.url, error.strerror or str(error)) from error

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A session that sees one state of the database, whatever is written meanwhile. Raises NoDatabase."""
        if not self.exists:
            raise NoDatabase(self.url, "there is no such file; `troth index` makes it")
        with self._session("BEGIN") as session:
            yield Reader(session, self.url)

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """A session that is committed whole at the end, or not at all. Raises NoDatabase."""
        with self._session("BEGIN IMMEDIATE") as session:
            yield Writer(session, self.url)
            session.commit()

    def close(self) -> None:
        """Lets go of the file."""
        if self._engine is not None:
            self._engine.dispose()

    @contextmanager
    def _session(self, begin: str) -> Iterator[Session]:
        try:
            with Session(self._open().execution_options(begin=begin)) as session:
                yield session
        except DatabaseError as error:
            raise NoDatabase(self.url, str(error.orig)) from error

    def _open(self) -> Engine:
        if self._engine is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise NoDatabase(self.url, error.strerror or str(error)) from error
            engine = create_engine(f"sqlite:///{self.path}")
            event.listen(engine, "connect", _set_up_connection)
            event.listen(engine, "begin", _begin)
            SQLModel.metadata.create_all(engine)
            self._engine = engine
        return self._engine


def _set_up_connection(connection: Any, _record: Any) -> None:
    # Transactions are begun by `_begin`, not by the driver's guess at the first write.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", f"busy_timeout = {BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

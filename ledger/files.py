"""Files that are written: those that nobody else may read, and that nothing else can bring back; whether one can be."""

from __future__ import annotations

import os
from pathlib import Path

from ledger.errors import CannotWrite, FileExists


def write_private(path: Path, content: str | bytes) -> None:
    """Writes a new file, for its owner alone to read, and sees it onto the disk. Raises FileExists, CannotWrite."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            try:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # What is half there would be in the way of the next attempt.
                path.unlink()
                raise
    except FileExistsError as error:
        raise FileExists(str(path)) from error
    except OSError as error:
        raise CannotWrite(str(path), error.strerror or str(error)) from error


def require_writable(path: Path) -> None:
    """Looks whether a file can be written, and leaves it as it is. Raises CannotWrite."""
    there = path.exists()
    try:
        path.open("ab").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise CannotWrite(str(path), error.strerror or str(error)) from error

"""A file in, a lock while a command works: a second run is refused in one line, and one that died locks nothing.

SQLite holds the lock, since it does so alike on every system, and the system frees it when the process ends. The file stays and is empty.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from migpack.problems import Place, mistake


@contextmanager
def locked(path: Path, place: Place, doing: str) -> Iterator[None]:
    """Let no second run do the same.

    Args:
        path: the file that is locked; made where there is none.
        place: what is worked on, for mistakes.
        doing: what the other run is doing, such as 'sending'.

    Raises:
        Mistakes: another run is doing so, or the file cannot be written.
    """
    try:
        make_private(path, b"")
        lock = sqlite3.connect(path, timeout=0)
        lock.execute("begin exclusive")
    except (OSError, sqlite3.Error) as error:
        if "locked" in str(error):
            raise mistake(place, f"another run is {doing}", "wait until it has ended, and run this again") from None
        what = getattr(error, "strerror", None) or str(error)
        raise mistake(Place(str(path)), f"this file cannot be written ({what})", "check who may write in this folder") from None
    try:
        yield
    finally:
        lock.close()


def make_private(path: Path, content: bytes) -> None:
    """Make a file that only its owner can read, unless it is there."""
    with suppress(FileExistsError):
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)

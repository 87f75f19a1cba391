"""Who is to be printed for and who is left out → the two lists beside the practice file, for their owner only.

Rows are those of the list of patients, as a spreadsheet shows them. Never holds anything else of a patient.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from migpack.write.folder import cannot_write

FOLDER = "by-email"
ROWS = "print-rows.txt"
EXCEPTIONS = "exceptions.csv"


def lists_folder(practice_folder: Path, letter: str) -> Path:
    """Return where the lists of a letter lie."""
    return practice_folder / FOLDER / letter


def write_rows(folder: Path, rows: Iterable[int]) -> Path:
    """Write the rows to print for, one a line, and return the file."""
    return _write(folder / ROWS, "".join(f"{row}\n" for row in sorted(set(rows))))


def write_exceptions(folder: Path, rows: Iterable[tuple[str, str, str, str]]) -> Path:
    """Write who gets no e-mail, and why, as CSV; return the file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("row", "code", "reason", "what to do"))
    writer.writerows(rows)
    return _write(folder / EXCEPTIONS, out.getvalue())


def read_rows(folder: Path) -> frozenset[int]:
    """Return the rows to print for, as written; none where there is no such file."""
    path = folder / ROWS
    return frozenset(int(line) for line in path.read_text("utf-8").split()) if path.is_file() else frozenset()


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        staged = path.with_name(f".{path.name}")
        staged.unlink(missing_ok=True)
        with os.fdopen(os.open(staged, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        staged.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from None
    return path

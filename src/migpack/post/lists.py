"""Who is to be printed for and who is left out → the two lists beside the practice file, for their owner only; and back.

Rows are those of the list of patients, as a spreadsheet shows them; the print list names that list by its hash, since the rows of another
are other people. Never holds anything else of a patient.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from migpack.problems import Place, mistake
from migpack.write.folder import cannot_write

FOLDER = "by-email"
ROWS = "print-rows.txt"
EXCEPTIONS = "exceptions.csv"
_HEAD = ("row", "code", "reason", "what to do")
_LIST = re.compile(r"# rows of the list with the SHA-256 ([0-9a-f]{64})")

Exceptional = tuple[str, str, str, str]


@dataclass(frozen=True)
class PrintList:
    """Rows to print for, and the hash of the list that they count in; '' where a person has written them."""

    rows: frozenset[int]
    list_hash: str = ""


def lists_folder(practice_folder: Path, letter: str) -> Path:
    """Return where the lists of a letter lie."""
    return practice_folder / FOLDER / letter


def write_rows(folder: Path, printed: PrintList) -> Path:
    """Write the rows to print for, one a line, and return the file."""
    head = f"# rows of the list with the SHA-256 {printed.list_hash}\n" if printed.list_hash else ""
    return _write(folder / ROWS, head + "".join(f"{row}\n" for row in sorted(printed.rows)))


def write_exceptions(folder: Path, rows: Iterable[Exceptional]) -> Path:
    """Write who gets no e-mail, and why, as CSV; return the file."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    writer.writerows(rows)
    return _write(folder / EXCEPTIONS, out.getvalue())


def add_to_lists(folder: Path, added: Iterable[Exceptional], list_hash: str) -> PrintList | None:
    """Put more rows on both lists of a letter and return the print list; None, and nothing written, where it is of another list.

    Raises:
        Mistakes: one of the lists cannot be read or written.
    """
    path, rows = folder / ROWS, {row[0]: row for row in added}
    before = read_rows(path) if path.is_file() else PrintList(frozenset(), list_hash)
    if before.list_hash != list_hash:
        return None
    every = {row[0]: row for row in _read_exceptions(folder / EXCEPTIONS)} | rows
    printed = PrintList(before.rows | set(map(int, rows)), list_hash)
    write_rows(folder, printed)
    write_exceptions(folder, sorted(every.values(), key=lambda row: int(row[0])))
    return printed


def rows_of(path: Path, list_hash: str) -> frozenset[int]:
    """Return the rows of a list of patients, known by its hash, that a print list names.

    Raises:
        Mistakes: the file cannot be read, holds something else, or is about another list.
    """
    printed = read_rows(path)
    if printed.list_hash not in ("", list_hash):
        what = "these are rows of another list of patients, or yours has changed since"
        write = "name the list that was sent from, or run 'migpack send --patients' again with this one, which writes its rows anew"
        raise mistake(Place(str(path)), what, write)
    return printed.rows


def read_rows(path: Path) -> PrintList:
    """Return a print list.

    Raises:
        Mistakes: the file cannot be read, or holds something else.
    """
    try:
        first, _, rest = (text := path.read_text("utf-8")).partition("\n")
        found = _LIST.fullmatch(first.rstrip())
        return PrintList(frozenset(map(int, (rest if found else text).split())), found[1] if found else "")
    except OSError as error:
        raise mistake(Place(str(path)), f"this file cannot be read ({error.strerror})", "name the print list of 'migpack send'") from None
    except ValueError:
        raise mistake(Place(str(path)), "this is no list of rows", "write one row number a line") from None


def _read_exceptions(path: Path) -> list[Exceptional]:
    """Return the rows of a list of exceptions; none where there is no such file."""
    try:
        held = list(csv.reader(io.StringIO(path.read_text("utf-8")))) if path.is_file() else []
        if any(len(row) != len(_HEAD) or not row[0].isdecimal() for row in held[1:]):
            raise mistake(Place(str(path)), "this is not the list as it was written", "move it away, and run this again")
        return [(row, code, reason, what_to_do) for row, code, reason, what_to_do in held[1:]]
    except (OSError, ValueError) as error:
        what = f"this list cannot be read ({getattr(error, 'strerror', None) or 'it is no text'})"
        raise mistake(Place(str(path)), what, "move it away, and run this again") from None


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

"""A file in, its rows out as text, one by one: CSV or TSV in whatever encoding Windows wrote it, or the first visible sheet of an .xlsx.

Rows are numbered from 1 as a spreadsheet shows them, lines above the header counted. The header is looked for in the first 31 rows, since
clinical systems print the report's name above it. Nothing is held of a row once it is handed on.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import hashlib
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from migpack.problems import Mistakes, Place, mistake

PREAMBLE_ROWS = 30
MAX_UNPACKED_BYTES = 2_000_000_000
_CHUNK = 1 << 20
_HEAD_BYTES = 1 << 17
_DELIMITERS = ",;\t|"
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d+)\"[^>]*?\bhidden=\"(?:1|true)\"")
_SAVE = "save the list as CSV (UTF-8) or as an .xlsx workbook"

Cells = Sequence[str]


@dataclass(frozen=True)
class Table:
    """A file opened as a table: its header, how it is encoded, and a way to read the rows below the header, as often as wanted."""

    path: Path
    header: tuple[str, ...]
    header_row: int
    encoding: str
    rows: Callable[[], Iterator[tuple[int, Cells]]]
    hidden: frozenset[int] = frozenset()


def open_table(path: Path, known: Callable[[Cells], int]) -> Table:
    """Return a file as a table.

    Args:
        path: the file, as the user named it.
        known: says how many of a row's cells are names of columns that we know; the row with most of them is the header.

    Raises:
        Mistakes: it is no table, cannot be read, or none of its first rows names columns.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise _unreadable(path, error) from None
    if head.startswith(b"PK\x03\x04"):
        return _open_workbook(path, known)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")):
        raise mistake(Place(str(path)), "this is no list that can be read here", _SAVE)
    return _open_text(path, head, known)


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file, so that a change of it is noticed.

    Raises:
        Mistakes: it cannot be read, or is gone.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from None


def _open_text(path: Path, head: bytes, known: Callable[[Cells], int]) -> Table:
    encoding = _encoding(path, head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    best, at, header, delimiter = max(_headers(text, known), key=lambda found: found[0], default=(0, 0, (), ","))
    if not best:
        raise _no_header(path)

    def rows() -> Iterator[tuple[int, Cells]]:
        number = at
        try:
            with path.open(encoding=encoding, newline="") as file:
                reader = csv.reader(file, delimiter=delimiter, strict=True)
                for number, cells in enumerate(islice(reader, at, None), at + 1):
                    yield number, cells
        except csv.Error as error:
            what = f"row {number + 1}: a cell starts with a quotation mark and does not end as one ({error})"
            raise mistake(Place(str(path)), what, "take the quotation mark out, or save the list from the program again") from None
        except OSError as error:
            raise _unreadable(path, error) from None

    return Table(path, header, at, encoding, rows)


def _headers(text: str, known: Callable[[Cells], int]) -> Iterator[tuple[int, int, tuple[str, ...], str]]:
    """Yield each row that may be the header: how many names are known, its row number, its names, and the delimiter."""
    for delimiter in _DELIMITERS:
        try:
            for number, cells in enumerate(islice(csv.reader(text.splitlines(True), delimiter=delimiter), PREAMBLE_ROWS + 1), 1):
                if count := known(cells):
                    yield count, number, tuple(cells), delimiter
        except csv.Error:
            continue


def _encoding(path: Path, head: bytes) -> str:
    """Return how a text file is encoded: as its mark says, else UTF-8 if all of it is, else as Windows writes in Western Europe."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if b"\0" in head:
        return _without_mark(path, head)
    return next((encoding for encoding in ("utf-8", "cp1252") if _decodes(path, encoding)), "") or _refuse_encoding(path)


def _without_mark(path: Path, head: bytes) -> str:
    evens, odds = head[0:2000:2].count(0), head[1:2000:2].count(0)
    if max(evens, odds) < len(head[:2000]) // 4:
        _refuse_encoding(path)
    return "utf-16-le" if odds > evens else "utf-16-be"


def _refuse_encoding(path: Path) -> NoReturn:
    raise mistake(Place(str(path)), "the letters in this file cannot be made out", _SAVE)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            return False
    return True


def _open_workbook(path: Path, known: Callable[[Cells], int]) -> Table:
    hidden = _hidden_rows(path)

    def rows() -> Iterator[tuple[int, Cells]]:
        yield from ((number, cells) for number, cells in _sheet_rows(path) if number > at)

    first = list(islice(_sheet_rows(path), PREAMBLE_ROWS + 1))
    best, at, header = max(((known(cells), number, cells) for number, cells in first), key=lambda found: found[0], default=(0, 0, ()))
    if not best:
        raise _no_header(path)
    return Table(path, tuple(header), at, "xlsx", rows, hidden)


def _sheet_rows(path: Path) -> Iterator[tuple[int, Cells]]:
    """Yield number and texts of each row of the first visible sheet."""
    import openpyxl

    try:
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = _visible_sheet(path, book)
            sheet.reset_dimensions()  # some programs write a wrong one
            for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
                yield number, [_text(value) for value in values]
    except Mistakes:
        raise
    except Exception:  # whatever a damaged workbook makes the reader say
        raise _damaged(path) from None


def _visible_sheet(path: Path, book: Any) -> Any:
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            return sheet
    raise mistake(Place(str(path)), "this workbook shows no sheet", "show the sheet with the patients and save it")


def _hidden_rows(path: Path) -> frozenset[int]:
    """Return which rows of the first visible sheet are hidden: whoever filters a list means what is left on the screen.

    Raises:
        Mistakes: the file is no workbook, or a harmful one.
    """
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED_BYTES:
                raise mistake(Place(str(path)), "this workbook is too large to be a list of patients", _SAVE)
            with path.open("rb") as file:
                book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
                part = str(_visible_sheet(path, book)._worksheet_path)
            with packed.open(part) as sheet:
                return frozenset(_row_numbers(iter(lambda: sheet.read(_CHUNK), b"")))
    except Mistakes:
        raise
    except Exception:
        raise _damaged(path) from None


def _row_numbers(chunks: Iterable[bytes]) -> Iterator[int]:
    left = b""
    for chunk in chunks:
        text = left + chunk
        cut = text.rfind(b"<")
        yield from (int(found[1]) for found in _HIDDEN_ROW.finditer(text, 0, cut if cut > 0 else len(text)))
        left = text[cut:] if cut > 0 else b""


def _text(value: Any) -> str:
    """Return a cell of a workbook as the sheet shows it; a date in words, since a letter may print it."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case dt.datetime() | dt.date():
            return f"{value:%A} {value.day} {value:%B %Y}"
        case dt.time():
            return f"{value.hour % 12 or 12}{f':{value:%M}' if value.minute else ''}{'am' if value.hour < 12 else 'pm'}"
    return str(value)


def _unreadable(path: Path, error: OSError) -> Mistakes:
    if isinstance(error, IsADirectoryError):
        return mistake(Place(str(path)), "this is a folder", "name the file in it that lists the patients")
    if isinstance(error, FileNotFoundError):
        return mistake(Place(str(path)), "there is no such file", "check the name")
    return mistake(Place(str(path)), f"the file cannot be read ({error.strerror})", "check who may read it")


def _damaged(path: Path) -> Mistakes:
    return mistake(Place(str(path)), "this workbook cannot be read", _SAVE)


def _no_header(path: Path) -> Mistakes:
    what = f"none of the first {PREAMBLE_ROWS + 1} rows names columns that are known here"
    return mistake(Place(str(path)), what, "put the names of the columns above the patients, or name yours with --map 'Their column=ours'")

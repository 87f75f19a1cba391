"""The bytes of a returned tracker → the cells that people fill in, by the names of their fields, and what the file says of itself.

Rows are found by what stands in No and Ref, columns by their heads, so that sorting and filtering do no harm. Never evaluates a
formula: it is read as the text it is written with.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from migpack import filters
from migpack.collect.guard import parse, unpack
from migpack.collect.returned import Found, Identity, Unreadable
from migpack.collect.words import normal, saved_on
from migpack.values import read_day
from migpack.write.tracker_fields import ABOUT, IDENTITY, LIST, PARTY_FIELDS, PARTY_KEY, PARTY_STATUSES, STATUSES, TASK_FIELDS, TASK_KEY

_OLE = b"\xd0\xcf\x11\xe0"
_MOST_ROWS, _MOST_COLUMNS = 5_000, 60
_SERIAL_DAYS = (36_526, 73_051)  # Excel's numbers of the days from 2000 to 2099
_RETURN = re.compile("_x000[dD]_")  # how Excel writes a carriage return
_Row = list[Any]


def read_tracker(data: bytes) -> Found:
    """Return what stands in a tracker.

    Raises:
        Unreadable: it is damaged, protected, or no tracker.
    """
    if data.startswith(_OLE):
        raise Unreadable("the workbook has a password, or is an old .xls \N{EM DASH} save it as an .xlsx without a password and send that")
    parts = unpack(data, "workbook")
    checked = {name: parse(part) for name, part in parts.items() if name.endswith((".xml", ".rels"))}
    sheets = _sheets(data)
    about = sheets.get(ABOUT, [])
    said = {str(row[0]): normal(str(row[1])) for row in about if len(row) > 1 and row[0] and row[1]}
    told = {name: said.get(label, "") for name, label in IDENTITY.items()}
    if not told["code"]:
        raise Unreadable(
            f"the workbook has no sheet '{ABOUT}' of ours, which says whose it is \N{EM DASH} send the whole tracker back as it is"
        )
    lists = {str(row[1]): str(row[2]) for row in about if len(row) > 2 and row[0] == LIST}
    values: dict[str, str] = {}
    notes: list[str] = []

    def task(row: Mapping[str, Any]) -> str:
        list_id, number = lists.get(_text(row.get(LIST))), _text(row.get(TASK_KEY)).lower()
        return f"{list_id}.{number}" if list_id and number else ""

    def party(row: Mapping[str, Any]) -> str:
        return f"tracker.{_text(row.get(PARTY_KEY))}" if row.get(PARTY_KEY) else ""

    for sheet, name_of, fields, statuses in (
        ("Tasks", task, TASK_FIELDS, STATUSES),
        ("Third parties", party, PARTY_FIELDS, PARTY_STATUSES),
    ):
        notes += _read_rows(sheets.get(sheet, []), sheet, name_of, fields, statuses, values)
    notes += _remarks(checked)
    identity = Identity(**{**told, "code": told["code"].replace("-", "")})
    return Found("tracker", identity, values, tuple(notes), saved_on=saved_on(parts))


def _remarks(parts: Mapping[str, Any]) -> Iterator[str]:
    """Yield what people wrote as comments (Excel's threads) or notes on cells; of a thread its note is only a copy."""
    threads = [part for name, part in parts.items() if name.startswith("xl/threadedComments/")]
    notes = [part for name, part in parts.items() if re.match("xl/comments(/|[0-9]*[.])", name)]
    for node in (node for part in threads or notes for node in part.iter("{*}threadedComment", "{*}comment")):
        if words := " ".join("".join(text.text or "" for text in node.iter("{*}t", "{*}text")).split()):
            yield f"Comment on {node.get('ref', 'a cell')}: {words}"


def _sheets(data: bytes) -> dict[str, list[_Row]]:
    """Return the values of each sheet, as written."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), read_only=True)
        sheets = {}
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            sheets[sheet.title] = [
                list(row) for row in sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True) if any(row)
            ]
        return sheets
    except MemoryError:
        raise
    except Exception as error:  # a damaged file can fail anywhere in the library, in any way
        raise Unreadable("this is no workbook, or a damaged one \N{EM DASH} save it again as an .xlsx and send that file") from error


def _read_rows(
    rows: list[_Row],
    sheet: str,
    name_of: Callable[[Mapping[str, Any]], str],
    fields: Mapping[str, tuple[str, str]],
    statuses: tuple[str, ...],
    values: dict[str, str],
) -> Iterator[str]:
    """Put the values of a sheet's fields into `values`, and yield a line for each row that people added."""
    first = next((n for n, row in enumerate(rows) if next(iter(fields.values()))[0] in row), len(rows))
    heads = [_text(head) for head in rows[first]] if rows[first:] else []
    for cells in rows[first + 1 :]:
        row = dict(zip(heads, cells, strict=False))
        name = name_of(row)
        if not name or f"{name}.{next(iter(fields))}" in values:
            yield f"Row added on the sheet {sheet}: " + " | ".join(filter(None, (" ".join(_text(cell).split()) for cell in cells)))
            continue
        for key, (head, kind) in fields.items():
            if head in row:
                values[f"{name}.{key}"] = _value(row[head], kind, statuses)


def _value(cell: Any, kind: str, statuses: tuple[str, ...]) -> str:
    if kind == "date":
        return _date(cell)
    text = _text(cell)
    if kind == "choice":
        return next((word for word in statuses if word.casefold() == text.casefold()), text)
    return text


def _date(cell: Any) -> str:
    """Return a day as '3 December 2026', whether the cell holds a date, Excel's number of one, or words that mean one."""
    if isinstance(cell, int | float) and _SERIAL_DAYS[0] <= cell < _SERIAL_DAYS[1]:
        return filters.date(dt.date(1899, 12, 30) + dt.timedelta(days=int(cell)))
    text = _text(cell)
    try:
        return filters.date(read_day(text)) if text else ""
    except ValueError:
        return text


def _text(cell: Any) -> str:
    """Return what a cell holds as text; a formula as it is written."""
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime | dt.date):
        return filters.date(cell)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return normal(_RETURN.sub("\r", str(getattr(cell, "text", cell) or "")))

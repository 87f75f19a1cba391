"""The body of a Word file → its rows: table rows, and paragraphs outside tables, each with its words and its content controls.

A row is known by its first words, as the issued form has them (`fillable.row_words`); controls whose names are gone are matched by
their rows, then by their kind and order. Words are compared without white space and case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from migpack.collect.words import normal
from migpack.fillable import IssuedField, IssuedForm, row_words

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_CONTROL, _TABLE, _ROW, _CELL, _PARAGRAPH = (f"{_W}{name}" for name in ("sdt", "tbl", "tr", "tc", "p"))
_GONE = (f"{_W}del", f"{_W}moveFrom")
_SIGNS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_TITLE = 60  # Word keeps no more of a title than about this


@dataclass(frozen=True)
class Control:
    """A content control: its name ('' where it has lost it) and title."""

    name: str
    title: str
    node: Any

    @property
    def kind(self) -> str:
        """Return 'tick', 'date', 'choice' or 'text'."""
        look = self.node.find(f"{_W}sdtPr")
        if look.find(f"{_W14}checkbox") is not None:
            return "tick"
        if look.find(f"{_W}date") is not None:
            return "date"
        return "choice" if look.find(f"{_W}dropDownList") is not None or look.find(f"{_W}comboBox") is not None else "text"

    def value(self, prompt: str) -> str:
        """Return what stands in the control; its prompt is nothing."""
        look = self.node.find(f"{_W}sdtPr")
        if (box := look.find(f"{_W14}checkbox")) is not None:
            state = box.find(f"{_W14}checked")
            return "yes" if state is not None and state.get(f"{_W14}val", "1") in ("1", "true", "on") else "no"
        shown = normal(seen_words(self.node.find(f"{_W}sdtContent")))
        if look.find(f"{_W}showingPlcHdr") is not None or shown == normal(prompt):
            return ""
        items = [(item.get(f"{_W}displayText"), item.get(f"{_W}value", "")) for item in look.iter(f"{_W}listItem")]
        return next((normal(value) for words, value in items if normal(words or value) == shown), shown)


@dataclass(frozen=True)
class Row:
    """A row of a table that has controls, or (no cells) any other row or paragraph.

    `words` are those outside its controls, those of a cell all that it shows.
    """

    words: str
    controls: tuple[Control, ...]
    cells: tuple[str, ...]

    @property
    def line(self) -> str:
        """Return the words of its cells in one line."""
        return " | ".join(filter(None, (" ".join(cell.split()) for cell in self.cells)))


def read_rows(body: Any) -> tuple[Row, ...]:
    """Return the rows of a body in order."""
    holders = {outer for control in body.iter(_CONTROL) for outer in control.iterancestors(_CONTROL)}
    leaves = {control for control in body.iter(_CONTROL) if control not in holders and control.find(f"{_W}sdtPr") is not None}
    with_fields = {table for control in leaves for table in control.iterancestors(_TABLE)}
    rows = []
    for node in body.iter(_ROW, _PARAGRAPH):
        if next(node.iterancestors(_ROW), None) is None:
            controls = [_control(control) for control in node.iter(_CONTROL) if control in leaves and not _is_doubled(control)]
            around = next((outer for outer in node.iterancestors(_CONTROL) if outer in leaves), None)
            if around is not None and next(around.iter(_PARAGRAPH)) is node:
                controls = [_control(around)]  # a control around whole paragraphs, as Word makes one of rich text
            in_form = next(node.iterancestors(_TABLE), None) in with_fields
            cells = tuple(normal(seen_words(cell)) for cell in node.iter(_CELL)) if in_form else ()
            rows.append(Row("" if around is not None else seen_words(node, leaves), tuple(controls), cells))
    return tuple(rows)


def _control(node: Any) -> Control:
    said = {name: node.find(f"{_W}sdtPr/{_W}{name}") for name in ("tag", "alias")}
    tag, alias = (str(found.get(f"{_W}val", "")).strip() if found is not None else "" for found in said.values())
    return Control(tag, alias, node)


def _is_doubled(node: Any) -> bool:
    """Say whether a control stands right behind another of the same title: LibreOffice doubles one that holds letters of two scripts."""
    one, before = _control(node), node.getprevious()
    return before is not None and before.tag == _CONTROL and not one.name and bool(one.title) and _control(before).title == one.title


def seen_words(element: Any, leave_out: Collection[Any] = ()) -> str:
    """Return words as they are seen: those deleted under review are gone; a paragraph begins on a new line."""
    said: list[str] = []

    def walk(node: Any) -> None:
        for child in node:
            if child in leave_out or child.tag in _GONE:
                continue
            if child.tag == f"{_W}t":
                said.append(child.text or "")
            elif child.tag == f"{_W}tab" and node.tag == f"{_W}r":
                said.append("\t")
            elif child.tag in _SIGNS:
                said.append(_SIGNS[child.tag])
            else:
                if child.tag == _PARAGRAPH and said:
                    said.append("\n")
                walk(child)

    if element is not None:
        walk(element)
    return "".join(said)


def by_row(rows: Iterable[Row], form: IssuedForm) -> dict[str, Control]:
    """Return the controls of a file by the names that its form gave them; those that cannot be told apart are left out."""
    issued = [(row, list(fields)) for row, fields in groupby(form.fields, key=lambda field: field.row)]
    filled = groupby((row for row in rows if row.controls), key=lambda row: row_words(row.words))
    there = [(words, [control for row in group for control in row.controls]) for words, group in filled]
    matcher = SequenceMatcher(None, [_key(row) for row, _ in issued], [_key(words) for words, _ in there], autojunk=False)
    found: dict[str, Control] = {}
    for what, start, end, first, last in matcher.get_opcodes():
        if what == "equal" or what == "replace" and end - start == last - first:
            for (_, fields), (_, controls) in zip(issued[start:end], there[first:last], strict=True):
                found |= _in_order(fields, controls)
    return found


def _key(words: str) -> str:
    return "".join(words.split()).casefold()


def _in_order(fields: Sequence[IssuedField], controls: Sequence[Control]) -> dict[str, Control]:
    """Match the fields of a row with its controls: kind by kind in order, or by title where there are not as many as there were."""
    found: dict[str, Control] = {}
    for kind in ("tick", "date", "choice", "text"):
        mine = [field for field in fields if _kind(field) == kind]
        there = [control for control in controls if control.kind == kind]
        if len(mine) == len(there):
            found |= {field.name: control for field, control in zip(mine, there, strict=True)}
        else:
            titles = Counter(control.title[:_TITLE] for control in there)
            by_title = {control.title[:_TITLE]: control for control in there if titles[control.title[:_TITLE]] == 1}
            found |= {field.name: by_title[field.title[:_TITLE]] for field in mine if field.title[:_TITLE] in by_title}
    return found


def _kind(field: IssuedField) -> str:
    return "text" if field.kind == "lines" else field.kind


def added(rows: Iterable[Row], form: IssuedForm) -> Iterator[str]:
    """Yield what people wrote outside the fields: rows that the form does not have, and words beside its fields."""
    own = {_key(field.row): field for field in form.fields}
    still = {_key(words) for words in form.still}
    seen: set[str] = set()
    for row in rows:
        key = _key(row_words(row.words))
        names = {control.name for control in row.controls if control.name}
        if names & seen or row.cells and not row.controls and key and key not in still and key not in own:
            yield f"Row added: {row.line}"
        elif row.cells and not row.controls and key in own and own[key].row:
            yield f"Written where the fields were: {row.line}"
        elif names and (field := form.field(min(names))) and (words := _more(field.row, row.words)):
            yield f"Written beside '{field.title}': {words}"
        seen |= names


def _more(issued: str, words: str) -> str:
    """Return the words that a row has besides those that it was issued with; of a long row, only its beginning is known."""
    before, now = issued.split(), row_words(words).split()
    if _key(issued) == _key(row_words(words)):
        return ""
    changes = SequenceMatcher(None, before, now, autojunk=False).get_opcodes()
    return " ".join(word for what, _, _, start, end in changes if what in ("insert", "replace") for word in now[start:end])

"""The questionnaire's content file and a practice file, or none → numbered questions, each with what stands in the file already.

`checklists/questionnaire.yaml` says what is asked; the practice file's own model says what kind of answer each question takes. A
question's number is that of its section and of its row, as printed. Pure.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import typing
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from migpack.blocks import FieldKind
from migpack.content import Content, Ids
from migpack.model import Content as Known
from migpack.practice import PracticeFile
from migpack.values import Line, Prose
from migpack.yamledit import Path
from migpack.yamlio import Node, type_at

NAME = "checklists/questionnaire.yaml"
DOCUMENT = "questionnaire"
_MOST = 64  # characters of a field's name
_SPARE = 2  # rows for what a list does not hold yet
_YES = {"yes": "yes", "true": "yes", "on": "yes", "1": "yes", "no": "no", "false": "no", "off": "no", "0": "no"}


class Asked(Content):
    """One question, or one column of a table; `path` is dotted, in a column from its entry."""

    path: str = ""
    name: Line
    ask: Line = ""
    hint: Prose = ""
    needed: bool = False
    lines: int = 0
    width: int = 0
    of: Literal["", "kinds"] = ""
    choices: dict[str, Line] = Field(default_factory=dict)


class Rows(Content):
    """The same questions of each role, date or service (`of`), or of numbered entries of a list (`entry`, at least `count`).

    `width` of a column is a percentage; where it is 0, each entry gets a block of its own.
    """

    path: str
    of: Literal["", "roles", "milestones", "services"] = ""
    entry: Line = ""
    count: int = 0
    ids: Ids = ()
    organisations: Ids = ()
    needed: Ids = ()
    columns: tuple[Asked, ...]


class Ticks(Content):
    """A list of ids, each a box to tick."""

    path: str
    of: Literal["traits", "languages"]


class Section(Content):
    """A section of the form: questions, or rows, or boxes; `heading` is the comment above its first key in a practice file."""

    id: str
    title: Line
    heading: Line = ""
    intro: Prose = ""
    questions: tuple[Asked, ...] = ()
    rows: Rows | None = None
    ticks: Ticks | None = None


class NotAsked(Content):
    """What the form does not ask, and where it belongs: paths with '*' for any id or entry, or ids of roles."""

    paths: Ids = ()
    roles: Ids = ()
    what: Line
    where: Prose
    printed: bool = True


class Questionnaire(Content):
    """The content file."""

    title: Line
    lead: Line
    how: tuple[Line, ...]
    sections: tuple[Section, ...]
    not_asked: tuple[NotAsked, ...]


@dataclass(frozen=True)
class Question:
    """A question as printed: its field, what it says, and where its answer belongs in the practice file.

    `shape` is 'text', 'list' (an entry a line), 'address' or 'tick' (an id in a list, the last part of the path). `value` is what the
    file says: 'yes' or 'no' for a box.
    """

    number: str
    name: str
    field: str
    path: Path
    kind: FieldKind
    shape: Literal["text", "list", "address", "tick"]
    value: str
    needed: bool = False
    lines: int = 0
    options: tuple[tuple[str, str], ...] = ()

    @property
    def said(self) -> str:
        """The question as messages name it."""
        return f"question {self.number} ({self.name})"


@dataclass(frozen=True)
class Row:
    """A row of the form, or a block of an entry: its printed number, its words, its questions."""

    number: str
    title: str
    hint: str
    needed: bool
    cells: tuple[Question, ...]


@dataclass(frozen=True)
class Part:
    """A section with its rows; `path` leads to the list whose entries they are, () where they are none."""

    number: int
    section: Section
    layout: Literal["questions", "ticks", "table", "entries"]
    rows: tuple[Row, ...]
    path: Path = ()

    @property
    def columns(self) -> tuple[Asked, ...]:
        """The columns of its table."""
        return self.section.rows.columns if self.section.rows else ()


def ask(asked: Questionnaire, known: Known, written: Node | None, most_rows: int = 0) -> tuple[Part, ...]:
    """Return the sections of the form.

    Args:
        written: the practice file as it stands, None where there is none.
        most_rows: how many entries of each list there must be questions for at least.
    """
    left_out = frozenset(role for entry in asked.not_asked for role in entry.roles)
    maker = _Maker(known, written, most_rows, left_out)
    return tuple(maker.part(number, section) for number, section in enumerate(asked.sections, 1))


def questions(parts: Iterable[Part]) -> dict[str, Question]:
    """Return all questions by the names of their fields, in reading order."""
    return {question.field: question for part in parts for row in part.rows for question in row.cells}


@dataclass(frozen=True)
class _Maker:
    """Makes questions of what is asked, for one practice file."""

    known: Known
    written: Node | None
    most_rows: int
    left_out: frozenset[str]

    def part(self, number: int, section: Section) -> Part:
        if section.ticks:
            return Part(number, section, "ticks", tuple(self._ticks(number, section.ticks)))
        if section.rows:
            layout: Literal["table", "entries"] = "table" if section.rows.columns[0].width else "entries"
            rows = tuple(self._rows(number, section.rows))
            return Part(number, section, layout, rows, () if section.rows.of else _path(section.rows.path))
        return Part(number, section, "questions", tuple(self._once(f"{number}.{n}", one) for n, one in enumerate(section.questions, 1)))

    def _once(self, number: str, asked: Asked) -> Row:
        question = self._question(number, asked.name, _path(asked.path), asked, asked.needed)
        return Row(number, asked.ask or asked.name, asked.hint, asked.needed, (question,))

    def _ticks(self, number: int, ticks: Ticks) -> Iterator[Row]:
        ticked = set(read_at(self.written, _path(ticks.path)).split("\n"))
        choices: Iterable[tuple[str, str, str]]
        if ticks.of == "traits":
            choices = ((trait.id, trait.title, trait.means) for trait in self.known.traits.values() if not trait.derived)
        else:
            choices = ((row.id, row.title, "") for row in self.known.lists["languages"].rows)
        for n, (id, title, hint) in enumerate(choices, 1):
            path = (*_path(ticks.path), id)
            value = "yes" if id in ticked else "no"
            yield Row(f"{number}.{n}", title, hint, False, (Question(f"{number}.{n}", title, _field(path), path, "tick", "tick", value),))

    def _rows(self, number: int, rows: Rows) -> Iterator[Row]:
        for n, (part, title) in enumerate(self._subjects(rows), 1):
            needed, cells = part in rows.needed, []
            for column in rows.columns:
                name, path = f"{title}: {column.name[0].lower()}{column.name[1:]}", (*_path(rows.path), part, *_path(column.path))
                cells.append(self._question(f"{number}.{n}", name, path, column, needed and column == rows.columns[0]))
            yield Row(f"{number}.{n}", title, "", needed, tuple(cells))

    def _subjects(self, rows: Rows) -> Iterator[tuple[str | int, str]]:
        """Yield the key of each row with its words."""
        if rows.of == "roles":
            roles = (role for role in self.known.roles.values() if role.organisation in rows.organisations)
            yield from ((role.id, role.title) for role in roles if role.id not in self.left_out)
        elif rows.of == "milestones":
            titles = {rule.id: rule.title for rule in self.known.timeline.milestones}
            yield from ((id, titles[id]) for id in rows.ids if id in titles)
        elif rows.of == "services":
            yield from ((service.id, service.title) for service in self.known.cutover.patient_services)
        else:
            most = max(rows.count, len(entries(self.written, _path(rows.path))) + _SPARE, self.most_rows)
            yield from ((n, f"{rows.entry} {n + 1}") for n in range(most))

    def _question(self, number: str, name: str, path: Path, asked: Asked, needed: bool) -> Question:
        kind, shape, options = _kind(path, asked, self.known)
        value = read_at(self.written, path)
        if options and options[0][0] == "yes":
            value = _YES.get(value.lower(), value)
        if shape == "address":
            value = "\n".join(address_lines(value))
        return Question(number, name, _field(path), path, kind, shape, value, needed, asked.lines, options)


def _kind(path: Path, asked: Asked, known: Known) -> tuple[FieldKind, Literal["text", "list", "address"], tuple[tuple[str, str], ...]]:
    held = type_at(PracticeFile, tuple(map(str, path)))
    if asked.of == "kinds":
        return "choice", "text", tuple((kind.id, kind.title) for kind in known.party_kinds.kinds)
    if typing.get_origin(held) is Literal:
        return "choice", "text", tuple((value, asked.choices.get(value, value)) for value in typing.get_args(held))
    if held is bool:
        return "choice", "text", (("yes", "Yes"), ("no", "No"))
    if typing.get_origin(held) is tuple:
        return "lines", "address" if path[-1] == "address" else "list", ()
    if held is dt.date:
        return "date", "text", ()
    return "lines" if asked.lines else "text", "text", ()


def _path(dotted: str) -> Path:
    return tuple(dotted.split(".")) if dotted else ()


def _field(path: Path) -> str:
    """Return the name of the field of a path, entries numbered from 1; a long one is cut and told apart by a hash."""
    name = ".".join([DOCUMENT, *(str(part + 1) if isinstance(part, int) else part for part in path)])
    return name if len(name) <= _MOST else f"{name[: _MOST - 9]}.{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def address_lines(text: str) -> list[str]:
    """Return the lines of an address, which may also be parted by commas."""
    return [line for part in re.split("[,\n]", text) if (line := part.strip(" ."))]


def entries(written: Node | None, path: Path) -> Sequence[Node]:
    """Return the entries of a list of the practice file; those that hold nothing do not count."""
    node = node_at(written, path)
    return tuple(item for item in node.items or () if item.text or item.items is not None or item.keys is not None) if node else ()


def read_at(written: Node | None, path: Path) -> str:
    """Return the text under a path of the practice file, of a list an entry a line; '' where there is none.

    A plain text that stands for a group of keys counts as the key that it stands for.
    """
    node, rest = written, path
    while node is not None and rest:
        if node.text is not None:
            model = type_at(PracticeFile, tuple(map(str, path[: len(path) - len(rest)])))
            return node.text if rest == (getattr(model, "plain_key", None),) else ""
        node, rest = node_at(node, rest[:1]), rest[1:]
    if node is None:
        return ""
    return node.text or "\n".join(item.text for item in node.items or () if item.text)


def node_at(written: Node | None, path: Path) -> Node | None:
    """Return the part of the practice file under a path, None where there is none."""
    for part in path:
        if written is None:
            return None
        if isinstance(part, int):
            held = entries(written, ())
            written = held[part] if part < len(held) else None
        else:
            found = (written.keys or {}).get(part)
            written = found[1] if found else None
    return written

"""The block tree of a page: what a document says, apart from how any format draws it; and what can be read off it.

`migpack.vocabulary.read` makes a `Tree` from the HTML of a page. Every writer and every reader of words starts from
the same tree, so that the formats say the same. Text stands as a browser would show it: white space is collapsed, and
`Break` is the end of a line. Widths of columns are percentages of the table. Never holds what only one format has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["tick", "text", "date", "lines", "choice"]
# What an empty field says in a format that shows a prompt, by its look; a value equal to its prompt is no value.
PROMPTS: Mapping[str, str] = {
    "": "Click to write",
    "choice": "Choose one",
    "date": "Date",
    "initials": "Initials",
    "money": "£",
    "signature": "Signature",
}
GroupKind = Literal["section", "callout", "sender", "recipient", "letterhead", "poster", "say"]


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words."""

    text: str


@dataclass(frozen=True, slots=True)
class Break:
    """The end of a line inside a paragraph."""


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that stand out."""

    content: Inlines


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to an address, or with '#' to an id of the same page."""

    href: str
    content: Inlines


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a special kind: a missing fact or a merge field (`key` names it), a label, words or an address to be kept on one line, or a
    blank of `width_mm` to write on.
    """

    kind: Literal["", "gap", "nowrap", "whole", "ref", "tag", "fill", "merge"]
    content: Inlines
    key: str = ""
    width_mm: int = 0
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A place to fill in. `value` is what it was issued with ('' for empty, 'on' for a ticked box); `prompt` is no value.

    `look` is '', 'short', 'date', 'initials', 'signature' or 'money'; `limit` counts characters, 0 for none.
    """

    kind: FieldKind
    name: str
    title: str
    value: str = ""
    prompt: str = ""
    options: tuple[Option, ...] = ()
    look: str = ""
    rows: int = 1
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Image:
    """A picture with the words that stand for it; `media` is 'image/png' and the like."""

    alt: str
    media: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Drawing:
    """An inline SVG, which only the PDF and the web page have: its title and the words drawn in it."""

    title: str
    words: str


Inline = Text | Break | Strong | Link | Span | Field | Image
Inlines = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 (the title of the document) to 4."""

    level: int
    content: Inlines
    id: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `kind` is its class in the vocabulary, '' for the ordinary one."""

    content: Inlines
    kind: str = ""
    id: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class List:
    """A list with bullets, numbers or (`plain`) neither."""

    ordered: bool
    plain: bool
    items: tuple[Item, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; `scope` is 'col' or 'row' for a head, '' for data; `span` counts columns."""

    blocks: tuple[Block, ...]
    scope: Literal["", "col", "row"] = ""
    span: int = 1
    number: bool = False
    tick: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row; `kind` is '', 'blank' (pen height), 'total' or 'sub'."""

    cells: tuple[Cell, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `widths` are percentages that sum to 100."""

    kind: str
    caption: Inlines
    widths: tuple[float, ...]
    head: tuple[Row, ...]
    body: tuple[Row, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks that belong together; `flags` are the further classes: warning, keep, new-page, slip, third.

    A `say` group holds words for patients in a document for staff. A `third` takes a third of a sheet.
    """

    kind: GroupKind
    blocks: tuple[Block, ...]
    flags: frozenset[str] = frozenset()
    id: str = ""


Block = Heading | Paragraph | List | Table | Group | Drawing


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole page: its blocks, the classes of its body, what its head says of it, and the words that say each element."""

    title: str
    language: str
    author: str
    document: str
    practice: str
    version: str
    code: str
    classes: frozenset[str]
    blocks: tuple[Block, ...]
    says: Mapping[str, str]


Node = Block | Inline


@dataclass(frozen=True, slots=True)
class Passage:
    """Words that are read in one go, and what they are part of; lines inside end with a line feed."""

    kind: Literal["heading", "paragraph", "item", "cell", "caption"]
    text: str
    level: int = 0


def walk(blocks: tuple[Block, ...]) -> Iterator[Node]:
    """Yield every block and inline in reading order, the outer before the inner."""
    for block in blocks:
        yield block
        match block:
            case Heading() | Paragraph():
                yield from _walk_inlines(block.content)
            case List():
                for item in block.items:
                    yield from walk(item.blocks)
            case Table():
                yield from _walk_inlines(block.caption)
                for row in (*block.head, *block.body):
                    for cell in row.cells:
                        yield from walk(cell.blocks)
            case Group():
                yield from walk(block.blocks)


def fields(tree: Tree) -> tuple[Field, ...]:
    """Return the fields in reading order."""
    return tuple(node for node in walk(tree.blocks) if isinstance(node, Field))


def gaps(tree: Tree) -> tuple[str, ...]:
    """Return the keys of the missing facts, each once, in reading order."""
    return tuple(dict.fromkeys(node.key for node in walk(tree.blocks) if isinstance(node, Span) and node.kind == "gap"))


def headings(tree: Tree) -> tuple[Heading, ...]:
    """Return the headings in reading order."""
    return tuple(node for node in walk(tree.blocks) if isinstance(node, Heading))


def links(tree: Tree) -> tuple[Link, ...]:
    """Return the links in reading order."""
    return tuple(node for node in walk(tree.blocks) if isinstance(node, Link))


def tables(tree: Tree) -> tuple[Table, ...]:
    """Return the tables in reading order."""
    return tuple(node for node in walk(tree.blocks) if isinstance(node, Table))


def passages(tree: Tree) -> tuple[Passage, ...]:
    """Return what is read, piece by piece: fields and pictures are no words, a blank to write on is none either."""
    return tuple(piece for piece in _passages(tree.blocks, "paragraph") if piece.text)


def text(tree: Tree) -> str:
    """Return all words of the page, one passage to a line."""
    return "\n".join(piece.text for piece in passages(tree))


def words(tree: Tree) -> tuple[str, ...]:
    """Return the words in reading order, as white space parts them."""
    return tuple(text(tree).split())


def plain(content: Inlines) -> str:
    """Return the words of inline content; a break is a line feed."""
    return "".join(_plain(node) for node in content)


def _plain(node: Inline) -> str:
    match node:
        case Text():
            return node.text
        case Break():
            return "\n"
        case Strong() | Link() | Span():
            return plain(node.content)
        case _:
            return ""


def _walk_inlines(content: Inlines) -> Iterator[Inline]:
    for node in content:
        yield node
        if isinstance(node, Strong | Link | Span):
            yield from _walk_inlines(node.content)


def _passages(blocks: tuple[Block, ...], kind: Literal["paragraph", "item", "cell"]) -> Iterator[Passage]:
    for block in blocks:
        match block:
            case Heading():
                yield Passage("heading", plain(block.content).strip(), block.level)
            case Paragraph():
                yield Passage(kind, plain(block.content).strip())
            case List():
                for item in block.items:
                    yield from _passages(item.blocks, "item" if kind == "paragraph" else kind)
            case Table():
                yield Passage("caption", plain(block.caption).strip())
                for row in (*block.head, *block.body):
                    for cell in row.cells:
                        yield from _passages(cell.blocks, "cell")
            case Group():
                yield from _passages(block.blocks, kind)

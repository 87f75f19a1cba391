"""Page → plain text, for e-mail and for whoever cannot read the other formats.

Lines are at most 76 characters, as e-mail wants them; an address that is longer keeps a line of its own. Tables become
lines of "label: value", a row after the other. An empty field is a row of dots, a tick box is [ ]. Pictures are left out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from migpack import blocks as b
from migpack.markup import read
from migpack.model import Page

WIDTH = 76
DOTS = "." * 8
_RULES = {1: "=", 2: "-"}


def write_plain(page: Page) -> str:
    """Return the page as plain text that ends with a line feed."""
    return plain_text(read(page.html, page.document.id))


def plain_text(tree: b.Tree) -> str:
    """Return a block tree as plain text that ends with a line feed."""
    return "\n\n".join(_parts(tree.blocks, WIDTH)).replace("\N{NO-BREAK SPACE}", " ") + "\n"


def _parts(blocks: Sequence[b.Block], width: int) -> Iterator[str]:
    """Yield what stands between blank lines."""
    for block in blocks:
        match block:
            case b.Heading():
                words = _wrap(_words(block.content), width)
                rule = _RULES.get(block.level)
                yield f"{words}\n{rule * max(map(len, words.splitlines()))}" if rule else words
            case b.Paragraph():
                if words := _wrap(_words(block.content), width):
                    yield words
            case b.List():
                yield _list(block, width)
            case b.Table():
                yield from _table(block)
            case b.Group():
                yield from _parts(block.blocks, width)


def _list(block: b.List, width: int) -> str:
    lines = []
    for number, item in enumerate(block.items, 1):
        mark = "" if block.plain else f"{number}. " if block.ordered else "- "
        body = "\n".join(_parts(item.blocks, width - len(mark)))
        lines.append(mark + textwrap.indent(body, " " * len(mark)).removeprefix(" " * len(mark)))
    return "\n".join(lines)


def _table(table: b.Table) -> Iterator[str]:
    heads = [_cell(cell) for row in table.head[-1:] for cell in row.cells for _ in range(cell.span)]
    pairs = not heads and len(table.widths) == 2
    rows = [text for row in table.body if (text := _row(row, heads))]
    if table.caption:
        yield _wrap(_words(table.caption))
    if pairs:
        yield "\n".join(rows)
    else:
        yield from rows


def _row(row: b.Row, heads: Sequence[str]) -> str:
    """Return the cells of a row, each with the head of its column; without column heads, the first cell is the label."""
    texts = [_cell(cell) for cell in row.cells]
    if not any(text.strip(". []") for text in texts):
        return ""
    if not heads:
        label, *values = texts
        return _wrap(f"{label}: {', '.join(filter(None, values))}" if any(values) else label)
    column, lines = 0, []
    for cell, text in zip(row.cells, texts, strict=True):
        if text:
            lines.append(_wrap(text if cell.span > 1 else f"{heads[column]}: {text}"))
        column += cell.span
    return "\n".join(lines)


def _cell(cell: b.Cell) -> str:
    return "; ".join(" ".join(_words_of(block).split()) for block in cell.blocks if _words_of(block).strip())


def _words_of(block: b.Block) -> str:
    match block:
        case b.Paragraph() | b.Heading():
            return _words(block.content)
        case b.List():
            return "; ".join(_words_of(inner) for item in block.items for inner in item.blocks)
        case _:
            return ""


def _words(content: b.Inlines) -> str:
    return "".join(_inline(node) for node in content)


def _inline(node: b.Inline) -> str:
    match node:
        case b.Text():
            return node.text
        case b.Break():
            return "\n"
        case b.Strong():
            return _words(node.content)
        case b.Span():
            return _words(node.content) + (DOTS if node.kind == "fill" else "")
        case b.Link():
            words = _words(node.content)
            address = node.href.removeprefix("mailto:")
            told = address.startswith(("#", "tel:")) or address.removeprefix("https://").rstrip("/") in words
            return words if told else f"{words} ({address})"
        case b.Field():
            return _field(node)
        case b.Image():
            return ""


def _field(field: b.Field) -> str:
    if field.kind == "tick":
        return "[x]" if field.value else "[ ]"
    if field.kind == "choice":
        chosen = next((option.text for option in field.options if option.value == field.value), "")
        return chosen or f"{DOTS} ({' / '.join(option.text for option in field.options)})"
    return field.value or DOTS


def _wrap(words: str, width: int = WIDTH) -> str:
    lines = (textwrap.fill(line.strip(), width, break_long_words=False, break_on_hyphens=False) for line in words.strip().split("\n"))
    return "\n".join(lines)

"""Block tree → the body of a Word document, as WordprocessingML text.

Blocks become pieces (paragraphs and tables); then what spans pieces is settled: what is kept together, where a page
starts, the space after a table. The styles are those of house.docx, by id. Lengths are twips.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from migpack import blocks as b
from migpack.write.word_pieces import Grid, GridCell, GridRow, Para, Piece, first_para, twips
from migpack.write.word_styles import Window
from migpack.write.word_words import PICTURE_MM, Outside, Words

BLANK_ROW, SIGNATURE_ROW, LINE_ROW, THIRD_ROW = twips(11), twips(14), twips(7), twips(72)
_PARAGRAPHS = {
    "": "Normal",
    "lead": "Lead",
    "hint": "Hint",
    "small": "Small",
    "sign-off": "SignOff",
    "draft-mark": "DraftMark",
    "date": "LetterDate",
    "centre": "Centred",
    "big": "PosterBig",
    "huge": "PosterHuge",
    "text": "Normal",
}
_TABLES = {"tasks": "HouseTasks", "facts": "HouseFacts", "log": "HouseLog", "signatures": "HouseSignatures"}
_AFTER_TABLE, _AFTER_LIST = 200, 140
_DEEPEST = 2
_AFTER_ADDRESS = {"letterhead": 120, "sender": 340, "recipient": 450}
_LOGO_MM = (70, 16)
_STEP = 340  # the indent of a list, a level
_CELL_STEP = 227
_SUB_STEP = 250
_ABOUT_LIMIT = 250


@dataclass(frozen=True)
class Shell:
    """What the layout asks of the file that it is written into."""

    width: int
    outside: Outside
    bullets: int
    restart: Callable[[], int]
    window: Window | None
    top_mm: float
    scale: float


@dataclass(frozen=True)
class _Where:
    """What stands around a block: a kind of group or 'cell', the style of words there, and the depth of lists."""

    kind: str = ""
    style: str = "Normal"
    depth: int = 0


def body(tree: b.Tree, shell: Shell) -> str:
    """Return the children of w:body, apart from the section properties."""
    pieces = _Layout(tree, shell).pieces(tree.blocks, _Where())
    if shell.window:
        _start_below(pieces, twips(shell.window.start - shell.top_mm))
    return "".join(piece.xml() for piece in _settle(pieces))


class _Layout:
    """Makes pieces of blocks."""

    def __init__(self, tree: b.Tree, shell: Shell) -> None:
        self._shell = shell
        self._heading = tree.title
        self._words = Words(tree, shell.outside)

    def pieces(self, blocks: Sequence[b.Block], where: _Where) -> list[Piece]:
        """Return the pieces of blocks that stand side by side."""
        out: list[Piece] = []
        for block in blocks:
            found = self._block(block, where)
            first = first_para(found)
            if first and not isinstance(block, b.Drawing) and block.id in self._words.places:
                first.bookmarks.append(self._words.places[block.id])
            out += found
        return out

    def _block(self, block: b.Block, where: _Where) -> list[Piece]:
        match block:
            case b.Heading():
                self._heading = b.plain(block.content)
                return [self._words.para(block.content, _heading_style(block.level, where))]
            case b.Paragraph():
                return self._paragraph(block, where)
            case b.List():
                return self._list(block, where)
            case b.Table():
                return self._table(block)
            case b.Group():
                return self._group(block, where)
            case b.Drawing():
                return []

    def _group(self, group: b.Group, where: _Where) -> list[Piece]:
        match group.kind:
            case "section":
                found = self.pieces(group.blocks, where)
                first = first_para(found)
                if first and group.flags & {"new-page", "slip"}:
                    first.page_break = True
                if "third" in group.flags:
                    return [_box("HouseBox", self._shell.width, found, "Slip to cut out", THIRD_ROW)]
                if "keep" in group.flags:
                    _keep(found)
                return found
            case "callout" | "say":
                return [self._callout(group, where)]
            case "poster":
                return self.pieces(group.blocks, _Where("poster", "PosterText"))
            case kind:
                found = self.pieces(group.blocks, _Where(kind, kind.capitalize()))
                if self._shell.window:
                    _frame(found, self._shell.window.frames[kind])
                elif found and isinstance(found[-1], Para):
                    found[-1].after = _AFTER_ADDRESS[kind]
                return found

    def _callout(self, group: b.Group, where: _Where) -> Grid:
        """Return a box of one cell: paragraph borders part where a list begins, and are untagged in a PDF from LibreOffice."""
        warning = "warning" in group.flags
        inside = where if where.kind == "poster" else _Where("callout", "CalloutWarning" if warning else "Callout")
        return _box("HouseWarning" if warning else "HouseCallout", self._shell.width, self.pieces(group.blocks, inside), "Note")

    def _paragraph(self, block: b.Paragraph, where: _Where) -> list[Piece]:
        if where.kind == "cell":
            style = {"hint": "TableHint", "small": "TableSmall"}.get(block.kind, where.style)
        elif where.kind and not block.kind:
            style = where.style
        else:
            style = _PARAGRAPHS[block.kind]
        align = {"centre": "center", "date": "right"}.get(block.kind, "") if where.kind in ("cell", "poster") else ""
        if where.kind == "" and where.depth == 0:
            return self._with_boxes(block, style)
        para = self._words.para(block.content, style, block.lang, fit_mm=_LOGO_MM if where.kind == "letterhead" else PICTURE_MM)
        para.align = align
        para.rtl = para.rtl and where.kind not in _AFTER_ADDRESS  # an address here is read from the left, whoever lives there
        return [para]

    def _with_boxes(self, block: b.Paragraph, style: str) -> list[Piece]:
        """Return a paragraph that stands alone; each of its fields of several lines gets a box with room for them."""
        out: list[Piece] = []
        loose: list[b.Inline] = []
        for node in (*block.content, None):
            lines = isinstance(node, b.Field) and node.kind == "lines"
            if node is not None and not lines:
                loose.append(node)
                continue
            if b.plain(tuple(loose)).strip() or any(isinstance(found, b.Field | b.Image | b.Span) for found in loose):
                out.append(self._words.para(tuple(loose), style, block.lang))
            loose = []
            if isinstance(node, b.Field):
                for para in out[-1:]:
                    _keep_with_next(para)
                field = self._words.para((node,), "TableText")
                out.append(_box("HouseBox", self._shell.width, [field], node.title, LINE_ROW * node.rows))
        return out

    def _list(self, block: b.List, where: _Where) -> list[Piece]:
        number = 0 if block.plain else self._shell.restart() if block.ordered else self._shell.bullets
        style = {"cell": "TableList", "poster": "PosterList", "callout": "CalloutList"}.get(where.kind, "")
        style = style or ("ListPlain" if block.plain else "ListNumber" if block.ordered else "ListBullet")
        step = round((_CELL_STEP if where.kind == "cell" else 2 * _STEP if where.kind == "poster" else _STEP) * self._shell.scale)
        left = step * (where.depth + (0 if block.plain else 1))
        out: list[Piece] = []
        for item in block.items:
            inner = self.pieces(item.blocks, replace(where, depth=where.depth + 1))
            for n, piece in enumerate(inner):
                if isinstance(piece, Para) and piece.indent is None:
                    piece.indent = left
                    piece.style = style if piece.style in ("Normal", where.style) else piece.style
                    if n == 0 and number:
                        piece.numbering, piece.hanging = (number, min(where.depth, _DEEPEST)), step
            out += inner
        if where.depth == 0 and where.kind != "cell" and isinstance(out[-1], Para):
            out[-1].after = _AFTER_LIST
        return out

    def _table(self, table: b.Table) -> list[Piece]:
        caption: list[Piece] = [self._words.para(table.caption, "Caption")] if table.caption else []
        heads = [
            b.plain(block.content) for row in table.head for cell in row.cells for block in cell.blocks if isinstance(block, b.Paragraph)
        ]
        about = f"Columns: {', '.join(heads)}" if heads else "The first cell of each row says what stands beside it"
        widths = _columns(table.widths, self._shell.width)
        rows = [self._row(row, table, head=True) for row in table.head] + [self._row(row, table, head=False) for row in table.body]
        for row in rows[: len(table.head) + 1] if len(table.body) > 1 else ():
            _keep_row(row)  # a table never leaves its head and one row behind
        grid = Grid(
            _TABLES.get(table.kind, "HouseGrid"),
            widths,
            rows,
            (b.plain(table.caption) or self._heading)[:_ABOUT_LIMIT],
            about[:_ABOUT_LIMIT],
            row_heads=all(row.cells[0].scope == "row" for row in table.body),
        )
        return [*caption, grid]

    def _row(self, row: b.Row, table: b.Table, *, head: bool) -> GridRow:
        fields = [node for cell in row.cells for node in b.walk(cell.blocks) if isinstance(node, b.Field)]
        height = max(
            [BLANK_ROW if row.kind == "blank" else 0, SIGNATURE_ROW if table.kind == "signatures" and not head else 0]
            + [SIGNATURE_ROW for field in fields if field.look == "signature"]
            + [LINE_ROW * field.rows for field in fields if field.kind == "lines"]
        )
        cells = [self._cell(cell, _cell_style(cell, row, table), head=head) for cell in row.cells]
        if "sub" in row.kind:
            for para in cells[min(1, len(cells) - 1)].paras:
                para.indent = (para.indent or 0) + _SUB_STEP
        return GridRow(cells, head, height, total="total" in row.kind, band=not head and len(cells) == 1 and cells[0].span > 1)

    def _cell(self, cell: b.Cell, style: str, *, head: bool) -> GridCell:
        paras = [piece for piece in self.pieces(cell.blocks, _Where("cell", style)) if isinstance(piece, Para)]
        for para in paras:
            para.align = para.align or ("center" if cell.tick else "right" if cell.number else "")
        if paras:
            paras[-1].after = 0
        return GridCell(paras or [Para(style, after=0)], cell.span, "bottom" if head else "center" if cell.tick else "")


def _cell_style(cell: b.Cell, row: b.Row, table: b.Table) -> str:
    if cell.scope == "col":
        return "TableHead"
    if cell.scope == "row" and table.kind == "tasks":
        return "TableNumber"
    return "TableRowHead" if cell.scope or "total" in row.kind else "TableText"


def _frame(pieces: Sequence[Piece], place: tuple[float, float, float, float]) -> None:
    """Put paragraphs at a place of the sheet: x, y, width and height in millimetres."""
    x, y, width, height = map(twips, place)
    for piece in pieces:
        if isinstance(piece, Para):
            piece.indent = 0
            piece.frame = (
                f'<w:framePr w:w="{width}" w:h="{height}" w:hRule="atLeast" w:wrap="around"'
                f' w:vAnchor="page" w:hAnchor="page" w:x="{x}" w:y="{y}"/>'
            )


def _start_below(pieces: Sequence[Piece], distance: int) -> None:
    """Start the words that flow at this distance from the margin; what has a place of its own stays there."""
    first = next((piece for piece in pieces if isinstance(piece, Para) and not piece.frame), None)
    if first:
        first.before = distance


def _heading_style(level: int, where: _Where) -> str:
    if where.kind == "poster":
        return "PosterHeading" if level == 1 else "PosterSubheading"
    return "CalloutHeading" if where.kind == "callout" else f"Heading{level}"


def _columns(percentages: Sequence[float], width: int) -> list[int]:
    """Return widths that sum to the width of the text."""
    edges = [round(sum(percentages[:n]) * width / 100) for n in range(len(percentages))] + [width]
    return [right - left for left, right in pairwise(edges)]


def _keep(pieces: Sequence[Piece]) -> None:
    """Keep pieces on one page: each paragraph but those of the last line or row stays with the next."""
    for piece in pieces[:-1]:
        _keep_with_next(piece)
    if pieces and isinstance(last := pieces[-1], Grid):
        for row in last.rows[:-1]:
            _keep_row(row)


def _keep_with_next(piece: Piece) -> None:
    if isinstance(piece, Para):
        piece.keep_next = True
        return
    for row in piece.rows:
        _keep_row(row)


def _keep_row(row: GridRow) -> None:
    for cell in row.cells:
        for para in cell.paras:
            para.keep_next = True


def _box(style: str, width: int, pieces: Sequence[Piece], title: str, height: int = 0) -> Grid:
    """Return a table of one cell."""
    paras = [piece for piece in pieces if isinstance(piece, Para)]
    paras[-1].after = 0
    return Grid(style, [width], [GridRow([GridCell(paras)], height=height)], title[:_ABOUT_LIMIT], "A box in the text")


def _keep_with_last(pieces: Sequence[Piece]) -> None:
    """Keep what comes next with the last line or row before it: nobody signs a sheet on which nothing else stands."""
    for piece in reversed(pieces):
        if isinstance(piece, Grid):
            _keep_row(piece.rows[-1])
            return
        piece.keep_next = True
        if piece.style not in ("Caption", "TableGap"):
            return


def _is_part(piece: Piece | None) -> bool:
    """Say whether this is a heading below the title."""
    return isinstance(piece, Para) and piece.style.startswith("Heading") and piece.style != "Heading1"


def _is_smaller(piece: Piece | None, heading: Piece | None) -> bool:
    """Say whether this is a heading of a part of what that heading begins."""
    return isinstance(piece, Para) and isinstance(heading, Para) and _is_part(piece) and piece.style > heading.style


def _settle(pieces: list[Piece]) -> list[Piece]:
    """Put space after tables, and a paragraph where Word needs one: between two tables and at the end."""
    out: list[Piece] = []
    for n, piece in enumerate(pieces):
        if isinstance(piece, Grid) and piece.style == _TABLES["signatures"]:
            _keep_with_last(out)
        out.append(piece)
        following = pieces[n + 1] if n + 1 < len(pieces) else None
        if isinstance(piece, Para):
            # A line that introduces a table or a smaller part stays with it, or the heading above would end a page.
            before = pieces[n - 1] if n else None
            opens = _is_part(before) and not _is_part(piece) and (isinstance(following, Grid) or _is_smaller(following, before))
            piece.keep_next = piece.keep_next or opens
            continue
        if isinstance(following, Para):
            if not following.style.startswith(("Heading", "Caption")):
                following.before = _AFTER_TABLE
        else:
            out.append(Para("TableGap"))
    return out

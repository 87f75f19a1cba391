"""Paragraphs, tables and runs of words → WordprocessingML text.

Lengths are twips (20 to the point) unless a name says otherwise. Pieces can be changed until they are written out:
the layout decides last what is kept together and where a page starts. Words reach the XML through `escape` alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax import saxutils

TWIPS_PER_MM = 1440 / 25.4
EMU_PER_TWIP = 635
_RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_INDIC = "\u0900-\u0dff\u200c\u200d"
_HAN = "\u2e80-\u2fdf\u3000-\u303f\u31c0-\u31ef\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_STRETCH = "[{0}]+(?:[\\s,.'’-]+[{0}]+)*"
_RTL_RUN, _INDIC_RUN, _HAN_RUN = (_STRETCH.format(letters) for letters in (_RTL, _INDIC, _HAN))
_SCRIPT_RUN = re.compile(f"({_RTL_RUN}|{_INDIC_RUN}|{_HAN_RUN})")
_IN_RTL, _IN_INDIC = (re.compile(f"[{letters}]").match for letters in (_RTL, _INDIC))
# Arial, which the styles name, has Arabic letters; for those of India, Nepal and Bangladesh and for Chinese this is what Word brings.
_FONTS = {
    "cs": '<w:rFonts w:ascii="Nirmala UI" w:hAnsi="Nirmala UI" w:cs="Nirmala UI"/>',
    "han": '<w:rFonts w:eastAsia="Microsoft YaHei" w:hint="eastAsia"/>',
}
_LANGS = {"rtl": "bidi", "cs": "bidi", "han": "eastAsia"}  # what says the language of a run
_TOTAL = '<w:tcBorders><w:top w:val="single" w:sz="14" w:space="0" w:color="003087"/></w:tcBorders>'
_BAND = '<w:shd w:val="clear" w:color="auto" w:fill="F0F4F5"/>'
_FIRST_LETTER = re.compile(r"[^\W\d_]")


def escape(words: str) -> str:
    """Return the words as XML text that is safe in an attribute too."""
    return saxutils.escape(words, {'"': "&quot;"})


def twips(length_mm: float) -> int:
    """Return a length in millimetres as twips."""
    return round(length_mm * TWIPS_PER_MM)


def run(words: str, *, style: str = "", bold: bool = False, underline: bool = False, lang: str = "", nowrap: bool = False) -> str:
    """Return runs of words; those in Arabic, Hebrew, Indic or Chinese letters get runs of their own. A line feed ends a line.

    Args:
        nowrap: no line ends at a space or hyphen.
    """
    look = style, bold, underline, lang, nowrap
    if words.isascii():
        return _run(words, *look, "")
    pieces = _SCRIPT_RUN.split(words)
    return "".join(_run(piece, *look, _script(piece) if n % 2 else "") for n, piece in enumerate(pieces) if piece)


def _script(words: str) -> str:
    """Return the kind of a run in other letters: 'rtl' if read from the right, 'cs' if joined (the names of Word's marks), or 'han'."""
    return "rtl" if _IN_RTL(words) else "cs" if _IN_INDIC(words) else "han"


def _run(words: str, style: str, bold: bool, underline: bool, lang: str, nowrap: bool, script: str) -> str:
    look = (
        (f'<w:rStyle w:val="{style}"/>' if style else "")
        + _FONTS.get(script, "")
        + ("<w:b/><w:bCs/>" if bold else "")
        + ('<w:u w:val="single"/>' if underline else "")
        + (f"<w:{script}/>" if script in ("rtl", "cs") else "")
        + (f'<w:lang w:{_LANGS.get(script, "val")}="{lang}"/>' if lang else "")
    )
    lines = "<w:br/>".join(_line(line, nowrap) for line in words.split("\n"))
    return f"<w:r>{f'<w:rPr>{look}</w:rPr>' if look else ''}{lines}</w:r>"


def _line(words: str, nowrap: bool) -> str:
    """Return a line of a run; where it may not end at a space or hyphen, Word has a sign of its own for the hyphens."""
    parts = words.replace(" ", "\N{NO-BREAK SPACE}").split("-") if nowrap else [words]
    return "<w:noBreakHyphen/>".join(f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in parts)


def starts_right(words: str) -> bool:
    """Say whether the words are read from right to left: their first letter is."""
    first = None if words.isascii() else _FIRST_LETTER.search(words)
    return bool(first and _IN_RTL(first[0]))


def word_field(instruction: str, shown: str = "1") -> str:
    """Return a field that Word fills in itself, such as PAGE; `shown` stands there until it does."""
    marks = {mark: f'<w:r><w:fldChar w:fldCharType="{mark}"/></w:r>' for mark in ("begin", "separate", "end")}
    code = f'<w:r><w:instrText xml:space="preserve"> {escape(instruction)} </w:instrText></w:r>'
    return f"{marks['begin']}{code}{marks['separate']}<w:r><w:t>{escape(shown)}</w:t></w:r>{marks['end']}"


@dataclass(slots=True)
class Para:
    """A paragraph; a length that is None is the style's."""

    style: str
    runs: str = ""
    align: str = ""
    keep_next: bool = False
    page_break: bool = False
    frame: str = ""
    before: int | None = None
    after: int | None = None
    indent: int | None = None
    hanging: int = 0
    numbering: tuple[int, int] | None = None
    rtl: bool = False
    bookmarks: list[tuple[int, str]] = field(default_factory=list)

    def xml(self) -> str:
        """Return the paragraph, its properties in the order of the schema."""
        space = "".join(f' w:{name}="{value}"' for name, value in (("before", self.before), ("after", self.after)) if value is not None)
        hang = f' w:hanging="{self.hanging}"' if self.hanging else ""
        properties = (
            f'<w:pStyle w:val="{self.style}"/>'
            + ("<w:keepNext/>" if self.keep_next else "")
            + ("<w:pageBreakBefore/>" if self.page_break else "")
            + self.frame
            + (f'<w:numPr><w:ilvl w:val="{self.numbering[1]}"/><w:numId w:val="{self.numbering[0]}"/></w:numPr>' if self.numbering else "")
            + ("<w:bidi/>" if self.rtl else "")
            + (f"<w:spacing{space}/>" if space else "")
            + (f'<w:ind w:left="{self.indent}"{hang}/>' if self.indent is not None else "")
            + (f'<w:jc w:val="{self.align}"/>' if self.align else "")
        )
        start = "".join(f'<w:bookmarkStart w:id="{n}" w:name="{name}"/>' for n, name in self.bookmarks)
        end = "".join(f'<w:bookmarkEnd w:id="{n}"/>' for n, _ in self.bookmarks)
        return f"<w:p><w:pPr>{properties}</w:pPr>{start}{self.runs}{end}</w:p>"


@dataclass(slots=True)
class GridCell:
    """A cell of `span` columns; it always holds a paragraph, or Word calls the file damaged."""

    paras: list[Para]
    span: int = 1
    stands: str = ""


@dataclass(slots=True)
class GridRow:
    """A row that never splits over two pages; `height` is the least it has, `band` shades it."""

    cells: list[GridCell]
    head: bool = False
    height: int = 0
    total: bool = False
    band: bool = False

    def xml(self, widths: Sequence[int]) -> str:
        """Return the row for columns of these widths."""
        height = f'<w:trHeight w:val="{self.height}" w:hRule="atLeast"/>' if self.height else ""
        out = [f"<w:tr><w:trPr><w:cantSplit/>{height}{'<w:tblHeader/>' if self.head else ''}</w:trPr>"]
        look = (_TOTAL if self.total else "") + (_BAND if self.band else "")
        column = 0
        for cell in self.cells:
            width = sum(widths[column : column + cell.span])
            column += cell.span
            span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
            stands = f'<w:vAlign w:val="{cell.stands}"/>' if cell.stands else ""
            out.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{look}{stands}</w:tcPr>')
            out.extend(para.xml() for para in cell.paras)
            out.append("</w:tc>")
        return "".join(out) + "</w:tr>"


@dataclass(slots=True)
class Grid:
    """A table of fixed layout; `title` and `about` are read out to who cannot see it."""

    style: str
    widths: list[int]
    rows: list[GridRow]
    title: str
    about: str
    row_heads: bool = False

    def paras(self) -> list[Para]:
        """Return every paragraph in reading order."""
        return [para for row in self.rows for cell in row.cells for para in cell.paras]

    def xml(self) -> str:
        """Return the table, its properties in the order of the schema."""
        head = int(any(row.head for row in self.rows))
        bits = 0x600 + 0x20 * head + 0x80 * self.row_heads  # no bands; LibreOffice reads the bits, Word the names
        look = f'<w:tblLook w:val="{bits:04X}" w:firstRow="{head}" w:firstColumn="{int(self.row_heads)}" w:noHBand="1" w:noVBand="1"/>'
        properties = (
            f'<w:tblStyle w:val="{self.style}"/><w:tblW w:w="{sum(self.widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>{look}'
            f'<w:tblCaption w:val="{escape(self.title)}"/><w:tblDescription w:val="{escape(self.about)}"/>'
        )
        columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in self.widths)
        rows = "".join(row.xml(self.widths) for row in self.rows)
        return f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"


Piece = Para | Grid


def first_para(pieces: Sequence[Piece]) -> Para | None:
    """Return the paragraph that a reader meets first."""
    if not pieces:
        return None
    return pieces[0] if isinstance(pieces[0], Para) else pieces[0].paras()[0]

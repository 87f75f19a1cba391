"""The styles of house.docx, fitted to one page: sizes for letters and large print, margins and the places of addresses.

house.docx holds the sizes of staff documents (10 points). The sizes and places here are those of letter.css and
large_print.css; places are millimetres from the top left corner of the sheet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

from migpack import blocks as b
from migpack.write.word_pieces import twips

_HOUSE, _LETTER, _LARGE, _LARGE_LEAST = 10.0, 12.0, 18.0, 16.0
_LETTERS = frozenset({"patients", "third_parties"})
# Points by style, for a page in general and for one that is posted to somebody.
_LETTER_SIZES = {"Heading1": 20.5, "Heading2": 14.5, "Heading3": 12.0, "Lead": 13.0, "Letterhead": 15.0, "Sender": 10.0, "Recipient": 11.0}
_POSTED_SIZES = _LETTER_SIZES | {"Heading1": 15.0, "Heading2": 12.5}
_POSTED_SPACE = {"Heading2": 227}  # twips above, for a page that is posted, where house.docx has that of staff documents
_IN_WINDOW = 10.0
_RUNNING = 8.0
_LARGE_SIZES = {"Heading1": 27.0, "Heading2": 22.5, "Letterhead": 22.5, "Sender": 16.0, "Recipient": 16.0}
_TEXT = "212B32"
_QUIET = frozenset({"Hint", "TableHint", "TableNumber", "SourceReference", "Tag", "Header", "Footer"})
_POSTED_HEADINGS = frozenset({"Heading1", "Heading2"})


@dataclass(frozen=True)
class Sheet:
    """Paper and margins in millimetres."""

    width: float
    height: float
    top: float
    side: float
    bottom: float

    @property
    def text_width(self) -> int:
        """The width of the text, in twips."""
        return twips(self.width - 2 * self.side)


@dataclass(frozen=True)
class Window:
    """Where the parts of a letter stand: x, y, width and height; and where the words below them start."""

    frames: Mapping[str, tuple[float, float, float, float]]
    start: float


_PAPERS = {"paper-a3_landscape": (420, 297), "paper-a4_landscape": (297, 210)}
_WINDOWS = {
    "profile-dl_window": Window(
        {"letterhead": (15, 15, 85, 29), "sender": (122, 15, 68, 40), "recipient": (22, 57.5, 77, 23)},
        96,
    ),
    "profile-c5_window": Window(
        {"letterhead": (15, 6, 108, 23), "sender": (127, 7, 67, 60), "recipient": (25, 40, 94, 26)},
        96,
    ),
    "profile-nhs_notify": Window(
        {"letterhead": (15, 10, 108, 27), "sender": (127, 10, 67, 60), "recipient": (21.8, 49.2, 93, 26.7)},
        97.6,
    ),
}


def is_letter(tree: b.Tree) -> bool:
    """Say whether the page is for people outside."""
    return bool(tree.classes & _LETTERS)


def is_large(tree: b.Tree) -> bool:
    """Say whether the page is in large print."""
    return "style-large_print" in tree.classes


def scale(tree: b.Tree) -> float:
    """Return how much larger the words of a page are than those of a staff document."""
    return (_LARGE if is_large(tree) else _LETTER if is_letter(tree) else _HOUSE) / _HOUSE


def running_points(tree: b.Tree) -> float:
    """Return the size of the running words, which house.docx sets at 8 points."""
    return _LARGE_LEAST if is_large(tree) else _RUNNING


def window(tree: b.Tree) -> Window | None:
    """Return the places that an envelope asks for, where the page is addressed to somebody."""
    if not _has(tree, "recipient"):
        return None
    return next((window for profile, window in _WINDOWS.items() if profile in tree.classes), None)


def sheet(tree: b.Tree) -> Sheet:
    """Return the paper and margins of a page."""
    width, height = next((size for name, size in _PAPERS.items() if name in tree.classes), (210, 297))
    if not is_letter(tree):
        return Sheet(width, height, 20, 18, 20)
    if window(tree):
        return Sheet(width, height, 15, 15, 20)
    if "patients" in tree.classes and _has(tree, "letterhead"):
        return Sheet(width, height, 16, 15, 18)
    return Sheet(width, height, 18, 20, 20)


def fit(styles: Any, tree: b.Tree) -> None:
    """Set the sizes, colours and spaces of a page in w:styles, in place."""
    if not is_letter(tree) and not is_large(tree):
        return
    posted, large = _has(tree, "recipient"), is_large(tree)
    dark = (_QUIET if large else frozenset()) | (_POSTED_HEADINGS if posted else frozenset())
    above = _POSTED_SPACE if posted and not large else {}
    for style in styles:
        name = style.get(qn("w:styleId")) or ""
        for size in style.iter(qn("w:sz"), qn("w:szCs")):
            size.set(qn("w:val"), str(round(_points(name, int(size.get(qn("w:val"))) / 2, tree, posted=posted) * 2)))
        for colour in style.iter(qn("w:color")) if name in dark else ():
            colour.set(qn("w:val"), _TEXT)
        for space in style.iter(qn("w:spacing")) if name in above else ():
            space.set(qn("w:before"), str(above[name]))


def _points(style: str, points: float, tree: b.Tree, *, posted: bool) -> float:
    """Return the size of a style on a page, from its size in house.docx."""
    if style.startswith("Poster"):
        return points
    if style in ("Header", "Footer"):
        return running_points(tree)
    if style == "Recipient" and window(tree):
        return _IN_WINDOW
    if is_large(tree):
        return _LARGE_SIZES.get(style, max(points * scale(tree), _LARGE))
    sizes = _POSTED_SIZES if posted else _LETTER_SIZES
    return sizes.get(style, points * scale(tree))


def _has(tree: b.Tree, kind: b.GroupKind) -> bool:
    return any(isinstance(node, b.Group) and node.kind == kind for node in b.walk(tree.blocks))

"""PDF files → how full each sheet is, as an eye would see it: the foot of a page does not count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pypdfium2

_DPI = 24
_FOOT_MM = 17
_TOP_MM = 12
_WHITE = 246


@dataclass(frozen=True)
class Sheet:
    """One side of paper: its number from 1, how much of its height is used (0 to 1), and its words."""

    number: int
    full: float
    words: str


def sheets(path: Path) -> list[Sheet]:
    """Return each sheet of a PDF."""
    found = []
    document = pypdfium2.PdfDocument(path)
    for number, page in enumerate(document, 1):
        bitmap = page.render(scale=_DPI / 72, grayscale=True)
        rows = [bytes(bitmap.buffer)[n * bitmap.stride : n * bitmap.stride + bitmap.width] for n in range(bitmap.height)]
        top, foot = round(_TOP_MM / 25.4 * _DPI), bitmap.height - round(_FOOT_MM / 25.4 * _DPI)
        inked = [n for n in range(top, foot) if min(rows[n]) < _WHITE]
        text = page.get_textpage()
        found.append(Sheet(number, (inked[-1] - top + 1) / (foot - top) if inked else 0.0, text.get_text_range()))
    return found

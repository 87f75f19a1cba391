"""Lines whose letters join, turn or move one another → a page on which WeasyPrint sets each once, from which their glyphs are taken.

The pages are composed with the layouts that the lines are poured into (composed.py); until then a line is known by its name. A page has
lines of the same fonts, so that a file need not hold fonts that its letters do not show.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

from markupsafe import escape

from migpack.letters.composed import LINE
from migpack.letters.measure import Room, texts_of
from migpack.letters.shaping import ROUNDING_PX
from migpack.write.pdf import FAMILY, FONTS, Printer
from migpack.write.scripts import SCRIPT_FONTS

_PAGE = (
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Lines</title>'
    '<link rel="stylesheet" href="library:styles/house.css"></head><body>{}</body></html>'
)
_AT_ONCE = 500  # lines on one set of pages
Fonts = frozenset[str]  # the families


class _Line(NamedTuple):
    room: Room
    text: str
    fonts: Fonts


class LearnedLine(NamedTuple):
    """A line's name, which stands for what draws it until that is composed; and its fonts."""

    name: bytes
    fonts: Fonts


class LearnedPage(NamedTuple):
    """A laid-out page (WeasyPrint) of learned lines that have the same fonts, with their names in order."""

    page: Any
    names: tuple[bytes, ...]
    fonts: Fonts


class Learned:
    """Lines that have been learned, and the pages that show them."""

    def __init__(self, printer: Printer) -> None:
        """Take the printer."""
        self._printer = printer
        self._lines: dict[tuple[Room, str], LearnedLine | None] = {}
        self._shown: set[tuple[Room, str]] = set()
        self.pages: list[LearnedPage] = []

    def find(self, room: Room, text: str) -> LearnedLine | None:
        """Return a line, if it was learned and fits."""
        return self._lines.get((room, text))

    def is_all(self, lines: Iterable[tuple[Room, str]]) -> bool:
        """Say whether these lines have been learned, and the pages show no others."""
        return self._shown <= set(lines) <= self._lines.keys()

    def learn(self, lines: Iterable[tuple[Room, str]]) -> None:
        """Learn lines, each given once; one that is known already, lacks a letter in our fonts, or does not fit, is left as it is."""
        new = [line for line in lines if line not in self._lines]
        self._lines |= dict.fromkeys(new)
        shown = [_Line(room, text, self._fonts(text)) for room, text in new if not self._printer.missing_letters(text)]
        shown.sort(key=_named)
        for start in range(0, len(shown), _AT_ONCE):
            self._learn(shown[start : start + _AT_ONCE])

    def _learn(self, lines: list[_Line]) -> None:
        body = "".join(map(_section, (group for _, group in groupby(lines, key=_named))))
        document = self._printer.lay_out_html(_PAGE.format(body), "lines", forms=False, fit=False)
        named = [(LINE % number, line) for number, line in enumerate(lines, len(self._shown))]
        self._shown.update((line.room, line.text) for line in lines)
        for page in document.pages:
            widths = [text.width for text in texts_of(page)]
            on_page, named = named[: len(widths)], named[len(widths) :]
            self.pages.append(LearnedPage(page, tuple(name for name, _ in on_page), on_page[0][1].fonts))
            for width, (name, line) in zip(widths, on_page, strict=True):
                if width <= line.room.width_px - ROUNDING_PX:
                    self._lines[line.room, line.text] = LearnedLine(name, line.fonts)

    def _fonts(self, text: str) -> Fonts:
        """Return the fonts in which a line may be shown."""
        others = frozenset(text) - self._printer.letters_of(FONTS[0])
        return frozenset((FAMILY, *(font.family for font in SCRIPT_FONTS if others and others & self._printer.letters_of(font.file))))


def _named(line: _Line) -> list[str]:
    return sorted(line.fonts)


def _section(lines: Iterable[_Line]) -> str:
    """Return lines as HTML that starts on a page of its own."""
    shown = (f'<p style="{line.room.css}; white-space: nowrap">{escape(line.text)}</p>' for line in lines)
    return f'<section style="break-before: page">{"".join(shown)}</section>'

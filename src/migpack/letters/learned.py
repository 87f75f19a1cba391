"""Lines whose letters join, turn or move one another → a page on which WeasyPrint sets each once, from which their glyphs are taken.

The pages are composed with the layouts that the lines are poured into (composed.py); until then a line is known by its name.

A line that needs one of the fonts for other scripts is a little higher than one that does not: `samples` has a letter of each such font,
which makes any line as high.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from markupsafe import escape

from migpack.letters.composed import LINE
from migpack.letters.measure import Room, texts_of
from migpack.letters.shaping import ROUNDING_PX
from migpack.write.pdf import Printer
from migpack.write.scripts import SCRIPT_FONTS, ScriptFont

_PAGE = (
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Lines</title>'
    '<link rel="stylesheet" href="library:styles/house.css"></head><body>{}</body></html>'
)
_AT_ONCE = 500  # lines on one set of pages


class _Line(NamedTuple):
    room: Room
    text: str
    samples: str


_samples_of = attrgetter("samples")


@dataclass(frozen=True)
class LearnedLine:
    """A line's name, which stands for what draws it until that is composed; and letters that make any line as high."""

    name: bytes
    samples: str


class LearnedPage(NamedTuple):
    """A laid-out page (WeasyPrint) of learned lines that have the same samples, with their names in order."""

    page: Any
    names: tuple[bytes, ...]
    samples: str


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
        shown = [
            _Line(room, text, samples)
            for room, text in new
            if not self._printer.missing_letters(text) and (samples := self._samples(room, text)) is not None
        ]
        shown.sort(key=_samples_of)
        for start in range(0, len(shown), _AT_ONCE):
            self._learn(shown[start : start + _AT_ONCE])

    def _learn(self, lines: list[_Line]) -> None:
        body = "".join(map(_section, (group for _, group in groupby(lines, key=_samples_of))))
        document = self._printer.lay_out_html(_PAGE.format(body), "lines", forms=False, fit=False)
        named = [(LINE % number, line) for number, line in enumerate(lines, len(self._shown))]
        self._shown.update((line.room, line.text) for line in lines)
        for page in document.pages:
            widths = [text.width for text in texts_of(page)]
            on_page, named = named[: len(widths)], named[len(widths) :]
            self.pages.append(LearnedPage(page, tuple(name for name, _ in on_page), on_page[0][1].samples))
            for width, (name, line) in zip(widths, on_page, strict=True):
                if width <= line.room.width_px - ROUNDING_PX:
                    self._lines[line.room, line.text] = LearnedLine(name, line.samples)

    def _samples(self, room: Room, text: str) -> str | None:
        """Return a letter of each font that a line needs besides the one of its room; None where that is not certain.

        Of a line in nothing but a low font, it returns the letters of that font: with a letter of the room's font it would be higher.
        """
        found, alone = set[ScriptFont](), True
        for letter in text:
            if room.face.has(letter):
                alone = alone and letter.isspace()  # a space is of the font of the letter before it
            elif unicodedata.category(letter) not in ("Cc", "Cf"):
                fonts = [font for font in SCRIPT_FONTS if letter in self._printer.letters_of(font.file)]
                if len(fonts) != 1:
                    return None
                found.add(fonts[0])
        if alone and len(lows := {font.low for font in found}) == 1 and (low := lows.pop()):
            return low
        return "".join(sorted({font.sample for font in found}))


def _section(lines: Iterable[_Line]) -> str:
    """Return lines as HTML that starts on a page of its own."""
    shown = (f'<p style="{line.room.css}; white-space: nowrap">{escape(line.text)}</p>' for line in lines)
    return f'<section style="break-before: page">{"".join(shown)}</section>'

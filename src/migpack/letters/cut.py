"""A composed letter of fillers → its pages, cut at the lines that differ: operators that all letters share, and places to pour lines into.

Works on the operators that WeasyPrint is about to write (pydyf streams, see write/pdf.py `compose`): each line of text is one block of
marked content in them. Spacing of nothing ('>0<') is left out throughout, which moves no glyph.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

_HEX = re.compile(rb"<([0-9a-f]*)>")
_NUMBER = re.compile(rb"/MCID (\d+)")
SHOW = b"[(%b)] TJ"  # shows what is poured in
_TEXT = (b"BT", b"Tm", b"Tf", b"TJ", b"ET")
_FILL_COLOURS = (b" rg", b" g", b" k", b" sc", b" scn", b" cs")


@dataclass(frozen=True)
class Cut:
    """A place in the operators of a page where a line is poured in.

    `at` is the index of the first operator that draws the filler, `end` that of its ET; its text object starts with `matrix` and `font`.
    `colours` and `frame` hold there: operators for colour and opacity, and those that turn, scale or clip the page.
    """

    line: str
    at: int
    end: int
    matrix: bytes
    font: bytes
    colours: bytes
    frame: tuple[bytes, ...]


@dataclass(frozen=True)
class CutPage:
    """The operators of a page with its cuts, in the order in which they are drawn."""

    operators: tuple[bytes, ...]
    cuts: tuple[Cut, ...]


def operators(stream: Any) -> tuple[bytes, ...]:
    """Return what a pydyf stream draws, an operator an entry; what marks content stands in one entry too."""
    found: list[bytes] = []
    for item in stream.stream:
        piece = item if isinstance(item, bytes) else item.data if hasattr(item, "data") else str(item).encode()
        if piece == b"BDC":
            properties, tag = found.pop(), found.pop()
            piece = tag + properties + b"BDC"
        elif piece == b"BMC":
            piece = found.pop() + b" BMC"
        elif piece.endswith(b"TJ"):
            piece = tight(piece)
        found.append(piece)
    return tuple(found)


def tight(shown: bytes) -> bytes:
    """Return an operator that shows text without its spacing of nothing."""
    return shown.replace(b">0<", b"").replace(b">0]", b">]").replace(b"[0<", b"[<")


def letters_of(document: Any) -> dict[bytes, dict[bytes, str]]:
    """Return for each font of a composed document what its glyphs say: font name → glyph → letters."""
    return {font.hash.encode(): {b"%04x" % glyph: text for glyph, text in font.to_unicode.items()} for font in document.fonts.values()}


def cut_page(drawn: Sequence[bytes], letters: Mapping[bytes, Mapping[bytes, str]], fillers: Mapping[str, str]) -> CutPage:
    """Cut a page at its fillers.

    Args:
        drawn: the page's operators.
        letters: what the glyphs of each font say.
        fillers: name of a line → the filler that stands there.
    """
    names = {filler: name for name, filler in fillers.items()}
    state = _State()
    cuts = []
    for at, operator in enumerate(drawn):
        state.see(operator)
        if operator.endswith(b"TJ") and drawn[at - 3] == b"BT":
            line = names.get(_said(operator, letters.get(state.font, {})))
            if line is not None:
                end = next(later for later in range(at, len(drawn)) if drawn[later] == b"ET")
                cuts.append(Cut(line, at, end, drawn[at - 2], drawn[at - 1], state.colours, state.frame))
    return CutPage(tuple(drawn), tuple(cuts))


def without(page: CutPage, lines: Collection[str]) -> tuple[CutPage, range] | None:
    """Return a page without these lines, and the numbers of their marked content, from which on others move up.

    None where they are not marked each by itself, one after another, or are more than text.
    """
    drawn, cuts, numbers, start = list[bytes](), list[Cut](), list[int](), 0
    for place in page.cuts:
        if place.line in lines:
            first = next((at for at in range(place.at, 0, -1) if page.operators[at].endswith((b"BDC", b"BMC", b"EMC"))), 0)
            numbers += map(int, _NUMBER.findall(page.operators[first]))
            drawn += page.operators[start:first]
            start = page.operators.index(b"EMC", place.end) + 1
            if not all(operator.endswith(_TEXT) for operator in page.operators[first + 1 : start - 1]):
                return None  # what comes later may go by what else is done here
        else:
            by = len(drawn) - start
            cuts.append(replace(place, at=place.at + by, end=place.end + by))
    if numbers != list(gone := range(min(numbers, default=0), min(numbers, default=0) + len(lines))):
        return None
    kept = (*drawn, *page.operators[start:])
    return CutPage(tuple(_renumbered(operator, gone) if b"/MCID " in operator else operator for operator in kept), tuple(cuts)), gone


def _renumbered(operator: bytes, gone: range) -> bytes:
    return _NUMBER.sub(lambda found: b"/MCID %d" % moved_up(int(found[1]), gone), operator)


def moved_up(number: int, gone: range) -> int:
    """Return the number of marked content where those of a range are gone."""
    return number if number < gone.start else number - len(gone)


def _said(operator: bytes, letters: Mapping[bytes, str]) -> str:
    """Return the words that an operator shows."""
    return "".join(letters.get(shown[i : i + 4], "") for shown in _HEX.findall(operator) for i in range(0, len(shown), 4))


@dataclass
class _State:
    """What holds while a page is drawn."""

    font: bytes = b""
    colour: bytes = b""
    opacity: bytes = b""
    frame: tuple[bytes, ...] = ()
    kept: list[tuple[bytes, bytes, tuple[bytes, ...]]] = field(default_factory=list)

    @property
    def colours(self) -> bytes:
        return b" ".join(filter(None, (self.opacity, self.colour)))

    def see(self, operator: bytes) -> None:
        if operator.endswith(b" Tf"):
            self.font = operator.split()[0][1:]
        elif operator == b"q":
            self.kept.append((self.colour, self.opacity, self.frame))
        elif operator == b"Q":
            self.colour, self.opacity, self.frame = self.kept.pop()
        elif operator.endswith(b" cm") or operator in (b"W", b"W*"):
            self.frame = (*self.frame, operator)
        elif operator.endswith(b" gs") and operator.startswith(b"/a"):
            self.opacity = operator
        elif operator.endswith(b" gs"):
            self.frame = (*self.frame, operator)
        elif operator.endswith(_FILL_COLOURS):
            self.colour = operator


def untagged(drawn: Sequence[bytes]) -> Iterator[bytes]:
    """Yield operators without what marks content."""
    return (operator for operator in drawn if not operator.endswith((b"BDC", b"BMC", b"EMC")))

"""A few letters set both ways → whether pouring may be trusted with this version of WeasyPrint.

Pouring relies on how WeasyPrint writes a page. It has been compared with full layout, letter by letter (tests/verify_letters.py), for the
version named here; another version has to pass this trial at the start of each run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

from migpack.letters.cut import SHOW, CutPage
from migpack.letters.layouts import Compositor
from migpack.letters.recipients import Recipient
from migpack.model import Page

VERIFIED = "70.0"
LETTERS = 5
# A glyph and the space after it, as full layout and as pouring writes them.
_IN_FULL = re.compile(rb"([0-9a-f]{4})(?:>(-?\d+)<)?")
_POURED = re.compile(rb"((?:\\.|[^\\()]){2})(?:\)(-?\d+)\()?")
_ESCAPE = re.compile(rb"\\(.)")
_SAID = {b"r": b"\r", b"n": b"\n"}
_NOTHING = SHOW % b""
_ROUNDING = 1  # thousandths of the size: two sizes of one font may round the width of a letter differently


def passes(compositor: Compositor, page_of: Callable[[Recipient], Page], recipients: Sequence[Recipient]) -> bool:
    """Say whether letters that are poured are drawn as full layout draws them.

    Args:
        page_of: a recipient in, the page of their letter out.
        recipients: those of the run, of which a few are tried.
    """
    some = recipients[:: max(1, len(recipients) // LETTERS)][:LETTERS]
    compositor.learn(some)
    return all(_is_equal(compositor, page_of(recipient), recipient) for recipient in some)


def same(one: bytes, other: bytes) -> bool:
    """Say whether two operators draw the same, give or take the rounding of glyphs' widths."""
    if one == other:
        return True
    if not (one.endswith(b"TJ") and other.endswith(b"TJ")):
        return False
    mine, its = _glyphs(one), _glyphs(other)
    moved = (abs(space - other) if glyph == same else math.inf for (glyph, space), (same, other) in zip(mine, its, strict=False))
    return len(mine) == len(its) and all(by <= _ROUNDING for by in moved)


def _glyphs(operator: bytes) -> list[tuple[bytes, int]]:
    """Return the glyphs that an operator shows, in hexadecimal digits, each with the space after it."""
    if not operator.startswith(b"[("):
        return [(glyph, int(space or 0)) for glyph, space in _IN_FULL.findall(operator)]
    shown = _POURED.findall(operator[len(b"[(") : -len(b")] TJ")])
    return [(_ESCAPE.sub(lambda sign: _SAID.get(sign[1], sign[1]), glyph).hex().encode(), int(space or 0)) for glyph, space in shown]


def _is_equal(compositor: Compositor, page: Page, recipient: Recipient) -> bool:
    setting = compositor.set(recipient)
    layout = compositor.layout(setting.key) if setting else None
    if setting is None or layout is None:
        return True  # it will go through full layout
    composed = compositor.compose([layout], frozenset())
    (pages,) = composed.cut([layout])
    full, _ = compositor.compose_in_full([page])
    if pages is None:
        return True
    lines = {name: composed.learned.get(line, line) for name, line in zip(layout.lines, setting.lines, strict=True)}
    poured = [tuple(_poured(each, lines)) for each in pages]
    expected = [tuple(_tidy(drawn)) for drawn in full.pages]
    return len(poured) == len(expected) and all(map(_same_page, poured, expected))


def _poured(page: CutPage, lines: dict[str, bytes]) -> Iterator[bytes]:
    """Yield the operators of a page with lines poured in."""
    drawn: list[bytes] = []
    start = 0
    for place in page.cuts:
        drawn += [*page.operators[start : place.at], *(SHOW % lines[place.line]).split(b"\n")]
        start = place.end
    return _tidy([*drawn, *page.operators[start:]])


def _tidy(drawn: Sequence[bytes]) -> Iterator[bytes]:
    """Yield operators without those that show nothing and fonts that are not used."""
    shown = [operator for operator in drawn if operator != _NOTHING]
    for operator, after in zip(shown, [*shown[1:], b""], strict=True):
        if not (operator.endswith(b" Tf") and after.endswith((b" Tf", b"ET"))):
            yield operator


def _same_page(one: Sequence[bytes], other: Sequence[bytes]) -> bool:
    return len(one) == len(other) and all(map(same, one, other))

"""A line of text, a font and its size → the glyphs of the line as a PDF shows them, and its width; lines too long for their box → several.

A line is joined from pairs of neighbouring letters, each pair shaped once by HarfBuzz: exact for text in which each letter is one glyph
that only its neighbour moves. Advances and kerning are rounded as WeasyPrint rounds them (draw/text.py), so that the line is the one that
full layout draws. Widths are CSS pixels. What is not certain is None: no line that might be different is ever returned.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from operator import add

from migpack.problems import MigpackError
from migpack.write.scripts import letters_of

_PANGO = 1024  # Pango's units in a pixel
ROUNDING_PX = 0.5  # nearer than this to the edge of its box, a line may fit or not
# Letters that stand as they are: no script whose letters join or turn, no marks, no signs that may be shown as pictures.
_LATIN = " -~\u00a1-\u00a8\u00aa-\u00ac\u00af-\u024f\u1e00-\u1eff\u2010-\u2015\u2018\u2019\u201c\u201d"
_GREEK, _CYRILLIC = "\u0370-\u0373\u0376\u0377\u037b-\u037d\u0386\u0388-\u03e1", "\u0400-\u0482\u048a-\u052f"
_IS_SIMPLE = re.compile(f"[{_LATIN}{_GREEK}{_CYRILLIC}]*").fullmatch
_SCRIPTS = {"Latn": "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff", "Grek": _GREEK, "Cyrl": _CYRILLIC}
_NO_SCRIPT = "Zyyy"  # of a line without letters, as a house number; our fonts kern it in another way
_IS_LATIN = re.compile(f"[{_LATIN}]*[{_SCRIPTS['Latn']}][{_LATIN}]*").fullmatch
_LETTERS = {script: re.compile(f"[{letters}]") for script, letters in _SCRIPTS.items()}
_PAIRED = re.compile("[()\\[\\]{}<>\u00ab\u00bb\u2018\u2019\u201c\u201d]")
# Words in which a line may end at a space, or after a hyphen between letters, and nowhere else.
_BREAKABLE = re.compile(
    r"(?:[^\W_]|['.,&])+(?:-(?:[^\W_\d]|&)(?:[^\W_]|['.,&])*)*(?: (?:[^\W_]|['.,&])+(?:-(?:[^\W_\d]|&)(?:[^\W_]|['.,&])*)*)*"
)
_PIECES = re.compile(r"[^ -]+-|[^ -]+ ?")

# Bytes that do not stand for themselves in a string of a PDF.
_ESCAPED = {ord(sign): b"\\" + said for sign, said in {"(": b"(", ")": b")", "\\": b"\\", "\r": b"r", "\n": b"n"}.items()}

Glyphs = tuple[bytes, float]


class Uncertain(MigpackError):
    """Text whose glyphs are not certain; it goes through full layout."""


class Face:
    """A font at a size, with the shape of every pair of letters that was met."""

    def __init__(self, data: bytes, size_px: float) -> None:
        """Take the bytes of a font file and the size of the text."""
        import uharfbuzz

        self._engine = uharfbuzz
        self._face = uharfbuzz.Face(data)
        self._font = uharfbuzz.Font(self._face)
        scale = int(size_px * _PANGO)
        self._font.scale = (scale, scale)
        self._units = uharfbuzz.Font(self._face)
        self._size, self._first_size = size_px, size_px
        self._letters = letters_of(data)
        self._pairs = {script: _Pairs(self, script) for script in (*_SCRIPTS, _NO_SCRIPT)}

    @property
    def size_px(self) -> float:
        """The size of the text."""
        return self._size

    @cached_property
    def widest_px(self) -> float:
        """As much as any ASCII letter takes beside any other: kerning that widens is small."""
        advances = [advance for letter in map(chr, range(32, 127)) for _, advance in self.shape(letter, "Latn")]
        return 1.1 * max(advances) / _PANGO

    def has(self, letter: str) -> bool:
        """Say whether the font has a letter."""
        return letter in self._letters

    def line(self, text: str) -> Glyphs | None:
        """Return what stands between '[(' and ')] TJ' to draw a line, and its width; None where that is not certain."""
        try:
            return self._run(text, "Latn") if _IS_LATIN(text) else self._mixed(text)
        except Uncertain:
            return None

    def lines(self, text: str, width_px: float) -> tuple[bytes, ...] | None:
        """Return the lines in which a text fills a box; None where that is not certain, as where a word is wider than the box."""
        whole = self.line(text)
        if whole is None:
            return None
        if whole[1] <= width_px - ROUNDING_PX:
            return (whole[0],)
        if not _BREAKABLE.fullmatch(text):
            return None
        made: list[bytes] = []
        line: Glyphs | None = None
        words = ""
        for piece in _PIECES.findall(text):
            longer = self.line((words + piece).rstrip(" "))
            if longer is None or abs(longer[1] - width_px) < ROUNDING_PX:
                return None
            if longer[1] > width_px:
                if line is None:
                    return None
                made.append(line[0])
                words, longer = "", self.line(piece.rstrip(" "))
                if longer is None or longer[1] > width_px - ROUNDING_PX:
                    return None
            line, words = longer, words + piece
        return (*made, line[0]) if line else None

    def _mixed(self, text: str) -> Glyphs:
        """Shape a line of several scripts, each for itself: what belongs to none goes with the letters before it, as in Pango."""
        text = unicodedata.normalize("NFC", text)
        if not _IS_SIMPLE(text):
            raise Uncertain(text)
        runs: list[tuple[str, int]] = []
        for at, letter in enumerate(text):
            script = next((script for script, letters in _LETTERS.items() if letters.match(letter)), "")
            if script and (not runs or runs[-1][0] != script):
                runs.append((script, at if runs else 0))
        if len(runs) > 1 and _PAIRED.search(text):
            raise Uncertain(text)
        ends = [start for _, start in runs[1:]] + [len(text)]
        shaped = [self._run(text[start:end], script) for (script, start), end in zip(runs or [(_NO_SCRIPT, 0)], ends, strict=True)]
        return b"".join(glyphs for glyphs, _ in shaped), sum(width for _, width in shaped)

    def _run(self, text: str, script: str) -> Glyphs:
        if not text:
            return b"", 0.0
        pairs, shapes = [*map(add, text, text[1:]), text[-1]], self._pairs[script]
        return b"".join(map(shapes.__getitem__, pairs)), sum(map(shapes.widths.__getitem__, pairs)) / _PANGO

    def shape(self, text: str, script: str) -> list[tuple[int, int]]:
        """Return each glyph of a run with its advance in Pango units; a glyph for each letter, none of them moved."""
        buffer = self._engine.Buffer()
        buffer.add_str(text)
        buffer.direction, buffer.script, buffer.language = "ltr", script, "en-gb"
        self._engine.shape(self._font, buffer)
        glyphs = list(zip(buffer.glyph_infos, buffer.glyph_positions, strict=True))
        if len(glyphs) != len(text) or not self._letters.issuperset(text) or any(at.x_offset or at.y_offset for _, at in glyphs):
            raise Uncertain(text)
        return [(info.codepoint, at.x_advance) for info, at in glyphs]

    def first_at(self, size_px: float) -> None:
        """Round the widths of glyphs as at this size, the first at which a page shows the font: a few come out otherwise at another."""
        self._first_size = size_px

    def glyph(self, number: int, advance: int) -> bytes:
        """Return a glyph and the space after it that its own width does not give."""
        drawn = round(self._units.get_glyph_h_advance(number) * int(self._first_size * _PANGO) / self._face.upem)
        own = round(drawn * 1000 / _PANGO / self._first_size)
        kerning = int(own - advance * 1000 / _PANGO / self._size)
        shown = b"".join(_ESCAPED.get(byte, b"%c" % byte) for byte in number.to_bytes(2, "big"))
        return b"%b)%d(" % (shown, kerning) if kerning else shown


class _Pairs(dict[str, bytes]):
    """The first letter of a pair, drawn so that the second one follows; or a letter alone, at the end.

    `widths` has the width of each that was asked for, in Pango units.
    """

    def __init__(self, face: Face, script: str) -> None:
        self._face, self._script = face, script
        self.widths: dict[str, int] = {}

    def __missing__(self, pair: str) -> bytes:
        (number, advance), *second = self._face.shape(pair, self._script)
        if second and (self._alone(pair[0])[0] != number or [self._alone(pair[1])] != second):
            raise Uncertain(pair)
        self[pair], self.widths[pair] = self._face.glyph(number, advance), advance
        return self[pair]

    def _alone(self, letter: str) -> tuple[int, int]:
        return self._face.shape(letter, self._script)[0]

"""The scripts that Liberation Sans lacks: their fonts, and what their glyphs say in the text of a PDF.

In all of these scripts but Chinese, letters join and take other shapes. WeasyPrint gives the letters of a joined group to the last glyph
that is drawn for it, wherever that glyph stands next, and none to the others, which PDF/UA-1 forbids. Here each glyph says its own.
Words are still in the order in which they are drawn: readers of right-to-left text turn them round.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple


class ScriptFont(NamedTuple):
    """A font for letters that Liberation Sans lacks; `joins` says whether its letters join and take other shapes.

    A line is as high in each of them as in Liberation Sans, and beside a font whose letters join stands a file that says what each of its
    glyphs stands for: tests/take_fonts.py has seen to both.
    """

    family: str
    file: str
    joins: bool = True

    @property
    def letters(self) -> str:
        """The file that says which letters each glyph stands for: the number of the glyph (four hexadecimal digits) → letters."""
        return self.file.replace(".ttf", ".json")


SCRIPT_FONTS = (
    ScriptFont("Noto Sans Arabic", "styles/fonts/NotoSansArabic-Regular.ttf"),
    ScriptFont("Noto Sans Bengali", "styles/fonts/NotoSansBengali-Regular.ttf"),
    ScriptFont("Noto Sans Devanagari", "styles/fonts/NotoSansDevanagari-Regular.ttf"),
    ScriptFont("Noto Sans Gujarati", "styles/fonts/NotoSansGujarati-Regular.ttf"),
    ScriptFont("Noto Sans Gurmukhi", "styles/fonts/NotoSansGurmukhi-Regular.ttf"),
    ScriptFont("Droid Sans Fallback", "styles/fonts/DroidSansFallbackFull.ttf", joins=False),
)
NOTHING = "\N{ZERO WIDTH SPACE}"  # what a glyph says that shows nothing of its own
_SAYS = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")


def mend_letters(pdf: Any, read: Callable[[str], bytes]) -> None:
    """Correct, in the PDF that pydyf is about to write, which letters the glyphs of our script fonts stand for."""
    for font in [thing for thing in pdf.objects if isinstance(thing, dict) and "ToUnicode" in thing]:
        name = str(font["BaseFont"]).replace("-", "")
        for face in (face for face in SCRIPT_FONTS if face.joins and face.family.replace(" ", "") in name):
            letters = _glyph_letters(read(face.letters))
            told = pdf.objects[int(font["ToUnicode"].split()[0])].stream
            told[:] = [_SAYS.sub(lambda match: _mended(match, letters), line) for line in told]  # noqa: B023


@lru_cache(maxsize=len(SCRIPT_FONTS))
def _glyph_letters(data: bytes) -> Mapping[str, str]:
    letters: dict[str, str] = json.loads(data)
    return letters


def _mended(match: re.Match[bytes], letters: Mapping[str, str]) -> bytes:
    glyph, engine = match[1], match[2].decode()
    own = letters.get(glyph.decode(), "" if engine else NOTHING)
    return b"<%s> <%s>" % (glyph, (own.encode("utf-16-be").hex() if own else engine).encode())


def letters_of(data: bytes) -> frozenset[str]:
    """Return the letters that a font file has."""
    import uharfbuzz

    return frozenset(map(chr, uharfbuzz.Face(data).unicodes))

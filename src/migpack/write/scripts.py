"""The scripts that Liberation Sans lacks: their fonts, and what their glyphs say in the text of a PDF.

In all of these scripts but Chinese, letters join and take other shapes. WeasyPrint gives the letters of a joined group to the last glyph
that is drawn for it, wherever that glyph stands next, and none to the others, which PDF/UA-1 forbids. Here each glyph says its own.
Words are still in the order in which they are drawn: readers of right-to-left text turn them round.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple


class ScriptFont(NamedTuple):
    """A font for letters that Liberation Sans lacks; `joins` says whether its letters join and take other shapes.

    A line is as high in each of them as in Liberation Sans: tests/take_fonts.py has seen to that.
    """

    family: str
    file: str
    joins: bool = True


SCRIPT_FONTS = (
    ScriptFont("Noto Sans Arabic", "styles/fonts/NotoSansArabic-Regular.ttf"),
    ScriptFont("Noto Sans Bengali", "styles/fonts/NotoSansBengali-Regular.ttf"),
    ScriptFont("Noto Sans Devanagari", "styles/fonts/NotoSansDevanagari-Regular.ttf"),
    ScriptFont("Noto Sans Gujarati", "styles/fonts/NotoSansGujarati-Regular.ttf"),
    ScriptFont("Noto Sans Gurmukhi", "styles/fonts/NotoSansGurmukhi-Regular.ttf"),
    ScriptFont("Droid Sans Fallback", "styles/fonts/DroidSansFallbackFull.ttf", joins=False),
)
_NOTHING = "\N{ZERO WIDTH SPACE}"
_JOINERS = ("\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}")
_SAYS = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]*)>")
_PLACEHOLDER = "dummymark"  # how Noto names the empty glyph that is left of a sign when another glyph has taken it in
_SIGNS = re.compile(r"(?P<reph>reph)?(?P<nasal>anusvara|candrabindu?)?\d*(?P<script>[a-z]{4})$")
_ONE_FOR_ONE, _LIGATURE, _EXTENSION = 1, 4, 7  # kinds of substitution in OpenType


def mend_letters(pdf: Any, read: Callable[[str], bytes]) -> None:
    """Correct, in the PDF that pydyf is about to write, which letters the glyphs of our script fonts stand for."""
    for font in [thing for thing in pdf.objects if isinstance(thing, dict) and "ToUnicode" in thing]:
        name = str(font["BaseFont"]).replace("-", "")
        for face in (face for face in SCRIPT_FONTS if face.joins and face.family.replace(" ", "") in name):
            letters = glyph_letters(read(face.file))
            told = pdf.objects[int(font["ToUnicode"].split()[0])].stream
            told[:] = [_SAYS.sub(lambda match: _mended(match, letters), line) for line in told]  # noqa: B023


def _mended(match: re.Match[bytes], letters: dict[int, str]) -> bytes:
    glyph, engine = match[1], match[2].decode()
    own = letters.get(int(glyph, 16), "" if engine else _NOTHING)
    return b"<%s> <%s>" % (glyph, (own.encode("utf-16-be").hex() if own else engine).encode())


def letters_of(data: bytes) -> frozenset[str]:
    """Return the letters that a font file has."""
    import uharfbuzz

    return frozenset(map(chr, uharfbuzz.Face(data).unicodes))


@lru_cache(maxsize=len(SCRIPT_FONTS))
def glyph_letters(data: bytes) -> dict[int, str]:
    """Return the letters that each glyph of a font file stands for, joined and changed shapes included."""
    from fontTools.ttLib import TTFont

    font: Any = TTFont(io.BytesIO(data), lazy=True)
    named = sorted(font.getBestCmap().items(), reverse=True)  # of several letters that share a glyph, the first
    letters = {name: unicodedata.normalize("NFKC", chr(code)) for code, name in named}
    shapes = list(_shapes(font["GSUB"].table))
    before = 0
    while before < len(letters):  # a shape may be made of shapes
        before = len(letters)
        for parts, shape in shapes:
            made_of = _made_of(shape, parts)
            if shape not in letters and all(part in letters for part in made_of):
                letters[shape] = "".join(letters[part] for part in made_of if letters[part] not in _JOINERS)
    return {font.getGlyphID(name): _NOTHING if name.startswith(_PLACEHOLDER) else text for name, text in letters.items()}


def _made_of(shape: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the glyphs whose letters a shape says: its parts, and signs that its name tells and of which a placeholder is left."""
    if len(parts) > 1:  # where a placeholder is a part, it is that of the sign with which the name starts
        return tuple(part.replace(_PLACEHOLDER, "vattu") if shape.startswith("vattu") else part for part in parts)
    taken_in = [sign for sign in _signs(shape) if sign not in _signs(parts[0])]
    return parts if shape.startswith(_PLACEHOLDER) else (*parts, *taken_in)


def _signs(glyph: str) -> tuple[str, ...]:
    """Return the glyphs of the signs that a glyph's name ends with."""
    if not (found := _SIGNS.search(glyph)):
        return ()
    names = found["reph"], "candrabindu" if found["nasal"] == "candrabind" else found["nasal"]
    return tuple(f"{name}{found['script']}" for name in names if name)


def _shapes(table: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the glyphs that another takes the place of, and that other."""
    for lookup in table.LookupList.Lookup:
        for sub in lookup.SubTable:
            kind, rule = (sub.ExtensionLookupType, sub.ExtSubTable) if lookup.LookupType == _EXTENSION else (lookup.LookupType, sub)
            if kind == _ONE_FOR_ONE:
                yield from (((plain,), shape) for plain, shape in rule.mapping.items())
            elif kind == _LIGATURE:
                for first, made in rule.ligatures.items():
                    yield from (((first, *one.Component), one.LigGlyph) for one in made)

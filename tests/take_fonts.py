"""Fonts as their makers give them → the same fonts with lines as high as those of Liberation Sans, in the library.

Where a letter of another script stood in a line, all that came after it would otherwise stand lower. Beside a font whose letters join, a
file says which letters each of its glyphs stands for. Run by hand, when a new version of a font is to be taken:
`python tests/take_fonts.py NotoSansArabic-Regular.ttf …`; then say in the licence file beside it which version it is.
"""

from __future__ import annotations

import io
import json
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

from migpack.library import shipped
from migpack.write.pdf import FONTS
from migpack.write.scripts import NOTHING, SCRIPT_FONTS

TEMPLATES = shipped() / "templates"
# Hints for coarse screens, which are for the size that the font had, and a signature, which would be wrong.
TAKEN_OUT = ("fpgm", "prep", "cvt ", "gasp", "DSIG")
HEIGHTS = {
    "hhea": ("ascent", "descent", "lineGap"),
    "OS/2": ("sTypoAscender", "sTypoDescender", "sTypoLineGap", "usWinAscent", "usWinDescent"),
}
NOTE = "; line height changed for migpack"
VERSION = 5  # of the names of a font
JOINERS = ("\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}")
PLACEHOLDER = "dummymark"  # how Noto names the empty glyph that is left of a sign when another glyph has taken it in
SIGNS = re.compile(r"(?P<reph>reph)?(?P<nasal>anusvara|candrabindu?)?\d*(?P<script>[a-z]{4})$")
ONE_FOR_ONE, LIGATURE, EXTENSION = 1, 4, 7  # kinds of substitution in OpenType


def main() -> None:
    """Take the fonts that are named."""
    for name in map(Path, sys.argv[1:]):
        take(name, (TEMPLATES / FONTS[0]).with_name(name.name))
    for font in SCRIPT_FONTS:
        if font.joins:
            letters = glyph_letters((TEMPLATES / font.file).read_bytes())
            (TEMPLATES / font.letters).write_text(json.dumps(letters, indent=0, sort_keys=True) + "\n", "ascii")


def take(source: Path, target: Path) -> None:
    """Write a font with the units and line heights of Liberation Sans; its outlines are rounded to 1/2048 of the size."""
    font, model = TTFont(source, recalcTimestamp=False), TTFont(TEMPLATES / FONTS[0])
    for table in TAKEN_OUT:
        if table in font:
            del font[table]
    for name in font.getGlyphOrder():
        font["glyf"][name].removeHinting()
    scale_upem(font, model["head"].unitsPerEm)
    for table, heights in HEIGHTS.items():
        for height in heights:
            setattr(font[table], height, getattr(model[table], height))
    for record in font["name"].names:
        if record.nameID == VERSION:
            record.string = record.toUnicode().partition(";")[0] + NOTE
    font.save(target)


def glyph_letters(data: bytes) -> Mapping[str, str]:
    """Return the letters that each glyph of a font file stands for (its number in hexadecimal), joined and changed shapes included."""
    font: Any = TTFont(io.BytesIO(data), lazy=True)
    named = sorted(font.getBestCmap().items(), reverse=True)  # of several letters that share a glyph, the first
    letters = {name: unicodedata.normalize("NFKC", chr(code)) for code, name in named}
    substituted = list(shapes(font["GSUB"].table))
    before = 0
    while before < len(letters):  # a shape may be made of shapes
        before = len(letters)
        for parts, shape in substituted:
            parts = made_of(shape, parts)
            if shape not in letters and all(part in letters for part in parts):
                letters[shape] = "".join(letters[part] for part in parts if letters[part] not in JOINERS)
    return {f"{font.getGlyphID(name):04x}": NOTHING if name.startswith(PLACEHOLDER) else text for name, text in letters.items()}


def made_of(shape: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the glyphs whose letters a shape says: its parts, and signs that its name tells and of which a placeholder is left."""
    if len(parts) > 1:  # where a placeholder is a part, it is that of the sign with which the name starts
        return tuple(part.replace(PLACEHOLDER, "vattu") if shape.startswith("vattu") else part for part in parts)
    taken_in = [sign for sign in signs(shape) if sign not in signs(parts[0])]
    return parts if shape.startswith(PLACEHOLDER) else (*parts, *taken_in)


def signs(glyph: str) -> tuple[str, ...]:
    """Return the glyphs of the signs that a glyph's name ends with."""
    if not (found := SIGNS.search(glyph)):
        return ()
    names = found["reph"], "candrabindu" if found["nasal"] == "candrabind" else found["nasal"]
    return tuple(f"{name}{found['script']}" for name in names if name)


def shapes(table: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the glyphs that another takes the place of, and that other."""
    for lookup in table.LookupList.Lookup:
        for sub in lookup.SubTable:
            kind, rule = (sub.ExtensionLookupType, sub.ExtSubTable) if lookup.LookupType == EXTENSION else (lookup.LookupType, sub)
            if kind == ONE_FOR_ONE:
                yield from (((plain,), shape) for plain, shape in rule.mapping.items())
            elif kind == LIGATURE:
                for first, made in rule.ligatures.items():
                    yield from (((first, *one.Component), one.LigGlyph) for one in made)


if __name__ == "__main__":
    main()

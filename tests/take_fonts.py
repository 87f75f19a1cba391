"""Fonts as their makers give them → the same fonts with lines as high as those of Liberation Sans, in the library.

Where a letter of another script stood in a line, all that came after it would otherwise stand lower. Run by hand, when a new version of a
font is to be taken: `python tests/take_fonts.py NotoSansArabic-Regular.ttf …`; then say in the licence file beside it which version it is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

from migpack.library import shipped
from migpack.write.pdf import FONTS

TEMPLATES = shipped() / "templates"
# Hints for coarse screens, which are for the size that the font had, and a signature, which would be wrong.
TAKEN_OUT = ("fpgm", "prep", "cvt ", "gasp", "DSIG")
HEIGHTS = {
    "hhea": ("ascent", "descent", "lineGap"),
    "OS/2": ("sTypoAscender", "sTypoDescender", "sTypoLineGap", "usWinAscent", "usWinDescent"),
}
NOTE = "; line height changed for migpack"
VERSION = 5  # of the names of a font


def main() -> None:
    """Take the fonts that are named."""
    for name in map(Path, sys.argv[1:]):
        take(name, (TEMPLATES / FONTS[0]).with_name(name.name))


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


if __name__ == "__main__":
    main()

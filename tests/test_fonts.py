"""Fonts of other scripts: lines as high as those of Liberation Sans, and beside each font what its glyphs stand for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

import take_fonts
from migpack.write.pdf import FONTS
from migpack.write.scripts import SCRIPT_FONTS, ScriptFont
from take_fonts import TEMPLATES

JOINED = [font for font in SCRIPT_FONTS if font.joins]


def lines_of(font: Path) -> tuple[int, ...]:
    """The units of a font, and all that may say how high its lines are."""
    tables = TTFont(font)
    heights = (getattr(tables[table], height) for table, names in take_fonts.HEIGHTS.items() for height in names)
    return tables["head"].unitsPerEm, *heights


@pytest.mark.parametrize("font", SCRIPT_FONTS, ids=lambda font: font.family)
def test_lines_are_as_high_in_each_font(font: ScriptFont) -> None:
    assert lines_of(TEMPLATES / font.file) == lines_of(TEMPLATES / FONTS[0])


def test_a_font_is_taken_with_lines_as_high_as_ours(tmp_path: Path) -> None:
    theirs = TTFont(TEMPLATES / JOINED[-1].file)
    scale_upem(theirs, 1000)
    theirs["hhea"].ascent = theirs["OS/2"].usWinAscent = 1500
    theirs.save(tmp_path / "theirs.ttf")
    take_fonts.take(tmp_path / "theirs.ttf", tmp_path / "ours.ttf")
    assert lines_of(tmp_path / "ours.ttf") == lines_of(TEMPLATES / FONTS[0]) != lines_of(tmp_path / "theirs.ttf")


@pytest.mark.parametrize("font", JOINED, ids=lambda font: font.family)
def test_the_file_beside_a_font_says_what_its_glyphs_stand_for(font: ScriptFont) -> None:
    letters = take_fonts.glyph_letters((TEMPLATES / font.file).read_bytes())
    assert json.loads((TEMPLATES / font.letters).read_bytes()) == letters

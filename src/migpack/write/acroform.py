"""The form of a PDF, mended just before it is written: viewers then draw it alike, and it stays PDF/UA-1.

WeasyPrint leaves the drawing of fields to the viewer (/NeedAppearances), names one state of a tick box only and embeds
a whole face for the letters that may be typed. Here each field gets its drawings, and the face its European letters.
Lengths are points, counted from the lower left corner of the field.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

INSET_PT = 2  # where viewers put the text of a field
LEAST_PT = 6  # words that a field was issued with shrink to this size, no further
LEADING = 1.15
# What people in England may type: Latin with Welsh and Vietnamese, Greek, Cyrillic, punctuation, currency.
LETTERS = (*range(0x20, 0x250), *range(0x370, 0x460), *range(0x1E00, 0x1F00), *range(0x2010, 0x2040), *range(0x20A0, 0x20C0), 0x2122)
_log = logging.getLogger("weasyprint.acroform")  # heard like the engine's own warnings
_ALIGNED = {"center": 1, "right": 2, "end": 2}
_MULTILINE = 1 << 12
_SIGNATURE = "signature"
_OF_TEXT = ("V", "DV", "DA", "Q", "Ff", "MaxLen")
_FONT = re.compile(rb"/(\S+) ([\d.]+) Tf")
# The corners of the tick, as parts of the box.
_TICK = ((0.2, 0.5), (0.42, 0.26), (0.8, 0.78))


def mend_form(document: Any, pdf: Any) -> None:
    """Mend the form in place, given WeasyPrint's document and the PDF that pydyf is about to write."""
    form = pdf.catalog.get("AcroForm")
    if form is None:
        return
    form.pop("NeedAppearances", None)  # viewers would draw afresh, each in its own way, and lose ticks
    faces = {font.hash: Face(font.file_content) for font in document.fonts.values() if font.used_in_forms}
    for box in [box for page in document.pages for boxes in page.forms.values() for box, _ in boxes]:
        field = box.widget_annotation
        field["DV"] = field["V"]  # so that a form that comes back says what it was issued with
        if field["FT"] == "/Btn":
            _draw_states(field, pdf)
        else:
            field["Q"] = _ALIGNED.get(box.style["text_align_all"], 0)
            _draw_words(field, faces, form["DR"], pdf)
            if _SIGNATURE in box.element.get("class", "").split() and not field["V"].string:
                _make_signature(field)
    _lighten(document, pdf, faces)


class Face:
    """A font file, as far as setting a line of text needs it. Widths and heights are parts of the letter size."""

    def __init__(self, data: bytes) -> None:
        from fontTools.ttLib import TTFont

        font: Any = TTFont(io.BytesIO(data), lazy=True)
        unit, widths = font["head"].unitsPerEm, font["hmtx"].metrics
        self.rise, self.drop = font["hhea"].ascent / unit, -font["hhea"].descent / unit
        self._glyphs = {code: (font.getGlyphID(name), widths[name][0] / unit) for code, name in font.getBestCmap().items()}
        self.usual = frozenset(self._glyphs[code][0] for code in LETTERS if code in self._glyphs)
        self.shown: set[int] = {0}

    def width(self, text: str) -> float:
        """Return how wide a line is."""
        return sum(self._glyph(letter)[1] for letter in text)

    def numbers(self, text: str) -> str:
        """Return the line as the hexadecimal glyph numbers by which an Identity-H font is shown, and note them as shown."""
        for letter in sorted({letter for letter in text if ord(letter) not in self._glyphs}):
            _log.warning("our fonts lack the letter %s (U+%04X)", letter, ord(letter))
        numbers = [self._glyph(letter)[0] for letter in text]
        self.shown.update(numbers)
        return "".join(f"{number:04x}" for number in numbers)

    def _glyph(self, letter: str) -> tuple[int, float]:
        return self._glyphs.get(ord(letter), (0, 0.5))


def set_words(text: str, face: Face, size_pt: float, width_pt: float, height_pt: float, *, lines: bool) -> tuple[float, list[str]]:
    """Return the size and the lines in which the text fits the field: the given size, or smaller where it has to be."""
    while True:
        rows = _wrap(text, face, width_pt / size_pt) if lines else [" ".join(text.split())]
        tall = len(rows) * LEADING * size_pt > height_pt if lines else False
        if size_pt <= LEAST_PT or not (tall or any(face.width(row) * size_pt > width_pt for row in rows)):
            return size_pt, rows
        size_pt = max(LEAST_PT, size_pt - 0.5)


def _wrap(text: str, face: Face, width: float) -> list[str]:
    rows = []
    for paragraph in text.split("\n"):
        row = ""
        for word in (part for whole in paragraph.split() for part in _broken(whole, face, width)):
            longer = f"{row} {word}".strip()
            if row and face.width(longer) > width:
                rows.append(row)
                row = word
            else:
                row = longer
        rows.append(row)
    return rows


def _broken(word: str, face: Face, width: float) -> Iterator[str]:
    """Yield a word in parts that fit a line: the whole, but for long addresses in narrow fields."""
    while len(word) > 1 and face.width(word) > width:
        fits = max(1, next(end for end in range(1, len(word) + 1) if face.width(word[:end]) > width) - 1)
        yield word[:fits]
        word = word[fits:]
    yield word


def _draw_states(field: Any, pdf: Any) -> None:
    """Draw the tick as a pen would, and give the empty box a drawing too: without one, viewers think the file broken."""
    import pydyf

    states = field["AP"]["N"]
    ticked = pdf.objects[int(states["on"].split()[0])]
    width, height = ticked.extra["BBox"][2:]
    color = " ".join(f"{part:.3f}" for part in field["MK"]["BC"])
    points = [f"{x * width:.2f} {y * height:.2f}" for x, y in _TICK]
    ticked.stream = [f"q {0.12 * width:.2f} w 1 J 1 j {color} RG {points[0]} m {points[1]} l {points[2]} l S Q"]
    states["Off"] = _drawing(pdf, [], width, height, pydyf.Dictionary())
    field["MK"]["CA"] = pydyf.String("4")  # the tick of the font that viewers draw with when they draw afresh
    field["DA"] = pydyf.String("/ZaDb 0 Tf " + color + " rg")


def _draw_words(field: Any, faces: dict[str, Face], resources: bytes, pdf: Any) -> None:
    """Draw what the field was issued with, in the face and size that it is typed in."""
    import pydyf

    found = _FONT.search(field["DA"].string)
    if found is None:
        return
    face, size_pt = faces[found[1].decode()], float(found[2])
    start, bottom, end, top = field["Rect"]
    width, height = abs(end - start), abs(top - bottom)
    issued, room = _shown(field), width - 2 * INSET_PT
    if field["FT"] == "/Tx" and face.width(issued) * size_pt > room:
        field["Ff"] = field.get("Ff", 0) | _MULTILINE  # the layout has made the box as tall as these words need
    many = bool(field.get("Ff", 0) & _MULTILINE)
    size, rows = set_words(issued, face, size_pt, room, height - 2 * INSET_PT, lines=many)
    baseline = (height - INSET_PT if many else (height + (face.rise + face.drop) * size) / 2) - face.rise * size
    paint = field["DA"].string.replace(found[0], b"/%s %s Tf" % (found[1], f"{size:g}".encode())).decode()
    words = [f"BT {paint}"]
    for number, row in enumerate(rows):
        left = INSET_PT + (room - face.width(row) * size) * field["Q"] / 2
        words.append(f"1 0 0 1 {left:.2f} {baseline - number * LEADING * size:.2f} Tm <{face.numbers(row)}> Tj")
    words = [*words, "ET"] if any(rows) else []
    content = ["/Tx BMC", "q", f"0 0 {width:.2f} {height:.2f} re W n", *words, "Q", "EMC"]
    field["AP"] = pydyf.Dictionary({"N": _drawing(pdf, content, width, height, resources)})


def _make_signature(field: Any) -> None:
    """Make an empty field one to sign in digitally; it stays an empty box, and on paper a place for a pen."""
    for key in _OF_TEXT:
        field.pop(key, None)
    field["FT"] = "/Sig"


def _shown(field: Any) -> str:
    """Return the words of a field: of a list, those that stand for the chosen value, and none while nothing is chosen."""
    value = str(field["V"].string)
    if not value:
        return ""
    return next((str(words.string) for option, words in field.get("Opt", ()) if option.string == value), value)


def _drawing(pdf: Any, content: list[str], width: float, height: float, resources: Any) -> bytes:
    """Add a drawing to the PDF and return the reference to it."""
    import pydyf

    extra = {"Type": "/XObject", "Subtype": "/Form", "BBox": pydyf.Array((0, 0, width, height)), "Resources": resources}
    drawing = pydyf.Stream(content, extra, compress=len(content) > 6)
    pdf.add_object(drawing)
    reference: bytes = drawing.reference
    return reference


def _lighten(document: Any, pdf: Any, faces: dict[str, Face]) -> None:
    """Put the letters that people type, and those that the document shows, in the place of each whole face."""
    for key, face in faces.items():
        fonts = [font for font in document.fonts.values() if font.hash == key]
        shown = face.shown.union(*(font.to_unicode for font in fonts))
        for thing in pdf.objects:
            stream = getattr(thing, "stream", None)
            if stream and any(stream[0] is font.file_content for font in fonts):
                stream[0] = _part_of(stream[0], frozenset(shown - face.usual))
                thing.extra["Length1"] = len(stream[0])


@lru_cache(maxsize=16)
def _part_of(data: bytes, more: frozenset[int]) -> bytes:
    """Return a font file with the usual letters and these further glyphs; every glyph keeps its number."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(hinting=False, retain_gids=True, notdef_outline=True, layout_features=[], name_IDs=[], glyph_names=False)
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "kern", "FFTM"]
    font = TTFont(io.BytesIO(data), lazy=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=LETTERS, gids=sorted(more))
    subsetter.subset(font)
    part = io.BytesIO()
    font.save(part)
    return part.getvalue()

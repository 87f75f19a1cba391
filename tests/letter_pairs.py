"""Two PDFs of one letter, one poured and one laid out in full → in what they differ: pixels, words, places of letters, structure.

Also what a letter shows where: the lines in a part of a page, and ink outside one. Lengths are millimetres from the top left corner.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pikepdf
import pypdfium2
from PIL import Image, ImageChops, ImageDraw

PT_PER_MM = 72 / 25.4
CLEAR = 8  # of 255: less is no difference between two colours of ours, nor a letter that moved
NEAR_PT = 0.05
EDGE_MM = 0.3  # the smoothing of an edge, and what a letter reaches over its own width

Letter = tuple[str, float, float]


def pages_of(data: bytes) -> list[pypdfium2.PdfPage]:
    """Return the pages of a PDF."""
    return list(pypdfium2.PdfDocument(data))


def picture(page: pypdfium2.PdfPage, dpi: int) -> Image.Image:
    """Return a page as a grey picture."""
    image: Image.Image = page.render(scale=dpi / 72, grayscale=True).to_pil()
    return image.convert("L")


def letters(page: pypdfium2.PdfPage) -> list[Letter]:
    """Return the letters of a page that can be seen, in the order in which they are drawn, with the place of each in points."""
    words = page.get_textpage()
    found = ((words.get_text_range(at, 1), words.get_charbox(at)) for at in range(words.count_chars()))
    return [(letter, box[0], box[1]) for letter, box in found if letter.strip()]


def page_differences(poured: pypdfium2.PdfPage, full: pypdfium2.PdfPage, *, in_order: bool, dpi: int = 100) -> Iterator[str]:
    """Yield in what two pages differ.

    Args:
        in_order: whether letters must be drawn in the same order, too.
    """
    pixels = ImageChops.difference(picture(poured, dpi), picture(full, dpi)).getextrema()
    if pixels[1] > CLEAR:
        yield f"pixels differ by up to {pixels[1]} of 255"
    one, other = letters(poured), letters(full)
    if not in_order:
        one, other = sorted(one, key=_by_place), sorted(other, key=_by_place)
    if [letter for letter, *_ in one] != [letter for letter, *_ in other]:
        yield "the words differ"
    elif any(abs(a - b) > NEAR_PT for mine, its in zip(one, other, strict=True) for a, b in zip(mine[1:], its[1:], strict=True)):
        yield "a letter stands elsewhere"


def differences(poured: bytes, full: bytes) -> Iterator[str]:
    """Yield in what two tagged letters differ."""
    mine, its = pages_of(poured), pages_of(full)
    if len(mine) != len(its):
        yield f"{len(mine)} pages, not {len(its)}"
        return
    for number, pair in enumerate(zip(mine, its, strict=True), 1):
        yield from (f"page {number}: {what}" for what in page_differences(*pair, in_order=True))
    if structure(poured) != structure(full):
        yield "the structure differs"
    if marked_content(poured) != marked_content(full):
        yield "content is marked otherwise"
    if about(poured) != about(full):
        yield "the title, language or other facts about the file differ"


def structure(data: bytes) -> Any:
    """Return the tag tree of a PDF: the kind of each element, its alternative text, and its kids; marked content by page and number."""
    pdf = pikepdf.Pdf.open(io.BytesIO(data))
    pages = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}

    def walk(thing: Any) -> Any:
        if isinstance(thing, int):
            return thing
        kids = thing.get("/K", [])
        listed = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
        page = pages.get(thing.Pg.objgen) if "/Pg" in thing else None
        return str(thing.get("/S", "")), str(thing.get("/Alt", "")), page, [walk(kid) for kid in listed]

    return walk(pdf.Root.StructTreeRoot)


def marked_content(data: bytes) -> list[list[str]]:
    """Return of each page what marks its content, with the colour and font of each text between."""
    found = []
    for page in pikepdf.Pdf.open(io.BytesIO(data)).pages:
        drawn = [
            (str(operator), " ".join(map(str, operands))) for operands, operator in pikepdf.parse_content_stream(page) if _is_told(operator)
        ]
        # A font that no text is shown in counts for nothing.
        told = [entry for entry, after in zip(drawn, [*drawn[1:], ("", "")], strict=True) if not (entry[0] == after[0] == "Tf")]
        found.append([" ".join(entry) for entry in told])
    return found


def _is_told(operator: Any) -> bool:
    return str(operator) in ("BDC", "BMC", "EMC", "BT", "ET", "Tf", "rg", "gs", "q", "Q")


def about(data: bytes) -> dict[str, str]:
    """Return what a PDF says about itself."""
    pdf = pikepdf.Pdf.open(io.BytesIO(data))
    said = {str(key): str(value) for key, value in pdf.docinfo.items()}
    return said | {"language": str(pdf.Root.Lang), "metadata": pdf.Root.Metadata.read_bytes().decode()}


def lines_in(page: pypdfium2.PdfPage, box: Sequence[float]) -> list[str]:
    """Return the lines of text whose letters stand in a part of a page: left, top, right, bottom."""
    left, top, right, bottom = (side * PT_PER_MM for side in box)
    height = page.get_height()
    text = page.get_textpage().get_text_bounded(left=left, right=right, top=height - top, bottom=height - bottom)
    text = text.replace("\x02", "-")  # how pdfium says a hyphen at the end of a line
    return [line.strip() for line in text.splitlines() if line.strip()]


def ink_outside(page: pypdfium2.PdfPage, boxes: Sequence[Sequence[float]], dpi: int = 200) -> tuple[float, ...] | None:
    """Return the bounds of the ink that stands outside these parts of a page; None where there is none."""
    image = picture(page, dpi)
    draw = ImageDraw.Draw(image)
    for box in boxes:
        left, top, right, bottom = (side / 25.4 * dpi for side in box)
        edge = EDGE_MM / 25.4 * dpi
        draw.rectangle((left - edge, top - edge, right + edge, bottom + edge), fill=255)
    found = ImageChops.invert(image).getbbox()
    return tuple(round(side / dpi * 25.4, 1) for side in found) if found else None


def _by_place(letter: Letter) -> tuple[float, float, str]:
    return round(-letter[2]), round(letter[1]), letter[0]

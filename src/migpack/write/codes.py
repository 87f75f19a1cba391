"""A laid-out form in, the codes in the corners of its sheets out; and what such a code says, for whoever reads a scan.

Each sheet with fields carries four QR codes (version 1, level M): which form, in which way it was printed, which sheet of how many, which
paper and which corner. They stand in the margins, drawn as rectangles in an artifact, which nobody hears read out. Lengths are
millimetres from the upper left corner of the sheet. Never says anything of a patient.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from migpack.write.spots import MM_PER_PX, fields_of

SIZE_MM = 10.5  # 21 modules of half a millimetre: two dots of a 200 dpi scan are a quarter of it
EDGE_MM = 4.3  # most printers leave 4.2 mm blank; the margins of window letters begin at 15 mm
PAPERS = {"P": (210, 297), "L": (297, 210), "W": (420, 297)}  # A4, A4 landscape, A3 landscape
CORNERS = "1234"  # upper left, upper right, lower left, lower right
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE = re.compile(r"MP(.{8})([AB])(..)(..)([PLW])([1-4])(...)".replace(".", f"[{_LETTERS}]"))  # 20 characters: version 1, level M
_PT = 72 / 25.4

Way = Literal["A", "B"]


@dataclass(frozen=True)
class SheetCode:
    """What a corner code says; `sheet` counts from 1, `practice` is a check on the ODS code."""

    form: str
    way: Way
    sheet: int
    count: int
    paper: str
    practice: str
    corner: str = ""

    def __str__(self) -> str:
        return f"MP{self.form}{self.way}{_two(self.sheet)}{_two(self.count)}{self.paper}{self.corner}{self.practice}"


def read_code(text: str) -> SheetCode | None:
    """Return what the text of a QR code says, None where it is not one of ours."""
    found = _CODE.fullmatch(text)
    if found is None:
        return None
    form, way, sheet, count, paper, corner, practice = found.groups()
    return SheetCode(form, "A" if way == "A" else "B", _number(sheet), _number(count), paper, practice, corner)


def practice_check(ods_code: str) -> str:
    """Return three characters by which a sheet of another practice is told."""
    number = int.from_bytes(hashlib.sha256(ods_code.encode()).digest()[:2])
    return "".join(_LETTERS[number >> shift & 31] for shift in (10, 5, 0))


def corner_mm(paper: str, corner: str) -> tuple[float, float]:
    """Return where the upper left corner of a code stands."""
    width, height = PAPERS[paper]
    left = EDGE_MM if corner in "13" else width - EDGE_MM - SIZE_MM
    top = EDGE_MM if corner in "12" else height - EDGE_MM - SIZE_MM
    return left, top


def sheet_codes(document: Any, way: Way) -> Mapping[int, SheetCode]:
    """Return, by the index of the page, the code of each sheet of a WeasyPrint document that holds fields; none where no form is."""
    said = document.metadata.custom
    form, practice = said.get("migpack-code", ""), practice_check(said.get("migpack-practice", ""))
    found = {}
    for index, page in enumerate(document.pages if form else ()):
        size = round(page.width * MM_PER_PX), round(page.height * MM_PER_PX)
        paper = next((paper for paper, held in PAPERS.items() if held == size), "")
        if paper and any(fields_of(page)):
            found[index] = SheetCode(form, way, index + 1, len(document.pages), paper, practice)
    return found


def draw_codes(pdf: Any, codes: Mapping[int, SheetCode]) -> None:
    """Add the codes to the pages of the PDF that pydyf is about to write, by index."""
    import pydyf

    numbers = pdf.pages["Kids"][::3]  # of the objects that the pages are; the rest are '0 R'
    for index, code in codes.items():
        stream = pydyf.Stream(list(_drawn(code)), compress=True)
        pdf.add_object(stream)
        page = pdf.objects[numbers[index]]
        page["Contents"] = pydyf.Array([page["Contents"], stream.reference])


def _drawn(code: SheetCode) -> Iterator[str]:
    """Yield PDF operators; the engine's own stream has turned the page, so that y counts points from the top."""
    yield "/Artifact BMC"
    module = SIZE_MM / 21 * _PT
    for corner in CORNERS:
        left, top = (part * _PT for part in corner_mm(code.paper, corner))
        yield f"q 0 g {module:.5f} 0 0 {module:.5f} {left:.3f} {top:.3f} cm"
        yield from _runs(str(replace(code, corner=corner)))
        yield "f Q"
    yield "EMC"


@lru_cache(maxsize=64)
def _runs(text: str) -> tuple[str, ...]:
    """Return the dark modules of a code as rectangles, those beside one another in one."""
    import segno

    code = segno.make_qr(text, version=1, error="m", mode="alphanumeric", boost_error=False)
    found = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                found.append(f"{x} {y} {end - x} 1 re")
            x = end + 1
    return tuple(found)


def _two(number: int) -> str:
    return _LETTERS[number >> 5 & 31] + _LETTERS[number & 31]


def _number(two: str) -> int:
    return _LETTERS.index(two[0]) * 32 + _LETTERS.index(two[1])

"""Printed pages → the print pack: one tagged PDF of all that is to be printed, with contents and pack page numbers.

Each document is laid out once more, without form fields, and the laid-out pages are written together, which keeps tags,
language, links and outline. Ids are prefixed with the document's id, so that every link stays in its own document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from migpack.model import Artefact, Page, Spot
from migpack.write.codes import SheetCode, sheet_codes
from migpack.write.pdf import Printer
from migpack.write.spots import spots_of

SHEET = "styles/print_pack.css"
_SVG = "{http://www.w3.org/2000/svg}"


def join(printer: Printer, contents: Page, pages: Sequence[Page]) -> Artefact:
    """Return the print pack.

    Args:
        contents: the contents page; cells with the ids 'title.<document>', 'pages.<document>' and 'first.<document>' get
            their link and numbers here.
        pages: the documents, in the order in which they are joined.
    """
    first = len(_lay_out_contents(printer, contents, {}).pages) + 1
    sheets: list[Any] = []
    found: dict[str, tuple[int, int]] = {}
    spots: dict[str, Spot] = {}
    codes: dict[int, SheetCode] = {}
    for page in pages:
        name, start = page.document.id, first + len(sheets)
        laid_out = printer.lay_out_html(page.html, name, forms=False, change=_prefixed(name), css=_numbered(start))
        found[name] = start, len(laid_out.pages)
        codes |= {start - 1 + index: code for index, code in sheet_codes(laid_out, "B").items()}
        spots |= spots_of(laid_out, name) if page.code else {}
        sheets += laid_out.pages
    whole = _lay_out_contents(printer, contents, found)
    sheets = [*whole.pages, *sheets]
    identity = contents.html + "".join(page.html for page in pages)
    data = printer.write(whole.copy(sheets), name=contents.document.id, identity=identity, codes=codes)
    return Artefact(f"{contents.document.path}.pdf", data, contents.document.id, len(sheets), spots=spots)


def _lay_out_contents(printer: Printer, contents: Page, found: Mapping[str, tuple[int, int]]) -> Any:
    def fill(root: Any) -> None:
        for document, (start, count) in found.items():
            for cell, number in ((f"first.{document}", start), (f"pages.{document}", count)):
                for place in root.iterfind(f".//*[@id='{cell}']"):
                    place.text = str(number)
            for title in root.iterfind(f".//*[@id='title.{document}']"):
                link = title.makeelement("a", {"href": f"#{document}"})
                link.text, title.text = title.text, None
                title.append(link)

    return printer.lay_out_html(contents.html, contents.document.id, forms=False, change=fill, css=_numbered(1))


def _numbered(start: int) -> tuple[str, ...]:
    """Return the style sheets that print pack page numbers from `start` on."""
    return SHEET, f"@page {{ counter-increment: pack }} @page :first {{ counter-reset: pack {start - 1}; counter-increment: pack }}"


def _prefixed(document: str) -> Callable[[Any], None]:
    """Return what puts the document's id before every id, and on the document itself."""

    def change(root: Any) -> None:
        for element in root.iter():
            if not isinstance(element.tag, str) or element.tag.startswith(_SVG):
                continue  # a drawing refers to its own parts, and to no others
            if name := element.get("id"):
                element.set("id", f"{document}.{name}")
            if element.get("href", "").startswith("#"):
                element.set("href", f"#{document}.{element.get('href')[1:]}")
            if element.tag == "body":
                element.set("id", document)

    return change

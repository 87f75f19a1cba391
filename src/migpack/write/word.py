"""Block tree of a page → an editable Word file over the styles of house.docx.

Fields become content controls that bear the field's name; the words in the body are the words of the tree, in order.
What identifies the document stands in the core and custom properties. The same page gives the same bytes.
Never writes words into XML unescaped (`word_pieces.escape`), and never says more than the page does.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import docx

from migpack import blocks as b
from migpack.model import Artefact, Page
from migpack.write.word_pieces import twips

STYLES = "styles/house.docx"
_SIDE, _TOP, _EDGE = twips(18), twips(20), twips(10)
_PAPER = {"paper-a4": (210, 297), "paper-a3_landscape": (420, 297)}
_LARGE = 18  # points, the least in large print
_SCALE = {"style-large_print": 1.8, "patients": 1.2, "third_parties": 1.2}
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    }.items()
)
_CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CUSTOM = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VALUES = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_OUR_PROPERTIES = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"


class WordWriter:
    """Writes pages as Word files; make one and use it for the whole pack."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """Take the reader of library files: 'styles/house.docx' in, its bytes out."""
        self._shell = read(STYLES)

    def write(self, page: Page, tree: b.Tree) -> Artefact:
        """Return the page as a .docx.

        Raises:
            Mistakes: house.docx lacks a style that the page needs.
        """
        document = docx.Document(io.BytesIO(self._shell))
        width, height = next(size for name, size in _PAPER.items() if name in tree.classes or name == "paper-a4")
        ...
        return Artefact(f"{page.document.path}.docx", b"", page.document.id)

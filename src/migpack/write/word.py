"""Block tree of a page → an editable Word file over the styles of house.docx.

Fields become content controls that bear the field's name; the words in the body are the words of the tree, in order.
What identifies the document stands in the core and custom properties. The same page gives the same bytes.
Never writes words into XML unescaped (`word_pieces.escape`), and never says more than the page does.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.shared import Mm

from migpack import blocks as b
from migpack.model import Artefact, Page
from migpack.problems import Mistakes, Place, Problem
from migpack.vocabulary import printable
from migpack.write.word_layout import Shell, body
from migpack.write.word_pieces import Para, escape, run, word_field
from migpack.write.word_styles import Sheet, fit, is_letter, running_points, scale, sheet, window
from migpack.write.word_words import Outside, Picture
from migpack.write.zipped import DATE, rezip

STYLES = "styles/house.docx"
_MARGIN_LINE_MM = 9  # from the edge of the sheet to the running words
_LETTER_WIDTH = 10  # of running words on average: twips by point of their size
_SIDE_SHARE = 0.45  # of the line that the words at one side may fill beside the page number in the middle
_CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_PROPERTY = '<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{pid}" name="{name}"><vt:lpwstr>{value}</vt:lpwstr></property>'
_PROPERTIES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"'
    ' xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{}</Properties>'
)
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


class WordWriter:
    """Writes pages as Word files; make one and use it for the whole pack."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """Take the reader of library files: 'styles/house.docx' in, its bytes out."""
        self._house = read(STYLES)

    def write(self, page: Page, tree: b.Tree) -> Artefact:
        """Return the page as a .docx.

        Raises:
            Mistakes: house.docx lacks a style that the page needs.
        """
        document = docx.Document(io.BytesIO(self._house))
        paper = sheet(tree)
        fit(document.styles.element, tree)
        _set_sheet(document, paper)
        _fill(document, body(tree, _shell(document, paper, tree)))
        _run_words(document, page, paper, running_points(tree), draft=page.draft and not is_letter(tree))
        _say_what_it_is(document, tree)
        _check_styles(document)
        packed = io.BytesIO()
        document.save(packed)
        return Artefact(f"{page.document.path}.docx", rezip(packed.getvalue()), page.document.id)


def _shell(document: Document, paper: Sheet, tree: b.Tree) -> Shell:
    """Return what the layout needs of the file."""
    numbering = document.part.numbering_part.element
    bullets, numbers = _numbering(document, "ListBullet"), _numbering(document, "ListNumber")
    kind = next(num.abstractNumId.val for num in numbering.num_lst if num.numId == numbers)

    def link(address: str) -> str:
        return document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)

    def picture(image: b.Image) -> Picture:
        relation, found = document.part.get_or_add_image(io.BytesIO(image.data))
        return Picture(relation, int(found.width), int(found.height))

    def restart() -> int:
        fresh = numbering.add_num(kind)
        for level in range(3):
            fresh.add_lvlOverride(level).add_startOverride(1)
        return int(fresh.numId)

    return Shell(paper.text_width, Outside(link, picture), bullets, restart, window(tree), paper.top, scale(tree))


def _numbering(document: Document, style: str) -> int:
    """Return the numbering that a list style uses; Word may have given it another id than house.docx did."""
    found = document.styles.element.xpath(f"w:style[@w:styleId='{style}']/w:pPr/w:numPr/w:numId/@w:val")
    if not found:
        raise Mistakes([_lacks(style)])
    return int(found[0])


def _set_sheet(document: Document, paper: Sheet) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(paper.width), Mm(paper.height)
    section.orientation = WD_ORIENT.LANDSCAPE if paper.width > paper.height else WD_ORIENT.PORTRAIT
    section.top_margin, section.bottom_margin = Mm(paper.top), Mm(paper.bottom)
    section.left_margin = section.right_margin = Mm(paper.side)
    section.header_distance = section.footer_distance = Mm(_MARGIN_LINE_MM)


def _parse(content: str) -> Any:
    return parse_xml(f"<w:body {_NAMESPACES}>{content}</w:body>")


def _fill(document: Document, content: str) -> None:
    """Put content in the place of what house.docx shows; the section properties stay last."""
    inside = document.element.body
    for old in inside[:-1]:
        inside.remove(old)
    for n, new in enumerate(_parse(content)):
        inside.insert(n, new)


def _run_words(document: Document, page: Page, paper: Sheet, points: float, *, draft: bool) -> None:
    """Write the running foot, set in `points`, and the mark of a draft at the head."""
    section = document.sections[0]
    said = [printable(words) for words in page.running]
    left, right = map(run, said)
    tab, end = "<w:r><w:tab/></w:r>", paper.text_width
    count = f"{run('Page ')}{word_field('PAGE')}{run(' of ')}{word_field('NUMPAGES')}"
    if max(map(len, said)) * points * _LETTER_WIDTH < end * _SIDE_SHARE:
        stops = f'<w:tab w:val="center" w:pos="{end // 2}"/><w:tab w:val="right" w:pos="{end}"/>'
        words = f"{left}{tab}{count}{tab}{right}"
    else:
        stops, words = f'<w:tab w:val="right" w:pos="{end}"/>', f"{left}<w:r><w:br/></w:r>{count}{tab}{right}"
    foot = f'<w:p><w:pPr><w:pStyle w:val="Footer"/><w:tabs>{stops}</w:tabs></w:pPr>{words}</w:p>'
    _replace(section.footer, foot)
    if draft:
        _replace(section.header, Para("Header", run(" DRAFT ", style="DraftLabel"), align="center").xml())


def _replace(part: Any, content: str) -> None:
    part.is_linked_to_previous = False
    story = part.part.element
    for old in list(story):
        story.remove(old)
    for new in list(_parse(content)):
        story.append(new)


def _say_what_it_is(document: Document, tree: b.Tree) -> None:
    """Write the core and custom properties."""
    core = document.core_properties
    core.title, core.author, core.language = tree.title[:255], tree.author[:255], tree.language
    core.last_modified_by = core.author
    core.created = core.modified = DATE
    package = document.part.package
    for relation in [r.rId for r in package.rels.values() if r.reltype == RELATIONSHIP_TYPE.CUSTOM_PROPERTIES]:
        package.rels.pop(relation)
    said = {"migpack-document": tree.document, "migpack-practice": tree.practice, "migpack-version": tree.version}
    said |= {"migpack-code": tree.code} if tree.code else {}
    entries = "".join(_PROPERTY.format(pid=pid, name=name, value=escape(value)) for pid, (name, value) in enumerate(said.items(), 2))
    part = Part(PackURI("/docProps/custom.xml"), _CUSTOM_TYPE, _PROPERTIES.format(entries).encode(), package)
    package.relate_to(part, RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)


def _check_styles(document: Document) -> None:
    """Refuse to write what Word would show without its style: house.docx may be a practice's own."""
    known = set(document.styles.element.xpath("w:style/@w:styleId"))
    used = {"Header", "Footer", "DraftLabel"}
    used |= {found for tag in ("pStyle", "rStyle", "tblStyle") for found in document.element.body.xpath(f".//w:{tag}/@w:val")}
    if missing := used - known:
        raise Mistakes(_lacks(style) for style in missing)


def _lacks(style: str) -> Problem:
    return Problem(
        Place(f"templates/{STYLES}"), f"the style '{style}' is missing", "start again from the house.docx that comes with the program"
    )

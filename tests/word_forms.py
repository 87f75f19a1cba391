"""Word forms as an ICB might send them, and area libraries that hold them: what the tests of word forms share."""

from __future__ import annotations

import io
import itertools
import zipfile
from pathlib import Path
from typing import Any

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.text.paragraph import Paragraph
from lxml import etree

import samples
from migpack.library import Library
from migpack.load import load
from migpack.pack import Prepared, prepare
from migpack.plan import Wanted

ENTRY = """\
documents:
  - id: icb_case
    title: Business case on the ICB's form
    folder: 2-business-case
    name: icb-business-case
    template: forms/icb_case.docx
    made_by: word_form
    formats: [docx]
    per: practice
    audience: commissioner
    about: The business case on the form that the ICB insists on.
"""
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
W = f"{{{docx.oxml.ns.nsmap['w']}}}"
_ids = itertools.count(70001)


def blank() -> Document:
    """Return an empty Word file in British English that has Word's style for prompts."""
    document = docx.Document()
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    style = document.styles.add_style("Placeholder Text", WD_STYLE_TYPE.CHARACTER)
    style.element.set(qn("w:styleId"), "PlaceholderText")
    document.core_properties.title, document.core_properties.author = "Form 7b", "NHS Exampleshire ICB"
    return document


def runs(paragraph: Paragraph, *pieces: str) -> Paragraph:
    """Add each piece as a run of its own; a piece that begins with * is bold."""
    for piece in pieces:
        paragraph.add_run(piece.removeprefix("*")).bold = piece.startswith("*") or None
    return paragraph


def control(
    tag: str, kind: str = "<w:text/>", prompt: str = "Click to enter text", *, look: str = "", more: str = "", shown: str = ""
) -> Any:
    """Return a content control that stands in a line: with its prompt, or with `shown`."""
    marks = "" if shown else "<w:showingPlcHdr/>"
    style = "" if shown else '<w:rPr><w:rStyle w:val="PlaceholderText"/></w:rPr>'
    return parse_xml(
        f'<w:sdt {nsdecls("w")} xmlns:w14="{W14}"><w:sdtPr>{look}<w:alias w:val="A'
        f' {tag}"/><w:tag w:val="{tag}"/><w:id w:val="{next(_ids)}"/>'
        f"{marks}{more}{kind}</w:sdtPr><w:sdtContent><w:r>{style}<w:t>{shown or prompt}</w:t></w:r></w:sdtContent></w:sdt>"
    )


def tick(tag: str, *, ticked: bool = False) -> Any:
    """Return a check box."""
    kind = (
        f'<w14:checkbox><w14:checked w14:val="{int(ticked)}"/><w14:checkedState w14:val="2612" w14:font="MS Gothic"/>'
        '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox>'
    )
    return control(tag, kind, shown="\N{BALLOT BOX WITH X}" if ticked else "\N{BALLOT BOX}")


def choices(*pairs: tuple[str, str], kind: str = "dropDownList") -> str:
    """Return what makes a control a list."""
    items = "".join(f'<w:listItem w:displayText="{text}" w:value="{value}"/>' for value, text in pairs)
    return f"<w:{kind}>{items}</w:{kind}>"


def field(paragraph: Paragraph, code: str, *shown: str, split: bool = False) -> None:
    """Add a field of several runs; `split` parts its code over two."""
    codes = [code[:7], code[7:]] if split else [code]
    _mark(paragraph, "begin")
    for piece in codes:
        text = OxmlElement("w:instrText")
        text.set(qn("xml:space"), "preserve")
        text.text = piece
        paragraph.add_run()._r.append(text)
    _mark(paragraph, "separate")
    runs(paragraph, *shown)
    _mark(paragraph, "end")


def _mark(paragraph: Paragraph, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)


def simple_field(paragraph: Paragraph, code: str, shown: str) -> None:
    """Add a field of one element."""
    paragraph._p.append(
        parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="{code}"><w:r><w:rPr><w:i/></w:rPr><w:t>{shown}</w:t></w:r></w:fldSimple>')
    )


def text_box(paragraph: Paragraph, words: str) -> None:
    """Add a text box as Word writes one: drawn, and again for programs that cannot draw it."""
    inside = f'<w:txbxContent><w:p><w:r><w:t xml:space="preserve">{words}</w:t></w:r></w:p></w:txbxContent>'
    paragraph._p.append(
        parse_xml(
            f'<w:r {nsdecls("w", "wp", "a")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
            ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml">'
            '<mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><wp:extent cx="2000000" cy="500000"/>'
            f'<wp:docPr id="{next(_ids)}" name="Box" descr="A box"/><a:graphic>'
            "<a:graphicData"
            ' uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr txBox="1"/><wps:spPr>'
            '<a:xfrm><a:off x="0" y="0"/><a:ext cx="2000000" cy="500000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
            f"</wps:spPr><wps:txbx>{inside}</wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice"
            f">"
            f"<mc:Fallback><w:pict><v:shape"
            f' style="width:157pt;height:39pt"><v:textbox>{inside}</v:textbox></v:shape></w:pict></mc:Fallback>'
            "</mc:AlternateContent></w:r>"
        )
    )


def table(document: Document, rows: list[tuple[str, str]]) -> Any:
    """Add a table of two columns over the whole page, as sound as Word makes one."""
    section = document.sections[0]
    room = (section.page_width - section.left_margin - section.right_margin) // 635
    made = document.add_table(len(rows), 2, "Table Grid")
    properties = made._tbl.tblPr
    for name in ("tblCaption", "tblDescription"):
        mark = OxmlElement(f"w:{name}")
        mark.set(qn("w:val"), "Answers")
        properties.append(mark)
    widths = [room // 3, room - room // 3]
    for column, width in zip(made._tbl.tblGrid, widths, strict=True):
        column.set(qn("w:w"), str(width))
    for row, words in zip(made.rows, rows, strict=True):
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell, width, text in zip(row.cells, widths, words, strict=True):
            cell._tc.get_or_add_tcPr().get_or_add_tcW().set(qn("w:w"), str(width))
            cell.text = text
    document.add_paragraph()
    return made


def saved(document: Document) -> bytes:
    """Return a Word file's bytes."""
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def changed(data: bytes, **parts: bytes | None) -> bytes:
    """Return a Word file with parts replaced, added or (None) left out; a name has __ for its slash and _dot_ for its dot."""
    new = {name.replace("_dot_", ".").replace("__", "/"): part for name, part in parts.items()}
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(held, "w") as packed:
        for name in dict.fromkeys([*old.namelist(), *new]):
            part = new[name] if name in new else old.read(name)
            if part is not None:
                packed.writestr(name, part)
    return held.getvalue()


def area(folder: Path, form: Document | bytes, entry: str = ENTRY) -> Path:
    """Write an area's library that holds a form, and return its folder."""
    samples.written(folder / "area" / "templates", entry, "catalogue.yaml")
    (folder / "area" / "templates" / "forms").mkdir(exist_ok=True)
    (folder / "area" / "templates" / "forms" / "icb_case.docx").write_bytes(form if isinstance(form, bytes) else saved(form))
    return folder / "area"


def ready(folder: Path, form: Document | bytes, practice: str = samples.MINIMAL, *, final: bool = False, entry: str = ENTRY) -> Prepared:
    """Return a pack of the form alone, thought through."""
    path = samples.written(folder / "mine", practice)
    library = Library.of(path.parent, (area(folder, form, entry),))
    wanted = Wanted(frozenset({"icb_case"}), frozenset({"icb_case"} if final else ()))
    return prepare(load(path, library), library, samples.TODAY, wanted)


def parts(data: bytes) -> dict[str, bytes]:
    """Return the parts of a Word file."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def body(data: bytes, part: str = "word/document.xml") -> Any:
    """Return a part of a Word file as XML."""
    return etree.fromstring(parts(data)[part])


def words(element: Any) -> str:
    """Return the words of an element, a line feed for each break and after each paragraph that is not the last."""
    said = []
    for node in element.iter(f"{W}t", f"{W}br", f"{W}tab", f"{W}p"):
        said.append({"br": "\n", "tab": "\t", "p": "\n"}.get(etree.QName(node).localname, node.text or ""))
    return "".join(said).strip("\n")


def looks(element: Any) -> list[tuple[str, str]]:
    """Return (look, words) of the runs of an element, runs next to one another that look alike as one."""
    found: list[tuple[str, str]] = []
    for run in element.iter(f"{W}r"):
        properties = run.find(f"{W}rPr")
        look = "" if properties is None else " ".join(etree.QName(node).localname for node in properties)
        said = "".join(node.text or "" for node in run.iter(f"{W}t"))
        if said and found and found[-1][0] == look:
            found[-1] = (look, found[-1][1] + said)
        elif said:
            found.append((look, said))
    return found

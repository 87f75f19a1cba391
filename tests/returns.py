"""A form with a field of each kind, and the ways in which it comes back: from a file's bytes to those of the returned file."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium
from lxml import etree
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, BooleanObject, NameObject, TextStringObject

import pages
from migpack.fillable import IssuedForm, issued_forms
from migpack.markup import read
from migpack.model import Page
from migpack.write.word import WordWriter

CODE = "K7QF2M9X"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
Answers = Mapping[str, str]


def _row(number: int) -> str:
    name = f"sample.p-{number}"
    issued = "As issued,\nin two lines" if number == 3 else ""
    return f"""<tr><th scope="row">P-{number}</th><td><p>Do the thing numbered {number}</p></td>
<td><p><input type="checkbox" name="{name}.done" title="P-{number}: done"{" checked" if number == 2 else ""}></p>
<p class="small">Date<br>
<input type="text" class="date" name="{name}.on" title="P-{number}: date done" placeholder="Day month year"></p></td>
<td><textarea name="{name}.note" title="P-{number}: notes" rows="2">{issued}</textarea></td></tr>"""


def _log_row(number: int) -> str:
    cells = [f'<td><input type="text" name="sample.log-{number}.{part}" title="Row {number}: {part}"></td>' for part in ("who", "what")]
    return f"<tr>{''.join(cells)}</tr>"


BODY = f"""<h1>A form</h1><p>Name: <input type="text" name="sample.name" title="Your name" value="Siân Łódź"></p>
<table class="tasks"><colgroup><col style="width:10%"><col style="width:40%"><col style="width:25%"><col style="width:25%"></colgroup>
<thead><tr><th scope="col">No</th><th scope="col">What to do</th><th scope="col">Done</th><th scope="col">Notes</th></tr></thead>
<tbody>{"".join(map(_row, range(1, 5)))}</tbody></table>
<p>Fit: <select name="sample.fit" title="How it fits"><option value="">Choose one</option><option value="y" selected>Well</option>
<option value="n">Not at all</option></select></p>
<table class="log"><colgroup><col style="width:50%"><col style="width:50%"></colgroup>
<thead><tr><th scope="col">Who</th><th scope="col">What</th></tr></thead><tbody>{"".join(map(_log_row, range(1, 4)))}</tbody></table>
<p>Signed: <input type="text" class="signature" name="sample.sign" title="Signature of the manager"></p>"""


@cache
def form_page(body: str = BODY, *, left: str = "sample \N{MIDDLE DOT} Mill Lane Surgery (A99998)") -> Page:
    """Return the form as `render` makes it out."""
    made = pages.page(body, fillable=True, left=left)
    right = f"Issue 1 \N{MIDDLE DOT} {CODE[:4]}-{CODE[4:]}"
    said = "".join(
        f'<meta name="migpack-{name}" content="{value}">'
        for name, value in (("practice", "A99998"), ("version", "Issue 1"), ("code", CODE))
    )
    html = made.html.replace("<link", said + "<link", 1).replace('data-running-right="Issue 1"', f'data-running-right="{right}"')
    return dataclasses.replace(made, html=html, running=(left, right), code=CODE)


@cache
def pdf() -> bytes:
    """Return the form as a PDF."""
    return pages.printer().print(form_page()).data


@cache
def word() -> bytes:
    """Return the form as a Word file."""
    writer = WordWriter(lambda name: (pages.STYLES / name).read_bytes())
    return writer.write(form_page(), read(form_page().html, "sample")).data


@cache
def form() -> IssuedForm:
    """Return the form as it was issued."""
    return issued_forms([form_page()], [], "A99998", {})[CODE]


def issued() -> dict[str, str]:
    """Return what the fields were issued with."""
    return {field.name: field.value for field in form().fields}


def every_answer(form: IssuedForm) -> dict[str, str]:
    """Return an answer of its own to each field of a form, none of them what it was issued with."""
    said = {field.name: f"Answer {n} – ŵ =ł" + ("\nsecond line" if field.kind == "lines" else "") for n, field in enumerate(form.fields)}
    said |= {field.name: "no" if field.value == "yes" else "yes" for field in form.fields if field.kind == "tick"}
    choices = [field for field in form.fields if field.kind == "choice"]
    return said | {field.name: [value for value, _ in field.options if value not in ("", field.value)][-1] for field in choices}


# PDF: two libraries fill it in.


def by_pypdf(data: bytes, answers: Answers) -> bytes:
    """Fill in with pypdf, which writes the file anew."""
    return _by_pypdf(PdfWriter(clone_from=io.BytesIO(data)), answers)


def appended(data: bytes, answers: Answers) -> bytes:
    """Fill in as browsers do: what is new is appended to the file."""
    return _by_pypdf(PdfWriter(io.BytesIO(data), incremental=True), answers)


def _by_pypdf(writer: PdfWriter, answers: Answers) -> bytes:
    for sheet in writer.pages:
        for note in sheet.get("/Annots", ()):
            widget = note.get_object()
            value = answers.get(str(widget.get("/T")))
            if value is not None and widget["/FT"] == "/Btn":
                widget[NameObject("/V")] = widget[NameObject("/AS")] = NameObject("/on" if value == "yes" else "/Off")
            elif value is not None and widget["/FT"] != "/Sig":
                widget[NameObject("/V")] = TextStringObject(value)
    return _written(writer)


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def by_pikepdf(data: bytes, answers: Answers, **how: Any) -> bytes:
    """Fill in with pikepdf; carriage returns part the lines, as some viewers write them."""
    with pikepdf.open(io.BytesIO(data)) as document:
        for widget in document.Root.AcroForm.Fields:
            value = answers.get(str(widget.T))
            if value is not None and widget.FT == "/Btn":
                widget.V = widget.AS = pikepdf.Name.on if value == "yes" else pikepdf.Name.Off
            elif value is not None and widget.FT != "/Sig":
                widget.V = pikepdf.String(value.replace("\n", "\r"))
        return _saved(document, **how)


def _saved(document: pikepdf.Pdf, **how: Any) -> bytes:
    out = io.BytesIO()
    document.save(out, **how)
    return out.getvalue()


def packed(data: bytes) -> bytes:
    """Save as qpdf does, with objects packed into streams."""
    with pikepdf.open(io.BytesIO(data)) as document:
        return _saved(document, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True)


def by_chromium(data: bytes, answers: Answers) -> bytes:
    """Click and type as in Chromium's viewer, on the first sheet; a box that is named is clicked."""
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    form, sheet = document.formenv.raw, document[0]
    for name, value in answers.items():
        widget = fields_of(data)[name]
        left, bottom, right, top = (float(part) for part in widget["/Rect"])
        for act in (pdfium.FORM_OnMouseMove, pdfium.FORM_OnLButtonDown, pdfium.FORM_OnLButtonUp):
            act(form, sheet.raw, 0, (left + right) / 2, (bottom + top) / 2)
        if widget["/FT"] == "/Tx":
            held = f"{value}\0".encode("utf-16-le")
            pdfium.FORM_ReplaceSelection(form, sheet.raw, (pdfium.FPDF_WCHAR * (len(held) // 2)).from_buffer_copy(held))
        pdfium.FORM_ForceToKillFocus(form)
    out = io.BytesIO()
    document.save(out)
    sheet.close()
    document.close()
    return out.getvalue()


def by_pdfium(data: bytes) -> bytes:
    """Save as Chromium's viewer does."""
    document, out = pypdfium2.PdfDocument(data), io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def without_list(data: bytes) -> bytes:
    """Drop the form's list of fields and the file's properties, as macOS does: the fields on the sheets stay."""
    writer = PdfWriter(clone_from=io.BytesIO(data))
    writer.root_object["/AcroForm"][NameObject("/Fields")] = ArrayObject()
    del writer.root_object["/Metadata"]
    writer.metadata = {}
    return _written(writer)


def in_kids(data: bytes) -> bytes:
    """Make a tree of the field names, as some viewers do: the parts of a name stand in fields that hold one another."""
    with pikepdf.open(io.BytesIO(data)) as document:
        top = document.make_indirect(pikepdf.Dictionary(T=pikepdf.String("sample"), Kids=pikepdf.Array()))
        for widget in document.Root.AcroForm.Fields:
            value = document.make_indirect(pikepdf.Dictionary(Parent=top, T=pikepdf.String(str(widget.T).removeprefix("sample."))))
            for key in ("/FT", "/V", "/DV", "/Opt"):
                if key in widget:
                    value[key] = widget[key]
                    del widget[key]
            del widget["/T"]
            widget.Parent, value.Kids = value, pikepdf.Array([widget])
            top.Kids.append(value)
        document.Root.AcroForm.Fields = pikepdf.Array([top])
        return _saved(document)


def drawn_afresh(data: bytes) -> bytes:
    """Ask viewers to draw the fields, and leave out how they look."""
    writer = PdfWriter(clone_from=io.BytesIO(data))
    writer.root_object["/AcroForm"][NameObject("/NeedAppearances")] = BooleanObject(True)
    return _written(writer)


def printed_to_pdf(data: bytes, *, properties: bool) -> bytes:
    """Lose the fields, as 'print to PDF' does."""
    writer = PdfWriter(clone_from=io.BytesIO(data))
    del writer.root_object["/AcroForm"]
    for sheet in writer.pages:
        sheet[NameObject("/Annots")] = ArrayObject()
    if not properties:
        writer.metadata = {}
    return _written(writer)


PDF_WAYS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "packed": packed,
    "pdfium": by_pdfium,
    "without list": without_list,
    "in kids": in_kids,
    "drawn afresh": drawn_afresh,
}


def fields_of(data: bytes) -> dict[str, Any]:
    """Return the widgets of a PDF by their names."""
    notes = [note.get_object() for sheet in PdfReader(io.BytesIO(data)).pages for note in sheet.get("/Annots", ())]
    return {str(note["/T"]): note for note in notes if note["/Subtype"] == "/Widget"}


# Word: as it fills in its own content controls.


def by_word(data: bytes, answers: Answers) -> bytes:
    """Fill in the content controls of a Word file as Word does."""

    def fill(body: Any) -> None:
        for control in body.iter(f"{W}sdt"):
            name = control.find(f"{W}sdtPr/{W}tag").get(f"{W}val")
            if name in answers:
                _fill(control, answers[name])

    return changed(data, fill)


def _fill(control: Any, value: str) -> None:
    look, content = control.find(f"{W}sdtPr"), control.find(f"{W}sdtContent")
    for prompt in look.findall(f"{W}showingPlcHdr"):
        look.remove(prompt)
    if (box := look.find(f"{W14}checkbox")) is not None:
        box.find(f"{W14}checked").set(f"{W14}val", "1" if value == "yes" else "0")
        next(content.iter(f"{W}t")).text = "\N{BALLOT BOX WITH CHECK}" if value == "yes" else "\N{BALLOT BOX}"
        return
    shown = next((item.get(f"{W}displayText") for item in look.iter(f"{W}listItem") if item.get(f"{W}value") == value), value)
    content[:] = [run := etree.Element(f"{W}r")]
    for n, line in enumerate(shown.split("\n")):
        if n:
            etree.SubElement(run, f"{W}br")
        etree.SubElement(run, f"{W}t", {"{http://www.w3.org/XML/1998/namespace}space": "preserve"}).text = line


def changed(data: bytes, change: Callable[[Any], None], part: str = "word/document.xml") -> bytes:
    """Return an office file with a part of it changed as XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            held = old.read(name)
            if name == part:
                root = etree.fromstring(held)
                change(root)
                held = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
            new.writestr(name, held)
    return out.getvalue()


def without_names(data: bytes) -> bytes:
    """Drop what LibreOffice drops on saving: the names of all controls, the titles of some; prompts become words."""

    def drop(body: Any) -> None:
        for control in body.iter(f"{W}sdt"):
            look = control.find(f"{W}sdtPr")
            special = look.find(f"{W}date") is not None or look.find(f"{W14}checkbox") is not None
            for name in ("tag", *(("alias",) if special else ("showingPlcHdr",))):
                for mark in look.findall(f"{W}{name}"):
                    look.remove(mark)

    return changed(data, drop)


def part(data: bytes, name: str = "word/document.xml") -> bytes:
    """Return a part of an office file."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return packed.read(name)

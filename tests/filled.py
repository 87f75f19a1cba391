"""Fills forms as people do: a Word file's content controls by their tags, a PDF's fields by their names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lxml import etree
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
BODY = "word/document.xml"


def fill(path: Path, answers: Mapping[str, str], out: Path | None = None) -> Path:
    """Write answers into the fields of a Word or PDF form: 'yes' or 'no' for a box, the value for a choice; return the filled file."""
    data = path.read_bytes()
    out = out or path
    out.write_bytes(fill_word(data, answers) if path.suffix == ".docx" else fill_pdf(data, answers))
    return out


def fill_word(data: bytes, answers: Mapping[str, str]) -> bytes:
    parts = {name: zipfile.ZipFile(io.BytesIO(data)).read(name) for name in zipfile.ZipFile(io.BytesIO(data)).namelist()}
    root, left = etree.fromstring(parts[BODY]), dict(answers)
    for control in root.iter(f"{W}sdt"):
        look = control.find(f"{W}sdtPr")
        name = look.find(f"{W}tag").get(f"{W}val")
        if name in left:
            _set(look, control.find(f"{W}sdtContent"), left.pop(name))
    assert not left, left
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in (parts | {BODY: etree.tostring(root)}).items():
            new.writestr(name, part)
    return packed.getvalue()


def _set(look: etree._Element, content: etree._Element, value: str) -> None:
    box = look.find(f"{W14}checkbox")
    if box is not None:
        box.find(f"{W14}checked").set(f"{W14}val", "1" if value == "yes" else "0")
        return
    for shown in look.findall(f"{W}showingPlcHdr"):
        look.remove(shown)
    words = {item.get(f"{W}value"): item.get(f"{W}displayText") for item in look.iter(f"{W}listItem")}
    run = content.find(f"{W}r")
    for text in list(run):
        if text.tag != f"{W}rPr":
            run.remove(text)
    for number, line in enumerate(words.get(value, value).split("\n")):
        if number:
            etree.SubElement(run, f"{W}br")
        text = etree.SubElement(run, f"{W}t")
        text.text = line
        text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def fill_pdf(data: bytes, answers: Mapping[str, str]) -> bytes:
    writer, left = PdfWriter(clone_from=PdfReader(io.BytesIO(data))), dict(answers)
    for page in writer.pages:
        for note in page.get("/Annots", ()):
            field = note.get_object()
            name = str(field.get("/T", ""))
            if name in left:
                value = left.pop(name)
                if field["/FT"] == "/Btn":
                    state = NameObject("/on" if value == "yes" else "/Off")
                    field[NameObject("/V")] = field[NameObject("/AS")] = state
                else:
                    field[NameObject("/V")] = TextStringObject(value)
    assert not left, left
    packed = io.BytesIO()
    writer.write(packed)
    return packed.getvalue()

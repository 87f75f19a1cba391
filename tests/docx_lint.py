"""Our own lint of a Word file: damages that validators miss and readers suffer from. One line a fault, none for a sound file."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DC = "{http://purl.org/dc/elements/1.1/}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")


def lint(path: Path) -> list[str]:
    """Return the faults of a .docx."""
    with zipfile.ZipFile(path) as held:
        parts = {name: etree.fromstring(held.read(name)) for name in held.namelist() if name.endswith(".xml")}
    return [fault for check in CHECKS for fault in check(parts)]


Parts = dict[str, "etree._Element"]


def _value(element: etree._Element | None, name: str = "val") -> str:
    return "" if element is None else str(element.get(f"{W}{name}", ""))


def _cells(parts: Parts) -> Iterator[str]:
    for cell in parts["word/document.xml"].iter(f"{W}tc"):
        inner = [child for child in cell if child.tag != f"{W}tcPr"]
        if not inner or inner[-1].tag != f"{W}p":
            yield "a cell does not end with a paragraph"


def _grids(parts: Parts) -> Iterator[str]:
    for table in parts["word/document.xml"].iter(f"{W}tbl"):
        columns = [int(_value(column, "w")) for column in table.findall(f"{W}tblGrid/{W}gridCol")]
        for row in table.findall(f"{W}tr"):
            spans = [int(_value(cell.find(f"{W}tcPr/{W}gridSpan")) or 1) for cell in row.findall(f"{W}tc")]
            if sum(spans) != len(columns):
                yield f"a row spans {sum(spans)} of {len(columns)} columns"
        section = next(parts["word/document.xml"].iter(f"{W}sectPr"))
        size, margins = section.find(f"{W}pgSz"), section.find(f"{W}pgMar")
        room = int(_value(size, "w")) - int(_value(margins, "left")) - int(_value(margins, "right"))
        if sum(columns) > room + 20:
            yield f"a table is {sum(columns)} twips wide on a page with room for {room}"


def _heads(parts: Parts) -> Iterator[str]:
    for table in parts["word/document.xml"].iter(f"{W}tbl"):
        rows = table.findall(f"{W}tr")
        if (
            not any(row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows)
            and _value(table.find(f"{W}tblPr/{W}tblStyle")) != "HouseFacts"
        ):
            yield "a table has no header row that repeats"
        if table.find(f"{W}tblPr/{W}tblDescription") is None and table.find(f"{W}tblPr/{W}tblCaption") is None:
            yield "a table is not described"
        if any(row.find(f"{W}trPr/{W}cantSplit") is None for row in rows):
            yield "a row may split over pages"


def _controls(parts: Parts) -> Iterator[str]:
    for name in ("id", "tag"):
        found = Counter(_value(node) for node in parts["word/document.xml"].iter(f"{W}sdtPr") for node in node.findall(f"{W}{name}"))
        yield from (f"the control {name} '{value}' stands {count} times" for value, count in found.items() if count > 1)


def _fields(parts: Parts) -> Iterator[str]:
    for name, part in parts.items():
        kinds = Counter(_value(mark, "fldCharType") for mark in part.iter(f"{W}fldChar"))
        if kinds["begin"] != kinds["end"]:
            yield f"{name} has {kinds['begin']} field beginnings and {kinds['end']} ends"


def _styles(parts: Parts) -> Iterator[str]:
    known = {_value(style, "styleId") for style in parts["word/styles.xml"].iter(f"{W}style")}
    for name, part in parts.items():
        for use in part.iter(f"{W}pStyle", f"{W}rStyle", f"{W}tblStyle"):
            if _value(use) not in known:
                yield f"{name} uses the unknown style '{_value(use)}'"


def _languages(parts: Parts) -> Iterator[str]:
    for name, part in parts.items():
        for language in part.iter(f"{W}lang"):
            for value in language.attrib.values():
                if not LANGUAGE.fullmatch(str(value)):
                    yield f"{name} has the language '{value!s}'"
    if _value(parts["word/styles.xml"].find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")) != "en-GB":
        yield "the default language is not en-GB"


def _headings(parts: Parts) -> Iterator[str]:
    styles = [_value(style) for style in parts["word/document.xml"].iter(f"{W}pStyle")]
    levels = [1 if style == "Title" else int(style[-1]) for style in styles if style == "Title" or re.fullmatch(r"Heading\d", style)]
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"


def _properties(parts: Parts) -> Iterator[str]:
    core = parts["docProps/core.xml"]
    for name in ("title", "language", "creator"):
        if not (core.findtext(f"{DC}{name}") or "").strip():
            yield f"the document has no {name}"


def _pictures(parts: Parts) -> Iterator[str]:
    for picture in parts["word/document.xml"].iter(f"{WP}docPr"):
        if not picture.get("descr"):
            yield "a picture has no words"


CHECKS: tuple[Callable[[Parts], Iterator[str]], ...] = (
    _cells, _grids, _heads, _controls, _fields, _styles, _languages, _headings, _properties, _pictures,
)  # fmt: skip

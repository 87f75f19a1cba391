"""Our own lint of a Word file: damages that validators miss and readers suffer from. One line a fault, none for a sound file.

tests/test_word.py breaks a sound file in each of these ways and sees that the lint says so.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import IO

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
DC = "{http://purl.org/dc/elements/1.1/}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
BODY = "word/document.xml"
MOST_WORDS = 64  # Word takes no longer title or tag of a content control

Parts = Mapping[str, "etree._Element"]


def lint(file: Path | IO[bytes]) -> list[str]:
    """Return the faults of a .docx."""
    with zipfile.ZipFile(file) as held:
        parts = {name: etree.fromstring(held.read(name)) for name in held.namelist() if name.endswith((".xml", ".rels"))}
    return [fault for check in CHECKS for fault in check(parts)]


def _value(element: etree._Element | None, name: str = "val") -> str:
    return "" if element is None else str(element.get(f"{W}{name}", ""))


def _tables(parts: Parts) -> Iterator[etree._Element]:
    return parts[BODY].iter(f"{W}tbl")


def _cells(parts: Parts) -> Iterator[str]:
    for cell in parts[BODY].iter(f"{W}tc"):
        if cell[-1].tag != f"{W}p":
            yield "a cell does not end with a paragraph"


def _between_tables(parts: Parts) -> Iterator[str]:
    for table in _tables(parts):
        following = table.getnext()
        if following is None or following.tag != f"{W}p":
            yield "no paragraph stands after a table"


def _grids(parts: Parts) -> Iterator[str]:
    size, margins = (next(parts[BODY].iter(f"{W}{name}")) for name in ("pgSz", "pgMar"))
    room = int(_value(size, "w")) - int(_value(margins, "left")) - int(_value(margins, "right"))
    for table in _tables(parts):
        columns = [int(_value(column, "w")) for column in table.findall(f"{W}tblGrid/{W}gridCol")]
        if abs(sum(columns) - room) > 20:
            yield f"a table is {sum(columns)} twips wide on a page with room for {room}"
        for row in table.findall(f"{W}tr"):
            yield from _row(row, columns)


def _row(row: etree._Element, columns: list[int]) -> Iterator[str]:
    at = 0
    for cell in row.findall(f"{W}tc"):
        span = int(_value(cell.find(f"{W}tcPr/{W}gridSpan")) or 1)
        if int(_value(cell.find(f"{W}tcPr/{W}tcW"), "w")) != sum(columns[at : at + span]):
            yield "a cell is not as wide as its columns"
        at += span
    if at != len(columns):
        yield f"a row spans {at} of {len(columns)} columns"


def _heads(parts: Parts) -> Iterator[str]:
    for table in _tables(parts):
        for row in table.findall(f"{W}tr"):
            head = any(_value(style) == "TableHead" for style in row.iter(f"{W}pStyle"))
            if head and row.find(f"{W}trPr/{W}tblHeader") is None:
                yield "a header row does not repeat"
            if row.find(f"{W}trPr/{W}cantSplit") is None:
                yield "a row may split over pages"
        for name in ("tblCaption", "tblDescription"):
            if not _value(table.find(f"{W}tblPr/{W}{name}")):
                yield f"a table has no {name}"


def _controls(parts: Parts) -> Iterator[str]:
    held = [properties for part in parts.values() for properties in part.iter(f"{W}sdtPr")]
    for name in ("id", "tag"):
        found = Counter(_value(node) for properties in held for node in properties.findall(f"{W}{name}"))
        yield from (f"the control {name} '{value}' stands {count} times" for value, count in found.items() if count > 1)
    for properties in held:
        for name in ("alias", "tag"):
            if not 0 < len(_value(properties.find(f"{W}{name}"))) <= MOST_WORDS:
                yield f"a control has no {name}, or a longer one than Word takes"


def _fields(parts: Parts) -> Iterator[str]:
    for name, part in parts.items():
        for paragraph in part.iter(f"{W}p"):
            marks = [_value(mark, "fldCharType") for mark in paragraph.iter(f"{W}fldChar")]
            if marks != ["begin", "separate", "end"] * (len(marks) // 3):
                yield f"{name} has a field that does not begin, part and end in turn: {marks}"


def _styles(parts: Parts) -> Iterator[str]:
    known = {_value(style, "styleId") for style in parts["word/styles.xml"].iter(f"{W}style")}
    for name, part in parts.items():
        for use in part.iter(*(f"{W}{tag}" for tag in ("pStyle", "rStyle", "tblStyle", "basedOn", "next"))):
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
    styles = [_value(style) for style in parts[BODY].iter(f"{W}pStyle")]
    levels = [int(style[-1]) for style in styles if re.fullmatch(r"Heading\d", style)]
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"


def _properties(parts: Parts) -> Iterator[str]:
    core = parts["docProps/core.xml"]
    for name in ("title", "language", "creator"):
        if not (core.findtext(f"{DC}{name}") or "").strip():
            yield f"the document has no {name}"


def _pictures(parts: Parts) -> Iterator[str]:
    for picture in parts[BODY].iter(f"{WP}docPr"):
        if not picture.get("descr"):
            yield "a picture has no words"


def _targets(parts: Parts) -> Iterator[str]:
    places = {_value(mark, "name") for mark in parts[BODY].iter(f"{W}bookmarkStart")}
    relations = {relation.get("Id") for relation in parts["word/_rels/document.xml.rels"]}
    for node in parts[BODY].iter():
        if (anchor := _value(node, "anchor")) and anchor not in places:
            yield f"a link leads to '{anchor}', which is nowhere"
        for name, value in node.attrib.items():
            if str(name).startswith(R) and value not in relations:
                yield f"the relationship {value!s} is missing"


CHECKS: tuple[Callable[[Parts], Iterator[str]], ...] = (
    _cells, _between_tables, _grids, _heads, _controls, _fields, _styles, _languages, _headings, _properties, _pictures, _targets,
)  # fmt: skip

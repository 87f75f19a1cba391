"""The parts of an area's Word form → the same parts with what identifies the document in the core and custom properties.

Properties of the form's own stay; the file gets the parts for properties where it has none.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from lxml import etree

from migpack.forms import WordForm
from migpack.practice import Practice
from migpack.slots import read_xml
from migpack.vocabulary import printable

_RELATIONS, _TYPES = "_rels/.rels", "[Content_Types].xml"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/"
_CORE_RELATION = f"{_PACKAGE}relationships/metadata/core-properties"
_CUSTOM_RELATION = f"{_OFFICE}relationships/custom-properties"
_CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
_CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CP, _DC = f"{{{_PACKAGE}metadata/core-properties}}", "{http://purl.org/dc/elements/1.1/}"
_CUSTOM, _VT = f"{{{_OFFICE}custom-properties}}", f"{{{_OFFICE}docPropsVTypes}}"
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
_FIRST_ID = 2  # 0 and 1 are Word's
_MOST = 255  # characters that Word takes in a property


def say_what_it_is(parts: Mapping[str, bytes], form: WordForm, practice: Practice) -> dict[str, bytes]:
    """Return the parts with title, author, document, practice and version in the properties."""
    made = dict(parts)
    core = _ensured(made, _CORE_RELATION, _CORE_TYPE, "docProps/core.xml", f"{_CP}coreProperties", {"cp": _CP[1:-1], "dc": _DC[1:-1]})
    root = read_xml(made[core])
    _set(root, f"{_DC}title", f"{form.document.title} \N{EN DASH} {practice.name}")
    _set(root, f"{_DC}creator", practice.name)
    _set(root, f"{_CP}lastModifiedBy", practice.name)
    if not (root.findtext(f"{_DC}language") or "").strip():
        _set(root, f"{_DC}language", "en-GB")
    made[core] = part_bytes(root)
    custom = _ensured(
        made, _CUSTOM_RELATION, _CUSTOM_TYPE, "docProps/custom.xml", f"{_CUSTOM}Properties", {None: _CUSTOM[1:-1], "vt": _VT[1:-1]}
    )
    root = read_xml(made[custom])
    said = {"migpack-document": form.document.id, "migpack-practice": practice.ods_code, "migpack-version": form.version}
    for old in [node for node in root if node.get("name") in said]:
        root.remove(old)
    for name, value in said.items():
        free = max([_FIRST_ID - 1, *(int(node.get("pid", "0")) for node in root)]) + 1
        entry = etree.SubElement(root, f"{_CUSTOM}property", fmtid=_FORMAT_ID, pid=str(free), name=name)
        etree.SubElement(entry, f"{_VT}lpwstr").text = printable(value)
    made[custom] = part_bytes(root)
    return made


def _set(root: Any, tag: str, words: str) -> None:
    node = root.find(tag)
    node = etree.SubElement(root, tag) if node is None else node
    node.text = printable(words)[:_MOST]


def _ensured(parts: dict[str, bytes], relation: str, kind: str, usual: str, tag: str, names: Mapping[str | None, str]) -> str:
    """Return the name of the part that a relation of the package leads to; one that is missing is made, empty."""
    relations = read_xml(parts[_RELATIONS])
    for node in relations:
        if node.get("Type") == relation and (found := posixpath.normpath(str(node.get("Target", "")).lstrip("/"))) in parts:
            return found
    taken = {node.get("Id") for node in relations}
    free = next(f"rId{n}" for n in range(1, len(taken) + 2) if f"rId{n}" not in taken)
    etree.SubElement(relations, f"{{{_PACKAGE}relationships}}Relationship", Id=free, Type=relation, Target=usual)
    types = read_xml(parts[_TYPES])
    for old in [node for node in types if node.get("PartName") == f"/{usual}"]:
        types.remove(old)
    etree.SubElement(types, f"{{{_PACKAGE}content-types}}Override", PartName=f"/{usual}", ContentType=kind)
    parts |= {_RELATIONS: part_bytes(relations), _TYPES: part_bytes(types), usual: part_bytes(etree.Element(tag, nsmap=dict(names)))}
    return usual


def part_bytes(root: Any) -> bytes:
    """Return a part of a Word file."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))

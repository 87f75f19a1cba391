"""The words and the fields of a Word file as a reader meets them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"


def body(path: Path) -> etree._Element:
    """Return the body of a .docx."""
    with zipfile.ZipFile(path) as held:
        found = etree.fromstring(held.read("word/document.xml")).find(f"{W}body")
    assert found is not None
    return found


def words(path: Path) -> str:
    """Return the words of the body in order; what stands in content controls is a field, not words."""
    parts: list[str] = []
    for paragraph in body(path).iter(f"{W}p"):
        for node in paragraph.iter(f"{W}t", f"{W}br", f"{W}tab", f"{W}noBreakHyphen"):
            if any(above.tag == f"{W}sdt" for above in node.iterancestors()):
                continue
            parts.append((node.text or "") if node.tag == f"{W}t" else "-" if node.tag == f"{W}noBreakHyphen" else " ")
        parts.append(" ")
    return "".join(parts)


def fields(path: Path) -> dict[str, str]:
    """Return the value of every content control by its tag: '' for an untouched one, 'on' for a tick."""
    found: dict[str, str] = {}
    for control in body(path).iter(f"{W}sdt"):
        properties = control.find(f"{W}sdtPr")
        assert properties is not None
        tag = properties.find(f"{W}tag")
        assert tag is not None
        checked = properties.find(f"{W14}checkbox/{W14}checked")
        text = "".join(node.text or "" for node in control.iter(f"{W}t"))
        if checked is not None:
            text = "on" if checked.get(f"{W14}val") == "1" else ""
        elif properties.find(f"{W}showingPlcHdr") is not None:
            text = ""
        found[str(tag.get(f"{W}val"))] = text
    return found

"""The bytes of a returned Word file → the fields that stand in it, and what the file says of itself.

A field is a content control that bears its name. Never resolves an entity, follows a link or unpacks to disk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from migpack.collect.guard import parse, unpack
from migpack.collect.returned import Found, Identity, Unreadable
from migpack.collect.words import foot_identity, normal
from migpack.fillable import IssuedForm

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_BODY, _PROPERTIES = "word/document.xml", "docProps/custom.xml"
_FOOT = re.compile(r"word/footer\d*\.xml")
_NAMES = ("practice", "document", "version", "code")
_OLE = b"\xd0\xcf\x11\xe0"


def read_word(data: bytes, forms: Mapping[str, IssuedForm]) -> Found:
    """Return what stands in a Word form.

    Args:
        data: the file.
        forms: the forms that were issued, by their codes.

    Raises:
        Unreadable: it is damaged, protected, or no Word file.
    """
    if data.startswith(_OLE):
        raise Unreadable(
            "the Word file has a password, or is an old .doc \N{EM DASH} save it as a .docx without a password and send it again"
        )
    parts = unpack(data, "Word file")
    if _BODY not in parts:
        raise Unreadable("this is no Word file \N{EM DASH} send the form as it was saved in Word")
    identity = _identity(parts)
    form = _issued(identity, forms)
    values = {}
    for control in parse(parts[_BODY]).iter(f"{_W}sdt"):
        name = _property(control, "tag")
        if name:
            prompt = next((field.prompt for field in form.fields if field.name == name), "") if form else ""
            values[name] = _value(control, prompt)
    return Found("word", identity, values)


def _issued(identity: Identity, forms: Mapping[str, IssuedForm]) -> IssuedForm | None:
    """Return the form that the file says it is: by its code, else the newest of its document."""
    if identity.code in forms:
        return forms[identity.code]
    return next((form for form in reversed(tuple(forms.values())) if form.document == identity.document), None)


def _property(control: Any, name: str) -> str:
    node = control.find(f"{_W}sdtPr/{_W}{name}")
    return str(node.get(f"{_W}val", "")) if node is not None else ""


def _value(control: Any, prompt: str) -> str:
    look = control.find(f"{_W}sdtPr")
    box = look.find(f"{_W14}checkbox")
    if box is not None:
        state = box.find(f"{_W14}checked")
        return "yes" if state is not None and state.get(f"{_W14}val", "1") in ("1", "true", "on") else "no"
    if look.find(f"{_W}showingPlcHdr") is not None:
        return ""
    content = control.find(f"{_W}sdtContent")
    shown = normal(_words(content)) if content is not None else ""
    if shown == normal(prompt):
        return ""
    choices = (node for kind in ("dropDownList", "comboBox") for node in look.iter(f"{_W}{kind}"))
    items = [(node.get(f"{_W}displayText"), node.get(f"{_W}value", "")) for choice in choices for node in choice.iter(f"{_W}listItem")]
    return next((normal(value) for words, value in items if normal(words or value) == shown), shown)


def _words(element: Any) -> str:
    """Return the words of an element as they are seen: what was deleted under review is gone; a paragraph ends with a line feed."""
    said = []
    for node in element.iter():
        if node.tag == f"{_W}t" and next(node.iterancestors(f"{_W}del", f"{_W}moveFrom"), None) is None:
            said.append(node.text or "")
        elif node.tag in (f"{_W}br", f"{_W}cr"):
            said.append("\n")
        elif node.tag == f"{_W}tab" and node.getparent().tag == f"{_W}r":
            said.append("\t")
        elif node.tag == f"{_W}noBreakHyphen":
            said.append("-")
        elif node.tag == f"{_W}p" and said:
            said.append("\n")
    return "".join(said)


def _identity(parts: Mapping[str, bytes]) -> Identity:
    """Return what the file's properties say of it, else what its running foot does."""
    said = {}
    for node in parse(parts[_PROPERTIES]) if _PROPERTIES in parts else ():
        said[str(node.get("name"))] = normal("".join(node.itertext()))
    told = {name: said.get(f"migpack-{name}", "") for name in _NAMES}
    if told["code"] or told["document"]:
        return Identity(**told)
    feet = (foot_identity(_words(parse(part))) for name, part in parts.items() if _FOOT.fullmatch(name))
    return next((foot for foot in feet if foot.code), Identity())

"""The bytes of a returned Word file → the fields that stand in it, what people added beside them, and what the file says of itself.

A field is a content control that bears its name. Where a program has dropped the names (LibreOffice does), the controls are matched
with the form as it was issued, row by row. Never resolves an entity, follows a link or unpacks to disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from migpack.collect.guard import parse, unpack
from migpack.collect.returned import Flattened, Found, Identity, NoForm, Unreadable
from migpack.collect.word_rows import Row, added, by_row, read_rows, seen_words
from migpack.collect.words import foot_identity, normal, saved_on
from migpack.fillable import IssuedForm

_BODY, _COMMENTS, _PROPERTIES = "word/document.xml", "word/comments.xml", "docProps/custom.xml"
_AUTHOR = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}author"
_FOOT = re.compile(r"word/footer\d*\.xml")
_NAMES = ("practice", "document", "version", "code")
_OLE = b"\xd0\xcf\x11\xe0"


def read_word(data: bytes, forms: Mapping[str, IssuedForm]) -> Found:
    """Return what stands in a Word form.

    Args:
        data: the file.
        forms: the forms that were issued, by their codes.

    Raises:
        Flattened: the form has lost its fields.
        NoForm: the file has no fields that bear names and says nothing of a form.
        Unreadable: it is damaged, protected, or no Word file.
    """
    if data.startswith(_OLE):
        raise Unreadable("the Word file has a password, or is an old .doc \N{EM DASH} save it as a .docx without a password and send that")
    parts = unpack(data, "Word file")
    if _BODY not in parts:
        raise Unreadable("this is no Word file \N{EM DASH} send the form as it was saved in Word")
    identity = _identity(parts)
    form = _issued(identity, forms)
    rows = read_rows(parse(parts[_BODY]))
    values, said = _values(rows, form, identity)
    return Found(
        "word",
        identity,
        values,
        notes=(*(added(rows, form) if form else ()), *_comments(parts)),
        saved_on=saved_on(parts),
        said=said,
    )


def _comments(parts: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what people wrote as comments."""
    for comment in parse(parts[_COMMENTS]) if _COMMENTS in parts else ():
        if words := " ".join(seen_words(comment).split()):
            yield f"Comment by {normal(str(comment.get(_AUTHOR, ''))) or 'somebody'}: {words}"


def _issued(identity: Identity, forms: Mapping[str, IssuedForm]) -> IssuedForm | None:
    """Return the form that the file says it is: by its code, else the newest of its document."""
    if identity.code in forms:
        return forms[identity.code]
    return next((form for form in reversed(tuple(forms.values())) if form.document == identity.document), None)


def _values(rows: tuple[Row, ...], form: IssuedForm | None, identity: Identity) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the values by field name, and what is to be said of the fields that could not be found."""
    controls = [control for row in rows for control in row.controls]
    named = [control for control in controls if control.name]
    if not controls and (identity.code or identity.document):
        what = "the form has lost its fields, as it does in programs that know none (Google Docs, Pages)"
        raise Flattened(f"{what} \N{EM DASH} fill it in with Word or LibreOffice, or use the PDF", identity)
    if not named and identity == Identity():
        what = "the Word file has no fields of ours, and nothing in it says which form it is"
        raise NoForm(f"{what} \N{EM DASH} send back the form itself, as it was saved")
    if not named and form is None:
        what = "the fields of the Word file have lost their names, and no form that was issued is known to match them"
        raise Unreadable(f"{what} \N{EM DASH} send the file as Word saved it, or put the pack's forms.json back")
    prompts = {field.name: field.prompt for field in form.fields} if form else {}
    if named:
        return {control.name: control.value(prompts.get(control.name, "")) for control in reversed(named)}, ()
    assert form is not None
    found = by_row(rows, form)
    lost = len(form.fields) - len(found)
    said = (
        (f"{lost} of {len(form.fields)} fields could not be found in the file: the rows that they stand in have changed.",) if lost else ()
    )
    return {name: control.value(prompts[name]) for name, control in found.items()}, said


def _identity(parts: Mapping[str, bytes]) -> Identity:
    """Return what the file's properties say of it, else what its running foot does."""
    said = {}
    for node in parse(parts[_PROPERTIES]) if _PROPERTIES in parts else ():
        said[str(node.get("name"))] = normal("".join(node.itertext()))
    told = {name: said.get(f"migpack-{name}", "") for name in _NAMES}
    if told["code"] or told["document"]:
        return Identity(**told)
    feet = (foot_identity(seen_words(parse(part))) for name, part in parts.items() if _FOOT.fullmatch(name))
    return next((foot for foot in feet if foot.code), Identity())

"""The forms of a pack as they were issued: forms.json, beside manifest.json, so that what comes back can be read against it.

A form is known by its code, which stands at the foot of every sheet. The entry says which fields it had, what each was issued with,
and where each stands on the printed sheets. Entries of earlier builds stay, since their sheets are still on desks: of drafts the
last few of a document, of issued forms all. Lengths are millimetres from the upper left corner of the sheet.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migpack import blocks
from migpack.markup import read
from migpack.model import Artefact, Page, Spot
from migpack.problems import Place, mistake

NAME = "forms.json"
KEPT_DRAFTS = 5  # of a document, besides the newest
_ROW_WORDS = 80


@dataclass(frozen=True)
class IssuedField:
    """A field as it was issued: its kind, label and value ('yes' for a ticked box, else its words), and what stands in its row.

    `row` holds the first words of the table row or paragraph in which the field stands, without its answers: in a list, its number.
    """

    name: str
    kind: blocks.FieldKind
    title: str
    value: str
    prompt: str
    look: str
    row: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class IssuedForm:
    """A document to fill in, in one version.

    `sheets` gives for each way in which it is printed, 'A' on its own and 'B' in the print pack, where its fields stand. `still` are
    the first words of the rows without fields, in tables that have fields: any other row was added by a person.
    """

    code: str
    document: str
    title: str
    version: str
    draft: bool
    practice: str
    holds_patient_data: bool
    fields: tuple[IssuedField, ...]
    sheets: Mapping[str, Mapping[str, Spot]]
    still: tuple[str, ...] = ()

    def field(self, name: str) -> IssuedField | None:
        """Return the field with this name."""
        return next((field for field in self.fields if field.name == name), None)


def issued_forms(
    pages: Iterable[Page],
    artefacts: Iterable[Artefact],
    practice: str,
    earlier: Mapping[str, IssuedForm],
    others: Iterable[IssuedForm] = (),
) -> dict[str, IssuedForm]:
    """Return the forms of this build, and those of earlier ones that are kept, by their codes.

    Args:
        pages: the pages of this build.
        artefacts: its files; those that are reused have their spots in `earlier`.
        practice: the ODS code.
        earlier: what forms.json of the last build holds.
        others: forms that are no pages.
    """
    spots = _spots(artefacts)
    made = {form.code: form for form in others}
    for page in pages:
        if page.code:
            known = earlier.get(page.code)
            sheets = dict(known.sheets if known else {}) | spots.get(page.document.id, {})
            in_order = dict(sorted(sheets.items()))  # files are made in any order
            made[page.code] = dataclasses.replace(known or issued_form(page, practice), sheets=in_order)
    return {**_kept(earlier, made), **made}


def issued_form(page: Page, practice: str) -> IssuedForm:
    """Return the form that a page is, for a practice's ODS code."""
    tree = read(page.html, page.document.id)
    spec = page.document.spec
    fields = tuple(_fields(tree.blocks))
    still = tuple(_still(tree.blocks))
    return IssuedForm(
        page.code, page.document.id, page.document.title, page.version, page.draft, practice, spec.holds_patient_data, fields, {}, still
    )


def _spots(artefacts: Iterable[Artefact]) -> dict[str, dict[str, dict[str, Spot]]]:
    """Return document id → 'A' or 'B' → field name → spot."""
    found: dict[str, dict[str, dict[str, Spot]]] = {}
    for artefact in artefacts:
        for key, spot in artefact.spots.items():
            document, _, name = key.partition("/")
            way = "A" if document == artefact.document else "B"
            found.setdefault(document, {}).setdefault(way, {})[name] = spot
    return found


def _kept(earlier: Mapping[str, IssuedForm], made: Mapping[str, IssuedForm]) -> dict[str, IssuedForm]:
    kept: dict[str, IssuedForm] = {}
    drafts: dict[str, int] = {}
    for code, form in reversed(tuple(earlier.items())):
        if code not in made:
            drafts[form.document] = drafts.get(form.document, 0) + form.draft
            if not form.draft or drafts[form.document] <= KEPT_DRAFTS:
                kept[code] = form
    return dict(reversed(tuple(kept.items())))


def _fields(tree: tuple[blocks.Block, ...]) -> Iterable[IssuedField]:
    for block in tree:
        if isinstance(block, blocks.Table):
            for row in (*block.head, *block.body):
                cells = tuple(inner for cell in row.cells for inner in cell.blocks)
                yield from _fields_of_row(cells)
        elif isinstance(block, blocks.Group):
            yield from _fields(block.blocks)
        elif isinstance(block, blocks.List):
            for item in block.items:
                yield from _fields_of_row(item.blocks)
        else:
            yield from _fields_of_row((block,))


def _still(tree: tuple[blocks.Block, ...]) -> Iterable[str]:
    for table in (block for block in blocks.walk(tree) if isinstance(block, blocks.Table)):
        rows = [tuple(inner for cell in row.cells for inner in cell.blocks) for row in (*table.head, *table.body)]
        if any(_in(row) for row in rows):
            yield from (row_words(_plain_words(row)) for row in rows if not _in(row))


def _in(row: tuple[blocks.Block, ...]) -> list[blocks.Field]:
    return [node for node in blocks.walk(row) if isinstance(node, blocks.Field)]


def _plain_words(row: tuple[blocks.Block, ...]) -> str:
    return " ".join(blocks.plain(block.content) for block in blocks.walk(row) if isinstance(block, blocks.Heading | blocks.Paragraph))


def row_words(words: str) -> str:
    """Return the first words of a row, by which it is known again."""
    return " ".join(words.split())[:_ROW_WORDS]


def _fields_of_row(row: tuple[blocks.Block, ...]) -> Iterable[IssuedField]:
    words = row_words(_plain_words(row))
    for field in _in(row):
        value = ("yes" if field.value else "no") if field.kind == "tick" else field.value
        options = tuple((option.value, option.text) for option in field.options)
        yield IssuedField(field.name, field.kind, field.title, value, field.prompt, field.look, words, options)


def write_forms(forms: Mapping[str, IssuedForm]) -> bytes:
    """Return forms.json."""
    held = {code: _plain(form) for code, form in forms.items()}
    return (json.dumps(held, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _plain(form: IssuedForm) -> dict[str, Any]:
    sheets = {
        way: {name: [spot.sheet, *(round(part, 2) for part in dataclasses.astuple(spot)[1:])] for name, spot in spots.items()}
        for way, spots in form.sheets.items()
    }
    fields = [list(dataclasses.astuple(field)) for field in form.fields]
    return {**{f.name: getattr(form, f.name) for f in dataclasses.fields(form)}, "fields": fields, "sheets": sheets}


def read_forms(folder: Path, name: str = NAME) -> Mapping[str, IssuedForm]:
    """Return what forms.json in a pack's folder holds, or such a file of another name; nothing where there is none.

    Raises:
        Mistakes: the file cannot be read.
    """
    path = folder / name
    if not path.is_file():
        return {}
    try:
        return {code: _read_form(held) for code, held in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise mistake(Place(str(path)), "the list of issued forms cannot be read", "put the file back as it was") from None


def _read_form(held: dict[str, Any]) -> IssuedForm:
    fields = tuple(_read_field(*part) for part in held["fields"])
    sheets = {way: {name: Spot(*spot) for name, spot in spots.items()} for way, spots in held["sheets"].items()}
    return IssuedForm(**{**held, "fields": fields, "sheets": sheets, "still": tuple(held.get("still", ()))})


def _read_field(*held: Any) -> IssuedField:
    name, kind, title, value, prompt, look, row, options = held
    return IssuedField(name, kind, title, value, prompt, look, row, tuple((one, words) for one, words in options))

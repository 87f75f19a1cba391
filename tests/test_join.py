"""The print pack: every document in one accessible file, none of it live, its links and numbers each document's own."""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import page as judge
from pypdf import PdfReader

from migpack.model import Artefact, Page
from migpack.write.join import join
from pages import page, printer

IDS = ("checklist.practice_staff", "letter.large_print", "timeline")


def part(name: str, lines: int) -> str:
    """The body of a document: ids and links as every other document has them, a drawing, and fields of each kind."""
    return f"""<h1 id="top">{name}</h1><p><a href="#end">To the end of {name}</a></p>
<svg class="timeline" viewBox="0 0 100 10" xmlns="http://www.w3.org/2000/svg"><title>Picture</title><defs><linearGradient id="shade">
<stop offset="0" stop-color="#d5281b"/><stop offset="1" stop-color="#d5281b"/></linearGradient></defs>
<rect width="100" height="10" fill="url(#shade)"/></svg>
<p><input type="checkbox" name="same.done" title="Done" checked> Done
<input type="text" name="same.name" title="Name" value="Ann of {name}"></p>
<p><select name="same.fit" title="Fit"><option value="">Choose one</option><option value="y">Fits well</option>
<option value="n">Does not fit</option></select>
<select name="same.paid" title="Paid by"><option value="">Choose one</option><option value="icb" selected>Paid by the ICB</option>
<option value="us">Paid by the practice</option></select></p>
<p><textarea name="same.why" title="Why" rows="1">{"Because of the winter. " * 20}LASTWORD</textarea></p>
{"<p>Some words.</p>" * lines}<h2 id="end">End of {name}</h2><p><a href="#top">To the top of {name}</a></p>"""


DOCUMENTS = (
    page(part("Checklist", 60), IDS[0], classes="staff fillable draft", fillable=True),
    page(part("Letter", 3), IDS[1], classes="patients style-large_print"),
    page(part("Wall", 0), IDS[2], classes="staff paper-a3_landscape"),
)


def contents() -> Page:
    rows = "".join(f'<tr><th scope="row" id="title.{id}">{id}</th><td id="pages.{id}"></td><td id="first.{id}"></td></tr>' for id in IDS)
    columns = '<col style="width:60%"><col style="width:20%"><col style="width:20%">'
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Document", "Pages", "Pack page"))
    table = f'<table class="grid"><colgroup>{columns}</colgroup><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    return page(f"<h1>Print pack</h1>{table}", "print_pack")


@cache
def joined() -> Artefact:
    return join(printer(), contents(), DOCUMENTS)


@cache
def reader() -> PdfReader:
    return PdfReader(io.BytesIO(joined().data))


@cache
def spans() -> dict[str, tuple[int, int]]:
    """The first and last sheet of each document, from 0, as the feet of the sheets tell it."""
    starts = [n for n, sheet in enumerate(reader().pages) if "Page 1 of" in sheet.extract_text()]
    ends = [start - 1 for start in starts[1:]] + [len(reader().pages) - 1]
    return dict(zip(("print_pack", *IDS), zip(starts, ends, strict=True), strict=True))


def test_it_is_one_accessible_file_with_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "pack.pdf"
    path.write_bytes(joined().data)
    verdict = judge.validate_pdf(str(path), profile="ua1")
    assert verdict.is_compliant, verdict.failures
    assert reader().metadata is not None
    assert reader().metadata.title == "Title of print_pack"
    assert reader().root_object["/Lang"] == "en-GB"
    assert (joined().path, joined().pages) == ("made/print_pack.pdf", len(reader().pages))


def test_no_field_is_live_and_each_shows_what_it_holds() -> None:
    assert "/AcroForm" not in reader().root_object
    for sheet in reader().pages:
        assert all(note.get_object()["/Subtype"] == "/Link" for note in sheet.get("/Annots", ()))
    for id, name in zip(IDS, ("Checklist", "Letter", "Wall"), strict=True):
        text = words(id)
        assert f"Ann of {name}" in text
        assert "Fits well" in text
        assert "Does not fit" in text
        assert "Choose one" not in text
        assert "Paid by the ICB" in text
        assert "Paid by the practice" not in text
        assert "LASTWORD" in text


def words(id: str) -> str:
    first, last = spans()[id]
    return " ".join(" ".join(sheet.extract_text().split()) for sheet in reader().pages[first : last + 1])


def test_each_sheet_has_its_documents_number_and_the_pack_s() -> None:
    for id, (first, last) in spans().items():
        for n in range(first, last + 1):
            foot = " ".join(reader().pages[n].extract_text().split())
            assert f"Page {n - first + 1} of {last - first + 1}" in foot, id
            assert re.search(rf"Pack page {n + 1}\b", foot), id


def test_the_contents_say_where_each_document_begins_and_lead_there() -> None:
    lines = " ".join(reader().pages[0].extract_text().split())
    for id in IDS:
        first, last = spans()[id]
        assert f"{id} {last - first + 1} {first + 1}" in lines
    assert [goes_to(note) for note in links(0)] == [spans()[id][0] for id in IDS]


def links(n: int) -> list[Any]:
    return [note.get_object() for note in reader().pages[n].get("/Annots", ())]


def goes_to(note: Any) -> int:
    place = reader().named_destinations[note["/Dest"]]
    number = reader().get_destination_page_number(place)
    assert number is not None
    return number


def test_every_link_stays_in_its_own_document() -> None:
    names = reader().root_object["/Names"]["/Dests"]["/Names"][::2]
    assert len(names) == len(set(names)) == 6 * len(IDS)  # the places of the contents page count too
    for id in IDS:
        first, last = spans()[id]
        found = [goes_to(note) for n in range(first, last + 1) for note in links(n)]
        assert found == [last, first], id


def test_the_outline_names_each_document_once() -> None:
    tops = [entry for entry in reader().outline if not isinstance(entry, list)]
    assert [entry.title for entry in tops] == ["Print pack", "Checklist", "Letter", "Wall"]
    assert [reader().get_destination_page_number(entry) for entry in tops] == [first for first, _ in spans().values()]


def test_drawings_keep_their_colours() -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(joined().data)
    for id in IDS:
        sheet = document[spans()[id][0]].render(scale=0.3).to_pil().convert("RGB")
        assert any(red > 180 > 60 > blue for red, _, blue in sheet.get_flattened_data()), id


def test_the_same_pack_is_the_same_bytes() -> None:
    assert join(printer(), contents(), DOCUMENTS).data == joined().data

"""What is filled in comes back: PDF, Word and tracker, whoever saved them; files that harm are refused in one line."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import os
import random
import sys
import time
import zipfile
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import docx
import openpyxl
import openpyxl.comments
import page as judge
import pikepdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

import returns
import samples
from migpack.collect import signatures
from migpack.collect.guard import guarded, parse, unpack
from migpack.collect.pdf import read_pdf
from migpack.collect.returned import Flattened, Found, Identity, NoForm, Unreadable
from migpack.collect.tracker import read_tracker
from migpack.collect.word import read_word
from migpack.collect.words import normal
from migpack.model import Plan
from migpack.plan import Wanted
from migpack.record import Answer, Record, Return
from migpack.status import make_status
from migpack.write.tracker import tracker_form, write_tracker

W = returns.W
SELF = Identity("A99998", "sample", "Issue 1", returns.CODE)
TEXTS = [field.name for field in returns.form().fields if field.kind in ("text", "date") and field.look != "signature"]
LINES = [field.name for field in returns.form().fields if field.kind == "lines"]
TICKS = [field.name for field in returns.form().fields if field.kind == "tick"]
FORMS = {returns.CODE: returns.form()}
LETTERS = st.sampled_from("aeiouybcd WXYZ 0189 =+-@#%&<>\"'()[]{}\\/|.,;: £€ âêîôûŵŷÂŴŶ ąćęłńóśźżŁŚŻ اللغةالعربيةسلام Жщя λω ﬁ 🙂 –—’“”…")
LINE = st.text(LETTERS, max_size=40)
MANY = st.lists(LINE, max_size=4).map("\n".join)
LONG = "Wir haben’s – " + "ŵ" * 1986


@st.composite
def answers(draw: st.DrawFn) -> dict[str, str]:
    """Answers to some of the fields of the form."""
    chosen: dict[str, str] = {}
    for names, values in ((TEXTS, LINE), (LINES, MANY), (TICKS, st.sampled_from(("yes", "no"))), (["sample.fit"], st.sampled_from("yn"))):
        chosen |= draw(st.dictionaries(st.sampled_from(names), values))
    return chosen


HARD = {"sample.name": "=1+1", "sample.p-1.on": "3 December 2026", "sample.p-1.note": LONG, "sample.p-2.done": "no", "sample.fit": "n"}


def expected(answered: dict[str, str], found: Found) -> dict[str, str]:
    """Return what should stand in the fields that were found: what was issued, and over it what was answered."""
    return {name: normal(value) for name, value in {**returns.issued(), **answered}.items() if name in found.values}


@pytest.mark.parametrize("way", returns.PDF_WAYS)
@settings(max_examples=5)
@example(HARD)
@given(answers())
def test_a_pdf_filled_in_and_saved_in_any_way_gives_the_same_answers(way: str, answered: dict[str, str]) -> None:
    for fill in (returns.by_pypdf, returns.by_pikepdf):
        found = read_pdf(returns.PDF_WAYS[way](fill(returns.pdf(), answered)))
        assert found.values == expected(answered, found)
        assert found.values.keys() == returns.issued().keys() - {"sample.sign"}
        assert found.issued.items() <= returns.issued().items() and len(found.issued) == len(found.values)
        assert found.identity == SELF


@settings(max_examples=5)
@example(HARD)
@given(answers())
def test_a_pdf_that_is_appended_to_gives_what_was_written_last(answered: dict[str, str]) -> None:
    once = returns.appended(returns.pdf(), {"sample.name": "Written first", **answered})
    found = read_pdf(returns.appended(once, {"sample.name": "Written last"}))
    assert found.values == expected({**answered, "sample.name": "Written last"}, found)


@settings(max_examples=40)
@example(HARD)
@given(answers())
def test_a_word_form_filled_in_gives_the_same_answers_with_and_without_its_names(answered: dict[str, str]) -> None:
    filled = returns.by_word(returns.word(), answered)
    for data in (filled, returns.without_names(filled)):
        found = read_word(data, FORMS)
        assert found.values == expected(answered, found)
        assert found.values.keys() == returns.issued().keys()
        assert (found.identity, found.notes, found.said) == (SELF, (), ())


def test_untouched_forms_give_what_they_were_issued_with() -> None:
    for way in returns.PDF_WAYS.values():
        found = read_pdf(way(returns.pdf()))
        assert found.values == expected({}, found)
    for data in (returns.word(), returns.without_names(returns.word())):
        found = read_word(data, FORMS)
        assert (found.values, found.saved_on) == (returns.issued(), None)


def test_chromiums_viewer_types_and_ticks() -> None:
    answered = {"sample.p-1.note": "Gwnaed – łódź", "sample.p-2.done": "no", "sample.p-4.done": "yes", "sample.log-1.who": "=1+1"}
    found = read_pdf(returns.by_chromium(returns.pdf(), answered))
    assert found.values == expected(answered, found)


@pytest.mark.parametrize("key", ["/V", "/AS"])
def test_a_box_of_which_a_viewer_changed_but_the_state_or_the_look_counts_as_changed(key: str) -> None:
    with pikepdf.open(io.BytesIO(returns.pdf())) as document:
        for widget in document.Root.AcroForm.Fields:
            if widget.FT == "/Btn":
                widget[key] = pikepdf.Name.Off if widget.V == "/on" else pikepdf.Name.on
        out = io.BytesIO()
        document.save(out)
    found = read_pdf(out.getvalue())
    assert {name: found.values[name] for name in TICKS} == {name: "no" if name == "sample.p-2.done" else "yes" for name in TICKS}


def test_what_was_written_on_a_sheet_outside_its_fields_is_noted() -> None:
    with pikepdf.open(io.BytesIO(returns.pdf())) as document:
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Rect=[10, 10, 90, 30], Contents=pikepdf.String("Ask\rKim")
        )
        document.pages[0].Annots.append(document.make_indirect(note))
        out = io.BytesIO()
        document.save(out)
    assert read_pdf(out.getvalue()).notes == ("Written on page 1: Ask Kim",)


@pytest.mark.parametrize("properties", [True, False])
def test_a_flattened_pdf_is_told_as_such_with_what_it_is(properties: bool) -> None:
    with pytest.raises(Flattened, match="do not 'print to PDF'") as told:
        read_pdf(returns.printed_to_pdf(returns.pdf(), properties=properties))
    assert told.value.identity == SELF


def test_a_pdf_that_is_no_form_of_ours_is_told_apart_from_a_flattened_one() -> None:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.save(out)
    with pytest.raises(NoForm):
        read_pdf(out.getvalue())


def test_a_scan_whose_words_the_scanner_has_read_is_a_scan_and_no_flattened_form() -> None:
    """Scanners put the words that they recognise behind the picture, also those of the running foot."""
    document, out = pikepdf.open(io.BytesIO(returns.printed_to_pdf(returns.pdf(), properties=False))), io.BytesIO()
    picture = pikepdf.Stream(
        document, bytes(1240 * 1754), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1240, Height=1754,
        ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8,
    )  # fmt: skip
    for sheet in document.pages:
        sheet.add_resource(picture, pikepdf.Name.XObject)
    document.save(out)
    with pytest.raises(NoForm):
        read_pdf(out.getvalue())


# Signatures


def test_an_empty_signature_line_is_a_signature_field_and_the_form_stays_accessible(tmp_path: Path) -> None:
    field = returns.fields_of(returns.pdf())["sample.sign"]
    assert (field["/FT"], field["/TU"], "/V" in field) == ("/Sig", "Signature of the manager", False)
    assert not field["/AP"]["/N"].get_data().replace(b"/Tx BMC", b"").count(b"Tj")
    written = returns.form_page(returns.BODY.replace('name="sample.sign"', 'name="sample.sign" value="Kim Example"'))
    assert returns.fields_of(returns.pages.printer().print(written).data)["sample.sign"]["/V"] == "Kim Example"
    path = tmp_path / "form.pdf"
    path.write_bytes(returns.pdf())
    found = judge.validate_pdf(str(path), profile="ua1")
    assert found.is_compliant, found.failures


@cache
def signed() -> bytes:
    """Return the form signed with a certificate that its owner made."""
    from asn1crypto import keys, x509
    from cryptography import x509 as certificates
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    key = rsa.generate_private_key(65537, 2048)
    name = certificates.Name([certificates.NameAttribute(certificates.NameOID.COMMON_NAME, "Kim Example")])
    start = dt.datetime(2026, 1, 1)
    usage = certificates.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = certificates.CertificateBuilder(name, name, key.public_key(), 1, start, start + dt.timedelta(days=7000))
    certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    der, plain = serialization.Encoding.DER, serialization.NoEncryption()
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(certificate.public_bytes(der)),
        signing_key=keys.PrivateKeyInfo.load(key.private_bytes(der, serialization.PrivateFormat.PKCS8, plain)),
        cert_registry=SimpleCertificateStore(),
    )
    filled = returns.by_pypdf(returns.pdf(), {"sample.name": "Dr Example"})
    out = io.BytesIO()
    meta = signers.PdfSignatureMetadata(field_name="sample.sign")
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(filled)), meta, signer, existing_fields_only=True, output=out)
    return out.getvalue()


def state(data: bytes) -> tuple[str, str]:
    """Return the state of the one signature, and whose it is."""
    [signature] = read_pdf(data).signatures
    assert signature.field == "sample.sign" and signature.on
    return signature.state, signature.by


def test_a_signature_is_intact_until_what_was_signed_is_changed() -> None:
    assert read_pdf(returns.pdf()).signatures == ()
    assert state(signed()) == ("intact", "Kim Example")
    assert state(returns.appended(signed(), {"sample.p-1.done": "yes"})) == ("intact", "Kim Example")
    assert state(returns.appended(signed(), {"sample.name": "Dr Other"})) == ("broken", "Kim Example")
    altered = signed().replace(b"(A99998)", b"(A99997)", 1)
    assert altered != signed()
    assert state(altered)[0] == "broken"
    assert state(returns.packed(signed()))[0] == "broken"


def test_without_the_extra_a_signature_is_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhanko.pdf_utils.reader", None)
    assert signatures.judge_signatures(signed()) == {}
    assert state(signed())[0] == "unchecked"


# Word


def test_lines_and_paragraphs_of_a_word_answer_are_line_feeds_and_deleted_words_are_gone() -> None:
    def fill(body: Any) -> None:
        for control in body.iter(f"{W}sdt"):
            if control.find(f"{W}sdtPr/{W}tag").get(f"{W}val") == "sample.p-1.note":
                for prompt in control.findall(f"{W}sdtPr/{W}showingPlcHdr"):
                    prompt.getparent().remove(prompt)
                words = (
                    "<w:p><w:r><w:t>One</w:t><w:br/><w:t>two</w:t></w:r></w:p>"
                    "<w:p><w:del><w:r><w:t>not </w:t></w:r></w:del><w:r><w:t>three</w:t></w:r></w:p>"
                )
                control.find(f"{W}sdtContent")[:] = list(etree.fromstring(f'<w:x xmlns:w="{W[1:-1]}">{words}</w:x>'))

    found = read_word(returns.changed(returns.word(), fill), FORMS)
    assert found.values["sample.p-1.note"] == "One\ntwo\nthree"


def added_row(body: Any, table: int, row: int, *cells: str) -> None:
    """Add a row of words below a row of a table."""
    above = body.findall(f".//{W}tbl")[table].findall(f"{W}tr")[row]
    inside = "".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in cells)
    above.addnext(etree.fromstring(f'<w:tr xmlns:w="{W[1:-1]}">{inside}</w:tr>'))


@pytest.mark.parametrize("named", [True, False])
def test_rows_that_people_added_below_a_log_are_noted_and_shift_nothing(named: bool) -> None:
    def add(body: Any) -> None:
        added_row(body, -1, -1, "Kim", "Rang at  nine")
        added_row(body, 0, 2, "P-2b", "Our own line", "", "yes")

    filled = returns.by_word(returns.word(), {"sample.p-3.note": "Here", "sample.log-3.who": "Lee"})
    data = returns.changed(filled if named else returns.without_names(filled), add)
    found = read_word(data, FORMS)
    assert found.values == expected({"sample.p-3.note": "Here", "sample.log-3.who": "Lee"}, found)
    assert found.notes == ("Row added: P-2b | Our own line | yes", "Row added: Kim | Rang at nine")


def test_a_row_that_was_copied_is_noted_and_the_first_one_counts() -> None:
    def copy(body: Any) -> None:
        last = body.findall(f".//{W}tbl")[-1].findall(f"{W}tr")[-1]
        another = deepcopy(last)
        next(another.iter(f"{W}t")).text = "Ann"
        last.addnext(another)

    filled = returns.by_word(returns.word(), {"sample.log-3.who": "Lee", "sample.log-3.what": "Rang"})
    found = read_word(returns.changed(filled, copy), FORMS)
    assert found.values["sample.log-3.who"] == "Lee"
    assert found.notes == ("Row added: Ann | Rang",)


def test_words_beside_fields_are_noted_and_rows_that_lost_their_fields_too() -> None:
    def write(body: Any) -> None:
        rows = body.findall(f".//{W}tbl")[0].findall(f"{W}tr")
        etree.SubElement(etree.SubElement(rows[1].findall(f".//{W}p")[0], f"{W}r"), f"{W}t").text = " urgent!"
        for control in list(rows[4].iter(f"{W}sdt")):
            control.getparent().remove(control)

    found = read_word(returns.changed(returns.word(), write), FORMS)
    assert found.notes == ("Written beside 'P-1: done': urgent!", "Written where the fields were: P-4 | Do the thing numbered 4 | Date")
    assert "sample.p-4.note" not in found.values


def test_comments_in_a_word_form_are_kept() -> None:
    document = docx.Document(io.BytesIO(returns.word()))
    document.add_comment(document.paragraphs[0].runs, "Is this\nyours?", author="Siân Example", initials="SE")
    held = io.BytesIO()
    document.save(held)
    assert read_word(held.getvalue(), FORMS).notes == ("Comment by Siân Example: Is this yours?",)


def test_a_word_file_from_elsewhere_is_told_as_such() -> None:
    held = io.BytesIO()
    docx.Document().save(held)
    with pytest.raises(NoForm, match="nothing in it says which form it is"):
        read_word(held.getvalue(), FORMS)


def test_a_word_form_that_lost_its_controls_is_told_as_flattened() -> None:
    def flatten(body: Any) -> None:
        for control in list(body.iter(f"{W}sdt")):
            control.getparent().remove(control)

    with pytest.raises(Flattened, match="Google Docs") as told:
        read_word(returns.changed(returns.word(), flatten), FORMS)
    assert told.value.identity == SELF


def test_without_properties_the_running_foot_says_what_a_word_form_is() -> None:
    data = returns.changed(returns.word(), lambda root: root.clear(), "docProps/custom.xml")
    assert read_word(data, FORMS).identity == SELF


def test_names_that_are_gone_need_the_issued_form() -> None:
    with pytest.raises(Unreadable, match=r"forms\.json"):
        read_word(returns.without_names(returns.word()), {})


# Tracker


@pytest.fixture(scope="module")
def plan() -> Plan:
    """The plan of a small practice, of which some answers are recorded."""
    ready = samples.prepared(samples.SAMPLES["small"], Wanted(frozenset({"tracker"})))
    return dataclasses.replace(ready.plan, case=dataclasses.replace(ready.plan.case, record=RECORD))


NAME = "checklist.practice_staff.p-ep-0"
DAY = dt.date(2026, 11, 20)


def said(value: str, on: dt.date = DAY) -> tuple[Answer, ...]:
    return (Answer(value=value, on=on, source="r1"),)


RECORD = Record(
    returns=(
        Return(
            id="r1", file="a.pdf", sha256="0", read_on=DAY, dated=DAY, document="checklist.practice_staff", version="Issue 1", medium="pdf"
        ),
    ),
    answers={
        f"{NAME}1.done": said("yes"),
        f"{NAME}1.on": said("19 November 2026"),
        f"{NAME}1.note": said("=Sent\nto the board"),
        f"{NAME}2.status": said("Blocked"),
        f"{NAME}2.done": said("yes", DAY - dt.timedelta(days=1)),
        f"{NAME}2.on": said("soon"),
        "tracker.nhs_app_team.replied": said("3 December 2026"),
        "tracker.nhs_app_team.status": said("Told"),
    },
)


def test_the_tracker_holds_what_was_answered_and_an_untouched_one_gives_what_it_was_issued_with(plan: Plan) -> None:
    form = tracker_form(plan)
    found = read_tracker(write_tracker(plan))
    assert found.values == {field.name: field.value for field in form.fields}
    assert found.identity == Identity("A99998", "tracker", form.version, form.code)
    assert (found.notes, found.saved_on) == ((), None)
    assert found.values[f"{NAME}1.status"] == "Done"
    assert found.values[f"{NAME}1.on"] == "19 November 2026"
    assert found.values[f"{NAME}1.note"] == "=Sent\nto the board"
    assert (found.values[f"{NAME}2.status"], found.values[f"{NAME}2.on"]) == ("Blocked", "soon")
    assert found.values["tracker.nhs_app_team.replied"] == "3 December 2026"
    names = [field.name for field in form.fields]
    assert len(names) == len(set(names))
    assert write_tracker(plan) == write_tracker(plan)
    assert tracker_form(dataclasses.replace(plan, case=dataclasses.replace(plan.case, record=Record()))).code != form.code


@pytest.mark.parametrize(
    ("tick", "status", "shown"),
    [
        ((said("yes"), said("no", DAY + dt.timedelta(days=1))), (), "Not started"),  # ticked, and the tick taken out later
        ((said("no"),), (said("Done", DAY - dt.timedelta(days=1)),), "Not started"),
        ((said("no", DAY - dt.timedelta(days=1)),), (said("Blocked"),), "Blocked"),
        ((said("yes"),), (said("In progress"),), "In progress"),  # one day: what was read later
    ],
)
def test_the_tracker_shows_the_later_of_a_lines_tick_and_its_status(plan: Plan, tick: Any, status: Any, shown: str) -> None:
    later = RECORD.returns[0].model_copy(update={"id": "r2"})
    told = tuple(answer.model_copy(update={"source": "r2"}) for part in status for answer in part)
    answers = {f"{NAME}1.done": sum(tick, ()), f"{NAME}1.status": told}
    held = Record(returns=(*RECORD.returns, later), answers=answers)
    form = tracker_form(dataclasses.replace(plan, case=dataclasses.replace(plan.case, record=held)))
    [issued] = [field.value for field in form.fields if field.name == f"{NAME}1.status"]
    assert issued == shown


def test_the_state_in_the_tracker_counts_the_same_week_as_the_status(plan: Plan) -> None:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(write_tracker(plan)))["Tasks"]
    days = (make_status(plan, DAY).week_end - DAY).days
    assert f"<=TODAY()+{days}," in sheet.cell(2, column(sheet, "State")).value


def column(sheet: Any, head: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == head)


def filled(data: bytes, cells: dict[tuple[str, int, str], Any], *, sort: bool = False) -> bytes:
    """Return a tracker with cells filled in, by sheet, row and head; sorted in between where it should be."""
    book: Any = openpyxl.load_workbook(io.BytesIO(data))
    for (name, row, head), value in cells.items():
        cell = book[name].cell(row, column(book[name], head))
        cell.value = value
        if isinstance(value, str):
            cell.data_type, cell.quotePrefix = "s", value.startswith("=")
    if sort:
        sheet = book["Tasks"]
        sheet.insert_cols(1)
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for n, row in enumerate(reversed(rows), 2):
            for m, value in enumerate(row, 1):
                sheet.cell(n, m).value = value
                if isinstance(value, str) and not value.startswith("=IF("):
                    sheet.cell(n, m).data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@settings(max_examples=3)
@example("=1+1", LONG, dt.date(2027, 1, 2), True)
@given(LINE, MANY, st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)), st.booleans())
def test_a_tracker_filled_in_gives_the_same_answers(plan: Plan, line: str, lines: str, day: dt.date, sort: bool) -> None:
    cells = {
        ("Tasks", 2, "Notes"): lines,
        ("Tasks", 3, "Done on"): day,
        ("Tasks", 4, "Status"): "in progress",
        ("Third parties", 2, "Charge"): line,
        ("Third parties", 2, "Chased on"): day,
    }
    form = tracker_form(plan)
    tasks, party = [field.name for field in form.fields if field.name.endswith(".on")], plan.parties[0].id
    written = f"{day.day} {day:%B} {day.year}"
    answered = {
        tasks[0].removesuffix("on") + "note": normal(lines),
        tasks[1]: written,
        tasks[2].removesuffix("on") + "status": "In progress",
        f"tracker.{party}.charge": normal(line),
        f"tracker.{party}.chased": written,
    }
    found = read_tracker(filled(write_tracker(plan), cells, sort=sort))
    assert found.values == {field.name: field.value for field in form.fields} | answered


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3/12/2026", "3 December 2026"),
        ("Thu 3 Dec 2026", "3 December 2026"),
        (46359, "3 December 2026"),
        ("next week", "next week"),
        (None, ""),
    ],
)
def test_dates_in_a_tracker_are_written_alike(plan: Plan, written: Any, meant: str) -> None:
    found = read_tracker(filled(write_tracker(plan), {("Tasks", 4, "Done on"): written}))
    assert found.values[f"{NAME}3.on"] == meant


def test_a_formula_is_read_as_text_and_rows_that_people_added_are_noted(plan: Plan) -> None:
    book: Any = openpyxl.load_workbook(io.BytesIO(write_tracker(plan)))
    book["Tasks"].append(["", "Our own task", None, None, "Kim"])
    book["Tasks"].cell(2, column(book["Tasks"], "Notes")).value = "=HYPERLINK(1)"
    out = io.BytesIO()
    book.save(out)
    found = read_tracker(out.getvalue())
    assert found.values[f"{NAME}1.note"] == "=HYPERLINK(1)"
    assert found.notes == ("Row added on the sheet Tasks: Our own task | Kim",)


def test_notes_on_cells_are_kept(plan: Plan) -> None:
    book: Any = openpyxl.load_workbook(io.BytesIO(write_tracker(plan)))
    book["Tasks"].cell(2, 7).comment = openpyxl.comments.Comment("Waits for the\nboard", "Kim")
    out = io.BytesIO()
    book.save(out)
    assert read_tracker(out.getvalue()).notes == ("Comment on G2: Waits for the board",)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write_tracker(plan))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        spaces = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
        thread = f'<ThreadedComments xmlns="{spaces}"><threadedComment ref="G3" id="x"><text>Asked twice</text></threadedComment>'
        new.writestr("xl/threadedComments/threadedComment1.xml", f"{thread}</ThreadedComments>")
        copy = '<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><commentList><comment ref="G3"><text>'
        new.writestr("xl/comments1.xml", f"{copy}<t>[Threaded comment] Asked twice</t></text></comment></commentList></comments>")
    assert read_tracker(out.getvalue()).notes == ("Comment on G3: Asked twice",)


def test_another_workbook_is_no_tracker() -> None:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    with pytest.raises(Unreadable, match="no sheet 'About'"):
        read_tracker(out.getvalue())


# Files that harm


def office(**parts: bytes) -> bytes:
    """Return a zip with these parts; a name has __ for its slash and _dot_ for its dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, part in parts.items():
            packed.writestr(name.replace("_dot_", ".").replace("__", "/"), part)
    return out.getvalue()


BOMB = office(word__document_dot_xml=b"\0" * 120_000_000)
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
READERS = {"pdf": read_pdf, "word": lambda data: read_word(data, FORMS), "tracker": read_tracker}


def one_line(error: Unreadable) -> str:
    """Return what is said, which is one line: what is wrong, a dash, what to do."""
    text = str(error)
    assert "\n" not in text and " — " in text and len(text) < 220, text
    return text


@pytest.mark.parametrize(
    ("reader", "data", "told"),
    [
        ("word", BOMB, "unpacks to more"),
        ("tracker", BOMB, "unpacks to more"),
        ("word", office(word__document_dot_xml=LAUGHS), "document type"),
        ("tracker", office(xl__workbook_dot_xml=LAUGHS), "document type"),
        ("word", office(word__document_dot_xml=LAUGHS.decode().encode("utf-16")), "document type"),
        ("word", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "password"),
        ("tracker", b"\xd0\xcf\x11\xe0" + b"\0" * 600, "password"),
        ("word", b"hello", "no Word file"),
        ("pdf", b"hello", "no PDF"),
        ("word", office(a=b"x"), "no Word file"),
        ("tracker", office(a=b"x"), "no workbook"),
        ("word", office(**{f"part{n}": b"" for n in range(2_100)}), "unpacks to more"),
        ("word", office(word__document_dot_xml=b"<x>" * 100_000), "damaged"),
    ],
)
def test_a_file_that_harms_is_refused_in_one_line(reader: str, data: bytes, told: str) -> None:
    with pytest.raises(Unreadable) as error:
        READERS[reader](data)
    assert told in one_line(error.value)


def test_a_part_that_lies_about_its_size_is_not_believed() -> None:
    size = len(b"\0" * 120_000_000).to_bytes(4, "little")
    with pytest.raises(Unreadable):
        unpack(BOMB.replace(size, (10).to_bytes(4, "little")), "Word file")


def test_xml_that_refers_to_a_file_does_not_get_it() -> None:
    with pytest.raises(Unreadable):
        parse(b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><x>&a;</x>')


def test_a_pdf_with_a_password_is_told_as_such_and_one_that_forbids_changes_is_read() -> None:
    for user, closed in (("secret", True), ("", False)):
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(returns.pdf())) as document:
            document.save(out, encryption=pikepdf.Encryption(owner="owner", user=user))
        if closed:
            with pytest.raises(Unreadable, match="password"):
                read_pdf(out.getvalue())
        else:
            assert read_pdf(out.getvalue()).values == read_pdf(returns.pdf()).values


@pytest.mark.parametrize("reader", READERS)
def test_a_file_that_is_cut_short_is_read_or_refused_in_one_line(reader: str, plan: Plan) -> None:
    data = {"pdf": returns.pdf, "word": returns.word, "tracker": lambda: write_tracker(plan)}[reader]()
    chance = random.Random(4)
    for end in [0, 1, 100, *(chance.randrange(len(data)) for _ in range(12))]:
        spoilt = bytearray(data)
        spoilt[end : end + 40] = chance.randbytes(len(spoilt[end : end + 40]))
        for broken in (data[:end], bytes(spoilt)):
            try:
                assert isinstance(READERS[reader](broken), Found)
            except Unreadable as error:
                one_line(error)


def many_objects() -> bytes:
    """Return a PDF with a million objects, each a field."""
    objects = b"".join(b"%d 0 obj<</FT/Tx/T(%d)>>endobj\n" % (n, n) for n in range(4, 1_000_000))
    fields = b" ".join(b"%d 0 R" % n for n in range(4, 1_000_000))
    head = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[" + fields + b"]>>>>endobj\n"
    return head + b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n" + objects + b"trailer<</Root 1 0 R/Size 1000000>>\nstartxref\n0\n%%EOF"


def test_a_pdf_with_a_million_objects_is_refused_in_bounded_time_and_memory() -> None:
    with pytest.raises(Unreadable) as error:
        guarded(read_pdf, many_objects(), seconds=2, megabytes=400)
    one_line(error.value)


def spin() -> None:
    while True:
        pass


def swell() -> int:
    return len(bytearray(2 << 30))


def babble() -> bytes:
    return bytes(60 << 20)


def die() -> None:
    os._exit(3)


def stumble() -> None:
    raise KeyError("Mrs Example's number")


@pytest.mark.parametrize("read", [spin, swell, babble, die, stumble, time.sleep])
def test_a_reader_that_breaks_its_limits_or_dies_is_told_in_one_line(read: Any) -> None:
    with pytest.raises(Unreadable) as error:
        guarded(read, *([60] if read is time.sleep else []), seconds=0.5, megabytes=50)
    assert "Example" not in one_line(error.value)


def test_a_guarded_reader_gives_what_it_finds_and_what_it_raises() -> None:
    assert guarded(read_pdf, returns.pdf(), seconds=20, megabytes=500).identity == SELF
    with pytest.raises(Flattened) as told:
        guarded(read_pdf, returns.printed_to_pdf(returns.pdf(), properties=True), seconds=20, megabytes=500)
    assert told.value.identity == SELF

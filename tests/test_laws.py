"""The laws of a pack, each over every sample practice (and the minimal one, where a law is about what is missing)."""

from __future__ import annotations

import datetime as dt
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import page as judge
import pytest
from icalendar import Calendar
from pypdf import PdfReader

import docx_words
import pdf_words
import returns
import samples
from docx_lint import lint
from migpack import blocks, filters, markup
from migpack.check import day_kind
from migpack.collect.pdf import read_pdf
from migpack.collect.returned import Identity
from migpack.collect.word import read_word
from migpack.content import Item
from migpack.fillable import issued_forms, read_forms, write_forms
from migpack.manifest import NOTHING, digest
from migpack.pack import Prepared, build
from migpack.plan import Wanted
from migpack.problems import Mistakes
from migpack.timeline import due_date
from migpack.values import MONTHS
from migpack.write.pdf import FONTS
from migpack.write.scripts import SCRIPT_FONTS
from sheets import sheets


@pytest.fixture(scope="session", params=samples.SAMPLES)
def thought(request: pytest.FixtureRequest) -> Prepared:
    """A sample practice's pack, thought through but not written."""
    return samples.prepared(samples.SAMPLES[request.param])


@pytest.fixture(scope="session", params=samples.SAMPLES)
def pack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> samples.Pack:
    """A sample practice's whole pack, as files."""
    return samples.built(samples.SAMPLES[request.param], tmp_path_factory.mktemp(request.param))


def trees(thought: Prepared) -> Iterator[tuple[str, blocks.Tree]]:
    """Yield each laid-out page of a pack as blocks."""
    for page in thought.pages:
        if page.document.spec.made_by != "overview":
            yield page.document.id, markup.read(page.html, page.document.id)


def squeezed(text: str) -> str:
    """Return text without white space and soft hyphens: lines break where a format likes."""
    return re.sub(r"[\s\u00ad\u200b]+", "", text)


def comparable(text: str) -> str:
    """Return text without Arabic and Indic letters too: in a PDF's text layer such letters are glyphs, joined and in another order."""
    return re.sub("[\u0600-\u06ff\u0900-\u0dff\u200c-\u200f\ufb50-\ufdff\ufe70-\ufefc]", "", squeezed(text))


def test_twins_the_words_of_word_are_the_words_of_pdf(pack: samples.Pack) -> None:
    pairs = [file for file in pack.files(".docx") if file.with_suffix(".pdf").exists()]
    assert len(pairs) > 8
    for file in pairs:
        pdf = PdfReader(file.with_suffix(".pdf"))
        assert comparable(docx_words.words(file)) == comparable(pdf_words.words(pdf)), file.name
        in_pdf = {name: field.get("/V", "") for name, field in (pdf.get_fields() or {}).items()}
        plain = {name: {"/Off": "", "/on": "on"}.get(str(value), str(value)) for name, value in in_pdf.items()}
        assert docx_words.fields(file).keys() == plain.keys(), file.name
        ticks = {name: value for name, value in docx_words.fields(file).items() if value == "on"}
        assert ticks == {name: value for name, value in plain.items() if value == "on"}


def test_steady_the_same_inputs_give_the_same_bytes(pack: samples.Pack, tmp_path: Path) -> None:
    # The print pack costs as much as all the rest, so that of the smallest sample stands for all, with the two files that know its pages.
    whole = len(pack.prepared.pages) < 100
    pages = tuple(page for page in pack.prepared.pages if whole or page.document.spec.made_by != "print_pack")
    list(build(replace(pack.prepared, pages=pages), tmp_path / "again", last=NOTHING, jobs=2))
    first, again = hashes(pack.folder), hashes(tmp_path / "again")
    for name in () if whole else ("print-pack.pdf", "forms.json", "manifest.json"):
        first.pop(name), again.pop(name, "")
    assert first == again and len(first) > 100


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file below a folder."""
    return {file.relative_to(folder).as_posix(): digest(file.read_bytes()) for file in folder.rglob("*") if file.is_file()}


def test_the_order_in_which_files_are_made_changes_no_form(pack: samples.Pack) -> None:
    made = [*pack.artefacts.values()]
    one, other = (write_forms(issued_forms(pack.prepared.pages, files, "A99999", {})) for files in (made, made[::-1]))
    assert one == other and b'"B":' in one


def test_every_date_printed_is_in_the_plan_the_file_or_a_content_file(thought: Prepared) -> None:
    plan = thought.plan
    allowed = {m.date for m in plan.milestones.values()} | {m.baseline for m in plan.milestones.values()} | {t.due for t in plan.tasks}
    allowed |= {step.at.date() for sheet in plan.run_sheets for step in sheet.steps} | {safe.latest for safe in plan.safe_dates}
    allowed |= {day for party in plan.parties for day in (party.off, party.on, party.letter_on, party.tell_by, party.reply_by)}
    allowed |= {setting.as_of for setting in plan.case.settings.values()}
    go_live = plan.milestones["go_live"].date
    allowed |= {
        plan.case.calendar.step(go_live, step.within, 1)
        for step in plan.case.content.cutover.reentry_order
        if "hour" not in step.within.unit
    }
    allowed |= {
        due_date(plan.case, plan.milestones, row.when, shift)
        for rows in plan.case.content.lists.values()
        for row in rows.rows
        if row.when
        for shift in ("before", "after")
    }
    written = plan.case.file.model_dump_json()
    allowed |= {dt.date(int(y), int(m), int(d)) for y, m, d in re.findall(r"\b(\d{4})-(\d\d)-(\d\d)\b", written)}
    known = plan.case.content
    sources = (
        written
        + " ".join(f"{s.title} {s.where} {s.published} {s.trust}" for s in known.sources.values())
        + known.messages.model_dump_json()
    )
    for id, tree in trees(thought):
        for day, month, year in re.findall(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b", blocks.text(tree)):
            printed = dt.date(int(year), MONTHS.index(month) + 1, int(day))
            assert printed in allowed or filters.date(printed) in sources, f"{id}: {day} {month} {year}"


def test_every_task_stands_in_exactly_one_checklist_and_every_line_is_a_task(thought: Prepared) -> None:
    plan = thought.plan
    ids = [task.id for task in plan.tasks]
    assert len(ids) == len(set(ids))
    for id, tree in trees(thought):
        if id.startswith("checklist."):
            ticks = {f.name.removeprefix(id + ".") for f in blocks.fields(tree) if f.kind == "tick"}
            mine = {task.id.lower() for task in plan.tasks if task.checklist == id.removeprefix("checklist.")}
            assert {name.removesuffix(".done") for name in ticks} == mine


def test_field_names_are_unique_short_and_safe(thought: Prepared) -> None:
    names = [field.name for _, tree in trees(thought) for field in blocks.fields(tree)]
    assert len(names) == len(set(names)) > 500
    assert all(re.fullmatch(r"[a-z0-9._-]{1,64}", name) for name in names)


def test_the_print_pack_has_no_fields_and_every_link_stays_in_its_document(pack: samples.Pack) -> None:
    [path] = pack.files("print-pack.pdf")
    reader = PdfReader(path)
    assert not reader.get_fields()
    assert pack.prepared.plan.case.file.practice.name in str(reader.metadata and reader.metadata.title)
    printed = [page.document for page in pack.prepared.pages if page.document.printed]
    pages = sum(pack.artefacts[f"{document.path}.pdf"].pages for document in printed)
    assert len(reader.pages) >= pages + 1
    assert len(reader.outline) >= len(printed)


def test_an_untouched_form_gives_no_answers(pack: samples.Pack) -> None:
    forms = read_forms(pack.folder)
    assert len(forms) > 30
    for page in pack.prepared.pages:
        if page.code:
            issued = {field.name: field.value for field in forms[page.code].fields}
            to_sign = {field.name for field in forms[page.code].fields if field.look == "signature" and not field.value}
            in_pdf = read_pdf(pack.artefacts[f"{page.document.path}.pdf"].data)
            assert in_pdf.values == in_pdf.issued == {name: value for name, value in issued.items() if name not in to_sign}, (
                page.document.id
            )
            assert in_pdf.identity == Identity(forms[page.code].practice, page.document.id, page.version, page.code)
            if "docx" in page.document.formats:
                in_word = read_word(pack.artefacts[f"{page.document.path}.docx"].data, forms)
                assert in_word.values == issued, page.document.id
                assert (in_word.identity, in_word.notes, in_word.said) == (in_pdf.identity, (), ())


def test_a_form_with_every_field_filled_in_gives_the_same_answers(pack: samples.Pack) -> None:
    for code, form in read_forms(pack.folder).items():
        answers = returns.every_answer(form)
        path = next((page.document.path for page in pack.prepared.pages if page.code == code), "")
        if not path:
            continue  # the tracker, which has its own tests
        to_sign = {field.name for field in form.fields if field.look == "signature" and not field.value}
        in_pdf = read_pdf(returns.by_pypdf(pack.artefacts[f"{path}.pdf"].data, answers)).values
        assert in_pdf == {name: value for name, value in answers.items() if name not in to_sign}, path
        if word := pack.artefacts.get(f"{path}.docx"):
            filled = returns.by_word(word.data, answers)
            assert read_word(filled, {code: form}).values == answers, path
            assert read_word(returns.without_names(filled), {code: form}).values == answers, path


def test_no_placeholder_text_and_no_empty_heading(thought: Prepared) -> None:
    for id, tree in trees(thought):
        text = blocks.text(tree)
        assert not re.search(r"lorem|TODO|\{\{|\}\}|\{%|\bNone\b|undefined|\[\]", text), id
        assert all(blocks.plain(heading.content).strip() for heading in blocks.headings(tree)), id


ONLY_WITH = {
    "dispensing": r"\bdispensary\b|\bdispensing (practice|patients)\b",
    "merger": r"\bmerger\b|\bmerging\b",
    "anticoagulation_clinic": r"\banticoagulation\b|\bINR\b",
}


def test_a_practice_without_a_trait_gets_none_of_its_sentences(thought: Prepared) -> None:
    traits = thought.plan.case.traits
    for trait, words in ONLY_WITH.items():
        for id, tree in trees(thought):
            if trait not in traits and id != "business_case":
                assert not re.search(words, blocks.text(tree), re.IGNORECASE), (trait, id)


def test_no_item_of_a_trait_that_the_practice_does_not_have(thought: Prepared) -> None:
    case, ids = thought.plan.case, {task.id for task in thought.plan.tasks}

    def every(items: tuple[Item, ...]) -> Iterator[Item]:
        for item in items:
            yield item
            yield from every(item.items)

    items = [item for checklist in case.content.checklists for section in checklist.phases for item in every(section.items)]
    assert {item.id for item in items if item.applies(case.traits)} >= ids
    assert not {item.id for item in items if not item.applies(case.traits)} & ids


def test_paths_are_short_ascii_and_safe_on_windows(pack: samples.Pack) -> None:
    reserved = {"con", "prn", "aux", "nul"}
    for path in pack.artefacts:
        assert re.fullmatch(r"[A-Za-z0-9._/-]{1,120}", path)
        assert not any(part.split(".")[0].lower() in reserved or part.endswith(".") for part in path.split("/"))


OURS = {Path(font).stem.partition("-")[0] for font in FONTS} | {font.family.replace(" ", "") for font in SCRIPT_FONTS}


def test_every_pdf_passes_pdf_ua_and_holds_only_our_fonts(pack: samples.Pack) -> None:
    files = pack.files(".pdf")
    assert len(files) > 10
    for file in files:
        result = judge.validate_pdf(str(file), profile="ua1")
        assert result.is_compliant, (file.name, result.failures[:3])
        reader = PdfReader(file)
        assert reader.root_object["/Lang"] == "en-GB"
        fonts = {str(font["/BaseFont"]) for page in reader.pages for font in _fonts(page)}
        assert fonts and {pdf_words.family(font) for font in fonts} <= OURS, fonts


def _fonts(page: object) -> list[dict[str, object]]:
    return [font.get_object() for font in page["/Resources"].get("/Font", {}).values()]  # type: ignore[index]


def test_every_word_file_passes_our_lint(pack: samples.Pack) -> None:
    files = pack.files(".docx")
    assert len(files) > 8
    for file in files:
        assert lint(file) == [], file.name


def test_no_sheet_is_nearly_empty_and_nobody_signs_on_a_sheet_of_its_own(pack: samples.Pack) -> None:
    for file in pack.files(".pdf"):
        if file.name == "print-pack.pdf":
            continue
        found = sheets(file)
        for sheet in found if len(found) > 1 else ():
            assert sheet.full >= 0.2, (file.name, sheet.number, sheet.full)
            assert "Who signs, and for what" not in sheet.words or sheet.full > 0.3, (file.name, sheet.number)


def test_the_manifest_knows_every_file_by_its_hash(pack: samples.Pack) -> None:
    held = json.loads((pack.folder / "manifest.json").read_text("utf-8"))
    there = hashes(pack.folder)
    del there["manifest.json"]
    assert {path: entry["sha256"] for path, entry in held["files"].items()} == there
    assert held["practice"]["ods_code"] == pack.prepared.plan.case.file.practice.ods_code


def test_the_calendar_holds_every_milestone_and_task_under_a_stable_id(pack: samples.Pack) -> None:
    [path] = pack.files(".ics")
    raw = path.read_bytes()
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    events = list(Calendar.from_ical(raw).walk("VEVENT"))
    plan = pack.prepared.plan
    assert len({str(e["UID"]) for e in events}) == len(events) == len(plan.milestones) + len(plan.tasks)
    for event in events:
        assert event["DTEND"].dt - event["DTSTART"].dt == dt.timedelta(days=1)
        assert "DTSTAMP" in event
    go_live = next(e for e in events if ".go_live@" in str(e["UID"]))
    assert go_live["DTSTART"].dt == plan.milestones["go_live"].date


def test_the_tracker_opens_filters_and_holds_no_formula_of_the_practice(pack: samples.Pack) -> None:
    [path] = pack.files(".xlsx")
    book = openpyxl.load_workbook(path)
    plan = pack.prepared.plan
    assert book.sheetnames == ["Tasks", "Milestones", "Third parties", "About"]
    tasks = book["Tasks"]
    assert tasks.max_row == len(plan.tasks) + 1
    assert (tasks.freeze_panes, tasks.auto_filter.ref.startswith("A1:")) == ("C2", True)
    assert {row[0].value for row in tasks.iter_rows(min_row=2)} == {task.id for task in plan.tasks}
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert all(str(formula).startswith("=IF(OR(G") for formula in formulas)
    due = {row[0].value: row[5].value.date() for row in tasks.iter_rows(min_row=2)}
    assert due == {task.id: task.due for task in plan.tasks}


def test_office_files_hold_no_clock(pack: samples.Pack) -> None:
    for file in (*pack.files(".docx"), *pack.files(".xlsx")):
        assert {entry.date_time for entry in zipfile.ZipFile(file).infolist()} == {(2000, 1, 1, 0, 0, 0)}


def test_the_overview_is_one_self_contained_page_whose_links_all_lead_somewhere(pack: samples.Pack) -> None:
    html = (pack.folder / "index.html").read_text("utf-8")
    assert "<script" not in html and "<link" not in html and "src=" not in html.replace("<img", "")
    links = re.findall(r'href="([^"#]+)"', html)
    local = {link for link in links if not link.startswith(("https:", "mailto:", "tel:"))}
    there = {file.relative_to(pack.folder).as_posix() for file in pack.folder.rglob("*") if file.is_file()}
    assert local <= there
    assert there - local <= {"index.html", "manifest.json", "forms.json"}
    anchors, ids = set(re.findall(r'href="#([^"]+)"', html)), re.findall(r'\bid="([^"]+)"', html)
    assert anchors <= set(ids) and len(ids) == len(set(ids))


def test_sources_of_dates_are_known_and_kinds_of_day_are_answerable(thought: Prepared) -> None:
    case = thought.plan.case
    for milestone in thought.plan.milestones.values():
        assert milestone.sources and all(source in case.content.sources for source in milestone.sources)
    for kind in case.content.timeline.days:
        days = [dt.date(2027, 1, 1) + dt.timedelta(days=n) for n in range(365)]
        assert 10 <= sum(bool(day_kind(case, kind.id, day)) for day in days) <= 40


def test_a_final_pack_has_no_gap_and_no_draft_mark() -> None:
    ready = samples.prepared(samples.SAMPLES["rich"], Wanted(final=frozenset({"all"})))
    final = [page for page in ready.pages if not page.document.spec.standby]
    assert {page.version for page in final} == {"Issue 1"}
    for page in final:
        assert 'class="gap"' not in page.html, page.document.id
        assert "draft" not in page.html.partition("<body")[2].partition(">")[0]
        assert "Draft: do not send" not in page.html


def test_a_practice_that_must_not_be_final_yet_is_told_why() -> None:
    with pytest.raises(Mistakes) as error:
        samples.prepared(samples.SAMPLES["small"], Wanted(final=frozenset({"notice"})))
    assert "cannot be final without the approval 'business_case'" in str(error.value)

"""What changed since an issue, who was told the old days, and a calendar that follows: each told exactly, and nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

import samples
from migpack import yamlio
from migpack.changes.corrections import corrections, told_days
from migpack.cli import main
from migpack.compare import Changes, compare, for_role, milestone_days, party_days, task_days, told_facts
from migpack.issued import IssuedDocument, IssuedPack
from migpack.library import Library
from migpack.model import Case, Page, Plan
from migpack.pack import Prepared, changes_of, full_plan, prepare
from migpack.plan import Wanted
from migpack.post.ledger import Entry, opened
from migpack.practice import PracticeFile
from migpack.render import render
from migpack.sent import Sent
from migpack.write.calendar import follow, write_calendar

ON = dt.date(2026, 11, 26)
PARTIES = (
    "third_parties:\n  - {name: Exampleton Pharmacy, kind: pharmacies}\n"
    "  - {name: Exampleshire Pathology, kind: pathology, contact: {name: Pat Sample, phone: 01632 960 031}}\n"
)
TEXT = samples.MINIMAL + PARTIES
DOCUMENTS = ("timeline", "checklist", "notice", "poster_live", "log_off_notice", "what_changed", "change_sheet")


@cache
def _base() -> tuple[Case, Library]:
    return samples.case_of(samples.SAMPLES["minimal"])


@cache
def plan_of(text: str) -> Plan:
    """Return the plan of a practice file, by the library that is read already; only some documents are in it."""
    base, _ = _base()
    file, places = yamlio.to_model(yamlio.read_node(samples.with_only(text, *DOCUMENTS), base.name), PracticeFile)
    named = file.practice.model_copy(update={"patient_name": file.practice.name})
    return full_plan(replace(base, file=file.model_copy(update={"practice": named}), places=places))


@cache
def pages_of(text: str) -> tuple[Page, ...]:
    """Return the pages of a practice file."""
    return render(plan_of(text), _base()[1], samples.TODAY)


def issued(text: str, number: int = 1) -> IssuedPack:
    """Return a pack as it would have been issued."""
    plan = plan_of(text)
    documents = {
        page.document.id: IssuedDocument(
            page.document.title, page.document.path, page.version, page.content_hash, page.code, page.document.printed
        )
        for page in pages_of(text)
    }
    inputs = {entry.name: entry.sha256 for entry in plan.case.inputs}
    return IssuedPack(number, ON, milestone_days(plan), party_days(plan), task_days(plan), documents, told_facts(plan), inputs)


def changed(old: str, new: str) -> Changes:
    """Return what changed from one practice file to another."""
    return compare(issued(old), plan_of(new), [(page.document, page.content_hash, page.reads) for page in pages_of(new)])


def test_nothing_changed_is_nothing() -> None:
    found = changed(TEXT, "# only a comment\n" + TEXT)
    assert found.nothing
    assert found.line == "nothing since issue 1"


def test_a_moved_day_moves_what_hangs_on_it_and_the_documents_say_why() -> None:
    found = changed(TEXT, TEXT.replace("2027-06-10", "2027-06-17"))
    days = {one.id: one for one in found.milestones}
    assert (days["go_live"].days, days["go_live"].why) == (7, "")
    assert (days["order"].days, days["order"].why) == (7, "migration_length before go_live")
    assert {one.id for one in found.parties} == {f"{id}.{way}" for id in ("exampleshire_pathology",) for way in ("off", "on")} | {
        "exampleton_pharmacy.on"
    }
    documents = {one.id: one for one in found.documents}
    assert documents["notice.exampleton_pharmacy"].why[0] == "Final extract taken"
    assert "Exampleton Pharmacy" in documents["notice.exampleton_pharmacy"].why
    assert "Exampleshire Pathology" not in documents["notice.exampleton_pharmacy"].why
    assert found.line.startswith("go-live 2027-06-10 to 2027-06-17; ")
    sheets = {one.id: one for one in found.sheets}
    assert sheets["notice.exampleton_pharmacy"].was == "Issue 1 draft"
    assert sheets["notice.exampleton_pharmacy"].code == issued(TEXT).documents["notice.exampleton_pharmacy"].code != ""


def test_a_fact_changes_the_documents_that_print_it_and_no_other() -> None:
    found = changed(TEXT, TEXT.replace("01632 960 031", "01632 960 032"))
    assert not (found.milestones or found.parties or found.tasks or found.documents)  # the notice does not print it
    found = changed(TEXT, TEXT.replace("Pat Sample", "Kit Sample"))
    assert {one.id: one.why for one in found.documents} == {"notice.exampleshire_pathology": ("third_parties.1.contact.name",)}
    found = changed(TEXT, TEXT.replace("Corner Surgery", "Corner House Surgery"))
    assert {one.why for one in found.documents} >= {("practice.name",)}


def test_a_trait_adds_tasks_and_without_it_they_are_gone() -> None:
    base = plan_of(TEXT)
    more = full_plan(replace(base.case, traits=base.case.traits | {"dispensing"}))
    added = compare(issued(TEXT), more, ())
    assert added.tasks and all(one.old is None and one.new for one in added.tasks)
    assert {one.id for one in added.tasks} == {task.id for task in more.tasks} - {task.id for task in base.tasks}
    before = replace(issued(TEXT), tasks=task_days(more))
    gone = compare(before, base, ())
    assert {one.id for one in gone.tasks} == {one.id for one in added.tasks}
    assert all(one.new is None and one.days == 0 for one in gone.tasks)


def test_a_document_that_came_and_one_that_went() -> None:
    less = TEXT.replace("  - {name: Exampleton Pharmacy, kind: pharmacies}\n", "")
    came = {one.id: one for one in changed(less, TEXT).documents}["notice.exampleton_pharmacy"]
    assert (came.was, came.why) == ("", ("New in the pack",))
    went = {one.id: one for one in changed(TEXT, less).documents}["notice.exampleton_pharmacy"]
    assert (went.path, went.why, went.was) == ("", ("No longer in the pack",), "Issue 1 draft")


@pytest.mark.parametrize("role", ["practice_staff", "delivery_partner", "commissioner"])
def test_a_role_is_told_its_own_tasks_and_go_live(role: str) -> None:
    new = TEXT.replace("2027-06-10", "2027-06-17")
    found, plan = changed(TEXT, new), plan_of(new)
    mine = for_role(found, plan, role)
    assert {one.id for one in mine.tasks} == {one.id for one in found.tasks if one.list == role}
    assert {"go_live", "final_extract"} <= {one.id for one in mine.milestones}
    assert [one.id for one in mine.documents] == [f"checklist.{role}"]


def ready(text: str, before: IssuedPack | None, *only: str) -> Prepared:
    """Return the pack of a practice file after an issue, thought through."""
    case = plan_of(text).case.after(2, {}, before)
    return prepare(case, _base()[1], samples.TODAY, Wanted(frozenset(only)))


def test_the_pages_tell_it_once_a_pack_was_issued_and_never_before() -> None:
    assert not any(page.document.spec.made_by == "changes" for page in ready(TEXT, None, "timeline").pages)
    pages = ready(TEXT.replace("2027-06-10", "2027-06-17"), issued(TEXT), "what_changed", "change_sheet").pages
    texts = {page.document.id: page.html for page in pages}
    assert set(texts) == {"what_changed", *(f"change_sheet.{role}" for role in ("practice_staff", "delivery_partner", "commissioner"))}
    assert "Go-live is now Thu 17 Jun 2027" in texts["what_changed"]
    code = issued(TEXT).documents["checklist.commissioner"].code
    assert f"{code[:4]}-{code[4:]}" in texts["what_changed"]
    assert f"{code[:4]}-{code[4:]}" in texts["change_sheet.commissioner"]
    assert f"{code[:4]}-{code[4:]}" not in texts["change_sheet.practice_staff"]
    assert "<h1>What changed for practice managers and staff</h1>" in texts["change_sheet.practice_staff"]
    differ = texts["what_changed"].partition("Documents that differ")[2]
    reasons = [row.partition("</td>")[0] for row in differ.split("<td>")[1:]]
    assert len(reasons) == len(set(reasons)) > 1  # documents that differ for the same reasons stand in one row
    for title in ("Notice to: Exampleton Pharmacy", "Log-off notice"):
        assert title in differ
    same = ready(TEXT, issued(TEXT), "what_changed").pages[0].html
    assert "Nothing. All days, tasks and documents" in same


def test_changes_are_those_of_the_whole_pack_even_if_one_document_is_built() -> None:
    new = TEXT.replace("2027-06-10", "2027-06-17")
    case = plan_of(new).case.after(2, {}, issued(TEXT))
    plan = full_plan(case)
    part = replace(plan, documents=plan.documents[:1])
    assert changes_of(part, _base()[1], samples.TODAY) == changes_of(plan, _base()[1], samples.TODAY)


def test_a_milestone_knows_the_day_on_which_it_was_first_issued() -> None:
    case = plan_of(TEXT.replace("2027-06-10", "{baseline: 2027-05-20, forecast: 2027-06-17}")).case
    first = {id: day.when.date for id, day in issued(TEXT).milestones.items()}
    plan = full_plan(case.after(2, {}, issued(TEXT), first))
    assert plan.milestones["order"].baseline == first["order"] != plan.milestones["order"].date
    assert plan.milestones["go_live"].baseline == dt.date(2027, 5, 20)  # what the file says counts


def sent(id: int, recipient: str, facts: dict[str, str], on: str, document: str = "notice") -> Sent:
    """Return a letter that was sent."""
    return Sent(str(id), recipient, document, facts, dt.date.fromisoformat(on), "email")


def test_whoever_was_told_an_old_day_is_corrected_and_nobody_else() -> None:
    plan = plan_of(TEXT)
    now = {key: str(day) for key, day in told_days(plan).items()}
    letters = [
        sent(1, "exampleton_pharmacy", {"go_live": "2027-06-03", "exampleton_pharmacy.on": now["exampleton_pharmacy.on"]}, "2026-12-01"),
        sent(2, "exampleshire_pathology", {"go_live": now["go_live"]}, "2026-12-01"),
        sent(3, "patients", {"go_live": "2027-06-03"}, "2026-12-02", "letter"),
    ]
    found = {one.recipient: one for one in corrections(letters, plan)}
    assert found.keys() == {"exampleton_pharmacy", "patients"}
    [day] = found["exampleton_pharmacy"].days
    assert (day.key, str(day.old), str(day.new)) == ("go_live", "2027-06-03", now["go_live"])
    assert found["patients"].documents == ("letter",)
    settled = [*letters, sent(4, "patients", {"go_live": now["go_live"]}, "2026-12-03"), sent(5, "exampleton_pharmacy", now, "2026-12-03")]
    assert corrections(settled, plan) == ()


def test_a_milestone_that_only_shares_the_day_is_nobodys_concern() -> None:
    plan = plan_of(TEXT)
    facts = {"go_live": "2027-06-03", "training_end": "2027-06-03", "order": "2027-01-01", "exampleshire_pathology.on": "2027-06-03"}
    [party] = corrections([sent(1, "exampleton_pharmacy", facts, "2026-12-01")], plan)
    [patients] = corrections([sent(1, "patients", facts, "2026-12-01")], plan)
    [person] = corrections([sent(1, "practice_manager", facts, "2026-12-01")], plan)
    assert [day.key for day in party.days] == [day.key for day in patients.days] == ["go_live"]
    assert {day.key for day in person.days} == facts.keys()


def test_a_day_that_is_no_longer_planned_is_told_as_gone() -> None:
    [found] = corrections([sent(1, "exampleton_pharmacy", {"exampleton_pharmacy.off": "2027-06-02"}, "2026-12-01")], plan_of(TEXT))
    assert [(day.title, day.new) for day in found.days] == [("Your link or service goes off", None)]


@given(st.lists(st.tuples(st.sampled_from(["go_live", "final_extract"]), st.integers(0, 2)), max_size=8))
@settings(max_examples=60)
def test_the_last_word_counts(told: list[tuple[str, int]]) -> None:
    plan = plan_of(TEXT)
    now = told_days(plan)
    letters = [
        sent(n, "patients", {key: str(now[key] + dt.timedelta(days=off))}, f"2026-12-{n + 1:02}") for n, (key, off) in enumerate(told)
    ]
    wrong = {key for key, off in dict(told).items() if off}
    assert {day.key for one in corrections(letters, plan) for day in one.days} == wrong


def test_corrections_are_written_for_exactly_those_and_once(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.with_only(TEXT, "notice", "correction"))
    _record(tmp_path, "2026-12-01", "2027-06-03")

    def run(*words: object) -> str:
        done = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    words = ("corrections", path, "--out", tmp_path / "out", "--jobs", 1, "--today", "2026-12-05")
    assert "Thu 3 Jun 2027 is now Thu 10 Jun 2027" in run(*words, "--dry-run")
    moved = run("redate", path, "go_live=2027-06-17", "--dry-run", *words[2:])
    assert "Thu 3 Jun 2027 is now Thu 17 Jun 2027" in moved  # who will hold an old day is shown before anything is written
    assert not (tmp_path / "out").exists()
    assert "to send: 6-third-parties/exampleton-pharmacy/6-new-dates.pdf" in run(*words)
    made = {file.name: file for file in tmp_path.rglob("6-new-dates.*")}
    assert {file.parent.name for file in made.values()} == {"exampleton-pharmacy"}
    assert made.keys() == {"6-new-dates.pdf", "6-new-dates.docx", "6-new-dates.txt"}
    text = made["6-new-dates.txt"].read_text("utf-8")
    assert "On Tuesday 1 December 2026 we told you dates that have changed since." in text
    assert "We told you: Thursday 3 June 2027\nIt is now: Thursday 10 June 2027" in text
    assert "Reply slip" in text
    assert any("Thursday 3 June 2027" in cell.text for row in Document(str(made["6-new-dates.docx"])).tables[0].rows for cell in row.cells)
    asked = ("drafts", path, "--out", tmp_path / "drafts", "--pack", tmp_path / "out", "--today", "2026-12-05")
    CliRunner().invoke(main, [str(word) for word in asked], catch_exceptions=False)
    listed = (tmp_path / "drafts/index.html").read_text("utf-8")
    assert "Tue 1 Dec 2026" in listed  # at once, whatever day the first letter was due
    # Told anew by the one letter, and not by the first one again.
    assert "correction.exampleton_pharmacy" in listed and "notice.exampleton_pharmacy" not in listed
    before = {name: file.read_bytes() for name, file in made.items()}
    run(*words)
    assert {name: file.read_bytes() for name, file in made.items()} == before
    _record(tmp_path, "2026-12-06", "2027-06-10")
    run("build", path, "--out", tmp_path / "out", "--jobs", 1, "--today", "2026-12-07")
    assert not list(tmp_path.rglob("6-new-dates.*"))  # it has been sent, so it is needed no more


def _record(folder: Path, on: str, day: str) -> None:
    """Record that the pharmacy was sent a letter with this day."""
    facts = {"go_live": day, "exampleton_pharmacy.on": day}
    with opened(folder) as ledger:
        ledger.add([Entry("exampleton_pharmacy", "notice.exampleton_pharmacy", "", on, status="sent", facts=facts, told_on=on)])


def events(plan: Plan, last: dict[str, object]) -> dict[str, tuple[int, str, dt.date]]:
    """Return each event of a calendar: SEQUENCE, STATUS and day by its id."""
    return {
        str(event["UID"]).split(".")[1].partition("@")[0]: (int(event["SEQUENCE"]), str(event.get("STATUS", "")), event["DTSTART"].dt)
        for event in Calendar.from_ical(write_calendar(plan, last)).walk("VEVENT")  # type: ignore[arg-type]
    }


def test_an_event_that_moves_rises_and_the_others_stay() -> None:
    first, later = plan_of(TEXT), plan_of(TEXT.replace("  go_live", "  kick_off: 2027-03-16\n  go_live"))
    kept = follow(first, {})
    assert {one.sequence for one in kept.values()} == {0}
    assert follow(first, kept) == kept
    now = events(later, kept)  # type: ignore[arg-type]
    days = {id: m.date for id, m in first.milestones.items()}
    for id, milestone in later.milestones.items():
        assert now[id][2] == milestone.date
        assert now[id][0] == (milestone.date != days[id])
    assert now["kick_off"][0] == 1


def test_an_event_that_went_is_called_off_once_and_can_come_back() -> None:
    plan = plan_of(TEXT)
    task = plan.tasks[0].id.lower()
    less = replace(plan, tasks=plan.tasks[1:])
    kept = follow(plan, {})
    gone = follow(less, kept)
    assert gone[task].gone and gone[task].sequence == 1
    assert events(less, kept)[task] == (1, "CANCELLED", plan.tasks[0].due)  # type: ignore[arg-type]
    assert follow(less, gone) == gone
    back = follow(plan, gone)
    assert (back[task].gone, back[task].sequence) == (False, 2)
    assert events(plan, gone)[task][1] == ""  # type: ignore[arg-type]

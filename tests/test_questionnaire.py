"""The questionnaire: what it asks, how a filled form becomes a practice file, and how a corrected one changes it.

Forms are filled as people do (`filled`), read by the command, and judged by what `load` makes of the practice file.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import typing
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from pypdf import PdfReader, PdfWriter

import samples
from filled import fill
from migpack.cli import main
from migpack.collect.questionnaire import read_questionnaire, write_questionnaire
from migpack.collect.questions import NAME, Question, Questionnaire, ask, questions
from migpack.library import Library
from migpack.load import load, read_content, read_part
from migpack.practice import PracticeFile
from migpack.problems import Mistakes
from migpack.values import read_phone
from migpack.yamlio import type_at

Q = "questionnaire."
NEEDED = {
    "practice.name": "Mill Lane Surgery",
    "practice.ods_code": "A99998",
    "systems.current.name": "EMIS Web",
    "systems.new.name": "SystmOne",
    "dates.go_live.forecast": "Thursday 10 June 2027",
}
MORE = {
    "practice.phone": "01632 960 001",
    "practice.address": "1 Mill Lane\nExampleton\nEX1 2AB",
    "practice.list_size.number": "6,250",
    "practice.closed_days": "2027-05-12\nThursday 13 May 2027",
    "practice.traits.care_homes": "yes",
    "people.practice_manager.name": "Sam Example",
    "people.practice_manager.phone": "01632 960 002",
    "people.clinical_lead.name": "Dr Ada Example",
    "icb.name": "NHS Exampleshire ICB",
    "icb.template_required": "no",
    "third_parties.1.name": "Exampleton Pharmacy",
    "third_parties.1.kind": "pharmacies",
    "third_parties.3.name": "Exampleshire Pathology",
    "third_parties.3.contact.phone": "01632 960 031",
    "cutover.services.appointments": "limited",
    "cutover.on_duty.1.who": "Sam Example",
    "cutover.on_duty.1.when": "Thursday 3 June, 1pm to 9pm",
    "cutover.on_duty.1.job": "Holds the run sheet",
    "dates.order.forecast": "15 weeks before go_live",
    "dates.decision.actual": "9 November 2026",
}


def named(answers: dict[str, str]) -> dict[str, str]:
    return {Q + name: value for name, value in answers.items()}


def run(*words: object) -> Result:
    result = CliRunner().invoke(main, ["new", *map(str, words)], catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the questionnaire of a practice of which nothing is known."""
    folder = tmp_path_factory.mktemp("empty")
    write_questionnaire(folder)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small sample with its questionnaire."""
    folder = tmp_path_factory.mktemp("small")
    shutil.copy(samples.SAMPLES["small"], folder)
    write_questionnaire(folder)
    return folder


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> Path:
    """A copy of the small sample's folder with its questionnaire."""
    return Path(shutil.copytree(small, tmp_path / "mine"))


# What is asked


def content() -> tuple[Questionnaire, dict[str, Question]]:
    library = Library.of(None)
    asked = read_part(library, NAME, Questionnaire, {})
    return asked, questions(ask(asked, read_content(library), None))


def leaves(held: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of everything that a practice file can say, '*' for any id or entry."""
    here = type_at(held, ())
    if isinstance(here, type) and issubclass(here, BaseModel):
        for key, part in here.model_fields.items():
            yield from leaves(part.annotation, (*path, key))
    elif typing.get_origin(here) is dict:
        yield from leaves(typing.get_args(here)[1], (*path, "*"))
    elif typing.get_origin(here) is tuple and isinstance(inner := type_at(here, ("0",)), type) and issubclass(inner, BaseModel):
        yield from leaves(inner, (*path, "*"))
    else:
        yield path


def fits(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(path) >= len(pattern) and all(a == b or "*" in (a, b) for a, b in zip(path, pattern, strict=False))


def test_every_key_of_the_practice_file_is_asked_or_said_to_be_not_asked() -> None:
    asked, known = content()
    not_asked = [tuple(path.split(".")) for entry in asked.not_asked for path in entry.paths]
    paths = [tuple("*" if isinstance(part, int) else part for part in question.path) for question in known.values()]
    met = (*paths, *not_asked)
    forgotten = [".".join(leaf) for leaf in leaves(PracticeFile) if not any(fits(leaf, path) or fits(path, leaf) for path in met)]
    assert forgotten == []
    twice = [".".join(path) for path in paths if any(fits(path, out) for out in not_asked)]
    assert twice == []


def test_every_question_leads_to_a_key_and_whatever_is_not_asked_is_one() -> None:
    asked, known = content()
    assert [question.path for question in known.values() if type_at(PracticeFile, tuple(map(str, question.path))) is None] == []
    not_asked = [path for entry in asked.not_asked for path in entry.paths]
    assert [path for path in not_asked if not any(fits(leaf, tuple(path.split("."))) for leaf in leaves(PracticeFile))] == []


def test_every_role_is_asked_for_or_said_to_be_not() -> None:
    asked, known = content()
    roles = {str(question.path[1]) for question in known.values() if question.path[0] == "people"}
    left_out = {role for entry in asked.not_asked for role in entry.roles}
    assert roles | left_out == set(read_content(Library.of(None)).roles) and not roles & left_out
    assert {question.path[-1] for question in known.values() if question.shape == "tick" and question.path[0] == "practice"} == {
        trait.id for trait in read_content(Library.of(None)).traits.values() if not trait.derived
    }


def test_names_of_fields_are_short_and_numbers_stand_in_order() -> None:
    _, known = content()
    assert max(map(len, known)) <= 64
    numbers = [tuple(map(int, question.number.split("."))) for question in known.values()]
    assert numbers == sorted(numbers)
    assert [q.name for q in known.values() if q.needed] == [
        "Name", "ODS code", "Current system", "New system", "Go-live, cutover ends: expected on"
    ]  # fmt: skip


def test_the_form_says_what_it_asks_and_what_it_does_not(empty: Path) -> None:
    asked, known = content()
    words = " ".join(" ".join(page.extract_text() for page in PdfReader(empty / "questionnaire.pdf").pages).split())
    for section in asked.sections:
        assert section.title in words
    assert "Leave empty what you do not know" in words and "The business case" in words
    assert set(PdfReader(empty / "questionnaire.pdf").get_fields() or ()) == set(known)


# A filled form becomes a practice file

plain = st.text(st.sampled_from("abcÉłœ '\"#:=-&*!%@{}[],|>?`0123456789~"), min_size=1, max_size=40)
line = plain.map(str.strip).filter(lambda text: text not in ("", "-"))
prose = st.lists(line, min_size=1, max_size=3).map("\n".join)
phone = st.integers(100000, 999999).map(lambda n: f"01632 {n}")
day = st.dates(dt.date(2027, 1, 1), dt.date(2027, 12, 31)).flatmap(
    lambda date: st.sampled_from([str(date), f"{date:%d %B %Y}", f"{date:%A} {date.day} {date:%b} {date.year}"])
)
plausible = st.fixed_dictionaries(
    {
        "practice.name": line,
        "practice.phone": phone,
        "prescribing.approver": line,
        "prescribing.order_by": day,
        "third_parties.2.name": line,
    },
    optional={
        "practice.patient_name": line,
        "practice.opening_hours": line,
        "practice.list_size.as_of": day,
        "practice.list_size.number": st.integers(1, 200_000).map(str),
        "prescribing.order_how": prose,
        "closing.says": prose,
        "closing.approver": line,
        "third_parties.2.contact.name": line,
        "third_parties.2.contact.phone": phone,
        "people.registrations_clerk.name": line,
        "messages.reasons": prose,
        "letter.signed_by": line,
    },
).map(
    lambda answers: (
        answers if {"closing.says", "closing.approver"} <= set(answers) else {k: v for k, v in answers.items() if "closing" not in k}
    )
)
plausible = plausible.map(
    lambda answers: answers if "practice.list_size.number" in answers else {k: v for k, v in answers.items() if "list_size" not in k}
)


@pytest.mark.parametrize("suffix", ["docx", "pdf"])
@given(answers=plausible)
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_filled_in_is_what_load_reads(empty: Path, tmp_path_factory: Any, suffix: str, answers: dict[str, str]) -> None:
    folder = tmp_path_factory.mktemp("filled")
    form = fill(empty / f"questionnaire.{suffix}", named(NEEDED | answers), folder / f"anything.{suffix}")
    read_questionnaire(folder / "new", [form], samples.TODAY)
    path = folder / "new" / "practice.yaml"
    file = load(path, Library.of(path.parent)).file
    for name, value in answers.items():
        keys = name.split(".")
        found: Any = file
        for key in keys:
            found = found[0] if key == "2" else found.get(key) if isinstance(found, dict) else getattr(found, key)
        if keys[-1] == "phone":
            assert found == read_phone(value)
        elif isinstance(found, dt.date):
            assert f"{found.year}" in value and f"{found.day}" in value
        else:
            assert str(found) == value.strip()


@pytest.mark.parametrize("suffix", ["docx", "pdf"])
def test_a_new_practice_file_has_its_sections_and_no_mistake(empty: Path, tmp_path: Path, suffix: str) -> None:
    form = fill(empty / f"questionnaire.{suffix}", named(NEEDED | MORE), tmp_path / f"mine.{suffix}")
    result = run(tmp_path / "new", "--from", form)
    assert result.exit_code == 0 and "question 10.1 (Third party 1: name)" in result.output
    text = (tmp_path / "new" / "practice.yaml").read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=practice.schema.json")
    assert "# 1. Your practice\npractice:\n  name: Mill Lane Surgery\n" in text and "  go_live: Thursday 10 June 2027\n" in text
    assert (tmp_path / "new" / "practice.schema.json").exists()
    file = load(tmp_path / "new" / "practice.yaml", Library.of(tmp_path / "new")).file
    assert file.practice.address == ("1 Mill Lane", "Exampleton", "EX1 2AB") and file.practice.traits == ("care_homes",)
    assert [party.name for party in file.third_parties] == ["Exampleton Pharmacy", "Exampleshire Pathology"]
    assert file.icb and file.icb.template_required is False and len(file.practice.closed_days) == 2
    again = run(tmp_path / "new", "--from", form)
    assert "nothing was changed" in again.output and (tmp_path / "new" / "practice.yaml").read_text("utf-8") == text


def test_check_finds_no_mistake_in_what_was_answered(empty: Path, tmp_path: Path) -> None:
    form = fill(empty / "questionnaire.docx", named(NEEDED | MORE), tmp_path / "mine.docx")
    path = read_questionnaire(tmp_path / "new", [form], samples.TODAY).path
    checked = CliRunner().invoke(main, ["check", str(path), "--today", "2026-11-23"])
    assert checked.exit_code == 0, checked.output


def test_every_wrong_answer_is_located_and_nothing_is_written(empty: Path, tmp_path: Path) -> None:
    wrong = NEEDED | {
        "systems.new.name": "",
        "practice.phone": "0163",
        "practice.website": "www.mill-lane.example",
        "dates.go_live.forecast": "Friday 10 June 2027",
        "practice.closed_days": "2027-05-12\n31 June 2027",
        "people.clinical_lead.phone": "01632 960 009",
        "third_parties.2.contact.email": "not an address",
        "prescribing.order_by": "soon",
        "messages.text_price_pence": "two",
    }
    form = fill(empty / "questionnaire.docx", named(wrong), tmp_path / "wrong.docx")
    result = run(tmp_path / "new", "--from", form)
    assert result.exit_code == 1 and not (tmp_path / "new").exists()
    told = result.output.splitlines()
    assert told[0] == f"{form}: question 1.5 (Phone): '0163' is not a phone number — write for example '01632 960 001'"
    assert [said.partition(": question ")[2].partition(")")[0] for said in told] == [
        "1.5 (Phone", "1.7 (Website", "1.14 (Closed days", "5.1 (New system", "6.15 (Go-live, cutover ends: expected on",
        "7.2 (Clinical lead (lead GP", "10.2 (Third party 2: email", "10.2 (Third party 2: name", "11.1 (Who decides on medicines",
        "11.4 (Last day for repeat orders", "16.5 (Price of a text",
    ]  # fmt: skip


def test_dates_that_contradict_each_other_are_told_by_their_question(empty: Path, tmp_path: Path) -> None:
    answers = NEEDED | {"dates.order.forecast": "2 weeks before kick_off", "dates.kick_off.forecast": "2 weeks before order"}
    form = fill(empty / "questionnaire.pdf", named(answers), tmp_path / "circle.pdf")
    result = run(tmp_path / "new", "--from", form)
    assert result.exit_code == 1 and f"{form}: question 6." in result.output
    assert not (tmp_path / "new" / "practice.yaml").exists() and not list((tmp_path / "new").glob(".*"))


def test_two_forms_are_read_together_and_contradictions_are_told(empty: Path, tmp_path: Path) -> None:
    one = fill(empty / "questionnaire.docx", named(NEEDED | {"third_parties.1.name": "Pharmacy"}), tmp_path / "one.docx")
    two = fill(empty / "questionnaire.pdf", named({"third_parties.1.name": "Laboratory", "practice.pcn": "PCN"}), tmp_path / "two.pdf")
    read_questionnaire(tmp_path / "new", [one, two], samples.TODAY)
    file = load(tmp_path / "new" / "practice.yaml", Library.of(tmp_path / "new")).file
    assert [party.name for party in file.third_parties] == ["Pharmacy", "Laboratory"] and file.practice.pcn == "PCN"
    other = fill(empty / "questionnaire.pdf", named({"practice.name": "Another"}), tmp_path / "other.pdf")
    with pytest.raises(Mistakes, match=r"other.pdf: question 1.1 \(Name\): 'Another' contradicts .*one.docx"):
        read_questionnaire(tmp_path / "third", [one, other], samples.TODAY)
    assert not (tmp_path / "third").exists()


# A corrected form changes the practice file


@pytest.mark.parametrize("suffix", ["docx", "pdf"])
def test_an_untouched_form_changes_nothing(folder: Path, suffix: str) -> None:
    before = (folder / "practice.yaml").read_bytes()
    assert read_questionnaire(folder, [folder / f"questionnaire.{suffix}"], samples.TODAY).changed == ()
    assert (folder / "practice.yaml").read_bytes() == before


def test_a_form_of_every_key_shows_what_the_file_says_and_gives_no_answer(tmp_path: Path) -> None:
    for file in samples.SAMPLES["rich"].parent.iterdir():
        shutil.copy(file, tmp_path)
    write_questionnaire(tmp_path)
    fields = PdfReader(tmp_path / "questionnaire.pdf").get_fields() or {}
    assert fields[Q + "people.clinical_lead.deputy"]["/V"] == "Dr Yusuf Keel"
    assert fields[Q + "people.champions.name"]["/V"] == "Priya Lantern and Dr Yusuf Keel"
    assert fields[Q + "third_parties.1.kind"]["/V"] == "pharmacies"
    for suffix in ("docx", "pdf"):
        assert read_questionnaire(tmp_path, [tmp_path / f"questionnaire.{suffix}"], samples.TODAY).changed == ()


@pytest.mark.parametrize("suffix", ["docx", "pdf"])
def test_a_corrected_form_changes_only_what_it_answers(folder: Path, suffix: str) -> None:
    answers = {
        "practice.phone": "01632 960 099",
        "people.clinical_lead.phone": "01632 960 098",
        "practice.contract": "",
        "practice.traits.care_homes": "yes",
        "systems.online_accounts": "reissued",
        "third_parties.1.contact.role": "",
        "third_parties.5.name": "",
        "third_parties.5.kind": "",
        "third_parties.6.name": "Exampleton Vans",
        "letter.signed_by": "Jo: Sample",
    }
    form = fill(folder / f"questionnaire.{suffix}", named(answers))
    before = (folder / "practice.yaml").read_text("utf-8")
    changed = read_questionnaire(folder, [form], samples.TODAY).changed
    after = (folder / "practice.yaml").read_text("utf-8")
    assert len(changed) == 9  # the fifth third party is one
    wanted = before
    for old, new in [
        ("01632 960 001                         # printed on", "01632 960 099                         # printed on"),
        ("  contract: GMS                                # GMS, PMS or APMS\n", ""),
        ("primary care network\n", "primary care network\n  traits:\n    - care_homes\n"),
        ("online_accounts: unknown  ", "online_accounts: reissued  "),
        ("clinical_lead: Dr Ada Example", "clinical_lead: {name: Dr Ada Example, phone: 01632 960 098}"),
        ("name: Pat Sample, role: Pharmacist, phone", "name: Pat Sample, phone"),
        ("  - name: NHS App team\n    kind: nhs_app\n", "  - name: Exampleton Vans\n"),
        ("signed_by: Sam Example", 'signed_by: "Jo: Sample"'),
    ]:
        assert old in wanted
        wanted = wanted.replace(old, new)
    assert after == wanted


def test_a_form_that_was_read_is_read_again_after_it_and_the_file_were_changed(folder: Path) -> None:
    form = fill(folder / "questionnaire.docx", named({"practice.phone": "01632 960 099"}))
    read_questionnaire(folder, [form], samples.TODAY)
    path = folder / "practice.yaml"
    path.write_text(
        path.read_text("utf-8").replace("reception@mill-lane", "desk@mill-lane").replace("name: Primary Care Support England", "name: PCSE")
    )
    fill(form, named({"practice.pcn": "Another network"}))
    assert read_questionnaire(folder, [form], samples.TODAY).changed == ("question 1.13 (Primary care network)",)
    file = load(path, Library.of(folder)).file
    assert (file.practice.phone, file.practice.pcn) == ("01632 960 099", "Another network")
    assert file.practice.email == "desk@mill-lane.example" and file.third_parties[3].name == "PCSE"
    fill(form, named({"third_parties.4.notes": "Ring first."}))
    with pytest.raises(Mistakes, match=r"question 10.4 \(Third party 4\): the practice file has no such entry any more"):
        read_questionnaire(folder, [form], samples.TODAY)


def test_a_corrected_name_in_a_form_issued_empty_is_the_same_third_party(empty: Path, tmp_path: Path) -> None:
    answers = NEEDED | {"third_parties.1.name": "Farmacy", "third_parties.1.contact.phone": "01632 960 030", "third_parties.2.name": "Lab"}
    form = fill(empty / "questionnaire.docx", named(answers), tmp_path / "form.docx")
    read_questionnaire(tmp_path, [form], samples.TODAY)
    fill(form, named({"third_parties.1.name": "Pharmacy"}))
    assert read_questionnaire(tmp_path, [form], samples.TODAY).changed == ("question 10.1 (Third party 1: name)",)
    file = load(tmp_path / "practice.yaml", Library.of(tmp_path)).file
    assert [party.name for party in file.third_parties] == ["Pharmacy", "Lab"]


def test_a_form_with_answers_that_nobody_has_read_is_not_overwritten(folder: Path) -> None:
    form = fill(folder / "questionnaire.docx", named({"practice.pcn": "Another network"}))
    before = form.read_bytes()
    result = run(folder, "--questionnaire")
    assert result.exit_code == 1 and "holds answers that are not in the practice file" in result.output and form.read_bytes() == before
    read_questionnaire(folder, [form], samples.TODAY)
    assert run(folder, "--questionnaire").exit_code == 0
    assert read_questionnaire(folder, [form], samples.TODAY).changed == ()


def test_a_prefilled_form_alone_makes_the_file_anew(folder: Path, tmp_path: Path) -> None:
    for suffix in ("docx", "pdf"):
        path = read_questionnaire(tmp_path / suffix, [folder / f"questionnaire.{suffix}"], samples.TODAY).path
        file = load(path, Library.of(path.parent)).file
        assert file.practice.name == "Mill Lane Surgery" and len(file.third_parties) == 5


# What is no form of this practice


def test_another_practices_form_is_refused(folder: Path, empty: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    samples.written(tmp_path / "other", samples.MINIMAL)
    before = (tmp_path / "other" / "practice.yaml").read_bytes()
    result = run(tmp_path / "other", "--from", folder / "questionnaire.docx")
    assert result.exit_code == 1 and "this is the form of A99998, not of A99997" in result.output
    form = fill(empty / "questionnaire.pdf", named(NEEDED), tmp_path / "filled.pdf")
    result = run(tmp_path / "other", "--from", form)
    assert result.exit_code == 1 and "this is the form of Mill Lane Surgery, not of Corner Surgery" in result.output
    assert (tmp_path / "other" / "practice.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("form.docx", b"PK\x03\x04 no", "this is no Word file, or a damaged one"),
        ("form.pdf", b"%PDF-1.7 no", "damaged"),
        ("form.txt", b"hello", "this is no questionnaire that 'migpack new' has written"),
        ("scan.png", b"\x89PNG", "this is no questionnaire that 'migpack new' has written, or only a print or a scan of one"),
    ],
)
def test_a_file_that_is_no_form_is_refused(tmp_path: Path, name: str, data: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(data)
    result = run(tmp_path / "new", "--from", tmp_path / name)
    assert result.exit_code == 1 and says in result.output and result.output.startswith(str(tmp_path / name))


def test_what_bears_nothing_of_ours_or_has_lost_its_fields_is_no_questionnaire(empty: Path, tmp_path: Path) -> None:
    docx.Document().save(str(tmp_path / "letter.docx"))
    printed = PdfWriter(clone_from=empty / "questionnaire.pdf")
    del printed.root_object["/AcroForm"]
    printed.remove_annotations(None)
    printed.write(tmp_path / "printed.pdf")
    for name in ("letter.docx", "printed.pdf"):
        result = run(tmp_path / "new", "--from", tmp_path / name)
        says = f"{tmp_path / name}: this is no questionnaire that 'migpack new' has written, or only a print or a scan of one"
        assert result.exit_code == 1 and result.output.startswith(says) and len(result.output.splitlines()) == 1


def test_a_form_of_the_pack_is_no_questionnaire(empty: Path, tmp_path: Path) -> None:
    form = tmp_path / "survey.docx"
    with zipfile.ZipFile(empty / "questionnaire.docx") as old, zipfile.ZipFile(form, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/custom.xml":
                part = re.sub(rb'("migpack-(?:document|code)".*?<vt:lpwstr>)[^<]*', rb"\1technical_survey", part)
            new.writestr(name, part)
    result = run(tmp_path / "new", "--from", form)
    assert result.exit_code == 1 and "this is 'technical_survey' of a pack, and no questionnaire" in result.output


def test_an_empty_form_and_both_options_are_told(empty: Path, tmp_path: Path) -> None:
    result = run(tmp_path / "new", "--from", empty / "questionnaire.docx")
    assert result.exit_code == 1 and "nothing is answered in this form" in result.output and not (tmp_path / "new").exists()
    assert run(tmp_path / "new", "--questionnaire", "--from", empty / "questionnaire.docx").exit_code == 2

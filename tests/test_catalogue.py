"""What the catalogue promises: which documents a practice gets, in which formats, and what may be final."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

import samples
from migpack.manifest import NOTHING
from migpack.model import Plan
from migpack.pack import build, pack_folder, plan_only
from migpack.plan import Wanted, in_or_out
from migpack.problems import Mistakes


def plan_of(path: Path) -> Plan:
    """Return the plan of a practice file."""
    case, _ = samples.case_of(path)
    return plan_only(case, samples.TODAY)


@pytest.fixture(scope="module")
def plans() -> dict[str, Plan]:
    """The plan of each sample."""
    return {name: plan_of(path) for name, path in samples.SAMPLES.items()}


def ids(plan: Plan) -> set[str]:
    """Return the catalogue ids of the documents of a plan."""
    return {document.spec.id for document in plan.every_document}


def test_one_sample_has_every_trait_and_one_has_none(plans: dict[str, Plan]) -> None:
    case = plans["rich"].case
    written = {trait.id for trait in case.content.traits.values() if not trait.derived}
    assert written <= case.traits
    assert not written & plans["minimal"].case.traits


def test_a_practice_with_every_trait_gets_every_document_and_every_folder_has_its_story(plans: dict[str, Plan]) -> None:
    catalogue = plans["rich"].case.content.catalogue
    assert ids(plans["rich"]) == {spec.id for spec in catalogue.documents}
    stories = {folder.id for folder in catalogue.folders}
    assert {spec.folder for spec in catalogue.documents} - {""} == stories


def test_a_practice_with_five_facts_gets_no_document_of_a_trait(plans: dict[str, Plan]) -> None:
    for document in plans["minimal"].every_document:
        assert not document.spec.only_if, document.id


def test_a_cutover_of_no_days_gets_the_short_set(tmp_path: Path, plans: dict[str, Plan]) -> None:
    short = plan_of(samples.written(tmp_path, samples.WEEKEND))
    missing = ids(plans["minimal"]) - ids(short)
    assert missing == {"poster_now", "cutover_log", "reentry_plan"}


def test_what_a_practice_leaves_out_goes(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.MINIMAL + "leave_out: [social_posts, raid_log]\n")
    assert not {"social_posts", "raid_log"} & ids(plan_of(path))


def test_the_list_says_why_each_document_is_in_or_out(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.WEEKEND + "leave_out: [raid_log]\n")
    why = in_or_out(plan_of(path))
    assert why["letter"] == "yes"
    assert why["raid_log"] == "no: left out by leave_out"
    assert why["letter_dispensing"] == "no: needs the trait dispensing"
    assert why["cutover_log"] == "no: not with the trait no_cutover_period"
    assert why["notice"] == "no: no third party that it concerns"
    assert why["checklist"] == "yes, 3 times"
    assert in_or_out(plan_of(samples.SAMPLES["rich"]))["letter_dispensing"] == "yes: has the trait dispensing"


def test_letters_go_to_those_third_parties_that_they_concern(plans: dict[str, Plan]) -> None:
    plan = plans["rich"]
    for_parties = {id: {d.subject for d in plan.every_document if d.spec.id == id} for id in ("notice", "day_off", "extract_request_party")}
    assert for_parties["notice"] == {party.id for party in plan.parties}
    assert for_parties["day_off"] == {party.id for party in plan.parties if party.off or party.on}
    assert for_parties["extract_request_party"] == {party.id for party in plan.parties if party.moves_data}
    assert for_parties["extract_request_party"] and for_parties["day_off"] < for_parties["notice"]


def test_there_is_a_log_for_each_activity_that_is_entered_again(plans: dict[str, Plan]) -> None:
    logs = {d.subject for d in plans["rich"].every_document if d.spec.id == "cutover_log"}
    assert logs >= {
        "appointments", "consultations", "home_visits", "telephone_calls", "prescriptions", "pathology_links", "referrals", "scanning",
        "incoming_messages", "vaccinations",
    }  # fmt: skip
    assert logs & {"registration_links", "new_registrations"}


def test_a_mail_merge_is_a_word_file_with_real_merge_fields(tmp_path: Path) -> None:
    ready = samples.prepared(samples.SAMPLES["small"], Wanted(only=frozenset({"letter", "letter_appointment_moved"})))
    folder = pack_folder(ready.plan.case, tmp_path)
    made = {artefact.path for artefact in build(ready, folder, last=NOTHING, formats=frozenset({"docx", "pdf"}))}
    assert not any(path.endswith(".pdf") for path in made if "mail-merge" in path)
    for name, wanted in (
        ("letter-to-patients-mail-merge", {"full_name", "address_line_1", "postcode"}),
        ("appointment-moves-mail-merge", {"full_name", "appointment_day", "new_day", "new_time"}),
    ):
        document = zipfile.ZipFile(folder / "7-patients" / "1-letters" / f"{name}.docx").read("word/document.xml").decode()
        fields = set(re.findall(r"<w:instrText[^>]*> MERGEFIELD &quot;(\w+)&quot; |<w:instrText[^>]*> MERGEFIELD \"(\w+)\" ", document))
        assert wanted <= {first or second for first, second in fields}
        assert document.count('w:fldCharType="begin"') == document.count('w:fldCharType="end"')


def test_a_document_kept_in_reserve_is_made_final_by_name_alone() -> None:
    ready = samples.prepared(
        samples.SAMPLES["rich"], Wanted(final=frozenset({"all"}), only=frozenset({"delay_notice", "care_home_letter"}))
    )
    assert {page.document.id: page.draft for page in ready.pages} == {"delay_notice": True, "care_home_letter": False}


def test_words_about_a_decision_need_the_decision(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.MINIMAL)
    for document, key in (("slip", "prescribing.order_by"), ("incident_letter", "incident")):
        with pytest.raises(Mistakes) as error:
            samples.prepared(path, Wanted(only=frozenset({document}), final=frozenset({document})))
        assert key in str(error.value), document


def test_a_decision_that_the_practice_has_not_taken_is_not_asked_for(tmp_path: Path) -> None:
    """Closing hours: without a decision nothing is printed, and no approval is missing."""
    text = samples.SAMPLES["rich"].read_text("utf-8")
    closing = re.search(r"^closing:\n(?:[ #].*\n)+", text, re.MULTILINE)
    assert closing
    approved = samples.written(tmp_path / "a", text.replace("\napprovals:", "\napprovals_:"))
    with pytest.raises(Mistakes):
        samples.prepared(approved, Wanted(only=frozenset({"letter"}), final=frozenset({"letter"})))
    without = text.replace(closing[0], "")
    without = re.sub(r"^  closing: \{.*\}\n|^  closing:\n(?:    .*\n)+", "", without, flags=re.MULTILINE)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "logo.png").write_bytes((samples.SAMPLES["rich"].parent / "logo.png").read_bytes())
    ready = samples.prepared(samples.written(tmp_path / "b", without), Wanted(only=frozenset({"letter"}), final=frozenset({"letter"})))
    assert not any("approval 'closing'" in problem.what for problem in ready.problems)
    assert not any(page.draft for page in ready.pages)

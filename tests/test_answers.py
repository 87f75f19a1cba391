"""What readers found becomes answers: what differs from the form as it was issued, with who, when and from where; nothing is lost."""

from __future__ import annotations

import dataclasses
import datetime as dt
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migpack.collect.answers import File, Taken, confirm, decide, take
from migpack.collect.returned import Found, Identity, Unreadable
from migpack.collect.store import record_text
from migpack.fillable import IssuedField, IssuedForm
from migpack.problems import Mistakes
from migpack.record import Answer, Record, Return, Signature
from migpack.yamlio import decode, read_node, to_model

TODAY = dt.date(2026, 12, 10)
PRACTICE = "A99998"
LIST = IssuedForm(
    "K7QF2M9X", "list", "Checklist", "Issue 1 draft", True, PRACTICE, False,
    (
        IssuedField("list.p1.done", "tick", "P1: done", "no", "", "", "P1"),
        IssuedField("list.p1.on", "date", "P1: date done", "", "Day month year", "date", "P1"),
        IssuedField("list.p1.by", "text", "P1: initials", "", "Initials", "initials", "P1"),
        IssuedField("list.p1.note", "lines", "P1: notes", "", "Click to write", "", "P1"),
        IssuedField("list.p2.done", "tick", "P2: done", "yes", "", "", "P2"),
        IssuedField("list.lead", "text", "Lead", "Ann Example", "Click to write", "", "Lead"),
        IssuedField("list.sign.pm.name", "text", "Practice manager: printed name", "", "Click to write", "", "Practice manager"),
        IssuedField("list.sign.pm.signature", "text", "Practice manager: signature", "", "Signature", "signature", "Practice manager"),
        IssuedField("list.sign.pm.date", "date", "Practice manager: date signed", "", "Day month year", "date", "Practice manager"),
    ),
    {},
)  # fmt: skip
FORMS = {LIST.code: LIST}
UNTOUCHED = {field.name: field.value for field in LIST.fields}


def found(values: dict[str, str], form: IssuedForm = LIST, **more: object) -> Found:
    """Return what a reader finds in a form in which these values were changed."""
    identity = Identity(PRACTICE, form.document, form.version, form.code)
    return Found("pdf", identity, {**{f.name: f.value for f in form.fields}, **values}, **more)  # type: ignore[arg-type]


def file(name: str = "back.pdf", day: int = 3) -> File:
    """Return a file that came back on a day of December."""
    return File(name, f"hash of {name}", dt.date(2026, 12, day), TODAY)


def taken(values: dict[str, str], record: Record, back: File, **more: object) -> tuple[Record, Taken]:
    """Return the record after a return."""
    return take(found(values, **more), back, FORMS, PRACTICE, record)  # type: ignore[arg-type]


def test_an_untouched_form_gives_no_answer() -> None:
    record, back = taken({}, Record(practice=PRACTICE), file())
    assert back.answers == {} and record.answers == {} and len(record.returns) == 1


def test_an_answer_knows_who_gave_it_when_and_in_which_file() -> None:
    values = {"list.p1.done": "yes", "list.p1.by": "SE", "list.p1.on": "2 December 2026", "list.p1.note": "two\nlines"}
    record, _ = taken(values, Record(practice=PRACTICE), file())
    answer = record.answer("list.p1.done")
    assert answer == Answer(value="yes", by="SE", on=dt.date(2026, 12, 2), source="r1")
    assert record.came("r1").file == "back.pdf" and record.came("r1").version == "Issue 1 draft"
    assert record.answer("list.p1.note").value == "two\nlines"


def test_a_box_that_was_issued_ticked_and_is_cleared_is_an_answer() -> None:
    record, _ = taken({"list.p2.done": "no"}, Record(practice=PRACTICE), file())
    assert record.answer("list.p2.done").value == "no"


def test_the_one_who_signs_answers_for_lines_without_initials() -> None:
    values = {"list.p1.done": "yes", "list.sign.pm.name": "Sam Example", "list.sign.pm.date": "1 December 2026"}
    record, _ = taken(values, Record(practice=PRACTICE), file())
    assert (record.answer("list.p1.done").by, record.answer("list.p1.done").on) == ("Sam Example", dt.date(2026, 12, 1))


def test_without_a_date_on_the_form_the_day_of_the_file_counts() -> None:
    record, _ = taken({"list.p1.done": "yes", "list.p1.on": "soon"}, Record(practice=PRACTICE), file(day=4))
    assert record.answer("list.p1.done").on == dt.date(2026, 12, 4)


def test_a_prompt_and_white_space_are_no_answers() -> None:
    _, back = taken({"list.p1.by": "Initials", "list.p1.note": "  \r\n"}, Record(practice=PRACTICE), file())
    assert back.answers == {}


def test_reading_the_same_file_again_changes_nothing() -> None:
    once, _ = taken({"list.p1.done": "yes"}, Record(practice=PRACTICE), file())
    twice, back = taken({"list.p1.done": "yes"}, once, file())
    assert twice == once and back.again


def test_a_later_answer_of_the_same_person_supersedes_and_both_are_kept() -> None:
    record, _ = taken({"list.lead": "Bo Example", "list.sign.pm.name": "Sam"}, Record(practice=PRACTICE), file())
    record, _ = taken({"list.lead": "Cy Example", "list.sign.pm.name": "Sam"}, record, file("later.pdf", 5))
    assert record.answer("list.lead").value == "Cy Example"
    assert [answer.value for answer in record.answers["list.lead"]] == ["Bo Example", "Cy Example"]


def test_two_people_who_disagree_are_a_conflict_until_somebody_decides() -> None:
    record, _ = taken({"list.lead": "Bo", "list.sign.pm.name": "Sam"}, Record(practice=PRACTICE), file())
    record, _ = taken({"list.lead": "Cy", "list.sign.pm.name": "Kim"}, record, file("other.pdf", 5))
    assert record.answer("list.lead") is None
    assert {answer.by for answer in record.conflicts()["list.lead"]} == {"Sam", "Kim"}
    record = decide(record, ["list.lead=Bo"], "Kim", TODAY, FORMS)
    assert record.answer("list.lead").value == "Bo" and not record.conflicts()
    assert len(record.answers["list.lead"]) == 3


def test_two_people_who_agree_are_no_conflict() -> None:
    record, _ = taken({"list.lead": "Bo", "list.sign.pm.name": "Sam"}, Record(practice=PRACTICE), file())
    record, _ = taken({"list.lead": "Bo", "list.sign.pm.name": "Kim"}, record, file("other.pdf", 5))
    assert record.answer("list.lead").value == "Bo" and not record.conflicts()


def test_who_saw_the_answer_before_and_changed_it_contradicts_nobody() -> None:
    record, _ = taken({"list.lead": "Bo", "list.sign.pm.name": "Sam"}, Record(practice=PRACTICE), file())
    fields = tuple(IssuedField(**{**vars_of(f), "value": "Bo"}) if f.name == "list.lead" else f for f in LIST.fields)
    prefilled = IssuedForm("NEWERFRM", "list", "Checklist", "Issue 1 draft", True, PRACTICE, False, fields, {})
    both = {**FORMS, prefilled.code: prefilled}
    record, back = take(found({"list.lead": "Cy", "list.sign.pm.name": "Kim"}, prefilled), file("new.pdf", 6), both, PRACTICE, record)
    assert back.answers["list.lead"].knew and record.answer("list.lead").value == "Cy"
    record, back = take(found({}, prefilled), file("seen.pdf", 7), both, PRACTICE, record)
    assert back.answers == {}


def vars_of(field: IssuedField) -> dict[str, object]:
    """Return the parts of a field by name."""
    return {name: getattr(field, name) for name in field.__dataclass_fields__}


def test_an_older_version_is_read_against_its_own_form_and_the_difference_is_said() -> None:
    newer = IssuedForm("NEWERFRM", "list", "Checklist", "Issue 2 draft", True, PRACTICE, False, LIST.fields[1:], {})
    record, back = take(
        found({"list.p1.done": "yes", "list.p1.note": "as was"}), file(), {**FORMS, newer.code: newer}, PRACTICE, Record(practice=PRACTICE)
    )
    assert record.answer("list.p1.note").value == "as was" and "list.p1.done" not in record.answers
    assert "Issue 1 draft" in back.said[0] and "Issue 2 draft" in back.said[0] and "list.p1.done" in back.said[1]


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (Identity("A99997", "list", "Issue 1", LIST.code), "A99997"),
        (Identity(PRACTICE, "menu", "Issue 1", ""), "'menu' is no form of this pack"),
        (Identity(), "no form of a pack was found"),
    ],
)
def test_what_is_another_practices_or_no_form_of_ours_is_refused(identity: Identity, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        take(Found("pdf", identity, {}), file(), FORMS, PRACTICE, Record(practice=PRACTICE))


def test_of_a_sheet_with_patients_data_only_signatures_days_and_counts_are_kept() -> None:
    names = ("row.1.1", "row.1.2", "row.2.1", "row.3.1", "used", "keeper", "phone", "date", "sign.entered")
    fields = tuple(IssuedField(f"log.{name}", "text", name, "", "", "", "") for name in names)
    log = IssuedForm("LOGFORM1", "log", "Log", "Issue 1", False, PRACTICE, True, fields, {})
    said = ("Patient Example", "1 High Street", "2 May 1950", "12", "2", "Pat Example", "01632960001", "1 July 2026", "Dr Keel, 2 July")
    values = dict(zip((field.name for field in fields), said, strict=True))
    back = Found("pdf", Identity(PRACTICE, "log", "Issue 1", log.code), values, notes=("Row added: Pat",), crops={"log.keeper": b"png"})
    record, told = take(back, file(), {log.code: log}, PRACTICE, Record(practice=PRACTICE))
    assert {name: history[0].value for name, history in record.answers.items()} == {
        "log.used": "2", "log.date": "1 July 2026", "log.sign.entered": "Dr Keel, 2 July"
    }  # fmt: skip
    assert told.crops == {} and record.came("r1").notes == ("3 rows used",) and record.came("r1").file == ""
    assert not any(word in record_text(record) for word in ("Example", "High Street", "1950", "01632", "png"))


def test_what_is_read_from_paper_waits_until_it_is_confirmed() -> None:
    scan = Found(
        "paper",
        Identity(PRACTICE, "list", "Issue 1 draft", LIST.code),
        {"list.p1.done": "yes"},
        crops={"list.p1.note": b"png"},
        doubtful=("list.p2.done",),
    )
    record, back = take(scan, file("scan.pdf"), FORMS, PRACTICE, Record(practice=PRACTICE))
    assert record.answer("list.p1.done") is None and set(record.waiting()) == {"list.p1.done", "list.p1.note", "list.p2.done"}
    assert list(back.crops) == ["record/r1-1.png"] and record.answers["list.p1.note"][0].crop == "record/r1-1.png"
    record = confirm(record, ["r1"], "Sam Example", TODAY)
    assert record.answer("list.p1.done").value == "yes" and record.answer("list.p1.note") is None
    assert set(record.waiting()) == {"list.p2.done"}  # what could not be read is not taken as read


def test_a_signature_with_a_pen_is_a_signature_with_its_picture_and_no_answer() -> None:
    signed = (Signature(field="list.sign.pm.signature", state="ink"),)
    crops = {"list.sign.pm.signature": b"png", "list.p1.note": b"png too"}
    scan = Found("paper", Identity(PRACTICE, "list", "Issue 1 draft", LIST.code), {}, signatures=signed, crops=crops)
    record, back = take(scan, file("scan.pdf"), FORMS, PRACTICE, Record(practice=PRACTICE))
    assert record.came("r1").signatures[0].crop == "record/r1-1.png" and back.crops["record/r1-1.png"] == b"png"
    assert set(record.answers) == {"list.p1.note"}


def test_a_review_says_the_last_word_on_a_scan() -> None:
    scan = Found("paper", Identity(PRACTICE, "list", "Issue 1 draft", LIST.code), {"list.p1.done": "yes"}, crops={"list.p1.note": b"png"})
    record, _ = take(scan, file("scan.pdf"), FORMS, PRACTICE, Record(practice=PRACTICE))
    said = Found("review", scan.identity, {"list.p1.done": "no", "list.p1.note": "rang twice"})
    record, _ = take(said, file("review.json"), FORMS, PRACTICE, record)
    assert record.answer("list.p1.done").value == "no" and record.answer("list.p1.note").value == "rang twice" and not record.waiting()


def disagreeing(name: str) -> Record:
    """Return a record in which two people differ on a tick."""
    returns = tuple(Return(id=f"r{n}", read_on=TODAY, dated=TODAY, medium="pdf") for n in (1, 2))
    said = tuple(Answer(value=value, by=by, on=TODAY, source=id) for value, by, id in (("yes", "Sam", "r1"), ("no", "Kim", "r2")))
    return Record(practice=PRACTICE, returns=returns, answers={name: said})


@pytest.mark.parametrize(
    ("decision", "by", "says"),
    [
        ("list.p1.done=maybe", "Kim", "'list.p1.done' does not take 'maybe' \N{EM DASH} write one of: 'yes', 'no'"),
        ("list.p1.done=", "Kim", "does not take ''"),
        ("list.p1.done=yes", " ", "it is not said who decides \N{EM DASH} add --by NAME"),
        ("list.p1.done", "Kim", "has no '='"),
        ("list.p1.dome=yes", "Kim", "did you mean 'list.p1.done'"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(decision: str, by: str, says: str) -> None:
    record = disagreeing("list.p1.done")
    assert "list.p1.done" in record.conflicts()
    with pytest.raises(Mistakes) as told:
        decide(record, [decision], by, TODAY, FORMS)
    assert says in str(told.value) and "\n" not in str(told.value)
    assert decide(record, ["list.p1.done=Yes"], "Kim", TODAY, FORMS).answer("list.p1.done").value == "yes"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"list.p1.on": "31 February 2026"}, "P1: date done: '31 February 2026' is no date that can be read; it is kept as it was written"),
        ({"list.p1.on": "2 December 2027"}, "P1: date done: 2 December 2027 is still to come; it is kept as it was written"),
        ({"list.p1.on": "next week"}, "P1: date done: 'next week' is no date that can be read; it is kept as it was written"),
        ({"list.p1.on": "3/12/26"}, ""),
        ({"list.p1.on": "3rd December 2026"}, ""),
        ({"list.fit": "Perhaps"}, "Fit: 'Perhaps' is none of the choices; it is kept as it was written"),
        ({"list.fit": "y"}, ""),
    ],
)
def test_what_cannot_be_meant_is_said_and_kept(values: dict[str, str], says: str) -> None:
    form = dataclasses.replace(LIST, fields=(*LIST.fields, IssuedField("list.fit", "choice", "Fit", "", "", "", "", (("y", "Well"),))))
    record, back = take(found(values, form), file(), {form.code: form}, PRACTICE, Record(practice=PRACTICE))
    assert back.said == ((says,) if says else ())
    [(name, value)] = values.items()
    assert record.answer(name).value == value
    private = dataclasses.replace(form, holds_patient_data=True)
    assert take(found(values, private), file(), {form.code: private}, PRACTICE, Record(practice=PRACTICE))[1].said == ()


@pytest.mark.parametrize("written", ["3/12/26", "03.12.2026", "3-12-26", "3rd December 2026", "Thursday 3 December 2026", "2026-12-03"])
def test_a_day_is_read_as_people_write_it(written: str) -> None:
    record, _ = taken({"list.p1.done": "yes", "list.p1.on": written}, Record(practice=PRACTICE), file(day=9))
    assert record.answer("list.p1.done").on == dt.date(2026, 12, 3)


def test_a_day_before_any_of_this_comes_from_a_clock_that_nobody_set() -> None:
    old = File("old.pdf", "hash", dt.date(1980, 1, 1), TODAY)
    record, back = taken({"list.p1.done": "yes", "list.p1.on": "3/12/2002"}, Record(practice=PRACTICE), old)
    assert (record.answer("list.p1.done").on, back.entry.dated) == (TODAY, TODAY)
    assert taken({"list.p1.done": "yes"}, Record(practice=PRACTICE), old, saved_on=dt.date(2026, 12, 4))[1].entry.dated.day == 4
    late = File("late.pdf", "hash", dt.date(2026, 12, 5), TODAY)
    assert taken({"list.sign.pm.date": "3 December 2027"}, Record(practice=PRACTICE), late)[1].entry.dated == dt.date(2026, 12, 5)


def test_accents_count_the_same_however_they_are_stored() -> None:
    names = {"list.lead": "Si\u00e2n \u0141\u00f3d\u017a", "list.sign.pm.name": "Si\u00e2n"}
    record, _ = taken(names, Record(practice=PRACTICE), file())
    apart = {name: unicodedata.normalize("NFD", value) for name, value in names.items()}
    again, back = taken(apart, record, file("mac.pdf", 5))
    assert not again.conflicts() and back.answers["list.lead"].value == names["list.lead"]


def test_who_confirmed_a_scan_is_kept_and_it_is_confirmed_once() -> None:
    scan = Found("paper", Identity(PRACTICE, "list", "Issue 1 draft", LIST.code), {"list.p1.done": "yes"})
    record, _ = take(scan, file("scan.pdf"), FORMS, PRACTICE, Record(practice=PRACTICE))
    record = confirm(record, ["r1"], "Kim Example", TODAY)
    assert (record.came("r1").confirmed_by, record.came("r1").confirmed_on) == ("Kim Example", TODAY)
    with pytest.raises(Mistakes, match="nothing that was read in 'r1' waits to be confirmed"):
        confirm(record, ["r1"], "Kim Example", TODAY)


def test_the_questionnaire_is_sent_to_the_command_that_reads_it() -> None:
    with pytest.raises(Unreadable, match="migpack new FOLDER --from FILE"):
        take(Found("word", Identity("", "questionnaire"), {}), file(), FORMS, PRACTICE, Record(practice=PRACTICE))


def test_a_record_that_was_changed_by_hand_and_no_longer_fits_together_is_refused() -> None:
    record, _ = taken({"list.lead": "Bo"}, Record(practice=PRACTICE), file())
    text = record_text(record)
    with pytest.raises(Mistakes, match="there is no return 'r7'"):
        to_model(read_node(text.replace("from: r1", "from: r7"), "record.yaml"), Record)
    [entry] = record.returns
    with pytest.raises(ValueError, match="two returns have the id 'r1'"):
        Record(practice=PRACTICE, returns=(entry, entry))


def test_a_decision_names_a_field_on_which_people_disagree() -> None:
    with pytest.raises(Mistakes, match="people do not disagree"):
        decide(Record(practice=PRACTICE), ["list.lead=Bo"], "", TODAY, FORMS)
    with pytest.raises(Mistakes, match="there is no return 'r9'"):
        confirm(Record(practice=PRACTICE), ["r9"], "", TODAY)


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n=+'\":#-"), max_size=60)


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from([f.name for f in LIST.fields]), TEXT), st.integers(1, 9)), max_size=5))
def test_a_record_written_and_read_is_the_same_and_loses_nothing(returns: list[tuple[dict[str, str], int]]) -> None:
    record = Record(practice=PRACTICE)
    for n, (values, day) in enumerate(returns):
        before = record
        record, back = taken({k: v for k, v in values.items() if not k.endswith((".done", ".signature"))}, record, file(f"{n}.pdf", day))
        for name, history in before.answers.items():
            assert record.answers[name][: len(history)] == history
        assert all(record.answers[name][-1] == answer for name, answer in back.answers.items())
    read, _ = to_model(read_node(decode(record_text(record).encode(), "record.yaml"), "record.yaml"), Record)
    assert read == record

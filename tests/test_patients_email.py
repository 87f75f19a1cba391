"""A letter to patients by e-mail: who is written to, who is printed for, what each reads, what the ledger keeps."""

from __future__ import annotations

import csv
import email.policy
import io
import os
import stat
from dataclasses import replace
from functools import cache

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from mail_server import PASSWORD, Mailbox, attached, mail_server, received
from migpack.cli import main
from migpack.letters.recipients import open_list
from migpack.letters.tables import hash_of
from migpack.pack import plan_only
from migpack.post.by_hand import record
from migpack.post.ledger import KEY, NAME, PATIENTS, Entry, coder, opened, read_entries, read_sent
from migpack.post.lists import PrintList, lists_folder, read_rows, rows_of, write_rows
from migpack.post.patients import allot, emailed_entry, printed_entry
from migpack.problems import Mistakes
from outgoing import ISSUED, issued, mail_settings
from samples import SAMPLES, case_of, written
from test_bounces import report

LETTER = "letter_appointment_kept"
HEAD = (
    "First name,Surname,Address line 1,Town,Postcode,Email,May we e-mail,Appointment day,Appointment time,Appointment with,Date of birth\n"
)
ROWS = [
    "Ada,Sample,1 High Street,Exampleton,EX1 1AA,ada@patients.example,yes,Friday 18 June 2027,9:30am,Dr Ada Example,",
    'Bob,"O\'Neil {{ 7*7 }} <b>",2 High Street,Exampleton,EX1 1AB,bob@bücher.example,Y,Monday 21 June 2027,10am,Dr Ben Sample,',
    "Cy,Sample,3 High Street,Exampleton,EX1 1AD,shared@patients.example,yes,Friday 18 June 2027,9am,Dr Ada Example,",
    "Di,Sample,3 High Street,Exampleton,EX1 1AD,Shared@patients.example,yes,Friday 18 June 2027,9am,Dr Ada Example,",
    "Ed,Sample,4 High Street,Exampleton,EX1 1AE,not an address,yes,Friday 18 June 2027,9am,Dr Ada Example,",
    "Flo,Sample,5 High Street,Exampleton,EX1 1AF,flo@patients.example,no,Friday 18 June 2027,9am,Dr Ada Example,",
    "Gus,Sample,6 High Street,Exampleton,EX1 1AG,,yes,Friday 18 June 2027,9am,Dr Ada Example,",
    "Hal,Sample,,,,hal@patients.example,yes,Friday 18 June 2027,9am,Dr Ada Example,",
    "Jo,Sample,8 High Street,Exampleton,EX1 1AJ,jo@patients.example,yes,Friday 18 June 2027,,Dr Ada Example,",
    "Ivy,Sample,7 High Street,Exampleton,EX1 1AH,ivy@patients.example,yes,Friday 18 June 2027,9am,Dr Ada Example,2020-05-01",
]
FIELDS = ("full_name", "appointment_day", "appointment_time", "appointment_with")
WHY = {4: "shared_email", 5: "shared_email", 6: "wrong_email", 7: "no_consent", 8: "no_email", 11: "guardian"}
RULE = "recipients:\n  email_ok: {column: may we E-MAIL, yes: [yes, y]}\n"


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    ready = issued(tmp_path_factory.mktemp("issued"), {LETTER}, {LETTER})
    ready.add(RULE)
    return ready


@pytest.fixture
def own(practice, tmp_path):
    return practice.copy(tmp_path / "own")


def listed(folder, rows):
    return written(folder, HEAD + "\n".join(rows) + "\n", "patients.csv")


def allotted(practice_file, patients, known=(), code=None):
    case, library = case_of(practice_file)
    found = open_list(patients, plan_only(case, ISSUED), library, ISSUED, letter=LETTER)
    return allot(found, case, known, code or plain, FIELDS)


def plain(*private):
    """A code that hides nothing."""
    return "|".join(private)


def row_of_letter(content="x", facts=None):
    """What the rows of the ledger for the letter have in common."""
    return Entry(PATIENTS, LETTER, PATIENTS, content, version="Issue 1", facts=facts or {})


def send(own, patients, *words, code=0):
    return own.run("send", "--letter", LETTER, "--patients", str(patients), *words, code=code)


def test_everybody_is_told_once_by_one_channel_and_the_counts_add_up(practice, tmp_path):
    found = allotted(practice.file, listed(tmp_path, ROWS))
    assert [one.recipient.row for one in found.by_email] == [2, 3]
    assert {one.recipient.row: one.why for one in found.to_print} == WHY
    assert {one.row: one.code for one in found.left_out} == {9: "not-enough-address-lines", 10: "missing-value"}


def test_without_the_practices_own_rule_nothing_is_sent(own):
    patients = listed(own.folder, ROWS)
    with pytest.raises(Mistakes, match="nobody has said which patients may be written to by e-mail"):
        allotted(SAMPLES["small"], patients)
    own.change("may we E-MAIL", "May we mail")
    assert f"{own.file}:" in (told := send(own, patients, code=1).stderr)
    assert "the list has no column 'May we mail' — did you mean 'May we e-mail'?" in told


def test_patients_are_written_to_one_by_one_and_the_others_are_printed_for(own, monkeypatch):
    monkeypatch.setenv("MIGPACK_MAIL_PASSWORD", PASSWORD)
    patients, box = listed(own.folder, ROWS), Mailbox(trouble={"bob@xn--bcher-kva.example": "550 bob@xn--bcher-kva.example is unknown"})
    with mail_server(own.folder, box) as server:
        own.add(mail_settings(server.port, "ca.pem"))
        done = send(own, patients, "--attach", "--really-send", code=1)
        assert "10 rows: 2 by e-mail, 0 told by e-mail earlier, 6 on paper, 2 not at all" in done.output
        assert "row 2: sent" in done.output and "row 3: refused (550)" in done.output
        assert "rows to print for: 7" in done.output  # the refused one among them
        box.sessions = 0
        again = send(own, patients, "--really-send")
        assert "10 rows: 1 by e-mail, 0 told by e-mail earlier, 7 on paper, 2 not at all" in again.output
        assert box.sessions == 0
    ((to, data),) = box.delivered
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert (to, str(message["To"])) == ("ada@patients.example", "ada@patients.example")
    assert message["Subject"] == "Mill Lane Surgery: our new computer system"
    plain, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for words in (plain, html):
        assert "Dear Ada Sample" in words and "Friday 18 June 2027" in words and "9:30am" in words
        assert "1 High Street" not in words and "Date:" not in words  # these are for paper
        assert "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}" not in words and "data-key" not in words
    got = received(data)
    assert ([one.address for one in got.to], got.from_.address, got.subject) == ([to], "sam@mill-lane.example", message["Subject"])
    assert "Dear Ada Sample" in got.text_plain[0] and "Dear Ada Sample" in got.text_html[0]
    ((name, pdf),) = attached(data).items()
    assert name == "letter.pdf" and "Ada Sample" in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    _only_codes_are_kept(own, done.output + done.stderr + again.output)


def _only_codes_are_kept(own, shown):
    """Neither the screen, the ledger nor the lists say who anybody is."""
    kept = b"".join(path.read_bytes() for path in own.folder.iterdir() if path.name.startswith(NAME.partition(".")[0]))
    folder = lists_folder(own.folder, LETTER)
    for path in folder.iterdir():
        kept += path.read_bytes()
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for private in ("ada@", "bob@", "O'Neil", "Sample,", "High Street", "xn--bcher"):
        assert private.encode() not in kept and private not in shown
    list_hash = hash_of(own.folder / "patients.csv")
    assert (folder / "print-rows.txt").read_text() == f"# rows of the list with the SHA-256 {list_hash}\n3\n4\n5\n6\n7\n8\n11\n"
    rows = list(csv.reader((folder / "exceptions.csv").read_text("utf-8").splitlines()))
    every = {**WHY, 3: "refused", 9: "not-enough-address-lines", 10: "missing-value"}
    assert [row[:2] for row in rows[1:]] == [[str(row), why] for row, why in sorted(every.items())]
    if os.name == "posix":
        assert {stat.S_IMODE((own.folder / name).stat().st_mode) for name in (NAME, KEY)} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    (told,) = [told for told in read_sent(own.folder) if told.by == "email"]
    assert (told.recipient, told.document, told.facts["go_live"]) == ("patients", LETTER, "2027-06-24")


def test_words_of_a_list_are_words_and_nothing_else(own, tmp_path):
    own.run("drafts", "--letter", LETTER, "--patients", str(listed(own.folder, ROWS[1:2])), "--out", str(tmp_path / "d"))
    (path,) = (tmp_path / "d").glob("*.eml")
    assert path.name == "001-row-2.eml"
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert "Dear Bob O'Neil {{ 7*7 }} <b>" in " ".join(message.get_body(("plain",)).get_content().split())
    assert "Dear Bob O&#x27;Neil {{ 7*7 }} &lt;b&gt;" in message.get_body(("html",)).get_content()
    many = listed(
        own.folder,
        [
            f"P{n},Sample,{n} High Street,Exampleton,EX1 1AA,p{n}@patients.example,yes,Friday 18 June 2027,9am,Dr Example,"
            for n in range(51)
        ],
    )
    done = own.run("drafts", "--letter", LETTER, "--patients", str(many), code=1)
    assert "51 patients are too many for drafts" in done.stderr


def test_a_draft_letter_or_one_that_has_changed_goes_to_nobody(own):
    patients = listed(own.folder, ROWS)
    own.change("Thursday 24 June 2027 8am", "Friday 25 June 2027 8am")
    done = send(own, patients, code=1)
    assert f"{LETTER}: the practice file has changed since this letter was made" in done.stderr
    assert "Settle with your data protection officer" in done.output and "GOV.UK Notify" in done.output
    assert not (own.folder / NAME).exists() and not (own.folder / KEY).exists()


def test_tests_with_patients_details_go_only_to_an_address_that_the_practice_knows(own):
    done = send(own, listed(own.folder, ROWS), "--test-to", "me@elsewhere.example", code=1)
    assert "the practice file does not know 'me@elsewhere.example', and these tests hold patients' details" in done.stderr


def test_a_channel_once_chosen_stays(practice, tmp_path):
    """Whoever was printed for gets no e-mail later, whoever was e-mailed is not printed for: also when the list has changed meanwhile."""
    code = coder(tmp_path, lasting=True)
    first = allotted(practice.file, listed(tmp_path, ROWS), (), code)
    known = [
        *(emailed_entry(one, row_of_letter(), "x", code) for one in first.by_email),
        *(printed_entry(one, row_of_letter(), code) for one in first.to_print),
    ]
    known = [entry if entry.by == "post" else replace(entry, status="sent") for entry in known]
    changed = ["", *ROWS]  # all rows move by one
    changed[1] = ROWS[0].replace("ada@patients.example,yes", "ada@patients.example,no")  # takes her consent back
    changed[6] = ROWS[5].replace(",no,", ",yes,")  # agrees now, but the letter is printed
    again = allotted(practice.file, listed(tmp_path, changed), known, code)
    assert [one.row for one in again.told] == [3]
    assert [one.recipient.row for one in again.by_email] == [4]
    assert {one.recipient.row: one.why for one in again.to_print}[8] == "printed_before"
    # Another e-mail address, or another postal address: still the same patient, who has the letter.
    for old, new in (("bob@bücher.example", "bob@new.example"), ("2 High Street", "9 Low Street")):
        moved = allotted(practice.file, listed(tmp_path, [row.replace(old, new) for row in ROWS]), known, code)
        assert [one.name for one in moved.by_email] == [known[0].recipient, known[1].recipient]


def test_who_was_printed_for_is_recorded_as_told_and_a_letter_posted_to_all_is_not_e_mailed(own, tmp_path):
    box = own.outbox(LETTER)
    code = coder(own.folder, lasting=True)
    first = allotted(own.file, listed(tmp_path, ROWS), (), code)
    with opened(own.folder) as ledger:
        ledger.add(printed_entry(one, row_of_letter(facts={"go_live": "2027-06-24"}), code) for one in first.to_print)
    record(box, own.folder, LETTER, "", "hand", ISSUED)
    assert {entry.status for entry in read_entries(own.folder)} == {"sent"} and len(read_entries(own.folder)) == len(WHY)
    agrees = [row.replace(",no,", ",yes,") for row in ROWS]
    again = allotted(own.file, listed(tmp_path, agrees), read_entries(own.folder), code)
    assert {one.recipient.row: one.why for one in again.to_print}[7] == "printed_before"
    other = own.copy(tmp_path / "other")
    (other.folder / NAME).unlink()
    record(other.outbox(LETTER), other.folder, LETTER, "", "post", ISSUED)
    other.add(mail_settings(1, "none.pem"))
    assert "went to patients by post on 2027-04-01" in send(other, listed(tmp_path, ROWS), "--really-send", code=1).stderr


ONE = st.tuples(
    st.sampled_from(["", "a@x.example", "A@x.example", "b@x.example", "c@x.example", "no address", "ü@x.example"]),
    st.sampled_from(["yes", "no", "", "Y"]),
    st.sampled_from(["EX1 1AA", "", "EX1 1AB"]),
    st.sampled_from(["", "2020-01-01"]),
)


@settings(max_examples=40)
@given(st.lists(ONE, min_size=1, max_size=12))
def test_of_any_list_every_row_is_told_once_and_no_address_twice(practice, tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("list")
    lines = [f"P{n},Sample,{n} High Street,Town,{code},{mail},{ok},,,,{born}" for n, (mail, ok, code, born) in enumerate(rows)]
    case, library, plan = _loaded(practice.file)
    patients = open_list(listed(folder, lines), plan, library, ISSUED, letter=LETTER)
    found = allot(patients, case, (), lambda *private: "|".join(private), ())
    seen = (
        [one.recipient.row for one in found.by_email] + [one.recipient.row for one in found.to_print] + [one.row for one in found.left_out]
    )
    assert sorted(seen) == list(range(2, len(rows) + 2))
    addresses = [one.recipient.email.casefold() for one in found.by_email]
    assert len(addresses) == len(set(addresses))
    assert all(rows[one.recipient.row - 2][1] in ("yes", "Y") for one in found.by_email)


@cache
def _loaded(path):
    case, library = case_of(path)
    return case, library, plan_only(case, ISSUED)


def test_the_print_list_is_what_letters_are_made_from(practice, tmp_path):
    _, library, plan = _loaded(practice.file)
    patients = open_list(listed(tmp_path, [*ROWS, ROWS[0]]), plan, library, ISSUED, letter=LETTER)
    (tmp_path / "rows.txt").write_text("5\n3\n")
    patients.only = rows_of(tmp_path / "rows.txt", "0" * 64)
    assert ([one.row for one in patients], patients.rows) == ([3, 5], 2)
    (tmp_path / "rows.txt").write_text("3 and 5")
    with pytest.raises(Mistakes, match="this is no list of rows"):
        rows_of(tmp_path / "rows.txt", "0" * 64)


def test_a_print_list_is_of_no_use_for_another_list_of_patients(own, tmp_path):
    patients = listed(own.folder, ROWS)
    printed = write_rows(tmp_path, PrintList(frozenset({4, 3}), hash_of(patients)))
    assert rows_of(printed, hash_of(patients)) == {3, 4}
    listed(own.folder, ["", *ROWS])  # all rows move by one
    done = CliRunner().invoke(
        main, ["letters", "make", str(own.file), str(patients), "--letter", LETTER, "--rows", str(printed), "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 1 and f"{printed}: these are rows of another list of patients, or yours has changed since" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_column_that_only_the_user_knows_is_named_with_map(own, tmp_path):
    patients = listed(own.folder, ROWS[:1])
    patients.write_text(patients.read_text("utf-8").replace("Surname", "Zweitname"), "utf-8")
    assert "Zweitname" in send(own, patients, code=1).stderr or "family_name" in send(own, patients, code=1).stderr
    assert "1 rows: 1 by e-mail" in send(own, patients, "--map", "Zweitname=family_name").output
    own.run("drafts", "--letter", LETTER, "--patients", str(patients), "--map", "Zweitname=family_name", "--out", str(tmp_path / "d"))
    assert b"Dear Ada Sample" in (tmp_path / "d" / "001-row-2.eml").read_bytes()


def test_a_column_that_nothing_looks_at_is_named_before_anything_is_sent(own, tmp_path):
    rows = [HEAD.rstrip("\n") + ",Flat no,\x1b[2Jodd", ROWS[0] + ",Flat 2,", ROWS[8] + ",,"]
    patients = written(own.folder, "\n".join(rows) + "\n", "patients.csv")
    says = "columns that no letter uses: Flat no, [2Jodd. If one is part of the name or address: --map 'Their column=ours'\n"
    shown = send(own, patients).output
    assert shown.startswith(says) and shown.count("columns that no letter uses") == 1
    written_out = ("drafts", "--letter", LETTER, "--patients", str(patients), "--out", str(tmp_path / "d"))
    assert says in own.run(*written_out).output
    mapped = own.run(*written_out, "--map", "Flat no=house", "--map", "[2Jodd=title").output
    assert "columns that no letter uses" not in mapped


def test_whose_letter_cannot_be_set_is_printed_for_and_the_others_are_written_to(own, monkeypatch):
    monkeypatch.setenv("MIGPACK_MAIL_PASSWORD", PASSWORD)
    wide = "Ada" + "a" * 120
    patients, box = listed(own.folder, [ROWS[0], ROWS[1].replace("Bob", wide)]), Mailbox()
    assert "2 by e-mail" in send(own, patients).output  # the text of the e-mail has room for any name
    with mail_server(own.folder, box) as server:
        own.add(mail_settings(server.port, "ca.pem"))
        done = send(own, patients, "--attach", "--really-send")
    assert "2 rows: 1 by e-mail, 0 told by e-mail earlier, 1 on paper, 0 not at all" in done.output
    assert "1: The letter to attach cannot be made for this patient." in done.output and wide not in done.output
    assert [to for to, _ in box.delivered] == ["ada@patients.example"]
    assert read_rows(lists_folder(own.folder, LETTER) / "print-rows.txt").rows == {3}
    assert "3,not_set," in (lists_folder(own.folder, LETTER) / "exceptions.csv").read_text("utf-8")
    # Whoever has the e-mail is not printed for because the PDF could not be made afterwards.
    known = [replace(emailed_entry(one, row_of_letter(), "x", plain), status="sent") for one in allotted(own.file, patients).by_email]
    case, library = case_of(own.file)
    again = open_list(patients, plan_only(case, ISSUED), library, ISSUED, letter=LETTER)
    found = allot(again, case, known, plain, FIELDS, lambda _: {3})
    assert ([one.row for one in found.told], found.to_print) == ([3], ())


def test_what_came_back_is_on_both_lists_at_once_and_recorded_when_it_is_posted(own, monkeypatch):
    monkeypatch.setenv("MIGPACK_MAIL_PASSWORD", PASSWORD)
    patients, box = listed(own.folder, [ROWS[0], ROWS[5]]), Mailbox()
    with mail_server(own.folder, box) as server:
        own.add(mail_settings(server.port, "ca.pem"))
        send(own, patients, "--really-send")
        (own.folder / "back.eml").write_bytes(report(received(box.delivered[0][1]).headers["Message-ID"][0]))
        done = own.run("bounces", str(own.folder / "back.eml"))
        assert f"{LETTER}: rows to print for: 2" in done.output
        folder = lists_folder(own.folder, LETTER)
        before = [(folder / name).read_bytes() for name in ("print-rows.txt", "exceptions.csv")]
        assert b"2,bounced,The e-mail came back." in before[1] and rows_of(folder / "print-rows.txt", hash_of(patients)) == {2, 3}
        send(own, patients, "--really-send")  # works it all out anew, and comes to the same
        assert [(folder / name).read_bytes() for name in ("print-rows.txt", "exceptions.csv")] == before
    own.run("sent", LETTER, "--by", "post", "--on", "2027-04-01")
    states = sorted((entry.row, entry.by, entry.status) for entry in read_entries(own.folder))
    assert states == [(2, "email", "bounced"), (2, "post", "sent"), (3, "post", "sent")]


def test_no_ledger_is_made_by_looking(practice, tmp_path):
    send(practice, listed(tmp_path, ROWS))
    assert read_entries(practice.folder) == () and not (practice.folder / KEY).exists()

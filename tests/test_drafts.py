"""Letters to third parties: as drafts, shown, refused, sent through the commands, and recorded."""

from __future__ import annotations

import csv
import datetime as dt
import email.policy
import io
import json
import os
import shutil
import stat
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_server import PASSWORD, Mailbox, attached, mail_server, received
from migpack.plan import Wanted
from migpack.post.by_hand import record
from migpack.post.drafts import draft_letters, write_drafts
from migpack.post.ledger import only_run, read_entries, read_sent
from migpack.post.letters import facts_told, mailed_documents, plan_letters
from migpack.post.message import Sender, Words, compose, draft, safe_name
from migpack.post.outbox import items_of, selected
from migpack.post.password import server_of
from migpack.post.run import chosen
from migpack.problems import CannotRun, Mistakes, typed
from outgoing import THIRD_PARTIES, Practice, issued, mail_settings
from samples import SAMPLES, case_of, prepared

PATHOLOGY = "notice.exampleshire_pathology"
HOSPITAL = "notice.exampleton_general_hospi"
HTML = "<!doctype html><html lang='en-GB'><head><meta charset='utf-8'><title>x</title></head><body><h1>Dates</h1></body></html>"


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    notices = {f"notice.{party}" for party in THIRD_PARTIES}
    return issued(tmp_path_factory.mktemp("issued"), notices | {"reminder.exampleshire_pathology", "board_paper"}, notices)


@pytest.fixture
def own(practice, tmp_path):
    """A practice of one test's own."""
    return practice.copy(tmp_path / "own")


def parsed(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def test_a_draft_opens_unsent_with_both_files_and_words_of_its_own(practice, tmp_path):
    done = practice.run("drafts", "--out", str(tmp_path / "d"), "--only", "notice")
    names = sorted(path.name for path in (tmp_path / "d").glob("*.eml"))
    assert names == ["001-notice-exampleshire-pathology.eml", "002-notice-exampleton-general-hospi.eml"]
    assert "drafts: 2" in done.output
    data = (tmp_path / "d" / names[0]).read_bytes()
    message = parsed(data)
    assert (message["X-Unsent"], message["From"], message["Date"], message["Message-ID"]) == ("1", None, None, None)
    assert message["To"] == "GP links team <gp-links@exampleshire-pathology.example>"
    assert message["Subject"] == "Mill Lane Surgery: change of clinical system, please reply"
    files = attached(data)
    assert files == {part.get_filename(): part.get_content() for part in message.iter_attachments()}
    folder = practice.pack / "6-third-parties" / "exampleshire-pathology"
    assert files == {f"mill-lane-surgery-notice.{kind}": (folder / f"1-notice.{kind}").read_bytes() for kind in ("pdf", "docx")}
    plain, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "Dear GP links team" in plain and "Dear GP links team" in html
    assert "2027" not in plain  # the dates stand in the letter alone


def test_drafts_are_the_owners_only_and_the_same_again(practice, tmp_path):
    box = practice.outbox("notice")
    one, two = (draft_letters(box, box.letters, ()).files for _ in range(2))
    assert one == two
    folder = tmp_path / "drafts"
    write_drafts(folder, one)
    if os.name == "posix":
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    write_drafts(folder, one[:1])
    assert [path.name for path in folder.glob("*.eml")] == [one[0][0]]  # the folder is replaced whole
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("mine")
    with pytest.raises(Mistakes, match="not a folder of drafts"):
        write_drafts(tmp_path / "mine", one)


def test_the_page_beside_the_drafts_lists_what_goes_when_and_what_goes_another_way(practice, tmp_path):
    done = practice.run("drafts", "--out", str(tmp_path / "d"), code=1)
    page = (tmp_path / "d" / "index.html").read_text("utf-8")
    assert page.index(PATHOLOGY) < page.index("reminder.exampleshire_pathology")  # in the order of sending
    assert "Thu 1 Apr 2027" in page and "Wed 9 Jun 2027" in page
    assert "notice.exampleton_pharmacy" in page[page.index("Not by e-mail") :]
    assert "confirmation.exampleshire_pathology" in page[page.index("Not drafted, and why") : page.index("Not by e-mail")]
    assert "local NHSmail administrator" in page and "local NHSmail administrator" in done.output
    # The reminder is no final document: its draft says so where nobody can miss it.
    reminder = parsed(next((tmp_path / "d").glob("*-reminder-*.eml")).read_bytes())
    assert reminder["Subject"].strip().startswith("DRAFT, not to be sent: ")
    assert "Some of these letters are drafts" in page


def test_commands_to_copy_have_quotes_where_a_folder_has_a_space(practice, tmp_path):
    own = practice.copy(tmp_path / "our surgery")
    own.run("drafts", "--out", str(tmp_path / "d"), "--only", "notice")
    assert f"migpack sent &#34;{own.file}&#34; ID --by email" in (tmp_path / "d" / "index.html").read_text("utf-8")
    shutil.rmtree(own.pack)
    assert f'run: migpack build "{own.file}"' in own.run("send", code=1).stderr
    assert typed("plain.yaml") == "plain.yaml"


def test_showing_sends_nothing_and_writes_nothing(own):
    own.add(mail_settings(1, "none.pem"))
    before = sorted(own.folder.rglob("*"))
    done = own.run("send", "--only", "notice", "--only", "reminder")
    assert "with --really-send: 2" in done.output
    assert "not due yet" in done.output  # the reminder is for June
    assert sorted(own.folder.rglob("*")) == before


def test_a_letter_that_may_not_be_sent_says_why(own):
    box = own.outbox("notice", "reminder")
    letters = {letter.name: letter for letter in box.letters}

    def why(name, box=box):
        return str(box.objection(letters[name]) or "")

    assert why(PATHOLOGY) == ""
    assert why("reminder.exampleshire_pathology").startswith("reminder.exampleshire_pathology: this document is a draft — make it final")
    assert "its attachments make a message of" in why(PATHOLOGY, replace(box, attachment_mb=0))
    word = own.pack / "6-third-parties" / "exampleton-general-hospi" / "1-notice.docx"
    word.write_bytes(word.read_bytes() + b"edited")
    assert why(HOSPITAL).startswith(f"{HOSPITAL}: somebody has changed 6-third-parties/exampleton-general-hospi/1-notice.docx, so its PDF")
    assert why(PATHOLOGY) == ""
    (own.pack / "6-third-parties" / "exampleshire-pathology" / "1-notice.pdf").unlink()
    assert "1-notice.pdf is not in the pack" in why(PATHOLOGY)
    foreign = replace(letters[HOSPITAL], to=replace(letters[HOSPITAL].to, address="zoë@outside.example"))
    word.write_bytes(word.read_bytes().removesuffix(b"edited"))
    assert "letters that few mail servers take" in str(box.objection(foreign))


def test_letters_and_recipients_are_named_as_the_practice_file_has_them(own):
    box = own.outbox("notice")
    assert [letter.name for letter in selected(box, ["notice"], ["GP-liaison@exampleton-general.example"])] == [HOSPITAL]
    with pytest.raises(Mistakes) as caught:
        selected(box, ["notise"], ["me@elsewhere.example", "reception@mill-lane.example"])
    assert "--only: no letter is called 'notise' — did you mean 'notice'?" in str(caught.value)
    assert "--to: the practice file does not know 'me@elsewhere.example'" in str(caught.value)
    assert "--to: no letter goes to 'reception@mill-lane.example'" in str(caught.value)


def test_a_letter_older_than_the_practice_file_is_not_sent_and_the_others_are(own):
    own.change("GP links team", "Results desk")
    done = own.run("send", "--only", "notice", code=1)
    assert done.stderr.splitlines() == [
        f"{PATHOLOGY}: the practice file has changed since this letter was made — build the pack again, for example with --only {PATHOLOGY}"
    ]
    assert "with --really-send: 1" in done.output


def test_a_sheet_for_patients_details_goes_to_nobody(own):
    lists = own.folder / "checklists"
    lists.mkdir()
    entry = "{id: logs, document: record_comparison, to: [icb.contact], when: on kick_off, subject: x, text: [y], sources: [OURS]}"
    (lists / "mailings.yaml").write_text(f"mailings:\n  - {entry}\n", "utf-8")
    assert (
        "record_comparison.icb: this document is made to hold patients' details"
        in own.run("send", "--only", "record_comparison", "--early", code=1).stderr
    )


def test_a_letter_for_days_gone_by_is_not_sent(own):
    # The reminder says "in one week"; after the link is back it would be wrong.
    assert (
        "reminder.exampleshire_pathology: this was for the days before 2027-06-24"
        in own.run("send", "--only", "reminder", code=1, today="2027-07-01").stderr
    )


def test_letters_are_sent_once_recorded_with_their_dates_and_never_again(own, monkeypatch, tmp_path):
    monkeypatch.setenv("MIGPACK_MAIL_PASSWORD", PASSWORD)
    box = Mailbox()
    with mail_server(own.folder, box) as server:
        own.add(mail_settings(server.port, "ca.pem"))
        done = own.run("send", "--only", "notice", "--really-send")
        assert "2 sent" in done.output
        box.sessions = 0
        again = own.run("send", "--only", "notice", "--really-send")
        assert "nothing was sent; 2 had been dealt with before" in again.output
        assert box.sessions == 0  # not even a connection
    assert [to for to, _ in box.delivered] == ["gp-links@exampleshire-pathology.example", "gp-liaison@exampleton-general.example"]
    for (_, data), party in zip(box.delivered, ("exampleshire-pathology", "exampleton-general-hospi"), strict=True):
        folder = own.pack / "6-third-parties" / party
        assert attached(data) == {
            f"mill-lane-surgery-notice.{kind}": (folder / f"1-notice.{kind}").read_bytes() for kind in ("pdf", "docx")
        }
    assert PASSWORD not in done.output + done.stderr
    (first, _) = read_sent(own.folder)
    assert (first.recipient, first.document, first.by) == ("exampleshire_pathology", PATHOLOGY, "email")
    assert first.facts["go_live"] == "2027-06-24" and first.facts["exampleshire_pathology.off"] == "2027-06-16"
    assert "decision" not in first.facts
    listed = own.run("ledger", "--status", "sent", "--document", "notice").output
    assert PATHOLOGY in listed and "250 OK, taken" in listed
    rows = list(csv.DictReader(io.StringIO(own.run("ledger", "--csv").output)))
    assert [row["recipient"] for row in rows] == list(THIRD_PARTIES)
    assert json.loads(rows[0]["facts"])["go_live"] == "2027-06-24"
    assert "no status is called 'send'" in own.run("ledger", "--status", "send", code=1).stderr
    wrong = own.run("ledger", "--document", "notise", "--recipient", "Pathology", code=1).stderr
    assert "--document: no row has 'notise' — did you mean 'notice'?" in wrong
    assert "--recipient: no row has 'Pathology' — write one of: exampleshire_pathology" in wrong
    assert own.run("ledger", "--recipient", "exampleshire_pathology", "--document", HOSPITAL).output == "the ledger has no such letter\n"


def test_a_limit_a_test_and_one_recipient(own, monkeypatch):
    monkeypatch.setenv("MIGPACK_MAIL_PASSWORD", PASSWORD)
    box = Mailbox()
    with mail_server(own.folder, box, "tls") as server:
        own.add(mail_settings(server.port, "ca.pem", "tls"))
        own.run("send", "--only", "notice", "--test-to", "me@elsewhere.example", "--really-send")
        assert [to for to, _ in box.delivered] == ["me@elsewhere.example"] * 2
        assert parsed(box.delivered[0][1])["Subject"].startswith(f"[Test, for {PATHOLOGY}] ")
        assert read_entries(own.folder) == ()
        assert "1 sent; 1 more to send" in own.run("send", "--only", "notice", "--really-send", "--limit", "1").output
        own.run("send", "--to", "gp-liaison@exampleton-general.example", "--really-send")
    assert [entry.recipient for entry in read_entries(own.folder) if entry.status == "sent"] == list(THIRD_PARTIES)


def test_a_wrong_name_is_no_empty_ledger_and_leaves_no_lock(tmp_path):
    wrong = Practice(tmp_path / "practice.yaml")
    for command in ("ledger", "send"):
        done = wrong.run(command, *(["--really-send"] if command == "send" else []), code=1)
        assert "there is no such file — check the name" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_letter_to_patients_is_asked_for_whole(own):
    for words in (["--letter", "letter"], ["--map", "a=b"], ["--letter", "letter", "--patients", "x.csv", "--only", "notice"]):
        assert "Error: " in own.run("drafts", *words, code=2).stderr


def test_two_runs_at_once_the_second_sends_nothing(own):
    own.add(mail_settings(1, "none.pem"))
    with only_run(own.folder):
        assert "another run is sending" in own.run("send", "--only", "notice", "--really-send", code=1).stderr
    assert read_entries(own.folder) == ()


def test_without_a_server_or_a_password_there_is_one_line(own, monkeypatch):
    assert "the practice file names no mail server" in own.run("send", "--only", "notice", "--really-send", code=1).stderr
    own.add(mail_settings(1, "none.pem"))
    case, _ = case_of(own.file)
    with pytest.raises(Mistakes, match=r"practice.yaml:\d+:12: there is no file 'none.pem' beside the practice file"):
        server_of(case, own.folder, {"MIGPACK_MAIL_PASSWORD": "a"})
    (own.folder / "none.pem").write_text("in the connection alone it is read")
    monkeypatch.setattr("keyring.get_password", lambda service, user: f"{service} {user}" if user == "kept" else None)
    with pytest.raises(Mistakes, match=r"there is no password for 'sam' — set MIGPACK_MAIL_PASSWORD for this run"):
        server_of(case, own.folder, {})
    assert server_of(case, own.folder, {"MIGPACK_MAIL_PASSWORD": "a"}).password == "a"
    kept = replace(case, file=case.file.model_copy(update={"mail": case.file.mail.model_copy(update={"user": "kept"})}))
    assert server_of(kept, own.folder, {}).password == "migpack kept"
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CannotRun, match=r"pip install 'migpack\[keyring\]'"):
        server_of(case, own.folder, {})


def test_what_went_by_post_is_recorded_with_its_dates_and_not_e_mailed_afterwards(own):
    assert "--on: 2027-04-02 is still to come" in own.run("sent", PATHOLOGY, "--by", "post", "--on", "2027-04-02", code=1).stderr
    assert read_sent(own.folder) == ()
    assert "by post on 2027-04-02" in own.run("sent", PATHOLOGY, "--by", "post", "--on", "2027-04-02", today="2027-04-02").output
    (told,) = read_sent(own.folder)
    assert (told.by, str(told.on), told.facts["go_live"]) == ("post", "2027-04-02", "2027-06-24")
    box = own.outbox("notice", "board_paper")
    by_email = [letter for letter in box.letters if letter.to.address]
    assert [item.label for item in chosen(items_of(box, by_email), read_entries(own.folder), resend=False)] == [HOSPITAL]
    with pytest.raises(Mistakes, match="no letter is called 'board_paper'"):  # it goes to nobody by name
        record(box, own.folder, "board_paper", "", "hand", dt.date(2027, 4, 2))
    own.change("Thursday 24 June 2027 8am", "Friday 25 June 2027 8am")
    with pytest.raises(Mistakes, match="the dates that it told are not known"):
        record(own.outbox("notice"), own.folder, HOSPITAL, "", "hand", dt.date(2027, 4, 2))


def test_every_mailing_of_the_rich_practice_has_an_address_or_goes_another_way():
    every = prepared(
        SAMPLES["rich"], Wanted(only=frozenset({"notice", "care_home_letter", "extract_request", "business_case", "checklist"}))
    )
    letters = plan_letters(every.plan, every.pages)
    to = {letter.name: letter.to.address for letter in letters}
    assert to["care_home_letter.seaview_home"] == "manager@seaview-home.example"
    assert to["extract_request.systems_current"] == "extracts@current-supplier.example"
    assert to["checklist.commissioner.icb"] == "grace.tiller@exampleshire-icb.example"
    assert to["checklist.delivery_partner.project_manager"] == "lee.bowsprit@exampleshire-gpit.example"
    assert to["notice.wholesaler"] == ""
    assert [letter.due for letter in letters] == sorted(letter.due for letter in letters)
    assert len({(letter.mailing.id, letter.document.id, letter.to.id) for letter in letters}) == len(letters)
    assert {letter.document.id for letter in letters} <= mailed_documents(every.plan)


def test_the_days_that_a_letter_tells_are_those_that_it_prints():
    every = prepared(SAMPLES["small"], Wanted(only=frozenset({PATHOLOGY, "letter_online"})))
    pages = {page.document.id: page for page in every.pages}
    notice = pages[PATHOLOGY]
    party = next(party for party in every.plan.parties if party.id == "exampleshire_pathology")
    told = facts_told(every.plan, notice, party)
    assert told["exampleshire_pathology.off"] == str(party.off) and told["final_extract"] == "2027-06-17"
    assert set(facts_told(every.plan, notice, None)) == {id for id in told if "." not in id}
    for id, day in told.items():
        year, month, number = day.split("-")
        assert f"{int(number)} " in notice.html and year in notice.html, (id, month)
    assert "go_live" in facts_told(every.plan, pages["letter_online"], None)


NASTY = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "a\r\nBcc: x@evil.example",
        "Bank <x@evil.example>",
        '"',
        "=?utf-8?q?=40?=",
        "x@evil.example",
        "\u202eelpmaxe",
        "a\x00b",
        "Zoë, Dr.",
        "\\",
    ]
)


@given(NASTY, NASTY, NASTY)
def test_nothing_that_people_write_adds_a_header_or_a_recipient(name, subject, sender_name):
    words = Words(name, "gp@bücher.example", subject, HTML)
    sender = Sender(sender_name, "sam@mill-lane.example", "reply@mill-lane.example")
    for data in (draft(words), compose(words, sender, "<1@mill-lane.example>", dt.datetime(2027, 4, 1))):
        message = parsed(data)
        assert set(message.keys()) <= {
            "To",
            "Subject",
            "MIME-Version",
            "Content-Type",
            "X-Unsent",
            "From",
            "Reply-To",
            "Date",
            "Message-ID",
        }
        assert len(message.keys()) == len(set(message.keys()))
        assert [address.addr_spec for address in message["To"].addresses] == ["gp@xn--bcher-kva.example"]
        assert "@" not in message["To"].addresses[0].display_name
        assert data.isascii() and data.count(b"\n") == data.count(b"\r\n")
        got = received(data)
        assert [address.address for address in got.to] == ["gp@xn--bcher-kva.example"]
        assert set(got.headers) == set(message.keys()) and all(len(values) == 1 for values in got.headers.values())
        if message["From"]:
            assert got.from_.address == "sam@mill-lane.example"
            assert [address.addr_spec for address in message["From"].addresses] == ["sam@mill-lane.example"]


@given(st.text(max_size=120))
def test_file_names_are_safe_everywhere(name):
    safe = safe_name(name)
    assert safe and safe.isascii() and len(safe) <= 78 and not set(safe) & set('/\\:*?"<>| ') and not safe.startswith((".", "-"))

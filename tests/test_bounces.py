"""Delivery reports that came back: whose letter did not arrive, and who is printed for instead."""

from __future__ import annotations

import mailbox
from dataclasses import replace

import pytest
from click.testing import CliRunner

from migpack.cli import main
from migpack.post.bounces import read_reports, returned_letters
from migpack.post.ledger import Entry, opened, read_entries
from migpack.post.lists import PrintList, lists_folder, read_rows, write_rows
from migpack.problems import Mistakes
from samples import SAMPLES, written

REPORT = """From: MAILER-DAEMON@relay.example\r
To: sam@mill-lane.example\r
Subject: Undelivered\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
This could not be delivered to somebody.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; relay.example\r
\r
{final}Action: {action}\r
Status: {status}\r
Diagnostic-Code: smtp; 550 <ada@patients.example> unknown\r
\r
--b\r
Content-Type: {returned}\r
\r
From: sam@mill-lane.example\r
Message-ID: {id}\r
Subject: our new computer system\r
\r
words\r
--b--\r
"""


def report(id="<x@mill-lane.example>", address="ada@patients.example", action="failed", status="5.1.1", returned="message/rfc822"):
    final = f"Final-Recipient: rfc822; {address}\r\n"
    return REPORT.format(final=final, action=action, status=status, returned=returned, id=id).encode()


@pytest.fixture
def folder(tmp_path):
    written(tmp_path, SAMPLES["minimal"].read_text("utf-8"))
    with opened(tmp_path) as ledger:
        one = Entry("pharmacy", "notice.pharmacy", "notice", "c", status="sent", told_on="2027-04-01", message_id="<p@mill-lane.example>")
        ada = replace(one, recipient="patient:1", document="letter", row=2, message_id="<a@mill-lane.example>")
        ledger.add([one, replace(ada, email_code=ledger.code("ada@patients.example")), replace(ada, recipient="patient:2", row=3,
                    message_id="<b@mill-lane.example>", email_code=ledger.code("bob@xn--bcher-kva.example"))])  # fmt: skip
    return tmp_path


def bounces(folder, *files, code=0):
    done = CliRunner().invoke(main, ["bounces", str(folder / "practice.yaml"), *map(str, files)], catch_exceptions=False)
    assert done.exit_code == code, done.output + done.stderr
    return done


def states(folder):
    return {entry.recipient: entry.status for entry in read_entries(folder)}


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers"])
def test_a_letter_that_came_back_is_known_by_its_message_id(folder, returned):
    path = folder / "report.eml"
    path.write_bytes(report("<p@mill-lane.example>", "someone-else@forwarded.example", returned=returned))
    done = bounces(folder, path)
    assert "came back: 1" in done.output and "notice.pharmacy: pharmacy" in done.output
    assert states(folder) == {"pharmacy": "bounced", "patient:1": "sent", "patient:2": "sent"}


def test_patients_whose_letter_came_back_are_put_on_the_print_list(folder):
    box = mailbox.mbox(folder / "reports.mbox")
    for data in (report("<gone@elsewhere.example>", "Ada@patients.example"), report("", "bob@bücher.example".encode().decode("latin-1"))):
        box.add(data)
    box.close()
    rows = folder / "by-email" / "letter" / "print-rows.txt"
    rows.parent.mkdir(parents=True)
    rows.write_text("7\n")
    done = bounces(folder, folder / "reports.mbox")
    assert states(folder)["patient:1"] == "bounced"
    assert rows.read_text() == "2\n7\n"
    held = (rows.parent / "exceptions.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[:2] for line in held] == [["row", "code"], ["2", "bounced"]]
    assert "ada" not in done.output.casefold()
    assert "ada" not in " ".join(entry.answer for entry in read_entries(folder))


def test_where_the_print_list_is_about_another_list_nothing_is_put_on_it_and_it_is_said(folder):
    path = write_rows(lists_folder(folder, "letter"), PrintList(frozenset({7}), "0" * 64))
    (folder / "report.eml").write_bytes(report("<a@mill-lane.example>"))
    done = bounces(folder, folder / "report.eml")
    assert "letter: the print list is about another list of patients; these rows come onto it with: migpack send" in done.output
    assert states(folder)["patient:1"] == "bounced" and read_rows(path).rows == {7}


def test_lists_that_cannot_be_written_leave_the_ledger_as_it_was_for_the_next_try(folder):
    lists = lists_folder(folder, "letter")
    lists.mkdir(parents=True)
    (lists / "exceptions.csv").write_text("somebody's own notes\nand more\n")
    (folder / "report.eml").write_bytes(report("<a@mill-lane.example>"))
    assert "exceptions.csv: this is not the list as it was written" in bounces(folder, folder / "report.eml", code=1).stderr
    assert states(folder)["patient:1"] == "sent"
    (lists / "exceptions.csv").unlink()
    assert "came back: 1" in bounces(folder, folder / "report.eml").output


def test_a_delay_changes_nothing_and_a_report_counts_once(folder):
    delayed, failed = report("<a@mill-lane.example>", action="delayed", status="4.4.7"), report("<a@mill-lane.example>")
    for number, data in enumerate((delayed, failed, failed)):
        (folder / f"{number}.eml").write_bytes(data)
    assert "came back: 0; reports of another kind: 1" in bounces(folder, folder / "0.eml").output
    assert states(folder)["patient:1"] == "sent"
    assert "came back: 1" in bounces(folder, folder / "1.eml", folder / "2.eml").output
    assert bounces(folder, folder / "1.eml").output == "came back: 0; read before: 1\n"


def test_what_is_no_report_is_told_and_the_others_are_read(folder):
    (folder / "hello.eml").write_bytes(b"From: a@b.example\r\nSubject: hello\r\n\r\nhello\r\n")
    (folder / "noise.eml").write_bytes(bytes(range(256)) * 10)
    (folder / "report.eml").write_bytes(report("<stranger@elsewhere.example>", "nobody@elsewhere.example"))
    done = bounces(folder, *(folder / f"{name}.eml" for name in ("hello", "noise", "report")), code=1)
    assert "not about our letters: 1" in done.output
    assert [line.rpartition("/")[2].split(":")[0] for line in done.stderr.splitlines()] == ["hello.eml", "noise.eml"]
    assert "cannot be read" in bounces(folder, folder / "none.eml", code=1).stderr


def test_without_a_ledger_nothing_can_come_back(tmp_path):
    written(tmp_path, SAMPLES["minimal"].read_text("utf-8"))
    assert "nothing has been sent from here" in bounces(tmp_path, tmp_path / "x.eml", code=1).stderr


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "large.eml").open("wb") as file:
        file.truncate(100_000_001)
    with pytest.raises(Mistakes, match="too large"):
        read_reports(tmp_path / "large.eml")


def test_a_report_never_touches_what_was_not_sent(folder):
    with opened(folder) as ledger:
        ledger.set(1, status="planned")
        (folder / "r.eml").write_bytes(report("<p@mill-lane.example>"))
        assert returned_letters(read_reports(folder / "r.eml"), ledger).bounced == ()
    assert states(folder)["pharmacy"] == "planned"

"""The ledger: what it keeps, who may read it, what a dead run leaves, and what others may ask of it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migpack.post.ledger import KEY, NAME, STATES, Entry, Ledger, coder, only_run, opened, read_entries, read_sent
from migpack.post.listing import csv_text
from migpack.post.run import Standing, standing
from migpack.problems import Mistakes

ONE = Entry("pharmacy", "notice.pharmacy", "notice", "abc", told_on="2027-04-01", facts={"go_live": "2027-06-24"})


def rows(folder, *entries):
    with opened(folder) as ledger:
        ledger.add(entries)


def test_a_letter_has_one_row_however_often_it_is_written(tmp_path):
    rows(tmp_path, ONE, replace(ONE, status="sent"))
    rows(tmp_path, ONE, replace(ONE, content="other words"))
    assert [(entry.content, entry.status) for entry in read_entries(tmp_path)] == [("abc", "planned"), ("other words", "planned")]


def test_what_a_dead_run_left_on_its_way_is_unknown_and_nothing_else_changes(tmp_path):
    for state in STATES:
        rows(tmp_path, replace(ONE, recipient=state, status=state))
    with opened(tmp_path) as ledger:
        assert ledger.settle() == 1
    assert {entry.recipient: entry.status for entry in read_entries(tmp_path)} == {state: state for state in STATES} | {
        "sending": "unknown"
    }


def test_a_change_is_on_the_disk_when_it_returns(tmp_path):
    rows(tmp_path, ONE)
    ledger = Ledger(tmp_path)
    ledger.set(1, status="sending")
    with sqlite3.connect(f"file:{tmp_path / NAME}?mode=ro", uri=True) as other:
        assert other.execute("select status from letters").fetchall() == [("sending",)]
        assert other.execute("pragma journal_mode").fetchone() == ("wal",)
    other.close()
    ledger.close()


@pytest.mark.skipif(os.name != "posix", reason="other systems keep rights another way")
def test_only_its_owner_may_read_it(tmp_path):
    before = os.umask(0)
    try:
        with only_run(tmp_path), opened(tmp_path) as ledger:
            ledger.add([ONE])
            assert {path.name for path in tmp_path.iterdir()} >= {NAME, KEY, "ledger.lock", f"{NAME}-wal", f"{NAME}-shm"}
            assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    finally:
        os.umask(before)


def test_reading_makes_no_ledger(tmp_path):
    assert (read_entries(tmp_path), read_sent(tmp_path)) == ((), ())
    assert coder(tmp_path, lasting=False)("a") != coder(tmp_path, lasting=False)("a")
    assert list(tmp_path.iterdir()) == []


def test_a_code_is_the_same_tomorrow_and_elsewhere_another(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, again, two = (coder(tmp_path / name, lasting=True)("ada@patients.example") for name in ("one", "one", "two"))
    assert one == again != two and "ada" not in one
    assert coder(tmp_path / "one", lasting=True)("a", "b") != coder(tmp_path / "one", lasting=True)("ab")
    (tmp_path / "one" / KEY).write_bytes(b"short")
    with pytest.raises(Mistakes, match="this is not the key of a ledger"):
        coder(tmp_path / "one", lasting=True)


def test_a_second_run_is_refused_and_a_dead_one_stands_in_nobodys_way(tmp_path):
    code = f"import sys\nfrom pathlib import Path\nfrom migpack.post.ledger import only_run\nwith only_run(Path({str(tmp_path)!r})):"
    code += "\n    print('in', flush=True)\n    sys.stdin.read()"
    source = str(Path(__file__).resolve().parent.parent / "src")
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, env=os.environ | {"PYTHONPATH": source}) as holder:
        assert holder.stdout and holder.stdout.readline() == b"in\n"
        with pytest.raises(Mistakes, match="another run is sending"), only_run(tmp_path):
            pass
        holder.kill()
        holder.wait()
    with only_run(tmp_path):
        pass


def test_a_ledger_that_is_none_is_one_line(tmp_path):
    (tmp_path / NAME).write_bytes(b"this is no database at all, only words, and long enough to be looked at" * 20)
    with pytest.raises(Mistakes, match="the ledger cannot be used"):
        read_entries(tmp_path)


def test_a_ledger_of_another_version_or_with_damaged_rows_is_one_line(tmp_path):
    rows(tmp_path, replace(ONE, status="sent"))
    for change, told in [
        ("update letters set told_on = 'soon'", "the ledger cannot be used (row 1 is damaged)"),
        ("update letters set told_on = '2027-04-01', facts = 'nothing'", "the ledger cannot be used (row 1 is damaged)"),
        ("update letters set facts = '{}', status = 'gone'", "the ledger cannot be used (row 1 has the status 'gone')"),
        ("alter table letters add column later text", "this ledger was made by another version of migpack"),
    ]:
        with closing(sqlite3.connect(tmp_path / NAME)) as db, db:
            db.execute(change)
        with pytest.raises(Mistakes) as caught:
            read_sent(tmp_path)
        assert told in str(caught.value) and "\n" not in str(caught.value)


def test_who_was_told_what(tmp_path):
    patient = replace(ONE, document="letter", purpose="patients", status="sent")
    rows(
        tmp_path,
        replace(ONE, status="sent"),
        replace(ONE, recipient="hospital", status="unknown", told_on="2027-04-02"),
        replace(ONE, recipient="refused", status="refused"),
        replace(ONE, recipient="came_back", status="bounced"),
        replace(ONE, recipient="printed", status="to_print", by="post", row=9),
        *(replace(patient, recipient=f"patient:{row}", row=row) for row in (2, 3, 4)),
        replace(patient, recipient="patient:5", row=5, told_on="2027-04-03", by="post"),
    )
    told = read_sent(tmp_path)
    assert [(one.recipient, one.document, str(one.on), one.by) for one in told] == [
        ("pharmacy", "notice.pharmacy", "2027-04-01", "email"),
        ("hospital", "notice.pharmacy", "2027-04-02", "email"),
        ("patients", "letter", "2027-04-01", "email"),
        ("patients", "letter", "2027-04-03", "post"),
    ]
    assert told[0].facts == {"go_live": "2027-06-24"} and told[0].on == dt.date(2027, 4, 1)


STATUS = st.sampled_from(STATES)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), STATUS), max_size=6, unique_by=lambda one: one[:2]), STATUS)
def test_what_may_have_arrived_is_never_to_be_sent_unasked(others, status):
    known = [replace(ONE, recipient=who, content=words, status=state) for who, words, state in others]
    state, row = standing(replace(ONE, recipient="a", content="x", status=status), known)
    arrived = [entry for entry in known if entry.recipient == "a" and entry.status in ("sent", "unknown", "sending")]
    assert state is not Standing.NEW or not arrived
    assert row is None or row.recipient == "a"


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_cell_of_the_csv_is_a_formula(recipient, answer):
    text = csv_text([replace(ONE, recipient=recipient, answer=answer)])
    (_, cells) = csv.reader(io.StringIO(text))
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)

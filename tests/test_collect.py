"""The whole way of a form: made, filled in, collected, and standing filled in in the next pack; through the command line."""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from pypdf import PdfReader, PdfWriter

import samples
import scanner
from migpack.cli import main
from migpack.collect.gather import gather
from migpack.collect.store import LOCK
from migpack.fillable import read_forms
from migpack.library import Library
from migpack.load import load
from migpack.lock import locked
from migpack.problems import Place
from migpack.record import Record

TODAY = "2026-12-10"
LIST = "3-checklists/checklist-commissioner"
FIRST = "checklist.commissioner.c-df-01"


def run(*words: str | Path) -> Result:
    """Run migpack as a person does."""
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


def build(folder: Path, *more: str) -> Path:
    """Build the checklists of the practice in a folder and return the pack's folder."""
    words = ["build", folder / "practice.yaml", "--out", folder / "out", "--today", TODAY, "--only", "checklist.commissioner", *more]
    done = run(*words)
    assert done.exit_code == 0, done.output
    return folder / "out" / "mill-lane-surgery"


def collect(folder: Path, *more: str | Path) -> Result:
    """Collect what came back for the practice in a folder."""
    return run("collect", folder / "practice.yaml", "--pack", folder / "out", "--today", TODAY, *more)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice's folder with the checklists of its pack in out/."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copy(samples.SAMPLES["small"], folder / "practice.yaml")
    build(folder)
    return folder


@pytest.fixture
def practice(made: Path, tmp_path: Path) -> Path:
    """A copy of that folder, to be written in."""
    shutil.copytree(made, tmp_path / "practice")
    return tmp_path / "practice"


def filled(pdf: Path, values: dict[str, str]) -> bytes:
    """Return a PDF form with these values filled in; boxes take '/on' and '/Off'."""
    writer = PdfWriter(clone_from=PdfReader(pdf))
    for page in writer.pages:
        writer.update_page_form_field_values(page, values, auto_regenerate=False)
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


DONE = {f"{FIRST}.done": "/on", f"{FIRST}.on": "8 December 2026", f"{FIRST}.by": "SE", f"{FIRST}.note": "Ring Łukasz\n= urgent"}


def came_back(practice: Path, values: dict[str, str], name: str = "back.pdf") -> Path:
    """Put a filled checklist beside the practice file and return its path."""
    path = practice / name
    path.write_bytes(filled(practice / f"out/mill-lane-surgery/{LIST}.pdf", values))
    return path


def record(practice: Path) -> Record:
    """Return the practice's record as the next build will read it."""
    return load(practice / "practice.yaml", Library.of(practice)).record


def test_what_was_filled_in_is_shown_recorded_and_stands_in_the_next_pack(practice: Path) -> None:
    done = collect(practice, came_back(practice, DONE))
    assert done.exit_code == 0 and "4 answers" in done.output and "Ring Łukasz / = urgent [2026-12-08, SE]" in done.output
    answer = record(practice).answer(f"{FIRST}.done")
    assert (answer.value, answer.by, str(answer.on)) == ("yes", "SE", "2026-12-08")
    again = PdfReader(build(practice) / f"{LIST}.pdf")
    fields = again.get_fields()
    assert fields[f"{FIRST}.done"]["/V"] == "/on" and fields[f"{FIRST}.note"]["/V"].replace("\r", "\n") == "Ring Łukasz\n= urgent"
    assert "from back.pdf" in fields[f"{FIRST}.done"]["/TU"]
    assert "Recorded as done on Tue 8 Dec 2026 by SE" in " ".join(" ".join(page.extract_text() for page in again.pages).split())


def test_a_prefilled_form_that_comes_back_untouched_gives_no_answers(practice: Path) -> None:
    collect(practice, came_back(practice, DONE))
    pack = build(practice)
    before = (practice / "record.yaml").read_text("utf-8")
    for ending in ("pdf", "docx"):
        done = collect(practice, pack / f"{LIST}.{ending}", "--dry-run")
        assert done.exit_code == 0 and "nothing new" in done.output, done.output
    assert (practice / "record.yaml").read_text("utf-8") == before


def test_an_old_copy_still_counts_and_the_difference_is_said(practice: Path) -> None:
    old = came_back(practice, {f"{FIRST}.note": "from the old copy"})
    collect(practice, came_back(practice, DONE, "first.pdf"))
    build(practice)
    done = collect(practice, old)
    assert "the present one is" in done.output
    assert [answer.value for answer in record(practice).answers[f"{FIRST}.note"]] == ["Ring Łukasz\n= urgent", "from the old copy"]


def test_a_dry_run_writes_nothing_and_a_second_reading_changes_nothing(practice: Path) -> None:
    back = came_back(practice, DONE)
    assert "4 answers" in collect(practice, back, "--dry-run").output and not (practice / "record.yaml").exists()
    collect(practice, back)
    before = (practice / "record.yaml").read_bytes()
    renamed = back.rename(practice / "another name.pdf")
    assert "read before" in collect(practice, renamed).output and (practice / "record.yaml").read_bytes() == before


def test_two_people_who_disagree_are_told_and_a_person_decides(practice: Path) -> None:
    collect(practice, came_back(practice, {f"{FIRST}.note": "a", f"{FIRST}.by": "SE"}, "a.pdf"))
    done = collect(practice, came_back(practice, {f"{FIRST}.note": "b", f"{FIRST}.by": "KE"}, "b.pdf"))
    assert f"answers differ on {FIRST}.note" in done.output and "'a' says SE" in done.output and "'b' says KE" in done.output
    assert f"decide with --resolve {FIRST}.note=VALUE --by NAME" in done.output
    decided = collect(practice, "--resolve", f"{FIRST}.note=b", "--by", "Kim Example")
    assert decided.exit_code == 0 and "differ" not in decided.output
    assert record(practice).answer(f"{FIRST}.note").value == "b"


def test_a_folder_is_read_and_one_bad_file_stops_nothing(practice: Path) -> None:
    back = practice / "back"
    back.mkdir()
    came_back(practice, DONE).rename(back / "good.pdf")
    (back / "cut.pdf").write_bytes((back / "good.pdf").read_bytes()[:3000])
    (back / "notes.docx").write_bytes(b"not a Word file at all")
    (back / "holiday.txt").write_text("not a form")
    done = collect(practice, back)
    assert done.exit_code == 1 and "4 answers" in done.output
    assert "cut.pdf: " in done.output and "notes.docx: " in done.output and "holiday" not in done.output
    assert record(practice).answer(f"{FIRST}.done").value == "yes"


def test_of_a_folder_what_people_send_is_read_or_told_and_what_collect_wrote_is_passed_over(practice: Path) -> None:
    collect(practice, scanned(practice))
    assert list((practice / "record").glob("*.png"))
    back = practice / "back"
    back.mkdir()
    (back / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0 old")
    (back / "tracker.xlsx").write_bytes(b"\xd0\xcf\x11\xe0 locked")
    (back / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (back / "nothing.pdf").write_bytes(b"")
    (back / "~$open.docx").write_bytes(b"lock")
    done = collect(practice, back, practice / "record")
    told = dict(line.split(": ", 1) for line in done.output.splitlines() if "\N{EM DASH}" in line)
    assert set(told) == {"old.doc", "tracker.xlsx", "photo.heic", "nothing.pdf"}
    assert told["old.doc"] == told["tracker.xlsx"] and "has a password, or is of an old kind" in told["old.doc"]
    assert "save it as one of these" in told["photo.heic"] and "r1-1.png" not in done.output


def test_of_a_folder_that_holds_the_pack_what_the_pack_says_of_itself_is_no_return(practice: Path) -> None:
    assert (practice / "out/mill-lane-surgery/forms.json").exists()
    came_back(practice, DONE)
    done = collect(practice, practice)
    assert done.exit_code == 0, done.output
    assert "4 answers" in done.output and ".json" not in done.output
    assert "forms.json" in collect(practice, practice / "out/mill-lane-surgery/forms.json").output  # named, it is told


def test_a_second_run_at_once_records_nothing_and_a_dry_run_may_look(practice: Path) -> None:
    back = came_back(practice, DONE)
    with locked(practice / LOCK, Place("record.yaml"), "reading"):
        done = collect(practice, back)
        assert done.exit_code == 1 and "record.yaml: another run is reading forms into it — wait until it has ended" in done.output
        assert not (practice / "record.yaml").exists()
        assert collect(practice, back, "--dry-run").exit_code == 0
    assert collect(practice, back).exit_code == 0
    (practice / "empty").mkdir()
    assert run("collect", practice / "empty" / "practice.yaml", back).exit_code == 1
    assert not list((practice / "empty").iterdir())  # no lock where there is no practice file


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that is there and cannot be read")
def test_a_file_that_cannot_be_opened_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 no")
    first, second = gather([Path("/proc/self/mem"), tmp_path / "a.pdf"], {}, dt.date(2026, 12, 10))
    assert first.problem.startswith("it cannot be opened (Input/output error)") and "damaged" in second.problem


def test_another_practices_form_is_refused(practice: Path) -> None:
    back = came_back(practice, DONE)
    text = (practice / "practice.yaml").read_text("utf-8")
    (practice / "practice.yaml").write_text(text.replace("A99998", "A99995"), "utf-8")
    done = collect(practice, back)
    assert done.exit_code == 1 and "this is a form of the practice A99998" in done.output and not (practice / "record.yaml").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.pdf"], "there is no such file or folder"),
        (["--confirm", "r7"], "there is no return 'r7'"),
        (["--resolve", "no equals sign"], "write FIELD=VALUE"),
        (["--resolve", "a.b=yes"], "people do not disagree on 'a.b'"),
    ],
)
def test_wrong_use_is_told_in_one_line(practice: Path, words: list[str], says: str) -> None:
    done = collect(practice, *words)
    assert done.exit_code == 1 and says in done.output and "Traceback" not in done.output


def test_nothing_to_read_is_wrong_use(practice: Path) -> None:
    done = collect(practice)
    assert done.exit_code == 2 and "name the files or folders that came back" in done.output


def test_without_a_pack_the_command_says_where_it_looked(practice: Path) -> None:
    done = run("collect", practice / "practice.yaml", practice / "practice.yaml", "--pack", practice / "elsewhere")
    assert done.exit_code == 1 and "--pack" in done.output


def test_a_record_of_another_practice_is_refused(practice: Path) -> None:
    collect(practice, came_back(practice, DONE))
    text = (practice / "record.yaml").read_text("utf-8")
    (practice / "record.yaml").write_text(text.replace("practice: A99998", "practice: A99995"), "utf-8")
    done = run("check", practice / "practice.yaml")
    assert done.exit_code == 1 and "this is the record of A99995, not of A99998" in done.output


def test_a_final_checklist_stays_issued_when_answers_come_back(practice: Path) -> None:
    build(practice, "--final", "checklist.commissioner")
    assert collect(practice, came_back(practice, DONE)).exit_code == 0
    pack = build(practice)
    document = json.loads((pack / "manifest.json").read_text("utf-8"))["documents"]["checklist.commissioner"]
    assert document["final"] and document["version"] == "Issue 1"


def scanned(practice: Path) -> Path:
    """Tick the first line of the printed checklist with a pen, scan that sheet at 200 dpi, and return the scan's path."""
    pack = practice / "out/mill-lane-surgery"
    [form] = [form for form in read_forms(pack).values() if form.document == "checklist.commissioner"]
    spots = form.sheets["A"]
    sheet, rnd = spots[f"{FIRST}.done"].sheet, random.Random(4)
    paper = scanner.sheets((pack / f"{LIST}.pdf").read_bytes(), 200, range(sheet - 1, sheet))[0]
    scanner.mark(paper, spots, {f"{FIRST}.done": "tick"}, 200, rnd)
    scanner.write(paper, spots[f"{FIRST}.note"], 200, rnd)
    path = practice / "scan.pdf"
    path.write_bytes(scanner.as_file([scanner.scan(paper, rnd, 200)], "PDF", 200))
    return path


def test_a_scan_counts_when_a_person_has_looked_it_through(practice: Path) -> None:
    done = collect(practice, scanned(practice))
    assert done.exit_code == 0 and "to confirm" in done.output and "handwriting, kept as a picture" in done.output
    page = practice / "record/review-r1.html"
    assert page.stat().st_mode & 0o077 == 0 and (practice / "record").stat().st_mode & 0o077 == 0
    assert record(practice).answer(f"{FIRST}.done") is None
    assert "To confirm" in run("status", practice / "practice.yaml", "--today", TODAY).output
    code = record(practice).came("r1").code
    saved = {
        "kind": "migpack-review",
        "practice": "A99998",
        "document": "checklist.commissioner",
        "version": "Issue 1 draft",
        "code": code,
    }
    values = {f"{FIRST}.done": "yes", f"{FIRST}.note": "rang the supplier"}
    (practice / "review.json").write_text(json.dumps({**saved, "values": values}), "utf-8")
    assert collect(practice, practice / "review.json").exit_code == 0
    found = record(practice)
    assert found.answer(f"{FIRST}.done").value == "yes" and found.answer(f"{FIRST}.note").value == "rang the supplier"
    assert not found.waiting()


def test_a_scan_of_which_a_sheet_cannot_be_read_is_no_evidence_to_copy(practice: Path) -> None:
    path = scanned(practice)
    [good] = scanner.sheets(path.read_bytes(), 200)
    foreign = Image.new("L", good.size, 255)
    foreign.paste(0, (300, 300, 900, 1200))
    path.write_bytes(scanner.as_file([good, foreign], "PDF", 200))
    done = collect(practice, path)
    assert done.exit_code == 1 and "page 2: no code was found" in done.output
    assert record(practice).came("r1").partly_read
    said = run("evidence", practice / "practice.yaml", "--pack", practice / "out", "--out", practice / "out", "--today", TODAY).output
    assert "returned: 1 file, 0 copied" in said and "scan.pdf" not in said


def test_a_scan_can_be_counted_as_it_was_read(practice: Path) -> None:
    collect(practice, scanned(practice))
    assert collect(practice, "--confirm", "r1").exit_code == 0
    assert record(practice).answer(f"{FIRST}.done").value == "yes" and record(practice).answer(f"{FIRST}.note") is None

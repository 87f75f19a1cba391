"""Letter runs: every row accounted for, nothing half-made, nothing of a patient where it does not belong."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pypdf
import pytest
from click.testing import CliRunner, Result

import people
import samples
from migpack.cli import main
from migpack.letters.lists import mobile, write_texts
from migpack.letters.recipients import LeftOut, Recipient
from migpack.letters.report import first_rows, reasons, write_exceptions
from migpack.letters.run_folder import RunFolder
from migpack.letters.sieve import Tally
from migpack.messages import size
from migpack.problems import Mistakes

PRACTICE = """practice:
  name: Corner Surgery
  ods_code: A99997
  address: 1 High Street, Exampleton, EX1 2AB
  phone: 01632 960 001
people: {practice_manager: Sam Example}
systems: {current: EMIS Web, new: Medicus}
dates: {go_live: 2027-06-10}
recipients:
  letters:
    - {letter: letter_online, when: {column: Repeat}}
  text_ok: {column: Repeat, yes: yes}
"""
SOURCE = Path(__file__).resolve().parent.parent / "src"
TODAY = "2026-11-26"
RULED = ("--today", TODAY, "--draft")
ONLINE = ("--today", TODAY, "--letter", "letter_online")


def latin(n: int) -> list[dict[str, str]]:
    """Return people whose names every font has and whose addresses fit; the fourth lives nowhere."""
    rows = [row for row in people.people(4 * n) if max(map(ord, "".join(row.values()))) < 0x250 and len(row["full_name"]) < 40]
    rows = [row for row in rows if 4 <= len(people.address(row)) <= 7][:n]
    rows[3] |= {"postcode": "QQ1 2AB"}
    return rows


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with a practice file and a list of twelve patients."""
    samples.written(tmp_path, PRACTICE)
    people.write_list(tmp_path / "list.csv", latin(12))
    return tmp_path


def letters(place: Path, *arguments: str) -> Result:
    os.chdir(place)
    return CliRunner().invoke(main, ["letters", *arguments], catch_exceptions=False)


def made(place: Path, *options: str) -> Path:
    """Make letters and return the folder of the run."""
    done = letters(place, "make", "practice.yaml", "list.csv", *options)
    assert done.exit_code == 0, done.output
    [run] = runs(place)
    return run


def runs(place: Path) -> list[Path]:
    return sorted((place / "output" / "corner-surgery-letters").glob("*"))


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file by the names of its columns."""
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


def names_in(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as packed:
        return packed.namelist()


def private_words(rows: list[dict[str, str]]) -> Iterator[str]:
    for row in rows:
        yield from (cell for name, cell in row.items() if len(cell) > 5 and not name.startswith("appointment"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, str]]:
    """Yield the folder, the run and the output of one run with every kind of file."""
    place = tmp_path_factory.mktemp("whole")
    samples.written(place, PRACTICE)
    people.write_list(place / "list.csv", latin(12))
    done = letters(
        place, "make", "practice.yaml", "list.csv", *RULED, "--print", "--zip", "--word", "--govuk-notify", "--nhs-notify", "--text", "T3"
    )
    assert done.exit_code == 0, done.output
    yield place, runs(place)[0], done.output


def test_of_a_run_with_a_letter_that_is_too_large_for_the_service_nothing_is_left(place: Path) -> None:
    options = (*RULED, *ONLINE[2:], "--profile", "govuk-notify", "--sort", "file", "--print", "--zip")
    run = made(place, *options)
    [path] = run.glob("*.zip")
    with zipfile.ZipFile(path) as packed:
        sizes = [entry.file_size for entry in packed.infolist()]
    assert sizes[0] < max(sizes)  # so that the first letter is no reason to refuse the run
    assert letters(place, "forget", "practice.yaml", "--all").exit_code == 0
    profiles = samples.shipped() / "templates" / "letters" / "profiles.yaml"
    own = profiles.read_text("utf-8").replace("most_bytes: 2097152", f"most_bytes: {max(sizes) - 1}")
    (place / "templates" / "letters").mkdir(parents=True)
    samples.written(place / "templates" / "letters", own, "profiles.yaml")
    done = letters(place, "make", "practice.yaml", "list.csv", *options)
    says = f"a letter has {max(sizes):,} bytes, and GOV.UK Notify, letters uploaded as PDF takes {max(sizes) - 1:,} — use a smaller logo"
    assert done.exit_code == 1 and says in done.stderr
    assert [file for file in (place / "output").rglob("*") if file.is_file()] == []


def test_a_column_that_nothing_looks_at_is_named(place: Path) -> None:
    rows = [row | {"Flat no": "Flat 2", "\x1b[2Jodd": ""} for row in latin(12)]
    people.write_list(place / "list.csv", rows, [*people.COLUMNS, "Flat no", "\x1b[2Jodd"])
    said = letters(place, "check", "practice.yaml", "list.csv", *RULED[:2]).output.splitlines()
    (unused,) = [line for line in said if line.startswith("columns that no letter uses: ")]
    assert "Flat no" in unused and "[2Jodd" in unused and "\x1b" not in unused
    assert not any(used in unused for used in ("full_name", "postcode", "nhs_number", "address_line_1"))
    mapped = letters(place, "check", "practice.yaml", "list.csv", *RULED[:2], "--map", "Flat no=house").output
    assert "Flat no" not in mapped


def test_rows_read_are_letters_made_and_rows_left_out(whole: tuple[Path, Path, str]) -> None:
    _, run, said = whole
    receipt = json.loads((run / "run.json").read_text())
    index = table(run / "index.csv")
    sheet = openpyxl.load_workbook(io.BytesIO((run / "exceptions.xlsx").read_bytes()))["Left out"]
    assert receipt["rows"] == 12 == sum(receipt["letters"].values()) + sum(receipt["left_out"].values()) == len(index) + sheet.max_row - 1
    assert "list.csv: 12 rows read = 11 letters + 1 left out" in said
    assert [cell.value for cell in sheet[2]][:2] == [5, "not-a-real-uk-postcode"]


def test_each_row_is_found_on_the_page_that_the_index_says(whole: tuple[Path, Path, str]) -> None:
    place, run, _ = whole
    rows = dict(enumerate(table(place / "list.csv"), 2))
    files = {"letter": "letter-to-patients.pdf", "letter_online": "letter-about-online-services.pdf"}
    for variant, name in files.items():
        pages = pypdf.PdfReader(io.BytesIO((run / name).read_bytes())).pages
        entries = [entry for entry in table(run / "index.csv") if entry["letter"] == variant]
        assert entries and [entry["number"] for entry in entries] == [str(n) for n in range(1, len(entries) + 1)]
        for entry in entries:
            page = int(entry["first page"])
            text = " ".join(pages[page - 1].extract_text().split())
            assert page % 2 == 1
            assert rows[int(entry["row"])]["full_name"] in text and rows[int(entry["row"])]["postcode"] in text
        postcodes = [rows[int(entry["row"])]["postcode"] for entry in entries]
        assert postcodes == sorted(postcodes)


def test_a_zip_holds_a_numbered_file_for_each_letter(whole: tuple[Path, Path, str]) -> None:
    _, run, _ = whole
    for ending, suffix in (("one-by-one", "pdf"), ("word", "docx")):
        count = 0
        for name in ("letter-to-patients", "letter-about-online-services"):
            held = names_in(run / f"{name}-{ending}.zip")
            assert held == [f"{n:06}.{suffix}" for n in range(1, len(held) + 1)]
            count += len(held)
        assert count == 11


def test_the_lists_for_sending_services_hold_what_these_ask_for(whole: tuple[Path, Path, str]) -> None:
    _, run, _ = whole
    rows = {row["full_name"] + row["postcode"]: row for row in latin(12)}
    [notify] = run.glob("letter-to-patients-govuk-notify.csv")
    listed = table(notify)
    for entry in listed:
        address = [entry[f"address line {n}"] for n in range(1, 8)]
        assert tuple(filter(None, address)) == people.address(rows[entry["full_name"] + [line for line in address if line][-1]])
    words = (run / "letter-to-patients-govuk-notify.txt").read_text()
    assert set(re.findall(r"\(\((\w+)\)\)", words)) <= set(listed[0])
    assert words.count("((full_name))") == 1 and "Dear ((full_name))" in words
    nhs = table(run / "letter-to-patients-nhs-notify.csv")
    assert list(nhs[0]) == ["messageReference", "nhsNumber"]
    assert {entry["nhsNumber"] for entry in nhs} <= {row["nhs_number"] for row in rows.values()}
    assert len({entry["messageReference"] for entry in nhs}) == len(listed) == len(nhs)


def test_texts_go_once_to_each_mobile_number_of_those_who_agreed(whole: tuple[Path, Path, str]) -> None:
    _, run, said = whole
    agreed = [row for number, row in enumerate(latin(12)) if number != 3 and row["repeat"] == "Yes" and row["phone"]]
    texts = table(run / "texts.csv")
    assert {text["phone number"] for text in texts} == {row["phone"].replace(" ", "") for row in agreed}
    assert all(text["text"].startswith("Corner Surgery: ") and text["segments"] == "1" and text["pence"] == "2.4" for text in texts)
    assert f"texts.csv: {len(texts)} texts, 1 segments each, £{len(texts) * 0.024:,.2f} in all" in said


def test_nothing_of_a_patient_stands_on_the_screen_or_in_a_name_or_in_the_receipt(whole: tuple[Path, Path, str]) -> None:
    place, run, said = whole
    public = said + (run / "run.json").read_text() + (run / "index.csv").read_text() + " ".join(map(str, place.rglob("*")))
    public += " ".join(
        str(cell.value)
        for sheet in openpyxl.load_workbook(io.BytesIO((run / "exceptions.xlsx").read_bytes()))
        for row in sheet
        for cell in row
    )
    assert not [words for words in private_words(latin(12)) if words in public]


def test_files_and_folders_are_their_owners_alone(whole: tuple[Path, Path, str]) -> None:
    _, run, _ = whole
    assert {stat.S_IMODE(path.stat().st_mode) for path in run.iterdir()} == {0o600}
    assert stat.S_IMODE(run.stat().st_mode) == stat.S_IMODE(run.parent.stat().st_mode) == 0o700


def test_the_same_list_on_the_same_day_gives_the_same_bytes_in_any_number_of_processes(whole: tuple[Path, Path, str], place: Path) -> None:
    _, run, _ = whole
    again = made(place, *RULED, "--print", "--zip", "--word", "--govuk-notify", "--nhs-notify", "--text", "T3", "--jobs", "2")
    assert again.name == run.name
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {path.name: path.read_bytes() for path in run.iterdir()}


def test_letters_that_are_not_final_are_refused_with_what_they_lack(place: Path) -> None:
    done = letters(place, "make", "practice.yaml", "list.csv", "--today", TODAY)
    assert done.exit_code == 1
    assert "practice.yaml:1:1: Letter to patients needs prescribing.order_by" in done.output
    assert runs(place) == []
    checked = letters(place, "check", "practice.yaml", "list.csv", "--today", TODAY, "--report", "why.xlsx")
    assert checked.exit_code == 1 and "12 rows read = 11 letters + 1 left out" in checked.output
    assert checked.output.count("Letter to patients needs prescribing.order_by") == 1
    assert stat.S_IMODE((place / "why.xlsx").stat().st_mode) == 0o600


def test_a_letter_that_prints_a_column_that_is_not_there_is_a_mistake_before_anything_is_made(place: Path) -> None:
    people.write_list(place / "list.csv", latin(12), [name for name in people.COLUMNS if name != "appointment_day"])
    done = letters(place, "make", "practice.yaml", "list.csv", "--letter", "letter_appointment_kept", "--draft")
    assert done.exit_code == 1
    assert "list.csv:1:1: the letter 'letter_appointment_kept' prints appointment_day, and the list has no such column" in done.output
    assert runs(place) == []


def test_a_cell_that_a_letter_prints_may_not_be_empty(place: Path) -> None:
    rows = latin(12)
    rows[0] |= {"appointment_time": " "}
    people.write_list(place / "list.csv", rows)
    done = letters(place, "check", "practice.yaml", "list.csv", "--letter", "letter_appointment_kept")
    assert "row 2: The letter prints appointment_time, and the cell is empty. Fill in the cell." in done.output


def test_one_letter_a_household_is_never_silent_and_never_for_a_letter_of_ones_own(place: Path) -> None:
    rows = latin(12)
    rows[1] |= {name: rows[0][name] for name in rows[0] if name.startswith(("address", "postcode"))}
    people.write_list(place / "list.csv", rows)
    asked = ("check", "practice.yaml", "list.csv", "--one-per-household", "--letter")
    assert "row 3: One letter for each address was asked for, and row 2 has it." in letters(place, *asked, "letter_online").output
    assert "same-household" not in letters(place, *asked, "letter_appointment_kept").output


def test_a_wrong_nhs_number_matters_only_where_one_is_needed(place: Path) -> None:
    rows = latin(12)
    rows[0] |= {"nhs_number": "9990000010"}
    people.write_list(place / "list.csv", rows)
    assert "nhs-number-wrong" not in letters(place, "check", "practice.yaml", "list.csv").output
    done = letters(place, "make", "practice.yaml", "list.csv", *ONLINE, "--nhs-notify")
    assert "row 2: The NHS number is missing or wrong." in done.output


def test_a_list_without_anybody_to_write_to_makes_nothing(place: Path) -> None:
    people.write_list(place / "list.csv", latin(12)[3:4])
    done = letters(place, "make", "practice.yaml", "list.csv", *ONLINE)
    assert (done.exit_code, runs(place)) == (1, [])
    assert "no row of this list gets a letter" in done.output


def test_a_list_that_changes_meanwhile_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = RunFolder.keep

    def keep_and_change(self: RunFolder, *args: object) -> object:
        with (place / "list.csv").open("a") as file:
            file.write("x")
        return keep(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(RunFolder, "keep", keep_and_change)
    done = letters(place, "make", "practice.yaml", "list.csv", *ONLINE)
    assert (done.exit_code, runs(place)) == (1, [])
    assert (
        done.output.splitlines()[-1] == "list.csv: the list was changed while letters were made from it — run this again; nothing was kept"
    )


def test_a_full_disk_leaves_nothing(place: Path) -> None:
    people.write_list(place / "list.csv", latin(40))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (450_000, limits[1]))  # room for a font, none for forty letters
        done = letters(place, "make", "practice.yaml", "list.csv", *ONLINE, "--zip")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (done.exit_code, runs(place)) == (1, [])
    assert "the disk is full — free some space and run this again; nothing was changed" in done.output


def test_a_folder_that_vanishes_is_one_message(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunFolder, "keep", lambda self, *_: shutil.rmtree(self.folder))
    done = letters(place, "make", "practice.yaml", "list.csv", *ONLINE)
    assert (done.exit_code, runs(place)) == (1, [])
    assert "cannot be written here" in done.output.splitlines()[-1]


# Ends as a kill does, without a word, when the second file is written but not yet noted as finished.
KILLED = """
import os, sys
from migpack.cli import main
from migpack.letters.run_folder import RunFolder
keep = RunFolder.keep
RunFolder.keep = lambda self, *done: os._exit(9) if self.kept else keep(self, *done)
main(sys.argv[1:])
"""


@pytest.fixture
def killed(place: Path) -> Path:
    """Return the place of a run that was killed when its first file of two was finished; its second is half there."""
    command = [sys.executable, "-c", KILLED, "letters", "make", "practice.yaml", "list.csv", *ONLINE, "--print", "--zip"]
    done = subprocess.run(command, cwd=place, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, check=False)
    assert done.returncode == 9, done.stderr
    [left] = runs(place)
    assert left.name.startswith(".migpack-letters-")
    (left / "letter-about-online-services-one-by-one.zip").write_bytes(b"half")
    return place


def test_a_run_that_was_killed_is_gone_on_with(killed: Path) -> None:
    done = letters(killed, "make", "practice.yaml", "list.csv", *ONLINE, "--print", "--zip", "--resume")
    assert "letter-about-online-services.pdf: 11 letters (kept from the run that was stopped)" in done.output
    assert "letter-about-online-services-one-by-one.zip: 11 letters\n" in done.output
    [run] = runs(killed)
    assert len(names_in(run / "letter-about-online-services-one-by-one.zip")) == 11
    assert "1" in {entry["first page"] for entry in table(run / "index.csv")}
    assert sorted(path.name for path in run.iterdir()) == sorted(
        ["exceptions.xlsx", "index.csv", "run.json", "letter-about-online-services.pdf", "letter-about-online-services-one-by-one.zip"]
    )


def test_a_finished_file_that_has_been_changed_is_made_again(killed: Path) -> None:
    (runs(killed)[0] / "letter-about-online-services.pdf").write_bytes(b"%PDF-1.7 something else")
    done = letters(killed, "make", "practice.yaml", "list.csv", *ONLINE, "--print", "--zip", "--resume")
    assert "letter-about-online-services.pdf: 11 letters" in done.output and "kept from" not in done.output
    assert len((runs(killed)[0] / "letter-about-online-services.pdf").read_bytes()) > 1000


@pytest.mark.parametrize("change", ["the options", "the list"])
def test_nothing_is_kept_of_a_run_that_was_made_from_something_else(killed: Path, change: str) -> None:
    if change == "the list":
        people.write_list(killed / "list.csv", latin(13))
    done = letters(
        killed,
        "make",
        "practice.yaml",
        "list.csv",
        *ONLINE,
        "--print",
        "--resume",
        *(["--sort", "file"] if change == "the options" else []),
    )
    assert "removed what a run that was stopped had left: 4 files" in done.output
    assert "kept from" not in done.output
    assert len(runs(killed)) == 1


def test_what_a_killed_run_left_is_removed_by_the_next_and_by_forget(killed: Path) -> None:
    assert "removed .migpack-letters-" in letters(killed, "forget", "practice.yaml").output
    assert runs(killed) == []


def test_two_runs_at_once_do_not_meet_in_one_folder(place: Path) -> None:
    target = place / "output" / "run"
    with RunFolder(target, "key"), pytest.raises(Mistakes, match="another run is making these letters now"), RunFolder(target, "key"):
        pass
    assert not target.parent.exists()


def test_forget_removes_what_it_names_and_says_so(place: Path) -> None:
    run = made(place, *ONLINE)
    assert letters(place, "forget", "practice.yaml").output == f"{run.name}\nname those to remove, or --all\n"
    wrong = letters(place, "forget", "practice.yaml", "2026-11-25-00000000")
    assert wrong.exit_code == 1 and "there is no run '2026-11-25-00000000'" in wrong.output
    assert re.fullmatch(rf"removed {run.name}: 4 files, [\d,]+ bytes\n", letters(place, "forget", "practice.yaml", run.name).output)
    assert runs(place) == []
    assert "there are no letters in" in letters(place, "forget", "practice.yaml").output


def test_a_sum_that_does_not_come_out_fails() -> None:
    gone = LeftOut(2, "duplicate", "The same patient as in row 1.", "Nothing.")
    Tally(rows=1, left_out=[gone]).reconcile()
    for wrong in (Tally(rows=2, left_out=[gone]), Tally(rows=2, left_out=[gone, gone])):
        with pytest.raises(ArithmeticError):
            wrong.reconcile()


def test_the_first_twenty_rows_are_shown_and_all_are_counted() -> None:
    gone = [LeftOut(row, "duplicate", f"The same patient as in row {row - 1}.", "Nothing.") for row in range(3, 33)]
    shown = list(first_rows(gone))
    assert len(shown) == 22 and shown[1].startswith("  row 3: ") and shown[-1] == "  and 10 more"
    assert reasons(gone) == [(("duplicate", "The same patient as in row …"), 30)]


def test_cells_of_the_workbook_are_never_formulas() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_exceptions(Tally(1, left_out=[LeftOut(2, "=1+1", "=1+1", "@x")]))))
    assert [cell.data_type for cell in book["Left out"][2]] == ["n", "s", "s", "s"]


@pytest.mark.parametrize(
    ("practice", "text", "says"),
    [
        (PRACTICE, "T9", "--text: there is no text 'T9'"),
        (PRACTICE, "T1", "--text: the text T1 lacks prescribing.order_by"),
        (PRACTICE.replace("text_ok: {column: Repeat", "text_ok: {column: SMS"), "T3", ":12:21: the list has no column 'SMS'"),
        (PRACTICE.partition("  text_ok")[0], "T3", "nothing says who has agreed to text messages — write recipients: text_ok:"),
    ],
)
def test_texts_that_cannot_be_sent_are_a_mistake_before_any_letter(place: Path, practice: str, text: str, says: str) -> None:
    samples.written(place, practice)
    done = letters(place, "make", "practice.yaml", "list.csv", *ONLINE, "--draft", "--text", text)
    assert (done.exit_code, runs(place)) == (1, [])
    assert says in done.output and "11 letters" not in done.output


def test_whoever_gets_no_text_is_counted_by_the_reason() -> None:
    def patient(row: int, phone: str, agreed: bool) -> Recipient:
        return Recipient(row, "letter", "house", (), {}, phone=phone, text_ok=agreed)

    asked = [patient(2, "07700 900001", True), patient(3, "+447700900001", True), patient(4, "", True), patient(5, "07700 900002", False)]
    texts = write_texts(asked, "Siân", size("Siân", 2.4))
    assert texts.data.decode() == "row,phone number,text,segments,pence\r\n2,07700900001,Siân,1,2.4\r\n"
    assert (texts.sent, texts.shared, texts.no_number, texts.refused) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("07700 900123", "07700900123"),
        ("+44 (0)7700 900 123", "07700900123"),
        ("0044 7700-900123", "07700900123"),
        ("7700900123", "07700900123"),
        ("01632 960001", ""),
        ("07700 90012", ""),
        ("070 0123 4567", ""),
        ("07700 900123 (wife)", ""),
        ("", ""),
    ],
)
def test_a_mobile_number_is_known_however_it_is_written(text: str, number: str) -> None:
    assert mobile(text) == number


def test_the_profile_is_that_of_the_practice_file_unless_another_is_named(place: Path) -> None:
    samples.written(place, PRACTICE + "letter: {profile: c5_window}\n")
    assert json.loads((made(place, *ONLINE) / "run.json").read_text())["profile"] == "c5-window"
    wrong = letters(place, "make", "practice.yaml", "list.csv", *ONLINE, "--profile", "c5-windw")
    assert wrong.exit_code == 1 and "--profile: there is no profile 'c5-windw' — did you mean 'c5-window'?" in wrong.output


def test_a_sheet_to_align_the_printer_is_one_pdf(place: Path) -> None:
    assert letters(place, "align", "dl-window").output == "wrote align-dl-window.pdf\n"
    assert len(pypdf.PdfReader(io.BytesIO((place / "align-dl-window.pdf").read_bytes())).pages) == 1
    assert letters(place, "align", "dl").exit_code == 1


def test_a_leaflet_goes_to_a_patient_in_an_envelope_too(place: Path) -> None:
    run = made(place, "--letter", "easy_read", "--today", TODAY, "--draft")
    page = pypdf.PdfReader(io.BytesIO((run / "easy-read-large-print.pdf").read_bytes())).pages[0].extract_text()
    first = table(run / "index.csv")[0]
    patient = latin(12)[int(first["row"]) - 2]
    assert all(line in page for line in (*people.address(patient), f"Dear {patient['full_name']}"))

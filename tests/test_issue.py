"""A pack that is issued: frozen under its number, read-only, and never one that is stale, in part, or changed without a word."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import samples
from migpack.cli import main
from migpack.manifest import digest, read_issues, read_last

DAY = ["--today", "2026-11-23"]
TEXT = samples.with_only(samples.MINIMAL, "overview", "calendar", "poster_live", "timeline", "what_changed")


def run(*words: object) -> Result:
    """Run a command; a traceback fails the test."""
    return CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a practice file and its pack, built once."""
    here = tmp_path_factory.mktemp("made")
    path = samples.written(here, TEXT)
    assert run("build", path, "--out", here / "out", "--jobs", 1, *DAY).exit_code == 0
    return here


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


def issue(here: Path, *words: str, today: str = "2026-11-26") -> Result:
    """Issue the pack on a day."""
    return run("issue", here / "practice.yaml", "--out", here / "out", "--today", today, *words)


def build(here: Path, *words: str) -> Result:
    """Build the pack again."""
    return run("build", here / "practice.yaml", "--out", here / "out", "--jobs", 1, *DAY, *words)


def test_an_issue_is_a_read_only_copy_with_its_number_day_and_hashes(here: Path) -> None:
    result = issue(here)
    assert result.exit_code == 0, result.output
    pack, frozen = here / "out" / "corner-surgery", here / "out" / "corner-surgery-issued" / "0001-2026-11-26"
    held = json.loads((frozen / "issued.json").read_text("utf-8"))
    assert (held["issue"], held["issued_on"], held["built_on"], held["changed"]) == (1, "2026-11-26", "2026-11-23", "the first issue")
    assert held["files"].keys() == json.loads((pack / "manifest.json").read_text("utf-8"))["files"].keys()
    for name, entry in held["files"].items():
        data = (frozen / name).read_bytes()
        assert (data, entry["sha256"], entry["edited"]) == ((pack / name).read_bytes(), digest(data), False)
    assert all(file.stat().st_mode & 0o777 == 0o444 for file in frozen.rglob("*") if file.is_file())
    assert not list(frozen.parent.glob(".*"))


def test_issues_are_numbered_and_the_next_pack_bears_the_next_number(here: Path) -> None:
    assert issue(here).exit_code == 0
    again = issue(here)
    assert again.exit_code == 1
    assert "this pack was issued on 2026-11-26 as issue 1 — build it again before the next issue" in again.output
    path = here / "practice.yaml"
    path.write_text(path.read_text("utf-8").replace("2027-06-10", "2027-06-17"), "utf-8")
    assert build(here).exit_code == 0
    documents = json.loads((here / "out" / "corner-surgery" / "manifest.json").read_text("utf-8"))["documents"]
    assert {entry["version"] for entry in documents.values()} == {"Issue 2 draft"}
    assert "what_changed" in documents
    assert issue(here, today="2026-12-01").exit_code == 0
    listed = run("history", path, "--out", here / "out").output
    assert "2026-11-26  2027-06-10" in listed
    assert "2026-12-01  2027-06-17" in listed
    assert "go-live 2027-06-10 to 2027-06-17; " in listed
    first, second = read_issues(here / "out" / "corner-surgery")
    last = read_last(here / "out" / "corner-surgery")
    assert (first.number, second.number, last.issue) == (1, 2, 3)
    assert last.before == second
    assert last.first["go_live"] == first.milestones["go_live"].when.date  # as first agreed


def test_what_was_final_keeps_its_number_and_the_issue_takes_it(here: Path) -> None:
    assert build(here, "--final", "timeline").exit_code == 0
    assert issue(here).exit_code == 0
    assert build(here).exit_code == 0
    documents = json.loads((here / "out" / "corner-surgery" / "manifest.json").read_text("utf-8"))["documents"]
    assert {id: entry["version"] for id, entry in documents.items() if id != "overview"} == {
        "timeline": "Issue 1",
        "poster_live": "Issue 2 draft",
        "what_changed": "Issue 2 draft",
    }


def test_a_pack_that_is_not_what_the_file_says_now_is_refused(here: Path) -> None:
    path = here / "practice.yaml"
    text = path.read_text("utf-8")
    path.write_text("# a comment changes nothing\n" + text, "utf-8")
    assert issue(here).exit_code == 0
    shutil.rmtree(here / "out" / "corner-surgery-issued")
    for old, new in (("2027-06-10", "2027-06-17"), ("Medicus", "SystmOne"), ("  go_live", "  kick_off: 2027-03-10\n  go_live")):
        path.write_text(text.replace(old, new), "utf-8")
        result = issue(here)
        assert result.exit_code == 1
        assert "this pack is not what the practice file says now: " in result.output
        assert "build it again, look at it, and then issue it" in result.output
        assert not (here / "out" / "corner-surgery-issued").exists()


def test_a_pack_in_part_or_none_at_all_is_refused(here: Path, tmp_path: Path) -> None:
    path = here / "practice.yaml"
    assert run("build", path, "--out", tmp_path / "part", "--only", "poster_live", "--jobs", 1, *DAY).exit_code == 0
    result = run("issue", path, "--out", tmp_path / "part", *DAY)
    assert result.exit_code == 1
    assert "this pack is not whole: it lacks index.html, 1-plan/timeline.pdf, 1-plan/calendar.ics" in result.output
    nothing = run("issue", path, "--out", tmp_path / "none", *DAY)
    assert nothing.exit_code == 1
    assert "there is no pack here to issue — build it first with 'migpack build'" in nothing.output
    (here / "out" / "corner-surgery" / "1-plan" / "calendar.ics").unlink()
    assert "calendar.ics: this file of the pack is gone" in issue(here).output


def test_a_file_changed_by_hand_is_issued_only_when_somebody_says_so(here: Path) -> None:
    [poster] = (here / "out" / "corner-surgery").rglob("poster-3-working.docx")
    poster.write_bytes(b"ours now")
    notes = samples.written(poster.parent, "Mrs Sample rang", "notes.txt")
    result = issue(here)
    assert result.exit_code == 1
    assert (
        "poster-3-working.docx: somebody has changed this file since it was made — issue it as it stands with --as-edited" in result.output
    )
    assert issue(here, "--as-edited").exit_code == 0
    [frozen] = (here / "out" / "corner-surgery-issued").iterdir()
    held = json.loads((frozen / "issued.json").read_text("utf-8"))
    assert {name for name, entry in held["files"].items() if entry["edited"]} == {
        poster.relative_to(frozen.parents[1] / "corner-surgery").as_posix()
    }
    assert next(frozen.rglob("poster-3-working.docx")).read_bytes() == b"ours now"
    assert not list(frozen.rglob(notes.name))  # files of the practice's own are no part of the pack


def test_a_sheet_that_may_hold_patients_details_is_listed_and_not_copied(tmp_path: Path) -> None:
    path = samples.written(tmp_path, samples.with_only(samples.MINIMAL, "record_comparison"))
    assert run("build", path, "--out", tmp_path, "--jobs", 2, *DAY).exit_code == 0
    sheet = next(iter(sorted((tmp_path / "corner-surgery").rglob("*.docx"))))
    sheet.write_bytes(b"Mrs Sample, 999 000 0018")
    assert run("issue", path, "--out", tmp_path, "--as-edited", *DAY).exit_code == 0
    [frozen] = (tmp_path / "corner-surgery-issued").iterdir()
    entry = json.loads((frozen / "issued.json").read_text("utf-8"))["files"][sheet.relative_to(tmp_path / "corner-surgery").as_posix()]
    assert entry == {"sha256": digest(sheet.read_bytes()), "edited": True, "copied": False}
    assert not any(b"Mrs Sample" in file.read_bytes() for file in frozen.rglob("*") if file.is_file())


def test_an_issue_that_cannot_be_read_is_one_plain_line(here: Path) -> None:
    assert issue(here).exit_code == 0
    [frozen] = (here / "out" / "corner-surgery-issued").iterdir()
    (frozen / "issued.json").chmod(0o644)
    (frozen / "issued.json").write_text("{", "utf-8")
    for command in ("build", "history"):
        result = run(command, here / "practice.yaml", "--out", here / "out")
        assert result.exit_code == 1
        assert "this issue cannot be read" in result.output


def test_nothing_issued_yet_says_what_to_do(here: Path) -> None:
    assert "nothing has been issued yet" in run("history", here / "practice.yaml", "--out", here / "out").output


def test_a_changed_file_is_named_on_the_overview_until_it_is_replaced(here: Path) -> None:
    pack = here / "out" / "corner-surgery"
    for suffix in ("docx", "pdf"):
        [file] = pack.rglob(f"poster-3-working.{suffix}")
        file.write_bytes(b"ours now")
    path = here / "practice.yaml"
    moved = run("redate", path, "go_live=2027-06-17", "--yes", "--out", here / "out", "--jobs", 1, *DAY)
    assert moved.exit_code == 0
    for suffix in ("docx", "pdf"):
        [file] = pack.rglob(f"poster-3-working.{suffix}")
        name = file.relative_to(pack).as_posix()
        assert file.read_bytes() == b"ours now"
        assert f"kept your changed {name}; the new one is {name.replace('.', '-new.')}" in moved.output
        assert f'<li><a href="{name}">{name}</a></li>' in (pack / "index.html").read_text("utf-8")
    assert build(here, "--replace").exit_code == 0
    assert "by hand.</strong>" not in (pack / "index.html").read_text("utf-8")
    assert not list(pack.rglob("*-new.*"))

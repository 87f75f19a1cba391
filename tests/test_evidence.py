"""The folder for the sign-off: what is in it, what must never be, and that it is whole or absent."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import records
from migpack.record import Record, Return, Signature
from records import answer, came, record
from test_cli import run

TODAY = ("--today", "2027-03-15")
FINAL = ("--only", "timeline", "--only", "poster_live", "--only", "cutover_log.consultations", "--only", "calendar")


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with some documents of the small sample, the timeline and the logs final."""
    folder = tmp_path_factory.mktemp("packs")
    path = records.practice_with(folder / "practice", None)
    words = [*FINAL, "--final", "timeline", "--final", "cutover_log.consultations", "--format", "pdf", "--format", "ics", "--jobs", "1"]
    assert run("build", path, "--out", folder / "output", *words, *TODAY).exit_code == 0
    return folder / "output"


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def file_of(id: str, data: bytes, name: str, **more: Any) -> Return:
    """Return the return that this file was."""
    return came(id, name, sha256=digest(data), **more)


@pytest.fixture
def make(tmp_path: Path, packs: Path) -> Callable[..., tuple[Path, dict[str, Any], str]]:
    """A way to make the evidence of a record: gives the folder, its evidence.json and what the command said."""

    def made(held: Record | None) -> tuple[Path, dict[str, Any], str]:
        path = records.practice_with(tmp_path, held)
        result = run("evidence", path, "--pack", packs, "--out", tmp_path / "out", *TODAY)
        assert result.exit_code == 0, result.output
        [folder] = (tmp_path / "out").iterdir()
        return folder, json.loads((folder / "evidence.json").read_text("utf-8")), result.output

    return made


def test_what_was_issued_is_listed_with_its_hash_and_what_is_final_is_copied(make: Any, packs: Path) -> None:
    folder, data, _ = make(None)
    assert folder.name == "evidence-mill-lane-surgery-2027-03-15"
    manifest = json.loads(next(packs.rglob("manifest.json")).read_text("utf-8"))
    listed = {entry["file"]: entry["sha256"] for entry in data["issued"]}
    assert listed == {path: entry["sha256"] for path, entry in manifest["files"].items() if entry["document"]}
    for entry in data["issued"]:
        assert entry["final"] == bool(entry["copies"]) == (entry["kept"] == "copied")
        for copy in entry["copies"]:
            assert digest((folder / copy).read_bytes()) == entry["sha256"]
    assert {entry["document"] for entry in data["issued"] if entry["final"]} >= {"timeline"}
    assert {entry["document"]: entry["version"] for entry in data["issued"]}["timeline"] == "Issue 1"


def test_an_issued_file_that_was_changed_or_taken_away_is_said_and_not_copied(make: Any, packs: Path) -> None:
    [timeline] = packs.rglob("timeline.pdf")
    held = timeline.read_bytes()
    try:
        timeline.write_bytes(b"with the name of a patient written in it")
        folder, data, said = make(None)
        [entry] = [entry for entry in data["issued"] if entry["document"] == "timeline"]
        assert (entry["kept"], entry["copies"]) == ("changed by hand", [])
        assert not list(folder.rglob("timeline.pdf")) and "timeline.pdf: changed by hand" in said
        timeline.unlink()
        _, data, _ = make(None)
        assert [entry["kept"] for entry in data["issued"] if entry["document"] == "timeline"] == ["missing from the pack"]
    finally:
        timeline.write_bytes(held)


def test_returned_files_are_found_by_name_and_copied_by_hash(make: Any, tmp_path: Path) -> None:
    (tmp_path / "returned").mkdir()
    (tmp_path / "beside.pdf").write_bytes(b"one")
    (tmp_path / "returned" / "Prüfliste, März.pdf").write_bytes(b"two")
    (tmp_path / "changed.pdf").write_bytes(b"other")
    (tmp_path / "a.png").write_bytes(b"page 1")
    (tmp_path / "b.png").write_bytes(b"page 2")
    together = digest((digest(b"page 1") + digest(b"page 2")).encode())
    held = record(
        {},
        file_of("r1", b"one", "beside.pdf", signatures=(Signature(field="x.sign.all.signature", state="ink", by="Sam Example"),)),
        file_of("r2", b"two", "Prüfliste, März.pdf"),
        file_of("r3", b"three", "changed.pdf"),
        file_of("r4", b"four", "gone.pdf"),
        came("r5", "a.png, b.png", sha256=together, medium="paper"),
        file_of("r6", b"one", "../beside.pdf"),
        came("r7", sha256="", document="", medium="person").model_copy(update={"file": ""}),
    )
    folder, data, said = make(held)
    entries = {entry["id"]: entry for entry in data["returned"]}
    assert {id: entry["kept"] for id, entry in entries.items()} == {
        "r1": "copied",
        "r2": "copied",
        "r3": "changed since it was read",
        "r4": "not found beside the practice file or in returned/",
        "r5": "copied",
        "r6": "copied",  # the same file as r1, by its hash
        "r7": "a person's decision",
    }
    assert (folder / entries["r2"]["copies"][0]).read_bytes() == b"two"
    assert [(folder / copy).read_bytes() for copy in entries["r5"]["copies"]] == [b"page 1", b"page 2"]
    assert entries["r1"]["signed"] == [{"field": "x.sign.all.signature", "by": "Sam Example", "state": "ink", "on": None}]
    assert "gone.pdf: not found" in said
    assert all(str(file.relative_to(folder)).isascii() for file in folder.rglob("*"))


def test_a_name_that_leads_out_of_the_folder_is_not_followed(make: Any, tmp_path: Path) -> None:
    (tmp_path.parent / "outside.pdf").write_bytes(b"elsewhere")
    _, data, _ = make(record({}, file_of("r1", b"elsewhere", "../outside.pdf")))
    assert data["returned"][0]["copies"] == []


@pytest.mark.parametrize("document", ["cutover_log.consultations", "unknown_document"])
def test_what_may_hold_patients_details_is_never_copied_nor_named(make: Any, tmp_path: Path, document: str) -> None:
    (tmp_path / "Log Jane Doe.pdf").write_bytes(b"Jane Doe, born in 1950")
    (tmp_path / "bundle.pdf").write_bytes(b"a checklist and a log of Jane Doe")
    name = f"{document}.sign.all.name"
    held = record(
        {name: (answer("Ann", "r1", by="Ann"), answer("Ben", "r2", by="Ben"))},
        file_of("r1", b"Jane Doe, born in 1950", "Log Jane Doe.pdf", document=document, notes=("4 rows used",)),
        file_of("r2", b"a checklist and a log of Jane Doe", "bundle.pdf", document="checklist.practice_staff", medium="paper"),
        file_of("r3", b"a checklist and a log of Jane Doe", "bundle.pdf", document=document, medium="paper"),
    )
    folder, data, said = make(held)
    assert {(entry["file"], entry["kept"][:28], *entry["copies"]) for entry in data["returned"]} == {("", "May hold patients' details: ")}
    assert data["returned"][0]["sha256"] == digest(b"Jane Doe, born in 1950")
    assert not (folder / "returned").exists()
    for file in (path for path in folder.rglob("*") if path.is_file()):
        assert b"Jane" not in file.read_bytes() and b"bundle" not in file.read_bytes()
    assert "Jane" not in said


def test_a_scan_with_a_sheet_that_could_not_be_read_is_listed_and_not_copied(make: Any, tmp_path: Path) -> None:
    (tmp_path / "Jane Doe.pdf").write_bytes(b"a checklist and who knows what")
    folder, data, _ = make(record({}, file_of("r1", b"a checklist and who knows what", "Jane Doe.pdf", medium="paper", partly_read=True)))
    [entry] = data["returned"]
    assert (entry["file"], entry["copies"], entry["kept"][:25]) == ("", [], "May hold patients' detail")
    assert not (folder / "returned").exists()


def test_tasks_open_items_conflicts_and_what_waits_are_told(make: Any) -> None:
    name = "checklist.practice_staff"
    held = record(
        {
            f"{name}.p-ep-03.done": answer("yes", "r1", by="SE"),
            f"{name}.p-ep-02.done": (answer("yes", "r1", by="Ann"), answer("no", "r2", by="Ben")),
            f"{name}.p-ep-04.done": answer("yes", "r3", confirmed=False),
        }
    )
    folder, data, _ = make(held)
    tasks = {task["id"]: task for task in data["status"]["tasks"]}
    assert (tasks["P-EP-03"]["state"], tasks["P-EP-03"]["by"], tasks["P-EP-03"]["file"]) == ("done", "SE", "r1.pdf")
    assert tasks["P-EP-02"]["conflict"] and tasks["P-EP-04"]["to_confirm"]
    html = (folder / "index.html").read_text("utf-8")
    opened, _, rest = html.partition('id="disagree-h"')
    assert "P-EP-02" in opened and "P-EP-03" not in opened
    assert f"{name}.p-ep-02.done" in rest and f"{name}.p-ep-04.done" in rest


def test_the_page_is_whole_by_itself_and_its_links_lead_to_the_copies(make: Any) -> None:
    folder, data, _ = make(None)
    html = (folder / "index.html").read_text("utf-8")
    assert '<html lang="en-GB">' in html and "<script" not in html and "<link" not in html
    assert html.count("<h1") == 1 and "<h4" not in html
    links = set(re.findall(r'href="([^"#]+)"', html))
    assert links == {copy for entry in data["issued"] for copy in entry["copies"]} != set()
    assert all((folder / link).is_file() for link in links)


def test_the_same_inputs_give_the_same_bytes_and_every_file_has_its_hash(make: Any) -> None:
    held = record({"checklist.practice_staff.p-ep-03.done": answer("yes")})
    folder, data, _ = make(held)
    first = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert data["files"] == {name: digest(content) for name, content in first.items() if name != "evidence.json"}
    folder, _, _ = make(held)
    assert {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()} == first


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_the_folder_is_for_its_owner_only(make: Any) -> None:
    folder, _, _ = make(None)
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_what_somebody_put_into_the_folder_is_not_overwritten(make: Any, tmp_path: Path, packs: Path) -> None:
    folder, _, _ = make(None)
    note = folder / "minutes.txt"
    note.write_text("ours")
    again = run("evidence", tmp_path / "practice.yaml", "--pack", packs, "--out", tmp_path / "out", *TODAY)
    assert (again.exit_code, note.read_text()) == (1, "ours")
    assert "somebody has changed or added 'minutes.txt' here" in again.output
    assert list((tmp_path / "out").iterdir()) == [folder]


def test_without_a_pack_nothing_is_made(tmp_path: Path) -> None:
    path = records.practice_with(tmp_path, None)
    result = run("evidence", path, "--pack", tmp_path / "none", "--out", tmp_path / "out", *TODAY)
    assert result.exit_code == 1
    assert "there is no pack here" in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX devices")
def test_a_folder_that_cannot_be_written_is_one_message(tmp_path: Path, packs: Path) -> None:
    path = records.practice_with(tmp_path, None)
    result = run("evidence", path, "--pack", packs, "--out", "/proc/nowhere", *TODAY)
    assert result.exit_code == 1
    assert "cannot be written" in result.output

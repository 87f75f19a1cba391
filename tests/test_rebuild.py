"""A rebuild makes what changed and nothing else, and trusts no file whose hash does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

import samples
from migpack.manifest import read_last
from migpack.model import Artefact
from migpack.pack import Built, build, pack_folder, prepare
from migpack.plan import Wanted

WANTED = Wanted(only=frozenset({"register", "notice", "letter", "timeline", "calendar", "print_pack"}))


def built(practice: Path, out: Path, into: Built | None = None) -> dict[str, Artefact]:
    """Build some documents as a person does, over what stands there, and return the files by path."""
    case, library = samples.case_of(practice)
    folder = pack_folder(case, out)
    last = read_last(folder)
    ready = prepare(case.after(last.issue, last.issued), library, samples.TODAY, WANTED)
    return {artefact.path: artefact for artefact in build(ready, folder, last=last, jobs=2, built=into)}


def anew(files: dict[str, Artefact]) -> set[str]:
    """Return the paths of the files that were made anew, apart from the quick ones that always are."""
    return {path for path, artefact in files.items() if not artefact.reused and not path.endswith((".ics", ".xlsx"))}


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    """The small sample in a folder of its own."""
    return samples.written(tmp_path / "practice", samples.SAMPLES["small"].read_text("utf-8"))


def test_nothing_changed_makes_nothing_anew_and_one_fact_only_what_prints_it(practice: Path, tmp_path: Path) -> None:
    first = built(practice, tmp_path)
    assert anew(first) == {path for path in first if not path.endswith(".ics")}
    again = built(practice, tmp_path)
    assert anew(again) == set()
    assert {path: file.data for path, file in again.items()} == {path: file.data for path, file in first.items()}

    text = practice.read_text("utf-8")
    assert text.count("Exampleton Pharmacy") >= 1
    practice.write_text(text.replace("Exampleton Pharmacy", "Riverside Pharmacy"), "utf-8")
    changed = built(practice, tmp_path)
    assert anew(changed) == {path for path, file in changed.items() if path not in first or file.data != first[path].data}
    assert {"6-third-parties/third-party-register.pdf", "print-pack.pdf"} <= anew(changed)
    assert not any(path.startswith("7-patients") for path in anew(changed))


def test_a_file_whose_hash_does_not_fit_is_never_used(practice: Path, tmp_path: Path) -> None:
    first = built(practice, tmp_path)
    damaged = tmp_path / "mill-lane-surgery" / "1-plan" / "timeline.pdf"
    damaged.write_bytes(b"something else")
    told = Built()
    again = built(practice, tmp_path, told)
    assert anew(again) == {"1-plan/timeline.pdf"}
    assert again["1-plan/timeline.pdf"].data == first["1-plan/timeline.pdf"].data
    assert damaged.read_bytes() == b"something else"  # a person's change, for all we know
    assert told.kept == {"1-plan/timeline.pdf": "1-plan/timeline-new.pdf"}


def test_other_styles_make_everything_anew(practice: Path, tmp_path: Path) -> None:
    built(practice, tmp_path)
    sheet = practice.parent / "templates" / "styles" / "public.css"
    sheet.parent.mkdir(parents=True)
    sheet.write_text("body { color: black }", "utf-8")
    again = built(practice, tmp_path)
    assert anew(again) == {path for path in again if not path.endswith(".ics")}

"""The sample practices, and packs made from them: what the tests of whole packs share."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from migpack.library import Library, shipped
from migpack.load import load, read_content
from migpack.manifest import NOTHING
from migpack.model import Artefact, Case
from migpack.pack import Prepared, build, pack_folder, prepare
from migpack.plan import Wanted

TODAY = dt.date(2026, 11, 23)
# Rich has every trait, minimal only what must be given.
SAMPLES = {name: shipped() / "templates" / "samples" / name / "practice.yaml" for name in ("small", "rich", "minimal")}
MINIMAL = "".join(line for line in SAMPLES["minimal"].read_text("utf-8").splitlines(True) if not line.startswith("#"))
WEEKEND = MINIMAL.replace("2027-06-10", "2027-06-10 8am\n  final_extract: 2027-06-10 1am\nsettings:\n  cutover_length: 0 days")


def case_of(path: Path) -> tuple[Case, Library]:
    """Return a practice file loaded with its library."""
    library = Library.of(path.parent)
    return load(path, library), library


def prepared(path: Path, wanted: Wanted | None = None, today: dt.date = TODAY) -> Prepared:
    """Return the pack of a practice file, thought through."""
    case, library = case_of(path)
    return prepare(case, library, today, wanted or Wanted())


def with_only(text: str, *documents: str) -> str:
    """Return a practice file that leaves out all documents of the catalogue but these."""
    return f"{text.rstrip()}\nleave_out: [{', '.join(id for id in _catalogued() if id not in documents)}]\n"


@cache
def _catalogued() -> tuple[str, ...]:
    return tuple(spec.id for spec in read_content(Library.of(None)).catalogue.documents)


def written(folder: Path, text: str, name: str = "practice.yaml") -> Path:
    """Write a practice file and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@dataclass(frozen=True)
class Pack:
    """A pack built into a folder."""

    prepared: Prepared
    folder: Path
    artefacts: dict[str, Artefact]

    def files(self, suffix: str) -> list[Path]:
        """Return the pack's files with this ending."""
        return sorted(self.folder.rglob(f"*{suffix}"))


def built(path: Path, out: Path, jobs: int = 2, wanted: Wanted | None = None) -> Pack:
    """Build a practice's pack below `out`."""
    ready = prepared(path, wanted)
    folder = pack_folder(ready.plan.case, out)
    made = {artefact.path: artefact for artefact in build(ready, folder, last=NOTHING, jobs=jobs)}
    return Pack(ready, folder, made)

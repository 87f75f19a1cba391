"""The six stages in order. Start reading here.

`prepare` thinks the whole pack through in memory: check → plan → render → proof, and stops at the first stage that
finds mistakes, with all of that stage's mistakes. `build` writes it: nothing reaches the target until every page is
made and sound.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from migpack.check import check
from migpack.library import Library
from migpack.manifest import Last, digest, write_manifest
from migpack.markup import read
from migpack.model import Artefact, Case, Page, Plan
from migpack.parties import party_dates, plan_parties, slug
from migpack.plan import Wanted, make_plan
from migpack.problems import Mistakes, Place, Problem, Weight
from migpack.proof import proof
from migpack.render import render
from migpack.timeline import date_milestones

if TYPE_CHECKING:
    from migpack.write.pdf import Printer
    from migpack.write.word import WordWriter

FORMATS = ("html", "pdf", "docx", "txt", "ics", "xlsx")


@dataclass(frozen=True)
class Prepared:
    """A pack thought through: its plan, its pages, and the warnings and gaps that do not stop a draft."""

    plan: Plan
    pages: tuple[Page, ...]
    problems: tuple[Problem, ...]
    library: Library
    today: dt.date
    whole: bool


def prepare(case: Case, library: Library, today: dt.date, wanted: Wanted) -> Prepared:
    """Think a pack through.

    Raises:
        Mistakes: all mistakes of the first stage that finds any.
    """
    milestones = date_milestones(case)
    parties = plan_parties(case, milestones)
    found = _no_mistakes(check(case, milestones, party_dates(parties), today))
    plan = make_plan(case, milestones, parties, wanted)
    pages = render(plan, library, today)
    found += _no_mistakes(proof(plan, pages))
    return Prepared(plan, pages, found, library, today, not wanted.only)


def plan_only(case: Case, today: dt.date) -> Plan:
    """Return a case's plan without its pages.

    Raises:
        Mistakes: its dates contradict each other.
    """
    milestones = date_milestones(case)
    parties = plan_parties(case, milestones)
    _no_mistakes(check(case, milestones, party_dates(parties), today))
    return make_plan(case, milestones, parties, Wanted())


def pack_folder(case: Case, out: Path) -> Path:
    """Return the folder of this practice's pack inside the output folder."""
    return out / slug(case.file.practice.name, 60).replace("_", "-")


def lay_out(prepared: Prepared, jobs: int) -> None:
    """Lay out every page in memory, which finds what only layout shows.

    Raises:
        MigpackError: a page cannot be printed as it stands.
    """
    for _ in _artefacts(prepared, frozenset({"pdf"}), jobs):
        pass


def _no_mistakes(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    mistakes = [problem for problem in problems if problem.weight is Weight.MISTAKE]
    if mistakes:
        raise Mistakes(mistakes)
    return problems


@dataclass
class Built:
    """What `build` leaves behind: files that a person had changed and that were kept, each with the new file beside it."""

    kept: Mapping[str, str] = field(default_factory=dict)


def build(
    prepared: Prepared,
    folder: Path,
    *,
    last: Last,
    formats: frozenset[str] = frozenset(FORMATS),
    replace: bool = False,
    jobs: int = 1,
    built: Built | None = None,
) -> Iterator[Artefact]:
    """Write a pack into its folder, yielding each file as it is made.

    Args:
        folder: the pack's own folder; it is swapped in whole at the end.
        last: what the manifest of that folder says.
        formats: of `FORMATS`, those that are wanted.
        replace: overwrite files that a person has changed.
        jobs: how many processes lay out pages.
        built: where to leave the names of changed files that were kept.

    Raises:
        Mistakes: a page cannot be printed as it stands, or the folder cannot be written.
    """
    from migpack.write.folder import Staging

    made: dict[str, Artefact] = {}
    with Staging(folder, last) as staging:
        for artefact in _artefacts(prepared, formats, jobs):
            staging.add(artefact)
            made[artefact.path] = artefact
            yield artefact
        carried = _carried(prepared, formats, last)

        def manifest(beside: Mapping[str, str]) -> bytes:
            return write_manifest(prepared.plan, prepared.pages, made.values(), carried, beside, prepared.today)

        hashes = {path: digest(artefact.data) for path, artefact in made.items()}
        kept = staging.finish(hashes, manifest, replace=replace, carried=carried.files)
    if built is not None:
        built.kept = kept


def _carried(prepared: Prepared, formats: frozenset[str], last: Last) -> Last:
    """Return what of the last build this one does not make again and therefore leaves alone."""
    if prepared.whole and formats == frozenset(FORMATS):
        return Last(last.issue, last.issued, {}, {})
    mine = {document.id for document in prepared.plan.documents}
    files = {
        path: entry for path, entry in last.files.items() if entry.get("document") not in mine or path.rpartition(".")[2] not in formats
    }
    return Last(last.issue, last.issued, files, {id: entry for id, entry in last.documents.items() if id not in mine})


def _artefacts(prepared: Prepared, formats: frozenset[str], jobs: int) -> Iterator[Artefact]:
    """Make every file: the quick ones here, the laid-out ones in `jobs` processes."""
    yield from _plan_files(prepared, formats)
    todo = [(page, format) for page in prepared.pages for format in page.document.spec.formats if format in formats]
    if todo:
        _writers.prepare(prepared, {format for _, format in todo})
        # The longest work goes first, so that no process is left with it at the end.
        yield from _spread(sorted(todo, key=_weight, reverse=True), jobs)


def _weight(job: tuple[Page, str]) -> tuple[bool, bool, int]:
    page, format = job
    return page.document.spec.made_by == "print_pack", format == "pdf", len(page.html)


def _plan_files(prepared: Prepared, formats: frozenset[str]) -> Iterator[Artefact]:
    for document in prepared.plan.documents:
        if document.spec.made_by == "calendar" and "ics" in formats:
            from migpack.write.calendar import write_calendar

            yield Artefact(f"{document.path}.ics", write_calendar(prepared.plan), document.id)
        if document.spec.made_by == "tracker" and "xlsx" in formats:
            from migpack.write.tracker import write_tracker

            yield Artefact(f"{document.path}.xlsx", write_tracker(prepared.plan), document.id)


class _Writers:
    """The writers of this process and of those forked from it: loaded once, before any work is handed out."""

    printer: Printer
    word: WordWriter
    printed: list[Page]

    def prepare(self, prepared: Prepared, formats: set[str]) -> None:
        library = prepared.library
        self.printed = [page for page in prepared.pages if page.document.spec.printed]
        if "pdf" in formats:
            from migpack.write.pdf import Printer

            self.printer = Printer(lambda name: library.read(f"templates/{name}"))
            self._refuse_missing_letters(prepared)
        if "docx" in formats:
            from migpack.write.word import WordWriter

            self.word = WordWriter(lambda name: library.read(f"templates/{name}"))

    def write(self, page: Page, format: str) -> Artefact:
        path, id = f"{page.document.path}.{format}", page.document.id
        if page.document.spec.made_by == "print_pack":
            from migpack.write.join import join

            return join(self.printer, page, self.printed)
        if format == "pdf":
            return self.printer.print(page)
        if format == "docx":
            return self.word.write(page, read(page.html, id))
        if format == "txt":
            from migpack.write.plain import write_plain

            return Artefact(path, write_plain(page).encode(), id)
        return Artefact(path, page.html.encode(), id)

    def _refuse_missing_letters(self, prepared: Prepared) -> None:
        problems = []
        for page in prepared.pages:
            missing = self.printer.missing_letters(page.html) if "pdf" in page.document.spec.formats else ()
            problems += [_letter_problem(prepared.plan.case, page, letter) for letter in missing if letter not in "\n\t"]
        if problems:
            raise Mistakes(problems)


_writers = _Writers()


def _letter_problem(case: Case, page: Page, letter: str) -> Problem:
    places = [place for path, place in case.places.items() if letter in case.written(path)]
    return Problem(
        places[-1] if places else Place(f"templates/{page.document.spec.template}"),
        f"the fonts have no letter '{letter}' (U+{ord(letter):04X})",
        "write the text in Latin, Greek or Cyrillic letters",
    )


def _work(job: tuple[Page, str]) -> Artefact:
    return _writers.write(*job)


def _spread(todo: Sequence[tuple[Page, str]], jobs: int) -> Iterator[Artefact]:
    if jobs < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(_work, todo)
        return
    with multiprocessing.get_context("fork").Pool(min(jobs, len(todo))) as pool:
        yield from pool.imap_unordered(_work, todo)

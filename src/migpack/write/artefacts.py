"""Pages and a plan in, the files of a pack out, each made by the writer of its format; the long ones side by side.

Writers are loaded inside, once, before processes are forked, so that a run that needs no PDF loads no layout engine.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from migpack.forms import WordForm
from migpack.library import Library
from migpack.markup import read
from migpack.model import Artefact, Case, Page, Plan
from migpack.problems import Mistakes, Place, Problem
from migpack.write.earlier import Earlier

if TYPE_CHECKING:
    from migpack.write.pdf import Printer
    from migpack.write.word import WordWriter

_Job = tuple[Page, str, str]  # a page, a format, and the hash of what the file is made from


def make_files(
    plan: Plan,
    pages: Sequence[Page],
    forms: Sequence[WordForm],
    library: Library,
    formats: frozenset[str],
    jobs: int,
    earlier: Earlier,
) -> Iterator[Artefact]:
    """Yield every file of a pack as it is made: the quick ones and those of an earlier build here, the others in `jobs` processes.

    Raises:
        MigpackError: a page cannot be written as it stands, or the fonts lack a letter of it.
    """
    yield from _plan_files(plan, formats, earlier)
    yield from _filled_forms(plan, forms, formats)
    printed = [page for page in pages if page.document.printed]
    todo: list[_Job] = []
    for page in pages:
        for format in page.document.formats:
            if format in formats:
                joined = printed if page.document.spec.made_by == "print_pack" else ()
                made_from = earlier.made_from(page, format, joined)
                if found := earlier.find(made_from, f"{page.document.path}.{format}", page.document.id):
                    yield found
                else:
                    todo.append((page, format, made_from))
    if todo:
        _writers.prepare(plan, printed, [page for page, *_ in todo], library, {format for _, format, _ in todo})
        # The longest work goes first, so that no process is left with it at the end.
        yield from _spread(sorted(todo, key=_weight, reverse=True), jobs)


def _weight(job: _Job) -> tuple[bool, bool, int]:
    page, format, _ = job
    return page.document.spec.made_by == "print_pack", format == "pdf", len(page.html)


def _plan_files(plan: Plan, formats: frozenset[str], earlier: Earlier) -> Iterator[Artefact]:
    for document in plan.documents:
        if document.spec.made_by == "calendar" and "ics" in formats:
            from migpack.write.calendar import write_calendar

            yield Artefact(f"{document.path}.ics", write_calendar(plan, earlier.last.calendar), document.id)
        if document.spec.made_by == "tracker" and "xlsx" in formats:
            from migpack.write.tracker import write_tracker

            yield Artefact(f"{document.path}.xlsx", write_tracker(plan), document.id)


def _filled_forms(plan: Plan, forms: Sequence[WordForm], formats: frozenset[str]) -> Iterator[Artefact]:
    if forms and "docx" in formats:
        from migpack.write.word_form import write_form

        yield from (write_form(form, plan.case.file.practice) for form in forms)


class _Writers:
    """The writers of this process and of those forked from it: loaded once, before any work is handed out."""

    printer: Printer
    word: WordWriter
    printed: list[Page]
    web_styles: str

    def prepare(self, plan: Plan, printed: list[Page], pages: Sequence[Page], library: Library, formats: set[str]) -> None:
        self.printed = printed
        self.web_styles = library.read("templates/styles/public.css").decode()
        if "pdf" in formats:
            from migpack.write.pdf import Printer

            self.printer = Printer(lambda name: library.read(f"templates/{name}"))
            self._refuse_missing_letters(plan.case, pages)
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
        if page.document.spec.made_by == "overview":
            return Artefact(path, page.html.encode(), id)
        from migpack.write.web import write_web

        return Artefact(path, write_web(page, self.web_styles).encode(), id)

    def _refuse_missing_letters(self, case: Case, pages: Sequence[Page]) -> None:
        problems = []
        for page in pages:
            missing = self.printer.missing_letters(page.html) if "pdf" in page.document.formats else ()
            problems += [_letter_problem(case, page, letter) for letter in missing if letter not in "\n\t"]
        if problems:
            raise Mistakes(problems)


_writers = _Writers()


def _letter_problem(case: Case, page: Page, letter: str) -> Problem:
    places = [place for path, place in case.places.items() if letter in case.written(path)]
    return Problem(
        places[-1] if places else Place(f"templates/{page.document.spec.template}"),
        f"the fonts have no letter '{letter}' (U+{ord(letter):04X})",
        "write the text in Latin, Greek, Cyrillic, Hebrew, Arabic, Bengali, Devanagari, Gujarati, Gurmukhi or Chinese letters",
    )


def _work(job: _Job) -> Artefact:
    page, format, made_from = job
    return replace(_writers.write(page, format), made_from=made_from)


def _spread(todo: Sequence[_Job], jobs: int) -> Iterator[Artefact]:
    if jobs < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(_work, todo)
        return
    with multiprocessing.get_context("fork").Pool(min(jobs, len(todo))) as pool:
        yield from pool.imap_unordered(_work, todo)

"""The six stages in order. Start reading here.

`prepare` thinks the whole pack through in memory: check → plan → render → proof, and stops at the first stage that
finds mistakes, with all of that stage's mistakes. `build` writes it: nothing reaches the target until every page is
made and sound.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from migpack import FORMATS
from migpack.check import check
from migpack.compare import Changes, compare
from migpack.facts import Fact, facts
from migpack.fillable import NAME as FORMS
from migpack.fillable import IssuedForm, issued_forms, read_forms, write_forms
from migpack.forms import WordForm, answers, render_forms
from migpack.library import Library
from migpack.manifest import NOTHING, Last, digest, write_manifest
from migpack.model import Artefact, Case, Page, Plan
from migpack.parties import party_dates, plan_parties, slug
from migpack.plan import Wanted, make_plan
from migpack.problems import Mistakes, Problem, Weight
from migpack.proof import proof
from migpack.render import render, render_changes
from migpack.timeline import date_milestones


@dataclass(frozen=True)
class Prepared:
    """A pack thought through: its plan, its pages, an area's own forms, and the warnings and gaps that do not stop a draft."""

    plan: Plan
    pages: tuple[Page, ...]
    forms: tuple[WordForm, ...]
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
    pages, forms = render(plan, library, today), render_forms(plan, library, today)
    if any(document.spec.made_by == "changes" for document in plan.documents):
        pages += render_changes(plan, library, today, changes_of(plan, library, today, pages, forms))
    found += _no_mistakes(tuple(_found_in(library, problem) for problem in proof(plan, pages, forms)))
    return Prepared(plan, pages, forms, found, library, today, not wanted.only)


def _found_in(library: Library, problem: Problem) -> Problem:
    """Return a problem with the line of the library's file in which its words stand."""
    return replace(problem, place=library.locate(problem.quote) or problem.place) if problem.quote else problem


def changes_of(plan: Plan, library: Library, today: dt.date, pages: tuple[Page, ...] = (), forms: tuple[WordForm, ...] = ()) -> Changes:
    """Return what changed since the last issue, over the whole pack; what is rendered already may be given."""
    assert plan.case.before, "nothing has been issued yet"
    if not pages or plan.documents != plan.every_document:
        whole = replace(plan, documents=plan.every_document)
        pages, forms = render(whole, library, today), render_forms(whole, library, today)
    said = [(page.document, page.content_hash, page.reads) for page in pages]
    said += [(form.document, form.content_hash, frozenset(form.facts)) for form in forms]
    return compare(plan.case.before, plan, said)


def plan_only(case: Case, today: dt.date) -> Plan:
    """Return a case's plan without its pages.

    Raises:
        Mistakes: its dates contradict each other.
    """
    plan = full_plan(case)
    _no_mistakes(check(case, plan.milestones, party_dates(plan.parties), today))
    return plan


def full_plan(case: Case) -> Plan:
    """Return a case's plan, whether or not its dates contradict each other.

    Raises:
        Mistakes: dates in words lead in a circle.
    """
    milestones = date_milestones(case)
    return make_plan(case, milestones, plan_parties(case, milestones), Wanted())


def facts_of(case: Case, library: Library, today: dt.date, *, of_every_practice: bool) -> Mapping[str, Fact]:
    """Return what an area's own form can name; `of_every_practice` leaves out the names that only this practice has.

    Raises:
        Mistakes: its dates contradict each other, or the business justification form has a mistake.
    """
    plan = plan_only(case, today)
    own, every = answers(plan, library, today)
    return facts(plan, (every,) if of_every_practice else (own, every))


def pack_folder(case: Case, out: Path) -> Path:
    """Return the folder of this practice's pack inside the output folder."""
    return out / slug(case.file.practice.name, 60).replace("_", "-")


def lay_out(prepared: Prepared, jobs: int) -> None:
    """Lay out every page in memory, which finds what only layout shows.

    Raises:
        MigpackError: a page cannot be printed as it stands.
    """
    from migpack.write.artefacts import make_files
    from migpack.write.earlier import Earlier

    nothing = Earlier(Path(), NOTHING, prepared.library)
    for _ in make_files(prepared.plan, prepared.pages, prepared.forms, prepared.library, frozenset({"pdf"}), jobs, nothing):
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
    replace_changed: bool = False,
    jobs: int = 1,
    built: Built | None = None,
) -> Iterator[Artefact]:
    """Write a pack into its folder, yielding each file as it is made.

    Args:
        folder: the pack's own folder; it is swapped in whole at the end.
        last: what the manifest of that folder says.
        formats: of `FORMATS`, those that are wanted.
        replace_changed: overwrite files that a person has changed.
        jobs: how many processes lay out pages.
        built: where to leave the names of changed files that were kept.

    Raises:
        Mistakes: a page cannot be printed as it stands, or the folder cannot be written.
    """
    from migpack.write.artefacts import make_files
    from migpack.write.calendar import follow
    from migpack.write.earlier import Earlier
    from migpack.write.folder import Staging

    made: dict[str, Artefact] = {}
    earlier = Earlier(folder, last, prepared.library)
    with Staging(folder, last) as staging:
        for artefact in make_files(prepared.plan, prepared.pages, prepared.forms, prepared.library, formats, jobs, earlier):
            staging.add(artefact)
            made[artefact.path] = artefact
            yield artefact
        carried = _carried(prepared, formats, last)
        calendar = follow(prepared.plan, last.calendar) if any(path.endswith(".ics") for path in made) else last.calendar
        if forms := _forms_as_issued(prepared, made, read_forms(folder)):
            made[FORMS] = forms
            staging.add(forms)

        def manifest(beside: Mapping[str, str]) -> bytes:
            everything: tuple[Page | WordForm, ...] = (*prepared.pages, *prepared.forms)
            return write_manifest(prepared.plan, everything, made.values(), carried, beside, prepared.today, calendar)

        hashes = {path: digest(artefact.data) for path, artefact in made.items()}
        kept = staging.finish(hashes, manifest, replace=replace_changed, carried=carried.files)
    if built is not None:
        built.kept = kept


def _forms_as_issued(prepared: Prepared, made: Mapping[str, Artefact], earlier: Mapping[str, IssuedForm]) -> Artefact | None:
    """Return the file that says how the forms of this build and of earlier ones were issued; none where there are no forms."""
    from migpack.write.tracker import tracker_form

    trackers = [tracker_form(prepared.plan) for path in made if path.endswith(".xlsx")]
    forms = issued_forms(prepared.pages, made.values(), prepared.plan.case.file.practice.ods_code, earlier, trackers)
    return Artefact(FORMS, write_forms(forms), "") if forms else None


def _carried(prepared: Prepared, formats: frozenset[str], last: Last) -> Last:
    """Return what of the last build this one does not make again and therefore leaves alone."""
    if prepared.whole and formats == frozenset(FORMATS):
        return replace(last, files={}, documents={})
    mine = {document.id for document in prepared.plan.documents}
    files = {
        path: entry for path, entry in last.files.items() if entry.get("document") not in mine or path.rpartition(".")[2] not in formats
    }
    return replace(last, files=files, documents={id: entry for id, entry in last.documents.items() if id not in mine})

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
from migpack.facts import Fact, facts
from migpack.fillable import NAME as FORMS
from migpack.fillable import issued_forms, read_forms, write_forms
from migpack.forms import WordForm, answers, render_forms
from migpack.library import Library
from migpack.manifest import NOTHING, Last, digest, write_manifest
from migpack.model import Artefact, Case, Page, Plan
from migpack.parties import party_dates, plan_parties, slug
from migpack.plan import Wanted, make_plan
from migpack.problems import Mistakes, Problem, Weight
from migpack.proof import proof
from migpack.render import render
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
    found += _no_mistakes(tuple(_found_in(library, problem) for problem in proof(plan, pages, forms)))
    return Prepared(plan, pages, forms, found, library, today, not wanted.only)


def _found_in(library: Library, problem: Problem) -> Problem:
    """Return a problem with the line of the library's file in which its words stand."""
    return replace(problem, place=library.locate(problem.quote) or problem.place) if problem.quote else problem


def plan_only(case: Case, today: dt.date) -> Plan:
    """Return a case's plan without its pages.

    Raises:
        Mistakes: its dates contradict each other.
    """
    milestones = date_milestones(case)
    parties = plan_parties(case, milestones)
    _no_mistakes(check(case, milestones, party_dates(parties), today))
    return make_plan(case, milestones, parties, Wanted())


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
    from migpack.write.earlier import Earlier
    from migpack.write.folder import Staging
    from migpack.write.tracker import tracker_form

    made: dict[str, Artefact] = {}
    earlier = Earlier(folder, last, prepared.library)
    with Staging(folder, last) as staging:
        for artefact in make_files(prepared.plan, prepared.pages, prepared.forms, prepared.library, formats, jobs, earlier):
            staging.add(artefact)
            made[artefact.path] = artefact
            yield artefact
        carried = _carried(prepared, formats, last)
        trackers = [tracker_form(prepared.plan) for path in made if path.endswith(".xlsx")]
        forms = issued_forms(prepared.pages, made.values(), prepared.plan.case.file.practice.ods_code, read_forms(folder), trackers)
        made[FORMS] = Artefact(FORMS, write_forms(forms), "")
        staging.add(made[FORMS])

        def manifest(beside: Mapping[str, str]) -> bytes:
            return write_manifest(prepared.plan, (*prepared.pages, *prepared.forms), made.values(), carried, beside, prepared.today)

        hashes = {path: digest(artefact.data) for path, artefact in made.items()}
        kept = staging.finish(hashes, manifest, replace=replace_changed, carried=carried.files)
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

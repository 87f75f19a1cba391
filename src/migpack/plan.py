"""A case and its dated milestones in, the `Plan` out: tasks, run sheets and the documents of this practice's pack. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from migpack.check import approval_codes, broken_rules, safe_dates
from migpack.content import Checklist, ChecklistPhase, DocumentSpec, Item
from migpack.model import Case, DatedSheet, DatedStep, Milestone, Party, Plan, PlannedDocument, Task
from migpack.parties import party_dates, slug
from migpack.phrases import Length, Offset
from migpack.problems import Mistakes, Place, Problem, did_you_mean
from migpack.timeline import due_date

# What a style adds to a document's file name and title.
_STYLES = {"house": ("", ""), "large_print": ("-large-print", " (large print)"), "mail_merge": ("-mail-merge", " (mail merge)")}


@dataclass(frozen=True)
class Wanted:
    """What the person asked for: only these documents (all when empty), and which of them are final ('all' or ids)."""

    only: frozenset[str] = frozenset()
    final: frozenset[str] = frozenset()


def make_plan(case: Case, milestones: Mapping[str, Milestone], parties: tuple[Party, ...], wanted: Wanted) -> Plan:
    """Return everything dated and decided.

    Raises:
        Mistakes: a document that was asked for is not in this practice's pack.
    """
    every_document = tuple(_documents(case, parties, wanted))
    _refuse_unknown(every_document, wanted)
    chosen = tuple(document for document in every_document if not wanted.only or {document.id, document.spec.id} & wanted.only)
    return Plan(
        case=case,
        milestones=milestones,
        tasks=tuple(_tasks(case, milestones)),
        parties=parties,
        run_sheets=tuple(_run_sheets(case, milestones)),
        safe_dates=safe_dates(case, milestones),
        documents=chosen,
        every_document=every_document,
        broken=broken_rules(case, milestones, party_dates(parties)),
        approval_codes=approval_codes(case, milestones),
    )


def _tasks(case: Case, milestones: Mapping[str, Milestone]) -> Iterator[Task]:
    for checklist in case.content.checklists:
        for section in checklist.phases:
            for item in section.items:
                yield from _item_tasks(case, milestones, checklist, section, item, "")


def _item_tasks(
    case: Case, milestones: Mapping[str, Milestone], checklist: Checklist, section: ChecklistPhase, item: Item, parent: str
) -> Iterator[Task]:
    if not item.applies(case.traits):
        return
    yield Task(
        id=item.id,
        checklist=checklist.id,
        section=section.id,
        phase=section.phase,
        parent=parent,
        task=item.task,
        steps=item.steps,
        owner=item.owner,
        due=due_date(case, milestones, item.due, "before" if item.due.sign <= 0 else "after"),
        why=str(item.due),
        evidence=item.evidence,
        origin=item.origin,
        sources=item.sources,
        rules=item.rules,
        activity=item.activity,
    )
    for inner in item.items:
        yield from _item_tasks(case, milestones, checklist, section, inner, item.id)


def _run_sheets(case: Case, milestones: Mapping[str, Milestone]) -> Iterator[DatedSheet]:
    for sheet in case.content.cutover.run_sheets:
        if not sheet.applies(case.traits):
            continue
        steps = [
            DatedStep(step.id, clock(milestones, step.when), str(step.when), step.do, step.owner, step.proof)
            for step in sheet.steps
            if step.applies(case.traits)
        ]
        yield DatedSheet(sheet.id, sheet.title, sheet.milestone, sheet.intro, tuple(sorted(steps, key=lambda step: step.at)))


def clock(milestones: Mapping[str, Milestone], when: Offset) -> dt.datetime:
    """Return the clock time that a run-sheet phrase means; a milestone without a time counts from midday."""
    anchor = milestones[when.anchor]
    start = dt.datetime.combine(anchor.date, anchor.time or dt.time(12))
    if not isinstance(when.span, Length):
        return start
    minutes = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080}[when.span.unit] * when.span.n
    return start + when.sign * dt.timedelta(minutes=minutes)


def _documents(case: Case, parties: tuple[Party, ...], wanted: Wanted) -> Iterator[PlannedDocument]:
    for spec in case.content.catalogue.documents:
        if not spec.applies(case.traits) or spec.id in case.file.leave_out or (spec.made_by == "changes" and not case.before):
            continue
        for subject, title, name in _subjects(case, parties, spec):
            for style in spec.styles:
                id = _styled_id(spec.id, subject, style)
                name_of_style, title_of_style = _STYLES[style]
                path = "/".join(filter(None, (spec.folder, name + name_of_style)))
                final = bool({spec.id, id} & wanted.final) or ("all" in wanted.final and not spec.standby)
                yield PlannedDocument(id, spec, subject, style, title + title_of_style, path, final)


def in_style(document: PlannedDocument, style: str) -> PlannedDocument:
    """Return a document of the house style in another one, which the catalogue need not list for it."""
    name, title = _STYLES[style]
    id = _styled_id(document.spec.id, document.subject, style)
    return replace(document, id=id, style=style, title=document.title + title, path=document.path + name)


def _styled_id(spec: str, subject: str, style: str) -> str:
    return ".".join(filter(None, (spec, subject, style if style != "house" else "")))


def in_or_out(plan: Plan) -> dict[str, str]:
    """Return for each document of the catalogue whether it is in a practice's pack, and why."""
    made = Counter(document.spec.id for document in plan.every_document)
    return {spec.id: _why(plan.case, spec, made[spec.id]) for spec in plan.case.content.catalogue.documents}


def _why(case: Case, spec: DocumentSpec, made: int) -> str:
    if spec.id in case.file.leave_out:
        return "no: left out by leave_out"
    for trait in spec.only_if:
        if trait not in case.traits:
            return f"no: needs the trait {trait}"
    for trait in spec.unless:
        if trait in case.traits:
            return f"no: not with the trait {trait}"
    if spec.made_by == "changes" and not case.before:
        return "no: nothing has been issued yet"
    if spec.made_by == "correction" and not made:
        return "no: no third party holds an old day"
    if not made:
        return "no: no third party that it concerns" if spec.per == "third_party" else "no: nothing that it concerns"
    why = f"yes: has the trait {', '.join(spec.only_if)}" if spec.only_if else "yes"
    return why if spec.per == "practice" else f"{why}, {made} times"


def _subjects(case: Case, parties: tuple[Party, ...], spec: DocumentSpec) -> Iterator[tuple[str, str, str]]:
    """Yield (subject id, title, file name) for each time a document is made."""
    if spec.per == "practice":
        yield "", spec.title, spec.name
    elif spec.per == "role":
        for checklist in case.content.checklists:
            title = f"{spec.title}: {checklist.title}" if spec.made_by == "changes" else checklist.title
            yield checklist.id, title, f"{spec.name}-{checklist.id.replace('_', '-')}"
    elif spec.per == "activity":
        for activity in case.content.activities:
            if activity.log and activity.applies(case.traits):
                yield activity.id, f"{spec.title}: {activity.title}", f"{spec.name}-{activity.id.replace('_', '-')}"
    else:
        for party in parties:
            if _is_for(spec, party) and (spec.made_by != "correction" or any(one.recipient == party.id for one in case.corrections)):
                yield party.id, f"{spec.title}: {party.name}", f"{slug(party.id, 40).replace('_', '-')}/{spec.name}"


def _is_for(spec: DocumentSpec, party: Party) -> bool:
    linked = spec.parties == "all" or (bool(party.off or party.on) if spec.parties == "linked" else party.moves_data)
    return linked and (not spec.kinds or party.kind in spec.kinds)


def _refuse_unknown(documents: Iterable[PlannedDocument], wanted: Wanted) -> None:
    known = {name for document in documents for name in (document.id, document.spec.id)}
    unknown = sorted((wanted.only | wanted.final) - known - {"all"})
    if unknown:
        raise Mistakes(Problem(Place("command line"), f"this pack has no document '{word}'", did_you_mean(word, known)) for word in unknown)

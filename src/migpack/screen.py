"""A plan or the library's content as tables for a terminal, or as plain data for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from migpack.content import DocumentSpec
from migpack.facts import Fact
from migpack.filters import clock, short_day
from migpack.model import Content, Milestone, Plan

Table = tuple[str, tuple[str, ...], Sequence[tuple[str, ...]]]


def plan_tables(plan: Plan) -> list[Table]:
    """Return (title, heads, rows) of the tables that show a plan: milestones, latest safe days, tasks."""
    roles = plan.case.content.roles
    safe = {entry.milestone: short_day(entry.latest) for entry in plan.safe_dates}
    milestones = [
        (short_day(m.date), clock(m.time) + ("?" if m.assumed_time else "") if m.time else "", m.ref, m.title, roles[m.owner].title,
         safe.get(m.id, ""), _reason(plan, m))
        for m in sorted(plan.milestones.values(), key=lambda m: (m.date, m.ref))
    ]  # fmt: skip
    tasks = [(short_day(t.due), t.id, t.task, roles[t.owner].title) for t in sorted(plan.tasks, key=lambda t: (t.due, t.id))]
    return [
        ("Timeline", ("Date", "Time", "Ref", "Milestone", "Owner", "Latest safe", "From"), milestones),
        ("Tasks", ("Due", "No", "Task", "Owner"), tasks),
    ]


def _reason(plan: Plan, milestone: Milestone) -> str:
    """Return how a milestone's day was found: given, or by which words, and off which day it was moved."""
    if milestone.given:
        return "given"
    off = plan.case.calendar.why_not_worked(milestone.unadjusted) if milestone.moved else ""
    return milestone.why + (f", moved off {off}" if off else "")


def plan_as_data(plan: Plan) -> dict[str, Any]:
    """Return a plan as plain data for JSON."""
    safe = {entry.milestone: str(entry.latest) for entry in plan.safe_dates}
    return {
        "practice": {"name": plan.case.file.practice.name, "ods_code": plan.case.file.practice.ods_code},
        "milestones": [
            {"id": m.id, "ref": m.ref, "title": m.title, "date": str(m.date), "time": f"{m.time:%H:%M}" if m.time else None,
             "time_assumed": m.assumed_time, "owner": m.owner, "from": m.why or "given", "latest_safe": safe.get(m.id),
             "sources": list(m.sources)}
            for m in sorted(plan.milestones.values(), key=lambda m: (m.date, m.ref))
        ],
        "tasks": [
            {"id": t.id, "task": t.task, "owner": t.owner, "due": str(t.due), "from": t.why, "checklist": t.checklist} for t in plan.tasks
        ],
        "documents": [{"id": d.id, "title": d.title, "path": d.path, "formats": list(d.formats)} for d in plan.documents],
        "broken_rules": [{"id": b.id, "says": b.says, "weight": b.rule.weight, "accepted": bool(b.accepted)} for b in plan.broken],
    }  # fmt: skip


def content_tables(content: Content, reasons: Mapping[str, str]) -> list[Table]:
    """Return (title, heads, rows) of the tables that show what the library holds and where it stands.

    `reasons` say of each document whether it is in a practice's pack, and why; none without a practice.
    """

    def where(file: str, path: str = "") -> str:
        place = content.places[f"{file}.{path}" if path else file]
        return f"{place.file}:{place.line}"

    catalogue, timeline, lists = "templates/catalogue.yaml", "checklists/timeline.yaml", "checklists/{}.yaml"
    documents, approvals = enumerate(content.catalogue.documents), enumerate(content.catalogue.approvals)
    milestones, settings = enumerate(content.timeline.milestones), enumerate(content.timeline.settings)
    roles, traits = enumerate(content.roles.values()), enumerate(content.traits.values())
    kinds, activities = enumerate(content.party_kinds.kinds), enumerate(content.activities)
    return [
        ("Documents", ("Id", "Title", "Formats", "In this pack" if reasons else "When", "Where"),
         [(d.id, d.title, " ".join(d.formats), reasons.get(d.id) or _when(d), where(catalogue, f"documents.{n}")) for n, d in documents]),
        ("Approvals", ("Id", "Title", "Where"), [(a.id, a.title, where(catalogue, f"approvals.{n}")) for n, a in approvals]),
        ("Checklists", ("Id", "Title", "Lines", "Where"),
         [(c.id, c.title, str(sum(len(s.items) for s in c.phases)), where(lists.format(c.id))) for c in content.checklists]),
        ("Roles", ("Id", "Title", "Where"), [(r.id, r.title, where(lists.format("roles"), f"roles.{n}")) for n, r in roles]),
        ("Milestones", ("Id", "Ref", "Title", "Default", "Where"),
         [(m.id, m.ref, m.title, str(m.when or "given"), where(timeline, f"milestones.{n}")) for n, m in milestones]),
        ("Settings", ("Id", "Title", "Default", "Where"),
         [(s.id, s.title, str(s.default), where(timeline, f"settings.{n}")) for n, s in settings]),
        ("Traits", ("Id", "Title", "Set by", "Where"),
         [(t.id, t.title, "migpack" if t.derived else "you", where(lists.format("traits"), f"traits.{n}")) for n, t in traits]),
        ("Third-party kinds", ("Id", "Ref", "Title", "Where"),
         [(k.id, k.ref, k.title, where(lists.format("third_parties"), f"kinds.{n}")) for n, k in kinds]),
        ("Cutover activities", ("Id", "Ref", "Title", "Where"),
         [(a.id, a.ref, a.title, where(lists.format("cutover_activities"), f"activities.{n}")) for n, a in activities]),
    ]  # fmt: skip


def _when(spec: DocumentSpec) -> str:
    """Return which packs hold a document, in words."""
    return " ".join([*(f"with {trait}" for trait in spec.only_if), *(f"without {trait}" for trait in spec.unless)]) or "always"


def fact_tables(facts: Mapping[str, Fact], *, values: bool) -> list[Table]:
    """Return (title, heads, rows) of the tables that show what an area's own form can name, by the first part of the name."""
    tables: dict[str, list[tuple[str, ...]]] = {}
    for fact in facts.values():
        shown = "(to add)" if fact.value is None else fact.value
        tables.setdefault(fact.name.partition(".")[0], []).append((fact.name, fact.title, *([shown] if values else [])))
    heads = ("Name", "What it is", *(["Value"] if values else []))
    return [(first, heads, rows) for first, rows in tables.items()]

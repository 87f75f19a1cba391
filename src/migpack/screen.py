"""A plan, its status or the library's content as tables for a terminal, or as plain data for JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from migpack.content import DocumentSpec
from migpack.facts import Fact
from migpack.filters import clock, short_day
from migpack.go_no_go import REPLIES, Gate, Test
from migpack.model import Content, Milestone, Plan
from migpack.status import STATES, Count, Status, TaskStatus
from migpack.told import Disputed

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


def status_tables(status: Status, *, every: bool) -> Iterator[Table]:
    """Yield (title, heads, rows) of the tables that show how far a practice is, empty ones left out; `every` shows each task and test."""
    tables: list[Table] = [_count_table("By role", status.by_role), _count_table("By phase", status.by_phase)]
    shown = list(STATES.items()) if every else [(state, STATES[state]) for state in ("overdue", "due_this_week", "blocked")]
    tables += [_task_table(f"{title}: {len(found)}", found, every) for state, title in shown for found in [status.of(state)]]
    tables.append(("People disagree", ("Field", "What each says"), [(one.field, _each_says(one)) for one in status.conflicts]))
    tables.append(("To confirm, and not counted yet", ("Return", "File", "Answers"), _waiting_rows(status.to_confirm)))
    heads = ("Before", "Day", "Yes", "No", "Open", "'Must' tasks open", "Decided", "Signed")
    tables.append(("Go or no go", heads, [_gate_row(status, gate) for gate in status.gates]))
    if every:
        tables += [(f"Go or no go: {gate.title}", _TEST_HEADS, [_test_row(test) for test in gate.tests]) for gate in status.gates]
        tables.append(("Go-live morning", _TEST_HEADS, [_test_row(test) for test in status.morning.tests]))
        tables.append(_task_table("Open, due before the final extract, and bound by a 'must'", status.before_extract, every))
    yield from (table for table in tables if table[2])


_TEST_HEADS = ("No", "Test", "Who answers", "Answer", "By", "On", "From")


def _count_table(title: str, counts: Iterable[Count]) -> Table:
    rows = [(count.title, str(count.total), *(str(count.states[state]) for state in STATES)) for count in counts]
    return title, (title.removeprefix("By ").capitalize(), "All", *STATES.values()), rows


def _task_table(title: str, tasks: Iterable[TaskStatus], every: bool) -> Table:
    heads = ("Due", "No", "Task", "Owner", "What was said", *(["Evidence to keep"] if every else []))
    rows = [
        (short_day(one.task.due), one.task.id, one.task.task, f"{one.role} ({one.person})" if one.person else one.role, _said(one),
         *([one.task.evidence] if every else []))
        for one in tasks
    ]  # fmt: skip
    return title, heads, rows


def _said(one: TaskStatus) -> str:
    """Return what was said of a task, by whom, when and where, and why it may not be the last word."""
    whence = ", ".join(filter(None, (one.by, short_day(one.on) if one.on else "", one.file)))
    said = f"{one.said} ({whence})" if one.said else ""
    marks = {"overdue": one.late and one.state == "blocked", "people disagree": one.contested, "to confirm": one.to_confirm}
    return "; ".join(filter(None, (said, one.note, *(words for words, true in marks.items() if true))))


def _each_says(one: Disputed) -> str:
    return "; ".join(f"{told.value or 'nothing'} ({told.by or 'no name'}, {short_day(told.on)}, {told.file})" for told in one.answers)


def _waiting_rows(waiting: Iterable[Disputed]) -> list[tuple[str, ...]]:
    counts: dict[tuple[str, str], int] = {}
    for told in (told for one in waiting for told in one.answers):
        counts[told.source, told.file] = counts.get((told.source, told.file), 0) + 1
    return [(source, file, str(count)) for (source, file), count in counts.items()]


def _gate_row(status: Status, gate: Gate) -> tuple[str, ...]:
    decided = " ".join(filter(None, (gate.decision.words, gate.decision.at))) or "not yet"
    numbers = (str(len(found)) for found in (gate.met, gate.refused, gate.open))
    musts = str(len(status.before_extract)) if gate.milestone == "final_extract" else ""
    return gate.title, short_day(gate.date), *numbers, musts, decided, ", ".join(gate.decision.signed)


def _test_row(test: Test) -> tuple[str, ...]:
    return test.id, test.ask, test.owner, REPLIES[test.answer], test.by, short_day(test.on) if test.on else "", test.file


def status_as_data(status: Status) -> dict[str, Any]:
    """Return a status as plain data for JSON."""
    return {
        "today": str(status.today),
        "week_end": str(status.week_end),
        "recorded": status.recorded,
        "late": len(status.late),
        **{
            key: [{"id": count.id, "title": count.title, "total": count.total, "open": count.open, **count.states} for count in counts]
            for key, counts in (("by_checklist", status.by_checklist), ("by_role", status.by_role), ("by_phase", status.by_phase))
        },
        "tasks": [_task_as_data(one) for one in status.tasks],
        "milestones": [
            {"id": m.id, "title": m.title, "date": str(m.date), "happened": str(m.actual) if m.actual else None}
            for m in (*status.happened, *status.ahead)
        ],
        "go_no_go": [
            {"milestone": gate.milestone, "title": gate.title, "date": str(gate.date), "tests": plain(gate.tests),
             "decision": plain(gate.decision)}
            for gate in status.gates
        ],
        "go_live_morning": plain(status.morning),
        "before_final_extract": [one.task.id for one in status.before_extract],
        "conflicts": plain(status.conflicts),
        "to_confirm": plain(status.to_confirm),
    }  # fmt: skip


def _task_as_data(one: TaskStatus) -> dict[str, Any]:
    task = one.task
    return {
        "id": task.id, "task": task.task, "parent": task.parent, "checklist": task.checklist, "phase": task.phase, "due": str(task.due),
        "owner": task.owner, "role": one.role, "person": one.person, "state": one.state, "late": one.late, "said": one.said, "by": one.by,
        "on": str(one.on) if one.on else None, "return": one.source, "file": one.file, "note": one.note, "evidence": task.evidence,
        "conflict": one.contested, "to_confirm": one.to_confirm,
    }  # fmt: skip


def plain(value: Any) -> Any:
    """Return small frozen values as data that JSON has; days as they are sorted."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return str(value) if isinstance(value, dt.date) else value


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

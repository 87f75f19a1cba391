"""The last issued pack and a plan in, what changed out: days old and new, tasks, documents that differ and why, printed sheets out of date.

A document differs when what it says does, whatever its version. Why is told by the facts that its template read and that changed. Pure.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from migpack.issued import IssuedDay, IssuedPack
from migpack.model import Plan, PlannedDocument
from migpack.values import Moment

# What says something else on any day, is put together from others, or tells of the changes themselves.
NOT_COMPARED = ("overview", "print_pack", "changes", "correction")
_LISTS = {"calendar": "Its days", "tracker": "Its days"}
_PARTY_DAYS = ("off", "on", "letter_on", "tell_by", "reply_by")
_REASONS = 4  # that are named; more are counted
_EVERYBODY = ("go_live", "final_extract")  # days that no role can do without

Said = tuple[PlannedDocument, str, frozenset[str]]  # a document of this build, the hash of what it says, and the facts it read


@dataclass(frozen=True)
class DayChange:
    """A day that is another one now; `old` is None for what was added, `new` for what is gone. `why` says how the new day was found."""

    id: str
    title: str
    old: Moment | None
    new: Moment | None
    owner: str
    list: str
    why: str

    @property
    def days(self) -> int:
        """How many days later it is; 0 where it was added or is gone."""
        return (self.new.date - self.old.date).days if self.old and self.new else 0


@dataclass(frozen=True)
class DocumentChange:
    """A document that says something else than its issued version, is new (no `was`), or is gone (no `path`)."""

    id: str
    title: str
    path: str
    was: str
    code: str
    printed: bool
    why: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """Everything that is not as it was issued."""

    since: int
    on: dt.date
    milestones: tuple[DayChange, ...]
    parties: tuple[DayChange, ...]
    tasks: tuple[DayChange, ...]
    documents: tuple[DocumentChange, ...]

    @property
    def nothing(self) -> bool:
        """Say whether all is as it was issued."""
        return not (self.milestones or self.parties or self.tasks or self.documents)

    @property
    def sheets(self) -> tuple[DocumentChange, ...]:
        """The documents whose printed sheets are out of date."""
        return tuple(one for one in self.documents if one.printed and one.was)

    @property
    def line(self) -> str:
        """What changed, in one line."""
        if self.nothing:
            return f"nothing since issue {self.since}"
        moved = next((one for one in self.milestones if one.id == "go_live" and one.days), None)
        counts = ((len(self.milestones) + len(self.parties), "day"), (len(self.tasks), "task"), (len(self.documents), "document"))
        told = [f"{count} {word}{'s' * (count != 1)}" for count, word in counts if count]
        start = f"go-live {moved.old.date} to {moved.new.date}; " if moved and moved.old and moved.new else ""
        return start + ", ".join(told) + " changed"


def compare(before: IssuedPack, plan: Plan, said: Iterable[Said]) -> Changes:
    """Return what is not as it was issued; `said` holds every document of the pack that is rendered."""
    told = told_facts(plan)
    changed = {name for name in told.keys() | before.told.keys() if told.get(name) != before.told.get(name)}
    milestones = day_changes(before.milestones, milestone_days(plan), {id: m.why for id, m in plan.milestones.items()})
    parties = day_changes(before.parties, party_days(plan), {})
    tasks = day_changes(before.tasks, task_days(plan), {task.id: task.why for task in plan.tasks})
    why = _Why(before, plan, changed, moved=bool(milestones or parties or tasks))
    return Changes(before.number, before.on, milestones, parties, tasks, tuple(_documents(before, plan, said, why)))


def day_changes(old: Mapping[str, IssuedDay], new: Mapping[str, IssuedDay], why: Mapping[str, str]) -> tuple[DayChange, ...]:
    """Return the days that moved, came or went, in the order of time."""
    found = []
    for id in {**old, **new}:
        was, now = old.get(id), new.get(id)
        one = now or was
        before, after = was.when if was else None, now.when if now else None
        if one and before != after:
            found.append(DayChange(id, one.title, before, after, one.owner, one.list, why.get(id, "") if now else ""))
    return tuple(sorted(found, key=lambda one: (moment_order(one.new or one.old), one.id)))


def moment_order(when: Moment | None) -> tuple[dt.date, dt.time]:
    """Return what sorts moments, those without a time of day first."""
    return (when.date, when.time or dt.time()) if when else (dt.date.max, dt.time())


def for_role(changes: Changes, plan: Plan, checklist: str) -> Changes:
    """Return what of the changes concerns those who work by one checklist."""
    owners = {task.owner for task in plan.tasks if task.checklist == checklist}
    return Changes(
        changes.since,
        changes.on,
        tuple(one for one in changes.milestones if one.owner in owners or one.id in _EVERYBODY),
        tuple(one for one in changes.parties if one.owner in owners),
        tuple(one for one in changes.tasks if one.list == checklist),
        tuple(one for one in changes.documents if one.id == f"checklist.{checklist}"),
    )


def milestone_days(plan: Plan) -> dict[str, IssuedDay]:
    """Return the day of each milestone."""
    return {id: IssuedDay(m.title, Moment(m.date, m.time), m.owner) for id, m in plan.milestones.items()}


def party_days(plan: Plan) -> dict[str, IssuedDay]:
    """Return the days that each third party is told."""
    named = (("off", "link or service goes off"), ("on", "link or service is on again"))
    return {
        f"{party.id}.{name}": IssuedDay(f"{party.name}: {title}", Moment(day), party.owner)
        for party in plan.parties
        for name, title in named
        if (day := getattr(party, name))
    }


def task_days(plan: Plan) -> dict[str, IssuedDay]:
    """Return the day on which each task is due."""
    return {task.id: IssuedDay(task.task, Moment(task.due), task.owner, task.checklist) for task in plan.tasks}


def told_facts(plan: Plan) -> dict[str, str]:
    """Return a hash of the value of every fact that a document can print, by the name under which reading it is noted."""
    whole = plan.case.file.model_dump(mode="json", exclude={"dates"})
    told = {name: _hash(value) for name, value in _leaves(whole, "")}
    told |= {f"dates.{id}": _hash((m.date, m.time)) for id, m in plan.milestones.items()}
    told |= {f"tasks.{task.id}": _hash((task.due, task.task)) for task in plan.tasks}
    for party in plan.parties:
        told |= {f"parties.{party.id}.{name}": _hash(getattr(party, name)) for name in _PARTY_DAYS}
    return told


def _documents(before: IssuedPack, plan: Plan, said: Iterable[Said], why: _Why) -> Iterator[DocumentChange]:
    pages = {document.id: (content, reads) for document, content, reads in said}
    for document in plan.every_document:
        made_by, issued = document.spec.made_by, before.documents.get(document.id)
        if made_by in _LISTS and why.moved:
            yield _differs(document, f"Issue {before.number}", "", (_LISTS[made_by],))
        elif document.id in pages and made_by not in NOT_COMPARED:
            content, reads = pages[document.id]
            if issued is None:
                yield _differs(document, "", "", ("New in the pack",))
            elif issued.content != content:
                yield _differs(document, issued.version, issued.code, why.of(document, reads))
    known = {spec.id: spec.made_by for spec in plan.case.content.catalogue.documents}
    there = {document.id for document in plan.every_document}
    for id, gone in before.documents.items():
        if id not in there and known.get(id.partition(".")[0]) not in NOT_COMPARED:
            yield DocumentChange(id, gone.title, "", gone.version, gone.code, gone.printed, ("No longer in the pack",))


def _differs(document: PlannedDocument, was: str, code: str, why: tuple[str, ...]) -> DocumentChange:
    return DocumentChange(document.id, document.title, document.path, was, code, document.printed, why)


class _Why:
    """Why documents differ: which changed facts they read."""

    def __init__(self, before: IssuedPack, plan: Plan, changed: set[str], *, moved: bool) -> None:
        self.moved = moved
        self._changed = changed
        self._titles = {f"dates.{id}": m.title.partition(",")[0] for id, m in plan.milestones.items()}
        self._titles |= {f"parties.{party.id}.{name}": party.name for party in plan.parties for name in _PARTY_DAYS}
        inputs = {entry.name: entry.sha256 for entry in plan.case.inputs}
        content = {name for name in inputs.keys() | before.inputs.keys() if name.startswith(("templates/", "checklists/"))}
        self._files = {name for name in content if inputs.get(name) != before.inputs.get(name)}

    def of(self, document: PlannedDocument, reads: frozenset[str]) -> tuple[str, ...]:
        """Return the reasons in words: the days that matter most, facts by their key in the practice file, other days, tasks counted."""
        hit = sorted(name for name in self._changed if any(_covers(name, read) for read in reads))
        facts = [name for name in hit if not name.startswith("tasks.")]
        tasks = sum(name.startswith("tasks.") for name in hit)
        named = list(dict.fromkeys(self._titles.get(name, name) for name in sorted(facts, key=_by_weight)))
        reasons = named[:_REASONS] + ([f"{len(named) - _REASONS} more"] if len(named) > _REASONS + 1 else named[_REASONS:])
        if tasks:
            reasons.append(f"{tasks} task{'s' * (tasks != 1)}")
        if f"templates/{document.spec.template}" in self._files:
            reasons.append("Its template")
        if not reasons:
            reasons.append("Its days" if self.moved else "The library" if self._files else "Its words")
        return tuple(reasons)


def _by_weight(name: str) -> tuple[bool, bool, bool, str]:
    everybodys = name in {f"dates.{id}" for id in _EVERYBODY}
    return not everybodys, not name.startswith("parties."), name.startswith("dates."), name


def _covers(changed: str, read: str) -> bool:
    """Say whether reading one name shows a change of the other: it is the same, or part of it."""
    return changed == read or changed.startswith(f"{read}.") or read.startswith(f"{changed}.")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(part, dict) for part in value):
        yield from _leaves({str(number): part for number, part in enumerate(value)}, path)
    elif value is not None:
        yield path, value


def _hash(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]

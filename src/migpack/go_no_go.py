"""A plan and the record in, out: what has been answered to each test before the final extract and before go-live, and what was decided.

The fields are those of the cutover plan and of the go-live morning checklist. A test counts as answered only where one of its two
boxes is ticked, nobody contradicts it, and no newer answer waits to be confirmed. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from migpack.content import Criterion
from migpack.model import Plan
from migpack.told import Tellings, Told

PLAN, MORNING = "cutover_plan", "go_live_morning"
# The milestone that each decision lets happen: how the tests that belong to it begin, and how its fields in the cutover plan do.
_GATES = {"final_extract": ("Final extract", "fx"), "go_live": ("Go-live", "gl")}
_DECISIONS = {"go": "Go ahead", "wait": "Wait", "stop": "Stop"}
_OPENINGS = {"yes": "Open as planned", "paper": "Open on the printed lists and paper", "later": "Open later"}

Reply = Literal["yes", "no", "both", "disputed", "to_confirm", ""]
REPLIES: dict[Reply, str] = {
    "yes": "yes",
    "no": "no",
    "both": "both boxes ticked",
    "disputed": "people disagree",
    "to_confirm": "to confirm",
    "": "not answered",
}


@dataclass(frozen=True)
class Test:
    """A test with the answer to it: 'both' where both boxes are ticked, 'disputed' where people disagree, 'to_confirm' where a newer
    answer waits for a person, '' where nobody has answered."""

    id: str
    ask: str
    owner: str
    evidence: str
    answer: Reply
    by: str
    on: dt.date | None
    file: str


@dataclass(frozen=True)
class Decision:
    """What was decided, in the words of the form, and who signed it, each with the kind of signature."""

    words: str = ""
    at: str = ""
    why: str = ""
    on: dt.date | None = None
    file: str = ""
    signed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gate:
    """The tests before a step that cannot be taken back, and the decision on it."""

    milestone: str
    title: str
    date: dt.date
    tests: tuple[Test, ...]
    decision: Decision

    @property
    def open(self) -> tuple[Test, ...]:
        """The tests that nobody has answered with a plain yes or no."""
        return tuple(test for test in self.tests if test.answer not in ("yes", "no"))

    @property
    def refused(self) -> tuple[Test, ...]:
        """The tests that were answered with no."""
        return tuple(test for test in self.tests if test.answer == "no")

    @property
    def met(self) -> tuple[Test, ...]:
        """The tests that were answered with yes."""
        return tuple(test for test in self.tests if test.answer == "yes")


@dataclass(frozen=True)
class Morning:
    """The go-live morning: what was tried desk by desk, and the decision to open."""

    tests: tuple[Test, ...]
    decision: Decision


def gates(plan: Plan, told: Tellings) -> tuple[Gate, ...]:
    """Return the decisions of this practice's cutover in the order of their days."""
    criteria = [one for one in plan.case.content.cutover.go_no_go if one.applies(plan.case.traits)]
    return tuple(
        Gate(
            id,
            plan.milestones[id].title,
            plan.milestones[id].date,
            tuple(_test(plan, told, one) for one in criteria if one.ask.partition(": ")[0] == stage),
            _decision(told, f"{PLAN}.{step}.", f"{PLAN}.sign.{step}."),
        )
        for id, (stage, step) in _GATES.items()
    )


def morning(plan: Plan, told: Tellings) -> Morning:
    """Return what the go-live morning checklist says."""
    return Morning(tuple(_tried(plan, told)), _opening(told))


def _test(plan: Plan, told: Tellings, one: Criterion) -> Test:
    words = one.ask.partition(": ")[2]
    name = f"{PLAN}.{one.id.lower()}"
    answer, source = _reply(told, f"{name}.yes", f"{name}.no")
    by = (told.words(f"{name}.by") or source.by) if source else ""
    return _answered(one.id, words[:1].upper() + words[1:], plan.case.content.roles[one.owner].title, one.evidence, answer, by, source)


def _tried(plan: Plan, told: Tellings) -> Iterator[Test]:
    rows, traits = plan.case.content.lists[MORNING], plan.case.traits
    branches = [(f"branch_{n}.", f" ({branch.name})") for n, branch in enumerate(plan.case.file.practice.branches, 1)]
    for group in rows.groups:
        for row in (row for row in rows.rows if row.group == group.id and row.applies(traits) and group.applies(traits)):
            for at, where in branches if group.id == "branch" and branches else [("", "")]:
                name = f"{MORNING}.{at}{row.id}"
                answer, source = _reply(told, f"{name}.works", f"{name}.fault")
                by = source.by if source else ""
                yield _answered(at + row.id, row.title + where, plan.case.content.roles[row.owner].title, "", answer, by, source)


def _answered(id: str, ask: str, owner: str, evidence: str, answer: Reply, by: str, source: Told | None) -> Test:
    shown = source if answer else None
    return Test(id, ask, owner, evidence, answer, by if answer else "", shown.on if shown else None, shown.file if shown else "")


def _reply(told: Tellings, yes: str, no: str) -> tuple[Reply, Told | None]:
    """Return what two boxes say together, and the later answer to them."""
    if yes in told.conflicts or no in told.conflicts:
        return "disputed", None
    if yes in told.waiting or no in told.waiting:
        return "to_confirm", None
    is_yes, is_no = told.words(yes) == "yes", told.words(no) == "yes"
    return "both" if is_yes and is_no else "yes" if is_yes else "no" if is_no else "", told.later(yes, no)


def _decision(told: Tellings, name: str, signed: str) -> Decision:
    found, names = told.of(f"{name}decision"), told.signed(signed)
    if not found or not found.value:
        return Decision(signed=names)
    words = _DECISIONS.get(found.value, found.value)
    return Decision(words, told.words(f"{name}at"), told.words(f"{name}why"), found.on, found.file, names)


def _opening(told: Tellings) -> Decision:
    """Return the decision to open: one box of three; two ticked boxes decide nothing, nor does one while people disagree."""
    fields = {f"{MORNING}.open.{id}": words for id, words in _OPENINGS.items()}
    ticked = [(words, one) for field, words in fields.items() if (one := told.of(field)) and one.value == "yes"]
    if len(ticked) != 1 or fields.keys() & (told.conflicts.keys() | told.waiting.keys()):
        return Decision(signed=told.signed(f"{MORNING}.sign."))
    [(words, one)] = ticked
    again, faults = told.words(f"{MORNING}.open.again"), told.words(f"{MORNING}.open.faults")
    return Decision(words, again, faults, one.on, one.file, told.signed(f"{MORNING}.sign."))

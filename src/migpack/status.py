"""A plan and what came back in, the `Status` out: each task in one state, what was decided, where people disagree. Pure.

A task is what its own line says, by the tick on its checklist or the status in the tracker, whichever was given later; sub-items
speak for themselves. This week is today and the six days after it. Never counts an answer on which people disagree, or one that
nobody has confirmed yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from migpack.go_no_go import Gate, Morning, gates, morning
from migpack.model import Milestone, Plan, Task
from migpack.told import STATUS_OF_TICK, Disputed, Tellings, Told
from migpack.values import read_day

WEEK_DAYS = 6  # after today
State = Literal["done", "not_applicable", "blocked", "overdue", "due_this_week", "in_progress", "unanswered"]
# A task is in the first of these that is true of it: only a task that nobody calls blocked can be overdue or due this week.
STATES: Mapping[State, str] = {
    "done": "Done",
    "not_applicable": "Not applicable",
    "blocked": "Blocked",
    "overdue": "Overdue",
    "due_this_week": "Due this week",
    "in_progress": "In progress",
    "unanswered": "Unanswered",
}
_CLOSED: tuple[State, ...] = ("done", "not_applicable")


@dataclass(frozen=True)
class TaskStatus:
    """A task and its state. `said` is what counts of what people said ('Done', 'Blocked' …), '' where nobody did; the rest is about that.

    `late` says that its day has passed and something is left to do, also where it is blocked; `contested` that people disagree on it,
    `to_confirm` that an answer waits for a person.
    """

    task: Task
    role: str
    person: str
    state: State
    late: bool
    said: str = ""
    by: str = ""
    on: dt.date | None = None
    source: str = ""
    file: str = ""
    note: str = ""
    contested: bool = False
    to_confirm: bool = False

    @property
    def closed(self) -> bool:
        """Say whether nothing is left to do."""
        return self.state in _CLOSED


@dataclass(frozen=True)
class Count:
    """How many tasks of a part of the plan are in each state."""

    id: str
    title: str
    states: Mapping[State, int]

    @property
    def total(self) -> int:
        """All tasks of this part."""
        return sum(self.states.values())

    @property
    def open(self) -> int:
        """Those with something left to do."""
        return self.total - sum(self.states[state] for state in _CLOSED)


@dataclass(frozen=True)
class Status:
    """How far a practice is on a day: `by_role` counts by who owns the tasks, `before_extract` are open tasks that a 'must' binds."""

    today: dt.date
    week_end: dt.date
    recorded: bool
    tasks: tuple[TaskStatus, ...]
    by_checklist: tuple[Count, ...]
    by_role: tuple[Count, ...]
    by_phase: tuple[Count, ...]
    happened: tuple[Milestone, ...]
    ahead: tuple[Milestone, ...]
    gates: tuple[Gate, ...]
    morning: Morning
    before_extract: tuple[TaskStatus, ...]
    conflicts: tuple[Disputed, ...]
    to_confirm: tuple[Disputed, ...]

    @property
    def late(self) -> tuple[TaskStatus, ...]:
        """The tasks whose day has passed and that are left to do."""
        return tuple(one for one in self.tasks if one.late)

    def of(self, state: State) -> tuple[TaskStatus, ...]:
        """Return the tasks in a state, in the order of their days."""
        return tuple(sorted((one for one in self.tasks if one.state == state), key=lambda one: (one.task.due, one.task.id)))


def make_status(plan: Plan, today: dt.date) -> Status:
    """Return what the record tells of a plan, as it stands on a day."""
    told = Tellings(plan.case.record)
    week_end = today + dt.timedelta(days=WEEK_DAYS)
    tasks = tuple(_task(plan, told, task, today, week_end) for task in plan.tasks)
    milestones = sorted(plan.milestones.values(), key=lambda milestone: (milestone.date, milestone.ref))
    known = plan.case.content
    return Status(
        today=today,
        week_end=week_end,
        recorded=bool(plan.case.record.returns or plan.case.record.answers),
        tasks=tasks,
        by_checklist=_counts(tasks, lambda task: task.checklist, {one.id: one.title for one in known.checklists}),
        by_role=_counts(tasks, lambda task: task.owner, {id: role.title for id, role in known.roles.items()}),
        by_phase=_counts(tasks, lambda task: task.phase, {phase.id: phase.title for phase in known.timeline.phases}),
        happened=tuple(milestone for milestone in milestones if milestone.actual),
        ahead=tuple(milestone for milestone in milestones if not milestone.actual),
        gates=gates(plan, told),
        morning=morning(plan, told),
        before_extract=_before_extract(plan, tasks),
        conflicts=tuple(told.conflicts.values()),
        to_confirm=tuple(told.waiting.values()),
    )


def _task(plan: Plan, told: Tellings, task: Task, today: dt.date, week_end: dt.date) -> TaskStatus:
    name = f"checklist.{task.checklist}.{task.id.lower()}"
    tick, status = f"{name}.done", f"{name}.status"
    latest = told.later(tick, status)
    said = STATUS_OF_TICK.get(latest.value, latest.value) if latest else ""
    person = plan.case.file.people.get(task.owner)
    state = _state(said, task.due, today, week_end)
    return TaskStatus(
        task=task,
        role=plan.case.content.roles[task.owner].title,
        person=person.name if person else "",
        state=state,
        late=state not in _CLOSED and task.due < today,
        said=said,
        by=_by(told, name, latest),
        on=_on(told, name, latest, said),
        source=latest.source if latest else "",
        file=latest.file if latest else "",
        note=told.words(f"{name}.note"),
        contested=tick in told.conflicts or status in told.conflicts,
        to_confirm=tick in told.waiting or status in told.waiting,
    )


def _state(said: str, due: dt.date, today: dt.date, week_end: dt.date) -> State:
    if said in ("Done", "Not applicable"):
        return "done" if said == "Done" else "not_applicable"
    if said == "Blocked":
        return "blocked"
    if due < today:
        return "overdue"
    if due <= week_end:
        return "due_this_week"
    return "in_progress" if said == "In progress" else "unanswered"


def _by(told: Tellings, name: str, latest: Told | None) -> str:
    """Return who said it: the initials beside a tick, else the name that the return bears."""
    if not latest:
        return ""
    return (latest.value in STATUS_OF_TICK and told.words(f"{name}.by")) or latest.by


def _on(told: Tellings, name: str, latest: Told | None, said: str) -> dt.date | None:
    """Return the day on which it was done, as written beside it, else the day on which it was said."""
    if latest and said == "Done":
        try:
            return read_day(told.words(f"{name}.on"))
        except ValueError:
            pass
    return latest.on if latest else None


def _counts(tasks: Iterable[TaskStatus], key: Callable[[Task], str], titles: Mapping[str, str]) -> tuple[Count, ...]:
    found: dict[str, dict[State, int]] = {}
    for one in tasks:
        states = found.setdefault(key(one.task), dict.fromkeys(STATES, 0))
        states[one.state] += 1
    return tuple(Count(id, title, found[id]) for id, title in titles.items() if id in found)


def _before_extract(plan: Plan, tasks: Iterable[TaskStatus]) -> tuple[TaskStatus, ...]:
    """Return the open tasks due before the final extract that a rule which is a 'must' binds."""
    musts = {rule.id for rule in plan.case.content.timeline.rules if rule.weight == "must"}
    day = plan.milestones["final_extract"].date
    return tuple(one for one in tasks if not one.closed and one.task.due < day and musts.intersection(one.task.rules))

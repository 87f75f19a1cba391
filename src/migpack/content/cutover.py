"""What happens while the systems change over: checklists/cutover_activities.yaml and checklists/cutover.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from migpack.content.base import Conditional, Content, Ids, LengthText, OffsetText, Texts
from migpack.values import Id, Line, Prose


class LogColumn(Content):
    """A column of a paper log: its head, and its width as a share of those of all columns."""

    head: Line
    width: int = Field(10, ge=1, le=100)


class Activity(Conditional):
    """Something the practice does every day that needs a plan while the systems change over.

    `page` marks the thirteen of the published page; `capture` names what must be kept for re-entry. An activity with a `log` gets
    a paper log of its own, with these columns.
    """

    id: Id
    ref: str
    title: Line
    page: bool = False
    owner: Id
    before: Texts
    during: Texts
    after: Texts
    contingency: Prose
    reenter: Prose
    capture: tuple[Line, ...] = ()
    log: tuple[LogColumn, ...] = ()
    decision: Prose = ""
    sources: Ids


class Activities(Content):
    """checklists/cutover_activities.yaml"""

    activities: tuple[Activity, ...]


class RunStep(Conditional):
    """One step of a run sheet, timed from a milestone that carries a time."""

    id: str
    when: OffsetText
    do: Prose
    owner: Id
    proof: Prose = ""
    sources: Ids


class RunSheet(Conditional):
    """The hour-by-hour steps of one day."""

    id: Id
    title: Line
    milestone: Id
    intro: Prose
    steps: tuple[RunStep, ...]


class Criterion(Conditional):
    """A go/no-go test that somebody answers for."""

    id: str
    ask: Prose
    owner: Id
    evidence: Prose
    sources: Ids


class Escalation(Conditional):
    """What to do when something goes wrong, who decides, and when it is too late."""

    id: str
    trigger: Prose
    act: Prose
    decides: Id
    until: Prose
    sources: Ids


class ReentryStep(Content):
    """One step of the order in which cutover records are entered again, most urgent for safety first."""

    id: str
    what: Line
    why: Prose
    owner: Id
    within: LengthText
    sources: Ids


class PatientService(Conditional):
    """A service that patients know, and the plain words for each state it can be in during cutover."""

    id: Id
    title: Line
    default: Literal["normal", "limited", "stopped"]
    normal: Prose
    limited: Prose
    stopped: Prose


class CutoverContent(Content):
    """checklists/cutover.yaml"""

    run_sheets: tuple[RunSheet, ...]
    go_no_go: tuple[Criterion, ...]
    escalation: tuple[Escalation, ...]
    reentry_order: tuple[ReentryStep, ...]
    patient_services: tuple[PatientService, ...]

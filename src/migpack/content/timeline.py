"""When things happen, and which dates go together: checklists/timeline.yaml."""

from __future__ import annotations

from typing import Literal

from migpack.content.base import Conditional, Content, Ids, LengthText, OffsetText, RuleText, SpanText
from migpack.phrases import Rule as RulePhrase
from migpack.values import Date, Id, Line, Prose


class Phase(Content):
    """A stretch of the migration that milestones and checklist sections belong to."""

    id: Id
    title: Line
    purpose: Prose


class SettingRule(Content):
    """A contested or time-bound figure: its default, where that comes from, and where a practice writes its own."""

    id: Id
    title: Line
    default: LengthText
    key: str
    source: str
    as_of: Date
    ask: Line
    note: Prose


class MilestoneRule(Conditional):
    """A dated point of the plan: the phrase that gives its date when the practice gives none.

    `shift` says what happens when the worked-out day is not worked: the worked day before, after, or kept as it is.
    """

    id: Id
    ref: str
    title: Line
    phase: Id
    owner: Id
    when: OffsetText | None = None
    shift: Literal["before", "after", "keep"] = "before"
    time: str = ""
    done_when: Prose
    sources: Ids
    note: Prose = ""


class OrderingRule(Conditional):
    """One authority's rule over milestone dates; every phrase in `holds` must hold.

    `each: third_party` judges the dates `off` and `on` of each third party in turn.
    """

    id: str
    title: Prose
    holds: tuple[RuleText, ...]
    weight: Literal["must", "should"]
    whose: Line
    sources: Ids
    each: Literal["", "third_party"] = ""

    @property
    def rules(self) -> tuple[RulePhrase, ...]:
        """The rules that must hold."""
        return self.holds


class NotCarried(Content):
    """A rule of the domain guide that is not enforced, and why."""

    id: str
    why: Prose


class DayKind(Content):
    """A kind of day to avoid: `start` to `end` as 'day month' each year, or days counted from Easter Sunday."""

    id: Id
    title: Line
    start: str = ""
    end: str = ""
    easter_from: int | None = None
    easter_to: int | None = None


class PathStep(Content):
    """The least time between two milestones on the chain that decides whether go-live can be met."""

    start: Id
    end: Id
    least: SpanText
    source: str
    why: Prose


class Timeline(Content):
    """checklists/timeline.yaml

    `necessary` holds what must be true of any dates at all: dates that break it contradict each other.
    """

    phases: tuple[Phase, ...]
    settings: tuple[SettingRule, ...]
    milestones: tuple[MilestoneRule, ...]
    rules: tuple[OrderingRule, ...]
    necessary: tuple[RuleText, ...] = ()
    not_carried: tuple[NotCarried, ...]
    days: tuple[DayKind, ...]
    path: tuple[PathStep, ...]

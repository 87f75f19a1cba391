"""Milestone rules and given dates in, dated milestones out.

A milestone that the practice dates stands on that day. Any other is reckoned from its anchor: `unadjusted` is the
anchor's unadjusted day moved by the phrase, `date` is that day shifted to a worked one. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from migpack.content import MilestoneRule
from migpack.model import Case, Milestone
from migpack.phrases import Length, Offset, Setting, Span
from migpack.problems import mistake
from migpack.values import Moment, read_time


def date_milestones(case: Case) -> dict[str, Milestone]:
    """Return every milestone that applies to this practice, in the order of the library.

    Raises:
        Mistakes: dates in words lead in a circle, or to a milestone that this practice does not have.
    """
    rules = {rule.id: rule for rule in case.content.timeline.milestones if rule.applies(case.traits)}
    done: dict[str, Milestone] = {}
    for id in rules:
        _date(case, rules, id, done, ())
    return {id: done[id] for id in rules}


def length_of(case: Case, span: Span) -> Length:
    """Return a length, looking a setting up."""
    return case.settings[span.id].value if isinstance(span, Setting) else span


def moved(case: Case, day: dt.date, offset: Offset) -> dt.date:
    """Return the day that lies by this offset from its anchor's `day`."""
    return day if offset.span is None else case.calendar.step(day, length_of(case, offset.span), offset.sign)


def shifted(case: Case, day: dt.date, shift: str) -> dt.date:
    """Return the worked day that stands for a worked-out one: 'before', 'after', or the day itself for 'keep'."""
    return day if shift == "keep" else case.calendar.nearest_worked(day, later=shift == "after")


def due_date(case: Case, milestones: Mapping[str, Milestone], offset: Offset, shift: str = "before") -> dt.date:
    """Return the worked day that a phrase means in this plan."""
    anchor = milestones[offset.anchor]
    if offset.span is None:
        return anchor.date
    return shifted(case, moved(case, anchor.unadjusted, offset), shift)


def _date(case: Case, rules: Mapping[str, MilestoneRule], id: str, done: dict[str, Milestone], chain: tuple[str, ...]) -> Milestone:
    if id in done:
        return done[id]
    place = case.place("dates", (chain or (id,))[-1])
    if id in chain:
        circle = " → ".join((*chain[chain.index(id) :], id))
        raise mistake(place, f"these dates lead in a circle: {circle}", "give one of them a date")
    if id not in rules:
        raise mistake(place, f"'{id}' does not belong to this practice's plan", "give this milestone a date of its own")
    rule, given = rules[id], case.file.dates.get(id)
    now = given.now if given else rule.when
    if now is None:
        raise mistake(place, f"'{id}' has no date", f"write '{id}: …' under dates:")
    if isinstance(now, Moment):
        unadjusted = date = now.date
    else:
        anchor = _date(case, rules, now.anchor, done, (*chain, id))
        unadjusted = moved(case, anchor.unadjusted, now)
        date = anchor.date if now.span is None else shifted(case, unadjusted, rule.shift)
    given_time = now.time if isinstance(now, Moment) else None
    done[id] = Milestone(
        id=id,
        ref=rule.ref,
        title=rule.title,
        phase=rule.phase,
        owner=rule.owner,
        date=date,
        unadjusted=unadjusted,
        time=given_time or (read_time(rule.time) if rule.time else None),
        assumed_time=bool(rule.time) and given_time is None,
        why=str(now) if isinstance(now, Offset) else "",
        done_when=rule.done_when,
        sources=rule.sources,
        note=rule.note,
        baseline=given.baseline.date if given and given.baseline else case.first.get(id),
        actual=given.actual.date if given and given.actual else None,
    )
    return done[id]

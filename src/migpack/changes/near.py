"""A case and wished dates in, days near the first of them that break no must out; where there is none, what else would move. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from migpack.changes.wishes import Wish, wished
from migpack.check import broken_rules, check
from migpack.model import Broken, Case
from migpack.parties import party_dates, plan_parties
from migpack.problems import Weight
from migpack.timeline import date_milestones
from migpack.values import Moment

WITHIN = 30  # days on both sides of the wished one that are looked at
_ORDER_BY = "prescribing.order_by"  # the only day outside dates: that a rule of weight must is about
_BEFORE, _AFTER = range(0, -WITHIN - 1, -1), range(1, WITHIN + 1)
NOT_DATED = ("ods", "patient-data", "own-form", "default", "approval")  # checks that dates do not decide; approvals are told apart


@dataclass(frozen=True)
class NearDay:
    """A day near the wished one on which every must is kept; `shoulds` are the ids of the rules that it breaks all the same."""

    day: dt.date
    shoulds: tuple[str, ...]


@dataclass(frozen=True)
class Other:
    """A given day that stands in the way, by its name, and when it would be; None where no rule says."""

    id: str
    day: dt.date | None


@dataclass(frozen=True)
class WithOthers:
    """The first day on a side of the wished one that would do if other given days were not given, and when those would be."""

    day: dt.date
    others: tuple[Other, ...]


def near_days(case: Case, wishes: tuple[Wish, ...], today: dt.date) -> tuple[NearDay, ...]:
    """Return the days around the first wished one on which no must is broken, the nearest first; the other wishes stay as they are.

    A rule that the practice has accepted as broken does not count.
    """
    if not isinstance(when := wishes[0].when, Moment):
        return ()
    found = [*_near(case, wishes, today, _BEFORE), *_near(case, wishes, today, _AFTER)]
    return tuple(sorted(found, key=lambda one: (abs((one.day - when.date).days), one.day)))


def with_others(case: Case, wishes: tuple[Wish, ...], today: dt.date, near: Iterable[NearDay]) -> tuple[WithOthers, ...]:
    """Return for each side without a near day which given days stand in the way, as few as would do; none where they do not."""
    if not isinstance(when := wishes[0].when, Moment):
        return ()
    days = [one.day for one in near]
    sides = [_BEFORE] * (not any(day <= when.date for day in days)) + [_AFTER] * (not any(day >= when.date for day in days))
    return tuple(one for side in sides if (one := _with_others(case, wishes, today, side)))


def _with_others(case: Case, wishes: tuple[Wish, ...], today: dt.date, side: range) -> WithOthers | None:
    apart = {wish.id for wish in wishes}
    given = [id for id, one in case.file.dates.items() if id not in apart and isinstance(one.now, Moment) and not one.actual]
    given += [_ORDER_BY] if case.file.prescribing and case.file.prescribing.order_by else []
    freed, day = given, _first(case, wishes, today, side, given)
    for id in given:
        fewer = [other for other in freed if other != id]
        if day and fewer and (found := _first(case, wishes, today, side, fewer)):
            freed, day = fewer, found
    if not (day and freed):
        return None
    milestones = date_milestones(_freed(_on(case, wishes, day), freed))
    return WithOthers(day, tuple(Other(id, milestones[id].date if id in milestones else None) for id in freed))


def _first(case: Case, wishes: tuple[Wish, ...], today: dt.date, side: range, freed: Collection[str]) -> dt.date | None:
    return next((one.day for one in _near(_freed(case, freed), wishes, today, side)), None)


def _freed(case: Case, ids: Collection[str]) -> Case:
    """Return a case in which these milestones follow from their rules, and in which patients have no last day for orders if it is named."""
    changes: dict[str, object] = {"dates": {id: date for id, date in case.file.dates.items() if id not in ids}}
    if _ORDER_BY in ids and case.file.prescribing:
        changes["prescribing"] = case.file.prescribing.model_copy(update={"order_by": None})
    return replace(case, file=case.file.model_copy(update=changes))


def _near(case: Case, wishes: tuple[Wish, ...], today: dt.date, side: range) -> Iterator[NearDay]:
    """Yield the days on one side of the wished one on which no must is broken."""
    when = wishes[0].when
    assert isinstance(when, Moment)
    for shift in side:
        day = when.date + dt.timedelta(days=shift)
        if day >= today and case.calendar.is_worked(day) and (broken := _broken(_on(case, wishes, day), today)) is not None:
            yield NearDay(day, broken)


def _on(case: Case, wishes: tuple[Wish, ...], day: dt.date) -> Case:
    """Return a case as it would be with the first wish on another day."""
    first = wishes[0]
    assert isinstance(first.when, Moment)
    return wished(case, (replace(first, when=replace(first.when, date=day)), *wishes[1:]))


def _broken(case: Case, today: dt.date) -> tuple[str, ...] | None:
    """Return the ids of the broken shoulds; None where a must is broken or the dates contradict each other."""
    milestones = date_milestones(case)
    dates = party_dates(plan_parties(case, milestones))
    for problem in check(case, milestones, dates, today):
        if problem.weight is Weight.MISTAKE or (problem.weight is Weight.MUST and problem.rule not in NOT_DATED):
            return None
    return tuple(dict.fromkeys(one.id for one in _open(broken_rules(case, milestones, dates))))


def _open(broken: Iterable[Broken]) -> Iterator[Broken]:
    return (one for one in broken if not one.accepted)

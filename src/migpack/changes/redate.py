"""A practice file and wished days in, the whole effect out: what moves and why, rules broken and kept, near days that break none.

`effect` only thinks. `redated` gives the text of the file with the new days: comments and layout stay, and a day that was
issued stays beside the new one as the milestone's baseline. Never writes a file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migpack import yamlio
from migpack.changes.near import NOT_DATED, NearDay, WithOthers, near_days, with_others
from migpack.changes.wishes import Wish
from migpack.check import check
from migpack.compare import DayChange, day_changes, milestone_days, party_days, task_days
from migpack.filters import clock, day, day_month
from migpack.model import Case, Milestone, Plan
from migpack.pack import full_plan
from migpack.parties import party_dates
from migpack.practice import MilestoneDate
from migpack.problems import Mistakes, Problem, Weight
from migpack.values import Moment
from migpack.yamledit import Path as Keys
from migpack.yamledit import Value, edited

_IN_TEXTS = ("go_live", "final_extract")  # what texts speak of, moved or moved along


@dataclass(frozen=True)
class Effect:
    """All that new dates change.

    `stay` are milestones that the file gives a day of their own, which therefore did not move; `problems` are those of the new dates that
    the old ones did not have, `settled` the other way round; `lapsed` are approvals that no longer stand; `named` are texts of the
    practice's own that still name an old day.
    """

    milestones: tuple[DayChange, ...]
    parties: tuple[DayChange, ...]
    tasks: tuple[DayChange, ...]
    stay: tuple[Milestone, ...]
    problems: tuple[Problem, ...]
    settled: tuple[Problem, ...]
    lapsed: tuple[str, ...]
    named: tuple[Problem, ...]
    near: tuple[NearDay, ...]
    with_others: tuple[WithOthers, ...]


def redated(text: str, case: Case, wishes: Iterable[Wish], *, issued: bool) -> str:
    """Return the text of the practice file with the wished days.

    Args:
        text: the file as it stands.
        case: what was read from it.
        wishes: the new days.
        issued: the old days were issued, so that each stays as its milestone's baseline where it has none yet.
    """
    node = yamlio.read_node(text, case.name)
    changes: dict[Keys, Value | None] = {}
    for wish in wishes:
        changes |= _changes(wish, case.file.dates.get(wish.id), _written(node, wish.id), issued=issued)
    return edited(text, changes)


def _changes(wish: Wish, given: MilestoneDate | None, written: Mapping[str, str], *, issued: bool) -> dict[Keys, Value | None]:
    """Return what to write under one milestone: plain while it has one date only."""
    keys: Keys = ("dates", wish.id)
    new = _as_before(wish, written.get("", written.get("forecast", written.get("baseline", ""))))
    if not given or "" in written:  # a milestone that the file did not name, or named with a date alone
        old = given.forecast if given else None
        if issued and isinstance(old, Moment) and old != wish.when:
            return {keys: {"baseline": written[""], "forecast": new}}
        return {keys: new}
    if given.baseline == wish.when and written.keys() == {"baseline", "forecast"}:
        return {keys: written["baseline"]}  # it is back where it was
    if issued and not given.baseline and isinstance(given.forecast, Moment):
        return {(*keys, "baseline"): written["forecast"], (*keys, "forecast"): new}
    return {(*keys, "forecast"): new}


def _written(node: yamlio.Node, id: str) -> dict[str, str]:
    """Return what the file says of a milestone, word for word: under '' where a date alone stands there."""
    for part in ("dates", id):
        if not node.keys or part not in node.keys:
            return {}
        node = node.keys[part][1]
    if node.text is not None:
        return {"": node.text}
    return {key: part.text for key, (_, part) in (node.keys or {}).items() if part.text is not None}


def _as_before(wish: Wish, old: str) -> str:
    """Return a day in the manner in which the old one was written: '2027-06-10' or 'Thursday 10 June 2027'."""
    if not isinstance(wish.when, Moment):
        return str(wish.when)
    long = bool(old) and not old[:4].isdigit()
    hour = f" {clock(wish.when.time)}" if wish.when.time else ""
    return f"{day(wish.when.date) if long else wish.when.date}{hour}"


def effect(old: Case, new: Case, wishes: tuple[Wish, ...], today: dt.date) -> Effect:
    """Return all that the new dates change.

    Raises:
        Mistakes: the new dates contradict each other.
    """
    before, after = full_plan(old), full_plan(new)
    found = check(new, after.milestones, party_dates(after.parties), today)
    if mistakes := [problem for problem in found if problem.weight is Weight.MISTAKE]:
        raise Mistakes(mistakes)
    why = {id: m.why for id, m in after.milestones.items()}
    moved = day_changes(milestone_days(before), milestone_days(after), why)
    were = check(old, before.milestones, party_dates(before.parties), today)
    return Effect(
        milestones=moved,
        parties=day_changes(party_days(before), party_days(after), {}),
        tasks=day_changes(task_days(before), task_days(after), {}),
        stay=tuple(m for id, m in after.milestones.items() if m.given and not m.actual and id not in {wish.id for wish in wishes}),
        problems=_only_in(found, were),
        settled=_only_in(were, found),
        lapsed=_lapsed(before, after),
        named=tuple(_still_named(new, [one for one in moved if one.id in {*(wish.id for wish in wishes), *_IN_TEXTS}])),
        near=(near := near_days(old, wishes, today)),
        with_others=with_others(old, wishes, today, near),
    )


def _still_named(case: Case, moved: Iterable[DayChange]) -> Iterator[Problem]:
    """Find texts of the practice file that name a day on which something no longer happens."""
    for path, place in case.places.items():
        words = " ".join(case.written(path).split())
        for one in moved:
            if one.old and one.days and re.search(rf"(?<!\d){one.old.date.day} {one.old.date:%B}\b|{one.old.date}", words):
                what = f"{path} names {day_month(one.old.date)}, which was the day of {one.id}"
                yield Problem(place, what, "change the text if it means that day", Weight.SHOULD)


def _only_in(these: Iterable[Problem], others: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems of dates that stand in one list and not in the other, whatever the days in their words."""
    apart = {_key(problem) for problem in others}
    return tuple(problem for problem in these if problem.rule not in NOT_DATED and _key(problem) not in apart)


def _key(problem: Problem) -> tuple[str, str]:
    advice = "" if problem.rule == "late" else problem.write.partition(":")[0]  # it begins with the milestone that would have to move
    return problem.rule, advice


def _lapsed(before: Plan, after: Plan) -> tuple[str, ...]:
    """Return the approvals in the practice file that stood before and do not stand any more."""
    given = after.case.file.approvals
    return tuple(id for id, one in given.items() if one.code == before.approval_codes[id] != after.approval_codes[id])

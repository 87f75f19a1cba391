"""A practice file and wished days in, the whole effect out: what moves and why, rules broken and kept, near days that break none.

`effect` and `near_days` only think. `redated` gives the text of the file with the new days: comments and layout stay, and a day that was
issued stays beside the new one as the milestone's baseline. Never writes a file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from migpack import yamlio
from migpack.check import broken_rules, check
from migpack.compare import DayChange, day_changes, milestone_days, party_days, task_days
from migpack.filters import clock, day, day_month
from migpack.model import Broken, Case, Milestone, Plan
from migpack.pack import full_plan
from migpack.parties import party_dates, plan_parties
from migpack.phrases import Offset, PhraseError
from migpack.practice import MilestoneDate
from migpack.problems import Mistakes, Place, Problem, Weight, did_you_mean, mistake
from migpack.timeline import date_milestones
from migpack.values import Moment, read_moment
from migpack.yamledit import Path as Keys
from migpack.yamledit import Value, edited

WITHIN = 30  # days on both sides of the wished one that are looked at
_NOT_DATED = ("ods", "patient-data", "own-form", "default", "approval")  # checks that dates do not decide; approvals are told apart
_IN_TEXTS = ("go_live", "final_extract")  # what texts speak of, moved or moved along
COMMAND_LINE = Place("command line")


@dataclass(frozen=True)
class Wish:
    """A milestone and the day, or the words, that it is to have."""

    id: str
    when: Moment | Offset


@dataclass(frozen=True)
class NearDay:
    """A day near the wished one on which every must is kept; `shoulds` are the ids of the rules that it breaks all the same."""

    day: dt.date
    shoulds: tuple[str, ...]


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


def read_wishes(words: Iterable[str], case: Case) -> tuple[Wish, ...]:
    """Read 'go_live=2027-03-16' and the like.

    Raises:
        Mistakes: every word that is no milestone with a date, or with words such as '1 week after order'.
    """
    known = date_milestones(case)
    wishes: dict[str, Wish] = {}
    problems: list[Problem] = []
    for word in words:
        try:
            wish = _wish(word, case, known)
            if wish.id in wishes:
                raise mistake(COMMAND_LINE, f"'{wish.id}' stands here twice", "give each milestone one date")
            wishes[wish.id] = wish
        except Mistakes as error:
            problems += error.problems
    if problems:
        raise Mistakes(problems)
    return tuple(wishes.values())


def _wish(word: str, case: Case, known: Mapping[str, Milestone]) -> Wish:
    id, equals, text = (part.strip() for part in word.partition("="))
    if not equals or not text:
        raise mistake(COMMAND_LINE, f"'{word}' is not a milestone with a date", "write for example go_live=2027-03-16")
    if id not in known:
        raise mistake(COMMAND_LINE, f"'{id}' is not a milestone of this practice", did_you_mean(id, known))
    if known[id].actual:
        raise mistake(case.place("dates", id), f"'{id}' has happened, on {known[id].actual}", "take out its actual: first if that is wrong")
    when = _when(id, text)
    if isinstance(when, Offset) and when.anchor not in known:
        raise mistake(COMMAND_LINE, f"{id}: '{when.anchor}' is not a milestone of this practice", did_you_mean(when.anchor, known))
    given = case.file.dates.get(id)
    if isinstance(when, Moment) and not when.time and given and isinstance(given.now, Moment):
        when = replace(when, time=given.now.time)  # only the day was named: the hour stays
    return Wish(id, when)


def _when(id: str, text: str) -> Moment | Offset:
    try:
        return read_moment(text)
    except ValueError as error:
        try:
            return Offset.parse(text)
        except PhraseError:
            what, _, write = str(error).partition(" — ")
            raise mistake(COMMAND_LINE, f"{id}: {what}", f"{write}, or words such as '1 week after order'") from None


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


def wished(case: Case, wishes: Iterable[Wish]) -> Case:
    """Return a case as it would be with these days."""
    dates = dict(case.file.dates)
    for wish in wishes:
        before = dates.get(wish.id)
        dates[wish.id] = MilestoneDate(baseline=before.baseline if before else None, forecast=wish.when)
    return replace(case, file=case.file.model_copy(update={"dates": dates}))


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
        near=near_days(old, wishes, today),
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
    return tuple(problem for problem in these if problem.rule not in _NOT_DATED and _key(problem) not in apart)


def _key(problem: Problem) -> tuple[str, str]:
    advice = "" if problem.rule == "late" else problem.write.partition(":")[0]  # it begins with the milestone that would have to move
    return problem.rule, advice


def _lapsed(before: Plan, after: Plan) -> tuple[str, ...]:
    """Return the approvals in the practice file that stood before and do not stand any more."""
    given = after.case.file.approvals
    return tuple(id for id, one in given.items() if one.code == before.approval_codes[id] != after.approval_codes[id])


def near_days(case: Case, wishes: tuple[Wish, ...], today: dt.date) -> tuple[NearDay, ...]:
    """Return the days around the first wished one on which no must is broken, the nearest first; the other wishes stay as they are.

    A rule that the practice has accepted as broken does not count.
    """
    first = wishes[0]
    if not isinstance(first.when, Moment):
        return ()
    found = []
    for distance in range(WITHIN + 1):
        for shift in dict.fromkeys((-distance, distance)):
            when = replace(first.when, date=first.when.date + dt.timedelta(days=shift))
            broken = _broken(wished(case, (replace(first, when=when), *wishes[1:])), today)
            if when.date >= today and broken is not None and case.calendar.is_worked(when.date):
                found.append(NearDay(when.date, broken))
    return tuple(found)


def _broken(case: Case, today: dt.date) -> tuple[str, ...] | None:
    """Return the ids of the broken shoulds; None where a must is broken or the dates contradict each other."""
    milestones = date_milestones(case)
    dates = party_dates(plan_parties(case, milestones))
    for problem in check(case, milestones, dates, today):
        if problem.weight is Weight.MISTAKE or (problem.weight is Weight.MUST and problem.rule not in _NOT_DATED):
            return None
    return tuple(dict.fromkeys(one.id for one in _open(broken_rules(case, milestones, dates))))


def _open(broken: Iterable[Broken]) -> Iterator[Broken]:
    return (one for one in broken if not one.accepted)

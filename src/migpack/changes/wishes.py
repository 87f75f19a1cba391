"""Words such as 'go_live=2027-03-16' in, wished dates out; and a case as it would be with them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from migpack.filters import short_day
from migpack.model import Case, Milestone
from migpack.phrases import Offset, PhraseError
from migpack.practice import MilestoneDate
from migpack.problems import Mistakes, Place, Problem, did_you_mean, mistake
from migpack.timeline import date_milestones
from migpack.values import Moment, read_moment

COMMAND_LINE = Place("command line")


@dataclass(frozen=True)
class Wish:
    """A milestone and the day, or the words, that it is to have."""

    id: str
    when: Moment | Offset


def read_wishes(words: Iterable[str], case: Case, today: dt.date) -> tuple[Wish, ...]:
    """Read 'go_live=2027-03-16' and the like.

    Raises:
        Mistakes: every word that is no milestone with a date to come, or with words such as '1 week after order'.
    """
    known = date_milestones(case)
    wishes: dict[str, Wish] = {}
    problems: list[Problem] = []
    for word in words:
        try:
            wish = _wish(word, case, known, today)
            if wish.id in wishes:
                raise mistake(COMMAND_LINE, f"'{wish.id}' stands here twice", "give each milestone one date")
            wishes[wish.id] = wish
        except Mistakes as error:
            problems += error.problems
    if problems:
        raise Mistakes(problems)
    return tuple(wishes.values())


def _wish(word: str, case: Case, known: Mapping[str, Milestone], today: dt.date) -> Wish:
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
    if isinstance(when, Moment) and when.date < today:
        what = f"{id}: {short_day(when.date)} has passed"
        raise mistake(
            COMMAND_LINE, what, f"write a day to come; if it happened then, write actual: {when.date} under {id} in the practice file"
        )
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


def wished(case: Case, wishes: Iterable[Wish]) -> Case:
    """Return a case as it would be with these days."""
    dates = dict(case.file.dates)
    for wish in wishes:
        before = dates.get(wish.id)
        dates[wish.id] = MilestoneDate(baseline=before.baseline if before else None, forecast=wish.when)
    return replace(case, file=case.file.model_copy(update={"dates": dates}))

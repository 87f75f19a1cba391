"""The effect of new dates, the issues of a pack, or who holds an old day → tables and lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from migpack.changes.corrections import PATIENTS
from migpack.changes.issue import Entry
from migpack.changes.near import WITHIN, NearDay, WithOthers
from migpack.changes.redate import Effect
from migpack.compare import DayChange
from migpack.filters import clock, short_day
from migpack.issued import Correction, ToldDay
from migpack.model import Plan
from migpack.screen import Table
from migpack.values import Moment

_NEAR = 4  # days that are shown before and after the wished one


def effect_tables(effect: Effect) -> list[Table]:
    """Return the tables of what moves; tasks are counted elsewhere, since there are too many to read."""
    days = [(one.title, _moment(one.old), _moment(one.new), _days(one), one.why or "given") for one in effect.milestones]
    parties = [(one.title, _moment(one.old), _moment(one.new), _days(one), "") for one in effect.parties]
    heads = ("What", "Was", "Will be", "Change", "By which rule")
    tables: list[Table] = [("Days that move", heads, days), ("Days of third parties that move", heads[:4], [row[:4] for row in parties])]
    return [table for table in tables if table[2]]


def effect_lines(effect: Effect) -> Iterator[str]:
    """Yield what else there is to say of new dates: tasks, rules, approvals, and days that would break nothing."""
    yield f"{len(effect.tasks)} task{'s' * (len(effect.tasks) != 1)} will be due on another day"
    if effect.stay:
        days = ", ".join(f"{m.id} ({short_day(m.date)})" for m in effect.stay)
        yield f"these stay, because your file gives them a day of their own: {days}; name them as well to move them"
    for problem in effect.problems:
        yield f"newly broken: {problem.weight} {problem.rule}: {problem.what} \N{EM DASH} {problem.write}"
    for problem in effect.settled:
        yield f"no longer broken: {problem.weight} {problem.rule}: {problem.what}"
    yield from (str(problem) for problem in effect.named)
    for id in effect.lapsed:
        yield f"the approval '{id}' will lapse: what it covers changes, so it must be given again"


def near_lines(near: Iterable[NearDay], others: Iterable[WithOthers], wished: Moment) -> Iterator[str]:
    """Yield the days near the wished one on which every must is kept, nearest first on each side; where none is, what else would move."""
    days = tuple(near)
    if any(one.day == wished.date and not one.shoulds for one in days):
        yield f"{short_day(wished.date)} breaks no rule"
        return
    sides = ("before", [one for one in days if one.day < wished.date]), ("after", [one for one in days if one.day > wished.date])
    for side, found in sides:
        clean = next((one for one in found if not one.shoulds), None)
        nearest = [*found[:_NEAR], *([clean] if clean and clean not in found[:_NEAR] else [])]
        shown = ", ".join(map(_near, nearest))
        yield f"nearest days {side} it that break no must: {shown or f'none within {WITHIN} days'}"
    for one in others:
        moved = ", ".join(f"{other.id}={other.day}" if other.day else f"{other.id} (in the file)" for other in one.others)
        yield f"{short_day(one.day)} would break no must if you moved as well: {moved}"


def _near(one: NearDay) -> str:
    return short_day(one.day) + (f" (breaks the should{'s' * (len(one.shoulds) > 1)} {', '.join(one.shoulds)})" if one.shoulds else "")


def history_table(entries: Iterable[Entry]) -> Table:
    """Return the table of the issues of a pack."""
    rows = [
        (str(e.number), e.on, e.go_live, str(e.files), str(e.drafts), str(e.edited), e.changed, str(e.folder)) for e in entries
    ]  # fmt: skip
    return "Issues", ("No", "Issued on", "Go-live", "Files", "Drafts", "Edited by hand", "What changed", "Folder"), rows


def correction_table(corrections: Iterable[Correction], plan: Plan) -> Table:
    """Return the table of who was told a day that is another one now."""
    names = {party.id: party.name for party in plan.parties} | {id: role.title for id, role in plan.case.content.roles.items()}
    names[PATIENTS] = "Patients"
    titles = {document.id: document.title for document in plan.every_document}
    rows = [
        (
            names.get(one.recipient, one.recipient),
            "; ".join(map(_told_day, one.days)),
            ", ".join(titles.get(id, id) for id in one.documents),
            f"{short_day(one.told_on)} by {'e-mail' if one.by == 'email' else one.by}",
        )
        for one in corrections
    ]
    return "Told a day that is another one now", ("Who", "Days", "Told by", "Last told"), rows


def _told_day(day: ToldDay) -> str:
    title = day.title.removeprefix("Your ")
    return f"{title[:1].upper()}{title[1:]}: {short_day(day.old)} is now {short_day(day.new) if day.new else 'not planned'}"


def _moment(when: Moment | None) -> str:
    if not when:
        return "not in the plan"
    return short_day(when.date) + (f" {clock(when.time)}" if when.time else "")


def _days(one: DayChange) -> str:
    if one.days:
        return f"{abs(one.days)} day{'s' * (abs(one.days) != 1)} {'later' if one.days > 0 else 'earlier'}"
    return "added" if not one.old else "gone" if not one.new else "time of day"

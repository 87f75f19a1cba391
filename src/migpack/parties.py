"""The practice's third parties with what their catalogue kind adds, and the days each is told, goes off and comes on.

A case and its milestones in, parties out. A day given by the practice stands; any other follows from the kind. Pure.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping

from migpack.content import PartyKind
from migpack.model import Case, Milestone, Party
from migpack.phrases import Length, Offset
from migpack.practice import ThirdParty
from migpack.problems import Mistakes, Problem
from migpack.timeline import due_date
from migpack.values import Moment

# Our suggestion (source OURS): long enough to ask colleagues, short enough to chase before the meeting that needs the answer.
REPLY_WITHIN = Length(2, "weeks")


def plan_parties(case: Case, milestones: Mapping[str, Milestone]) -> tuple[Party, ...]:
    """Return the third parties of the practice file, in its order.

    Raises:
        Mistakes: two of them have the same id.
    """
    kinds = {kind.id: kind for kind in case.content.party_kinds.kinds}
    parties: dict[str, Party] = {}
    problems = []
    for number, entry in enumerate(case.file.third_parties):
        party = _party(case, milestones, entry, kinds.get(entry.kind or ""))
        if party.id in parties:
            place = case.place("third_parties", number, "id" if entry.id else "name")
            problems.append(Problem(place, f"two third parties have the id '{party.id}'", "write an id: of its own for this one"))
        parties[party.id] = party
    if problems:
        raise Mistakes(problems)
    return tuple(parties.values())


def party_dates(parties: tuple[Party, ...]) -> dict[str, dict[str, dt.date]]:
    """Return for each party the dates that rules may judge."""
    return {p.id: {name: day for name, day in (("off", p.off), ("on", p.on), ("told", p.letter_on)) if day} for p in parties}


def slug(text: str, most: int = 24) -> str:
    """Return small ASCII letters, digits and '_' from a text, for ids and file names."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:most].strip("_") or "unnamed"


def _party(case: Case, milestones: Mapping[str, Milestone], entry: ThirdParty, kind: PartyKind | None) -> Party:
    off = _day(case, milestones, entry.off or (kind.off if kind else None))
    on = _day(case, milestones, entry.on or (kind.on if kind else None))
    notice = entry.notice or (kind.notice if kind else None)
    lead = notice or case.settings["third_party_notice_lead"].value
    tell_by = case.calendar.nearest_worked(case.calendar.step(off or milestones["final_extract"].date, lead, -1), later=False)
    letter_on = min(milestones["third_party_notice"].date, tell_by)
    return Party(
        id=entry.id or slug(entry.name),
        ref=kind.ref if kind else "",
        name=entry.name,
        kind=entry.kind or "",
        kind_title=kind.title if kind else "",
        contact=entry.contact,
        owner=kind.owner if kind else "practice_manager",
        tell=(*(kind.tell if kind else ()), *entry.tell),
        ask=(*(kind.ask if kind else ()), *entry.ask),
        meanwhile=kind.meanwhile if kind else "",
        warning=kind.warning if kind else "",
        notice=notice,
        notice_note=kind.notice_note if kind else "",
        letter_on=letter_on,
        tell_by=tell_by,
        reply_by=case.calendar.nearest_worked(case.calendar.step(letter_on, REPLY_WITHIN, 1), later=True),
        off=off,
        on=on,
        charge=entry.charge or "",
        notes=entry.notes or "",
        moves_data=kind.moves_data if kind else False,
        sources=kind.sources if kind else (),
    )


def _day(case: Case, milestones: Mapping[str, Milestone], when: Moment | Offset | None) -> dt.date | None:
    if isinstance(when, Offset):
        return due_date(case, milestones, when, "before" if when.sign < 0 else "after")
    return when.date if when else None

"""What was sent and a plan in, corrections out: who was told a day that is another one now, and has not been told since. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from migpack.issued import Correction, ToldDay
from migpack.model import Plan
from migpack.sent import Sent

PATIENTS = "patients"
# What the letters to third parties and to patients are about. Any other milestone stands in them only because it falls on the same day.
_FOR_PARTIES = ("initial_extract", "final_extract", "go_live")
_FOR_PATIENTS = ("final_extract", "go_live", "patient_services_off", "patient_services_on")
_OFF_ON = {"off": "Your link or service goes off", "on": "Your link or service is on again"}


def corrections(sent: Iterable[Sent], plan: Plan) -> tuple[Correction, ...]:
    """Return who must be told anew. What a recipient was told last counts, so a later letter with the new day settles it."""
    by_recipient: dict[str, list[Sent]] = {}
    for letter in sorted(sent, key=lambda one: one.on):
        by_recipient.setdefault(letter.recipient, []).append(letter)
    found = (_correction(recipient, letters, plan) for recipient, letters in by_recipient.items())
    return tuple(one for one in found if one)


def told_days(plan: Plan) -> dict[str, dt.date]:
    """Return every day that a letter can tell: of milestones, and '<third party id>.off' and '.on'."""
    days = {id: milestone.date for id, milestone in plan.milestones.items()}
    days |= {f"{party.id}.off": party.off for party in plan.parties if party.off}
    return days | {f"{party.id}.on": party.on for party in plan.parties if party.on}


def _correction(recipient: str, letters: Iterable[Sent], plan: Plan) -> Correction | None:
    now, about = told_days(plan), _about(recipient, plan)
    last: dict[str, tuple[dt.date, Sent]] = {}
    for letter in letters:
        last |= {key: (dt.date.fromisoformat(told), letter) for key, told in letter.facts.items() if about is None or key in about}
    wrong = {key: (old, letter) for key, (old, letter) in last.items() if now.get(key) != old}
    if not wrong:
        return None
    days = [ToldDay(key, _title(plan, key), old, now.get(key)) for key, (old, _) in wrong.items()]
    told = [letter for _, letter in wrong.values()]
    latest = max(told, key=lambda one: one.on)
    documents = dict.fromkeys(one.document for one in told)
    ordered = sorted(days, key=lambda day: (day.new or day.old, day.key))
    return Correction(recipient, tuple(ordered), tuple(documents), latest.on, latest.by)


def _about(recipient: str, plan: Plan) -> frozenset[str] | None:
    """Return the days that concern a recipient; None for people of the practice and its partners, whom all of them concern."""
    if recipient == PATIENTS:
        return frozenset(_FOR_PATIENTS)
    if recipient in plan.case.content.roles:
        return None
    return frozenset((*_FOR_PARTIES, f"{recipient}.off", f"{recipient}.on"))


def _title(plan: Plan, key: str) -> str:
    if key in plan.milestones:
        return plan.milestones[key].title
    return _OFF_ON.get(key.rpartition(".")[2], key.replace("_", " ").capitalize())

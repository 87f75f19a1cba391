"""The cells of the tracker that people fill in, as fields: their names, and what they are issued with from the plan and the record.

A task's fields bear the names of its line on the checklist, so that an answer counts whichever of the two it comes back on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from migpack import filters
from migpack.blocks import FieldKind
from migpack.fillable import IssuedField, row_words
from migpack.model import Party, Task
from migpack.told import STATUS_OF_TICK, Tellings
from migpack.values import read_day

STATUSES = ("Not started", "In progress", "Done", "Blocked", "Not applicable")
PARTY_STATUSES = ("Not told yet", "Told", "Dates agreed", "Off", "On and tested", "Closed", "Problem")
# The heads of the cells that are read back, by the last part of their fields' names, and what kind of field each is.
TASK_FIELDS: Mapping[str, tuple[str, FieldKind]] = {"status": ("Status", "choice"), "on": ("Done on", "date"), "note": ("Notes", "lines")}
PARTY_FIELDS: Mapping[str, tuple[str, FieldKind]] = {
    "status": ("Status", "choice"),
    "replied": ("Replied on", "date"),
    "chased": ("Chased on", "date"),
    "charge": ("Charge", "text"),
    "note": ("Notes", "lines"),
}
TASK_KEY, LIST, PARTY_KEY, ABOUT = "No", "Checklist", "Ref", "About"
# What the sheet About says of the file, by the names of `returned.Identity`.
IDENTITY = {"practice": "ODS code", "document": "Document", "version": "Version", "code": "Code"}


def row_fields(
    name: str, subject: str, words: str, heads: Mapping[str, tuple[str, FieldKind]], values: Mapping[str, Any], statuses: Sequence[str]
) -> Iterable[IssuedField]:
    """Yield the fields of a row; `subject` begins their titles, `words` are those of the row."""
    for key, (head, kind) in heads.items():
        value = values[key]
        issued = filters.date(value) if isinstance(value, dt.date) else value or ""
        options = tuple((word, word) for word in statuses) if kind == "choice" else ()
        yield IssuedField(f"{name}.{key}", kind, f"{subject}: {head.lower()}", issued, "", "", row_words(words), options)


def task_name(task: Task) -> str:
    """Return how the names of a task's fields begin, on its checklist too."""
    return f"{list_id(task.checklist)}.{task.id.lower()}"


def list_id(checklist: str) -> str:
    """Return the id of a checklist's document."""
    return f"checklist.{checklist}"


def task_values(task: Task, told: Tellings) -> dict[str, Any]:
    """Return what stands in the cells to fill in; of a line's tick and its status, the later one says how far it is."""
    name = task_name(task)
    latest = told.later(f"{name}.done", f"{name}.status")
    status = STATUS_OF_TICK.get(latest.value, latest.value) if latest else told.words(f"{name}.status")
    return {"status": status or STATUSES[0], "on": _day(_recorded(told, f"{name}.on")), "note": _recorded(told, f"{name}.note")}


def party_values(party: Party, told: Tellings) -> dict[str, Any]:
    """Return what stands in the cells to fill in."""
    name = f"tracker.{party.id}"
    return {
        "status": _recorded(told, f"{name}.status", PARTY_STATUSES[0]),
        "replied": _day(_recorded(told, f"{name}.replied")),
        "chased": _day(_recorded(told, f"{name}.chased")),
        "charge": _recorded(told, f"{name}.charge", party.charge),
        "note": _recorded(told, f"{name}.note", party.notes),
    }


def _recorded(told: Tellings, name: str, otherwise: str = "") -> str | None:
    """Return the words that count for a field, also where they empty it."""
    found = told.of(name)
    return (found.value if found else otherwise) or None


def _day(text: str | None) -> dt.date | str | None:
    """Return a date that was answered as a date; what is none stays as it was written."""
    try:
        return read_day(text) if text else None
    except ValueError:
        return text

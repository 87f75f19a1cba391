"""Records made by hand, for the tests of what is read out of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import samples
from migpack.collect.store import record_text
from migpack.library import Library
from migpack.model import Plan
from migpack.pack import plan_only
from migpack.record import NAME, Answer, Record, Return

PRACTICE = "A99998"  # the small sample
MARCH = dt.date(2027, 3, 1)


def came(id: str, file: str = "", *, document: str = "checklist.practice_staff", medium: str = "pdf", **more: object) -> Return:
    """Return a return, read on 1 March 2027 where nothing else is said."""
    said = {"sha256": id * 8, "read_on": MARCH, "dated": MARCH, "version": "Issue 1", "file": file or f"{id}.pdf", **more}
    return Return.model_validate({"id": id, "document": document, "medium": medium, **said})


def answer(value: str, source: str = "r1", on: dt.date = MARCH, by: str = "", **more: object) -> Answer:
    """Return an answer, given on 1 March 2027 where nothing else is said."""
    return Answer.model_validate({"value": value, "source": source, "on": on, "by": by, **more})


def record(answers: dict[str, Answer | tuple[Answer, ...]], *returns: Return) -> Record:
    """Return a record of the small sample; each answer's return is made where it is not given."""
    histories = {field: held if isinstance(held, tuple) else (held,) for field, held in answers.items()}
    known = {entry.id for entry in returns}
    named = dict.fromkeys(one.source for history in histories.values() for one in history)
    made = tuple(came(id) for id in named if id not in known)
    return Record(practice=PRACTICE, returns=(*returns, *made), answers=histories)


def practice_with(folder: Path, held: Record | None) -> Path:
    """Write the small sample into a folder, with a record beside it."""
    path = samples.written(folder, samples.SAMPLES["small"].read_text("utf-8"))
    if held is not None:
        samples.written(folder, record_text(held), NAME)
    return path


def plan_with(folder: Path, held: Record | None) -> tuple[Plan, Library]:
    """Return the plan of the small sample with a record, as a person's files give it."""
    case, library = samples.case_of(practice_with(folder, held))
    return plan_only(case, samples.TODAY), library

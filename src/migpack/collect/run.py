"""Returned files in, the record with their answers out: one run of 'migpack collect', told line by line, written at the end.

Reads and judges everything first; the record is written once, whole, or not at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from migpack.collect import review
from migpack.collect.answers import CROPS, File, Taken, take
from migpack.collect.gather import gather
from migpack.collect.returned import Found, Unreadable
from migpack.fillable import IssuedForm
from migpack.record import Answer, Record, Return

Ask = Callable[[str, str], str | None]


@dataclass
class Collected:
    """What a run found: the record as it is now, what each file gave, the pages that a person should look at, and what failed."""

    record: Record
    taken: list[tuple[str, Taken]] = field(default_factory=list)
    private: dict[str, bytes] = field(default_factory=dict)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def reviews(self) -> list[str]:
        """Return the review pages of this run, as paths below the practice's folder."""
        return [name for name in self.private if name.endswith(".html")]


def collect(
    paths: Iterable[Path],
    forms: Mapping[str, IssuedForm],
    record: Record,
    practice: tuple[str, str],
    today: dt.date,
    ask: Ask | None = None,
) -> Collected:
    """Read returned files into the record; nothing is written.

    Args:
        forms: the forms of the pack as they were issued, by code.
        practice: its ODS code and its name.
        ask: asks a person whether a box is ticked that could not be read: its label and where it stands in, 'yes', 'no' or None out.

    Raises:
        Mistakes: a path that was named does not exist.
    """
    run = Collected(record)
    for read in gather(paths, forms, today):
        if read.problem:
            run.failed.append((read.file.name, read.problem))
        file = replace(read.file, partly_read=any(map(_is_of_no_form, read.found)))
        for found in read.found:
            if _is_of_no_form(found):
                run.failed += [(file.name, said.removeprefix(f"{file.name}, ").removeprefix(f"{file.name} ")) for said in found.said]
            else:
                _take(run, file, _asked(found, forms, ask), forms, practice)
    return run


def _is_of_no_form(found: Found) -> bool:
    """Say whether this only tells of sheets that could not be read."""
    return found.medium == "paper" and not found.identity.code


def _take(run: Collected, file: File, found: Found, forms: Mapping[str, IssuedForm], practice: tuple[str, str]) -> None:
    code, name = practice
    try:
        run.record, taken = take(found, file, forms, code, run.record)
    except Unreadable as error:
        run.failed.append((file.name, str(error)))
        return
    run.taken.append((file.name, taken))
    run.private |= taken.crops
    if found.medium == "paper" and not taken.again:
        run.private[f"{CROPS}/review-{taken.entry.id}.html"] = review.review_page([found], forms, name).encode()


def _asked(found: Found, forms: Mapping[str, IssuedForm], ask: Ask | None) -> Found:
    """Return what was found with a person's answers about the boxes that could not be read."""
    if ask is None or not found.doubtful:
        return found
    told = {name: ask(label, where) for name, label, where in review.questions([found], forms) if name in found.doubtful}
    values = {name: value for name, value in told.items() if value}
    return replace(found, values={**found.values, **values}, doubtful=tuple(n for n in found.doubtful if n not in values))


def lines_of(taken: Taken, most: int = 12) -> list[str]:
    """Return in words what a return gave, as it is told to the person who collects."""
    entry, form = taken.entry, taken.form
    count = f"{len(taken.answers)} answer{'' if len(taken.answers) == 1 else 's'}"
    head = f"{form.title}, {entry.version} ({entry.id}): " + ("nothing new" if taken.again or not taken.answers else count)
    lines = [head, *(f"  {said}" for said in taken.said)]
    shown = [] if form.holds_patient_data else list(taken.answers.items())
    lines += [f"  {_label(form, name)}: {_shown(answer)}" for name, answer in shown[:most]]
    lines += [f"  and {len(shown) - most} more"] if len(shown) > most else []
    lines += [f"  signature of {signature.by or signature.field}: {_STATES[signature.state]}" for signature in entry.signatures]
    return lines + [f"  {note}" for note in entry.notes]


_STATES = {
    "ink": "signed with a pen",
    "intact": "signed digitally, and the file has not been changed since",
    "broken": "signed digitally, but the file has been changed since, or the signature cannot be trusted",
    "unchecked": "signed digitally; not checked, since that needs 'pip install migpack[signatures]'",
}


def _label(form: IssuedForm, name: str) -> str:
    known = form.field(name)
    return known.title if known else name


def _shown(answer: Answer) -> str:
    words = "(handwriting, kept as a picture)" if answer.crop else _short(answer.value)
    words = words or ("(emptied)" if answer.confirmed else "(not read for sure)")
    by = f", {answer.by}" if answer.by else ""
    return f"{words} [{answer.on}{by}]{'' if answer.confirmed else ' to confirm'}"


def _short(words: str, most: int = 90) -> str:
    line = words.replace("\n", " / ")
    return line if len(line) <= most else f"{line[: most - 1]}\N{HORIZONTAL ELLIPSIS}"


def disagreement(record: Record, field: str) -> str:
    """Return in words who says what in a field on which answers differ, and how to decide, for people who have to."""
    said = "; ".join(_who_says(record, answer) for answer in record.conflicts()[field])
    return f"answers differ on {field}: {said} \N{EM DASH} decide with --resolve {field}=VALUE --by NAME"


def _who_says(record: Record, answer: Answer) -> str:
    entry: Return = record.came(answer.source)
    said = f"'{_short(answer.value) or '(empty)'}' says {answer.by or 'somebody'} on {answer.on}"
    return f"{said} in {entry.file or 'a return'} ({entry.id})"

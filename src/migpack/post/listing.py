"""Letters and rows of the ledger → tables for a terminal, and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Sequence

from migpack.filters import short_day
from migpack.post.ledger import STATES, Entry
from migpack.post.letters import Letter
from migpack.post.outbox import Outbox, entry_of
from migpack.post.run import Standing, standing
from migpack.problems import Mistakes, Place, Problem, did_you_mean
from migpack.screen import Table

_COLUMNS = "id recipient row document purpose version status by told_on planned_at sending_at ended_at message_id answer facts".split()
# A spreadsheet takes a cell that starts like this for a formula.
_FORMULA = ("=", "+", "-", "@")


def plan_table(outbox: Outbox, letters: Sequence[Letter], refused: Collection[str], known: Iterable[Entry], *, early: bool) -> Table:
    """Return what would become of each letter."""
    rows = list(known)
    today = outbox.prepared.today
    lines = []
    for letter in letters:
        state, row = standing(entry_of(letter), rows)
        shown = f"{state} {row.told_on}" if row else str(state)
        if letter.name in refused:
            shown = "may not be sent"
        elif state is Standing.NEW and letter.due > today and not early:
            shown = "not due yet"
        lines.append((short_day(letter.due), letter.name, letter.to.title, letter.to.address, shown))
    return "Letters by e-mail", ("Due", "Letter", "To", "Address", "Stands as"), lines


def filtered(
    entries: Iterable[Entry], statuses: Collection[str], documents: Collection[str], recipients: Collection[str]
) -> tuple[Entry, ...]:
    """Return the rows that have one of these statuses, documents and recipients; all where none is named.

    Raises:
        Mistakes: a word names nothing that the ledger has, or no status.
    """
    rows = tuple(entries)
    names = [(row.document, row.document.partition(".")[0]) for row in rows]
    known = {
        "--status": set(STATES),
        "--document": {name for both in names for name in both},
        "--recipient": {row.recipient for row in rows},
    }
    asked = {"--status": statuses, "--document": documents, "--recipient": recipients}
    problems = [
        Problem(
            Place(option), f"no row has '{word}'" if option != "--status" else f"no status is called '{word}'", did_you_mean(word, there)
        )
        for option, there in known.items()
        for word in asked[option]
        if word not in there and (rows or option == "--status")
    ]
    if problems:
        raise Mistakes(problems)
    return tuple(
        row
        for row, name in zip(rows, names, strict=True)
        if (not statuses or row.status in statuses)
        and (not documents or set(name) & set(documents))
        and (not recipients or row.recipient in recipients)
    )


def ledger_table(entries: Iterable[Entry]) -> Table:
    """Return rows of the ledger for reading."""
    heads = ("No", "When", "By", "Document", "To", "Status", "Answer, or why")
    return "Ledger", heads, [
        (str(e.id), e.told_on or e.planned_at[:10], e.by, e.document, f"row {e.row}" if e.row else e.recipient, e.status, e.answer)
        for e in entries
    ]  # fmt: skip


def csv_text(entries: Iterable[Entry]) -> str:
    """Return rows of the ledger as CSV that no spreadsheet takes for formulas."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        values = {name: getattr(entry, name) for name in _COLUMNS} | {"facts": json.dumps(dict(entry.facts), sort_keys=True)}
        writer.writerow(_safe(str(value)) for value in values.values())
    return out.getvalue()


def _safe(cell: str) -> str:
    shown = "".join(letter if letter.isprintable() else " " for letter in cell)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown

"""A letter that went another way → its row in the ledger, with the days that it told.

What it told is known only if the practice file still gives the words of the pack's letter, so a letter that has changed since is refused.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from migpack.model import Page
from migpack.post.judge import Pack, differs
from migpack.post.ledger import PATIENTS, Entry, opened
from migpack.post.letters import facts_told
from migpack.post.outbox import Outbox, entry_of, selected
from migpack.problems import Place, mistake


def record(outbox: Outbox, practice_folder: Path, name: str, to: str, by: str, on: dt.date) -> str:
    """Write a letter into the ledger as sent and return it in words.

    Args:
        name: the letter as lists name it, or a document for patients.
        to: its recipient, '' where there is only one.

    Raises:
        Mistakes: there is no such letter, or it has changed since the pack was built.
    """
    pages = {page.document.id: page for page in outbox.prepared.pages}
    page = pages.get(name)
    if page and page.document.spec.audience == PATIENTS and not any(letter.document.id == name for letter in outbox.letters):
        _refuse_changed(page, outbox.pack)
        facts = facts_told(outbox.prepared.plan, page, None)
        entry = Entry(PATIENTS, name, PATIENTS, page.content_hash, version=page.version, facts=facts)
    else:
        letters = selected(outbox, [name], [to] if to else [], asked="sent")
        if len(letters) != 1:
            who = ", ".join(letter.to.id for letter in letters) or "nobody"
            raise mistake(Place(name), f"this letter goes to {who}", "name one of them with --to")
        _refuse_changed(letters[0].page, outbox.pack)
        entry = entry_of(letters[0])
    _write(practice_folder, replace(entry, status="sent", by=by, told_on=str(on)))
    return f"{entry.document} to {entry.recipient}, by {by} on {on}"


def _refuse_changed(page: Page, pack: Pack) -> None:
    if differs(page, pack):
        what = "the practice file has changed since this letter was made, so the dates that it told are not known"
        write = "record a letter before you change the dates, or put the practice file back for this one command"
        raise mistake(Place(page.document.id), what, write)


def _write(practice_folder: Path, entry: Entry) -> None:
    """Write a letter down as sent: for patients, those who were to be printed for where an earlier run has named them."""
    with opened(practice_folder) as ledger:
        waiting = [row for row in ledger.entries() if row.status == "to_print" and row.document == entry.document]
        if entry.recipient == PATIENTS and waiting:
            for row in waiting:
                ledger.set(row.id, status="sent", told_on=entry.told_on, by=entry.by)
        elif known := ledger.find(entry.key):
            ledger.set(known.id, status="sent", by=entry.by, told_on=entry.told_on)
        else:
            ledger.add([entry])

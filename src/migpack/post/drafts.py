"""Letters in, a folder of unsent messages out: one .eml a letter and a page that lists them in the order of sending.

Mail programs open an .eml as a message to look at and send; nothing leaves the machine before that. Files are for their owner only.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from migpack.post.ledger import Entry
from migpack.post.letters import Letter
from migpack.post.message import draft, safe_name
from migpack.post.outbox import Outbox, entry_of, words_of
from migpack.post.run import standing
from migpack.problems import Place, Problem, mistake, typed
from migpack.render import render_web_page
from migpack.write.folder import cannot_write, swap_in

INDEX = "index.html"
_MARK = ".migpack-drafts"


@dataclass(frozen=True)
class Drafted:
    """Files by name, the index page among them; why some letters have none; and how many drafts there are."""

    files: tuple[tuple[str, bytes], ...]
    refused: tuple[Problem, ...]
    count: int


def draft_letters(outbox: Outbox, letters: Sequence[Letter], known: Iterable[Entry]) -> Drafted:
    """Return the drafts of letters and their index page, in memory; drafts of documents that are not final say so in their subject."""
    objections = {letter.name: outbox.objection(letter, draft_allowed=True) for letter in letters if letter.to.address}
    good = [letter for letter in letters if letter.to.address and not objections[letter.name]]
    names = {letter.name: file_name(number, letter.name) for number, letter in enumerate(good, 1)}
    files = [(names[letter.name], draft(words)) for letter, words in zip(good, words_of(outbox, good), strict=True)]
    refused = tuple(problem for problem in objections.values() if problem)
    rows = list(known)
    more = {
        "file": typed(outbox.case.name),
        "settle": [one for one in outbox.case.content.mailings.settle if not one.patients],
        "as_of": outbox.case.content.mailings.limits.as_of,
        "drafts_of_drafts": any(letter.page.draft for letter in good),
        "rows": [_row(letter, rows) | {"file": names[letter.name]} for letter in good],
        "refused": [{"id": problem.place.file, "what": problem.what, "write": problem.write} for problem in refused],
        "by_post": [_row(letter, rows) for letter in letters if not letter.to.address],
    }
    prepared = outbox.prepared
    page = render_web_page(prepared.plan, prepared.library, prepared.today, "emails/index.html", "Letters to send by e-mail", more)
    return Drafted((*files, (INDEX, page.encode())), refused, len(good))


def write_drafts(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write a folder of drafts in the place of the last one, whole or not at all; return how many files there are.

    Raises:
        Mistakes: the folder holds something else, or cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and ((folder / _MARK).is_file() or not any(folder.iterdir()))):
        raise mistake(Place(str(folder)), "this is not a folder of drafts, so it is not replaced", "name another folder with --out")
    staged = folder.with_name(f"{_MARK}-{folder.name}-{os.getpid()}")
    count = 0
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700)
        for name, data in (*files, (_MARK, b"Made by 'migpack drafts', which replaces this folder.\n")):
            with os.fdopen(os.open(staged / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(data)
            count += 1
        swap_in(staged, folder)
    except OSError as error:
        raise cannot_write(folder, error) from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return count - 1


def file_name(number: int, name: str) -> str:
    """Return the name of a draft: its place in the order of sending, then what it is."""
    return f"{number:03}-{safe_name(name.replace('_', '-').replace('.', '-'))}.eml"


def _row(letter: Letter, known: Sequence[Entry]) -> dict[str, object]:
    state, row = standing(entry_of(letter), known)
    shown = {"to send": "draft, not final" if letter.page.draft else "to send"}.get(str(state), f"{state} {row.told_on if row else ''}")
    to = letter.to
    return {
        "due": letter.due,
        "id": letter.name,
        "title": letter.document.title,
        "to": to.title if to.title == to.name or not to.name else f"{to.name}, {to.title}",
        "address": to.address,
        "standing": shown,
    }

"""A letter and the pack as it lies on the disk → why that letter may not be sent, or its attachments.

The manifest says how each file was made and what each document said: a letter is sent only if its files are those, and if the practice file
would still give the same words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from migpack.manifest import Last, digest
from migpack.model import Page
from migpack.post.letters import Letter
from migpack.problems import Place, Problem, mistake

_IN_BASE64 = 1.37  # an attachment grows by this on its way
_MB = 1_000_000


@dataclass(frozen=True)
class Pack:
    """A built pack: its folder and what its manifest says."""

    folder: Path
    last: Last


def judge(letter: Letter, pack: Pack, attachment_mb: int) -> Problem | None:
    """Return why a letter may not be sent as it is, or None; a draft is told by `is_draft`, its day by `is_late`."""
    found = next(_objections(letter, pack, attachment_mb), None)
    return Problem(Place(letter.name), *found) if found else None


def is_draft(page: Page) -> Problem | None:
    """Return why a document that is not final may not be sent."""
    if not page.draft:
        return None
    return Problem(Place(page.document.id), "this document is a draft", f"make it final: build with --final {page.document.id}")


def is_late(letter: Letter, today: dt.date) -> Problem | None:
    """Return why a letter may not be sent any more."""
    if letter.until is None or today < letter.until:
        return None
    return Problem(Place(letter.name), f"this was for the days before {letter.until}", "leave it; the next letter tells what holds now")


def attachments(letter: Letter, pack: Pack) -> Mapping[str, bytes]:
    """Return the files of a letter by their paths in the pack.

    Raises:
        Mistakes: one of them is not as it was made.
    """
    files = {name: (pack.folder / name).read_bytes() for name in letter.files}
    for name, data in files.items():
        if digest(data) != pack.last.files[name]["sha256"]:
            raise mistake(Place(name), "this file was changed while letters were being sent", "run this again")
    return files


def differs(page: Page, pack: Pack) -> str:
    """Return why a page is not the one in the pack, or ''."""
    made = pack.last.documents.get(page.document.id)
    if made is None:
        return "this document is not in the pack"
    return "" if made["content"] == page.content_hash else "the practice file has changed since this letter was made"


def _objections(letter: Letter, pack: Pack, attachment_mb: int) -> Iterator[tuple[str, str]]:
    document = letter.document
    build = f"build the pack again, for example with --only {document.id}"
    if document.spec.holds_patient_data:
        yield "this document is made to hold patients' details, which leave the practice by no e-mail", "take it out of the mailings"
    if not_in_pack := differs(letter.page, pack):
        yield not_in_pack, build
    yield from _edited(letter, pack, build)
    size = sum((pack.folder / name).stat().st_size for name in letter.files) * _IN_BASE64 / _MB
    if size > attachment_mb:
        what = f"its attachments make a message of {size:.1f} MB, and at most {attachment_mb} MB may be sent"
        yield what, "send it another way, or raise mail: attachment_mb: if every server on the way takes more"
    if letter.fill_in:
        yield "this letter has places to be filled in by hand", f"fill in {document.path}.docx and send it from your own mailbox"


def _edited(letter: Letter, pack: Pack, build: str) -> Iterator[tuple[str, str]]:
    """Find files of the document, attached or not, that are missing or are not those that were made."""
    for name in letter.files:
        if name not in pack.last.files or not (pack.folder / name).is_file():
            yield f"{name} is not in the pack", build
    for name, entry in pack.last.files.items():
        if entry.get("document") != letter.document.id:
            continue
        path = pack.folder / name
        if entry.get("beside") or (path.is_file() and digest(path.read_bytes()) != entry["sha256"]):
            changed = entry.get("beside") or name
            yield (
                f"somebody has changed {changed}, so its PDF and its Word file say different things",
                "put your words into the practice file or the template and build with --replace, or send yours from your own mailbox",
            )

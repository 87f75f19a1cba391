"""A practice file and its built pack in, the letters that can be sent out: with what stands in their way, and as e-mails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from migpack.library import Library
from migpack.manifest import NOTHING, read_last
from migpack.model import Case
from migpack.pack import Prepared, plan_only, prepare
from migpack.plan import Wanted
from migpack.post.judge import Pack, attachments, is_draft, is_late, judge
from migpack.post.ledger import Entry
from migpack.post.letters import Letter, addresses, mailed_documents, plan_letters
from migpack.post.message import Sender, Words, readable_address
from migpack.post.run import Item
from migpack.problems import Mistakes, Place, Problem, did_you_mean, mistake, typed
from migpack.render import render_emails

_DRAFT = "DRAFT, not to be sent: "


@dataclass(frozen=True)
class Outbox:
    """The letters of a practice in the order of sending, over the pack that they are taken from."""

    prepared: Prepared
    pack: Pack
    letters: tuple[Letter, ...]
    attachment_mb: int

    @property
    def case(self) -> Case:
        """The practice."""
        return self.prepared.plan.case

    def objection(self, letter: Letter, *, draft_allowed: bool = False) -> Problem | None:
        """Return why a letter may not be sent, or None."""
        found = judge(letter, self.pack, self.attachment_mb) or is_late(letter, self.prepared.today)
        return found or (None if draft_allowed else _named(letter, is_draft(letter.page))) or self._unreachable(letter)

    def _unreachable(self, letter: Letter) -> Problem | None:
        try:
            readable_address(letter.to.address)
        except ValueError as error:
            return Problem(self.case.place(*letter.to.path.split(".")), str(error).partition(" \N{EM DASH} ")[0], "write another address")
        return None


def _named(letter: Letter, problem: Problem | None) -> Problem | None:
    return replace(problem, place=Place(letter.name)) if problem else None


def open_outbox(case: Case, library: Library, today: dt.date, folder: Path, only: Collection[str] = ()) -> Outbox:
    """Return the letters of a practice; `only` are documents or letters by their names, others need not be worked out.

    Raises:
        Mistakes: there is no pack in the folder, or the practice file has a mistake.
    """
    last = read_last(folder)
    if last == NOTHING:
        raise mistake(Place(str(folder)), "there is no pack here to send letters from", f"run: migpack build {typed(case.name)}")
    case = case.after(last.issue, last.issued, last.before, last.first)
    plan = plan_only(case, today)
    ids = mailed_documents(plan, only) | {document.id for document in plan.every_document if document.id in only}
    prepared = prepare(case, library, today, Wanted(only=ids))
    limits, mail = case.content.mailings.limits, case.file.mail
    return Outbox(
        prepared,
        Pack(folder, last),
        plan_letters(prepared.plan, prepared.pages),
        (mail and mail.attachment_mb) or limits.attachment_mb,
    )


def selected(outbox: Outbox, only: Iterable[str], to: Iterable[str], *, asked: str = "--only") -> tuple[Letter, ...]:
    """Return the letters that are of one of these documents and to one of these recipients; all where none is named.

    Raises:
        Mistakes: a document is not among the letters, or a recipient is not in the practice file.
    """
    names = [{letter.name, letter.document.id, letter.document.spec.id} for letter in outbox.letters]
    boxes = [{letter.to.id, letter.to.address.lower()} - {""} for letter in outbox.letters]
    problems = [
        Problem(Place(asked), f"no letter is called '{word}'", did_you_mean(word, set().union(*names)))
        for word in only
        if not any(word in known for known in names)
    ]
    known_addresses = {address.lower() for address in addresses(outbox.prepared.plan)}
    for word in to:
        if not any(word in known or word.lower() in known for known in boxes):
            what = "no letter goes to" if word.lower() in known_addresses else "the practice file does not know"
            problems.append(Problem(Place("--to"), f"{what} '{word}'", did_you_mean(word, set().union(*boxes))))
    if problems:
        raise Mistakes(problems)
    chosen = zip(outbox.letters, names, boxes, strict=True)
    wanted, people = set(only), {word.lower() for word in to}
    return tuple(letter for letter, name, box in chosen if (not wanted or wanted & name) and (not people or people & box))


def entry_of(letter: Letter) -> Entry:
    """Return a letter's row of the ledger, not yet written."""
    return Entry(
        letter.to.id, letter.document.id, letter.mailing.id, letter.page.content_hash, version=letter.page.version, facts=letter.facts
    )


def words_of(outbox: Outbox, letters: Sequence[Letter]) -> Iterator[Words]:
    """Yield the e-mail around each letter, with its attachments."""
    plan, known = outbox.prepared.plan, outbox.prepared
    contexts = [_context(outbox, letter) for letter in letters]
    for letter, context, html in zip(letters, contexts, render_emails(plan, known.library, known.today, contexts), strict=True):
        files = {_attached(outbox, letter, name): data for name, data in attachments(letter, outbox.pack).items()}
        yield Words(letter.to.name, letter.to.address, str(context["subject"]), html, files)


def items_of(outbox: Outbox, letters: Sequence[Letter]) -> tuple[Item, ...]:
    """Return letters as a run sends them; the words of each are made when it is its turn."""

    def words(letter: Letter) -> Words:
        return next(words_of(outbox, (letter,)))

    return tuple(Item(entry_of(letter), letter.name, letter.to.address, partial(words, letter)) for letter in letters)


def as_test(item: Item, address: str) -> Item:
    """Return an item that goes to one's own address instead, and says so."""

    def words() -> Words:
        real = item.words()
        return replace(real, to_name="", to_address=address, subject=f"[Test, for {item.label}] {real.subject}")

    return replace(item, address=address, words=words)


def sender_of(case: Case) -> Sender:
    """Return from whom this practice's messages come.

    Raises:
        Mistakes: the practice file does not say.
    """
    mail = case.file.mail
    if mail is None:
        raise mistake(case.place("mail"), "the practice file names no mail server", "write mail: {host: …, user: …, sender: …}")
    return Sender(mail.sender_name or case.file.practice.name, mail.sender, mail.reply_to or "")


def _context(outbox: Outbox, letter: Letter) -> dict[str, object]:
    subject = f"{outbox.case.file.practice.name}: {letter.mailing.subject}"
    return {
        "subject": (_DRAFT if letter.page.draft else "") + subject,
        "heading": letter.mailing.subject[:1].upper() + letter.mailing.subject[1:],
        "name": letter.to.name,
        "text": letter.mailing.text,
        "attached": [{"file": _attached(outbox, letter, name), "about": _about(letter, name)} for name in letter.files],
    }


def _about(letter: Letter, name: str) -> str:
    fill_in = "fill in, " if letter.document.spec.fillable else ""
    return "the same as a Word file, to fill in and send back" if name.endswith(".docx") else f"a PDF, to {fill_in}read or print"


def _attached(outbox: Outbox, letter: Letter, name: str) -> str:
    """Return what an attachment is called where it arrives: from whom it is, and which letter."""
    what = name.rpartition("/")[2].lstrip("0123456789-")
    return f"{outbox.pack.folder.name}-{what}"

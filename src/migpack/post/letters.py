"""A plan and its pages in, the letters that go by e-mail out: which document, to whom, on which day, with which words. Pure.

Who is written to, and when, is said in checklists/mailings.yaml. Every address comes from the practice file.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from migpack import filters
from migpack.mailings import Mailing
from migpack.model import Page, Party, Plan, PlannedDocument
from migpack.timeline import due_date

_BLANK = 'class="fill"'
_TAG, _VALUE = re.compile(r"<[^>]*>"), re.compile(r' value="([^"]*)"')
_DAY = re.compile(r"(?<!\d)\d{1,2} [A-Z][a-z]+ \d{4}")


@dataclass(frozen=True)
class Mailbox:
    """Where a letter goes: who it is in the ledger, the name in the greeting, the address ('' where none is known), and its place in the
    practice file."""

    id: str
    name: str
    title: str
    address: str
    path: str


@dataclass(frozen=True)
class Letter:
    """A letter that goes by e-mail.

    `files` are its attachments as paths inside the pack; `facts` are the days that it tells; `fill_in` says that people must write into it
    first. From `until` on it would say what is no longer so.
    """

    mailing: Mailing
    page: Page
    to: Mailbox
    due: dt.date
    facts: Mapping[str, str]
    files: tuple[str, ...]
    fill_in: bool
    until: dt.date | None = None

    @property
    def document(self) -> PlannedDocument:
        """The document of the pack."""
        return self.page.document

    @property
    def name(self) -> str:
        """What the command line and file names call it."""
        return self.document.id if self.document.subject == self.to.id else f"{self.document.id}.{self.to.id}"


def mailed_documents(plan: Plan, only: Collection[str] = ()) -> frozenset[str]:
    """Return the ids of the documents of a practice's pack that are sent to somebody; of those, the ones that `only` may mean, if any."""
    every = [document for _, document in _mailed(plan)]
    meant = [d for d in every if any(word in (d.id, d.spec.id) or word.startswith(f"{d.id}.") for word in only)]
    return frozenset(document.id for document in meant or every)


def plan_letters(plan: Plan, pages: tuple[Page, ...]) -> tuple[Letter, ...]:
    """Return the letters in the order of sending; one whose recipient has no address must go another way.

    Who was told a day that has changed gets the letter with the new dates, and not once more the letter that told the old one.
    """
    page_of = {page.document.id: page for page in pages}
    corrected = {(one.recipient, document) for one in plan.case.corrections for document in one.documents}
    letters = [
        _letter(plan, mailing, page_of[document.id], to, party)
        for mailing, document in _mailed(plan)
        if document.id in page_of
        for to, party in _mailboxes(plan, mailing, document)
        if not (party and (to.id, document.id) in corrected)
    ]
    return tuple(sorted(letters, key=lambda letter: (letter.due, letter.document.id, letter.to.id)))


def facts_told(plan: Plan, page: Page, party: Party | None) -> dict[str, str]:
    """Return the days that a page prints, by what they are: milestones, and when the link of the party goes off and comes on.

    A day that two milestones share counts for both, since nothing on the page tells them apart.
    """
    values, words = " ".join(_VALUE.findall(page.html)), _TAG.sub(" ", page.html)
    printed = set(_DAY.findall(" ".join(unescape(f"{words} {values}").split())))
    days = {id: milestone.date for id, milestone in plan.milestones.items()}
    if party:
        days |= {f"{party.id}.{name}": day for name, day in (("off", party.off), ("on", party.on)) if day}
    return {id: str(day) for id, day in sorted(days.items()) if {filters.date(day), f"{day.day} {day:%b %Y}"} & printed}


def addresses(plan: Plan) -> Mapping[str, str]:
    """Return every e-mail address of the practice file with its path there."""
    return dict(_addresses(plan.case.file.model_dump(mode="json"), ""))


def _mailed(plan: Plan) -> Iterator[tuple[Mailing, PlannedDocument]]:
    for mailing in plan.case.content.mailings.mailings:
        if mailing.applies(plan.case.traits):
            for document in plan.every_document:
                if mailing.document in (document.id, document.spec.id) and document.style == "house":
                    yield mailing, document


def _letter(plan: Plan, mailing: Mailing, page: Page, to: Mailbox, party: Party | None) -> Letter:
    files = tuple(f"{page.document.path}.{format}" for format in mailing.attach if format in page.document.formats)
    fill_in = not page.document.spec.fillable and _BLANK in page.html
    passing = mailing.party_day in ("reminded", "off")
    until = (party.on or plan.milestones["go_live"].date) if party and passing else None
    return Letter(mailing, page, to, _due(plan, mailing, party), facts_told(plan, page, party), files, fill_in, until)


def _mailboxes(plan: Plan, mailing: Mailing, document: PlannedDocument) -> Iterator[tuple[Mailbox, Party | None]]:
    """Yield to whom a document goes, each with an address of '' where the practice file has none."""
    parties = [
        party
        for party in plan.parties
        if ("third_party" in mailing.to and party.id == document.subject) or ("kinds" in mailing.to and party.kind in mailing.kinds)
    ]
    numbers = {party.id: number for number, party in enumerate(plan.parties)}
    for party in parties:
        contact = party.contact
        name, address = (contact.name or "", contact.email or "") if contact else ("", "")
        yield Mailbox(party.id, name, party.name, address, f"third_parties.{numbers[party.id]}.contact.email"), party
    places = [path for path in mailing.to if path not in ("third_party", "kinds")]
    found = [_at(plan, path) for path in places]
    if found:
        yield next((box for box in found if box.address), found[0]), None


def _at(plan: Plan, path: str) -> Mailbox:
    """Return the person or contact at a path of the practice file."""
    person: Any = plan.case.file
    for part in path.split("."):
        person = person.get(part) if isinstance(person, dict) else getattr(person, part, None)
    id = path.removeprefix("people.") if path.startswith("people.") else path.removesuffix(".contact").replace(".", "_")
    name, address = (person.name or "", person.email or "") if person else ("", "")
    return Mailbox(id, name, name or id.replace("_", " "), address, f"{path}.email")


def _due(plan: Plan, mailing: Mailing, party: Party | None) -> dt.date:
    """Return the day a letter is due; the series to third parties follows what templates/parts/parties.html prints on it."""
    if mailing.when:
        return due_date(plan.case, plan.milestones, mailing.when, "before")
    assert party
    days = {id: milestone.date for id, milestone in plan.milestones.items()}
    change, on = party.off or days["final_extract"], party.on or days["go_live"]
    reminder = days["third_party_reminder"]
    if not 0 < (change - reminder).days < 9:
        reminder = change - dt.timedelta(weeks=1)
    told = next((one.told_on for one in plan.case.corrections if one.recipient == party.id), party.letter_on)
    all_days = {
        "told": party.letter_on,
        "corrected": told,
        "reminded": reminder,
        "off": change,
        "on": on,
        "complete": max(on, days["reentry_complete"]),
    }
    return all_days[mailing.party_day]


def _addresses(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list | tuple):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, entry in entries:
            yield from _addresses(entry, f"{path}.{key}" if path else str(key))
    elif path.rpartition(".")[2] == "email" and value:
        yield str(value), path

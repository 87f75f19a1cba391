"""Recipients of one letter in, print files, PDFs and Word files out: the letter is laid out once for each way its lines fall, and names are
poured in.

One truth: full layout of the same template. What the fast way is not certain of goes through full layout, and is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from typing import BinaryIO

from migpack.letters.layouts import Compositor
from migpack.letters.merged import write_merged
from migpack.letters.profiles import Profile
from migpack.letters.recipients import Recipient
from migpack.letters.separate import write_separate
from migpack.letters.spliced import WordLetters
from migpack.library import Library
from migpack.model import Page, Plan, PlannedDocument
from migpack.plan import in_style
from migpack.problems import Place, did_you_mean, mistake
from migpack.render import Addressee, PatientLetter
from migpack.write.pdf import Printer


class Press:
    """One letter in one style and profile, compiled once: recipients are poured in."""

    def __init__(self, plan: Plan, library: Library, today: dt.date, *, letter: str, style: str, profile: Profile) -> None:
        self._library, self._profile = library, profile
        self._document = _letter_document(plan, letter, style)
        self._letter = PatientLetter(plan, library, today, self._document, profile.layout)
        self._fields = tuple(field.id for field in plan.case.content.messages.merge_fields)
        self.slow = 0

    def full(self, recipient: Recipient) -> bytes:
        """Return one letter as a tagged PDF, laid out in full."""
        return self._printer.print(self._page(recipient)).data

    def merged(self, recipients: Sequence[Recipient], out: BinaryIO) -> tuple[int, ...]:
        """Write one print file for both sides; return the first page of each recipient's letter, from 1."""
        firsts, self.slow = write_merged(self._compositor, self._page, recipients, out)
        return firsts

    def separate(self, recipients: Sequence[Recipient], out: BinaryIO) -> None:
        """Write a zip of tagged PDFs, 000001.pdf and so on, in order."""
        self.slow = write_separate(self._compositor, self.full, recipients, out)

    def word(self, recipients: Sequence[Recipient], out: BinaryIO) -> None:
        """Write a zip of Word files, 000001.docx and so on, in order."""
        self.slow = self._word.write(recipients, out)

    def _page(self, recipient: Recipient) -> Page:
        return self._letter.page(Addressee(recipient.values, recipient.address))

    @cached_property
    def _printer(self) -> Printer:
        return Printer(self._read)

    @cached_property
    def _compositor(self) -> Compositor:
        return Compositor(self._letter, self._fields, self._printer, self._read)

    @cached_property
    def _word(self) -> WordLetters:
        return WordLetters(self._letter, self._fields, self._read)

    def _read(self, name: str) -> bytes:
        return self._library.read(f"templates/{name}")


def _letter_document(plan: Plan, letter: str, style: str) -> PlannedDocument:
    """Return the letter in this style; one that the catalogue does not list in large print is made so all the same."""
    known = {document.spec.id: document for document in plan.every_document if "mail_merge" in document.spec.styles}
    if letter not in known:
        raise mistake(Place("letter run"), f"this pack has no letter to patients '{letter}'", did_you_mean(letter, known))
    found = next((document for document in plan.every_document if (document.spec.id, document.style) == (letter, style)), None)
    house = next(document for document in plan.every_document if document.spec.id == letter)
    return found or in_style(house, style)

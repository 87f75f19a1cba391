"""Recipients of one letter in; a print file, tagged PDFs and Word files out.

One truth: full layout of the letter's template, as in a pack. The letter is laid out once for each way its lines fall, and what is known of
each patient is poured in; what is not certain to be the same that way goes through full layout, and is counted.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import BinaryIO

from migpack.letters.columns import read_known
from migpack.letters.fitting import Fitting
from migpack.letters.layouts import Compositor
from migpack.letters.merged import write_merged
from migpack.letters.pattern import fields_asked
from migpack.letters.profiles import NAME as PROFILES
from migpack.letters.profiles import Profile
from migpack.letters.recipients import LeftOut, Recipient
from migpack.letters.separate import TooLarge, write_separate
from migpack.letters.spliced import WordLetters
from migpack.letters.trial import VERIFIED, passes
from migpack.library import Library
from migpack.model import Page, Plan, PlannedDocument
from migpack.plan import in_style
from migpack.problems import Place, did_you_mean, mistake
from migpack.render import Addressee, PatientLetter
from migpack.write.pdf import Printer


class Press:
    """One letter in one style and profile, laid out once: recipients are poured in.

    Attributes:
        fields: merge fields that the letter prints besides the address.
        slow: how many of the recipients last poured went through full layout.
        notice: what a person should know about how the letters are made, '' where nothing.
    """

    def __init__(self, plan: Plan, library: Library, today: dt.date, *, letter: str, style: str, profile: Profile) -> None:
        """Take the letter.

        Raises:
            Mistakes: the pack has no such letter, its template has a mistake, or it is longer than the profile allows.
        """
        self._library, self._profile = library, profile
        self._letter = PatientLetter(plan, library, today, _letter_document(plan, letter, style), profile.layout)
        self._names = tuple(field.id for field in plan.case.content.messages.merge_fields)
        self.fields = fields_asked(self._letter, self._names)
        self.slow, self.notice = 0, ""
        self._trusted = False

    def problems(self, recipients: Iterable[Recipient]) -> Iterator[LeftOut]:
        """Yield the recipients whose letter cannot be set, in order, each with a reason."""
        return self._fitting.problems(recipients)

    def full(self, recipient: Recipient) -> bytes:
        """Return one letter as a tagged PDF, laid out in full."""
        return self._printer.print(self.page(recipient)).data

    def merged(self, recipients: Sequence[Recipient], out: BinaryIO) -> tuple[int, ...]:
        """Write one print file, each letter starting on a front; return the first page of each recipient's letter, from 1."""
        self._try(recipients)
        firsts, self.slow = write_merged(self._compositor, self.page, recipients, out)
        return firsts

    def separate(self, recipients: Sequence[Recipient], out: BinaryIO) -> None:
        """Write a zip of tagged PDFs, 000001.pdf and so on, in order.

        Raises:
            Mistakes: a letter has more bytes than the profile's service takes, as one with a large logo may; the zip is not whole then.
        """
        self._try(recipients)
        most = self._profile.most_bytes
        try:
            self.slow = write_separate(self._compositor, self.full, recipients, out, most_bytes=most or math.inf)
        except TooLarge as found:
            what = f"a letter has {found.size:,} bytes, and {self._profile.title} takes {most:,}"
            raise mistake(Place(PROFILES), what, "use a smaller logo, or choose another profile") from None

    def word(self, recipients: Sequence[Recipient], out: BinaryIO) -> None:
        """Write a zip of Word files, 000001.docx and so on, in order."""
        self.slow = self._word.write(recipients, out)

    def full_word(self, recipient: Recipient) -> bytes:
        """Return one letter as a Word file, written in full."""
        return self._word.full(recipient)

    def page(self, recipient: Recipient) -> Page:
        """Return the page of one letter."""
        return self._letter.page(Addressee(recipient.values, recipient.address))

    def _try(self, recipients: Sequence[Recipient]) -> None:
        """See once, with a version of WeasyPrint that was not verified, whether letters may be poured."""
        if self._trusted or self._printer.version == VERIFIED:
            return
        self._trusted = True
        if not passes(self._compositor, self.page, recipients):
            self._compositor.distrust(f"this version of WeasyPrint ({self._printer.version}) draws pages in another way")
            self.notice = f"Each letter is laid out in full, which is slow: {self._compositor.why_not}."

    @cached_property
    def _fitting(self) -> Fitting:
        rules = {rule.id: rule for rule in read_known(self._library).left_out}
        return Fitting(self._compositor, self._printer, self._profile, rules)

    @cached_property
    def _printer(self) -> Printer:
        return Printer(self._read)

    @cached_property
    def _compositor(self) -> Compositor:
        made = Compositor(self._letter, self._names, self._printer, self._read)
        if made.why_not:
            self.notice = f"Each letter is laid out in full, which is slow: {made.why_not}."
        most = self._profile.most_pages
        if most and (pages := made.page_count) > most:
            raise mistake(
                Place(PROFILES), f"the letter has {pages} pages, and {self._profile.title} takes {most}", "choose another profile"
            )
        return made

    @cached_property
    def _word(self) -> WordLetters:
        return WordLetters(self._letter, self._names, self._read)

    def _read(self, name: str) -> bytes:
        return self._library.read(f"templates/{name}")


def _letter_document(plan: Plan, letter: str, style: str) -> PlannedDocument:
    """Return the letter in this style; one that the catalogue does not list in large print is made so all the same."""
    known = {document.spec.id for document in plan.every_document if "mail_merge" in document.spec.styles}
    if letter not in known:
        raise mistake(Place("letter run"), f"this pack has no letter to patients '{letter}'", did_you_mean(letter, known))
    styles = {document.style: document for document in plan.every_document if document.spec.id == letter}
    if style not in styles and "house" not in styles:
        raise mistake(Place("letter run"), f"the letter '{letter}' has no style '{style}'", f"choose {' or '.join(styles)}")
    return styles.get(style) or in_style(styles["house"], style)

"""A letter to patients as the body of an e-mail: rendered once, then filled with what one patient's letter says.

Words of a list enter the finished page only here, escaped; none is run as a template.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from markupsafe import Markup

from migpack.letters.recipients import Recipient
from migpack.library import Library
from migpack.manifest import NOTHING, read_last
from migpack.model import Case, Page
from migpack.pack import Prepared, prepare
from migpack.plan import Wanted
from migpack.post.judge import Pack, differs, is_draft
from migpack.post.ledger import PATIENTS, Entry
from migpack.post.letters import facts_told
from migpack.post.message import Words
from migpack.problems import Place, Problem, mistake, typed
from migpack.render import render_emails

_BODY = re.compile(r"<body[^>]*>\n?(.*)</body>", re.DOTALL)
# The address is for the envelope, an e-mail has its own date, and most mail programs show no picture.
_APART = re.compile(r'<div class="recipient">.*?</div>\n?|<p class="(?:draft-mark|date)"[^>]*>.*?</p>\n?|<img [^>]*>\n?', re.DOTALL)
_BLANK = 'class="fill"'
_MERGED = re.compile(r'<span class="merge" data-key="([a-z_0-9]+)"></span>')


@dataclass(frozen=True)
class PatientEmail:
    """A letter to patients ready to be filled: `page` is the letter as printed, `html` the e-mail with a mark for each merge field."""

    prepared: Prepared
    pack: Pack
    page: Page
    subject: str
    html: str

    @property
    def facts(self) -> dict[str, str]:
        """The days that the letter tells everybody."""
        return facts_told(self.prepared.plan, self.page, None)

    def entry(self, list_hash: str) -> Entry:
        """Return what the rows of the ledger for this letter to the patients of a list have in common."""
        page, id = self.page, self.page.document.id
        return Entry(PATIENTS, id, PATIENTS, page.content_hash, version=page.version, facts=self.facts, list_hash=list_hash)

    @property
    def fields(self) -> tuple[str, ...]:
        """The merge fields that the letter prints."""
        return tuple(dict.fromkeys(_MERGED.findall(self.html)))

    def objection(self) -> Problem | None:
        """Return why this letter may not be sent, or None."""
        if what := differs(self.page, self.pack):
            return Problem(Place(self.page.document.id), what, "build the pack again")
        if _BLANK in self.html:
            what = "this letter has places to be filled in by hand"
            return Problem(Place(self.page.document.id), what, "send it on paper ('migpack letters make')")
        return is_draft(self.page)

    def says(self, one: Recipient) -> tuple[str, ...]:
        """Return what the letter says to one patient alone, names apart: whoever is told something new is told again."""
        return (self.page.content_hash, *(one.values.get(field, "") for field in self.fields if field != "full_name"))

    def words(self, one: Recipient, pdf: bytes | None = None) -> Words:
        """Return the e-mail to one patient, with the printed letter where it is given."""
        html = _MERGED.sub(lambda found: escape(one.values.get(found[1], "")), self.html)
        return Words("", one.email, self.subject, html, {"letter.pdf": pdf} if pdf else {})


def open_patient_email(case: Case, library: Library, today: dt.date, folder: Path, letter: str) -> PatientEmail:
    """Return a letter to patients, over the pack that it was issued in.

    Raises:
        Mistakes: there is no pack, or the letter is none for patients.
    """
    last = read_last(folder)
    if last == NOTHING:
        raise mistake(Place(str(folder)), "there is no pack here to send letters from", f"run: migpack build {typed(case.name)}")
    prepared = prepare(case.after(last.issue, last.issued, last.before, last.first), library, today, Wanted(only=frozenset({letter})))
    pages = {page.document.id: page for page in prepared.pages}
    page = pages.get(letter)
    if page is None or page.document.spec.audience != "patients" or page.document.spec.fillable:
        raise mistake(Place("--letter"), f"'{letter}' is no letter to patients", "name one such as letter_repeats")
    merged = pages.get(f"{letter}.mail_merge", page)
    found = _BODY.search(merged.html)
    assert found
    mailings, practice = case.content.mailings, case.file.practice
    subject = f"{practice.patient_name}: {mailings.patients_subject}"
    words = {"subject": subject, "words": Markup(_APART.sub("", found[1]))}
    html = next(render_emails(prepared.plan, library, today, [words]))
    return PatientEmail(prepared, Pack(folder, last), page, subject, html)

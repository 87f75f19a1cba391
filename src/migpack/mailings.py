"""What checklists/mailings.yaml holds: which documents go out by e-mail, to whom and when, and what must be settled before."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from migpack.content import Conditional, Content, Ids, OffsetText, Texts
from migpack.values import Date, Id, Line, Prose


class Mailing(Conditional):
    """A document that goes by e-mail, with the words of that e-mail.

    `document` is its id in the catalogue, or that of one subject of it. `to` are dotted paths of the practice file, of which the first
    that has an e-mail address counts; 'third_party' is the one that the document is for, 'kinds' each of those. It is due on `when`, or on
    the `party_day` of the third party: 'corrected' is the day on which it was told what is no longer so, hence at once.
    """

    id: Id
    document: str
    to: tuple[
        Annotated[str, Field(pattern=r"^(third_party|kinds|people\.[a-z_]+|(icb|delivery_partner|systems\.(current|new))\.contact)$")], ...
    ]
    kinds: Ids = ()
    attach: tuple[Literal["pdf", "docx"], ...] = ("pdf",)
    when: OffsetText | None = None
    party_day: Literal["", "told", "corrected", "reminded", "off", "on", "complete"] = ""
    subject: Line
    text: Texts
    sources: Ids

    @model_validator(mode="after")
    def _has_one_day(self) -> Mailing:
        if (self.when is None) == (not self.party_day):
            raise ValueError("a mailing needs the day it is due \N{EM DASH} write when: or party_day:, one of them")
        return self


class MailLimits(Content):
    """What a mail server takes where the practice has not said otherwise."""

    attachment_mb: int
    rate_per_minute: int
    as_of: Date
    note: Prose
    sources: Ids


class ToSettle(Content):
    """What a practice must settle before it sends anything by e-mail."""

    id: Id
    text: Prose
    patients: bool = False
    sources: Ids


class NotByEmail(Content):
    """Why a patient gets the printed letter and no e-mail, and what a person can do about it."""

    id: Id
    reason: Line
    what_to_do: Line


class Mailings(Content):
    """checklists/mailings.yaml: what goes out by e-mail, to whom and when; every e-mail to a patient has `patients_subject`."""

    limits: MailLimits
    settle: tuple[ToSettle, ...]
    patients_subject: Line
    not_by_email: tuple[NotByEmail, ...]
    mailings: tuple[Mailing, ...]

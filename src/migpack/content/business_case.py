"""What the business justification form asks and offers: checklists/business_case.yaml."""

from __future__ import annotations

from migpack.content.base import Conditional, Content
from migpack.values import Id, Line, Prose


class Choice(Conditional):
    """A row that the business justification form offers: what it is and what to write beside it."""

    id: Id
    title: Line
    hint: Prose


class Section(Content):
    """A section of the business justification form."""

    id: Id
    number: int
    title: Line
    who: Line
    hint: Prose


class Approver(Conditional):
    """Somebody who signs the form, what they attest and when."""

    id: Id
    title: Line
    attests: Prose
    when: Line
    required: bool = True


class BusinessCaseContent(Content):
    """checklists/business_case.yaml"""

    sections: tuple[Section, ...]
    drivers: tuple[Choice, ...]
    considerations: tuple[Choice, ...]
    fit: tuple[Choice, ...]
    options: tuple[Choice, ...]
    measures: tuple[Choice, ...]
    cost_lines: tuple[Choice, ...]
    risks: tuple[Choice, ...]
    readiness: tuple[Choice, ...]
    approvers: tuple[Approver, ...]
    attachments: tuple[Choice, ...]

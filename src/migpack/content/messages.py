"""What patients must be told, and how words for them are written: checklists/messages.yaml and checklists/words.yaml."""

from __future__ import annotations

import re
from functools import cached_property

from pydantic import Field

from migpack.content.base import Content, Expression, Ids
from migpack.values import Date, Id, Line, Prose


class Element(Content):
    """Something that a document for patients may have to carry; `shows` is what its words must match (a regular expression)."""

    id: Id
    number: int
    title: Line
    shows: Expression = ""
    sources: Ids


class MergeField(Content):
    """A fact about one patient: a column of the practice's list in a mail merge, a blank of `width_mm` to write on elsewhere."""

    id: Id
    title: Line
    width_mm: int = Field(60, ge=10, le=170)


class TextMessages(Content):
    """What a text message costs and how long it may be, with the source of the price."""

    price_pence: float = Field(ge=0, le=100)
    aim_characters: int
    most_segments: int
    as_of: Date
    source: str
    note: Prose = ""


class Messages(Content):
    """checklists/messages.yaml: what patients must be told where, and the fields and texts of their messages."""

    elements: tuple[Element, ...]
    merge_fields: tuple[MergeField, ...]
    texts: TextMessages


class Avoided(Content):
    """Words that patients should not read, as a regular expression, and what to write instead."""

    find: Expression
    write: Prose
    exact: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The expression, which minds capitals only where it is `exact`."""
        return re.compile(self.find, re.NOFLAG if self.exact else re.IGNORECASE)


class WritingRules(Content):
    """checklists/words.yaml: how words for patients are written; ages in years."""

    sentence_words: int
    paragraph_sentences: int
    heading_characters: int
    list_items: int
    reading_age: int
    reading_age_from_words: int
    names: tuple[Line, ...]
    shorteners: tuple[Line, ...]
    avoid: tuple[Avoided, ...]

"""Which patient gets which letter: how the list of patients is read."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from migpack.practice.base import Fact
from migpack.values import Id, Line


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


LineOrLines = Annotated[
    tuple[Line, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema(
        {"anyOf": [{"type": ["string", "integer", "boolean"]}, {"type": "array", "items": {"type": ["string", "integer", "boolean"]}}]}
    ),
]


class ColumnSays(Fact):
    """A column of the list of patients and what a cell of it says; with nothing to say, any text will do."""

    column: Line = Field(description="The column as your list names it")
    says: LineOrLines = Field((), description="What the cell says, one text or several; leave it out for any text")


class LetterRule(Fact):
    """Which letter a patient gets whose row says something."""

    letter: Id
    when: ColumnSays


class Consent(Fact):
    """Who may be reached in a certain way: the column that says so, and how it says yes."""

    column: Line
    yes: LineOrLines = ("yes",)


class Languages(Fact):
    """The column with a patient's language, and your own letter for each language you have translated it into."""

    column: Line
    letters: dict[Line, Id]


class Recipients(Fact):
    """How your list of patients is read, and who gets which letter. Rules compare a cell with a text and know nothing else."""

    columns: dict[Id, Line] = Field(default_factory=dict, description="Your name for a column that migpack does not recognise, by its own")
    leave_out: dict[Line, LineOrLines] = Field(default_factory=dict, description="Column and text of the patients who get no letter")
    letters: tuple[LetterRule, ...] = Field((), description="The first rule that holds decides; the others get the letter to patients")
    large_print: ColumnSays | None = None
    language: Languages | None = None
    email_ok: Consent | None = Field(None, description="Without it nobody is written to by e-mail")
    text_ok: Consent | None = Field(None, description="Without it nobody gets a text message")

"""What came back: record.yaml, the answers that people gave on returned forms, with who, when and from which file.

Every answer that was ever read is kept, in the order in which it was read; which one stands is worked out, never stored. An answer
is '' where a field was emptied, 'yes' or 'no' for a box, else the words as they were written. Names of fields are those of the forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from migpack.values import Date, Line

NAME = "record.yaml"
Medium = Literal["pdf", "word", "tracker", "paper", "review", "person"]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Signature(_Entry):
    """A signature on a return: the field, whose it is as far as that can be read, and whether it holds.

    `state` is 'ink' for a pen's mark, 'intact', 'broken' or 'unchecked' for a digital one.
    """

    field: str
    state: Literal["ink", "intact", "broken", "unchecked"]
    by: str = ""
    on: Date | None = None
    crop: str = ""


class Return(_Entry):
    """A file, or some sheets of a scan, that came back: one document of the pack, in one version.

    A person's decision between answers is a return too, without file and document. `partly_read` says that the file holds a sheet
    that could not be read, so that nobody knows all of what it holds. `confirmed_by` and `confirmed_on` tell who counted a scan as it
    was read.
    """

    id: str
    file: str = ""
    sha256: str = ""
    partly_read: bool = False
    read_on: Date
    dated: Date
    document: str = ""
    version: str = ""
    code: str = ""
    medium: Medium
    signatures: tuple[Signature, ...] = ()
    notes: tuple[str, ...] = ()
    confirmed_by: str = ""
    confirmed_on: Date | None = None


class Answer(_Entry):
    """What one return says in one field.

    `knew` says that another value is a change and no contradiction: the form showed the answer that stood before, or the field only
    tells who wrote and when. `settles`
    marks a person's decision between answers that differ. An unconfirmed answer (read from paper) does not count yet. `crop` is a
    picture of handwriting that nobody has put into words, a path from the folder of the record; it never counts.
    """

    value: str = ""
    by: str = ""
    on: Date
    source: str = Field(alias="from")
    knew: bool = False
    settles: bool = False
    confirmed: bool = True
    crop: str = ""


class Record(_Entry):
    """All that a practice's people have answered so far."""

    practice: Line = ""
    returns: tuple[Return, ...] = ()
    answers: Mapping[str, tuple[Answer, ...]] = {}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        ids = [entry.id for entry in self.returns]
        if twice := next((id for n, id in enumerate(ids) if id in ids[:n]), ""):
            raise ValueError(f"two returns have the id '{twice}' \N{EM DASH} put the file back as 'migpack collect' wrote it")
        lost = {answer.source for history in self.answers.values() for answer in history} - {*ids}
        if lost:
            raise ValueError(f"there is no return '{min(lost)}', from which an answer came \N{EM DASH} put the file back as it was written")
        return self

    def answer(self, field: str) -> Answer | None:
        """Return the answer that stands for a field; None where there is none, where two contradict or none is confirmed."""
        stands, against = _standing(self.answers.get(field, ()))
        return stands if stands and not against else None

    def standing(self) -> Mapping[str, Answer]:
        """Return the answer that stands for each field that has one."""
        found = {field: self.answer(field) for field in self.answers}
        return {field: answer for field, answer in found.items() if answer}

    def conflicts(self) -> Mapping[str, tuple[Answer, ...]]:
        """Return for each field on which people disagree the answers that contradict each other."""
        found = {field: _standing(history) for field, history in self.answers.items()}
        return {field: (stands, *against) for field, (stands, against) in found.items() if stands and against}

    def waiting(self) -> Mapping[str, tuple[Answer, ...]]:
        """Return the answers that a person has yet to confirm or to put into words, by field: those after the last that counts."""
        found = {field: tuple(takewhile(lambda answer: not answer.confirmed, reversed(history))) for field, history in self.answers.items()}
        return {field: answers for field, answers in found.items() if answers}

    def came(self, id: str) -> Return:
        """Return the return with this id."""
        return next(entry for entry in self.returns if entry.id == id)


def _standing(history: Iterable[Answer]) -> tuple[Answer | None, tuple[Answer, ...]]:
    """Return the answer that stands, and those of other people that contradict it."""
    stands: Answer | None = None
    against: tuple[Answer, ...] = ()
    for answer in sorted((answer for answer in history if answer.confirmed and not answer.crop), key=lambda answer: answer.on):
        if stands is None or answer.settles or (not against and supersedes(answer, stands)):
            stands, against = answer, ()
        elif answer.value != stands.value:
            against = (*(old for old in against if not _same_person(old, answer)), answer)
    return stands, against


def supersedes(answer: Answer, before: Answer) -> bool:
    """Say whether a later answer takes the place of the one before: it says the same, its writer saw that one or wrote it, or no other
    person is known to have written either on a later day."""
    if answer.value == before.value or answer.knew or _same_person(answer, before):
        return True
    return not (answer.by and before.by) and answer.on > before.on


def _same_person(one: Answer, other: Answer) -> bool:
    return bool(one.by) and one.by.casefold().split() == other.by.casefold().split()

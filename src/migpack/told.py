"""The record in, what it tells of one field out: which answer counts, who gave it, when, and in which returned file.

An answer on which people disagree, or which nobody has confirmed yet, does not count. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migpack.record import Answer, Record

STATUS_OF_TICK = {"yes": "Done", "no": "Not started"}  # what a tick on a checklist is in the words of the tracker
KINDS = {"ink": "by pen", "intact": "digital", "unchecked": "digital, not checked", "broken": "digital, does not hold"}


@dataclass(frozen=True)
class Told:
    """What one return says in one field. `file` is its name, '' for a person's decision; `read` its place in the order of reading."""

    value: str
    by: str
    on: dt.date
    source: str
    file: str
    crop: str
    read: int

    @property
    def order(self) -> tuple[dt.date, int]:
        """What is larger for a later answer: its day, then the order of reading."""
        return self.on, self.read


@dataclass(frozen=True)
class Disputed:
    """A field on which answers contradict each other, or wait for a person who confirms them."""

    field: str
    answers: tuple[Told, ...]


class Tellings:
    """A record, to be asked field by field."""

    def __init__(self, record: Record) -> None:
        self._returns = {entry.id: (n, entry.file) for n, entry in enumerate(record.returns)}
        self._signatures = [signature for entry in record.returns for signature in entry.signatures]
        self._standing = {field: self._told(answer) for field, answer in record.standing().items()}
        self.conflicts = self._disputed(record.conflicts())
        self.waiting = self._disputed(record.waiting())

    def of(self, field: str) -> Told | None:
        """Return the answer that counts for a field."""
        return self._standing.get(field)

    def words(self, field: str) -> str:
        """Return the words that count for a field, or ''."""
        found = self.of(field)
        return found.value if found else ""

    def signed(self, start: str) -> tuple[str, ...]:
        """Return who signed in the fields whose names start so, and how; a printed name alone is no signature.

        A field that was signed on several returns counts once, as on the last.
        """
        said = {
            signature.field: f"{self.words(signature.field.rpartition('.')[0] + '.name') or signature.by or 'name not read'} "
            f"({KINDS[signature.state]})"
            for signature in self._signatures
            if signature.field.startswith(start)
        }
        return tuple(said.values())

    def later(self, *fields: str) -> Told | None:
        """Return the later of the answers to fields that say the same thing in other words; None while people disagree on that one."""
        counting = [(told.order, told) for field in fields if (told := self.of(field))]
        against = [(told.order, None) for field in fields for told in (self.conflicts[field].answers if field in self.conflicts else ())]
        return max([*counting, *against], key=lambda entry: entry[0], default=(None, None))[1]

    def _told(self, answer: Answer) -> Told:
        read, file = self._returns.get(answer.source, (-1, ""))
        return Told(answer.value, answer.by, answer.on, answer.source, file, answer.crop, read)

    def _disputed(self, fields: Mapping[str, Iterable[Answer]]) -> dict[str, Disputed]:
        return {field: Disputed(field, tuple(map(self._told, answers))) for field, answers in sorted(fields.items())}

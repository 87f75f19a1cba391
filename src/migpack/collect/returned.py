"""What a reader of one medium finds in a returned file, before anybody judges it.

A reader takes a file's bytes and gives `Found` values, one for each document that the file holds: what the file says of itself, and
the fields as they stand in it. Which of them are answers is decided in `migpack.collect.answers`, by what the form was issued with.
Values are normal: 'yes' or 'no' for a box, '' for an empty field or one that shows only its prompt, a line feed between lines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from migpack.problems import MigpackError
from migpack.record import Medium, Signature


class Unreadable(MigpackError):
    """A file that cannot be read: in a few words what is wrong, a dash, and what to do."""


@dataclass(frozen=True)
class Identity:
    """What a file says of itself; '' where it does not say. `practice` is an ODS code, `code` the form's code."""

    practice: str = ""
    document: str = ""
    version: str = ""
    code: str = ""


class NoForm(Unreadable):
    """A file with no fields of ours in it and nothing that says which form it is; a PDF like that may be a scan."""


class Flattened(Unreadable):
    """A form of ours that lost its fields on the way ('print to PDF'): what it says may still be read as from paper."""

    def __init__(self, said: str, identity: Identity) -> None:
        self.identity = identity
        super().__init__(said)

    def __reduce__(self) -> tuple[type[Flattened], tuple[str, Identity]]:
        """Let it reach this process from the one that reads."""
        return type(self), (str(self), self.identity)


@dataclass(frozen=True)
class Found:
    """One document found in a file.

    Args:
        values: field name → what stands in it, for every field that could be read.
        notes: what people added where no field is: rows below a log, words in an unknown field.
        signatures: on paper and digital; the crops are paths below the record's folder.
        crops: field name → a picture of what was written there (PNG bytes), for fields whose words only a person can read.
        doubtful: names of boxes of which it cannot be said whether they are ticked; they have no value.
        issued: field name → what the file itself says the field was issued with (/DV in a PDF), where it does.
        saved_on: the day on which the file says it was last saved.
        said: what else the person should hear, in whole sentences (a page is missing, a page came twice …).
        boxes: of paper: field name → a picture of a box that was read as ticked, or is doubtful, for the review.
        way: of paper: how its sheets were printed, as in `IssuedForm.sheets`.
    """

    medium: Medium
    identity: Identity
    values: Mapping[str, str]
    notes: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    crops: Mapping[str, bytes] = field(default_factory=dict)
    doubtful: tuple[str, ...] = ()
    issued: Mapping[str, str] = field(default_factory=dict)
    saved_on: dt.date | None = None
    said: tuple[str, ...] = ()
    boxes: Mapping[str, bytes] = field(default_factory=dict)
    way: str = ""

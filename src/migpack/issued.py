"""What of earlier packs the next build goes by: the last issued pack, the events of the last calendar, and who holds an old day.

Values alone. Packs and calendars are read and written by `migpack.manifest`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from migpack.values import Moment


@dataclass(frozen=True)
class IssuedDay:
    """A milestone, a task, or a day of a third party ('<party>.off' and the like), as it was issued.

    `owner` is the role; `list` the checklist of a task, '' for any other.
    """

    title: str
    when: Moment
    owner: str = ""
    list: str = ""


@dataclass(frozen=True)
class IssuedDocument:
    """A document as it was issued: its version, the hash of what it said, and the code of a form ('' for any other)."""

    title: str
    path: str
    version: str
    content: str
    code: str
    printed: bool


@dataclass(frozen=True)
class IssuedPack:
    """A pack as it was issued, to be compared with the next.

    `told` has for every fact that a document can print a hash of its value, `inputs` for every file that went in.
    """

    number: int
    on: dt.date
    milestones: Mapping[str, IssuedDay]
    parties: Mapping[str, IssuedDay]
    tasks: Mapping[str, IssuedDay]
    documents: Mapping[str, IssuedDocument]
    told: Mapping[str, str]
    inputs: Mapping[str, str]


@dataclass(frozen=True)
class CalendarEvent:
    """An event of the last calendar: how often it was changed, a hash of what it says, and whether it was called off."""

    sequence: int
    said: str
    day: dt.date
    summary: str
    gone: bool = False


@dataclass(frozen=True)
class ToldDay:
    """A day that somebody was told and that is another one now; `new` is None where it is no longer in the plan.

    `key` is a milestone, or '<third party id>.off' and the like.
    """

    key: str
    title: str
    old: dt.date
    new: dt.date | None


@dataclass(frozen=True)
class Correction:
    """What a recipient (a third party, the role of a person, or 'patients') must be told anew.

    `documents` told the old days, the last of them on `told_on`, by `by`.
    """

    recipient: str
    days: tuple[ToldDay, ...]
    documents: tuple[str, ...]
    told_on: dt.date
    by: str

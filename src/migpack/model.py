"""What migpack works out: the nouns handed from stage to stage, all frozen.

`Case` (loaded) → `Plan` (dated) → `Page`s (rendered) → `Artefact`s (written). What people write is in
`migpack.practice` and `migpack.content`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from migpack import content, practice
from migpack.issued import Correction, IssuedPack
from migpack.phrases import Length, Rule
from migpack.problems import Place
from migpack.record import Record
from migpack.workdays import WorkCalendar

Where = Mapping[str, Place]


@dataclass(frozen=True)
class Content:
    """The library as read: every content file, and where each entry stands."""

    timeline: content.Timeline
    roles: Mapping[str, content.Role]
    traits: Mapping[str, content.Trait]
    systems: Mapping[str, content.KnownSystem]
    sources: Mapping[str, content.Source]
    checklists: tuple[content.Checklist, ...]
    activities: tuple[content.Activity, ...]
    cutover: content.CutoverContent
    party_kinds: content.PartyKinds
    business_case: content.BusinessCaseContent
    data_checks: content.DataChecks
    messages: content.Messages
    mailings: content.Mailings
    writing: content.WritingRules
    lists: Mapping[str, content.RowList]
    catalogue: content.Catalogue
    places: Where


@dataclass(frozen=True)
class Issued:
    """What the last manifest says of a document: the issue it is final in, and the hash of what it said."""

    issue: int
    content_hash: str


@dataclass(frozen=True)
class Input:
    """A file that went into the pack, by name and SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Case:
    """One practice with the library it is planned by; nothing after this stage asks whether it is well formed.

    `before` is the pack that was issued last, `first` the day of each milestone in the issue that had it first; `corrections` are due to
    those who hold an old day; `edited` are files of the pack that a person has changed.
    """

    file: practice.PracticeFile
    name: str
    places: Where
    content: Content
    traits: frozenset[str]
    settings: Mapping[str, SettingValue]
    calendar: WorkCalendar
    logo: str
    inputs: tuple[Input, ...]
    issue: int
    issued: Mapping[str, Issued]
    record: Record = field(default_factory=Record)
    before: IssuedPack | None = None
    first: Mapping[str, dt.date] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    edited: tuple[str, ...] = ()

    def place(self, *keys: str | int) -> Place:
        """Return where the deepest of these keys that was written stands in the practice file."""
        for end in range(len(keys), -1, -1):
            if found := self.places.get(".".join(map(str, keys[:end]))):
                return found
        return Place(self.name)

    def after(
        self, issue: int, issued: Mapping[str, Issued], before: IssuedPack | None = None, first: Mapping[str, dt.date] | None = None
    ) -> Case:
        """Return the case as it stands after the packs that the manifests tell of."""
        return replace(self, issue=issue, issued=issued, before=before, first=first or {})

    def written(self, path: str) -> str:
        """Return the text that stands under a dotted path of the practice file; '' where no text does."""
        value: object = self.file
        for part in path.split("."):
            if isinstance(value, tuple) and part.isdigit():
                value = value[int(part)] if int(part) < len(value) else None
            elif isinstance(value, dict):
                value = value.get(part)
            else:
                value = getattr(value, part, None) if part and not part.startswith("_") else None
        return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class SettingValue:
    """A contested figure as it counts here; `given` says that the practice wrote it."""

    id: str
    title: str
    value: Length
    given: bool
    source: str
    as_of: dt.date
    ask: str
    note: str


@dataclass(frozen=True)
class Milestone:
    """A dated point of this practice's plan.

    `unadjusted` is the day before the adjustment for days not worked; `why` is the phrase that gave it, or '' for a
    date that the practice gave. `assumed_time` marks a time of day that the practice has not confirmed.
    """

    id: str
    ref: str
    title: str
    phase: str
    owner: str
    date: dt.date
    unadjusted: dt.date
    time: dt.time | None
    assumed_time: bool
    why: str
    done_when: str
    sources: tuple[str, ...]
    note: str
    baseline: dt.date | None
    actual: dt.date | None

    @property
    def given(self) -> bool:
        """Say whether the practice gave this date."""
        return not self.why

    @property
    def moved(self) -> bool:
        """Say whether the day was moved off a day that is not worked."""
        return self.date != self.unadjusted


@dataclass(frozen=True)
class Task:
    """A checklist line with its owner and the day it is due for this practice."""

    id: str
    checklist: str
    section: str
    phase: str
    parent: str
    task: str
    steps: tuple[str, ...]
    owner: str
    due: dt.date
    why: str
    evidence: str
    origin: Literal["page", "recovered", "added"]
    sources: tuple[str, ...]
    rules: tuple[str, ...]
    activity: str


@dataclass(frozen=True)
class DatedStep:
    """A run-sheet step at its clock time."""

    id: str
    at: dt.datetime
    why: str
    do: str
    owner: str
    proof: str


@dataclass(frozen=True)
class DatedSheet:
    """A run sheet for one day, its steps in order of time."""

    id: str
    title: str
    milestone: str
    intro: str
    steps: tuple[DatedStep, ...]


@dataclass(frozen=True)
class Party:
    """A third party of this practice, with what its kind adds and the dates that it is told."""

    id: str
    ref: str
    name: str
    kind: str
    kind_title: str
    contact: practice.Contact | None
    owner: str
    tell: tuple[str, ...]
    ask: tuple[str, ...]
    meanwhile: str
    warning: str
    notice: Length | None
    notice_note: str
    letter_on: dt.date
    tell_by: dt.date
    reply_by: dt.date
    off: dt.date | None
    on: dt.date | None
    charge: str
    notes: str
    moves_data: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class SafeDate:
    """The latest day on which a step of the critical path may still be done."""

    milestone: str
    latest: dt.date
    needs: str
    source: str


@dataclass(frozen=True)
class Broken:
    """A rule that the dates break: its phrase, the day it judges, and the days that would keep it.

    `subject` is a milestone id, or '<third party id> off' and the like.
    """

    rule: content.OrderingRule
    phrase: Rule
    subject: str
    date: dt.date
    says: str
    keep: str
    accepted: practice.Acceptance | None

    @property
    def id(self) -> str:
        """The rule's id, under which it may be accepted."""
        return self.rule.id


@dataclass(frozen=True)
class PlannedDocument:
    """A document of the catalogue for one subject and style, with its place in the pack."""

    id: str
    spec: content.DocumentSpec
    subject: str
    style: str
    title: str
    path: str
    final: bool

    @property
    def folder(self) -> str:
        """The folder inside the pack; '' for its top."""
        return self.path.rpartition("/")[0]

    @property
    def printed(self) -> bool:
        """Say whether it stands in the print pack."""
        return self.spec.printed and "pdf" in self.formats

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats it is made in: a mail merge is a Word file, and large print is for paper."""
        wanted = {"mail_merge": ("docx",), "large_print": ("pdf", "docx")}.get(self.style, self.spec.formats)
        return tuple(format for format in self.spec.formats if format in wanted)


@dataclass(frozen=True)
class Plan:
    """Everything dated and decided: what the pages print and the calendar and tracker hold.

    `documents` are those of this build, `every_document` those of the whole pack.
    """

    case: Case
    milestones: Mapping[str, Milestone]
    tasks: tuple[Task, ...]
    parties: tuple[Party, ...]
    run_sheets: tuple[DatedSheet, ...]
    safe_dates: tuple[SafeDate, ...]
    documents: tuple[PlannedDocument, ...]
    every_document: tuple[PlannedDocument, ...]
    broken: tuple[Broken, ...]
    approval_codes: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A document as HTML: the model from which every format is written.

    `html` is a whole document in the closed vocabulary of `migpack.blocks`; `running` are the words that stand at the
    foot of each page; `content_hash` covers what the document says, not its version nor what has been answered in it; `code`
    names a form as it was issued, answers and all, and is '' where nothing is to be filled in; `reads` are the facts that it prints.
    """

    document: PlannedDocument
    html: str
    version: str
    running: tuple[str, str]
    draft: bool
    content_hash: str
    code: str = ""
    reads: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Spot:
    """Where a field stands on a printed sheet: the sheet from 1, millimetres from its upper left corner."""

    sheet: int
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class Artefact:
    """A file of the pack, in memory.

    `made_from` is the hash of what it was made from, `reused` says that the last build made it; `spots` are the fields of a printed
    form by their names.
    """

    path: str
    data: bytes
    document: str
    pages: int = 0
    made_from: str = ""
    reused: bool = False
    spots: Mapping[str, Spot] = field(default_factory=dict)

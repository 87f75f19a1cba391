"""What the library's YAML files hold: the content models behind `checklists/` and `templates/catalogue.yaml`.

One model a file, frozen; unknown keys are refused. Dates stand as phrases (`migpack.phrases`), authority as source ids.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from migpack.phrases import Length, Offset, parse_rule, parse_span
from migpack.phrases import Rule as RulePhrase
from migpack.values import Date, Id, Line, Prose


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"'{text}' is not a regular expression ({error}) \N{EM DASH} mend it") from None
    return text


def _phrase(reader: Any, schema: str) -> Any:
    return (
        BeforeValidator(lambda value: reader(value) if isinstance(value, str) else value),
        PlainSerializer(str),
        WithJsonSchema({"type": "string", "description": schema}),
    )


LengthText = Annotated[Length, *_phrase(Length.parse, "A length of time such as 5 working days")]
OffsetText = Annotated[Offset, *_phrase(Offset.parse, "A date in words such as 3 working days before go_live")]
SpanText = Annotated[Any, *_phrase(parse_span, "A length of time, or the id of a setting that holds one")]
RuleText = Annotated[Any, *_phrase(parse_rule, "A rule such as kick_off on or after order")]
Texts = tuple[Prose, ...]
Ids = tuple[str, ...]


class Content(BaseModel):
    """A frozen model that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Conditional(Content):
    """Something that applies only with (`only_if`, all of them) or without (`unless`, any of them) traits."""

    only_if: Ids = ()
    unless: Ids = ()

    def applies(self, traits: frozenset[str]) -> bool:
        """Say whether this belongs in the pack of a practice with these traits."""
        return traits.issuperset(self.only_if) and traits.isdisjoint(self.unless)


class Source(Content):
    """Where a fact comes from: what it is, how far to trust it."""

    id: str
    title: Line
    where: Prose = ""
    published: str = ""
    trust: Prose = ""


class Role(Content):
    """Somebody who can own a task; `organisation` says whose staff they are."""

    id: Id
    title: Line
    organisation: Literal["practice", "icb", "delivery_partner", "current_supplier", "new_supplier", "outside"]
    does: Prose = ""


class Trait(Content):
    """Something true of a practice or of its move that changes what the pack holds."""

    id: Id
    title: Line
    means: Prose
    derived: bool = False


class KnownSystem(Content):
    """A clinical system as staff and as patients know it."""

    id: Id
    name: Line
    also: tuple[Line, ...] = ()
    supplier: Line
    first_mention: Line
    patient_app: Line = ""
    source: str
    note: Prose = ""


class Phase(Content):
    """A stretch of the migration that milestones and checklist sections belong to."""

    id: Id
    title: Line
    purpose: Prose


class SettingRule(Content):
    """A contested or time-bound figure: its default, where that comes from, and where a practice writes its own."""

    id: Id
    title: Line
    default: LengthText
    key: str
    source: str
    as_of: Date
    ask: Line
    note: Prose


class MilestoneRule(Conditional):
    """A dated point of the plan: the phrase that gives its date when the practice gives none.

    `shift` says what happens when the worked-out day is not worked: the worked day before, after, or kept as it is.
    """

    id: Id
    ref: str
    title: Line
    phase: Id
    owner: Id
    when: OffsetText | None = None
    shift: Literal["before", "after", "keep"] = "before"
    time: str = ""
    done_when: Prose
    sources: Ids
    note: Prose = ""


class OrderingRule(Conditional):
    """One authority's rule over milestone dates; every phrase in `holds` must hold.

    `each: third_party` judges the dates `off` and `on` of each third party in turn.
    """

    id: str
    title: Prose
    holds: tuple[RuleText, ...]
    weight: Literal["must", "should"]
    whose: Line
    sources: Ids
    each: Literal["", "third_party"] = ""

    @property
    def rules(self) -> tuple[RulePhrase, ...]:
        """The rules that must hold."""
        return self.holds


class NotCarried(Content):
    """A rule of the domain guide that is not enforced, and why."""

    id: str
    why: Prose


class DayKind(Content):
    """A kind of day to avoid: `start` to `end` as 'day month' each year, or days counted from Easter Sunday."""

    id: Id
    title: Line
    start: str = ""
    end: str = ""
    easter_from: int | None = None
    easter_to: int | None = None


class PathStep(Content):
    """The least time between two milestones on the chain that decides whether go-live can be met."""

    start: Id
    end: Id
    least: SpanText
    source: str
    why: Prose


class Timeline(Content):
    """checklists/timeline.yaml

    `necessary` holds what must be true of any dates at all: dates that break it contradict each other.
    """

    phases: tuple[Phase, ...]
    settings: tuple[SettingRule, ...]
    milestones: tuple[MilestoneRule, ...]
    rules: tuple[OrderingRule, ...]
    necessary: tuple[RuleText, ...] = ()
    not_carried: tuple[NotCarried, ...]
    days: tuple[DayKind, ...]
    path: tuple[PathStep, ...]


class Item(Conditional):
    """One line of a checklist; `items` are its sub-items, each a line of its own with its own date and tick.

    `origin` is `page` for a line of the published checklist, `recovered` for one taken from the 2020 edition under a
    heading that the page left empty, `added` for ours.
    """

    id: str
    task: Prose
    steps: Texts = ()
    owner: Id
    due: OffsetText
    evidence: Prose
    origin: Literal["page", "recovered", "added"]
    sources: Ids
    rules: Ids = ()
    activity: str = ""
    items: tuple[Item, ...] = ()


class ChecklistPhase(Content):
    """A section of a checklist: the published page's heading, in our words, and its lines."""

    id: str
    phase: Id
    title: Line
    intro: Prose
    items: tuple[Item, ...]


class Checklist(Content):
    """checklists/practice_staff.yaml and its two companions: what one role must do."""

    id: Id
    title: Line
    code: str
    for_whom: Prose
    phases: tuple[ChecklistPhase, ...]


class LogColumn(Content):
    """A column of a paper log: its head, and its width as a share of those of all columns."""

    head: Line
    width: int = Field(10, ge=1, le=100)


class Activity(Conditional):
    """Something the practice does every day that needs a plan while the systems change over.

    `page` marks the thirteen of the published page; `capture` names what must be kept for re-entry. An activity with a `log` gets
    a paper log of its own, with these columns.
    """

    id: Id
    ref: str
    title: Line
    page: bool = False
    owner: Id
    before: Texts
    during: Texts
    after: Texts
    contingency: Prose
    reenter: Prose
    capture: tuple[Line, ...] = ()
    log: tuple[LogColumn, ...] = ()
    decision: Prose = ""
    sources: Ids


class Activities(Content):
    """checklists/cutover_activities.yaml"""

    activities: tuple[Activity, ...]


class RunStep(Conditional):
    """One step of a run sheet, timed from a milestone that carries a time."""

    id: str
    when: OffsetText
    do: Prose
    owner: Id
    proof: Prose = ""
    sources: Ids


class RunSheet(Conditional):
    """The hour-by-hour steps of one day."""

    id: Id
    title: Line
    milestone: Id
    intro: Prose
    steps: tuple[RunStep, ...]


class Criterion(Conditional):
    """A go/no-go test that somebody answers for."""

    id: str
    ask: Prose
    owner: Id
    evidence: Prose
    sources: Ids


class Escalation(Conditional):
    """What to do when something goes wrong, who decides, and when it is too late."""

    id: str
    trigger: Prose
    act: Prose
    decides: Id
    until: Prose
    sources: Ids


class ReentryStep(Content):
    """One step of the order in which cutover records are entered again, most urgent for safety first."""

    id: str
    what: Line
    why: Prose
    owner: Id
    within: LengthText
    sources: Ids


class CutoverContent(Content):
    """checklists/cutover.yaml"""

    run_sheets: tuple[RunSheet, ...]
    go_no_go: tuple[Criterion, ...]
    escalation: tuple[Escalation, ...]
    reentry_order: tuple[ReentryStep, ...]
    patient_services: tuple[PatientService, ...]


class PatientService(Conditional):
    """A service that patients know, and the plain words for each state it can be in during cutover."""

    id: Id
    title: Line
    default: Literal["normal", "limited", "stopped"]
    normal: Prose
    limited: Prose
    stopped: Prose


class PartyKind(Conditional):
    """A category of third party: what to tell it, what to ask it, when it goes off and on.

    `moves_data` says that it holds data which must be extracted on the same days as the practice's own.
    """

    id: Id
    ref: str
    title: Line
    examples: Prose = ""
    owner: Id
    tell: Texts
    ask: Texts
    off: OffsetText | None = None
    on: OffsetText | None = None
    notice: LengthText | None = None
    notice_note: Prose = ""
    meanwhile: Prose = ""
    warning: Prose = ""
    moves_data: bool = False
    sources: Ids


class PartyKinds(Content):
    """checklists/third_parties.yaml: what every notice asks, and the categories."""

    ask_all: Texts
    kinds: tuple[PartyKind, ...]


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


class DataCheck(Conditional):
    """A criterion by which a test patient is chosen, and what to compare."""

    id: str
    criterion: Line
    compare: Prose
    sources: Ids


class DataChecks(Content):
    """checklists/data_checks.yaml"""

    criteria: tuple[DataCheck, ...]
    totals: tuple[DataCheck, ...]


class ListRow(Conditional):
    """A row of a list; which of these a list uses, its own file says. `documents` are the catalogue ids of what it leads to."""

    id: str
    title: Line
    text: Prose = ""
    steps: Texts = ()
    group: str = ""
    owner: str = ""
    when: OffsetText | None = None
    evidence: Prose = ""
    numbers: dict[str, int] = Field(default_factory=dict)
    more: dict[str, Prose] = Field(default_factory=dict)
    documents: Ids = ()
    sources: Ids = ()


class ListGroup(Conditional):
    """A heading over rows of a list."""

    id: Id
    title: Line
    text: Prose = ""


class RowList(Content):
    """checklists/lists/<name>.yaml: the rows of one table or form, which its template reads as `lists.<name>`.

    `groups` are the headings that rows may name in `group`, in order.
    """

    title: Line
    intro: Prose = ""
    groups: tuple[ListGroup, ...] = ()
    rows: tuple[ListRow, ...]


class Element(Content):
    """Something that a document for patients may have to carry; `shows` is what its words must match (a regular expression)."""

    id: Id
    number: int
    title: Line
    shows: Annotated[str, AfterValidator(_expression)] = ""
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


class Mailing(Conditional):
    """A document that goes by e-mail, with the words of that e-mail.

    `document` is its id in the catalogue, or that of one subject of it. `to` are dotted paths of the practice file, of which the first
    that has an e-mail address counts; 'third_party' is the one that the document is for, 'kinds' each of those. It is due on `when`, or on
    the `party_day` of the third party.
    """

    id: Id
    document: str
    to: tuple[
        Annotated[str, Field(pattern=r"^(third_party|kinds|people\.[a-z_]+|(icb|delivery_partner|systems\.(current|new))\.contact)$")], ...
    ]
    kinds: Ids = ()
    attach: tuple[Literal["pdf", "docx"], ...] = ("pdf",)
    when: OffsetText | None = None
    party_day: Literal["", "told", "reminded", "off", "on", "complete"] = ""
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


class Avoided(Content):
    """Words that patients should not read, as a regular expression, and what to write instead."""

    find: Annotated[str, AfterValidator(_expression)]
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


class ApprovalRule(Content):
    """An approval that a final document can need, and the facts whose change makes it lapse.

    With `if_given`, a key of the practice file, it is needed only where that key is given: the words then print nothing else.
    """

    id: Id
    title: Line
    covers: tuple[str, ...]
    who: Id
    if_given: str = ""


class DocumentSpec(Conditional):
    """One line of the catalogue: a document, what it is made from and for whom.

    `parties` and `kinds` choose the third parties for which it is made; `carries` are the elements that a document for patients
    must have; `most_words` and `most_characters` (0 for any) hold for the page, or for each `say` box of a document for staff. A
    document that `names_suppliers` says who they are, as a privacy notice must. A `standby` document is ready for
    what may never happen: `--final all` and the list of missing facts pass it over. One made_by `changes` is in the pack once an issue
    has gone out, one made_by `correction` for third parties that hold an old day.
    """

    id: Id
    title: Line
    folder: str = ""
    name: str
    template: str = ""
    made_by: Literal["template", "overview", "calendar", "tracker", "print_pack", "word_form", "changes", "correction"] = "template"
    per: Literal["practice", "role", "third_party", "activity"] = "practice"
    parties: Literal["all", "linked", "with_data"] = "all"
    kinds: Ids = ()
    formats: tuple[Literal["pdf", "docx", "html", "txt", "ics", "xlsx"], ...]
    audience: Literal["staff", "commissioner", "patients", "third_parties"]
    styles: tuple[Literal["house", "large_print", "mail_merge"], ...] = ("house",)
    paper: Literal["a4", "a4_landscape", "a3_landscape"] = "a4"
    given: dict[str, str] = Field(default_factory=dict)
    carries: Ids = ()
    most_words: int = 0
    most_characters: int = 0
    needs: Ids = ()
    rules: Ids = ()
    fillable: bool = False
    printed: bool = False
    standby: bool = False
    names_suppliers: bool = False
    holds_patient_data: bool = False
    about: Prose

    @model_validator(mode="after")
    def _word_form_is_one(self) -> DocumentSpec:
        if self.made_by == "word_form":
            if not self.template.endswith(".docx"):
                raise ValueError("a word_form is filled from a Word file without macros \N{EM DASH} write template: forms/….docx")
            if self.formats != ("docx",) or self.per != "practice" or self.styles != ("house",) or self.printed or self.fillable:
                raise ValueError(
                    "a word_form is one Word file for the practice \N{EM DASH} write formats: [docx] and per: practice, "
                    "and leave out styles, printed and fillable"
                )
        elif self.template.endswith(".docx"):
            raise ValueError("a Word file is filled as a form of its own \N{EM DASH} write made_by: word_form")
        return self


class Folder(Content):
    """A folder of the pack, and what it is for."""

    id: str
    title: Line
    about: Prose


class Catalogue(Content):
    """templates/catalogue.yaml"""

    folders: tuple[Folder, ...] = ()
    documents: tuple[DocumentSpec, ...]
    approvals: tuple[ApprovalRule, ...]


class Roles(Content):
    """checklists/roles.yaml"""

    roles: tuple[Role, ...]


class Traits(Content):
    """checklists/traits.yaml"""

    traits: tuple[Trait, ...]


class KnownSystems(Content):
    """checklists/systems.yaml"""

    systems: tuple[KnownSystem, ...]


class Sources(Content):
    """checklists/sources.yaml"""

    sources: tuple[Source, ...]

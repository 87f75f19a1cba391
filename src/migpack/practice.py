"""What a practice writes: the models behind practice.yaml, which also give its JSON Schema.

Everything but the name, the ODS code, the two systems and the go-live date may be left out; a missing fact becomes a
marked gap in the draft. Unknown keys are refused. A plain text stands for a person's or an organisation's name.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, PlainSerializer, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from migpack.content import LengthText
from migpack.phrases import Offset
from migpack.values import Address, Date, Email, Id, Line, Moment, OdsCode, Phone, Prose, When, read_moment

# Editors read `yes` as a text, as YAML 1.2 does.
YesNo = Annotated[bool, WithJsonSchema({"enum": [True, False, "yes", "no"]})]


WebAddress = Annotated[str, Field(pattern=r"^https://[^\s<>\"]+$", max_length=120)]


class Fact(BaseModel):
    """A frozen part of the practice file; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Short(Fact):
    """A fact that may be written as one plain text, which its schema allows as well; the text stands for its `plain_key`."""

    plain_key: ClassVar[str] = "name"

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler.resolve_ref_schema(handler(schema)), {"type": ["string", "integer"]}]}


class Named(Short):
    """A fact that may be written as a plain name."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {cls.plain_key: value} if isinstance(value, str) else value


class Person(Named):
    """Somebody with a job in the migration."""

    name: Line
    role: Line | None = None
    organisation: Line | None = None
    phone: Phone | None = None
    email: Email | None = None
    deputy: Line | None = None


class Contact(Named):
    """Whom a letter goes to."""

    name: Line | None = None
    role: Line | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None


class ListSize(Short):
    """How many patients are registered, on which day, by which source."""

    plain_key: ClassVar[str] = "number"
    number: int = Field(gt=0, le=200_000)
    as_of: Date | None = None
    source: Line | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {cls.plain_key: value}
        if isinstance(value, dict) and isinstance(value.get("number"), str):
            value = value | {"number": value["number"].replace(",", "").replace(" ", "")}
        return value


class Branch(Named):
    """Another site of the practice."""

    name: Line
    ods_code: OdsCode | None = None
    address: Address | None = None
    phone: Phone | None = None
    opening_hours: Line | None = None


class Practice(Fact):
    """The practice itself."""

    name: Line = Field(description="The practice's name as staff and the ICB write it")
    patient_name: Line | None = Field(None, description="The name patients know, if it differs")
    ods_code: OdsCode = Field(description="The practice's ODS code, for example A99998")
    address: Address | None = Field(None, description="2 to 7 lines, the last the postcode")
    phone: Phone | None = None
    email: Email | None = None
    website: WebAddress | None = Field(None, description="Starts with https://")
    opening_hours: Line | None = None
    list_size: ListSize | None = None
    contract: Line | None = Field(None, description="GMS, PMS or APMS")
    pcn: Line | None = Field(None, description="Primary care network")
    branches: tuple[Branch, ...] = ()
    traits: tuple[Id, ...] = Field((), description="What is true of the practice; 'migpack list' shows the known ones")
    closed_days: tuple[Date, ...] = Field((), description="Working days on which the practice is closed")


class Organisation(Named):
    """The ICB or the GP IT delivery partner."""

    name: Line
    contact: Contact | None = None
    service_desk: Phone | None = Field(None, description="The number to ring when something breaks")
    template_required: YesNo | None = Field(None, description="Does the ICB insist on its own business case template?")


class System(Named):
    """A clinical system: the current one or the new one."""

    name: Line = Field(description="As staff call it, for example EMIS Web")
    supplier: Line | None = None
    patient_app: Line | None = Field(None, description="The app or online service that patients know, for example Patient Access")
    contact: Contact | None = None
    contract_end: Date | None = None
    notice: LengthText | None = Field(None, description="Notice to end the contract")
    read_only_days: int | None = Field(None, ge=0, le=3650, description="How long the old system can still be read after go-live")
    modules: tuple[Line, ...] = ()


class Systems(Fact):
    """From which system to which, and what becomes of patients' online accounts."""

    current: System
    new: System
    online_accounts: Literal["carried_over", "reissued", "unknown"] = "unknown"


def _date_or_words(value: Any) -> Any:
    """A date, or a date in words; in the file either is text."""
    if not isinstance(value, str):
        return value
    return Offset.parse(value) if {"before", "after", "on"} & set(value.split()) else read_moment(value)


_SCHEMA = {"type": "string", "description": "A date such as 2027-03-04, or words such as '1 working day before final_extract'"}
DateOrWords = Annotated[Moment | Offset, BeforeValidator(_date_or_words), PlainSerializer(str), WithJsonSchema(_SCHEMA)]


class MilestoneDate(Short):
    """A milestone's date as first agreed, as now expected, and as it happened."""

    plain_key: ClassVar[str] = "forecast"
    baseline: When | None = None
    forecast: DateOrWords | None = None
    actual: When | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_date(cls, value: Any) -> Any:
        return {cls.plain_key: value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_a_date(self) -> MilestoneDate:
        if not (self.actual or self.forecast or self.baseline):
            raise ValueError("there is no date here \N{EM DASH} write forecast: and the date, or take the milestone out")
        return self

    @property
    def now(self) -> Moment | Offset:
        """What counts: the day it happened, else the one now expected (a date or words), else the one first agreed."""
        return self.actual or self.forecast or self.baseline  # type: ignore[return-value]


class ActivityPlan(Fact):
    """How this practice will handle one activity during cutover."""

    plan: Prose | None = None
    owner: Line | None = None
    contingency: Prose | None = None


class Duty(Fact):
    """Somebody on duty in the cutover."""

    who: Line
    when: Line
    job: Line
    phone: Phone | None = None


class Cutover(Fact):
    """What patients can and cannot have, and what each activity does, between final extract and go-live."""

    services: dict[Id, Literal["normal", "limited", "stopped"]] = Field(default_factory=dict)
    activities: dict[Id, ActivityPlan] = Field(default_factory=dict)
    on_duty: tuple[Duty, ...] = ()
    escalation: Contact | None = None


class Prescribing(Fact):
    """Decisions about medicines. Nothing about supply is printed without a named approver."""

    approver: Line = Field(description="The clinician who decides")
    approver_role: Line | None = None
    route: Prose | None = Field(None, description="How prescriptions are issued during cutover")
    order_by: Date | None = Field(None, description="The last day for ordinary repeat orders before cutover")
    order_how: Prose | None = Field(None, description="How patients order, in a sentence for patients")
    due_up_to: Date | None = Field(None, description="Patients may order what is due up to this day")
    running_out: Prose | None = Field(None, description="What to do if medicine runs out, in a sentence for patients")
    repeat_dispensing: Prose | None = Field(None, description="What happens to repeat dispensing, in sentences for patients")
    controlled_drugs: Prose | None = Field(None, description="What holds for controlled drugs, in sentences for patients")


class Closing(Fact):
    """The decision to close a site or shorten its hours. Patients read nothing about it without a named approver."""

    approver: Line = Field(description="The partner who decided")
    approver_role: Line | None = None
    reference: Line | None = Field(None, description="The ICB's written agreement")
    says: Prose = Field(description="Which site closes, when, and where to go instead, in sentences for patients")


class Incident(Fact):
    """What is decided to be told to patients after something went wrong."""

    approver: Line = Field(description="The clinical lead who approves the words")
    approver_role: Line | None = None
    data_protection_officer: Line | None = Field(None, description="Who agreed the words for data protection")
    found_on: Date | None = None
    what_happened: Prose | None = Field(None, description="In sentences for patients")
    what_it_means: Prose | None = Field(None, description="What it means for the reader, in sentences for patients")
    what_we_do: Prose | None = Field(None, description="In sentences for patients")
    what_to_do: Prose | None = Field(None, description="What the reader should do, in sentences for patients")


Pence = Annotated[float, Field(ge=0, le=100), WithJsonSchema({"type": ["number", "string"]})]


class Messages(Fact):
    """How patients are told: addresses, sender and price of texts, who helps those who need more."""

    page: WebAddress | None = Field(None, description="The web page about the change, on the practice's own website")
    page_updated: Date | None = Field(None, description="The day on which the web page was last changed")
    feedback: Annotated[str, Field(pattern=r"^https://[^\s<>\"]+$", max_length=120)] | None = Field(
        None, description="Where to leave feedback"
    )
    short_name: Line | None = Field(None, description="The surgery's name in texts, if it must be shorter")
    text_price_pence: Pence | None = Field(None, description="What one text costs you, in pence")
    text_segments: int | None = Field(None, ge=1, le=6, description="How many segments one text may take at most")
    helper: Person | None = Field(None, description="Whom people who need extra help can call")
    languages: tuple[Id, ...] = Field((), description="Languages of the language sheet, by id; all when left out")
    reasons: Prose | None = Field(None, description="Why the surgery changes its system, in a sentence for patients")


class ThirdParty(Fact):
    """Somebody outside whose link or data must be told: of a catalogue kind, or the practice's own."""

    id: Id | None = Field(None, description="A short name of your own; made from the name when left out")
    name: Line
    kind: Id | None = Field(None, description="The catalogue category; 'migpack list' shows them")
    contact: Contact | None = None
    notice: LengthText | None = Field(None, description="How long they need to be told before")
    off: DateOrWords | None = Field(None, description="When their link goes off")
    on: DateOrWords | None = Field(None, description="When it comes back")
    charge: Line | None = None
    tell: tuple[Prose, ...] = ()
    ask: tuple[Prose, ...] = ()
    notes: Prose | None = None


class Driver(Fact):
    """A reason to change and what proves it."""

    driver: Id
    evidence: Prose | None = None


class Consideration(Fact):
    """What will be harder, and what is done about it."""

    consideration: Id
    effect: Prose | None = None
    handled: Prose | None = None
    owner: Line | None = None


class Fit(Fact):
    """How the change helps or hinders an aim, and where that aim is written."""

    aim: Id
    objective: Line | None = None
    helps: Prose | None = None
    reference: Line | None = None


class Option(Fact):
    """One of the options compared; measures by their catalogue id."""

    option: Id
    name: Line | None = None
    measures: dict[Id, Line] = Field(default_factory=dict)
    carried_forward: YesNo | None = None
    reason: Prose | None = None


def _money(value: Any) -> Any:
    return value.replace(",", "").replace("£", "").strip() if isinstance(value, str) else value


Money = Annotated[int, BeforeValidator(_money), Field(ge=0, le=50_000_000), WithJsonSchema({"type": ["integer", "string"]})]


class CostLine(Fact):
    """One cost, in whole pounds; `vat_included` says whether VAT is in it."""

    cost: Id
    name: Line | None = None
    one_off: Money = 0
    per_year: Money = 0
    capital: YesNo = False
    vat_included: YesNo | None = None
    payer: Literal["nhs_england", "icb", "practice", "supplier", "to_be_agreed"]
    basis: Literal["quote", "estimate", "to_be_confirmed"]
    confirmed_by: Line | None = None
    confirmed_on: Date | None = None


class Benefit(Fact):
    """A benefit with its starting figure, target and the day it is measured."""

    benefit: Line
    type: Literal["patient", "staff", "cash_releasing", "non_cash", "safety"]
    baseline: Line | None = None
    target: Line | None = None
    measured_on: Date | None = None
    owner: Line | None = None


class Risk(Fact):
    """A risk of this migration; `risk` is a catalogue id, or `name` describes an own one."""

    risk: Id | None = None
    name: Line | None = None
    likelihood: int | None = Field(None, ge=1, le=5)
    impact: int | None = Field(None, ge=1, le=5)
    reduced_by: Prose | None = None
    owner: Line | None = None


class Readiness(Fact):
    """Where one of the preparations stands."""

    item: Id
    status: Literal["not_started", "in_progress", "done", "not_needed"]
    on: Date | None = None
    owner: Line | None = None


class BusinessCase(Fact):
    """What the business justification form is prefilled from."""

    reference: Line | None = None
    selection: Prose | None = None
    framework: Line | None = Field(None, description="The framework or catalogue the ICB confirms")
    affordability: Prose | None = None
    survey_done: YesNo = False
    contingency_percent: int = Field(0, ge=0, le=50)
    drivers: tuple[Driver, ...] = ()
    considerations: tuple[Consideration, ...] = ()
    fit: tuple[Fit, ...] = ()
    options: tuple[Option, ...] = ()
    costs: tuple[CostLine, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    risks: tuple[Risk, ...] = ()
    readiness: tuple[Readiness, ...] = ()
    dependencies: tuple[Prose, ...] = ()
    attached: tuple[Id, ...] = ()


class Letter(Fact):
    """How letters look and who signs them."""

    profile: Literal["plain", "dl_window", "c5_window"] = "plain"
    signed_by: Line | None = None
    signed_role: Line | None = None
    large_print_pt: int = Field(18, ge=16, le=24)
    logo: Line | None = Field(None, description="The practice's own logo: a PNG or JPEG file beside this one")
    logo_alt: Line | None = Field(None, description="What the logo shows, in words")
    logo_confirmed: YesNo = Field(False, description="Yes: we may use this logo, and it is not the NHS logo without permission")

    @model_validator(mode="after")
    def _logo_is_ours(self) -> Letter:
        if self.logo and not (self.logo_alt and self.logo_confirmed):
            raise ValueError(
                "a logo needs its words and your word \N{EM DASH} write logo_alt: and logo_confirmed: yes beside it, or take logo out"
            )
        return self


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


class Acceptance(Fact):
    """A broken rule that somebody has accepted, and why."""

    reason: Prose
    by: Line
    on: Date


class Approval(Fact):
    """Somebody's approval, with the code printed on what they approved."""

    by: Line
    role: Line | None = None
    on: Date
    code: Line


class PracticeFile(Fact):
    """practice.yaml: one practice's details, dates and decisions."""

    practice: Practice
    people: dict[Id, Person] = Field(default_factory=dict, description="By role: practice_manager, clinical_lead, project_manager …")
    icb: Organisation | None = None
    delivery_partner: Organisation | None = None
    systems: Systems
    dates: dict[Id, MilestoneDate] = Field(description="Any milestone; only go_live is needed")
    settings: dict[Id, LengthText] = Field(default_factory=dict, description="Your own figure where a default is contested")
    cutover: Cutover = Cutover()
    prescribing: Prescribing | None = None
    closing: Closing | None = None
    incident: Incident | None = None
    messages: Messages = Messages()
    third_parties: tuple[ThirdParty, ...] = ()
    business_case: BusinessCase = BusinessCase()
    letter: Letter = Letter()
    recipients: Recipients = Recipients()
    accepted: dict[str, Acceptance] = Field(default_factory=dict, description="Broken rules that somebody has accepted, by rule id")
    approvals: dict[Id, Approval] = Field(default_factory=dict)
    leave_out: tuple[Id, ...] = Field((), description="Documents this practice does not want, by id")
    sources_as_of: Date | None = None

"""What the practice decides for the cutover, and for what may go wrong: services, medicines, closing, an incident."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from migpack.practice.base import Contact, Fact
from migpack.values import Date, Id, Line, Phone, Prose


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

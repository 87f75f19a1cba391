"""The practice file as a whole, with the broken rules that were accepted and the approvals that were given."""

from __future__ import annotations

from pydantic import Field

from migpack.content import LengthText
from migpack.practice.base import Fact, Person
from migpack.practice.business_case import BusinessCase
from migpack.practice.cutover import Closing, Cutover, Incident, Prescribing
from migpack.practice.dates import MilestoneDate
from migpack.practice.messages import Letter, Mail, Messages
from migpack.practice.organisations import Organisation, Practice, Systems
from migpack.practice.recipients import Recipients
from migpack.practice.third_parties import ThirdParty
from migpack.values import Date, Id, Line, Prose


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
    mail: Mail | None = None
    recipients: Recipients = Recipients()
    accepted: dict[str, Acceptance] = Field(default_factory=dict, description="Broken rules that somebody has accepted, by rule id")
    approvals: dict[Id, Approval] = Field(default_factory=dict)
    leave_out: tuple[Id, ...] = Field((), description="Documents this practice does not want, by id")
    sources_as_of: Date | None = None

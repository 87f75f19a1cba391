"""Why the practice changes its system, and what it costs: what the business justification form is prefilled from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from migpack.practice.base import Fact, YesNo
from migpack.values import Date, Id, Line, Prose


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

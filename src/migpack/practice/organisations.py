"""Who the practice is, who helps it, and from which system it moves to which."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from migpack.content import LengthText
from migpack.practice.base import Contact, Fact, Named, Short, WebAddress, YesNo
from migpack.values import Address, Date, Email, Id, Line, OdsCode, Phone


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

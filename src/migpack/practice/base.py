"""What every part of the practice file is built from: the frozen model, facts that may be one plain text, and people."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from migpack.values import Address, Email, Line, Phone

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

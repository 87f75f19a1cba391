"""When: the dates that the practice gives, or a date in words."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema, model_validator

from migpack.phrases import Offset
from migpack.practice.base import Short
from migpack.values import Moment, When, read_moment


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

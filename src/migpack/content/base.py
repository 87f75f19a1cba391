"""What every content file is built from: the frozen model, what applies by trait, and texts that are read as phrases or expressions."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from migpack.phrases import Length, Offset, parse_rule, parse_span
from migpack.values import Prose


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
Expression = Annotated[str, AfterValidator(_expression)]
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

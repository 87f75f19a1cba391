"""Dates in words: "3 working days before go_live" and the rules that order milestones.

Text in, frozen values out; `str()` of a value is the phrase again. Names in phrases are milestone ids, setting ids
(where a length may stand) and ids of kinds of day. Never looks at a calendar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

UNITS = ("minutes", "hours", "days", "working days", "weeks", "months")
_LENGTH = r"(?P<{0}n>\d+) (?P<{0}unit>minute|hour|working day|day|week|month)s?"
_NAME = r"[a-z][a-z0-9_]*"


class PhraseError(ValueError):
    """The phrase cannot be read; the message says what to write."""


@dataclass(frozen=True)
class Length:
    """A length of time: a whole number and one of `UNITS`."""

    n: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "5 working days"."""
        found = re.fullmatch(_LENGTH.format(""), text.strip())
        if not found:
            raise PhraseError(f"'{text}' is not a length of time: write for example '5 working days' or '90 days'")
        return cls(int(found["n"]), found["unit"] + "s")

    def __str__(self) -> str:
        return f"{self.n} {self.unit if self.n != 1 else self.unit[:-1]}"


@dataclass(frozen=True)
class Setting:
    """A length that stands in the settings under this id."""

    id: str

    def __str__(self) -> str:
        return self.id


Span = Length | Setting


def parse_span(text: str) -> Span:
    """Read a length, or the id of a setting that holds one."""
    return Setting(text) if re.fullmatch(_NAME, text) else Length.parse(text)


@dataclass(frozen=True)
class Offset:
    """So much before (sign -1) or after (sign 1) an anchor, or on it (sign 0, no span)."""

    span: Span | None
    sign: int
    anchor: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "3 working days before go_live", "cutover_length before go_live" or "on go_live"."""
        words = " ".join(text.split())
        if found := re.fullmatch(rf"on ({_NAME})", words):
            return cls(None, 0, found[1])
        if found := re.fullmatch(rf"(.+) (before|after) ({_NAME})", words):
            return cls(parse_span(found[1]), -1 if found[2] == "before" else 1, found[3])
        raise PhraseError(f"'{text}' is not a date in words: write for example '3 working days before go_live' or 'on go_live'")

    def __str__(self) -> str:
        if self.span is None:
            return f"on {self.anchor}"
        return f"{self.span} {'before' if self.sign < 0 else 'after'} {self.anchor}"


@dataclass(frozen=True)
class Order:
    """`subject` stands before (sign -1), after (1) or on (0) `anchor`, by at least `least` and at most `most`.

    `strict` excludes the anchor's own day. Without lengths any distance in that direction keeps the rule.
    """

    subject: str
    sign: int
    anchor: str
    least: Span | None = None
    most: Span | None = None
    strict: bool = False

    def __str__(self) -> str:
        way = "before" if self.sign < 0 else "after"
        if self.sign == 0:
            return f"{self.subject} on {self.anchor}"
        if self.least and self.most:
            return f"{self.subject} between {self.least} and {self.most} {way} {self.anchor}"
        if self.least or self.most:
            bound = f"at least {self.least}" if self.least else f"at most {self.most}"
            return f"{self.subject} {bound} {way} {self.anchor}"
        return f"{self.subject} {'' if self.strict else 'on or '}{way} {self.anchor}"


@dataclass(frozen=True)
class Avoid:
    """`subject` (or each day from it to `until`) does not fall on this kind of day."""

    subject: str
    kind: str
    until: str = ""

    def __str__(self) -> str:
        return f"{self.subject} to {self.until} not over {self.kind}" if self.until else f"{self.subject} not on {self.kind}"


Rule = Order | Avoid


def parse_rule(text: str) -> Rule:
    """Read one rule; the forms are those that `str()` of `Order` and `Avoid` give.

    Raises:
        PhraseError: the text is none of them.
    """
    words = " ".join(text.split())
    if found := re.fullmatch(rf"({_NAME}) not on ({_NAME})", words):
        return Avoid(found[1], found[2])
    if found := re.fullmatch(rf"({_NAME}) to ({_NAME}) not over ({_NAME})", words):
        return Avoid(found[1], found[3], found[2])
    if found := re.fullmatch(rf"({_NAME}) on ({_NAME})", words):
        return Order(found[1], 0, found[2])
    if found := re.fullmatch(rf"({_NAME}) (on or )?(before|after) ({_NAME})", words):
        return Order(found[1], _sign(found[3]), found[4], strict=not found[2])
    if found := re.fullmatch(rf"({_NAME}) at (least|most) (.+) (before|after) ({_NAME})", words):
        span = parse_span(found[3])
        least, most = (span, None) if found[2] == "least" else (None, span)
        return Order(found[1], _sign(found[4]), found[5], least, most)
    if found := re.fullmatch(rf"({_NAME}) between (.+) and (.+) (before|after) ({_NAME})", words):
        return Order(found[1], _sign(found[4]), found[5], parse_span(found[2]), parse_span(found[3]))
    raise PhraseError(
        f"'{text}' is not a rule: write for example 'cutover_meeting at least 4 weeks before final_extract', "
        "'kick_off on or after order' or 'go_live not on bank_holiday'"
    )


def _sign(word: str) -> int:
    return -1 if word == "before" else 1

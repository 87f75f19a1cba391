"""Places, problems and the exceptions that carry them to the person who can mend them.

A `Problem` is a value: what is wrong, where, and what to write instead. Lines and columns count from 1;
0 means "the file as a whole".
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

_NUMBER = re.compile(r"\d+")  # paragraph 9 comes before paragraph 12


class Weight(StrEnum):
    """How much a problem matters: a mistake stops the pack, the others are printed and may be settled."""

    MISTAKE = "mistake"
    MUST = "must"
    SHOULD = "should"
    GAP = "gap"


class Place(NamedTuple):
    """Where something stands: a file as the user named it, a line and a column from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """What is wrong and what to write instead, in words for the person who wrote the file.

    `quote` holds the words in question where they stand in a file of the library whose line is not known yet.
    """

    place: Place
    what: str
    write: str
    weight: Weight = Weight.MISTAKE
    rule: str = ""
    quote: str = ""

    def __str__(self) -> str:
        label = "" if self.weight is Weight.MISTAKE else f"{self.weight} {self.rule}: ".replace(" :", ":")
        return f"{self.place}: {label}{self.what} \N{EM DASH} {self.write}"


class MigpackError(Exception):
    """Anything that a person, not a programmer, has to mend."""


class Mistakes(MigpackError):
    """One or more problems that stop the pack."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.place, _NUMBER.sub(lambda n: n[0].zfill(6), p.what))))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[Mistakes], tuple[tuple[Problem, ...]]]:
        """Let a mistake found in a worker process reach this one."""
        return type(self), (self.problems,)


class CannotRun(MigpackError):
    """This machine lacks something; the message names the command that mends it."""


def mistake(place: Place, what: str, write: str) -> Mistakes:
    """Return a `Mistakes` that holds one problem."""
    return Mistakes([Problem(place, what, write)])


def typed(path: object) -> str:
    """Return a file's name as it is typed into a command: in quotes where it has a space."""
    return f'"{path}"' if " " in str(path) else str(path)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return advice that names the nearest known word, or lists the known ones when none is near."""
    choices = sorted(set(known))
    folded = {choice.lower().replace("-", "_"): choice for choice in choices}
    near = difflib.get_close_matches(word.lower().replace(" ", "_").replace("-", "_"), folded, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{folded[near[0]]}'?"
    shown = ", ".join(choices[:12]) + (", …" if len(choices) > 12 else "")
    return f"write one of: {shown}" if choices else "take it out"

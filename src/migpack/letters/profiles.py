"""templates/letters/profiles.yaml → the profiles: what an envelope or a print service asks of a letter, in millimetres from the top left
corner of an A4 sheet, and in points for type.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from migpack.content import Content, Ids
from migpack.library import Library
from migpack.load import read_part
from migpack.values import Date, Line, Prose

NAME = "templates/letters/profiles.yaml"
WIDTH_MM, HEIGHT_MM = 210, 297


class Box(Content):
    """A part of a sheet."""

    left: float
    top: float
    right: float
    bottom: float

    @model_validator(mode="after")
    def _lies_on_the_sheet(self) -> Box:
        if not (0 <= self.left < self.right <= WIDTH_MM and 0 <= self.top < self.bottom <= HEIGHT_MM):
            raise ValueError("this part does not lie on an A4 sheet \N{EM DASH} write left < right <= 210 and top < bottom <= 297")
        return self


class Type(Content):
    """Size and leading in points."""

    size: float
    leading: float


class Profile(Content):
    """What an envelope or a print service asks of a letter; see the head of the file."""

    id: str
    title: Line
    about: Prose
    layout: Literal["plain", "dl_window", "c5_window", "nhs_notify"]
    sources: Ids
    as_of: Date
    ink: Box
    window: Box | None = None
    address: Box | None = None
    quiet: Box | None = None
    letterhead: Box | None = None
    sender: Box | None = None
    body: float | None = None
    folds: tuple[float, ...] = ()
    type: Type
    most_lines: int
    most_pages: int | None = None
    most_bytes: int | None = None

    @model_validator(mode="after")
    def _address_fits(self) -> Profile:
        if self.address and self.most_lines * self.type.leading * 25.4 / 72 > self.address.bottom - self.address.top:
            raise ValueError("most_lines lines of this type are higher than the address \N{EM DASH} write fewer lines or less leading")
        return self


class Profiles(Content):
    """The file."""

    profiles: tuple[Profile, ...]


def read_profiles(library: Library) -> dict[str, Profile]:
    """Return the profiles by id, those of later layers laid over the shipped ones.

    Raises:
        Mistakes: all mistakes of the file.
    """
    return {profile.id: profile for profile in read_part(library, NAME, Profiles, {}).profiles}

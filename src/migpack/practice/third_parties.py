"""Who outside must be told: the third parties of the practice."""

from __future__ import annotations

from pydantic import Field

from migpack.content import LengthText
from migpack.practice.base import Contact, Fact
from migpack.practice.dates import DateOrWords
from migpack.values import Id, Line, Prose


class ThirdParty(Fact):
    """Somebody outside whose link or data must be told: of a catalogue kind, or the practice's own."""

    id: Id | None = Field(None, description="A short name of your own; made from the name when left out")
    name: Line
    kind: Id | None = Field(None, description="The catalogue category; 'migpack list' shows them")
    contact: Contact | None = None
    notice: LengthText | None = Field(None, description="How long they need to be told before")
    off: DateOrWords | None = Field(None, description="When their link goes off")
    on: DateOrWords | None = Field(None, description="When it comes back")
    charge: Line | None = None
    tell: tuple[Prose, ...] = ()
    ask: tuple[Prose, ...] = ()
    notes: Prose | None = None

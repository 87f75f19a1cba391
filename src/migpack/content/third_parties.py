"""Who outside must be told, and what is asked of them: checklists/third_parties.yaml."""

from __future__ import annotations

from migpack.content.base import Conditional, Content, Ids, LengthText, OffsetText, Texts
from migpack.values import Id, Line, Prose


class PartyKind(Conditional):
    """A category of third party: what to tell it, what to ask it, when it goes off and on.

    `moves_data` says that it holds data which must be extracted on the same days as the practice's own.
    """

    id: Id
    ref: str
    title: Line
    examples: Prose = ""
    owner: Id
    tell: Texts
    ask: Texts
    off: OffsetText | None = None
    on: OffsetText | None = None
    notice: LengthText | None = None
    notice_note: Prose = ""
    meanwhile: Prose = ""
    warning: Prose = ""
    moves_data: bool = False
    sources: Ids


class PartyKinds(Content):
    """checklists/third_parties.yaml: what every notice asks, and the categories."""

    ask_all: Texts
    kinds: tuple[PartyKind, ...]

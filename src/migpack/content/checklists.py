"""What must be done, by whom and by when: the three role checklists."""

from __future__ import annotations

from typing import Literal

from migpack.content.base import Conditional, Content, Ids, OffsetText, Texts
from migpack.values import Id, Line, Prose


class Item(Conditional):
    """One line of a checklist; `items` are its sub-items, each a line of its own with its own date and tick.

    `origin` is `page` for a line of the published checklist, `recovered` for one taken from the 2020 edition under a
    heading that the page left empty, `added` for ours.
    """

    id: str
    task: Prose
    steps: Texts = ()
    owner: Id
    due: OffsetText
    evidence: Prose
    origin: Literal["page", "recovered", "added"]
    sources: Ids
    rules: Ids = ()
    activity: str = ""
    items: tuple[Item, ...] = ()


class ChecklistPhase(Content):
    """A section of a checklist: the published page's heading, in our words, and its lines."""

    id: str
    phase: Id
    title: Line
    intro: Prose
    items: tuple[Item, ...]


class Checklist(Content):
    """checklists/practice_staff.yaml and its two companions: what one role must do."""

    id: Id
    title: Line
    code: str
    for_whom: Prose
    phases: tuple[ChecklistPhase, ...]

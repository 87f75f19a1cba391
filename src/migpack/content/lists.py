"""The rows of tables and forms: checklists/data_checks.yaml and checklists/lists/."""

from __future__ import annotations

from pydantic import Field

from migpack.content.base import Conditional, Content, Ids, OffsetText, Texts
from migpack.values import Id, Line, Prose


class DataCheck(Conditional):
    """A criterion by which a test patient is chosen, and what to compare."""

    id: str
    criterion: Line
    compare: Prose
    sources: Ids


class DataChecks(Content):
    """checklists/data_checks.yaml"""

    criteria: tuple[DataCheck, ...]
    totals: tuple[DataCheck, ...]


class ListRow(Conditional):
    """A row of a list; which of these a list uses, its own file says. `documents` are the catalogue ids of what it leads to."""

    id: str
    title: Line
    text: Prose = ""
    steps: Texts = ()
    group: str = ""
    owner: str = ""
    when: OffsetText | None = None
    evidence: Prose = ""
    numbers: dict[str, int] = Field(default_factory=dict)
    more: dict[str, Prose] = Field(default_factory=dict)
    documents: Ids = ()
    sources: Ids = ()


class ListGroup(Conditional):
    """A heading over rows of a list."""

    id: Id
    title: Line
    text: Prose = ""


class RowList(Content):
    """checklists/lists/<name>.yaml: the rows of one table or form, which its template reads as `lists.<name>`.

    `groups` are the headings that rows may name in `group`, in order.
    """

    title: Line
    intro: Prose = ""
    groups: tuple[ListGroup, ...] = ()
    rows: tuple[ListRow, ...]

"""Which documents there are, and whose approval they need: templates/catalogue.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from migpack.content.base import Conditional, Content, Ids
from migpack.values import Id, Line, Prose


class ApprovalRule(Content):
    """An approval that a final document can need, and the facts whose change makes it lapse.

    With `if_given`, a key of the practice file, it is needed only where that key is given: the words then print nothing else.
    """

    id: Id
    title: Line
    covers: tuple[str, ...]
    who: Id
    if_given: str = ""


class DocumentSpec(Conditional):
    """One line of the catalogue: a document, what it is made from and for whom.

    `parties` and `kinds` choose the third parties for which it is made; `carries` are the elements that a document for patients
    must have; `most_words` and `most_characters` (0 for any) hold for the page, or for each `say` box of a document for staff. A
    document that `names_suppliers` says who they are, as a privacy notice must. A `standby` document is ready for
    what may never happen: `--final all` and the list of missing facts pass it over. One made_by `changes` is in the pack once an issue
    has gone out, one made_by `correction` for third parties that hold an old day.
    """

    id: Id
    title: Line
    folder: str = ""
    name: str
    template: str = ""
    made_by: Literal["template", "overview", "calendar", "tracker", "print_pack", "word_form", "changes", "correction"] = "template"
    per: Literal["practice", "role", "third_party", "activity"] = "practice"
    parties: Literal["all", "linked", "with_data"] = "all"
    kinds: Ids = ()
    formats: tuple[Literal["pdf", "docx", "html", "txt", "ics", "xlsx"], ...]
    audience: Literal["staff", "commissioner", "patients", "third_parties"]
    styles: tuple[Literal["house", "large_print", "mail_merge"], ...] = ("house",)
    paper: Literal["a4", "a4_landscape", "a3_landscape"] = "a4"
    given: dict[str, str] = Field(default_factory=dict)
    carries: Ids = ()
    most_words: int = 0
    most_characters: int = 0
    needs: Ids = ()
    rules: Ids = ()
    fillable: bool = False
    printed: bool = False
    standby: bool = False
    names_suppliers: bool = False
    holds_patient_data: bool = False
    about: Prose

    @model_validator(mode="after")
    def _word_form_is_one(self) -> DocumentSpec:
        if self.made_by == "word_form":
            if not self.template.endswith(".docx"):
                raise ValueError("a word_form is filled from a Word file without macros \N{EM DASH} write template: forms/….docx")
            if self.formats != ("docx",) or self.per != "practice" or self.styles != ("house",) or self.printed or self.fillable:
                raise ValueError(
                    "a word_form is one Word file for the practice \N{EM DASH} write formats: [docx] and per: practice, "
                    "and leave out styles, printed and fillable"
                )
        elif self.template.endswith(".docx"):
            raise ValueError("a Word file is filled as a form of its own \N{EM DASH} write made_by: word_form")
        return self


class Folder(Content):
    """A folder of the pack, and what it is for."""

    id: str
    title: Line
    about: Prose


class Catalogue(Content):
    """templates/catalogue.yaml"""

    folders: tuple[Folder, ...] = ()
    documents: tuple[DocumentSpec, ...]
    approvals: tuple[ApprovalRule, ...]

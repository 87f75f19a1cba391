"""A plan and the library's Word files in, the word forms of a pack out: an area's own forms, read, with the facts that go into them.

A word form has no page: its words are the area's. It counts as a document all the same, with a version and a hash of what it says.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from migpack.facts import Fact, facts
from migpack.library import Library
from migpack.model import Page, Plan, PlannedDocument
from migpack.practice import BusinessCase
from migpack.problems import Mistakes, Place, Problem
from migpack.render import render, standing
from migpack.values import read_moment

if TYPE_CHECKING:
    from migpack.slots import Slot

ANSWERS = "business_case"
_YES, _NO = frozenset(("yes", "on", "true")), frozenset(("no", "false"))


@dataclass(frozen=True)
class WordForm:
    """A form that an area insists on, as it lies in the library, and every fact that it may name."""

    document: PlannedDocument
    place: Place
    data: bytes
    slots: tuple[Slot, ...]
    facts: Mapping[str, Fact]
    version: str
    draft: bool
    content_hash: str


def render_forms(plan: Plan, library: Library, today: dt.date) -> tuple[WordForm, ...]:
    """Return each word form of a plan.

    Raises:
        Mistakes: a form is no Word file that can be filled.
    """
    documents = [document for document in plan.documents if document.spec.made_by == "word_form"]
    if not documents:
        return ()
    from migpack.slots import read_slots

    known = facts(plan, answers(plan, library, today))
    forms, problems = [], []
    for document in documents:
        name = f"templates/{document.spec.template}"
        place, data = Place(library.label(library.find(name))), library.read(name)
        try:
            slots = read_slots(data)
        except ValueError as error:
            what, _, write = str(error).partition(" \N{EM DASH} ")
            problems.append(Problem(place, what, write))
        else:
            content_hash = _hash(document, data, [known[slot.name] for slot in slots if slot.name in known])
            forms.append(WordForm(document, place, data, slots, known, *standing(plan, document, content_hash), content_hash))
    if problems:
        raise Mistakes(problems)
    return tuple(forms)


def answers(plan: Plan, library: Library, today: dt.date) -> tuple[Page, Page]:
    """Return the business justification form as this practice answers it, and empty with the rows of every trait, for the names in it."""
    spec = next(spec for spec in plan.case.content.catalogue.documents if spec.id == ANSWERS)
    document = PlannedDocument(spec.id, spec, "", "house", spec.title, spec.name, final=False)
    own = replace(plan, documents=(document,))
    empty = plan.case.file.model_copy(update={"business_case": BusinessCase()})
    every = replace(own, parties=(), case=replace(plan.case, file=empty, traits=frozenset(plan.case.content.traits)))
    return render(own, library, today)[0], render(every, library, today)[0]


def _hash(document: PlannedDocument, data: bytes, named: Iterable[Fact]) -> str:
    says = json.dumps([document.title, hashlib.sha256(data).hexdigest(), {fact.name: fact.value for fact in named}], sort_keys=True)
    return hashlib.sha256(says.encode()).hexdigest()


def fitting(slot: Slot, fact: Fact) -> str | None:
    """Return the words of a known fact as a slot takes them: of a list the text chosen, of a box 'yes' or 'no'; None where nothing fits."""
    words = {_folded(word) for word in (fact.value, fact.code) if word}
    if slot.kind == "tick":
        return "yes" if words & _YES else "no" if words & _NO else None
    if slot.kind in ("list", "combo"):
        found = next((text for value, text in slot.choices if {_folded(value), _folded(text)} & words), None)
        return found if found is not None or slot.kind == "list" else fact.value
    return fact.value


def day_of(fact: Fact) -> dt.date | None:
    """Return the day that a fact is, also where only its words say so."""
    try:
        return fact.day or read_moment(fact.value or "").date
    except ValueError:
        return None


def _folded(word: str) -> str:
    return " ".join(word.split()).casefold()

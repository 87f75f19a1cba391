"""A plan and the business justification form as rendered → all that an area's own form can name. Pure.

Names have dots. A fact of the practice file has its path there, a day of the plan is 'dates.<milestone>', a trait 'traits.<id>',
a figure that is contested 'settings.<id>'. An answer of the business justification form is named as its field is, without the form's
own name; those of its first section begin with 'summary'. Third parties and rows of the practice's own apart, every practice of
a library has the same names, so that a form which is right for one is right for all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from migpack import blocks, filters
from migpack.markup import read
from migpack.model import Case, Content, Page, Plan
from migpack.practice import PracticeFile
from migpack.values import Moment

# What the plan says better, and what is for the program and not for a reader.
_APART = frozenset(
    "dates settings accepted leave_out mail letter.logo letter.logo_alt letter.logo_confirmed letter.profile letter.large_print_pt".split()
)
_YES_NO = {True: "Yes", False: "No"}


@dataclass(frozen=True)
class Fact:
    """What a form can name: `value` as it prints, None where nobody has given it, '' where people are to write.

    `code` is the word that files have for it, where that is another: 'yes', 'nhs_england'. `day` is the day that it is.
    """

    name: str
    title: str
    value: str | None
    code: str = ""
    day: dt.date | None = None


def facts(plan: Plan, forms: Iterable[Page]) -> Mapping[str, Fact]:
    """Return every fact by its name; of `forms`, renderings of the business justification form, the first that has an answer counts."""
    case = plan.case
    found = [*_leaves(case, PracticeFile, case.file, ""), *_of_the_plan(plan)]
    for page in forms:
        found += _answers(page)
    named: dict[str, Fact] = {}
    for fact in found:
        named.setdefault(fact.name, fact)
    return named


def _of_the_plan(plan: Plan) -> Iterator[Fact]:
    for m in plan.milestones.values():
        yield Fact(f"dates.{m.id}", m.title, filters.day(m.date), str(m.date), m.date)
    for setting in plan.case.settings.values():
        yield Fact(f"settings.{setting.id}", setting.title, str(setting.value))
    for trait in plan.case.content.traits.values():
        yield _yes_no(f"traits.{trait.id}", trait.title, trait.id in plan.case.traits)


def _answers(page: Page) -> Iterator[Fact]:
    own = f"{page.document.id}."
    for field in blocks.fields(read(page.html, page.document.id)):
        name = field.name.removeprefix(own)
        name = name if "." in name else f"summary.{name}"
        if field.kind == "tick":
            yield _yes_no(name, field.title, bool(field.value))
        else:
            shown = {option.value: option.text for option in field.options}
            yield Fact(name, field.title, shown.get(field.value, field.value), field.value if field.options else "")


def _yes_no(name: str, title: str, yes: bool) -> Fact:
    return Fact(name, title, _YES_NO[yes], "yes" if yes else "no")


def _leaves(case: Case, model: type[BaseModel], held: Any, path: str) -> Iterator[Fact]:
    """Yield the facts of a part of the practice file, given or not; `held` is None where the whole part is missing."""
    for key, about in model.model_fields.items():
        name = f"{path}.{key}" if path else key
        if name not in _APART:
            yield from _leaf(case, about.annotation, getattr(held, key, None), name, about.description or _title(case.content, name))


def _leaf(case: Case, annotation: Any, value: Any, name: str, title: str) -> Iterator[Fact]:
    kind = _kind(annotation)
    if get_origin(kind) is dict:
        for id, usual in _open_part(case.content, name).items():
            one = f"{name}.{id}"
            yield from _leaf(case, get_args(kind)[1], (value or {}).get(id, usual), one, _title(case.content, one))
    elif get_origin(kind) is tuple:
        inner = _kind(get_args(kind)[0])
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            yield Fact(name, title, None if value is None else _joined(case.content, name, value))
        elif "name" in inner.model_fields and inner.model_fields["name"].is_required():
            yield Fact(name, title, ", ".join(entry.name for entry in value or ()))
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from _leaves(case, kind, value, name)
    else:
        yield _scalar(name, title, value, get_origin(kind) is Literal)


def _kind(annotation: Any) -> Any:
    """Return what an annotation allows, without None and what pydantic adds."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(kind for kind in get_args(annotation) if kind is not NoneType)
    return annotation


def _open_part(content: Content, name: str) -> Mapping[str, str | None]:
    """Return the keys that a part of the practice file may have, with what holds where a key is not given."""
    parts: dict[str, Mapping[str, str | None]] = {
        "people": dict.fromkeys(content.roles),
        "cutover.services": {service.id: service.default for service in content.cutover.patient_services},
        "cutover.activities": dict.fromkeys(activity.id for activity in content.activities),
        "approvals": dict.fromkeys(approval.id for approval in content.catalogue.approvals),
    }
    return parts.get(name, {})


def _joined(content: Content, name: str, values: Iterable[Any]) -> str:
    """Return a list in one text: ids by their titles; sentences on lines of their own."""
    traits = {trait.id: trait.title for trait in content.traits.values()}
    attached = {choice.id: choice.title for choice in content.business_case.attachments}
    known = {"practice.traits": traits, "business_case.attached": attached}.get(name, {})
    words = [filters.date(value) if isinstance(value, dt.date) else known.get(value, str(value)) for value in values]
    return ("\n" if any(word.endswith(".") for word in words) else ", ").join(words)


def _scalar(name: str, title: str, value: Any, from_list: bool) -> Fact:
    if isinstance(value, bool):
        return _yes_no(name, title, value)
    if isinstance(value, Moment):
        at = f", {filters.clock(value.time)}" if value.time else ""
        return Fact(name, title, filters.date(value.date) + at, str(value.date), value.date)
    if isinstance(value, dt.date):
        return Fact(name, title, filters.date(value), str(value), value)
    if isinstance(value, int):
        return Fact(name, title, filters.number(value), str(value))
    if from_list and value:
        return Fact(name, title, value.replace("_", " "), value)
    return Fact(name, title, f"{value:g}" if isinstance(value, float) else None if value is None else str(value))


def _title(content: Content, name: str) -> str:
    """Return a path in words: 'Practice manager: phone'."""
    parts = name.split(".")
    if parts[0] == "people" and parts[1] in content.roles:
        parts = [content.roles[parts[1]].title, *parts[2:]]
    said = ": ".join(part.replace("_", " ") for part in parts).replace("icb", "ICB").replace("pcn", "PCN")
    return said[:1].upper() + said[1:]

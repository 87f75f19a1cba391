"""Pages in, problems out: reads every page as a careful colleague would, before anything is written.

Reading a page proves that it keeps to the page vocabulary. Then this looks at what only the finished words show: gaps that a
final document must not have, fields that share a name, tables without headers, placeholder text, a weekday that does not
fit its date; what a document for patients must carry, how its words are written, how long its texts are. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from migpack import blocks
from migpack.content import Element
from migpack.filters import date
from migpack.forms import WordForm, fitting
from migpack.markup import read
from migpack.messages import most_segments, size, text_price
from migpack.model import Page, Plan
from migpack.problems import Place, Problem, Weight, did_you_mean
from migpack.values import MONTHS, WEEKDAYS, read_moment
from migpack.writing import Finding, read_as_patient, said, spoken, text_messages

MAX_NAME = 64
_LEFTOVER = re.compile(r"(?i:lorem ipsum)|\bTODO\b|\bTBC\b|\b(?i:xxx)\b|\{\{|\}\}|\{%|«|»|\bNone\b|\bundefined\b")
_DATED = re.compile(rf"({'|'.join(WEEKDAYS)}),? (\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})")


def proof(plan: Plan, pages: tuple[Page, ...], forms: tuple[WordForm, ...]) -> tuple[Problem, ...]:
    """Return every problem of the pages and the word forms of a pack."""
    names: dict[str, str] = {}
    written = plan.case.file.model_dump_json()
    problems: list[Problem] = []
    for page in pages:
        problems += _may_be_final(plan, page) if not page.draft else []
        if page.document.spec.made_by == "overview":
            continue
        tree = read(page.html, page.document.id)
        problems += _gaps(plan, page, tree)
        problems += _fields(page, tree, names)
        problems += _structure(page, tree)
        problems += _words(page, tree, written)
        problems += _carried(plan, page, tree)
        problems += _lengths(plan, page, tree)
        problems += _written_for_patients(plan, page, tree)
    for form in forms:
        problems += _may_be_final(plan, form) if not form.draft else []
        problems += _slots(plan, form)
    return tuple(dict.fromkeys(problems))


def _template(page: Page) -> Place:
    return Place(f"templates/{page.document.spec.template}")


def _gaps(plan: Plan, page: Page, tree: blocks.Tree) -> Iterator[Problem]:
    if not (page.draft and page.document.spec.standby):
        yield from (_gap(plan, page, key) for key in dict.fromkeys(blocks.gaps(tree)))


def _gap(plan: Plan, page: Page | WordForm, key: str) -> Problem:
    weight = Weight.GAP if page.draft else Weight.MISTAKE
    place = plan.case.place(*key.split("."))
    return Problem(place, f"{page.document.title} needs {key}", f"write {key.replace('.', ': ')}: …", weight, page.document.id)


def _slots(plan: Plan, form: WordForm) -> Iterator[Problem]:
    """Find what an area's form names and nothing is called, what cannot be filled, and facts that are missing or do not fit."""
    # A form has tags of its own. A dot behind one of our first words means ours; a letter alone may be anything.
    ours = {first for first, dot, _ in (name.partition(".") for name in form.facts) if len(first) > 1}
    for slot in form.slots:
        fact, (first, dot, _) = form.facts.get(slot.name), slot.name.partition(".")
        if slot.doubled or (slot.is_control and not fact and not (dot and first in ours)):
            continue
        if slot.name and not fact:
            near = did_you_mean(slot.name, form.facts)
            advice = near if near.startswith("did you mean") else "'migpack list --fields' shows every name"
            yield Problem(form.place, f"{slot.where}: nothing is called '{slot.name}'", advice)
        elif slot.trouble:
            what, _, write = slot.trouble.partition(" — ")
            yield Problem(form.place, f"{slot.where}: {what}", write)
        elif fact and fact.value is None:
            if not (form.draft and form.document.spec.standby):
                yield _gap(plan, form, fact.name)
        elif fact and fact.value and fitting(slot, fact) is None:
            what = "is neither yes nor no" if slot.kind == "tick" else "is not in the list"
            yield Problem(
                form.place,
                f"{slot.where}: {fact.name} is '{fact.value}', which {what}",
                "use a control for plain text" if slot.kind == "tick" else "add it to the list of the control, or choose by hand",
                Weight.SHOULD if form.draft else Weight.MISTAKE,
                form.document.id,
            )


def _fields(page: Page, tree: blocks.Tree, names: dict[str, str]) -> Iterator[Problem]:
    for field in blocks.fields(tree):
        if not page.document.spec.fillable:
            yield Problem(
                _template(page),
                f"'{field.name}' is a field in a document that is not fillable",
                "add 'fillable: yes' to its catalogue entry",
            )
        if len(field.name) > MAX_NAME:
            yield Problem(_template(page), f"the field name '{field.name}' has {len(field.name)} characters", f"use at most {MAX_NAME}")
        if field.name in names:
            yield Problem(
                _template(page), f"the field name '{field.name}' also stands in {names[field.name]}", "give each field a name of its own"
            )
        names[field.name] = page.document.title


def _structure(page: Page, tree: blocks.Tree) -> Iterator[Problem]:
    for table in blocks.tables(tree):
        if not any(cell.scope for row in (*table.head, *table.body) for cell in row.cells):
            yield Problem(_template(page), "a table has no header cells", "write th scope=col or th scope=row")


def _words(page: Page, tree: blocks.Tree, written: str) -> Iterator[Problem]:
    text = blocks.text(tree)
    for found in dict.fromkeys(match.group(0) for match in _LEFTOVER.finditer(text)):
        if found in written:  # the practice means it
            continue
        yield Problem(
            _template(page),
            f"'{found}' looks like text that was never finished",
            "finish it, or mend the template",
            Weight.SHOULD,
            "leftover",
        )
    for match in _DATED.finditer(text):
        try:
            read_moment(match.group(0))
        except ValueError as error:
            what, _, write = str(error).partition(" \N{EM DASH} ")
            yield Problem(_template(page), f"{page.document.title}: {what}", write)


def _carried(plan: Plan, page: Page, tree: blocks.Tree) -> Iterator[Problem]:
    """What patients must be told in this document, and are not."""
    wanted = (element for element in plan.case.content.messages.elements if element.id in page.document.spec.carries)
    if missing := [element for element in wanted if not _tells(tree, element)]:
        yield Problem(
            _template(page),
            f"{page.document.title} lacks what it must tell patients: {'; '.join(f'{e.number} {e.title}' for e in missing)}",
            f'write it, and mark the words with data-says="{" ".join(e.id for e in missing)}"',
        )


def _tells(tree: blocks.Tree, element: Element) -> bool:
    words = tree.says.get(element.id, "")
    return bool(words.strip() and re.search(element.shows, words))


def _lengths(plan: Plan, page: Page, tree: blocks.Tree) -> Iterator[Problem]:
    """Texts and messages that are longer than they may be, counted as filled."""
    most = most_segments(plan.case)
    for words in text_messages(tree):
        found = size(words, text_price(plan.case))
        if found.segments > most:
            odd = f"; '{found.odd}' makes it {found.alphabet}" if found.odd else ""
            yield Problem(
                _template(page),
                f"a text message has {found.characters} characters, {found.segments} segments of at most {most}{odd}: '{words}'",
                "shorten it, or give messages: short_name:",
            )
    spec = page.document.spec
    if spec.most_words or spec.most_characters:
        whole = spec.audience == "patients"
        for part in (tree.blocks,) if whole else (box.blocks for box in said(tree)):
            words = spoken(part)
            count, letters = len(words.split()), len(words)
            begins = f"'{' '.join(words.split()[:8])} …'"
            if spec.most_characters and letters > spec.most_characters:
                what = f"{page.document.title} has {letters} characters, which cannot be sent: {begins}"
                yield Problem(_template(page), what, f"write at most {spec.most_characters}")
            if spec.most_words and count > spec.most_words:
                what = f"{page.document.title} has {count} words: {begins}"
                yield Problem(_template(page), what, f"aim for {spec.most_words} or fewer", Weight.SHOULD, "length")


def _written_for_patients(plan: Plan, page: Page, tree: blocks.Tree) -> Iterator[Problem]:
    """What in words for patients breaks the NHS writing rules: advice, in the practice's own words too."""
    names = _proper_names(plan)
    if page.document.spec.names_suppliers:
        systems = (plan.case.file.systems.current, plan.case.file.systems.new)
        names |= {name for system in systems for name in (system.name, system.supplier) if name}
    whole = page.document.spec.audience == "patients"
    for finding in read_as_patient(tree, plan.case.content.writing, names, whole=whole):
        place, quote = _written_at(plan, page, tree, finding)
        yield Problem(place, finding.what, finding.write, Weight.SHOULD, finding.rule, quote)


def _proper_names(plan: Plan) -> frozenset[str]:
    """Return the names of this practice's sites, people, organisations and apps, which may have capitals and odd words."""
    file = plan.case.file
    people = [*file.people.values(), *filter(None, (file.messages.helper,))]
    bodies: list[Any] = [*file.practice.branches, *file.third_parties, *filter(None, (file.icb, file.delivery_partner))]
    return frozenset(
        filter(
            None,
            (
                file.practice.name, file.practice.patient_name, file.systems.current.patient_app, file.systems.new.patient_app,
                *(name for person in people for name in (person.name, person.role, person.organisation)), *(body.name for body in bodies),
            ),
        )
    )  # fmt: skip


def _written_at(plan: Plan, page: Page, tree: blocks.Tree, finding: Finding) -> tuple[Place, str]:
    """Return where in the practice file these words stand, or the template, with the words to look for there."""
    text = " ".join(blocks.text(tree).split())
    own = {path: " ".join(plan.case.written(path).split()) for path in plan.case.places}
    for words in (finding.around, finding.core):
        for path, value in own.items():
            if words and words in value and value in text:
                return plan.case.places[path], ""
    return _template(page), finding.around or finding.core


def _may_be_final(plan: Plan, page: Page | WordForm) -> Iterator[Problem]:
    """What stands in the way of a final document: an approval missing or lapsed, a broken rule that nobody accepted."""
    spec, case = page.document.spec, plan.case
    for need in spec.needs:
        rule = next(rule for rule in case.content.catalogue.approvals if rule.id == need)
        if rule.if_given and not getattr(case.file, rule.if_given):
            continue
        approval, code = case.file.approvals.get(need), plan.approval_codes[need]
        if approval is None:
            yield Problem(
                case.place("approvals"),
                f"{page.document.title} cannot be final without the approval '{need}' ({rule.title})",
                f"write approvals: {need}: {{by: …, on: …, code: {code}}}",
            )
        elif approval.code != code:
            yield Problem(
                case.place("approvals", need, "code"),
                f"{page.document.title} cannot be final: the approval '{need}' of {date(approval.on)} has lapsed",
                f"have it approved again and write code: {code}",
            )
    for broken in plan.broken:
        if broken.rule.weight == "must" and broken.id in spec.rules and not broken.accepted:
            yield Problem(
                case.place("dates", broken.subject.split()[-1]),
                f"{page.document.title} cannot be final: {broken.id} is broken. {broken.says}",
                f"write {broken.keep}, or accept it: accepted: {broken.id}: {{reason: …, by: …, on: …}}",
            )

"""Ids that something names and nothing defines, in the practice file and in the library's own content. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from migpack import content
from migpack.model import Content
from migpack.phrases import Setting
from migpack.practice import PracticeFile
from migpack.problems import Place, Problem, did_you_mean


def dangling(known: Content) -> Iterator[Problem]:
    """Find ids in content files that nothing defines."""
    milestones = {rule.id for rule in known.timeline.milestones}
    tables: dict[str, Collection[str]] = {
        "owner": known.roles, "decides": known.roles, "who": known.roles, "sources": known.sources, "source": known.sources,
        "only_if": known.traits, "unless": known.traits, "milestone": milestones, "anchor": milestones,
        "activity": {activity.id for activity in known.activities},
        "rules": {rule.id for rule in known.timeline.rules} | {rule.id for rule in known.timeline.not_carried},
        "setting": {setting.id for setting in known.timeline.settings},
        "needs": {rule.id for rule in known.catalogue.approvals},
        "documents": {spec.id for spec in known.catalogue.documents}, "kinds": {kind.id for kind in known.party_kinds.kinds},
        "carries": {element.id for element in known.messages.elements},
    }  # fmt: skip
    parts: dict[str, Any] = {f"checklists/{c.id}.yaml": c for c in known.checklists} | {
        "checklists/timeline.yaml": known.timeline, "checklists/cutover.yaml": known.cutover,
        "checklists/data_checks.yaml": known.data_checks, "checklists/third_parties.yaml": known.party_kinds,
        "checklists/business_case.yaml": known.business_case, "checklists/messages.yaml": known.messages,
        "checklists/mailings.yaml": known.mailings, "templates/catalogue.yaml": known.catalogue,
    } | {f"checklists/lists/{name}.yaml": rows for name, rows in known.lists.items()}  # fmt: skip
    for name, part in parts.items():
        yield from _dangling_in(name, part, tables, known.places)
    yield from _dangling_mailings(known, tables["documents"])
    for number, activity in enumerate(known.activities):
        yield from _dangling_in(f"checklists/cutover_activities.yaml.activities.{number}", activity, tables, known.places)


def _dangling_mailings(known: Content, documents: Iterable[str]) -> Iterator[Problem]:
    for number, mailing in enumerate(known.mailings.mailings):
        if (name := mailing.document.partition(".")[0]) not in documents:
            place = known.places[f"checklists/mailings.yaml.mailings.{number}.document"]
            yield Problem(place, f"document: no document is called '{name}'", did_you_mean(name, documents))


def _dangling_in(path: str, value: Any, tables: Mapping[str, Collection[str]], places: Mapping[str, Place]) -> Iterator[Problem]:
    if isinstance(value, tuple):
        for number, entry in enumerate(value):
            yield from _dangling_in(f"{path}.{number}", entry, tables, places)
    elif isinstance(value, content.Content):
        for key, found in value:
            if not found:
                continue
            for kind, name in _names_in(key, found):
                if name not in tables[kind]:
                    place = places.get(f"{path}.{key}") or places.get(path) or Place(path)
                    yield Problem(place, f"{key}: no {kind} is called '{name}'", did_you_mean(name, tables[kind]))
            if isinstance(found, (tuple, content.Content)):
                yield from _dangling_in(f"{path}.{key}", found, tables, places)


def _names_in(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield (table, id) for each reference that a field holds."""
    if key in ("owner", "decides", "who", "source", "milestone", "activity") and isinstance(value, str) and value and " " not in value:
        yield key, value
    elif key in ("sources", "only_if", "unless", "needs", "rules", "documents", "kinds", "carries") and isinstance(value, tuple):
        yield from ((key, name) for name in value if isinstance(name, str))
    elif hasattr(value, "anchor") and hasattr(value, "span"):
        yield "anchor", value.anchor
        if isinstance(value.span, Setting):
            yield "setting", value.span.id


def unknown_ids(file: PracticeFile, known: Content, places: Mapping[str, Place], name: str) -> Iterator[Problem]:
    """Find ids in the practice file, of this name, that the library does not define."""
    milestones = [rule.id for rule in known.timeline.milestones]
    yield from _unknown_keys(file, known, milestones, places, name)
    traits = [trait.id for trait in known.traits.values() if not trait.derived]
    yield from _unknown_words(file.practice.traits, "practice.traits", "trait", traits, places)
    yield from _unknown_documents(file, known, places)
    yield from _unknown_choices(file, known, places)
    kinds = [kind.id for kind in known.party_kinds.kinds]
    yield from _unknown_words([party.kind for party in file.third_parties], "third_parties", "kind", kinds, places, "kind")
    yield from _unknown_anchors(file, milestones, places)
    if "go_live" not in file.dates:
        yield Problem(places.get("dates#", Place(name)), "dates.go_live is missing", "write 'go_live: …' with the day you go live")


def _unknown_keys(file: PracticeFile, known: Content, milestones: list[str], places: Mapping[str, Place], name: str) -> Iterator[Problem]:
    groups: list[tuple[str, str, Iterable[str], Iterable[str]]] = [
        ("people", "role", file.people, known.roles),
        ("dates", "milestone", file.dates, milestones),
        ("settings", "setting", file.settings, [setting.id for setting in known.timeline.settings]),
        ("cutover.services", "patient service", file.cutover.services, [service.id for service in known.cutover.patient_services]),
        ("cutover.activities", "activity", file.cutover.activities, [activity.id for activity in known.activities]),
        ("accepted", "rule", file.accepted, [rule.id for rule in known.timeline.rules]),
        ("approvals", "approval", file.approvals, [rule.id for rule in known.catalogue.approvals]),
    ]
    for path, noun, given, defined in groups:
        for word in given:
            if word not in set(defined):
                place = places.get(f"{path}.{word}#") or Place(name)
                yield Problem(place, f"{path}: no {noun} is called '{word}'", did_you_mean(word, defined))


def _unknown_documents(file: PracticeFile, known: Content, places: Mapping[str, Place]) -> Iterator[Problem]:
    documents = [spec.id for spec in known.catalogue.documents]
    letters = [rule.letter for rule in file.recipients.letters]
    yield from _unknown_words(file.leave_out, "leave_out", "document", documents, places)
    yield from _unknown_words(letters, "recipients.letters", "letter", documents, places, "letter")
    for language, letter in file.recipients.language.letters.items() if file.recipients.language else ():
        if letter not in documents:
            place = places[f"recipients.language.letters.{language}"]
            yield Problem(place, f"recipients.language.letters: no letter is called '{letter}'", did_you_mean(letter, documents))


def _unknown_choices(file: PracticeFile, known: Content, places: Mapping[str, Place]) -> Iterator[Problem]:
    """Find rows of the business case that its form does not offer."""
    given, form = file.business_case, known.business_case
    rows: list[tuple[str, str, str, Iterable[Any], Iterable[content.Choice]]] = [
        ("drivers", "driver", "driver", given.drivers, form.drivers),
        ("considerations", "consideration", "consideration", given.considerations, form.considerations),
        ("fit", "aim", "aim", given.fit, form.fit),
        ("options", "option", "option", given.options, form.options),
        ("costs", "cost", "cost line", given.costs, form.cost_lines),
        ("risks", "risk", "risk", given.risks, form.risks),
        ("readiness", "item", "readiness item", given.readiness, form.readiness),
    ]
    for part, key, noun, entries, choices in rows:
        words = [getattr(entry, key) for entry in entries]
        yield from _unknown_words(words, f"business_case.{part}", noun, [choice.id for choice in choices], places, key)
    measures, attachments = [choice.id for choice in form.measures], [choice.id for choice in form.attachments]
    for number, option in enumerate(given.options):
        yield from _unknown_words(option.measures, f"business_case.options.{number}.measures", "measure", measures, places)
    yield from _unknown_words(given.attached, "business_case.attached", "attachment", attachments, places)


def _unknown_words(
    words: Iterable[str | None], path: str, noun: str, defined: Iterable[str], places: Mapping[str, Place], key: str = ""
) -> Iterator[Problem]:
    for number, word in enumerate(words):
        if word is not None and word not in set(defined):
            at = f"{path}.{number}.{key}" if key else f"{path}.{number}"
            place = places.get(at) or places.get(f"{path}.{word}#") or places[path]
            yield Problem(place, f"{path}: no {noun} is called '{word}'", did_you_mean(word, defined))


def _unknown_anchors(file: PracticeFile, milestones: list[str], places: Mapping[str, Place]) -> Iterator[Problem]:
    in_words: dict[str, Any] = {f"dates.{id}": date.forecast for id, date in file.dates.items()}
    for number, party in enumerate(file.third_parties):
        in_words |= {f"third_parties.{number}.off": party.off, f"third_parties.{number}.on": party.on}
    for path, value in in_words.items():
        anchor = getattr(value, "anchor", None)
        if anchor is not None and anchor not in milestones:
            yield Problem(places[path], f"no milestone is called '{anchor}'", did_you_mean(anchor, milestones))

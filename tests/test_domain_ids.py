"""Every numbered entry of the domain is answered by something in the library, or says in data why it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from migpack.content import Item
from migpack.library import Library
from migpack.load import read_content
from migpack.model import Content

TABLE: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "domain_ids.yaml").read_text("utf-8"))["entries"]
COUNTS = {"P": (25, "P{:02}"), "T": (20, "T{:02}"), "A": (34, "A{}"), "M": (45, "M{:02}"), "R": (52, "R-{:02}")}


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    """The ids that an answer may name, by what they are."""
    content = read_content(Library.of(None))
    documents = {spec.id for spec in content.catalogue.documents}
    documents |= {f"{spec.id}:{style}" for spec in content.catalogue.documents for style in spec.styles}
    return {
        "document": documents,
        "kind": {kind.id for kind in content.party_kinds.kinds},
        "activity": {activity.id for activity in content.activities},
        "milestone": {rule.id for rule in content.timeline.milestones},
        "rule": {rule.id for rule in content.timeline.rules},
        "item": set(_items(content)),
        "not carried": {entry.id for entry in content.timeline.not_carried if len(entry.why) > 20},
    }


def _items(content: Content) -> Iterator[str]:
    def every(items: tuple[Item, ...]) -> Iterator[str]:
        for item in items:
            yield item.id
            yield from every(item.items)

    for checklist in content.checklists:
        for section in checklist.phases:
            yield from every(section.items)


def test_the_table_holds_every_entry_once() -> None:
    assert list(TABLE) == [form.format(n) for count, form in COUNTS.values() for n in range(1, count + 1)]


@pytest.mark.parametrize("entry", TABLE)
def test_each_entry_is_answered(entry: str, known: dict[str, set[str]]) -> None:
    assert TABLE[entry], f"nothing answers {entry}"
    for answer in TABLE[entry]:
        if answer == "not carried":
            assert entry in known[answer], f"{entry} is not carried and nothing in checklists/timeline.yaml says why"
        else:
            what, _, name = answer.partition(" ")
            assert name in known[what], f"{entry} is to be answered by the {what} '{name}', which there is not"


def test_no_third_party_kind_leaves_out_what_its_letters_need() -> None:
    for kind in read_content(Library.of(None)).party_kinds.kinds:
        assert kind.tell and kind.ask and kind.owner and kind.sources and kind.meanwhile, kind.id
        assert kind.notice or kind.notice_note, f"{kind.id} says nothing of its lead time"

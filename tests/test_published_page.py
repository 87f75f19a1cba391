"""Every line of the published checklists page stands in our checklists, in its list and its order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from migpack.content import Item
from migpack.library import Library
from migpack.load import read_content

TABLE = yaml.load((Path(__file__).parent / "published_page.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
LISTS = {"P": "practice_staff", "J": "delivery_partner", "C": "commissioner"}


@pytest.fixture(scope="module")
def items() -> dict[str, dict[str, Item]]:
    """Our lines by list and id, in order."""
    found: dict[str, dict[str, Item]] = {}

    def gather(held: dict[str, Item], entries: tuple[Item, ...]) -> None:
        for entry in entries:
            held[entry.id] = entry
            gather(held, entry.items)

    for checklist in read_content(Library.of(None)).checklists:
        held = found.setdefault(checklist.id, {})
        for section in checklist.phases:
            gather(held, section.items)
    return found


def test_the_table_counts_what_the_page_holds() -> None:
    assert Counter(line["list"] for line in TABLE["lines"]) == {"P": 46, "J": 45, "C": 10}


@pytest.mark.parametrize("line", TABLE["lines"], ids=lambda line: line["item"])
def test_each_line_of_the_page_has_its_item(line: dict[str, str], items: dict[str, dict[str, Item]]) -> None:
    item = items[LISTS[line["list"]]].get(line["item"])
    assert item is not None, f"no item answers '{line['says']}'"
    assert item.origin == "page"
    assert not item.only_if and not item.unless


@pytest.mark.parametrize("code", LISTS)
def test_the_items_stand_in_the_order_of_the_page(code: str, items: dict[str, dict[str, Item]]) -> None:
    page = [line["item"] for line in TABLE["lines"] if line["list"] == code]
    assert [id for id, item in items[LISTS[code]].items() if item.origin == "page"] == page


@pytest.mark.parametrize("entry", TABLE["recovered"], ids=lambda entry: entry["item"])
def test_each_recovered_line_is_marked_as_such(entry: dict[str, str], items: dict[str, dict[str, Item]]) -> None:
    item = next(held[entry["item"]] for held in items.values() if entry["item"] in held)
    assert item.origin == "recovered"
    assert entry["from"] in item.sources

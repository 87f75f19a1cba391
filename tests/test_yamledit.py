"""A YAML file edited in place: what is changed is changed, and every other line stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import samples
from migpack.yamledit import Path, block, edited
from migpack.yamlio import Node, read_node

TEXTS = {name: path.read_text("utf-8") for name, path in samples.SAMPLES.items()}
words = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=150).map(str.strip).filter(bool)


def data(node: Node) -> Any:
    if node.keys is not None:
        return {key: data(value) for key, (_, value) in node.keys.items()}
    return [data(item) for item in node.items] if node.items is not None else node.text


def leaves(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    for key, (_, value) in (node.keys or {}).items():
        yield from leaves(value, (*path, key))
    for number, value in enumerate(node.items or ()):
        yield from leaves(value, (*path, number))
    if node.text is not None:
        yield path, node


LEAVES = {name: list(leaves(read_node(text, name))) for name, text in TEXTS.items()}
spots = st.sampled_from(sorted(TEXTS)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(LEAVES[name])))


def put(held: Any, path: Path, value: Any) -> None:
    for part in path[:-1]:
        held = held[part]
    held[path[-1]] = value


def take(held: Any, path: Path) -> None:
    """Take out what stands there, and what that leaves empty."""
    above = held
    for part in path[:-1]:
        above = above[part]
    del above[path[-1]]
    if not above and len(path) > 1:
        take(held, path[:-1])


@given(spots, words, st.booleans())
@settings(max_examples=300)
def test_one_text_changed_changes_its_own_lines_only(spot: Any, value: str, windows: bool) -> None:
    name, (path, node) = spot
    text = TEXTS[name].replace("\n", "\r\n") if windows else TEXTS[name]
    after = edited(text, {path: value})
    wanted = data(read_node(text, name))
    put(wanted, path, value)
    assert data(read_node(after, name)) == wanted
    old, new = text.splitlines(True), after.splitlines(True)
    tail = next((n for n, (a, b) in enumerate(zip(reversed(old), reversed(new), strict=False)) if a != b), min(len(old), len(new)))
    assert old[: node.place.line - 1] == new[: node.place.line - 1]
    touched = text.splitlines()[node.place.line - 1 : len(old) - tail]
    assert not any(line.lstrip().startswith("#") for line in touched) or len(touched) < 1
    assert ("\n" in after.replace("\r\n", "")) is not windows


@given(spots)
@settings(max_examples=200)
def test_what_is_taken_out_takes_nothing_else_with_it(spot: Any) -> None:
    name, (path, _) = spot
    after = edited(TEXTS[name], {path: None})
    wanted = data(read_node(TEXTS[name], name))
    take(wanted, path)
    assert data(read_node(after, name)) == wanted


@given(spots, st.text("abc_", min_size=41, max_size=44), words)
@settings(max_examples=200)
def test_a_new_key_stands_at_the_end_of_its_mapping(spot: Any, key: str, value: str) -> None:
    name, (path, _) = spot
    above = path[:-1] if isinstance(path[-1], str) else path[:-2]
    after = edited(TEXTS[name], {(*above, key): value})
    wanted = data(read_node(TEXTS[name], name))
    put(wanted, (*above, key), value)
    assert data(read_node(after, name)) == wanted
    assert set(TEXTS[name].splitlines()) - set(after.splitlines()) <= {node_line(name, path)}


def node_line(name: str, path: Path) -> str:
    """Return the line of the last text in the mapping that holds this one: a flow mapping grows in its line."""
    above = path[:-1] if isinstance(path[-1], str) else path[:-2]
    last = [node for at, node in LEAVES[name] if at[: len(above)] == above][-1]
    return TEXTS[name].splitlines()[last.place.line - 1]


HELD = """\
# head
practice: # the practice
  name: Mill Lane   # as staff know it
  #phone: 01632
  address:
    - 1 Mill Lane   # the old part
    - EX1 2AB
people:
  clinical_lead: Dr Ada
messages:
dates: {go_live: 2027-06-10}
third_parties:
  - name: One   # first
    contact: {name: A}
  # about the second
  - {name: Two}
# the end
"""


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ({("practice", "name"): "Mill # Lane"}, "name: Mill Lane   #", 'name: "Mill # Lane"   #'),
        ({("practice", "phone"): "0163"}, "    - EX1 2AB\n", "    - EX1 2AB\n  phone: 0163\n"),
        ({("practice", "address"): "2 Mill Lane"}, ":\n    - 1 Mill Lane   # the old part\n    - EX1 2AB", ": 2 Mill Lane"),
        ({("practice", "address", 0): None}, "    - 1 Mill Lane   # the old part\n", ""),
        ({("people", "clinical_lead"): {"name": "Dr Ada", "phone": "1"}}, ": Dr Ada", ": {name: Dr Ada, phone: 1}"),
        ({("messages", "helper", "name"): "Jo"}, "messages:\n", "messages:\n  helper:\n    name: Jo\n"),
        ({("dates", "log_off"): "2027-06-09"}, "2027-06-10}", "2027-06-10, log_off: 2027-06-09}"),
        ({("third_parties", 0, "contact", "phone"): "1"}, "{name: A}", "{name: A, phone: 1}"),
        ({("third_parties", 0): None}, "  - name: One   # first\n    contact: {name: A}\n", ""),
        ({("third_parties", 0, "contact", "name"): None}, "    contact: {name: A}\n", ""),
        (
            {("third_parties", 2): {"name": "Three", "ask": ("a", "b")}},
            "  - {name: Two}\n",
            "  - {name: Two}\n  - name: Three\n    ask:\n      - a\n      - b\n",
        ),
        ({("icb", "contact", "name"): "Kit: x"}, "# the end\n", '# the end\n\nicb:\n  contact:\n    name: "Kit: x"\n'),
        (
            {("practice", "address", 0): None, ("practice", "address", 1): None},
            "  address:\n    - 1 Mill Lane   # the old part\n    - EX1 2AB\n",
            "",
        ),
    ],
)  # fmt: skip
def test_a_change_is_written_where_it_belongs(changes: Any, old: str, new: str) -> None:
    assert old in HELD
    assert edited(HELD, changes) == HELD.replace(old, new)


@pytest.mark.parametrize(("key", "folded"), [("hours", True), ("name", False)], ids=["new", "before a comment"])
def test_a_long_text_is_read_back(key: str, folded: bool) -> None:
    prose = ("We will send prescriptions as usual. " * 8).strip() + "\n\n- and: # a line"
    after = edited(HELD, {("practice", key): prose})
    assert data(read_node(after, "x"))["practice"][key] == prose
    assert (max(map(len, after.splitlines())) < 120) is folded


def test_a_path_through_a_text_is_refused() -> None:
    with pytest.raises(KeyError):
        edited(HELD, {("practice", "name", "first"): "x"})


def held(inner: Any) -> Any:
    return st.lists(inner, min_size=1) | st.dictionaries(words, inner, min_size=1)


@example({"0": "\ufffe", "1": "\uffff", "2": "a\u2028b\u2029c", "3": "\ufeff", "4": "\U0001fffe"})
@given(st.dictionaries(words, st.recursive(words, held, max_leaves=8), min_size=1))
def test_a_block_is_read_back_as_it_was(value: Any) -> None:
    assert data(read_node(block(value), "x")) == value

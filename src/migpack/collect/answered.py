"""Answers of the questionnaire and the practice file as it stands → the changes that make the file say what was answered.

An entry of a list is known again by its first answers (a name), since forms outlive the file they were made from. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migpack.collect.questions import Part, Question, Row, address_lines, entries, node_at, read_at
from migpack.practice import PracticeFile
from migpack.yamledit import Path, Value
from migpack.yamlio import Node, type_at


@dataclass
class Changes:
    """Changes of the practice file by path, and the question behind each path as the file will number it.

    `changed` holds the questions whose answers the file does not have yet, by the path of each; `lost` are the rows that were issued
    filled in and answered anew, and whose entries the file has no more.
    """

    paths: dict[Path, Value | None] = field(default_factory=dict)
    changed: dict[Path, Question] = field(default_factory=dict)
    lost: list[Row] = field(default_factory=list)
    behind: dict[Path, Question] = field(default_factory=dict)


def changes_of(parts: Sequence[Part], answers: Mapping[str, str], issued: Mapping[str, str], written: Node | None) -> Changes:
    """Return what the answers of a form change.

    Args:
        parts: the questions, with as many rows as the form had.
        answers: what fields say that say something else than what they were issued with, by their names.
        issued: what fields were issued with, where that is not ''.
        written: the practice file; None where there is none yet.
    """
    found = Changes()
    for part in parts:
        if part.path:
            _entries(part, answers, issued, written, found)
            continue
        for question in (question for row in part.rows for question in row.cells):
            found.behind[question.path] = question
            _one(question, question.path, answers, written, found)
    found.paths = _spelt_out(found.paths, written)
    return found


def _one(question: Question, path: Path, answers: Mapping[str, str], written: Node | None, found: Changes) -> None:
    """Note what one answer changes."""
    value = answers.get(question.field)
    if value is None or value in (standing := read_at(written, path), question.value if question.options else standing):
        return
    if question.shape == "tick":
        holder, id = path[:-1], str(path[-1])
        ticked = read_at(written, holder).split("\n")
        if (id in ticked) == (value == "yes"):
            return
        added = sum(at[:-1] == holder and change is not None for at, change in found.paths.items())
        place = ticked.index(id) if id in ticked else len(entries(written, holder)) + added
        found.paths[(*holder, place)] = id if value == "yes" else None
    elif question.shape == "list":
        found.paths |= dict(_listed(path, value, written))
    elif question.shape == "address":
        if address_lines(value) == address_lines(standing):
            return
        found.paths[path] = ", ".join(address_lines(value)) or None
    else:
        found.paths[path] = value or None
    found.changed[path] = question


def _listed(path: Path, value: str, written: Node | None) -> Iterator[tuple[Path, Value | None]]:
    """Yield the changes of a list that is written an entry a line; entries that stay keep their place and their comments."""
    old = [item.text or "" for item in entries(written, path)]
    new = [line.strip() for line in value.split("\n") if line.strip()]
    if not old or not new or [item for item in old if item in new] != [item for item in new if item in old]:
        yield path, tuple(new) or None
        return
    yield from (((*path, place), None) for place, item in enumerate(old) if item not in new)
    yield from (((*path, len(old) + n), item) for n, item in enumerate(item for item in new if item not in old))


def _entries(part: Part, answers: Mapping[str, str], issued: Mapping[str, str], written: Node | None, found: Changes) -> None:
    """Note what the rows of a list change: each is about an entry that the file has, or about a new one."""
    rows = [_Said.of(row, len(part.path) + 1, answers, issued) for row in part.rows]
    rows = [row for row in rows if any(row.before.values()) or any(row.now.values())]
    held = [
        {rest: read_at(written, (*part.path, n, *rest)) for rest in row.now}
        for row in rows[:1]
        for n in range(len(entries(written, part.path)))
    ]
    places = _places(rows, held)
    gone = {place for row, place in zip(rows, places, strict=True) if place is not None and not any(row.now.values())}
    fresh = len(held)
    for row, place in zip(rows, places, strict=True):
        if place in gone:
            found.paths[(*part.path, place or 0)] = None
            found.changed[(*part.path, place or 0)] = row.row.cells[0]
        elif place is None and any(row.before.values()):
            found.lost += [row.row] if row.now != row.before else []
        else:
            place, fresh = (fresh, fresh + 1) if place is None else (place, fresh)
            for question, rest in zip(row.row.cells, row.now, strict=True):
                _one(question, (*part.path, place, *rest), answers, written, found)
                found.behind[(*part.path, place - sum(one < place for one in gone), *rest)] = question


@dataclass(frozen=True)
class _Said:
    """What a row of a list said when it was issued, and says now, by the paths from its entry."""

    row: Row
    before: Mapping[Path, str]
    now: Mapping[Path, str]

    @classmethod
    def of(cls, row: Row, depth: int, answers: Mapping[str, str], issued: Mapping[str, str]) -> _Said:
        before = {question.path[depth:]: issued.get(question.field, "") for question in row.cells}
        return cls(row, before, {q.path[depth:]: answers.get(q.field, before[q.path[depth:]]) for q in row.cells})


def _places(rows: Sequence[_Said], held: Sequence[Mapping[Path, str]]) -> list[int | None]:
    """Return for each row the number of the entry that it is about, None where the file has none such."""
    places: list[int | None] = []
    for row in rows:
        places.append(_same(row.before if any(row.before.values()) else row.now, held, places))
    for n, row in enumerate(rows):
        # A form that was issued empty and is corrected: a new name, but the old row and some of the old answers.
        if places[n] is None and n < len(held) and n not in places and not any(row.before.values()):
            others = [rest for rest in row.now if rest != ("kind",)][1:]
            places[n] = n if any(row.now[rest] and row.now[rest] == held[n][rest] for rest in others) else None
    return places


def _same(values: Mapping[Path, str], held: Sequence[Mapping[Path, str]], taken: Sequence[int | None]) -> int | None:
    """Return the entry that has the first of these values, and as many of the others as any."""
    first = next(iter(values))
    likely = [n for n, entry in enumerate(held) if n not in taken and values[first] and entry[first] == values[first]]
    return max(likely, key=lambda n: sum(held[n][rest] == value for rest, value in values.items()), default=None)


def _spelt_out(changes: Mapping[Path, Value | None], written: Node | None) -> dict[Path, Value | None]:
    """Return the changes so that none leads through a plain text that stands for a group of keys: such a text becomes the group."""
    spelt: dict[Path, Value | None] = {}
    groups: dict[Path, dict[Path, Value | None]] = {}
    for path, value in changes.items():
        plain = next((path[:end] for end in range(1, len(path)) if (node := node_at(written, path[:end])) and node.text), None)
        if plain is None:
            spelt[path] = value
        else:
            key = str(type_at(PracticeFile, tuple(map(str, plain))).plain_key)
            groups.setdefault(plain, {(key,): read_at(written, plain)})[path[len(plain) :]] = value
    for plain, group in groups.items():
        held = nested(group)
        key = str(next(iter(group))[0])
        spelt[plain] = held[key] if list(held) == [key] else held or None
    return spelt


def nested(changes: Mapping[Path, Value | None]) -> dict[str, Value]:
    """Return the changes of what holds nothing yet as what it will hold."""
    held: dict[str | int, Any] = {}
    for path, value in changes.items():
        at = held
        for part in path[:-1]:
            at = at.setdefault(part, {})
        if value is not None:
            at[path[-1]] = value
    return {str(key): value for key, part in held.items() if (value := _with_lists(part))}


def shortened(data: Any, path: Path = ()) -> Any:
    """Return plain data of a practice file with a plain text for each group of keys that holds no more than that text stands for."""
    if isinstance(data, tuple):
        return tuple(shortened(part, (*path, number)) for number, part in enumerate(data))
    if not isinstance(data, dict):
        return data
    parts = {key: shortened(part, (*path, key)) for key, part in data.items()}
    plain = getattr(type_at(PracticeFile, tuple(map(str, path))), "plain_key", None)
    return parts[plain] if list(parts) == [plain] else parts


def _with_lists(held: Any) -> Any:
    """Return groups of keys with those that are numbered made into lists."""
    if not isinstance(held, dict):
        return held
    parts = {key: value for key, part in held.items() if (value := _with_lists(part))}
    return tuple(parts[key] for key in sorted(parts)) if parts and all(isinstance(key, int) for key in parts) else parts

"""Forms that came back and a practice file made from them → every mistake of the file, told by its form and its question. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migpack import yamlio
from migpack.collect.answered import Changes
from migpack.collect.questions import Question, node_at, read_at
from migpack.model import Content as Known
from migpack.practice import PracticeFile
from migpack.problems import Place, Problem
from migpack.references import unknown_ids
from migpack.yamledit import Path as Keys
from migpack.yamlio import Node


@dataclass(frozen=True)
class Form:
    """A form that came back: its file, the answers in it and what its fields were issued with."""

    name: str
    answers: Mapping[str, str]
    issued: Mapping[str, str]
    said: tuple[str, ...]


@dataclass
class Sources:
    """Which form and question stand behind each path of the practice file, over all forms of one reading."""

    behind: dict[Keys, tuple[str, Question]] = field(default_factory=dict)
    changed: dict[Keys, str] = field(default_factory=dict)

    def take(self, form: Form, changes: Changes) -> Iterator[Problem]:
        """Note what a form changes, and yield what contradicts an earlier form or stands in the file no more."""
        place = Place(form.name)
        for path, question in changes.changed.items():
            if path in self.changed:
                other = self.behind[path][0]
                yield Problem(
                    place, f"{question.said}: '{form.answers[question.field]}' contradicts {other}", "make both forms say the same"
                )
        for row in changes.lost:
            what = f"question {row.number} ({row.title}): the practice file has no such entry any more"
            yield Problem(place, what, "make a new form with --questionnaire and write it there")
        for path, question in changes.behind.items():
            if path not in self.behind or question.field in form.answers:
                self.behind[path] = form.name, question
        self.changed |= {path: question.said for path, question in changes.changed.items()}

    def of(self, loc: Sequence[str], otherwise: str) -> tuple[str, str]:
        """Return the form and the words for a path: for what it is part of, or for the first thing below it."""
        known = {tuple(map(str, path)): source for path, source in self.behind.items()}
        above = [tuple(loc[:end]) for end in range(len(loc), 0, -1)]
        below = [path for path in known if path[: len(loc)] == tuple(loc) and len(loc) > 1]
        for path in (*above, *below):
            if found := known.get(path):
                return found[0], f"{found[1].said}: "
        return otherwise, f"{yamlio.spoken(tuple(loc))}: " if loc else ""


def located(problems: Iterable[Problem], places: Mapping[str, Place], sources: Sources, form: str) -> Iterator[Problem]:
    """Yield problems of a practice file as problems of the form that it was made from."""
    for problem in problems:
        paths = [path.rstrip("#").split(".") for path, place in places.items() if place == problem.place and path]
        file, said = sources.of(max(paths, key=len), form) if paths else (form, "")
        yield replace(problem, place=Place(file), what=f"{said}{problem.what}")


def faults(text: str, known: Known, sources: Sources, form: str) -> Iterator[Problem]:
    """Yield what keeps the answers from being a practice file, with the form and the question of each."""
    node = yamlio.read_node(text, form)
    lacking = [question for _, question in sources.behind.values() if question.needed and not _has(node, question.path)]
    for question in lacking:
        yield Problem(Place(form), f"{question.said} has no answer", "fill it in: no pack can be made without it")
    found = [fault for fault in yamlio.faults(node, PracticeFile) if not any(_leads(fault.loc, q.path) for q in lacking)]
    for fault in found:
        file, said = sources.of(fault.loc, form)
        if fault.missing:
            yield Problem(Place(file), f"{said.removesuffix(': ')} has no answer", "fill it in: the others of its row or section need it")
        else:
            yield Problem(Place(file), f"{said}{fault.what}", fault.write)
    if not (found or lacking):
        practice, places = yamlio.to_model(node, PracticeFile)
        yield from located(unknown_ids(practice, known, places, form), places, sources, form)


def _has(node: Node, path: Keys) -> bool:
    """Say whether a fact that is needed is there; of a date, whichever is given."""
    return bool(node_at(node, path[:2]) if path[0] == "dates" else read_at(node, path))


def _leads(loc: Sequence[str], path: Keys) -> bool:
    return tuple(loc) == tuple(map(str, path[: len(loc)]))

"""A case in, what its letter runs are made of out: a press for each letter and style, and the words for those who send letters and texts.

A letter goes to patients when it is final: no fact is missing, its approvals stand. A draft must be asked for and is marked as one. Nothing
is laid out before a recipient needs it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property, lru_cache, partial

from migpack import blocks as b
from migpack.letters.lists import notify_template
from migpack.letters.sieve import Setter
from migpack.library import Library
from migpack.markup import read
from migpack.messages import TextSize, most_segments, size, text_price
from migpack.model import Case, Page, Plan
from migpack.pack import Prepared, plan_only, prepare
from migpack.plan import Wanted
from migpack.problems import Mistakes, Place, Problem, did_you_mean, mistake

_STYLE = re.compile(r" \((?:large print|mail merge)\)")


class LetterSource:
    """The letters of one practice as they stand today, for one kind of envelope."""

    def __init__(self, case: Case, library: Library, today: dt.date, *, profile: str = "", draft: bool = False) -> None:
        """Take in a case.

        Args:
            case: the practice.
            library: where templates and profiles are found.
            today: the day on which the letters are made.
            profile: the id of the address profile, '' for that of the practice file.
            draft: letters need not be final and are marked as drafts.

        Raises:
            Mistakes: the practice's dates contradict each other, or there is no such profile.
        """
        from migpack.letters.profiles import read_profiles

        profiles, profile = read_profiles(library), profile or case.file.letter.profile.replace("_", "-")
        if profile not in profiles:
            raise mistake(Place("--profile"), f"there is no profile '{profile}'", did_you_mean(profile, profiles))
        self._case = case
        self.library, self.today = library, today
        self.profile = profiles[profile]
        self.prepared = lru_cache(maxsize=None)(partial(self._prepared, final=not draft))
        self.press = lru_cache(maxsize=None)(self._press)

    @cached_property
    def plan(self) -> Plan:
        """The practice's plan."""
        return plan_only(self._case, self.today)

    def refuse_drafts(self, letters: Iterable[str]) -> None:
        """Make sure that these letters are final.

        Raises:
            Mistakes: what each of them lacks.
        """
        found: list[Problem] = []
        for letter in sorted(letters):
            try:
                self._prepared(letter, final=True)
            except Mistakes as error:
                found += error.problems
        if found:
            raise Mistakes(found)

    def _prepared(self, document: str, *, final: bool) -> Prepared:
        """Return one document thought through; where it is to be final and is not, that is a mistake that names what it lacks."""
        only = frozenset({document})
        try:
            return prepare(self._case, self.library, self.today, Wanted(only, only if final else frozenset()))
        except Mistakes as error:
            raise Mistakes(_once(error.problems)) from None

    def _press(self, letter: str, style: str) -> Setter:
        from migpack.letters.press import Press

        return Press(self.prepared(letter).plan, self.library, self.today, letter=letter, style=style, profile=self.profile)

    def template(self, letter: str) -> str:
        """Return a letter's words for a template of GOV.UK Notify.

        Raises:
            Mistakes: the letter has no mail merge, whose fields the template needs.
        """
        page = self._page(letter, "mail_merge")
        return notify_template(read(page.html, page.document.id))

    def text(self, id: str) -> tuple[str, TextSize]:
        """Return the words of a text message and its size and price.

        Raises:
            Mistakes: there is no such text, a fact in it is missing, or it is longer than the practice allows.
        """
        page = self._page("texts", "house")
        texts = {head.partition(". ")[0]: group for head, group in _sections(read(page.html, page.document.id))}
        place = Place("--text")
        if id not in texts:
            raise mistake(place, f"there is no text '{id}'", did_you_mean(id, texts))
        said = next(
            block for node in texts[id].blocks if isinstance(node, b.Group) for block in node.blocks if isinstance(block, b.Paragraph)
        )
        missing = [node.key for node in said.content if isinstance(node, b.Span) and node.kind == "gap"]
        if missing:
            raise mistake(place, f"the text {id} lacks {', '.join(missing)}", "fill it in in the practice file")
        words = b.plain(said.content).strip()
        found = size(words, text_price(self._case))
        if found.segments > most_segments(self._case):
            raise mistake(
                place,
                f"the text {id} takes {found.segments} segments",
                "shorten messages.short_name, or allow more: messages.text_segments",
            )
        return words, found

    def _page(self, document: str, style: str) -> Page:
        for page in self.prepared(document).pages:
            if (page.document.spec.id, page.document.style) == (document, style):
                return page
        raise mistake(Place("templates/catalogue.yaml"), f"'{document}' has no {style.replace('_', ' ')}", f"add {style} to its styles")


def _once(problems: Iterable[Problem]) -> Iterable[Problem]:
    """Return problems without those that say of a letter's large print or mail merge what another says of the letter."""
    found = {_STYLE.sub("", problem.what): replace(problem, what=_STYLE.sub("", problem.what)) for problem in problems}
    return found.values()


def _sections(tree: b.Tree) -> list[tuple[str, b.Group]]:
    """Return each section of a page with the words of its heading."""
    groups = [block for block in tree.blocks if isinstance(block, b.Group)]
    return [(b.plain(group.blocks[0].content), group) for group in groups if group.blocks and isinstance(group.blocks[0], b.Heading)]

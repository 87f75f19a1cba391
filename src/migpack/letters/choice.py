"""The practice's rules and a header → which letter in which style the patient of a row gets, and whether any. Pure.

A language that the practice has translated its letter into comes first, then the first rule that holds, then the letter to everybody.
A letter named in the list itself, or for the whole run, comes before all rules. Cells come without spaces around; capitals do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from migpack.letters.columns import place_of
from migpack.model import Plan
from migpack.practice import ColumnSays, Consent, Recipients
from migpack.problems import Mistakes, Place, Problem, did_you_mean, mistake

EVERYBODY = "letter"

Cells = Sequence[str]
_Test = Callable[[Cells], bool]


class Choice:
    """What each row gets, by the rules of one practice, for a list with this header."""

    def __init__(self, plan: Plan, header: Sequence[str], *, letter: str = "", style: str = "", letter_place: int | None = None) -> None:
        """Take in the rules.

        Args:
            plan: the practice's plan, whose letters these are.
            header: names of the list's columns.
            letter: the letter that everybody gets in this run, '' where the rules decide.
            style: the style that everybody gets in this run, '' where the letter and the rules decide.
            letter_place: where in a row a letter is named, None where no column does.

        Raises:
            Mistakes: a rule looks at a column that the list does not have, or names a document that is no letter of this pack.
        """
        rules, self._styles = plan.case.file.recipients, letters_of(plan)
        self._style = style
        self._letter, self._letter_place = letter or EVERYBODY, None if letter else letter_place
        problems = list(_absent(plan, rules, header, variants=not letter)) + list(_no_letters(plan, rules, letter, self._styles))
        if problems:
            raise Mistakes(problems)
        self._out = [(_test(header, ColumnSays(column=column, says=says)), column) for column, says in rules.leave_out.items()]
        self._large = _test(header, rules.large_print) if rules.large_print else None
        self.email_ok = _consent(header, rules.email_ok)
        self.text_ok = _consent(header, rules.text_ok)
        self._rules = [] if letter else [*_languages(header, rules), *((_test(header, rule.when), rule.letter) for rule in rules.letters)]

    def left_out(self, cells: Cells) -> str:
        """Return the column by which the practice leaves a row out, or ''."""
        return next((column for test, column in self._out if test(cells)), "")

    def of(self, cells: Cells) -> tuple[str, str]:
        """Return letter and style; the letter is '' where the row names none that there is."""
        letter = self._named(cells)
        if letter is None:
            return "", ""
        return letter, "large_print" if self._large and self._large(cells) else self._style or self._styles[letter]

    def _named(self, cells: Cells) -> str | None:
        if self._letter_place is not None and (said := cells[self._letter_place]):
            return said if said in self._styles else None
        for test, letter in self._rules:
            if test(cells):
                return letter
        return self._letter


def letters_of(plan: Plan) -> Mapping[str, str]:
    """Return each document of a plan that can go to one patient as a letter, with its ordinary style."""
    return {
        spec.id: "house" if "house" in spec.styles else "large_print"
        for spec in (document.spec for document in plan.every_document)
        if spec.audience == "patients" and "mail_merge" in spec.styles
    }


def watched_columns(rules: Recipients) -> tuple[str, ...]:
    """Return the columns that a practice's rules look at."""
    consents = (rule.column for rule in (rules.email_ok, rules.text_ok) if rule)
    return (*(column for column, _ in _watched(rules)), *consents)


def _watched(rules: Recipients) -> Iterable[tuple[str, tuple[str | int, ...]]]:
    """Yield each column that a list must have for the rules, and where in the practice file."""
    yield from ((column, ("recipients", "leave_out", column)) for column in rules.leave_out)
    for key, rule in (("large_print", rules.large_print), ("language", rules.language)):
        if rule:
            yield rule.column, ("recipients", key, "column")
    yield from ((rule.when.column, ("recipients", "letters", number, "when", "column")) for number, rule in enumerate(rules.letters))


def _absent(plan: Plan, rules: Recipients, header: Sequence[str], *, variants: bool) -> Iterable[Problem]:
    for column, keys in _watched(rules):
        if place_of(header, column) is None and (variants or keys[1] not in ("letters", "language")):
            where = plan.case.place(*keys)
            yield Problem(where, f"the list has no column '{column}'", did_you_mean(column, filter(None, header)))


def _no_letters(plan: Plan, rules: Recipients, letter: str, known: Mapping[str, str]) -> Iterable[Problem]:
    named = [(rule.letter, plan.case.place("recipients", "letters", number, "letter")) for number, rule in enumerate(rules.letters)]
    if rules.language:
        named += [(id, plan.case.place("recipients", "language", "letters", said)) for said, id in rules.language.letters.items()]
    for id, place in [(letter or EVERYBODY, Place("--letter" if letter else plan.case.name)), *([] if letter else named)]:
        if id not in known:
            yield Problem(place, f"'{id}' is no letter of this pack", did_you_mean(id, known))


def _test(header: Sequence[str], wanted: ColumnSays) -> _Test:
    place = place_of(header, wanted.column)
    if place is None:
        raise mistake(Place("recipients"), f"the list has no column '{wanted.column}'", did_you_mean(wanted.column, header))
    if not wanted.says:
        return lambda cells: cells[place] != ""
    said = frozenset(text.strip().casefold() for text in wanted.says)
    return lambda cells: cells[place].casefold() in said


def _consent(header: Sequence[str], rule: Consent | None) -> _Test:
    """Return the test of whether a patient may be reached in a way; without a rule, or without its column, nobody may."""
    if rule is None or place_of(header, rule.column) is None:
        return lambda cells: False
    return _test(header, ColumnSays(column=rule.column, says=rule.yes))


def _languages(header: Sequence[str], rules: Recipients) -> Iterable[tuple[_Test, str]]:
    if rules.language:
        for language, letter in rules.language.letters.items():
            yield _test(header, ColumnSays(column=rules.language.column, says=(language,))), letter

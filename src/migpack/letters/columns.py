"""The header of a list and the names that we know → which column holds what, by name of ours.

Names are compared without capitals, spaces, '_', '-' and other signs. What the user maps counts first. Never looks at a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from migpack.content import Content, Ids, MergeField, Texts
from migpack.letters.addresses import folded
from migpack.library import Library
from migpack.load import read_part
from migpack.problems import Mistakes, Place, Problem, did_you_mean, mistake
from migpack.values import Line, Prose

NAME = "checklists/recipients.yaml"
NAMES = ("full_name", "family_name")
PLACES = ("postcode", "address", "address_line_3")


class KnownColumn(Content):
    """A column that a list may have, and the names that exports give it."""

    id: str
    title: Line
    also: Texts = ()
    sources: Ids = ()


class LeftOutRule(Content):
    """A reason to leave a row out, and what a person can do about it; '{row}' and '{what}' are filled in."""

    id: str
    reason: Prose
    what_to_do: Prose
    sources: Ids


class GuardianRule(Content):
    """Until which age, in years, a letter goes to a parent, and the words that say so."""

    age: int
    words: Line
    sources: Ids


class KnownLists(Content):
    """checklists/recipients.yaml"""

    columns: tuple[KnownColumn, ...]
    no_words: Texts
    guardian_until: GuardianRule
    left_out: tuple[LeftOutRule, ...]
    countries: Texts


def read_known(library: Library) -> KnownLists:
    """Return what the library knows of lists of patients.

    Raises:
        Mistakes: all mistakes of the file.
    """
    return read_part(library, NAME, KnownLists, {})


class Names:
    """The names of ours, and what exports, this practice and this list call them."""

    def __init__(
        self,
        known: KnownLists,
        fields: Iterable[MergeField],
        theirs: Mapping[str, str],
        mapped: Mapping[str, str],
        watched: Iterable[str],
    ) -> None:
        """Take in the names.

        Args:
            known: what the library knows.
            fields: what letters may print; each is a column by its own id.
            theirs: our name → what this practice calls it, in the lists that have it.
            mapped: our name → a column that this list must have.
            watched: further columns of this practice's that its rules look at.
        """
        self._ids: dict[str, str] = {folded(field.id): field.id for field in fields}
        for column in known.columns:
            self._ids |= dict.fromkeys((folded(column.id), folded(column.title), *map(folded, column.also)), column.id)
        self._theirs = {folded(name): ours for ours, name in {**theirs, **mapped}.items()}
        self._must = {ours: folded(name) for ours, name in mapped.items()}
        self._watched = frozenset(map(folded, watched))

    def count(self, header: Sequence[str]) -> int:
        """Return how many of a row's cells are names of columns that are known here."""
        folds = {folded(cell) for cell in header if len(cell) <= 80}
        return len(folds & (self._ids.keys() | self._theirs.keys() | self._watched))

    def places(self, header: Sequence[str], file: str, row: int) -> dict[str, int]:
        """Return our name → the place of its column in a row, from 0.

        Raises:
            Mistakes: two columns mean the same, a column that is named is not there, or there is no name or address.
        """
        found: defaultdict[str, list[int]] = defaultdict(list)
        mapped: dict[str, int] = {}
        for place, cell in enumerate(header):
            fold = folded(cell)
            if fold in self._theirs:
                mapped[self._theirs[fold]] = place
            elif fold in self._ids:
                found[self._ids[fold]].append(place)
        problems = [*self._absent(mapped, header, file, row), *_doubled(found, mapped, header, file, row)]
        places = {ours: them[0] for ours, them in found.items()} | mapped
        problems += _too_few(places, file, row)
        if problems:
            raise Mistakes(problems)
        return places

    def _absent(self, mapped: Mapping[str, int], header: Sequence[str], file: str, row: int) -> Iterable[Problem]:
        for ours, fold in self._must.items():
            if ours not in mapped:
                yield Problem(
                    Place(file, row, 1), f"no column is called what you map to '{ours}'", did_you_mean(fold, filter(None, header))
                )


def _doubled(found: Mapping[str, list[int]], mapped: Mapping[str, int], header: Sequence[str], file: str, row: int) -> Iterable[Problem]:
    for ours, places in found.items():
        if len(places) > 1 and ours not in mapped:
            names = " and ".join(f"'{header[place]}'" for place in places)
            yield Problem(Place(file, row, 1), f"{names} both mean '{ours}'", f'choose one with --map "{header[places[0]]}={ours}"')


def _too_few(places: Mapping[str, int], file: str, row: int) -> Iterable[Problem]:
    for any_of, what in ((NAMES, "name of the patient"), (PLACES, "address, up to the postcode")):
        if not places.keys() & set(any_of):
            known = ", ".join(any_of)
            yield Problem(
                Place(file, row, 1), f"no column holds the {what}", f"name it with --map 'Their column=ours', ours being one of: {known}"
            )


def read_mapping(pairs: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return our name → theirs from 'Their column=ours'.

    Raises:
        Mistakes: a pair has no '=', or names a column that is not one of ours.
    """
    allowed, mapping = frozenset(known), dict[str, str]()
    for pair in pairs:
        theirs, equals, ours = (part.strip() for part in pair.rpartition("="))
        if not (theirs and equals):
            raise mistake(Place("--map"), f"'{pair}' maps nothing", "write --map 'Their column=ours'")
        if ours not in allowed:
            raise mistake(Place("--map"), f"'{ours}' is not a column that is known here", did_you_mean(ours, allowed))
        mapping[ours] = theirs
    return mapping


def unknown_names(theirs: Mapping[str, str], allowed: Iterable[str], place: Callable[[str], Place]) -> Iterable[Problem]:
    """Yield each name in the practice file's recipients.columns that is not one of ours."""
    known = frozenset(allowed)
    for ours in theirs.keys() - known:
        yield Problem(place(ours), f"recipients.columns: '{ours}' is not a column that is known here", did_you_mean(ours, known))


def place_of(header: Sequence[str], name: str) -> int | None:
    """Return where a column of this name stands in a header, from 0."""
    wanted: Any = folded(name)
    return next((place for place, cell in enumerate(header) if folded(cell) == wanted), None)

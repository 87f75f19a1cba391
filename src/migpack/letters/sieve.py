"""The rows of a list in, recipients whose letter can be set out, and the others with why; the sum is reconciled here.

Rows pass in portions, so that memory does not grow with the list. A press is made when the first recipient needs it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, Protocol

from migpack.letters.duplicates import Households
from migpack.letters.recipients import LeftOut, Note, PatientList, Recipient
from migpack.problems import Place, did_you_mean, mistake

PORTION = 2_000

Variant = tuple[str, str]  # a letter and its style


class Setter(Protocol):
    """What a run asks of a press: see `migpack.letters.press.Press`."""

    @property
    def fields(self) -> frozenset[str]:
        """The merge fields that the letter prints besides the address."""

    @property
    def slow(self) -> int:
        """How many of the recipients last poured went through full layout."""

    @property
    def notice(self) -> str:
        """What a person should know about how the letters are made, '' where nothing."""

    def problems(self, recipients: Iterable[Recipient]) -> Iterator[LeftOut]:
        """Yield the recipients whose letter cannot be set, and why."""

    def merged(self, recipients: Sequence[Recipient], out: BinaryIO) -> tuple[int, ...]:
        """Write one file to print; return each recipient's first page, from 1."""

    def separate(self, recipients: Sequence[Recipient], out: BinaryIO) -> None:
        """Write a zip of one PDF a recipient."""

    def word(self, recipients: Sequence[Recipient], out: BinaryIO) -> None:
        """Write a zip of one Word file a recipient."""


@dataclass
class Tally:
    """What became of the rows of a list. Row numbers alone, never what a row says."""

    rows: int = 0
    letters: Counter[Variant] = field(default_factory=Counter)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: Sequence[Note] = ()

    @property
    def made(self) -> int:
        """How many letters there are in all."""
        return self.letters.total()

    def reconcile(self) -> None:
        """Make sure that every row read is a letter or is left out with a reason, once.

        Raises:
            ArithmeticError: a row has been lost or counted twice: a mistake of this program, and no letter may go out.
        """
        if self.rows != self.made + len(self.left_out):
            raise ArithmeticError(f"{self.rows} rows read are not {self.made} letters and {len(self.left_out)} rows left out")
        if len({gone.row for gone in self.left_out}) != len(self.left_out):
            raise ArithmeticError("a row is left out twice")


class Sieve:
    """Parts the recipients whose letter can be made from the others, and counts both in `tally`."""

    def __init__(self, patients: PatientList, press_for: Callable[[str, str], Setter], *, one_per_household: bool = False) -> None:
        """Take in a list and the way to a press for a letter and its style."""
        self._list, self._press_for = patients, press_for
        self._households = Households() if one_per_household else None
        self.tally = Tally()

    def __iter__(self) -> Iterator[Recipient]:
        """Yield each recipient whose letter can be made, in the order of the list.

        Raises:
            Mistakes: a letter prints a field for which the list has no column.
        """
        tally = self.tally = Tally()
        rows = iter(self._list)
        while portion := list(islice(rows, PORTION)):
            gone = {entry.row: entry for entry in portion if isinstance(entry, LeftOut)}
            kept = [entry for entry in portion if isinstance(entry, Recipient)]
            for variant, recipients in parted(kept).items():
                gone |= self._refused(variant, recipients)
            tally.left_out += sorted(gone.values(), key=lambda entry: entry.row)
            for recipient in kept:
                if recipient.row not in gone:
                    tally.letters[recipient.letter, recipient.style] += 1
                    yield recipient
        tally.rows, tally.notes = self._list.rows, tuple(self._list.notes)
        tally.reconcile()

    def _refused(self, variant: Variant, recipients: Sequence[Recipient]) -> Mapping[int, LeftOut]:
        """Return those of the recipients of one letter who cannot have it, by row."""
        press = self._press_for(*variant)
        needed = sorted(press.fields)
        own = [field for field in needed if field != "full_name"]
        self._have_columns(variant[0], own)
        gone = {entry.row: entry for entry in press.problems(recipients)}
        for recipient in recipients:
            empty = next((field for field in own if not recipient.values[field]), "")
            if empty:
                gone[recipient.row] = self._list.left_out(recipient.row, "missing-value", what=empty)
            elif self._households and not own and recipient.row not in gone:
                first = self._households.row_of(recipient.row, " ".join(variant), recipient.address[self._name_lines(recipient) :])
                if first != recipient.row:
                    gone[recipient.row] = self._list.left_out(recipient.row, "same-household", first=first)
        return gone

    def _name_lines(self, recipient: Recipient) -> int:
        """Return how many lines of an address are the name: two where the guardian's words stand above it."""
        return 1 + (recipient.address[0] == self._list.known.guardian_until.words)

    def _have_columns(self, letter: str, fields: Iterable[str]) -> None:
        for field_id in fields:
            if field_id not in self._list.places:
                table = self._list.table
                what = f"the letter '{letter}' prints {field_id}, and the list has no such column"
                write = f"name yours with --map 'Their column={field_id}' ({did_you_mean(field_id, filter(None, table.header))})"
                raise mistake(Place(str(table.path), table.header_row, 1), what, write)


def parted(recipients: Iterable[Recipient]) -> dict[Variant, list[Recipient]]:
    """Return recipients by the letter and style that they get, each group in the order it came."""
    groups: dict[Variant, list[Recipient]] = {}
    for recipient in recipients:
        groups.setdefault((recipient.letter, recipient.style), []).append(recipient)
    return groups

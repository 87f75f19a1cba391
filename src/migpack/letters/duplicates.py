"""Patients one after another → the row in which the same patient, or the same household, came before. Holds hashes alone, never a name."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b


class Patients:
    """The patients seen so far: the same is who has the same NHS number, or the same name, address and date of birth."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._people: dict[int, tuple[int, int]] = {}

    def row_of(self, row: int, nhs_number: str, address: Iterable[str], born: str) -> int:
        """Return the row in which this patient was first seen: this one, or an earlier one.

        Two numbers at one name and address are two patients, father and son, where no date of birth says that they are one.
        """
        number = int(nhs_number) if nhs_number else 0
        if number and (first := self._numbers.setdefault(number, row)) != row:
            return first
        first, known = self._people.setdefault(_key(address, born), (row, number))
        return row if number and known and number != known and not born else first


class Households:
    """The addresses seen so far, for each letter that one household gets once."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def row_of(self, row: int, letter: str, address: Iterable[str]) -> int:
        """Return the row whose patient has this letter for the address: this one, or an earlier one."""
        return self._seen.setdefault(_key(address, letter), row)


def _key(lines: Iterable[str], more: str) -> int:
    text = "\n".join((*lines, more)).casefold()
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())

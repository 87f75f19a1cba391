"""A practice's list of patients in, one `Recipient` or `LeftOut` for each row out, in the order of the list.

Rows stream: nothing is kept of one but hashes that find duplicates. A `LeftOut` never holds what a row says, only its number and why.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from migpack.letters.addresses import Address, compose, folded, joined_house, split_address
from migpack.letters.cells import cleaned, nhs_number, read_birthday
from migpack.letters.choice import Choice, watched_columns
from migpack.letters.columns import KnownLists, Names, place_of, read_known, read_mapping, unknown_names
from migpack.letters.duplicates import Patients
from migpack.letters.tables import Table, open_table
from migpack.library import Library
from migpack.model import Plan
from migpack.problems import Mistakes

_SORTED_NAME = re.compile(r"([^,()]+), *([^,()]+?)(?: *\(([^()]+)\))?")
_FORMULA = frozenset("=+-@")  # a spreadsheet would take what starts so for a formula
_FIRST = itemgetter(0)
_NONE = -1  # the place of a column that the list does not have


@dataclass(frozen=True, slots=True)
class Recipient:
    """One patient and the letter that goes to them.

    Attributes:
        row: row number in the file, as a spreadsheet shows it: from 1, lines above the header counted.
        letter: id of the document in the catalogue, the variant.
        style: 'house' or 'large_print'.
        address: 3 to 7 lines as printed, the name first and the postcode last.
        values: merge field id → what the letter prints there.
        email: as in the file, '' where none.
        phone: as in the file, '' where none.
        nhs_number: 10 digits, '' where none or a wrong one.
        email_ok: whether the practice's rule says that this patient may be written to by e-mail.
        text_ok: the same of text messages.
    """

    row: int
    letter: str
    style: str
    address: tuple[str, ...]
    values: Mapping[str, str]
    email: str = ""
    phone: str = ""
    nhs_number: str = ""
    email_ok: bool = False
    text_ok: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that gets no letter, why, and what a person can do about it; never what the row says."""

    row: int
    code: str
    reason: str
    what_to_do: str


class Note(NamedTuple):
    """Something about a row that was changed on the way to its letter."""

    row: int
    what: str


@dataclass
class PatientList:
    """A list of patients opened: its columns are known, its rows are read one by one, as often as wanted.

    Of a list of which `only` some rows are wanted, the others are read, so that duplicates are found, and count for nothing.
    `unused` are the names of the columns that nothing looks at: one of them might be a line of the address.
    """

    table: Table
    places: Mapping[str, int]
    choice: Choice
    known: KnownLists
    fields: frozenset[str]
    today: dt.date
    needs_nhs_number: bool = False
    unused: tuple[str, ...] = ()
    notes: list[Note] = field(default_factory=list)
    rows: int = 0
    only: frozenset[int] | None = None

    def __iter__(self) -> Iterator[Recipient | LeftOut]:
        """Yield what becomes of each row; blank rows are no rows. `rows` and `notes` are those of the last time."""
        self.notes, self.rows = [], 0
        reader = _RowReader(self)
        for row, cells in self.table.rows():
            if any(cells) and any(map(str.strip, cells)):
                found = reader.read(row, cells)
                if self.only is None or row in self.only:
                    self.rows += 1
                    yield found

    def left_out(self, row: int, code: str, *, what: str = "", first: int = 0) -> LeftOut:
        """Return why a row is left out, in the words of the library."""
        rule = next(rule for rule in self.known.left_out if rule.id == code)
        return LeftOut(row, code, rule.reason.replace("{row}", str(first)).replace("{what}", what), rule.what_to_do)


def open_list(
    path: Path,
    plan: Plan,
    library: Library,
    today: dt.date,
    *,
    mapping: Iterable[str] = (),
    letter: str = "",
    style: str = "",
    needs_nhs_number: bool = False,
) -> PatientList:
    """Open a list of patients.

    Args:
        path: the file: CSV, TSV or .xlsx.
        plan: the practice's plan, whose letters and rules count.
        library: where the names of columns are known.
        today: the day by which ages are reckoned.
        mapping: 'Their column=ours', as the user gives it.
        letter: the letter that everybody gets, '' where the practice's rules decide.
        style: the style that everybody gets, '' where the rules decide.
        needs_nhs_number: a row without a right NHS number is left out.

    Raises:
        Mistakes: the file is no list of patients, or its columns do not give a name and an address.
    """
    known, fields, rules = read_known(library), plan.case.content.messages.merge_fields, plan.case.file.recipients
    ours = {column.id for column in known.columns} | {field.id for field in fields}
    if problems := list(unknown_names(rules.columns, ours, lambda name: plan.case.place("recipients", "columns", name))):
        raise Mistakes(problems)
    watched = watched_columns(rules)
    names = Names(known, fields, rules.columns, read_mapping(mapping, ours), watched)
    table = open_table(path, names.count)
    places = names.places(table.header, str(path), table.header_row)
    choice = Choice(plan, table.header, letter=letter, style=style, letter_place=places.get("letter"))
    printed = frozenset(field.id for field in fields if not field.id.startswith(("address_line_", "postcode")))
    used = {*places.values(), *(place_of(table.header, name) for name in watched)}
    unused = tuple(name for place, name in enumerate(table.header) if name.strip() and place not in used)
    return PatientList(table, places, choice, known, printed, today, needs_nhs_number, unused)


class _RowReader:
    """Reads the rows of one list: what does not change from row to row is worked out once."""

    def __init__(self, patients: PatientList) -> None:
        places = patients.places
        self._list, self._choice, self._seen = patients, patients.choice, Patients()
        self._width, self._hidden = len(patients.table.header), patients.table.hidden
        self._used = sorted(set(places.values()))
        self._take = _taker(self._used)
        self._no = frozenset(word.casefold() for word in patients.known.no_words)
        self._flags = [(places[code], code) for code in ("deceased", "deducted", "dissent") if code in places]
        self._values = [(id, place) for id, place in places.items() if id in patients.fields and id != "full_name"]
        self._number, self._born, self._addressed = (places.get(id, _NONE) for id in ("nhs_number", "date_of_birth", "letters_go_to"))
        self._email, self._phone = places.get("email", _NONE), places.get("phone", _NONE)
        self._name = _NameReader(places)
        self._address = _AddressReader(places, frozenset(map(folded, patients.known.countries)))
        self._child_from = _years_before(patients.today, patients.known.guardian_until.age)
        self._guardian = patients.known.guardian_until.words

    def read(self, row: int, cells: Sequence[str]) -> Recipient | LeftOut:
        """Return what becomes of a row."""
        if len(cells) != self._width:
            if any(cells[self._width :]):
                return self._list.left_out(row, "cells-out-of-line")
            cells = [*cells[: self._width], *[""] * (self._width - len(cells))]
        text = "".join(self._take(cells))
        if not (text.isascii() and text.isprintable()):
            cells, code = cleaned(cells, self._used)
            if code:
                return self._list.left_out(row, code)
        cells = [*map(str.strip, cells), ""]  # the last stands for every column that the list does not have
        return self._barred(row, cells) or self._recipient(row, cells)

    def _barred(self, row: int, cells: Sequence[str]) -> LeftOut | None:
        """Return why no letter is to go to a patient at all, or None."""
        if row in self._hidden:
            return self._list.left_out(row, "hidden-row")
        for place, code in self._flags:
            if (said := cells[place]) and said.casefold() not in self._no:
                return self._list.left_out(row, code)
        if column := self._choice.left_out(cells):
            return self._list.left_out(row, "left-out-by-practice", what=column)
        return None

    def _recipient(self, row: int, cells: Sequence[str]) -> Recipient | LeftOut:
        letter, style = self._choice.of(cells)
        number, born = nhs_number(cells[self._number]), cells[self._born]
        if not letter:
            return self._list.left_out(row, "unknown-letter")
        if self._list.needs_nhs_number and not number:
            return self._list.left_out(row, "nhs-number-wrong")
        above, name, code = self._addressee(cells, born)
        if code:
            return self._list.left_out(row, code)
        address = self._address.read(cells, above, name)
        if address.code:
            return self._list.left_out(row, address.code)
        values = {id: cells[place] for id, place in self._values}
        values["full_name"] = f"{above[0].lower()}{above[1:]} {name}" if above else name  # as in "Dear parent or guardian of"
        if not _FORMULA.isdisjoint(map(_FIRST, filter(None, (*address.lines, *values.values())))):
            return self._list.left_out(row, "formula-sign")
        if (first := self._seen.row_of(row, number, address.lines, born)) != row:
            return self._list.left_out(row, "duplicate", first=first)
        if address.dropped:
            self._list.notes.append(Note(row, f"The {address.dropped} is left out of the address, which would have too many lines."))
        reached = self._choice.email_ok(cells), self._choice.text_ok(cells)
        return Recipient(row, letter, style, address.lines, values, cells[self._email], cells[self._phone], number, *reached)

    def _addressee(self, cells: Sequence[str], born: str) -> tuple[str, str, str]:
        """Return the words above the name, the name, and a code: whom the letter to this patient is addressed to."""
        name, code = self._name.read(cells)
        if code:
            return "", "", code
        if (other := cells[self._addressed]) and other.casefold() not in self._no:
            is_name = " " in other and not other.islower()
            return ("", " ".join(other.split()), "") if is_name else ("", "", "addressee-without-name")
        if born:
            day = read_birthday(born)
            if day is None:
                return "", "", "date-of-birth-unclear"
            if day > self._child_from:
                return self._guardian, name, ""
        return "", name, ""


class _NameReader:
    """Makes the name on the envelope from the columns that a list has for it."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self._full = places.get("full_name", _NONE)
        given = "given_name" if "given_name" in places else "calling_name"
        self._parts = [places[id] for id in ("title", given, "family_name") if id in places]

    def read(self, cells: Sequence[str]) -> tuple[str, str]:
        """Return the name, or '' and the code of what is wrong with it."""
        name = " ".join((cells[self._full] or " ".join([cells[place] for place in self._parts])).split())
        if "," in name and (found := _SORTED_NAME.fullmatch(name)) and (found[3] or found[1].isupper()):
            name = " ".join(filter(None, (found[3], found[2], found[1])))
        if not name:
            return "", "name-is-missing"
        return (name, "") if "?" not in name else ("", "name-has-lost-letters")


class _AddressReader:
    """Makes an address from the columns that a list has for it."""

    def __init__(self, places: Mapping[str, int], countries: frozenset[str]) -> None:
        self._countries = countries
        self._lines = [places[f"address_line_{n}"] for n in range(1, 8) if f"address_line_{n}" in places]
        self._house, self._street = places.get("house", _NONE), places.get("street", _NONE)
        self._towns = [places[id] for id in ("locality", "town") if id in places]
        self._county, self._postcode = places.get("county", _NONE), places.get("postcode", _NONE)
        self._whole = _NONE if self._lines or "street" in places else places.get("address", _NONE)

    def read(self, cells: Sequence[str], above: str, name: str) -> Address:
        """Return the address of a row below its name; the words above the name have a line of their own if there is room for it."""
        parts = self._parts(cells, name)
        county, postcode = cells[self._county], cells[self._postcode]
        found = compose((above, name) if above else (name,), parts, county, postcode, self._countries)
        if above and found.code == "too-many-address-lines":
            return compose((f"{above} {name}",), parts, county, postcode, self._countries)
        return found

    def _parts(self, cells: Sequence[str], name: str) -> list[str]:
        """Return the lines between the name and the county; a first line that says the name again is left out."""
        parts = [cells[place] for place in self._lines]
        if "\n" in "".join(parts):
            parts = "\n".join(parts).split("\n")
        if parts and parts[0].casefold() == name.casefold():
            del parts[0]
        if whole := cells[self._whole]:
            parts += split_address(whole)
        house, street = cells[self._house], cells[self._street]
        if house or street:
            parts += joined_house(house.replace("\n", " "), street.replace("\n", " "))
        parts += [cells[place] for place in self._towns]
        return parts


def _years_before(day: dt.date, years: int) -> dt.date:
    """Return the day of birth of who has this age today; of whoever was born on 29 February, the day after it."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return dt.date(day.year - years, 2, 28)


def _taker(places: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    return itemgetter(*places) if len(places) > 1 else lambda cells: (cells[places[0]],)

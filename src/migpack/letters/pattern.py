"""A letter's template → its pattern: the lines in it that differ from patient to patient, and of what each is made.

The template is rendered for a patient whose facts are marks, which are then looked for in the page. A template may do more with a fact than
print it on a line of its own: choose by it, change it, or print it in the middle of flowing text. Such a letter has no pattern, and each of
its pages is laid out in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise
from typing import Any, NoReturn

from markupsafe import escape

from migpack.letters.addresses import MAX_LINES, MIN_LINES
from migpack.model import Page
from migpack.problems import Mistakes
from migpack.render import Addressee, PatientLetter

MARK = re.compile(r"qzx(\d+)xzq")
_SPACES = re.compile("[ \t\r\n\f]+")
ADDRESS_MARK = 100  # marks from here on are lines of the address
_BLOCKS = frozenset("p li td th caption h1 h2 h3 h4 div section".split())
# Two patients who are not there, to see that a template prints their facts as they are.
_TRIALS = ("Ŵyn O'Hara-Jones & <Sons> 1/2", "x")


@dataclass(frozen=True)
class Segment:
    """What stands between two ends of lines: words, and at the odd places the ids of merge fields."""

    parts: tuple[str, ...]

    def text(self, values: Mapping[str, str]) -> str:
        """Return the segment's words for one patient."""
        if len(self.parts) == 3:
            return plain(self.parts[0] + values[self.parts[1]] + self.parts[2])
        return plain("".join(values[part] if odd % 2 else part for odd, part in enumerate(self.parts)))


@dataclass(frozen=True)
class Pattern:
    """The segments of a letter besides its address, in the order of the page; `why_not` says why there is no pattern, or is ''."""

    segments: tuple[Segment, ...]
    fields: frozenset[str]
    why_not: str = ""


class _ChangedError(Exception):
    """A template does more with a fact than print it."""


class Mark:
    """A number in the place of a patient's fact: it is there and can be printed; whatever else a template tries with it is told."""

    def __init__(self, number: int) -> None:
        self._words = mark_of(number)

    def __html__(self) -> str:
        return self._words

    __str__ = __html__

    def __bool__(self) -> bool:
        return True

    def _tell(self, *_: object) -> NoReturn:
        raise _ChangedError

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _tell
    __len__ = __iter__ = __contains__ = __getitem__ = __add__ = __radd__ = _tell


class _Asked(dict[str, Any]):
    """Facts, and which of them were asked for."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        super().__init__(facts)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)


def find_pattern(letter: PatientLetter, fields: Sequence[str], parse: Callable[[str], Any]) -> Pattern:
    """Return the pattern of a letter.

    Args:
        fields: the ids of all merge fields.
        parse: takes HTML and returns the root of its tree (ElementTree).

    Raises:
        Mistakes: the template has a mistake.
    """
    asked = fields_asked(letter, fields)
    page = faithful_page(letter, fields)
    if page is None:
        return Pattern((), asked, "its template chooses or changes words by what is known of the patient")
    places = list(marked_places(parse(page.html)))
    if any(place is None for place in places):
        return Pattern((), asked, "it says something about the patient in the middle of flowing text")
    found = [tuple(MARK.split(place.words)) for place in places if place]
    address = [parts for parts in found if _is_address(parts)]
    if address != [("", str(ADDRESS_MARK + line), "") for line in range(len(address))] or len(address) != MAX_LINES:
        return Pattern((), asked, "its template does not print the lines of the address as they are")
    own = [parts for parts in found if not _is_address(parts)]
    return Pattern(tuple(Segment(tuple(fields[int(part)] if odd % 2 else part for odd, part in enumerate(parts))) for parts in own), asked)


def fields_asked(letter: PatientLetter, fields: Sequence[str]) -> frozenset[str]:
    """Return the ids of the merge fields that a letter prints.

    Raises:
        Mistakes: the template has a mistake.
    """
    facts = _Asked(dict.fromkeys(fields, "x"))
    letter.page(Addressee(facts, ("x",)))
    return frozenset(facts.names)


def faithful_page(letter: PatientLetter, fields: Sequence[str]) -> Page | None:
    """Return the letter to a patient of marks, with as many lines of address as there may be; None if it does more than print a fact."""
    try:
        page = marked_page(letter, fields, MAX_LINES)
        # A template may say something else for each number of lines: all are tried.
        tried = {lines: shortened(page.html, lines) or marked_page(letter, fields, lines).html for lines in range(MIN_LINES, MAX_LINES + 1)}
    except (_ChangedError, Mistakes, TypeError):
        return None
    for (lines, marked), trial in zip(tried.items(), cycle(_TRIALS)):
        values = {field: f"{trial} {field}" for field in fields}
        address = tuple(f"{trial} {line}" for line in range(lines))
        facts = dict(enumerate(values.values())) | {ADDRESS_MARK + line: words for line, words in enumerate(address)}
        if MARK.sub(lambda mark: str(escape(facts[int(mark[1])])), marked) != letter.page(Addressee(values, address)).html:  # noqa: B023
            return None
    return page


def marked_page(letter: PatientLetter, fields: Sequence[str], lines: int) -> Page:
    """Return the letter to a patient of marks, with so many lines of address."""
    facts = {field: Mark(number) for number, field in enumerate(fields)}
    return letter.page(Addressee(facts, tuple(Mark(ADDRESS_MARK + line) for line in range(lines))))


def mark_of(number: int) -> str:
    """Return a mark as it is printed."""
    return f"qzx{number}xzq"


def shortened(words: str, lines: int) -> str:
    """Return words with marks and only so many of the lines of address among them; '' where these are not simply one after another."""
    pieces = MARK.split(words)
    address = [place for place in range(1, len(pieces), 2) if int(pieces[place]) >= ADDRESS_MARK]
    between = {pieces[place + 1] for place in address[:-1]}
    in_order = [int(pieces[place]) - ADDRESS_MARK for place in address] == list(range(len(address)))
    if not (in_order and lines <= len(address) and len(between) <= 1):
        return ""
    if lines < len(address):
        del pieces[address[0] + 2 * lines - 1 : address[-1] + 1]
    return "".join(mark_of(int(piece)) if place % 2 else piece for place, piece in enumerate(pieces))


@dataclass(frozen=True)
class MarkedPlace:
    """Words with marks in a parsed page: the text before (`tail` false) or after an element; `line` of the address, or -1."""

    element: Any
    tail: bool
    words: str

    @property
    def line(self) -> int:
        """Which line of the address this is, or -1."""
        number = int(MARK.findall(self.words)[0])
        return number - ADDRESS_MARK if number >= ADDRESS_MARK else -1

    def write(self, words: str) -> None:
        """Put other words here."""
        if self.tail:
            self.element.tail = words
        else:
            self.element.text = words


def marked_places(root: Any) -> Iterator[MarkedPlace | None]:
    """Yield each place with marks in the order of the page; None for one that shares its lines with other elements."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if MARK.search(element.text or ""):
            alone = element.tag in _BLOCKS and (len(element) == 0 or element[0].tag == "br")
            yield MarkedPlace(element, False, element.text) if alone else None
        for child, after in pairwise([*element, None]):
            if MARK.search(child.tail or ""):
                alone = element.tag in _BLOCKS and child.tag == "br" and (after is None or after.tag == "br")
                yield MarkedPlace(child, True, child.tail) if alone else None


def plain(text: str) -> str:
    """Return words as a page shows them: each run of spaces and line ends is one space."""
    if text.isprintable() and "  " not in text and text[:1] != " " != text[-1:]:  # nearly all texts: no other white space is printable
        return text
    return " ".join(_SPACES.split(text)).strip(" ")


def _is_address(parts: tuple[str, ...]) -> bool:
    return any(int(part) >= ADDRESS_MARK for part in parts[1::2])

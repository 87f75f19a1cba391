"""Recipients → one Word file for each letter, numbered in order, in a zip.

Letters with as many lines of address differ in a few words of word/document.xml, and in nothing else: a letter of marks is written in full,
and facts are poured in where its marks are. Words whose letters are joined or read from the right get runs of their own, as in a letter
that is written in full.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from functools import cached_property, lru_cache
from itertools import accumulate, repeat
from operator import add, itemgetter
from typing import BinaryIO

from migpack.letters.docx_file import DocxForm, FilePoured, SharedParts
from migpack.letters.pattern import ADDRESS_MARK, MARK, faithful_page, marked_page, plain, shortened
from migpack.letters.recipients import Recipient
from migpack.letters.zip_file import ZipFile
from migpack.markup import read
from migpack.model import Page
from migpack.render import Addressee, PatientLetter
from migpack.write.word import WordWriter
from migpack.write.word_pieces import escape, run

_OPEN, _CLOSE = '<w:r><w:t xml:space="preserve">', "</w:t></w:r>"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")  # no Word file can hold these
_IN_RUN = re.compile(f"{re.escape(_OPEN)}([^<]*)$")  # what stands before a mark in its run, if that run is an ordinary one
_LETTER = re.compile(r"[^\W\d_]")
_ADDRESS = '<w:pPr><w:pStyle w:val="Recipient"/>'
# What stands in document.xml as it is: no signs of XML, and only Latin, Greek and Cyrillic letters, which need no runs of their own.
_SAFE = "!#-%'-;=?-~\u00c0-\u024f\u0370-\u052f\u1e00-\u1eff\u2018\u2019"
_AS_IT_IS = re.compile(f"[{_SAFE}]+(?: [{_SAFE}]+)*").fullmatch
# Bytes of UTF-8 with which a letter may start that does not: 1 for each of them, else 0.
_STARTS = {letter.encode()[0] for letter in map(chr, range(0x800)) if letter != " " and not _AS_IT_IS(letter)}
_SUSPECTS = bytes(byte in _STARTS or byte >= 0xE0 for byte in range(256))
_AT_ONCE = 1000  # letters that are poured together
_SHORT = 400  # letters between two facts that are not worth a packed stretch of their own


class WordLetters:
    """Writes letters from one template as Word files."""

    def __init__(self, letter: PatientLetter, fields: Sequence[str], read_file: Callable[[str], bytes]) -> None:
        """Take the letter, the ids of all merge fields and the reader of library files."""
        self._letter, self._fields = letter, tuple(fields)
        self._writer = WordWriter(read_file)
        self._page = faithful_page(letter, fields)
        marks = set(map(int, MARK.findall(self._page.html if self._page else "")))
        self._printed = {self._fields[mark]: mark for mark in sorted(marks) if mark < ADDRESS_MARK}
        self._kinds: dict[int, _Kind] = {}

    def write(self, recipients: Sequence[Recipient], out: BinaryIO) -> int:
        """Write the zip; return how many letters were written in full.

        Raises:
            Mistakes: a letter cannot be written.
        """
        slow = 0
        with ZipFile(out) as packed:
            for start in range(0, len(recipients), _AT_ONCE):
                portion = recipients[start : start + _AT_ONCE]
                poured = self._pour(portion)
                slow += poured.count(None)
                names = [b"%06d.docx" % number for number in range(start + 1, start + len(portion) + 1)]
                packed.add_all(names, [file or self._whole(one) for file, one in zip(poured, portion, strict=True)])
        return slow

    def full(self, recipient: Recipient) -> bytes:
        """Return one letter as a Word file, written in full."""
        return self._in_full(self._letter.page(Addressee(recipient.values, recipient.address)))

    def _whole(self, recipient: Recipient) -> FilePoured:
        data = self.full(recipient)
        return (data,), zlib.crc32(data), len(data)

    def _in_full(self, page: Page) -> bytes:
        return self._writer.write(page, read(page.html, page.document.id)).data

    def _pour(self, recipients: Sequence[Recipient]) -> list[FilePoured | None]:
        """Return the file of each letter; None where a fact is missing or cannot be poured."""
        files: list[FilePoured | None] = [None] * len(recipients)
        if not self._page:
            return files
        facts, printed = self._facts(recipients), len(self._printed)
        for place in _may_change(facts):
            facts[place] = self._kind(len(facts[place]) - printed).written(facts[place])
        by_size: defaultdict[int, list[int]] = defaultdict(list)
        for place, size in enumerate(map(len, facts)):
            by_size[size].append(place)
        by_size.pop(0, None)  # those that cannot be poured
        for size, places in sorted(by_size.items()):
            kind = self._kind(size - printed)
            for place, file in zip(places, kind.pour([*map(kind.pick, map(facts.__getitem__, places))]), strict=True):
                files[place] = file
        return files

    def _facts(self, recipients: Sequence[Recipient]) -> list[tuple[str, ...]]:
        """Return what each letter prints of its patient: the lines of the address, then the other facts."""
        addresses = [one.address for one in recipients]
        others = [[one.values.get(field, "") for one in recipients] for field in self._printed]
        return [*map(add, addresses, zip(*others, strict=True))] if others else addresses

    def _kind(self, lines: int) -> _Kind:
        """Return letters with so many lines of address."""
        if kind := self._kinds.get(lines):
            return kind
        words = shortened(self._parts.document, lines)
        if not words:
            words = SharedParts(self._in_full(marked_page(self._letter, self._fields, lines))).document
        marks = (*range(ADDRESS_MARK, ADDRESS_MARK + lines), *self._printed.values())
        self._kinds[lines] = _Kind(self._parts, words, marks)
        return self._kinds[lines]

    @cached_property
    def _parts(self) -> SharedParts:
        """A letter of marks with as many lines of address as there may be."""
        assert self._page
        return SharedParts(self._in_full(self._page))


class _Kind:
    """Letters with as many lines of address."""

    def __init__(self, parts: SharedParts, document: str, marks: Sequence[int]) -> None:
        """Take what letters share, the document.xml of marks of this kind, and the marks in the order of the facts."""
        pieces = MARK.split(document)
        stretches, blocks = [pieces[0].encode()], [list[str]()]  # facts with little between them share a block
        slots, free = [], [True] * len(marks)
        paragraph = ""
        for place in range(1, len(pieces), 2):
            before, fact, after = pieces[place - 1], marks.index(int(pieces[place])), pieces[place + 1]
            paragraph = (paragraph + before).rpartition("<w:p>")[2]
            started = _IN_RUN.search(before)
            free[fact] &= bool(started and (paragraph.startswith(_ADDRESS) or _LETTER.search(started[1])))
            slots.append(fact)
            inside = len(after) <= _SHORT and place + 2 < len(pieces)
            blocks[-1].append(after if inside else "")
            if not inside:
                stretches.append(after.encode())
                blocks.append([])
        self._free = tuple(free)  # facts that may have runs of their own: their paragraphs are read as they are whatever these say
        self.pick = _picker(slots)
        self.pour = DocxForm(parts, stretches, blocks[:-1]).pour

    def written(self, facts: Sequence[str]) -> tuple[str, ...]:
        """Return these facts as they are poured; nothing where one is empty or cannot be poured."""
        found = tuple(words if _AS_IT_IS(words) else _written(words, free) for words, free in zip(facts, self._free, strict=True))
        return found if all(found) else ()


def _may_change(facts: Sequence[tuple[str, ...]]) -> Set[int]:
    """Return the places of letters of which a fact may not stand in document.xml as it is; it does in nearly all."""
    letters = [" ".join(own).encode("utf-8", "surrogatepass") for own in facts]
    words = b" ".join((b"", *letters, b""))
    if b"  " in words:  # a space at an end of a fact, or no words at all
        return {place for place, own in enumerate(facts) if not all(map(_AS_IT_IS, own))}
    suspects = words.translate(_SUSPECTS)
    ends = [*accumulate(map(add, map(len, letters), repeat(1)))]
    found, at = set(), suspects.find(1)
    while at >= 0:
        found.add(place := bisect_left(ends, at))
        at = suspects.find(1, ends[place] + 1)
    return found


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Return what takes the facts at these places."""
    return itemgetter(*places) if len(places) > 1 else lambda facts: tuple(facts[place] for place in places)


@lru_cache(maxsize=_AT_ONCE)  # a name stands in the address and in the greeting
def _written(words: str, free: bool) -> str:
    """Return words as they stand inside a run of document.xml; '' for those that cannot stand there."""
    words = plain(words)
    if _CONTROL.search(words):
        return ""
    runs = run(words)
    if runs == f"{_OPEN}{escape(words)}{_CLOSE}":
        return escape(words)
    return f"{_CLOSE}{runs}{_OPEN}" if free else ""

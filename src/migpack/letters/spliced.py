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
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import accumulate, repeat
from operator import add, itemgetter
from typing import BinaryIO

from migpack.letters.addresses import MAX_LINES
from migpack.letters.docx_file import DocxForm, FilePoured, SharedParts
from migpack.letters.pattern import ADDRESS_MARK, MARK, faithful_page, mark_of, marked_page, plain, shortened
from migpack.letters.recipients import Recipient
from migpack.letters.zip_file import ZipFile
from migpack.markup import read
from migpack.model import Page
from migpack.render import Addressee, PatientLetter
from migpack.write.word import WordWriter
from migpack.write.word_pieces import escape, from_right, run, starts_right

_OPEN, _CLOSE = '<w:r><w:t xml:space="preserve">', "</w:t></w:r>"
_FROM_RIGHT = "\N{ARABIC LETTER ALEF}"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")  # no Word file can hold these
# What stands before a mark in its run, if that run is an ordinary one and its first letter is the template's.
_STARTED = re.compile(re.escape(_OPEN) + r"[^<]*[^\W\d_][^<]*$")
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
        self._kinds: dict[tuple[int, bool], _Kind] = {}

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
        for kind, places, letters in self._grouped(recipients, self._facts(recipients)):
            for place, file in zip(places, kind.pour(letters), strict=True):
                files[place] = file
        return files

    def _grouped(
        self, recipients: Sequence[Recipient], facts: Sequence[tuple[str, ...]]
    ) -> Iterator[tuple[_Kind, list[int], list[tuple[str, ...]]]]:
        """Yield each kind of letter with the places of those that are of it, and the words that are poured into them."""
        others = _may_change(facts)
        by_size: defaultdict[int, list[int]] = defaultdict(list)
        for place, size in enumerate(map(len, facts)):
            by_size[size].append(place)
        for size, places in sorted(by_size.items()):
            if sure := [place for place in places if place not in others]:
                kind = self._kind(size - len(self._printed), False)
                yield kind, sure, [*map(kind.pick, map(facts.__getitem__, sure))]
        groups: dict[tuple[int, bool], tuple[_Kind, list[int], list[tuple[str, ...]]]] = {}
        for place in sorted(others):
            address = recipients[place].address
            key = len(address), bool(address) and starts_right(address[0])
            kind, places, letters = groups.get(key) or groups.setdefault(key, (self._kind(*key), [], []))
            if poured := kind.escaped(facts[place]):
                places.append(place)
                letters.append(poured)
        yield from groups.values()

    def _facts(self, recipients: Sequence[Recipient]) -> list[tuple[str, ...]]:
        """Return what each letter prints of its patient: the lines of the address, then the other facts."""
        addresses = [one.address for one in recipients]
        others = [[one.values.get(field, "") for one in recipients] for field in self._printed]
        return [*map(add, addresses, zip(*others, strict=True))] if others else addresses

    def _kind(self, lines: int, right: bool) -> _Kind:
        """Return letters with so many lines of address, the first of which is read from the right or is not."""
        if kind := self._kinds.get((lines, right)):
            return kind
        document = shortened(self._from_right if right else self._parts.document, lines) or self._marked(lines, right=right)
        marks = (*range(ADDRESS_MARK, ADDRESS_MARK + lines), *self._printed.values())
        self._kinds[lines, right] = _Kind(self._parts, document, marks)
        return self._kinds[lines, right]

    @cached_property
    def _parts(self) -> SharedParts:
        """A letter of marks with as many lines of address as there may be."""
        assert self._page
        return SharedParts(self._in_full(self._page))

    @cached_property
    def _from_right(self) -> str:
        """The document.xml of that letter if the first line of its address is read from the right."""
        return _turned(self._parts.document) or self._marked(MAX_LINES, right=True)

    def _marked(self, lines: int, *, right: bool) -> str:
        """Return the document.xml of a letter of marks, written in full."""
        page, first = marked_page(self._letter, self._fields, lines), mark_of(ADDRESS_MARK)
        if right:
            page = replace(page, html=page.html.replace(first, f"{_FROM_RIGHT}{first}"))
        return SharedParts(self._in_full(page)).document.replace(run(_FROM_RIGHT), "")


def _turned(document: str) -> str:
    """Return a document.xml of marks with its address read from the right; '' where it is not sure how a paragraph with it starts."""
    *before, last = document.split(mark_of(ADDRESS_MARK))
    turned = []
    for piece in before:
        others, start, paragraph = piece.rpartition("<w:p><w:pPr>")
        properties, end, words = paragraph.partition("</w:pPr>")
        if words == _OPEN:
            piece = f"{others}{start}{from_right(properties)}{end}{words}"
        elif not _STARTED.search(piece):
            return ""
        turned.append(piece)
    return mark_of(ADDRESS_MARK).join((*turned, last))


class _Kind:
    """Letters with as many lines of address."""

    def __init__(self, parts: SharedParts, document: str, marks: Sequence[int]) -> None:
        """Take what letters share, the document.xml of marks of this kind, and the marks in the order of the facts."""
        pieces = MARK.split(document)
        stretches, blocks = [pieces[0].encode()], [list[str]()]  # facts with little between them share a block
        slots = []
        for place in range(1, len(pieces), 2):
            before, mark, after = pieces[place - 1], int(pieces[place]), pieces[place + 1]
            # Whether the fact may need runs of its own: the paragraph starts as it does whatever the fact is.
            slots.append((marks.index(mark), before.endswith(_OPEN) if mark >= ADDRESS_MARK else bool(_STARTED.search(before))))
            inside = len(after) <= _SHORT and place + 2 < len(pieces)
            blocks[-1].append(after if inside else "")
            if not inside:
                stretches.append(after.encode())
                blocks.append([])
        self._slots = tuple(slots)
        self.pick = _picker([place for place, _ in slots])
        self.pour = DocxForm(parts, stretches, blocks[:-1]).pour

    def escaped(self, facts: Sequence[str]) -> tuple[str, ...]:
        """Return these facts as they are poured; nothing where one is empty or cannot be poured."""
        written = [words if _AS_IT_IS(words := facts[place]) else _written(words, any_runs) for place, any_runs in self._slots]
        return tuple(written) if all(written) else ()


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
def _written(words: str, any_runs: bool) -> str:
    """Return words as they stand inside a run of document.xml; '' for those that cannot stand there."""
    words = plain(words)
    if _CONTROL.search(words):
        return ""
    runs = run(words)
    if runs == f"{_OPEN}{escape(words)}{_CLOSE}":
        return escape(words)
    return f"{_CLOSE}{runs}{_OPEN}" if any_runs else ""

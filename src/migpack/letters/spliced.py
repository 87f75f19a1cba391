"""Recipients → one Word file for each letter, numbered in order, in a zip.

Letters with as many lines of address differ in a few words of word/document.xml, and in nothing else: a letter of marks is written in full,
and facts are poured in where its marks are. Words whose letters are joined or read from the right get runs of their own, as in a letter
that is written in full.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import Any, BinaryIO

from migpack.letters.docx_file import DocxForm, FilePoured, SharedParts
from migpack.letters.layouts import MOST_ADDRESS_LINES
from migpack.letters.pattern import ADDRESS, MARK, faithful_page, mark_of, marked_page, plain, shortened
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
_SAFE = "[!#-%'-;=?-~\u00c0-\u024f\u0370-\u052f\u1e00-\u1eff\u2018\u2019]+"
_AS_IT_IS = re.compile(f"{_SAFE}(?: {_SAFE})*").fullmatch
_LINES_AS_THEY_ARE = re.compile(f"{_SAFE}(?:[ \n]{_SAFE})*").fullmatch
_SHORT = 400  # bytes between two facts that are not worth a packed stretch of their own


class WordLetters:
    """Writes letters from one template as Word files."""

    def __init__(self, letter: PatientLetter, fields: Sequence[str], read_file: Callable[[str], bytes]) -> None:
        """Take the letter, the ids of all merge fields and the reader of library files."""
        self._letter, self._fields = letter, tuple(fields)
        self._writer = WordWriter(read_file)
        self._page = faithful_page(letter, fields, MOST_ADDRESS_LINES)
        marks = set(map(int, MARK.findall(self._page.html if self._page else "")))
        self._printed = {self._fields[mark]: mark for mark in sorted(marks) if mark < ADDRESS}
        self._kinds: dict[tuple[int, bool], _Kind] = {}

    def write(self, recipients: Sequence[Recipient], out: BinaryIO) -> int:
        """Write the zip; return how many letters were written in full.

        Raises:
            Mistakes: a letter cannot be written.
        """
        slow = 0
        with ZipFile(out) as packed:
            for number, recipient in enumerate(recipients, 1):
                name = b"%06d.docx" % number
                if poured := self._pour(recipient):
                    packed.add_parts(name, *poured)
                else:
                    slow += 1
                    packed.add(name, self.full(recipient))
        return slow

    def full(self, recipient: Recipient) -> bytes:
        """Return one letter as a Word file, written in full."""
        return self._in_full(self._letter.page(Addressee(recipient.values, recipient.address)))

    def _in_full(self, page: Page) -> bytes:
        return self._writer.write(page, read(page.html, page.document.id)).data

    def _pour(self, recipient: Recipient) -> FilePoured | None:
        """Return the file of one letter; None where a fact is missing or cannot be poured."""
        facts = [*recipient.address]
        lines = len(facts)
        if not (lines and self._page):
            return None
        for field in self._printed:
            facts.append(recipient.values.get(field, ""))
        text = "\n".join(facts)
        if _LINES_AS_THEY_ARE(text) and text.count("\n") == len(facts) - 1:  # quick, and so it is with most
            return self._kind(lines, right=False).pour(text.encode().split(b"\n"))
        return self._kind(lines, right=starts_right(facts[0])).pour_escaped(facts)

    def _kind(self, lines: int, *, right: bool) -> _Kind:
        """Return letters with so many lines of address, the first of which is read from the right or is not."""
        if kind := self._kinds.get((lines, right)):
            return kind
        document = shortened(self._from_right if right else self._parts.document, lines) or self._marked(lines, right=right)
        marks = (*range(ADDRESS, ADDRESS + lines), *self._printed.values())
        self._kinds[lines, right] = _Kind(self._parts, document, marks)
        return self._kinds[lines, right]

    @cached_property
    def _parts(self) -> SharedParts:
        """A letter of marks with as many lines of address as there may be."""
        return SharedParts(self._in_full(self._page or marked_page(self._letter, self._fields, MOST_ADDRESS_LINES)))

    @cached_property
    def _from_right(self) -> str:
        """The document.xml of that letter if the first line of its address is read from the right."""
        return _turned(self._parts.document) or self._marked(MOST_ADDRESS_LINES, right=True)

    def _marked(self, lines: int, *, right: bool) -> str:
        """Return the document.xml of a letter of marks, written in full."""
        page, first = marked_page(self._letter, self._fields, lines), mark_of(ADDRESS)
        if right:
            page = replace(page, html=page.html.replace(first, f"{_FROM_RIGHT}{first}"))
        return SharedParts(self._in_full(page)).document.replace(run(_FROM_RIGHT), "")


def _turned(document: str) -> str:
    """Return a document.xml of marks with its address read from the right; '' where it is not sure how a paragraph with it starts."""
    *before, last = document.split(mark_of(ADDRESS))
    turned = []
    for piece in before:
        others, start, paragraph = piece.rpartition("<w:p><w:pPr>")
        properties, end, words = paragraph.partition("</w:pPr>")
        if words == _OPEN:
            piece = f"{others}{start}{from_right(properties)}{end}{words}"
        elif not _STARTED.search(piece):
            return ""
        turned.append(piece)
    return mark_of(ADDRESS).join((*turned, last))


class _Kind:
    """Letters with as many lines of address."""

    def __init__(self, parts: SharedParts, document: str, marks: Sequence[int]) -> None:
        """Take what letters share, the document.xml of marks of this kind, and the marks in the order of the facts."""
        pieces = MARK.split(document)
        stretches, blocks = [pieces[0].encode()], [list[bytes]()]  # facts with little between them share a block
        slots = []
        for place in range(1, len(pieces), 2):
            before, mark, after = pieces[place - 1], int(pieces[place]), pieces[place + 1].encode()
            # Whether the fact may need runs of its own: the paragraph starts as it does whatever the fact is.
            slots.append((marks.index(mark), before.endswith(_OPEN) if mark >= ADDRESS else bool(_STARTED.search(before))))
            inside = len(after) <= _SHORT and place + 2 < len(pieces)
            blocks[-1].append(after if inside else b"")
            if not inside:
                stretches.append(after)
                blocks.append([])
        self._slots = tuple(slots)
        self._pick = _picker([place for place, _ in slots])
        self._form = DocxForm(parts, stretches, blocks[:-1])

    def pour(self, facts: Sequence[bytes]) -> FilePoured | None:
        """Return the file of a letter with these facts, which can stand in document.xml as they are."""
        return self._form.pour(self._pick(facts))

    def pour_escaped(self, facts: Sequence[str]) -> FilePoured | None:
        """Return the file of a letter with these facts; None where one is empty or cannot be poured."""
        words = [_written(facts[place], any_runs=any_runs) for place, any_runs in self._slots]
        return self._form.pour(words) if all(words) else None


def _picker(places: Sequence[int]) -> Callable[[Sequence[bytes]], Any]:
    """Return what takes the items at these places."""
    return itemgetter(*places) if len(places) > 1 else itemgetter(*[slice(place, place + 1) for place in places or (0,)])


def _written(words: str, *, any_runs: bool) -> bytes:
    """Return words as they stand inside a run of document.xml; b'' for those that cannot stand there."""
    if _AS_IT_IS(words):
        return words.encode()
    words = plain(words)
    if _CONTROL.search(words):
        return b""
    runs = run(words)
    if runs == f"{_OPEN}{escape(words)}{_CLOSE}":
        return escape(words).encode()
    return f"{_CLOSE}{runs}{_OPEN}".encode() if any_runs else b""

"""Recipients → one Word file for each letter, numbered in order, in a zip.

Letters with as many lines of address differ in a few words of word/document.xml, and in nothing else. What they share is packed once; a
letter's own words stand between as they are, in a packed stream that may change from packed to plain and back (DEFLATE, RFC 1951), and the
checksum of the whole is worked out from those of its parts. Words whose letters are joined or read from the right get runs of their own, as
in a letter that is written in full.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import BinaryIO

from migpack.letters.layouts import MOST_ADDRESS_LINES
from migpack.letters.pattern import ADDRESS, MARK, is_faithful, marked_page, plain
from migpack.letters.recipients import Recipient
from migpack.letters.zip_file import ZipFile
from migpack.markup import read
from migpack.model import Page
from migpack.render import Addressee, PatientLetter
from migpack.write.word import WordWriter
from migpack.write.word_pieces import escape, run, starts_right

_DOCUMENT = "word/document.xml"
_OPEN, _CLOSE = '<w:r><w:t xml:space="preserve">', "</w:t></w:r>"
_FROM_RIGHT = "\N{ARABIC LETTER ALEF}"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")  # no Word file can hold these
# What stands before a mark in its run, if that run is an ordinary one and its first letter is the template's.
_STARTED = re.compile(re.escape(_OPEN) + r"[^<]*[^\W\d_][^<]*$")
# What stands in document.xml as it is: no signs of XML, and only Latin, Greek and Cyrillic letters, which need no runs of their own.
_SAFE = "[!#-%'-;=?-~\u00c0-\u024f\u0370-\u052f\u1e00-\u1eff\u2018\u2019]+"
_AS_IT_IS = re.compile(f"{_SAFE}(?: {_SAFE})*").fullmatch
_LINES_AS_THEY_ARE = re.compile(f"{_SAFE}(?:[ \n]{_SAFE})*").fullmatch
_SHORT = 200  # bytes between two facts that are not worth a packed piece of their own
_MOST_PLAIN = 0xFFFF
_Slot = tuple[int, bool, bytes]  # a mark, whether its fact may have runs of its own, and what stands after it in its block
_HEAD = struct.Struct("<HHHHHIIIHH")
_PLAIN = struct.Struct("<BHH")
_PLACE = struct.Struct("<IH")
_DATE = 10273  # 1 January 2000, as in the files of a pack


class WordLetters:
    """Writes letters from one template as Word files."""

    def __init__(self, letter: PatientLetter, fields: Sequence[str], read_file: Callable[[str], bytes]) -> None:
        """Take the letter, the ids of all merge fields and the reader of library files."""
        self._letter, self._fields = letter, tuple(fields)
        self._writer = WordWriter(read_file)
        self._packed: dict[bool, _Parts] = {}
        self._kinds: dict[tuple[int, bool], _Kind] = {}
        self._faithful = is_faithful(letter, fields)

    def write(self, recipients: Sequence[Recipient], out: BinaryIO) -> int:
        """Write the zip; return how many letters were written in full.

        Raises:
            Mistakes: a letter cannot be written.
        """
        slow = 0
        with ZipFile(out) as packed:
            for number, recipient in enumerate(recipients, 1):
                name = b"%06d.docx" % number
                kind = self._kind(recipient.address) if self._faithful and recipient.address else None
                poured = kind.pour(recipient, self._fields) if kind else None
                if kind and poured:
                    packed.add_after(name, kind.shared, kind.crc, poured)
                else:
                    slow += 1
                    packed.add(name, self.full(recipient))
        return slow

    def full(self, recipient: Recipient) -> bytes:
        """Return one letter as a Word file, written in full."""
        return self._in_full(self._letter.page(Addressee(recipient.values, recipient.address)))

    def _in_full(self, page: Page) -> bytes:
        return self._writer.write(page, read(page.html, page.document.id)).data

    def _kind(self, address: tuple[str, ...]) -> _Kind:
        lines, right = len(address), not address[0].isascii() and starts_right(address[0])
        if kind := self._kinds.get((lines, right)):
            return kind
        parts = self._parts(right)
        document = _shortened(parts.document, lines) or self._marked(lines, right).document
        self._kinds[lines, right] = _Kind(parts, document)
        return self._kinds[lines, right]

    def _parts(self, right: bool) -> _Parts:
        """Return a letter of marks with as many lines of address as there may be, packed once."""
        if right not in self._packed:
            self._packed[right] = self._marked(MOST_ADDRESS_LINES, right)
        return self._packed[right]

    def _marked(self, lines: int, right: bool) -> _Parts:
        return _Parts(self._in_full(marked_page(self._letter, self._fields, lines, first=_FROM_RIGHT if right else "")))


class _Parts:
    """A Word file of marks: what all letters share of it, packed, and its document.xml."""

    def __init__(self, marked: bytes) -> None:
        """Take the file."""
        archive = zipfile.ZipFile(io.BytesIO(marked))
        self.document = archive.read(_DOCUMENT).decode().replace(run(_FROM_RIGHT), "")
        entries = [_entry(name, archive.read(name)) for name in archive.namelist() if name != _DOCUMENT]
        self.shared = b"".join(local for local, _ in entries)
        self.crc, self.count = zlib.crc32(self.shared), len(entries) + 1
        self.central, at = b"", 0
        for local, central in entries:
            self.central += central(at)
            at += len(local)


def _shortened(document: str, lines: int) -> str:
    """Return a document.xml of marks with only so many of its lines of address; '' where these are not simply one after another."""
    pieces = MARK.split(document)
    address = [place for place in range(1, len(pieces), 2) if int(pieces[place]) >= ADDRESS]
    between = {pieces[place + 1] for place in address[:-1]}
    in_order = [int(pieces[place]) - ADDRESS for place in address] == list(range(len(address)))
    if not (in_order and lines <= len(address) and len(between) == 1):
        return ""
    del pieces[address[0] + 2 * lines - 1 : address[-1] + 1]
    return "".join(f"qzx{piece}xzq" if place % 2 else piece for place, piece in enumerate(pieces))


class _Kind:
    """Letters with as many lines of address: document.xml packed between its marks, after the parts that all letters share."""

    def __init__(self, parts: _Parts, document: str) -> None:
        """Take the parts, and the document.xml of marks of this kind."""
        self.shared, self.crc = parts.shared, parts.crc
        pieces = MARK.split(document)
        blocks: list[list[_Slot]] = [[]]  # facts with little between them share a plain block
        words = [pieces[0].encode()]
        for place in range(1, len(pieces), 2):
            before, mark, after = pieces[place - 1], int(pieces[place]), pieces[place + 1].encode()
            # Whether the fact may need runs of its own: the paragraph starts as it does whatever the fact is.
            any_runs = before.endswith(_OPEN) if mark >= ADDRESS else bool(_STARTED.search(before))
            inside = len(after) <= _SHORT and place + 2 < len(pieces)
            blocks[-1].append((mark, any_runs, after if inside else b""))
            if not inside:
                words.append(after)
                blocks.append([])
        packed = [_packed(piece, last=number == len(words) - 1) for number, piece in enumerate(words)]
        self._first, self._first_crc = packed[0], zlib.crc32(words[0])
        rest = zip(blocks[:-1], packed[1:], words[1:], strict=True)
        self._rest = [(block, _between(block), after, zlib.crc32(piece), _tables(len(piece))) for block, after, piece in rest]
        self._size, self._packed_size = sum(map(len, words)), sum(map(len, packed))
        before_central = _central(b"", _DOCUMENT.encode(), len(parts.shared))
        self._central, self._central_end = parts.central + before_central[:6], before_central[6:]
        size = len(self._central) + _HEAD.size + len(self._central_end)
        self._end = struct.pack("<4sHHHHI", b"PK\5\6", 0, 0, parts.count, parts.count, size)

    def pour(self, recipient: Recipient, fields: Sequence[str]) -> bytes | None:
        """Return what follows the shared bytes in the file of one letter; None where a fact is missing or cannot be written."""
        crc, size, packed_size = self._first_crc, self._size, self._packed_size
        written = [b"PK\3\4", b"", _DOCUMENT.encode(), self._first]
        for block, between, packed, check, (low, second, third, high) in self._rest:
            words = (between and _address(recipient.address, between)) or _block(block, recipient, fields)
            count = len(words)
            if not 0 < count <= _MOST_PLAIN:
                return None
            written += (_PLAIN.pack(0, count, count ^ _MOST_PLAIN), words, packed)
            crc = zlib.crc32(words, crc)
            crc = low[crc & 255] ^ second[crc >> 8 & 255] ^ third[crc >> 16 & 255] ^ high[crc >> 24] ^ check
            size += count
            packed_size += count + _PLAIN.size
        written[1] = head = _HEAD.pack(20, 0x800, 8, 0, _DATE, crc, packed_size, size, len(_DOCUMENT), 0)
        at = len(self.shared) + 4 + _HEAD.size + len(_DOCUMENT) + packed_size
        written += (self._central, head, self._central_end, self._end, _PLACE.pack(at, 0))
        return b"".join(written)


def _between(slots: Sequence[_Slot]) -> bytes:
    """Return what stands between the lines of an address that is all of a block; b'' where something else is in it."""
    marks = [mark - ADDRESS for mark, _, _ in slots]
    between = {after for _, _, after in slots[:-1]}
    return between.pop() if marks == list(range(len(slots))) and len(between) == 1 and not slots[-1][2] else b""


def _address(lines: tuple[str, ...], between: bytes) -> bytes:
    """Return the lines of an address as they stand in document.xml, b'' where one cannot stand there as it is. Quick: most can."""
    words = "\n".join(lines)
    return words.encode().replace(b"\n", between) if _LINES_AS_THEY_ARE(words) else b""


def _block(slots: Sequence[_Slot], recipient: Recipient, fields: Sequence[str]) -> bytes:
    """Return facts and what stands after each of them; b'' where one is missing or cannot be written."""
    address, values = recipient.address, recipient.values
    made: list[bytes] = []
    for mark, any_runs, after in slots:
        fact = address[mark - ADDRESS] if mark >= ADDRESS else values.get(fields[mark], "")
        words = fact.encode() if _AS_IT_IS(fact) else _written(fact, any_runs=any_runs)
        if not words:
            return b""
        made += (words, after)
    return b"".join(made)


def _written(words: str, *, any_runs: bool) -> bytes:
    """Return words as they stand inside a run of document.xml; b'' for those that cannot stand there."""
    words = plain(words)
    if _CONTROL.search(words):
        return b""
    runs = run(words)
    if runs == f"{_OPEN}{escape(words)}{_CLOSE}":
        return escape(words).encode()
    return f"{_CLOSE}{runs}{_OPEN}".encode() if any_runs else b""


def _entry(name: str, data: bytes) -> tuple[bytes, Callable[[int], bytes]]:
    """Return a packed part of an archive, and what makes its entry in the table from where it stands."""
    packed = _packed(data, last=True)
    head = _HEAD.pack(20, 0x800, 8, 0, _DATE, zlib.crc32(data), len(packed), len(data), len(name.encode()), 0)
    return b"PK\3\4" + head + name.encode() + packed, lambda at: _central(head, name.encode(), at)


def _central(head: bytes, name: bytes, at: int) -> bytes:
    return b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + head + struct.pack("<HHHII", 0, 0, 0, 0o100600 << 16, at) + name


def _packed(data: bytes, *, last: bool) -> bytes:
    """Return data packed, so that plain data can follow if it is not the last."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def _tables(count: int) -> tuple[list[int], ...]:
    """Return what so many more bytes make of a CRC-32, by each of its bytes: crc(a + b) is the sum of that and crc(b)."""
    nothing = bytes(count)
    zero = zlib.crc32(nothing)
    bits = [zlib.crc32(nothing, 1 << bit) ^ zero for bit in range(32)]
    tables = []
    for byte in range(4):
        table = [0]
        for bit in bits[8 * byte : 8 * byte + 8]:
            table += [known ^ bit for known in table]
        tables.append(table)
    return tuple(tables)

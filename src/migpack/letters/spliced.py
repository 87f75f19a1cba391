"""Recipients → one Word file for each letter, numbered in order, in a zip.

Letters with as many lines of address differ in a few words of word/document.xml, and in nothing else. What they share is packed once; a
letter's own words stand between as they are, in a packed stream that may change from packed to plain and back (DEFLATE, RFC 1951), and the
checksum of the whole is worked out from those of its parts. A letter whose words need runs of their own is written in full.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import BinaryIO

from migpack.letters.pattern import ADDRESS, MARK, is_faithful, marked_page, plain
from migpack.letters.recipients import Recipient
from migpack.letters.zip_file import ZipFile
from migpack.markup import read
from migpack.model import Page
from migpack.render import Addressee, PatientLetter
from migpack.write.word import WordWriter
from migpack.write.word_pieces import escape

_DOCUMENT = "word/document.xml"
# Letters of scripts that are joined or read from the right, which Word files keep in runs of their own; and what no Word file can hold.
_OWN_RUN = re.compile("[\u0590-\u08ff\u0900-\u0dff\u200c\u200d\ufb1d-\ufdff\ufe70-\ufefc\x00-\x1f\x7f-\x9f]")
_AS_IT_IS = re.compile("[!#-%'-;=?-~]+(?: [!#-%'-;=?-~]+)*").fullmatch
_HEAD = struct.Struct("<HHHHHIIIHH")
_PLAIN = struct.Struct("<BHH")
_DATE = 10273  # 1 January 2000, as in the files of a pack


class WordLetters:
    """Writes letters from one template as Word files."""

    def __init__(self, letter: PatientLetter, fields: Sequence[str], read_file: Callable[[str], bytes]) -> None:
        """Take the letter, the ids of all merge fields and the reader of library files."""
        self._letter, self._fields = letter, tuple(fields)
        self._writer = WordWriter(read_file)
        self._kinds: dict[int, _Kind] = {}
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
                kind = self._kind(len(recipient.address)) if self._faithful else None
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

    def _kind(self, lines: int) -> _Kind:
        if lines not in self._kinds:
            self._kinds[lines] = _Kind(self._in_full(marked_page(self._letter, self._fields, lines)))
        return self._kinds[lines]


class _Kind:
    """Letters with as many lines of address: the parts that they share, packed, and document.xml between its marks."""

    def __init__(self, marked: bytes) -> None:
        """Take a Word file with marks."""
        archive = zipfile.ZipFile(io.BytesIO(marked))
        names = [name for name in archive.namelist() if name != _DOCUMENT]
        entries = [_entry(name, archive.read(name)) for name in names]
        self.shared = b"".join(local for local, _ in entries)
        self.crc = zlib.crc32(self.shared)
        self._central, at = b"", 0
        for local, central in entries:
            self._central += central(at)
            at += len(local)
        self._count = len(entries) + 1
        pieces = MARK.split(archive.read(_DOCUMENT).decode())
        words = [piece.encode() for piece in pieces[::2]]
        self._marks = [int(mark) for mark in pieces[1::2]]
        self._packed = [_packed(piece, last=number == len(words) - 1) for number, piece in enumerate(words)]
        self._checks = [(zlib.crc32(piece), _tables(len(piece))) for piece in words]
        self._size, self._packed_size = sum(map(len, words)), sum(map(len, self._packed))

    def pour(self, recipient: Recipient, fields: Sequence[str]) -> bytes | None:
        """Return what follows the shared bytes in the file of one letter; None where a fact is missing or needs runs of its own."""
        crc, size, packed_size = self._checks[0][0], self._size, self._packed_size
        written = [self._packed[0]]
        address, values = recipient.address, recipient.values
        for mark, packed, (check, (low, second, third, high)) in zip(self._marks, self._packed[1:], self._checks[1:], strict=True):
            words = _written(address[mark - ADDRESS] if mark >= ADDRESS else values.get(fields[mark], ""))
            if not words:
                return None
            count = len(words)
            written += (_PLAIN.pack(0, count, count ^ 0xFFFF), words, packed)
            crc = zlib.crc32(words, crc)
            crc = low[crc & 255] ^ second[crc >> 8 & 255] ^ third[crc >> 16 & 255] ^ high[crc >> 24] ^ check
            size += count
            packed_size += count + _PLAIN.size
        head = _HEAD.pack(20, 0x800, 8, 0, _DATE, crc, packed_size, size, len(_DOCUMENT), 0)
        body = b"".join((b"PK\3\4", head, _DOCUMENT.encode(), *written))
        central = self._central + _central(head, _DOCUMENT.encode(), len(self.shared))
        end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, self._count, self._count, len(central), len(self.shared) + len(body), 0)
        return b"".join((body, central, end))


def _written(words: str) -> bytes:
    """Return words as they stand in document.xml; b'' for those that need runs of their own."""
    if _AS_IT_IS(words):
        return words.encode()
    return b"" if _OWN_RUN.search(words) else escape(plain(words)).encode()


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

"""A Word file of marks, and where its document.xml is cut → files that differ in the words poured in there, each in a few microseconds.

What the files share is packed once. A file's own words stand between as they are, in a packed stream that may change from packed to plain
and back (DEFLATE, RFC 1951), and the checksum of the whole is worked out from those of its parts.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache

DOCUMENT = "word/document.xml"
FilePoured = tuple[tuple[bytes, ...], int, int]  # the parts of a file, one after another; its checksum; its size
_HEAD = struct.Struct("<HHHHHIIIHH")  # of a part: what both its own place and the table say of it
_BEFORE_SIZES, _AFTER_SIZES = slice(10), slice(22, None)
_pack_sizes, _pack_count, _pack_end = (struct.Struct(form).pack for form in ("<III", "<HH", "<IH"))
_COUNT_SIZE = 4
_MOST_PLAIN = 0xFFFF
_PLAIN_FOLLOWS = b"\0"  # three bits that say so, at the start of a byte
_DATE = 10273  # 1 January 2000, as in the files of a pack


class SharedParts:
    """A Word file of which document.xml will be another in each letter: its document, and the other parts packed."""

    def __init__(self, file: bytes) -> None:
        """Take the file."""
        archive = zipfile.ZipFile(io.BytesIO(file))
        self.document = archive.read(DOCUMENT).decode()
        entries = [_entry(name, archive.read(name)) for name in archive.namelist() if name != DOCUMENT]
        self.packed = b"".join(local for local, _ in entries)
        self.count = len(entries) + 1
        self.central, at = b"", 0
        for local, central in entries:
            self.central += central(at)
            at += len(local)
        self.stretch = cache(_Stretch)  # kinds of letters have most of theirs in common


class _Stretch:
    """Part of document.xml that files share."""

    def __init__(self, words: bytes, last: bool) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(words) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)
        self.packed = packed if last else packed + _PLAIN_FOLLOWS
        self.size, self.checked = len(words), _follow(words)


class DocxForm:
    """Files that share all of document.xml but the words poured in."""

    def __init__(self, parts: SharedParts, stretches: Sequence[bytes], blocks: Sequence[Sequence[bytes]]) -> None:
        """Take the other parts, the stretches of document.xml, and what is poured in between two of them.

        Args:
            blocks: one fewer than stretches; for each word poured in, what stands after it.
        """
        first, *others = (parts.stretch(words, number == len(stretches)) for number, words in enumerate(stretches, 1))
        self._blocks, start = [], 0
        for block, stretch in zip(blocks, others, strict=True):
            cut = slice(start, start + len(block))
            between = [piece for after in block for piece in (b"", after)]
            self._blocks.append((cut, between, stretch.checked, b"" if stretch is others[-1] else stretch.packed))
            start = cut.stop
        self._document_crc = zlib.crc32(stretches[0])
        self._document_size = first.size + sum(stretch.size for stretch in others)
        self._document_packed = len(first.packed) + sum(_COUNT_SIZE + len(stretch.packed) for stretch in others)
        self._frame(parts, first.packed, others[-1].packed if others else b"")

    def _frame(self, parts: SharedParts, first: bytes, last: bytes) -> None:
        """Work out what stands around the sizes of document.xml, which the table at the end says again."""
        name = DOCUMENT.encode()
        head = _head(name, b"", 0)
        local, central = b"PK\3\4" + head + name, _central(head, name, len(parts.packed))
        size = len(parts.central + central)
        end = struct.pack("<4sHHHHI", b"PK\5\6", 0, 0, parts.count, parts.count, size)
        self._before = parts.packed + local[:4] + head[_BEFORE_SIZES]
        self._first = head[_AFTER_SIZES] + name + first
        self._last = last + parts.central + central[:6] + head[_BEFORE_SIZES]
        self._end = central[6:][_AFTER_SIZES] + end
        self._before_crc, self._last_checked = zlib.crc32(self._before), _follow(self._last)
        self._document_end = len(parts.packed + local)
        self._size = self._document_end + self._document_packed + size + len(end) + 6

    def pour(self, words: Sequence[bytes]) -> FilePoured | None:
        """Return the file with these words, as they stand in document.xml; None where they are too long."""
        crc, own_size = self._document_crc, 0
        written: list[bytes] = []
        for cut, between, checked, packed in self._blocks:
            filled = between.copy()
            filled[::2] = words[cut]
            own = b"".join(filled)
            size = len(own)
            if size > _MOST_PLAIN:
                return None
            crc = checked(zlib.crc32(own, crc))
            written += (_pack_count(size, size ^ _MOST_PLAIN), own, packed)
            own_size += size
        packed_size = self._document_packed + own_size
        sizes = _pack_sizes(crc, packed_size, self._document_size + own_size)
        start = b"".join((sizes, self._first, *written))
        end = b"".join((sizes, self._end, _pack_end(self._document_end + packed_size, 0)))
        crc = zlib.crc32(end, self._last_checked(zlib.crc32(start, self._before_crc)))
        return (self._before, start, self._last, end), crc, self._size + own_size


def _entry(name: str, data: bytes) -> tuple[bytes, Callable[[int], bytes]]:
    """Return a packed part of an archive, and what makes its entry in the table from where it stands."""
    packed = _Stretch(data, True).packed
    head = _head(name.encode(), data, len(packed))
    return b"PK\3\4" + head + name.encode() + packed, lambda at: _central(head, name.encode(), at)


def _head(name: bytes, data: bytes, packed_size: int) -> bytes:
    return _HEAD.pack(20, 0x800, 8, 0, _DATE, zlib.crc32(data), packed_size, len(data), len(name), 0)


def _central(head: bytes, name: bytes, at: int) -> bytes:
    return b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + head + struct.pack("<HHHII", 0, 0, 0, 0o100600 << 16, at) + name


def _follow(data: bytes) -> Callable[[int], int]:
    """Return what makes of the CRC-32 of some bytes that of the same bytes and then these.

    The checksum of a and b is that of b, and what as many zeros as b has bytes make of that of a: a sum over its bits, here over its bytes.
    """
    nothing = bytes(len(data))
    zero, own = zlib.crc32(nothing), zlib.crc32(data)
    bits = [zlib.crc32(nothing, 1 << bit) ^ zero for bit in range(32)]
    tables = []
    for byte in range(4):
        table = [0]
        for bit in bits[8 * byte : 8 * byte + 8]:
            table += [known ^ bit for known in table]
        tables.append(table)
    low, second, third, high = tables
    return lambda crc: low[crc & 255] ^ second[crc >> 8 & 255] ^ third[crc >> 16 & 255] ^ high[crc >> 24] ^ own

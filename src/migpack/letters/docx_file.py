"""A Word file of marks, and where its document.xml is cut → files that differ in the words poured in there, in columns.

What the files share is packed once. A file's own words stand between as they are, in a packed stream that may change from packed to plain
and back (DEFLATE, RFC 1951), and the checksum of the whole is worked out from those of its parts. Files are made in columns: one step
is taken for all of them, then the next, so that a file costs a few microseconds.
"""

from __future__ import annotations

import io
import struct
import sys
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import repeat
from operator import add

DOCUMENT = "word/document.xml"
FilePoured = tuple[tuple[bytes, ...], int, int]  # the parts of a file, one after another; its checksum; its size
_HEAD = struct.Struct("<HHHHHIIIHH")  # of a part: what both its own place and the table say of it
_BEFORE_SIZES, _AFTER_SIZES = slice(10), slice(22, None)
_pack_sizes, _pack_count = struct.Struct("<III").pack, struct.Struct("<HH").pack
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
        self.stretch, self.follow = cache(_Stretch), cache(_follow)  # kinds of letters have most of theirs in common


class _Stretch:
    """Part of document.xml that files share."""

    def __init__(self, words: bytes, last: bool) -> None:
        self.packed = _packed(words, last=last) + (b"" if last else _PLAIN_FOLLOWS)
        self.size, self.follow = len(words), _follow(words)


class DocxForm:
    """Files that share all of document.xml but the words poured in."""

    def __init__(self, parts: SharedParts, stretches: Sequence[bytes], blocks: Sequence[Sequence[str]]) -> None:
        """Take the other parts, the stretches of document.xml, and what is poured in between two of them.

        Args:
            blocks: one fewer than stretches; for each word poured in, what stands after it.
        """
        first, *others = (parts.stretch(words, number == len(stretches)) for number, words in enumerate(stretches, 1))
        self._blocks, start = [], 0
        for block, stretch in zip(blocks, others, strict=True):
            cut = slice(start, start := start + len(block))
            self._blocks.append((_filler(cut, block), stretch.follow, b"" if stretch is others[-1] else stretch.packed))
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
        self._pack_end = struct.Struct(f"<III{len(self._end)}sIH").pack
        self._before_crc = zlib.crc32(self._before)
        self._follow_first, self._follow_last = parts.follow(self._first), parts.follow(self._last)
        self._document_end = len(parts.packed + local)
        self._size = self._document_end + self._document_packed + size + len(end) + 6

    def pour(self, letters: Sequence[tuple[str, ...]]) -> Iterable[FilePoured | None]:
        """Return the file of each letter with its words, as they stand in document.xml; None where they are too long."""
        crcs: Sequence[int] = [self._document_crc] * len(letters)
        own_sizes = [0] * len(letters)
        columns: list[Iterable[bytes]] = []
        for fill, follow, packed in self._blocks:
            own = [*fill(letters)]
            sizes = [*map(len, own)]
            if max(sizes, default=0) > _MOST_PLAIN:
                return [None] * len(letters)
            columns += (map(_counts, sizes), own, repeat(packed))
            crcs = follow(map(zlib.crc32, own, crcs))
            own_sizes = [*map(add, own_sizes, sizes)]
        return self._framed(crcs, own_sizes, columns)

    def _framed(self, crcs: Sequence[int], own_sizes: Sequence[int], columns: Sequence[Iterable[bytes]]) -> Iterator[FilePoured]:
        """Return the files with these checksums of document.xml, sizes of words poured in, and all that stands before the last stretch."""
        packed_size, size, at, end = self._document_packed, self._document_size, self._document_end + self._document_packed, self._end
        said = [_pack_sizes(crc, packed_size + own, size + own) for crc, own in zip(crcs, own_sizes, strict=True)]
        pack_end = self._pack_end
        poured = [*map(b"".join, zip(*columns, strict=False))]
        ends = [pack_end(crc, packed_size + own, size + own, end, at + own, 0) for crc, own in zip(crcs, own_sizes, strict=True)]
        crcs = self._follow_first(map(zlib.crc32, said, repeat(self._before_crc)))
        crcs = self._follow_last(map(zlib.crc32, poured, crcs))
        parts = zip(repeat(self._before), said, repeat(self._first), poured, repeat(self._last), ends, strict=False)
        return zip(parts, map(zlib.crc32, ends, crcs), [self._size + own for own in own_sizes], strict=True)


def _filler(cut: slice, after: Sequence[str]) -> Callable[[Iterable[tuple[str, ...]]], Iterable[bytes]]:
    """Return what makes the block of each letter: the words that this cuts out of all, each with what stands after it."""

    def fill(letters: Iterable[tuple[str, ...]]) -> Iterator[bytes]:
        pieces = [piece for words in after for piece in ("", words)]
        for words in letters:
            pieces[::2] = words[cut]
            yield "".join(pieces).encode()

    return fill


@cache
def _counts(size: int) -> bytes:
    """Return the size of a plain stretch as DEFLATE says it, twice."""
    return _pack_count(size, size ^ _MOST_PLAIN)


def _entry(name: str, data: bytes) -> tuple[bytes, Callable[[int], bytes]]:
    """Return a packed part of an archive, and what makes its entry in the table from where it stands."""
    packed = _packed(data, last=True)
    head = _head(name.encode(), data, len(packed))
    return b"PK\3\4" + head + name.encode() + packed, lambda at: _central(head, name.encode(), at)


def _packed(data: bytes, *, last: bool) -> bytes:
    """Return data packed, so that plain data can follow if it is not the last."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def _head(name: bytes, data: bytes, packed_size: int) -> bytes:
    return _HEAD.pack(20, 0x800, 8, 0, _DATE, zlib.crc32(data), packed_size, len(data), len(name), 0)


def _central(head: bytes, name: bytes, at: int) -> bytes:
    return b"PK\1\2" + struct.pack("<H", 3 << 8 | 20) + head + struct.pack("<HHHII", 0, 0, 0, 0o100600 << 16, at) + name


def _follow(data: bytes) -> Callable[[Iterable[int]], array[int]]:
    """Return what makes of the CRC-32 of some bytes that of the same bytes and then these, for many at once.

    The checksum of a and b is that of b, and what as many zeros as b has bytes make of that of a: a sum (XOR) over its bits. The checksums
    stand side by side in one long number, so that a step is taken for all of them.
    """
    nothing = bytes(len(data))
    zero, own = zlib.crc32(nothing), zlib.crc32(data)
    bits = [zlib.crc32(nothing, 1 << bit) ^ zero for bit in range(32)]

    def follow(crcs: Iterable[int]) -> array[int]:
        known = array("I", crcs)
        before = int.from_bytes(known.tobytes(), sys.byteorder)
        each = int.from_bytes(array("I", [1]) * len(known), sys.byteorder)
        after = each * own
        for bit, made in enumerate(bits):
            after ^= (before >> bit & each) * made
        return array("I", after.to_bytes(len(known) * known.itemsize, sys.byteorder))

    return follow

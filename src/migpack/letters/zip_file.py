"""Files → a zip whose entries are stored as they are, in order, with a fixed date: the same files give the same bytes.

For very many entries: it costs a few microseconds an entry, and the checksum of what entries share is worked out once.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate, chain, repeat
from types import TracebackType
from typing import BinaryIO

_VERSION, _UNIX = 45, 3 << 8
_DATE = 33  # 1 January 1980
_OWNER_ONLY = 0o100600 << 16
_SMALL, _FEW = 0xFFFFFFFF, 0xFFFF
_AT_ONCE = 1 << 20  # bytes written at a time
_LOCAL = struct.pack("<4sHHHHH", b"PK\3\4", 20, 0, 0, 0, _DATE)
_CENTRAL, _CENTRAL_FAR = (struct.pack("<4sHHHHHH", b"PK\1\2", _UNIX | _VERSION, needed, 0, 0, 0, _DATE) for needed in (20, _VERSION))
_LOCAL_SIZE = 30
_pack_said = struct.Struct("<IIIHH").pack  # checksum, size twice, how long the name is, and what follows it
_pack_place = struct.Struct("<HHHII").pack


class ZipFile:
    """A zip that is being written."""

    def __init__(self, out: BinaryIO) -> None:
        """Write to a file that is open for writing, from where it stands."""
        self._out, self._at, self._written, self._count = out, 0, 0, 0
        self._waiting: list[bytes] = []
        self._entries: list[bytes] = []

    def __enter__(self) -> ZipFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._finish()

    def add(self, name: bytes, data: bytes) -> int:
        """Add a file; return its size."""
        return self.add_after(name, b"", 0, data)

    def add_after(self, name: bytes, shared: bytes, crc: int, data: bytes) -> int:
        """Add a file of two parts, the first of which has this checksum; return its size."""
        size = len(shared) + len(data)
        self.add_all([name], [((shared, data), zlib.crc32(data, crc), size)])
        return size

    def add_all(self, names: Sequence[bytes], files: Sequence[tuple[tuple[bytes, ...], int, int]]) -> None:
        """Add one file or more: of each its name, its parts one after another, its checksum and its size."""
        parts, crcs, sizes = zip(*files, strict=True)
        lengths = [*map(len, names)]
        said = [*map(_pack_said, crcs, sizes, sizes, lengths, repeat(0))]
        *places, self._at = accumulate(map(sum, zip(repeat(_LOCAL_SIZE), lengths, sizes)), initial=self._at)
        for place, head, own in zip(places, zip(repeat(_LOCAL), said, names), parts, strict=False):
            if place - self._written >= _AT_ONCE:
                self._write_waiting(place)
            self._waiting += head
            self._waiting += own
        if self._at < _SMALL:
            more = map(_pack_place, repeat(0), repeat(0), repeat(0), repeat(_OWNER_ONLY), places)
            self._entries += chain.from_iterable(zip(repeat(_CENTRAL), said, more, names))
        else:
            self._entries += map(_far_entry, names, crcs, sizes, places)
        self._count += len(names)

    def _write_waiting(self, place: int) -> None:
        self._out.write(b"".join(self._waiting))
        self._waiting, self._written = [], place

    def _finish(self) -> None:
        self._write_waiting(self._at)
        table = b"".join(self._entries)
        count, start = self._count, self._at
        self._out.write(table)
        if count >= _FEW or start + len(table) >= _SMALL:
            end = start + len(table)
            self._out.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, _UNIX | _VERSION, 45, 0, 0, count, count, len(table), start))
            self._out.write(struct.pack("<4sIQI", b"PK\6\7", 0, end, 1))
        few, small = min(count, _FEW), min(start, _SMALL)
        self._out.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, few, few, min(len(table), _SMALL), small, 0))


def _far_entry(name: bytes, crc: int, size: int, place: int) -> bytes:
    """Return the entry in the table of a file that may stand beyond 4 GiB."""
    far = struct.pack("<HHQ", 1, 8, place)
    return b"".join((_CENTRAL_FAR, _pack_said(crc, size, size, len(name), len(far)), _pack_place(0, 0, 0, _OWNER_ONLY, _SMALL), name, far))

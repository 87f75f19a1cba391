"""Files → a zip whose entries are stored as they are, in order, with a fixed date: the same files give the same bytes.

For very many entries: it costs a few microseconds an entry, and the checksum of what entries share is worked out once.
"""

from __future__ import annotations

import struct
import zlib
from types import TracebackType
from typing import BinaryIO

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_VERSION, _UNIX = 45, 3 << 8
_DATE = 33  # 1 January 1980
_OWNER_ONLY = 0o100600 << 16
_SMALL, _FEW = 0xFFFFFFFF, 0xFFFF
_AT_ONCE = 1 << 20  # bytes written at a time


class ZipFile:
    """A zip that is being written."""

    def __init__(self, out: BinaryIO) -> None:
        """Write to a file that is open for writing, from where it stands."""
        self._out, self._at = out, 0
        self._waiting: list[bytes] = []
        self._waiting_size = 0
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
        self.add_parts(name, (shared, data), zlib.crc32(data, crc), size)
        return size

    def add_parts(self, name: bytes, parts: tuple[bytes, ...], crc: int, size: int) -> None:
        """Add a file of several parts, of this checksum and size."""
        self._waiting += (_LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, _DATE, crc, size, size, len(name), 0), name, *parts)
        self._waiting_size += size
        if self._waiting_size >= _AT_ONCE:
            self._write_waiting()
        place, extra = self._at, b""
        if place >= _SMALL:
            place, extra = _SMALL, struct.pack("<HHQ", 1, 8, place)
        head = _CENTRAL.pack(
            b"PK\1\2", _UNIX | _VERSION, 20, 0, 0, 0, _DATE, crc, size, size, len(name), len(extra), 0, 0, 0, _OWNER_ONLY, place
        )
        self._entries.append(head + name + extra)
        self._at += _LOCAL.size + len(name) + size

    def _write_waiting(self) -> None:
        self._out.write(b"".join(self._waiting))
        self._waiting, self._waiting_size = [], 0

    def _finish(self) -> None:
        self._write_waiting()
        table = b"".join(self._entries)
        count, start = len(self._entries), self._at
        self._out.write(table)
        if count >= _FEW or start + len(table) >= _SMALL:
            end = start + len(table)
            self._out.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, _UNIX | _VERSION, 45, 0, 0, count, count, len(table), start))
            self._out.write(struct.pack("<4sIQI", b"PK\6\7", 0, end, 1))
        few, small = min(count, _FEW), min(start, _SMALL)
        self._out.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, few, few, min(len(table), _SMALL), small, 0))

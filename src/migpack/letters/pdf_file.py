"""Objects and streams → the bytes of a PDF 1.7, written as they come; objects that are no streams are packed together.

For files of very many pages: nothing is kept of what has been written but where it stands. Numbers of objects are the caller's, so that
what WeasyPrint composed (pydyf) keeps the numbers by which its parts refer to one another.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

_PACKED = 200  # objects in one stream
_REFERENCE = re.compile(rb"\b(\d+) 0 R\b")
_FREE, _PLAIN, _IN_STREAM = 0, 1, 2


class PdfFile:
    """A PDF that is being written."""

    def __init__(self, out: BinaryIO, first_number: int) -> None:
        """Start a file; the numbers below `first_number` are those of composed objects."""
        self._out, self._at = out, 0
        self._kinds, self._places, self._indexes = array("B"), array("Q"), array("H")
        self._waiting: list[tuple[int, bytes]] = []
        for _ in range(first_number):
            self.new()
        self._write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    def new(self) -> int:
        """Return the number of a new object."""
        self._kinds.append(_FREE)
        self._places.append(0)
        self._indexes.append(0)
        return len(self._kinds) - 1

    @property
    def size(self) -> int:
        """One more than the highest number."""
        return len(self._kinds)

    def places(self) -> Iterator[tuple[int, int, int]]:
        """Return for each number what the table of places says: free, in the file or in a stream; where; and where in that."""
        return zip(self._kinds, self._places, self._indexes, strict=True)

    def reserve(self, count: int) -> int:
        """Return the first number of so many new objects."""
        first = len(self._kinds)
        for _ in range(count):
            self.new()
        return first

    def object(self, number: int, data: bytes) -> None:
        """Write an object that is no stream."""
        self._waiting.append((number, data))
        if len(self._waiting) >= _PACKED:
            self.flush()

    def stream(self, number: int, data: bytes, extra: bytes = b"") -> None:
        """Write a stream; `extra` are the entries of its dictionary besides those that say how it is packed."""
        self.plain(number, zlib.compress(data, 6), extra + b"/Filter/FlateDecode")

    def plain(self, number: int, data: bytes, extra: bytes = b"") -> None:
        """Write a stream of these bytes as they are; `extra` are the other entries of its dictionary."""
        self._stand(number)
        self._write(b"%d 0 obj\n<<%s/Length %d>>stream\n%s\nendstream\nendobj\n" % (number, extra, len(data), data))

    def finish(self, root: int, info: bytes, identity: bytes) -> None:
        """Write what finds the objects again; the same `identity` gives the same bytes."""
        self.flush()
        number, start = self.new(), self._at
        self._stand(number)
        entry = struct.Struct(">BQH")
        table = b"".join(entry.pack(*place) for place in self.places())
        name = hashlib.sha256(identity).hexdigest()[:32].encode()
        size, more = len(self._kinds), b"/Info " + info if info else b""
        self.stream(number, table, b"/Type/XRef/W[1 8 2]/Size %d/Root %d 0 R%s/ID[<%s><%s>]" % (size, root, more, name, name))
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)

    def flush(self) -> None:
        """Write the objects that wait to be packed together."""
        if not self._waiting:
            return
        number, at, places = self.new(), 0, []
        for index, (each, data) in enumerate(self._waiting):
            places.append(b"%d %d" % (each, at))
            at += len(data) + 1
            self._kinds[each], self._places[each], self._indexes[each] = _IN_STREAM, number, index
        head = b" ".join(places) + b"\n"
        body = head + b"\n".join(data for _, data in self._waiting)
        kind = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(self._waiting), len(head))
        self.plain(number, zlib.compress(body, 6), kind)
        self._waiting = []

    def _stand(self, number: int) -> None:
        self._kinds[number], self._places[number] = _PLAIN, self._at

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._at += len(data)


class PageTree:
    """The pages of a file in their order, in groups of groups, so that a reader soon finds any of very many."""

    _FAN = 64

    def __init__(self, file: PdfFile) -> None:
        """Start a tree in a file; `root` is the number of its root."""
        self._file = file
        self.root, self.count = file.new(), 0
        self._pages: list[int] = []
        self._groups: list[tuple[int, int]] = []  # of the open upper group: number of a group, pages in it
        self._uppers: list[tuple[int, int]] = []
        self._group, self._upper = file.new(), file.new()

    @property
    def parent(self) -> int:
        """The group to which the next page belongs."""
        return self._group

    def add(self, page: int) -> None:
        """Take a page that names `parent`."""
        self._pages.append(page)
        self.count += 1
        if len(self._pages) == self._FAN:
            self._close_group()
            if len(self._groups) == self._FAN:
                self._close_upper()

    def finish(self, entries: bytes) -> None:
        """Write the groups that are open, and the root with the entries that all pages inherit."""
        if self._pages:
            self._close_group()
        if self._groups:
            self._close_upper()
        self._write(self.root, self._uppers, entries)

    def _close_group(self) -> None:
        self._write(self._group, [(page, 1) for page in self._pages], b"/Parent %d 0 R" % self._upper)
        self._groups.append((self._group, len(self._pages)))
        self._pages, self._group = [], self._file.new()

    def _close_upper(self) -> None:
        self._write(self._upper, self._groups, b"/Parent %d 0 R" % self.root)
        self._uppers.append((self._upper, sum(count for _, count in self._groups)))
        self._groups, self._upper = [], self._file.new()

    def _write(self, number: int, kids: Sequence[tuple[int, int]], entries: bytes) -> None:
        names = b" ".join(b"%d 0 R" % kid for kid, _ in kids)
        self._file.object(number, b"<</Type/Pages/Count %d/Kids[%s]%s>>" % (sum(count for _, count in kids), names, entries))


def write_composed(file: PdfFile, objects: Sequence[Any], roots: Iterable[bytes], shift: int = 0) -> None:
    """Write composed objects (pydyf) with all that they refer to.

    Args:
        roots: references to the objects to start from.
        shift: how much higher the numbers are in the file.
    """
    import pydyf

    seen: set[int] = set()
    waiting = [int(number) for root in roots for number in _REFERENCE.findall(root)]
    while waiting:
        number = waiting.pop()
        if number in seen or number >= len(objects):
            continue
        seen.add(number)
        thing = objects[number]
        if hasattr(thing, "stream"):
            entries = pydyf.Dictionary({key: value for key, value in thing.extra.items() if key != "Length"}).data[2:-2]
            waiting += _numbers(entries)
            drawn = b"\n".join(_bytes(item) for item in thing.stream)
            write = file.plain if "Filter" in thing.extra else file.stream
            write(number + shift, drawn, moved(entries, shift))
        else:
            waiting += _numbers(thing.data)
            file.object(number + shift, moved(thing.data, shift))


def _numbers(data: bytes) -> list[int]:
    return [int(number) for number in _REFERENCE.findall(data)]


def moved(data: bytes, shift: int) -> bytes:
    """Return data of an object with all references raised by `shift`."""
    return _REFERENCE.sub(lambda found: b"%d 0 R" % (int(found[1]) + shift), data) if shift else data


def _bytes(value: Any) -> bytes:
    """Return a value as pydyf writes it."""
    if isinstance(value, bytes):
        return value
    data: bytes = value.data if hasattr(value, "data") else str(value).encode()
    return data

"""Recipients → one tagged PDF (PDF/UA-1) for each letter, numbered in order, in a zip.

A letter is what its kind shares, already packed, then a few small streams of its own, then the table that finds them. Nothing in a
file says more of a patient than its pages do, and file names say nothing.
"""

from __future__ import annotations

import hashlib
import io
import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, BinaryIO

from migpack.letters.addresses import MAX_LINES
from migpack.letters.composed import Composed, Key, Layout
from migpack.letters.cut import SHOW, Cut, CutPage, without
from migpack.letters.layouts import Compositor, Setting, is_ascii, loosened
from migpack.letters.learned import Fonts
from migpack.letters.pdf_file import PdfFile, write_composed
from migpack.letters.recipients import Recipient
from migpack.letters.zip_file import ZipFile
from migpack.problems import MigpackError

_SHORT = 300  # bytes between two lines that go with each letter rather than make a stream of their own
_ENTRY = struct.Struct(">BIB")
_STREAM_END = b"\nendstream\nendobj\n"
_ROOT = 2  # the number that pydyf gives the catalogue


class TooLarge(MigpackError):
    """A letter that has more bytes than a letter may have; `size` is how many."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"a letter has {size:,} bytes")


def write_separate(
    compositor: Compositor,
    in_full: Callable[[Recipient], bytes],
    recipients: Sequence[Recipient],
    out: BinaryIO,
    *,
    most_bytes: float = math.inf,
) -> int:
    """Write the zip; return how many letters went through full layout.

    Args:
        in_full: a recipient in, their letter out as a PDF, for letters that need full layout.
        most_bytes: the most that a letter may have.

    Raises:
        TooLarge: a letter has more bytes; the zip is not whole then.
        MigpackError: a letter cannot be printed.
    """
    kinds = _Kinds(compositor, recipients)
    slow = 0
    with ZipFile(out) as packed:
        for number, recipient in enumerate(recipients, 1):
            name = b"%06d.pdf" % number
            setting = compositor.set(recipient)
            kind = kinds.find(setting, recipient) if setting else None
            if kind is None or setting is None:
                slow += 1
                size = packed.add(name, in_full(recipient))
            else:
                size = packed.add_after(name, kind.shared, kind.crc, kind.pour(setting.lines))
            if size > most_bytes:
                raise TooLarge(size)
    return slow


class _Kinds:
    """The kinds of letters of a run, each made when it is first needed."""

    def __init__(self, compositor: Compositor, recipients: Sequence[Recipient]) -> None:
        self._compositor = compositor
        compositor.start(recipients)
        letters = set[str]()
        for recipient in recipients:
            letters.update(*recipient.address, *recipient.values.values())
        # Most letters need none but ASCII letters and no learned line, so their files need not hold the others.
        self._letters = {True: frozenset(filter(str.isascii, letters)), False: frozenset(letters)}
        self._made: dict[tuple[Key, bool, Fonts], _Kind | None] = {}
        self._shared: dict[tuple[Key, bool, Fonts], _Letter | None] = {}

    def find(self, setting: Setting, recipient: Recipient) -> _Kind | None:
        """Return the kind of a letter; None where there is none."""
        kind = setting.key, is_ascii(recipient) and not setting.fonts, setting.fonts
        if kind not in self._made:
            letter = self._shorter(*kind) or self._letter(*kind)
            self._made[kind] = _kind(letter) if letter else None
        return self._made[kind]

    def _shorter(self, key: Key, simple: bool, fonts: Fonts) -> _Letter | None:
        """Return the letter with as many lines of address as may be, without those that are too many; None where they are not apart."""
        if not self._compositor.loose_address or max(key[0]) > 1:
            return None
        longest, count = loosened(key)
        letter = self._letter(longest, simple, fonts)
        return _without(letter, letter.lines[count:MAX_LINES]) if letter else None

    def _letter(self, key: Key, simple: bool, fonts: Fonts) -> _Letter | None:
        """Return a letter as it is laid out; letters of several kinds have the same."""
        if (key, simple, fonts) not in self._shared:
            layout = self._compositor.layout(key)
            self._shared[key, simple, fonts] = self._compose(layout, simple, fonts) if layout else None
        return self._shared[key, simple, fonts]

    def _compose(self, layout: Layout, simple: bool, fonts: Fonts) -> _Letter | None:
        composed = self._compositor.compose([layout], self._letters[simple], fonts)
        (pages,) = composed.cut([layout])
        if pages is None:
            return None
        composed.keep(len(pages))
        return _Letter(composed, composed.objects, pages, layout.lines)


@dataclass(frozen=True)
class _Letter:
    """What letters of a kind share, not yet packed; `lines` are the names of their lines in order, `objects` those that are written."""

    composed: Composed
    objects: Sequence[Any]
    pages: Sequence[CutPage]
    lines: tuple[str, ...]


def _without(letter: _Letter, lines: Sequence[str]) -> _Letter | None:
    """Return a letter without these lines; None where they are not the end of one paragraph."""
    if not lines:
        return letter
    index = next(at for at, page in enumerate(letter.pages) if any(place.line in lines for place in page.cuts))
    shorter = without(letter.pages[index], lines)
    objects = letter.composed.without(index, shorter[1]) if shorter else None
    if not shorter or objects is None:
        return None
    pages = (*letter.pages[:index], shorter[0], *letter.pages[index + 1 :])
    return replace(letter, objects=objects, pages=pages, lines=tuple(line for line in letter.lines if line not in lines))


@dataclass(frozen=True)
class _Stream:
    """A stream of a letter's own: its number, and what is poured into which of the letter's lines."""

    number: int
    form: bytes
    pick: Callable[[Sequence[bytes]], Any]


class _Kind:
    """Letters that share all but a few streams."""

    def __init__(
        self, shared: bytes, places: Sequence[bytes], streams: Sequence[_Stream], info: bytes, learned: Mapping[bytes, bytes]
    ) -> None:
        """Take the shared bytes, the entries of the table of places, the letters' own streams, the reference to /Info, learned lines."""
        self.shared, self.crc, self._identity = shared, zlib.crc32(shared), hashlib.sha256(shared)
        self._learned, self._streams, first = learned, streams, streams[0].number
        self._before, self._after = b"".join(places[:first]), b"".join(places[first + len(streams) :])
        size = len(places) + 1
        self._table = b"%d 0 obj\n<</Type/XRef/W[1 4 1]/Size %d/Root %d 0 R/Info %b/Length %d/ID[<%%b><%%b>]>>stream\n" % (
            len(places),
            size,
            _ROOT,
            info,
            _ENTRY.size * size,
        )

    def pour(self, lines: Sequence[bytes]) -> bytes:
        """Return what follows the shared bytes in the file of one letter."""
        lines = [self._learned.get(line, line) for line in lines]
        at, written, places, identity = len(self.shared), [], [self._before], self._identity.copy()
        for stream in self._streams:
            drawn = stream.form % stream.pick(lines)
            identity.update(drawn)
            packed = _pack_small(drawn)
            head = b"%d 0 obj\n<</Filter/FlateDecode/Length %d>>stream\n" % (stream.number, len(packed))
            written += [head, packed, _STREAM_END]
            places.append(_ENTRY.pack(1, at, 0))
            at += len(head) + len(packed) + len(_STREAM_END)
        name = identity.hexdigest()[:32].encode()
        table = (self._table % (name, name), *places, self._after, _ENTRY.pack(1, at, 0), _STREAM_END)
        return b"".join((*written, *table, b"startxref\n%d\n%%%%EOF\n" % at))


def _pack_small(data: bytes) -> bytes:
    """Return data packed as a stream is; for a few kilobytes this is several times as fast as `zlib.compress`, which clears more memory."""
    packer = zlib.compressobj(2, zlib.DEFLATED, 11, 2)
    return packer.compress(data) + packer.flush()


def _kind(letter: _Letter) -> _Kind:
    """Write what the letters of a kind share."""
    out, composed = io.BytesIO(), letter.composed
    file = PdfFile(out, composed.size)
    order = {name: place for place, name in enumerate(letter.lines)}
    pieces = [_pieces(page) for page in letter.pages]
    own = iter(range(file.reserve(sum(bool(cuts) for page in pieces for _, cuts in page)), file.size))
    streams = []
    for index, page in enumerate(pieces):
        contents = []
        for drawn, cuts in page:
            contents.append(next(own) if cuts else file.new())
            if cuts:
                streams.append(_Stream(contents[-1], drawn, _picker([order[place.line] for place in cuts])))
            else:
                file.stream(contents[-1], drawn)
        composed.page(index)["Contents"] = b"[%b]" % b" ".join(b"%d 0 R" % number for number in contents)
    write_composed(file, letter.objects, (b"%d 0 R" % _ROOT, composed.info))
    file.flush()
    return _Kind(out.getvalue(), [_ENTRY.pack(*place) for place in file.places()], streams, composed.info, composed.learned)


def _picker(places: Sequence[int]) -> Callable[[Sequence[bytes]], Any]:
    """Return what takes these of a letter's lines."""
    if len(places) > 1:
        return itemgetter(*places)
    (place,) = places
    return lambda lines: (lines[place],)


def _pieces(page: CutPage) -> list[tuple[bytes, list[Cut]]]:
    """Return a page as streams: those that all letters share, and those of a letter's own with %b for each line."""
    pieces: list[tuple[bytes, list[Cut]]] = []
    start = 0
    for place in page.cuts:
        between = b"\n".join(page.operators[start : place.at])
        if pieces and len(between) <= _SHORT:
            form, cuts = pieces.pop()
            pieces.append((form + b"\n" + between.replace(b"%", b"%%") + b"\n" + SHOW, [*cuts, place]))
        else:
            pieces += [(between, []), (SHOW, [place])]
        start = place.end
    return [*pieces, (b"\n".join(page.operators[start:]), [])]

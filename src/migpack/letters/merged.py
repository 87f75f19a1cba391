"""Recipients → one print file of all their letters, for printing on both sides: each letter starts on the front of a sheet.

What letters share stands in the file once; a letter adds one small stream, and an entry for each of its pages. The file is for printing
and carries no tags; letters to be read on a screen are made one by one (separate.py). Memory holds each letter's glyphs, not its pages.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any, BinaryIO, NamedTuple

from migpack.letters.addresses import MAX_LINES
from migpack.letters.composed import LINE, Key, Layout
from migpack.letters.cut import SHOW, Cut, CutPage, untagged
from migpack.letters.layouts import Compositor, Setting, loosened, used_lines
from migpack.letters.pdf_file import PageTree, PdfFile, moved, write_composed
from migpack.letters.recipients import Recipient
from migpack.model import Page

_FEWEST = 2  # letters of a layout for which laying it out with fillers is no more work than laying out each of them
_AT_ONCE = 32  # letters in full layout that share their fonts
_SLOW = -1
_BETWEEN = b")("  # two lines of a setting: within a line, a number stands between those
_UPRIGHT = [b"1", b"0", b"0", b"-1"]  # how the matrix of a line starts that is neither turned nor scaled


def write_merged(
    compositor: Compositor, page_of: Callable[[Recipient], Page], recipients: Sequence[Recipient], out: BinaryIO
) -> tuple[tuple[int, ...], int]:
    """Write the letters of these recipients, in their order.

    Args:
        page_of: a recipient in, the page of their letter out, for letters that need full layout.

    Returns:
        The first page of each recipient's letter, from 1, and how many letters went through full layout.

    Raises:
        MigpackError: a letter cannot be printed.
    """
    compositor.start(recipients)
    settings = _set_all(compositor, recipients)
    layouts = [layout for key in settings.worthwhile() if (layout := compositor.layout(key))]
    merged = _Merged(compositor, settings, layouts, out)
    return merged.write(lambda place: page_of(recipients[place])), settings.kinds_of.count(_SLOW)


class _Kind(NamedTuple):
    """Letters of one layout that have so many lines of address, and learned lines or none."""

    key: Key
    lines: int
    learned: bool


@dataclass
class _Settings:
    """How each letter is set: the number of its kind, and its lines one after another."""

    kinds: list[_Kind]
    kinds_of: array[int]
    lines: list[bytes]
    letters: frozenset[str]

    def worthwhile(self) -> list[Key]:
        """Return the layouts that enough letters have, in a fixed order."""
        counts = Counter(self.kinds_of)
        letters: Counter[Key] = Counter()
        for number, kind in enumerate(self.kinds):
            letters[kind.key] += counts[number]
        return sorted(key for key, count in letters.items() if count >= _FEWEST)

    def draw(self, learned: Mapping[bytes, bytes]) -> None:
        """Put what draws a learned line in the place of its name."""
        for place, lines in enumerate(self.lines):
            if LINE[:1] in lines:
                self.lines[place] = _BETWEEN.join(learned.get(line, line) for line in lines.split(_BETWEEN))

    def give_up(self, good: Mapping[Key, Any]) -> None:
        """Send every letter whose layout is not among these through full layout."""
        for place, number in enumerate(self.kinds_of):
            if number != _SLOW and self.kinds[number].key not in good:
                self.kinds_of[place], self.lines[place] = _SLOW, b""


def _set_all(compositor: Compositor, recipients: Sequence[Recipient]) -> _Settings:
    numbers: dict[_Kind, int] = {}
    number_of: dict[tuple[Key, bool], int] = {}  # of settings' own layouts, of which several may be one kind
    kinds_of, lines, words = array("i"), list[bytes](), set[str]()
    for recipient in recipients:
        setting = compositor.set(recipient)
        if setting is None:
            kinds_of.append(_SLOW)
            lines.append(b"")
            continue
        own = setting.key, bool(setting.fonts)
        number = number_of.get(own)
        if number is None:
            kind = _kind(setting, loose=compositor.loose_address)
            number_of[own] = number = numbers.setdefault(kind, len(numbers))
        kinds_of.append(number)
        lines.append(_BETWEEN.join(setting.lines))
        words.update(recipient.address, recipient.values.values())
    return _Settings(list(numbers), kinds_of, lines, frozenset().union(*words))


def _kind(setting: Setting, *, loose: bool) -> _Kind:
    found, count = loosened(setting.key)
    return _Kind(found if loose and count <= MAX_LINES else setting.key, count, bool(setting.fonts))


@dataclass(frozen=True)
class _Sheet:
    """A page of one kind of letter: its entries in the file, and what is poured in between ('' where nothing is) of which lines."""

    before: bytes
    after: bytes
    form: bytes
    pick: Callable[[Sequence[bytes]], Any]


class _Merged:
    """The file that is being written."""

    def __init__(self, compositor: Compositor, settings: _Settings, layouts: Sequence[Layout], out: BinaryIO) -> None:
        self._compositor, self._settings = compositor, settings
        self._hash = hashlib.sha256()
        composed = compositor.compose(layouts, settings.letters)
        settings.draw(composed.learned)
        self._file = file = PdfFile(out, composed.size)
        self._tree, self._blank = PageTree(file), file.new()
        self._inherited = b"/MediaBox%s/Resources %s" % (composed.media_box, composed.resources)
        self._info = composed.info
        write_composed(file, composed.objects, (composed.resources, composed.info))
        file.stream(self._blank, b"")
        good = {layout.key: sheets for layout, pages in zip(layouts, composed.cut(layouts), strict=True) if (sheets := self._share(pages))}
        settings.give_up(good)
        names = {layout.key: layout.lines for layout in layouts}
        self._sheets = [
            tuple(self._sheet(page, used_lines(names[kind.key], kind.lines), kind.learned) for page in good.get(kind.key, ()))
            for kind in settings.kinds
        ]

    def write(self, page_of: Callable[[int], Page]) -> tuple[int, ...]:
        """Write every letter and the rest of the file; return the first page of each letter."""
        firsts = []
        for start, stop in self._portions():
            slow = [place for place in range(start, stop) if self._settings.kinds_of[place] == _SLOW]
            in_full = self._lay_out(slow, page_of)
            for place in range(start, stop):
                firsts.append(self._tree.count + 1)
                for entries in in_full.pop(place, ()) or self._pour(place):
                    self._add_page(entries)
                if self._tree.count % 2:
                    self._add_page(b"/Contents %d 0 R" % self._blank)
        self._finish()
        return tuple(firsts)

    def _portions(self) -> Iterator[tuple[int, int]]:
        """Yield runs of letters in which only so many need full layout that memory holds them at once."""
        start = slow = 0
        for place, kind in enumerate(self._settings.kinds_of):
            slow += kind == _SLOW
            if slow > _AT_ONCE:
                yield start, place
                start, slow = place, 1
        yield start, len(self._settings.kinds_of)

    def _share(self, pages: tuple[CutPage, ...] | None) -> tuple[_Shared, ...] | None:
        """Write what the letters of a layout share; None where its lines cannot be drawn one after another."""
        if pages is None or any(len({place.frame for place in page.cuts}) > 1 for page in pages):
            return None
        return tuple(self._share_page(page) for page in pages)

    def _share_page(self, page: CutPage) -> _Shared:
        if not page.cuts:
            return _Shared(self._stream(page.operators), 0, ())
        poured = {at for place in page.cuts for at in range(place.at - 3, place.end + 1)}
        first, last = page.cuts[0], page.cuts[-1].end
        before = [operator for at, operator in enumerate(page.operators) if at <= last and at not in poured]
        before += filter(None, (b"q BT", first.colours, first.font, first.matrix))
        after = [b"ET Q", *(operator for at, operator in enumerate(page.operators) if at > last and at not in poured)]
        return _Shared(self._stream(before), self._stream(after), page.cuts)

    def _stream(self, drawn: Sequence[bytes]) -> int:
        number = self._file.new()
        self._file.stream(number, b"\n".join(untagged(drawn)))
        return number

    def _sheet(self, shared: _Shared, lines: Mapping[str, int], learned: bool) -> _Sheet:
        """Return a page for letters that have these lines: the name of each, and where it stands in a setting; and learned ones or none."""
        cuts = [place for place in shared.cuts if place.line in lines]
        if not cuts:
            rest = b" %d 0 R" % shared.after if shared.after else b""
            return _Sheet(b"/Contents[%d 0 R%s]" % (shared.before, rest), b"", b"", tuple)
        places = [lines[place.line] for place in cuts]
        pick = itemgetter(*places) if len(places) > 1 else itemgetter(slice(places[0], places[0] + 1))
        form = _form(shared.cuts[0], cuts, learned=learned)
        return _Sheet(b"/Contents[%d 0 R " % shared.before, b" 0 R %d 0 R]" % shared.after, form, lambda values: tuple(pick(values)))

    def _pour(self, place: int) -> Iterator[bytes]:
        """Write the streams of one letter and yield the entries of its pages."""
        lines = self._settings.lines[place].split(_BETWEEN)
        for sheet in self._sheets[self._settings.kinds_of[place]]:
            if sheet.form:
                drawn = sheet.form % sheet.pick(lines)
                self._hash.update(drawn)
                number = self._file.new()
                self._file.plain(number, drawn)
                yield b"%s%d%s" % (sheet.before, number, sheet.after)
            else:
                yield sheet.before

    def _lay_out(self, places: Sequence[int], page_of: Callable[[int], Page]) -> dict[int, tuple[bytes, ...]]:
        """Lay out letters in full, write what they need, and return the entries of their pages."""
        if not places:
            return {}
        pages = [page_of(place) for place in places]
        composed, counts = self._compositor.compose_in_full(pages)
        shift = self._file.reserve(composed.size)
        write_composed(self._file, composed.objects, (composed.resources,), shift)
        entries: list[bytes] = []
        for drawn in composed.pages:
            self._hash.update(b"\n".join(drawn))
            entries.append(b"/Resources %s/Contents %d 0 R" % (moved(composed.resources, shift), self._stream(drawn)))
        found, at = {}, 0
        for place, count in zip(places, counts, strict=True):
            found[place] = tuple(entries[at : at + count])
            at += count
        return found

    def _add_page(self, entries: bytes) -> None:
        number = self._file.new()
        self._file.object(number, b"<</Type/Page/Parent %d 0 R%s>>" % (self._tree.parent, entries))
        self._tree.add(number)

    def _finish(self) -> None:
        root = self._file.new()
        self._tree.finish(self._inherited)
        said = b"/Lang(en-GB)/ViewerPreferences<</DisplayDocTitle true/Duplex/DuplexFlipLongEdge>>"
        self._file.object(root, b"<</Type/Catalog/Pages %d 0 R%s>>" % (self._tree.root, said))
        self._file.finish(root, self._info, self._hash.digest())


@dataclass(frozen=True)
class _Shared:
    """What all letters of a layout share of a page: the numbers of two streams (0 where there is no second), and the cuts between them."""

    before: int
    after: int
    cuts: tuple[Cut, ...]


def _form(start: Cut, cuts: Sequence[Cut], *, learned: bool) -> bytes:
    """Return the stream that draws these lines one after another, with %b for each, as short as may be: it is not packed.

    Args:
        start: whose place, font and colours hold where the stream starts.
        learned: whether learned lines may be among them, after which the font is another one.
    """
    drawn, last, leading = list[bytes](), start, b""
    for place in cuts:
        drawn += [place.colours] if place.colours != last.colours else []
        drawn += [place.font] if place.font != last.font or learned else []
        down = _down(last.matrix, place.matrix)
        if down is None:
            drawn.append(place.matrix)
        elif place is not start:
            drawn += [b"T*"] if down == leading else [down + b" TL", b"T*"]
            leading = down
        drawn.append(SHOW)
        last = place
    return b"\n".join(drawn)


def _down(one: bytes, other: bytes) -> bytes | None:
    """Return how far down a line stands from another, by the matrix of each ('a b c d x y Tm'); None where it does not start below it."""
    *turn, x, y, _ = one.split()
    *other_turn, other_x, other_y, _ = other.split()
    below = (turn, x) == (other_turn, other_x) and turn == _UPRIGHT
    return f"{(Decimal(other_y.decode()) - Decimal(y.decode())).normalize():f}".encode() if below else None

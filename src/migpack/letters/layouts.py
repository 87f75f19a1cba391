"""Recipients → the lines that each letter needs, and the few layouts that hold all of them.

A layout is the letter laid out in full with fillers: words as wide as a line may be, so that whatever is poured in is no wider. Letters
whose segments take as many lines each are the same layout. What cannot be set with certainty has no setting: full layout takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import chain
from typing import Any, NamedTuple

from markupsafe import escape

from migpack.letters.addresses import MAX_LINES
from migpack.letters.composed import Composed, Key, Layout
from migpack.letters.learned import Fonts, Learned, LearnedLine
from migpack.letters.measure import Room, Rooms, is_loose, texts_of
from migpack.letters.pattern import Segment, find_pattern, marked_page, marked_places, plain
from migpack.letters.recipients import Recipient
from migpack.model import Page
from migpack.render import Addressee, PatientLetter
from migpack.write.pdf import Printer

_LETTERS_PAGE = (
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Letters</title>'
    '<link rel="stylesheet" href="library:styles/house.css"></head><body>{}</body></html>'
)
ADDRESS = "address"  # how the names of its lines start


class Setting(NamedTuple):
    """A letter as it is set: what tells its layout; its lines, those of the address first, as glyphs or as the names of learned lines; and
    the fonts of those.
    """

    key: Key
    lines: tuple[bytes, ...]
    fonts: Fonts


class Compositor:
    """Sets the lines of letters from one template, and lays out what they are poured into.

    `loose_address` says that nothing else on a page would be drawn otherwise if the address had more lines.
    """

    def __init__(self, letter: PatientLetter, fields: Sequence[str], printer: Printer, read_file: Callable[[str], bytes]) -> None:
        """Take the letter, the ids of all merge fields and the reader of library files.

        Raises:
            Mistakes: its template has a mistake.
        """
        self._letter, self._fields, self._printer = letter, tuple(fields), printer
        self._marked_page = cache(partial(marked_page, letter, self._fields))
        self.pattern = find_pattern(letter, fields, printer.parse)
        self.why_not = self.pattern.why_not
        self._segments: tuple[tuple[Segment, Room], ...] = ()
        self._address: Room | None = None
        self.loose_address = False
        self._layouts: dict[Key, Layout | None] = {}
        self._letters_pages: dict[frozenset[str], Any] = {}
        self._learned = Learned(printer)
        if not self.why_not:
            self._find_rooms(Rooms(read_file))

    def start(self, recipients: Sequence[Recipient]) -> None:
        """Get ready to set these letters: all their lines are learned, and no others, so that fonts hold what a file shows."""
        lines = self._uncertain(recipients)
        if not self._learned.is_all(lines):
            self._learned = Learned(self._printer)
            self._learned.learn(lines)

    def learn(self, recipients: Sequence[Recipient]) -> None:
        """Learn the lines of these letters whose letters join, turn or move one another, as the digits of a house number may."""
        self._learned.learn(self._uncertain(recipients))

    def _uncertain(self, recipients: Sequence[Recipient]) -> Sequence[tuple[Room, str]]:
        """Return the lines of these letters that are not joined from pairs of letters, each once."""
        if self._address is None:
            return ()
        address = dict.fromkeys(line for one in recipients for line in one.address if not line.isascii() or line.isdecimal())
        lines = [(self._address, plain(line)) for line in address]
        for one in recipients:
            if not all(map(str.isascii, one.values.values())) and self._has_facts(one):
                lines += self._own_texts(one)
        return tuple(dict.fromkeys((room, text) for room, text in lines if room.lines[text] is None and room.face.line(text) is None))

    def set(self, recipient: Recipient) -> Setting | None:
        """Return a letter's lines and layout; None where they are not certain."""
        if self._address is None or not self._has_facts(recipient):
            return None
        values, own = recipient.values, len(recipient.address)
        lines = [*map(self._address.lines.__getitem__, recipient.address)]
        lines += [room.lines[segment.text(values)] for segment, room in self._segments]
        drawn, fonts = list[tuple[bytes, ...]](), Fonts()
        for place, sure in enumerate(lines):
            if sure is None:
                learned = self.learned(*self.texts(recipient)[place])
                if learned is None:
                    return None
                sure, fonts = (learned.name,), fonts | learned.fonts
            drawn.append(sure)
        counts = tuple(map(len, drawn))
        return Setting((counts[:own], counts[own:]), tuple(chain.from_iterable(drawn)), fonts)

    def learned(self, room: Room, text: str) -> LearnedLine | None:
        """Return a line that was learned, if it fits its room."""
        return self._learned.find(room, text)

    def distrust(self, why: str) -> None:
        """Send all letters through full layout from now on."""
        self.why_not, self._address = why, None

    def texts(self, recipient: Recipient) -> list[tuple[Room, str]]:
        """Return the text of each line of the address and of each other segment, with its room; nothing where a fact is missing."""
        if self._address is None or not self._has_facts(recipient):
            return []
        return [*((self._address, plain(line)) for line in recipient.address), *self._own_texts(recipient)]

    def _own_texts(self, recipient: Recipient) -> list[tuple[Room, str]]:
        return [(room, segment.text(recipient.values)) for segment, room in self._segments]

    def _has_facts(self, recipient: Recipient) -> bool:
        return self.pattern.fields <= recipient.values.keys()

    def _shows(self, letter: str) -> bool:
        """Say whether the fonts of the segments have a letter."""
        return all(room.face.has(letter) for room in self._rooms)

    @property
    def _rooms(self) -> list[Room]:
        """The rooms of all segments in the order in which a page shows them: what stands in a place of its own comes last."""
        rooms = [room for room in (self._address, *(room for _, room in self._segments)) if room]
        return sorted(rooms, key=lambda room: room.fixed)

    def compose(self, layouts: Sequence[Layout], letters: frozenset[str], fonts: Fonts | None = None) -> Composed:
        """Return the pages of layouts as objects that share their fonts, in which these letters are, and those of learned lines.

        Args:
            letters: those of the patients' facts; the words of the template between them are added.
            fonts: learned lines in these alone may stand in the layouts; None: in any.
        """
        if not layouts:
            return Composed(self._printer, self._example())
        shown = letters.union(*(part for segment, _ in self._segments for part in segment.parts[::2]))
        if shown not in self._letters_pages:
            self._letters_pages[shown] = self._letters_page(shown)
        extra = self._letters_pages[shown]
        sheets = [page for layout in layouts for page in layout.document.pages]
        own = [page for page in self._learned.pages if fonts is None or page.fonts <= fonts]
        document = layouts[0].document.copy([*sheets, *extra.pages, *(page.page for page in own)])
        return Composed(self._printer, document, [page.names for page in own])

    def compose_in_full(self, pages: Sequence[Page]) -> tuple[Composed, list[int]]:
        """Lay out letters in full and return them as objects that share their fonts, and the number of pages of each."""
        documents = [self._printer.lay_out(page, forms=False) for page in pages]
        sheets = [sheet for document in documents for sheet in document.pages]
        return Composed(self._printer, documents[0].copy(sheets)), [len(document.pages) for document in documents]

    def _example(self) -> Any:
        return self._printer.lay_out(self._letter.page(Addressee(dict.fromkeys(self._fields, "x"), ("x",))), forms=False)

    def _letters_page(self, letters: frozenset[str]) -> Any:
        """Return a laid-out page that shows these letters in each face that a segment has, so that its fonts hold them."""
        faces = dict.fromkeys(room.css for room in self._rooms)
        shown = escape(" ".join(sorted(filter(self._shows, letters))))
        lines = "".join(f'<p style="{css}; overflow-wrap: anywhere">{shown}</p>' for css in faces)
        return self._printer.lay_out_html(_LETTERS_PAGE.format(lines), "letters", forms=False, fit=False)

    @property
    def page_count(self) -> int:
        """The pages of a letter with short facts."""
        return len(self._example().pages)

    def layout(self, key: Key) -> Layout | None:
        """Return the layout of letters like this, laid out once; None where its fillers do not stand as they should."""
        if key not in self._layouts:
            self._layouts[key] = self._lay_out(key)
        return self._layouts[key]

    def _find_rooms(self, rooms: Rooms) -> None:
        page = self._marked_page(2)
        document = self._printer.lay_out(page, forms=False)
        places = [place for place in marked_places(self._printer.parse(page.html)) if place]
        found = [(place.line, rooms.find(document, plain(place.words))) for place in places]
        if any(room is None for _, room in found):
            self.why_not = "a line about the patient does not stand at the start of a line of its own"
            return
        address = {room for line, room in found if line >= 0}
        self._address = next(iter(address)) if len(address) == 1 else None
        self.loose_address = is_loose(document, plain(max(places, key=lambda place: place.line).words))
        others = [room for line, room in found if line < 0 and room]
        self._segments = tuple(zip(self.pattern.segments, others, strict=True))
        for room in self._rooms:
            room.face.first_at(next(first.face.size_px for first in self._rooms if first.typeface == room.typeface))

    def _lay_out(self, key: Key) -> Layout | None:
        assert self._address
        page = self._marked_page(len(key[0]))
        address, others = iter(zip(key[0], [self._address] * len(key[0]), strict=True)), iter(zip(key[1], self._segments, strict=True))
        by_line: dict[str, str] = {}
        later: dict[str, str] = {}

        def fill(root: Any) -> None:
            for number, place in enumerate(marked_places(root)):
                assert place
                if place.line >= 0:
                    count, room = next(address)
                    made, of = by_line, ADDRESS
                else:
                    count, (_, room) = next(others)
                    made, of = later, ""
                names = [f"{of}{number}.{line}" for line in range(count)]
                words = [room.filler(f"qzx{number}y{line}xzq") for line in range(count)]
                made.update(zip(names, words, strict=True))
                place.write(" ".join(words))

        document = self._printer.lay_out_html(page.html, page.document.id, forms=False, change=fill)
        fillers = by_line | later
        layout = Layout(key, document, fillers)
        return layout if self._stands(layout) else None

    def _stands(self, layout: Layout) -> bool:
        """Say whether each filler of a layout stands on a line of its own."""
        texts = [text.text for page in layout.document.pages for text in texts_of(page)]
        return all(texts.count(filler) == 1 for filler in layout.fillers.values())


def loosened(key: Key) -> tuple[Key, int]:
    """Return the layout of letters where nothing moves with the address, which has room for as many lines as there may be; and their lines.

    A line that takes two stands for two lines.
    """
    address, others = key
    count = sum(address)
    return ((1,) * max(count, MAX_LINES), others), count


def used_lines(names: Sequence[str], count: int) -> dict[str, int]:
    """Return the lines of a layout that a letter with so many lines of address uses, and where each stands in its setting."""
    address = sum(name.startswith(ADDRESS) for name in names)
    return {name: place for place, name in enumerate((*names[:count], *names[address:]))}


def is_ascii(recipient: Recipient) -> bool:
    """Say whether all that is known of a recipient is ASCII."""
    return all(map(str.isascii, recipient.address)) and all(map(str.isascii, recipient.values.values()))

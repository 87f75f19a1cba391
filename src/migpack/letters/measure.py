"""A letter laid out once, with marks → where each of its segments stands: its font and size, the width it may fill, and whether
the rest of the page moves with it. Lengths are CSS pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from migpack.letters.pattern import plain
from migpack.letters.shaping import Face
from migpack.write.pdf import FAMILY, FONTS

_MOST_TEXTS = 50_000  # kept in mind for each room
_TOLERANCE_PX = 0.01
_ORDINARY = {
    "letter_spacing": "normal",
    "word_spacing": 0,
    "text_transform": "none",
    "white_space": "normal",
    "text_align_all": "start",
    "direction": "ltr",
    "text_decoration_line": "none",
    "hyphens": "manual",
    "overflow_wrap": "normal",
    "visibility": "visible",
}


@dataclass(frozen=True)
class Room:
    """Where a segment stands: its font (in `css` too) at its size, the width its lines may fill; `fixed` where nothing moves with it."""

    face: Face
    typeface: str
    css: str
    width_px: float
    fixed: bool

    @cached_property
    def lines(self) -> Lines:
        """The lines in which each text is set here."""
        return Lines(self)

    @cached_property
    def sure(self) -> int:
        """How many ASCII letters fit a line whatever they are: as many of the widest."""
        return int((self.width_px - 1) / self.face.widest_px)

    def filler(self, mark: str) -> str:
        """Return a word that starts with a mark and is as wide as a line can be, so that whatever fits a line is no wider."""
        word = mark
        for letter in "ni":
            while (line := self.face.line(word + letter)) and line[1] <= self.width_px - 1:
                word += letter
        return word


class Lines(dict[str, tuple[bytes, ...] | None]):
    """The lines in which each text fills a room, worked out when first asked for; None where that is not certain."""

    def __init__(self, room: Room) -> None:
        """Take the room."""
        self._room = room

    def __missing__(self, text: str) -> tuple[bytes, ...] | None:
        """Work out the lines of a text; what has been asked for before is forgotten when it is too much."""
        if len(self) >= _MOST_TEXTS:
            self.clear()
        self[text] = found = self._room.face.lines(plain(text), self._room.width_px)
        return found


class Rooms:
    """Finds the room of each segment; one font at one size is read once."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """Take the reader of library files."""
        self._read = read
        self._faces: dict[tuple[str, float], Face] = {}

    def find(self, document: Any, words: str) -> Room | None:
        """Return the room of the one line of a laid-out document that holds these words; None where more than its width may matter."""
        found = [path for page in document.pages for path in _paths(page._page_box, ()) if words in path[-1].text]
        if len(found) != 1:
            return None
        *above, line, text = found[0]
        block, style = above[-1], text.style
        ordinary = all(
            style[key] in (value, "break-word") if key == "overflow_wrap" else style[key] == value for key, value in _ORDINARY.items()
        )
        starts = abs(text.position_x - block.content_box_x()) < _TOLERANCE_PX
        alone = [child for child in line.children if child is not text and getattr(child, "element_tag", "") != "br"]
        if type(line).__name__ != "LineBox" or not ordinary or not starts or alone or style["font_family"] != (FAMILY,):
            return None
        fixed = any(box.style["position"] in ("absolute", "fixed") for box in above)
        typeface = f"font-weight: {style['font_weight']}; font-style: {style['font_style']}"
        return Room(self._face(style), typeface, f"font-size: {style['font_size']}px; {typeface}", block.width, fixed)

    def _face(self, style: Any) -> Face:
        bold, slanted = style["font_weight"] >= 600, style["font_style"] != "normal"
        name = FONTS[bold + 2 * slanted]
        key = name, style["font_size"]
        if key not in self._faces:
            self._faces[key] = Face(self._read(name), style["font_size"])
        return self._faces[key]


def is_loose(document: Any, words: str) -> bool:
    """Say whether lines could follow these words of a laid-out document and nothing else on the page would be drawn otherwise.

    So it is at the end of a box without borders or background that has a place of its own, told from its top, and none in it has another.
    """
    path = next(path for page in document.pages for path in _paths(page._page_box, ()) if words in path[-1].text)
    out = [at for at, box in enumerate(path) if box.style["position"] in ("absolute", "fixed")]
    if len(out) != 1:
        return False
    (placed,) = out
    blocks, last = path[placed:-2], path[placed]
    while children := getattr(last, "children", ()):
        last = getattr(children[-1], "_box", children[-1])
    from_top = blocks[0].style["top"] != "auto" or blocks[0].style["bottom"] == "auto"
    return last is path[-1] and from_top and all(map(_is_bare, blocks))


def _is_bare(box: Any) -> bool:
    """Say whether a box is a plain block of which nothing is drawn."""
    borders = (box.border_top_width, box.border_right_width, box.border_bottom_width, box.border_left_width)
    return type(box).__name__ == "BlockBox" and box.background is None and not any(borders)


def _paths(box: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield each text of a page with all the boxes it stands in."""
    box = getattr(box, "_box", box)  # what is placed absolutely stands in a placeholder
    if type(box).__name__ == "TextBox":
        yield (*above, box)
    for child in getattr(box, "children", ()):
        yield from _paths(child, (*above, box))


def texts_of(page: Any) -> Iterator[Any]:
    """Yield each text (a WeasyPrint box) of a laid-out page, what stands in its margins apart."""
    for child in page._page_box.children:
        if not getattr(child, "at_keyword", ""):
            yield from (path[-1] for path in _paths(child, ()))

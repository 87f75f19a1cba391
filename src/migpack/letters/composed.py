"""A laid-out document → the objects that WeasyPrint makes of it (pydyf), and in them its pages as operators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from migpack.letters.cut import CutPage, cut_page, letters_of, moved_up, operators
from migpack.write.pdf import Printer

Key = tuple[tuple[int, ...], tuple[int, ...]]  # how many lines each line of the address, and each other segment, takes
LINE = b"?%d"  # the name of a learned line; no glyphs start so


@dataclass(frozen=True)
class Layout:
    """A letter laid out with fillers; `lines` are the names of its cuts in the order of a setting's lines."""

    key: Key
    document: Any
    fillers: Mapping[str, str]

    @property
    def lines(self) -> tuple[str, ...]:
        """The names of the lines, in the order of a setting's lines."""
        return tuple(self.fillers)


class Composed:
    """The objects of a document and how its parts are found in them.

    `learned` is what draws each learned line (its name → what stands in the place of the glyphs between '[(' and ')] TJ').
    """

    def __init__(self, printer: Printer, document: Any, learned: Sequence[Sequence[bytes]] = ()) -> None:
        """Compose a document.

        Args:
            learned: the names of the learned lines on each of its last pages.

        Raises:
            PrintError: it cannot be printed as it stands.
        """
        self.pdf = printer.compose(document, name="letters")
        self.objects: Sequence[Any] = self.pdf.objects
        self._letters = letters_of(document)
        self.info: bytes = self.pdf.info.reference
        self.size = len(self.pdf.objects)
        first = self.page(0)
        self.resources: bytes = first["Resources"]
        self.media_box: bytes = first["MediaBox"].data
        start = len(document.pages) - len(learned)
        self.learned: Mapping[bytes, bytes] = {
            line: b")] TJ\n" + b"\n".join(block) + b"\n[("
            for index, names in enumerate(learned, start)
            for line, block in zip(names, _blocks(self._drawn(index)), strict=False)  # the running foot comes last
        }

    def page(self, index: int) -> Any:
        """Return the dictionary of a page."""
        return self.objects[self.pdf.pages["Kids"][3 * index]]

    @property
    def pages(self) -> Iterator[tuple[bytes, ...]]:
        """The operators of each page."""
        yield from map(self._drawn, range(self.pdf.pages["Count"]))

    def cut(self, layouts: Sequence[Layout]) -> list[tuple[CutPage, ...] | None]:
        """Return the pages of each layout (in the order of composing), cut at its fillers; None where one is not found just once."""
        drawn, found = self.pages, list[tuple[CutPage, ...] | None]()
        for layout in layouts:
            pages = tuple(cut_page(next(drawn), self._letters, layout.fillers) for _ in layout.document.pages)
            lines = [place.line for page in pages for place in page.cuts]
            found.append(pages if sorted(lines) == sorted(layout.fillers) else None)
        return found

    def keep(self, count: int) -> None:
        """Take all pages but the first ones out of the document and out of its tags."""
        kids = self.pdf.pages["Kids"]
        gone = {f"{number} 0 R".encode() for number in kids[3 * count :: 3]}
        kids[3 * count :] = []
        self.pdf.pages["Count"] = count
        root = self._object(self.pdf.catalog["StructTreeRoot"])
        nums = self._object(root["ParentTree"])["Nums"]
        for place in reversed(range(0, len(nums), 2)):
            if count <= nums[place] < count + len(gone):
                nums[place : place + 2] = []
        (top,) = root["K"]
        tree = self._object(top)["K"]
        tree[:] = [kid for kid in tree if self._object(kid)["Pg"] not in gone]

    def without(self, index: int, gone: range) -> Sequence[Any] | None:
        """Return the objects without marked content of a page and the line ends before it; None unless it is the end of one paragraph."""
        tree = _number(self._object(self.pdf.catalog["StructTreeRoot"])["ParentTree"])
        nums = list(self.objects[tree]["Nums"])
        at = nums[::2].index(index) * 2 + 1
        elements, lines = list(nums[at]), nums[at][gone.start : gone.stop]
        paragraph = _number(self._object(lines[0])["P"])
        kids = self.objects[paragraph]["K"]
        first = kids.index(lines[0])
        if kids[first::2] != lines or first < 1:
            return None
        objects = list(self.objects)
        for element in set(map(_number, elements[gone.stop :])):
            numbers = [moved_up(kid, gone) if isinstance(kid, int) else kid for kid in objects[element]["K"]]
            objects[element] = _changed(objects[element], "K", numbers)
        nums[at] = type(nums[at])(elements[: gone.start] + elements[gone.stop :])
        objects[tree] = _changed(objects[tree], "Nums", nums)
        objects[paragraph] = _changed(objects[paragraph], "K", kids[: first - 1])
        return objects

    def _drawn(self, index: int) -> tuple[bytes, ...]:
        return operators(self._object(self.page(index)["Contents"]))

    def _object(self, reference: bytes) -> Any:
        return self.objects[_number(reference)]


def _blocks(drawn: Iterable[bytes]) -> Iterator[tuple[bytes, ...]]:
    """Yield what each text object shows, without its place."""
    block: list[bytes] = []
    for operator in drawn:
        if operator == b"BT":
            block = []
        elif operator == b"ET":
            yield tuple(block)
        elif not operator.endswith(b"Tm"):
            block.append(operator)


def _number(reference: bytes) -> int:
    return int(reference.split()[0])


def _changed(thing: Any, key: str, value: Sequence[Any]) -> Any:
    """Return a copy of a dictionary (pydyf) with another array under a key."""
    other = copy(thing)
    other[key] = type(thing[key])(value)
    return other

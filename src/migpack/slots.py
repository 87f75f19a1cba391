"""The bytes of a Word file → its parts, and every slot in it: a content control, a merge field or a `{{ name }}`.

Body, tables, text boxes, headers, footers and notes are read; paragraphs count from 1 in each of them, in the order of the file.
Never resolves an entity, follows a link or unpacks to disk. A file that cannot be trusted or read is a ValueError with words for people.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.{}+xml"
_MAIN, _STORIES = _TYPE.format("document.main"), ("header", "footer", "footnotes", "endnotes")
_MOST_BYTES = 100_000_000
_EXCERPT = 60  # characters of the paragraph that a message shows

_MARKER = re.compile(r"\{\{[^\S\n]*([^{}\n]*?)[^\S\n]*\}\}")
_STRAY = re.compile(r"\{\{|\}\}")
_MERGE = re.compile(r'\s*MERGEFIELD\s+(?:"([^"]*)"|(\S+))(.*)', re.IGNORECASE | re.DOTALL)
# What a content control may be beside text, by the element that says so.
_KINDS: Mapping[str, SlotKind] = {"date": "date", "dropDownList": "list", "comboBox": "combo", "checkbox": "tick"}
_NO_TEXT = frozenset(
    "picture group citation bibliography equation docPartObj docPartList repeatingSection repeatingSectionItem entityPicker".split()
)

SlotKind = Literal["text", "date", "list", "combo", "tick", "field", "marker"]


@dataclass(frozen=True)
class Slot:
    """A spot of a form that bears a name; `where` says for people where it stands.

    `choices` are (value, text) of a list. `code` is what stands behind a merge field's name. `trouble` is why nothing can be put here,
    and what to do, parted by a dash. A slot is `doubled` where it says
    again, for programs that cannot draw a text box, what another says.
    """

    kind: SlotKind
    name: str
    where: str
    choices: tuple[tuple[str, str], ...] = ()
    code: str = ""
    trouble: str = ""
    doubled: bool = False

    @property
    def is_control(self) -> bool:
        """Say whether this is a content control, which may bear a name of the form's own."""
        return self.kind not in ("field", "marker")


@dataclass(frozen=True)
class Spot:
    """A slot and what makes it up: the control; the pieces of a field, first to last; or the texts a marker runs through.

    Of a marker, `start` counts into the first text and `end` into the last. `part` is the part of the file that holds it.
    """

    slot: Slot
    part: str
    nodes: tuple[Any, ...]
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Form:
    """A Word file taken apart: its parts as bytes, and as XML those in which words stand. Writers change the XML."""

    parts: Mapping[str, bytes]
    stories: Mapping[str, Any]

    def spots(self) -> Iterator[Spot]:
        """Yield every slot with its elements; of the markers of one paragraph the last first, so that places hold while each is filled."""
        for name, story in self.stories.items():
            yield from _Story(name, story).spots()


def read_slots(data: bytes) -> tuple[Slot, ...]:
    """Return the slots of a form.

    Raises:
        ValueError: this is no Word file that can be filled, with words for people.
    """
    return tuple(spot.slot for spot in open_form(data).spots())


def open_form(data: bytes) -> Form:
    """Take a form apart.

    Raises:
        ValueError: this is no Word file that can be filled, with words for people.
    """
    parts = _parts(data)
    kinds = part_types(parts)
    main = [name for name, kind in kinds.items() if kind == _MAIN and name in parts]
    if any("macroEnabled" in kind for kind in kinds.values()) or any("vbaProject" in name for name in parts):
        raise ValueError("the file holds macros \N{EM DASH} save it in Word as a .docx, which has none")
    if not main:
        raise ValueError("this is no Word document \N{EM DASH} save it in Word as a .docx")
    if _STRICT in parts[main[0]]:
        raise ValueError("this is a Strict Open XML file \N{EM DASH} save it in Word as 'Word Document (.docx)'")
    wanted = [_TYPE.format(story) for story in _STORIES]
    for name, part in parts.items():
        if name.endswith((".xml", ".rels")):
            read_xml(part)
    names = main + sorted(name for name, kind in kinds.items() if kind in wanted and name in parts)
    return Form(parts, {name: read_xml(parts[name]) for name in names})


def read_xml(data: bytes) -> Any:
    """Return XML as an element; what refers to anything outside is refused."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise ValueError("the file is damaged \N{EM DASH} open it in Word and save it again") from None
    if root.getroottree().docinfo.doctype:
        raise ValueError("the file holds a document type, which no Word file has \N{EM DASH} open it in Word and save it again")
    return root


def part_types(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Return the content type of each part, as the file itself says."""
    types = read_xml(parts["[Content_Types].xml"])
    by_end = {str(node.get("Extension")).lower(): node.get("ContentType") for node in types if node.get("Extension")}
    named = {str(node.get("PartName")).lstrip("/"): node.get("ContentType") for node in types if node.get("PartName")}
    return {name: named.get(name) or by_end.get(name.rpartition(".")[2].lower(), "") for name in parts}


def _parts(data: bytes) -> dict[str, bytes]:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise ValueError(
            "this is an old .doc file, or one with a password \N{EM DASH} save it in Word as a .docx without a password to open it"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _MOST_BYTES:
                raise ValueError(
                    f"the file unpacks to more than {_MOST_BYTES // 1_000_000} MB \N{EM DASH} make its pictures smaller in Word"
                )
            parts = {entry.filename: packed.read(entry) for entry in packed.infolist() if not entry.is_dir()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        raise ValueError("this is no Word document, or a damaged one \N{EM DASH} save it in Word as a .docx") from None
    if not {"[Content_Types].xml", "_rels/.rels"} <= parts.keys():
        raise ValueError("this is no Word document \N{EM DASH} save it in Word as a .docx")
    return parts


@dataclass
class _Field:
    """A field that has begun: what it says it is, its pieces so far, and whether another field holds it in its own instruction."""

    paragraph: Any
    inside: bool
    code: str = ""
    parted: bool = False


class _Story:
    """One part in which words stand."""

    def __init__(self, name: str, story: Any) -> None:
        self._name, self._story = name, story
        self._kind = re.sub(r"\d+$", "", name.rpartition("/")[2].rpartition(".")[0])
        self._numbers = {paragraph: n for n, paragraph in enumerate(story.iter(f"{W}p"), 1)}

    def spots(self) -> Iterator[Spot]:
        for control in self._story.iter(f"{W}sdt"):
            yield from self._control(control)
        for simple in self._story.iter(f"{W}fldSimple"):
            if found := _MERGE.fullmatch(simple.get(f"{W}instr", "")):
                yield self._field(found, (simple,), next(simple.iterancestors(f"{W}p"), None), "")
        yield from self._fields()
        for paragraph in self._numbers:
            yield from self._markers(paragraph)
        for drawn in self._story.iter(f"{_DRAWN}p"):
            words = "".join(text.text or "" for text in drawn.iter(f"{_DRAWN}t"))
            if _STRAY.search(words):
                trouble = "nothing can be filled in inside a drawing \N{EM DASH} put it into a paragraph, a table or a text box"
                yield Spot(Slot("marker", "", f"a drawing ('{_shortened(words, 0)}')", trouble=trouble), self._name, ())

    def _control(self, control: Any) -> Iterator[Spot]:
        properties, content = control.find(f"{W}sdtPr"), control.find(f"{W}sdtContent")
        tag = properties.find(f"{W}tag") if properties is not None else None
        name = tag.get(f"{W}val", "").strip() if tag is not None else ""
        if not name or content is None:
            return
        kinds = {etree.QName(node).localname: node for node in properties if isinstance(node.tag, str)}
        kind: SlotKind = next((kind for local, kind in _KINDS.items() if local in kinds), "text")
        listed = kinds.get("dropDownList", kinds.get("comboBox"))
        items = listed.iter(f"{W}listItem") if listed is not None else ()
        choices = tuple((item.get(f"{W}value", ""), item.get(f"{W}displayText") or item.get(f"{W}value", "")) for item in items)
        paragraph = next(control.iterancestors(f"{W}p"), None)
        paragraph = next(content.iter(f"{W}p"), None) if paragraph is None else paragraph
        slot = Slot(kind, name, self._where(paragraph), choices, trouble=_trouble(content, kinds), doubled=_is_doubled(control))
        yield Spot(slot, self._name, (control,))

    def _fields(self) -> Iterator[Spot]:
        """Find merge fields that are made of runs; other fields may hold them or stand in them."""
        open_fields: list[tuple[_Field, list[Any]]] = []
        for paragraph in self._numbers:
            for piece in _pieces(paragraph):
                mark = piece.get(f"{W}fldCharType") if piece.tag == f"{W}fldChar" else ""
                if mark == "begin":
                    open_fields.append((_Field(paragraph, any(not field.parted for field, _ in open_fields)), []))
                for _, pieces in open_fields:
                    pieces.append(piece)
                if not open_fields:
                    continue
                field, pieces = open_fields[-1]
                if piece.tag == f"{W}instrText" and not field.parted:
                    field.code += piece.text or ""
                elif mark == "separate":
                    field.parted = True
                elif mark == "end":
                    open_fields.pop()
                    if found := _MERGE.fullmatch(field.code):
                        yield self._field(found, tuple(pieces), field.paragraph, _field_trouble(field, paragraph))

    def _field(self, found: re.Match[str], nodes: tuple[Any, ...], paragraph: Any, trouble: str) -> Spot:
        name = (found[1] or found[2]).strip()
        slot = Slot("field", name, self._where(paragraph), code=found[3], trouble=trouble, doubled=_is_doubled(nodes[0]))
        return Spot(slot, self._name, nodes)

    def _markers(self, paragraph: Any) -> Iterator[Spot]:
        words, at = "", []  # at: for each character of the words its text element and the place in it
        for piece in _pieces(paragraph):
            text = (piece.text or "") if piece.tag == f"{W}t" else "" if piece.tag == f"{W}instrText" else "\n"
            words += text
            at += [(piece, n) for n in range(len(text))]
        found = list(_MARKER.finditer(words))
        left = _STRAY.search(_MARKER.sub(lambda match: " " * len(match[0]), words))
        if left:
            trouble = f"'{left[0]}' has no partner \N{EM DASH} write a name between {{{{ and }}}}, in one paragraph"
            where, doubled = self._where(paragraph, left.start()), _is_doubled(paragraph)
            yield Spot(Slot("marker", "", where, trouble=trouble, doubled=doubled), self._name, ())
        for match in reversed(found):
            (_, start), (_, end) = at[match.start()], at[match.end() - 1]
            nodes = tuple(dict.fromkeys(node for node, _ in at[match.start() : match.end()]))
            trouble = "" if match[1] else "'{{ }}' names nothing \N{EM DASH} write a name in it"
            slot = Slot("marker", match[1], self._where(paragraph, match.start()), trouble=trouble, doubled=_is_doubled(paragraph))
            yield Spot(slot, self._name, nodes, start, end + 1)

    def _where(self, paragraph: Any, near: int = 0) -> str:
        part = "" if self._kind == "document" else f"{self._kind.removesuffix('s')} "
        if paragraph is None:
            return f"{part}table"
        words = "".join((piece.text or "") if piece.tag == f"{W}t" else " " for piece in _pieces(paragraph) if piece.tag != f"{W}instrText")
        return f"{part}paragraph {self._numbers[paragraph]}" + (f" ('{shown}')" if (shown := _shortened(words, near)) else "")


def _pieces(element: Any) -> Iterator[Any]:
    """Yield what stands in the runs of a paragraph: not what was deleted, and not the paragraphs of a text box in it."""
    for child in element:
        if child.tag == f"{W}r":
            yield from (piece for piece in child if isinstance(piece.tag, str) and piece.tag != f"{W}rPr")
        elif isinstance(child.tag, str) and child.tag not in (f"{W}p", f"{W}pPr", f"{W}del", f"{W}moveFrom", f"{W}sdtPr"):
            yield from _pieces(child)


def _trouble(content: Any, kinds: Mapping[str, Any]) -> str:
    """Say why a control cannot be filled, or ''."""
    if _NO_TEXT & kinds.keys():
        return "this control is not for text \N{EM DASH} use one for plain text, or take the name out of its tag"
    if any(True for _ in content.iter(f"{W}sdt", f"{W}tbl", f"{W}tr")):
        return (
            "this control holds a table or other controls, which its value would replace \N{EM DASH} take the name out of its tag, "
            "and put it on the control for the value alone"
        )
    return ""


def _field_trouble(field: _Field, paragraph: Any) -> str:
    if field.inside:
        return "this merge field is part of another field, which only Word can work out \N{EM DASH} put it outside that field"
    if field.paragraph is not paragraph:
        return "this merge field goes over several paragraphs \N{EM DASH} put it into one"
    return ""


def _is_doubled(element: Any) -> bool:
    return any(True for _ in element.iterancestors(_FALLBACK))


def _shortened(words: str, near: int) -> str:
    """Return the words around a place in one line, short enough for a message."""
    start = max(0, min(near - _EXCERPT // 3, len(words) - _EXCERPT))
    cut = " ".join(words[start : start + _EXCERPT].split())
    return ("… " if start else "") + cut + (" …" if len(words) > start + _EXCERPT else "")

"""HTML of a page → `blocks.Tree`.

`migpack.vocabulary` holds the grammar; here the elements get their meaning and what spans elements is checked: one
h1 and no skipped level, columns that add up, ids and field names that are unique, links that land.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Literal

from migpack import blocks as b
from migpack.problems import Mistakes, Place, Problem
from migpack.vocabulary import Element, outline

_FIELD_NAME = re.compile(r"[a-z0-9._-]{1,64}")
_LINK = re.compile(r"(https?://|mailto:|tel:)\S+|#[A-Za-z][\w.:-]*")
_DATA = re.compile(r"data:(image/(?:png|jpeg|gif|svg\+xml));base64,(.+)", re.DOTALL)
_WIDTH = re.compile(r"\s*width:\s*(\d+(?:\.\d+)?)%\s*;?\s*")
_SPACE = re.compile(r"[ \t\n\r\f]+")  # a no-break space is kept
_BLOCKS = frozenset({"p", "ul", "ol"})


def read(html: str, document: str) -> b.Tree:
    """Return the block tree of a page.

    Args:
        document: the name that mistakes give as their place.

    Raises:
        Mistakes: when the page leaves the vocabulary, or does not add up.
    """
    builder = _Builder(Place(document))
    tree = builder.tree(outline(html, document))
    if builder.problems:
        raise Mistakes(builder.problems)
    return tree


class _Builder:
    """Makes blocks of elements, and remembers what has to be unique or to lead somewhere."""

    def __init__(self, place: Place) -> None:
        self.problems: list[Problem] = []
        self._place = place
        self._ids: set[str] = set()
        self._names: set[str] = set()
        self._levels: list[int] = []
        self._targets: list[Element] = []

    def tree(self, root: Element) -> b.Tree:
        html = _only(root, "html")
        head, body = _only(html, "head"), _only(html, "body")
        said = {meta.attributes.get("name", ""): meta.attributes.get("content", "") for meta in head.all("meta")}
        title = _SPACE.sub(" ", _only(head, "title").words()).strip()
        if not title:
            self._add(head, "has no <title>", "write one: every format shows it")
        content = self._flow(body)
        self._check_whole(body)
        return b.Tree(
            title,
            html.attributes.get("lang", ""),
            said.get("author", ""),
            said.get("migpack-document", ""),
            said.get("migpack-practice", ""),
            said.get("migpack-version", ""),
            said.get("migpack-code", ""),
            body.classes,
            content,
            _says(body),
        )

    def _check_whole(self, body: Element) -> None:
        if self._levels.count(1) != 1:
            self._add(body, f"has {self._levels.count(1)} elements <h1>", "write exactly one: the title of the document")
        for link in self._targets:
            if (target := link.attributes["href"][1:]) not in self._ids:
                self._add(link, f"leads to #{target}, which is not on this page", f'write id="{target}" where it should lead')

    def _flow(self, parent: Element) -> tuple[b.Block, ...]:
        return tuple(self._block(child) for child in parent.children if isinstance(child, Element))

    def _block(self, element: Element) -> b.Block:
        anchor = self._id(element)
        match element.tag:
            case "h1" | "h2" | "h3" | "h4":
                return self._heading(element, anchor)
            case "p":
                return b.Paragraph(self._content(element), " ".join(sorted(element.classes)), anchor, element.attributes.get("lang", ""))
            case "ul" | "ol":
                items = tuple(b.Item(self._mixed(item)) for item in element.all("li"))
                if not all(item.blocks for item in items) or not items:
                    self._add(element, "has an empty item, or none", "leave the item or the list out")
                return b.List(element.tag == "ol", "plain" in element.classes, items, anchor)
            case "table":
                return self._table(element, anchor)
            case "img":
                return b.Paragraph((self._image(element),), "", anchor)
            case "svg":
                title = "".join(child.words() for child in element.all("title"))
                return b.Drawing(title.strip(), " ".join(element.words().removeprefix(title).split()))
            case "section":
                return b.Group("section", self._flow(element), element.classes, anchor)
            case _:
                return self._group(element, anchor)

    def _group(self, element: Element, anchor: str) -> b.Group:
        kind: b.GroupKind = element.key  # type: ignore[assignment]  # the grammar lets no other div through
        inner = self._mixed(element) if kind in ("sender", "recipient", "letterhead") else self._flow(element)
        return b.Group(kind, inner, element.classes - {kind}, anchor)

    def _heading(self, element: Element, anchor: str) -> b.Heading:
        level = int(element.tag[1])
        if level > (self._levels[-1] if self._levels else 0) + 1:
            self._add(element, "skips a level", "use the next level down from the heading before it")
        self._levels.append(level)
        return b.Heading(level, self._content(element), anchor)

    def _mixed(self, element: Element) -> tuple[b.Block, ...]:
        """Return the blocks of an item, a cell or an address: words outside any block become a paragraph."""
        found: list[b.Block] = []
        loose: list[Element | str] = []
        for child in (*element.children, None):
            if isinstance(child, str) or (child is not None and child.tag not in _BLOCKS):
                loose.append(child)
                continue
            if content := self._inlines(loose):
                found.append(b.Paragraph(content))
            loose = []
            if child is not None:
                found.append(self._block(child))
        return tuple(found)

    def _content(self, element: Element) -> b.Inlines:
        content = self._inlines(element.children)
        if not content:
            self._add(element, "is empty", "leave it out, or write its words")
        return content

    def _inlines(self, children: Sequence[Element | str]) -> b.Inlines:
        return _trim(self._run(children, _Spaces()))

    def _run(self, children: Sequence[Element | str], spaces: _Spaces) -> list[b.Inline]:
        found: list[b.Inline] = []
        for child in children:
            if isinstance(child, str):
                if words := spaces.collapse(child):
                    found.append(b.Text(words))
            elif child.tag == "br":
                spaces.open = True
                found = [*_trim(found), b.Break()]
            else:
                found.append(self._inline(child, spaces))
        return found

    def _inline(self, element: Element, spaces: _Spaces) -> b.Inline:
        match element.tag:
            case "strong":
                return b.Strong(tuple(self._run(element.children, spaces)))
            case "a":
                return self._link(element, spaces)
            case "span":
                return self._span(element, spaces)
            case _:
                spaces.open = False
                return self._image(element) if element.tag == "img" else self._field(element)

    def _link(self, element: Element, spaces: _Spaces) -> b.Link:
        href = element.attributes["href"].strip()
        if not _LINK.fullmatch(href):
            self._add(element, f"leads to '{href}'", "write an address that starts with https:, mailto: or tel:, or #id")
        elif href.startswith("#"):
            self._targets.append(element)
        return b.Link(href, tuple(self._run(element.children, spaces)))

    def _span(self, element: Element, spaces: _Spaces) -> b.Span:
        kinds = sorted(element.classes)
        kind: Literal["", "gap", "nowrap", "whole", "ref", "tag", "fill", "merge"] = kinds[0] if kinds else ""  # type: ignore[assignment]
        key, width = element.attributes.get("data-key", ""), element.attributes.get("data-width", "40")
        if len(kinds) > 1:
            self._add(element, "has more than one class", "keep one")
        if kind in ("gap", "merge") and not key:
            self._add(element, "does not say which fact is missing", 'write data-key="…"')
        if not width.isdecimal():
            self._add(element, f"has the data-width '{width}'", "write whole millimetres")
            width = "0"
        content = tuple(self._run(element.children, spaces))
        if kind in ("fill", "merge"):
            spaces.open = False
        return b.Span(kind, content, key, int(width), element.attributes.get("lang", ""))

    def _field(self, element: Element) -> b.Field:
        written, name = element.attributes, element.attributes["name"]
        if not _FIELD_NAME.fullmatch(name):
            self._add(element, f"has the name '{name}'", "use at most 64 of the characters a-z 0-9 . _ -")
        if name in self._names:
            self._add(element, f"has the name '{name}' a second time", "give each field a name of its own")
        self._names.add(name)
        look = next(iter(element.classes), "")
        title, prompt = written["title"], written.get("placeholder") or b.PROMPTS.get(look, b.PROMPTS[""])
        if element.tag == "select":
            return self._choice(element, name, title)
        if element.tag == "textarea":
            value = element.words().removeprefix("\n")
            return b.Field("lines", name, title, value, prompt, rows=self._number(element, "rows", 3))
        limit = self._number(element, "maxlength", 0)
        match written["type"]:
            case "checkbox":
                return b.Field("tick", name, title, "on" if "checked" in written else "", look=look)
            case "text":
                return b.Field("date" if look == "date" else "text", name, title, written.get("value", ""), prompt, look=look, limit=limit)
            case other:
                self._add(element, f"has the type '{other}'", "write checkbox or text")
                return b.Field("text", name, title)

    def _choice(self, element: Element, name: str, title: str) -> b.Field:
        """Return a list to choose from; an option without a value is its prompt."""
        written = [(o, b.Option(o.attributes.get("value", ""), " ".join(o.words().split()))) for o in element.all("option")]
        options = tuple(option for _, option in written if option.value)
        if not options or len({option.value for option in options}) < len(options) or not all(option.text for option in options):
            self._add(element, "has no options, or two of one value, or one without words", "give each option a value and words of its own")
        chosen = [option for o, option in written if "selected" in o.attributes]
        prompt = next((option.text for _, option in written if not option.value), b.PROMPTS["choice"])
        return b.Field("choice", name, title, chosen[0].value if chosen else "", prompt, options)

    def _number(self, element: Element, name: str, default: int) -> int:
        written = element.attributes.get(name, "")
        if written and not (written.isdecimal() and int(written)):
            self._add(element, f"has {name}='{written}'", "write a whole number")
            return default
        return int(written or default)

    def _image(self, element: Element) -> b.Image:
        try:
            found = _DATA.fullmatch(element.attributes["src"].strip())
            media, data = (found[1], base64.b64decode(found[2], validate=False)) if found else ("", b"")
        except binascii.Error:
            media, data = "", b""
        if not data:
            self._add(element, "does not carry its picture", 'write src="data:image/png;base64,…" (png, jpeg, gif or svg+xml)')
        return b.Image(element.attributes["alt"], media, data)

    def _table(self, element: Element, anchor: str) -> b.Table:
        captions, columns = element.all("caption"), [col for group in element.all("colgroup") for col in group.all("col")]
        widths = tuple(self._width(column) for column in columns)
        if abs(sum(widths) - 100) > 0.05:
            self._add(element, f"has columns that sum to {sum(widths):g}%", "write a <colgroup> whose widths sum to 100%")
        head = tuple(self._row(row, "col", len(widths)) for part in element.all("thead") for row in part.all("tr"))
        body = tuple(self._row(row, "row", len(widths)) for part in element.all("tbody") for row in part.all("tr"))
        if not body:
            self._add(element, "has no rows in a <tbody>", "write its rows, or leave the table out")
        if not any(cell.scope for row in (*head, *body) for cell in row.cells):
            self._add(element, "has no heads", 'write <th scope="col"> in a <thead>, or <th scope="row">')
        caption = self._content(captions[0]) if captions else ()
        return b.Table(next(iter(element.classes), ""), caption, widths, head, body, anchor)

    def _width(self, column: Element) -> float:
        if found := _WIDTH.fullmatch(column.attributes["style"]):
            return float(found[1])
        self._add(column, f"has the style '{column.attributes['style']}'", 'write style="width:12%"')
        return 0

    def _row(self, row: Element, scope: Literal["col", "row"], columns: int) -> b.Row:
        cells = tuple(self._cell(cell, scope) for cell in row.all("th", "td"))
        if (total := sum(cell.span for cell in cells)) != columns:
            self._add(row, f"fills {total} columns of {columns}", "give each row a cell for every column, or a colspan")
        return b.Row(cells, " ".join(sorted(row.classes)))

    def _cell(self, element: Element, scope: Literal["col", "row"]) -> b.Cell:
        inner = self._mixed(element)
        if element.tag == "th" and element.attributes["scope"] != scope:
            self._add(element, f"has the scope '{element.attributes['scope']}'", f'write scope="{scope}" here')
        if element.tag == "th" and not inner:
            self._add(element, "is empty", "give the head its words, or write <td>")
        span = self._number(element, "colspan", 1)
        return b.Cell(inner, scope if element.tag == "th" else "", span, "num" in element.classes, "tick" in element.classes)

    def _id(self, element: Element) -> str:
        anchor = element.attributes.get("id", "")
        if anchor and anchor in self._ids:
            self._add(element, f"has the id '{anchor}' a second time", "give each its own")
        self._ids.add(anchor)
        return anchor

    def _add(self, element: Element, what: str, write: str) -> None:
        self.problems.append(element.problem(self._place, what, write))


class _Spaces:
    """Collapses white space over the pieces of one paragraph; `open` says that a space now would be dropped."""

    def __init__(self) -> None:
        self.open = True

    def collapse(self, text: str) -> str:
        text = _SPACE.sub(" ", text)
        if self.open:
            text = text.removeprefix(" ")
        if text:
            self.open = text.endswith(" ")
        return text


def _trim(content: Sequence[b.Inline]) -> b.Inlines:
    """Return the content without a space at its end; empty words are dropped."""
    if content and isinstance(content[-1], b.Text):
        last = content[-1].text.removesuffix(" ")
        return (*content[:-1], b.Text(last)) if last else _trim(content[:-1])
    return tuple(content)


def _says(element: Element) -> dict[str, str]:
    """Return the words inside each element that says what it tells a patient (`data-says`), by what it tells."""
    said: dict[str, str] = {}
    for child in element.children:
        if isinstance(child, Element):
            for told, words in _says(child).items():
                said[told] = f"{said.get(told, '')} {words}"
            for told in child.attributes.get("data-says", "").split():
                said[told] = f"{said.get(told, '')} {child.words()}"
    return said


def _only(parent: Element, tag: str) -> Element:
    found = parent.all(tag)
    return found[0] if found else Element(tag, tag, {}, frozenset(), "")

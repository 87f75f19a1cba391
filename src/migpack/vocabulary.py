"""HTML text → an outline of elements, for the small closed vocabulary that templates may use.

This module holds the grammar: which element stands where, with which attributes and classes; `migpack.markup` gives
the outline its meaning. Every element is closed by its own end tag. Never repairs a page: whatever leaves the
vocabulary is a mistake that names the element and the words before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from migpack.problems import Mistakes, Place, Problem, did_you_mean

GROUPS = frozenset({"callout", "sender", "recipient", "letterhead", "poster", "say"})
_VOID = frozenset({"br", "col", "img", "input", "link", "meta"})
_PHRASE = frozenset({"strong", "a", "span", "br"})
_INLINE = _PHRASE | {"input", "textarea", "select", "img"}
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
_FLOW = _HEADINGS | {"p", "ul", "ol", "table", "div", "section", "img", "svg"}
_CELL = _INLINE | {"p", "ul", "ol"}
_NOTHING: frozenset[str] = frozenset()

# What may stand in what; the key of a div is its first class.
_CHILDREN: Mapping[str, frozenset[str]] = {
    "": frozenset({"html"}),
    "html": frozenset({"head", "body"}),
    "head": frozenset({"meta", "title", "link"}),
    **dict.fromkeys(("body", "section", "poster"), _FLOW),
    **dict.fromkeys(("callout", "say"), frozenset({"p", "ul", "ol", "h3"})),
    **dict.fromkeys(("sender", "recipient", "letterhead"), _INLINE | {"p"}),
    **dict.fromkeys(_HEADINGS, _PHRASE),
    "p": _INLINE,
    "ul": frozenset({"li"}),
    "ol": frozenset({"li"}),
    "li": _CELL,
    "table": frozenset({"caption", "colgroup", "thead", "tbody"}),
    "caption": _PHRASE,
    "colgroup": frozenset({"col"}),
    "thead": frozenset({"tr"}),
    "tbody": frozenset({"tr"}),
    "tr": frozenset({"th", "td"}),
    "th": _PHRASE | {"p", "ul", "ol"},
    "td": _CELL,
    "a": _PHRASE - {"a"},
    **dict.fromkeys(("strong", "span"), _PHRASE),
    "select": frozenset({"option"}),
    **dict.fromkeys(("option", "textarea", "title"), _NOTHING),
}
_KNOWN = frozenset[str]().union(*_CHILDREN.values())
_HOLDS_WORDS = (
    frozenset({"title", "p", "li", "caption", "th", "td", "sender", "recipient", "letterhead", "option", "textarea"}) | _PHRASE | _HEADINGS
)
_LANGUAGE = frozenset({"lang", "dir"})
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "html": _LANGUAGE,
    "meta": frozenset({"charset", "name", "content"}),
    "link": frozenset({"rel", "href"}),
    "body": frozenset({"data-running-left", "data-running-right"}),
    "p": _LANGUAGE,
    "a": frozenset({"href"}),
    "col": frozenset({"style"}),
    "td": frozenset({"colspan"}),
    "th": frozenset({"scope"}),
    "img": frozenset({"src", "alt"}),
    "span": frozenset({"data-key", "data-width"}) | _LANGUAGE,
    "input": frozenset({"type", "name", "title", "checked", "value", "placeholder", "maxlength"}),
    "textarea": frozenset({"name", "title", "rows", "placeholder"}),
    "select": frozenset({"name", "title"}),
    "option": frozenset({"value", "selected"}),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "html": ("lang",),
    "a": ("href",),
    "col": ("style",),
    "img": ("src", "alt"),
    "th": ("scope",),
    "input": ("type", "name", "title"),
    "textarea": ("name", "title"),
    "select": ("name", "title"),
}
_CLASSES: Mapping[str, frozenset[str]] = {
    "p": frozenset({"lead", "hint", "small", "sign-off", "draft-mark", "date", "centre", "big", "huge", "text"}),
    "ul": frozenset({"plain"}),
    "table": frozenset({"tasks", "facts", "grid", "log", "signatures"}),
    "tr": frozenset({"blank", "total", "sub"}),
    "td": frozenset({"num", "tick"}),
    "th": frozenset({"num", "tick"}),
    "div": GROUPS | {"warning"},
    "section": frozenset({"keep", "new-page", "slip", "third"}),
    "span": frozenset({"gap", "nowrap", "whole", "ref", "tag", "fill", "merge"}),
    "input": frozenset({"short", "date", "initials", "signature", "money"}),
    "svg": frozenset({"timeline"}),
    "body": frozenset(
        {
            "staff",
            "commissioner",
            "patients",
            "third_parties",
            "fillable",
            "addressed",
            "draft",
            "style-house",
            "style-large_print",
            "style-mail_merge",
        }
    )
    | {
        *(f"paper-{paper}" for paper in ("a4", "a4_landscape", "a3_landscape")),
        *(f"profile-{layout}" for layout in ("plain", "dl_window", "c5_window", "nhs_notify")),
    },
}
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
# What XML 1.0 cannot carry; no format could print it.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(slots=True)
class Element:
    """An element as written; `near` holds the last words before it, for messages."""

    tag: str
    key: str
    attributes: Mapping[str, str]
    classes: frozenset[str]
    near: str
    children: list[Element | str] = field(default_factory=list)

    def all(self, *tags: str) -> list[Element]:
        """Return the children with one of these tags."""
        return [child for child in self.children if isinstance(child, Element) and child.tag in tags]

    def words(self) -> str:
        """Return all text inside, as written."""
        return "".join(child if isinstance(child, str) else child.words() for child in self.children)

    def problem(self, place: Place, what: str, write: str) -> Problem:
        """Return a problem with this element."""
        where = f" (after '… {self.near}')" if self.near else ""
        return Problem(place, f"<{self.tag}>{where} {what}", write)


def outline(html: str, document: str) -> Element:
    """Return the root of the outline of a page.

    Raises:
        Mistakes: everything that leaves the vocabulary; `document` is the place that they name.
    """
    parser = _Outline(Place(document))
    parser.feed(printable(html))
    parser.close()
    if parser.problems:
        raise Mistakes(parser.problems)
    return parser.root


def printable(text: str) -> str:
    """Return the text with each character that no file format can carry shown as the replacement character."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


class _Outline(HTMLParser):
    def __init__(self, place: Place) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", "", {}, frozenset(), "")
        self.problems: list[Problem] = []
        self._place = place
        self._open = [self.root]
        self._near = ""
        self._drawings = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        classes = attributes.get("class", "").split()
        key = next((name for name in classes if name in GROUPS), tag) if tag == "div" else tag
        element = Element(tag, key, attributes, frozenset(classes), self._near)
        if not self._drawings:
            self._check(element)
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)
            self._drawings += tag == "svg"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._pop()

    def handle_endtag(self, tag: str) -> None:
        if not any(element.tag == tag for element in self._open):
            self._add(Element(f"/{tag}", "", {}, frozenset(), self._near), "closes nothing", "take it out")
            return
        while (inner := self._pop()).tag != tag:
            self._add(inner, "is not closed", f"write </{inner.tag}> before </{tag}>")

    def handle_data(self, data: str) -> None:
        parent = self._open[-1]
        if words := data.split():
            if parent.key in _CHILDREN and parent.key not in _HOLDS_WORDS:
                here = Element(parent.tag, "", {}, _NOTHING, self._near)
                self._add(here, f"holds the bare words '{' '.join(words[:6])}'", "put them in a <p>")
            self._near = " ".join(words[-6:])[-60:]
        parent.children.append(data)

    def close(self) -> None:
        super().close()
        for element in self._open[:0:-1]:
            self._add(element, "is not closed", f"write </{element.tag}>")

    def _pop(self) -> Element:
        element = self._open.pop()
        self._drawings -= element.tag == "svg"
        return element

    def _check(self, element: Element) -> None:
        parent, tag = self._open[-1], element.tag
        if parent.key not in _CHILDREN:  # inside a mistake that is already told
            return
        if tag not in _KNOWN:
            self._add(element, "is not in the page vocabulary", did_you_mean(tag, _CHILDREN[parent.key]))
        elif tag not in _CHILDREN[parent.key]:
            self._add(element, f"cannot stand {f'in <{parent.tag}>' if parent.tag else 'there'}", "move it, or close what stands around it")
        elif element.key == "div":
            self._add(element, "says nothing without a class", did_you_mean("", GROUPS))
        else:
            self._check_attributes(element)

    def _check_attributes(self, element: Element) -> None:
        tag, written = element.tag, element.attributes
        known = _ATTRIBUTES.get(tag, _NOTHING) | {"id", "class", "data-says"}
        if tag != "svg":
            for name in written.keys() - known:
                self._add(element, f"has the attribute '{name}', which the page vocabulary lacks", did_you_mean(name, known))
        for name in _REQUIRED.get(tag, ()):
            if not written.get(name, "").strip():
                self._add(element, f"lacks its {name}", f'write {name}="…"')
        for name in element.classes - _CLASSES.get(tag, _NOTHING):
            self._add(element, f"has the class '{name}', which the page vocabulary lacks", did_you_mean(name, _CLASSES.get(tag, _NOTHING)))
        if "lang" in written and not _LANGUAGE_TAG.fullmatch(written["lang"]):
            self._add(element, f"has the language '{written['lang']}'", "write a tag such as en-GB, cy or pl")

    def _add(self, element: Element, what: str, write: str) -> None:
        self.problems.append(element.problem(self._place, what, write))

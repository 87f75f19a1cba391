"""Words for patients → what in them breaks the NHS writing rules (source SM), each with the words that break it and what to write.

Reads the block tree of a page: all of a document for patients, and the `say` boxes of one for staff. Names and addresses in a
letter's head are not read. Limits and words to avoid are data (checklists/words.yaml). Pure; says where by quoting, never by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from migpack import blocks as b
from migpack.content import WritingRules
from migpack.values import MONTHS, WEEKDAYS, read_phone

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z0-9])")
_PHONE = re.compile(r"(?<![\w/.])(?:\+44|0)[\d ]{9,13}\d(?!\w)")
_CAPITALS = re.compile(r"(?<![\w.@/&-])[A-Z]{4,}(?![\w.@/-])")
_URL = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:/\S*)?")
_NAMES = frozenset(MONTHS) | frozenset(WEEKDAYS)
_SMALL_NUMBERS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_SHORT_MONTHS = "|".join(month[:3] for month in MONTHS if len(month) > 4) + "|Sept"
_DAYS, _MONTHS = "|".join(WEEKDAYS), "|".join(MONTHS)
_RANGE = rf"(?:\d(?:am|pm)?|\b(?:{_DAYS})) ?[-–—] ?(?:\d{{1,2}}(?::\d\d)?(?:am|pm)|(?:{_DAYS})\b)"
_CONTRACTION = r"(?i)\b(?:\w+n['’]t|(?:we|you|they|i|he|she|it|there|that)['’](?:ll|re|ve|d))\b"
# What is found, what is wrong with it, what to write. Dates, times, numbers and signs, as the service manual asks for them.
_SIGNS: tuple[tuple[str, str, str, str], ...] = (
    ("date", r"\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b", "is a date in figures", "write for example '6 August 2027'"),
    ("date", r"\b\d{4}-\d\d-\d\d\b", "is a date in figures", "write for example '6 August 2027'"),
    ("date", r"\b\d{1,2}(?:st|nd|rd|th)\b", "has letters after the day", "write the figure alone, '6 August 2027'"),
    ("date", rf"\b\d{{1,2}} (?:{_SHORT_MONTHS})\b\.?", "shortens the month", "write the month in full"),
    ("date", rf"\b(?:{_DAYS}), ?\d{{1,2}} (?:{_MONTHS})", "has a comma after the day", "write for example 'Friday 6 August 2027'"),
    ("date", r"\b(?:Mon|Tue|Tues|Wed|Thu|Thur|Thurs|Fri|Sat|Sun)\b\.?", "shortens the day", "write the day in full"),
    ("time", r"\b\d{1,2}\.\d\d ?(?:am|pm)\b", "is a time with a stop", "write for example '5:30pm'"),
    ("time", r"\b\d{1,2}(?::\d\d)? (?:am|pm)\b", "is a time with a space", "write for example '5:30pm'"),
    ("time", r"\b\d{1,2}:\d\d\b(?! ?[ap]m)", "is a time without am or pm", "write for example '5:30pm'"),
    ("time", r"\b\d{1,2}:00(?:am|pm)\b", "is a full hour with minutes", "write for example '5pm'"),
    ("time", r"(?i)\b12 ?(?:am|pm|noon|midday|midnight)\b|\bnoon\b", "is not how the NHS writes it", "write 'midday' or 'midnight'"),
    ("range", _RANGE, "is a range with a dash", "write 'to'"),
    ("number", rf"(?i)\b(?:{_SMALL_NUMBERS})\b(?! of (?:us|you|them))", "is a number in words", "write it in figures"),
    ("number", r"(?<![\d.,/:+-])(?!(?:19|20)\d\d\b)[1-9]\d{3,}(?![\d./:-])", "is a number without its comma", "write for example '1,000'"),
    ("contraction", _CONTRACTION, "is a contraction", "write it in full"),
    ("sign", r"(?<!A)&(?!E\b)", "stands for a word", "write 'and'"),
    ("sign", r"\w\(s\)", "is a plural in brackets", "write the plural"),
    ("sign", r"(?i)\b(?:e\.g\.?|i\.e\.?|etc\b\.?)", "is short for other words", "write 'for example', 'that is' or what you mean"),
    ("sign", r"[‘’“”]", "is a curly quotation mark", "write a straight one"),
    ("sign", r"\s[–—-]\s|—", "is a dash between words", "write two sentences"),
    ("sign", r"!", "is an exclamation mark", "write a full stop"),
)  # fmt: skip
_FOUND = tuple((rule, re.compile(pattern), wrong, write) for rule, pattern, wrong, write in _SIGNS)
_UNREAD = frozenset({"letterhead", "sender", "recipient"})
_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True)
class Finding:
    """A breach of a writing rule: the rule, what is wrong, what to write, the words in question and the words around them."""

    rule: str
    what: str
    write: str
    core: str
    around: str = ""


@dataclass(frozen=True)
class _Piece:
    """Words that are read in one go."""

    kind: Literal["heading", "paragraph", "item", "cell"]
    text: str
    level: int = 0


def read_as_patient(tree: b.Tree, rules: WritingRules, names: Iterable[str], *, whole: bool) -> Iterator[Finding]:
    """Yield every breach in a page.

    Args:
        rules: limits and words of checklists/words.yaml.
        names: proper names that may have capitals wherever they stand.
        whole: read all of the page; otherwise only its `say` boxes.
    """
    parts = (tree.blocks,) if whole else tuple(box.blocks for box in said(tree))
    own = sorted(names, key=len, reverse=True)
    known = sorted({*own, *rules.names}, key=len, reverse=True)
    pieces = [piece for part in parts for piece in _pieces(part, "paragraph")]
    for piece in pieces:
        yield from _signs(piece)
        yield from _words(piece, rules, own)
        yield from _length(piece, rules)
        yield from _capitals(piece, rules, known)
    for part in parts:
        yield from _lists(part, rules, known)
        yield from _links(part, rules)
    yield from _reading_age(pieces, rules, tree.title)


def said(tree: b.Tree) -> tuple[b.Group, ...]:
    """Return the boxes of words for patients in a document for staff."""
    return tuple(node for node in b.walk(tree.blocks) if isinstance(node, b.Group) and node.kind == "say")


def spoken(blocks: Sequence[b.Block]) -> str:
    """Return the words that a patient reads or hears: no hint to staff, no mark of a draft; a missing fact is one word."""
    return "\n".join(piece.text for piece in _pieces(blocks, "paragraph"))


def text_messages(tree: b.Tree) -> tuple[str, ...]:
    """Return the text messages of a page that are whole: one with a missing fact in it has no length yet."""
    found = (node for node in b.walk(tree.blocks) if isinstance(node, b.Paragraph) and node.kind == "text")
    return tuple(b.plain(node.content) for node in found if not any(isinstance(n, b.Span) and n.kind == "gap" for n in node.content))


def _pieces(blocks: Sequence[b.Block], kind: Literal["paragraph", "item", "cell"]) -> Iterator[_Piece]:
    for block in blocks:
        match block:
            case b.Heading():
                yield _Piece("heading", _said(block.content), block.level)
            case b.Paragraph() if block.kind not in ("draft-mark", "hint", "sign-off") and not block.lang:
                yield from (_Piece(kind, line.strip()) for line in _said(block.content).split("\n") if line.strip())
            case b.List():
                for item in block.items:
                    yield from _pieces(item.blocks, "item")
            case b.Table():
                for row in (*block.head, *block.body):
                    for cell in row.cells:
                        yield from _pieces(cell.blocks, "cell")
            case b.Group() if block.kind not in _UNREAD:
                yield from _pieces(block.blocks, kind)


def _said(content: b.Inlines) -> str:
    """Return the words as a patient would read them: a fact that is still missing, or filled in later, is some word."""
    words = []
    for node in content:
        match node:
            case b.Text():
                words.append(node.text.replace("\N{NO-BREAK SPACE}", " "))
            case b.Break():
                words.append("\n")
            case b.Span() if node.kind in ("gap", "merge", "fill") or node.lang:
                words.append("this")
            case b.Strong() | b.Link() | b.Span():
                words.append(_said(node.content))
            case _:
                pass
    return "".join(words)


def _signs(piece: _Piece) -> Iterator[Finding]:
    without = _URL.sub("", piece.text)
    for rule, pattern, wrong, write in _FOUND:
        for found in pattern.finditer(_PHONE.sub("", without)):
            yield Finding(rule, f"'{found[0].strip()}' {wrong}", write, found[0].strip(), _around(without, found[0]))
    for found in _PHONE.finditer(piece.text):
        try:
            right = read_phone(found[0])
        except ValueError:
            right = ""
        if right and right != " ".join(found[0].split()):
            yield Finding("phone", f"'{found[0]}' is not how a phone number is grouped", f"write '{right}'", found[0])


def _around(text: str, found: str) -> str:
    """Return the words around a find, so that it can be found again where it was written."""
    at = text.find(found)
    start, end = text.rfind(" ", 0, max(at - 20, 0)) + 1, text.find(" ", at + len(found) + 20)
    return text[start : end if end > 0 else None].strip()


def _words(piece: _Piece, rules: WritingRules, names: Sequence[str]) -> Iterator[Finding]:
    text = _without(_URL.sub("", piece.text), names)
    for word in rules.avoid:
        for found in word.pattern.finditer(text):
            yield Finding(
                "word", f"'{found[0]}' is not a word for patients", f"write {word.write}", found[0], _around(piece.text, found[0])
            )


def _length(piece: _Piece, rules: WritingRules) -> Iterator[Finding]:
    if piece.kind == "heading":
        if piece.level == 1 and len(piece.text) > rules.heading_characters:
            yield Finding(
                "heading",
                f"the title has {len(piece.text)} characters",
                f"write at most {rules.heading_characters}",
                piece.text,
                piece.text,
            )
        if piece.text.endswith("?"):
            yield Finding("heading", f"the heading '{piece.text}' is a question", "write what the part says", piece.text)
        return
    sentences = [sentence for sentence in _SENTENCE_END.split(piece.text) if sentence]
    for sentence in sentences:
        count = len(_PHONE.sub(" 0 ", sentence).split())
        if count > rules.sentence_words:
            what = f"a sentence has {count} words: '{' '.join(sentence.split()[:8])} …'"
            yield Finding("sentence", what, f"write at most {rules.sentence_words}", sentence)
    if len(sentences) > rules.paragraph_sentences:
        what = f"a paragraph has {len(sentences)} sentences: '{' '.join(piece.text.split()[:8])} …'"
        yield Finding("paragraph", what, f"write at most {rules.paragraph_sentences}", piece.text, sentences[0])


def _capitals(piece: _Piece, rules: WritingRules, names: Sequence[str]) -> Iterator[Finding]:
    text = _without(piece.text, names)
    for found in _CAPITALS.finditer(text):
        yield Finding(
            "capitals", f"'{found[0]}' is in block capitals", "write it in small letters", found[0], _around(piece.text, found[0])
        )
    if piece.kind == "heading":
        words = [word for word in text.split()[1:] if len(word) > 3 and word[0].isalpha()]
        high = [word for word in words if word[0].isupper() and word not in _NAMES]
        if len(high) > 1 and len(high) * 2 > len(words):
            yield Finding("capitals", f"the heading '{piece.text}' has capitals inside", "write a capital at its start only", piece.text)


def _without(text: str, names: Sequence[str]) -> str:
    for name in names:
        text = text.replace(name, "")
    return text


def _lists(blocks: Sequence[b.Block], rules: WritingRules, names: Sequence[str]) -> Iterator[Finding]:
    before: b.Block | None = None
    for block in blocks:
        match block:
            case b.List() if not block.plain:
                items = [_said(inner.content) for item in block.items for inner in item.blocks[:1] if isinstance(inner, b.Paragraph)]
                yield from _list(block, items, rules, names)
                if isinstance(before, b.Paragraph) and not _said(before.content).rstrip().endswith(":"):
                    lead = _said(before.content).strip()
                    yield Finding(
                        "list", f"the words before a list do not lead into it: '{lead[-60:]}'", "end them with a colon", lead, lead
                    )
            case b.Group() if block.kind not in _UNREAD:
                yield from _lists(block.blocks, rules, names)
            case _:
                pass
        before = block


def _list(block: b.List, items: Sequence[str], rules: WritingRules, names: Sequence[str]) -> Iterator[Finding]:
    if len(block.items) > rules.list_items and items:
        yield Finding("list", f"a list has {len(block.items)} items", f"write at most {rules.list_items}", items[0])
    for item in items if not block.ordered else ():
        first = item.split(" ")[0].strip(",:;") if item else ""
        named = any(item.startswith(name) for name in names) or first in _NAMES
        if first[:1].isupper() and not named and not (len(first) > 1 and first.isupper()):
            yield Finding("list", f"the item '{item[:40]}' starts with a capital", "start it with a small letter", item)
        if item.endswith("."):
            yield Finding("list", f"the item '{item[:40]}' ends with a stop", "leave the stop out", item)


def _links(blocks: Sequence[b.Block], rules: WritingRules) -> Iterator[Finding]:
    for node in b.walk(tuple(blocks)):
        if isinstance(node, b.Link):
            words = b.plain(node.content).strip()
            if words.lower().rstrip(".") in ("here", "click here", "this link", "link", "read more", "more"):
                yield Finding("link", f"the link '{words}' does not say where it leads", "write the name of the page", words)
            if any(host in node.href for host in rules.shorteners):
                yield Finding("link", f"the link to {node.href} hides where it leads", "write the full address", words)
            if node.href.startswith("http:"):
                yield Finding("link", f"the link to {node.href} is not secure", "write an address that starts with https:", words)


def _reading_age(pieces: Sequence[_Piece], rules: WritingRules, title: str) -> Iterator[Finding]:
    """Reading age by Flesch and Kincaid; only for enough words to mean something."""
    sentences = [s for piece in pieces if piece.kind in ("paragraph", "item") for s in _SENTENCE_END.split(piece.text)]
    words = [word for sentence in sentences for word in re.findall(r"[A-Za-z]+", _URL.sub("", sentence))]
    if len(words) < rules.reading_age_from_words:
        return
    age = 0.39 * len(words) / len(sentences) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59 + 5
    if age > rules.reading_age:
        what = f"{title} has a reading age of about {age:.0f} years (a rough measure)"
        yield Finding("reading age", what, f"aim for {rules.reading_age} or less: shorter words, shorter sentences", "")


def _syllables(word: str) -> int:
    word = word.lower()
    count = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and count > 1
    return max(count - silent, 1)

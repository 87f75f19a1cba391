"""Recipients → those whose letter cannot be set: a fact is missing, our fonts lack a letter, or a line or the address does not fit.

What it says of a recipient is a row number and a reason of checklists/recipients.yaml, never what the row says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from markupsafe import escape

from migpack.letters.columns import LeftOutRule
from migpack.letters.layouts import Compositor
from migpack.letters.measure import Room, texts_of
from migpack.letters.profiles import Profile
from migpack.letters.recipients import LeftOut, Recipient
from migpack.write.pdf import Printer

_AT_ONCE = 1000
_PAGE = (
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Line</title>'
    '<link rel="stylesheet" href="library:styles/house.css"></head><body><p style="{css}; width: {width}px">{text}</p></body></html>'
)


class Fitting:
    """Looks at letters before they are made."""

    def __init__(self, compositor: Compositor, printer: Printer, profile: Profile, rules: Mapping[str, LeftOutRule]) -> None:
        """Take what sets the letters, what they have to keep to, and the reasons by their codes."""
        self._compositor, self._printer, self._profile, self._rules = compositor, printer, profile, rules
        self._fields = sorted(compositor.pattern.fields)
        self._measured: dict[tuple[Room, str], int] = {}

    def problems(self, recipients: Iterable[Recipient]) -> Iterator[LeftOut]:
        """Yield the first reason against each letter that cannot be set."""
        rest = iter(recipients)
        while some := tuple(islice(rest, _AT_ONCE)):
            self._compositor.learn(some)
            for recipient in some:
                if found := self._reason(recipient):
                    code, what = found
                    rule = self._rules[code]
                    yield LeftOut(recipient.row, code, rule.reason.replace("{what}", what), rule.what_to_do)

    def _reason(self, recipient: Recipient) -> tuple[str, str] | None:
        """Return the code of a reason, and what it is about."""
        for field in self._fields:
            if not recipient.values.get(field, "").strip():
                return "missing-value", field
        said = "".join((*recipient.address, *(recipient.values[field] for field in self._fields)))
        if not said.isascii() and self._printer.missing_letters(said):
            return "no-font", ""
        if len(recipient.address) > self._profile.most_lines:
            return "address-too-long", str(self._profile.most_lines)
        return self._too_wide(recipient)

    def _too_wide(self, recipient: Recipient) -> tuple[str, str] | None:
        texts = self._compositor.texts(recipient)
        if all(len(text) <= room.sure and text.isascii() for room, text in texts):
            return None
        counts = [self._count(room, text) for room, text in texts]
        address = counts[: len(recipient.address)]
        if 0 in address:
            return "address-too-wide", ""
        if sum(address) > self._profile.most_lines:
            return "address-too-long", str(self._profile.most_lines)
        return ("line-too-wide", "") if 0 in counts else None

    def _count(self, room: Room, text: str) -> int:
        """Return how many lines a text takes; 0 where a word of it is wider than its room."""
        if lines := room.lines[text]:
            return len(lines)
        if self._compositor.learned(room, text):
            return 1
        if (room, text) not in self._measured:
            self._measured[room, text] = self._measure(room, text)
        return self._measured[room, text]

    def _measure(self, room: Room, text: str) -> int:
        page = _PAGE.format(css=room.css, width=room.width_px, text=escape(text))
        document: Any = self._printer.lay_out_html(page, "line", forms=False, fit=False)
        lines = [line for sheet in document.pages for line in texts_of(sheet)]
        return len(lines) if all(line.width <= room.width_px for line in lines) else 0

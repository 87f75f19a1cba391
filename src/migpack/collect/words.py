"""Words as a returned file holds them → the same words as answers are kept; what a running foot says, and when it was saved.

An answer has its accents composed, line feeds between its lines, no spaces around it and no characters that no file format can carry.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping

from migpack.collect.returned import Identity
from migpack.write.zipped import DATE

_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_SAVED = re.compile(rb"<dcterms:modified[^>]*>(\d{4}-\d\d-\d\d)")
_LEFT = re.compile(r"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)\s*\N{MIDDLE DOT}[^\N{MIDDLE DOT}]*?\(([A-Z0-9]{3,10})\)")
_RIGHT = re.compile(r"(Issue\s+\d+(?:\s+draft)?)\s*\N{MIDDLE DOT}\s*([0-9A-HJKMNP-TV-Z]{4})-([0-9A-HJKMNP-TV-Z]{4})(?![0-9A-Za-z])")


def normal(text: str) -> str:
    """Return words as answers are kept."""
    lines = _LINE_END.sub("\n", unicodedata.normalize("NFC", text))
    return "".join(letter for letter in lines if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")).strip()


def foot_identity(words: str) -> Identity:
    """Return what the running foot among these words says of the document: on sheets for patients, its version and code alone."""
    left, right = _LEFT.search(words), _RIGHT.search(words)
    return Identity(
        practice=left[2] if left and right else "",
        document=left[1] if left and right else "",
        version=" ".join(right[1].split()) if right else "",
        code=right[2] + right[3] if right else "",
    )


def saved_on(parts: Mapping[str, bytes]) -> dt.date | None:
    """Return the day on which an office file was last saved, unless it is the one that all files bear as they are issued."""
    found = _SAVED.search(parts.get("docProps/core.xml", b""))
    try:
        day = dt.date.fromisoformat(found[1].decode()) if found else None
    except ValueError:
        return None
    return day if day != DATE.date() else None

"""The text of a cell → what it means: an NHS number, a birthday, or a text that can be printed. Pure."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import mul

from migpack.values import MONTHS

_SPACES = re.compile(r"[^\S\n]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\ufeff\u00ad\r"))
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_DAY = re.compile(r"(?:[A-Za-z]+ )?(\d{1,2})[ ./-](\d{1,2}|[A-Za-z]{3,9})[ ./-](\d{4})|(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?")
_MONTHS = {name.casefold()[:length]: number for number, name in enumerate(MONTHS, 1) for length in range(3, len(name) + 1)}
_GARBLED = re.compile("[ÂÃÄÅÎÏÐÙØàá][^ -~]")
_WEIGHTS = tuple(range(10, 1, -1))
_ZEROES = 48 * sum(_WEIGHTS)


def nhs_number(text: str) -> str:
    """Return the ten digits of an NHS number, or '' where the text is none: its check digit is wrong, or all digits are the same."""
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()) or digits == digits[0] * 10:
        return ""
    check = (_ZEROES - sum(map(mul, _WEIGHTS, digits.encode()))) % 11
    return digits if check == ord(digits[9]) - 48 else ""


@lru_cache(maxsize=65_536)
def read_birthday(text: str) -> dt.date | None:
    """Return a day as clinical systems write it (04-Mar-2015, 04/03/2015, 20150304 …), day before month; None where it is none."""
    found = _DAY.fullmatch(" ".join(text.split()))
    if not found:
        return None
    day, month, year = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return dt.date(int(year), int(_MONTHS.get(month.casefold(), month)), int(day))
    except ValueError:
        return None


def cleaned(cells: Sequence[str], places: Iterable[int]) -> tuple[Sequence[str], str]:
    """Return a row whose cells are in composed form and hold no invisible characters, or the code of why it cannot be trusted."""
    kept = list(cells)
    for place in places:
        text = cells[place]
        if text.isascii() and text.isprintable():
            continue
        text = _SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(_INVISIBLE))
        if "\ufffd" in text or _is_garbled(text):
            return cells, "garbled-text"
        if not text.isprintable() and any(char in _OVERRIDES or (char != "\n" and unicodedata.category(char) == "Cc") for char in text):
            return cells, "hidden-character"
        kept[place] = text
    return kept, ""


def _is_garbled(text: str) -> bool:
    """Say whether a text is UTF-8 that was read as Windows-1252: 'SiÃ¢n' is 'Siân'."""
    if not _GARBLED.search(text):
        return False
    try:
        return text.encode("cp1252").decode("utf-8") != text
    except UnicodeError:
        return False

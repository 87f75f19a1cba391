"""What a list says of where somebody lives → the 3 to 7 lines of a postal address, or the code of what is wrong with it. Pure.

The name is among the lines and the postcode is the last. Codes and rules are those that GOV.UK Notify gives its users (source
NOTIFY-LETTERS), so that an address that passes here is not refused there. A line is only tidied, never corrected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MIN_LINES, MAX_LINES = 3, 7
# The postcode areas of the UK and the Crown dependencies, British Forces and the non-geographic ones: 127 (source NOTIFY-LETTERS).
AREAS = frozenset(
    "AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GIR GL GU GY "
    "HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG "
    "RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE".split()
)
HOME = frozenset(
    "unitedkingdom uk greatbritain gb england scotland wales cymru northernireland jersey guernsey isleofman channelislands".split()
)
_POSTCODE = re.compile(r"([A-Z]{1,3})\d[A-Z\d]?\d[ABD-HJLNP-UW-Z]{2}")
_POSTCODE_AT_END = re.compile(r"(.*\S)[ ,]+([A-Z]{1,3}\d[A-Z\d]? ?\d[A-Z]{2})", re.IGNORECASE)
_FORBIDDEN_FIRST = frozenset('@()=[]"\\/,<>~')
_NO_ABODE = re.compile(r"nfa|.*nofixed(?:abode|address).*")
_MAYBE_NO_ABODE = ("fixed", "nfa", "n.f.a", "n/f/a", "n f a")  # a quick look, since nearly no address says so
_BFPO = re.compile(r"BFPO\s*\d{1,4}", re.IGNORECASE)
_BEFORE_STOP = re.compile(r" +(?=[,.])")
_HOUSE_NUMBER = re.compile(r"\d+[A-Za-z]?(?:[-/]\d+[A-Za-z]?)?")


class Address(NamedTuple):
    """The lines of an address; or none, and the `code` of what is wrong. `dropped` is 'county' where there was no room for it."""

    lines: tuple[str, ...]
    code: str = ""
    dropped: str = ""


def compose(name: Sequence[str], parts: Iterable[str], county: str, postcode: str, countries: frozenset[str]) -> Address:
    """Return an address made of the columns of a clinical system: the lines of the name, the parts in order, county and postcode.

    A part that only says the one before again is left out; a county is, where there are too many lines, which `dropped` says.
    """
    kept = list(name)
    last = ""
    for part in parts:
        if part and (tidy := tidied(part)) and (fold := tidy.casefold()) != last:
            kept.append(tidy)
            last = fold
    county, postcode = tidied(county), tidied(postcode)
    if postcode and kept and last.replace(" ", "") == postcode.casefold().replace(" ", ""):
        kept.pop()
    if county and county.casefold() != last:
        if len(kept) + 2 > MAX_LINES:
            return _checked([*kept, postcode] if postcode else kept, "county", countries)
        kept.append(county)
    if postcode:
        kept.append(postcode)
    return _checked(kept, "", countries)


def split_address(cell: str) -> list[str]:
    """Return the parts of an address that stands in one cell, with commas or line breaks between; a postcode at the end is parted off."""
    parts = [tidy for part in re.split(r"[\r\n]+" if "\n" in cell.strip() else ",", cell) if (tidy := tidied(part))]
    if parts and (found := _POSTCODE_AT_END.fullmatch(parts[-1])) and uk_postcode(found[2]):
        parts[-1:] = [tidied(found[1]), found[2]]
    return parts


def joined_house(house: str, street: str) -> tuple[str, ...]:
    """Return house and street as lines: a bare house number stands before its street."""
    house, street = house.strip(), street.strip()
    return (f"{house} {street}",) if street and _HOUSE_NUMBER.fullmatch(house) else (house, street)


def uk_postcode(text: str) -> str:
    """Return a real UK postcode in capitals with one space, or '' where it is none."""
    packed = text.upper().replace(" ", "")
    found = _POSTCODE.fullmatch(packed)
    return f"{packed[:-3]} {packed[-3:]}" if found and found[1] in AREAS else ""


def tidied(line: str) -> str:
    """Return a line without doubled spaces, spaces before commas and stops, and commas at its end."""
    text = " ".join(line.split())
    if text.endswith(","):
        text = text.rstrip(" ,")
    return _BEFORE_STOP.sub("", text) if " ," in text or " ." in text else text


def folded(text: str) -> str:
    """Return letters and digits alone, in small letters: how names of countries are compared."""
    return "".join(char for char in text.casefold() if char.isalnum())


def _checked(lines: list[str], dropped: str, countries: frozenset[str]) -> Address:
    if not lines:
        return Address((), "address-is-empty")
    said = "\n".join(lines).casefold()
    if any(words in said for words in _MAYBE_NO_ABODE) and any(_NO_ABODE.fullmatch(folded(line)) for line in lines):
        return Address((), "no-fixed-abode-address")
    postcode = uk_postcode(lines[-1])
    if not postcode:
        lines, postcode, code = _last_line(lines, countries)
        if code:
            return Address((), code)
    if len(lines) > MAX_LINES:
        lines = [line for place, line in enumerate(lines) if place < MAX_LINES - 2 or folded(line) not in HOME]
    if code := _form_code(lines):
        return Address((), code)
    return Address((*lines[:-1], postcode), "", dropped)


def _last_line(lines: list[str], countries: frozenset[str]) -> tuple[list[str], str, str]:
    """Return lines and last line of an address whose last line is no postcode, or a code: a country, BFPO, or something else."""
    forces = [place for place, line in enumerate(lines) if _BFPO.search(line)]
    last = folded(lines[-1])
    if forces:
        if last in HOME or last in countries:
            return [], "", "has-country-for-bfpo-address"
        lines = [line for place, line in enumerate(lines) if place != forces[-1]] + [lines[forces[-1]]]
        return lines, lines[-1], ""
    if last in HOME and len(lines) > 1 and (postcode := uk_postcode(lines[-2])):
        return lines[:-1], postcode, ""
    if last in countries or (len(lines) > 1 and folded(lines[-2]) in countries):
        return [], "", "cant-send-international-letters"
    return [], "", "not-enough-address-lines" if len(lines) < MIN_LINES else "not-a-real-uk-postcode"


def _form_code(lines: Sequence[str]) -> str:
    """Return what is wrong with the form of lines that end in a postcode, or ''."""
    if len(lines) < MIN_LINES:
        return "not-enough-address-lines"
    if len(lines) > MAX_LINES:
        return "too-many-address-lines"
    for line in lines:
        if line[0] in _FORBIDDEN_FIRST:
            return "invalid-char-in-address"
        if not line[0].isalnum() and line in lines[:2] and not any(map(str.isalnum, line)):
            return "invalid-address-line-1-or-2"
    return ""

"""Addresses: what a letter can be sent to, what it cannot, and why, by the rules of GOV.UK Notify."""

from __future__ import annotations

import string
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migpack.letters.addresses import AREAS, Address, compose, joined_house, split_address, tidied, uk_postcode

ABROAD = frozenset({"france", "ireland", "usa"})


def read_address(lines: Iterable[str], countries: frozenset[str] = frozenset()) -> Address:
    """Return an address whose lines stand one below the other."""
    return compose((), lines, "", "", countries)


GOOD = [
    ("Ann Sample|1 Mill Lane|EX1 2AB", "Ann Sample|1 Mill Lane|EX1 2AB"),
    ("Ann Sample|1 Mill Lane|ex12ab", "Ann Sample|1 Mill Lane|EX1 2AB"),
    ("Ann Sample||1 Mill Lane ,| |Exampleton,|EX1  2AB", "Ann Sample|1 Mill Lane|Exampleton|EX1 2AB"),
    ("A|B|C|D|E|F|CF10 1AA", "A|B|C|D|E|F|CF10 1AA"),
    ("Ann Sample|1 Mill Lane|CF10 1AA|Wales", "Ann Sample|1 Mill Lane|CF10 1AA"),
    ("A|B|C|D|E|F|CF10 1AA|United Kingdom", "A|B|C|D|E|F|CF10 1AA"),
    ("A|B|C|D|E|F|Wales|CF10 1AA", "A|B|C|D|E|F|CF10 1AA"),
    ("Ann Sample|1 Mill Lane|JE2 3AB", "Ann Sample|1 Mill Lane|JE2 3AB"),
    ("Cpl Ann Sample|1 Example Regiment|BFPO 58", "Cpl Ann Sample|1 Example Regiment|BFPO 58"),
    ("Cpl Ann Sample|1 Example Regiment|BFPO 58|BF1 2AU", "Cpl Ann Sample|1 Example Regiment|BFPO 58|BF1 2AU"),
]
BAD = [
    ("", "address-is-empty"),
    (" |,", "address-is-empty"),
    ("Ann Sample|EX1 2AB", "not-enough-address-lines"),
    ("Ann Sample|1 Mill Lane", "not-enough-address-lines"),
    ("Ann Sample|BFPO 58", "not-enough-address-lines"),
    ("A|B|C|D|E|F|G|EX1 2AB", "too-many-address-lines"),
    ("Ann Sample|1 Mill Lane|Exampleton", "not-a-real-uk-postcode"),
    ("Ann Sample|1 Mill Lane|Leeds LS1 4AP", "not-a-real-uk-postcode"),
    ("Ann Sample|1 Mill Lane|QQ1 2AB", "not-a-real-uk-postcode"),
    ("Ann Sample|1 Mill Lane|EX1 2CB", "not-a-real-uk-postcode"),
    ("Ann Sample|1 Mill Lane|Paris|France", "cant-send-international-letters"),
    ("Ann Sample|1 Mill Lane|Ireland|D02 XY00", "cant-send-international-letters"),
    ("Cpl Ann Sample|1 Example Regiment|BFPO 58|France", "has-country-for-bfpo-address"),
    ("--|Mill Lane|EX1 2AB", "invalid-address-line-1-or-2"),
    ("Ann Sample|.|EX1 2AB", "invalid-address-line-1-or-2"),
    ("Ann Sample|(Flat 2)|1 Mill Lane|EX1 2AB", "invalid-char-in-address"),
    ("Ann Sample|1 Mill Lane|/ Exampleton|EX1 2AB", "invalid-char-in-address"),
    ("Ann Sample|NFA|EX1 2AB", "no-fixed-abode-address"),
    ("Ann Sample|N.F.A.|Exampleton|EX1 2AB", "no-fixed-abode-address"),
    ("Ann Sample|No Fixed Abode|Exampleton|EX1 2AB", "no-fixed-abode-address"),
    ("Ann Sample|(no fixed address)|Exampleton|EX1 2AB", "no-fixed-abode-address"),
]


@pytest.mark.parametrize(("given_lines", "printed"), GOOD)
def test_an_address_is_printed_tidily(given_lines: str, printed: str) -> None:
    assert read_address(given_lines.split("|"), ABROAD) == Address(tuple(printed.split("|")))


@pytest.mark.parametrize(("given_lines", "code"), BAD)
def test_what_is_wrong_with_an_address_is_known_by_its_code(given_lines: str, code: str) -> None:
    assert read_address(given_lines.split("|"), ABROAD) == Address((), code)


def test_a_line_that_only_looks_like_no_abode_is_an_address() -> None:
    lines = ("Ann Nfaro", "2 Fixedge Road", "EX1 2AB")
    assert read_address(lines).lines == lines


@given(st.sampled_from(sorted(AREAS)), st.integers(0, 99), st.integers(0, 9), st.text("ABDEFGHJLNPQRSTUWXYZ", min_size=2, max_size=2))
def test_a_postcode_is_read_however_it_is_spaced_and_written(area: str, district: int, sector: int, unit: str) -> None:
    postcode = f"{area}{district} {sector}{unit}"
    assert uk_postcode(postcode) == uk_postcode(postcode.lower().replace(" ", "")) == uk_postcode(f" {postcode} ") == postcode


@given(st.text(string.ascii_uppercase + string.digits + " ", max_size=9))
def test_what_is_taken_for_a_postcode_has_a_real_area(text: str) -> None:
    found = uk_postcode(text)
    assert not found or any(found.startswith(area) and found[len(area)].isdigit() for area in AREAS)


@given(st.lists(st.text("aB1 ,.-'/(é\u00a0", max_size=12), max_size=10))
def test_whatever_stands_in_an_address_it_has_3_to_7_lines_or_a_code(lines: list[str]) -> None:
    found = read_address([*lines, "EX1 2AB"])
    assert bool(found.lines) != bool(found.code)
    if found.lines:
        assert 3 <= len(found.lines) <= 7
        assert all(line == tidied(line) for line in found.lines)


def test_the_columns_of_a_clinical_system_make_lines() -> None:
    made = compose(
        ("Ann Sample",), (*joined_house("Flat 2", "9 Mill Lane"), "Nether Example", "EXAMPLETON"), "Exampleshire", "ex1 2ab", ABROAD
    )
    assert made.lines == ("Ann Sample", "Flat 2", "9 Mill Lane", "Nether Example", "EXAMPLETON", "Exampleshire", "EX1 2AB")
    assert not made.dropped


@pytest.mark.parametrize(
    ("house", "lines"),
    [("12", ("12 Mill Lane",)), ("12B", ("12B Mill Lane",)), ("3/4", ("3/4 Mill Lane",)), ("Flat 1", ("Flat 1", "Mill Lane"))],
)
def test_a_bare_house_number_stands_before_its_street(house: str, lines: tuple[str, ...]) -> None:
    assert joined_house(house, "Mill Lane") == lines


def test_a_county_without_room_is_left_out_and_said() -> None:
    made = compose(("Ann Sample",), "ABCDE", "Exampleshire", "EX1 2AB", ABROAD)
    assert made == Address(("Ann Sample", *"ABCDE", "EX1 2AB"), "", "county")


def test_what_an_address_says_twice_is_printed_once() -> None:
    assert compose(("Ann Sample",), ("1 Mill Lane", "Exampleton", "EXAMPLETON"), "", "EX1 2AB", ABROAD).lines[2:] == (
        "Exampleton",
        "EX1 2AB",
    )
    assert compose(("Ann Sample",), ("1 Mill Lane", "ex1 2ab"), "", "EX1 2AB", ABROAD).lines == ("Ann Sample", "1 Mill Lane", "EX1 2AB")


@pytest.mark.parametrize(
    "cell", ["1 Mill Lane, Exampleton, EX1 2AB", "1 Mill Lane\nExampleton\nEX1 2AB", "1 Mill Lane, Exampleton EX1 2AB"]
)
def test_an_address_in_one_cell_is_parted(cell: str) -> None:
    assert split_address(cell) == ["1 Mill Lane", "Exampleton", "EX1 2AB"]

"""Small values: what people write and what it means."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migpack import filters, values
from migpack.check import is_nhs_number

D = dt.date(2027, 3, 4)


@pytest.mark.parametrize(
    ("text", "date", "time"),
    [
        ("2027-03-04", D, None),
        ("Thursday 2027-03-04", D, None),
        ("Thu 4 March 2027", D, None),
        ("Thursday, 4 Mar 2027", D, None),
        ("2027-03-04 18:30", D, dt.time(18, 30)),
        ("2027-03-04T08:00", D, dt.time(8)),
        ("Thursday 4 March 2027 at 6.30pm", D, dt.time(18, 30)),
        ("4 March 2027 midday", D, dt.time(12)),
        ("4 March 2027 12am", D, dt.time(0)),
    ],
)
def test_dates_and_times_as_people_write_them(text: str, date: dt.date, time: dt.time | None) -> None:
    assert values.read_moment(text) == values.Moment(date, time)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Friday 2027-03-04", "is a Thursday, not a Friday"),
        ("31 June 2027", "no such day as 31 June 2027"),
        ("2027-13-01", "no such day"),
        ("04/03/2027", "not a date"),
        ("4 Mach 2027", "not a month"),
        ("soon", "not a date"),
        ("2027-03-04 25:00", "not a time"),
        ("1827-03-04", "cannot be meant"),
    ],
)
def test_dates_that_cannot_be_right_say_so_and_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        values.read_moment(text)
    assert " \N{EM DASH} write" in str(error.value)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)), st.times().map(lambda t: t.replace(second=0, microsecond=0)))
def test_what_the_pages_print_reads_back(date: dt.date, time: dt.time) -> None:
    assert values.read_moment(filters.day(date)) == values.Moment(date)
    assert values.read_moment(filters.date(date)) == values.Moment(date)
    assert values.read_moment(filters.short_day(date)) == values.Moment(date)
    assert values.read_time(filters.clock(time)) == time


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("01632960001", "01632 960 001"),
        ("+44 1632 960001", "01632 960 001"),
        ("(020) 7946 0001", "020 7946 0001"),
        ("0808 1570001", "0808 157 0001"),
        ("07700 900123", "07700 900 123"),
        ("0113 4960001", "0113 496 0001"),
        ("111", "111"),
    ],
)
def test_phone_numbers_are_grouped_as_the_nhs_writes_them(given: str, printed: str) -> None:
    assert values.read_phone(given) == printed


@pytest.mark.parametrize("text", ["12", "phone", "01632", "016329600010001"])
def test_what_is_no_phone_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a phone number"):
        values.read_phone(text)


@pytest.mark.parametrize(("text", "is_one"), [("ex1 2ab", True), ("EX12AB", True), ("SW1A 1AA", True), ("EX1 2CI", False), ("EX1", False)])
def test_postcodes(text: str, is_one: bool) -> None:
    if is_one:
        assert values.read_postcode(text)[-4] == " "
    else:
        with pytest.raises(ValueError, match="not a postcode"):
            values.read_postcode(text)


@given(st.lists(st.from_regex(r"[A-Z][a-z]{2,20}", fullmatch=True), min_size=1, max_size=6))
def test_an_address_reads_the_same_as_a_list_as_lines_and_with_commas(lines: list[str]) -> None:
    whole = [*lines, "EX1 2AB"]
    expected = tuple(whole)
    assert values.read_address(whole) == values.read_address("\n".join(whole)) == values.read_address(", ".join(whole)) == expected


@pytest.mark.parametrize("text", ["EX1 2AB", "1 Mill Lane, Exampleton", "a, b, c, d, e, f, g, EX1 2AB"])
def test_an_address_needs_lines_and_a_postcode(text: str) -> None:
    with pytest.raises(ValueError, match="postcode"):
        values.read_address(text)


@pytest.mark.parametrize("char", ["\0", "\x1b", "\u202e", "\u2066"])
def test_hidden_characters_are_refused(char: str) -> None:
    with pytest.raises(ValueError, match=r"hidden control character \(U\+"):
        values.clean_text(f"Mill{char}Lane")


@given(st.integers(0, 999_999_999))
def test_the_nhs_check_digit_catches_every_single_wrong_digit(body: int) -> None:
    digits = f"{body:09}"
    good = [digit for digit in "0123456789" if is_nhs_number(digits + digit)]
    assert len(good) <= 1
    assert not good or not is_nhs_number(digits + str((int(good[0]) + 1) % 10))


def test_known_nhs_numbers() -> None:
    assert is_nhs_number("999 000 0018")
    assert not is_nhs_number("999 123 4567")
    assert not is_nhs_number("999 999 9999")

"""Which days are worked in England, and stepping over them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migpack.phrases import Length
from migpack.workdays import DAY, WorkCalendar, easter

days = st.dates(dt.date(2025, 1, 1), dt.date(2032, 12, 31))
CALENDAR = WorkCalendar.of([dt.date(2027, 3, 10)])


@pytest.mark.parametrize(
    ("day", "why"),
    [
        ("2027-03-26", "Good Friday"),
        ("2027-03-29", "Easter Monday"),
        ("2027-12-27", "Christmas"),
        ("2027-12-28", "Boxing"),
        ("2026-12-28", "Boxing"),
        ("2027-03-13", "Saturday"),
        ("2027-03-10", "closed"),
    ],
)
def test_days_that_are_not_worked_say_why(day: str, why: str) -> None:
    date = dt.date.fromisoformat(day)
    assert not CALENDAR.is_worked(date)
    assert why in CALENDAR.why_not_worked(date)


def test_scottish_and_welsh_days_are_worked_in_england() -> None:
    assert CALENDAR.is_worked(dt.date(2026, 11, 30))
    assert CALENDAR.is_worked(dt.date(2027, 3, 1))


@given(days, st.integers(0, 60))
def test_working_days_forward_then_back_is_the_same_working_day(day: dt.date, n: int) -> None:
    start = CALENDAR.nearest_worked(day, later=True)
    there = CALENDAR.step(start, Length(n, "working days"), 1)
    assert CALENDAR.is_worked(there)
    assert CALENDAR.step(there, Length(n, "working days"), -1) == start


@given(days, st.integers(1, 60), st.sampled_from([-1, 1]))
def test_a_step_of_working_days_passes_exactly_so_many_worked_days(day: dt.date, n: int, sign: int) -> None:
    there = CALENDAR.step(day, Length(n, "working days"), sign)
    between = [day + sign * k * DAY for k in range(1, abs((there - day).days) + 1)]
    assert sum(map(CALENDAR.is_worked, between)) == n


@given(days, st.integers(0, 40), st.sampled_from([-1, 1]))
def test_weeks_are_seven_days(day: dt.date, n: int, sign: int) -> None:
    assert CALENDAR.step(day, Length(n, "weeks"), sign) - day == dt.timedelta(days=7 * n * sign)


def test_a_month_stays_inside_the_month_it_reaches() -> None:
    assert CALENDAR.step(dt.date(2027, 3, 31), Length(1, "months"), -1) == dt.date(2027, 2, 28)
    assert CALENDAR.step(dt.date(2027, 11, 30), Length(3, "months"), 1) == dt.date(2028, 2, 29)


def test_easter() -> None:
    assert [easter(year) for year in (2026, 2027, 2028)] == [dt.date(2026, 4, 5), dt.date(2027, 3, 28), dt.date(2028, 4, 16)]

"""Which days are worked in England, and stepping over them.

Dates in, dates out. Bank holidays come from the `holidays` library (subdivision ENG); the practice's own closed days
are not worked either. Saturdays and Sundays are never worked days.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from migpack.phrases import Length

DAY = dt.timedelta(days=1)


@cache
def _bank_holidays() -> Any:
    import holidays

    return holidays.country_holidays("GB", subdiv="ENG")


@dataclass(frozen=True)
class WorkCalendar:
    """England's working days less the practice's own closed days."""

    closed: frozenset[dt.date] = field(default_factory=frozenset)

    @classmethod
    def of(cls, closed: Iterable[dt.date] = ()) -> WorkCalendar:
        """Return the calendar of a practice that is also closed on these days."""
        return cls(frozenset(closed))

    def bank_holiday(self, day: dt.date) -> str:
        """Return the bank holiday's name, or ''."""
        return str(_bank_holidays().get(day, ""))

    def is_worked(self, day: dt.date) -> bool:
        """Say whether the practice works on this day."""
        return day.weekday() < 5 and day not in self.closed and not self.bank_holiday(day)

    def why_not_worked(self, day: dt.date) -> str:
        """Return 'a Saturday', 'Good Friday' and so on; '' for a day that is worked."""
        if name := self.bank_holiday(day):
            return name
        if day in self.closed:
            return "a day the practice is closed"
        return f"a {day:%A}" if day.weekday() >= 5 else ""

    def nearest_worked(self, day: dt.date, *, later: bool) -> dt.date:
        """Return the day itself if worked, else the next (or the last) worked one."""
        while not self.is_worked(day):
            day += DAY if later else -DAY
        return day

    def step(self, day: dt.date, length: Length, sign: int) -> dt.date:
        """Return the day that lies `length` after (sign 1) or before (sign -1) `day`.

        Days, weeks and months are calendar units (a month's last day stays inside the month); working days count
        worked days only. Hours and minutes belong to times, not to dates.
        """
        if length.unit == "months":
            month = day.month - 1 + sign * length.n
            year, month = day.year + month // 12, month % 12 + 1
            return day.replace(year=year, month=month, day=min(day.day, calendar.monthrange(year, month)[1]))
        if length.unit == "working days":
            for _ in range(length.n):
                day = self.nearest_worked(day + sign * DAY, later=sign > 0)
            return day
        if length.unit not in ("days", "weeks"):
            raise ValueError(f"a date cannot be moved by {length}")
        return day + sign * length.n * (7 if length.unit == "weeks" else 1) * DAY


def easter(year: int) -> dt.date:
    """Return Easter Sunday."""
    from dateutil.easter import easter as western_easter

    return western_easter(year)

"""How values read on a page: dates, times, money, lists. Each filter takes a value (or a gap, which passes through) and
returns text in the form the NHS service manual asks for (source SM). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any

from markupsafe import Markup, escape


class Gap:
    """A fact that nobody has given yet: false, and printed as a mark that names its key."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __bool__(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Gap:
        if name.startswith("_"):
            raise AttributeError(name)
        return Gap(f"{self.key}.{name}")

    def __iter__(self) -> Any:
        return iter(())

    def __html__(self) -> str:
        return f'<span class="gap" data-key="{escape(self.key)}">[to add: {escape(self.key)}]</span>'

    def __str__(self) -> str:
        return self.__html__()


def _passing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let gaps through unchanged."""

    def passed(value: Any, *args: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, Gap) else function(value, *args, **kwargs)

    return passed


def day(value: dt.date) -> str:
    """Thursday 4 March 2027"""
    return f"{value:%A} {value.day} {value:%B %Y}"


def date(value: dt.date) -> str:
    """4 March 2027"""
    return f"{value.day} {value:%B %Y}"


def short_day(value: dt.date) -> str:
    """Thu 4 Mar 2027, for narrow columns of staff documents"""
    return f"{value:%a} {value.day} {value:%b %Y}"


def day_month(value: dt.date) -> str:
    """4 March"""
    return f"{value.day} {value:%B}"


def clock(value: dt.time | dt.datetime) -> str:
    """5pm, 5:30pm, midday, midnight"""
    if value.minute == 0 and value.hour in (0, 12):
        return "midday" if value.hour else "midnight"
    minutes = f":{value.minute:02}" if value.minute else ""
    return f"{value.hour % 12 or 12}{minutes}{'am' if value.hour < 12 else 'pm'}"


def money(value: int) -> str:
    """£12,500"""
    return f"£{value:,}"


def number(value: int) -> str:
    """8,450"""
    return f"{value:,}"


def listing(values: Iterable[Any]) -> Markup:
    """a, b and c"""
    parts = [escape(value) for value in values]
    if len(parts) < 2:
        return parts[0] if parts else Markup("")
    return Markup(", ").join(parts[:-1]) + Markup(" and ") + parts[-1]


def lower_first(text: str) -> str:
    """Put a title into the middle of a sentence: 'Final extract' becomes 'final extract'; 'NHS App' stays."""
    text = str(text)
    return text if len(text) > 1 and text[1].isupper() else text[:1].lower() + text[1:]


def lines(values: Iterable[Any]) -> Markup:
    """One line each, as an address stands."""
    return Markup("<br>").join(escape(value) for value in values)


def whole(address: str) -> Markup:
    """An address of e-mail or the web: no line ends within it, unless it is wider than a line."""
    return Markup('<span class="whole">{}</span>').format(address)


def blank(value: Any) -> Any:
    """What a field is prefilled with: nothing for a gap or None."""
    return "" if value is None or isinstance(value, Gap) else value


FILTERS: dict[str, Callable[..., Any]] = {
    **{f.__name__: _passing(f) for f in (day, date, short_day, day_month, clock, money, number, lower_first, listing, lines, whole)},
    "blank": blank,
}

"""A Plan in, the geometry of its timeline picture out: lanes by phase, dots, labels that do not collide.

Units are millimetres of the A3 wall sheet; origin top left, y grows downward. The picture is always as tall as its
place on the sheet: rows draw closer together, and labels grow smaller, rather than run over. Pure.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from migpack.model import Milestone, Plan

WIDTH = 384.0
HEIGHT = 214.0
LEFT = 42.0
TOP = 15.0
BOTTOM = 6.0
LANE_PAD = 1.8
MOST_ROW = 7.2
TEXT = 3.6
DOT = 2.4  # from the middle of a dot to its label
MONTH = 16.0  # the label of a month
APART = 3.2  # between two labels in a row, or the middles of two dots
# The dates that everybody in the practice knows by heart at the end; their labels are bold.
KEY = frozenset({"order", "initial_extract", "data_sign_off", "cutover_meeting", "final_extract", "go_live", "legacy_end"})

Across = Callable[[dt.date], float]


@dataclass(frozen=True)
class Dot:
    """A milestone on the picture: where its dot and label stand, and what the label says."""

    milestone: Milestone
    x: float
    y: float
    text_x: float
    anchor: str
    width: float
    label: str
    key: bool


@dataclass(frozen=True)
class Lane:
    """A phase: its band, its title in lines that fit beside it, and its milestones."""

    title: str
    lines: tuple[str, ...]
    y: float
    height: float
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class Tick:
    """The first day of a month; the label is '' where there is no room for it."""

    x: float
    label: str


@dataclass(frozen=True)
class Chart:
    """The whole picture; `text` is the size of the labels, `cutover` the left and right edge of that band."""

    width: float
    height: float
    left: float
    top: float
    bottom: float
    text: float
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    cutover: tuple[float, float]


@dataclass(frozen=True)
class _Spot:
    milestone: Milestone
    label: str
    width: float
    x: float
    row: int
    left_side: bool


def make_chart(plan: Plan) -> Chart:
    """Return the timeline picture of a plan."""
    milestones = sorted(plan.milestones.values(), key=lambda m: (m.date, m.time or dt.time(0)))
    first, last = milestones[0].date - dt.timedelta(days=3), milestones[-1].date + dt.timedelta(days=3)

    def across(day: dt.date) -> float:
        return round(LEFT + 2 + (WIDTH - LEFT - 4) * (day - first).days / (last - first).days, 2)

    phases = [(p.title, _places([m for m in milestones if m.phase == p.id], across)) for p in plan.case.content.timeline.phases]
    phases = [(title, spots) for title, spots in phases if spots]
    rows = sum(_rows(spots) for _, spots in phases)
    room = HEIGHT - TOP - BOTTOM - 2 * LANE_PAD * len(phases)
    row = min(MOST_ROW, room / rows)
    lanes = tuple(_lanes(phases, row))
    band = across(plan.milestones["final_extract"].date), across(plan.milestones["go_live"].date)
    bottom = round(lanes[-1].y + lanes[-1].height, 2)
    ticks = tuple(_ticks(first, last, across))
    return Chart(WIDTH, bottom + BOTTOM, LEFT, TOP, bottom, round(min(TEXT, row * 0.8), 2), lanes, ticks, band)


@lru_cache(maxsize=1024)
def text_width(text: str, *, bold: bool = False) -> float:
    """Return about how wide a label is drawn in Arial's widths."""
    ems = sum(0.28 if char in " .,:;'|!()[]/-fijlrtI" else 0.8 if char in "mwMW@%" or char.isupper() else 0.556 for char in text)
    return ems * TEXT * (1.08 if bold else 1.0)


def _places(milestones: Sequence[Milestone], across: Across) -> list[_Spot]:
    """Place the labels of a lane in as few rows as may be.

    Dots stand close together where much happens, so the earlier labels reach out to the left and the later ones to
    the right; every point to change sides is tried, and of equals the one with most labels on the right is taken.
    """
    tries = [_try(milestones, across, turn) for turn in range(len(milestones) + 1)]
    return min(tries, key=_rows) if milestones else []


def _try(milestones: Sequence[Milestone], across: Across, turn: int) -> list[_Spot]:
    """Put each label into the first row that is free on its side; those before `turn` would rather stand left of their dots."""
    taken: list[list[tuple[float, float]]] = []
    spots = []
    for number, milestone in enumerate(milestones):
        x = across(milestone.date)
        label = f"{milestone.date.day} {milestone.date:%b}  {milestone.title}"
        width = text_width(label, bold=milestone.id in KEY)
        reach = {True: (x - DOT - width, x), False: (x, x + DOT + width)}
        sides = [left for left in (number < turn, number >= turn) if reach[left][0] > LEFT and reach[left][1] < WIDTH] or [True]
        free = ((row, left) for left in sides for row, used in enumerate(taken) if _is_free(used, *reach[left]))
        row, left_side = next(free, (len(taken), sides[0]))
        if row == len(taken):
            taken.append([])
        taken[row].append(reach[left_side])
        spots.append(_Spot(milestone, label, width, x, row, left_side))
    return spots


def _is_free(used: Sequence[tuple[float, float]], start: float, end: float) -> bool:
    return all(end + APART < other_start or other_end + APART < start for other_start, other_end in used)


def _rows(spots: Sequence[_Spot]) -> int:
    return 1 + max(spot.row for spot in spots)


def _lanes(phases: Sequence[tuple[str, Sequence[_Spot]]], row: float) -> Iterator[Lane]:
    y = TOP
    for title, spots in phases:
        lines = tuple(textwrap.wrap(title, 21))
        height = max(_rows(spots) * row, len(lines) * TEXT * 1.25) + 2 * LANE_PAD
        first = y + (height - _rows(spots) * row) / 2 + row / 2
        dots = tuple(_dot(spot, round(first + spot.row * row, 2)) for spot in spots)
        yield Lane(title, lines, round(y, 2), round(height, 2), dots)
        y += height


def _dot(spot: _Spot, y: float) -> Dot:
    text_x, anchor = (spot.x - DOT, "end") if spot.left_side else (spot.x + DOT, "start")
    return Dot(spot.milestone, spot.x, y, round(text_x, 2), anchor, round(spot.width, 2), spot.label, spot.milestone.id in KEY)


def _ticks(first: dt.date, last: dt.date, across: Across) -> Iterator[Tick]:
    """Yield the month starts; in a plan of years, months without room for a label go without."""
    day, labelled = dt.date(first.year, first.month, 1), -WIDTH
    while day <= last:
        x = across(day)
        if day >= first:
            room = x - labelled > MONTH and x + MONTH < WIDTH
            labelled = x if room else labelled
            yield Tick(x, f"{day:%b %Y}" if room else "")
        day = (day + dt.timedelta(days=32)).replace(day=1)

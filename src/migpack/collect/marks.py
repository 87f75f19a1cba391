"""A sheet and the place of a field in, what a pen left there out. Lengths are millimetres, darkness is a part of the local white.

Judged are boxes (ticked, empty, doubtful) and whether there is ink in a place for words. A box is first found by its printed border, a
little beside where it should be if need be. Never guesses: between the limits a person is asked.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from migpack.model import Spot

if TYPE_CHECKING:
    from migpack.collect.sheets import Floats, Sheet

Verdict = Literal["ticked", "empty", "doubtful"]

PER_MM = 10  # dots at which a box is looked at
AROUND_MM = 3.5  # what is seen round a box: a scribble goes beyond it
ASTRAY, ASTRAY_MM = 0.4, 2.0  # of its width, and at most: how far a border may stand from its place; less than half way to the next box
FAINT = 0.12  # darker than the paper round about by less than this is noise, or the other side shining through
FULL = 0.5  # darker by this is full ink
BROAD = 16  # dots: what is wider (1.6 mm or more) and paler than full ink is a stain or a shadow, and counts as paper there
BORDER_LEAST = 0.45  # of full ink along the printed border, and along its weakest side:
SIDE_LEAST = 0.25  # a border that a hole or a staple has taken says that the box may be damaged too
AS_GOOD, ONE_PLACE_MM = 0.8, 1.0  # where all sides are so dark a part of the best, a border may stand too; such places lie within that
EMPTY_MOST = 0.012  # of the inside: three specks of dust
TICKED_LEAST = 0.035  # of the inside: a stroke of 1 mm by a fine pen
MIDDLE_LEAST = 0.3  # of the ink's thickness lies near the middle of a tick; a ring only cuts the corners
SCRIBBLE_INSIDE, SCRIBBLE_OUTSIDE = 0.4, 0.25  # more than that inside and on three sides outside: crossed out
PRINTED_TICK = (0.14, 0.28)  # ink of a box that was printed ticked: 0.20 to 0.23 unless somebody drew over it
WORD_MM2 = 0.8  # of ink: less than the shortest word or figure that people write
SMALL_MM2, CAPITAL_MM2 = 2.2, 2.9  # of ink of a printed letter of 9.5 points, as a blurred scan thickens it
EDGE_MM, WIDE_EDGE_MM = 0.8, 1.8  # of a place for words is left out, where its border may be; the second where the sheet lacks a code
_WIDE_MM = 4.0  # boxes at least so wide have a border of half a millimetre, those of lists one of 0.35


def judge_box(sheet: Sheet, spot: Spot, *, printed: bool = False) -> Verdict:
    """Return whether a box is ticked; `printed` says that it was printed ticked."""
    seen, anything = _darkness(sheet.patch(*_grown(spot, AROUND_MM), PER_MM))
    wide, high = round(spot.width_mm * PER_MM), round(spot.height_mm * PER_MM)
    line = 0.5 if spot.width_mm >= _WIDE_MM else 0.35
    border = _find_border(seen, wide, high, round(line / 2 * PER_MM))
    left, top = round(AROUND_MM * PER_MM) + border.right, round(AROUND_MM * PER_MM) + border.down
    inset = round((line + 0.3) * PER_MM)
    within = slice(top + inset, top + high - inset), slice(left + inset, left + wide - inset)
    inside, ink = seen[within], float(seen[within].mean())
    crossed_out = anything[within].mean() > SCRIBBLE_INSIDE and _sides_with_ink(anything, top, left, wide, high) >= 3
    if not border.is_sure or crossed_out:
        return "doubtful"
    if printed:
        return "ticked" if PRINTED_TICK[0] <= ink <= PRINTED_TICK[1] else "doubtful"
    if ink < EMPTY_MOST:
        return "empty"
    ticked = ink >= TICKED_LEAST and _middle(inside) >= MIDDLE_LEAST * ink
    return "ticked" if ticked else "doubtful"


def ink_mm2(sheet: Sheet, spot: Spot) -> float:
    """Return how much ink lies in a place for words, its edges left out."""
    per_mm, edge = 8, EDGE_MM if sheet.codes == 4 else WIDE_EDGE_MM
    width, height = max(1.0, spot.width_mm - 2 * edge), max(1.0, spot.height_mm - 2 * edge)
    grey = sheet.patch(spot.left_mm + edge, spot.top_mm + edge, width, height, per_mm)
    strokes, _ = _darkness(grey)
    return float(strokes.sum()) / per_mm**2


def printed_mm2(words: str) -> float:
    """Return the most ink that printed words of a field have."""
    return sum(SMALL_MM2 if letter.islower() else CAPITAL_MM2 for letter in words if not letter.isspace())


def crop(sheet: Sheet, spot: Spot, *, around_mm: float = 1.5, per_mm: int = 8) -> bytes:
    """Return a place of a sheet as a PNG picture, upright."""
    from PIL import Image

    grey = sheet.patch(*_grown(spot, around_mm), per_mm)
    levels = (np.clip(np.round(grey / 17), 0, 15) * 17).astype(np.uint8)  # sixteen greys: a third of the bytes
    held = io.BytesIO()
    Image.fromarray(levels).save(held, "PNG", optimize=True)
    return held.getvalue()


def _grown(spot: Spot, by: float) -> tuple[float, float, float, float]:
    return spot.left_mm - by, spot.top_mm - by, spot.width_mm + 2 * by, spot.height_mm + 2 * by


def _darkness(grey: Floats) -> tuple[Floats, Floats]:
    """Return for each dot how much of full ink lies there, 0 to 1: by strokes, and by whatever is darker than the paper.

    A stroke is measured against what is beside it, so that a stain under it counts as paper; what is broad has to be as dark as full ink.
    """
    soft = _softened(grey)
    white = max(1.0, float(np.percentile(soft, 85)))
    anything = _part_of_full(soft / white)
    strokes = np.where(anything >= 1, 1.0, _part_of_full(soft / np.maximum(1.0, _without_strokes(soft))))
    return strokes, anything


def _part_of_full(brightness: Floats) -> Floats:
    found: Floats = np.clip((1 - brightness - FAINT) / (FULL - FAINT), 0, 1)
    return found


def _without_strokes(grey: Floats) -> Floats:
    """Return the paper as it would be without anything darker that is narrower than `BROAD`: a grey closing."""
    rows, columns = grey.shape
    held = np.pad(grey, BROAD, mode="edge")
    for pick in (np.maximum, np.minimum):
        step = 1
        while step < BROAD:
            held = pick(held[step:], held[:-step])
            held = pick(held[:, step:], held[:, :-step])
            step *= 2
    found: Floats = held[1 : rows + 1, 1 : columns + 1]
    return found


def _softened(grey: Floats) -> Floats:
    """Return the mean of each dot and its neighbours: the noise of a scanner goes, a stroke stays."""
    padded = np.pad(grey, 1, mode="edge")
    rows, columns = grey.shape
    near = [padded[down : down + rows, right : right + columns] for down in range(3) for right in range(3)]
    found: Floats = np.mean(near, axis=0)
    return found


@dataclass(frozen=True)
class _Border:
    """By how many dots a border is astray, how dark it is there and its weakest side, and how far apart it may stand as well."""

    down: int
    right: int
    dark: float
    weakest: float
    spread: int

    @property
    def is_sure(self) -> bool:
        """Say whether it was found, and in one place: under a scribble it could stand anywhere."""
        return self.dark >= BORDER_LEAST and self.weakest >= SIDE_LEAST and self.spread <= ONE_PLACE_MM * PER_MM


def _find_border(seen: Floats, wide: int, high: int, middle: int) -> _Border:
    """Find the border of a box; `middle` is how far inside the box the middle of its line lies, in dots."""
    across = np.pad(np.cumsum(seen, 1), ((0, 0), (1, 0)))
    along = np.pad(np.cumsum(seen, 0), ((1, 0), (0, 0)))
    start, far = round(AROUND_MM * PER_MM), round(min(ASTRAY * wide, ASTRAY_MM * PER_MM))
    shifts = np.arange(-far, far + 1)
    top, left = start + middle + shifts[:, None], start + middle + shifts[None, :]
    bottom, right = top + high - 1 - 2 * middle, left + wide - 1 - 2 * middle
    level = [(across[row, right + 1] - across[row, left]) / (right - left + 1) for row in (top, bottom)]
    upright = [(along[bottom + 1, column] - along[top, column]) / (bottom - top + 1) for column in (left, right)]
    sides = np.stack(np.broadcast_arrays(*level, *upright))
    dark, weakest = sides.mean(0), sides.min(0)
    away = 0.02 / PER_MM * np.hypot(shifts[:, None], shifts[None, :])  # of places as good, the nearest
    best = np.unravel_index(int(np.argmax(dark - away)), dark.shape)
    others = np.argwhere(weakest >= AS_GOOD * dark[best])
    spread = int(np.ptp(others, axis=0).max()) if len(others) else 0
    return _Border(int(shifts[best[0]]), int(shifts[best[1]]), float(dark[best]), float(weakest[best]), spread)


def _middle(inside: Floats) -> float:
    rows, columns = inside.shape
    return float(inside[rows // 5 : rows - rows // 5, columns // 5 : columns - columns // 5].mean())


def _sides_with_ink(seen: Floats, top: int, left: int, wide: int, high: int) -> int:
    """Say on how many sides of a box there is more ink than printed words beside it would have."""
    near, far = round(0.3 * PER_MM), round(1.3 * PER_MM)
    strips = (
        seen[top - far : top - near, left : left + wide],
        seen[top + high + near : top + high + far, left : left + wide],
        seen[top : top + high, left - far : left - near],
        seen[top : top + high, left + wide + near : left + wide + far],
    )
    return sum(float(strip.mean()) > SCRIBBLE_OUTSIDE for strip in strips)

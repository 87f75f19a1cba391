"""A grey picture in, the sheets on it out: known by the codes in their corners, and measured in millimetres of the printed sheet.

However a sheet lies, slanted, upside down or shrunk, a place on it is found again. Four codes tell it all; three tell the slant, two the
turn and size. A picture's dots are counted from its upper left corner.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from migpack.write.codes import SIZE_MM, SheetCode, corner_mm, read_code

if TYPE_CHECKING:
    from migpack.collect.images import Grey

    Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

LEAST_CODES = 2


@dataclass(frozen=True)
class Sheet:
    """A sheet on a picture. `to_dots` takes millimetres to dots, as a 3 × 3 matrix; `codes` says how many corners were found."""

    code: SheetCode
    grey: Grey
    to_dots: Floats
    codes: int

    @property
    def dpi(self) -> float:
        """How many dots an inch of the printed sheet has, in its middle; 0 where too few codes were found."""
        if not self.to_dots.any():
            return 0.0
        x, y = (sum(part) / 2 for part in zip(corner_mm(self.code.paper, "1"), corner_mm(self.code.paper, "4"), strict=True))
        middle, right, below = self._dots(np.array([[x, y], [x + 1, y], [x, y + 1]]))
        return float(abs(np.linalg.det(np.array([right - middle, below - middle]))) ** 0.5 * 25.4)

    def patch(self, left: float, top: float, width: float, height: float, per_mm: int) -> Floats:
        """Return a part of the sheet, upright, with so many dots a millimetre; outside the picture it repeats the edge."""
        xs = left + (np.arange(round(width * per_mm)) + 0.5) / per_mm
        ys = top + (np.arange(round(height * per_mm)) + 0.5) / per_mm
        places = np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)
        return _between(self.grey, self._dots(places) - 0.5).reshape(len(ys), len(xs))

    def _dots(self, places: Floats) -> Floats:
        return _through(self.to_dots, places)


def sheets_of(grey: Grey) -> tuple[Sheet, ...]:
    """Return the sheets whose codes stand on a picture; those with fewer than two codes have no places (their matrix is zero)."""
    sheets: dict[SheetCode, dict[str, Floats]] = {}
    for code, places in _codes(grey).items():
        sheets.setdefault(_without_corner(code), {})[code.corner] = places
    return tuple(Sheet(code, grey, _fitted(code.paper, corners), len(corners)) for code, corners in sheets.items())


def _without_corner(code: SheetCode) -> SheetCode:
    return SheetCode(code.form, code.way, code.sheet, code.count, code.paper, code.practice)


def _codes(grey: Grey) -> dict[SheetCode, Floats]:
    """Return the codes on a picture with the dots at which their four corners stand."""
    import zxingcpp

    found = {}
    for held in zxingcpp.read_barcodes(
        np.ascontiguousarray(grey), formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]), try_invert=False
    ):
        at = held.position
        if code := read_code(held.text):
            points = (at.top_left, at.top_right, at.bottom_right, at.bottom_left)
            found[code] = np.array([[point.x + 0.5, point.y + 0.5] for point in points])
    return found


def _fitted(paper: str, corners: dict[str, Floats]) -> Floats:
    """Return the matrix that takes millimetres of the sheet to dots of the picture."""
    if len(corners) < LEAST_CODES:
        return np.zeros((3, 3))
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * SIZE_MM
    places = np.concatenate([square + corner_mm(paper, corner) for corner in corners])
    dots = np.concatenate(list(corners.values()))
    fit = {2: _similar, 3: _affine}.get(len(corners), _projective)
    return fit(places, dots)


def _similar(places: Floats, dots: Floats) -> Floats:
    rows = [row for x, y in places for row in ((x, -y, 1, 0), (y, x, 0, 1))]
    a, b, c, d = np.linalg.lstsq(np.array(rows), dots.reshape(-1), rcond=None)[0]
    return np.array([[a, -b, c], [b, a, d], [0, 0, 1]])


def _affine(places: Floats, dots: Floats) -> Floats:
    found = np.linalg.lstsq(np.c_[places, np.ones(len(places))], dots, rcond=None)[0]
    return np.array([*found.T, [0, 0, 1]])


def _projective(places: Floats, dots: Floats) -> Floats:
    """Return the homography by least squares, over places and dots brought to a like size."""
    before, after = _levelled(places), _levelled(dots)
    rows = []
    for (x, y), (u, v) in zip(_through(before, places), _through(after, dots), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    matrix = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    found: Floats = np.linalg.inv(after) @ matrix @ before
    found /= found[2, 2]
    return found


def _levelled(points: Floats) -> Floats:
    (x, y), spread = points.mean(0), float(points.std()) or 1.0
    return np.array([[1 / spread, 0, -x / spread], [0, 1 / spread, -y / spread], [0, 0, 1]])


def _through(matrix: Floats, points: Floats) -> Floats:
    held: Floats = np.c_[points, np.ones(len(points))] @ matrix.T
    found: Floats = held[:, :2] / held[:, 2:]
    return found


def _between(grey: Grey, dots: Floats) -> Floats:
    """Return the brightness at places between dots."""
    x = np.clip(dots[:, 0], 0, grey.shape[1] - 1.001)
    y = np.clip(dots[:, 1], 0, grey.shape[0] - 1.001)
    column, row = x.astype(int), y.astype(int)
    right, down = x - column, y - row
    found: Floats = np.zeros(len(dots))
    for below, beside in itertools.product((0, 1), repeat=2):
        share = (down if below else 1 - down) * (right if beside else 1 - right)
        found += share * grey[np.minimum(row + below, grey.shape[0] - 1), np.minimum(column + beside, grey.shape[1] - 1)]
    return found


def is_blank(grey: Grey, least: float = 0.0015) -> bool:
    """Say whether nothing stands on a picture but dust and the shadows of its edges."""
    rows, columns = grey.shape
    inner = grey[rows // 12 : -(rows // 12) or None, columns // 12 : -(columns // 12) or None]
    return bool((inner < 0.7 * np.percentile(inner, 80)).mean() < least) if inner.size else True

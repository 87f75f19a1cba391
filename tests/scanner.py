"""A printed form, pens and a bad scanner, all made up: a PDF in, pictures of its sheets as a practice might send them back.

Everything comes from a seeded generator. Its limits: strokes are straight or elliptic and of one width; paper lies flat but for a slant
in perspective; sheets that lie more than one degree slanted lie on a bed a little larger than they are (on one of their own size their
corners, and so the codes, would be cut off); light falls off evenly; no sheet is torn, folded or written over by another; and no real pen,
printer or scanner was measured.
"""

from __future__ import annotations

import io
import random
from collections.abc import Mapping

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter

from migpack.model import Spot

TICKS = ("tick", "small tick", "long tick", "cross", "dash", "fill", "pencil", "felt pen")
EMPTY = ("none", "ring")
ASKED = ("scribble",)
LIMITS = " ".join((__doc__ or "").partition("Its limits: ")[2].split())


def sheets(data: bytes, dpi: int, pages: range | None = None) -> list[Image.Image]:
    """Return the pages of a PDF as a good printer would print them."""
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    return [document[n].render(scale=dpi / 72).to_pil().convert("L") for n in pages or range(len(document))]


def draw(sheet: Image.Image, spot: Spot, kind: str, dpi: int, rnd: random.Random) -> None:
    """Mark a box with a pen."""
    pen, dots = ImageDraw.Draw(sheet), dpi / 25.4
    x, y, w = spot.left_mm * dots, spot.top_mm * dots, spot.width_mm * dots
    thick = {"felt pen": (1.0, 1.6), "pencil": (0.4, 0.7)}.get(kind, (0.3, 0.8))
    width = max(1, round(rnd.uniform(*thick) * dots))
    grey = rnd.randint(120, 160) if kind == "pencil" else rnd.choice((15, 35, 60, 85))

    def line(*points: tuple[float, float], astray: float = 0.08) -> None:
        moved = [(x + (a + rnd.uniform(-astray, astray)) * w, y + (b + rnd.uniform(-astray, astray)) * w) for a, b in points]
        pen.line(moved, fill=grey, width=width, joint="curve")

    if kind in ("tick", "pencil", "felt pen"):
        line((0.1, 0.55), (0.38, 0.9), (1.0, 0.05))
    elif kind == "long tick":
        line((0.05, 0.5), (0.35, 0.95), (1 + rnd.uniform(0.2, 0.7), -rnd.uniform(0.2, 0.6)))
    elif kind == "small tick":
        a, b = rnd.uniform(-0.08, 0.08), rnd.uniform(-0.08, 0.08)
        line((0.32 + a, 0.5 + b), (0.45 + a, 0.66 + b), (0.7 + a, 0.32 + b), astray=0.03)
    elif kind == "cross":
        line((0.05, 0.05), (0.95, 0.95))
        line((0.95, 0.05), (0.05, 0.95))
    elif kind == "dash":
        line((0.15, 0.5), (0.85, 0.5))
    elif kind == "fill":
        for part in range(8):
            line((0.12, 0.1 + part / 9), (0.88, 0.1 + (part + 0.6) / 9), astray=0.03)
    elif kind == "scribble":
        for part in range(14):
            line((-0.4, -0.35 + part / 8.5), (1.4, -0.3 + part / 8.5), astray=0.1)
            line((-0.35 + part / 8.5, -0.35), (-0.3 + part / 8.5, 1.35), astray=0.1)
    elif kind == "ring":
        a, b = rnd.uniform(0.3, 0.65), rnd.uniform(0.3, 0.6)
        pen.ellipse((x - a * w, y - b * w, x + w + a * w, y + w + b * w), outline=grey, width=width)


def write(sheet: Image.Image, spot: Spot, dpi: int, rnd: random.Random) -> None:
    """Write something by hand into a place for words: loops and strokes from left to right."""
    pen, dots = ImageDraw.Draw(sheet), dpi / 25.4
    x, y = (spot.left_mm + 1.5) * dots, (spot.top_mm + spot.height_mm / 2) * dots
    tall, end = min(3.0, spot.height_mm / 3) * dots, (spot.left_mm + min(spot.width_mm - 1.5, 30)) * dots
    points = []
    while x < end:
        points.append((x, y + rnd.uniform(-1, 1) * tall))
        x += rnd.uniform(0.5, 1.6) * dots
    pen.line(points, fill=rnd.choice((20, 50, 80)), width=max(1, round(rnd.uniform(0.3, 0.6) * dots)), joint="curve")


def mark(sheet: Image.Image, spots: Mapping[str, Spot], kinds: Mapping[str, str], dpi: int, rnd: random.Random) -> None:
    """Mark several boxes of a sheet."""
    for name, kind in kinds.items():
        draw(sheet, spots[name], kind, dpi, rnd)


def scan(sheet: Image.Image, rnd: random.Random, dpi: int, *, turned: int | None = None, bad: bool = True) -> Image.Image:
    """Return a sheet as a scanner gives it back; `turned` in degrees, by chance upside down; `bad` adds holes, coffee and dust."""
    if bad:
        _spoil(sheet, rnd, dpi)
    grey = _astray(sheet, rnd).filter(ImageFilter.GaussianBlur(rnd.uniform(0.2, 1.1) * dpi / 200))
    held = np.asarray(grey, float)
    noise = np.random.default_rng(rnd.randrange(1 << 30))
    rows, columns = held.shape
    held = held * rnd.uniform(0.84, 1.0) + rnd.uniform(0, 12)
    held += np.linspace(-1, 1, columns)[None, :] * rnd.uniform(-14, 14) + np.linspace(-1, 1, rows)[:, None] * rnd.uniform(-14, 14)
    held += noise.normal(0, rnd.uniform(1, 8), held.shape)
    done = Image.open(io.BytesIO(_jpeg(Image.fromarray(held.clip(0, 255).astype("uint8")), rnd.randint(45, 85)))).convert("L")
    if turned is None:
        turned = rnd.choice((0, 0, 0, 0, 0, 0, 180, 90))
    return done.rotate(turned, expand=True)


def as_file(pictures: list[Image.Image], kind: str, dpi: int) -> bytes:
    """Return pictures as one PDF or TIFF, or the first as a PNG or JPEG."""
    held = io.BytesIO()
    more = {"save_all": True, "append_images": pictures[1:]} if kind in ("PDF", "TIFF") else {}
    quality = {} if kind in ("PNG", "TIFF") else {"quality": 75}
    pictures[0].save(held, kind, **({"resolution": float(dpi)} if kind == "PDF" else {"dpi": (dpi, dpi)}), **more, **quality)
    return held.getvalue()


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=quality)
    return held.getvalue()


def _astray(sheet: Image.Image, rnd: random.Random) -> Image.Image:
    """Turn, shrink and slant a sheet on a scanner's bed: of its own size, or somewhat larger where it lies more slanted."""
    slanted = rnd.random() < 0.6
    width, height = sheet.size
    bed = round(width + slanted * height * 0.11), round(height + slanted * height * 0.06)
    scale, angle = rnd.uniform(0.94, 1.02 if slanted else 1.0), np.radians(rnd.uniform(-1, 1) * (3 if slanted else 1))
    size = np.array([[scale, rnd.uniform(-0.004, 0.004), 0], [0, scale * rnd.uniform(0.995, 1.005), 0], [0, 0, 1]])
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    slant = np.array([[1, 0, 0], [0, 1, 0], [rnd.uniform(-1, 1) * 0.012 / width, rnd.uniform(-1, 1) * 0.012 / height, 1]])
    middle = np.array([[1, 0, -width / 2], [0, 1, -height / 2], [0, 0, 1]])
    beside = rnd.uniform(-0.003, 0.003) * width, rnd.uniform(-0.003, 0.003) * height
    moved = np.array([[1, 0, bed[0] / 2 + beside[0]], [0, 1, bed[1] / 2 + beside[1]], [0, 0, 1]])
    back = np.linalg.inv(moved @ slant @ turn @ size @ middle)
    return sheet.transform(bed, Image.Transform.PERSPECTIVE, (back / back[2, 2]).ravel()[:8], Image.Resampling.BICUBIC, fillcolor=252)


def _spoil(sheet: Image.Image, rnd: random.Random, dpi: int) -> None:
    """Punch holes, spill coffee, leave a staple and dust, each by chance."""
    dots, (width, height) = dpi / 25.4, sheet.size
    pen = ImageDraw.Draw(sheet)
    if rnd.random() < 0.4:
        shade = rnd.choice((0, 70, 200))
        for y in (height / 2 - 40 * dots, height / 2 + 40 * dots):
            pen.ellipse((9 * dots, y - 3 * dots, 15 * dots, y + 3 * dots), fill=shade)
    if rnd.random() < 0.4:
        _coffee(sheet, rnd, dots)
    if rnd.random() < 0.3:
        pen.line([(6 * dots, 14 * dots), (14 * dots, 7 * dots)], fill=90, width=round(1.1 * dots))
    for _ in range(rnd.randint(0, 80)):
        x, y, r = rnd.uniform(0, width), rnd.uniform(0, height), rnd.uniform(0.05, 0.16) * dots
        pen.ellipse((x - r, y - r, x + r, y + r), fill=rnd.randint(30, 120))


def _coffee(sheet: Image.Image, rnd: random.Random, dots: float) -> None:
    stain = Image.new("L", sheet.size, 255)
    x, y, r = rnd.uniform(0, sheet.width), rnd.uniform(0, sheet.height), rnd.uniform(30, 42) * dots
    shade = rnd.randint(180, 235)
    ImageDraw.Draw(stain).ellipse((x - r, y - r, x + r, y + r), fill=shade + 12, outline=shade, width=round(rnd.uniform(2, 4) * dots))
    soft = np.asarray(stain.filter(ImageFilter.GaussianBlur(0.6 * dots)), float) / 255
    sheet.paste(Image.fromarray((np.asarray(sheet, float) * soft).astype("uint8")))

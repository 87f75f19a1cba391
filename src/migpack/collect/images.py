"""The bytes of a scan in, its pages as grey pictures out, one at a time: PDF, PNG, JPEG, or TIFF of several pages.

A page that is nothing but one picture keeps the resolution of that picture; other PDF pages are drawn at 300 dpi. Sizes are asked
before anything is unpacked. Never holds more than one page in memory.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from migpack.collect.returned import Unreadable

if TYPE_CHECKING:
    import numpy as np

    Grey = np.ndarray[tuple[int, int], np.dtype[np.uint8]]

MOST_PIXELS = 80_000_000  # an A3 sheet at 600 dpi has 70 million
DRAWN_DPI = 300
_TOO_LARGE = f"has more than {MOST_PIXELS // 1_000_000} million dots \N{EM DASH} scan it at 300 dpi"
_DAMAGED = "cannot be opened: it is damaged, cut off or no scan \N{EM DASH} scan or save it again"


def pages_of(data: bytes) -> Iterator[Grey]:
    """Yield each page of a scan.

    Raises:
        Unreadable: the file is no picture, is damaged, locked or too large.
    """
    return _pdf_pages(data) if b"%PDF-" in data[:1024] else _frames(data)


def _pdf_pages(data: bytes) -> Iterator[Grey]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
        document.init_forms()
        for page in document:
            scale = _scale(page)
            if page.get_width() * page.get_height() * scale * scale > MOST_PIXELS:
                raise Unreadable(_TOO_LARGE)
            held = page.render(scale=scale, grayscale=True).to_numpy()
            yield held.reshape(held.shape[:2]).copy()
            page.close()
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise Unreadable("is locked with a password \N{EM DASH} save it without one" if locked else _DAMAGED) from error


def _scale(page: Any) -> float:
    """Return how many dots a point of the page gets."""
    objects = list(page.get_objects(max_depth=2))
    pictures = [thing for thing in objects if hasattr(thing, "get_px_size")]
    dots = sum(width * height for width, height in (picture.get_px_size() for picture in pictures))
    if dots > MOST_PIXELS:
        raise Unreadable(_TOO_LARGE)
    if len(pictures) != 1 or len(objects) > 1:
        return DRAWN_DPI / 72
    left, bottom, right, top = pictures[0].get_bounds()
    covered = (right - left) * (top - bottom)
    if covered < page.get_width() * page.get_height() / 2:
        return DRAWN_DPI / 72
    return float((dots / covered) ** 0.5)


def _frames(data: bytes) -> Iterator[Grey]:
    import numpy as np
    from PIL import Image

    try:
        with warnings.catch_warnings(), _whole_pictures():
            warnings.simplefilter("ignore")  # of large pictures: they are refused here
            with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "TIFF")) as picture:
                for number in range(getattr(picture, "n_frames", 1)):
                    picture.seek(number)
                    if picture.width * picture.height > MOST_PIXELS:
                        raise Unreadable(_TOO_LARGE)
                    yield np.asarray(_on_white(picture).convert("L"))
    except Image.DecompressionBombError as error:
        raise Unreadable(_TOO_LARGE) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Unreadable(_DAMAGED) from error


@contextlib.contextmanager
def _whole_pictures() -> Iterator[None]:
    """Refuse pictures that are cut off, which the layout engine, where it is loaded, has allowed."""
    from PIL import ImageFile

    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _on_white(picture: Any) -> Any:
    from PIL import Image

    if picture.mode not in ("RGBA", "LA", "PA"):
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))

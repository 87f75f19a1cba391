"""A laid-out document in, where each of its fields stands on its sheets out: the printed box, in millimetres.

The same for live fields and for boxes drawn for a pen. In the print pack a list shows its choices, each with a box of its own; those
stand under '<field>=<value>'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from migpack.model import Spot

MM_PER_PX = 25.4 / 96
_FIELDS = ("input", "select", "textarea")


def spots_of(document: Any, name: str) -> Mapping[str, Spot]:
    """Return the spots of a WeasyPrint document's fields by '<document>/<field>'; `name` is the document's id."""
    found: dict[str, Spot] = {}
    for number, page in enumerate(document.pages, 1):
        for field, box in (*fields_of(page), *_choices(page._page_box, "")):
            found.setdefault(f"{name}/{field}", _spot(box, number))
    return found


def fields_of(page: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the box of each field of a laid-out page."""
    return ((box.element.get("name", ""), box) for boxes in page.forms.values() for box, _ in boxes)


def _choices(box: Any, field: str) -> Iterator[tuple[str, Any]]:
    """Yield the boxes that are printed before the choices of a list."""
    tag = box.element_tag or ""
    if tag == "select":
        field = box.element.get("name", "")
    if tag == "option::before" and field and box.border_width() and box.element is not None:
        yield f"{field}={box.element.get('value', '')}", box
    for child in box.all_children():
        yield from _choices(child, field)


def _spot(box: Any, sheet: int) -> Spot:
    parts = (box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height())
    return Spot(sheet, *(round(part * MM_PER_PX, 2) for part in parts))

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
        for field, box in fields_of(page):
            found.setdefault(f"{name}/{field}", _spot(box, number))  # of the boxes of one element the outermost comes first
    return found


def fields_of(page: Any) -> Iterator[tuple[str, Any]]:
    """Yield each field of a laid-out page, and each choice that is printed with a box, with its box."""
    return _walk(page._page_box, "")


def _walk(box: Any, field: str) -> Iterator[tuple[str, Any]]:
    tag, element = box.element_tag or "", box.element
    if tag in _FIELDS and element.get("name"):
        field = element.get("name")
        yield field, box
    elif tag == "option::before" and field and box.border_width():
        yield f"{field}={element.get('value', '')}", box
    for child in box.all_children():
        yield from _walk(child, field)


def _spot(box: Any, sheet: int) -> Spot:
    parts = (box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height())
    return Spot(sheet, *(round(part * MM_PER_PX, 2) for part in parts))

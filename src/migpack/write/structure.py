"""The tag tree of a PDF, mended just before it is written, where the layout engine leaves what PDF/UA-1 forbids."""

from __future__ import annotations

from typing import Any


def mend_lists(pdf: Any) -> None:
    """Put what stands beside the bullet of a list item into its body, as an item with paragraphs has none."""
    for item in [thing for thing in pdf.objects if isinstance(thing, dict) and thing.get("S") == "/LI"]:
        loose = [kid for kid in item["K"] if isinstance(kid, bytes) and _element(pdf, kid).get("S") not in ("/Lbl", "/LBody", None)]
        if loose:
            _wrap(pdf, item, loose)


def _wrap(pdf: Any, item: Any, loose: list[bytes]) -> None:
    import pydyf

    body = pydyf.Dictionary({"Type": "/StructElem", "S": "/LBody", "K": pydyf.Array(loose), "P": item.reference})
    pdf.add_object(body)
    if "Pg" in item:
        body["Pg"] = item["Pg"]
    for kid in loose:
        _element(pdf, kid)["P"] = body.reference
    item["K"] = pydyf.Array([*(kid for kid in item["K"] if kid not in loose), body.reference])


def _element(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]

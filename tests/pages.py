"""Pages made by hand, for the tests of the writers: a body in, a page as `render` would make it out."""

from __future__ import annotations

from functools import cache

from migpack.content import DocumentSpec
from migpack.library import shipped
from migpack.model import Page, PlannedDocument
from migpack.write.pdf import Printer

STYLES = shipped() / "templates"


@cache
def printer() -> Printer:
    """The printer that all tests of a process share."""
    return Printer(lambda name: (STYLES / name).read_bytes())


def page(body: str, id: str = "sample", *, classes: str = "staff", fillable: bool = False, left: str = "Mill Lane Surgery") -> Page:
    """Return a page with this body; `classes` are those of the body element."""
    spec = DocumentSpec(
        id="sample", title="Sample", folder="", name="sample", formats=("pdf",), audience="staff", fillable=fillable, about="Test."
    )
    document = PlannedDocument(id=id, spec=spec, subject="", style="house", title=f"Title of {id}", path=f"made/{id}", final=False)
    html = f"""<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Title of {id}</title>
<meta name="author" content="Mill Lane Surgery"><meta name="migpack-document" content="{id}">
<link rel="stylesheet" href="library:styles/house.css"></head>
<body class="{classes}" data-running-left="{left}" data-running-right="Issue 1">{body}</body></html>"""
    return Page(document=document, html=html, version="Issue 1", running=(left, "Issue 1"), draft=False, content_hash="")

"""Inline content of a paragraph → runs of words, links, pictures and content controls.

Character styles are those of house.docx, by id. Fields, pictures and the places that links lead to are numbered from 1
in reading order, so that the same page gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from migpack import blocks as b
from migpack.write.word_fields import control
from migpack.write.word_pieces import EMU_PER_TWIP, Para, escape, run, starts_right, twips, word_field

_SPANS = {"gap": "Gap", "ref": "SourceReference", "tag": "Tag"}
PICTURE_MM = (70, 30)  # the box that a picture fits
_SPACE_MM = 0.98  # a no-break space at 10 points


@dataclass(frozen=True)
class Picture:
    """A picture that the file holds: its relationship, and its own size in EMU."""

    relation: str
    width: int
    height: int


@dataclass(frozen=True)
class Outside:
    """Ways to what stands in the file beside the body: addresses and pictures, as relationships."""

    link: Callable[[str], str]
    picture: Callable[[b.Image], Picture]


@dataclass(frozen=True)
class _Look:
    style: str = ""
    bold: bool = False
    nowrap: bool = False
    lang: str = ""


class Words:
    """Writes the words of one page; `places` are the bookmarks that its links lead to, by id."""

    def __init__(self, tree: b.Tree, outside: Outside) -> None:
        self._outside = outside
        self._controls = 0
        self._pictures = 0
        self._fit_mm = PICTURE_MM
        targets = (link.href[1:] for link in b.links(tree) if link.href.startswith("#"))
        self.places = {target: (n, f"place_{n}") for n, target in enumerate(dict.fromkeys(targets), 1)}

    def para(self, content: b.Inlines, style: str, lang: str = "", *, fit_mm: tuple[int, int] = PICTURE_MM) -> Para:
        """Return a paragraph of these words; its pictures are made to fit a box of this width and height."""
        self._fit_mm = fit_mm
        return Para(style, self._runs(content, _Look(lang=lang)), rtl=starts_right(b.plain(content)))

    def _runs(self, content: b.Inlines, look: _Look) -> str:
        return "".join(self._inline(node, look) for node in content)

    def _inline(self, node: b.Inline, look: _Look) -> str:
        match node:
            case b.Text():
                return run(node.text, style=look.style, bold=look.bold, lang=look.lang, nowrap=look.nowrap)
            case b.Break():
                return "<w:r><w:br/></w:r>"
            case b.Strong():
                return self._runs(node.content, replace(look, bold=True))
            case b.Link():
                inner = self._runs(node.content, replace(look, style="Hyperlink"))
                return f"<w:hyperlink {self._target(node.href)}>{inner}</w:hyperlink>"
            case b.Span():
                return self._span(node, look)
            case b.Field():
                self._controls += 1
                return control(node, self._controls)
            case b.Image():
                return self._picture(node)

    def _span(self, span: b.Span, look: _Look) -> str:
        if span.kind == "fill":
            return self._runs(span.content, look) + run(_blank(span.width_mm), style="Fill")
        if span.kind == "merge":
            return word_field(f'MERGEFIELD "{span.key}"', f"«{span.key}»")
        style = _SPANS.get(span.kind, look.style)
        nowrap = look.nowrap or span.kind in ("nowrap", "whole")
        return self._runs(span.content, replace(look, style=style, nowrap=nowrap, lang=span.lang or look.lang))

    def _target(self, href: str) -> str:
        if href.startswith("#"):
            return f'w:anchor="{self.places[href[1:]][1]}"'
        return f'r:id="{self._outside.link(href)}"'

    def _picture(self, image: b.Image) -> str:
        """Return a picture, made to fit its box; a drawing (SVG) has no place in Word and is left out."""
        if image.media == "image/svg+xml":
            return ""
        self._pictures += 1
        picture = self._outside.picture(image)
        widest, highest = (twips(side) * EMU_PER_TWIP for side in self._fit_mm)
        scale = min(1.0, widest / picture.width, highest / picture.height)
        name = f'id="{self._pictures}" name="Picture {self._pictures}" descr="{escape(image.alt)}"'
        return _DRAWING.format(
            width=round(picture.width * scale), height=round(picture.height * scale), name=name, relation=picture.relation
        )


def _blank(width_mm: int) -> str:
    """Return a blank to write on: no-break spaces, which are ruled by an underline, of about this width at 10 points."""
    return "\N{NO-BREAK SPACE}" * max(1, round(width_mm / _SPACE_MM))


_DRAWING = (
    '<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/><wp:docPr {name}/>'
    '<wp:cNvGraphicFramePr><a:graphicFrameLocks noChangeAspect="1"/></wp:cNvGraphicFramePr>'
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    "<pic:pic><pic:nvPicPr><pic:cNvPr {name}/><pic:cNvPicPr/></pic:nvPicPr>"
    '<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
    '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)

"""Profile → a sheet to print and hold against the envelope: the window, the other areas, rulers in millimetres, and what to check."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import escape

from migpack.content import Sources
from migpack.letters.profiles import HEIGHT_MM, WIDTH_MM, Box, Profile
from migpack.library import Library
from migpack.load import read_part
from migpack.write.pdf import Printer

_CSS = (
    "@page { size: A4; margin: 0; @bottom-left { content: none } @bottom-center { content: none } @bottom-right { content: none } }"
    " body { position: relative } div, .at { position: absolute } p, h1, ol { margin: 0 } h1 { border: 0; padding: 0; font-size: 14pt }"
    " .area { border: 0.2mm dashed #4c6272; box-sizing: border-box } .window { border: 0.5mm solid #212b32 }"
    " .name { font-size: 7pt; line-height: 8pt; color: #212b32 } .tick { background: #212b32 } ol { padding-left: 6mm }"
)
_PAGE = (
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Alignment sheet: {title}</title>'
    '<link rel="stylesheet" href="library:styles/house.css"></head><body>{body}</body></html>'
)
_SAMPLE = ("Sample Patient", "Flat 2", "Sample House", "1 Sample Street", "Little Example", "EXAMPLETON", "EX1 2AB")
_ROOM_MM = 110  # where the words start when the profile does not say


def alignment_sheet(profile: Profile, library: Library) -> bytes:
    """Return the sheet as a PDF; the library has the profile's sources."""
    printer = Printer(lambda name: library.read(f"templates/{name}"))
    titles = {source.id: source.title for source in read_part(library, "checklists/sources.yaml", Sources, {}).sources}
    words = _words(profile, "; ".join(titles.get(source, source) for source in profile.sources))
    html = _PAGE.format(title=escape(profile.title), body="".join((*words, *_areas(profile), *_folds(profile), *_rulers())))
    document = printer.lay_out_html(html, "alignment", forms=False, css=(_CSS,))
    return printer.write(document, name="alignment", identity=html, codes={})


def _words(profile: Profile, source: str) -> Iterator[str]:
    top = (profile.body or _ROOM_MM) + 8
    checks = [
        "Print this sheet at its actual size: no fitting to the page.",
        "Lay a ruler along both edges. If 100 mm on the paper is not 100 mm, mend the printer's settings.",
    ]
    if profile.folds:
        checks += [
            "Fold the sheet at the marks on its right edge, and put it into the envelope.",
            "Push it to the left, right, top and bottom. All lines of the sample address must show each time, and nothing else.",
        ]
    elif profile.window:
        checks.append("Hold the first page of a letter and this sheet to the light. Its address must lie in the box with the full line.")
    checks.append("No ink may be missing at the dashed line round the sheet. If it is, the printer's own margins are too wide.")
    items = "".join(f"<li>{escape(check)}</li>" for check in checks)
    as_of = f"{profile.as_of.day} {profile.as_of:%B %Y}"
    yield (
        f'<section class="at" style="left: 25mm; top: {top}mm; width: 160mm"><h1>Alignment sheet: {escape(profile.title)}</h1>'
        f"<p>{escape(profile.about)}</p><ol>{items}</ol><p>Measures as of {as_of}. Source: {escape(source)}.</p></section>"
    )
    if profile.address:
        lines = "<br>".join((_SAMPLE[0], *_SAMPLE[len(_SAMPLE) - profile.most_lines + 1 :]))
        size = f"font-size: {profile.type.size}pt; line-height: {profile.type.leading}pt"
        yield f'<p class="at" style="left: {profile.address.left + 1}mm; top: {profile.address.top}mm; {size}">{lines}</p>'


def _areas(profile: Profile) -> Iterator[str]:
    named = {
        "no ink outside": profile.ink,
        "letterhead": profile.letterhead,
        "sender": profile.sender,
        "nothing but the address": profile.quiet,
        "window": profile.window,
    }
    for name, box in named.items():
        if box:
            yield _area(box, name, "area window" if name == "window" else "area")


def _area(box: Box, name: str, kind: str) -> str:
    size = f"width: {box.right - box.left:g}mm; height: {box.bottom - box.top:g}mm"
    words = f'<p class="at name" style="left: {box.left + 1:g}mm; top: {box.bottom - 3.5:g}mm">{name}</p>' if name != "window" else ""
    return f'<div class="{kind}" style="left: {box.left:g}mm; top: {box.top:g}mm; {size}"></div>{words}'


def _folds(profile: Profile) -> Iterator[str]:
    """Yield a mark at the right edge for each fold."""
    for at in profile.folds:
        yield f'<div class="tick" style="left: {WIDTH_MM - 12}mm; top: {at}mm; width: 12mm; height: 0.3mm"></div>'
        yield f'<p class="at name" style="left: {WIDTH_MM - 12}mm; top: {at - 3.5:g}mm">fold</p>'


def _rulers() -> Iterator[str]:
    """Yield marks each 5 mm along the upper and the left edge, and numbers each 20 mm."""
    for at in range(5, WIDTH_MM, 5):
        long = at % 10 == 0
        yield f'<div class="tick" style="left: {at}mm; top: 0; width: 0.15mm; height: {5 if long else 3}mm"></div>'
        if at % 20 == 0:
            yield f'<p class="at name" style="left: {at + 0.5}mm; top: 3mm">{at}</p>'
    for at in range(5, HEIGHT_MM, 5):
        long = at % 10 == 0
        yield f'<div class="tick" style="left: 0; top: {at}mm; width: {5 if long else 3}mm; height: 0.15mm"></div>'
        if at % 20 == 0:
            yield f'<p class="at name" style="left: 5.5mm; top: {at - 1.5}mm">{at}</p>'

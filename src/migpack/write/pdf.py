"""Page → PDF: lays a page out with WeasyPrint and writes it, tagged (PDF/UA-1) and, where the catalogue says so, fillable.

Only the library gives styles, fonts and pictures (`library:` addresses, besides `data:`); the fonts of the machine are
never used, so that the same page is the same bytes anywhere. Whatever WeasyPrint warns of is an error here.
Never reads a file or an address that a page names.
"""

from __future__ import annotations

import contextlib
import ctypes.util
import hashlib
import io
import logging
import os
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from migpack.model import Artefact, Page
from migpack.problems import CannotRun, MigpackError
from migpack.write.acroform import mend_form
from migpack.write.codes import SheetCode, draw_codes, sheet_codes
from migpack.write.scripts import SCRIPT_FONTS, letters_of, mend_letters
from migpack.write.spots import spots_of
from migpack.write.structure import mend_lists

FAMILY = "Liberation Sans"
FONTS = tuple(f"styles/fonts/LiberationSans-{face}.ttf" for face in ("Regular", "Bold", "Italic", "BoldItalic"))
SCHEME = "library:"
INSTALL = "sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_VARIANT = "pdf/ua-1"
TIGHT, LOOSE = "styles/tight.css", "styles/loose.css"
LEAST_USED = 0.2  # of the height of a sheet


class PrintError(MigpackError):
    """A document that cannot be printed as it stands, with everything the layout engine said about it."""

    def __init__(self, document: str, said: Iterable[str]) -> None:
        self.document = document
        self.said = tuple(dict.fromkeys(said))
        super().__init__(f"{document} cannot be printed: " + "; ".join(self.said))

    def __reduce__(self) -> tuple[type[PrintError], tuple[str, tuple[str, ...]]]:
        """Let an error of a worker process reach the one that tells it."""
        return type(self), (self.document, self.said)


class Printer:
    """Lays out and prints pages; keeps fonts and parsed style sheets, so make one and use it for the whole pack."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """Take the reader of library files: 'styles/house.css' in, its bytes out.

        Raises:
            CannotRun: this machine lacks Pango; the message names the command that installs it.
        """
        self._read = read
        self._engine = _load_engine()
        self._fetch = _fetcher(read)
        self._sheets: dict[str, Any] = {}
        self._letters_by_font: dict[str, frozenset[str]] = {}
        with _own_fonts_only():
            self._fonts = self._engine.text.fonts.FontConfiguration()

    def print(self, page: Page, *, codes: bool = True) -> Artefact:
        """Return the page as a PDF, its form fields live where its document is fillable; a form that is not scanned needs no `codes`."""
        name, fillable = page.document.id, page.document.spec.fillable
        document = self.lay_out(page, forms=fillable)
        data = self.write(document, name=name, identity=page.html, codes=sheet_codes(document, "A") if codes else {})
        spots = spots_of(document, name) if page.code else {}
        return Artefact(f"{page.document.path}.pdf", data, name, len(document.pages), spots=spots)

    def lay_out(self, page: Page, *, forms: bool) -> Any:
        """Return the page as a WeasyPrint document; without `forms`, fields are boxes drawn for a pen."""
        return self.lay_out_html(page.html, page.document.id, forms=forms)

    def lay_out_html(
        self,
        html: str,
        name: str,
        *,
        forms: bool,
        change: Callable[[Any], None] | None = None,
        css: Sequence[str] = (),
        fit: bool = True,
    ) -> Any:
        """Return HTML as a WeasyPrint document; where little of it stands on a sheet, set a little tighter or looser.

        Args:
            name: the document's id, for messages.
            forms: whether fields are form fields or boxes drawn for a pen.
            change: changes the parsed HTML (an ElementTree element) in place before it is laid out.
            css: style sheets besides those that the page links: names in the library, or CSS text that holds a '{'.
            fit: whether it is set tighter or looser at all; pages that nobody will see need not be.
        """
        source = self._engine.HTML(string=html, url_fetcher=self._fetch)
        if change:
            change(source.etree_element)
        sheets = [self._sheet(link) for link in (*_take_links(source.etree_element), *css)]

        def render(*more: str) -> Any:
            with _heard(name), _hidden_answers(source.etree_element if forms else None):
                styles = [*sheets, *map(self._sheet, more)]
                return source.render(font_config=self._fonts, stylesheets=styles, pdf_variant=_VARIANT, pdf_forms=forms)

        document = render()
        empty = _nearly_empty(document) if fit else 0
        for sheet in (TIGHT, LOOSE) if empty else ():
            other = render(sheet)
            if (left := _nearly_empty(other)) < empty:
                document, empty = other, left
            if not empty:
                break
        return document

    def write(self, document: Any, *, name: str, identity: str, codes: Mapping[int, SheetCode]) -> bytes:
        """Return a laid-out document as PDF bytes; the same `identity` (what the document was made from) gives the same bytes.

        Args:
            document: as `lay_out` returned it, or pages of several.
            name: the document's id, for messages.
            identity: what it was made from.
            codes: what stands in the corners of a form's sheets, by the index of the page.
        """
        identifier = hashlib.sha256(identity.encode()).hexdigest()[:32].encode()
        with _heard(name) as said, _fixed_clock():
            data: bytes = document.write_pdf(
                finisher=partial(self._finish, codes), pdf_variant=_VARIANT, pdf_identifier=identifier, custom_metadata=True
            )
            said.extend(_not_drawn(document))
        return data

    def compose(self, document: Any, *, name: str) -> Any:
        """Return a laid-out document as the objects (pydyf) of its PDF, fonts and tags and all, before they are packed.

        Args:
            document: as `lay_out` returned it, or pages of several.
            name: the document's id, for messages.
        """
        composed: list[Any] = []

        def take(document: Any, pdf: Any) -> None:
            self._finish({}, document, pdf)
            composed.append(pdf)

        with _heard(name) as said, _fixed_clock():
            document.write_pdf(finisher=take, pdf_variant=_VARIANT, custom_metadata=True, uncompressed_pdf=True)
            said.extend(_not_drawn(document))
        return composed[0]

    @property
    def version(self) -> str:
        """The version of WeasyPrint."""
        return str(self._engine.__version__)

    def parse(self, html: str) -> Any:
        """Return the tree of HTML, as it is laid out."""
        return self._engine.HTML(string=html, url_fetcher=self._fetch).etree_element

    def _finish(self, codes: Mapping[int, SheetCode], document: Any, pdf: Any) -> None:
        """Mend what WeasyPrint is about to write: its `finisher`."""
        draw_codes(pdf, codes)
        mend_lists(pdf)
        mend_form(document, pdf)
        mend_letters(pdf, self._read)

    def missing_letters(self, text: str) -> tuple[str, ...]:
        """Return the letters of the text that our fonts lack, each once, in order of appearance."""
        if self._letters.issuperset(text):
            return ()
        missing = (letter for letter in dict.fromkeys(text) if letter not in self._letters and not _invisible(letter))
        return tuple(letter for letter in missing if not any(letter in self.letters_of(font.file) for font in SCRIPT_FONTS))

    def letters_of(self, font: str) -> frozenset[str]:
        """Return the letters of a font of the library, which is read once, when a text first needs it."""
        if font not in self._letters_by_font:
            self._letters_by_font[font] = letters_of(self._read(font))
        return self._letters_by_font[font]

    @cached_property
    def _letters(self) -> frozenset[str]:
        """The letters that all four faces of Liberation Sans have."""
        return frozenset.intersection(*map(self.letters_of, FONTS))

    def _sheet(self, link: str) -> Any:
        """Return a parsed style sheet, parsed once for all documents."""
        if link not in self._sheets:
            source = {"string": link} if "{" in link else {"url": SCHEME + link.removeprefix(SCHEME)}
            with _heard("a style sheet" if "{" in link else link):
                sheet = self._engine.CSS(**source, font_config=self._fonts, url_fetcher=self._fetch)
            self._sheets[link] = sheet
        return self._sheets[link]


def _nearly_empty(document: Any) -> int:
    """Return how many sheets of a document hold less than they should; a document of one sheet may be short."""
    return sum(_used(page) < LEAST_USED for page in document.pages) if len(document.pages) > 1 else 0


def _used(page: Any) -> float:
    """Return how much of the height of a laid-out page its words and boxes take up, from 0 to 1."""
    box = page._page_box
    content = [child for child in box.children if not getattr(child, "at_keyword", "")]  # the others stand in the margins
    lowest = max((inner.position_y + inner.height for child in content for inner in _leaves(child)), default=box.content_box_y())
    return float((lowest - box.content_box_y()) / box.height)


def _leaves(box: Any) -> Iterator[Any]:
    children = getattr(box, "children", ())
    if not children:
        yield box
    for child in children:
        yield from _leaves(child)


def _load_engine() -> Any:
    """Return WeasyPrint, imported without the fonts of the machine."""
    try:
        with _own_fonts_only(), _quick_search(), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "No fonts configured": that is the aim
            import weasyprint
            from weasyprint.text.ffi import harfbuzz_subset
    except OSError as error:
        raise CannotRun(f"PDF files need Pango, which this machine lacks \N{EM DASH} install it: {INSTALL}") from error
    if harfbuzz_subset is None:
        raise CannotRun(f"PDF files need HarfBuzz-Subset, which this machine lacks \N{EM DASH} install it: {INSTALL}")
    return weasyprint


@contextlib.contextmanager
def _own_fonts_only() -> Iterator[None]:
    """Show fontconfig an empty set of fonts; put back what was there, since child processes need theirs."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(Path(__file__).with_name("fonts.conf"))
    try:
        yield
    finally:
        _restore("FONTCONFIG_FILE", before)


@contextlib.contextmanager
def _fixed_clock() -> Iterator[None]:
    """Give font tools a fixed date, where none is set, to stamp what they write with."""
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    try:
        yield
    finally:
        _restore("SOURCE_DATE_EPOCH", before)


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


@contextlib.contextmanager
def _quick_search() -> Iterator[None]:
    """On Linux, let libraries be found by the loader alone.

    Each name that WeasyPrint tries in vain starts a compiler to ask where the library is: more than half of its import.
    """
    search = ctypes.util.find_library
    if sys.platform.startswith("linux"):
        ctypes.util.find_library = lambda name: None
    try:
        yield
    finally:
        ctypes.util.find_library = search


def _fetcher(read: Callable[[str], bytes]) -> Any:
    """Return WeasyPrint's fetcher, cut down to the library and to data that stands in the page itself."""
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class LibraryFetcher(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            scheme = urlsplit(url).scheme.lower()
            if scheme == "data":
                return super().fetch(url, headers)
            if scheme != SCHEME.rstrip(":"):
                raise ValueError(f"'{url}' lies outside the library \N{EM DASH} pages take in nothing but library files and data")
            kind = "text/css" if url.endswith(".css") else "application/octet-stream"
            return URLFetcherResponse(url, read(url.removeprefix(SCHEME)), {"Content-Type": kind})

    return LibraryFetcher(allowed_protocols=("data",))


def _take_links(root: Any) -> tuple[str, ...]:
    """Take the style sheet links out of the parsed page and return where they lead."""
    links = []
    for head in root.iter("head"):
        for link in head.findall("link[@rel='stylesheet']"):
            links.append(link.get("href", ""))
            head.remove(link)
    return tuple(links)


@contextlib.contextmanager
def _hidden_answers(root: Any) -> Iterator[None]:
    """While a live form is laid out, let the words in its longer fields take up room without being drawn or read out.

    The field shows them. WeasyPrint itself moves them off the sheet, where they stay in the text and take no room.
    """
    answers = [] if root is None else [(field, field.text) for field in root.iter("textarea") if field.text]
    for field, words in answers:
        hidden = field.makeelement("span", {"style": "display: block; padding: 0.7mm; visibility: hidden"})
        hidden.text, field.text = words, None
        field.append(hidden)
    yield
    for field, words in answers:
        field.remove(field[0])
        field.text = words


@contextlib.contextmanager
def _heard(name: str) -> Iterator[list[str]]:
    """Collect what WeasyPrint says meanwhile; anything at all is an error of the document."""
    said: list[str] = []
    listener = _Listener(said)
    logger = logging.getLogger("weasyprint")
    logger.addHandler(listener)
    try:
        yield said
    finally:
        logger.removeHandler(listener)
    if said:
        raise PrintError(name, said)


class _Listener(logging.Handler):
    """Writes down each warning."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


def _not_drawn(document: Any) -> list[str]:
    """Say which letters were laid out but have no shape in our fonts."""
    letters = {chr(code) for font in document.fonts.values() for code in font.missing}
    visible = sorted(letter for letter in letters if not _invisible(letter))
    return [f"our fonts lack the letter {letter} (U+{ord(letter):04X})" for letter in visible]


def _invisible(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf")

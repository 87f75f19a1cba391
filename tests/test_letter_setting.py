"""Lines set from pairs of letters are the layout engine's own; zips and page trees hold what was put in; what alignment sheets show."""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markupsafe import escape

from letter_pairs import lines_in, pages_of
from migpack.letters.alignment import alignment_sheet
from migpack.letters.cut import operators
from migpack.letters.measure import texts_of
from migpack.letters.pdf_file import PageTree, PdfFile
from migpack.letters.profiles import read_profiles
from migpack.letters.shaping import Face
from migpack.letters.trial import same
from migpack.letters.zip_file import ZipFile
from migpack.library import Library
from migpack.write.pdf import FONTS, Printer

SIZE_PX, WIDTH_PX = 16.0, 200.0
LATIN = "AVTWYLPFaevwyrtofiŵŷłżşțầ .,'-&0127"
GREEK, CYRILLIC = "ΑΓΤΥΡαγτυρίώ -.", "АГТУРЧаедкмуря ґї-."
PAGE = (
    '<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Lines</title>'
    '<link rel="stylesheet" href="library:styles/house.css"></head><body>{}</body></html>'
)


def texts(letters: str) -> st.SearchStrategy[str]:
    return st.text(letters, min_size=1, max_size=40).map(lambda text: " ".join(text.split())).filter(bool)


@cache
def printer() -> Printer:
    return Printer(read)


def read(name: str) -> bytes:
    return Library.of(None).read(f"templates/{name}")


@cache
def face() -> Face:
    return Face(read(FONTS[0]), SIZE_PX)


def set_by_engine(words: list[str], css: str) -> tuple[list[list[str]], list[bytes]]:
    """Return for each text the lines that WeasyPrint breaks it into, and for all of them what draws a line."""
    body = "".join(f'<p style="font-size: {SIZE_PX}px; orphans: 1; widows: 1; {css}">{escape(text)}</p>' for text in words)
    document = printer().lay_out_html(PAGE.format(body), "lines", forms=False)
    lines: dict[Any, list[str]] = {}
    for page in document.pages:
        for text in texts_of(page):
            lines.setdefault(text.element, []).append(text.text.strip(" "))
    pdf = printer().compose(document, name="lines")
    drawn: list[bytes] = []
    for number in pdf.pages["Kids"][::3]:
        stream = pdf.objects[int(pdf.objects[number]["Contents"].split()[0])]
        drawn += [operator for operator in operators(stream) if operator.endswith(b"TJ")]
    return list(lines.values()), drawn


@settings(max_examples=12)
@example(["11", "12", "07700 111", "11 Γ", "A11", "11-11"])
@given(st.lists(st.one_of(texts(LATIN), texts(GREEK), texts(LATIN + GREEK), texts(CYRILLIC)), min_size=5, max_size=25))
def test_a_line_is_drawn_as_the_engine_draws_it(words: list[str]) -> None:
    _, drawn = set_by_engine(words, "white-space: nowrap")
    shown = {text: face().line(text) for text in words}
    for text, line in shown.items():
        if line is not None:
            assert any(same(b"[(" + line[0] + b")] TJ", operator) for operator in drawn), text
    assert any(line is not None for line in shown.values())


@settings(max_examples=12)
@example(["0000000000000AAAWWW-'", "0000000000000AAAWWW-'A", "0000000000000AAAWWW-AWWW'-A"])
@given(st.lists(texts(LATIN), min_size=5, max_size=25))
def test_lines_end_where_the_engine_ends_them(words: list[str]) -> None:
    broken, _ = set_by_engine(words, f"width: {WIDTH_PX}px")
    for text, lines in zip(words, broken, strict=True):
        mine = face().lines(text, WIDTH_PX)
        if mine is not None:
            assert list(mine) == [line[0] for words in lines if (line := face().line(words))], text


def test_most_names_and_addresses_can_be_set() -> None:
    known = ("Siân ap Gwilym-Jones", "12A High Street", "Łucja Gżegżółka", "St. Mary's Cottage, Tŷ Gwyn", "Ελένη Ψαρρού", "Mr Олена Їжак")
    assert all(face().lines(text, 300) for text in known)
    assert face().lines("Plunkett-Ernle-Erle-Drax-Cavendish Fortescue", WIDTH_PX)
    assert face().line("محمد") is None and face().line("שרה") is None and face().line("e\u0323\u030c") is None


def test_a_zip_holds_what_was_put_in_beyond_65535_files() -> None:
    out = io.BytesIO()
    with ZipFile(out) as packed:
        for number in range(66_000):
            packed.add(b"%06d.txt" % number, b"%d" % number)
    archive = zipfile.ZipFile(out)
    assert len(archive.namelist()) == 66_000
    assert [archive.read(archive.namelist()[n]) for n in (0, 65_535, 65_999)] == [b"0", b"65535", b"65999"]
    assert archive.infolist()[9].external_attr >> 16 == 0o100600


class Sparse(io.FileIO):
    """A file on which a megabyte of zeros takes no space."""

    def write(self, data: Any) -> int:
        """Write what stands before the first megabyte of zeros; there are only zeros after it."""
        before = data.find(bytes(1 << 20))
        if before < 0:
            return super().write(data)
        super().write(data[:before])
        self.seek(len(data) - before, io.SEEK_CUR)
        return len(data)


def test_a_zip_holds_what_was_put_in_beyond_4_gib(tmp_path: Path) -> None:
    zeros = bytes(1 << 26)
    with Sparse(tmp_path / "letters.zip", "w") as out, ZipFile(out) as packed:
        packed.add_all([b"%06d.bin" % number for number in range(64)], [((zeros,), 0, len(zeros))] * 64)
        packed.add(b"last.txt", b"the last")
    archive = zipfile.ZipFile(tmp_path / "letters.zip")
    assert archive.infolist()[-1].header_offset > 1 << 32
    assert archive.read("last.txt") == b"the last"


@pytest.mark.parametrize("count", [1, 64, 65, 5000])
def test_a_page_tree_finds_each_page(count: int) -> None:
    out = io.BytesIO()
    file = PdfFile(out, 1)
    tree = PageTree(file)
    for number in range(count):
        page = file.new()
        file.object(page, b"<</Type/Page/Parent %d 0 R/Rotate 0/UserUnit %d>>" % (tree.parent, number + 1))
        tree.add(page)
    tree.finish(b"/MediaBox[0 0 100 100]/Resources<<>>")
    root = file.new()
    file.object(root, b"<</Type/Catalog/Pages %d 0 R>>" % tree.root)
    file.finish(root, b"", b"tree")
    pdf = pikepdf.Pdf.open(io.BytesIO(out.getvalue()))
    assert [int(page.UserUnit) for page in pdf.pages] == list(range(1, count + 1)) and pdf.check_pdf_syntax() == []


@pytest.mark.parametrize("id", ["govuk-notify", "nhs-notify", "dl-window", "c5-window", "plain"])
def test_an_alignment_sheet_is_one_page_that_shows_the_window_and_what_to_check(id: str) -> None:
    library = Library.of(None)
    profile = read_profiles(library)[id]
    (page,) = pages_of(alignment_sheet(profile, library))
    said = page.get_textpage().get_text_range()
    assert profile.title in said and "actual size" in said and f"{profile.as_of.day} {profile.as_of:%B %Y}" in said
    assert "Source:" in said and not any(source in said for source in profile.sources)
    assert len(re.findall(r"\bfold\b", said)) == len(profile.folds)
    if profile.window:
        shown = lines_in(page, (profile.window.left, profile.window.top, profile.window.right, profile.window.bottom))
        assert len(shown) == profile.most_lines and shown[-1] == "EX1 2AB"


def test_profiles_name_their_sources() -> None:
    from migpack.load import read_content

    known = read_content(Library.of(None)).sources
    assert all(source in known for profile in read_profiles(Library.of(None)).values() for source in profile.sources)

"""A printed page: accessible, the same bytes anywhere, drawn in our fonts alone, and its fields live and readable."""

from __future__ import annotations

import builtins
import io
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import page as judge
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader, PdfWriter

import pdf_words
from migpack.letters.measure import texts_of
from migpack.problems import CannotRun
from migpack.write import pdf
from migpack.write.acroform import Face, set_words
from migpack.write.scripts import SCRIPT_FONTS
from pages import STYLES, page, printer

TASKS = """<h1>Checklist</h1><p class="lead">What to do.</p><h2 id="first">First</h2>
<table class="tasks"><caption>To do</caption><colgroup><col style="width:20%"><col style="width:50%"><col style="width:30%"></colgroup>
<thead><tr><th scope="col">No</th><th scope="col">Task</th><th scope="col">Done</th></tr></thead>
<tbody><tr><th scope="row">P-1</th><td><p>Agree the date
<span class="gap" data-key="dates.go_live">[dates.go_live: write it]</span></p></td>
<td class="tick"><input type="checkbox" name="c.p1.done" title="P-1 done"></td></tr>
<tr class="sub"><th scope="row">P-2</th><td>Tell people</td>
<td class="tick"><input type="checkbox" name="c.p2.done" title="P-2 done" checked></td></tr>
</tbody></table>
<ol><li><p>One</p><p>More of one</p></li><li><input type="checkbox" name="c.p3.done" title="Noted"> Noted<ul><li>Inside</li></ul></li></ol>
<p>Name <input type="text" name="c.name" title="Your name" value="Siân Łódź (a) \\ b" maxlength="40" placeholder="Name"></p>
<p>Cost <input type="text" class="money" name="c.cost" title="Cost in pounds" value="1,200"></p>
<p>Fit <select name="c.fit" title="How it fits"><option value="">Choose one</option><option value="y">Fits well</option>
<option value="n" selected>Does not fit</option></select></p>
<p>Empty <select name="c.none" title="None yet"><option value="">Choose one</option><option value="y">Yes</option></select></p>
<p>Why <textarea name="c.why" title="Reasons" rows="2">First line
Second line</textarea></p><p><a href="#first">Back</a> or <a href="https://www.mill-lane.example/">our website</a></p>"""
LETTER = """<div class="letterhead"><p>Mill Lane Surgery</p></div><div class="sender"><p>1 Mill Lane<br>Exampleton<br>EX1 2AB</p></div>
<div class="recipient"><p>Mrs M Example<br>Flat 2<br>12 Acacia Avenue<br>Little Exampleton<br>EXAMPLETON<br>EX1 3CD</p></div>
<p class="date">25 January 2027</p><p>Dear Mrs Example</p><h1>Our computer system is changing</h1><p>You do not need to do anything.</p>"""
WALL = """<h1>Timeline</h1><svg class="timeline" viewBox="0 0 100 20" xmlns="http://www.w3.org/2000/svg"><title>Six months</title>
<defs><linearGradient id="shade"><stop offset="0" stop-color="#005eb8"/><stop offset="1" stop-color="#003087"/></linearGradient></defs>
<rect width="100" height="10" fill="url(#shade)"/><text x="2" y="18" font-size="4">March</text></svg>"""
MM = 72 / 25.4


def printed(body: str = TASKS, **more: Any) -> bytes:
    """The bytes of a fillable page."""
    return printer().print(page(body, fillable=True, **more)).data


def read(data: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(data))


def everything(data: bytes) -> str:
    return "".join(sheet.extract_text() for sheet in read(data).pages)


@pytest.mark.parametrize(
    ("body", "classes"),
    [
        (TASKS, "staff fillable draft paper-a4"),
        (TASKS, "commissioner fillable paper-a4_landscape draft"),
        (LETTER, "patients addressed profile-c5_window"),
        (LETTER, "patients addressed profile-dl_window style-large_print"),
        ('<div class="poster"><h1>New system</h1><p class="huge">4 March</p><p class="big">Call 111</p></div>', "patients"),
        (WALL, "staff paper-a3_landscape draft"),
    ],
)
def test_every_kind_of_page_is_pdf_ua(body: str, classes: str, tmp_path: Path) -> None:
    path = tmp_path / "made.pdf"
    path.write_bytes(printed(body, classes=classes))
    verdict = judge.validate_pdf(str(path), profile="ua1")
    assert verdict.is_compliant, verdict.failures


def test_a_pdf_says_what_it_is() -> None:
    made = printer().print(page(TASKS, "checklist.practice_staff"))
    reader = read(made.data)
    info, root = reader.metadata or {}, reader.root_object
    assert (made.path, made.document, made.pages) == ("made/checklist.practice_staff.pdf", "checklist.practice_staff", len(reader.pages))
    assert (info["/Title"], info["/Author"]) == ("Title of checklist.practice_staff", "Mill Lane Surgery")
    assert info["/migpackdocument"] == "checklist.practice_staff"
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en-GB", True)
    assert "Page 1 of 1" in everything(made.data)
    assert "Issue 1" in everything(made.data)


def test_the_same_page_is_the_same_bytes_here_and_in_another_process() -> None:
    first = printed()
    assert printed() == first
    assert printed(TASKS + "<p>One word more</p>") != first
    script = "import sys, test_pdf; test_pdf.refuse_borrowed_letters(); sys.stdout.buffer.write(test_pdf.printed())"
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "77", "TZ": "Pacific/Auckland"}
    surroundings.pop("FONTCONFIG_FILE")  # with all the fonts of this machine in sight
    other = subprocess.run([sys.executable, "-c", script], env=surroundings, capture_output=True, check=True)
    assert other.stdout == first


def refuse_borrowed_letters() -> None:
    """A letter that only a font of this machine has is refused, not borrowed."""
    with pytest.raises(pdf.PrintError, match="our fonts lack"):
        printed("<h1>Tick ☐ here</h1>")


def test_only_our_fonts_are_in_it_and_all_are_embedded() -> None:
    for sheet in read(printed()).pages:
        for font in sheet["/Resources"]["/Font"].values():
            [inner] = font["/DescendantFonts"]
            assert pdf_words.family(font["/BaseFont"]) == "LiberationSans"
            assert "/FontFile2" in inner.get_object()["/FontDescriptor"]


def test_the_surroundings_are_left_as_they_were() -> None:
    before = dict(os.environ)
    pdf.Printer(lambda name: (STYLES / name).read_bytes())
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<p style="colour: red">x</p>', "colour"),
        ('<p><a href="#nowhere">x</a></p>', "nowhere"),
        ('<p><img src="file:///etc/hostname" alt="x"></p>', "outside the library"),
        ('<p><img src="http://127.0.0.1:9/x.png" alt="x"></p>', "outside the library"),
        ('<p><img src="library:styles/none.png" alt="x"></p>', "none.png"),
        ('<p><img src="library:../README.md" alt="x"></p>', "README.md"),
        ("<p>Hello ანა</p>", "ა (U+10D0)"),
        ('<p><input type="text" name="a" title="a" value="ა"></p>', "ა (U+10D0)"),
    ],
)
def test_whatever_the_engine_warns_of_stops_the_document(body: str, says: str) -> None:
    with pytest.raises(pdf.PrintError, match=r"^business_case cannot be printed: ") as error:
        printer().print(page(f"<h1>Form</h1>{body}", "business_case", fillable=True))
    assert says in str(error.value)
    assert error.value.document == "business_case"


def test_a_style_sheet_with_a_mistake_is_named() -> None:
    broken = pdf.Printer(lambda name: b"p { colour: red }" if name.endswith(".css") else (STYLES / name).read_bytes())
    with pytest.raises(pdf.PrintError, match=r"house\.css cannot be printed: .*colour"):
        broken.print(page("<h1>x</h1>"))


def test_without_pango_the_message_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def no_pango(name: str, *rest: Any, **more: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", no_pango)
    with pytest.raises(CannotRun, match="apt-get install libpango"):
        pdf.Printer(lambda name: b"")


def test_letters_that_our_fonts_lack_are_told_before_printing() -> None:
    assert printer().missing_letters("Łódź, Ŵyn, Ελένη, Борис – “quoted” £5\n\u200b\u00ad") == ()
    assert printer().missing_letters("a ა b ნ c ა ☐") == ("ა", "ნ", "☐")
    assert printer().missing_letters("پٹڈڑےہں العربية ਪੰਜਾਬੀ বাংলা ગુજરાતી हिन्दी 简体 繁體 ا\u200cب") == ()


LANGUAGES = """<h1>Languages</h1><p lang="ur" dir="rtl">اگر آپ کو اردو میں درکار ہیں</p><p lang="ar" dir="rtl">باللغة العربية</p>
<p lang="pa">ਪੰਜਾਬੀ ਵਿੱਚ</p><p lang="bn">বাংলায় দোভাষী সিঁড়ি</p><p lang="gu">ગુજરાતીમાં હિં</p><p lang="hi">हिन्दी में श्रीमती किंवा वर्षों त्रुटि</p>
<p lang="zh-Hans">简体中文</p><p lang="yue">繁體中文</p><p>Dear <strong>محمد علي</strong></p>"""


def test_other_scripts_print_in_fonts_of_ours_and_each_glyph_says_its_letters(tmp_path: Path) -> None:
    (path := tmp_path / "languages.pdf").write_bytes(data := printed(LANGUAGES))
    assert judge.validate_pdf(str(path), profile="ua1").is_compliant
    fonts = {pdf_words.family(font["/BaseFont"]) for sheet in read(data).pages for font in sheet["/Resources"]["/Font"].values()}
    assert fonts == {"LiberationSans", *(font.family.replace(" ", "") for font in SCRIPT_FONTS)}
    said = pdf_words.words(read(data))
    assert "\ufffd" not in said
    # In the order in which they are drawn: some signs stand before the letter that they follow in writing.
    apart = partial(unicodedata.normalize, "NFD")  # a vowel of two parts is drawn as two signs
    nothing = Counter({"\u200b": 2})  # of the signs that another glyph has taken in, in two of the words, an empty glyph is left
    assert Counter(apart(re.sub(r"\s", "", said))) == Counter(apart(re.sub(r"<[^>]*>|\s", "", LANGUAGES))) + nothing


@pytest.mark.parametrize("style", ["house", "large_print"])
def test_no_line_ends_within_an_address_of_the_net_unless_it_is_wider_than_the_line(style: str) -> None:
    def pieces(address: str, kind: str) -> list[str]:
        """Return the pieces into which lines cut an address that stands ever further to the right."""
        shown = f'<span class="{kind}">{address}</span>'
        body = "".join(f"<p>{'word ' * n}{'i' * m} {shown}.</p>" for n in range(6, 14) for m in range(5))
        head = f'<div class="sender"><p>Phone<br>{shown}</p></div><h1>News</h1>'
        document = printer().lay_out(page(head + body, classes=f"patients style-{style}"), forms=False)
        found = [(text, sheet) for sheet in document.pages for text in texts_of(sheet)]
        assert all(text.position_x + text.width <= sheet.width - 15 / 25.4 * 96 + 0.1 for text, sheet in found)
        return [text.text for text, _ in found]

    assert "a-" in pieces("a-b@surgery.example", "plain") and "a-" not in pieces("a-b@surgery.example", "whole")
    assert pieces("a-b@surgery.example", "whole").count("a-b@surgery.example") == 41
    wide = "a" * 90 + "@surgery.example"
    assert wide not in (cut := pieces(wide, "whole")) and "".join(cut).count(wide) == 41


def test_running_words_are_words_not_styles() -> None:
    hostile = "&quot;; } body { display: none } @page { margin: 0 } /* {{ 7*7 }}"
    assert "body { display: none }" in everything(printed(left=hostile))
    assert "What to do." in everything(printed(left=hostile))


def test_fields_are_read_back_with_names_tooltips_and_values() -> None:
    fields = read(printed()).get_fields() or {}
    assert {name: str(field["/V"]) for name, field in fields.items()} == {
        "c.p1.done": "/Off",
        "c.p2.done": "/on",
        "c.p3.done": "/Off",
        "c.name": "Siân Łódź (a) \\ b",
        "c.cost": "1,200",
        "c.fit": "n",
        "c.none": "",
        "c.why": "First line\nSecond line",
    }
    assert {field["/TU"] for field in fields.values()} >= {"Your name", "P-1 done", "How it fits", "Reasons"}
    assert widgets(printed())["c.name"]["/MaxLen"] == 40
    assert widgets(printed())["c.cost"]["/Q"] == 2


def widgets(data: bytes) -> dict[str, Any]:
    annotations = [note.get_object() for sheet in read(data).pages for note in sheet.get("/Annots", ())]
    return {note["/T"]: note for note in annotations if note["/Subtype"] == "/Widget"}


def test_every_field_has_its_drawings_so_that_viewers_need_not_make_them() -> None:
    data = printed()
    assert "/NeedAppearances" not in read(data).root_object["/AcroForm"]
    for name, widget in widgets(data).items():
        drawings = widget["/AP"]["/N"]
        assert "/DA" in widget
        if name.endswith(".done"):
            assert set(drawings) == {"/on", "/Off"}
            assert not drawings["/Off"].get_data().strip()
        else:
            empty = name == "c.none"  # what a list says before anything is chosen is no answer
            assert (b"Tj" in drawings.get_data()) is not empty


def test_a_page_without_form_has_no_fields() -> None:
    data = printer().print(page(TASKS)).data
    assert read(data).get_fields() is None
    assert "First line" in everything(data)


def test_a_filled_form_reads_back() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(printed()))
    answers = {"c.name": "Ŵyn Öztürk", "c.p1.done": "/on", "c.p2.done": "/Off", "c.fit": "y", "c.why": "Because"}
    for sheet in writer.pages:
        writer.update_page_form_field_values(sheet, answers, auto_regenerate=False)
    out = io.BytesIO()
    writer.write(out)
    read_back = read(out.getvalue()).get_fields() or {}
    assert {name: str(read_back[name]["/V"]) for name in answers} == answers


def test_the_words_of_a_live_field_are_its_own_and_not_the_page_s() -> None:
    text = everything(printed())
    assert "Why" in text
    assert "First line" not in text
    assert "Łódź" not in text


def test_a_box_grows_with_the_words_it_was_issued_with() -> None:
    long = "Two homes order online for 61 residents and cannot do so from 13 May. " * 3
    body = f"""<h1>x</h1><p><input type="text" name="a" title="a" value="{long}"> <input type="text" name="b" title="b" value="short"></p>
<p><textarea name="c" title="c" rows="1">{long * 2}</textarea></p>"""
    found = widgets(printed(body))
    heights = {name: float(field["/Rect"][1]) - float(field["/Rect"][3]) for name, field in found.items()}
    assert abs(heights["a"]) > 3 * abs(heights["b"])
    assert abs(heights["c"]) > 4 * 7 * MM / 2
    assert found["a"]["/Ff"] & 1 << 12
    assert not found["b"].get("/Ff", 0) & 1 << 12
    assert all(b" 9.5 Tf" in widget["/AP"]["/N"].get_data() for widget in found.values())


def test_words_are_set_whole_within_their_field() -> None:
    face = Face((STYLES / pdf.FONTS[0]).read_bytes())
    text = "one two three\n\nfour reception@a-very-long-name-of-a-surgery.example"
    size, rows = set_words(text, face, 10, 60, 200, lines=True)
    assert size == 10
    assert "".join(rows).replace(" ", "") == "".join(text.split())
    assert all(face.width(row) * size <= 60 for row in rows)
    assert rows[rows.index("") + 1] == "four"
    size, rows = set_words("one two three four", face, 10, 60, 200, lines=False)
    assert 6 <= size < 10
    assert rows == ["one two three four"]


def test_letters_that_people_type_have_shapes_in_the_form() -> None:
    shapes: set[str] = set()
    for font in read(printed()).pages[0]["/Resources"]["/Font"].values():
        [inner] = font["/DescendantFonts"]
        data = inner.get_object()["/FontDescriptor"]["/FontFile2"].get_data()
        embedded, whole = TTFont(io.BytesIO(data)), TTFont(STYLES / pdf.FONTS[0])
        numbers = {letter: whole.getGlyphID(whole.getBestCmap()[ord(letter)]) for letter in "aŵŷâłżßéΩЖ€"}
        drawn = embedded["glyf"].glyphs
        shapes |= {c for c, n in numbers.items() if n < embedded["maxp"].numGlyphs and drawn[embedded.getGlyphName(n)].data}
    assert shapes == set("aŵŷâłżßéΩЖ€")
    assert len(printed()) < 120_000


def rendered(data: bytes, scale: float = 2) -> list[Any]:
    document = pypdfium2.PdfDocument(data)
    document.init_forms()
    return [sheet.render(scale=scale, may_draw_forms=True).to_pil().convert("L") for sheet in document]


def test_the_corners_of_every_sheet_are_free() -> None:
    long = TASKS + "<p>Text</p>" * 60
    for classes in ("staff draft", "staff paper-a3_landscape draft", "commissioner paper-a4_landscape", "patients style-large_print"):
        for sheet in rendered(printed(long, classes=classes, left="A very long name of a surgery " * 5)):
            side = round(12 * MM * 2)
            for left in (0, sheet.width - side):
                for top in (0, sheet.height - side):
                    assert sheet.crop((left, top, left + side, top + side)).getextrema() == (255, 255)


def test_draft_stands_in_the_margin_of_staff_pages_only() -> None:
    assert "DRAFT" in everything(printed(classes="staff draft"))
    assert "DRAFT" not in everything(printed(classes="staff"))
    assert "DRAFT" not in everything(printed(LETTER, classes="patients draft addressed profile-dl_window"))


# Millimetres from the top left corner: where the address must be, and the window around it that holds nothing else.
WINDOWS = {"dl_window": ((20, 57, 100, 81), (10, 46, 110, 92)), "c5_window": ((24.6, 39.5, 120, 66.3), (15, 32, 124, 94))}


@pytest.mark.parametrize("profile", WINDOWS)
@pytest.mark.parametrize("style", ["style-house", "style-large_print"])
def test_the_address_alone_shows_in_the_window(profile: str, style: str) -> None:
    address, window = WINDOWS[profile]
    data = printed('<p class="draft-mark">Draft</p>' + LETTER, classes=f"patients addressed draft profile-{profile} {style}")
    text = pypdfium2.PdfDocument(data)[0].get_textpage()
    left, top, right, bottom = (side * MM for side in address)
    height = 297 * MM
    words = text.get_text_bounded(left=left, right=right, top=height - top, bottom=height - bottom)
    assert words.split()[:2] + words.split()[-2:] == ["Mrs", "M", "EX1", "3CD"]
    assert len(words.splitlines()) == 6
    sheet = rendered(data)[0]
    sheet.paste(255, tuple(round(side * MM * 2) for side in address))
    assert sheet.crop(tuple(round(side * MM * 2) for side in window)).getextrema() == (255, 255)


def test_a_letter_for_the_c5_window_keeps_its_margins_clear() -> None:
    for style in ("style-house", "style-large_print"):
        data = printed(LETTER + "<p>More words to read.</p>" * 60, classes=f"patients addressed profile-c5_window {style}")
        for sheet in rendered(data):
            sheet.paste(255, tuple(round(side * MM * 2) for side in (15, 5, 195, 292)))
            assert sheet.getextrema() == (255, 255)

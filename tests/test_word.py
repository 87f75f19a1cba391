"""A page as a Word file: its words and fields are those of the page, its bytes are steady, and nothing in it becomes markup."""

from __future__ import annotations

import base64
import html
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from PIL import Image

import docx_words
import house_docx
from docx_lint import lint
from migpack import blocks
from migpack.markup import read
from migpack.model import Page
from migpack.problems import Mistakes
from migpack.write.word import WordWriter
from migpack.write.zipped import rezip
from pages import STYLES, page

COLUMNS = '<colgroup><col style="width:20%"><col style="width:50%"><col style="width:30%"></colgroup>'
HEAD = '<thead><tr><th scope="col">No</th><th scope="col">Task</th><th scope="col" class="tick">Done</th></tr></thead>'
FIELDS = """<p>Name <input type="text" name="c.name" title="Your name" value="Siân Łódź" maxlength="40"></p>
<p>Role <input type="text" name="c.role" title="Your role" placeholder="Your role"></p>
<p>Done <input type="checkbox" name="c.done" title="All done" checked> <input type="checkbox" name="c.seen" title="Seen"></p>
<p>Day <input type="text" class="date" name="c.day" title="Day" value="12 March 2027"> to
<input type="text" class="date" name="c.end" title="Last day" value="31 February 2027"></p>
<p>Fit <select name="c.fit" title="Fit"><option value="">Pick one</option><option value="y">Well</option>
<option value="n" selected>Badly</option></select></p>
<p>None <select name="c.none" title="None"><option value="">Pick one</option><option value="y">Yes</option></select></p>
<p><textarea name="c.why" title="Reasons" rows="4">First line
Second line</textarea></p>"""
WHOLE = f"""<h1>Checklist</h1><p class="lead">What to <strong>do</strong>. <a href="#end">The end</a>
or <a href="https://a.example/?x=1&amp;y=2">our website</a>.</p>
<div class="callout warning"><p>Careful.</p><ul><li>One</li><li>Two</li></ul></div><h2>First part</h2>
<table class="tasks"><caption>To do</caption>{COLUMNS}{HEAD}<tbody>
<tr><th scope="row">P-1</th><td><p>Agree <span class="gap" data-key="dates.go_live">[dates.go_live]</span></p>
<p class="small">Keep: it <span class="ref">G22</span></p></td>
<td class="tick"><input type="checkbox" name="t.1" title="P-1 done"></td></tr>
<tr class="sub"><th scope="row">P-2</th><td><ul><li>Tell people</li></ul></td><td></td></tr>
<tr><td colspan="3">Band</td></tr><tr class="total"><td>All</td><td class="num">2</td><td></td></tr></tbody></table>
<table class="log">{COLUMNS}{HEAD}<tbody><tr class="blank"><td>1</td><td></td><td></td></tr></tbody></table>
<section class="slip" id="end"><h2>Reply</h2><h3>Numbered</h3>
<ol><li>One<ol><li>Inner</li></ol></li><li>Two</li></ol><p>And</p><ol><li>New</li></ol>
<p>On <span class="nowrap">12 March</span> by <span class="fill" data-width="60"></span>
to <span class="whole">a-b@mill-lane.example</span></p>
<p>Why? <textarea name="t.why" title="Why"></textarea></p></section>"""


@pytest.fixture(scope="module")
def writer() -> WordWriter:
    return WordWriter(lambda name: (STYLES / name).read_bytes())


@pytest.fixture
def made(writer: WordWriter, tmp_path: Path) -> Callable[..., Path]:
    """Write a body, or a page, as a Word file."""

    def make(body: str | Page, **more: str) -> Path:
        source = page(body, **more) if isinstance(body, str) else body
        file = tmp_path / "made.docx"
        file.write_bytes(writer.write(source, read(source.html, "sample")).data)
        return file

    return make


Make = Callable[..., Path]


def part(file: Path, name: str = "word/document.xml") -> str:
    with zipfile.ZipFile(file) as held:
        return held.read(name).decode()


def opened(file: Path) -> Document:
    return docx.Document(io.BytesIO(file.read_bytes()))


def picture() -> str:
    held = io.BytesIO()
    Image.new("RGB", (300, 90), (0, 94, 184)).save(held, "PNG")
    return "data:image/png;base64," + base64.b64encode(held.getvalue()).decode()


def test_the_words_are_those_of_the_page_in_order(made: Make) -> None:
    source = page(WHOLE)
    assert docx_words.words(made(source)).split() == list(blocks.words(read(source.html, "sample")))


@pytest.mark.parametrize("classes", ["staff", "patients profile-c5_window", "patients style-large_print", "staff paper-a3_landscape"])
def test_every_page_is_sound(made: Make, classes: str) -> None:
    address = '<div class="sender"><p>1 Mill Lane<br>EX1 2AB</p></div><div class="recipient"><p>Mrs M Example</p></div>'
    logo = f'<div class="letterhead"><img src="{picture()}" alt="Blue"><p>Mill Lane Surgery</p></div>'
    assert lint(made(logo + address + WHOLE + FIELDS, classes=classes)) == []


def test_fields_are_read_back_by_name_with_what_they_were_issued_with(made: Make) -> None:
    assert docx_words.fields(made("<h1>Form</h1>" + FIELDS)) == {
        "c.name": "Siân Łódź",
        "c.role": "",
        "c.done": "on",
        "c.seen": "",
        "c.day": "12 March 2027",
        "c.end": "31 February 2027",
        "c.fit": "Badly",
        "c.none": "",
        "c.why": "First lineSecond line",
    }


def test_fields_show_their_prompt_and_know_their_kind(made: Make) -> None:
    file = made("<h1>Form</h1>" + FIELDS)
    controls = {tag: xml for xml in re.findall(r"<w:sdt>.*?</w:sdt>", part(file)) for tag in re.findall(r'<w:tag w:val="(.*?)"', xml)}
    assert "<w:showingPlcHdr/>" in controls["c.role"] and ">Your role<" in controls["c.role"]
    assert "<w:showingPlcHdr/>" not in controls["c.name"]
    assert 'w:fullDate="2027-03-12T00:00:00Z"' in controls["c.day"] and "fullDate" not in controls["c.end"]
    assert 'w:displayText="Badly" w:value="n"' in controls["c.fit"] and ">Pick one<" in controls["c.none"]
    assert "<w:text" not in controls["c.why"] and "<w:br/>" in controls["c.why"]  # rich text: LibreOffice keeps its line breaks
    assert '<w14:checked w14:val="1"/>' in controls["c.done"] and "☑" in controls["c.done"]
    assert [re.findall(r'<w:id w:val="(\d+)"', xml)[0] for xml in controls.values()] == [str(n) for n in range(1, 10)]


def test_a_title_longer_than_word_takes_is_cut(made: Make) -> None:
    file = made(f'<h1>Form</h1><p><input type="text" name="a" title="{"word " * 40}"></p>')
    [alias] = re.findall(r'<w:alias w:val="(.*?)"', part(file))
    assert len(alias) <= 64 and alias.endswith("…")


HOSTILE = [
    "<script>alert(1)</script>",
    "Smith & Sons \"Ltd\" 'x'",
    "{{ 7*7 }} {% x %}",
    "]]> --> <!-- </w:t></w:r>",
    "محمد علي in Mill Lane",
    "x" * 300,
    "bad \x01\x0b\ufffe control",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(made: Make, words: str) -> None:
    said = html.escape(words)
    shown = re.sub("[\x01\x0b\ufffe]", "\ufffd", words)
    link = f'<p><a href="https://a.example/?q=&quot;&lt;">{said}</a></p>'
    chosen = f'<p><select name="b" title="b"><option value="{said}" selected>{said}</option></select></p>'
    row = f'<tr><th scope="row">{said}</th><td><input type="text" name="a" title="{said}" value="{said}"></td></tr>'
    halves = '<colgroup><col style="width:50%"><col style="width:50%"></colgroup>'
    table = f'<table class="facts"><caption>{said}</caption>{halves}<tbody>{row}</tbody></table>'
    source = page(f"<h1>{said}</h1>{table}{chosen}{link}", left=said)
    file = made(replace(source, running=(words, words)))
    assert lint(file) == []
    assert docx_words.words(file).split() == (f"{shown} " * 4).split()
    assert docx_words.fields(file) == {"a": shown, "b": shown}
    foot = opened(file).sections[0].footer.paragraphs[0].text
    assert foot.startswith(shown) and foot.endswith(shown)


def test_no_line_ends_at_a_hyphen_of_what_is_kept_whole(made: Make) -> None:
    file = made('<h1>News</h1><p>Well-known: <span class="whole">a-b@surgery.example</span> or <span class="nowrap">1 May-day</span></p>')
    shown = part(file)
    parts = ("a", "b@surgery.example"), ("1\N{NO-BREAK SPACE}May", "day")
    for before, after in parts:
        assert f'{before}</w:t><w:noBreakHyphen/><w:t xml:space="preserve">{after}<' in shown
    assert "Well-known" in shown and "a-b@" not in shown
    assert "a-b@surgery.example" in docx_words.words(file) and opened(file).paragraphs[-1].text.startswith(
        "Well-known: a-b@surgery.example"
    )


def test_right_to_left_words_have_runs_and_paragraphs_of_their_own(made: Make) -> None:
    body = part(made('<h1>Languages</h1><p lang="ar" dir="rtl">اتصل بنا</p><p>Dear Mr محمد علي, hello</p>'))
    assert '<w:rtl/><w:lang w:bidi="ar"/></w:rPr><w:t xml:space="preserve">اتصل بنا</w:t>' in body
    assert body.count("<w:bidi/>") == 1
    assert '<w:rtl/></w:rPr><w:t xml:space="preserve">محمد علي</w:t>' in body


def test_an_address_is_read_from_the_left_whoever_lives_there(made: Make) -> None:
    body = part(made('<div class="recipient"><p>محمد علي<br>2 Fern Lane</p></div><h1>News</h1>'))
    assert "<w:bidi/>" not in body and "<w:rtl/>" in body


def test_indic_words_name_a_font_that_has_them(made: Make) -> None:
    body = part(made('<h1>Languages</h1><p lang="bn">আমাদের ফোন করুন NHS।</p><p>Or <strong>ਪੰਜਾਬੀ</strong></p>'))
    look = '<w:rFonts w:ascii="Nirmala UI" w:hAnsi="Nirmala UI" w:cs="Nirmala UI"/>'
    assert f'{look}<w:cs/><w:lang w:bidi="bn"/></w:rPr><w:t xml:space="preserve">আমাদের ফোন করুন</w:t>' in body
    assert f'{look}<w:b/><w:bCs/><w:cs/></w:rPr><w:t xml:space="preserve">ਪੰਜਾਬੀ</w:t>' in body
    assert '<w:lang w:val="bn"/></w:rPr><w:t xml:space="preserve"> NHS</w:t>' in body
    assert "<w:bidi/>" not in body


def test_chinese_words_name_a_font_that_has_them(made: Make) -> None:
    body = part(made('<h1>Languages</h1><p lang="zh-Hant">請致電我們 NHS。</p><p>Dear 王 小明, hello</p>'))
    look = '<w:rFonts w:eastAsia="Microsoft YaHei" w:hint="eastAsia"/>'
    assert f'{look}<w:lang w:eastAsia="zh-Hant"/></w:rPr><w:t xml:space="preserve">請致電我們</w:t>' in body
    assert f'{look}</w:rPr><w:t xml:space="preserve">王 小明</w:t>' in body
    assert "<w:bidi/>" not in body


def test_the_same_page_gives_the_same_bytes_without_a_date_of_today(writer: WordWriter) -> None:
    source = page(WHOLE)
    first, second = (writer.write(source, read(source.html, "sample")) for _ in range(2))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first.data)) as held:
        assert {entry.date_time for entry in held.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        assert held.namelist()[0] == "[Content_Types].xml"
        assert "2000-01-01T00:00:00Z" in held.read("docProps/core.xml").decode()
    assert rezip(first.data) == first.data


def test_word_knows_what_the_document_is(made: Make) -> None:
    file = made(WHOLE, id="checklist")
    core = opened(file).core_properties
    assert (core.title, core.author, core.language) == ("Title of checklist", "Mill Lane Surgery", "en-GB")
    assert 'name="migpack-document"><vt:lpwstr>checklist<' in part(file, "docProps/custom.xml")


def test_the_foot_counts_pages_and_a_draft_says_so_at_the_head(made: Make) -> None:
    source = page(WHOLE)
    section = opened(made(replace(source, draft=True))).sections[0]
    assert section.footer.paragraphs[0].text == "Mill Lane Surgery\tPage 1 of 1\tIssue 1"
    assert section.header.paragraphs[0].text.strip() == "DRAFT"
    long = "Harbour View Medical Group " * 3  # would run into the number in the middle
    [foot] = opened(made(page(WHOLE, left=long))).sections[0].footer.paragraphs
    assert foot.text == f"{long}\nPage 1 of 1\tIssue 1"
    assert opened(made(source)).sections[0].header.is_linked_to_previous
    letter = replace(page(WHOLE, classes="patients"), draft=True)  # it says so in its words, clear of the window
    assert opened(made(letter)).sections[0].header.is_linked_to_previous


def test_tables_have_fixed_widths_repeated_heads_and_a_description(made: Make) -> None:
    table = opened(made(WHOLE)).tables[1]
    assert [column.width.mm for column in table.columns] == pytest.approx([34.8, 87, 52.2], abs=0.1)
    assert table.rows[0]._tr.trPr is not None and table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    properties = table._tbl.tblPr
    assert properties.find(qn("w:tblCaption")).get(qn("w:val")) == "To do"
    assert properties.find(qn("w:tblDescription")).get(qn("w:val")) == "Columns: No, Task, Done"


def test_rows_to_write_in_have_room_for_a_pen(made: Make) -> None:
    sign = '<input type="text" class="signature" name="s" title="Signature">'
    lines = '<textarea name="n" title="Notes" rows="3"></textarea>'
    body = "".join(
        f"<tr{kind}><td>{held}</td><td></td><td></td></tr>" for kind, held in (("", "x"), (' class="blank"', ""), ("", sign), ("", lines))
    )
    rows = opened(made(f'<h1>Log</h1><table class="log">{COLUMNS}{HEAD}<tbody>{body}</tbody></table>')).tables[0].rows
    assert [row.height and round(row.height.mm) for row in rows] == [None, None, 11, 14, 21]


def test_a_slip_starts_a_page_and_what_is_kept_stays_together(made: Make) -> None:
    kept = '<section class="keep"><h2>Sign</h2><p>One</p><p>Two</p></section>'
    paragraphs = {
        p.text: p.paragraph_format
        for p in opened(made(f'<h1>Letter</h1><p>Before</p>{kept}<section class="slip"><h2>Reply</h2></section>')).paragraphs
    }
    assert [paragraphs[words].keep_with_next for words in ("Before", "Sign", "One", "Two")] == [None, True, True, None]
    assert [paragraphs[words].page_break_before for words in ("Sign", "Reply")] == [None, True]


def test_what_introduces_a_table_or_a_part_does_not_end_a_page(made: Make) -> None:
    rows = '<thead><tr><th scope="col">No</th></tr></thead><tbody><tr><td>1</td></tr></tbody>'
    table = f'<table class="grid"><colgroup><col style="width:100%"></colgroup>{rows}</table>'
    body = f"<h1>List</h1><h2>One</h2><p>Introduces</p>{table}<h2>Two</h2><p>Opens</p><h3>Part</h3><p>Stands</p><p>Alone</p><h2>Three</h2>"
    paragraphs = {p.text: p.paragraph_format for p in opened(made(body)).paragraphs}
    assert [paragraphs[words].keep_with_next for words in ("Introduces", "Opens", "Stands", "Alone")] == [True, True, None, None]
    again = opened(made("<h1>Letter</h1><h2>One</h2><p>Says all</p><h2>Two</h2><p>Says more</p>")).paragraphs
    assert [p.paragraph_format.keep_with_next for p in again if p.text.startswith("Says")] == [None, None]


def test_each_numbered_list_starts_at_one(made: Make) -> None:
    file = made(WHOLE)
    used = re.findall(r'<w:ilvl w:val="(\d)"/><w:numId w:val="(\d+)"/>', part(file))
    assert len({number for _, number in used}) == 5 - 1  # bullets, two lists and the one inside
    assert part(file, "word/numbering.xml").count('<w:startOverride w:val="1"/>') == 9


def test_the_address_stands_in_the_window(made: Make) -> None:
    body = '<p class="draft-mark">Draft</p><div class="recipient"><p>Mrs M Example</p></div><h1>News</h1><p>Words</p>'
    shown = opened(made(body, classes="patients profile-dl_window"))
    frame = shown.paragraphs[1]._p.pPr.find(qn("w:framePr"))
    x, y, width, height = (int(frame.get(qn(f"w:{name}"))) * 25.4 / 1440 for name in ("x", "y", "w", "h"))
    assert x >= 20 and x + width <= 100 and y >= 57 and y + height <= 81
    start = shown.sections[0].top_margin.mm + shown.paragraphs[0].paragraph_format.space_before.mm
    assert start == pytest.approx(96, abs=0.2)
    assert opened(made(body, classes="patients profile-plain")).paragraphs[1]._p.pPr.find(qn("w:framePr")) is None


@pytest.mark.parametrize(
    ("classes", "margins"),
    [
        ("patients profile-plain", (16, 15, 18)),
        ("patients profile-dl_window", (15, 15, 20)),
        ("patients profile-c5_window", (15, 15, 20)),
        ("third_parties profile-plain", (18, 20, 20)),
    ],
)
def test_letters_have_the_margins_that_the_style_sheet_gives_them(made: Make, classes: str, margins: tuple[int, int, int]) -> None:
    head = '<div class="letterhead"><p>Mill Lane Surgery</p></div><div class="recipient"><p>Mrs M Example</p></div>'
    shown = opened(made(f"{head}<h1>News</h1><h2>What</h2><p>Words</p>", classes=classes))
    [section] = shown.sections
    found = section.top_margin.mm, section.left_margin.mm, section.bottom_margin.mm
    assert found == pytest.approx(margins, abs=0.1) and section.right_margin == section.left_margin
    assert shown.styles["Heading 2"].paragraph_format.space_before.pt == pytest.approx(11.35, abs=0.1)


def test_paper_and_sizes_follow_the_page(made: Make) -> None:
    def size(classes: str, style: str = "Normal") -> float:
        styles = opened(made("<h1>News</h1><p>Words</p>", classes=classes)).styles
        base = styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr/w:sz/@w:val")[0]
        return styles[style].font.size.pt if styles[style].font.size else int(base) / 2

    assert (size("staff"), size("patients"), size("patients style-large_print")) == (10, 12, 18)
    assert all(size("patients style-large_print", name) >= 16 for name in ("Hint", "Small", "Table Text", "Table Small", "Footer"))
    section = opened(made(WHOLE, classes="staff paper-a3_landscape")).sections[0]
    assert (section.page_width.mm, section.page_height.mm) == (pytest.approx(420, abs=0.1), pytest.approx(297, abs=0.1))


def test_pictures_are_there_with_their_words_and_drawings_are_not(made: Make) -> None:
    svg = "data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode()
    file = made(f'<h1>News</h1><p><img src="{picture()}" alt="A &quot;blue&quot; box"></p><p>x <img src="{svg}" alt="Drawn"></p>')
    assert re.findall(r'<wp:docPr [^>]*descr="(.*?)"', part(file)) == ["A &quot;blue&quot; box"]
    [shape] = opened(file).inline_shapes
    assert shape.width.mm <= 70.1 and shape.height.mm <= 30.1


def test_a_house_file_without_a_style_is_told(writer: WordWriter) -> None:
    poor = house_docx.parts() | {"word/styles.xml": house_docx.styles_xml().replace('"Lead"', '"Leed"')}
    with pytest.raises(Mistakes, match=r"templates/styles/house.docx: the style 'Lead' is missing"):
        source = page(WHOLE)
        WordWriter(lambda name: house_docx.packed(poor)).write(source, read(source.html, "sample"))


def test_the_committed_house_file_is_what_the_script_makes() -> None:
    assert house_docx.house_docx() == (STYLES / "styles/house.docx").read_bytes()


BODY, CORE = "word/document.xml", "docProps/core.xml"
GAP = r'</w:tbl><w:p><w:pPr><w:pStyle w:val="TableGap"/>.*?</w:p>'
MUTANTS = {  # what is done to a sound file: the part, what is found there, what takes its place; and what the lint says
    "cell without a paragraph": (BODY, r"(<w:tc>(?:(?!</w:tc>).)*?</w:tcPr>).*?</w:tc>", r"\1</w:tc>", "does not end with a paragraph"),
    "tables that touch": (BODY, GAP, "</w:tbl>", "no paragraph stands after a table"),
    "row too short": (BODY, r"<w:tc>(?:(?!</w:tc>).)*P-1.*?</w:tc>", "", "of 3 columns"),
    "cell too wide": (BODY, r'<w:tcW w:w="\d+"', '<w:tcW w:w="5"', "not as wide"),
    "table too wide": (BODY, r'<w:gridCol w:w="\d+"', '<w:gridCol w:w="20000"', "on a page with room for"),
    "control id twice": (BODY, '<w:id w:val="2"/>', '<w:id w:val="1"/>', "the control id '1' stands 2 times"),
    "control tag twice": (BODY, '<w:tag w:val="t.why"/>', '<w:tag w:val="t.1"/>', "the control tag 't.1' stands 2 times"),
    "control without a tag": (BODY, '<w:tag w:val="t.why"/>', "", "has no tag"),
    "field without an end": ("word/footer1.xml", '<w:r><w:fldChar w:fldCharType="end"/></w:r>', "", "begin, part and end"),
    "style that is not there": (BODY, '"Lead"', '"Leed"', "unknown style 'Leed'"),
    "language that is none": ("word/styles.xml", 'w:lang w:val="en-GB"', 'w:lang w:val="english-ish!!"', "the language 'english-ish!!'"),
    "head that does not repeat": (BODY, "<w:tblHeader/>", "", "header row does not repeat"),
    "row that splits": (BODY, "<w:cantSplit/>", "", "may split"),
    "table without words": (BODY, "<w:tblDescription[^>]*/>", "", "no tblDescription"),
    "heading that skips": (BODY, '"Heading2"', '"Heading4"', "level 4 follows one of level 1"),
    "no title": (CORE, "<dc:title>.*?</dc:title>", "", "has no title"),
    "no language": (CORE, "<dc:language>.*?</dc:language>", "", "has no language"),
    "picture without words": (BODY, ' descr="[^"]*"', "", "a picture has no words"),
    "link to nowhere": (BODY, 'w:name="place_1"', 'w:name="place_9"', "which is nowhere"),
    "relationship that is gone": ("word/_rels/document.xml.rels", "<Relationship [^>]*image[^>]*/>", "", "is missing"),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_the_lint_sees_each_damage(made: Make, name: str) -> None:
    file = made(WHOLE + f'<p><img src="{picture()}" alt="Blue"></p>')
    assert lint(file) == []
    where, found, instead, told = MUTANTS[name]
    damaged = io.BytesIO()
    with zipfile.ZipFile(file) as sound, zipfile.ZipFile(damaged, "w") as out:
        for entry in sound.namelist():
            text = sound.read(entry)
            if entry == where:
                text = re.sub(found, instead, before := text.decode(), count=1, flags=re.DOTALL).encode()
                assert text != before.encode()
            out.writestr(entry, text)
    assert any(told in fault for fault in lint(damaged)), lint(damaged)

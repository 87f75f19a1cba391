"""A page as blocks: what stands in the vocabulary is understood, and what leaves it is told, all of it, by name."""

from __future__ import annotations

import pytest

from migpack import blocks
from migpack.blocks import Break, Group, Heading, Item, List, Paragraph, Passage, Span, Strong, Text
from migpack.markup import read
from migpack.problems import Mistakes
from pages import page

COLUMNS = '<colgroup><col style="width:40%"><col style="width:60%"></colgroup>'
HEAD = '<thead><tr><th scope="col">Name</th><th scope="col">Date</th></tr></thead>'
TABLE = f'<table class="grid">{COLUMNS}{HEAD}<tbody><tr><td>Ada</td><td>12 March</td></tr></tbody></table>'


def tree(body: str) -> blocks.Tree:
    """Return the blocks of a page that has a title and this body."""
    return read(page(f"<h1>Title</h1>{body}").html, "sample")


def mistakes(body: str) -> list[str]:
    """Return what is wrong with a page, each with its advice."""
    with pytest.raises(Mistakes) as caught:
        tree(body)
    return [str(problem) for problem in caught.value.problems]


def test_the_head_of_a_page_says_what_it_is() -> None:
    found = read(page("<h1>Title</h1>", "letter", classes="patients profile-plain").html, "letter")
    assert (found.title, found.author, found.document, found.language) == ("Title of letter", "Mill Lane Surgery", "letter", "en-GB")
    assert found.classes == {"patients", "profile-plain"}
    assert found.blocks == (Heading(1, (Text("Title"),)),)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("  one\n two ", (Text("one two"),)),
        ("one <br> two", (Text("one"), Break(), Text("two"))),
        ("a <strong> b </strong> c", (Text("a "), Strong((Text("b "),)), Text("c"))),
        ("12\u00a0March", (Text("12\u00a0March"),)),
        ("&lt;script&gt; &amp; {{ 7*7 }}", (Text("<script> & {{ 7*7 }}"),)),
        ("on <span class='fill' data-width='30'></span> or", (Text("on "), Span("fill", (), width_mm=30), Text(" or"))),
        ("a \x01 b", (Text("a \ufffd b"),)),
        ("a &#1; b &#xd800;", (Text("a b \ufffd"),)),
    ],
)
def test_white_space_and_signs_are_read_as_a_browser_shows_them(written: str, read_as: blocks.Inlines) -> None:
    found = tree(f"<p>{written}</p>").blocks[1]
    assert isinstance(found, Paragraph)
    assert found.content == read_as


def test_words_outside_a_block_become_a_paragraph_in_items_and_cells() -> None:
    [_, found] = tree("<ul><li>One<ul><li>Inner</li></ul></li><li><p>Two</p><p>More</p></li></ul>").blocks
    inner = List(False, False, (Item((Paragraph((Text("Inner"),)),)),))
    two = Item((Paragraph((Text("Two"),)), Paragraph((Text("More"),))))
    assert found == List(False, False, (Item((Paragraph((Text("One"),)), inner)), two))


def test_a_table_has_widths_heads_and_cells() -> None:
    rows = '<tr class="total"><td colspan="2" class="num">All</td></tr>'
    [found] = blocks.tables(
        tree(TABLE.replace("</tbody>", rows + "</tbody>").replace('class="grid">', 'class="grid"><caption>Who</caption>'))
    )
    assert (found.kind, found.widths, blocks.plain(found.caption)) == ("grid", (40, 60), "Who")
    assert [cell.scope for cell in found.head[0].cells] == ["col", "col"]
    assert (found.body[1].kind, found.body[1].cells[0].span, found.body[1].cells[0].number) == ("total", 2, True)


def test_fields_have_a_kind_a_value_and_a_prompt() -> None:
    found = blocks.fields(
        tree(
            '<p><input type="checkbox" name="a.tick" title="Done" checked> <input type="text" name="a.day" title="Day" class="date">'
            '<input type="text" name="a.who" title="Who" value="Ada &amp; Bo" placeholder="Full name" maxlength="40"></p>'
            '<p><textarea name="a.why" title="Why" rows="5">\nOne\nTwo</textarea>'
            '<select name="a.fit" title="Fit"><option value="">Pick</option><option value="w" selected>Well</option></select></p>'
        )
    )
    assert [(f.kind, f.name, f.value, f.prompt) for f in found] == [
        ("tick", "a.tick", "on", ""),
        ("date", "a.day", "", "Date"),
        ("text", "a.who", "Ada & Bo", "Full name"),
        ("lines", "a.why", "One\nTwo", "Click to write"),
        ("choice", "a.fit", "w", "Pick"),
    ]
    assert (found[2].limit, found[3].rows, [option.text for option in found[4].options]) == (40, 5, ["Well"])


def test_words_are_read_in_order_and_fields_are_no_words() -> None:
    body = (
        '<p class="lead">Opening.</p><div class="callout"><p>Boxed.</p></div>'
        f'<section class="keep">{TABLE}</section><ul><li>Item <input type="text" name="n" title="Name" value="value"></li></ul>'
        '<svg class="timeline"><title>Drawn</title><text>Only in the PDF</text></svg>'
    )
    found = tree(body)
    assert blocks.words(found) == tuple("Title Opening. Boxed. Name Date Ada 12 March Item".split())
    assert blocks.passages(found)[0] == Passage("heading", "Title", 1)
    assert [piece.kind for piece in blocks.passages(found)] == ["heading", "paragraph", "paragraph", *["cell"] * 4, "item"]


def test_gaps_and_links_are_found_wherever_they_stand() -> None:
    gap = '<span class="gap" data-key="practice.phone">[practice.phone]</span>'
    found = tree(f'<h2 id="two">Two {gap}</h2><ul><li><a href="#two">Back to <strong>{gap}</strong></a></li></ul>')
    assert blocks.gaps(found) == ("practice.phone",)
    assert [link.href for link in blocks.links(found)] == ["#two"]


def test_groups_keep_their_kind_and_flags() -> None:
    [_, found] = tree('<section class="slip" id="reply"><div class="callout warning"><p>Careful</p></div></section>').blocks
    assert isinstance(found, Group)
    assert (found.kind, found.flags, found.id) == ("section", {"slip"}, "reply")
    assert isinstance(inner := found.blocks[0], Group)
    assert (inner.kind, inner.flags) == ("callout", {"warning"})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<p>some words <b>bold</b></p>", "<b> (after '… some words') is not in the page vocabulary"),
        ("<p><em>x</em></p>", "<em>"),
        ("<hr>", "<hr>"),
        ("<script>alert(1)</script>", "<script>"),
        ("<p>one<p>two</p></p>", "cannot stand in <p>"),
        ("<p>open", "<p> (after '… Title') is not closed"),
        ("words", "<body> (after '… Title') holds the bare words 'words'"),
        ("</section>", "closes nothing"),
        ("<div><p>x</p></div>", "says nothing without a class"),
        ('<p onclick="x()">x</p>', "has the attribute 'onclick'"),
        ('<p style="color:red">x</p>', "has the attribute 'style'"),
        ('<p class="leed">x</p>', "did you mean 'lead'?"),
        ("<p></p>", "is empty"),
        ("<ul></ul>", "has an empty item, or none"),
        ("<h3>x</h3>", "skips a level"),
        ("<h1>x</h1>", "has 2 elements <h1>"),
        ('<p id="a">x</p><p id="a">y</p>', "has the id 'a' a second time"),
        ('<p><a href="#gone">x</a></p>', "leads to #gone, which is not on this page"),
        ('<p><a href="javascript:alert(1)">x</a></p>', "leads to 'javascript:alert(1)'"),
        ('<p><span class="gap">x</span></p>', "does not say which fact is missing"),
        ('<p><span lang="english">x</span></p>', "has the language 'english'"),
        ('<p><input type="radio" name="a" title="b"></p>', "has the type 'radio'"),
        ('<p><input type="text" name="A b" title="b"></p>', "has the name 'A b'"),
        (f'<p><input type="text" name="{"a" * 65}" title="b"></p>', "has the name 'aaa"),
        ('<p><input type="text" name="a" title="b"><input type="text" name="a" title="c"></p>', "has the name 'a' a second time"),
        ('<p><input type="text" name="a"></p>', "lacks its title"),
        ('<p><select name="a" title="b"><option value="">x</option></select></p>', "has no options"),
        ('<p><img src="https://x.example/a.png" alt="x"></p>', "does not carry its picture"),
        ('<p><img src="data:image/png;base64,iVBORw0K"></p>', "lacks its alt"),
        (TABLE.replace("60%", "50%"), "has columns that sum to 90%"),
        (TABLE.replace(COLUMNS, ""), "has columns that sum to 0%"),
        (TABLE.replace("<td>Ada</td>", ""), "fills 1 columns of 2"),
        (TABLE.replace("<td>Ada</td>", '<td rowspan="2">Ada</td>'), "has the attribute 'rowspan'"),
        (TABLE.replace(HEAD, ""), "has no heads"),
        (TABLE.replace('<th scope="col">Name', '<th scope="row">Name'), "has the scope 'row'"),
        (TABLE.replace(">Name<", "><"), "is empty"),
    ],
)
def test_what_leaves_the_vocabulary_is_told(body: str, told: str) -> None:
    found = mistakes(body)
    assert any(told in mistake for mistake in found), found
    assert all(mistake.startswith("sample: <") for mistake in found)


def test_every_mistake_of_a_page_is_told_at_once() -> None:
    assert len(mistakes("<p><b>x</b></p><hr><p style='x'>y</p>")) == 3

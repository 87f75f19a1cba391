"""A page as plain text: every word of it, in lines that an e-mail can carry."""

from __future__ import annotations

from migpack import blocks
from migpack.markup import read
from migpack.write.plain import WIDTH, write_plain
from pages import page

FACTS = """<table class="facts"><caption>Key dates</caption><colgroup><col style="width:40%"><col style="width:60%"></colgroup><tbody>
<tr><th scope="row">Go-live</th><td>18 March 2027</td></tr><tr><th scope="row">Phone</th><td>01632 960 001</td></tr></tbody></table>"""
GRID = """<table class="log"><colgroup><col style="width:50%"><col style="width:50%"></colgroup>
<thead><tr><th scope="col">Task</th><th scope="col">Done</th></tr></thead><tbody>
<tr><td>Tell the laboratory</td><td><input type="checkbox" name="a" title="Done"></td></tr>
<tr class="blank"><td></td><td></td></tr></tbody></table>"""


def text(body: str) -> str:
    return write_plain(page(f"<h1>Our system is changing</h1>{body}"))


def test_headings_are_underlined_and_paragraphs_wrapped() -> None:
    found = text("<h2>Medicines</h2><p>" + "order early " * 30 + "</p>")
    assert found.startswith("Our system is changing\n======================\n\nMedicines\n---------\n\norder early")
    assert max(map(len, found.split("\n"))) <= WIDTH


def test_tables_are_lines_of_label_and_value_and_empty_rows_are_left_out() -> None:
    assert text(FACTS).endswith("Key dates\n\nGo-live: 18 March 2027\nPhone: 01632 960 001\n")
    assert text(GRID).endswith("Task: Tell the laboratory\nDone: [ ]\n")


def test_fields_are_dots_boxes_or_what_was_filled_in() -> None:
    body = (
        '<p>Name: <input type="text" name="a" title="Name"> for <input type="text" name="b" title="Role" value="Nurse"></p>'
        '<p><select name="c" title="Fit"><option value="y">Yes</option><option value="n">No</option></select></p>'
    )
    assert text(body).endswith("Name: ........ for Nurse\n\n........ (Yes / No)\n")


def test_lists_are_marked_and_what_stands_inside_is_indented() -> None:
    found = text("<ol><li>One<ul><li>Inside</li></ul></li><li>" + "long words " * 12 + "</li></ol>")
    assert "1. One\n   - Inside\n2. long words" in found
    assert "words long\n   words" in found


def test_an_address_that_the_words_do_not_show_is_written_out() -> None:
    found = text('<p><a href="https://mill-lane.example/">Our website</a>, <a href="https://mill-lane.example">mill-lane.example</a></p>')
    assert found.endswith("Our website (https://mill-lane.example/), mill-lane.example\n")


def test_every_word_of_the_page_is_there_in_order() -> None:
    body = f'<p class="lead">Lead.</p><div class="callout"><p>Note <strong>this</strong>.</p></div>{FACTS}<p class="date">12 March 2027</p>'
    made = page(f"<h1>Our system is changing</h1>{body}")
    wanted = list(blocks.words(read(made.html, "sample")))
    rest = iter(write_plain(made).replace(":", "").split())
    assert all(word in rest for word in wanted)

"""Each writing rule finds its breach, in the practice's own words too, and says which line of which file to change."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import samples
from migpack import markup
from migpack.library import Library
from migpack.load import read_content
from migpack.messages import size
from migpack.plan import Wanted
from migpack.problems import Mistakes, Weight
from migpack.writing import Finding, read_as_patient, said, text_messages
from pages import page

RULES = read_content(Library.of(None)).writing


def found(body: str, *, whole: bool = True) -> list[Finding]:
    """Return what is found in a page with this body."""
    body = body if "<h1>" in body else f"<h1>Title</h1>{body}"
    tree = markup.read(page(body, classes="patients").html, "sample")
    return list(read_as_patient(tree, RULES, ("Mill Lane Surgery", "Quay Street"), whole=whole))


BREACHES = {
    "date": [
        "Come on 6/8/2027.", "Come on 2027-08-06.", "On the 6th of August.", "Come on 6 Aug 2027.", "Come Friday, 6 August.", "On Fri.",
    ],
    "time": [
        "We open at 8.30am.", "We open at 8 am.", "We open at 18:30.", "We open at 5:00pm.", "We open at 12 noon.", "We close at noon.",
        "At 12pm.",
    ],
    "range": ["Open 8am - 6pm.", "Open 8am–6:30pm.", "Open Monday - Friday."],
    "number": ["Wait for two weeks.", "We have 9300 patients."],
    "phone": ["Call 01632960001.", "Call 01632 960001.", "Call 0808 1570 001.", "Call +44 1632 960 001."],
    "word": [
        "Ask a clinician.", "Use triage.", "An online consultation.", "A secure message.", "A service user.", "Your chemist.",
        "We send an SMS.",
        "Your medication.", "Your proxy.", "Please telephone us.", "Our practice is open.", "We leave EMIS Web.", "Your medical record.",
        "Click the button.", "The go-live date.", "Your ICB.", "If you have any queries, ask.", "We regret the inconvenience.",
    ],
    "contraction": ["You can't book.", "We won't forget.", "We'll call you.", "They’re closed."],
    "sign": ["Cats & dogs.", "Your letter(s).", "Some, e.g. this.", "Pens, paper etc.", "“Quoted”.", "One – two.", "Hello!"],
    "sentence": ["This is a sentence that goes on and on with many small words until nobody knows any more what it was about at all."],
    "paragraph": ["We are here. We are open. You can call. You can come."],
    "capitals": ["Please come EARLY to see us."],
}  # fmt: skip
BLOCKS = {
    "heading": ["<h1>What is going to happen?</h1>", f"<h1>{'Long words ' * 7}</h1>", "<h2>Who can help?</h2>"],
    "capitals": ["<h2>Your New Online Services</h2>"],
    "list": [
        "<p>You can:</p><ul><li>Book visits</li></ul>", "<p>You can:</p><ul><li>book visits.</li></ul>",
        "<p>You can.</p><ul><li>book</li></ul>",
        f"<p>You can:</p><ul>{'<li>book</li>' * 7}</ul>",
    ],
    "link": [
        '<p><a href="https://mill-lane.example">Click here</a></p>', '<p><a href="https://bit.ly/abc">Our page</a></p>',
        '<p><a href="http://mill-lane.example">Our page</a></p>',
    ],
}  # fmt: skip


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in BREACHES.items() for text in texts])
def test_each_breach_is_found_by_its_rule(rule: str, text: str) -> None:
    assert rule in {finding.rule for finding in found(f"<p>{text.replace('&', '&amp;')}</p>")}


@pytest.mark.parametrize(("rule", "body"), [(rule, body) for rule, bodies in BLOCKS.items() for body in bodies])
def test_each_breach_of_form_is_found_by_its_rule(rule: str, body: str) -> None:
    assert rule in {finding.rule for finding in found(body)}


def test_hard_words_give_a_warning_of_the_reading_age() -> None:
    hard = "Multidisciplinary organisational interoperability necessitates considerable administrative reconfiguration. "
    assert "reading age" in {finding.rule for finding in found(f"<p>{hard}</p>" * 20)}
    easy = "You can call us if you need help. We will tell you what to do. "
    assert "reading age" not in {finding.rule for finding in found(f"<p>{easy}</p>" * 20)}


GOOD = """
<h2>Mill Lane Surgery and the NHS App</h2>
<p>On Friday 6 August 2027 at 5:30pm we close. We open again at midday on Monday 9 August 2027.</p>
<p>Call 01632 960 001, Monday to Friday, 8am to 6:30pm. In an emergency, call 999 or go to A&amp;E.</p>
<p>You have 2 weeks. Do not delete the app. There are 1,200 of us.</p>
<p>You can:</p>
<ul><li>call us</li><li>use the NHS App</li><li>NHS 111 online</li><li>Quay Street on Monday</li></ul>
<p>See <a href="https://mill-lane.example/change-2027">mill-lane.example/change-2027</a>. Both of you can come.</p>
<div class="sender"><p>12 Quayside<br>SAMPLEHAVEN<br>EX99 1AA</p></div>
"""


def test_good_words_are_left_alone() -> None:
    assert found(GOOD) == []


def test_a_document_for_staff_is_read_in_its_boxes_only() -> None:
    body = '<p>Our clinicians use triage.</p><div class="say"><p>Ask a chemist.</p></div>'
    assert [finding.core for finding in found(body, whole=False)] == ["chemist"]


def test_the_practices_own_words_are_found_at_their_line(tmp_path: Path) -> None:
    text = samples.SAMPLES["small"].read_text("utf-8")
    assert "order_how:" in text
    start = text.index("order_how:")
    line = text.count("\n", 0, start) + 1
    end = text.index("\n", start)
    path = samples.written(tmp_path, text[:start] + "order_how: Ask your chemist or any clinician." + text[end:])
    (path.parent / "x").mkdir()
    problems = samples.prepared(path, Wanted(only=frozenset({"letter"}))).problems
    places = {(problem.place.file, problem.place.line) for problem in problems if problem.rule == "word"}
    assert places == {(str(path), line)}


def test_a_breach_in_a_template_is_found_at_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "patients"
    folder.mkdir(parents=True)
    shipped = (Library.of(None).layers[0] / "templates/patients/slip.html").read_text("utf-8")
    (folder / "slip.html").write_text(shipped.replace("</h1>", "</h1>\n<p>Your chemist knows all about it.</p>", 1), "utf-8")
    path = samples.written(tmp_path, samples.SAMPLES["small"].read_text("utf-8"))
    problems = samples.prepared(path, Wanted(only=frozenset({"slip"}))).problems
    [problem] = [problem for problem in problems if problem.rule == "word"]
    written = (folder / "slip.html").read_text("utf-8").splitlines()
    assert problem.place.file.endswith("templates/patients/slip.html")
    assert "chemist" in written[problem.place.line - 1]


def test_a_document_that_lacks_what_it_must_tell_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "patients"
    folder.mkdir(parents=True)
    (folder / "slip.html").write_text('<h1>Slip</h1><p data-says="dates">Soon.</p><p data-says="contact">Call us.</p>', "utf-8")
    path = samples.written(tmp_path, samples.SAMPLES["small"].read_text("utf-8"))
    with pytest.raises(Mistakes) as error:
        samples.prepared(path, Wanted(only=frozenset({"slip"})))
    assert "lacks what it must tell patients: 4 Exact dates; 7 Repeat medicine" in str(error.value)  # "Soon." is no date


def test_a_text_message_over_the_limit_is_refused_with_its_words_and_count(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "patients"
    folder.mkdir(parents=True)
    long = "Our surgery changes its computer system on 1 May 2027. " * 6
    (folder / "texts.html").write_text(f'<h1>Texts</h1><div class="say"><p class="text" data-says="who dates">{long}</p></div>', "utf-8")
    path = samples.written(tmp_path, samples.SAMPLES["small"].read_text("utf-8"))
    with pytest.raises(Mistakes) as error:
        samples.prepared(path, Wanted(only=frozenset({"texts"})))
    assert f"{len(long.strip())} characters, 3 segments of at most 2" in str(error.value)
    assert long.strip() in str(error.value)


def test_a_message_that_is_still_missing_a_fact_has_no_length() -> None:
    body = '<h1>T</h1><div class="say"><p class="text">Call <span class="gap" data-key="practice.phone">[to add]</span></p></div>'
    tree = markup.read(page(body).html, "sample")
    assert len(said(tree)) == 1 and text_messages(tree) == ()


@pytest.mark.parametrize(
    ("words", "characters", "alphabet", "segments"),
    [
        ("a" * 160, 160, "GSM-7", 1),
        ("a" * 161, 161, "GSM-7", 2),
        ("a" * 306, 306, "GSM-7", 2),
        ("a" * 307, 307, "GSM-7", 3),
        ("é£€", 4, "GSM-7", 1),
        ("€" * 80, 160, "GSM-7", 1),
        ("€" * 81, 162, "GSM-7", 2),
        ("Siân", 4, "UCS-2", 1),
        ("ŵ" * 70, 70, "UCS-2", 1),
        ("ŵ" * 71, 71, "UCS-2", 2),
        ("ŵ" * 134, 134, "UCS-2", 2),
        ("ŵ" * 135, 135, "UCS-2", 3),
    ],
)
def test_texts_are_counted_as_they_are_sent(words: str, characters: int, alphabet: str, segments: int) -> None:
    counted = size(words, 2.4)
    assert (counted.characters, counted.alphabet, counted.segments) == (characters, alphabet, segments)
    assert counted.pence == pytest.approx(2.4 * segments)


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x17F), max_size=700))
def test_a_longer_text_never_costs_less(words: str) -> None:
    assert size(words, 1).segments <= size(words + "a", 1).segments <= size(words + "ŵ" * 2, 1).segments


def test_shipped_words_for_patients_keep_every_rule() -> None:
    for name, path in samples.SAMPLES.items():
        for problem in samples.prepared(path).problems:
            known = problem.rule in BREACHES or problem.rule in BLOCKS or problem.rule == "reading age"
            assert not (known and problem.weight is Weight.SHOULD), (name, str(problem))

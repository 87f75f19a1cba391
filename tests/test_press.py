"""The press: letters that are poured are those that full layout makes, each address stands in its window, and nothing is left open."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import page as pdf_rules
import pikepdf
import pytest
from docx import Document

from letter_pairs import differences, ink_outside, letters, lines_in, page_differences, pages_of
from migpack.letters import trial
from migpack.letters.press import Press
from migpack.letters.profiles import Box, Profile, read_profiles
from migpack.letters.recipients import Recipient
from migpack.library import Library
from migpack.load import load
from migpack.model import Plan
from migpack.pack import plan_only
from migpack.problems import Mistakes
from samples import SAMPLES, TODAY

PROFILES = ("govuk-notify", "nhs-notify", "dl-window", "c5-window", "plain")
LONG = "Wolfeschlegelsteinhausenbergerdorff " * 2 + "Featherstonehaugh Cholmondeley of Ely"
# Two of each kind, so that each kind is poured.
NAMES = (
    "Ann Sample", "X", "Siân ap Gwilym", "Łucja Gżegżółka", "Ελένη Παπαδόπουλος", "Олена Щербань", "محمد الحسن", "שרה כהן",
    "শ্রেয়া চট্টোপাধ্যায়", "Ffion O'Hara-Offiffle", LONG,
)  # fmt: skip
VALUES = {"appointment_day": "Tuesday 15 June 2027", "appointment_time": "9:30am", "appointment_with": "Dr Ada Example"}
VALUES |= {"new_day": "Monday 5 July 2027", "new_time": "4:10pm"}


def recipient(row: int, name: str, lines: int, **values: str) -> Recipient:
    """Return somebody with so many lines of address, the name and the postcode among them."""
    between = ("Flat 2", "Griffin House", "12A Waterfall Way", "Little Fifield", "SAMPLEFORD")[-(lines - 2) :]
    address = (name, *between, f"EX{row % 20} 2AB")
    return Recipient(row, "letter", "house", address, {"full_name": name, **VALUES, **values})


PEOPLE = tuple(recipient(2 * n + again, name, 3 + n % 3) for n, name in enumerate(NAMES, 1) for again in (0, 1))


@cache
def sample(*areas: Path) -> tuple[Plan, Library]:
    """Return the plan of the small sample, and its library with these areas."""
    library = Library.of(None, areas)
    return plan_only(load(SAMPLES["small"], library), TODAY), library


@cache
def rich() -> tuple[Plan, Library]:
    """Return the plan and the library of the rich sample."""
    library = Library.of(SAMPLES["rich"].parent)
    return plan_only(load(SAMPLES["rich"], library), TODAY), library


def new_press(letter: str = "letter", style: str = "house", profile: str = "c5-window") -> Press:
    return Press(*sample(), TODAY, letter=letter, style=style, profile=profiles()[profile])


press = cache(new_press)


def press_of(folder: Path, template: str, words: str, profile: str = "plain") -> Press:
    """Return a press for the letter of a practice that has this template of its own."""
    (file := folder / "templates" / template).parent.mkdir(parents=True)
    file.write_text(words, "utf-8")
    return Press(*sample(folder), TODAY, letter="letter", style="house", profile=profiles()[profile])


@cache
def profiles() -> dict[str, Profile]:
    return read_profiles(Library.of(None))


def separate(made: Press, people: Sequence[Recipient]) -> list[bytes]:
    """Return the PDFs of the zip, in order."""
    out = io.BytesIO()
    made.separate(people, out)
    archive = zipfile.ZipFile(out)
    assert archive.testzip() is None
    return [archive.read(name) for name in archive.namelist()]


def merged(made: Press, people: Sequence[Recipient]) -> tuple[bytes, tuple[int, ...]]:
    """Return the print file and the first page of each letter."""
    out = io.BytesIO()
    firsts = made.merged(people, out)
    return out.getvalue(), firsts


def sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


# Fast and full are one


@pytest.mark.parametrize(
    ("letter", "style", "profile", "some"),
    [
        ("letter", "house", "c5-window", PEOPLE[2:20:6]),
        ("letter_appointment_moved", "house", "plain", PEOPLE[4:22:6]),
        ("letter_repeats", "large_print", "nhs-notify", PEOPLE[20::-6]),
    ],
)
def test_poured_letters_are_those_of_full_layout(letter: str, style: str, profile: str, some: tuple[Recipient, ...]) -> None:
    made, people = press(letter, style, profile), some
    poured = separate(made, people)
    assert made.slow == 0
    for person, data in zip(people, poured, strict=True):
        assert list(differences(data, made.full(person))) == [], person.address[0]


SCRIPTS = ("محمد الحسن", "শ্রেয়া রহমান", "अर्जुन शर्मा", "अर्जुन-शर्मा", "राम।", "ગીતા શાહ", "ਸਿੰਘ", "王 小明")


@pytest.mark.parametrize("profile", ["plain", "dl-window"])
def test_letters_with_names_in_other_scripts_are_those_of_full_layout(profile: str) -> None:
    made, people = press("letter", "large_print", profile), tuple(recipient(n, name, 4) for n, name in enumerate(SCRIPTS))
    poured = separate(made, people)
    assert made.slow == 0
    for person, data in zip(people, poured, strict=True):
        assert list(differences(data, made.full(person))) == [], person.address[0]


def test_a_name_in_another_script_moves_nothing_that_follows_it() -> None:
    made, rest = press(profile="plain"), 500  # letters of the page that come after the greeting
    places = letters(pages_of(made.full(recipient(1, "Ann Sample", 4)))[0])[-rest:]
    for name in SCRIPTS:
        assert letters(pages_of(made.full(recipient(1, name, 4)))[0])[-rest:] == places, name


def test_the_print_file_shows_what_full_layout_shows() -> None:
    made = press()
    data, firsts = merged(made, PEOPLE)
    assert made.slow == 0
    sheets = pages_of(data)
    for person, first in list(zip(PEOPLE, firsts, strict=True))[::4]:
        for place, expected in enumerate(pages_of(made.full(person)), first - 1):
            assert list(page_differences(sheets[place], expected, in_order=False)) == [], person.address[0]


def test_letters_that_no_other_is_like_go_through_full_layout() -> None:
    made = press(profile="plain")
    alone = recipient(9, "Ann Sample", 7)
    data, firsts = merged(made, (*PEOPLE[:2], alone))
    assert made.slow == 1
    (expected, *_) = pages_of(made.full(alone))
    assert list(page_differences(pages_of(data)[firsts[2] - 1], expected, in_order=False)) == []


# Files


def test_each_letter_starts_on_a_front() -> None:
    made = press("letter_repeats", "large_print", "nhs-notify")
    data, firsts = merged(made, PEOPLE[:4])
    pages = len(pages_of(made.full(PEOPLE[0])))
    assert pages % 2 == 1 and firsts == tuple(1 + (pages + 1) * n for n in range(4))
    pdf = pikepdf.Pdf.open(io.BytesIO(data))
    assert (len(pdf.pages), pdf.check_pdf_syntax()) == ((pages + 1) * 4, [])
    assert pages_of(data)[pages].get_textpage().count_chars() == 0


def test_a_print_file_of_many_pages_keeps_their_order() -> None:
    people = tuple(recipient(n, f"Patient {n}", 4) for n in range(300))
    data, firsts = merged(press(), people)
    sheets = pages_of(data)
    assert [lines_in(sheets[first - 1], sides(window()))[0] for first in firsts[::23]] == [p.address[0] for p in people[::23]]


def window(profile: str = "c5-window") -> Box:
    found = profiles()[profile].window
    assert found
    return found


def test_separate_letters_keep_pdf_ua_and_say_nothing_of_the_patient_but_on_their_pages(tmp_path: Path) -> None:
    people = (PEOPLE[0], PEOPLE[2], PEOPLE[12], PEOPLE[16])
    for number, (person, data) in enumerate(zip(people, separate(press(), people), strict=True)):
        (file := tmp_path / f"{number}.pdf").write_bytes(data)
        found = pdf_rules.validate_pdf(str(file), profile="ua1")
        assert found.is_compliant, found.failures
        pdf = pikepdf.Pdf.open(file)
        assert pdf.check_pdf_syntax() == []
        said = str(dict(pdf.docinfo)) + pdf.Root.Metadata.read_bytes().decode()
        assert person.address[0] not in said and "Letter to patients" in said


def test_files_are_numbered_and_never_named_after_anybody() -> None:
    for write, ending in ((press().separate, "pdf"), (press().word, "docx")):
        out = io.BytesIO()
        write(PEOPLE[:3], out)
        assert zipfile.ZipFile(out).namelist() == [f"00000{n}.{ending}" for n in (1, 2, 3)]


def test_the_same_recipients_give_the_same_bytes_whatever_was_poured_before() -> None:
    one, other, people = new_press("letter_repeats"), new_press("letter_repeats"), PEOPLE[10:14]
    merged(other, PEOPLE[12:18])
    assert merged(one, people)[0] == merged(one, people)[0] == merged(other, people)[0]
    assert separate(one, people) == separate(other, people)


# Geometry


@pytest.mark.parametrize("style", ["house", "large_print"])
@pytest.mark.parametrize("profile", PROFILES)
def test_the_address_stands_in_its_window_and_no_ink_outside_the_areas(profile: str, style: str) -> None:
    keeps, made = profiles()[profile], press("letter", style, profile)
    people = (recipient(4, "Łucja Gżegżółka", keeps.most_lines), recipient(5, "Ann Sample", 3))
    for person, data in zip(people, separate(made, people), strict=True):
        first, *later = pages_of(data)
        for sheet in later:
            assert ink_outside(sheet, [sides(keeps.ink)]) is None
        if keeps.window is None or keeps.quiet is None:
            assert ink_outside(first, [sides(keeps.ink)]) is None
            assert list(person.address) == [line for line in lines_in(first, sides(keeps.ink)) if line in person.address]
            continue
        assert tuple(lines_in(first, sides(keeps.window))) == person.address
        assert tuple(lines_in(first, sides(keeps.quiet))) == person.address
        assert keeps.letterhead and keeps.sender and keeps.body
        below = (keeps.ink.left, keeps.body, keeps.ink.right, keeps.ink.bottom)
        assert ink_outside(first, [sides(keeps.window), sides(keeps.letterhead), sides(keeps.sender), below]) is None


def test_a_profile_whose_lines_are_higher_than_its_window_is_refused(tmp_path: Path) -> None:
    text = (Library.of(None).find("templates/letters/profiles.yaml")).read_text("utf-8")
    (tmp_path / "templates" / "letters").mkdir(parents=True)
    (tmp_path / "templates" / "letters" / "profiles.yaml").write_text(text.replace("most_lines: 6", "most_lines: 7"), "utf-8")
    with pytest.raises(Mistakes, match="higher than the address"):
        read_profiles(Library.of(None, (tmp_path,)))


ADDRESSES = {
    "a paragraph each": "{% for line in address %}<p>{{ line }}</p>{% endfor %}",
    "more after them": "<p>{{ address | select | lines }}<br>By hand</p>",
    "more in another paragraph": "<p>{{ address | select | lines }}</p><p>By hand</p>",
    "hidden from readers": '<p aria-hidden="true">{{ address | select | lines }}</p>',
    "in another colour": '<p style="color: #003087">{{ address | select | lines }}</p><p>By hand</p>',
    "in a frame": '<p style="border: 1px solid">{{ address | select | lines }}</p>',
    "on a ground": '<p style="background: #f0f4f5">{{ address | select | lines }}</p>',
    "from below": '<p style="position: absolute; bottom: 0">{{ address | select | lines }}</p>',
    "in the middle": '<div style="display: flex; height: 30mm; align-items: center"><p>{{ address | select | lines }}</p></div>',
}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_however_the_address_is_marked_poured_letters_are_those_of_full_layout(kind: str, tmp_path: Path) -> None:
    shipped = Library.of(None).find("templates/parts/letterhead.html").read_text("utf-8")
    changed = shipped.replace("<p>{{ address | select | lines }}</p>", ADDRESSES[kind])
    assert changed != shipped
    made = press_of(tmp_path, "parts/letterhead.html", changed, "c5-window")
    people = tuple(recipient(lines, "Siân Sample", lines) for lines in (3, 4, 6))
    sheets, firsts = pages_of((file := merged(made, [*people, *people]))[0]), file[1]
    for person, data, first in zip(people, separate(made, people), firsts, strict=False):
        assert list(differences(data, full := made.full(person))) == [], len(person.address)
        assert list(page_differences(sheets[first - 1], pages_of(full)[0], in_order=False)) == [], len(person.address)


# Word


@pytest.mark.parametrize("style", ["house", "large_print"])
@pytest.mark.parametrize("letter", ["letter", "letter_appointment_kept", "letter_appointment_moved"])
def test_word_letters_are_those_that_are_written_in_full(letter: str, style: str) -> None:
    people = (*PEOPLE[::4], recipient(8, "Mo & Jo <Sons>", 7), recipient(9, "Dr محمد Smith", 4), recipient(10, "100% שרה", 6))
    assert all_poured(press(letter, style), people) == 0


def all_poured(made: Press, people: Sequence[Recipient]) -> int:
    """Compare each Word file with the one written in full; return how many the press itself wrote in full."""
    out = io.BytesIO()
    made.word(people, out)
    archive = zipfile.ZipFile(out)
    assert archive.testzip() is None
    for name, person in zip(archive.namelist(), people, strict=True):
        one, other = (zipfile.ZipFile(io.BytesIO(data)) for data in (archive.read(name), made.full_word(person)))
        assert one.testzip() is None
        assert parts(one) == parts(other), person.address[0]
        said = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(archive.read(name))).paragraphs)
        assert all(line in said for line in person.address)
    return made.slow


WORD = {
    "many facts": ('<p>Dear {{ patient.full_name }}</p><p>A {{ "long " * 99 }} 50% word</p><p>Yours, {{ patient.full_name }}</p>', 0),
    "after a number": ('<p>1. {{ patient.address[0] if patient.address else "" }}</p>', 2),  # read from the right if the fact is
    "by how many lines": ("{% if patient.address | length > 4 %}<p>You live far away.</p>{% endif %}", 4),
    "by exactly how many lines": ("{% if patient.address | length == 6 %}<p>Six lines.</p>{% endif %}", 4),
    "lines turned round": ('<p>{{ patient.address | reverse | join(", ") }}</p>', 2),
}


@pytest.mark.parametrize("kind", WORD)
def test_word_letters_of_other_templates_are_those_that_are_written_in_full(kind: str, tmp_path: Path) -> None:
    words, slow = WORD[kind]
    made = press_of(tmp_path, "patients/letter.html", HEAD + words)
    people = recipient(2, "Ann Sample", 3), recipient(3, "شركة Sample", 4), recipient(4, "محمد الحسن", 6), recipient(5, "Siân %s", 7)
    assert all_poured(made, people) == slow


def test_a_word_letter_with_too_long_a_fact_is_written_in_full() -> None:
    assert all_poured(press(), (recipient(2, "Ann Sample", 4), recipient(3, "W" * 70_000, 4), recipient(4, "Jo Sample", 5))) == 2


def parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the parts of a Word file; plain runs that follow one another are one, and those that hold nothing are none."""
    start, end = b'<w:r><w:t xml:space="preserve">', b"</w:t></w:r>"
    read = {name: archive.read(name).replace(end + start, b"") for name in archive.namelist()}
    return {name: data.replace(start + end, b"") for name, data in read.items()}


# What cannot be poured


HEAD = '{% from "parts/letters.html" import opening, ending with context %}{{ opening() }}<h1>News</h1>'
SLOW = {
    "flowing": "<p><strong>{{ patient.full_name }}</strong>, we write to you.</p>",
    "chosen": '<p>{% if patient.full_name == "Ann Sample" %}You are Ann.{% else %}You are not.{% endif %}</p>',
    "changed": "<p>{{ patient.full_name | upper }}</p>",
    "by how many lines": "{% if patient.address | length > 5 %}<p>You live far away.</p>{% endif %}",
    "by exactly how many lines": "{% if patient.address | length == 5 %}<p>Five lines.</p>{% endif %}",
}


@pytest.mark.parametrize("kind", SLOW)
def test_a_template_that_cannot_be_poured_still_works_and_says_so(kind: str, tmp_path: Path) -> None:
    made = press_of(tmp_path, "patients/letter.html", HEAD + SLOW[kind])
    people = PEOPLE[:1] + PEOPLE[4:5]
    data, firsts = merged(made, people)
    assert (made.slow, "laid out in full" in made.notice) == (2, True)
    for person, first in zip(people, firsts, strict=True):
        assert list(page_differences(pages_of(data)[first - 1], pages_of(made.full(person))[0], in_order=False)) == []
    assert separate(made, people) == [made.full(person) for person in people]


def test_a_new_engine_is_tried_before_it_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migpack.letters.press.VERIFIED", "0.1")
    made = new_press()
    merged(made, PEOPLE[:14])
    assert (made.slow, made.notice) == (0, "")


def test_an_engine_that_draws_otherwise_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migpack.letters.press.VERIFIED", "0.1")
    made = new_press()
    glyph = "migpack.letters.shaping.Face.glyph"
    monkeypatch.setattr(glyph, lambda face, number, advance: number.to_bytes(2, "big"))  # an engine that kerns, and we do not
    data, firsts = merged(made, PEOPLE[:4])
    assert made.slow == 4 and "70" in made.notice
    assert list(page_differences(pages_of(data)[firsts[0] - 1], pages_of(made.full(PEOPLE[0]))[0], in_order=False)) == []


def test_the_verified_engine_is_the_pinned_one() -> None:
    import weasyprint

    assert weasyprint.__version__ == trial.VERIFIED


def test_letters_that_cannot_be_set_are_told_with_a_reason_and_no_details() -> None:
    people = (
        PEOPLE[0],
        recipient(3, "ანა", 4),
        recipient(4, "Ann Sample", 4, appointment_day=" "),
        recipient(5, "W" * 70, 4),
        replace(recipient(6, "Ann Sample", 7), address=(LONG, "Flat 2", "Griffin House", "1 Way", "Fifield", "SAMPLEFORD", "EX1 2AB")),
        PEOPLE[20],
    )
    made = press("letter_appointment_kept")
    assert [(out.row, out.code) for out in made.problems(people)] == [
        (3, "no-font"),
        (4, "missing-value"),
        (5, "address-too-wide"),
        (6, "address-too-long"),
    ]
    said = " ".join(out.reason + out.what_to_do for out in made.problems(people))
    assert not any(words in said for words in ("ანა", "Georgian", "Ann", "WWW", "Wolfe"))


def test_six_lines_show_in_a_dl_window() -> None:
    made = press("letter", "house", "dl-window")
    assert [out.code for out in made.problems([recipient(2, "Ann Sample", 6), recipient(3, "Ann Sample", 7)])] == ["address-too-long"]


@pytest.mark.parametrize("profile", PROFILES)
def test_the_longest_letter_of_a_practice_with_every_trait_stays_on_one_sheet_of_paper(profile: str) -> None:
    keeps = profiles()[profile]
    pages = pages_of(Press(*rich(), TODAY, letter="letter", style="house", profile=keeps).full(recipient(4, LONG[:60], keeps.most_lines)))
    assert len(pages) == 2


def test_a_letter_that_the_service_would_refuse_for_its_length_is_refused() -> None:
    short = profiles()["govuk-notify"].model_copy(update={"most_pages": 1})
    made = Press(*sample(), TODAY, letter="letter", style="house", profile=short)
    with pytest.raises(Mistakes, match=r"the letter has 2 pages, and GOV\.UK Notify, letters uploaded as PDF takes 1"):
        merged(made, PEOPLE[:1])


def test_a_letter_that_the_service_would_refuse_for_its_size_is_refused() -> None:
    small = profiles()["govuk-notify"].model_copy(update={"most_bytes": 1000})
    made = Press(*sample(), TODAY, letter="letter", style="house", profile=small)
    with pytest.raises(Mistakes, match=r"bytes, and GOV\.UK Notify, letters uploaded as PDF takes 1,000 — use a smaller logo"):
        separate(made, PEOPLE[:1])


def test_any_letter_that_is_larger_than_the_service_takes_is_refused_and_one_that_is_as_large_is_not() -> None:
    few = PEOPLE[1], PEOPLE[0], PEOPLE[20]  # the last has a name that takes several lines
    sizes = list(map(len, separate(press(profile="govuk-notify"), few)))
    assert max(sizes[:2]) < sizes[2]

    def limited(most: int) -> Press:
        return Press(
            *sample(), TODAY, letter="letter", style="house", profile=profiles()["govuk-notify"].model_copy(update={"most_bytes": most})
        )

    assert list(map(len, separate(limited(sizes[2]), few))) == sizes
    with pytest.raises(Mistakes, match=rf"a letter has {sizes[2]:,} bytes, and .* takes {sizes[2] - 1:,} — use a smaller logo"):
        separate(limited(sizes[2] - 1), few)


def test_facts_that_a_letter_does_not_print_need_no_font() -> None:
    people = [recipient(n, "Ann Sample", 4, appointment_with="ანა") for n in (2, 3)]
    assert list(press().problems(people)) == [] and len(separate(press(), people)) == len(merged(press(), people)[1]) == 2


def test_fields_are_those_that_the_letter_prints() -> None:
    assert press("letter_appointment_moved", "house", "plain").fields == {"full_name", *VALUES}
    assert press().fields == {"full_name"}


def test_a_letter_that_the_pack_lacks_is_a_mistake() -> None:
    with pytest.raises(Mistakes, match="no letter to patients 'leter' — did you mean 'letter'"):
        new_press("leter")


def test_a_letter_of_the_templates_own_words_that_nothing_else_has_is_in_the_fonts() -> None:
    made, person = press("letter_repeats", "large_print", "nhs-notify"), recipient(2, "Їжак Ґалаґан", 4)  # the only D is in "Dear"
    (poured,) = separate(made, [person])
    assert list(differences(poured, made.full(person))) == []

"""An area's own Word form: filled from the facts by tag, merge field and marker, its look untouched, its mistakes told with their place."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from click.testing import CliRunner
from docx.document import Document
from docx.enum.section import WD_SECTION
from lxml import etree

import samples
import word_forms as f
from docx_lint import lint
from migpack.cli import main
from migpack.manifest import NOTHING
from migpack.model import Artefact
from migpack.pack import build, pack_folder
from migpack.problems import Mistakes
from migpack.write.word_form import write_form

FACTS = """\
practice: {name: "Corner & <Mill> Surgery", ods_code: A99997, address: "1 Corner Road, Exampleton, EX1 2AB", pcn: "{{ practice.ods_code }}",
  traits: [dispensing], list_size: {number: 6250, as_of: 2026-10-01}}
people: {practice_manager: Sam Example}
icb: {name: NHS Exampleshire ICB, template_required: yes}
systems:
  current: {name: EMIS Web, contract_end: 2027-09-30}
  new: Medicus
dates: {go_live: 2027-06-10}
business_case:
  reference: CS-1
  selection: "Two systems were seen.\\nStaff chose one."
  drivers: [{driver: safety, evidence: Three events in a year.}]
  costs:
    - {cost: data_extract, one_off: 1500, per_year: 20, payer: icb, basis: quote}
"""
MOVES = " on Thursday 10 June 2027, please."


def filled(folder: Path, form: Document | bytes, practice: str = FACTS) -> bytes:
    """Return the form filled in."""
    prepared = f.ready(folder, form, practice)
    return write_form(prepared.forms[0], prepared.plan.case.file.practice).data


def one(folder: Path, *pieces: str, practice: str = FACTS) -> Any:
    """Return the paragraph that these runs become."""
    form = f.blank()
    f.runs(form.add_paragraph(), *pieces)
    return next(f.body(filled(folder, form, practice)).iter(f"{f.W}p"))


def mistakes(folder: Path, form: Document | bytes, practice: str = FACTS, **how: Any) -> list[str]:
    """Return what is told about a form that has mistakes."""
    with pytest.raises(Mistakes) as error:
        f.ready(folder, form, practice, **how)
    return str(error.value).splitlines()


def whole() -> Document:
    """Return a form with something of everything, that is sound."""
    form = f.blank()
    form.sections[0].header.paragraphs[0].add_run("Form 7b for {{ practice.ods_code }}")
    f.field(form.sections[0].footer.paragraphs[0], " PAGE ", "1")
    form.add_heading("Business case of {{ practice.name }}", 1)
    f.runs(form.add_paragraph(), "We move to ", "*{{ sys", "tems.new", ".name }}", " on {{ dates.go_live }}, please.")
    asks = form.add_paragraph("Asks: ")
    asks._p.append(f.control("summary.ask", prompt="What do you ask for?"))
    f.table(form, [("Practice code", "{{ practice.ods_code }}"), ("Old system", ""), ("Address", "")])
    [answers] = form.tables
    f.field(answers.cell(1, 1).paragraphs[0], " MERGEFIELD systems.current.name \\* MERGEFORMAT ", "*«systems.current.name»", split=True)
    answers.cell(2, 1).paragraphs[0]._p.append(f.control("practice.address"))
    last = form.add_paragraph("Dispensing ")
    last._p.append(f.tick("traits.dispensing"))
    last.add_run(" On ")
    last._p.append(f.control("dates.order", '<w:date><w:dateFormat w:val="dd/MM/yyyy"/><w:lid w:val="en-GB"/></w:date>', "Choose a day"))
    last.add_run(" Own ")
    last._p.append(f.control("Signature1", prompt="Sign here"))
    f.text_box(form.add_paragraph(), "Box for {{ icb.name }}")
    return form


# Markers


@pytest.mark.parametrize(
    "pieces",
    [
        ("Name: {{ practice.ods_code }}.",),
        ("Name: {", "{ practice", ".ods", "_code ", "}", "}."),
        ("Name: {{practice.ods_code}}.",),
        ("Name: {{\N{NO-BREAK SPACE}practice.ods_code  }", "}."),
        ("Na", "me: ", "{{ practice.ods_code }}", "."),
    ],
)
def test_a_marker_is_filled_however_word_has_split_it(tmp_path: Path, pieces: tuple[str, ...]) -> None:
    assert f.words(one(tmp_path, *pieces)) == "Name: A99997."


def test_several_markers_stand_in_one_run(tmp_path: Path) -> None:
    found = one(tmp_path, "{{ practice.ods_code }}{{ systems.new.name }} and {{ practice", ".ods_code }}{{ icb.name }}")
    assert f.words(found) == "A99997Medicus and A99997NHS Exampleshire ICB"


def test_a_marker_takes_the_look_of_its_beginning_and_its_neighbours_keep_theirs(tmp_path: Path) -> None:
    found = one(tmp_path, "To ", "*{{ practice", ".ods_code", " }} now", "*!")
    assert f.looks(found) == [("", "To "), ("b", "A99997"), ("", " now"), ("b", "!")]
    assert [run for run in found.iter(f"{f.W}r") if len(run) == 0] == []


def test_words_of_the_practice_are_words_and_never_names_or_markup(tmp_path: Path) -> None:
    assert f.words(one(tmp_path, "{{ practice.name }} {{ practice.pcn }}")) == "Corner & <Mill> Surgery {{ practice.ods_code }}"


def test_a_new_line_in_a_value_is_a_break(tmp_path: Path) -> None:
    found = one(tmp_path, "So: {{ business_case.selection }} Thus.")
    assert f.words(found) == "So: Two systems were seen.\nStaff chose one. Thus."
    assert len(list(found.iter(f"{f.W}br"))) == 1


def test_markers_are_filled_everywhere_words_stand(tmp_path: Path) -> None:
    form = whole()
    form.add_section(WD_SECTION.NEW_PAGE).footer.is_linked_to_previous = False
    form.sections[-1].footer.paragraphs[0].text = "Foot {{ practice.ods_code }}"
    made = filled(tmp_path, form)
    heads = {name: f.words(f.body(made, name)) for name in f.parts(made) if re.search(r"(header|footer)\d", name)}
    assert {"Form 7b for A99997", "Foot A99997"} <= set(heads.values())
    [table] = f.body(made).iter(f"{f.W}tbl")
    assert f.words(table).split("\n")[:4] == ["Practice code", "A99997", "Old system", "EMIS Web"]
    boxes = [f.words(box) for box in f.body(made).iter(f"{f.W}txbxContent")]
    assert boxes == ["Box for NHS Exampleshire ICB"] * 2  # drawn, and for programs that cannot draw


def test_a_deleted_marker_is_no_marker(tmp_path: Path) -> None:
    form = f.blank()
    gone = form.add_paragraph("{{ practise.name }}")
    text = next(gone._p.iter(f"{f.W}t"))
    text.tag = f"{f.W}delText"
    assert f.ready(tmp_path, form).forms[0].slots == ()


# Merge fields


def test_a_merge_field_becomes_the_words_in_the_look_of_what_it_showed(tmp_path: Path) -> None:
    form = f.blank()
    line = f.runs(form.add_paragraph(), "Dear ")
    f.field(line, " MERGEFIELD icb.name \\* MERGEFORMAT ", "*«icb", "*.name»", split=True)
    f.runs(line, ", yours")
    f.field(form.add_paragraph(), ' mergefield "practice.ods_code" ')
    f.simple_field(form.add_paragraph(), " MERGEFIELD systems.new.name ", "«new»")
    first, second, third = f.body(filled(tmp_path, form)).iter(f"{f.W}p")
    assert f.looks(first) == [("", "Dear "), ("b", "NHS Exampleshire ICB"), ("", ", yours")]
    assert (f.words(second), f.looks(third)) == ("A99997", [("i", "Medicus")])
    assert not any(True for line in (first, second, third) for _ in line.iter(f"{f.W}fldChar", f"{f.W}instrText", f"{f.W}fldSimple"))


def test_a_field_in_one_run_leaves_what_stands_beside_it(tmp_path: Path) -> None:
    form = f.blank()
    mark = '<w:fldChar w:fldCharType="{}"/>'
    form.add_paragraph()._p.append(
        f.parse_xml(
            f"<w:r {f.nsdecls('w')}><w:rPr><w:b/></w:rPr><w:t>A</w:t>{mark.format('begin')}"
            f"<w:instrText> MERGEFIELD systems.new.name </w:instrText>{mark.format('separate')}<w:t>«x»</w:t>{mark.format('end')}"
            "<w:t>B</w:t></w:r>"
        )
    )
    [line] = f.body(filled(tmp_path, form)).iter(f"{f.W}p")
    assert f.looks(line) == [("b", "AMedicusB")]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ('dates.go_live \\@ "dd/MM/yy"', "10/06/27"),
        ('dates.go_live \\@ "dddd d MMMM yyyy"', "Thursday 10 June 2027"),
        ("systems.new.name \\* Upper", "MEDICUS"),
        ('practice.ods_code \\b "(" \\f ")"', "(A99997)"),
        ('summary.why \\b "(" \\f ")"', ""),
    ],
)
def test_a_merge_field_keeps_to_its_switches(tmp_path: Path, code: str, said: str) -> None:
    form = f.blank()
    f.field(form.add_paragraph(), f" MERGEFIELD {code} ", "«x»")
    assert f.words(f.body(filled(tmp_path, form))) == said


def test_fields_of_words_own_stay(tmp_path: Path) -> None:
    form = whole()
    made = filled(tmp_path, form)
    [foot] = [part for name, part in f.parts(made).items() if "footer" in name]
    assert foot == next(part for name, part in f.parts(f.saved(form)).items() if "footer" in name)


# Content controls


def control_of(folder: Path, control: Any, practice: str = FACTS) -> Any:
    """Return what a control becomes."""
    form = f.blank()
    form.add_paragraph("Here: ")._p.append(control)
    [made] = f.body(filled(folder, form, practice)).iter(f"{f.W}sdt")
    return made


def value_of(control: Any) -> str:
    """Return what a control says."""
    return f.words(control.find(f"{f.W}sdtContent"))


def test_a_control_holds_the_value_and_no_prompt(tmp_path: Path) -> None:
    look = '<w:rPr><w:b/><w:sz w:val="28"/></w:rPr>'
    made = control_of(tmp_path, f.control("practice.name", look=look))
    assert f.looks(made.find(f"{f.W}sdtContent")) == [("b sz", "Corner & <Mill> Surgery")]
    assert made.find(f"{f.W}sdtPr/{f.W}showingPlcHdr") is None
    assert made.find(f"{f.W}sdtPr/{f.W}tag").get(f"{f.W}val") == "practice.name"


def test_a_control_that_shows_something_keeps_its_look(tmp_path: Path) -> None:
    control = f.control("practice.ods_code", "", shown="Z12345")
    control.find(f".//{f.W}r").insert(0, f.parse_xml(f"<w:rPr {f.nsdecls('w')}><w:i/></w:rPr>"))
    assert f.looks(control_of(tmp_path, control).find(f"{f.W}sdtContent")) == [("i", "A99997")]


def test_a_control_of_paragraphs_keeps_the_first_ones_form(tmp_path: Path) -> None:
    form = f.blank()
    held = f.control("business_case.selection", "<w:richText/>")
    content = held.find(f"{f.W}sdtContent")
    content[:] = [f.blank().add_paragraph("Prompt", "Heading 2")._p, f.blank().add_paragraph("More")._p]
    form.element.body.insert(0, held)
    [line] = f.body(filled(tmp_path, form)).find(f".//{f.W}sdtContent")
    assert f.words(line) == "Two systems were seen.\nStaff chose one."
    assert line.find(f"{f.W}pPr/{f.W}pStyle").get(f"{f.W}val") == "Heading2"


def test_a_control_around_a_cell_keeps_the_cell(tmp_path: Path) -> None:
    form = f.blank()
    cell = f.table(form, [("Name", "Prompt")]).cell(0, 1)._tc
    held = f.control("practice.ods_code")
    cell.addprevious(held)
    held.find(f"{f.W}sdtContent")[:] = [cell]
    made = next(f.body(filled(tmp_path, form)).iter(f"{f.W}sdt"))
    assert [node.tag for node in made.find(f"{f.W}sdtContent/{f.W}tc")] == [f"{f.W}tcPr", f"{f.W}p"]
    assert value_of(made) == "A99997"


def test_a_plain_control_takes_lines_once_it_is_told_to(tmp_path: Path) -> None:
    made = control_of(tmp_path, f.control("business_case.selection"))
    assert made.find(f"{f.W}sdtPr/{f.W}text").get(f"{f.W}multiLine") == "1"


def test_a_date_control_holds_the_day_in_its_own_form(tmp_path: Path) -> None:
    for tag, picture, day, said in [
        ("dates.go_live", "dd/MM/yyyy", "2027-06-10", "10/06/2027"),
        ("systems.current.contract_end", "d MMMM yyyy", "2027-09-30", "30 September 2027"),
        ("summary.by", "d MMM yy", "2027-01-28", "28 Jan 27"),
    ]:
        made = control_of(tmp_path, f.control(tag, f'<w:date><w:dateFormat w:val="{picture}"/></w:date>'))
        given = made.find(f"{f.W}sdtPr/{f.W}date").get(f"{f.W}fullDate")
        if tag != "summary.by":
            assert (given, value_of(made)) == (f"{day}T00:00:00Z", said)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", given) and value_of(made)


@pytest.mark.parametrize("items", [[("nhse", "NHS England"), ("icb", "The ICB")], [("1", "NHS England"), ("2", "icb ")]])
def test_a_list_takes_the_item_whose_value_or_text_is_the_fact(tmp_path: Path, items: list[tuple[str, str]]) -> None:
    made = control_of(tmp_path, f.control("m.data_extract.payer", f.choices(*items)))
    assert value_of(made) == items[1][1]
    assert made.find(f"{f.W}sdtPr/{f.W}dropDownList").get(f"{f.W}lastValue") == items[1][0]


def test_a_list_without_the_fact_is_left_and_told(tmp_path: Path) -> None:
    form = f.blank()
    form.add_paragraph("New: ")._p.append(f.control("systems.new.name", f.choices(("e", "EMIS Web")), "Choose"))
    prepared = f.ready(tmp_path, form, FACTS)
    assert "paragraph 1 ('New: Choose'): systems.new.name is 'Medicus', which is not in the list" in "\n".join(map(str, prepared.problems))
    assert f.words(f.body(write_form(prepared.forms[0], prepared.plan.case.file.practice).data)) == "New: Choose"
    assert "which is not in the list" in mistakes(tmp_path, form, final=True)[0]


def test_a_combo_takes_words_of_its_own(tmp_path: Path) -> None:
    assert value_of(control_of(tmp_path, f.control("systems.new.name", f.choices(("e", "EMIS Web"), kind="comboBox")))) == "Medicus"


@pytest.mark.parametrize(
    ("tag", "before", "after"),
    [
        ("traits.dispensing", False, True),
        ("traits.merger", True, False),
        ("d.safety.on", False, True),
        ("icb.template_required", False, True),
    ],
)
def test_a_check_box_is_ticked_or_not(tmp_path: Path, tag: str, before: bool, after: bool) -> None:
    made = control_of(tmp_path, f.tick(tag, ticked=before))
    assert made.find(f".//{{{f.W14}}}checked").get(f"{{{f.W14}}}val") == str(int(after))
    assert value_of(made) == ("\N{BALLOT BOX WITH X}" if after else "\N{BALLOT BOX}")


def test_a_check_box_with_a_sign_from_a_symbol_font_changes_the_sign(tmp_path: Path) -> None:
    box = f.tick("traits.dispensing")
    run = box.find(f".//{f.W}sdtContent/{f.W}r")
    run[:] = [f.parse_xml(f'<w:sym {f.nsdecls("w")} w:font="Wingdings" w:char="F0A8"/>')]
    state = box.find(f".//{{{f.W14}}}checkedState")
    state.set(f"{{{f.W14}}}val", "F0FE")
    state.set(f"{{{f.W14}}}font", "Wingdings")
    assert control_of(tmp_path, box).find(f".//{f.W}sym").get(f"{f.W}char") == "F0FE"


def test_a_check_box_for_a_fact_that_is_no_yes_or_no_is_told(tmp_path: Path) -> None:
    form = f.blank()
    form.add_paragraph()._p.append(f.tick("practice.ods_code"))
    assert "practice.ods_code is 'A99997', which is neither yes nor no" in str(f.ready(tmp_path, form, FACTS).problems[-1])


def test_a_control_bound_to_a_data_store_is_cut_off_from_it(tmp_path: Path) -> None:
    bound = '<w:dataBinding w:xpath="/a" w:storeItemID="{A}"/>'
    made = control_of(tmp_path, f.control("practice.ods_code", more=bound))
    assert made.find(f"{f.W}sdtPr/{f.W}dataBinding") is None  # Word would show what the store holds


def test_controls_of_the_forms_own_are_left_alone(tmp_path: Path) -> None:
    form = f.blank()
    line = form.add_paragraph("Sign: ")
    for tag in ("Signature1", "Text.12", "name", "c.12", "practice"):
        line._p.append(f.control(tag))
    before = f.saved(form)
    assert f.parts(filled(tmp_path, before))["word/document.xml"] == f.parts(before)["word/document.xml"]


def test_a_marker_in_a_prompt_ends_the_prompt(tmp_path: Path) -> None:
    made = control_of(tmp_path, f.control("Name1", prompt="{{ practice.ods_code }}"))
    assert f.looks(made) == [("", "A99997")]
    assert made.find(f"{f.W}sdtPr/{f.W}showingPlcHdr") is None


# Mistakes


def test_every_wrong_name_is_told_with_its_place_in_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    form = f.blank()
    for _ in range(11):
        form.add_paragraph("Fine {{ practice.name }}")
    f.runs(form.add_paragraph(), "Practice name: {{ prac", "tise.name }}")
    form.sections[0].header.paragraphs[0].text = "{{ zzz }}"
    f.field(form.add_paragraph("Field: "), " MERGEFIELD dates.golive ", "«x»")
    form.add_paragraph("Control: ")._p.append(f.control("systems.new.nam"))
    f.text_box(form.add_paragraph(), "{{ icb.nme }}")
    f.table(form, [("Cell", "{{ practice.ods }}")])
    place = "area/templates/forms/icb_case.docx"
    assert mistakes(tmp_path, form) == [
        f"{place}: header paragraph 1 ('{{{{ zzz }}}}'): nothing is called 'zzz' — 'migpack list --fields' shows every name",
        f"{place}: paragraph 12 ('Practice name: {{{{ practise.name }}}}'): nothing is called"
        f" 'practise.name' — did you mean 'practice.name'?",
        f"{place}: paragraph 13 ('Field: «x»'): nothing is called 'dates.golive' — did you mean 'dates.go_live'?",
        f"{place}: paragraph 14 ('Control: Click to enter text'): nothing is called 'systems.new.nam' — did you mean 'systems.new.name'?",
        f"{place}: paragraph 16 ('{{{{ icb.nme }}}}'): nothing is called 'icb.nme' — did you mean 'icb.name'?",
        f"{place}: paragraph 19 ('{{{{ practice.ods }}}}'): nothing is called 'practice.ods' — did you mean 'practice.ods_code'?",
    ]


@pytest.mark.parametrize("marker", ["{{ practice.name | upper }}", "{{ 7*7 }}", "{{ practice.__class__ }}", "{{ practice.name() }}"])
def test_a_marker_holds_a_name_and_nothing_else(tmp_path: Path, marker: str) -> None:
    form = f.blank()
    form.add_paragraph(marker)
    assert "nothing is called" in mistakes(tmp_path, form)[0]


def test_an_empty_marker_is_told(tmp_path: Path) -> None:
    form = f.blank()
    form.add_paragraph("{{ }}")
    assert "'{{ }}' names nothing — write a name in it" in mistakes(tmp_path, form)[0]


@pytest.mark.parametrize("words", ["{{ practice.name }", "practice.name }}", "{{ practice.{{ name }}"])
def test_a_marker_that_does_not_end_is_told(tmp_path: Path, words: str) -> None:
    form = f.blank()
    form.add_paragraph(words)
    assert "has no partner" in mistakes(tmp_path, form)[0]


def test_a_long_paragraph_is_shown_around_the_marker(tmp_path: Path) -> None:
    form = f.blank()
    form.add_paragraph(f"{'Long words. ' * 20}{{{{ practise.name }}}} {'And more. ' * 20}")
    [told] = mistakes(tmp_path, form)
    assert "Long words. {{ practise.name }} And more." in told and len(told) < 400


def test_what_cannot_be_filled_is_told(tmp_path: Path) -> None:
    form = f.blank()
    form.add_paragraph("Picture: ")._p.append(f.control("practice.name", "<w:picture/>"))
    outer = f.control("practice.name", "<w:richText/>")
    outer.find(f"{f.W}sdtContent").append(f.control("icb.name"))
    form.add_paragraph("Outer: ")._p.append(outer)
    nested = form.add_paragraph("If: ")
    f._mark(nested, "begin")
    f.field(nested, " MERGEFIELD icb.name ", "«x»")
    f._mark(nested, "separate")
    f._mark(nested, "end")
    told = mistakes(tmp_path, form)
    assert [re.search(r"paragraph \d .*?: (this [^—]*) —", line)[1] for line in told] == [  # type: ignore[index]
        "this control is not for text",
        "this control holds a table or other controls, which its value would replace",
        "this merge field is part of another field, which only Word can work out",
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"no zip", "this is no Word document, or a damaged one"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is an old .doc file, or one with a password"),
        (b"PK\x05\x06" + b"\0" * 18, "this is no Word document"),
        (f.changed(f.saved(f.blank()), word__vbaProject_dot_bin=b"x"), "the file holds macros"),
        (f.changed(f.saved(f.blank()), word__document_dot_xml=b"<a"), "the file is damaged"),
        (
            f.changed(f.saved(f.blank()), word__document_dot_xml=b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
            "the file holds a document type",
        ),
        (
            f.changed(f.saved(f.blank()), docProps__core_dot_xml=b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'),
            "the file holds a document type",
        ),
    ],
)
def test_a_file_that_is_no_form_is_refused_in_words(tmp_path: Path, data: bytes, says: str) -> None:
    [line] = mistakes(tmp_path, data)
    assert "icb_case.docx: " + says in line


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", b"<Types/>")
        packed.writestr("word/media/a.bin", b"\0" * 101_000_000)
    assert "unpacks to more than 100 MB" in mistakes(tmp_path, held.getvalue())[0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("icb_case.docx", "icb_case.docm", "a word_form is filled from a Word file without macros"),
        ("[docx]", "[docx, pdf]", "a word_form is one Word file for the practice"),
        ("per: practice", "per: third_party", "a word_form is one Word file for the practice"),
        ("    made_by: word_form\n", "", "a Word file is filled as a form of its own"),
        ("icb_case.docx", "case.docx", "there is no such file in the library"),
    ],
)
def test_a_wrong_entry_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert says in mistakes(tmp_path, f.blank(), entry=f.ENTRY.replace(old, new))[0]


# Gaps, drafts and finals


def gappy() -> Document:
    """Return a form that asks for what the smallest practice file does not give."""
    form = f.blank()
    f.runs(form.add_paragraph("Phone: "), "*{{ practice.phone }}")
    form.add_paragraph("Manager: ")._p.append(f.control("people.practice_manager.name"))
    f.field(form.add_paragraph("ICB: "), " MERGEFIELD icb.name ", "«x»")
    form.add_paragraph("Why: {{ summary.why }}")
    return form


def test_a_missing_fact_is_a_marked_gap_in_a_draft(tmp_path: Path) -> None:
    prepared = f.ready(tmp_path, gappy())
    gaps = [problem for problem in prepared.problems if problem.weight == "gap"]
    assert [problem.what.rpartition(" ")[2] for problem in gaps] == ["people.practice_manager.name", "icb.name", "practice.phone"]
    assert str(gaps[2]).startswith(
        f"{tmp_path / 'mine' / 'practice.yaml'}:2:3: gap icb_case: Business case on the ICB's form needs practice.phone"
    )
    made = f.body(write_form(prepared.forms[0], prepared.plan.case.file.practice).data)
    assert f.words(made).split("\n") == [
        "Phone: [to add: practice.phone]",
        "Manager: Click to enter text",
        "ICB: [to add: icb.name]",
        "Why: ",
    ]
    assert ("b highlight", "[to add: practice.phone]") in f.looks(made)
    assert made.find(f".//{f.W}showingPlcHdr") is not None


def test_a_final_form_has_no_gap_and_its_approvals(tmp_path: Path) -> None:
    told = "\n".join(mistakes(tmp_path, gappy(), samples.MINIMAL, final=True, entry=f.ENTRY + "    needs: [business_case]\n"))
    for words in ("needs practice.phone", "needs icb.name", "needs people.practice_manager.name", "without the approval 'business_case'"):
        assert words in told
    assert ": gap " not in told


def test_a_form_is_in_the_manifest_and_its_issue_stands_until_it_says_something_else(tmp_path: Path) -> None:
    asks = f.blank()
    asks.add_paragraph("{{ practice.ods_code }}")
    form = [f.saved(asks)]

    def versions(*words: str) -> tuple[str, bool]:
        area = f.area(tmp_path, form[0])
        path = samples.written(tmp_path / "mine", FACTS)
        options = ["--library", area, "--out", tmp_path / "out", "--only", "icb_case", "--today", "2026-11-23", "--jobs", "1", *words]
        done = CliRunner().invoke(main, ["build", str(path), *map(str, options)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        held = json.loads(next((tmp_path / "out").rglob("manifest.json")).read_text("utf-8"))
        assert held["files"]["2-business-case/icb-business-case.docx"]["document"] == "icb_case"
        return held["documents"]["icb_case"]["version"], held["documents"]["icb_case"]["final"]

    assert versions() == ("Issue 1 draft", False)
    assert versions("--final", "icb_case") == ("Issue 1", True)
    assert versions() == ("Issue 1", True)
    asks.add_paragraph("A new line of the ICB's")
    form[0] = f.saved(asks)
    assert versions() == ("Issue 2 draft", False)


# What stays


def test_all_but_the_filled_spots_stays_as_it_was(tmp_path: Path) -> None:
    form = whole()
    before, after = f.saved(form), filled(tmp_path, form)
    assert f.parts(before).keys() | {"docProps/custom.xml"} == f.parts(after).keys()
    for name, part in f.parts(after).items():
        if name in ("docProps/core.xml", "docProps/custom.xml", "[Content_Types].xml", "_rels/.rels"):
            continue
        if name not in ("word/document.xml", "word/header1.xml"):
            assert part == f.parts(before)[name], name
            continue
        assert frame(f.body(after, name)) == frame(f.body(before, name))
    old, new = (list(f.body(form).iter(f"{f.W}p")) for form in (before, after))
    for n, said in [(0, [("", "Business case of Corner & <Mill> Surgery")]), (1, [("", "We move to "), ("b", "Medicus"), ("", MOVES)])]:
        assert f.looks(new[n]) == said
    assert len(new) == len(old)


def frame(story: Any) -> bytes:
    """Return a story without its runs and what a filled control loses."""
    for node in list(story.iter(f"{f.W}r", f"{f.W}showingPlcHdr")):
        if not any(True for _ in node.iter(f"{f.W}txbxContent")) and node.getparent() is not None:
            node.getparent().remove(node)
    for state in story.iter(f"{{{f.W14}}}checked", f"{f.W}date", f"{f.W}text"):
        state.attrib.clear()
    return bytes(etree.tostring(story, method="c14n"))


def test_the_result_is_a_sound_word_file(tmp_path: Path) -> None:
    made = filled(tmp_path, whole())
    faults = [fault for fault in lint(io.BytesIO(made)) if fault not in lint(io.BytesIO(f.saved(whole())))]
    assert faults == []
    assert lint(io.BytesIO(made)) == []
    assert docx.Document(io.BytesIO(made)).paragraphs[0].text == "Business case of Corner & <Mill> Surgery"


def test_the_file_says_what_it_is_and_keeps_its_own_properties(tmp_path: Path) -> None:
    own = (
        b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"'
        b' xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
        b'<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="7" name="Form"><vt:lpwstr>7b</vt:lpwstr></property></Properties>'
    )
    plain = f.saved(whole())
    types = f.parts(plain)["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/docProps/custom.xml"'
        b' ContentType="application/vnd.openxmlformats-officedocument.custom-properties+xml"/></Types>',
    )
    links = f.parts(plain)["_rels/.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"'
        b' Target="docProps/custom.xml"/></Relationships>',
    )
    with_own = f.changed(plain, **{"docProps__custom_dot_xml": own, "[Content_Types]_dot_xml": types, "_rels/.rels": links})
    for form, ids in [(plain, [2, 3, 4]), (with_own, [7, 8, 9, 10])]:
        made = filled(tmp_path, form)
        held = {node.get("name"): node[0].text for node in f.body(made, "docProps/custom.xml")}
        said = {"migpack-document": "icb_case", "migpack-practice": "A99997", "migpack-version": "Issue 1 draft"}
        assert held == ({"Form": "7b"} if len(ids) == 4 else {}) | said
        assert [int(node.get("pid")) for node in f.body(made, "docProps/custom.xml")] == ids
        core = docx.Document(io.BytesIO(made)).core_properties
        assert (core.title, core.author) == ("Business case on the ICB's form – Corner & <Mill> Surgery", "Corner & <Mill> Surgery")


def test_the_same_form_gives_the_same_bytes(tmp_path: Path) -> None:
    prepared = f.ready(tmp_path, whole(), FACTS)
    folder = pack_folder(prepared.plan.case, tmp_path / "out")
    made: list[Artefact] = []
    for n in range(2):
        made += build(prepared, folder / str(n), last=NOTHING, formats=frozenset({"docx"}))
    assert made[0].data == made[1].data
    assert (folder / "0" / "2-business-case" / "icb-business-case.docx").read_bytes() == made[0].data


# What can be named


def test_list_fields_shows_every_name_and_with_a_practice_its_value(tmp_path: Path) -> None:
    path = samples.written(tmp_path, FACTS)
    bare = CliRunner().invoke(main, ["list", "--fields"], catch_exceptions=False)
    assert re.search(r"^practice\.ods_code +The practice's ODS code", bare.output, re.M)
    assert re.search(r"^summary\.ask +What the ICB is asked to agree to *$", bare.output, re.M)
    valued = CliRunner().invoke(main, ["list", str(path), "--fields"], catch_exceptions=False)
    for name, value in [
        ("practice.address", "1 Corner Road, Exampleton, EX1 2AB"),
        ("practice.phone", r"\(to add\)"),
        ("dates.go_live", "Thursday 10 June 2027"),
        ("traits.dispensing", "Yes"),
        ("practice.list_size.number", "6,250"),
        ("t.all.once", "1,500"),
        ("m.data_extract.payer", "ICB"),
    ]:
        assert re.search(rf"^{re.escape(name)} .* {value} *$", valued.output, re.M), name
    names = re.findall(r"^([a-z_]+(?:\.[a-z0-9_-]+)+) ", bare.output, re.M)
    assert len(names) == len(set(names)) > 800
    assert set(names) <= set(re.findall(r"^([a-z_]+(?:\.[a-z0-9_-]+)+) ", valued.output, re.M))


def test_names_are_the_same_for_every_practice(tmp_path: Path) -> None:
    form = f.blank()
    form.add_paragraph(
        "{{ m.label_printers.once }}{{ m.audit_trail.once }}{{ people.dispensary_lead.name }}{{"
        " closing.reference }}{{ k.branch_sites.effect }}"
    )
    for practice in (samples.MINIMAL, FACTS, samples.SAMPLES["small"].read_text("utf-8")):
        assert f.ready(tmp_path, form, practice).forms


# An ICB that insists


def test_an_icb_that_insists_on_a_form_that_is_missing_is_told(tmp_path: Path) -> None:
    insists = samples.MINIMAL + "icb: {name: NHS Exampleshire ICB, template_required: yes}\n"
    path = samples.written(tmp_path / "alone", insists)
    told = [str(problem) for problem in samples.prepared(path, f.Wanted(only=frozenset({"calendar"}))).problems]
    assert any("should own-form: NHS Exampleshire ICB insists on its own template" in line for line in told)
    assert not any("own-form" in str(problem) for problem in f.ready(tmp_path, f.blank(), insists).problems)

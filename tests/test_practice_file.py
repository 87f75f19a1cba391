# ruff: noqa: E501  a row of the table is a line
"""Every wrong practice file gets one clear message for each mistake: file, line, column, what is wrong, what to write."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import samples
from migpack.problems import Mistakes
from migpack.values import Moment

BASE = samples.MINIMAL
# name, file, and what is said
WRONG: list[tuple[str, str, str]] = [
    ("unknown key", BASE.replace("ods_code:", "ods_cod:"), "3:3: 'ods_cod' is not a key that practice knows — did you mean 'ods_code'?"),
    ("missing key", BASE.replace("  ods_code: A99997\n", ""), "1:1: practice.ods_code is missing — write 'ods_code: …'"),
    ("no go-live", BASE.replace("  go_live: 2027-06-10", "  order: 2027-03-04"), "7:1: dates.go_live is missing — write 'go_live: …'"),
    ("duplicate key", BASE + "systems: {current: a, new: b}\n", "9:1: 'systems' stands here a second time (first in line 4)"),
    ("wrong weekday", BASE.replace("2027-06-10", "Friday 2027-06-10"), "8:12: dates.go_live.forecast: 10 June 2027 is a Thursday, not a Friday"),
    ("unknown milestone", BASE + "  kickoff: 2027-03-11\n", "9:3: dates: no milestone is called 'kickoff' — did you mean 'kick_off'?"),
    ("unknown anchor", BASE + "  order: 2 weeks before golive\n", "9:10: no milestone is called 'golive' — did you mean 'go_live'?"),
    ("bad phrase", BASE + "  order: 2 weks before go_live\n", "9:10: dates.order.forecast: '2 weks' is not a length of time — write for example"),
    ("circle", BASE + "  order: 1 week before kick_off\n  kick_off: 1 week after order\n", "these dates lead in a circle: order → kick_off → order"),
    ("contradiction", BASE + "  final_extract: 2027-06-11\n", "final_extract is Fri 11 Jun 2027 but go_live is Thu 10 Jun 2027"),
    ("bad postcode", BASE.replace("name: Corner Surgery", "name: Corner Surgery\n  address: 1 High Street, EX1 2CI"), "3:12: practice.address: 'EX1 2CI' is not a postcode"),
    ("bad e-mail", BASE.replace("name: Corner Surgery", "name: Corner Surgery\n  email: reception(at)x"), "3:10: practice.email: 'reception(at)x' is not an e-mail address"),
    ("bad phone", BASE.replace("name: Corner Surgery", "name: Corner Surgery\n  phone: 0163"), "3:10: practice.phone: '0163' is not a phone number"),
    ("bad choice", BASE.replace("  new: Medicus", "  new: Medicus\n  online_accounts: reisued"), "7:20: systems.online_accounts: 'reisued' is not known here — did you mean 'reissued'?"),
    ("unknown role", BASE + "people:\n  practise_manager: Sam\n", "10:3: people: no role is called 'practise_manager' — did you mean 'practice_manager'?"),
    ("unknown trait", BASE.replace("name: Corner Surgery", "name: Corner Surgery\n  traits: [dispencing]"), "3:12: practice.traits: no trait is called 'dispencing' — did you mean 'dispensing'?"),
    ("derived trait", BASE.replace("name: Corner Surgery", "name: Corner Surgery\n  traits: [tpp_move]"), "practice.traits: no trait is called 'tpp_move'"),
    ("unknown document", BASE + "leave_out: [leter]\n", "9:13: leave_out: no document is called 'leter' — did you mean 'letter'?"),
    ("unknown kind", BASE + "third_parties:\n  - {name: Lab, kind: patology}\n", "10:23: third_parties: no kind is called 'patology' — did you mean 'pathology'?"),
    ("two parties of one name", BASE + "third_parties:\n  - name: Lab\n  - name: Lab\n", "11:11: two third parties have the id 'lab' — write an id: of its own"),
    ("list for text", BASE.replace("name: Corner Surgery", "name: [Corner]"), "2:9: practice.name: a list stands where a text belongs"),
    ("text for list", BASE + "third_parties: none\n", "9:16: third_parties: 'none' stands where a list belongs"),
    ("long name", BASE.replace("Corner Surgery", "x" * 300), "2:9: practice.name: this text has 300 characters — write at most 160"),
    ("null byte", BASE.replace("Corner Surgery", '"Corner\\0Surgery"'), "2:9: practice.name: there is a hidden control character (U+0000)"),
    ("tab", BASE.replace("  name:", "\tname:"), "2:1: there is a tab in the indentation — use spaces"),
    ("second colon", BASE.replace("Corner Surgery", "Corner: Surgery"), "2:15: there is a second colon on this line — put the text after the key"),
    ("anchor", BASE.replace("current: EMIS Web", "current: &a {name: x}").replace("new: Medicus", "new: *a"), "5:12: a text that starts with & * or ! means something else here"),
    ("text with &", BASE.replace("EMIS Web", "&Co Web"), "5:12: a text that starts with & * or ! means something else here — put the text in"),
    ("text with !", BASE.replace("EMIS Web", "!important EMIS Web"), "5:12: a text that starts with & * or ! means something else here"),
    ("text with @", BASE.replace("EMIS Web", "@emis"), "5:12: a text starts with a character that means something else here — put the text in"),
    ("second document", BASE + "---\nsystems: {}\n", "9:1: a second document starts here — write all of it as one, without this line"),
    ("many brackets", BASE + "dates: " + "[" * 300 + "]" * 300 + "\n", "9:57: more than 50 parts stand in one another here"),
    ("logo without words", BASE + "letter: {logo: logo.png}\n", "9:9: letter: a logo needs its words and your word"),
    ("logo outside", BASE + "letter: {logo: ../../x.png, logo_alt: x, logo_confirmed: yes}\n", "letter.logo: the file lies outside the folder"),
    ("decision without approver", BASE + "prescribing: {route: on paper}\n", "9:1: prescribing.approver is missing — write 'approver: …'"),
    ("cost without payer", BASE + "business_case:\n  costs:\n    - {cost: licence, basis: quote}\n", "payer is missing"),
    ("empty unknown key", BASE.replace("Corner Surgery", "Corner Surgery\n  fone:"), "3:3: 'fone' is not a key that practice knows — did you mean 'phone'?"),
    ("flow style cut", BASE + "third_parties: [{name: Letters to 3,300 homes}]\n", "'300 homes' is not a key that third_parties (entry 1) knows"),
    ("unknown attachment", BASE + "business_case: {attached: [qoute]}\n", "no attachment is called 'qoute' — did you mean 'quote'?"),
    ("scalar file", "hello\n", "1:1: the file: 'hello' stands where a group of keys belongs"),
    ("only comments", "# nothing\n", "there is nothing in the file but comments"),
    ("empty", "", "the file is empty"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), [pytest.param(text, says, id=name) for name, text, says in WRONG])
def test_a_wrong_file_says_where_what_and_what_to_write(tmp_path: Path, text: str, says: str) -> None:
    path = samples.written(tmp_path, text)
    with pytest.raises(Mistakes) as error:
        samples.prepared(path)
    assert says in str(error.value)
    for line in str(error.value).splitlines():
        assert line.startswith(str(path))
        assert " \N{EM DASH} " in line


def test_all_mistakes_are_told_at_once_in_order(tmp_path: Path) -> None:
    text = BASE.replace("ods_code: A99997", "ods_cod: A99997").replace("2027-06-10", "June") + "letterr: {}\n"
    with pytest.raises(Mistakes) as error:
        samples.prepared(samples.written(tmp_path, text))
    lines = [problem.place.line for problem in error.value.problems]
    assert len(lines) == 4
    assert lines == sorted(lines)


def test_a_file_that_is_not_utf8_says_which_line(tmp_path: Path) -> None:
    path = tmp_path / "practice.yaml"
    path.write_bytes(BASE.replace("Corner", "Caf\N{LATIN SMALL LETTER E WITH ACUTE}").encode("cp1252"))
    with pytest.raises(Mistakes, match=r"practice.yaml:2:12: this character is not UTF-8"):
        samples.prepared(path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "practice.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + BASE.encode())
    assert samples.case_of(path)[0].file.practice.name == "Corner Surgery"


def test_a_huge_file_a_folder_and_no_file_are_told_apart(tmp_path: Path) -> None:
    big = tmp_path / "big.yaml"
    big.write_bytes(b"#" * 10_000_000)
    for path, says in ((big, "the file is 10 MB"), (tmp_path, "this is a folder"), (tmp_path / "no.yaml", "there is no such file")):
        with pytest.raises(Mistakes, match=says):
            samples.prepared(path)


def test_scalars_stay_what_was_written(tmp_path: Path) -> None:
    text = BASE.replace("2027-06-10", "2027-06-10 18:30").replace("name: Corner Surgery", "name: no\n  phone: 01632960001")
    file = samples.case_of(samples.written(tmp_path, text))[0].file
    assert file.practice.name == "no"
    assert file.practice.phone == "01632 960 001"
    now = file.dates["go_live"].now
    assert isinstance(now, Moment) and str(now) == "2027-06-10 18:30"


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_no_text_at_all_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "practice.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(Mistakes):
        samples.case_of(path)

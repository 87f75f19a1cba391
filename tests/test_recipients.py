"""Lists of patients: every way a practice may hand one over, what each row becomes, and that a message never says what a row says."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import people
import samples
from migpack.letters.cells import nhs_number, read_birthday
from migpack.letters.recipients import LeftOut, PatientList, Recipient, open_list
from migpack.model import Plan
from migpack.pack import plan_only
from migpack.problems import Mistakes

GOOD = {"Full name": "Ann Sample", "Address line 1": "1 Mill Lane", "Address line 2": "EXAMPLETON", "Postcode": "EX1 2AB"}
RULES = """recipients:
  columns: {appointment_day: Slot}
  leave_out: {Status: [Left, Deducted]}
  letters:
    - {letter: letter_repeats, when: {column: On repeat, says: yes}}
    - {letter: letter_appointment_kept, when: {column: Slot}}
  large_print: {column: Format, says: [LP, large print]}
  language: {column: Language, letters: {Polish: letter_online}}
  email_ok: {column: E-mail consent, yes: [yes]}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    case, _ = samples.case_of(samples.SAMPLES["minimal"])
    return plan_only(case, samples.TODAY)


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    case, _ = samples.case_of(samples.written(tmp_path_factory.mktemp("ruled"), samples.MINIMAL + RULES))
    return plan_only(case, samples.TODAY)


def opened(plan: Plan, path: Path, mapping: Iterable[str] = (), **asked: str) -> PatientList:
    return open_list(path, plan, samples.Library.of(None), samples.TODAY, mapping=mapping, **asked)  # type: ignore[arg-type]


def as_csv(rows: Sequence[Mapping[str, str]], delimiter: str = ",") -> str:
    held = io.StringIO()
    writer = csv.DictWriter(held, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return held.getvalue()


def read(plan: Plan, tmp_path: Path, rows: Sequence[Mapping[str, str]], **asked: str) -> list[Recipient | LeftOut]:
    return list(opened(plan, samples.written(tmp_path, as_csv(rows), "list.csv"), **asked))


def became(plan: Plan, tmp_path: Path, **changed: str) -> Recipient | LeftOut:
    """Return what becomes of a good row in which some cells are changed; '_' in a name stands for a space."""
    return read(plan, tmp_path, [GOOD | {name.replace("_", " "): cell for name, cell in changed.items()}])[0]


ADDRESS = ("Ann Sample", "1 Mill Lane", "EXAMPLETON", "EX1 2AB")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_text_file_is_read_in_whatever_encoding_it_comes(plan: Plan, tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(as_csv([GOOD | {"Full name": "Siân O'Brien"}], delimiter).encode(encoding))
    [one] = opened(plan, path)
    assert isinstance(one, Recipient)
    assert one.address == ("Siân O'Brien", *ADDRESS[1:])


def test_a_workbook_is_read_as_its_sheet_shows_it(plan: Plan, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    hidden, shown = book.active, book.create_sheet("Patients")
    hidden.sheet_state = "hidden"
    hidden.append(["Full name", "Postcode"])
    shown.append(["Report of 4 March"])
    shown.append([*GOOD, "NHS number", "Appointment day", "Appointment time"])
    shown.append([*GOOD.values(), 9990000018, dt.datetime(2027, 6, 8), dt.time(9, 30)])
    shown.append([*GOOD.values(), "999 000 0026"])
    shown.row_dimensions[4].hidden = True
    book.save(tmp_path / "list.xlsx")
    first, second = opened(plan, tmp_path / "list.xlsx")
    assert isinstance(first, Recipient) and isinstance(second, LeftOut)
    assert (first.row, first.address, first.nhs_number) == (3, ADDRESS, "9990000018")
    assert (first.values["appointment_day"], first.values["appointment_time"]) == ("Tuesday 8 June 2027", "9:30am")
    assert (second.row, second.code) == (4, "hidden-row")


def test_a_workbook_with_a_damaged_sheet_is_told_in_one_line(plan: Plan, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append([*GOOD])
    for _ in range(200):
        book.active.append([*GOOD.values()])
    book.save(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "list.xlsx", "w") as damaged:
        for name in whole.namelist():
            data = whole.read(name)
            damaged.writestr(name, data[: len(data) // 2] if name.endswith("sheet1.xml") else data)
    with pytest.raises(Mistakes, match="this workbook cannot be read"):
        list(opened(plan, tmp_path / "list.xlsx"))


@pytest.mark.parametrize("above", [0, 1, 11, 30])
def test_the_header_is_found_below_the_name_of_the_report(plan: Plan, tmp_path: Path, above: int) -> None:
    text = "".join(f"Report line {n},,Last run\r\n" if n % 2 else "\r\n" for n in range(above)) + as_csv([GOOD])
    [one] = opened(plan, samples.written(tmp_path, text, "list.csv"))
    assert (one.row, one.address) == (above + 2, ADDRESS)  # type: ignore[union-attr]


def test_a_header_below_row_31_is_not_looked_for(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="none of the first 31 rows names columns"):
        opened(plan, samples.written(tmp_path, "x\r\n" * 31 + as_csv([GOOD]), "list.csv"))


EXPORTS = {
    "EMIS Web": (
        "NHS Number,Title,Family Name,Calling Name,Date of Birth,House Name / Flat Number,Number and Street,Locality,Town,County,Postcode",
        "999 000 0018,Mrs,Sample,Ann,04-Mar-1950,,1 Mill Lane,,EXAMPLETON,,EX1 2AB",
        "Mrs Ann Sample",
    ),
    "EMIS Web, house number apart": (
        "Full Name,HOUSE,Number_and-street,Town,post code",
        '"SAMPLE, Ann (Mrs)",1,Mill Lane,EXAMPLETON,ex12ab',
        "Mrs Ann SAMPLE",
    ),
    "SystmOne": ("NHS number,First name,Surname,Full address", '9990000018,Ann,Sample,"1 Mill Lane, EXAMPLETON EX1 2AB"', "Ann Sample"),
    "one cell with lines": ("Name,Address", 'Ann Sample,"1 Mill Lane\nEXAMPLETON\nEX1 2AB"', "Ann Sample"),
    "GP Links": (
        "Surname,Forename(s),Address 1,Address 2,Address 3,Address 4,Address 5,Postcode",
        "Sample,Ann,1 Mill Lane,,EXAMPLETON,,,EX1 2AB",
        "Ann Sample",
    ),
    "GOV.UK Notify": (
        "name,address line 1,address_line_2,ADDRESS LINE 3,addressline4",
        "Ann Sample,Ann Sample,1 Mill Lane,EXAMPLETON,EX1 2AB",
        "Ann Sample",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("header", "row", "name"), EXPORTS.values(), ids=EXPORTS.keys())
def test_exports_are_known_by_the_names_of_their_columns(plan: Plan, tmp_path: Path, header: str, row: str, name: str) -> None:
    [one] = opened(plan, samples.written(tmp_path, f"{header}\r\n{row}\r\n", "list.csv"))
    assert isinstance(one, Recipient)
    assert one.address == (name, *ADDRESS[1:])
    assert one.values["full_name"] == name


def test_a_column_is_mapped_by_the_user(plan: Plan, tmp_path: Path) -> None:
    path = samples.written(tmp_path, as_csv([GOOD | {"Wer": "Ann Sample", "Full name": "x"}]), "list.csv")
    [one] = opened(plan, path, mapping=["Wer=full_name"])
    assert one.address == ADDRESS  # type: ignore[union-attr]


WRONG_LISTS = {
    "empty": (b"", "none of the first 31 rows names columns"),
    "no name": (b"Address,NHS number\r\nx,y\r\n", "list.csv:1:1: no column holds the name of the patient"),
    "no address": (b"Name,NHS number\r\nx,y\r\n", "no column holds the address"),
    "two names": (b"Name,Full name,Postcode\r\nx,y,z\r\n", "'Name' and 'Full name' both mean 'full_name' — choose one with --map"),
    "open quotation mark": (b'Name,Postcode\r\n"Ann,EX1\r\nBeth,EX2\r\n', "row 2: a cell starts with a quotation mark"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1", "this is no list that can be read here — save the list as CSV"),
    "PDF": (b"%PDF-1.7", "this is no list"),
    "no zip": (b"PK\x03\x04 nothing", "this workbook cannot be read"),
    "no text": (bytes(range(256)) * 9, "the letters in this file cannot be made out"),
}


@pytest.mark.parametrize(("data", "says"), WRONG_LISTS.values(), ids=WRONG_LISTS.keys())
def test_a_file_that_is_no_list_is_told_in_one_line(plan: Plan, tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "list.csv").write_bytes(data)
    with pytest.raises(Mistakes) as error:
        list(opened(plan, tmp_path / "list.csv"))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("full_name", "'full_name' maps nothing"),
        ("Name=ful_name", "'ful_name' is not a column that is known here — did you mean 'full_name'?"),
        ("Nobody=full_name", "no column is called what you map to 'full_name'"),
    ],
)
def test_a_mapping_that_maps_nothing_is_a_mistake(plan: Plan, tmp_path: Path, mapping: str, says: str) -> None:
    with pytest.raises(Mistakes, match=says):
        opened(plan, samples.written(tmp_path, as_csv([GOOD]), "list.csv"), mapping=[mapping])


def test_a_missing_file_and_a_folder_are_told(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="there is no such file"):
        opened(plan, tmp_path / "nobody.csv")
    with pytest.raises(Mistakes, match="this is a folder"):
        opened(plan, tmp_path)


LEFT_OUT = [
    ("name-is-missing", {"Full_name": " "}),
    ("name-has-lost-letters", {"Full_name": "Ll?r Sample"}),
    ("garbled-text", {"Full_name": "SiÃ¢n Sample"}),
    ("garbled-text", {"Address_line_1": "1 T\ufffd Gwyn"}),
    ("hidden-character", {"Full_name": "Ann\x07 Sample"}),
    ("hidden-character", {"Address_line_1": "1 \u202eMill Lane"}),
    ("formula-sign", {"Full_name": "+Ann"}),
    ("formula-sign", {"Appointment_day": "=1+1"}),
    ("invalid-char-in-address", {"Full_name": "=HYPERLINK(1)"}),
    ("not-a-real-uk-postcode", {"Postcode": "QQ1 2AB"}),
    ("cant-send-international-letters", {"Address_line_2": "Paris, France", "Postcode": "France"}),
    ("no-fixed-abode-address", {"Address_line_1": "No fixed abode"}),
    ("deceased", {"Date_of_death": "04-Mar-2020"}),
    ("deceased", {"Deceased": "Yes"}),
    ("deducted", {"Deduction_date": "2024-01-01"}),
    ("dissent", {"Do_not_write": "y"}),
    ("date-of-birth-unclear", {"Date_of_birth": "31/02/1990"}),
    ("addressee-without-name", {"Letters_go_to": "yes"}),
    ("unknown-letter", {"Letter": "leter"}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "changed"), LEFT_OUT)
def test_a_row_is_left_out_with_its_reason_and_nothing_of_the_patient(
    plan: Plan, tmp_path: Path, code: str, changed: dict[str, str]
) -> None:
    gone = became(plan, tmp_path, **changed)
    assert isinstance(gone, LeftOut)
    assert (gone.row, gone.code) == (2, code)
    assert gone.reason.endswith(".") and gone.what_to_do.endswith(".")
    assert not any(
        cell.strip() and cell in f"{gone.reason} {gone.what_to_do}" for cell in (*GOOD.values(), *changed.values()) if len(cell) > 3
    )


@pytest.mark.parametrize("cell", ["", "No", "n", "0", "FALSE", "alive"])
def test_a_flag_that_says_no_bars_nobody(plan: Plan, tmp_path: Path, cell: str) -> None:
    assert isinstance(became(plan, tmp_path, Deceased=cell), Recipient)


def test_cells_out_of_line_are_not_guessed_at(plan: Plan, tmp_path: Path) -> None:
    rows = [
        "Name,Address line 1,Town,Postcode",
        "Ann,1 Mill Lane,Unit 2,EXAMPLETON,EX1 2AB",
        "Beth Short,1 Mill Lane,EXAMPLETON",
        "Cara Fine,2 Mill Lane,EX,EX1 2AB,,",
    ]
    found = list(opened(plan, samples.written(tmp_path, "\r\n".join(rows), "list.csv")))
    assert [getattr(one, "code", "") for one in found] == ["cells-out-of-line", "not-a-real-uk-postcode", ""]


def test_blank_rows_are_no_rows_but_count(plan: Plan, tmp_path: Path) -> None:
    text = as_csv([GOOD]) + ",,,\r\n\r\n , ,,\r\n" + "Beth Sample,1 Mill Lane,EXAMPLETON,EX1 2AB\r\n"
    listed = opened(plan, samples.written(tmp_path, text, "list.csv"))
    assert [one.row for one in listed] == [2, 6]
    assert listed.rows == 2


@pytest.mark.parametrize(
    ("born", "guardian"),
    [("2010-11-23", False), ("24/11/2010", True), ("24-Nov-2010", True), ("20101124", True), ("", False), ("4 March 2026", True)],
)
def test_a_letter_to_a_child_goes_to_its_guardian_until_the_day_it_is_16(plan: Plan, tmp_path: Path, born: str, guardian: bool) -> None:
    one = became(plan, tmp_path, Date_of_birth=born)
    assert isinstance(one, Recipient)
    assert one.address == ("Parent or guardian of", *ADDRESS) if guardian else one.address == ADDRESS
    assert one.values["full_name"] == ("parent or guardian of Ann Sample" if guardian else "Ann Sample")


def test_the_guardian_shares_a_line_where_the_address_is_long(plan: Plan, tmp_path: Path) -> None:
    one = became(plan, tmp_path, Date_of_birth="4 March 2026", Address_line_3="C", Address_line_4="D", Address_line_5="E")
    assert one.address == ("Parent or guardian of Ann Sample", "1 Mill Lane", "EXAMPLETON", "C", "D", "E", "EX1 2AB")  # type: ignore[union-attr]


def test_whoever_acts_for_a_patient_gets_the_letter(plan: Plan, tmp_path: Path) -> None:
    one = became(plan, tmp_path, Letters_go_to="Jo Example", Date_of_birth="4 March 2026")
    assert (one.address[0], one.values["full_name"]) == ("Jo Example", "Jo Example")  # type: ignore[union-attr]


def test_a_county_without_room_is_noted(plan: Plan, tmp_path: Path) -> None:
    row = GOOD | {"Address line 3": "C", "Address line 4": "D", "Address line 5": "E", "County": "Exampleshire"}
    listed = opened(plan, samples.written(tmp_path, as_csv([row]), "list.csv"))
    assert [type(one) for one in listed] == [Recipient]
    assert [(note.row, note.what) for note in listed.notes] == [
        (2, "The county is left out of the address, which would have too many lines.")
    ]


DUPLICATES = [
    ("same number", {"NHS number": "9990000018", "Full name": "A B"}, {"NHS number": "999 000 0018", "Full name": "Ann B"}, True),
    ("same name, address and birthday", {"Date of birth": "1950-03-04"}, {"Date of birth": "1950-03-04"}, True),
    ("same in capitals", {}, {"Full name": "ANN SAMPLE"}, True),
    ("other birthday", {"Date of birth": "1950-03-04"}, {"Date of birth": "1980-03-04"}, False),
    ("two numbers, no birthday", {"NHS number": "9990000018"}, {"NHS number": "9990000026"}, False),
    (
        "registered twice: two numbers, one birthday",
        {"NHS number": "9990000018", "Date of birth": "1950-03-04"},
        {"NHS number": "9990000026", "Date of birth": "1950-03-04"},
        True,
    ),
    ("a wrong number is none", {"NHS number": "9990000018", "Full name": "A B"}, {"NHS number": "9990000019", "Full name": "Ann B"}, False),
    ("other address", {}, {"Postcode": "EX1 2AD"}, False),
]


@pytest.mark.parametrize(("first", "second", "same"), [case[1:] for case in DUPLICATES], ids=[case[0] for case in DUPLICATES])
def test_one_patient_gets_one_letter(plan: Plan, tmp_path: Path, first: dict[str, str], second: dict[str, str], same: bool) -> None:
    columns = dict.fromkeys((*GOOD, *first, *second), "")
    _, two = read(plan, tmp_path, [columns | GOOD | first, columns | GOOD | second])
    assert isinstance(two, LeftOut) == same
    assert not same or two.reason == "The same patient as in row 2."  # type: ignore[union-attr]


def test_a_row_that_gets_no_letter_takes_none_from_its_double(plan: Plan, tmp_path: Path) -> None:
    first, second = read(plan, tmp_path, [GOOD | {"NHS number": "9990000018", "Postcode": "QQ1 2AB"}, GOOD | {"NHS number": "9990000018"}])
    assert isinstance(first, LeftOut) and isinstance(second, Recipient)


CHOSEN = [
    ({}, "letter", "house"),
    ({"On repeat": "YES "}, "letter_repeats", "house"),
    ({"On repeat": "no", "Slot": "Tuesday 8 June 2027"}, "letter_appointment_kept", "house"),
    ({"On repeat": "yes", "Slot": "Tuesday 8 June 2027", "Format": "lp"}, "letter_repeats", "large_print"),
    ({"On repeat": "yes", "Language": "polish"}, "letter_online", "house"),
    ({"On repeat": "yes", "Letter": "letter_carers"}, "letter_carers", "house"),
]


@pytest.mark.parametrize(("cells", "letter", "style"), CHOSEN)
def test_the_first_rule_that_holds_chooses_the_letter(ruled: Plan, tmp_path: Path, cells: dict[str, str], letter: str, style: str) -> None:
    columns = dict.fromkeys(("Status", "On repeat", "Slot", "Format", "Language", "Letter", "E-mail consent"), "")
    [one] = read(ruled, tmp_path, [GOOD | columns | cells])
    assert (one.letter, one.style) == (letter, style)  # type: ignore[union-attr]
    assert one.values["appointment_day"] == columns.get("Slot", "") or cells["Slot"]  # type: ignore[union-attr]


def test_the_practice_leaves_out_whom_it_names(ruled: Plan, tmp_path: Path) -> None:
    columns = dict.fromkeys(("Status", "On repeat", "Slot", "Format", "Language", "E-mail consent"), "")
    gone, kept = read(
        ruled, tmp_path, [GOOD | columns | {"Status": "deducted"}, GOOD | columns | {"E-mail consent": "Yes", "Status": "Here"}]
    )
    assert isinstance(gone, LeftOut) and gone.reason == "Your practice file says so: recipients.leave_out, Status."
    assert isinstance(kept, Recipient) and kept.email_ok and not kept.text_ok


def test_one_letter_for_all_is_stronger_than_the_rules(ruled: Plan, tmp_path: Path) -> None:
    row = GOOD | {"Status": "", "Slot": "x", "Format": "", "Language": "Polish", "Letter": "letter_carers"}
    [one] = read(ruled, tmp_path, [row], letter="letter_repeats", style="large_print")
    assert (one.letter, one.style) == ("letter_repeats", "large_print")  # type: ignore[union-attr]


def test_rules_that_look_at_columns_that_are_not_there_are_mistakes_with_their_place(ruled: Plan, tmp_path: Path) -> None:
    with pytest.raises(Mistakes) as error:
        read(ruled, tmp_path, [GOOD | {"Status": "", "Slot": "", "Formt": ""}])
    said = str(error.value).splitlines()
    assert any(":15:" in line and "the list has no column 'Format' — did you mean 'Formt'?" in line for line in said)
    assert len(said) == 3


def test_a_column_of_the_practice_file_need_not_be_in_every_list_but_must_be_one_of_ours(tmp_path: Path) -> None:
    def with_columns(columns: str) -> Plan:
        case, _ = samples.case_of(samples.written(tmp_path, samples.MINIMAL + f"recipients:\n  columns: {columns}\n"))
        return plan_only(case, samples.TODAY)

    assert isinstance(read(with_columns("{appointment_day: Slot}"), tmp_path, [GOOD])[0], Recipient)
    with pytest.raises(Mistakes, match=r":10:\d+: recipients.columns: 'ful_name' is not a column .* did you mean 'full_name'"):
        read(with_columns("{ful_name: Wer}"), tmp_path, [GOOD])


def test_a_document_that_is_no_letter_cannot_be_chosen(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="--letter: 'poster' is no letter of this pack"):
        read(plan, tmp_path, [GOOD], letter="poster")


@given(st.integers(0, 999_998))
def test_a_right_nhs_number_is_read_however_it_is_spaced_and_no_wrong_one_is(place: int) -> None:
    number = people.nhs_number(place)
    if number:
        assert nhs_number(f" {number[:3]} {number[3:6]}-{number[6:]}") == number
        assert all(not nhs_number(number[:9] + digit) for digit in "0123456789" if digit != number[9])


@pytest.mark.parametrize("text", ["1111111111", "0000000000", "999000001", "99900000180", "999000001x", "", "9.99E+09", "٩٩٩٠٠٠٠٠١٨"])
def test_what_is_no_nhs_number_is_none(text: str) -> None:
    assert nhs_number(text) == ""


@given(st.dates(dt.date(1900, 1, 1), dt.date(2027, 12, 31)))
def test_a_birthday_is_read_in_every_form_that_exports_use(day: dt.date) -> None:
    forms = ("%d-%b-%Y", "%d/%m/%Y", "%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%A %d %B %Y", "%Y-%m-%dT00:00:00")
    assert {read_birthday(f"{day:{form}}") for form in forms} == {day}


def test_rows_stream_and_the_same_list_can_be_read_again(plan: Plan, tmp_path: Path) -> None:
    rows = people.people(500)
    listed = opened(plan, people.write_list(tmp_path / "list.csv", rows))
    first = list(listed)
    assert list(listed) == first
    assert listed.rows == len(first) == 500
    told = [one for one in first if isinstance(one, LeftOut)]
    assert {one.code for one in told} == {"too-many-address-lines"}
    assert [one.address for one in first if isinstance(one, Recipient)] == [
        people.address(row) for row in rows if len(people.address(row)) <= 7
    ]


def test_people_are_the_same_for_the_same_seed_and_of_every_kind() -> None:
    rows = people.people(3000)
    assert rows == people.people(3000) and rows != people.people(3000, seed=1)
    names = " ".join(row["full_name"] for row in rows)
    assert all(letter in names for letter in "âŵŁșıΞЮשशচ王'-")
    assert {len(row["full_name"]) for row in rows} >= {1, 100}
    assert {len(people.address(row)) for row in rows} == {3, 4, 5, 6, 7, 8}
    assert all(nhs_number(row["nhs_number"]) and row["nhs_number"].startswith("999") for row in rows)

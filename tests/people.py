"""A seed and a number in, that many invented people out, as rows of a practice's list of patients: the same for the same seed.

Every kind of name that a letter has to set is among them: Latin, Welsh, Irish, Polish, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Bengali
and Chinese, of one letter and of a hundred, with apostrophes, hyphens and ligatures. Nobody in them is real: NHS numbers are of the range
999, which is never issued, phone numbers are Ofcom's for drama, and addresses only look like ones.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from migpack.letters.addresses import AREAS
from migpack.letters.recipients import Recipient

COLUMNS = (
    "nhs_number", "full_name", "date_of_birth",
    *(f"address_line_{n}" for n in range(1, 8)),
    "postcode", "email", "phone", "repeat", "large_print", "appointment_day", "appointment_time", "appointment_with",
)  # fmt: skip

_ENGLISH = (
    "Ann Amy Arthur Beth Brian Cara Colin Dawn Derek Edith Effie Felix Fiona Geoffrey Grace Harriet Ian Jacqueline Keith Linda Mo Nigel "
    "Olive Philippa Quentin Ruth Steffi Tariq Una Violet William Yvonne Zoe",
    "Sample Example Ashby Birch Clifford Dunn Easton Fielding Griffin Hofflund Iveson Jeffries Kettle Lofthouse Marsh Norris Pfeiffer "
    "Rowe Saffron Thistle Underhill Vale Waters Yew O'Brien O'Hara D'Arcy Smith-Jones Lloyd-Griffith Mc-Coffey St.John",
)
# Script or language → first names, last names.
_OTHERS: Mapping[str, tuple[str, str]] = {
    "welsh": ("Siân Llŷr Ffion Dŵynwen Cadfael Glesni", "ap_Gwilym Môn-Ŵyn Tŷ'n-y-Coed Rhŷdderch Pẁll"),
    "irish": ("Róisín Seán Pádraig Áine", "Ní_Dhomhnaill Ó_Súilleabháin Mac_Giolla"),
    "polish": ("Łucja Błażej Świętosława Żaneta", "Wiśniewska Gżegżółka Łoś Brzęczyszczykiewicz"),
    "romanian": ("Ștefan Ioană Țvetana", "Măgureanu Țepeș Bălășoiu"),
    "turkish": ("Gülşen İlknur Çağrı", "Yıldız Öztürk Şahın"),
    "vietnamese": ("Nguyễn Trần Đặng", "Thị_Hồng Văn_Ưởng"),
    "greek": ("Ελένη Γιώργος Ξανθίππη", "Παπαδόπουλος Ψαρρού"),
    "cyrillic": ("Олена Їжак Юлія Борис", "Щербань Яворівський Ґалаґан"),
    "arabic": ("فاطمة محمد ليلى", "الحسن العربي"),
    "hebrew": ("שרה דוד", "כהן אלמוני"),
    "devanagari": ("कृष्णा श्रीमती अर्जुन", "शर्मा त्रिपाठी"),
    "bengali": ("শ্রেয়া মোহাম্মদ", "চট্টোপাধ্যায় রহমান"),
    "chinese": ("小明 美玲", "李 王"),
}
_ODD = (
    "X",
    "A Y",
    "Ffion Effie Offiffle",
    "Wolfeschlegelsteinhausenbergerdorff " * 2 + "Featherstonehaugh Cholmondeley",
    "Anne-Marie Elizabeth Alexandra Josephine Plunkett-Ernle-Erle-Drax-Cavendish-Bentinck-Fortescue-O'Har",
)
_STREETS = "Mill Church Station Orchard Heather Saffron Waterfall Bluff Cliff Meadow Kiln Tannery Weavers Larkfield".split()
_KINDS = "Road Lane Street Close Way Terrace Rise Grove".split()
_HOUSES = ("The Old Mill", "Rose Cottage", "Griffin House", "St Mary's Lodge", "Tŷ Gwyn", "Care of the Warden, Fieldfare Court")
_PLACES = "Little Fifield,Upper Samplebury,Great Offley,Nether Example,Cwm Ŵyn,St Osyth's End".split(",")
_TOWNS = "EXAMPLETON,Sampleford,Mill-on-the-Water,Offchurch,Bishop's Example,Fflint Sands".split(",")
_COUNTIES = "Exampleshire,East Sampleshire,Offordshire".split(",")
_WITH = ("Dr Ada Example", "Nurse Jo Sample", "Dr Siân ap Gwilym")


def people(n: int, seed: int = 20270112) -> list[dict[str, str]]:
    """Return invented people as rows of a list; each has every one of `COLUMNS`, '' where there is nothing."""
    draw = random.Random(seed)
    numbers = (number for number in map(nhs_number, range(1_000_000)) if number)
    return [_person(draw, next(numbers), place) for place in range(n)]


def recipients(n: int, seed: int = 20270112, *, letter: str = "letter", style: str = "house") -> tuple[Recipient, ...]:
    """Return invented people as recipients of one letter; the ones whose address is too long are left out."""
    rows = (row for row in people(n, seed) if len(address(row)) <= 7)
    return tuple(
        Recipient(place, letter, style, address(row), {key: row[key] for key in _VALUES}, row["email"], row["phone"], row["nhs_number"])
        for place, row in enumerate(rows, 2)
    )


_VALUES = ("full_name", "appointment_day", "appointment_time", "appointment_with")


def address(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of a person's address, the name first."""
    return tuple(filter(None, (row["full_name"], *(row[f"address_line_{n}"] for n in range(1, 8)), row["postcode"])))


def write_list(path: Path, rows: Sequence[Mapping[str, str]], columns: Iterable[str] = COLUMNS, *, encoding: str = "utf-8") -> Path:
    """Write people as a CSV file and return its path."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(columns), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def nhs_number(place: int) -> str:
    """Return the NHS number at a place of the range 999, or '' where its check digit would be 10."""
    digits = f"999{place:06}"
    check = -sum(weight * int(digit) for weight, digit in zip(range(10, 1, -1), digits, strict=True)) % 11
    return "" if check == 10 else f"{digits}{check}"


def _person(draw: random.Random, number: str, place: int) -> dict[str, str]:
    day = dt.date(1930, 1, 1) + dt.timedelta(days=draw.randrange(28_000))
    lines = _lines(draw)
    appointment = dt.date(2027, 6, 8) + dt.timedelta(days=draw.randrange(5))
    row = dict.fromkeys(COLUMNS, "") | {
        "nhs_number": number,
        "full_name": _name(draw),
        "date_of_birth": f"{day:%d-%b-%Y}",
        "postcode": f"{draw.choice(AREAS_USED)}{draw.randint(1, 20)} {draw.randrange(10)}{draw.choice('ABDEF')}{draw.choice('NPQRX')}",
        "email": f"person{place}@patients.example" if draw.random() < 0.6 else "",
        "phone": f"07700 900{draw.randrange(1000):03}" if draw.random() < 0.8 else "",
        "repeat": draw.choice(("Yes", "", "")),
        "large_print": draw.choice(("Yes", *[""] * 19)),
        "appointment_day": f"{appointment:%A} {appointment.day} {appointment:%B %Y}",
        "appointment_time": f"{draw.randint(1, 5)}:{draw.choice(('00', '10', '30', '45'))}pm",
        "appointment_with": draw.choice(_WITH),
    }
    return row | {f"address_line_{n}": line for n, line in enumerate(lines, 1)}


AREAS_USED = sorted(area for area in AREAS if area not in ("GIR", "BF", "BX"))


def _name(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.01:
        return draw.choice(_ODD)
    if kind < 0.2:
        firsts, lasts = _OTHERS[draw.choice(tuple(_OTHERS))]
        return f"{draw.choice(firsts.split())} {draw.choice(lasts.split())}".replace("_", " ")
    title = draw.choice(("Mr ", "Mrs ", "Miss ", "Ms ", "Dr ", ""))
    return f"{title}{draw.choice(_ENGLISH[0].split())} {draw.choice(_ENGLISH[1].split())}"


def _lines(draw: random.Random) -> list[str]:
    """Return 1 to 7 lines between the name and the postcode; one address in two hundred has six or more, too many with the name."""
    lines = [f"{draw.randint(1, 299)}{draw.choice(('', '', '', 'A', 'B'))} {draw.choice(_STREETS)} {draw.choice(_KINDS)}"]
    if lines[0].startswith(("11 ", "117 ", "211 ")):
        lines = lines[0].split(" ", 1)  # a house number alone, as some systems hold it
    if draw.random() < 0.02:
        return lines
    if draw.random() < 0.3:
        lines.insert(0, draw.choice((f"Flat {draw.randint(1, 60)}", f"{draw.randint(1, 9)}/{draw.randint(1, 9)}", draw.choice(_HOUSES))))
    if draw.random() < 0.3:
        lines.append(draw.choice(_PLACES))
    lines.append(draw.choice(_TOWNS))
    if draw.random() < 0.1:
        lines.append(draw.choice(_COUNTIES))
    if draw.random() < 0.005:
        lines = [f"Room {draw.randint(1, 30)}", *_HOUSES[2:3], *lines[-1:], *_PLACES[:1], *_TOWNS[:1], *_COUNTIES[:1]]
    return lines

"""Small values that read themselves from text: dates with weekdays, times, postcodes, phones, plain lines.

Each reader takes the text as the person wrote it and returns a value or raises ValueError with words for people:
what is wrong, a dash, what to write.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema

MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_DATE_HELP = "write for example '2027-03-04' or 'Thursday 4 March 2027'"


@dataclass(frozen=True, order=True)
class Moment:
    """A date, with a time of day where it matters (None: no time was given)."""

    date: dt.date
    time: dt.time | None = None

    def __str__(self) -> str:
        return f"{self.date}" + (f" {self.time:%H:%M}" if self.time else "")


def read_time(text: str) -> dt.time:
    """Read '18:30', '6:30pm', '6.30pm' or 'midday'."""
    words = text.strip().lower().replace(" ", "")
    if words in ("midday", "noon", "midnight"):
        return dt.time(0) if words == "midnight" else dt.time(12)
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?(am|pm)?", words)
    if found and (found[2] or found[3]):
        hour, minute = int(found[1]), int(found[2] or 0)
        if found[3] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if found[3] == "pm" else 0)
        if hour < 24 and minute < 60:
            return dt.time(hour, minute)
    raise ValueError(f"'{text}' is not a time \N{EM DASH} write for example '18:30' or '6:30pm'")


def read_moment(text: str) -> Moment:
    """Read a date, with or without weekday and time; a weekday that does not fit the date is refused."""
    words = " ".join(text.replace(",", " ").split())
    weekday, rest = "", words
    first = words.split(" ")[0].lower()
    for name in WEEKDAYS:
        if first in (name.lower(), name[:3].lower()):
            weekday, rest = name, words[len(first) + 1 :]
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](?:at )?(.+))?", rest):
        year, month, day, clock = int(found[1]), int(found[2]), int(found[3]), found[4]
    elif found := re.fullmatch(r"(\d{1,2}) ([A-Za-z]+) (\d{4})(?: (?:at )?(.+))?", rest):
        names = [m for m in MONTHS if m.lower().startswith(found[2].lower()) and len(found[2]) >= 3]
        if len(names) != 1:
            raise ValueError(f"'{found[2]}' is not a month \N{EM DASH} {_DATE_HELP}")
        year, month, day, clock = int(found[3]), MONTHS.index(names[0]) + 1, int(found[1]), found[4]
    else:
        raise ValueError(f"'{text}' is not a date \N{EM DASH} {_DATE_HELP}")
    try:
        date = dt.date(year, month, day)
    except ValueError:
        raise ValueError(
            f"there is no such day as {day} {MONTHS[month - 1] if 1 <= month <= 12 else month} {year} \N{EM DASH} {_DATE_HELP}"
        ) from None
    if not 2000 <= year <= 2099:
        raise ValueError(f"the year {year} cannot be meant \N{EM DASH} {_DATE_HELP}")
    if weekday and f"{date:%A}" != weekday:
        raise ValueError(f"{date.day} {date:%B %Y} is a {date:%A}, not a {weekday} \N{EM DASH} write the day and date that belong together")
    return Moment(date, read_time(clock) if clock else None)


def read_date(text: str) -> dt.date:
    """Read a date that carries no time."""
    moment = read_moment(text)
    if moment.time:
        raise ValueError(f"'{text}' has a time where only a date belongs \N{EM DASH} write for example '{moment.date}'")
    return moment.date


def read_day(text: str) -> dt.date:
    """Read a date as people write it on a form: as `read_date` does, and also as '3/12/26', '3.12.2026' or '3rd December 2026'."""
    if found := _DAY_FIRST.fullmatch(text.strip()):
        return dt.date(2000 + int(found[3]), int(found[2]), int(found[1]))
    return read_date(_ORDINAL.sub("", text))


def clean_text(text: str) -> str:
    """Return the text in composed form; control characters and direction overrides are refused."""
    if text.isascii() and text.isprintable():
        return text.strip()
    for char in text:
        if char in "\n\t":
            continue
        if unicodedata.category(char) == "Cc" or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff":
            raise ValueError(
                f"there is a hidden control character (U+{ord(char):04X}) in the text \N{EM DASH} type the text again without it"
            )
    return unicodedata.normalize("NFC", text).strip()


def clean_line(text: str) -> str:
    """Return text that stands on one line."""
    cleaned = clean_text(text)
    if "\n" in cleaned or "\t" in cleaned:
        raise ValueError("this goes over more than one line \N{EM DASH} write it on one line")
    return cleaned


def read_email(text: str) -> str:
    """Check an e-mail address by its form alone; nothing is looked up."""
    from email_validator import EmailNotValidError, validate_email

    try:
        # The reserved .example domains of the samples are names, not places that mail reaches.
        validate_email(re.sub(r"\.example$", ".example.com", text), check_deliverability=False)
    except EmailNotValidError:
        raise ValueError(f"'{text}' is not an e-mail address \N{EM DASH} write for example 'reception@mill-lane.example'") from None
    return text


def ascii_email(text: str) -> str:
    """Return an e-mail address as mail servers take it, its domain in ASCII; '' where the part before the @ has other letters.

    Raises:
        ValueError: it is no e-mail address.
    """
    from email_validator import validate_email

    read_email(text)
    sample = text.endswith(".example")
    found = validate_email(f"{text}.com" if sample else text, check_deliverability=False).ascii_email or ""
    return found.removesuffix(".com") if sample else found


def read_phone(text: str) -> str:
    """Check a UK phone number (or 111 and 999) and return it grouped as the NHS writes it, '01632 960 001'."""
    import phonenumbers

    if text in ("111", "999"):
        return text
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number) or not 9 <= len(str(number.national_number)) <= 10:
        raise ValueError(f"'{text}' is not a phone number \N{EM DASH} write for example '01632 960 001'")
    if number.country_code != 44:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return group_phone("0" + str(number.national_number))


def group_phone(digits: str) -> str:
    """Group national digits: 020 7946 0001, 0808 157 0001, 01632 960 001, 07700 900 123."""
    if digits.startswith("02"):
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    if digits.startswith(("011", "03", "08")) or re.match(r"01\d1", digits):
        return f"{digits[:4]} {digits[4:7]} {digits[7:]}"
    return f"{digits[:5]} {digits[5:8]} {digits[8:]}"


_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](?:20)?(\d{2})")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d[ABD-HJLNP-UW-Z]{2})")


def read_postcode(text: str) -> str:
    """Return a postcode in capitals with one space; only its shape is checked."""
    found = _POSTCODE.fullmatch(" ".join(text.upper().split()))
    if not found:
        raise ValueError(f"'{text}' is not a postcode \N{EM DASH} write for example 'EX1 2AB', alone on the address's last line")
    return f"{found[1]} {found[2]}"


def read_address(value: Any) -> Any:
    """Return 3 to 7 address lines, the last of them a postcode; accepts a list or one text with commas or lines."""
    parts = value if isinstance(value, (list, tuple)) else re.split(r"[,\n]", str(value))
    lines = [clean_line(str(part)).rstrip(" ,.") for part in parts if part is not None and str(part).strip()]
    if not 2 <= len(lines) <= 7:
        raise ValueError(
            f"the address has {len(lines)} line{'s' * (len(lines) != 1)} \N{EM DASH} write 2 to 7 lines, the last of them the postcode"
        )
    return (*lines[:-1], read_postcode(lines[-1]))


ODS_PRACTICE = re.compile(r"[A-HJ-NPRVY]\d{5}(\d{3})?")


def read_ods_code(text: str) -> str:
    """Return an ODS code in capitals; only what can never be one is refused, an unusual shape is `check`'s to warn of."""
    code = text.strip().upper()
    if not re.fullmatch(r"[A-Z0-9]{3,9}", code):
        raise ValueError(f"'{text}' is not an ODS code \N{EM DASH} write 3 to 9 letters and digits, for example 'A99998'")
    return code


def _text(value: Any) -> Any:
    return clean_text(value) if isinstance(value, str) else value


def _line(value: Any) -> Any:
    return clean_line(value) if isinstance(value, str) else value


def _via(reader: Any) -> BeforeValidator:
    return BeforeValidator(lambda value: reader(value.strip()) if isinstance(value, str) else value)


Line = Annotated[str, StringConstraints(min_length=1, max_length=160), BeforeValidator(_line)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=4000), BeforeValidator(_text)]
Date = Annotated[
    dt.date, _via(read_date), WithJsonSchema({"type": "string", "description": "A date such as 2027-03-04 or Thursday 4 March 2027"})
]
When = Annotated[
    Moment,
    _via(read_moment),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "description": "A date, with a time where it matters: 2027-02-25 18:30"}),
]
Email = Annotated[str, _via(read_email)]
Phone = Annotated[str, _via(read_phone)]
OdsCode = Annotated[str, _via(read_ods_code)]
Address = Annotated[
    tuple[str, ...],
    BeforeValidator(read_address),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]

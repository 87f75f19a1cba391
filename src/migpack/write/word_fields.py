"""A field → a Word content control, inside a line of words.

The control's tag is the field's name, so that an answer is read back by the name that the PDF uses too. An empty
control shows its prompt, which is no answer.
"""

from __future__ import annotations

import datetime as dt
import re

from migpack.blocks import Field
from migpack.write.word_pieces import escape, run

TICKED, EMPTY = "\N{BALLOT BOX WITH CHECK}", "\N{BALLOT BOX}"
_SYMBOLS = "Segoe UI Symbol"
_TITLE_LIMIT = 64
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_DATE = re.compile(r"(?:[A-Za-z]+,? )?(\d{1,2}) ([A-Za-z]+) (\d{4})")


def control(field: Field, number: int) -> str:
    """Return the content control of a field; `number` is its id, unique in the document."""
    box = field.kind == "tick"
    shown = _shown(field)
    prompt = "" if shown or box else "<w:showingPlcHdr/>"
    look = '<w:rPr><w:rStyle w:val="TickBox"/></w:rPr>' if box else ""
    if box:
        inner = run(TICKED if field.value else EMPTY, style="TickBox")
    else:
        inner = run(shown) if shown else run(field.prompt, style="PlaceholderText")
    return (
        f'<w:sdt><w:sdtPr>{look}<w:alias w:val="{escape(_title(field))}"/><w:tag w:val="{escape(field.name)}"/><w:id w:val="{number}"/>'
        f'<w:lock w:val="sdtLocked"/>{prompt}{_kind(field)}</w:sdtPr><w:sdtContent>{inner}</w:sdtContent></w:sdt>'
    )


def _shown(field: Field) -> str:
    if field.kind == "choice":
        return next((option.text for option in field.options if option.value == field.value), "")
    return field.value.replace("\r\n", "\n")


def _title(field: Field) -> str:
    if len(field.title) <= _TITLE_LIMIT:
        return field.title
    return field.title[: _TITLE_LIMIT - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _kind(field: Field) -> str:
    match field.kind:
        case "tick":
            state = "".join(
                f'<w14:{name}State w14:val="{ord(sign):04X}" w14:font="{_SYMBOLS}"/>'
                for name, sign in (("checked", TICKED), ("unchecked", EMPTY))
            )
            return f'<w14:checkbox><w14:checked w14:val="{int(bool(field.value))}"/>{state}</w14:checkbox>'
        case "date":
            return (
                f'<w:date{_full_date(field.value)}><w:dateFormat w:val="d MMMM yyyy"/><w:lid w:val="en-GB"/>'
                '<w:storeMappedDataAs w:val="dateTime"/><w:calendar w:val="gregorian"/></w:date>'
            )
        case "choice":
            items = "".join(
                f'<w:listItem w:displayText="{escape(option.text)}" w:value="{escape(option.value)}"/>' for option in field.options
            )
            return f"<w:dropDownList>{items}</w:dropDownList>"
        case "lines":
            return ""  # rich text: LibreOffice loses the line breaks of plain text
        case "text":
            return "<w:text/>"


def _full_date(value: str) -> str:
    """Return the machine's form of a date that is written as '12 March 2027', or nothing."""
    found = _DATE.fullmatch(value)
    if not found or found[2].lower() not in _MONTHS:
        return ""
    try:
        day = dt.date(int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
    except ValueError:
        return ""
    return f' w:fullDate="{day}T00:00:00Z"'

"""Recipients in, lists out for those who print letters or send texts: GOV.UK Notify, NHS Notify, the practice's own messaging tool.

A list is CSV in UTF-8, as its reader wants it (sources NOTIFY-LISTS, NHSNOTIFY): nothing in it is quoted for Excel's sake, since that would
be printed. Rows whose cells would be a formula there never get so far.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Literal, NamedTuple

from migpack import blocks as b
from migpack.letters.addresses import MAX_LINES
from migpack.letters.recipients import Recipient
from migpack.messages import TextSize

_MOBILE = re.compile(r"(?:\+?44|0044|0)?(7[1-57-9]\d{8}|7624\d{6})")
_NOT_IN_BODY = ("letterhead", "sender", "recipient")


class Texts(NamedTuple):
    """A list of text messages: its bytes, how many there are, and how many patients get none and why."""

    data: bytes
    sent: int
    size: TextSize
    refused: int
    no_number: int
    shared: int


def write_list(
    kind: Literal["govuk-notify", "nhs-notify"], recipients: Iterable[Recipient], fields: Iterable[str], reference: str, out: BinaryIO
) -> None:
    """Write the list of one letter's recipients for a sending service.

    Args:
        kind: whose list.
        recipients: in the order in which the list is to be.
        fields: the merge fields that the letter prints besides the address.
        reference: stands before the row number in what NHS Notify calls a message's reference, and is another one for each run.
        out: where the list goes.
    """
    table = csv.writer(held := io.StringIO(), lineterminator="\r\n")
    if kind == "govuk-notify":
        columns = sorted(fields)
        table.writerow([*(f"address line {n}" for n in range(1, MAX_LINES + 1)), *columns])
        for one in recipients:
            lines = (*one.address, *[""] * (MAX_LINES - len(one.address)))
            table.writerow([*lines, *(one.values[field] for field in columns)])
    else:
        columns = sorted(set(fields) - {"full_name"})  # NHS Notify takes the name from the national record
        table.writerow(["messageReference", "nhsNumber", *(f"personalisation_{field}" for field in columns)])
        table.writerows([f"{reference}-{one.row}", one.nhs_number, *(one.values[field] for field in columns)] for one in recipients)
    out.write(held.getvalue().encode())


def write_texts(recipients: Iterable[Recipient], words: str, size: TextSize) -> Texts:
    """Return a list of one text message for every mobile number, with segments and price, and what became of the other patients."""
    table = csv.writer(held := io.StringIO(), lineterminator="\r\n")
    table.writerow(["row", "phone number", "text", "segments", "pence"])
    numbers: set[str] = set()
    refused = no_number = shared = 0
    for one in recipients:
        number = mobile(one.phone)
        if not one.text_ok:
            refused += 1
        elif not number:
            no_number += 1
        elif number in numbers:
            shared += 1
        else:
            numbers.add(number)
            table.writerow([one.row, number, words, size.segments, f"{size.pence:g}"])
    return Texts(held.getvalue().encode(), len(numbers), size, refused, no_number, shared)


def mobile(text: str) -> str:
    """Return a UK mobile number as 11 digits, or '' where it is none; a nought that a spreadsheet has lost is put back."""
    found = _MOBILE.fullmatch(re.sub(r"[\s().-]", "", text.replace("(0)", "")))
    return f"0{found[1]}" if found else ""


def notify_template(tree: b.Tree) -> str:
    """Return a letter's words as GOV.UK Notify's templates are written, with ((fields)) where the list has columns."""
    heading = next((_said(head.content) for head in b.headings(tree) if head.level == 1), tree.title)
    contact = "\n".join(_marked(block.blocks) for block in tree.blocks if isinstance(block, b.Group) and block.kind == "sender")
    body = _marked([block for block in tree.blocks if not (isinstance(block, b.Heading) and block.level == 1)])
    return (
        "Make a letter template in GOV.UK Notify with the words below, then upload the CSV file beside this one.\n\n"
        f"HEADING\n{heading}\n\nCONTACT DETAILS\n{contact}\n\nBODY\n{body}\n"
    )


def _marked(blocks: Sequence[b.Block]) -> str:
    """Return blocks in the marks that Notify knows: '#' before a heading, '*' before a line of a list."""
    parts = []
    for block in blocks:
        match block:
            case b.Heading():
                parts.append(f"# {_said(block.content)}")
            case b.Paragraph() if block.kind != "date":
                parts.append(_said(block.content))
            case b.List():
                marks = (f"{n}. " if block.ordered else "* " for n in range(1, len(block.items) + 1))
                parts.append(
                    "\n".join(mark + _marked(item.blocks).replace("\n\n", " ") for mark, item in zip(marks, block.items, strict=True))
                )
            case b.Table():
                parts += [", ".join(_marked(cell.blocks) for cell in row.cells) for row in (*block.head, *block.body)]
            case b.Group() if block.kind not in _NOT_IN_BODY:
                parts.append(_marked(block.blocks))
    return "\n\n".join(filter(None, parts))


def _said(content: b.Inlines) -> str:
    words = ""
    for node in content:
        match node:
            case b.Text():
                words += node.text
            case b.Break():
                words += "\n"
            case b.Span(kind="merge"):
                words += f"(({node.key}))"
            case b.Strong() | b.Link() | b.Span():
                words += _said(node.content)
    return words.strip() if len(content) > 1 else words

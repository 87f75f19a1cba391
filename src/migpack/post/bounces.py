"""Delivery reports that came back (RFC 3464, as .eml or mbox) in, the ledger and the print list corrected out: what did not arrive.

A report is matched by the Message-ID of the letter, which nobody can guess, else by the keyed hash of the address. Reports are files from
outside: nothing in them is shown but their status code.
"""

from __future__ import annotations

import mailbox
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, message_from_string
from email.message import Message
from pathlib import Path

from migpack.mailings import NotByEmail
from migpack.post.ledger import Entry, Ledger
from migpack.post.lists import ROWS, add_to_lists, lists_folder
from migpack.post.message import readable_address
from migpack.post.patients import not_recorded, to_print
from migpack.problems import Place, mistake

MAX_BYTES = 100_000_000
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_FAILED = "failed"
_MAY_COME_BACK = ("sent", "unknown", "sending")


@dataclass(frozen=True)
class Report:
    """What a report says of one recipient: RFC 3464's action ('failed', 'delayed' …) and status, and which message it is about."""

    message_id: str
    address: str
    action: str
    status: str


@dataclass(frozen=True)
class Returned:
    """What reports tell: the letters that came back, as the ledger is to have them; how many reports were read before, told of a delay or
    a success, or were not about our letters."""

    bounced: tuple[Entry, ...]
    again: int
    others: int
    unmatched: int


def read_reports(path: Path) -> tuple[Report, ...]:
    """Return the reports in a file; none where its messages are no delivery reports.

    Raises:
        Mistakes: the file cannot be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise mistake(Place(str(path)), "this file is too large for delivery reports", "save the reports alone")
        with path.open("rb") as file:
            is_mbox = file.read(5) == b"From "
        if is_mbox:
            box = mailbox.mbox(path, create=False)
            try:
                return tuple(report for message in box for report in _reports(message))
            finally:
                box.close()
        return tuple(_reports(message_from_bytes(path.read_bytes())))
    except OSError as error:
        raise mistake(Place(str(path)), f"this file cannot be read ({error.strerror})", "name the saved report, as .eml or mbox") from None


@dataclass(frozen=True)
class Relisted:
    """The lists of a letter after its returned e-mails were put on them: how many rows are to be printed for, and where that stands.

    `printed` is None where the print list is about another list of patients, so that the rows must be found anew.
    """

    letter: str
    printed: int | None
    path: Path


def returned_letters(reports: Iterable[Report], ledger: Ledger) -> Returned:
    """Return which letters did not arrive; nothing is written."""
    entries = ledger.entries()
    by_id = {entry.message_id: entry for entry in entries if entry.message_id}
    by_code = {entry.email_code: entry for entry in entries if entry.email_code}
    bounced: dict[int, Entry] = {}
    again = others = unmatched = 0
    for report in reports:
        entry = by_id.get(report.message_id) or by_code.get(_code(report.address, ledger.code))
        if entry is None:
            unmatched += 1
        elif report.action != _FAILED:
            others += 1
        elif entry.status == "bounced" or entry.id in bounced:
            again += 1
        elif entry.status in _MAY_COME_BACK:
            bounced[entry.id] = replace(entry, status="bounced", answer=f"came back: {report.status or 'no reason given'}")
    return Returned(tuple(bounced.values()), again, others, unmatched)


def relist(practice_folder: Path, bounced: Iterable[Entry], why: NotByEmail) -> Iterator[Relisted]:
    """Put the patients whose letter came back on the print list and on the list of exceptions of that letter.

    Raises:
        Mistakes: one of the lists cannot be read or written.
    """
    patients = [entry for entry in bounced if entry.row]
    for letter, list_hash in sorted({(entry.document, entry.list_hash) for entry in patients}):
        rows = [str(entry.row) for entry in patients if (entry.document, entry.list_hash) == (letter, list_hash)]
        folder = lists_folder(practice_folder, letter)
        printed = add_to_lists(folder, [(row, why.id, why.reason, why.what_to_do) for row in rows], list_hash)
        yield Relisted(letter, len(printed.rows) if printed else None, folder / ROWS)


def record_bounces(bounced: Iterable[Entry], ledger: Ledger, why: NotByEmail) -> None:
    """Mark letters that did not arrive; the patients among those who were written to are to be printed for."""
    for entry in bounced:
        ledger.set(entry.id, status=entry.status, answer=entry.answer)
        if entry.row:
            ledger.add(not_recorded([to_print(entry, why.id)], ledger.entries()))


def _reports(message: Message) -> Iterator[Report]:
    """Yield what one message reports of each recipient."""
    parts = list(message.walk())
    about = next((found for part in parts if (found := _message_id(part))), "")
    for part in parts:
        blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else ()
        for block in blocks if isinstance(blocks, list) else ():
            if isinstance(block, Message) and (action := str(block.get("Action", "")).strip().casefold()):
                status = _STATUS.search(str(block.get("Status", "")))
                yield Report(about, _recipient(block), action, status[0] if status else "")


def _message_id(part: Message) -> str:
    """Return the Message-ID of the message that a part of a report returns, whole or by its headers."""
    returned: object = None
    if part.get_content_type() == "message/rfc822" and isinstance(payload := part.get_payload(), list) and payload:
        returned = payload[0]
    elif part.get_content_type() == "text/rfc822-headers":
        data = part.get_payload(decode=True)
        returned = message_from_string(data.decode("ascii", "replace")) if isinstance(data, bytes) else None
    return "".join(str(returned.get("Message-ID", "")).split()) if isinstance(returned, Message) else ""


def _recipient(block: Message) -> str:
    """Return the address that a report is about: the one that was written to, where the report still has it."""
    named = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    return named.rpartition(";")[2].strip().strip("<>")


def _code(address: str, code: Callable[..., str]) -> str:
    try:
        return code(readable_address(address).casefold())
    except ValueError:
        return "none"

"""The words and files of one e-mail → its message: one plain and one HTML part, and the attachments.

What people write (names, subjects, addresses) enters headers only here. A name is cut to one clean line and quoted by the library, an
address is read again, and its domain is written in ASCII. The same message gives the same bytes: its boundaries are made from what it says.
"""

from __future__ import annotations

import datetime as dt
import email.policy
import hashlib
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from migpack.markup import read
from migpack.values import ascii_email
from migpack.write.plain import plain_text

_TYPES = {
    "pdf": ("application", "pdf"),
    "docx": ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document"),
}
_STYLE = re.compile(r"<style>.*?</style>\s*", re.DOTALL)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
MAX_NAME = 78


@dataclass(frozen=True)
class Words:
    """What one e-mail says and carries: `html` is a page of the closed vocabulary, `files` are attachments by name."""

    to_name: str
    to_address: str
    subject: str
    html: str
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Sender:
    """From whom a message comes, and where answers go."""

    name: str
    address: str
    reply_to: str = ""


def draft(words: Words) -> bytes:
    """Return an unsent message: mail programs open it to be looked at and sent from the reader's own mailbox.

    Raises:
        ValueError: the address cannot be written to.
    """
    message = _message(words)
    message["X-Unsent"] = "1"
    return bytes(message)


def compose(words: Words, sender: Sender, message_id: str, at: dt.datetime) -> bytes:
    """Return a message ready to be sent.

    Raises:
        ValueError: an address cannot be written to.
    """
    message = _message(words)
    message["From"] = _address(sender.name, sender.address)
    if sender.reply_to:
        message["Reply-To"] = _address("", sender.reply_to)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    return bytes(message)


def safe_name(name: str) -> str:
    """Return a file name of letters, digits, '.', '-' and '_' that every system takes."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _UNSAFE.sub("-", plain).strip("-.")[-MAX_NAME:] or "attachment"


def readable_address(text: str) -> str:
    """Return an address in the form that mail servers take.

    Raises:
        ValueError: it is no address, or its first part has letters that only some servers take.
    """
    if address := ascii_email(text):
        return address
    raise ValueError("the part of the address before the @ has letters that few mail servers take")


def fresh_id(sender_address: str) -> str:
    """Return a Message-ID that no other message has."""
    return f"<{secrets.token_hex(16)}@{readable_address(sender_address).rpartition('@')[2]}>"


def _message(words: Words) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["To"] = _address(words.to_name, words.to_address)
    message["Subject"] = _one_line(words.subject)
    message.set_content(plain_text(read(_STYLE.sub("", words.html), "e-mail")), cte="quoted-printable")
    message.add_alternative(words.html, subtype="html", cte="quoted-printable")
    for name, data in words.files.items():
        maintype, subtype = _TYPES[name.rpartition(".")[2]]
        message.add_attachment(data, maintype=maintype, subtype=subtype, filename=safe_name(name))
    _set_boundaries(message, words)
    return message


def _set_boundaries(message: EmailMessage, words: Words) -> None:
    """Mark the parts with what quoted-printable and base64 can never hold, the same for the same message."""
    told = hashlib.sha256("\0".join((words.to_name, words.to_address, words.subject, words.html)).encode())
    for name, data in words.files.items():
        told.update(name.encode() + hashlib.sha256(data).digest())
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{told.hexdigest()[:24]}_{number}")


def _address(name: str, address: str) -> Address:
    """Return an address with a display name, which is left out where it could pass for an address itself."""
    shown = _one_line(name)
    if "@" in shown or "<" in shown or ">" in shown:
        shown = ""
    return Address(display_name=shown[:MAX_NAME], addr_spec=readable_address(address))


def _one_line(text: str) -> str:
    """Return a text without line ends, control and invisible direction characters, and with nothing that passes for an encoded word."""
    visible = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text)
    return " ".join(visible.replace("=?", "= ?").split())

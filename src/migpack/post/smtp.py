"""A message in, what became of it out: the dialogue with a mail server (RFC 5321), step by step.

What counts is the full stop that ends a message. A connection that fails before it is sent has delivered nothing, and the message may be
sent again. Once it is on its way, only the server's answer says what became of the message; without one nobody knows. Certificates are
always checked. Never sends a password over a connection that is not encrypted.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from migpack.problems import Mistakes, Place, mistake

PORTS = {"starttls": 587, "tls": 465}
TIMEOUT_S = 60.0
# RFC 5321, 4.5.3.2.6: whoever gives up sooner sends messages twice.
LAST_ANSWER_S = 600.0
_STOP = b".\r\n"
_TROUBLE = (OSError, smtplib.SMTPException, UnicodeError)


class _NoCertificates(OSError):
    """The file that should name whom to trust holds no certificate."""


class Outcome(StrEnum):
    """What became of a message. `later`: not taken now; `no_sender`: nothing is taken from this sender; `dropped`: the connection failed
    before the server had the message."""

    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    NO_SENDER = "no sender"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What became of a message, and the server's words."""

    outcome: Outcome
    words: str


@dataclass(frozen=True)
class Server:
    """Where to sign in; `password` stands in no message and no file."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""
    ca_file: str = ""
    timeout_s: float = TIMEOUT_S
    last_answer_s: float = LAST_ANSWER_S

    def __repr__(self) -> str:
        return f"{self.host}:{self.port}"


class Connection:
    """An open connection to a mail server, signed in."""

    def __init__(self, server: Server, place: Place) -> None:
        """Connect, encrypt, check the certificate and sign in.

        Args:
            place: where the server is named, for mistakes.

        Raises:
            Mistakes: the server cannot be reached, is not who it says, or does not let us in.
        """
        self._server = server
        try:
            self._smtp = _connected(server)
        except _TROUBLE as error:
            raise _no_connection(server, place, error) from None

    def send(self, sender: str, recipient: str, message: bytes, about_to: Callable[[], None]) -> Answer:
        """Hand over one message to one recipient.

        Args:
            message: whole, with CRLF line ends.
            about_to: called when the server is ready for the message, before any of it leaves.
        """
        try:
            if (refused := self._envelope(sender, recipient, len(message))) is not None:
                self._smtp.rset()
                return refused
            about_to()
            code, words = self._smtp.docmd("DATA")
            if code != 354:
                return _judged(code, words)
            self._smtp.send(_stuffed(message))
        except _TROUBLE as error:
            return self._dropped(error)
        return self._end()

    def close(self) -> None:
        """Say goodbye."""
        try:
            self._smtp.quit()
        except _TROUBLE:
            self._smtp.close()

    def drop(self) -> None:
        """Let the connection go, in the middle of a letter if need be."""
        self._smtp.close()

    def _envelope(self, sender: str, recipient: str, size: int) -> Answer | None:
        options = [f"SIZE={size}"] if self._smtp.has_extn("size") else []
        code, words = self._smtp.mail(sender, options)
        if code == 250:
            code, words = self._smtp.rcpt(recipient)
        elif 500 <= code < 600 and code != 552:  # 552: this message is too large; anything else concerns the sender, not the recipient
            return Answer(Outcome.NO_SENDER, _said(code, words))
        return None if code in (250, 251) else _judged(code, words)

    def _end(self) -> Answer:
        try:
            if self._smtp.sock:
                self._smtp.sock.settimeout(self._server.last_answer_s)
            self._smtp.send(_STOP)
            code, words = self._smtp.getreply()
            if self._smtp.sock:
                self._smtp.sock.settimeout(self._server.timeout_s)
        except _TROUBLE as error:
            self._smtp.close()
            return Answer(Outcome.UNKNOWN, f"no answer ({_plain(error)})")
        if code == -1:
            return Answer(Outcome.UNKNOWN, "no answer that can be read")
        return _judged(code, words)

    def _dropped(self, error: Exception) -> Answer:
        self._smtp.close()
        return Answer(Outcome.DROPPED, f"the connection failed ({_plain(error)})")


def _connected(server: Server) -> smtplib.SMTP:
    context = _context(server.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout_s, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
    try:
        if server.security != "tls":
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if server.user:
            smtp.login(server.user, server.password)
        if smtp.sock:  # the last full stop goes alone, and is not to wait for the other side
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _context(ca_file: str) -> ssl.SSLContext:
    """Return what checks certificates: by the authorities of a file alone where one is named."""
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError:
        raise _NoCertificates from None


def _no_connection(server: Server, place: Place, error: Exception) -> Mistakes:
    where, first = f"{server.host}:{server.port}", f"mail server {server.host}:{server.port}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return mistake(place, f"{first}: its certificate does not hold ({error.verify_message})", "check host:, or name ca_file:")
    if isinstance(error, ssl.SSLError):
        return mistake(place, f"{first}: no secure connection ({error.reason})", "check port: and security: (starttls or tls)")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = _said(error.smtp_code, error.smtp_error)
        return mistake(place, f"{first} does not let '{server.user}' in: {said}", "check user: and the password")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return mistake(place, f"{first} does not offer what is needed ({error})", "check port: and security:, or leave out user:")
    if isinstance(error, _NoCertificates):
        return mistake(place, f"'{Path(server.ca_file).name}' holds no certificate that can be read", "check mail: ca_file:")
    if isinstance(error, FileNotFoundError) and server.ca_file:
        return mistake(place, f"there is no file '{Path(server.ca_file).name}'", "check mail: ca_file:")
    if isinstance(error, smtplib.SMTPResponseException):
        return mistake(place, f"{first} does not take messages now: {_said(error.smtp_code, error.smtp_error)}", "try again later")
    return mistake(place, f"no connection to the mail server {where} ({_plain(error)})", "check mail: host: and port:, or try again later")


def _judged(code: int, words: bytes) -> Answer:
    said = _said(code, words)
    if 200 <= code < 300:
        return Answer(Outcome.SENT, said)
    return Answer(Outcome.REFUSED if 500 <= code < 600 else Outcome.LATER, said)


def _said(code: int, words: bytes | str) -> str:
    """Return a server's answer as one short line of letters that can be shown."""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    clean = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return f"{code} {clean}"[:200]


def _plain(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", "") or error or type(error).__name__).split())[:120]


def _stuffed(message: bytes) -> bytes:
    """Return a message as DATA carries it: a line that starts with a full stop has one more (RFC 5321, 4.5.2); a line end stands last."""
    lines = message.replace(b"\r\n.", b"\r\n..")
    lines = b"." + lines if lines.startswith(b".") else lines
    return lines if lines.endswith(b"\r\n") else lines + b"\r\n"

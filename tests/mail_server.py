"""A real mail server on this machine, with a certificate of its own, that can be told to go wrong at any step of the dialogue.

It delivers into `delivered`, in memory. What it is told to do for one recipient stands in `trouble`, by address: a reply such as '550 no',
or 'drop <stage>', where it lets the connection go.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from fast_mail_parser import PyMail, parse_email

from migpack.post.smtp import Server

STAGES = ("mail", "rcpt", "data", "payload", "kept", "lost")
USER, PASSWORD = "sam", "not-a-real-password"


@dataclass
class Mailbox:
    """What a server has taken and what it is to do wrong. `sessions` counts connections, `once` forgets a trouble after its first time."""

    delivered: list[tuple[str, bytes]] = field(default_factory=list)
    trouble: dict[str, str] = field(default_factory=dict)
    once: bool = True
    sessions: int = 0
    wait_s: float = 0.0

    def wrong(self, address: str, stage: str) -> str | None:
        """Return what to do wrong at this stage for this recipient."""
        told = self.trouble.get(address, "")
        at, _, reply = (told.partition(": ")) if ": " in told else ("rcpt", "", told)
        if told.startswith("drop "):
            at, reply = told.removeprefix("drop "), "drop"
        if at != stage or not reply:
            return None
        if self.once:
            del self.trouble[address]
        return reply

    def count(self, address: str) -> int:
        """Return how often something was delivered to an address."""
        return sum(to == address for to, _ in self.delivered)


def received(data: bytes) -> PyMail:
    """Return a message as its recipient's mail program reads it.

    Read by fast-mail-parser, which is written in Rust and shares no code with the standard library that wrote the message. It refuses
    (`strict`) what it would have to mend: an address, a date or a character set that it cannot read.
    """
    return parse_email(data, strict=True)


def attached(data: bytes) -> dict[str, bytes]:
    """Return the attachments of a received message by name."""
    return {part.filename: part.content for part in received(data).attachments}


class _Dialogue(SMTP):
    """The dialogue of one connection."""

    def __init__(self, handler: _Handler, **options: Any) -> None:
        super().__init__(handler, **options)
        self._box = handler.box

    def connection_made(self, transport: Any) -> None:
        self._box.sessions += 1
        super().connection_made(transport)

    def hang_up(self) -> None:
        """Let the connection go as a dying server does."""
        if self.transport is not None:
            self.transport.abort()

    async def smtp_DATA(self, arg: str) -> None:
        address = self.envelope.rcpt_tos[0] if self.envelope and self.envelope.rcpt_tos else ""
        if self._box.wrong(address, "data"):
            self.hang_up()
            return
        if self._box.wrong(address, "payload"):
            await self.push("354 go on")
            await asyncio.wait_for(self._reader.read(64), 5)
            self.hang_up()
            return
        await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, box: Mailbox) -> None:
        self.box = box

    async def handle_MAIL(self, server: _Dialogue, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if told := self.box.wrong(address, "mail"):
            if told == "drop":
                server.hang_up()
            return told
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server: _Dialogue, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if told := self.box.wrong(address, "rcpt"):
            if told == "drop":
                server.hang_up()
            return told
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: _Dialogue, session: Session, envelope: Envelope) -> str:
        address = envelope.rcpt_tos[0]
        await asyncio.sleep(self.box.wait_s)
        if self.box.wrong(address, "lost"):
            server.hang_up()
            return "250 OK"
        if told := self.box.wrong(address, "dot"):
            return told
        assert isinstance(envelope.original_content, bytes)
        self.box.delivered.append((address, envelope.original_content))
        if self.box.wrong(address, "kept"):
            server.hang_up()
        return "250 OK, taken"


class _Controller(Controller):
    def factory(self) -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it does not see that the whole connection is encrypted
            return _Dialogue(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # the system has chosen it
        super()._trigger_server()


def _let_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(folder: Path, box: Mailbox, security: str = "starttls", *, auth: bool = True, most_bytes: int = 0) -> Iterator[Server]:
    """Run a server and yield how to sign in to it; its certificate is for localhost, by an authority whose file is in `folder`."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    authority = trustme.CA()
    trusted = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0, "data_size_limit": most_bytes or None}
    if auth:
        options |= {"authenticator": _let_in, "auth_required": True, "auth_require_tls": security == "starttls"}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    else:
        options |= {"ssl_context": context}
    controller = _Controller(_Handler(box), **options)
    controller.start()
    box.sessions = 0  # the controller itself has tried the door
    try:
        yield Server("localhost", controller.port, security, USER if auth else "", PASSWORD if auth else "", str(trusted), 5.0, 5.0)
    finally:
        controller.stop()

"""What the commands that send share: the outbox, a run with its clock and its end, what must be settled first."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migpack.cli.group import case_of, day_of

if TYPE_CHECKING:
    from migpack.model import Case
    from migpack.post.outbox import Outbox
    from migpack.post.run import Clock, Item
    from migpack.problems import Problem


@dataclass(frozen=True)
class Run:
    """What was asked for of a run of sending."""

    really: bool
    early: bool
    resend: bool
    limit: int | None
    rate: int | None
    test_to: str | None

    def a_minute(self, case: Case) -> int:
        """Return how many messages a minute may go."""
        mail = case.file.mail
        return self.rate or (mail and mail.rate_per_minute) or case.content.mailings.limits.rate_per_minute


def opened_outbox(practice: Path, pack: Path, today: str | None, areas: tuple[Path, ...], only: Collection[str] = ()) -> Outbox:
    """Load a practice and return its letters over its built pack, all or only those meant."""
    from migpack.library import Library
    from migpack.post.outbox import open_outbox

    library = Library.of(practice.parent, areas)
    folder, _, case = case_of(practice, library, pack)
    return open_outbox(case, library, day_of(today), folder, only)


def tell_first(case: Case, *, patients: bool = False) -> None:
    """Say what the practice must have settled before it sends."""
    click.echo("before you send:")
    for one in case.content.mailings.settle:
        if patients or not one.patients:
            click.echo(f"  - {one.text} ({', '.join(one.sources)})")


def exit_if(problems: Iterable[Problem]) -> None:
    """Tell what stands in the way of letters, and end with 1 where anything does."""
    lines = [str(problem) for problem in problems]
    for line in lines:
        click.echo(line, err=True)
    if lines:
        sys.exit(1)


def send_items(case: Case, folder: Path, items: Sequence[Item], run: Run) -> None:
    """Send what has not been sent, telling each, under `only_run`; a first Ctrl-C ends the run after the letter that is on its way.

    Ends with 1 where a letter that was tried is not sent.
    """
    from migpack.post.ledger import opened
    from migpack.post.outbox import sender_of
    from migpack.post.password import server_of
    from migpack.post.run import chosen, send
    from migpack.post.smtp import Connection

    sender, place = sender_of(case), case.place("mail", "host")
    counts: dict[str, int] = {}
    with opened(folder) as ledger, _clock() as clock:
        if left := ledger.settle():
            click.echo(f"on their way when an earlier run ended, so they may have arrived ('migpack ledger' lists them): {left}")
        todo = chosen(items, ledger.entries(), resend=run.resend)
        ready = todo[: run.limit]

        def connect() -> Connection:
            return Connection(server_of(case, folder, os.environ), place)

        for done in send(ready, ledger, sender, connect, clock, rate=run.a_minute(case)):
            outcome = str(done.answer.outcome)
            counts[outcome] = counts.get(outcome, 0) + 1
            click.echo(f"{done.item.label}: {outcome} ({done.answer.words})")
        if clock.stopped():
            click.echo("stopped; run this again to go on")
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "nothing was sent"
    rest = len(todo) - sum(counts.values())
    click.echo(told + (f"; {rest} more to send" if rest else "") + f"; {len(items) - len(todo)} had been dealt with before")
    if counts.keys() - {"sent"}:
        sys.exit(1)


def send_test(case: Case, folder: Path, items: Sequence[Item], run: Run) -> None:
    """Send letters to one's own address, marked as tests and recorded nowhere."""
    from migpack.post.message import compose, fresh_id, readable_address
    from migpack.post.outbox import as_test, sender_of
    from migpack.post.password import server_of
    from migpack.post.smtp import Connection
    from migpack.problems import Place, mistake

    try:
        to = readable_address(run.test_to or "")
    except ValueError as error:
        what, _, write = str(error).partition(" \N{EM DASH} ")
        raise mistake(Place("--test-to"), what, write or "write another address") from None
    items = items[: run.limit]
    if not run.really:
        click.echo(f"nothing was sent; with --really-send: {len(items)} to {to}")
        return
    sender = sender_of(case)
    connection = Connection(server_of(case, folder, os.environ), case.place("mail", "host")) if items else None
    with _clock() as clock:
        for number, item in enumerate(items):
            if number:
                clock.wait(60 / run.a_minute(case))
            if clock.stopped() or connection is None:
                break
            message = compose(as_test(item, to).words(), sender, fresh_id(sender.address), clock.reading())
            answer = connection.send(readable_address(sender.address), to, message, lambda: None)
            click.echo(f"{item.label}: test {answer.outcome} ({answer.words})")
    if connection:
        connection.close()


@contextmanager
def _clock() -> Iterator[Clock]:
    """Return this machine's clock, whose waiting ends when somebody presses Ctrl-C; a second Ctrl-C ends the program."""
    from migpack.post.run import Clock
    from migpack.problems import MigpackError

    stop = threading.Event()

    def asked(number: int, frame: object) -> None:
        if stop.is_set():
            raise MigpackError("stopped; the letter that was on its way may have arrived ('migpack ledger' lists it)")
        stop.set()

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield Clock(lambda: dt.datetime.now().astimezone(), stop.wait, stop.is_set)
    finally:
        signal.signal(signal.SIGINT, before)

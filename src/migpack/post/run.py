"""Letters and the ledger in, what became of each out: one run of sending, which may be stopped at any moment and taken up again.

Every step is written into the ledger before the next is taken. A message leaves only after its row says `sending`, so whatever happens
afterwards is known to have been possible. A letter that may have reached somebody is never sent again unasked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from migpack.post.ledger import Entry, Ledger
from migpack.post.message import Sender, Words, compose, readable_address
from migpack.post.smtp import Answer, Connection, Outcome
from migpack.problems import Place, mistake

_DROPS_TO_STOP = 3


class Standing(StrEnum):
    """How a letter stands before a run. `changed`: the recipient has, or may have, an earlier wording of it."""

    NEW = "to send"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    BOUNCED = "bounced"
    CHANGED = "changed"


@dataclass(frozen=True)
class Item:
    """A letter to one recipient: its row in the ledger, what lists call it, and what gives its words when it is its turn."""

    entry: Entry
    label: str
    address: str
    words: Callable[[], Words]
    private: bool = False


@dataclass(frozen=True)
class Done:
    """What became of an item in this run."""

    item: Item
    answer: Answer


@dataclass(frozen=True)
class Clock:
    """The caller's clock: what time it is, how to wait some seconds, and whether somebody has asked to stop."""

    reading: Callable[[], dt.datetime]
    wait: Callable[[float], object]
    stopped: Callable[[], bool]


def standing(entry: Entry, known: Iterable[Entry]) -> tuple[Standing, Entry | None]:
    """Return how a letter stands by the rows of the ledger, and the row that says so."""
    same = [row for row in known if row.key[:3] == entry.key[:3]]
    own = next((row for row in same if row.content == entry.content), None)
    if own and _standing_of(own) is not Standing.NEW:
        return _standing_of(own), own
    earlier = [row for row in same if row.status in ("sent", "unknown", "sending")]
    return (Standing.CHANGED, earlier[-1]) if earlier else (Standing.NEW, None)


def chosen(items: Sequence[Item], known: Sequence[Entry], *, resend: bool) -> tuple[Item, ...]:
    """Return the items that a run would send; `resend` adds what is unknown, refused, returned or changed."""
    wanted = {Standing.NEW} | ({Standing.UNKNOWN, Standing.REFUSED, Standing.BOUNCED, Standing.CHANGED} if resend else set())
    by_letter: dict[tuple[str, ...], list[Entry]] = {}
    for row in known:
        by_letter.setdefault(row.key[:3], []).append(row)
    return tuple(item for item in items if standing(item.entry, by_letter.get(item.entry.key[:3], ()))[0] in wanted)


def send(
    items: Sequence[Item], ledger: Ledger, sender: Sender, connect: Callable[[], Connection], clock: Clock, *, rate: int
) -> Iterator[Done]:
    """Send items and yield what became of each; no connection is opened where there is none to send.

    Args:
        items: as `chosen` returns them, with the ledger locked by `only_run` and settled.
        rate: how many messages a minute the server takes.

    Raises:
        Mistakes: the server cannot be reached, takes nothing from this sender, or keeps dropping the connection.
    """
    domain = readable_address(sender.address).rpartition("@")[2]
    ledger.add(replace(item.entry, planned_at=_stamp(clock), message_id=f"<{ledger.code(*item.entry.key)}@{domain}>") for item in items)
    line = _Line(connect)
    drops = 0
    try:
        for number, item in enumerate(items):
            if number:
                clock.wait(60 / rate)
            if clock.stopped():
                return
            answer = _send_one(item, ledger, sender, line, clock)
            drops = drops + 1 if answer.outcome is Outcome.DROPPED else 0
            yield Done(item, answer)
            _stop_if_hopeless(answer, drops)
    finally:
        line.hang_up()


class _Line:
    """The connection of a run, opened when it is first needed and again after it was dropped."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def get(self) -> Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def _send_one(item: Item, ledger: Ledger, sender: Sender, line: _Line, clock: Clock) -> Answer:
    row = ledger.find(item.entry.key)
    assert row
    message = compose(item.words(), sender, row.message_id, clock.reading())
    to = readable_address(item.address)

    def about_to() -> None:
        ledger.set(row.id, status="sending", sending_at=_stamp(clock), ended_at="", answer="", told_on=str(clock.reading().date()))

    for _ in range(2):  # a server may have closed a connection that was idle
        answer = line.get().send(readable_address(sender.address), to, message, about_to)
        if answer.outcome in (Outcome.DROPPED, Outcome.UNKNOWN):
            line.hang_up()
        if answer.outcome is not Outcome.DROPPED:
            break
    ended = answer.outcome in (Outcome.SENT, Outcome.REFUSED, Outcome.UNKNOWN)
    # A server's answer may name the recipient, who may be a patient: of such an answer only the number is kept.
    said = answer.words.partition(" ")[0] if item.private and answer.words[:1].isdigit() else answer.words
    # What was not handed over is what it was before: nothing that may have arrived is forgotten.
    ledger.set(row.id, status=str(answer.outcome) if ended else row.status, ended_at=_stamp(clock), answer=said)
    return replace(answer, words=said)


def _stop_if_hopeless(answer: Answer, drops: int) -> None:
    if answer.outcome is Outcome.NO_SENDER:
        raise mistake(Place("mail server"), f"it takes nothing from this sender ({answer.words})", "check mail: sender: and user:")
    if drops >= _DROPS_TO_STOP:
        what = f"the connection failed for {drops} letters one after the other ({answer.words})"
        raise mistake(Place("mail server"), what, "run this again later; what was not sent is still planned")


def _standing_of(row: Entry) -> Standing:
    match row.status:
        case "sent":
            return Standing.SENT
        case "unknown" | "sending":
            return Standing.UNKNOWN
        case "refused":
            return Standing.REFUSED
        case "bounced":
            return Standing.BOUNCED
    return Standing.NEW


def _stamp(clock: Clock) -> str:
    return clock.reading().isoformat(timespec="seconds")

"""Who was sent what, and how that ended: rows in and out of ledger.sqlite beside the practice file.

There is one row for each (recipient, document, purpose, content). It is `planned` until its message is about to be handed over, `sending`
from then until the server has answered, and then `sent`, `refused` or, where no answer came, `unknown`. What a run that died has left
`sending` becomes `unknown`: it may have arrived, so it is never sent again unasked. Times are what the caller's clock says, in ISO form.
Patients have a keyed hash of their address and a row number, never a name.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from migpack.lock import locked, make_private
from migpack.problems import Mistakes, Place, mistake
from migpack.sent import Sent

NAME = "ledger.sqlite"
KEY = "ledger.key"
LOCK = "ledger.lock"
_KEY_BYTES = 32
STATES = ("planned", "sending", "sent", "refused", "unknown", "bounced", "to_print")
PATIENTS = "patients"
# Nobody knows whether these arrived; whoever must be told of a new date is better told once too often.
_MAY_HAVE_ARRIVED = ("sent", "unknown")
_TABLE = """
create table if not exists letters (
  id integer primary key,
  recipient text not null, document text not null, purpose text not null, content text not null,
  version text not null default '', status text not null, by text not null default 'email',
  facts text not null default '{}', row integer not null default 0,
  list_hash text not null default '', email_code text not null default '', post_code text not null default '',
  planned_at text not null default '', sending_at text not null default '', ended_at text not null default '',
  told_on text not null default '', message_id text not null default '', answer text not null default '',
  unique (recipient, document, purpose, content)
)
"""


@dataclass(frozen=True)
class Entry:
    """A row of the ledger; `id` is 0 until it is written.

    `row`, the hash of the list that it counts in, and the codes are a patient's, and 0 and '' elsewhere.
    """

    recipient: str
    document: str
    purpose: str
    content: str
    version: str = ""
    status: str = "planned"
    by: str = "email"
    facts: Mapping[str, str] = field(default_factory=dict)
    row: int = 0
    list_hash: str = ""
    email_code: str = ""
    post_code: str = ""
    planned_at: str = ""
    sending_at: str = ""
    ended_at: str = ""
    told_on: str = ""
    message_id: str = ""
    answer: str = ""
    id: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same letter to the same recipient."""
        return self.recipient, self.document, self.purpose, self.content


class Ledger:
    """The ledger of one practice, open for reading and writing."""

    def __init__(self, practice_folder: Path) -> None:
        """Open the ledger, which is made where there is none.

        Raises:
            Mistakes: it cannot be read or written.
        """
        self.path = practice_folder / NAME
        try:
            self.code = coder(practice_folder, lasting=True)
            make_private(self.path, b"")
            self._db = _connect(self.path)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")  # a row must be on the disk before its message leaves
            self._db.execute(_TABLE)
            columns = {str(column["name"]) for column in self._db.execute("pragma table_info(letters)")}
        except (OSError, sqlite3.Error) as error:
            raise _cannot(self.path, error) from None
        if columns != set(_COLUMNS):
            self._db.close()
            what = "this ledger was made by another version of migpack, which keeps more or less in it"
            raise mistake(Place(str(self.path)), what, "use that version")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def entries(self) -> tuple[Entry, ...]:
        """Return every row, in the order of writing."""
        with self._told():
            return tuple(_entry(row) for row in self._db.execute("select * from letters order by id"))

    def find(self, key: tuple[str, str, str, str]) -> Entry | None:
        """Return the row of a letter to a recipient, or None."""
        where = "recipient = ? and document = ? and purpose = ? and content = ?"
        with self._told():
            row = self._db.execute(f"select * from letters where {where}", key).fetchone()
            return _entry(row) if row else None

    def add(self, entries: Iterable[Entry]) -> None:
        """Write rows that are not there yet; those that are stay as they are."""
        columns = [name for name in _COLUMNS if name != "id"]
        marks = ", ".join("?" * len(columns))
        with self._told(), self._db:
            self._db.executemany(
                f"insert or ignore into letters ({', '.join(columns)}) values ({marks})",
                [[_value(entry, name) for name in columns] for entry in entries],
            )

    def set(self, id: int, **values: str) -> None:
        """Change a row, on the disk when this returns."""
        names = ", ".join(f"{name} = ?" for name in values)
        with self._told(), self._db:
            self._db.execute(f"update letters set {names} where id = ?", (*values.values(), id))

    def settle(self) -> int:
        """Turn what a run that died has left `sending` into `unknown`; return how many there were. Only under `only_run`."""
        with self._told(), self._db:
            return self._db.execute("update letters set status = 'unknown' where status = 'sending'").rowcount

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell in plain words of a file that is damaged, full or held by another program."""
        try:
            yield
        except (sqlite3.Error, ValueError) as error:
            raise _cannot(self.path, error) from None


def coder(practice_folder: Path, *, lasting: bool) -> Callable[..., str]:
    """Return what gives the keyed hash of something private, by which it is known again and cannot be guessed.

    The key is made with the first ledger and lies beside it. Where there is none and hashes need not be `lasting`, they hold for this run.

    Raises:
        Mistakes: the key cannot be read or written.
    """
    path = practice_folder / KEY
    try:
        if lasting:
            make_private(path, secrets.token_bytes(_KEY_BYTES))
        key = path.read_bytes() if path.is_file() else secrets.token_bytes(_KEY_BYTES)
    except OSError as error:
        raise _cannot(path, error) from None
    if len(key) != _KEY_BYTES:
        raise mistake(Place(str(path)), "this is not the key of a ledger", "put back a copy of it; without it patients are not known again")
    return lambda *private: hmac.new(key, "\0".join(private).encode(), hashlib.sha256).hexdigest()[:32]


@contextmanager
def opened(practice_folder: Path) -> Iterator[Ledger]:
    """Open the ledger for as long as a command needs it."""
    with closing(Ledger(practice_folder)) as ledger:
        yield ledger


@contextmanager
def only_run(practice_folder: Path) -> Iterator[None]:
    """Let no second run send from this ledger. The system frees the lock of a run that died, so it cannot stay locked.

    Raises:
        Mistakes: another run is sending.
    """
    with locked(practice_folder / LOCK, Place(str(practice_folder / NAME)), "sending"):
        yield


def read_entries(practice_folder: Path) -> tuple[Entry, ...]:
    """Return every row of a practice's ledger; none, and no new file, where it has no ledger.

    Raises:
        Mistakes: the ledger cannot be read.
    """
    if not (practice_folder / NAME).is_file():
        return ()
    with opened(practice_folder) as ledger:
        return ledger.entries()


def read_sent(practice_folder: Path) -> tuple[Sent, ...]:
    """Return who was told what: all that was sent or may have arrived. Patients told the same on the same day are one.

    Raises:
        Mistakes: the ledger cannot be read.
    """
    found: dict[tuple[str, ...], Sent] = {}
    for entry in read_entries(practice_folder):
        if entry.status in _MAY_HAVE_ARRIVED:
            who = PATIENTS if entry.row else entry.recipient
            told = Sent(str(entry.id), who, entry.document, entry.facts, dt.date.fromisoformat(entry.told_on), entry.by)
            found.setdefault((who, entry.document, json.dumps(dict(entry.facts), sort_keys=True), entry.told_on, entry.by), told)
    return tuple(sorted(found.values(), key=lambda told: int(told.id)))


_COLUMNS = tuple(Entry.__dataclass_fields__)


def _value(entry: Entry, name: str) -> object:
    return json.dumps(dict(entry.facts), sort_keys=True) if name == "facts" else getattr(entry, name)


def _entry(row: sqlite3.Row) -> Entry:
    try:
        entry = Entry(**{name: json.loads(row[name]) if name == "facts" else row[name] for name in _COLUMNS})
        if entry.status in _MAY_HAVE_ARRIVED:
            dt.date.fromisoformat(entry.told_on)
    except (ValueError, TypeError):
        raise ValueError(f"row {row['id']} is damaged") from None
    if entry.status not in STATES:
        raise ValueError(f"row {row['id']} has the status '{entry.status}'")
    return entry


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5)
    db.row_factory = sqlite3.Row
    return db


def _cannot(path: Path, error: Exception) -> Mistakes:
    return mistake(
        Place(str(path)),
        f"the ledger cannot be used ({error})",
        "close it elsewhere, check who may read and write it, or put back a copy of it",
    )

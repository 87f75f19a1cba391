"""A list of patients in, how each is told out: by e-mail, by the printed letter, or not at all. Everybody is told once, by one channel.

Only patients whose row says so by the practice's own rule are written to by e-mail. What an earlier run did counts: whoever was told by
e-mail is not printed for, and whoever was put on the print list gets no e-mail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from migpack.letters.recipients import LeftOut, PatientList, Recipient
from migpack.model import Case
from migpack.post.ledger import Entry
from migpack.post.message import readable_address
from migpack.problems import MigpackError, mistake

Code = Callable[..., str]
Unsettable = Callable[[Sequence[Recipient]], Collection[int]]  # recipients in, the rows of those whose letter cannot be set out
_TOLD = "told"
_NOT_SET = "not_set"


@dataclass(frozen=True)
class Emailed:
    """A patient who is written to by e-mail, and who that is in the ledger."""

    recipient: Recipient
    name: str


@dataclass(frozen=True)
class Printed:
    """A patient who gets the printed letter, and the id of the reason."""

    recipient: Recipient
    why: str


@dataclass(frozen=True)
class Allotted:
    """How the patients of a list are told; every row is in one of the four. `told` had their e-mail earlier, and would get none today."""

    by_email: tuple[Emailed, ...]
    told: tuple[Recipient, ...]
    to_print: tuple[Printed, ...]
    left_out: tuple[LeftOut, ...]


def refuse_without_rule(case: Case) -> None:
    """Refuse to write to patients while nobody has said which of them may be written to.

    Raises:
        Mistakes: the practice has not said.
    """
    if case.file.recipients.email_ok is None:
        what = "nobody has said which patients may be written to by e-mail, so nothing is sent"
        raise mistake(case.place("recipients"), what, "write recipients: email_ok: {column: …, yes: …}, as your list has them")


def allot(
    patients: PatientList,
    case: Case,
    known: Iterable[Entry],
    code: Code,
    fields: Collection[str],
    unsettable: Unsettable = lambda _: (),
) -> Allotted:
    """Decide for each row of a list how that patient is told.

    Args:
        known: the ledger's rows of this letter.
        code: gives the ledger's keyed hash of something private.
        fields: the merge fields that the letter prints; whoever lacks one of them is left out.
        unsettable: asked only of those who would be written to, where their letters go with the e-mail.

    Raises:
        Mistakes: the practice has not said who may be written to.
        MigpackError: the counts do not add up.
    """
    refuse_without_rule(case)
    read = tuple(patients)
    shared = {address for address, count in Counter(_folded(row) for row in read if isinstance(row, Recipient)).items() if count > 1}
    rows = [row if isinstance(row, LeftOut) else _complete(row, patients, fields) for row in read]
    recipients = [row for row in rows if isinstance(row, Recipient)]
    left_out = tuple(row for row in rows if isinstance(row, LeftOut))
    codes = {one.row: code(*one.address) for one in recipients}
    history = _History(known, frozenset(codes.values()))
    guardian = patients.known.guardian_until.words
    reasons = {one.row: _reason(one, shared, guardian) for one in recipients}
    reasons |= dict.fromkeys(unsettable([one for one in recipients if not reasons[one.row]]), _NOT_SET)
    why = {one.row: history.changes(reasons[one.row], codes[one.row]) for one in recipients}
    found = Allotted(
        tuple(Emailed(one, history.name(code(_folded(one)), codes[one.row])) for one in recipients if not why[one.row]),
        tuple(one for one in recipients if why[one.row] == _TOLD),
        tuple(Printed(one, why[one.row]) for one in recipients if why[one.row] not in ("", _TOLD)),
        left_out,
    )
    counts = [len(part) for part in (found.by_email, found.told, found.to_print, found.left_out)]
    if sum(counts) != patients.rows:
        raise MigpackError(f"the list has {patients.rows} rows, but {sum(counts)} would be told or left out; nothing was sent")
    return found


def emailed_entry(one: Emailed, letter: Entry, content: str, code: Code) -> Entry:
    """Return the row of the ledger for a patient who is written to.

    Args:
        letter: what the rows of this letter and this list have in common.
        content: names what this patient's letter says.
        code: as for `allot`.
    """
    person = one.recipient
    email_code, post_code = code(_folded(person)), code(*person.address)
    return replace(letter, recipient=one.name, content=content, row=person.row, email_code=email_code, post_code=post_code)


def printed_entry(one: Printed, letter: Entry, code: Code) -> Entry:
    """Return the row of the ledger for a patient who gets the printed letter."""
    return to_print(replace(letter, row=one.recipient.row, post_code=code(*one.recipient.address)), one.why)


def to_print(entry: Entry, why: str) -> Entry:
    """Return the row of the ledger that puts the patient of another row on the print list."""
    return replace(
        entry, id=0, recipient=f"print:{entry.post_code}", status="to_print", by="post", answer=why, email_code="", message_id="",
        planned_at="", sending_at="", ended_at="", told_on="",
    )  # fmt: skip


def not_recorded(entries: Iterable[Entry], known: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the rows for the print list that are not in the ledger yet, whatever the reason was when they were written."""
    there = {(row.recipient, row.document, row.version) for row in known}
    return tuple(one for one in entries if (one.recipient, one.document, one.version) not in there)


def exceptions(case: Case, allotted: Allotted) -> Iterator[tuple[str, str, str, str]]:
    """Yield row, code, reason and what to do for each patient who gets no e-mail, by row; never what the row says."""
    rules = {rule.id: rule for rule in case.content.mailings.not_by_email}
    rows = [(one.recipient.row, one.why, rules[one.why].reason, rules[one.why].what_to_do) for one in allotted.to_print]
    rows += [(one.row, one.code, one.reason, one.what_to_do) for one in allotted.left_out]
    for row, id, reason, what_to_do in sorted(rows):
        yield str(row), id, reason, what_to_do


class _History:
    """What earlier runs did, by the keyed hashes of a patient's name and postal address, and of the e-mail address.

    Whoever has moved house since is known by the e-mail address, unless the earlier one is still in the list.
    """

    def __init__(self, known: Iterable[Entry], listed: frozenset[str]) -> None:
        self._printed: set[str] = set()
        self._emailed: dict[str, Entry] = {}
        self._moved: dict[str, Entry] = {}
        for entry in known:
            if not entry.email_code:
                self._printed.add(entry.post_code)
            else:
                self._emailed[entry.post_code] = entry
                if entry.post_code not in listed:
                    self._moved[entry.email_code] = entry

    def changes(self, why: str, post_code: str) -> str:
        """Return why a patient is printed for, given why the list alone would have it so ('' for by e-mail)."""
        status = self._emailed[post_code].status if post_code in self._emailed else ""
        if status in ("sent", "unknown", "sending"):
            return _TOLD if why else ""
        if status in ("refused", "bounced"):
            return status
        return why or ("printed_before" if post_code in self._printed else "")

    def name(self, email_code: str, post_code: str) -> str:
        """Return who a patient is in the ledger."""
        earlier = self._emailed.get(post_code) or self._moved.get(email_code)
        return earlier.recipient if earlier else f"patient:{post_code}"


def _complete(one: Recipient, patients: PatientList, fields: Collection[str]) -> Recipient | LeftOut:
    empty = next((field for field in fields if not one.values.get(field)), "")
    return patients.left_out(one.row, "missing-value", what=empty) if empty else one


def _reason(one: Recipient, shared: set[str], guardian: str) -> str:
    if not one.email:
        return "no_email"
    if not one.email_ok:
        return "no_consent"
    if not (address := _folded(one)):
        return "wrong_email"
    if address in shared:
        return "shared_email"
    if one.address[0].startswith(guardian):
        return "guardian"
    return "large_print" if one.style == "large_print" else ""


def _folded(one: Recipient) -> str:
    """Return a patient's address as it is compared; '' where it is none."""
    try:
        return readable_address(one.email).casefold() if one.email else ""
    except ValueError:
        return ""

"""One letter to many patients by e-mail: what the commands send and drafts do with --letter and --patients."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migpack.cli.group import day_of
from migpack.cli.sending import Run, exit_if, send_items, send_test, tell_first

if TYPE_CHECKING:
    from migpack.letters.press import Press
    from migpack.letters.recipients import Recipient
    from migpack.model import Case
    from migpack.post.ledger import Entry
    from migpack.post.message import Words
    from migpack.post.patient_email import PatientEmail
    from migpack.post.patients import Allotted, Emailed
    from migpack.post.run import Item

MOST_DRAFTS = 50


@dataclass(frozen=True)
class ToPatients:
    """What was asked for on the command line."""

    practice: Path
    pack: Path
    letter: str
    patients: Path
    attach: bool
    mapping: tuple[str, ...]
    today: str | None
    areas: tuple[Path, ...]
    lasting: bool = False


@dataclass(frozen=True)
class Prepared:
    """A letter, how each patient of a list is told, the e-mails, what the ledger says of this letter, the hash of the list, and the
    columns of the list that nothing looks at.
    """

    letter: PatientEmail
    allotted: Allotted
    items: tuple[Item, ...]
    known: tuple[Entry, ...]
    list_hash: str
    unused: tuple[str, ...]


def send_to_patients(asked: ToPatients, run: Run) -> None:
    """Show who would get this letter by e-mail and who on paper; where it is really to be sent, send it and write the print list."""
    from migpack.post.run import chosen

    ready = _prepared(asked)
    letter, items, known = ready.letter, ready.items, ready.known
    case, folder = letter.prepared.plan.case, asked.practice.parent
    _tell(ready)
    tell_first(case, patients=True)
    if found := letter.objection():
        exit_if([found])
    if run.test_to:
        _refuse_stranger(letter, run.test_to)
        send_test(case, folder, items, run)
    elif not run.really:
        click.echo(f"nothing was sent; with --really-send: {len(chosen(items, known, resend=run.resend)[: run.limit])}")
    else:
        _refuse_posted(letter, known)
        _write_lists(asked, ready)
        try:
            send_items(case, folder, items, run)
        finally:  # whoever's address was refused is printed for
            ready = _prepared(asked)
            _write_lists(asked, ready)
            click.echo(f"rows to print for: {len(ready.allotted.to_print)}; they, and who gets no e-mail and why, are in {_lists(asked)}")


def draft_for_patients(asked: ToPatients, out: Path | None) -> None:
    """Write the letter to a handful of patients as unsent messages."""
    from migpack.post.drafts import file_name, write_drafts
    from migpack.post.message import draft
    from migpack.problems import Place, mistake

    ready = _prepared(asked)
    letter, items = ready.letter, ready.items
    _tell(ready)
    tell_first(letter.prepared.plan.case, patients=True)
    if found := letter.objection():
        exit_if([found])
    if len(items) > MOST_DRAFTS:
        what = f"{len(items)} patients are too many for drafts, which are opened and sent one by one"
        raise mistake(Place(str(asked.patients)), what, f"send them with 'migpack send', or give a list of at most {MOST_DRAFTS}")
    folder = out or asked.practice.parent / "drafts-to-patients"
    count = write_drafts(folder, [(file_name(number, item.label), draft(item.words())) for number, item in enumerate(items, 1)])
    click.echo(f"drafts: {count}, in {folder}; each holds a patient's address, so keep them where only you can read them")


def _prepared(asked: ToPatients) -> Prepared:
    from migpack.letters.recipients import open_list
    from migpack.letters.tables import hash_of
    from migpack.library import Library
    from migpack.load import load
    from migpack.pack import pack_folder, plan_only
    from migpack.post.ledger import coder, read_entries
    from migpack.post.patient_email import open_patient_email
    from migpack.post.patients import allot, refuse_without_rule

    library, day = Library.of(asked.practice.parent, asked.areas), day_of(asked.today)
    case = load(asked.practice, library)
    refuse_without_rule(case)
    letter = open_patient_email(case, library, day, pack_folder(case, asked.pack), asked.letter)
    list_hash = hash_of(asked.patients)
    patients = open_list(asked.patients, plan_only(case, day), library, day, mapping=asked.mapping, letter=asked.letter)
    _refuse_without_column(case, patients.table.header)
    known = tuple(entry for entry in read_entries(asked.practice.parent) if entry.document == asked.letter)
    code = coder(asked.practice.parent, lasting=asked.lasting)
    press = _press(letter) if asked.attach else None
    allotted = allot(patients, case, known, code, letter.fields, partial(_unsettable, press))
    items = tuple(_item(one, letter, letter.entry(list_hash), press, code) for one in allotted.by_email)
    return Prepared(letter, allotted, items, known, list_hash, patients.unused)


def _refuse_without_column(case: Case, header: Sequence[str]) -> None:
    """Refuse a list that does not say who agreed to e-mail: all of it would be printed."""
    from migpack.letters.columns import place_of
    from migpack.problems import did_you_mean, mistake

    rule = case.file.recipients.email_ok
    if rule and place_of(header, rule.column) is None:
        place = case.place("recipients", "email_ok", "column")
        raise mistake(place, f"the list has no column '{rule.column}'", did_you_mean(rule.column, filter(None, header)))


def _item(one: Emailed, letter: PatientEmail, entry: Entry, press: Press | None, code: Callable[..., str]) -> Item:
    from migpack.post.patients import emailed_entry
    from migpack.post.run import Item

    person = one.recipient

    def words() -> Words:
        return letter.words(person, press.full(person) if press else None)

    row = emailed_entry(one, entry, code(*letter.says(person)), code)
    return Item(row, f"row {person.row}", person.email, words, private=True)


def _press(letter: PatientEmail) -> Press:
    """Return what makes one patient's own tagged PDF, the letter as it is printed."""
    from migpack.letters.press import Press
    from migpack.letters.profiles import read_profiles

    prepared = letter.prepared
    profile = read_profiles(prepared.library)["plain"]
    return Press(prepared.plan, prepared.library, prepared.today, letter=letter.page.document.spec.id, style="house", profile=profile)


def _unsettable(press: Press | None, recipients: Sequence[Recipient]) -> Collection[int]:
    return {found.row for found in press.problems(recipients)} if press and recipients else ()


def _tell(ready: Prepared) -> None:
    """Say which columns nothing looks at, how many are told how, and why not by e-mail."""
    from collections import Counter

    from migpack.letters.report import columns_not_used
    from migpack.post.patients import exceptions

    case, allotted = ready.letter.prepared.plan.case, ready.allotted
    for line in columns_not_used(ready.unused):
        click.echo(line)
    counts = (len(allotted.by_email), len(allotted.told), len(allotted.to_print), len(allotted.left_out))
    names = ("by e-mail", "told by e-mail earlier", "on paper", "not at all")
    click.echo(f"{sum(counts)} rows: " + ", ".join(f"{count} {name}" for count, name in zip(counts, names, strict=True)))
    for reason, count in Counter(reason for _, _, reason, _ in exceptions(case, allotted)).most_common():
        click.echo(f"  {count}: {reason}")


def _write_lists(asked: ToPatients, ready: Prepared) -> None:
    """Write the print list and the exceptions, and remember who is printed for."""
    from migpack.post.ledger import opened
    from migpack.post.lists import PrintList, write_exceptions, write_rows
    from migpack.post.patients import exceptions, not_recorded, printed_entry

    folder, letter, printed = _lists(asked), ready.letter.entry(ready.list_hash), ready.allotted.to_print
    with opened(asked.practice.parent) as ledger:
        ledger.add(not_recorded([printed_entry(one, letter, ledger.code) for one in printed], ledger.entries()))
    write_rows(folder, PrintList(frozenset(one.recipient.row for one in printed), ready.list_hash))
    write_exceptions(folder, exceptions(ready.letter.prepared.plan.case, ready.allotted))


def _lists(asked: ToPatients) -> Path:
    from migpack.post.lists import lists_folder

    return lists_folder(asked.practice.parent, asked.letter)


def _refuse_posted(letter: PatientEmail, known: Sequence[Entry]) -> None:
    """Refuse a letter that is recorded as given to patients another way: some would be told twice."""
    from migpack.post.ledger import PATIENTS
    from migpack.problems import Place, mistake

    for entry in known:
        if entry.recipient == PATIENTS and entry.content == letter.page.content_hash:
            what = f"the ledger says that this letter went to patients by {entry.by} on {entry.told_on}"
            raise mistake(Place(letter.page.document.id), what, "send it to nobody again, or issue a new letter with what is new")


def _refuse_stranger(letter: PatientEmail, address: str) -> None:
    """Refuse to send a test that holds patients' details to an address that the practice file does not know."""
    from migpack.post.letters import addresses
    from migpack.problems import Place, mistake

    if address.casefold() not in {known.casefold() for known in addresses(letter.prepared.plan)}:
        what = f"the practice file does not know '{address}', and these tests hold patients' details"
        raise mistake(Place("--test-to"), what, "name an address of the practice file")

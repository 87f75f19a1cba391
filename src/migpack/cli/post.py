"""The commands for letters by e-mail: drafts, send, ledger, sent, bounces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from migpack.cli.group import day_of, library_option, main, practice_argument, show, today_option, told_plainly
from migpack.cli.sending import Run, exit_if, opened_outbox, send_items, send_test, tell_first

if TYPE_CHECKING:
    from migpack.cli.patients import ToPatients
    from migpack.post.outbox import Outbox

pack_option = click.option(
    "--pack", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the pack's folder is."
)


class _Asked(TypedDict):
    """What drafts and send ask: over which pack, which letters, to whom, and of a letter to patients its list."""

    pack: Path
    only: tuple[str, ...]
    to: tuple[str, ...]
    letter: str | None
    patients: Path | None
    attach: bool
    mapping: tuple[str, ...]
    today: str | None
    areas: tuple[Path, ...]


def _letters_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what drafts and send ask."""
    for option in (
        practice_argument,
        pack_option,
        click.option("--only", multiple=True, metavar="ID", help="Only this letter, or this document's letters. May be repeated."),
        click.option("--to", multiple=True, metavar="WHO", help="Only to this recipient, by id or address. May be repeated."),
        click.option("--letter", metavar="ID", help="The letter to patients, such as letter_repeats."),
        click.option("--patients", metavar="FILE", type=click.Path(path_type=Path), help="The list of patients (CSV or Excel)."),
        click.option("--attach", is_flag=True, help="Attach each patient's own letter as a PDF."),
        click.option("--map", "mapping", multiple=True, metavar="'THEIRS=OURS'", help="What a column of the list means. May be repeated."),
        today_option,
        library_option,
    )[::-1]:
        command = option(command)
    return command


def _to_patients(practice: Path, asked: _Asked, *, lasting: bool = False) -> ToPatients | None:
    """Return what was asked for patients, or None where nothing was."""
    from migpack.cli.patients import ToPatients

    letter, patients = asked["letter"], asked["patients"]
    if letter and patients:
        if asked["only"] or asked["to"]:
            raise click.UsageError(
                "--only and --to choose among the letters to third parties; a letter to patients goes to those of its list"
            )
        return ToPatients(
            practice, asked["pack"], letter, patients, asked["attach"], asked["mapping"], asked["today"], asked["areas"], lasting
        )
    if letter or patients or asked["attach"] or asked["mapping"]:
        raise click.UsageError("a letter to patients needs both --letter and --patients")
    return None


@main.command()
@_letters_options
@click.option("--out", type=click.Path(path_type=Path), help="Where the drafts go.  [default: a folder beside the practice file]")
@told_plainly
def drafts(practice: Path, out: Path | None, **asked: Unpack[_Asked]) -> None:
    """Write each letter that goes by e-mail as an unsent message (.eml), to be looked at and sent from your own mailbox.

    Nothing leaves this machine. The page index.html beside them lists them in the order of sending. Letters that cannot be sent as they
    are get no draft, are told with the reason, and make the exit code 1. With --letter and --patients, write one letter to a handful of
    patients instead.
    """
    from migpack.cli.patients import draft_for_patients
    from migpack.post.drafts import INDEX, draft_letters, write_drafts
    from migpack.post.ledger import read_entries
    from migpack.post.outbox import selected

    if to_patients := _to_patients(practice, asked):
        draft_for_patients(to_patients, out)
        return
    outbox = _outbox(practice, asked)
    drafted = draft_letters(outbox, selected(outbox, asked["only"], asked["to"]), read_entries(practice.parent))
    folder = out or practice.parent / "drafts"
    write_drafts(folder, drafted.files)
    tell_first(outbox.case)
    click.echo(f"drafts: {drafted.count}, in {folder}; open {folder / INDEX} first")
    exit_if(drafted.refused)


@main.command()
@_letters_options
@click.option("--really-send", is_flag=True, help="Send. Without this, only show what would be sent.")
@click.option("--early", is_flag=True, help="Send also what is not due yet.")
@click.option("--resend", is_flag=True, help="Send again what may have arrived, was refused, came back, or has new words.")
@click.option("--limit", type=click.IntRange(1), help="Send at most so many in this run.")
@click.option("--rate", type=click.IntRange(1, 600), help="Send at most so many a minute.  [default: that of the practice file, or 30]")
@click.option("--test-to", metavar="ADDRESS", help="Send everything to this address instead, marked as a test; nothing is recorded.")
@told_plainly
def send(
    practice: Path,
    really_send: bool,
    early: bool,
    resend: bool,
    limit: int | None,
    rate: int | None,
    test_to: str | None,
    **asked: Unpack[_Asked],
) -> None:
    """Show the letters that would go out by e-mail, and to whom. With --really-send, send those that are due.

    What was sent is remembered in ledger.sqlite beside the practice file, so that running this again sends only what has not been sent.
    A letter that may have arrived is never sent twice without --resend. The exit code is 1 when a letter may not be sent, or was tried and
    not sent. With --letter and --patients, one letter goes to the patients of a list who agreed to e-mail; a print list names the others.
    """
    from migpack.cli.patients import send_to_patients
    from migpack.load import read_bytes
    from migpack.post.ledger import only_run

    to_patients = _to_patients(practice, asked, lasting=really_send)
    run = Run(really_send, early, resend, limit, rate, test_to)
    read_bytes(practice)  # where there is no practice file, no lock is left either
    with only_run(practice.parent) if really_send else nullcontext():
        if to_patients:
            send_to_patients(to_patients, run)
        else:
            _send_letters(_outbox(practice, asked), practice.parent, asked["only"], asked["to"], run)


def _outbox(practice: Path, asked: _Asked) -> Outbox:
    return opened_outbox(practice, asked["pack"], asked["today"], asked["areas"], asked["only"])


def _send_letters(outbox: Outbox, folder: Path, only: tuple[str, ...], to: tuple[str, ...], run: Run) -> None:
    from migpack.post.ledger import read_entries
    from migpack.post.listing import plan_table
    from migpack.post.outbox import items_of, selected
    from migpack.post.run import chosen

    letters = [letter for letter in selected(outbox, only, to) if letter.to.address]
    due = [letter for letter in letters if run.early or run.test_to or letter.due <= outbox.prepared.today]
    objections = [found for letter in due if (found := outbox.objection(letter))]
    refused = {found.place.file for found in objections}
    items = items_of(outbox, [letter for letter in due if letter.name not in refused])
    known = read_entries(folder)
    show([plan_table(outbox, letters, refused, known, early=run.early)])
    tell_first(outbox.case)
    try:
        if run.test_to:
            send_test(outbox.case, folder, items, run)
        elif not run.really:
            click.echo(f"nothing was sent; with --really-send: {len(chosen(items, known, resend=run.resend)[: run.limit])}")
        else:
            send_items(outbox.case, folder, items, run)
    finally:  # what may not be sent is told also where what was sent went wrong
        exit_if(objections)


@main.command()
@practice_argument
@click.option("--status", "statuses", multiple=True, help="Only with this status, such as sent or unknown. May be repeated.")
@click.option("--document", "documents", multiple=True, metavar="ID", help="Only this document. May be repeated.")
@click.option("--recipient", "recipients", multiple=True, metavar="ID", help="Only this recipient. May be repeated.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@told_plainly
def ledger(practice: Path, statuses: tuple[str, ...], documents: tuple[str, ...], recipients: tuple[str, ...], as_csv: bool) -> None:
    """List who was sent what, when, and how it ended."""
    from migpack.load import read_bytes
    from migpack.post.ledger import read_entries
    from migpack.post.listing import csv_text, filtered, ledger_table

    read_bytes(practice)  # a wrong name must not pass for an empty ledger
    every = read_entries(practice.parent)
    entries = filtered(every, statuses, documents, recipients)
    if as_csv:
        click.echo(csv_text(entries), nl=False)
    elif entries:
        show([ledger_table(entries)])
    else:
        click.echo("the ledger has no such letter" if every else "nothing has been sent or recorded yet")


@main.command()
@practice_argument
@click.argument("letter")
@click.option("--by", type=click.Choice(["post", "hand", "email"]), required=True, help="How it went.")
@click.option("--on", required=True, metavar="DATE", help="The day it went, such as 2027-03-04.")
@click.option("--to", metavar="WHO", help="To whom, where the letter goes to several.")
@pack_option
@today_option
@library_option
@told_plainly
def sent(practice: Path, letter: str, by: str, on: str, to: str | None, pack: Path, today: str | None, areas: tuple[Path, ...]) -> None:
    """Record that LETTER went by post, by hand or from your own mailbox, as 'migpack drafts' and 'migpack send' name it.

    For a letter to patients, name the document, such as letter_repeats: all that were to be printed are then recorded as sent.
    """
    from migpack.post.by_hand import record
    from migpack.problems import Place, mistake

    if (went := day_of(on, "--on")) > day_of(today):
        raise mistake(Place("--on"), f"{went} is still to come", "write the day on which it went")
    told = record(opened_outbox(practice, pack, today, areas, {letter}), practice.parent, letter, to or "", by, went)
    click.echo(f"recorded: {told}")


@main.command()
@practice_argument
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@library_option
@told_plainly
def bounces(practice: Path, files: tuple[Path, ...], areas: tuple[Path, ...]) -> None:
    """Read delivery reports that came back (.eml or mbox) and mark the letters that did not arrive.

    Patients among them are put on the print list of their letter, and on its list of who got no e-mail.
    """
    from migpack.library import Library
    from migpack.load import load
    from migpack.post.bounces import read_reports, record_bounces, relist, returned_letters
    from migpack.post.ledger import opened, read_entries
    from migpack.problems import Place, Problem, mistake, typed

    case = load(practice, Library.of(practice.parent, areas))
    if not read_entries(practice.parent):
        raise mistake(Place(str(practice)), "nothing has been sent from here", "name the practice file that was used")
    reports = {file: read_reports(file) for file in files}
    why = next(rule for rule in case.content.mailings.not_by_email if rule.id == "bounced")
    with opened(practice.parent) as ledger:
        returned = returned_letters((report for found in reports.values() for report in found), ledger)
        lists = tuple(relist(practice.parent, returned.bounced, why))
        record_bounces(returned.bounced, ledger, why)
    counts = {"read before": returned.again, "reports of another kind": returned.others, "not about our letters": returned.unmatched}
    click.echo("; ".join([f"came back: {len(returned.bounced)}", *(f"{what}: {count}" for what, count in counts.items() if count)]))
    for entry in returned.bounced:
        click.echo(f"  {entry.document}: {f'row {entry.row}' if entry.row else entry.recipient}")
    for one in lists:
        if one.printed is None:
            click.echo(
                f"{one.letter}: the print list is about another list of patients; these rows come onto it with: "
                f"migpack send {typed(practice)} --letter {one.letter} --patients FILE --really-send"
            )
        else:
            click.echo(f"{one.letter}: rows to print for: {one.printed}, in {one.path}")
    nothing = "this holds no delivery report"
    exit_if(Problem(Place(str(file)), nothing, "save the report itself as .eml") for file, found in reports.items() if not found)

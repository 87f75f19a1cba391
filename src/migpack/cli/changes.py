"""The commands for when dates change: redate, issue, history, corrections."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migpack.cli.group import case_of, day_of, library_option, main, practice_argument, show, today_option, told_plainly
from migpack.cli.pack import write_pack

if TYPE_CHECKING:
    from migpack.changes.near import NearDay, WithOthers
    from migpack.changes.redate import Effect
    from migpack.changes.wishes import Wish
    from migpack.model import Case

out_option = click.option(
    "--out", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the pack's folder lies."
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1, 64), default=None, help="How many processes lay out pages.  [default: one a core]"
)


@main.command()
@practice_argument
@click.argument("dates", nargs=-1, required=True, metavar="MILESTONE=DATE…")
@click.option("--yes", is_flag=True, help="Write the new dates and build the pack again, without asking.")
@click.option("--dry-run", is_flag=True, help="Show the effect, and write nothing.")
@out_option
@jobs_option
@today_option
@library_option
@told_plainly
def redate(
    practice: Path,
    dates: tuple[str, ...],
    yes: bool,
    dry_run: bool,
    out: Path,
    jobs: int | None,
    today: str | None,
    areas: tuple[Path, ...],
) -> None:
    """Show what new dates change, then write them into the practice file and build the pack again.

    A date is a day (go_live=2027-03-16) or words ("kick_off=1 week after order"). Nothing is written before you have said yes. The comments
    and the layout of the file stay. A date that has been issued is kept beside the new one as baseline.
    """
    from migpack.changes.near import near_days, with_others
    from migpack.changes.redate import effect, redated
    from migpack.changes.wishes import read_wishes
    from migpack.library import Library
    from migpack.load import read_bytes
    from migpack.pack import prepare
    from migpack.plan import Wanted
    from migpack.problems import Mistakes
    from migpack.yamlio import decode

    library, day, data = Library.of(practice.parent, areas), day_of(today), read_bytes(practice)
    folder, last, case = case_of(practice, library, out, data)
    wishes = read_wishes(dates, case, day)
    text = redated(decode(data, str(practice)), case, wishes, issued=bool(last.before or last.issued))
    _, _, new = case_of(practice, library, out, text.encode())
    try:
        found = effect(case, new, wishes, day)
    except Mistakes:
        near = near_days(case, wishes, day)
        _show_near(near, with_others(case, wishes, day, near), wishes)
        raise
    if text.encode() == data or not (found.milestones or case.file.dates != new.file.dates):
        click.echo(f"{practice} says this already; nothing was changed")
        return
    _show_effect(found, wishes, new)
    if not dry_run and _agreed(practice, yes):
        prepared = prepare(new, library, day, Wanted())
        with _rewritten(practice, data, text.encode()):
            write_pack(prepared, folder, jobs=jobs)


def _show_effect(found: Effect, wishes: tuple[Wish, ...], new: Case) -> None:
    from migpack.changes.screen import correction_table, effect_lines, effect_tables
    from migpack.pack import full_plan

    show(effect_tables(found))
    if new.corrections:
        show([correction_table(new.corrections, full_plan(new))])
    for line in effect_lines(found):
        click.echo(line)
    _show_near(found.near, found.with_others, wishes)


def _show_near(near: tuple[NearDay, ...], others: tuple[WithOthers, ...], wishes: tuple[Wish, ...]) -> None:
    from migpack.changes.screen import near_lines
    from migpack.values import Moment

    if isinstance(first := wishes[0].when, Moment):
        for line in near_lines(near, others, first):
            click.echo(f"{wishes[0].id}: {line}")


def _agreed(practice: Path, yes: bool) -> bool:
    """Ask where somebody can answer; elsewhere say how to go on."""
    if yes:
        return True
    if sys.stdin.isatty():
        return click.confirm(f"Write this into {practice} and build the pack again?")
    click.echo("nothing was written; add --yes to write this and build the pack again")
    return False


@contextmanager
def _rewritten(path: Path, before: bytes, after: bytes) -> Iterator[None]:
    """Put other bytes into a file, and what it held back if what is done with it fails."""
    _replaced(path, after)
    try:
        yield
    except BaseException:
        _replaced(path, before)
        raise


def _replaced(path: Path, data: bytes) -> None:
    """Put other bytes into a file, all or none."""
    from migpack.problems import Place, mistake

    target = path.resolve()
    staged = target.with_name(f".{target.name}.new")
    try:
        staged.unlink(missing_ok=True)
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        staged.chmod(target.stat().st_mode & 0o777)
        staged.replace(target)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise mistake(
            Place(str(path)), f"the file cannot be written ({error.strerror})", "close it elsewhere, or check who may write"
        ) from None


@main.command()
@practice_argument
@click.option("--as-edited", is_flag=True, help="Issue files that somebody has changed as they stand; the list says so.")
@out_option
@today_option
@library_option
@told_plainly
def issue(practice: Path, as_edited: bool, out: Path, today: str | None, areas: tuple[Path, ...]) -> None:
    """Freeze the pack as issued: a read-only copy under the next number, with its date and the hash of every file.

    The pack must be whole and up to date. From then on each build tells what changed since this issue.
    """
    from migpack.changes.issue import freeze
    from migpack.library import Library

    library = Library.of(practice.parent, areas)
    folder, _, case = case_of(practice, library, out)
    entry = freeze(case, library, folder, day_of(today), as_edited=as_edited)
    edited = f", {entry.edited} of them edited by hand" if entry.edited else ""
    click.echo(f"issue {entry.number}: {entry.files} files{edited}, {entry.drafts} documents still drafts; what changed: {entry.changed}")
    click.echo(f"kept in {entry.folder}")


@main.command()
@practice_argument
@out_option
@library_option
@told_plainly
def history(practice: Path, out: Path, areas: tuple[Path, ...]) -> None:
    """List the issues of a pack: number, day, go-live, files, and what changed in each."""
    from migpack.changes.issue import history as issues_of
    from migpack.changes.screen import history_table
    from migpack.library import Library
    from migpack.load import load
    from migpack.pack import pack_folder

    entries = issues_of(pack_folder(load(practice, Library.of(practice.parent, areas)), out))
    if entries:
        show([history_table(entries)])
    else:
        click.echo("nothing has been issued yet: issue the pack with 'migpack issue'")


@main.command()
@practice_argument
@click.option("--dry-run", is_flag=True, help="Show who was told an old day, and write nothing.")
@out_option
@jobs_option
@today_option
@library_option
@told_plainly
def corrections(practice: Path, dry_run: bool, out: Path, jobs: int | None, today: str | None, areas: tuple[Path, ...]) -> None:
    """Show who was told a day that is another one now, and write a letter with the new days for each of them.

    Who was told what is read from the ledger of what was sent. A later letter with the new day settles it.
    """
    from migpack.changes.corrections import PATIENTS
    from migpack.changes.screen import correction_table
    from migpack.library import Library
    from migpack.pack import full_plan, prepare
    from migpack.plan import Wanted

    library, day = Library.of(practice.parent, areas), day_of(today)
    folder, _, case = case_of(practice, library, out)
    if not case.corrections:
        click.echo("nobody is known to hold an old day: what was never recorded as sent is not known")
        return
    plan = full_plan(case)
    show([correction_table(case.corrections, plan)])
    told = {one.recipient for one in case.corrections}
    documents = [d for d in plan.every_document if d.spec.made_by == "correction"]
    documents += [d for d in plan.every_document if d.spec.id == "delay_notice" and PATIENTS in told]
    if documents and not dry_run:
        write_pack(prepare(case, library, day, Wanted(only=frozenset(d.id for d in documents))), folder, jobs=jobs)
        for document in documents:
            click.echo(f"to send: {', '.join(f'{document.path}.{format}' for format in document.formats)}")
    if told & case.content.roles.keys():
        click.echo("for people of the practice and its partners: give them their change sheet, 1-plan/changes-…")

"""The commands for what comes back: collect, status, evidence."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from migpack.cli.group import day_of, library_option, main, practice_argument, show, today_option, told_plainly

if TYPE_CHECKING:
    from migpack.collect.run import Collected


@main.command()
@practice_argument
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--pack", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the pack's folder is.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and write nothing.")
@click.option("--ask", is_flag=True, help="Ask about each box on paper that cannot be read for sure.")
@click.option("--confirm", "confirmed", multiple=True, metavar="ID", help="Count a scan as it was read, such as r3. May be repeated.")
@click.option("--resolve", "decisions", multiple=True, metavar="FIELD=VALUE", help="Decide between answers that differ. May be repeated.")
@click.option("--by", default="", help="Who decides or confirms, with --resolve and --confirm.")
@today_option
@library_option
@told_plainly
def collect(
    practice: Path,
    files: tuple[Path, ...],
    pack: Path,
    dry_run: bool,
    ask: bool,
    confirmed: tuple[str, ...],
    decisions: tuple[str, ...],
    by: str,
    today: str | None,
    areas: tuple[Path, ...],
) -> None:
    """Read returned forms (PDF, Word, tracker, scans; files or folders) into record.yaml beside the practice file.

    Shows what was understood of each. A file that cannot be read is told, the others are read, and the exit code is 1.
    """
    from migpack.collect import run, store
    from migpack.collect.answers import confirm, decide
    from migpack.fillable import read_forms
    from migpack.library import Library
    from migpack.load import load, read_bytes
    from migpack.lock import locked
    from migpack.pack import pack_folder
    from migpack.problems import Place, mistake

    if not (files or confirmed or decisions):
        raise click.UsageError("name the files or folders that came back")
    read_bytes(practice)  # where there is no practice file, no lock is left either
    lock = locked(practice.parent / store.LOCK, Place(str(practice.parent / "record.yaml")), "reading forms into it")
    with nullcontext() if dry_run else lock:
        case = load(practice, Library.of(practice.parent, areas))
        folder = pack_folder(case, pack)
        if not (forms := read_forms(folder)) and files:
            what = "there is no pack here whose forms could come back"
            raise mistake(Place(str(folder)), what, "name the folder that it lies in with --pack")
        named, day = case.file.practice, day_of(today)
        record = decide(confirm(case.record, confirmed, by, day), decisions, by, day, forms)
        done = run.collect(files, forms, record, (named.ods_code, named.name), day, _ask_box if ask else None)
        _show_taken(done)
        if not dry_run and done.record != case.record:
            store.write_record(practice.parent, done.record, done.private)
            click.echo(f"recorded in {practice.parent / 'record.yaml'}")
    for page in done.reviews() if not dry_run else ():
        click.echo(f"read from paper, to be confirmed: open {practice.parent / page}, or count it as read with --confirm")
    for file, problem in done.failed:
        click.echo(f"{file}: {problem}", err=True)
    if done.failed:
        sys.exit(1)


def _show_taken(done: Collected) -> None:
    """Say what was understood of each file, and which answers differ."""
    from migpack.collect import run

    for file, taken in done.taken:
        click.echo(f"{file}: " + "\n".join(run.lines_of(taken)))
    for field in done.record.conflicts():
        click.echo(run.disagreement(done.record, field))


def _ask_box(label: str, where: str) -> str | None:
    answer = click.prompt(f"{where}: {label}: is it ticked?", type=click.Choice(["yes", "no", "skip"]), default="skip", err=True)
    return None if answer == "skip" else str(answer)


@main.command()
@practice_argument
@today_option
@library_option
@click.option("--all", "every", is_flag=True, help="Show every task and every go/no-go test.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON instead of tables.")
@told_plainly
def status(practice: Path, today: str | None, areas: tuple[Path, ...], every: bool, as_json: bool) -> None:
    """Show how far the practice is, from what came back: by role and phase, what is overdue, due this week and blocked.

    Ends with exit code 0 when nothing is overdue and 1 when something is: a task whose day has passed and that is neither done nor not
    applicable, also when it is blocked.
    """
    from migpack.library import Library
    from migpack.load import load
    from migpack.pack import plan_only
    from migpack.screen import status_as_data, status_tables
    from migpack.status import make_status

    day = day_of(today)
    found = make_status(plan_only(load(practice, Library.of(practice.parent, areas)), day), day)
    if as_json:
        click.echo(json.dumps(status_as_data(found), indent=1, ensure_ascii=False))
    else:
        show(status_tables(found, every=every))
        if not found.recorded:
            click.echo("nothing has come back yet: read returned files in with 'migpack collect'")
    sys.exit(1 if found.late else 0)


@main.command()
@practice_argument
@click.option("--out", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the folder goes.")
@click.option("--pack", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the pack's folder is.")
@today_option
@library_option
@told_plainly
def evidence(practice: Path, out: Path, pack: Path, today: str | None, areas: tuple[Path, ...]) -> None:
    """Make one folder for the sign-off: what was issued, what came back, what was done by whom, and what is open.

    Final documents and returned files (looked for beside the practice file and in the folder returned/ there) are copied, by their hash.
    What may hold patients' details is listed and never copied.
    """
    from migpack.collect.evidence import gather_evidence, write_evidence
    from migpack.library import Library
    from migpack.load import load
    from migpack.manifest import read_last
    from migpack.pack import pack_folder, plan_only

    library, day = Library.of(practice.parent, areas), day_of(today)
    plan = plan_only(load(practice, library), day)
    folder = pack_folder(plan.case, pack)
    found = gather_evidence(plan, read_last(folder), folder, day)
    target = write_evidence(found, plan, library, day, out)
    for title, entries in (("issued and final", found.issued), ("returned", found.returned)):
        copied, count = sum(entry["kept"] == "copied" for entry in entries), len(entries)
        click.echo(f"{title}: {count} file{'' if count == 1 else 's'}, {copied} copied")
        for entry in entries:
            if entry["kept"] != "copied":
                click.echo(f"  {entry['file'] or entry['title'] or entry['id']}: {entry['kept']}")
    click.echo(f"{target}: open {target / 'index.html'} first")

"""Arguments in, words out: the only module that prints, exits or asks the clock.

Known user errors are plain lines on standard error and exit code 1; wrong usage is 2; a machine that lacks something
is 3. Heavy modules are imported inside the commands that need them, so that --help is instant.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migpack import FORMATS, __version__

if TYPE_CHECKING:
    from migpack.pack import Prepared
    from migpack.problems import Problem
    from migpack.screen import Table


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="migpack")
def main() -> None:
    """Make the documents of a GP clinical-system migration from one practice file.

    Start with 'migpack new FOLDER', then 'migpack check' and 'migpack build' the practice.yaml in it.
    """


def told_plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn known errors into plain lines and exit codes."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from migpack.problems import CannotRun, MigpackError

        try:
            return command(*args, **kwargs)
        except CannotRun as error:
            click.echo(str(error), err=True)
            sys.exit(3)
        except MigpackError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("stopped; nothing was changed", err=True)
            sys.exit(130)

    return run


practice_argument = click.argument("practice", metavar="PRACTICE.YAML", type=click.Path(path_type=Path))
today_option = click.option("--today", metavar="DATE", help="Reckon as if it were this day, such as 2027-03-04.")
library_option = click.option(
    "--library", "areas", multiple=True, metavar="DIR", type=click.Path(path_type=Path), help="An area's own templates/ and checklists/."
)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="The practice's name.")
@click.option("--ods-code", help="The practice's ODS code, such as A99998.")
@click.option("--current", help="The system you are leaving, such as 'EMIS Web'.")
@click.option("--new", help="The system you are moving to, such as 'SystmOne'.")
@click.option("--go-live", help="The day you go live, such as 2027-06-10.")
@click.option("--no-input", is_flag=True, help="Ask nothing; what is missing must be given as options.")
@click.option("--questionnaire", is_flag=True, help="Write a Word and a PDF form into FOLDER to be filled in instead.")
@click.option(
    "--from", "forms", multiple=True, metavar="FILE", type=click.Path(path_type=Path), help="Read a filled form. May be repeated."
)
@told_plainly
def new(folder: Path, no_input: bool, questionnaire: bool, forms: tuple[Path, ...], **answers: str | None) -> None:
    """Start a practice file in FOLDER: five facts are enough for a complete draft pack.

    With --questionnaire, people answer in a Word or PDF form instead; --from reads it into the practice file, also a corrected one.
    """
    from migpack.starter import QUESTIONS, write_starter

    if questionnaire and forms:
        raise click.UsageError("--questionnaire writes a form and --from reads one: give one of them")
    if questionnaire:
        _write_questionnaire(folder)
        return
    if forms:
        _read_questionnaire(folder, forms)
        return
    for key, question in QUESTIONS.items():
        if answers.get(key) is None and not no_input:
            answers[key] = click.prompt(question)
    path = write_starter(folder, {key: value for key, value in answers.items() if value})
    click.echo(f"wrote {path} and practice.schema.json beside it\nnext: migpack build {path}")


def _write_questionnaire(folder: Path) -> None:
    from migpack.collect.questionnaire import write_questionnaire

    word, pdf = write_questionnaire(folder)
    click.echo(f"wrote {word} and {pdf}: send one of them to be filled in\nnext: migpack new {folder} --from {word}")


def _read_questionnaire(folder: Path, forms: tuple[Path, ...]) -> None:
    from migpack.collect.questionnaire import read_questionnaire

    filled = read_questionnaire(folder, forms, _day(None))
    for said in filled.said:
        click.echo(said)
    if not filled.changed:
        click.echo(f"{filled.path} says all of this already; nothing was changed")
        return
    for question in filled.changed:
        click.echo(f"  {question}")
    count = len(filled.changed)
    click.echo(f"wrote {count} answer{'s' * (count > 1)} into {filled.path}\nnext: migpack check {filled.path}")


@main.command()
@practice_argument
@today_option
@library_option
@click.option("--layout", is_flag=True, help="Lay every page out as well, which finds what only layout shows.")
@told_plainly
def check(practice: Path, today: str | None, areas: tuple[Path, ...], layout: bool) -> None:
    """Print every mistake and warning of a practice file, and nothing else."""
    from migpack.pack import lay_out

    _, prepared = _prepare(practice, areas, today)
    for problem in prepared.problems:
        click.echo(str(problem))
    if layout:
        lay_out(prepared, os.cpu_count() or 1)


@main.command()
@practice_argument
@today_option
@library_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@told_plainly
def plan(practice: Path, today: str | None, areas: tuple[Path, ...], as_json: bool) -> None:
    """Show the dated timeline and tasks."""
    from migpack.library import Library
    from migpack.load import load
    from migpack.pack import plan_only
    from migpack.screen import plan_as_data, plan_tables

    case = load(practice, Library.of(practice.parent, areas))
    dated = plan_only(case, _day(today))
    if as_json:
        click.echo(json.dumps(plan_as_data(dated), indent=1, ensure_ascii=False))
    else:
        _show(plan_tables(dated))


@main.command()
@practice_argument
@click.option("--out", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the pack's folder goes.")
@click.option("--only", multiple=True, metavar="ID", help="Make only this document; the others stay as they are. May be repeated.")
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS), help="Make only this format. May be repeated.")
@click.option("--final", "final", multiple=True, metavar="ID", help="Make this document final, or 'all'. May be repeated.")
@click.option("--replace", is_flag=True, help="Overwrite files that somebody has changed in the pack's folder.")
@click.option("--zip", "zipped", is_flag=True, help="Also write the pack as one zip file.")
@click.option("--jobs", type=click.IntRange(1, 64), default=None, help="How many processes lay out pages.  [default: one a core]")
@today_option
@library_option
@told_plainly
def build(
    practice: Path,
    out: Path,
    only: tuple[str, ...],
    formats: tuple[str, ...],
    final: tuple[str, ...],
    replace: bool,
    zipped: bool,
    jobs: int | None,
    today: str | None,
    areas: tuple[Path, ...],
) -> None:
    """Make the pack of a practice."""
    from migpack.manifest import read_last
    from migpack.pack import Built
    from migpack.pack import build as build_pack
    from migpack.plan import Wanted
    from migpack.write.folder import write_zip

    wanted = Wanted(frozenset(only), frozenset(final))
    folder, prepared = _prepare(practice, areas, today, wanted, out)
    for problem in prepared.problems:
        if problem.weight != "gap":
            click.echo(str(problem), err=True)
    built = Built()
    made = build_pack(
        prepared,
        folder,
        last=read_last(folder),
        formats=frozenset(formats or FORMATS),
        replace_changed=replace,
        jobs=jobs or os.cpu_count() or 1,
        built=built,
    )
    count, fresh = _with_progress(made, prepared, formats or FORMATS)
    for name, beside in built.kept.items():
        click.echo(f"kept your changed {name}; the new one is {beside}")
    _say_gaps(prepared)
    first = folder / "index.html"
    anew = f" ({fresh} made anew, the others as they were)" if fresh < count else ""
    click.echo(f"{count} files in {folder}{anew}" + (f"; open {first} first" if first.exists() else ""))
    if zipped:
        click.echo(f"zipped as {write_zip(folder)}")


@main.command()
@practice_argument
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--pack", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the pack's folder is.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and write nothing.")
@click.option("--ask", is_flag=True, help="Ask about each box on paper that cannot be read for sure.")
@click.option("--confirm", "confirmed", multiple=True, metavar="ID", help="Count a scan as it was read, such as r3. May be repeated.")
@click.option("--resolve", "decisions", multiple=True, metavar="FIELD=VALUE", help="Decide between answers that differ. May be repeated.")
@click.option("--by", default="", help="Who decides, with --resolve.")
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
    from migpack.load import load
    from migpack.pack import pack_folder
    from migpack.problems import Place, mistake

    case = load(practice, Library.of(practice.parent, areas))
    folder = pack_folder(case, pack)
    if files and not (forms := read_forms(folder)):
        raise mistake(
            Place(str(folder)), "there is no pack here whose forms could come back", "name the folder that it lies in with --pack"
        )
    named, day = case.file.practice, _day(today)
    record = decide(confirm(case.record, confirmed), decisions, by, day)
    done = run.collect(files, forms if files else {}, record, (named.ods_code, named.name), day, _ask_box if ask else None)
    for file, taken in done.taken:
        click.echo(f"{file}: " + "\n".join(run.lines_of(taken)))
    for field, answers in done.record.conflicts().items():
        click.echo(f"answers differ on {field}: " + "; ".join(run.who_says(done.record, answer) for answer in answers))
    if not dry_run and done.record != case.record:
        store.write_record(practice.parent, done.record, done.private)
        click.echo(f"recorded in {practice.parent / 'record.yaml'}")
    for page in done.reviews() if not dry_run else ():
        click.echo(f"read from paper, to be confirmed: open {practice.parent / page}, or count it as read with --confirm")
    for file, problem in done.failed:
        click.echo(f"{file}: {problem}", err=True)
    if done.failed:
        sys.exit(1)


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

    day = _day(today)
    found = make_status(plan_only(load(practice, Library.of(practice.parent, areas)), day), day)
    if as_json:
        click.echo(json.dumps(status_as_data(found), indent=1, ensure_ascii=False))
    else:
        _show(status_tables(found, every=every))
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

    library, day = Library.of(practice.parent, areas), _day(today)
    plan = plan_only(load(practice, library), day)
    folder = pack_folder(plan.case, pack)
    found = gather_evidence(plan, read_last(folder), folder, day)
    target = write_evidence(found, plan, library, day, out)
    for title, entries in (("issued and final", found.issued), ("returned", found.returned)):
        copied = sum(entry["kept"] == "copied" for entry in entries)
        click.echo(f"{title}: {len(entries)} files, {copied} copied")
        for entry in entries:
            if entry["kept"] != "copied":
                click.echo(f"  {entry['file'] or entry['title'] or entry['id']}: {entry['kept']}")
    click.echo(f"{target}: open {target / 'index.html'} first")


@main.command("list")
@click.argument("practice", metavar="[PRACTICE.YAML]", required=False, type=click.Path(path_type=Path))
@click.option("--fields", is_flag=True, help="Show what an area's own Word form can name instead, with a practice file also its value.")
@library_option
@told_plainly
def list_content(practice: Path | None, fields: bool, areas: tuple[Path, ...]) -> None:
    """Show every document, role, milestone, trait and third-party kind, and where each comes from.

    With a practice file, say as well which documents are in its pack, and why.
    """
    from migpack.library import Library, sample
    from migpack.load import load, read_content
    from migpack.pack import facts_of, plan_only
    from migpack.plan import in_or_out
    from migpack.screen import content_tables, fact_tables

    library = Library.of(practice.parent if practice else None, areas)
    if fields:
        known = facts_of(load(practice or sample(), library), library, _day(None), of_every_practice=not practice)
        _show(fact_tables(known, values=bool(practice)))
        return
    reasons = in_or_out(plan_only(load(practice, library), _day(None))) if practice else {}
    _show(content_tables(read_content(library), reasons))


@main.command()
@click.argument("id")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=Path(), help="The practice's folder.  [default: this one]")
@library_option
@told_plainly
def eject(id: str, folder: Path, areas: tuple[Path, ...]) -> None:
    """Copy a document's template, or a checklist or template file, beside the practice file to change it there."""
    from migpack.library import Library
    from migpack.starter import eject_file

    click.echo(f"wrote {eject_file(Library.of(None, areas), id, folder)}: change it there, and it counts instead of the shipped one")


@main.command()
@told_plainly
def schema() -> None:
    """Print the JSON Schema of the practice file, for editors that complete and check while typing."""
    from migpack.starter import schema_text

    click.echo(schema_text(), nl=False)


def _day(text: str | None) -> dt.date:
    from migpack.problems import Place, mistake
    from migpack.values import read_date

    if text is None:
        return dt.date.today()
    try:
        return read_date(text)
    except ValueError as error:
        what, _, write = str(error).partition(" \N{EM DASH} ")
        raise mistake(Place("--today"), what, write) from None


def _prepare(
    practice: Path, areas: tuple[Path, ...], today: str | None, wanted: Any = None, out: Path | None = None
) -> tuple[Path, Prepared]:
    """Load and prepare a pack; return its folder and what was prepared."""
    from migpack.library import Library
    from migpack.load import load
    from migpack.manifest import NOTHING, read_last
    from migpack.pack import pack_folder, prepare
    from migpack.plan import Wanted

    library = Library.of(practice.parent, areas)
    case = load(practice, library)
    folder = pack_folder(case, out or Path("output"))
    last = read_last(folder) if out else NOTHING
    case = case.after(last.issue, last.issued)
    return folder, prepare(case, library, _day(today), wanted or Wanted())


def _show(tables: Iterable[Table]) -> None:
    """Print tables, as wide as the terminal; unwrapped where the output is not one."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 240)
    for title, heads, rows in tables:
        table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
        console.print()


def _say_gaps(prepared: Prepared) -> None:
    """Say which facts are missing, each once, with how many documents need it."""
    needs: dict[str, list[Problem]] = {}
    for problem in prepared.problems:
        if problem.weight == "gap":
            needs.setdefault(problem.what.rpartition(" ")[2], []).append(problem)
    if needs:
        keys = ", ".join(list(needs)[:8]) + (f" and {len(needs) - 8} more" if len(needs) > 8 else "")
        click.echo(f"{len(needs)} missing facts are marked in the drafts ('migpack check' lists them): {keys}")


def _with_progress(made: Iterable[Any], prepared: Prepared, formats: Iterable[str]) -> tuple[int, int]:
    """Run the build with a bar where somebody watches; return how many files there are, and how many were made anew."""
    if not sys.stderr.isatty():
        reused = [artefact.reused for artefact in made]
        return len(reused), reused.count(False)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    total = sum(1 for d in prepared.plan.documents for format in d.formats if format in formats)
    count = fresh = 0
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False, transient=True) as progress:
        task = progress.add_task("building", total=total)
        for artefact in made:
            count += 1
            fresh += not artefact.reused
            progress.update(task, advance=1, description=artefact.path, refresh=True)
    return count, fresh

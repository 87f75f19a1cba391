"""The commands that make a pack from a practice file, and show what is in it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migpack import FORMATS
from migpack.cli.group import day_of, library_option, main, practice_argument, prepared_pack, show, today_option, told_plainly

if TYPE_CHECKING:
    from migpack.pack import Prepared
    from migpack.problems import Problem


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
    from migpack.problems import typed
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
    click.echo(f"wrote {path} and practice.schema.json beside it\nnext: migpack build {typed(path)}")


def _write_questionnaire(folder: Path) -> None:
    from migpack.collect.questionnaire import write_questionnaire
    from migpack.problems import typed

    word, pdf = write_questionnaire(folder)
    click.echo(f"wrote {word} and {pdf}: send one of them to be filled in\nnext: migpack new {typed(folder)} --from {typed(word)}")


def _read_questionnaire(folder: Path, forms: tuple[Path, ...]) -> None:
    from migpack.collect.questionnaire import read_questionnaire
    from migpack.problems import typed

    filled = read_questionnaire(folder, forms, day_of(None))
    for said in filled.said:
        click.echo(said)
    if not filled.changed:
        click.echo(f"{filled.path} says all of this already; nothing was changed")
        return
    for question in filled.changed:
        click.echo(f"  {question}")
    count = len(filled.changed)
    click.echo(f"wrote {count} answer{'s' * (count > 1)} into {filled.path}\nnext: migpack check {typed(filled.path)}")


@main.command()
@practice_argument
@today_option
@library_option
@click.option("--layout", is_flag=True, help="Lay every page out as well, which finds what only layout shows.")
@told_plainly
def check(practice: Path, today: str | None, areas: tuple[Path, ...], layout: bool) -> None:
    """Print every mistake and warning of a practice file, and nothing else."""
    from migpack.pack import lay_out

    _, prepared = prepared_pack(practice, areas, today)
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
    dated = plan_only(case, day_of(today))
    if as_json:
        click.echo(json.dumps(plan_as_data(dated), indent=1, ensure_ascii=False))
    else:
        show(plan_tables(dated))


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
    from migpack.plan import Wanted
    from migpack.write.folder import write_zip

    wanted = Wanted(frozenset(only), frozenset(final))
    folder, prepared = prepared_pack(practice, areas, today, wanted, out, replace_changed=replace)
    write_pack(prepared, folder, formats=formats, replace_changed=replace, jobs=jobs)
    if zipped:
        click.echo(f"zipped as {write_zip(folder)}")


def write_pack(
    prepared: Prepared, folder: Path, *, formats: Sequence[str] = (), replace_changed: bool = False, jobs: int | None = None
) -> None:
    """Build a pack and say what was made, what was kept and what is missing."""
    from migpack.manifest import read_last
    from migpack.pack import Built
    from migpack.pack import build as build_pack

    for problem in prepared.problems:
        if problem.weight != "gap":
            click.echo(str(problem), err=True)
    built = Built()
    made = build_pack(
        prepared,
        folder,
        last=read_last(folder),
        formats=frozenset(formats or FORMATS),
        replace_changed=replace_changed,
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
        known = facts_of(load(practice or sample(), library), library, day_of(None), of_every_practice=not practice)
        show(fact_tables(known, values=bool(practice)))
        return
    reasons = in_or_out(plan_only(load(practice, library), day_of(None))) if practice else {}
    show(content_tables(read_content(library), reasons))


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


def _say_gaps(prepared: Prepared) -> None:
    """Say which facts are missing, each once, with how many documents need it."""
    needs: dict[str, list[Problem]] = {}
    for problem in prepared.problems:
        if problem.weight == "gap":
            needs.setdefault(problem.what.rpartition(" ")[2], []).append(problem)
    if needs:
        keys = ", ".join(list(needs)[:8]) + (f" and {len(needs) - 8} more" if len(needs) > 8 else "")
        are = "fact is" if len(needs) == 1 else "facts are"
        click.echo(f"{len(needs)} missing {are} marked in the drafts ('migpack check' lists them): {keys}")


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

"""The commands for letters to every patient: letters check, make, forget, align.

Prints row numbers and counts, never what a row says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

import click

from migpack.cli.group import day_of, library_option, main, practice_argument, today_option, told_plainly

if TYPE_CHECKING:
    from migpack.letters.recipients import PatientList
    from migpack.letters.run import Made, Run
    from migpack.letters.source import LetterSource

_out_option = click.option(
    "--out", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the folder goes."
)


@main.group()
def letters() -> None:
    """Letters to every patient, from a list that your clinical system exports."""


class _Asked(TypedDict):
    """What check and make ask of a list and its letters."""

    letter: str
    style: str | None
    profile: str | None
    mapping: tuple[str, ...]
    one_per_household: bool
    out: Path
    today: str | None
    areas: tuple[Path, ...]


class _AskedToMake(_Asked):
    print_: bool
    zip: bool
    word: bool
    govuk_notify: bool
    nhs_notify: bool
    text: str
    sort: Literal["postcode", "file"]


def _list_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what check and make ask of a list and its letters."""
    for option in (
        practice_argument,
        click.argument("patients", metavar="PATIENTS.CSV", type=click.Path(path_type=Path)),
        click.option("--letter", default="", metavar="ID", help="This letter to everybody, whatever the rules in the practice file say."),
        click.option("--style", type=click.Choice(["house", "large_print"]), help="This style to everybody."),
        click.option("--profile", metavar="NAME", help="The envelope or print service; that of the practice file when left out."),
        click.option("--map", "mapping", multiple=True, metavar="'THEIRS=OURS'", help="What a column of yours means. May be repeated."),
        click.option("--one-per-household", is_flag=True, help="One letter for each address, unless it prints something of the patient's."),
        _out_option,
        today_option,
        library_option,
    )[::-1]:
        command = option(command)
    return command


@letters.command()
@_list_options
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.XLSX", help="Write every row without a letter, and why, here.")
@told_plainly
def check(practice: Path, patients: Path, report: Path | None, **asked: Unpack[_Asked]) -> None:
    """Say what would become of each row of a list of patients, and write no letter.

    The exit code is 1 when the letters could not be made as they are: one of them is not final.
    """
    from migpack.letters.report import first_rows, summary, write_exceptions
    from migpack.letters.run_folder import owners_file
    from migpack.letters.sieve import Sieve

    source, listed = _opened(practice, patients, asked, draft=True)
    sieve = Sieve(listed, source.press, one_per_household=asked["one_per_household"])
    for _ in sieve:
        pass
    for line in (*summary(str(patients), sieve.tally, listed.unused), *first_rows(sieve.tally.left_out)):
        click.echo(line)
    if report:
        with owners_file(report) as file:
            file.write(write_exceptions(sieve.tally))
        click.echo(f"every row without a letter is in {report}")
    source.refuse_drafts({letter for letter, _ in sieve.tally.letters})


@letters.command()
@_list_options
@click.option(
    "--print", "print_", is_flag=True, help="One file to print for each letter. This is what you get without any of these options."
)
@click.option("--zip", is_flag=True, help="One PDF for each patient, numbered, in a zip.")
@click.option("--word", is_flag=True, help="One Word file for each patient, numbered, in a zip.")
@click.option("--govuk-notify", is_flag=True, help="The CSV file and the words of the template for GOV.UK Notify.")
@click.option("--nhs-notify", is_flag=True, help="The CSV file for NHS Notify.")
@click.option("--text", default="", metavar="ID", help="A list of text messages as well, such as T1: those of the pack's text messages.")
@click.option("--sort", type=click.Choice(["postcode", "file"]), default="postcode", show_default=True, help="In which order letters lie.")
@click.option("--rows", type=click.Path(path_type=Path), metavar="FILE", help="Only the rows of this print list of 'migpack send'.")
@click.option("--draft", is_flag=True, help="Make them although a letter is not final; they are marked as drafts.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped, if nothing has changed since.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes make letters.")
@told_plainly
def make(practice: Path, patients: Path, rows: Path | None, draft: bool, resume: bool, jobs: int, **asked: Unpack[_AskedToMake]) -> None:
    """Make the letters to every patient of a list, and say which rows get none and why.

    They lie in a folder of their own beside the pack, which only you can read. The same list on the same day gives the same files.
    """
    from migpack.letters import run as runs
    from migpack.letters.run_folder import RunFolder
    from migpack.letters.tables import hash_of
    from migpack.post.lists import rows_of
    from migpack.problems import typed

    flags = asked["print_"], asked["zip"], asked["word"], asked["govuk_notify"], asked["nhs_notify"]
    kinds = tuple(kind for kind, is_wanted in zip(runs.KINDS, flags, strict=True) if is_wanted) or ("merged",)
    list_hash, day = hash_of(patients), day_of(asked["today"])
    source, listed = _opened(practice, patients, asked, draft=draft, needs_nhs_number="nhs-notify" in kinds)
    if rows:
        listed.only = rows_of(rows, list_hash)
    choice = asked["letter"], asked["style"] or "", asked["sort"], asked["one_per_household"]
    wanted = runs.Wanted(kinds, source.profile.id, *choice, draft, asked["text"])
    key = runs.key_of(source.plan.case, f"{list_hash} {hash_of(rows)}" if rows else list_hash, wanted, asked["mapping"], day)
    target = runs.letters_folder(source.plan.case, asked["out"]) / runs.run_name(key, day)
    _clear(target.parent, but=RunFolder.staging_of(target) if resume else None)
    with RunFolder(target, key, resume=resume) as folder:
        made = runs.Run(listed, source, wanted, folder, list_hash, day, jobs)
        for file in made:
            click.echo(_about(file))
    _tell(made, patients)
    click.echo(f"{target}: index.csv says which row has which letter, exceptions.xlsx which has none")
    click.echo(f"when they are printed or sent: migpack letters forget {typed(practice)} {target.name}")


def _clear(folder: Path, but: Path | None) -> None:
    """Take away what runs that were stopped have left."""
    from migpack.letters.run_folder import forget, left_behind

    for left in left_behind(folder):
        if left != but:
            click.echo(f"removed what a run that was stopped had left: {forget(left)[0]} files")


def _about(file: Made) -> str:
    said = f"{file.name}: {file.letters:,} letter{'s' * (file.letters != 1)}"
    if file.kept:
        said += " (kept from the run that was stopped)"
    if file.slow:
        said += f" ({file.slow:,} laid out one by one)"
    return said + (f"\n  {file.notice}" if file.notice else "")


def _tell(made: Run, patients: Path) -> None:
    from migpack.letters.report import first_rows, summary

    for line in (*summary(str(patients), made.tally, made.patients.unused), *first_rows(made.tally.left_out)):
        click.echo(line)
    if texts := made.texts:
        pounds = texts.sent * texts.size.pence / 100
        click.echo(f"texts.csv: {texts.sent:,} texts, {texts.size.segments} segments each, £{pounds:,.2f} in all")
        click.echo(
            f"no text to {texts.refused:,} who have not agreed, {texts.no_number:,} without a mobile number, {texts.shared:,} who share one"
        )


@letters.command("forget")
@practice_argument
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@click.option("--all", "every", is_flag=True, help="All runs of the practice.")
@_out_option
@library_option
@told_plainly
def forget_runs(practice: Path, runs: tuple[str, ...], every: bool, out: Path, areas: tuple[Path, ...]) -> None:
    """Remove letters once they are printed or sent, and say what was removed. Without a RUN, show which there are."""
    from migpack.letters.run import letters_folder
    from migpack.letters.run_folder import forget, left_behind, runs_in
    from migpack.library import Library
    from migpack.load import load
    from migpack.problems import Place, did_you_mean, mistake

    folder = letters_folder(load(practice, Library.of(practice.parent, areas)), out)
    found = {path.name: path for path in runs_in(folder)}
    for name in runs:
        if name not in found:
            raise mistake(Place(str(folder)), f"there is no run '{name}'", did_you_mean(name, found))
    for name, path in {left.name: left for left in left_behind(folder)}.items() | {
        (name, found[name]) for name in (found if every else runs)
    }:
        files, size = forget(path)
        click.echo(f"removed {name}: {files} files, {size:,} bytes")
    if not (runs or every):
        click.echo("\n".join([*found, "name those to remove, or --all"]) if found else f"there are no letters in {folder}")


@letters.command()
@click.argument("profile", metavar="PROFILE")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE.PDF", help="The file to write; align-PROFILE.pdf when left out.")
@library_option
@told_plainly
def align(profile: str, out: Path | None, areas: tuple[Path, ...]) -> None:
    """Write a sheet that shows whether your printer and envelopes fit a profile. Print it at 100% and fold it."""
    from migpack.letters.alignment import alignment_sheet
    from migpack.letters.profiles import read_profiles
    from migpack.library import Library
    from migpack.problems import Place, did_you_mean, mistake

    library = Library.of(None, areas)
    profiles = read_profiles(library)
    if profile not in profiles:
        raise mistake(Place("PROFILE"), f"there is no profile '{profile}'", did_you_mean(profile, profiles))
    target = out or Path(f"align-{profile}.pdf")
    target.write_bytes(alignment_sheet(profiles[profile], library))
    click.echo(f"wrote {target}")


def _opened(
    practice: Path, patients: Path, asked: _Asked, *, draft: bool, needs_nhs_number: bool = False
) -> tuple[LetterSource, PatientList]:
    from migpack.letters.recipients import open_list
    from migpack.letters.source import LetterSource
    from migpack.library import Library
    from migpack.load import load
    from migpack.manifest import read_last
    from migpack.pack import pack_folder

    library, day = Library.of(practice.parent, asked["areas"]), day_of(asked["today"])
    case = load(practice, library)
    last = read_last(pack_folder(case, asked["out"]))
    case = case.after(last.issue, last.issued, last.before, last.first)
    source = LetterSource(case, library, day, profile=asked["profile"] or "", draft=draft)
    listed = open_list(
        patients,
        source.plan,
        library,
        day,
        mapping=asked["mapping"],
        letter=asked["letter"],
        style=asked["style"] or "",
        needs_nhs_number=needs_nhs_number,
    )
    return source, listed

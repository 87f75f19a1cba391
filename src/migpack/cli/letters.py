"""The commands for letters to every patient: letters check, make, forget, align.

Prints row numbers and counts, never what a row says.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migpack.cli.group import day_of, library_option, main, practice_argument, today_option, told_plainly

if TYPE_CHECKING:
    from migpack.letters.recipients import PatientList
    from migpack.letters.run import Kind, Run
    from migpack.letters.source import LetterSource

_KINDS: dict[str, Kind] = {"print": "merged", "zip": "zip", "word": "word", "govuk_notify": "govuk-notify", "nhs_notify": "nhs-notify"}
_out_option = click.option(
    "--out", type=click.Path(path_type=Path), default=Path("output"), show_default=True, help="Where the folder goes."
)


@main.group()
def letters() -> None:
    """Letters to every patient, from a list that your clinical system exports."""


def _list_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what check and make ask of a list and its letters."""
    for option in (
        practice_argument,
        click.argument("patients", metavar="PATIENTS.CSV", type=click.Path(path_type=Path)),
        click.option("--letter", default="", metavar="ID", help="This letter to everybody, whatever the rules in the practice file say."),
        click.option("--style", type=click.Choice(["house", "large_print"]), help="This style to everybody."),
        click.option("--profile", default="plain", show_default=True, metavar="NAME", help="The envelope or print service."),
        click.option("--map", "mapping", multiple=True, metavar="'THEIRS=OURS'", help="What a column of yours means. May be repeated."),
        click.option("--one-per-household", is_flag=True, help="One letter for each address, unless it prints something of the patient's."),
        today_option,
        library_option,
    )[::-1]:
        command = option(command)
    return command


@letters.command()
@_list_options
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.XLSX", help="Write every row without a letter, and why, here.")
@told_plainly
def check(practice: Path, patients: Path, profile: str, one_per_household: bool, report: Path | None, **asked: Any) -> None:
    """Say what would become of each row of a list of patients, and write no letter.

    The exit code is 1 when the letters could not be made as they are: one of them is not final.
    """
    from migpack.letters.report import first_rows, summary, write_exceptions
    from migpack.letters.run_folder import owners_file
    from migpack.letters.sieve import Sieve

    source, listed = _opened(practice, patients, profile, draft=True, **asked)
    sieve = Sieve(listed, source.press, one_per_household=one_per_household)
    for _ in sieve:
        pass
    for line in (*summary(str(patients), sieve.tally), *first_rows(sieve.tally.left_out)):
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
@click.option("--draft", is_flag=True, help="Make them although a letter is not final; they are marked as drafts.")
@click.option("--resume", is_flag=True, help="Go on with a run that was stopped, if nothing has changed since.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="How many processes make letters.")
@_out_option
@told_plainly
def make(
    practice: Path,
    patients: Path,
    profile: str,
    one_per_household: bool,
    print_: bool,
    text: str,
    sort: Any,
    draft: bool,
    resume: bool,
    jobs: int,
    out: Path,
    **asked: Any,
) -> None:
    """Make the letters to every patient of a list, and say which rows get none and why.

    They lie in a folder of their own beside the pack, which only you can read. The same list on the same day gives the same files.
    """
    from migpack.letters import run as runs
    from migpack.letters.run_folder import RunFolder, forget, left_behind
    from migpack.letters.tables import hash_of

    chosen = {"print": print_, **{name: asked.pop(name) for name in ("zip", "word", "govuk_notify", "nhs_notify")}}
    kinds = tuple(_KINDS[name] for name, is_wanted in chosen.items() if is_wanted) or ("merged",)
    list_hash, day = hash_of(patients), day_of(asked["today"])
    source, listed = _opened(practice, patients, profile, draft=draft, needs_nhs_number="nhs-notify" in kinds, **asked)
    wanted = runs.Wanted(kinds, profile, asked["letter"], asked["style"] or "", sort, one_per_household, draft, text)
    key = runs.key_of(source.plan, list_hash, wanted, asked["mapping"], day)
    target = runs.letters_folder(source.plan.case, out) / runs.run_name(key, day)
    for left in left_behind(target.parent):
        if not (resume and left == RunFolder.staging_of(target)):
            click.echo(f"removed what a run that was stopped had left: {forget(left)[0]} files")
    with RunFolder(target, key, resume=resume) as folder:
        made = runs.Run(listed, source, wanted, folder, list_hash, day, jobs)
        for file in made:
            click.echo(f"{file.name}: {file.letters:,} letters{' (kept from the run that was stopped)' if file.kept else ''}")
    _tell(made, patients)
    click.echo(
        f"{target}: index.csv says which row has which letter, exceptions.xlsx which has none\nnext: migpack letters forget {practice}"
    )


def _tell(made: Run, patients: Path) -> None:
    from migpack.letters.report import first_rows, summary

    for line in (*summary(str(patients), made.tally), *first_rows(made.tally.left_out)):
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

    profiles = read_profiles(Library.of(None, areas))
    if profile not in profiles:
        raise mistake(Place("PROFILE"), f"there is no profile '{profile}'", did_you_mean(profile, profiles))
    target = out or Path(f"align-{profile}.pdf")
    target.write_bytes(alignment_sheet(profiles[profile]))
    click.echo(f"wrote {target}")


def _opened(
    practice: Path,
    patients: Path,
    profile: str,
    *,
    draft: bool,
    today: str | None,
    areas: tuple[Path, ...],
    mapping: tuple[str, ...],
    letter: str,
    style: str | None,
    needs_nhs_number: bool = False,
) -> tuple[LetterSource, PatientList]:
    from migpack.letters.recipients import open_list
    from migpack.letters.source import LetterSource
    from migpack.library import Library
    from migpack.load import load

    library, day = Library.of(practice.parent, areas), day_of(today)
    source = LetterSource(load(practice, library), library, day, profile=profile, draft=draft)
    listed = open_list(
        patients, source.plan, library, day, mapping=mapping, letter=letter, style=style or "", needs_nhs_number=needs_nhs_number
    )
    return source, listed

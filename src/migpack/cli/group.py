"""The group of all commands, and what they share: options, errors in plain words, the clock, tables.

Known user errors are plain lines on standard error and exit code 1; wrong usage is 2; a machine that lacks something
is 3.
"""

from __future__ import annotations

import datetime as dt
import gc
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from migpack import __version__

if TYPE_CHECKING:
    from migpack.library import Library
    from migpack.manifest import Last
    from migpack.model import Case
    from migpack.pack import Prepared
    from migpack.screen import Table


# A command is short, and nearly all that it makes lives until it ends: looking for garbage as often as Python does by itself is 7% of the
# time of a letter run, this seldom 2%.
COLLECT = 50_000, 20, 50


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="migpack")
def main() -> None:
    """Make the documents of a GP clinical-system migration from one practice file.

    Start with 'migpack new FOLDER', then 'migpack check' and 'migpack build' the practice.yaml in it.
    """
    gc.set_threshold(*COLLECT)


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


def day_of(text: str | None, option: str = "--today") -> dt.date:
    """Return the day that an option names, else the day it is."""
    from migpack.problems import Place, mistake
    from migpack.values import read_date

    if text is None:
        return dt.date.today()
    try:
        return read_date(text)
    except ValueError as error:
        what, _, write = str(error).partition(" \N{EM DASH} ")
        raise mistake(Place(option), what, write) from None


def case_of(practice: Path, library: Library, out: Path, data: bytes | None = None) -> tuple[Path, Last, Case]:
    """Load a practice file as it stands after what was built, issued and sent; return its pack's folder, and what that says, as well.

    Args:
        practice: the practice file.
        library: what it is planned by.
        out: where the pack's folder lies.
        data: what the practice file is to say instead.
    """
    from migpack.changes.corrections import corrections
    from migpack.load import load
    from migpack.manifest import read_last
    from migpack.pack import full_plan, pack_folder
    from migpack.post.ledger import read_sent
    from migpack.write.folder import changed_files

    case = load(practice, library, data)
    folder = pack_folder(case, out)
    last = read_last(folder)
    changed = changed_files(folder, last) if last.files else {}
    edited = tuple(name for name in changed if name in last.files)
    case = replace(case.after(last.issue, last.issued, last.before, last.first), edited=edited)
    sent = read_sent(practice.parent)
    return folder, last, replace(case, corrections=corrections(sent, full_plan(case)) if sent else ())


def prepared_pack(
    practice: Path,
    areas: tuple[Path, ...],
    today: str | None,
    wanted: Any = None,
    out: Path | None = None,
    *,
    replace_changed: bool = False,
) -> tuple[Path, Prepared]:
    """Load and prepare a pack; return its folder and what was prepared. With `replace_changed` no file counts as edited."""
    from migpack.library import Library
    from migpack.load import load
    from migpack.pack import pack_folder, prepare
    from migpack.plan import Wanted

    library = Library.of(practice.parent, areas)
    if out:
        folder, _, case = case_of(practice, library, out)
        case = replace(case, edited=()) if replace_changed else case
    else:
        case = load(practice, library)
        folder = pack_folder(case, Path("output"))
    return folder, prepare(case, library, day_of(today), wanted or Wanted())


def show(tables: Iterable[Table]) -> None:
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

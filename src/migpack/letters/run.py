"""A list of patients and what was asked for in, the folder of a letter run out. Start here: read → choose → set → write → reconcile.

All checking is done before the first letter is written. The receipt run.json holds counts and hashes alone; index.csv says which row
of the list has which letter. Never writes a name, an address or an NHS number anywhere but into a letter or a list for those who send it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, Protocol

from migpack import __version__
from migpack.letters.columns import place_of
from migpack.letters.lists import Texts, write_list, write_texts
from migpack.letters.recipients import PatientList, Recipient
from migpack.letters.report import write_exceptions, write_index
from migpack.letters.run_folder import RECEIPT, Done, RunFolder
from migpack.letters.sieve import Setter, Sieve, Tally, Variant, parted
from migpack.letters.tables import hash_of
from migpack.messages import TextSize
from migpack.model import Case, Plan
from migpack.pack import pack_folder
from migpack.problems import Place, did_you_mean, mistake
from migpack.write.folder import cannot_write

Kind = Literal["merged", "zip", "word", "govuk-notify", "nhs-notify"]
KINDS: tuple[Kind, ...] = ("merged", "zip", "word", "govuk-notify", "nhs-notify")
_ENDINGS: Mapping[Kind, str] = {
    "merged": ".pdf",
    "zip": "-one-by-one.zip",
    "word": "-word.zip",
    "govuk-notify": "-govuk-notify.csv",
    "nhs-notify": "-nhs-notify.csv",
}


@dataclass(frozen=True)
class Wanted:
    """What the person asked for."""

    kinds: tuple[Kind, ...] = ("merged",)
    profile: str = "plain"
    letter: str = ""
    style: str = ""
    sort: Literal["postcode", "file"] = "postcode"
    one_per_household: bool = False
    draft: bool = False
    text: str = ""


class Source(Protocol):
    """Where letters and texts come from: see `migpack.letters.source.LetterSource`."""

    @property
    def plan(self) -> Plan:
        """The practice's plan."""

    def press(self, letter: str, style: str) -> Setter:
        """Return the press of a letter in a style."""

    def template(self, letter: str) -> str:
        """Return a letter's words for a template of GOV.UK Notify."""

    def text(self, id: str) -> tuple[str, TextSize]:
        """Return the words of a text message, and its size."""


class Made(NamedTuple):
    """A file of a run, for the screen: its name, its letters, how many of them were laid out one by one, and what to know about that.

    `kept` says that it was there from a run that was killed.
    """

    name: str
    letters: int
    slow: int = 0
    notice: str = ""
    kept: bool = False


@dataclass
class Run:
    """A run being made: iterate over it to make it."""

    patients: PatientList
    source: Source
    wanted: Wanted
    folder: RunFolder
    list_hash: str
    today: dt.date
    jobs: int = 1
    tally: Tally = field(default_factory=Tally)
    texts: Texts | None = None

    def __iter__(self) -> Iterator[Made]:
        """Make the run; yield each file that holds letters as it is finished.

        Raises:
            Mistakes: a letter cannot be made, the list has changed meanwhile, or the folder cannot be written.
        """
        try:
            yield from self._make()
        except OSError as error:  # what a press keeps on the disk for a while, a font for example, may not fit either
            raise cannot_write(self.folder.target, error) from None

    def _make(self) -> Iterator[Made]:
        sieve = Sieve(self.patients, self.source.press, one_per_household=self.wanted.one_per_household)
        groups = parted(sieve)
        self.tally = sieve.tally
        if not groups:
            raise mistake(
                Place(str(self.patients.table.path)), "no row of this list gets a letter", "see what 'migpack letters check' says of it"
            )
        if self.wanted.sort == "postcode":
            for group in groups.values():
                group.sort(key=_by_postcode)
        self._write_words(groups)
        yield from self._pour(groups)
        self._write_lists(groups)
        self.check_source()
        self.folder.finish()

    def check_source(self) -> None:
        """Make sure that the list is the one the run began with.

        Raises:
            Mistakes: it has changed, or is gone.
        """
        path = self.patients.table.path
        if hash_of(path) != self.list_hash:
            raise mistake(Place(str(path)), "the list was changed while letters were made from it", "run this again; nothing was kept")

    def _pour(self, groups: Mapping[Variant, Sequence[Recipient]]) -> Iterator[Made]:
        """Write the files of letters that are not there yet, in `jobs` processes."""
        todo: list[_Job] = []
        for variant, recipients in sorted(groups.items()):
            for kind in self.wanted.kinds:
                name = self.name_of(variant, kind)
                if any(name == job.name for job in todo):
                    where = Place("templates/catalogue.yaml")
                    raise mistake(where, f"two letters have the file name '{name}'", "give one of them another name:")
                if name in self.folder.kept:
                    yield Made(name, len(recipients), kept=True)
                else:
                    todo.append(_Job(variant, kind, name))
        _work.prepare(groups, self.source, self.folder)
        for made, pages in _spread(todo, self.jobs):
            self.folder.keep(made.name, pages)
            yield made

    def _write_words(self, groups: Mapping[Variant, Sequence[Recipient]]) -> None:
        """Write the words that GOV.UK Notify's templates want, and the list of texts."""
        files: dict[str, bytes] = {}
        if "govuk-notify" in self.wanted.kinds:
            for variant in groups:
                files[self.name_of(variant, "govuk-notify").replace(".csv", ".txt")] = self.source.template(variant[0]).encode()
        if self.wanted.text:
            self._refuse_unasked()
            in_order = sorted((one for group in groups.values() for one in group), key=lambda one: one.row)
            self.texts = write_texts(in_order, *self.source.text(self.wanted.text))
            files["texts.csv"] = self.texts.data
        self._write(files)

    def _refuse_unasked(self) -> None:
        """Make sure that the practice has said, and the list says, who has agreed to texts.

        Raises:
            Mistakes: it has not.
        """
        case, table = self.source.plan.case, self.patients.table
        rule = case.file.recipients.text_ok
        if rule is None:
            what = "nothing says who has agreed to text messages"
            raise mistake(case.place("recipients"), what, "write recipients: text_ok: {column: …, yes: …}")
        if place_of(table.header, rule.column) is None:
            what = f"the list has no column '{rule.column}'"
            raise mistake(case.place("recipients", "text_ok", "column"), what, did_you_mean(rule.column, filter(None, table.header)))

    def _write(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            with self.folder.new_file(name) as file:
                file.write(data)
            self.folder.keep(name)

    def _write_lists(self, groups: Mapping[Variant, Sequence[Recipient]]) -> None:
        merged = {variant: self.folder.kept.get(self.name_of(variant, "merged")) for variant in groups}
        pages = {variant: done.pages for variant, done in merged.items() if done}
        rows = {variant: [recipient.row for recipient in recipients] for variant, recipients in groups.items()}
        self._write({"index.csv": write_index(rows, pages), "exceptions.xlsx": write_exceptions(self.tally)})
        with self.folder.new_file(RECEIPT) as file:
            file.write(self._receipt(self.folder.kept))

    def _receipt(self, files: Mapping[str, Done]) -> bytes:
        tally = self.tally
        codes = sorted({gone.code for gone in tally.left_out})
        held = {
            "program": f"migpack {__version__}",
            "made_on": str(self.today),
            "practice": self.source.plan.case.file.practice.ods_code,
            "list_sha256": self.list_hash,
            "profile": self.wanted.profile,
            "draft": self.wanted.draft,
            "rows": tally.rows,
            "letters": {f"{letter}.{style}": count for (letter, style), count in sorted(tally.letters.items())},
            "left_out": {code: sum(gone.code == code for gone in tally.left_out) for code in codes},
            "files": {name: done.sha256 for name, done in sorted(files.items())},
        }
        return (json.dumps(held, indent=1) + "\n").encode()

    def name_of(self, variant: Variant, kind: Kind) -> str:
        """Return the name of the file with one letter in one style; it holds nothing of a patient."""
        letter, style = variant
        name = next(document.spec.name for document in self.source.plan.every_document if document.spec.id == letter)
        return f"{name}{'-large-print' if style == 'large_print' else ''}{_ENDINGS[kind]}"


def letters_folder(case: Case, out: Path) -> Path:
    """Return the folder of a practice's letter runs: beside its pack, never inside it."""
    pack = pack_folder(case, out)
    return pack.with_name(f"{pack.name}-letters")


def key_of(case: Case, list_hash: str, wanted: Wanted, mapping: Iterable[str], today: dt.date) -> str:
    """Return what stands for everything that a run is made from: the same key, the same bytes."""
    made_from = [
        list_hash,
        __version__,
        str(today),
        repr(wanted),
        case.logo,
        f"{case.issue} {sorted(case.issued.items())}",
        *sorted(mapping),
        *(f"{one.name}{one.sha256}" for one in case.inputs),
    ]
    return hashlib.sha256("\n".join(made_from).encode()).hexdigest()


def run_name(key: str, today: dt.date) -> str:
    """Return the name of a run's folder."""
    return f"{today}-{key[:8]}"


def _by_postcode(recipient: Recipient) -> tuple[str, tuple[str, ...], int]:
    return recipient.address[-1], recipient.address[:0:-1], recipient.row


class _Job(NamedTuple):
    variant: Variant
    kind: Kind
    name: str


class _Work:
    """The presses and recipients of this process and of those forked from it: nothing of a patient goes from process to process."""

    groups: Mapping[Variant, Sequence[Recipient]]
    source: Source
    folder: RunFolder

    def prepare(self, groups: Mapping[Variant, Sequence[Recipient]], source: Source, folder: RunFolder) -> None:
        self.groups, self.source, self.folder = groups, source, folder

    def do(self, job: _Job) -> tuple[Made, tuple[int, ...]]:
        with self.folder.new_file(job.name) as file:
            pages = self.write(job, file)
        press = self.source.press(*job.variant)
        slow = 0 if job.kind in ("govuk-notify", "nhs-notify") else press.slow
        return Made(job.name, len(self.groups[job.variant]), slow, press.notice), pages

    def write(self, job: _Job, file: BinaryIO) -> tuple[int, ...]:
        recipients, press = self.groups[job.variant], self.source.press(*job.variant)
        match job.kind:
            case "merged":
                return press.merged(recipients, file)
            case "zip":
                press.separate(recipients, file)
            case "word":
                press.word(recipients, file)
            case "govuk-notify" | "nhs-notify":
                write_list(job.kind, recipients, press.fields, self.folder.key[:8], file)
        return ()


_work = _Work()


def _do(job: _Job) -> tuple[Made, tuple[int, ...]]:
    return _work.do(job)


def _spread(todo: Sequence[_Job], jobs: int) -> Iterator[tuple[Made, tuple[int, ...]]]:
    if jobs < 2 or len(todo) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(_do, todo)
        return
    with multiprocessing.get_context("fork").Pool(min(jobs, len(todo))) as pool:
        yield from pool.imap(_do, todo)

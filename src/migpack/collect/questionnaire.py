"""The questionnaire: a practice's folder in, a Word and a PDF form out; forms filled in, practice.yaml out.

The form is made from `checklists/questionnaire.yaml` and the practice file's own model, and shows what practice.yaml says already. An
answer is a value that differs from what the form was issued with; questionnaire.json keeps what that was. Nothing is written while any
answer cannot be right, and nothing that a form has answered is overwritten by another form.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from migpack import yamlio
from migpack.check import check
from migpack.collect.answered import changes_of, nested, shortened
from migpack.collect.located import Form, Sources, faults, located
from migpack.collect.questions import DOCUMENT, NAME, Part, Questionnaire, ask, questions
from migpack.collect.returned import Flattened, Found, NoForm, Unreadable
from migpack.content import DocumentSpec
from migpack.fillable import IssuedForm, issued_form, read_forms, write_forms
from migpack.library import Library
from migpack.load import load, read_bytes, read_content, read_part
from migpack.markup import read
from migpack.model import Case, Page, PlannedDocument
from migpack.model import Content as Known
from migpack.parties import party_dates, plan_parties
from migpack.practice import PracticeFile
from migpack.problems import Mistakes, Place, Problem, Weight, mistake, typed
from migpack.references import unknown_ids
from migpack.render import render_form
from migpack.starter import SCHEMA, schema_text
from migpack.timeline import date_milestones
from migpack.yamledit import block, edited
from migpack.yamlio import Node

PRACTICE, ISSUED = "practice.yaml", "questionnaire.json"
_HEADS = {"roles": "Role", "milestones": "Step", "services": "Service", "": "Entry"}
_SECONDS, _MEGABYTES = 60, 500  # for reading one form
_MOST_ROWS = 60  # of each list, in any form that comes back
_FOREIGN = "this is no questionnaire that 'migpack new' has written, or only a print or a scan of one"
_NAME_IT = "name the questionnaire as Word or a PDF viewer has saved it"
_HEAD = """\
# yaml-language-server: $schema={schema}
# Your practice and its move to another clinical system: migpack makes the whole pack of documents from this file.
# Made from the questionnaire. To change it, send a corrected form in, or change it here; your own lines and comments are kept.
#
# Check the file:  migpack check practice.yaml
# Make the pack:   migpack build practice.yaml
"""


@dataclass(frozen=True)
class Filled:
    """What came of reading forms: the practice file, the questions whose answers are new in it, and what the person should hear."""

    path: Path
    changed: tuple[str, ...]
    said: tuple[str, ...]


def write_questionnaire(folder: Path) -> tuple[Path, ...]:
    """Write the questionnaire of a practice's folder as a Word and a PDF form, and return their paths.

    Raises:
        Mistakes: the practice file there has a mistake, or a form there holds answers that nobody has read yet.
    """
    from migpack.write.pdf import Printer
    from migpack.write.word import WordWriter

    desk = _Desk.of(folder)
    targets = {format: folder / f"{DOCUMENT}.{format}" for format in ("docx", "pdf")}
    unread = [path for path in targets.values() if path.exists() and not desk.has_read(path)]
    if unread:
        write = f"read it first with 'migpack new {typed(folder)} --from {typed(unread[0])}', or move it away"
        raise Mistakes(Problem(Place(str(path)), "this form holds answers that are not in the practice file", write) for path in unread)
    page = desk.page(desk.written)

    def library(name: str) -> bytes:
        return desk.library.read(f"templates/{name}")

    word = WordWriter(library).write(page, read(page.html, DOCUMENT))
    files = {targets["docx"]: word.data, targets["pdf"]: Printer(library).print(page, codes=False).data}
    files[folder / ISSUED] = write_forms(dict(read_forms(folder, ISSUED)) | {page.code: issued_form(page, desk.practice)})
    _write(folder, files)
    return tuple(targets.values())


def read_questionnaire(folder: Path, files: Sequence[Path], today: dt.date) -> Filled:
    """Read filled forms into the practice file of a folder, which may not be there yet.

    Raises:
        Mistakes: an answer cannot be right, two forms contradict each other, or a form is not this practice's; all of them.
    """
    desk = _Desk.of(folder)
    forms = desk.all_taken(files)
    text, sources = desk.text, Sources()
    problems: list[Problem] = []
    for form in forms:
        node = yamlio.read_node(text, PRACTICE) if text else None
        changes = changes_of(desk.parts(node), form.answers, form.issued, node)
        problems += sources.take(form, changes)
        if changes.paths:
            text = edited(text, changes.paths) if text else block(nested(changes.paths))
    if not (text and sources.changed):
        problems += [] if desk.text else [Problem(Place(forms[0].name), "nothing is answered in this form", "fill it in and save it first")]
        _stop(problems)
        return Filled(desk.path, (), tuple(said for form in forms for said in form.said))
    text = text if desk.text else desk.laid_out(text)
    problems += faults(text, desk.known, sources, forms[0].name)
    _stop(problems)
    _save(desk, text, sources, forms[0].name, today)
    return Filled(desk.path, tuple(sources.changed.values()), tuple(said for form in forms for said in form.said))


@dataclass(frozen=True)
class _Desk:
    """A practice's folder as it stands: its practice file, the library and the forms that were issued from here."""

    folder: Path
    library: Library
    known: Known
    asked: Questionnaire
    text: str
    written: Node | None

    @classmethod
    def of(cls, folder: Path) -> _Desk:
        library, path = Library.of(folder), folder / PRACTICE
        known, asked = read_content(library), read_part(library, NAME, Questionnaire, {})
        if not path.exists():
            return cls(folder, library, known, asked, "", None)
        text = yamlio.decode(read_bytes(path), str(path))
        written = yamlio.read_node(text, str(path))
        file, places = yamlio.to_model(written, PracticeFile)
        _stop(list(unknown_ids(file, known, places, str(path))))
        return cls(folder, library, known, asked, text, written)

    @property
    def path(self) -> Path:
        return self.folder / PRACTICE

    @property
    def practice(self) -> str:
        return self._said("ods_code")

    def _said(self, key: str) -> str:
        held = yamlio.data_of(self.written)["practice"] if self.written else {}
        return str(held.get(key, "")).strip()

    def parts(self, written: Node | None, most_rows: int = _MOST_ROWS) -> tuple[Part, ...]:
        """Return the sections of the form."""
        return ask(self.asked, self.known, written, most_rows)

    def page(self, written: Node | None) -> Page:
        """Return the form as a page."""
        spec = DocumentSpec(
            id=DOCUMENT, title=self.asked.title, name=DOCUMENT, template="forms/questionnaire.html", formats=("pdf", "docx"),
            audience="staff", fillable=True, about=self.asked.lead,
        )  # fmt: skip
        document = PlannedDocument(DOCUMENT, spec, "", "house", self.asked.title, DOCUMENT, False)
        context = {
            "lead": self.asked.lead,
            "how": self.asked.how,
            "parts": self.parts(written, 0),
            "heads": _HEADS,
            "not_asked": self.asked.not_asked,
        }
        name, ods_code = (self._said("name"), self.practice) if written else ("New practice", "")
        return render_form(self.library, document, context, name, ods_code)

    @cached_property
    def forms(self) -> dict[str, IssuedForm]:
        """Return the forms that may come back here, by their codes: those issued here, the empty one and the present one."""
        pages = {page.code: page for page in (self.page(None), self.page(self.written))}
        made = {code: issued_form(page, self.practice) for code, page in pages.items()}
        return dict(read_forms(self.folder, ISSUED)) | made

    def all_taken(self, paths: Sequence[Path]) -> list[Form]:
        """Read the forms that came back; all that are refused are told."""
        forms: list[Form] = []
        problems: list[Problem] = []
        for path in paths:
            try:
                forms.append(self.taken(path))
            except Mistakes as error:
                problems += error.problems
        _stop(problems)
        return forms

    def taken(self, path: Path) -> Form:
        """Read a form that came back."""
        if not path.is_file():
            raise mistake(Place(str(path)), "there is no such file", "name the filled questionnaire")
        data, forms = read_bytes(path), self.forms
        try:
            found = _found(data, forms)
        except (NoForm, Flattened):
            raise mistake(Place(str(path)), _FOREIGN, _NAME_IT) from None
        except Unreadable as error:
            what, _, write = str(error).partition(" \N{EM DASH} ")
            raise mistake(Place(str(path)), what, write) from None
        return self._judged(path, found, forms)

    def _judged(self, path: Path, found: Found, forms: Mapping[str, IssuedForm]) -> Form:
        identity, place = found.identity, Place(str(path))
        if DOCUMENT not in (identity.document, forms[identity.code].document if identity.code in forms else ""):
            what = f"this is '{identity.document}' of a pack, and no questionnaire" if identity.document else _FOREIGN
            raise mistake(place, what, _NAME_IT)
        if identity.practice and self.practice and identity.practice != self.practice:
            raise mistake(place, f"this is the form of {identity.practice}, not of {self.practice}", "name the folder of its own practice")
        form = forms.get(identity.code)
        if form is None and self.text and not found.issued:
            write = f"make a new one with 'migpack new {typed(self.folder)} --questionnaire' and carry the answers over"
            raise mistake(place, "this form was made in another folder, or by another version, from a practice file we do not know", write)
        known = questions(self.parts(None))
        # Where there is no practice file yet, what stands in the form is all that is known.
        told = {} if not self.text else {one.name: one.value for one in form.fields} if form else found.issued
        blank = {name: "no" if question.kind == "tick" else "" for name, question in known.items()}
        issued = {name: clean for name, value in told.items() if name in known and (clean := _clean(value)) != blank[name]}
        now = {name: _clean(value) for name, value in found.values.items() if name in known}
        answers = {name: value for name, value in now.items() if value != issued.get(name, blank[name])}
        self._refuse_other(place, answers, issued)
        return Form(str(path), answers, issued, tuple(f"{path}: {note}" for note in (*found.said, *found.notes)))

    def _refuse_other(self, place: Place, answers: Mapping[str, str], issued: Mapping[str, str]) -> None:
        """Refuse a form that was issued empty and is about a practice of another name and another code."""
        name, code = (answers.get(f"{DOCUMENT}.practice.{key}", "") for key in ("name", "ods_code"))
        empty = not issued.get(f"{DOCUMENT}.practice.ods_code")
        if self.text and empty and code and code.upper() != self.practice.upper() and name != self._said("name"):
            raise mistake(place, f"this is the form of {name or code}, not of {self._said('name')}", "name the folder of its own practice")

    def has_read(self, path: Path) -> bool:
        """Say whether a form holds no answer that the practice file lacks."""
        try:
            form = self.taken(path)
        except Mistakes:
            return False
        return not changes_of(self.parts(self.written), form.answers, form.issued, self.written).changed

    def laid_out(self, text: str) -> str:
        """Return a new practice file with its sections in the order of the form, each below its heading."""
        data = shortened(yamlio.data_of(yamlio.read_node(text, PRACTICE)))
        parts, number = [_HEAD.format(schema=SCHEMA)], 0
        for section in self.asked.sections:
            paths = [section.ticks.path] if section.ticks else [section.rows.path] if section.rows else [q.path for q in section.questions]
            keys = [key for key in dict.fromkeys(path.partition(".")[0] for path in paths) if key in data]
            if keys:
                number += 1
                parts.append(f"# {number}. {section.heading or section.title}\n" + block({key: data.pop(key) for key in keys}))
        return "\n".join(parts)


def _found(data: bytes, forms: Mapping[str, IssuedForm]) -> Found:
    from migpack.collect.guard import guarded
    from migpack.collect.pdf import read_pdf
    from migpack.collect.word import read_word

    own = {code: form for code, form in forms.items() if form.document == DOCUMENT}
    if b"%PDF-" in data[:1024]:
        return guarded(read_pdf, data, seconds=_SECONDS, megabytes=_MEGABYTES)
    if not data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise NoForm("this is neither a PDF nor a Word file")
    return guarded(read_word, data, own, seconds=_SECONDS, megabytes=_MEGABYTES)


def _clean(value: str) -> str:
    """Return an answer without the spaces that nobody sees."""
    return "\n".join(line.rstrip() for line in value.split("\n")).strip()


def _save(desk: _Desk, text: str, sources: Sources, form: str, today: dt.date) -> None:
    """Write the practice file once its dates and all that it names have been seen to fit together."""
    draft = desk.folder / f".{PRACTICE}.new"
    new = {} if (desk.folder / SCHEMA).exists() else {desk.folder / SCHEMA: schema_text().encode()}
    _write(desk.folder, {draft: text.encode()})
    try:
        case = load(draft, desk.library)
        _stop(list(located(_contradictions(case, today), case.places, sources, form)))
        os.replace(draft, desk.path)
        _write(desk.folder, new)
    finally:
        draft.unlink(missing_ok=True)


def _contradictions(case: Case, today: dt.date) -> list[Problem]:
    try:
        milestones = date_milestones(case)
        problems = check(case, milestones, party_dates(plan_parties(case, milestones)), today)
    except Mistakes as error:
        problems = error.problems
    return [problem for problem in problems if problem.weight is Weight.MISTAKE]


def _stop(problems: Sequence[Problem]) -> None:
    if problems:
        raise Mistakes(problems)


def _write(folder: Path, files: Mapping[Path, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            path.write_bytes(data)
    except OSError as error:
        raise mistake(Place(str(folder)), f"the folder cannot be written to ({error.strerror})", "name another folder") from None

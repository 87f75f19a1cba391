"""What readers found, and the record so far → the record with the new answers in it, and what is to be told about them.

An answer is a value that differs from what the form was issued with. Nothing that was recorded is ever changed or lost: answers are
added. Of a document that holds patients' data only signatures, who signed and when, and the days and counts of the sheet as a whole go into
the record.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from migpack.collect.questions import DOCUMENT as QUESTIONNAIRE
from migpack.collect.returned import Found, Identity, Unreadable
from migpack.fillable import IssuedField, IssuedForm
from migpack.problems import Place, did_you_mean, mistake
from migpack.record import Answer, Record, Return
from migpack.values import read_day
from migpack.vocabulary import printable

CROPS = "record"  # the folder beside the record in which pictures of handwriting lie
_SIGNED = "sign"  # the part of a field's name that belongs to a block of signatures
EARLIEST = dt.date(2015, 1, 1)  # a file or a form with an older day comes from a clock that nobody set, or a slip of the pen
_COUNT = re.compile(r"\d{1,3}")
_BY = ("by", "initials", "name")
_ON = ("on", "date")


@dataclass(frozen=True)
class File:
    """A returned file: its name, its hash, the days on which it was saved and read, and whether a sheet of it could not be read."""

    name: str
    sha256: str
    saved_on: dt.date
    read_on: dt.date
    partly_read: bool = False


@dataclass(frozen=True)
class Taken:
    """What one return gave: the form it is read against, its new answers by field, and what people should hear about it."""

    entry: Return
    form: IssuedForm
    answers: Mapping[str, Answer]
    crops: Mapping[str, bytes]
    said: tuple[str, ...]
    again: bool = False


def take(found: Found, file: File, forms: Mapping[str, IssuedForm], practice: str, record: Record) -> tuple[Record, Taken]:
    """Return the record with what was found, and what that was. A file that was read before changes nothing.

    Raises:
        Unreadable: the file is another practice's, or no form of this pack.
    """
    form, said = _form_of(found.identity, forms, practice)
    said = (*found.said, *said)
    for entry in record.returns:
        if (entry.sha256, entry.code) == (file.sha256, form.code):
            return record, Taken(entry, form, {}, {}, (f"read before, on {entry.read_on}",), again=True)
    newest = _newest(forms, form.document)
    changed = _changed(found, form)
    said = (*said, *_odd(changed, form, file.read_on))
    if found.medium == "review":
        changed |= {name: value for name, value in found.values.items() if name in record.waiting()}
    gone = [name for name in changed if newest.field(name) is None]
    if gone:
        said = (*said, f"{len(gone)} answers are to items that the present version has no more: {', '.join(gone[:5])}")
    entry = _entry(found, file, form, record)
    answers = {name: _answer(name, value, found, form, entry, record) for name, value in changed.items() if name not in gone}
    crops: dict[str, str] = {}
    if form.holds_patient_data:
        answers = {name: answer for name, answer in answers.items() if _is_signed(name, form) or _tells_of_the_sheet(name, answer.value)}
        entry = entry.model_copy(update={"notes": found.notes if found.medium == "paper" else _rows_used(changed)})
    else:
        crops = {name: f"{CROPS}/{entry.id}-{n}.png" for n, name in enumerate(found.crops, 1)}
        signatures = tuple(one.model_copy(update={"crop": crops.get(one.field, "")}) for one in found.signatures)
        entry = entry.model_copy(update={"signatures": signatures, "notes": tuple(map(printable, found.notes))})
        unread = {*found.doubtful, *crops} - {one.field for one in signatures}
        answers |= {name: Answer(on=entry.dated, source=entry.id, confirmed=False, crop=crops.get(name, "")) for name in sorted(unread)}
    pictures = {path: found.crops[name] for name, path in crops.items()}
    return _with(record, practice, entry, answers), Taken(entry, form, answers, pictures, said)


def decide(record: Record, decisions: Iterable[str], by: str, on: dt.date, forms: Mapping[str, IssuedForm]) -> Record:
    """Return the record with a person's decisions, each 'FIELD=VALUE', on fields on which answers differ.

    Args:
        by: the person.
        forms: the forms as they were issued, which say what a field takes.

    Raises:
        Mistakes: nobody is named, a decision is not written so, its field does not take the value, or answers to it do not differ.
    """
    place = Place("--resolve")
    for decision in decisions:
        name, equals, value = decision.partition("=")
        conflicts = record.conflicts()
        if not equals:
            raise mistake(place, f"'{decision}' has no '='", "write FIELD=VALUE, for example --resolve notice.lab.off=yes")
        if name not in conflicts:
            raise mistake(place, f"people do not disagree on '{name}'", did_you_mean(name, conflicts))
        if not by.strip():
            raise mistake(place, "it is not said who decides", "add --by NAME")
        entry = Return(id=_next_id(record), read_on=on, dated=on, medium="person")
        answer = Answer(value=_fitting(value, name, forms), by=printable(by), on=on, source=entry.id, settles=True)
        record = _with(record, record.practice, entry, {name: answer})
    return record


def _fitting(value: str, name: str, forms: Mapping[str, IssuedForm]) -> str:
    """Return a decision as the field takes it; where no form has the field, as it was written."""
    field = next((field for form in reversed(tuple(forms.values())) if (field := form.field(name))), None)
    choices = {"yes": "yes", "no": "no"} if field and field.kind == "tick" else dict(field.options) if field else {}
    fitting = [choice for choice, words in choices.items() if value.strip().casefold() in (choice.casefold(), words.casefold())]
    if choices and not fitting:
        raise mistake(Place("--resolve"), f"'{name}' does not take '{value}'", f"write one of: {', '.join(map(repr, choices))}")
    return fitting[0] if fitting else printable(value)


def confirm(record: Record, ids: Iterable[str], by: str, on: dt.date) -> Record:
    """Return the record with all that was read of these returns counted, and who said so on which day.

    Pictures of handwriting stay pictures, and what could not be read for sure goes on waiting.

    Raises:
        Mistakes: no return has such an id, or nothing in it waits.
    """
    wanted, known = frozenset(ids), [entry.id for entry in record.returns]
    waiting = {answer.source for history in record.answers.values() for answer in history if answer != _confirmed(answer)}
    for id in sorted(wanted):
        if id not in known:
            raise mistake(Place("--confirm"), f"there is no return '{id}'", did_you_mean(id, known))
        if id not in waiting:
            raise mistake(Place("--confirm"), f"nothing that was read in '{id}' waits to be confirmed", "take it out")
    answers = {
        name: tuple(_confirmed(answer) if answer.source in wanted else answer for answer in history)
        for name, history in record.answers.items()
    }
    said = {"confirmed_by": printable(by), "confirmed_on": on}
    returns = tuple(entry.model_copy(update=said) if entry.id in wanted else entry for entry in record.returns)
    return record.model_copy(update={"returns": returns, "answers": answers})


def _confirmed(answer: Answer) -> Answer:
    return answer.model_copy(update={"confirmed": bool(answer.confirmed or answer.value or answer.crop)})


def _form_of(identity: Identity, forms: Mapping[str, IssuedForm], practice: str) -> tuple[IssuedForm, tuple[str, ...]]:
    """Return the form that a file is read against, and what is to be said about its version."""
    theirs = identity.practice
    if theirs and theirs != practice:
        raise Unreadable(f"this is a form of the practice {theirs} \N{EM DASH} collect it with the practice file of {theirs}")
    if form := forms.get(identity.code):
        newest = _newest(forms, form.document)
        if form.code == newest.code:
            return form, ()
        return form, (f"this copy is {form.version} ({form.code}); the present one is {newest.version} ({newest.code})",)
    same = [form for form in forms.values() if form.document == identity.document]
    if not same:
        if identity.document == QUESTIONNAIRE:
            raise Unreadable("this is the questionnaire \N{EM DASH} read it with 'migpack new FOLDER --from FILE'")
        what = f"'{identity.document}' is no form of this pack" if identity.document else "no form of a pack was found in it"
        raise Unreadable(f"{what} \N{EM DASH} send back a file or sheet from this practice's pack")
    version = identity.version or "not said"
    return same[-1], (f"this copy's version ({version}) is not in the pack's folder; it was read against {same[-1].version}",)


def _newest(forms: Mapping[str, IssuedForm], document: str) -> IssuedForm:
    """Return the form of a document that was issued last."""
    return [form for form in forms.values() if form.document == document][-1]


def _changed(found: Found, form: IssuedForm) -> dict[str, str]:
    """Return the values that differ from what the form was issued with."""
    changed = {}
    for field in form.fields:
        value = found.values.get(field.name)
        if value is not None and field.look != "signature":
            issued = field.value if found.identity.code == form.code else found.issued.get(field.name, field.value)
            if _plain(value, field) != _plain(issued, field):
                changed[field.name] = _plain(value, field)
    return changed


def _odd(changed: Mapping[str, str], form: IssuedForm, read_on: dt.date) -> Iterator[str]:
    """Yield what cannot be meant as it was written, unless the form holds patients' details: it is kept all the same."""
    for field in () if form.holds_patient_data else form.fields:
        value = changed.get(field.name, "")
        if value and field.kind == "choice" and field.options and value not in dict(field.options):
            yield f"{field.title}: '{value}' is none of the choices; it is kept as it was written"
        elif value and field.kind == "date":
            try:
                late = read_day(value) > read_on and field.name.rpartition(".")[2] in _ON
            except ValueError:
                yield f"{field.title}: '{value}' is no date that can be read; it is kept as it was written"
            else:
                if late:
                    yield f"{field.title}: {value} is still to come; it is kept as it was written"


def _plain(value: str, field: IssuedField) -> str:
    """Return a value as it is compared and kept: accents composed, no white space at the ends of lines, no prompt, all printable."""
    value = unicodedata.normalize("NFC", value)
    lines = (printable(line).rstrip() for line in value.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    text = "\n".join(lines).strip()
    return "" if text == field.prompt.strip() else text


def _entry(found: Found, file: File, form: IssuedForm, record: Record) -> Return:
    dated = _first_day(found, [f for f in form.fields if _is_signed(f.name, form) and f.name.endswith(".date")])
    days = (dated, found.saved_on, file.saved_on)
    day = next((day for day in days if day and EARLIEST <= day <= file.read_on), file.read_on)
    return Return(
        id=_next_id(record), file="" if form.holds_patient_data else printable(file.name),  # even its name may be a patient's
        sha256=file.sha256, partly_read=file.partly_read, read_on=file.read_on, dated=day,
        document=form.document, version=form.version, code=form.code, medium=found.medium,
        signatures=tuple(one.model_copy(update={"crop": ""}) for one in found.signatures),
    )  # fmt: skip


def _next_id(record: Record) -> str:
    return f"r{len(record.returns) + 1}"


def _answer(name: str, value: str, found: Found, form: IssuedForm, entry: Return, record: Record) -> Answer:
    """Return an answer with who gave it and when: as the fields beside it say, else as the form's one signature does."""
    beside = name.rpartition(".")[0]
    by = next((found.values[f"{beside}.{end}"] for end in _BY if found.values.get(f"{beside}.{end}")), "") or _signed_by(found, form)
    day = _first_day(found, [f for f in form.fields if f.name in {f"{beside}.{end}" for end in _ON}])
    before, field = record.answer(name), form.field(name)
    knew = before is not None and field is not None and _plain(before.value, field) == _plain(field.value, field)
    knew = knew or _is_signed(name, form) or name.rpartition(".")[2] in (*_BY, *_ON)  # who wrote, and when, contradicts nobody
    on = day if day and EARLIEST <= day <= entry.read_on else entry.dated
    return Answer(value=value, by=printable(by), on=on, source=entry.id, knew=knew, confirmed=found.medium != "paper")


def _signed_by(found: Found, form: IssuedForm) -> str:
    names = {value for name, value in found.values.items() if value and name.endswith(".name") and _is_signed(name, form)}
    return names.pop() if len(names) == 1 else ""


def _first_day(found: Found, fields: Iterable[IssuedField]) -> dt.date | None:
    for field in fields:
        try:
            return read_day(found.values.get(field.name, ""))
        except ValueError:
            continue
    return None


def _is_signed(name: str, form: IssuedForm) -> bool:
    """Say whether a field belongs to the form's signatures."""
    return name.removeprefix(f"{form.document}.").split(".")[0] == _SIGNED


def _tells_of_the_sheet(name: str, value: str) -> bool:
    """Say whether an answer is a day or a small number about the sheet as a whole: no field of a numbered row, no number of a person."""
    if any(part.isdigit() for part in name.split(".")):
        return False
    try:
        return _COUNT.fullmatch(value) is not None or bool(read_day(value))
    except ValueError:
        return False


def _rows_used(changed: Mapping[str, str]) -> tuple[str, ...]:
    """Return in words in how many rows something was written; nothing where none was."""
    rows = {name.rpartition(".")[0] for name, value in changed.items() if value and any(part.isdigit() for part in name.split("."))}
    return (f"{len(rows)} row{'' if len(rows) == 1 else 's'} used",) if rows else ()


def _with(record: Record, practice: str, entry: Return, answers: Mapping[str, Answer]) -> Record:
    histories = dict(record.answers)
    for name, answer in answers.items():
        histories[name] = (*histories.get(name, ()), answer)
    return Record(practice=practice, returns=(*record.returns, entry), answers=histories)

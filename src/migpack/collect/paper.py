"""Scanned sheets in, what people left on them with a pen out: one `Found` for each form, whatever the order and the turn of its sheets.

Boxes are read; handwriting is kept as a picture and never guessed. Of sheets that hold patients' details only signatures, the ticks of
sign-offs and a count of the lines used are taken. Words that a field was issued with are no handwriting: only where there is clearly more
ink than they explain is a picture kept, so that a short word beside them, or a line through them, may go unseen.
Never keeps a picture or a word of a sheet that holds patients' details.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migpack.collect.returned import Found, Identity, Unreadable
from migpack.fillable import IssuedField, IssuedForm
from migpack.problems import CannotRun
from migpack.record import Signature
from migpack.write.codes import SheetCode, practice_check

if TYPE_CHECKING:
    from migpack.collect.sheets import Sheet

LEAST_DPI = 185  # 200 of the scanner, less what printers take away that fit a page into what they can print
INSTALL = "pip install 'migpack[paper]'"


@dataclass
class _Reading:
    """What one scanned sheet says, before the sheets of a form are put together."""

    code: SheetCode
    where: str
    values: dict[str, str] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)
    crops: dict[str, bytes] = field(default_factory=dict)
    boxes: dict[str, bytes] = field(default_factory=dict)
    signed: list[str] = field(default_factory=list)
    lines: set[str] = field(default_factory=set)


def read_scans(files: Mapping[str, bytes], forms: Mapping[str, IssuedForm]) -> tuple[Found, ...]:
    """Return what stands on scanned sheets; the first `Found` has no code where there is something to say that concerns no known form.

    Args:
        files: name → bytes: PDF, PNG, JPEG or TIFF. A later file was scanned later.
        forms: the forms as they were issued, by code.

    Raises:
        CannotRun: the packages of the extra 'paper' are missing.
        Unreadable: not one of the files can be opened.
    """
    _need_engines()
    readings: dict[str, list[_Reading]] = {}
    said: list[str] = []
    broken = 0
    for name, data in files.items():
        try:
            for reading in _readings(name, data, forms, said):
                readings.setdefault(reading.code.form, []).append(reading)
        except Unreadable as error:
            said.append(f"{name} {error}.")
            broken += 1
    if broken and broken == len(files) and not readings:
        raise Unreadable(said[-1].removeprefix(f"{name} ").removesuffix(".") if broken == 1 else " ".join(said))
    found = tuple(_put_together(forms[code], sheets) for code, sheets in readings.items())
    return (Found("paper", Identity(), {}, said=tuple(said)), *found) if said else found


def _need_engines() -> None:
    try:
        import numpy
        import PIL
        import pypdfium2
        import zxingcpp

        del numpy, PIL, pypdfium2, zxingcpp
    except ImportError as error:
        raise CannotRun(f"scans need packages that are not installed here \N{EM DASH} install them: {INSTALL}") from error


def _readings(name: str, data: bytes, forms: Mapping[str, IssuedForm], said: list[str]) -> Iterator[_Reading]:
    """Yield what each sheet of a file says; what cannot be read is said."""
    from migpack.collect.images import pages_of
    from migpack.collect.sheets import is_blank, sheets_of

    for number, grey in enumerate(pages_of(data), 1):
        where = f"{name}, page {number}"
        sheets = sheets_of(grey)
        if not sheets and not is_blank(grey):
            said.append(f"{where}: no code was found in its corners, so it was not read.")
        for sheet in sheets:
            why = _unreadable(sheet, forms)
            if why:
                said.append(f"{where}: {why}.")
            else:
                yield _read(sheet, forms[sheet.code.form], where)


def _unreadable(sheet: Sheet, forms: Mapping[str, IssuedForm]) -> str:
    """Say why a sheet cannot be read, '' where it can."""
    code, form = sheet.code, forms.get(sheet.code.form)
    if form is None:
        known = {practice_check(form.practice) for form in forms.values()}
        if known and code.practice not in known:
            return "a sheet of another practice"
        return f"a sheet of a form with the code {code.form[:4]}-{code.form[4:]}, which no pack in this folder has"
    if not form.sheets.get(code.way):
        return f"a sheet of {form.title}, of which it is not known where its fields stand \N{EM DASH} build the pack again"
    if not sheet.dpi:
        return f"sheet {code.sheet} of {form.title} has one whole code only \N{EM DASH} scan it again with all its corners"
    if sheet.dpi < LEAST_DPI:
        return (
            f"sheet {code.sheet} of {form.title} was scanned at about {sheet.dpi:.0f} dpi, too coarse to tell ticks from dust "
            "\N{EM DASH} scan it at 200 dpi or more, 300 is best"
        )
    return ""


def _read(sheet: Sheet, form: IssuedForm, where: str) -> _Reading:
    reading = _Reading(sheet.code, where)
    spots = {name: spot for name, spot in form.sheets[sheet.code.way].items() if spot.sheet == sheet.code.sheet}
    for issued in form.fields:
        if issued.name not in spots:
            continue
        if form.holds_patient_data and not _is_sign_off(issued, form):
            _count_line(sheet, form, issued, reading)
        elif issued.kind == "tick":
            _read_box(sheet, form, issued, reading)
        elif issued.kind == "choice" and any(name.startswith(f"{issued.name}=") for name in spots):
            _read_choice(sheet, form, issued, reading)
        else:
            _keep_words(sheet, form, issued, reading)
    return reading


def _is_sign_off(issued: IssuedField, form: IssuedForm) -> bool:
    part = issued.name.removeprefix(f"{form.document}.")
    return issued.look == "signature" or (issued.kind == "tick" and part.startswith("sign."))


def _read_box(sheet: Sheet, form: IssuedForm, issued: IssuedField, reading: _Reading) -> None:
    from migpack.collect.marks import crop, judge_box

    spot = form.sheets[sheet.code.way][issued.name]
    verdict = judge_box(sheet, spot, printed=issued.value == "yes")
    if verdict == "doubtful":
        reading.doubtful.append(issued.name)
    else:
        reading.values[issued.name] = "yes" if verdict == "ticked" else "no"
    if verdict != "empty" and not form.holds_patient_data:
        reading.boxes[issued.name] = crop(sheet, spot, around_mm=3, per_mm=6)


def _read_choice(sheet: Sheet, form: IssuedForm, issued: IssuedField, reading: _Reading) -> None:
    """Read a list whose choices are printed, each with a box: one ticked is the answer, several are doubtful."""
    from migpack.collect.marks import crop, judge_box

    spots = form.sheets[sheet.code.way]
    choices = {value: spots.get(f"{issued.name}={value}") for value, _ in issued.options if value}
    verdicts = {value: judge_box(sheet, spot) for value, spot in choices.items() if spot}
    ticked = [value for value, verdict in verdicts.items() if verdict == "ticked"]
    if "doubtful" in verdicts.values() or len(ticked) > 1:
        reading.doubtful.append(issued.name)
    else:
        reading.values[issued.name] = ticked[0] if ticked else ""
    if ticked or "doubtful" in verdicts.values():
        reading.boxes[issued.name] = crop(sheet, spots[issued.name], per_mm=6)


def _keep_words(sheet: Sheet, form: IssuedForm, issued: IssuedField, reading: _Reading) -> None:
    from migpack.collect.marks import crop

    if not _written_on(sheet, form, issued):
        return
    if issued.look == "signature":
        reading.signed.append(issued.name)
    if not form.holds_patient_data:
        reading.crops[issued.name] = crop(sheet, form.sheets[sheet.code.way][issued.name])


def _count_line(sheet: Sheet, form: IssuedForm, issued: IssuedField, reading: _Reading) -> None:
    line = issued.name.rpartition(".")[0]
    of_row = line != form.document and not line.startswith(f"{form.document}.sign.") and issued.kind != "tick"
    if of_row and line not in reading.lines and _written_on(sheet, form, issued):
        reading.lines.add(line)


def _written_on(sheet: Sheet, form: IssuedForm, issued: IssuedField) -> bool:
    """Say whether a field holds clearly more ink than the words that it was issued with."""
    from migpack.collect.marks import WORD_MM2, ink_mm2, printed_mm2

    words = dict(issued.options).get(issued.value, issued.value)
    return ink_mm2(sheet, form.sheets[sheet.code.way][issued.name]) >= WORD_MM2 + printed_mm2(words)


def _put_together(form: IssuedForm, readings: list[_Reading]) -> Found:
    """Return what the sheets of one form say together; of sheets that came twice the later counts, where both say the same."""
    values: dict[str, str] = {}
    doubtful: dict[str, None] = {}
    crops: dict[str, bytes] = {}
    boxes: dict[str, bytes] = {}
    for reading in readings:
        boxes |= reading.boxes
        crops |= reading.crops
        doubtful |= dict.fromkeys([*reading.doubtful, *(name for name in reading.values if _against(values, reading, name))])
        values |= reading.values
    signed = dict.fromkeys(name for reading in readings for name in reading.signed)
    lines = {line for reading in readings for line in reading.lines}
    return Found(
        "paper",
        Identity(form.practice, form.document, form.version, form.code),
        {name: value for name, value in values.items() if name not in doubtful},
        notes=(f"{len(lines)} {'row' if len(lines) == 1 else 'rows'} used",) if form.holds_patient_data else (),
        signatures=tuple(Signature(field=name, state="ink") for name in signed),
        crops=crops,
        boxes=boxes,
        doubtful=tuple(doubtful),
        said=tuple(_said(form, readings)),
        way=readings[-1].code.way,
    )


def _against(values: Mapping[str, str], reading: _Reading, name: str) -> bool:
    return values.get(name, reading.values[name]) != reading.values[name]


def _said(form: IssuedForm, readings: list[_Reading]) -> Iterator[str]:
    """Yield what the sheets as sheets give to say: one is missing, one came twice."""
    came: dict[tuple[str, int], list[str]] = {}
    for reading in readings:
        came.setdefault((reading.code.way, reading.code.sheet), []).append(reading.where)
    count = readings[-1].code.count
    for (_, number), places in came.items():
        if len(places) > 1:
            yield f"Sheet {number} of {count} came {'twice' if len(places) == 2 else f'{len(places)} times'} ({'; '.join(places)})."
    had = {number for _, number in came}
    missing = sorted({spot.sheet for spot in form.sheets[readings[-1].code.way].values()} - had)
    if len(missing) == 1:
        yield f"Sheet {missing[0]} of {count} is missing."
    elif missing:
        yield f"Sheets {_ranges(missing)} of {count} are missing."


def _ranges(numbers: Sequence[int]) -> str:
    """Return numbers in rising order in words: '1, 5 to 9, 12'."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)

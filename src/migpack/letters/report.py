"""What became of a list of patients → lines for the screen, exceptions.xlsx and index.csv. Row numbers alone, never what a row says."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from migpack.letters.recipients import LeftOut
from migpack.letters.sieve import Tally, Variant

SHOWN = 20


def summary(file: str, tally: Tally, unused: Sequence[str] = ()) -> Iterator[str]:
    """Yield the counts: rows, letters of each kind, reasons; before them the columns of the list that nothing looks at."""
    yield from columns_not_used(unused)
    yield f"{file}: {_count(tally.rows, 'row')} read = {_count(tally.made, 'letter')} + {len(tally.left_out):,} left out"
    for (letter, style), count in sorted(tally.letters.items()):
        yield f"  {letter}{' in large print' if style == 'large_print' else ''}: {count:,}"
    if tally.left_out:
        yield "left out:"
        for (code, reason), count in reasons(tally.left_out):
            yield f"  {count:,} {code}: {reason}"
    for what, count in Counter(note.what for note in tally.notes).most_common():
        yield f"changed in {_count(count, 'row')}: {what}"


def columns_not_used(names: Sequence[str]) -> Iterator[str]:
    """Yield a line that names the columns of a list that nothing looks at, if there are any."""
    if names:
        shown = ", ".join("".join(filter(str.isprintable, name)) for name in names)
        yield f"columns that no letter uses: {shown}. If one is part of the name or address: --map 'Their column=ours'"


def first_rows(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """Yield the first rows that get no letter, and how many more there are."""
    if left_out:
        yield "first rows:" if len(left_out) > SHOWN else "rows:"
    for gone in left_out[:SHOWN]:
        yield f"  row {gone.row}: {gone.reason} {gone.what_to_do}"
    if len(left_out) > SHOWN:
        yield f"  and {len(left_out) - SHOWN:,} more"


def reasons(left_out: Iterable[LeftOut]) -> list[tuple[tuple[str, str], int]]:
    """Return each code with its reason and how many rows have it, the most frequent first; rows that differ count together."""
    counts = Counter(gone.code for gone in left_out)
    words: dict[str, set[str]] = {}
    for gone in left_out:
        words.setdefault(gone.code, set()).add(gone.reason)
    return [((code, _common(words[code])), count) for code, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]


def _common(said: set[str]) -> str:
    """Return a reason; where it names rows or columns that differ, only what all have in common."""
    if len(said) == 1:
        return next(iter(said))
    first, last = min(said).split(), max(said).split()
    same = [a for a, b in zip(first, last, strict=False) if a == b]
    return " ".join(same[: next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(same))]) + " …"


def write_exceptions(tally: Tally) -> bytes:
    """Return a workbook of every row that gets no letter, and of every row that was changed on the way. All cells are text."""
    import openpyxl

    from migpack.write.sheets import fill_sheet
    from migpack.write.zipped import rezip

    book: Any = openpyxl.Workbook()
    gone = ((gone.row, gone.code, gone.reason, gone.what_to_do) for gone in tally.left_out)
    book.active.title = "Left out"
    fill_sheet(book.active, ("Row", "Code", "Why it has no letter", "What to do"), gone, (8, 24, 72, 78), frozen="A2")
    fill_sheet(book.create_sheet("Changed"), ("Row", "What was changed"), tally.notes, (8, 100), frozen="A2")
    book.properties.title = "Patients without a letter"
    book.properties.language = "en-GB"
    held = io.BytesIO()
    book.save(held)
    return rezip(held.getvalue())


def write_index(groups: Mapping[Variant, Sequence[int]], pages: Mapping[Variant, Sequence[int]]) -> bytes:
    """Return index.csv: for each row of the list its letter, its number in the zip, and its first page in the merged file, if any."""
    lines = ["row,letter,style,number,first page"]
    for variant, rows in sorted(groups.items()):
        firsts: Sequence[int | str] = pages.get(variant) or [""] * len(rows)
        lines += [
            f"{row},{variant[0]},{variant[1]},{number},{page}" for number, (row, page) in enumerate(zip(rows, firsts, strict=True), 1)
        ]
    return ("\n".join(lines) + "\n").encode()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"

"""How well marked sheets are read back from scans: printed, marked and scanned in memory by the made-up scanner of tests/scanner.py.

Run by `make bench`, or on its own: python tests/bench_paper.py [scans of each sheet].
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import numpy as np

import samples
import scanner
from migpack.collect.paper import read_scans
from migpack.fillable import IssuedForm, issued_forms
from migpack.model import Artefact
from migpack.plan import Wanted
from migpack.write.pdf import Printer

FORMS = ("go_live_morning", "approval_checklist", "register", "checklist.practice_staff")  # portrait and landscape
KINDS = {"none": 30, "ring": 6} | dict.fromkeys(scanner.TICKS, 6) | {"scribble": 6}
WRITTEN = 0.25  # of the places for words


def main() -> None:
    """Print the figures for each resolution."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    ready = samples.prepared(samples.SAMPLES["small"], Wanted(only=frozenset(FORMS)))
    printer = Printer(lambda name: ready.library.read(f"templates/{name}"))
    printed = {page.code: printer.print(page) for page in ready.pages}
    forms = issued_forms(ready.pages, printed.values(), ready.plan.case.file.practice.ods_code, {})
    for dpi, count in ((150, 1), (200, times), (300, max(1, times // 2))):
        run(dpi, count, printed, forms)
    print(f"Paper, limits of the made-up scanner: {scanner.LIMITS}")


def run(dpi: int, times: int, printed: dict[str, Artefact], forms: dict[str, IssuedForm]) -> None:
    """Print and scan every sheet that holds boxes so many times at one resolution, and print how it was read."""
    rnd, tally, words, spent, lost, sheets = random.Random(dpi), defaultdict(Counter), Counter(), 0.0, 0, 0
    for code, form in forms.items():
        spots = form.sheets["A"]
        ticks = {field.name for field in form.fields if field.kind == "tick"}
        for number in sorted({spots[name].sheet for name in ticks}):
            clean = scanner.sheets(printed[code].data, dpi, range(number - 1, number))[0]
            for _ in range(times):
                paper = clean.copy()
                here = [field for field in form.fields if spots[field.name].sheet == number]
                kinds = {f.name: rnd.choices(list(KINDS), list(KINDS.values()))[0] for f in here if f.name in ticks}
                scanner.mark(paper, spots, kinds, dpi, rnd)
                empty = [field.name for field in here if field.name not in ticks and not field.value]
                written = {name for name in empty if rnd.random() < WRITTEN}
                for name in sorted(written):
                    scanner.write(paper, spots[name], dpi, rnd)
                scan = scanner.as_file([scanner.scan(paper, rnd, dpi)], "PNG", dpi)
                started = time.perf_counter()
                found = read_scans({"scan": scan}, forms)[-1]
                spent += time.perf_counter() - started
                sheets += 1
                if not found.identity.code:
                    lost += 1
                    continue
                for name, kind in kinds.items():
                    tally[kind][_judged(kind, found.values.get(name))] += 1
                words["kept"] += len(written & set(found.crops))
                words["missed"] += len(written - set(found.crops))
                words["of empty places"] += len(set(found.crops) & set(empty) - written)
    _say(dpi, sheets, lost, spent, tally, words)


def _judged(kind: str, value: str | None) -> str:
    if value is None:
        return "asked"
    return "right" if value == ("yes" if kind in scanner.TICKS else "no") and kind not in scanner.ASKED else "wrong"


def _say(dpi: int, sheets: int, lost: int, spent: float, tally: dict[str, Counter[str]], words: Counter[str]) -> None:
    print(f"Paper, {dpi} dpi: {sheets} sheets, {lost} refused or not known, {1000 * spent / sheets:.0f} ms a sheet")
    told = sum((count for kind, count in tally.items() if kind not in scanner.ASKED), Counter())
    boxes = sum(told.values())
    if boxes:
        wrong = sum(count["wrong"] for count in tally.values())  # crossed-out ones too, which ought to be asked
        print(f"  {boxes} boxes: {told['right'] / boxes:.2%} right, {told['asked'] / boxes:.2%} asked, {wrong} wrong")
        print("  " + "; ".join(f"{kind} {sum(c.values())}: {c['asked']} asked, {c['wrong']} wrong" for kind, c in sorted(tally.items())))
        print(f"  handwriting: {words['kept']} kept, {words['missed']} missed, {words['of empty places']} pictures of empty places")


if __name__ == "__main__":
    np.seterr(all="raise")
    main()

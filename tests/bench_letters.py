"""What a letter costs: poured by the press, and made by WeasyPrint, Typst, python-docx and docxtpl, in one run on one machine.

Run by `make bench-letters`. CPU time of the process; every way makes the same letter, the main one of the small sample. Ours are measured
in processes of their own, from loading the practice file to the last byte, with the memory they take. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2

from migpack import blocks as b
from migpack.cli.group import COLLECT
from migpack.letters.press import Press
from migpack.letters.profiles import read_profiles
from migpack.letters.recipients import Recipient
from migpack.library import Library
from migpack.load import load
from migpack.markup import read
from migpack.pack import plan_only
from migpack.write.pdf import FONTS, Printer
from people import people as invented
from people import recipients, write_list
from samples import SAMPLES, TODAY

PROFILE, LETTER = "c5-window", "letter"
# What 'letters make' imports on the way.
IMPORTS = (
    *("weasyprint", "uharfbuzz", "jinja2.sandbox", "jinja2.ext", "openpyxl", "holidays.countries", "email_validator", "phonenumbers"),
    *("migpack.letters.run", "migpack.letters.source", "migpack.post.lists", "migpack.write.sheets"),
)
SEED = 20270112
ROUNDS = 9


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--most", type=int, default=100_000, help="letters in the largest print file")
    options.add_argument("--one", choices=("merged", "separate", "word", "command", "problems"), help=argparse.SUPPRESS)
    options.add_argument("--count", type=int, default=10_000, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    gc.set_threshold(*COLLECT)  # as in every command; for what is measured beside it too
    if chosen.one:
        print(json.dumps({"command": command, "problems": problems}.get(chosen.one, partial(pour, chosen.one))(chosen.count)))
        return
    press, people = new_press(), drawn(1500, problems(1500))
    page = press.page(people[0])
    print(f"the letter has {len(pypdfium2.PdfDocument(press.full(people[0])))} pages; milliseconds of CPU a letter")
    each = say("WeasyPrint, one each, everything reused", ms(lambda: [press.full(one) for one in people[:12]], 12))
    say("WeasyPrint, 50 letters in one document", ms(lambda: fifty(page.html), 50), each)
    typst_run(page.html, people, 5)()  # reads the fonts; the same source again would come from its memory
    typst = say("Typst, 1,000 letters in one compile", ms(typst_run(page.html, people, 1000), 1000, warm=False), each)
    print("LibreOffice's mail merge is not run: the Writer that 'make verify' installs opens no list of patients")
    others = {"WeasyPrint": each, "Typst": typst}
    colds = sorted((measured("merged", 10_000) for _ in range(ROUNDS)), key=cold)  # a shared machine is quick and slow by turns
    report("merged", colds[ROUNDS // 2], others)
    print(f"    the middle one of {ROUNDS} cold starts: {', '.join(f'{cold(found):.2f}' for found in colds)} s")
    for kind, count in (("merged", chosen.most), ("separate", 10_000)):
        report(kind, measured(kind, count), others)
    word = say("python-docx, one each, as ours in full", ms(lambda: [press.full_word(one) for one in people[:50]], 50))
    rounds = sorted((measured("word", 10_000) for _ in range(ROUNDS)), key=lambda one: one["docxtpl_ms"] / one["first_s"])
    found = rounds[ROUNDS // 2]
    say(f"docxtpl, one each, in the middle one of {ROUNDS} rounds", found["docxtpl_ms"])
    report("word", found, {"docxtpl": found["docxtpl_ms"], "python-docx": word})
    times = (f"{one['docxtpl_ms'] * one['letters'] / one['first_s'] / 1000:,.0f}" for one in rounds)
    print(f"    times as fast as docxtpl in each round: {', '.join(times)}")
    whole = measured("command", 10_000)
    print(
        f"'letters make' from its start, {whole['letters']:,} letters, list read and looked over: {whole['cpu_s']:.2f} s beyond the imports"
    )


def say(what: str, found: float, beside: float = 0) -> float:
    """Print a figure, and how many times it goes into another; return it."""
    print(f"  {what:<48}{found:9.3f}{f'   {beside / found:6.1f} times as fast as WeasyPrint' if beside else ''}", flush=True)
    return found


def ms(work: Callable[[], Any], letters: int, *, warm: bool = True) -> float:
    """Return the CPU milliseconds a letter of a run; one before it warms up."""
    if warm:
        work()
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000 / letters


def report(kind: str, found: dict[str, Any], others: dict[str, float]) -> None:
    """Print what was measured of one of ours beside the others."""
    letters = found["letters"]
    first, warm = found["first_s"] * 1000 / letters, found["warm_s"] * 1000 / letters
    beside = ", ".join(f"{other / first:,.0f} times as fast as {name} ({other / warm:,.0f} when warm)" for name, other in others.items())
    print(f"{kind}, {letters:,} letters: {first:.3f} ms a letter, its layouts among them ({warm:.3f} when warm); {beside}")
    print(
        f"    {cold(found):.2f} s from a cold start beyond the imports, {found['load_s']:.2f} of it for loading; "
        f"{found['bytes'] / letters:,.0f} bytes a letter; {found['rss_mib']:.0f} MiB at most; {found['slow']} letters in full layout; "
        f"looked over beforehand in {found['check_ms']:.3f} ms each",
        flush=True,
    )


def cold(found: dict[str, Any]) -> float:
    """Return the seconds of CPU from a cold start beyond the imports."""
    seconds: float = found["load_s"] + found["first_s"]
    return seconds


def measured(kind: str, count: int) -> dict[str, Any]:
    """Return what a process of its own measures."""
    program = [sys.executable, __file__, "--one", kind, "--count", str(count)]
    found: dict[str, Any] = json.loads(subprocess.run(program, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return found


def problems(count: int) -> dict[str, Any]:
    """Look people over; return the rows of those whose letter cannot be set, and the CPU milliseconds a row."""
    press, people = new_press(), recipients(count, SEED, letter=LETTER)
    before = time.process_time()
    rows = [problem.row for problem in press.problems(people)]
    return {"rows": rows, "check_ms": (time.process_time() - before) * 1000 / len(people)}


def drawn(count: int, found: dict[str, Any]) -> Sequence[Recipient]:
    """Return people whose letter can be set, by what was found of them."""
    out = frozenset(found["rows"])
    return [one for one in recipients(count, SEED, letter=LETTER) if one.row not in out]


def new_press() -> Press:
    """Return a press for the letter."""
    library = Library.of(SAMPLES["small"].parent)
    plan = plan_only(load(SAMPLES["small"], library), TODAY)
    return Press(plan, library, TODAY, letter=LETTER, style="house", profile=read_profiles(library)[PROFILE])


def pour(kind: str, count: int) -> dict[str, float]:
    """Pour letters into a file, once from a cold start and once more, and return what that took; in a process of its own."""
    found = measured("problems", count)  # elsewhere, so that this process has loaded and laid out nothing before
    people = drawn(count, found)
    for name in IMPORTS:
        import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        marks = [time.process_time()]
        press = new_press()
        marks.append(time.process_time())
        for run in ("first", "warm"):
            with (Path(folder) / run).open("wb") as out:
                getattr(press, kind)(people, out)
                size = out.tell()
            marks.append(time.process_time())
    peak = int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))[0]) / 1024
    load_s, first_s, warm_s = (after - before for before, after in pairwise(marks))
    said = {"load_s": load_s, "first_s": first_s, "warm_s": warm_s, "letters": len(people), "bytes": size, "rss_mib": peak}
    if kind == "word":  # at once, since a shared machine is quick and slow by turns
        said["docxtpl_ms"] = ms(docxtpl_run(press, people[:50]), 50)
    return said | {"slow": press.slow, "check_ms": found["check_ms"]}


def command(count: int) -> dict[str, float]:
    """Run 'letters make' on a list of patients and return what that took beyond the imports; in a process of its own."""
    for name in IMPORTS:
        import_module(name)
    from migpack.cli import main as program

    with tempfile.TemporaryDirectory() as folder:
        practice = Path(shutil.copytree(SAMPLES["small"].parent, Path(folder) / "practice")) / SAMPLES["small"].name
        listed = write_list(Path(folder) / "patients.csv", invented(count, SEED))
        asked = ["letters", "make", str(practice), str(listed), "--profile", PROFILE, "--letter", LETTER, "--draft", "--out", folder]
        before = time.process_time()
        program(asked, standalone_mode=False)
        seconds = time.process_time() - before
        (receipt,) = Path(folder).rglob("run.json")
        return {"cpu_s": seconds, "letters": sum(json.loads(receipt.read_text("utf-8"))["letters"].values())}


def fifty(html: str) -> None:
    """Make 50 letters in one document of WeasyPrint."""
    start, rest = html.split("<body", 1)
    head, body = rest.split(">", 1)
    words = body.removesuffix("</html>").rpartition("</body>")[0]
    one = f'<div style="break-before: page; position: relative; padding-top: 91mm">{words}</div>'
    whole = f"{start}<body{head} style='padding-top: 0'>{one * 50}</body></html>"
    printer = Printer(lambda name: Library.of(None).read(f"templates/{name}"))
    document = printer.lay_out_html(whole, "fifty", forms=False)
    printer.write(document, name="fifty", identity=whole, codes={})


def typst_run(html: str, people: Sequence[Recipient], count: int) -> Callable[[], bytes]:
    """Return a run of Typst over the same words for so many people."""
    import typst

    tree = read(html, LETTER)
    words = "\n\n".join(filter(None, map(typst_words, tree.blocks)))
    rows = [{"name": one.address[0], "address": "\n".join(one.address)} for one in people]
    source = TYPST.replace("WORDS", words).replace("ROWS", json.dumps((rows * (count // len(rows) + 1))[:count], ensure_ascii=False))
    folder = Path(tempfile.mkdtemp())
    (folder / "letters.typ").write_text(source.split("DATA")[0], "utf-8")
    (folder / "rows.json").write_text(source.split("DATA")[1], "utf-8")
    fonts = [str(Library.of(None).find(f"templates/{FONTS[0]}").parent)]
    return lambda: typst.compile(str(folder / "letters.typ"), font_paths=fonts, ignore_system_fonts=True)


def docxtpl_run(press: Press, people: Sequence[Recipient]) -> Callable[[], None]:
    """Return a run of docxtpl over the same letter for these people."""
    from docxtpl import DocxTemplate

    marks = tuple(f"{{{{ line_{number} }}}}" for number in range(6))
    first = people[0]
    template = press.full_word(replace(first, address=marks, values=dict.fromkeys(first.values, "{{ line_0 }}")))

    def run() -> None:
        for one in people:
            letter = DocxTemplate(io.BytesIO(template))
            letter.render({f"line_{number}": line for number, line in enumerate((*one.address, "", "", "")[:6])}, autoescape=True)
            letter.save(io.BytesIO())

    return run


TYPST = """#let foot = context align(center, text(8pt)[Page #counter(page).display()])
#set page(paper: "a4", margin: (x: 15mm, top: 15mm, bottom: 20mm), footer: foot)
#set text(font: "Liberation Sans", size: 12pt, lang: "en", region: "GB")
#for row in json("rows.json") [
  #place(top + left, dx: 10mm, dy: 25mm, text(10pt, row.address))
  #v(80mm)
  Dear #row.name

WORDS
  #pagebreak(to: "odd", weak: true)
]
DATAROWS"""


def typst_words(block: b.Block) -> str:
    """Return a block of the letter in Typst's own marks; the address and greeting are the template's."""
    match block:
        case b.Heading():
            return f"  == {typst_text(block.content)}"
        case b.Paragraph():
            text = typst_text(block.content)
            return "" if text.startswith("Dear") else f"  {text}"
        case b.List():
            return "\n".join(f"  - {' '.join(map(typst_words, item.blocks)).strip()}" for item in block.items)
        case b.Group():
            return "" if block.kind == "recipient" else "\n\n".join(map(typst_words, block.blocks))
        case _:
            return ""


def typst_text(content: b.Inlines) -> str:
    """Return words with Typst's signs escaped."""
    return "".join(f"\\{letter}" if letter in "\\#*_@$<>`~[]" else letter for letter in " ".join(b.plain(content).split()))


if __name__ == "__main__":
    main()

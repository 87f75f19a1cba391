"""What building costs: start-up, each stage, the PDF and Word halves, the naive way beside ours; and how well scans of
paper are read. Ratios are within one run.

Run by `make bench`. CPU seconds count this process and its children; wall seconds are the clock's.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import bench_paper
import samples
from migpack import FORMATS, markup
from migpack.library import Library
from migpack.load import load
from migpack.manifest import NOTHING
from migpack.pack import Prepared, build, pack_folder, plan_only, prepare
from migpack.plan import Wanted


def cpu() -> float:
    """Return the CPU seconds spent so far by this process and by children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def cost(work: Callable[[], Any], times: int = 1) -> tuple[float, float, Any]:
    """Return CPU and wall seconds of one run (the least of `times`), and what the last one returned."""
    best_cpu = best_wall = float("inf")
    result = None
    for _ in range(times):
        before, started = cpu(), time.perf_counter()
        result = work()
        best_cpu, best_wall = min(best_cpu, cpu() - before), min(best_wall, time.perf_counter() - started)
    return best_cpu, best_wall, result


def say(what: str, cpu_s: float, wall_s: float, note: str = "") -> None:
    """Print one line of figures."""
    print(f"{what:<46}{cpu_s:8.3f} s CPU{wall_s:9.3f} s wall   {note}")


def python(code: str) -> Callable[[], Any]:
    """Return a run of some code in a fresh interpreter."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def start_up() -> None:
    """Compare --help with importing click alone."""
    click_cpu, click_wall, _ = cost(python("import click"), 10)
    help_cpu, help_wall, _ = cost(python("from migpack.cli import main; main(['--help'], standalone_mode=False)"), 10)
    say("python -c 'import click'", click_cpu, click_wall)
    say("migpack --help", help_cpu, help_wall, f"x{help_cpu / click_cpu:.2f} of importing click")


def stages(path: Path) -> Prepared:
    """Print the cost of thinking a pack through."""
    library = Library.of(path.parent)
    spent = cost(lambda: load(path, library), 3)
    say("load (practice file and library)", *spent[:2])
    case = spent[2]
    spent = cost(lambda: plan_only(case, samples.TODAY), 3)
    say("check and plan", *spent[:2], f"{len(spent[2].tasks)} tasks, {len(spent[2].documents)} documents")
    spent = cost(lambda: prepare(case, library, samples.TODAY, Wanted()), 3)
    say("prepare (check, plan, render, proof)", *spent[:2])
    prepared: Prepared = spent[2]
    return prepared


def halves(prepared: Prepared) -> None:
    """Print what the PDF and the Word half cost in one process, and the naive way of each."""
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration

    from migpack.write.pdf import Printer
    from migpack.write.word import WordWriter

    def read(name: str) -> bytes:
        return prepared.library.read(f"templates/{name}")

    pdfs = [page for page in prepared.pages if "pdf" in page.document.formats]
    words = [page for page in prepared.pages if "docx" in page.document.formats]
    printer, writer = Printer(read), WordWriter(read)
    printer.print(min(pdfs, key=lambda page: len(page.html)))
    pdf_cpu, pdf_wall, made = cost(lambda: [printer.print(page) for page in pdfs])
    sheets = sum(artefact.pages for artefact in made)
    say(f"PDF half: {len(pdfs)} files, {sheets} pages", pdf_cpu, pdf_wall, f"{1000 * pdf_cpu / sheets:.0f} ms a page")
    word_cpu, word_wall, _ = cost(lambda: [writer.write(page, markup.read(page.html, page.document.id)) for page in words])
    say(f"Word half: {len(words)} files", word_cpu, word_wall, f"x{word_cpu / pdf_cpu:.2f} of the PDF half")

    def naive() -> None:
        for page in pdfs:
            fresh = Printer(read)  # parses every style sheet and loads every font again
            HTML(string="<p>x", url_fetcher=fresh._fetch).render(font_config=FontConfiguration())
            fresh.print(page)

    naive_cpu, naive_wall, _ = cost(naive)
    say("PDF half, nothing shared between documents", naive_cpu, naive_wall, f"ours is x{pdf_cpu / naive_cpu:.2f} of it")


def whole(prepared: Prepared, folder: Path) -> None:
    """Print what a whole build costs with one process and with two."""
    for jobs in (1, 2):
        for formats, name in ((frozenset(FORMATS), "whole pack"), (frozenset({"docx"}), "Word only")):
            target = folder / f"{jobs}-{name.split()[0]}"
            cpu_s, wall_s, made = cost(lambda: list(build(prepared, target, last=NOTHING, formats=formats, jobs=jobs)))  # noqa: B023
            say(f"build, {name}, jobs {jobs}", cpu_s, wall_s, f"{len(made)} files, {sum(len(a.data) for a in made) / 1e6:.1f} MB")


def rebuilds(path: Path, folder: Path) -> None:
    """Print what building again costs, as a person does it: with nothing changed, and with one fact changed."""
    practice = folder / "practice"
    shutil.copytree(path.parent, practice)
    file, today = practice / path.name, str(samples.TODAY)
    command = [sys.executable, "-m", "migpack", "build", str(file), "--out", str(folder / "again"), "--today", today, "--jobs", "2"]

    def run() -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]

    whole_cpu, whole_wall, said = cost(run)
    say("migpack build, first time", whole_cpu, whole_wall, said.split(" in ")[0])
    again_cpu, again_wall, said = cost(run)
    say("migpack build, nothing changed", again_cpu, again_wall, f"{again_cpu / whole_cpu:.1%} of the first; {_anew(said)}")
    text = file.read_text("utf-8")
    file.write_text(text.replace("name: Sunil Tern", "name: Sunil Gull"), "utf-8")
    fact_cpu, fact_wall, said = cost(run)
    say("migpack build, one contact's name changed", fact_cpu, fact_wall, f"{fact_cpu / whole_cpu:.1%} of the first; {_anew(said)}")


def _anew(said: str) -> str:
    return said.partition("(")[2].partition(",")[0] or said


def main() -> None:
    """Print all figures for the rich sample."""
    start_up()
    path = samples.SAMPLES["rich"]
    prepared = stages(path)
    with tempfile.TemporaryDirectory() as folder:
        whole(prepared, Path(folder))
        rebuilds(path, Path(folder))
    halves(prepared)
    bench_paper.main()
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"peak memory: {own:.0f} MiB here, {child:.0f} MiB in the largest child ({pack_folder(prepared.plan.case, Path('output'))})")


if __name__ == "__main__":
    main()

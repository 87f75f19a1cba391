"""Sample packs → the verdict of judges that are not ours, as a table; ends with 1 when any of them finds fault.

usage: python tests/verify.py [PACK FOLDER …]     without folders, the sample packs are built and judged

The judges: the Open XML SDK (is the Word file sound), LibreOffice (does it open, and is it accessible when
exported), page-validation (is the PDF PDF/UA-1), poppler (is the PDF tagged, titled and readable with its own fonts).
`make verify` installs them. Never reads migpack's own code: it sees files, as a recipient does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import page
import pypdf

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ("small", "rich", "minimal")
VALIDATOR = ROOT / ".venv/judge/node_modules/.bin/ooxml-validator"
PDF_UA = 'pdf:writer_pdf_Export:{"PDFUACompliance":{"type":"boolean","value":"true"}}'
# As the fonts call themselves: Droid Sans Fallback is so in DroidSansFallbackFull.ttf.
OUR_FONTS = tuple({file.stem.partition("-")[0].removesuffix("Full") for file in (ROOT / "templates/styles/fonts").glob("*.ttf")})
OFFICE_BATCH = 40  # files a run: LibreOffice keeps what it has opened, and one file that kills it costs only its batch
OFFICE_TIMEOUT_S = 600
# LibreOffice 7.4 loses the tags of the rows after some page breaks where rows may not split. A file with this fault is judged once more
# with rows that may: what is left then is the file's own.
LOST_ROWS = "TABLE-ROW-COLUMNSPAN"
SHOWN_FAULTS = 200

Fault = str
Finder = Callable[[list[Path]], dict[Path, list[Fault]]]


@dataclass(frozen=True)
class Judge:
    """Who judges which files, and what it is asked."""

    name: str
    asked: str
    suffixes: tuple[str, ...]
    find: Finder


def main(folders: list[str]) -> int:
    """Judge the given folders, or the sample packs built into a temporary folder; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="migpack-verify-") as temporary:
        packs = [Path(folder) for folder in folders] or [build(sample, Path(temporary)) for sample in SAMPLES]
        faults = [*absent(packs), *judge(packs)]
    for fault in faults[:SHOWN_FAULTS]:
        say(f"  {fault}")
    if faults[SHOWN_FAULTS:]:
        say(f"  and {len(faults) - SHOWN_FAULTS} more")
    say(f"{len(faults)} faults" if faults else "Every judge is content.")
    return 1 if faults else 0


def build(sample: str, folder: Path) -> Path:
    """Build the pack of a shipped sample into `folder`, as a person would."""
    practice = ROOT / "templates/samples" / sample / "practice.yaml"
    out = folder / sample
    done = _run([sys.executable, "-m", "migpack", "build", str(practice), "--out", str(out), "--today", "2026-11-23"], cwd=folder)
    if done.returncode:
        say(done.stdout + done.stderr)
        sys.exit(f"the pack of the sample practice '{sample}' could not be built")
    return out


def absent(packs: list[Path]) -> list[Fault]:
    """Return a fault for each pack without Word or PDF files: judges who were shown nothing prove nothing."""
    return [f"{pack}: there is no {kind} file to judge" for pack in packs for kind in (".docx", ".pdf") if not files_of([pack], (kind,))]


def judge(packs: list[Path]) -> list[Fault]:
    """Ask every judge about its files; print a line for each, and return all faults with the file they are in."""
    base = Path(os.path.commonpath([pack.resolve().parent for pack in packs]))
    faults: list[Fault] = []
    say(f"{'judge':16} {'asked':52} {'files':>5} {'bad':>4} {'seconds':>8}")
    for who in JUDGES:
        files = files_of(packs, who.suffixes)
        start = time.monotonic()
        found = {file: told for file, told in who.find(files).items() if told} if files else {}
        say(f"{who.name:16} {who.asked:52} {len(files):5} {len(found):4} {time.monotonic() - start:8.1f}")
        faults += [f"{file.resolve().relative_to(base)}: {who.name}: {fault}" for file, told in found.items() for fault in told]
    return faults


def files_of(packs: list[Path], suffixes: tuple[str, ...]) -> list[Path]:
    """Return the files of these kinds in the packs, in a steady order."""
    return sorted(file for pack in packs for file in pack.rglob("*") if file.suffix in suffixes and file.is_file())


def sound(files: list[Path]) -> dict[Path, list[Fault]]:
    """Ask the Open XML SDK; it takes one file a call."""
    return in_parallel(_sdk_faults, files)


def exported(files: list[Path]) -> dict[Path, list[Fault]]:
    """Have LibreOffice open each file and export it to PDF/UA, some in one run, and check what comes out."""
    batches = [files[start : start + OFFICE_BATCH] for start in range(0, len(files), OFFICE_BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return {file: faults for batch in pool.map(_export, batches) for file, faults in batch.items()}


def accessible(files: list[Path]) -> dict[Path, list[Fault]]:
    """Check each PDF against PDF/UA-1."""
    return in_parallel(_ua_faults, files)


def described(files: list[Path]) -> dict[Path, list[Fault]]:
    """Ask pdfinfo whether each PDF is tagged and titled, and its catalogue for the language."""
    return in_parallel(_info_faults, files)


def own_fonts(files: list[Path]) -> dict[Path, list[Fault]]:
    """Ask pdffonts whether each font is embedded, and one that migpack ships."""
    return in_parallel(_font_faults, files)


def in_parallel(find: Callable[[Path], list[Fault]], files: list[Path]) -> dict[Path, list[Fault]]:
    """Ask about the files side by side; the judges are other processes."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(files, pool.map(find, files), strict=True))


def say(text: str) -> None:
    """Print now, also into a file or a pipe."""
    print(text, flush=True)


JUDGES = (
    Judge("Open XML SDK", "is the file sound for Microsoft 365?", (".docx",), sound),
    Judge("LibreOffice", "does it open, and export as accessible PDF/UA-1?", (".docx",), exported),
    Judge("page-validation", "is it PDF/UA-1?", (".pdf",), accessible),
    Judge("pdfinfo", "is it tagged, with title and language en-GB?", (".pdf",), described),
    Judge("pdffonts", "is every font embedded, and one that comes with migpack?", (".pdf",), own_fonts),
)


def _sdk_faults(file: Path) -> list[Fault]:
    done = _run([str(VALIDATOR), str(file)], env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"})
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return [f"no answer: {(done.stderr or done.stdout).strip()[:300]}"]
    faults = [f"{error['description']} ({error['path']} {error['xPath']})" for error in told["errors"]]
    return faults or ([] if told["ok"] is True and done.returncode == 0 else [f"not sound: {done.stdout.strip()[:300]}"])


def _export(files: list[Path]) -> dict[Path, list[Fault]]:
    with tempfile.TemporaryDirectory(prefix="migpack-office-") as temporary:
        folder = Path(temporary)
        numbered = {file: folder / f"{number:03}{file.suffix}" for number, file in enumerate(files)}  # two packs hold equal names
        for file, copy in numbered.items():
            shutil.copyfile(file, copy)
        says = _office(numbered.values(), folder)
        found = {file: _export_faults(copy.with_suffix(".pdf"), says) for file, copy in numbered.items()}
        again = [numbered[file] for file, faults in found.items() if any(LOST_ROWS in fault for fault in faults)]
        if again:
            for copy in again:
                _let_rows_split(copy)
            says = _office(again, folder)
            found |= {file: _export_faults(copy.with_suffix(".pdf"), says) for file, copy in numbered.items() if copy in again}
        return found


def _let_rows_split(file: Path) -> None:
    """Let the rows of a Word file's tables break over pages."""
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:cantSplit/>", b"")
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)


def _office(files: Iterable[Path], folder: Path) -> str:
    profile = (folder / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", PDF_UA, "--outdir", str(folder)]
    try:
        return _run([*command, *map(str, files)], timeout=OFFICE_TIMEOUT_S).stderr.strip()
    except subprocess.TimeoutExpired:
        return f"no answer in {OFFICE_TIMEOUT_S} seconds"


def _export_faults(pdf: Path, says: str) -> list[Fault]:
    return _ua_faults(pdf) if pdf.exists() else [f"could not open or export it {says[-300:]}".strip()]


def _ua_faults(file: Path) -> list[Fault]:
    try:
        report = page.validate_pdf(file, profile="ua1")
    except Exception as error:  # a judge that cannot read the file has found fault with it
        return [f"cannot be read: {error}"]
    if report.is_compliant:
        return []
    return sorted({f"{failure.rule_id} {failure.message}" for failure in report.failures})[:5] or ["not PDF/UA-1"]


def _info_faults(file: Path) -> list[Fault]:
    done = _run(["pdfinfo", "-enc", "UTF-8", str(file)])
    if done.returncode:
        return [" ".join(done.stderr.split())]
    told = {key: value.strip() for key, _, value in (line.partition(":") for line in done.stdout.splitlines())}
    faults = [] if told.get("Tagged") == "yes" else ["not tagged"]
    faults += [] if told.get("Title") else ["no title"]
    language = pypdf.PdfReader(file).root_object.get("/Lang")
    return faults if language == "en-GB" else [*faults, f"language {language}"]


def _font_faults(file: Path) -> list[Fault]:
    done = _run(["pdffonts", str(file)])
    head, ruler, *rows = done.stdout.splitlines() or ["", ""]
    columns = [(match.start(), match.end()) for match in re.finditer(r"-+", ruler)]
    names = head.split()
    if done.returncode or not {"name", "emb"} <= set(names):
        return [f"no answer: {' '.join(done.stderr.split())[:300]}"]
    faults = []
    for row in rows:
        name = row[slice(*columns[0])].strip()
        embedded = row[slice(*columns[names.index("emb")])].strip()
        base = re.sub(r"^[A-Z]{6}\+", "", name).replace("-", "")
        if embedded != "yes" or not base.startswith(OUR_FONTS):
            faults.append(f"{name}, embedded: {embedded}")
    return faults


def _run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

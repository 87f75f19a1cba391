"""Files and folders in, what was found in each out; a file that cannot be read is told and the rest is read all the same.

Each file is read in a process with limits, since it came by e-mail. Its kind is known by its first bytes, never by its name.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from migpack.collect.answers import CROPS, File
from migpack.collect.guard import guarded
from migpack.collect.returned import Found, NoForm, Unreadable
from migpack.fillable import NAME as FORMS
from migpack.fillable import IssuedForm
from migpack.manifest import ISSUED
from migpack.manifest import NAME as MANIFEST
from migpack.problems import CannotRun, Place, mistake
from migpack.record import NAME as RECORD

MOST_BYTES = 200_000_000  # a long scan in colour
SECONDS, MEGABYTES = 60.0, 1500
SCAN_SECONDS, SCAN_MEGABYTES = 900.0, 6000
# What is taken from a folder; the second line are files that people send all the same, and that are refused with a reason.
_ENDINGS = frozenset(
    ".pdf .docx .docm .xlsx .xlsm .png .jpg .jpeg .tif .tiff .json"
    " .doc .rtf .odt .pages .xls .ods .csv .numbers .heic .gif .bmp .webp .zip .eml .msg".split()
)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_OLE = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Read:
    """A returned file with what was found in it, or why it could not be read."""

    file: File
    found: tuple[Found, ...] = ()
    problem: str = ""


def gather(paths: Iterable[Path], forms: Mapping[str, IssuedForm], today: dt.date) -> Iterator[Read]:
    """Yield each file of these files and folders as it is read.

    Args:
        forms: the forms of the pack as they were issued, by code.
        today: the day of reading.

    Raises:
        Mistakes: a path that was named does not exist.
    """
    pictures: dict[Path, list[Path]] = {}
    for path in _files(paths):
        try:
            with path.open("rb") as file:
                is_picture = file.read(4).startswith(_PICTURES)
        except OSError as error:
            yield _closed(path.name, error, today)
            continue
        if is_picture:
            pictures.setdefault(path.parent, []).append(path)
        else:
            yield _read([path], forms, today)
    for together in pictures.values():
        yield _read(together, forms, today)


def _read(paths: Sequence[Path], forms: Mapping[str, IssuedForm], today: dt.date) -> Read:
    """Read a file, or the pictures of a folder, which are one scan."""
    name = ", ".join(path.name for path in paths)
    try:
        saved = min(today, *(dt.date.fromtimestamp(path.stat().st_mtime) for path in paths))
        size = sum(path.stat().st_size for path in paths)
        if size > MOST_BYTES:
            return Read(File(name, "", saved, today), problem=f"this is {size / 1e6:.0f} MB \N{EM DASH} send it in parts")
        data = {path.name: path.read_bytes() for path in paths}
    except OSError as error:
        return _closed(name, error, today)
    hashes = [hashlib.sha256(part).hexdigest() for part in data.values()]
    file = File(name, hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest(), saved, today)
    try:
        return Read(file, read(data, forms))
    except (Unreadable, CannotRun) as error:
        return Read(file, problem=str(error))


def _closed(name: str, error: OSError, today: dt.date) -> Read:
    why = f"it cannot be opened ({error.strerror}) \N{EM DASH} close it elsewhere, and check who may read it"
    return Read(File(name, "", today, today), problem=why)


def read(files: Mapping[str, bytes], forms: Mapping[str, IssuedForm]) -> tuple[Found, ...]:
    """Return what is found in a file, or in the pictures of one scan.

    Raises:
        Unreadable: it cannot be read, or is of no kind that is read here.
        CannotRun: it is a scan, and this machine lacks what reads scans.
    """
    from migpack.collect import pdf, review, tracker, word

    data = next(iter(files.values()))
    if not data:
        raise Unreadable("the file is empty \N{EM DASH} send it again")
    if data.startswith(_PICTURES):
        return _scan(files, forms)
    if b"%PDF-" in data[:1024]:
        try:
            return (guarded(pdf.read_pdf, data, seconds=SECONDS, megabytes=MEGABYTES),)
        except NoForm:
            return _scan(files, forms)
    if data.startswith(b"PK") and b"xl/workbook" in data:
        return (guarded(tracker.read_tracker, data, seconds=SECONDS, megabytes=MEGABYTES),)
    if data.startswith(_OLE):
        what = "the file has a password, or is of an old kind (.doc, .xls, .msg)"
        raise Unreadable(f"{what} \N{EM DASH} save it as a .docx or .xlsx without a password and send that")
    if data.startswith(b"PK"):
        return (guarded(word.read_word, data, forms, seconds=SECONDS, megabytes=MEGABYTES),)
    if data.lstrip()[:1] == b"{":
        return (guarded(review.read_review, data, seconds=SECONDS, megabytes=MEGABYTES),)
    what = "this is no PDF, Word file (.docx), tracker (.xlsx) or scan (PDF, PNG, JPEG, TIFF)"
    raise Unreadable(f"{what} \N{EM DASH} save it as one of these and send that")


def _scan(files: Mapping[str, bytes], forms: Mapping[str, IssuedForm]) -> tuple[Found, ...]:
    from migpack.collect import paper

    return guarded(paper.read_scans, files, forms, seconds=SCAN_SECONDS, megabytes=SCAN_MEGABYTES)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the named files, and of folders those that could be returns; each once."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise mistake(Place(str(path)), "there is no such file or folder", "check the name")
        for file in sorted(filter(_may_be_return, path.rglob("*"))) if path.is_dir() else [path]:
            if file.is_file() and file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _may_be_return(path: Path) -> bool:
    """Say whether a file in a folder could be a return: what 'collect' has put beside a record is none, nor what a pack says of itself."""
    if path.name in (FORMS, MANIFEST, ISSUED):
        return False
    kept = path.parent.name == CROPS and (path.parent.parent / RECORD).exists()
    return path.suffix.lower() in _ENDINGS and not path.name.startswith((".", "~$")) and not kept

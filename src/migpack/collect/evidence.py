"""A plan, its pack and the record in, one folder for the sign-off out: what was issued, what came back, what was done, what is open.

`index.html` and `evidence.json` say the same. Final documents are copied as they were issued, returned files as they were read: by their
hash, never otherwise. The folder is built beside its target and swapped in whole, for its owner only. Never copies or names a file that
may hold patients' details; where it is not known what a file holds, it may.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migpack import __version__
from migpack.fillable import read_forms
from migpack.go_no_go import REPLIES
from migpack.library import Library
from migpack.manifest import NOTHING, Last, digest
from migpack.model import Plan
from migpack.pack import pack_folder
from migpack.problems import Place, mistake
from migpack.record import Record, Return
from migpack.render import render_web_page
from migpack.screen import status_as_data
from migpack.status import STATES, Status, make_status
from migpack.told import KINDS, Tellings
from migpack.write.folder import cannot_write, swap_in

NAME = "evidence.json"
RETURNED = "returned"  # the folder beside the practice file in which returned files are kept
CUSTODY = "May hold patients' details: not copied. It stays locked away in the practice until the practice destroys it."
_MARK = ".migpack-evidence-"


@dataclass(frozen=True)
class Evidence:
    """What goes into the folder: the facts, how far the practice is, and the copies by their path in the folder."""

    data: Mapping[str, Any]
    status: Status
    copies: Mapping[str, bytes]

    @property
    def issued(self) -> list[Mapping[str, Any]]:
        """The files of final documents."""
        return [entry for entry in self.data["issued"] if entry["final"]]

    @property
    def returned(self) -> list[Mapping[str, Any]]:
        """The files that came back."""
        return [entry for entry in self.data["returned"] if entry["sha256"]]


def gather_evidence(plan: Plan, last: Last, pack: Path, today: dt.date) -> Evidence:
    """Return what a practice can show for its sign-off.

    Args:
        plan: with the record in its case.
        last: what the manifest of the pack says.
        pack: the pack's own folder.
        today: the day that counts for what is overdue.

    Raises:
        Mistakes: there is no pack.
    """
    if last is NOTHING:
        raise mistake(Place(str(pack)), "there is no pack here", "build it first, or name where its folder is with --pack")
    case, copies = plan.case, dict[str, bytes]()
    private = _private(plan, pack)
    record = _without_names(case.record, private)
    status = make_status(replace(plan, case=replace(case, record=record)), today)
    titles = {document.id: document.title for document in plan.every_document}
    approvals = {rule.id: rule.title for rule in case.content.catalogue.approvals}
    return Evidence(
        {
            "program": f"migpack {__version__}",
            "made_on": today,
            "practice": {"name": case.file.practice.name, "ods_code": case.file.practice.ods_code},
            "made_from": {entry.name: entry.sha256 for entry in case.inputs if not entry.name.startswith(("templates/", "checklists/"))},
            "issued": list(_issued(last, pack, titles, copies)),
            "returned": list(_returned(record, private, Path(case.name).parent, titles, copies)),
            "rules": [
                {"id": one.id, "title": one.rule.title, "weight": one.rule.weight, "says": one.says}
                | ({"by": one.accepted.by, "on": one.accepted.on, "reason": one.accepted.reason} if one.accepted else {})
                for one in plan.broken
            ],
            "approvals": [
                {"id": id, "title": approvals[id], "by": one.by, "role": one.role or "", "on": one.on, "code": one.code,
                 "stands": one.code == plan.approval_codes[id]}
                for id, one in case.file.approvals.items()
            ],
        },
        status,
        copies,
    )  # fmt: skip


def write_evidence(evidence: Evidence, plan: Plan, library: Library, today: dt.date, out: Path) -> Path:
    """Write the folder below `out` and return it.

    Raises:
        Mistakes: it cannot be written, or somebody has changed what stands there.
    """
    target = out / f"evidence-{pack_folder(plan.case, out).name}-{today}"
    _refuse_changed(target)
    shown = {"evidence": evidence.data, "status": evidence.status, "states": STATES, "replies": REPLIES, "kinds": KINDS}
    page = render_web_page(plan, library, today, "evidence/index.html", "Evidence for the sign-off", shown)
    files = {**evidence.copies, "index.html": page.encode()}
    hashes = {path: digest(files[path]) for path in sorted(files)}
    data = {**evidence.data, "status": status_as_data(evidence.status), "files": hashes}
    files[NAME] = (json.dumps(data, indent=1, ensure_ascii=False, default=str) + "\n").encode()
    staged = target.with_name(f"{_MARK}{target.name}-{os.getpid()}")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for left in out.glob(f"{_MARK}{target.name}-*"):
            shutil.rmtree(left, ignore_errors=True)
        staged.mkdir(mode=0o700)
        for path, content in files.items():
            _write(staged, path, content)
        swap_in(staged, target)
    except OSError as error:
        raise cannot_write(target, error) from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return target


def _private(plan: Plan, pack: Path) -> frozenset[str]:
    """Return the hashes of returned files that hold, or may hold, patients' details.

    A scan does when any of its documents does, or when a sheet of it could not be read.
    """
    forms = read_forms(pack)
    known = {spec.id: spec.holds_patient_data for spec in plan.case.content.catalogue.documents}

    def may_hold(entry: Return) -> bool:
        form = forms.get(entry.code)
        of_patients = known.get(entry.document.partition(".")[0], True) or (form is not None and form.holds_patient_data)
        return of_patients or entry.partly_read

    return frozenset(entry.sha256 for entry in plan.case.record.returns if entry.sha256 and may_hold(entry))


def _without_names(record: Record, private: frozenset[str]) -> Record:
    """Return the record without the names of files that may hold patients' details: such a name may be a patient's."""
    returns = tuple(entry.model_copy(update={"file": ""}) if entry.sha256 in private else entry for entry in record.returns)
    return record.model_copy(update={"returns": returns})


def _issued(last: Last, pack: Path, titles: Mapping[str, str], copies: dict[str, bytes]) -> Iterator[dict[str, Any]]:
    for path, entry in sorted(last.files.items()):
        id = str(entry.get("document", ""))
        if not id:
            continue
        document = last.documents.get(id, {})
        final, found = bool(document.get("final")), _read(pack, path)
        kept, paths = "not final", list[str]()
        if final and found is None:
            kept = "missing from the pack"
        elif final and found is not None and digest(found) != entry.get("sha256"):
            kept = "changed by hand"
        elif final and found is not None:
            kept, paths = "copied", [f"issued/{path}"]
            copies[paths[0]] = found
        yield {
            "document": id, "title": document.get("title") or titles.get(id, id), "version": document.get("version", ""), "final": final,
            "file": path, "sha256": entry.get("sha256", ""), "kept": kept, "copies": paths,
        }  # fmt: skip


def _returned(
    record: Record, private: frozenset[str], folder: Path, titles: Mapping[str, str], copies: dict[str, bytes]
) -> Iterator[dict[str, Any]]:
    told = Tellings(record)
    where: dict[str, tuple[str, list[str]]] = {}
    for entry in record.returns:
        if entry.sha256 not in where:
            where[entry.sha256] = _keep(entry, private, folder, copies)
        kept, paths = where[entry.sha256] if entry.sha256 else ("a person's decision", [])
        yield {
            "id": entry.id, "document": entry.document, "title": titles.get(entry.document, entry.document), "version": entry.version,
            "code": entry.code, "medium": entry.medium, "file": entry.file, "sha256": entry.sha256, "dated": entry.dated,
            "read_on": entry.read_on, "confirmed_by": entry.confirmed_by, "confirmed_on": entry.confirmed_on,
            "notes": list(entry.notes), "kept": kept, "copies": paths,
            "signed": [
                {"field": one.field, "by": told.words(f"{one.field.rpartition('.')[0]}.name") or one.by, "state": one.state, "on": one.on}
                for one in entry.signatures
            ],
        }  # fmt: skip


def _keep(entry: Return, private: frozenset[str], folder: Path, copies: dict[str, bytes]) -> tuple[str, list[str]]:
    """Copy a returned file where it may be copied; return what became of it, and its copies."""
    if entry.sha256 in private:
        return CUSTODY, []
    changed = False
    for place in (folder, folder / RETURNED):
        for names in ([entry.file], entry.file.split(", ")):  # the pictures of one scan are named together
            found = [data for name in names if (data := _read(place, name)) is not None]
            if len(found) < len(names):
                continue
            if _hash(found) == entry.sha256:
                many = len(names) > 1
                paths = [f"returned/{entry.id}-{f'{n}-' if many else ''}{_safe(name)}" for n, name in enumerate(names, 1)]
                copies.update(zip(paths, found, strict=True))
                return "copied", paths
            changed = True
    return ("changed since it was read" if changed else f"not found beside the practice file or in {RETURNED}/"), []


def _hash(parts: Iterable[bytes]) -> str:
    """Return the hash under which a file, or the pictures of one scan, went into the record."""
    hashes = [digest(part) for part in parts]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def _read(folder: Path, name: str) -> bytes | None:
    """Return a file inside a folder; None where there is none, or the name leads out of the folder."""
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        return None
    try:
        return (folder / path).read_bytes() if (folder / path).is_file() else None
    except OSError:
        return None


def _safe(name: str) -> str:
    """Return a file name that every system can have."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-60:].lstrip("-.") or "file"


def _refuse_changed(target: Path) -> None:
    """Refuse to replace a folder in which somebody has put or changed something."""
    if not target.exists():
        return
    try:
        made: Mapping[str, str] = json.loads((target / NAME).read_text("utf-8"))["files"]
        there = {path.relative_to(target).as_posix(): path for path in sorted(target.rglob("*")) if path.is_file()}
        theirs = [name for name, path in there.items() if name != NAME and digest(path.read_bytes()) != made.get(name)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise mistake(Place(str(target)), "this is no folder that 'migpack evidence' made", "name another folder with --out") from None
    if theirs:
        what = f"somebody has changed or added '{theirs[0]}' here"
        raise mistake(Place(str(target)), what, "move that folder away, or name another with --out")


def _write(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    for parent in reversed(path.relative_to(folder).parents[:-1]):
        (folder / parent).mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)

"""A built pack in, an issue out: a read-only copy of it under the next number, with a list of hashes; and the list of all issues.

`<pack>-issued/0001-2026-11-26/` holds the files, manifest.json and issued.json. What is issued is what stands in the pack's folder, so one
that is not made from the practice file as it is now, or not whole, is refused. A file that may hold patients' details because somebody
wrote in it is listed by its hash and never copied.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migpack.compare import told_facts
from migpack.forms import WordForm, render_forms
from migpack.library import Library
from migpack.manifest import ISSUED, NAME, Last, digest, issue_folders, issue_read, issues_folder, read_last
from migpack.model import Case, Page, Plan
from migpack.pack import changes_of, full_plan
from migpack.problems import Mistakes, Place, Problem, mistake
from migpack.render import render
from migpack.write.earlier import Earlier
from migpack.write.folder import cannot_write, changed_files

_READ_ONLY = 0o444
_ANY_DAY = ("overview", "print_pack")  # say something else on another day, or join what others say


@dataclass(frozen=True)
class Entry:
    """A line of the list of issues."""

    number: int
    on: str
    go_live: str
    files: int
    drafts: int
    edited: int
    changed: str
    folder: Path


def freeze(case: Case, library: Library, folder: Path, today: dt.date, *, as_edited: bool) -> Entry:
    """Copy a pack as it stands to where its issues are kept, read-only, and return its line of the list.

    Args:
        case: the practice file and record as they are now.
        library: by which the pack was made.
        folder: the pack's own folder.
        today: the day of the issue.
        as_edited: files that somebody has changed are issued as they stand.

    Raises:
        Mistakes: there is no pack, it is not whole, not up to date or issued already, or a file was changed.
    """
    held, last = _manifest(folder), read_last(folder)
    number = int(held["issue"])
    if last.before and last.before.number >= number:
        raise mistake(
            Place(str(folder)), f"this pack was issued on {last.before.on} as issue {number}", "build it again before the next issue"
        )
    changed = changed_files(folder, last)
    if problems := list(_missing(folder, last)) or ([] if as_edited else list(_edited(folder, last, changed))):
        raise Mistakes(problems)
    plan = full_plan(case.after(number, last.issued, last.before, last.first))
    built_on = dt.date.fromisoformat(held["built_on"])
    pages, forms = render(plan, library, built_on), render_forms(plan, library, built_on)
    changes = changes_of(plan, library, built_on, pages, forms) if last.before else None
    _refuse_stale(folder, plan, pages, forms, held, Earlier(folder, last, library))
    files = _listed(plan, last, changed)
    issued = {
        "issue": number,
        "issued_on": str(today),
        "built_on": str(built_on),
        "practice": held["practice"],
        "go_live": str(plan.milestones["go_live"].date),
        "changed": changes.line if changes else "the first issue",
        "drafts": sum(not document["final"] for document in held["documents"].values()),
        "files": files,
    }
    target = issues_folder(folder) / f"{number:04}-{today}"
    _copy(folder, target, files, issued)
    return _entry(target)


def history(folder: Path) -> tuple[Entry, ...]:
    """Return the issues of a pack, in the order of their numbers.

    Raises:
        Mistakes: one of them cannot be read.
    """
    return tuple(_entry(path) for path in issue_folders(folder))


def _entry(folder: Path) -> Entry:
    with issue_read(folder) as held:
        files = held["files"].values()
        copied, edited = sum(one["copied"] for one in files), sum(one["edited"] for one in files)
        return Entry(held["issue"], held["issued_on"], held["go_live"], copied, held["drafts"], edited, held["changed"], folder)


def _manifest(folder: Path) -> Mapping[str, Any]:
    try:
        held: Mapping[str, Any] = json.loads((folder / NAME).read_text("utf-8"))
        return held
    except FileNotFoundError:
        raise mistake(Place(str(folder)), "there is no pack here to issue", "build it first with 'migpack build'") from None
    except (OSError, ValueError):
        raise mistake(Place(str(folder / NAME)), "the manifest cannot be read", "build the pack again") from None


def _missing(folder: Path, last: Last) -> Iterator[Problem]:
    for name in last.files:
        if not (folder / name).is_file():
            yield Problem(Place(str(folder / name)), "this file of the pack is gone", "build the pack again")


def _edited(folder: Path, last: Last, changed: Mapping[str, str]) -> Iterator[Problem]:
    for name in changed:
        if name in last.files:
            yield Problem(
                Place(str(folder / name)),
                "somebody has changed this file since it was made",
                "issue it as it stands with --as-edited, or have ours again with 'migpack build … --replace'",
            )


def _refuse_stale(
    folder: Path, plan: Plan, pages: tuple[Page, ...], forms: tuple[WordForm, ...], held: Mapping[str, Any], earlier: Earlier
) -> None:
    """Refuse a pack that lacks a file, or that would be another one if it were built now."""
    there = held["files"]
    lacking = [f"{d.path}.{format}" for d in plan.every_document for format in d.formats if f"{d.path}.{format}" not in there]
    if lacking:
        shown = ", ".join(lacking[:3]) + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")
        raise mistake(Place(str(folder)), f"this pack is not whole: it lacks {shown}", "build it without --only and --format")
    compared = [page for page in pages if page.document.spec.made_by not in (*_ANY_DAY, "changes")]
    stale = {
        page.document.title
        for page in compared
        for format in page.document.formats
        if there[f"{page.document.path}.{format}"].get("made_from") != earlier.made_from(page, format)
    }
    stale |= {form.document.title for form in forms if held["documents"][form.document.id]["content"] != form.content_hash}
    if not stale and held["told"] != dict(told_facts(plan)):
        stale = {"the calendar and the tracker"}
    if stale:
        names = sorted(stale)
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        what = f"this pack is not what the practice file says now: {shown}"
        raise mistake(Place(str(folder)), what, "build it again, look at it, and then issue it")


def _listed(plan: Plan, last: Last, changed: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return each file of the issue: its hash as it stands, whether somebody changed it, and whether it is copied."""
    specs = {spec.id: spec for spec in plan.case.content.catalogue.documents}
    files = {}
    for name, entry in sorted(last.files.items()):
        if "beside" not in entry:
            spec = specs.get(str(entry.get("document", "")).partition(".")[0])
            private = spec is not None and (spec.holds_patient_data or spec.made_by == "print_pack")
            files[name] = {
                "sha256": changed.get(name, entry["sha256"]),
                "edited": name in changed,
                "copied": not (private and name in changed),
            }
    return files


def _copy(folder: Path, target: Path, files: Mapping[str, Mapping[str, Any]], issued: Mapping[str, Any]) -> None:
    staged = target.with_name(f".migpack-issue-{target.name}-{os.getpid()}")
    try:
        for name, entry in files.items():
            if entry["copied"]:
                _write(staged / name, (folder / name).read_bytes(), entry["sha256"])
        _write(staged / NAME, (folder / NAME).read_bytes())
        _write(staged / ISSUED, (json.dumps(issued, indent=1, ensure_ascii=False) + "\n").encode())
        staged.rename(target)
    except OSError as error:
        raise cannot_write(target, error) from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _write(path: Path, data: bytes, sha256: str = "") -> None:
    if sha256 and digest(data) != sha256:
        raise mistake(Place(str(path)), "this file was changed while it was being issued", "close it, and issue the pack again")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(_READ_ONLY)

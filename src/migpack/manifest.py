"""What a pack was made from and what is in it: manifest.json, written with the pack and read by the next build.

Every file has its SHA-256, so that a file which a person has changed is known by its hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migpack import __version__
from migpack.compare import milestone_days, party_days, task_days, told_facts
from migpack.forms import WordForm
from migpack.issued import CalendarEvent, IssuedDay, IssuedDocument, IssuedPack
from migpack.model import Artefact, Issued, Page, Plan
from migpack.problems import Place, mistake
from migpack.values import read_moment

NAME = "manifest.json"
ISSUED = "issued.json"


@dataclass(frozen=True)
class Last:
    """What the last manifest of a folder says, and what was issued before.

    `issue` is the number of the next issue, `issued` the final documents, `files` each file as it was made; `before` is the pack that was
    issued last, `first` the day of each milestone in the issue that had it first.
    """

    issue: int
    issued: Mapping[str, Issued]
    files: Mapping[str, Mapping[str, Any]]
    documents: Mapping[str, Mapping[str, Any]]
    calendar: Mapping[str, CalendarEvent] = field(default_factory=dict)
    before: IssuedPack | None = None
    first: Mapping[str, dt.date] = field(default_factory=dict)


NOTHING = Last(1, {}, {}, {})


def read_last(folder: Path) -> Last:
    """Return what the manifest in a pack's folder says and what was issued from it; `NOTHING` where there is neither.

    Raises:
        Mistakes: a manifest cannot be read.
    """
    path, packs = folder / NAME, read_issues(folder)
    before = packs[-1] if packs else None
    first = {id: day.when.date for pack in reversed(packs) for id, day in pack.milestones.items()}
    next_issue = before.number + 1 if before else 1
    if not path.is_file():
        return Last(next_issue, {}, {}, {}, {}, before, first) if before else NOTHING
    try:
        held = json.loads(path.read_text("utf-8"))
        documents = held["documents"]
        final = {id: Issued(int(d["issue"]), str(d["content"])) for id, d in documents.items() if d.get("final")}
        issue = int(held["issue"])
        issue += issue in {found.issue for found in final.values()}
        events = {id: _event(entry) for id, entry in held.get("calendar", {}).items()}
        return Last(max(issue, next_issue), final, held["files"], documents, events, before, first)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise mistake(
            Place(str(path)), "the manifest of the last pack cannot be read", "move that folder away, or build into another with --out"
        ) from None


def issues_folder(folder: Path) -> Path:
    """Return where the issues of a pack are kept: a folder beside its own."""
    return folder.with_name(f"{folder.name}-issued")


def issue_folders(folder: Path) -> list[Path]:
    """Return the folder of each issue of a pack, in the order of their numbers."""
    found = issues_folder(folder).glob("[0-9]" * 4 + "-*")
    return sorted(path for path in found if (path / ISSUED).is_file())


def read_issues(folder: Path) -> tuple[IssuedPack, ...]:
    """Return the issues of a pack, in the order of their numbers.

    Raises:
        Mistakes: one of them cannot be read.
    """
    return tuple(_read_issue(path) for path in issue_folders(folder))


def _read_issue(folder: Path) -> IssuedPack:
    try:
        held = json.loads((folder / NAME).read_text("utf-8"))
        issued = json.loads((folder / ISSUED).read_text("utf-8"))
        days = {part: {id: _day(entry) for id, entry in held[part].items()} for part in ("milestones", "parties", "tasks")}
        documents = {
            id: IssuedDocument(d["title"], d["path"], d["version"], d["content"], d["code"], d["printed"])
            for id, d in held["documents"].items()
        }
        on = dt.date.fromisoformat(issued["issued_on"])
        return IssuedPack(int(issued["issue"]), on, **days, documents=documents, told=held["told"], inputs=held["inputs"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise mistake(
            Place(str(folder)), "this issue cannot be read", "put its manifest.json and issued.json back as they were, or move it away"
        ) from None


def _day(held: list[str]) -> IssuedDay:
    title, when, owner, checklist = held
    return IssuedDay(title, read_moment(when), owner, checklist)


def _written_day(day: IssuedDay) -> list[str]:
    return [day.title, str(day.when), day.owner, day.list]


def _event(held: list[Any]) -> CalendarEvent:
    sequence, said, day, summary, gone = held
    return CalendarEvent(int(sequence), said, dt.date.fromisoformat(day), summary, bool(gone))


def _written_event(event: CalendarEvent) -> list[Any]:
    return [event.sequence, event.said, str(event.day), event.summary, event.gone]


def write_manifest(
    plan: Plan,
    made: Iterable[Page | WordForm],
    artefacts: Iterable[Artefact],
    carried: Last,
    beside: Mapping[str, str],
    today: dt.date,
    calendar: Mapping[str, CalendarEvent],
) -> bytes:
    """Return manifest.json.

    Args:
        plan: what the pack was made from.
        made: the documents of this build.
        artefacts: the files of this build.
        carried: documents and files of the last build that stay as they are (`--only`).
        beside: changed files that were kept, each with the name of the new file beside it.
        today: the day of the build.
        calendar: the events of the calendar as it now stands.
    """
    case = plan.case
    files = {**carried.files, **_files(artefacts)}
    files |= {new: {**files[name], "beside": name} for name, new in beside.items()}
    held = {
        "program": f"migpack {__version__}",
        "built_on": str(today),
        "practice": {"name": case.file.practice.name, "ods_code": case.file.practice.ods_code},
        "issue": case.issue,
        "inputs": {entry.name: entry.sha256 for entry in case.inputs},
        "milestones": {id: _written_day(day) for id, day in milestone_days(plan).items()},
        "parties": {id: _written_day(day) for id, day in party_days(plan).items()},
        "tasks": {id: _written_day(day) for id, day in task_days(plan).items()},
        "told": dict(sorted(told_facts(plan).items())),
        "calendar": {id: _written_event(event) for id, event in sorted(calendar.items())},
        "accepted": sorted(case.file.accepted),
        "documents": dict(sorted({**carried.documents, **_documents(plan, made)}.items())),
        "files": dict(sorted(files.items())),
    }
    return (json.dumps(held, indent=1, ensure_ascii=False) + "\n").encode()


def _documents(plan: Plan, made: Iterable[Page | WordForm]) -> dict[str, dict[str, Any]]:
    return {
        one.document.id: {
            "title": one.document.title,
            "path": one.document.path,
            "version": one.version,
            "final": not one.draft,
            "issue": int(one.version.split()[1]),
            "content": one.content_hash,
            "code": one.code if isinstance(one, Page) else "",
            "printed": one.document.printed,
            "approvals": {need: plan.approval_codes[need] for need in one.document.spec.needs},
        }
        for one in made
    }


def _files(artefacts: Iterable[Artefact]) -> dict[str, dict[str, Any]]:
    return {
        artefact.path: {
            "document": artefact.document,
            "sha256": digest(artefact.data),
            "bytes": len(artefact.data),
            "pages": artefact.pages,
            "made_from": artefact.made_from,
        }
        for artefact in artefacts
    }


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()

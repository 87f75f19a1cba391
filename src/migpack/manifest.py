"""What a pack was made from and what is in it: manifest.json, written with the pack and read by the next build.

Every file has its SHA-256, so that a file which a person has changed is known by its hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migpack import __version__
from migpack.forms import WordForm
from migpack.model import Artefact, Issued, Page, Plan
from migpack.problems import Place, mistake

NAME = "manifest.json"


@dataclass(frozen=True)
class Last:
    """What the last manifest of a folder says: the next issue's number, final documents, and each file as it was made."""

    issue: int
    issued: Mapping[str, Issued]
    files: Mapping[str, Mapping[str, Any]]
    documents: Mapping[str, Mapping[str, Any]]


NOTHING = Last(1, {}, {}, {})


def read_last(folder: Path) -> Last:
    """Return what the manifest in a pack's folder says, or `NOTHING` where there is none.

    Raises:
        Mistakes: the manifest cannot be read.
    """
    path = folder / NAME
    if not path.is_file():
        return NOTHING
    try:
        held = json.loads(path.read_text("utf-8"))
        documents = held["documents"]
        final = {id: Issued(int(d["issue"]), str(d["content"])) for id, d in documents.items() if d.get("final")}
        issue = int(held["issue"])
        return Last(issue + (issue in {found.issue for found in final.values()}), final, held["files"], documents)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise mistake(
            Place(str(path)), "the manifest of the last pack cannot be read", "move that folder away, or build into another with --out"
        ) from None


def write_manifest(
    plan: Plan,
    made: Iterable[Page | WordForm],
    artefacts: Iterable[Artefact],
    carried: Last,
    beside: Mapping[str, str],
    today: dt.date,
) -> bytes:
    """Return manifest.json.

    Args:
        plan: what the pack was made from.
        made: the documents of this build.
        artefacts: the files of this build.
        carried: documents and files of the last build that stay as they are (`--only`).
        beside: changed files that were kept, each with the name of the new file beside it.
        today: the day of the build.
    """
    case = plan.case
    documents = dict(carried.documents) | {
        one.document.id: {
            "title": one.document.title,
            "version": one.version,
            "final": not one.draft,
            "issue": int(one.version.split()[1]),
            "content": one.content_hash,
            "approvals": {need: plan.approval_codes[need] for need in one.document.spec.needs},
        }
        for one in made
    }
    files = dict(carried.files) | {
        artefact.path: {
            "document": artefact.document,
            "sha256": digest(artefact.data),
            "bytes": len(artefact.data),
            "pages": artefact.pages,
            "made_from": artefact.made_from,
        }
        for artefact in artefacts
    }
    files |= {new: {**files[name], "beside": name} for name, new in beside.items()}
    held = {
        "program": f"migpack {__version__}",
        "built_on": str(today),
        "practice": {"name": case.file.practice.name, "ods_code": case.file.practice.ods_code},
        "issue": case.issue,
        "inputs": {entry.name: entry.sha256 for entry in case.inputs},
        "dates": {id: str(milestone.date) for id, milestone in plan.milestones.items()},
        "accepted": sorted(case.file.accepted),
        "documents": dict(sorted(documents.items())),
        "files": dict(sorted(files.items())),
    }
    return (json.dumps(held, indent=1, ensure_ascii=False) + "\n").encode()


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()

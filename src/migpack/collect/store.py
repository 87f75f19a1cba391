"""The record in, record.yaml out; with it the pictures of handwriting and the review page of a return.

Everything is written beside its target and renamed, so that a record is whole. What may show a patient's name (pictures, review
pages) lies in the folder `record`, for the owner only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migpack import yamlio
from migpack.collect.answers import CROPS
from migpack.problems import Place, mistake
from migpack.record import NAME, Record

LOCK = ".record.lock"
_HEAD = """What came back, written by 'migpack collect': every answer that was read, who gave it, when, and in which return it came.
Nothing is ever taken out. Decide between answers that differ with 'migpack collect PRACTICE.YAML --resolve FIELD=VALUE'."""


def write_record(folder: Path, record: Record, private: Mapping[str, bytes]) -> None:
    """Write record.yaml, and first the private files (path below the folder → bytes) that it refers to.

    Raises:
        Mistakes: the folder cannot be written to.
    """
    try:
        for name, data in private.items():
            (folder / CROPS).mkdir(mode=0o700, exist_ok=True)
            _write(folder / name, data, 0o600)
        _write(folder / NAME, record_text(record).encode(), 0o644)
    except OSError as error:
        what = f"the record cannot be written here ({error.strerror})"
        raise mistake(Place(str(folder)), what, "free some space, or check who may write") from None


def record_text(record: Record) -> str:
    """Return record.yaml."""
    data: dict[str, Any] = record.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yamlio.written(data, _HEAD)


def _write(path: Path, data: bytes, mode: int) -> None:
    staged = path.with_name(f".{path.name}.new")
    staged.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
        staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)

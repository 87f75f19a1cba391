"""Artefacts in, a pack's folder out: built beside the target and swapped in whole, so a pack is there or is not.

What a person has changed or added in the target stays: a changed file keeps its name and the new one stands beside it
as '<name>-new'. Names are ASCII and safe on Windows; a path inside the pack has at most 120 characters.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath

from migpack.manifest import NAME, Last, digest
from migpack.model import Artefact
from migpack.problems import Mistakes, Place, mistake
from migpack.write.zipped import DATE

MAX_PATH = 120
_SAFE = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_MARK = ".migpack-building-"


class Staging:
    """A folder beside the target in which a pack is built; leaving it without `finish` takes it away again."""

    def __init__(self, target: Path, last: Last) -> None:
        """Open a staging folder.

        Raises:
            Mistakes: the target is not a pack's folder, or nothing can be written there.
        """
        self._target, self._last = target, last
        self._folder = target.with_name(f"{_MARK}{target.name}-{os.getpid()}")
        if target.exists() and not target.is_dir():
            raise mistake(Place(str(target)), "this is a file, where the pack's folder belongs", "name another folder with --out")
        if target.is_dir() and not (target / NAME).is_file() and any(target.iterdir()):
            raise mistake(Place(str(target)), "this folder is not empty and holds no pack", "empty it, or name another folder with --out")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            for left in target.parent.glob(f"{_MARK}{target.name}-*"):
                _remove_left(left)
            self._folder.mkdir()
        except OSError as error:
            raise cannot_write(target.parent, error) from None

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, artefact: Artefact) -> None:
        """Write one file of the pack."""
        if not _SAFE.fullmatch(artefact.path) or len(artefact.path) > MAX_PATH:
            raise ValueError(f"'{artefact.path}' is no path for a pack")
        path = self._folder.joinpath(*PurePosixPath(artefact.path).parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(artefact.data)
        except OSError as error:
            raise cannot_write(self._target, error) from None

    def finish(
        self, made: Mapping[str, str], manifest: Callable[[Mapping[str, str]], bytes], *, replace: bool, carried: Iterable[str] = ()
    ) -> Mapping[str, str]:
        """Put the finished pack in the target's place; return each changed file that was kept and the new file beside it.

        Args:
            made: path and SHA-256 of each file of this build.
            manifest: gives the bytes of manifest.json, told what was kept.
            replace: overwrite files that a person has changed.
            carried: files of the last build that stay as they are.
        """
        try:
            theirs = changed_files(self._target, self._last)
            kept = (
                {} if replace else {name: self._beside(name, theirs) for name, now in theirs.items() if name in made and now != made[name]}
            )
            for name, beside in kept.items():
                (self._folder / name).rename(self._folder / beside)
            stay = kept.keys() | (theirs.keys() - made.keys()) | frozenset(carried) - made.keys()
            for name in stay:
                _copy(self._target / name, self._folder / name)
            (self._folder / NAME).write_bytes(manifest(kept))
            swap_in(self._folder, self._target)
        except OSError as error:
            raise cannot_write(self._target, error) from None
        return kept

    def _beside(self, name: str, theirs: Mapping[str, str]) -> str:
        """Return the plain name under which a new file stands beside a changed one."""
        path = PurePosixPath(name)
        names = (str(path.with_stem(f"{path.stem}-new{n}")) for n in ("", *range(2, 1000)))
        return next(new for new in names if new not in theirs)


def changed_files(folder: Path, last: Last) -> dict[str, str]:
    """Return the files of a pack's folder that a person has changed or added, with their hashes."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    hashes = {name: digest(path.read_bytes()) for name, path in found.items() if name != NAME}
    return {name: now for name, now in hashes.items() if now != last.files.get(name, {}).get("sha256")}


def swap_in(staged: Path, target: Path) -> None:
    """Put a finished folder in its target's place, whole; the old one stays if that fails."""
    old = target.with_name(f"{_MARK}{target.name}-old")
    if target.is_dir():
        _remove_left(old)
        target.rename(old)
    try:
        staged.rename(target)
    except OSError:
        if old.is_dir():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _remove_left(folder: Path) -> None:
    """Take away what a build that was killed has left."""
    if folder.is_dir():
        shutil.rmtree(folder, ignore_errors=True)


def write_zip(folder: Path) -> Path:
    """Write the pack's folder as one zip file beside it and return its path; the same files give the same bytes."""
    target = folder.with_name(folder.name + ".zip")
    staged = target.with_name(f"{_MARK}{target.name}")
    try:
        with zipfile.ZipFile(staged, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                entry = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", DATE.timetuple()[:6])
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, path.read_bytes())
        staged.replace(target)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise cannot_write(target, error) from None
    return target


def cannot_write(target: Path, error: OSError) -> Mistakes:
    """Return why a folder cannot be written, in plain words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return mistake(Place(str(target)), "the disk is full", "free some space and run this again; nothing was changed")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return mistake(
            Place(str(target)), "this folder cannot be written to", "name another folder with --out, or close the files of the old pack"
        )
    return mistake(Place(str(target)), f"the pack cannot be written here ({error.strerror})", "name another folder with --out")

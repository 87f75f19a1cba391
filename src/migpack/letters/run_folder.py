"""The folder of a letter run: built beside its place and renamed when it is whole, for its owner alone.

A run that was killed leaves its staging folder behind; the next one goes on with it or takes it away. A lock says whether a run is still at
work in one. Never leaves half a run under the name of a whole one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from migpack.problems import Place, mistake
from migpack.write.folder import cannot_write, swap_in

MARK = ".migpack-letters-"
RECEIPT = "run.json"
_DONE, _LOCK = "done.json", "lock"


@dataclass(frozen=True)
class Done:
    """A file that is finished: its hash, and each recipient's first page where it has pages."""

    sha256: str
    pages: tuple[int, ...] = ()


class RunFolder:
    """A run being built; leaving it without `finish` takes it away again."""

    def __init__(self, target: Path, key: str, *, resume: bool = False) -> None:
        """Open a staging folder.

        Args:
            target: where the whole run belongs.
            key: stands for everything the run is made from: only a run of the same key is gone on with.
            resume: go on with what a run that was killed has finished.

        Raises:
            Mistakes: another run is at work here, or nothing can be written.
        """
        self.target, self.folder = target, self.staging_of(target)
        self.key, self.kept = key, dict[str, Done]()
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self.folder.is_dir():
                if _is_at_work(self.folder):
                    raise mistake(Place(str(target)), "another run is making these letters now", "wait until it has ended")
                if resume:
                    self.kept = self._finished()
                else:
                    shutil.rmtree(self.folder)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = _lock(self.folder)
        except OSError as error:
            raise cannot_write(target, error) from None

    @staticmethod
    def staging_of(target: Path) -> Path:
        """Return the folder in which a run is built that belongs here."""
        return target.with_name(MARK + target.name)

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.target.parent.rmdir()  # only where nothing is in it

    @contextlib.contextmanager
    def new_file(self, name: str) -> Iterator[BinaryIO]:
        """Open a file of the run for writing; it is its owner's alone.

        Raises:
            Mistakes: the disk is full, or the folder is gone.
        """
        try:
            with owners_file(self.folder / name) as file:
                yield file
        except OSError as error:
            raise cannot_write(self.target, error) from None

    def keep(self, name: str, pages: Sequence[int] = ()) -> Done:
        """Note a file as finished, so that a run that is killed later can go on from here."""
        try:
            done = self.kept[name] = Done(_digest(self.folder / name), tuple(pages))
        except OSError as error:
            raise cannot_write(self.target, error) from None
        held = {"key": self.key, "files": {name: {"sha256": one.sha256, "pages": one.pages} for name, one in self.kept.items()}}
        with self.new_file(_DONE + ".new") as file:
            file.write(json.dumps(held).encode())
        (self.folder / (_DONE + ".new")).replace(self.folder / _DONE)
        return done

    def finish(self) -> None:
        """Put the finished run in its place."""
        try:
            for name in (_DONE, _LOCK):
                (self.folder / name).unlink(missing_ok=True)
            swap_in(self.folder, self.target)
        except OSError as error:
            raise cannot_write(self.target, error) from None

    def _finished(self) -> dict[str, Done]:
        """Return which files of a run that was killed are finished, the same and of this key; take the others away."""
        held = _read_json(self.folder / _DONE)
        files = held.get("files", {}) if held.get("key") == self.key else {}
        found = {}
        for path in self.folder.iterdir():
            one = files.get(path.name)
            if one and _digest(path) == one["sha256"]:
                found[path.name] = Done(one["sha256"], tuple(one["pages"]))
            elif path.name != _LOCK:
                path.unlink()
        return found


def left_behind(letters: Path) -> list[Path]:
    """Return the staging folders of runs that were killed."""
    return [path for path in sorted(letters.glob(f"{MARK}*")) if path.is_dir() and not _is_at_work(path)]


def runs_in(letters: Path) -> list[Path]:
    """Return the folders of whole runs."""
    return [path for path in sorted(letters.glob("*")) if (path / RECEIPT).is_file()]


def forget(folder: Path) -> tuple[int, int]:
    """Take a run's folder away; return how many files that were, and how many bytes.

    Raises:
        Mistakes: a file cannot be removed.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    count, size = len(files), sum(path.stat().st_size for path in files)
    try:
        shutil.rmtree(folder)
    except OSError as error:
        what = f"not everything could be removed ({error.strerror})"
        raise mistake(Place(str(folder)), what, "close the files and run this again") from None
    return count, size


def owners_file(path: Path) -> BinaryIO:
    """Open a file for writing that nobody but its owner may read."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)  # which Windows asks for
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        held = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}


def _lock(folder: Path) -> BinaryIO:
    """Return an open file that says, as long as it is open, that a run is at work in a folder; on Windows it says nothing.

    Raises:
        BlockingIOError: another run is at work there.
    """
    file = (folder / _LOCK).open("wb")
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        pass
    except OSError:
        file.close()
        raise
    return file


def _is_at_work(folder: Path) -> bool:
    try:
        _lock(folder).close()
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
